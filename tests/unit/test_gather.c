/* What curses writes for a frame reaches the terminal in one piece. */
#include "terminal/gather.h"

#include "ropescope/support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A terminal whose screen is the end of a pipe. */
static void open_on_pipe(struct gather *gather, int ends[2])
{
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_true(gather_open(gather, ends[1]));
}

static void close_all(struct gather *gather, const int ends[2])
{
    gather_close(gather);
    close(ends[0]);
    close(ends[1]);
}

static void put(const struct gather *gather, const char *text)
{
    assert_int_equal(write(fileno(gather->stream), text, strlen(text)), strlen(text));
}

static void test_a_frame_is_one_piece(void **state)
{
    struct gather gather;
    int ends[2];
    char got[64];
    (void)state;
    open_on_pipe(&gather, ends);
    for (int frame = 0; frame < 2; frame++) {
        gather_begin(&gather);
        assert_int_equal(gather_size(&gather), 0);
        put(&gather, "a move");
        put(&gather, frame ? "" : ", and another");
        assert_int_equal(gather_size(&gather), frame ? 6 : 19);
        assert_int_equal(read(ends[0], got, sizeof got), -1);
        gather_send(&gather);
        assert_int_equal(read(ends[0], got, sizeof got), frame ? 6 : 19);
        assert_memory_equal(got, "a move, and another", frame ? 6 : 19);
    }
    put(&gather, "between frames");
    assert_int_equal(read(ends[0], got, sizeof got), 14);
    close_all(&gather, ends);
}

/* A kernel, or a sandbox, without files in memory: as curses alone would do it. */
static void test_without_memory_it_passes_through(void **state)
{
    struct gather gather;
    int ends[2];
    char got[64];
    (void)state;
    open_on_pipe(&gather, ends);
    close(gather.memory);
    gather.memory = -1;
    gather_begin(&gather);
    put(&gather, "at once");
    assert_int_equal(gather_size(&gather), 0);
    assert_int_equal(read(ends[0], got, sizeof got), 7);
    gather_send(&gather);
    assert_int_equal(read(ends[0], got, sizeof got), -1);
    close_all(&gather, ends);
}

/* More than a block of gather_send() holds, and than the pipe takes at once in one write. */
static void test_long_frames_arrive_whole(void **state)
{
    enum { PIECE = 1000, PIECES = 50 };
    struct gather gather;
    int ends[2];
    char piece[PIECE], got[PIECE * PIECES + 1];
    (void)state;
    open_on_pipe(&gather, ends);
    gather_begin(&gather);
    for (int i = 0; i < PIECES; i++) {
        memset(piece, 'a' + i % 26, sizeof piece);
        assert_int_equal(write(fileno(gather.stream), piece, sizeof piece), sizeof piece);
    }
    gather_send(&gather);
    assert_int_equal(read(ends[0], got, sizeof got), PIECE * PIECES);
    for (size_t i = 0; i < PIECE * PIECES; i++)
        assert_int_equal(got[i], 'a' + (int)(i / PIECE) % 26);
    close_all(&gather, ends);
}

/* The pipe is full, and nobody reads: the signal came before the frame could go. */
static void test_a_stalled_terminal_holds_no_signal(void **state)
{
    struct gather gather;
    int ends[2];
    char block[4096] = {0};
    (void)state;
    open_on_pipe(&gather, ends);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (write(ends[1], block, sizeof block) > 0)
        continue;
    signals_catch(-1);
    assert_int_equal(raise(SIGTERM), 0);
    gather_begin(&gather);
    put(&gather, "a frame");
    gather_send(&gather);
    assert_int_equal(gather_size(&gather), 0);
    close_all(&gather, ends);
}

static void test_no_descriptor(void **state)
{
    struct gather gather;
    (void)state;
    assert_false(gather_open(&gather, -1));
    assert_null(gather.stream);
    gather_close(&gather);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frame_is_one_piece),
        cmocka_unit_test(test_without_memory_it_passes_through),
        cmocka_unit_test(test_long_frames_arrive_whole),
        cmocka_unit_test(test_no_descriptor),
        cmocka_unit_test(test_a_stalled_terminal_holds_no_signal), /* the last: it stays caught */
    };
    return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
