/* wire.h: one description of a record for both directions: the same calls write it and read it, so
 * the two cannot drift apart. Little-endian on every machine. Only files of our own formats include
 * this. */
#ifndef ROPESCOPE_SUPPORT_WIRE_H
#define ROPESCOPE_SUPPORT_WIRE_H

#include "ropescope/support.h"

struct wire {
    bool writing;
    bool failed;         /* reading: the bytes ended or made no sense; writing: no memory */
    unsigned char *data; /* writing: owned and growing; reading: borrowed */
    size_t size;         /* bytes there are */
    size_t room;         /* writing: bytes allocated */
    size_t at;           /* reading: bytes consumed */
    struct arena *arena; /* reading: texts go here */
};

struct wire wire_writer(void);
struct wire wire_reader(const unsigned char *data, size_t size, struct arena *arena);
void wire_free(struct wire *wire); /* of a writer */

void wire_u32(struct wire *wire, uint32_t *value);
void wire_u64(struct wire *wire, uint64_t *value);
void wire_text(struct wire *wire, const char **text);               /* NULL stays NULL */
void wire_bytes(struct wire *wire, const void *from, size_t count); /* writers only */
/* Zero bytes up to a multiple of 8 from the start. */
void wire_align(struct wire *wire);
/* `count` numbers. Writing copies them from `from`; reading returns where they lie in the data
 * (converted in place on a big-endian machine), NULL on failure. Aligned as the data is. */
const double *wire_doubles(struct wire *wire, const double *from, size_t count);
const float *wire_floats(struct wire *wire, const float *from, size_t count);

#endif
