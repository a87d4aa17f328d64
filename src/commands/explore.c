/* explore.c: `ropescope explore`: the loop that joins session, screen, state, update and draw. */
#include "facts_reader.h"
#include "hand_out.h"
#include "open_in_background.h"

#include <errno.h>
#include <string.h>

/* Frames a second while a scan runs, and how often its progress is looked at. */
static const double FRAME_SECONDS = 1.0 / 20, PROGRESS_SECONDS = 0.25;
/* A step of the threshold, and a move, send so many bytes at once; a map that follows them may
 * change all over, and what it costs more comes when none has followed for a moment: a key held
 * down over a slow line never waits for the map. */
enum { STEP_BYTES = 1200, MOVE_BYTES = 2800 };
static const double REST_SECONDS = 0.1;
/* How long an opening may take before it is waited for on the screen. */
static const double OPENING_SECONDS = 0.012;

struct explorer {
    struct session *session;
    struct company company;
    struct screen *screen;
    struct canvas *canvas;
    struct state state;
    struct options options; /* of the command line, filled up by the settings */
    struct arena texts;     /* of the settings */
    struct notices notices; /* of the settings, then the session's */
    size_t notices_taken;   /* of the session's */
    struct theme_list themes;
    char model_words[2 * PATH_BYTES];
    unsigned dirty;
    double drawn;              /* clock_seconds() of the last frame */
    bool rest;                 /* that frame was not sent to its end */
    bool left;                 /* while the model was being opened */
    bool scan_told;            /* how the scan ended is known, and shown where it failed */
    struct error scan_failure; /* STATUS_OK: none */
};

/* ---- drawing ------------------------------------------------------------- */

static size_t budget_of_frame(unsigned dirty)
{
    return dirty == DIRTY_STEP                             ? STEP_BYTES
           : (dirty & ~(unsigned)DIRTY_STEP) == DIRTY_MOVE ? MOVE_BYTES
                                                           : SIZE_MAX;
}

static void draw(struct explorer *x)
{
    if (x->dirty & DIRTY_WHOLE)
        screen_redraw(x->screen);
    frame_draw(x->canvas, &x->state);
    x->rest = !screen_draw(x->screen, x->canvas, &x->state.theme, budget_of_frame(x->dirty));
    x->dirty = DIRTY_NOTHING;
    x->drawn = clock_seconds();
}

/* Seconds until the next frame may be drawn: layers that land together share one. */
static double frame_due(const struct explorer *x)
{
    double due = x->state.scanning ? x->drawn + FRAME_SECONDS - clock_seconds() : 0;
    return due > 0 ? due : 0;
}

/* Seconds until what is left of the last frame may be sent. */
static double rest_due(const struct explorer *x)
{
    double due = x->drawn + REST_SECONDS - clock_seconds();
    return due > 0 ? due : 0;
}

/* How long to wait for something to happen; < 0: for ever. */
static double patience(const struct explorer *x)
{
    if (x->dirty)
        return frame_due(x);
    if (x->rest)
        return rest_due(x);
    return x->state.scanning ? PROGRESS_SECONDS : -1;
}

/* ---- events -------------------------------------------------------------- */

static enum status resize(struct explorer *x, struct error *err)
{
    int rows, cols;
    screen_size(x->screen, &rows, &cols);
    if (!canvas_resize(x->canvas, rows, cols))
        return error_memory(err);
    x->dirty |= update_size(&x->state, x->canvas->rows, x->canvas->cols);
    return STATUS_OK;
}

/* The session's notices come after those that were there before it. */
static void take_notices(struct explorer *x)
{
    const struct notices *notices = session_notices(x->session);
    for (; x->notices_taken < notices->count; x->notices_taken++)
        notices_add(&x->notices, "%s", notices->line[x->notices_taken]);
}

/* Of what is read just now. */
static struct progress_reading progress_of(const struct explorer *x)
{
    const struct comparison *comparison = x->company.comparison;
    const struct facts_reader *facts = x->company.facts;
    if (facts && facts->pool)
        return (struct progress_reading){.fraction = facts_reader_fraction(facts),
                                         .seconds_left = -1};
    return comparison && comparison_running(comparison) ? comparison_progress(comparison)
                                                        : session_progress(x->session);
}

