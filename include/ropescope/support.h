/* support.h: what every room needs and what knows nothing about models: errors that carry their
 * context, memory, text, JSON, paths, guarded reads, a work pool and progress. */
#ifndef ROPESCOPE_SUPPORT_H
#define ROPESCOPE_SUPPORT_H

#include "ropescope/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

ROPESCOPE_BEGIN

struct cJSON;
struct termios;

/* ---- errors (error.c) ---------------------------------------------------- */

/* What a library function returns. Everything but STATUS_OK comes with a filled struct error. */
enum status {
    STATUS_OK,
    STATUS_FAILED,    /* a bad file, a full disk: exit code 1 */
    STATUS_USAGE,     /* wrong words on the command line: exit code 2 */
    STATUS_CANCELLED, /* the caller asked for it */
    STATUS_NO_MEMORY, /* an allocation failed: exit code 1 */
};

enum { ERROR_WHAT = 768, ERROR_HELP = 256 };

/* One error: what failed, where and why in `what` (one line, safe to print), what would help in
 * `help` (one line, may be empty), and in `notice` (one line, may be empty) what had been noticed
 * before by something that the error has ended. Plain data: nothing to free. */
struct error {
    enum status status;
    char what[ERROR_WHAT];
    char help[ERROR_HELP];
    char notice[ERROR_WHAT];
};

/* Fills *err (which may be NULL) and returns `status`, so that a caller can `return
 * error_set(...)`. Control characters of names that come out of files are made printable here, once
 * for all; of a text that is too long the middle is left out, since the reason stands at its end.
 */
