/* show.c: `ropescope show`: the picture of a view as text, the very canvas that the explorer shows.
 */
#include "commands.h"

#include "ropescope/views.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_COLS = 100, DEFAULT_ROWS = 30 };

/* --size, else that of the terminal, else one that fits most pages. */
static struct canvas *canvas_of(const struct options *options)
{
    struct winsize size;
    if (options->cols > 0)
        return canvas_new(options->rows, options->cols);
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
        size.ws_row > 0)
        return canvas_new(size.ws_row, size.ws_col);
    return canvas_new(DEFAULT_ROWS, DEFAULT_COLS);
}

static enum status write_picture(const struct canvas *canvas, const struct theme *theme,
                                 const struct options *options, struct error *err)
{
    struct output output;
    enum status status = output_open(&output, options->output, err);
    if (status != STATUS_OK)
        return status;
    if (options->colours == COLOURS_NONE)
        canvas_write_text(canvas, output.stream);
    else
        canvas_write_ansi(canvas, theme, options->colours, output.stream);
    return output_commit(&output, err); /* which sees whatever could not be written */
}

static enum status draw_picture(const struct session *session, const struct company *company,
                                const struct theme *theme, const struct options *options,
                                struct error *err)
{
    struct state state;
    struct canvas *canvas = canvas_of(options);
    if (!canvas)
        return error_memory(err);
    enum status status = state_init(&state, session_angles(session), err);
    if (status == STATUS_OK) {
        state.origin = session_origin(session);
        update_size(&state, canvas->rows, canvas->cols);
        company_lend(company, &state.settings);
        status = state_take_flags(&state, options, err);
    }
    if (status == STATUS_OK) {
        frame_draw(canvas, &state);
        status = canvas->lacks ? error_memory(err) : write_picture(canvas, theme, options, err);
    }
    state_free(&state);
    canvas_free(canvas);
    return status;
}

enum status command_show(const struct options *options, struct error *err)
{
    struct session *session;
    struct theme theme;
    struct company company = {0};
    enum status status = theme_of_options(&theme, options, err);
    if (status == STATUS_OK)
        status = open_named_model(options, &session, err);
    if (status != STATUS_OK)
        return status;
    status = company_open(&company, options, session, err);
    if (status == STATUS_OK)
        status = wait_for_all(&company, options, session, err);
    if (status != STATUS_OK) {
        company_close(&company);
        session_close(session);
        return status;
    }
    struct options whole = options_with_threshold(options, session_angles(session));
    status = output_spares_inputs(options, session, err);
    if (status == STATUS_OK)
        status = draw_picture(session, &company, &theme, &whole, err);
    company_close(&company);
    session_close(session);
    return status;
}