/* Takes over what the workers have finished, and says so where the scan failed. */
static void poll_scan(struct explorer *x)
{
    session_poll(x->session);
    if (company_poll(&x->company) > 0) {
        company_lend(&x->company, &x->state.settings);
        x->dirty |= DIRTY_FRAME;
    }
    bool scanning = session_scanning(x->session) || company_busy(&x->company);
    x->dirty |= update_scan(&x->state, scanning, progress_of(x));
    x->state.origin = session_origin(x->session);
    take_notices(x);
    if (scanning || x->scan_told)
        return;
    x->scan_told = true;
    if (session_result(x->session, &x->scan_failure) != STATUS_OK ||
        company_result(&x->company, &x->scan_failure) != STATUS_OK)
        x->dirty |= update_message(&x->state, x->scan_failure.what);
}

/* Writes what is asked for to a file, or asks whether the one that is there shall go. */
static unsigned save(struct explorer *x, bool replace)
{
    char note[ERROR_WHAT], path[PATH_BYTES];
    struct error failure;
    bool exists = false;
    if (save_product(&x->state, replace, &exists, path, note, sizeof note, &failure) != STATUS_OK) {
        const char *why = strstr(failure.what, ": "); /* the name stands beside it */
        return update_message(&x->state, why ? why + 2 : failure.what);
    }
    if (exists)
        return update_exists(&x->state);
    if (x->state.product == PRODUCT_RULE)
        state_lines_saved(&x->state, path);
    return update_saved(&x->state, note);
}

static unsigned copy(struct explorer *x, bool command)
{
    char note[ERROR_WHAT];
    struct error failure;
    enum status status = command ? copy_command(x->screen, &x->state, note, sizeof note, &failure)
                                 : copy_current(x->screen, &x->state, note, sizeof note, &failure);
    return status == STATUS_OK ? update_note(&x->state, note)
                               : update_message(&x->state, failure.what);
}

/* Reads the themes anew each time: somebody may be writing one. */
static unsigned read_themes(struct explorer *x)
{
    struct error failure;
    theme_list_free(&x->themes);
    return theme_list_read(&x->themes, &failure) == STATUS_OK
               ? update_themes(&x->state, &x->themes)
               : update_message(&x->state, failure.what);
}

/* Does what the state asks of the world. */
static void fulfil_request(struct explorer *x)
{
    enum request request = x->state.request;
    x->state.request = REQUEST_NONE;
    switch (request) {
    case REQUEST_NONE:
        break;
    case REQUEST_SAVE:
    case REQUEST_REPLACE:
        x->dirty |= save(x, request == REQUEST_REPLACE);
        break;
    case REQUEST_COPY:
    case REQUEST_COPY_COMMAND:
        x->dirty |= copy(x, request == REQUEST_COPY_COMMAND);
        break;
    case REQUEST_MOUSE:
        screen_mouse(x->screen, x->state.mouse);
        break;
    case REQUEST_THEMES:
        x->dirty |= read_themes(x);
        break;
    }
}

/* Of an event that leaves nothing to go on with. */
static enum status ending(struct event event, struct error *err)
{
    if (event.kind == EVENT_SIGNAL)
        return error_set(err, STATUS_CANCELLED, "interrupted");
    if (event.kind == EVENT_HANGUP)
        return error_set(err, STATUS_FAILED, "the terminal is gone");
    return STATUS_OK;
}

static enum status handle(struct explorer *x, struct event event, struct error *err)
{
    switch (event.kind) {
    case EVENT_KEY:
        x->dirty |= update_key(&x->state, event.key);
        fulfil_request(x);
        return STATUS_OK;
    case EVENT_MOUSE:
        x->dirty |= event.button == MOUSE_CLICK
                        ? update_click(&x->state, event.row, event.col)
                        : update_wheel(&x->state, event.button == MOUSE_WHEEL_UP ? -1 : 1);
        return STATUS_OK;
    case EVENT_RESIZE:
        return resize(x, err);
    default:
        return ending(event, err);
    }
}

