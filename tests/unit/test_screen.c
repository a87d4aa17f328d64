/* The real terminal, played by a pseudo-terminal: what is sent, what comes in, what is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "play.h"
#include "ropescope/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define LEAVE_ALTERNATE "\033[?1049l"
#define SHOW_CURSOR "\033[?25h" /* the end of xterm's cnorm */

static struct play play;

/* ---- what children do ---------------------------------------------------- */

/* Leaves the child with a code that names the line. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
            _exit(90);                                                                             \
        }                                                                                          \
    } while (0)

static struct screen *opened(void)
{
    struct screen *screen = NULL;
    struct error err = {0};
    if (screen_open(&screen, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.what);
        _exit(96);
    }
    return screen;
}

static struct canvas *canvas_for(const struct screen *screen)
{
    int rows, cols;
    screen_size(screen, &rows, &cols);
    return canvas_new(rows, cols);
}

static void show(struct screen *screen, const struct canvas *canvas)
{
    struct theme theme;
    theme_default(&theme);
    screen_draw(screen, canvas, &theme, SIZE_MAX);
}

static void paint(struct canvas *canvas)
{
    const struct glyphs *glyphs = glyphs_of(GLYPHS_BLOCKS);
    struct rect all = {0, 0, canvas->rows, canvas->cols};
    canvas_box(canvas, all, glyphs, style_of(ROLE_BORDER), "frame", style_of(ROLE_TITLE));
    canvas_text(canvas, 2, 2, 40, style_of(ROLE_QUERY), glyphs, "blue words");
    canvas_text(canvas, 3, 2, 40, style_of(ROLE_SELECT), glyphs, "chosen");
    for (int col = 2; col < canvas->cols - 2; col++)
        canvas_put(canvas, 5, col, glyphs->ramp[col % 5], style_heat(col / 80.0));
    canvas_put(canvas, canvas->rows - 1, canvas->cols - 1, 'Z', style_of(ROLE_TEXT));
}

static int act_frames(void)
{
    struct screen *screen = opened();
    struct canvas *canvas = canvas_for(screen);
    MUST(canvas->rows == 24 && canvas->cols == 80);
    play_mark("opened");
    paint(canvas);
    show(screen, canvas);
    play_mark("first");
    show(screen, canvas);
    play_mark("same");
    canvas_put(canvas, 10, 40, 'x', style_of(ROLE_KEY));
    show(screen, canvas);
    play_mark("one cell");
    screen_redraw(screen);
    show(screen, canvas);
    play_mark("again");
    canvas_free(canvas);
    screen_close(screen);
    screen_close(NULL);
    return 3;
}

/* An empty picture of a theme that has a ground of its own. */
static int act_ground(void)
{
    struct screen *screen = opened();
    struct canvas *canvas = canvas_for(screen);
    struct theme theme;
    struct error err;
    MUST(theme_read(&theme, "themes/gruvbox.theme", &err) == STATUS_OK);
    play_mark("opened");
    screen_draw(screen, canvas, &theme, SIZE_MAX);
    play_mark("first");
    canvas_free(canvas);
    screen_close(screen);
    return 3;
}

/* A map that changes all over, under a line of words: a budget's worth at once, words first, then
 * from the last line on, then the rest. */
static int act_budget(void)
{
    struct screen *screen = opened();
    struct canvas *canvas = canvas_for(screen);
    struct theme theme;
    theme_default(&theme);
    show(screen, canvas);
    for (int row = 0; row < canvas->rows; row++)
        for (int col = 0; col < canvas->cols; col++)
            canvas_put(canvas, row, col, 0x2593, style_heat((row * 7 + col * 3) % 10 / 10.0));
    canvas_text(canvas, canvas->rows - 1, 0, 20, style_of(ROLE_TEXT), NULL, "the last line");
    canvas_fill(canvas, (struct rect){0, 0, 1, canvas->cols}, '-', style_of(ROLE_TEXT));
    canvas_text(canvas, 0, 0, 20, style_of(ROLE_TEXT), NULL, "the first line");
    play_mark("before");
    MUST(!screen_draw(screen, canvas, &theme, 4000));
    play_mark("at once");
    while (!screen_draw(screen, canvas, &theme, 4000)) {
    }
    play_mark("all");
    MUST(screen_draw(screen, canvas, &theme, 0));
    play_mark("nothing");
    for (int turn = 0; turn < 2; turn++) { /* words alone: the budget is theirs as well */
        for (int row = 0; row < canvas->rows; row++)
            canvas_text(
                canvas, row, 0, 80, style_of(ROLE_TEXT), NULL,
                turn ? "a.line.of.a.list.that.has.taken.another.place,.with.all.of.its.numbers"
                     : "THAT.WHICH.STOOD.IN.THIS.PLACE.BEFORE,.AS.LONG,.AND.ALL.IN.CAPITALS...");
        if (turn == 0) {
            MUST(screen_draw(screen, canvas, &theme, SIZE_MAX));
            play_mark("words");
        }
    }
    MUST(!screen_draw(screen, canvas, &theme, 600));
    play_mark("some words");
    canvas_free(canvas);
    screen_close(screen);
    return 4;
}

