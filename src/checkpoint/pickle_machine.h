/* pickle_machine.h: the stack machine that reads a pickle, between its core (pickle.c) and its
 * opcodes (pickle_ops.c). */
#ifndef ROPESCOPE_CHECKPOINT_PICKLE_MACHINE_H
#define ROPESCOPE_CHECKPOINT_PICKLE_MACHINE_H

#include "pickle.h"

enum { PICKLE_MARKS_MAX = 1 << 10 };

struct machine {
    struct pickle *pickle;
    const unsigned char *bytes;
    size_t len, at;
    struct pickle_value *stack; /* (depth) of (room) */
    size_t depth, room;
    size_t marks[PICKLE_MARKS_MAX]; /* (mark_count) depths of the stack */
    size_t mark_count;
    struct pickle_value *memo; /* (memo_count) PICKLE_ABSENT: not set */
    size_t memo_count;
    bool stopped;
};

/* What a byte makes the machine do; NULL: it is no opcode that a state dict needs. */
typedef enum status pickle_opcode(struct machine *machine);
pickle_opcode *pickle_opcode_find(unsigned char byte);

/* What an allocation or a look that failed has said. */
enum status machine_failure(const struct machine *machine);
enum status machine_refuse(struct machine *machine, const char *why);
/* The next `count` bytes; NULL where the pickle ends before. */
const unsigned char *machine_take(struct machine *machine, uint64_t count);
/* A line without its end; NULL: there is none. */
const char *machine_line(struct machine *machine);

enum status machine_push(struct machine *machine, struct pickle_value value);
/* The top `count` values, taken off; NULL: there are fewer above the last mark. Valid until the
 * next push, as are those of the next two. */
const struct pickle_value *machine_pop(struct machine *machine, size_t count);
/* The values from the last mark on, taken off with the mark; NULL: there is no mark. */
const struct pickle_value *machine_pop_marked(struct machine *machine, size_t *count);
/* The value on top, which stays there; NULL: there is none. */
const struct pickle_value *machine_top(struct machine *machine);

enum status machine_remember(struct machine *machine, uint64_t index);
enum status machine_recall(struct machine *machine, uint64_t index);

#endif