/* The next event, or none. What makes later keys quick is done while there is none, until all of
 * it is done. */
static struct event next_event(struct explorer *x)
{
    int wake = company_wake_fd(&x->company, x->session);
    double patient = patience(x);
    while (!x->dirty && !x->rest && state_prepare(&x->state)) {
        struct event event = screen_wait(x->screen, wake, 0);
        if (event.kind != EVENT_NONE)
            return event;
    }
    return screen_wait(x->screen, wake, patient);
}

/* Waits for one event, then handles everything that has come with it: keys held down never wait for
 * a frame each. */
static enum status handle_events(struct explorer *x, struct error *err)
{
    struct event event = next_event(x);
    for (;;) {
        enum status status = handle(x, event, err);
        if (status != STATUS_OK)
            return status;
        if (x->state.quit || event.kind == EVENT_NONE || event.kind == EVENT_WAKE)
            break;
        event = screen_wait(x->screen, -1, 0);
    }
    if (x->state.scanning)
        poll_scan(x);
    return STATUS_OK;
}

static enum status run(struct explorer *x, struct error *err)
{
    enum status status = resize(x, err);
    if (status != STATUS_OK)
        return status;
    draw(x); /* before the scan: what is known of the model is there at once */
    if (!x->company.compares)
        status = session_start(x->session, err);
    poll_scan(x);
    while (status == STATUS_OK && !x->state.quit) {
        if (x->rest && !x->dirty && rest_due(x) <= 0)
            x->dirty = DIRTY_FRAME;
        if (x->dirty && frame_due(x) <= 0)
            draw(x);
        status = handle_events(x, err);
    }
    return status;
}

/* ---- themes, listed ------------------------------------------------------ */

/* A line a theme: a star before the one in force, its name, its file or what is wrong with it. */
static enum status list_themes(const struct theme *in_force, struct error *err)
{
    struct theme_list list;
    enum status status = theme_list_read(&list, err);
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        const struct theme_entry *entry = &list.entry[i];
        char path[PATH_BYTES];
        text_printable(path, sizeof path, entry->path ? entry->path : "built in");
        printf("%c %-16s %s\n", strcmp(entry->theme.name, in_force->name) == 0 ? '*' : ' ',
               entry->theme.name, entry->mistake ? entry->mistake : path);
    }
    theme_list_free(&list);
    if (status == STATUS_OK && fflush(stdout) != 0)
        return error_set(err, STATUS_FAILED, "standard output: %s", strerror(errno));
    return status;
}

/* ---- opening ------------------------------------------------------------- */

static enum status open_terminal(struct explorer *x, struct error *err)
{
    enum status status = screen_open(&x->screen, err);
    if (status != STATUS_OK)
        return status;
    x->canvas = canvas_new(1, 1);
    return x->canvas ? STATUS_OK : error_memory(err);
}

/* Before there is a state: what is being opened, and how far that is. */
static enum status draw_opening(struct explorer *x, const struct theme *theme,
                                const struct opening_watch *watch, struct error *err)
{
    int rows, cols;
    enum glyph_set set = x->options.has_glyphs ? x->options.glyphs : glyph_set_of_locale();
    struct opening_sight sight = {.name = x->options.model ? x->options.model : "demo",
                                  .bytes = atomic_load(&watch->bytes),
                                  .tensors = atomic_load(&watch->tensors)};
    screen_size(x->screen, &rows, &cols);
    if (!canvas_resize(x->canvas, rows, cols))
        return error_memory(err);
    opening_draw(x->canvas, glyphs_of(screen_is_utf8(x->screen) ? set : GLYPHS_ASCII), &sight);
    screen_draw(x->screen, x->canvas, theme, SIZE_MAX);
    return STATUS_OK;
}