/* A heat map of five shades, where one cell in seventeen takes the next one. */
static int act_spots(void)
{
    struct screen *screen = opened();
    struct canvas *canvas = canvas_for(screen);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 16 * 64; i++) {
            int shade = (i * i / 7 + (turn > 0 && i % 17 == 0)) % 5;
            canvas_put(canvas, i / 64, i % 64, 0x2593, style_heat(shade / 5.0 + 0.1));
        }
        show(screen, canvas);
        play_mark(turn == 0 ? "map" : "spots");
    }
    show(screen, canvas);
    play_mark("same");
    canvas_free(canvas);
    screen_close(screen);
    return 6;
}

static int act_one_frame(void)
{
    struct screen *screen = opened();
    struct canvas *canvas = canvas_for(screen);
    paint(canvas);
    canvas_text(canvas, 7, 2, 20, style_of(ROLE_TEXT), NULL, "字e\u0301\u20ac");
    canvas_text(canvas, 8, 2, 20, style_of(ROLE_TEXT), NULL, "<\u0f71>"); /* a mark unknown here */
    show(screen, canvas);
    play_mark("frame");
    int depth = (int)screen_colours(screen), utf8 = screen_is_utf8(screen);
    canvas_free(canvas);
    screen_close(screen);
    return depth + 10 * utf8;
}

static int act_keys(void)
{
    static const uint32_t expected[] = {KEYCODE_UP,
                                        KEYCODE_DOWN,
                                        KEYCODE_RIGHT,
                                        KEYCODE_LEFT,
                                        KEYCODE_PAGE_UP,
                                        KEYCODE_PAGE_DOWN,
                                        KEYCODE_HOME,
                                        KEYCODE_END,
                                        KEYCODE_DELETE,
                                        KEYCODE_BACKTAB,
                                        KEYCODE_BACKSPACE,
                                        '\n',
                                        '\t',
                                        '/',
                                        0xe9,
                                        0x5b57,
                                        27,
                                        '?',
                                        'q'};
    struct screen *screen = opened();
    play_mark("ready");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct event event = screen_wait(screen, -1, 10);
        if (event.kind != EVENT_KEY || event.key != expected[i]) {
            fprintf(stderr, "key %zu: kind %d, %#x\n", i, (int)event.kind, (unsigned)event.key);
            _exit(95);
        }
    }
    screen_close(screen);
    return 0;
}

static int act_escape(void)
{
    struct screen *screen = opened();
    play_mark("ready");
    struct event event = screen_wait(screen, -1, 10);
    play_mark("key");
    screen_close(screen);
    return event.kind == EVENT_KEY ? (int)event.key : 90;
}

static int act_resizes(void)
{
    struct screen *screen = opened();
    int rows, cols, resizes = 0;
    play_mark("ready");
    do {
        struct event event = screen_wait(screen, -1, 10);
        MUST(event.kind == EVENT_RESIZE);
        resizes++;
        screen_size(screen, &rows, &cols);
        struct canvas *canvas = canvas_new(rows, cols);
        canvas_fill(canvas, (struct rect){0, 0, rows, cols}, '#', style_of(ROLE_TEXT));
        show(screen, canvas);
        canvas_free(canvas);
    } while (rows != 7 || cols != 33);
    screen_close(screen);
    return resizes > 0 ? 0 : 1;
}

static int act_until_told(void)
{
    struct screen *screen = opened();
    struct canvas *canvas = canvas_for(screen);
    paint(canvas);
    show(screen, canvas);
    play_mark("ready");
    struct event event = screen_wait(screen, -1, -1);
    int caught = signals_caught();
    canvas_free(canvas);
    screen_close(screen);
    return event.kind == EVENT_SIGNAL ? caught : 50 + (int)event.kind;
}

static int act_deaf_to_hangup(void)
{
    struct screen *screen = opened();
    signal(SIGHUP, SIG_IGN);
    play_mark("ready");
    struct event event = screen_wait(screen, -1, 10);
    screen_close(screen);
    return event.kind == EVENT_HANGUP ? 7 : 50 + (int)event.kind;
}