enum status error_set(struct error *err, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the line that says what would help; returns err->status. */
enum status error_help(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "context: " before what was said already; returns err->status. */
enum status error_context(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Keeps the first of the notices, if there is one, for whoever reports the error. */
struct notices;
void error_notice(struct error *err, const struct notices *notices);

/* STATUS_NO_MEMORY with its words. Here, so that whoever reads one file alone, an analyzer say,
 * sees that it is no success. */
static inline enum status error_memory(struct error *err)
{
    (void)error_set(err, STATUS_NO_MEMORY, "out of memory");
    return STATUS_NO_MEMORY;
}

/* Things worth one line that stop nothing: a damaged cache set aside, a directory that cannot be
 * written. The lines past the last are dropped. Plain data: nothing to free. */
enum { NOTICES_MAX = 8 };
struct notices {
    size_t count;
    char line[NOTICES_MAX][ERROR_WHAT];
};
void notices_add(struct notices *notices, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- memory (memory.c): every allocation of the library goes through here --- */

/* For a program that asks for a few megabytes again and again: they stay with it, where giving them
 * back would cost it a fault a page each time. Before anything is allocated. */
void memory_keep_small(void);
/* `count` zeroed objects of `size` bytes; NULL where the product overflows or memory is out. Sizes
 * out of files come as they are: what this machine's size_t does not hold is refused here. */
void *memory_array(uint64_t count, uint64_t size);
/* `size` bytes, undefined, in large pages where there are many: for what is filled at once. */
void *memory_unset(size_t size);
/* `block` grown to `count` objects of `size` bytes (new bytes undefined); NULL leaves it as it was.
 */
void *memory_grow(void *block, size_t count, size_t size);
char *memory_text(const char *text);                  /* a copy; the caller frees */
char *memory_text_part(const char *text, size_t len); /* a copy of len bytes and a NUL */
void memory_free(void *block);

/* Many small pieces that are freed together. Zero-initialise; arena_free gives everything back. */
struct arena_block;
struct arena {
    struct arena_block *blocks;
};
void *arena_alloc(struct arena *arena, size_t size); /* aligned for any object; NULL: no memory */
char *arena_text(struct arena *arena, const char *text, size_t len);
void arena_free(struct arena *arena);

/* a*b and a+b that refuse to wrap: false where they would. */
static inline bool size_multiply(uint64_t a, uint64_t b, uint64_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}
static inline bool size_add(uint64_t a, uint64_t b, uint64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

/* ---- text (text.c) ------------------------------------------------------- */

/* printf into a bounded buffer; always ends it with NUL; false where the text did not fit. */
bool text_format(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A name out of a file, made safe to show: control characters, escape codes and bytes that are no
 * UTF-8 become '?', and the text is cut at a whole character. */
void text_printable(char *out, size_t size, const char *name);

/* Next character of UTF-8 text: its code point (U+FFFD for a byte that is no UTF-8), *bytes its
 * length; 0 at the end. */
uint32_t text_decode(const char *text, size_t *bytes);
/* Writes the code point as UTF-8 (no NUL) and returns its length, 1..4. */
size_t text_encode(uint32_t code, char out[4]);

/* Shortest decimal text that reads back as the same float (double), with a point in any locale. */
enum { TEXT_NUMBER = 32 };
const char *text_float(char out[TEXT_NUMBER], float value);
const char *text_double(char out[TEXT_NUMBER], double value);
/* "1.2 GB", "840 MB", "12 kB", "7 B" (powers of ten). */
const char *text_bytes(char out[TEXT_NUMBER], double bytes);
/* "4 s", "2 min 10 s", "1 h 5 min". */
const char *text_duration(char out[TEXT_NUMBER], double seconds);
/* 131072 as "131,072". */
const char *text_count(char out[TEXT_NUMBER], uint64_t count);

/* The whole text as a number, nothing before or after it; false otherwise, and for NaN, infinity
 * and what does not fit. */
bool text_to_double(const char *text, double *value);
bool text_to_u64(const char *text, uint64_t *value);
bool text_to_u32(const char *text, uint32_t *value);

/* Text as valid UTF-8: bytes that are none become U+FFFD. `out` has room for text_repaired_size
 * bytes. */
size_t text_repaired_size(const char *text);
void text_repair(char *out, const char *text);
bool text_is_utf8(const char *text, size_t len);
bool text_ends_with(const char *text, const char *ending);
/* Whether `part` is in the text, in upper or lower case (of ASCII letters). "" is in every text. */
bool text_contains(const char *text, const char *part);
/* A word as a POSIX shell reads it back: bare, 'quoted', or $'...' where it holds control
 * characters. False where it does not fit. */
bool text_shell_word(char *out, size_t size, const char *word);

/* ---- JSON, read by cJSON (json.c) ---------------------------------------- */

/* Parses exactly `len` bytes as one JSON value; control characters inside strings are refused, as
 * the standard has it. NaN, Infinity and -Infinity outside strings, which Python writes, are read
 * as null. `what` names the text in errors ("config.json of /x"). The caller frees with
 * cJSON_Delete. */
enum status json_parse(const char *text, size_t len, const char *what, struct cJSON **out,
                       struct error *err);

/* Reads a whole small file (at most `limit` bytes) and parses it; *hash (may be NULL) gets XXH3 of
 * its bytes. */
enum status json_read_file(const char *path, size_t limit, struct cJSON **out, uint64_t *hash,
                           struct error *err);

/* Walks the members of an object without building a tree of it, so that a header of a million
 * tensors costs no memory. Set `text`, `len` and `what` and leave the rest zero. */
struct json_walk {
    const char *text; /* stays the caller's; may lie in a mapping (then inside guard_run) */
    size_t len, at;
    const char *what; /* for errors */
    bool inside;      /* the opening brace has been read */
    const char *key;  /* raw, with its quotes */
    size_t key_len;
    const char *value; /* raw text of the value */
    size_t value_len;
};
/* STATUS_OK with *more true: key and value are set; with *more false: the object ended, and nothing
 * but white space followed. Values are only delimited, not checked; nesting deeper than 64 is
 * refused. Allocates nothing. */
enum status json_walk_next(struct json_walk *walk, bool *more, struct error *err);
/* The text of a raw string "..." (escapes resolved by cJSON), in the arena. Refused: what is not
 * one whole string, U+0000, raw control characters and what is no UTF-8. */
enum status json_string(const char *raw, size_t len, const char *what, struct arena *arena,
                        const char **out, struct error *err);

/* A whole number from 0 up to below 2^53; false for anything else (a fraction, a string, NULL). */
bool json_whole(const struct cJSON *item, uint64_t *value);
const struct cJSON *json_get(const struct cJSON *object,
                             const char *key); /* NULL: absent or null */

/* ---- files and paths (path.c) -------------------------------------------- */

/* A path of any length the system takes; false where it does not fit PATH_BYTES. */
enum { PATH_BYTES = 4096 };
bool path_join(char out[PATH_BYTES], const char *directory, const char *name);
const char *path_name(const char *path); /* behind the last '/' */
void path_directory(char out[PATH_BYTES], const char *path);
bool path_is_directory(const char *path);
bool path_is_file(const char *path);
bool path_exists(const char *path); /* whatever it is: a link that leads nowhere, too */
/* mkdir -p; false with errno. */
bool path_make_directories(const char *path);
/* $XDG_CACHE_HOME/ropescope or ~/.cache/ropescope (as the XDG specification says, a relative
 * $XDG_CACHE_HOME is ignored); false where neither variable is set. Nothing is created. */
bool path_cache_directory(char out[PATH_BYTES]);
/* $XDG_CONFIG_HOME/ropescope or ~/.config/ropescope, likewise. */
bool path_config_directory(char out[PATH_BYTES]);
/* The directory that the running program lies in; false where the system does not tell. */
bool path_program_directory(char out[PATH_BYTES]);

/* An output file that is whole or absent: written beside its name, renamed by output_commit,
 * removed by output_abort. What it replaces keeps its mode; a link stays one. `path` NULL or "-" is
 * standard output, written straight. */
struct output {
    FILE *stream;
    char path[PATH_BYTES];      /* final name; empty for standard output */
    char temporary[PATH_BYTES]; /* name until commit */
};
enum status output_open(struct output *output, const char *path, struct error *err);
enum status output_commit(struct output *output, struct error *err); /* flushes, checks, renames */
/* The same, but a file that came to be there meanwhile is left alone: *exists, and the new one is
 * removed. What was there when the output was opened is left alone, too. */
enum status output_commit_new(struct output *output, bool *exists, struct error *err);
void output_abort(struct output *output);

/* ---- mapped files, guarded (mapping.c, signals.c) ------------------------ */

/* A file mapped read-only. A zero-length file maps to data NULL. */
struct mapping {
    const unsigned char *data;
    size_t size;
    int fd;           /* of the same file, open while data is there; -1: let go */
    const char *path; /* borrowed: where it is opened again; NULL: it was not let go */
    uint64_t device, inode;
};
/* A whole file of at most `limit` bytes, read (not mapped: it may shrink afterwards); the caller
 * frees *text. */
enum status file_read(const char *path, size_t limit, char **text, size_t *len, struct error *err);
enum status mapping_open(struct mapping *mapping, const char *path, struct error *err);
void mapping_close(struct mapping *mapping);
/* Closes the descriptor alone, for whoever maps more files than a process may have open: each
 * mapping_read opens the path for itself, which is borrowed and must lead to the same file. */
void mapping_let_go(struct mapping *mapping, const char *path);
/* The first `size` bytes will hardly be read again: they need not stay in memory. */
void mapping_release(const struct mapping *mapping, size_t size);
/* `size` bytes from `offset` on copied out of the file, past the mapping: this touches no page of
 * it and needs no guard. false: the file shrank or its disk failed. Works in any thread. */
bool mapping_read(const struct mapping *mapping, uint64_t offset, size_t size, void *to);
/* Waits until these bytes are in memory, coming from the disk in the order of the file, so that the
 * system reads ahead of them. Only inside guard_run. Nothing happens where the file is shorter. */
void mapping_bring(const struct mapping *mapping, uint64_t offset, uint64_t size);

/* Runs work(arg), which may read mapped files; false where the system could not hand over a page
 * (the file shrank, the disk failed), which otherwise would be SIGBUS. `work` must not own anything
 * that a jump out of it would leak. Works in every thread; calls do not nest. */
bool guard_run(void (*work)(void *arg), void *arg);
/* Installs the SIGBUS handler that guard_run needs; once, before threads. */
void guard_install(void);

/* Signals that end a program (INT, TERM, HUP, QUIT) only raise a flag: the number of the first that
 * came, 0 for none. `wake_fd` (or -1) gets a byte, so that a poll() returns. */
void signals_catch(int wake_fd);
int signals_caught(void);
/* Puts the default back and dies of it, so that the shell sees the right status. */
void signals_die(int number) __attribute__((noreturn));
/* What a crash must send to leave the terminal usable: `text` (at most 255 bytes) goes to `fd` and
 * `modes` are set again before the program dies of SIGSEGV, SIGABRT and their like. NULL: nothing.
 */
void signals_restore_terminal(int fd, const char *text, const struct termios *modes);

/* ---- matrix products (blas.c) -------------------------------------------- */

/* OpenBLAS, once it is loaded. */
struct blas {
    void (*product)(void); /* of the library's own type */
};
struct blas_sizes {
    int rows, columns, inner;
};
/* Sees to it that the library, should it be loaded, starts no threads: each worker of a scan makes
 * products of its own. Sets a variable of the environment, so it comes before any thread. */
void blas_prepare(void);
/* Loads the library; an error where it is not installed. Nothing to free. */
enum status blas_open(struct blas *blas, struct error *err);
/* to (rows, columns) += scale * left (rows, inner) * right (inner, columns), all row-major and in
 * float32. Any thread; it starts none. */
void blas_add_product(const struct blas *blas, const struct blas_sizes *sizes, float scale,
                      const float *left, const float *right, float *to);

/* Rows of a larger array: `stride` numbers from one to the next. */
struct blas_rows {
    float *at;
    size_t stride;
};
/* to (rows, columns) = scale * left (rows, inner) * right, which is (inner, columns) or, turned,
 * (columns, inner): rows of weights as they are stored. Strides below 2^31. */
void blas_product(const struct blas *blas, const struct blas_sizes *sizes, float scale,
                  const struct blas_rows *left, const struct blas_rows *right, bool turned,
                  const struct blas_rows *to);

/* ---- threads (pool.c, wake.c, progress.c) --------------------------------- */

/* Calls work(arg, worker) once for each worker 0..threads-1, each in a thread of its own; where the
 * system starts fewer threads (but one at least), those make the rest of the calls, too. */
struct pool;
typedef void pool_work(void *arg, size_t worker);
enum status pool_start(struct pool **out, size_t threads, pool_work *work, void *arg,
                       struct error *err);
void pool_join(struct pool *pool); /* waits for all and frees; NULL is fine */
size_t pool_cores(void);           /* processors this process may use, at least 1 */

/* What one thread wakes another with that waits in poll() for fd[0]. Closed on exec, and neither
 * end ever waits. Zero-initialise: fd[1] > 0 where it is open. */
struct wake {
    int fd[2];
};
bool wake_open(struct wake *wake);       /* false: none is left; errno says why */
void wake_close(struct wake *wake);      /* fine where it is not open */
void wake_send(const struct wake *wake); /* from any thread; safe in a signal handler */
void wake_take(const struct wake *wake); /* what was sent so far: it can be waited for anew */

double clock_seconds(void); /* monotonic */

/* Bytes done of bytes to do. `done` is added to by workers; the rest belongs to the reader. */
struct progress {
    ROPESCOPE_ATOMIC(uint64_t) done;
    uint64_t total;
    double started; /* clock_seconds() */
};
struct progress_reading {
    double fraction;     /* 0..1; 1 where there is nothing to do */
    double rate;         /* bytes a second since the start */
    double seconds_left; /* < 0: not known yet */
};
void progress_start(struct progress *progress, uint64_t total);
struct progress_reading progress_read(const struct progress *progress);

ROPESCOPE_END

#endif