/* Until the opening is over, or the person has had enough of it. */
static enum status wait_on_screen(struct explorer *x, const struct theme *theme,
                                  struct background *background, struct error *err)
{
    enum status status = open_terminal(x, err);
    while (status == STATUS_OK && !x->left && !background_wait(background, 0)) {
        status = draw_opening(x, theme, background_watch(background), err);
        if (status != STATUS_OK)
            break;
        struct event event =
            screen_wait(x->screen, background_wake_fd(background), PROGRESS_SECONDS);
        if (event.kind == EVENT_KEY)
            x->left = keys_action(PLACE_VIEW, event.key) == ACTION_QUIT;
        else
            status = ending(event, err);
    }
    return status;
}

/* There is no terminal, as *err says; a bad file is refused for what it is all the same. */
static enum status refuse_terminal(struct explorer *x, struct background *background,
                                   enum status refused, struct error *err)
{
    struct error bad;
    enum status status = background_finish(background, &x->session, &bad);
    if (status == STATUS_OK)
        return refused;
    if (err)
        *err = bad;
    return status;
}

/* A bad file is refused before anything is drawn, unless finding out takes its time. */
static enum status open_model(struct explorer *x, const struct theme *theme, struct error *err)
{
    struct background *background;
    enum status status = background_start(&x->options, &background, err);
    if (status != STATUS_OK)
        return status;
    if (!background_wait(background, OPENING_SECONDS))
        status = wait_on_screen(x, theme, background, err);
    if (status == STATUS_OK && !x->left)
        return background_finish(background, &x->session, err);
    if (!x->screen)
        return refuse_terminal(x, background, status, err);
    background_cancel(background);
    background_finish(background, &x->session, NULL);
    return status;
}

static enum status open_state(struct explorer *x, const struct theme *theme, struct error *err)
{
    enum status status = state_init(&x->state, session_angles(x->session), err);
    if (status == STATUS_OK)
        status = company_open(&x->company, &x->options, x->session, err);
    if (status == STATUS_OK)
        status = company_start(&x->company, &x->options, x->session, err);
    if (status != STATUS_OK)
        return status;
    company_lend(&x->company, &x->state.settings);
    x->state.notices = &x->notices;
    x->state.origin = session_origin(x->session);
    x->state.theme = *theme;
    if (model_words(x->model_words, sizeof x->model_words, &x->options))
        x->state.model_words = x->model_words;
    take_notices(x);
    return state_take_flags(&x->state, &x->options, err);
}

/* What the terminal has a say in. */
static void take_terminal(struct explorer *x)
{
    x->state.utf8 = screen_is_utf8(x->screen);
    if (!x->state.utf8)
        x->state.glyph_set = GLYPHS_ASCII;
    if (x->state.mouse)
        screen_mouse(x->screen, true);
}

static enum status explore_model(struct explorer *x, const struct theme *theme, struct error *err)
{
    enum status status = open_state(x, theme, err);
    if (status == STATUS_OK && !x->screen)
        status = open_terminal(x, err);
    if (status != STATUS_OK)
        return status;
    take_terminal(x);
    return run(x, err);
}

static enum status explore(struct explorer *x, const struct theme *theme, struct error *err)
{
    enum status status = open_model(x, theme, err);
    if (status == STATUS_OK && !x->left)
        status = explore_model(x, theme, err);
    if (status == STATUS_OK && x->scan_failure.status != STATUS_OK) {
        status = x->scan_failure.status; /* said once more where it stays to be read */
        if (err)
            *err = x->scan_failure;
    }
    canvas_free(x->canvas);
    screen_close(x->screen); /* before anything is said */
    state_free(&x->state);
    company_close(&x->company);
    session_close(x->session);
    return status;
}

enum status command_explore(const struct options *options, struct error *err)
{
    struct explorer x = {.options = *options};
    struct theme theme;
    enum status status = settings_file_apply(&x.options, &x.texts, &x.notices, err);
    if (status == STATUS_OK)
        status = theme_of_options(&theme, &x.options, err);
    if (status == STATUS_OK)
        status = options->list_themes ? list_themes(&theme, err) : explore(&x, &theme, err);
    theme_list_free(&x.themes);
    arena_free(&x.texts);
    return status;
}