static int act_waits(void)
{
    struct screen *screen = opened();
    int ends[2];
    MUST(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    MUST(screen_wait(screen, ends[0], -1).kind == EVENT_WAKE);
    MUST(screen_wait(screen, ends[0], 0).kind == EVENT_WAKE);
    struct rusage before, after;
    double started = clock_seconds();
    getrusage(RUSAGE_SELF, &before);
    MUST(screen_wait(screen, -1, 0.4).kind == EVENT_NONE);
    getrusage(RUSAGE_SELF, &after);
    MUST(clock_seconds() - started >= 0.39);
    double used = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
                  (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                  (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6 +
                  (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
    MUST(used < 0.1);
    MUST(screen_wait(screen, -1, 0).kind == EVENT_NONE);
    screen_close(screen);
    return 0;
}

/* Opening must be refused, politely and without a byte to the terminal. */
static int act_refused(void)
{
    struct screen *screen = NULL;
    struct error err = {0};
    MUST(screen_open(&screen, &err) == STATUS_USAGE && !screen);
    MUST(strstr(err.help, "ropescope stats") && strstr(err.help, "ropescope export"));
    MUST(strstr(err.what, "terminal") && strchr(err.what, '\n') == NULL);
    MUST(!getenv("TERM") || !strstr(err.what, "TERM=") || strstr(err.what, getenv("TERM")));
    return 0;
}

static int act_crash(void)
{
    struct screen *screen = opened();
    struct canvas *canvas = canvas_for(screen);
    paint(canvas);
    show(screen, canvas);
    play_mark("ready");
    raise(SIGSEGV);
    return 0;
}

/* Goes on when the terminal is 10 x 50; nobody tells a stopped program of a resize. */
static int act_until_small(void)
{
    struct screen *screen = opened();
    int rows, cols;
    play_mark("ready");
    struct event event = screen_wait(screen, -1, 10);
    screen_size(screen, &rows, &cols);
    screen_close(screen);
    return event.kind == EVENT_RESIZE && rows == 10 && cols == 50 ? 0 : 50 + (int)event.kind;
}

/* Draws once a Ctrl-Z has come. */
static int act_busy_until_stop(void)
{
    struct screen *screen = opened();
    struct canvas *canvas = canvas_for(screen);
    sigset_t pending;
    play_mark("ready");
    do {
        sigpending(&pending);
    } while (!sigismember(&pending, SIGTSTP));
    show(screen, canvas);
    canvas_free(canvas);
    screen_close(screen);
    return 4;
}

/* A small shell: runs a job and, when it has stopped, resizes the terminal (rows > 0) and lets the
 * job continue. */
static int run_job(int (*act)(void), int rows, int cols)
{
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        tcsetpgrp(STDIN_FILENO, getpid());
        signal(SIGTTOU, SIG_DFL);
        _exit(act());
    }
    int status = 0;
    MUST(waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status));
    tcsetpgrp(STDIN_FILENO, getpid());
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    MUST(rows == 0 || ioctl(STDIN_FILENO, TIOCSWINSZ, &size) == 0);
    play_mark("stopped");
    tcsetpgrp(STDIN_FILENO, job);
    kill(-job, SIGCONT);
    MUST(waitpid(job, &status, 0) == job && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int act_job(void)
{
    return run_job(act_until_told, 0, 0);
}

static int act_job_resized(void)
{
    return run_job(act_until_small, 10, 50);
}

static int act_job_busy(void)
{
    return run_job(act_busy_until_stop, 0, 0);
}

/* ---- tests --------------------------------------------------------------- */

/* Lines that hold nothing are painted, too: each is cleared in the colour of the ground. */
static void test_a_ground_is_painted(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_ground});
    play_wait_mark(&play, "opened");
    play_wait_mark(&play, "first");
    assert_true(play_heard(&play, "\033[48;5;"));
    play_assert_exit(&play, 3);
}

static void test_only_changes_are_sent(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_frames});
    play_wait_mark(&play, "opened");
    size_t first = play_wait_mark(&play, "first");
    assert_true(first > 300 && play_heard(&play, "blue words") && play_heard(&play, "Z"));
    assert_int_equal(play_wait_mark(&play, "same"), 0);
    size_t one = play_wait_mark(&play, "one cell");
    assert_true(one > 0 && one <= 40);
    assert_true(play_wait_mark(&play, "again") > 300);
    assert_true(play_heard(&play, "blue words"));
    play_assert_exit(&play, 3);
    assert_true(play_heard(&play, LEAVE_ALTERNATE) && play_heard(&play, SHOW_CURSOR));
}

