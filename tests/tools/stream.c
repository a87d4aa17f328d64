/* stream.c: what a new process takes at the least: stream FILE THREADS maps the file and reads a
 * word of each cache line of it, a megabyte at a time, and does nothing else. */
#include "ropescope/support.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 20, LINE = 64 };

struct stream {
    struct mapping mapping;
    _Atomic size_t next;
    _Atomic uint64_t sum;
};

static void read_pieces(void *arg, size_t worker)
{
    struct stream *stream = arg;
    uint64_t sum = 0, word;
    (void)worker;
    for (size_t at; (at = atomic_fetch_add(&stream->next, PIECE)) < stream->mapping.size;) {
        size_t end = stream->mapping.size - at < PIECE ? stream->mapping.size : at + PIECE;
        for (; at + sizeof word <= end; at += LINE) {
            memcpy(&word, stream->mapping.data + at, sizeof word);
            sum += word;
        }
    }
    atomic_fetch_add(&stream->sum, sum);
}

int main(int argc, char **argv)
{
    struct stream stream = {0};
    struct pool *pool;
    uint64_t threads;
    if (argc != 3 || !text_to_u64(argv[2], &threads) ||
        mapping_open(&stream.mapping, argv[1], NULL) != STATUS_OK ||
        pool_start(&pool, (size_t)threads, read_pieces, &stream, NULL) != STATUS_OK)
        return 1;
    pool_join(pool);
    printf("%llu\n", (unsigned long long)atomic_load(&stream.sum)); /* or nobody would read it */
    return 0;
}
