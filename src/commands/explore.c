/* explore.c: `ropescope explore`: the loop that joins session, screen, state, update and draw. */
#include "commands.h"

#include "ropescope/views.h"

/* Frames a second while a scan runs, and how often its progress is looked at. */
static const double FRAME_SECONDS = 1.0 / 20, PROGRESS_SECONDS = 0.25;

struct explorer {
    struct session *session;
    struct screen *screen;
    struct canvas *canvas;
    struct theme theme;
    struct state state;
    unsigned dirty;
    double drawn;              /* clock_seconds() of the last frame */
    bool scan_told;            /* how the scan ended is known, and shown where it failed */
    struct error scan_failure; /* STATUS_OK: none */
};

/* ---- drawing ------------------------------------------------------------- */

static void draw(struct explorer *x)
{
    if (x->dirty & DIRTY_WHOLE)
        screen_redraw(x->screen);
    frame_draw(x->canvas, &x->state);
    screen_draw(x->screen, x->canvas, &x->theme);
    x->dirty = DIRTY_NOTHING;
    x->drawn = clock_seconds();
}

/* Seconds until the next frame may be drawn: layers that land together share one. */
static double frame_due(const struct explorer *x)
{
    double due = x->state.scanning ? x->drawn + FRAME_SECONDS - clock_seconds() : 0;
    return due > 0 ? due : 0;
}

/* How long to wait for something to happen; < 0: for ever. */
static double patience(const struct explorer *x)
{
    if (x->dirty)
        return frame_due(x);
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

/* Takes over what the workers have finished, and says so where the scan failed. */
static void poll_scan(struct explorer *x)
{
    session_poll(x->session);
    bool scanning = session_scanning(x->session);
    x->dirty |= update_scan(&x->state, scanning, session_progress(x->session));
    x->state.origin = session_origin(x->session);
    if (scanning || x->scan_told)
        return;
    x->scan_told = true;
    if (session_result(x->session, &x->scan_failure) != STATUS_OK)
        x->dirty |= update_message(&x->state, x->scan_failure.what);
}

static enum status handle(struct explorer *x, struct event event, struct error *err)
{
    switch (event.kind) {
    case EVENT_KEY:
        x->dirty |= update_key(&x->state, event.key);
        return STATUS_OK;
    case EVENT_RESIZE:
        return resize(x, err);
    case EVENT_SIGNAL:
        return error_set(err, STATUS_CANCELLED, "interrupted");
    case EVENT_HANGUP:
        return error_set(err, STATUS_FAILED, "the terminal is gone");
    default:
        return STATUS_OK;
    }
}

/* Waits for one event, then handles everything that has come with it: keys held down never wait for
 * a frame each. */
static enum status handle_events(struct explorer *x, struct error *err)
{
    struct event event = screen_wait(x->screen, session_wake_fd(x->session), patience(x));
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
    status = session_start(x->session, err);
    poll_scan(x);
    while (status == STATUS_OK && !x->state.quit) {
        if (x->dirty && frame_due(x) <= 0)
            draw(x);
        status = handle_events(x, err);
    }
    return status;
}

/* ---- opening ------------------------------------------------------------- */

static enum status select_flags(struct explorer *x, const struct options *options,
                                struct error *err)
{
    size_t layer;
    struct view_settings *settings = &x->state.settings;
    enum status status = find_selection(options, x->state.angles->model, &layer, err);
    if (status != STATUS_OK)
        return status;
    settings->rule = options->rule;
    update_select(&x->state, options->has_layer ? layer : settings->selection.layer,
                  options->has_head ? options->head : 0);
    return STATUS_OK;
}

static enum status open_terminal(struct explorer *x, struct error *err)
{
    enum status status = screen_open(&x->screen, err);
    if (status != STATUS_OK)
        return status;
    x->canvas = canvas_new(1, 1);
    if (!x->canvas)
        return error_memory(err);
    theme_default(&x->theme);
    x->state.utf8 = screen_is_utf8(x->screen);
    if (!x->state.utf8)
        x->state.glyph_set = GLYPHS_ASCII;
    return STATUS_OK;
}

enum status command_explore(const struct options *options, struct error *err)
{
    struct explorer x = {0};
    enum status status = open_named_model(options, &x.session, err);
    if (status != STATUS_OK)
        return status;
    status = state_init(&x.state, session_angles(x.session), err);
    if (status == STATUS_OK) {
        x.state.notices = session_notices(x.session);
        x.state.origin = session_origin(x.session);
        status = select_flags(&x, options, err);
    }
    if (status == STATUS_OK)
        status = open_terminal(&x, err);
    if (status == STATUS_OK)
        status = run(&x, err);
    if (status == STATUS_OK && x.scan_failure.status != STATUS_OK) {
        status = x.scan_failure.status; /* said once more where it stays to be read */
        if (err)
            *err = x.scan_failure;
    }
    canvas_free(x.canvas);
    screen_close(x.screen); /* before anything is said */
    state_free(&x.state);
    session_close(x.session);
    return status;
}