static void test_a_budget_is_kept(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_budget});
    play_wait_mark(&play, "before");
    size_t once = play_wait_mark(&play, "at once");
    assert_in_range(once, 3000, 4000); /* it is weighed, not guessed */
    assert_true(play_heard(&play, "the first line") && play_heard(&play, "the last line"));
    size_t rest = play_wait_mark(&play, "all");
    assert_true(rest > 20000 && !play_heard(&play, "the last line"));
    assert_int_equal(play_wait_mark(&play, "nothing"), 0);
    play_wait_mark(&play, "words");
    assert_in_range(play_wait_mark(&play, "some words"), 300, 600);
    play_assert_exit(&play, 4);
}

/* 61 cells: a place and a glyph each, a colour for all of a shade. Cell by cell it would be 44. */
static void test_scattered_shades_cost_little(void **state)
{
    enum { SPOTS = 61, EACH = 15 };
    (void)state;
    play_start(&play, (struct scene){.act = act_spots});
    assert_true(play_wait_mark(&play, "map") > 5000);
    size_t spots = play_wait_mark(&play, "spots");
    assert_in_range(spots, SPOTS * 4, SPOTS * EACH);
    assert_int_equal(play_wait_mark(&play, "same"), 0);
    play_assert_exit(&play, 6);
}

static void test_characters_by_locale(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_one_frame});
    play_wait_mark(&play, "frame");
    assert_true(play_heard(&play, "字e\u0301\u20ac") && play_heard(&play, "┌"));
    assert_true(play_heard(&play, "<?>")); /* it would have moved the rest of the line */
    play_assert_exit(&play, COLOURS_256 + 10);
    play_start(&play, (struct scene){.act = act_one_frame, .locale = "C"});
    play_wait_mark(&play, "frame");
    assert_true(play_heard(&play, "??e?"));
    play_assert_exit(&play, COLOURS_256);
    for (size_t i = 0; i < play.length; i++)
        assert_true((unsigned char)play.output[i] < 0x80);
}

static void test_colours_by_terminal(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_one_frame});
    play_wait_mark(&play, "frame");
    assert_true(play_heard(&play, "\033[38;5;32m"));
    play_assert_exit(&play, COLOURS_256 + 10);
    play_start(&play, (struct scene){.act = act_one_frame, .term = "xterm"});
    play_wait_mark(&play, "frame");
    assert_true(play_heard(&play, "\033[36m") && !play_heard(&play, "38;5;"));
    play_assert_exit(&play, COLOURS_8 + 10);
    play_start(&play, (struct scene){.act = act_one_frame, .term = "vt100"});
    play_wait_mark(&play, "frame");
    assert_true(play_heard(&play, "blue words") && play_heard(&play, "7m"));
    play_assert_exit(&play, COLOURS_NONE + 10);
}

static void test_no_color_is_heeded(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_one_frame, .no_color = true});
    play_wait_mark(&play, "frame");
    assert_true(play_heard(&play, "blue words") && play_heard(&play, "7m"));
    assert_false(play_heard(&play, "38;5;") || play_heard(&play, "48;5;"));
    char text[] = "\033[30m";
    for (; text[3] < '8'; text[3]++)
        assert_false(play_heard(&play, text));
    play_assert_exit(&play, COLOURS_NONE + 10);
}

static void test_keys_arrive(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_keys});
    play_wait_mark(&play, "ready");
    play_type(&play, "\033OA\033OB\033OC\033OD\033[5~\033[6~\033OH\033OF\033[3~\033[Z\x7f\r\t/é字"
                     "\033?q");
    play_assert_exit(&play, 0);
}

/* Esc alone is told from the start of a longer key in far less than curses' own second. */
static void test_escape_is_quick(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_escape});
    play_wait_mark(&play, "ready");
    double typed = clock_seconds();
    play_type(&play, "\033");
    play_wait_mark(&play, "key");
    assert_true(clock_seconds() - typed < 0.8);
    play_assert_exit(&play, 27);
}

static void test_resizes_arrive(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_resizes});
    play_wait_mark(&play, "ready");
    for (int i = 1; i <= 60; i++)
        play_resize(&play, i, 2 * i);
    play_resize(&play, 7, 33);
    play_assert_exit(&play, 0);
}

static void test_one_cell_is_a_screen(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_resizes, .rows = 1, .cols = 1});
    play_wait_mark(&play, "ready");
    play_resize(&play, 7, 33);
    play_assert_exit(&play, 0);
}

