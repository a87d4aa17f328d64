/* opening.c: from the word MODEL to its angles, with progress on the way, and from angles to an
 * output that is whole or absent. */
#include "commands.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Beside the program first: that is where its own version lies. */
bool find_demo_model(char out[PATH_BYTES])
{
    char program[PATH_BYTES];
    static const char *const beside[] = {"../share/ropescope/demo", "../tests/data/demo/base",
                                         "../../tests/data/demo/base"};
    bool known = path_program_directory(program);
    for (size_t i = 0; known && i < sizeof beside / sizeof *beside; i++) {
        if (path_join(out, program, beside[i]) && path_is_directory(out))
            return true;
    }
    return path_join(out, ROPESCOPE_DATA, "demo") && path_is_directory(out);
}

enum status open_named_model(const struct options *options, struct session **out, struct error *err)
{
    char demo[PATH_BYTES];
    const char *path = options->model;
    if (!path) {
        if (!find_demo_model(demo)) {
            error_set(err, STATUS_USAGE, "no MODEL was named and the demo model is not installed");
            return error_help(err,
                              "name a directory with config.json and weights, or a weight file");
        }
        path = demo;
    }
    return session_open(path, &options->session, out, err);
}

/* ---- progress ------------------------------------------------------------ */

struct report {
    bool terminal;
    bool drawn;       /* a bar stands on the line */
    double next_line; /* clock_seconds() of the next plain line */
};

enum { WORDS_BYTES = 160, BAR_LEAST = 10, BAR_MOST = 30, LINE_SECONDS = 5 };

/* How far what is read now has come: a scan, or two models at once. */
struct stand {
    struct progress_reading reading;
    size_t ready, layers;
};

static void describe(char out[WORDS_BYTES], const struct stand *stand)
{
    struct progress_reading reading = stand->reading;
    char rate[TEXT_NUMBER], left[TEXT_NUMBER], rest[2 * TEXT_NUMBER] = "";
    if (reading.seconds_left >= 0)
        text_format(rest, sizeof rest, ", %s left", text_duration(left, reading.seconds_left));
    text_format(out, WORDS_BYTES, "layer %zu of %zu, %3.0f%%, %s/s%s", stand->ready, stand->layers,
                100 * reading.fraction, text_bytes(rate, reading.rate), rest);
}

static size_t terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The words come first; the bar takes what they leave of the line, which must not wrap. */
static void draw_bar(const struct stand *stand)
{
    char words[WORDS_BYTES], bar[BAR_MOST + 1] = "";
    size_t cols = terminal_columns() - 1;
    describe(words, stand);
    if (strlen(words) > cols)
        words[cols] = '\0';
    size_t used = strlen(words), room = cols > used + 3 ? cols - used - 3 : 0;
    size_t cells = room > BAR_MOST ? BAR_MOST : room;
    size_t full = (size_t)(stand->reading.fraction * (double)cells);
    if (cells >= BAR_LEAST) {
        memset(bar, '.', cells);
        memset(bar, '#', full);
    }
    fprintf(stderr, *bar ? "\r[%s] %s\033[K" : "\r%s%s\033[K", bar, words);
}

static void report_stand(struct report *report, const char *what, const struct stand *stand)
{
    double now = clock_seconds();
    if (report->terminal) {
        draw_bar(stand);
        report->drawn = true;
    } else if (now >= report->next_line) {
        char words[WORDS_BYTES];
        describe(words, stand);
        fprintf(stderr, "%s: %s\n", what, words);
        report->next_line = now + LINE_SECONDS;
    }
}

static bool report_scan(void *context, const struct session *session)
{
    const struct angles *angles = session_angles(session);
    struct stand stand = {session_progress(session), angles->ready, angles->model->layer_count};
    report_stand(context, "scanning", &stand);
    return true;
}

static bool report_comparison(void *context, const struct comparison *comparison)
{
    const struct changes *changes = comparison_changes(comparison);
    struct stand stand = {comparison_progress(comparison), changes->ready,
                          changes->base->model->layer_count};
    report_stand(context, "comparing", &stand);
    return true;
}

static struct report report_new(void)
{
    return (struct report){.terminal = isatty(STDERR_FILENO),
                           .next_line = clock_seconds() + LINE_SECONDS};
}

static void report_end(const struct report *report)
{
    if (report->drawn)
        fprintf(stderr, "\r\033[K");
}

/* ---- waiting ------------------------------------------------------------- */

void print_notice(const struct session *session, size_t *printed)
{
    const struct notices *notices = session_notices(session);
    if (*printed < notices->count)
        fprintf(stderr, "ropescope: %s\n", notices->line[*printed]);
    *printed = notices->count;
}

enum status wait_for_angles(struct session *session, struct error *err)
{
    size_t printed = 0;
    print_notice(session, &printed);
    struct report report = report_new();
    signals_catch(-1);
    enum status status = session_wait(session, report_scan, &report, err);
    report_end(&report);
    if (status == STATUS_OK) /* an error has two lines of its own, and three are enough */
        print_notice(session, &printed);
    return status;
}

enum status wait_for_comparison(struct comparison *comparison, struct error *err)
{
    struct report report = report_new();
    enum status status = comparison_wait(comparison, report_comparison, &report, err);
    report_end(&report);
    return status;
}

enum status open_scanned_model(const struct options *options, struct session **out,
                               struct error *err)
{
    struct session *session = NULL;
    enum status status = open_named_model(options, &session, err);
    if (status != STATUS_OK)
        return status;
    status = wait_for_angles(session, err);
    if (status == STATUS_OK)
        *out = session;
    else
        session_close(session);
    return status;
}

/* ---- writing ------------------------------------------------------------- */

enum status write_output(const char *path, output_writer *writer, void *context, struct error *err)
{
    struct output output;
    signals_catch(-1); /* before there is something to leave behind */
    enum status status = output_open(&output, path, err);
    if (status != STATUS_OK)
        return status;
    bool named = true; /* an error of the model itself is none of the output's */
    status = writer(context, output.stream, &named, err);
    if (status == STATUS_OK)
        return output_commit(&output, err);
    output_abort(&output);
    if (named)
        error_context(err, "%s", *output.path ? output.path : "standard output");
    return status;
}