/* A signal ends the wait; the terminal is given back as it was. */
static void test_signals_end_the_wait(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct termios during, after;
        play_start(&play, (struct scene){.act = act_until_told});
        play_wait_mark(&play, "ready");
        tcgetattr(play.master, &during);
        if (numbers[i] == SIGINT)
            play_type(&play, "\003");
        else
            kill(play.child, numbers[i]);
        int again = dup(play.master); /* to look at the modes after the end */
        play_assert_exit(&play, numbers[i]);
        tcgetattr(again, &after);
        close(again);
        assert_true(play_heard(&play, LEAVE_ALTERNATE) && play_heard(&play, SHOW_CURSOR));
        assert_false(during.c_lflag & ICANON);
        assert_true(during.c_lflag & NOFLSH); /* or Ctrl-C could throw the last words away */
        assert_true((after.c_lflag & ICANON) && (after.c_lflag & ECHO) && (after.c_lflag & ISIG));
    }
}

static void test_a_lost_terminal_ends_the_wait(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_deaf_to_hangup});
    play_wait_mark(&play, "ready");
    play_hang_up(&play);
    play_assert_exit(&play, 7);
}

static void test_waits_end_and_cost_nothing(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_waits});
    play_assert_exit(&play, 0);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {.act = act_refused, .term = ""},
        {.act = act_refused, .term = "no-such-terminal"},
        {.act = act_refused, .term = "dumb"},
        {.act = act_refused, .homeless = true},
    };
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        play_start(&play, scenes[i]);
        play_assert_exit(&play, 0);
        assert_int_equal(play.length, 0);
    }
}

static void test_the_terminal_behind_redirections(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_one_frame, .redirected = true});
    play_wait_mark(&play, "frame");
    assert_true(play_heard(&play, "blue words"));
    play_assert_exit(&play, COLOURS_256 + 10);
}

static void test_a_crash_gives_the_terminal_back(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* the sanitizer keeps such signals for itself */
#endif
    struct termios after;
    play_start(&play, (struct scene){.act = act_crash});
    play_wait_mark(&play, "ready");
    int again = dup(play.master);
    int status = play_end(&play);
    tcgetattr(again, &after);
    close(again);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    assert_true(play_heard(&play, LEAVE_ALTERNATE) && play_heard(&play, SHOW_CURSOR));
    assert_true(after.c_lflag & ICANON && after.c_lflag & ECHO);
}

static void test_stop_and_continue(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_job});
    play_wait_mark(&play, "ready");
    play_type(&play, "\032");
    play_wait_mark(&play, "stopped");
    assert_true(play_heard(&play, LEAVE_ALTERNATE));
    play_wait_text(&play, "blue words"); /* the frame comes back by itself */
    play_type(&play, "\003");
    play_assert_exit(&play, SIGINT);
}

static void test_a_resize_while_stopped_is_noticed(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_job_resized});
    play_wait_mark(&play, "ready");
    play_type(&play, "\032");
    play_wait_mark(&play, "stopped");
    play_assert_exit(&play, 0);
}

static void test_a_stop_while_busy_is_obeyed(void **state)
{
    (void)state;
    play_start(&play, (struct scene){.act = act_job_busy});
    play_wait_mark(&play, "ready");
    play_type(&play, "\032");
    play_wait_mark(&play, "stopped");
    play_assert_exit(&play, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_changes_are_sent),
        cmocka_unit_test(test_a_ground_is_painted),
        cmocka_unit_test(test_a_budget_is_kept),
        cmocka_unit_test(test_scattered_shades_cost_little),
        cmocka_unit_test(test_characters_by_locale),
        cmocka_unit_test(test_colours_by_terminal),
        cmocka_unit_test(test_no_color_is_heeded),
        cmocka_unit_test(test_keys_arrive),
        cmocka_unit_test(test_escape_is_quick),
        cmocka_unit_test(test_resizes_arrive),
        cmocka_unit_test(test_one_cell_is_a_screen),
        cmocka_unit_test(test_signals_end_the_wait),
        cmocka_unit_test(test_a_lost_terminal_ends_the_wait),
        cmocka_unit_test(test_waits_end_and_cost_nothing),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_the_terminal_behind_redirections),
        cmocka_unit_test(test_a_crash_gives_the_terminal_back),
        cmocka_unit_test(test_stop_and_continue),
        cmocka_unit_test(test_a_stop_while_busy_is_obeyed),
        cmocka_unit_test(test_a_resize_while_stopped_is_noticed),
    };
    return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
