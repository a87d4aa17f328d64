/* terminal.h: a canvas of cells, plots drawn on it, glyph sets, themes, and the one way to a real
 * terminal. Nothing here knows models; only screen.c knows curses. */
#ifndef ROPESCOPE_TERMINAL_H
#define ROPESCOPE_TERMINAL_H

#include "ropescope/support.h"

ROPESCOPE_BEGIN

/* ---- styles (theme.c) ---------------------------------------------------- */

/* What a cell means; a theme turns it into colours and attributes. */
enum role {
    ROLE_TEXT,
    ROLE_DIM,       /* secondary words, unselected numbers */
    ROLE_TITLE,     /* names of panels */
    ROLE_BORDER,    /* lines between panels, axes */
    ROLE_LABEL,     /* numbers on axes and legends */
    ROLE_SELECT,    /* what the cursor is on */
    ROLE_QUERY,     /* query data */
    ROLE_KEY,       /* key data */
    ROLE_BOTH,      /* query and key together: scatter points */
    ROLE_THRESHOLD, /* the cut line, the threshold box */
    ROLE_FIXED,     /* data at or beyond the threshold */
    ROLE_CHANCE,    /* the chance band */
    ROLE_HINT,      /* keys in the footer */
    ROLE_NOTICE,    /* a line worth knowing */
    ROLE_ERROR,
    ROLE_ABSENT,  /* layers that do not rotate, undefined */
    ROLE_HEAT,    /* a heat map's cell: `level` 0..255 along the theme's gradient */
    ROLE_DIVERGE, /* the same of signed values: `level` 0..255 along the gradient with a middle */
    ROLE_COUNT
};
enum { STYLE_BOLD = 1, STYLE_REVERSE = 2, STYLE_UNDERLINE = 4 };
struct style {
    uint8_t role;
    uint8_t level; /* ROLE_HEAT and ROLE_DIVERGE only */
    uint8_t flags;
};
static inline struct style style_of(enum role role)
{
    struct style style = {(uint8_t)role, 0, 0};
    return style;
}
static inline struct style style_with(enum role role, unsigned flags)
{
    struct style style = {(uint8_t)role, 0, (uint8_t)flags};
    return style;
}
static inline struct style style_heat(double fraction) /* 0..1, clamped */
{
    double level = fraction < 0 ? 0 : fraction > 1 ? 255 : fraction * 255;
    struct style style = {ROLE_HEAT, (uint8_t)(level + 0.5), 0};
    return style;
}

static inline struct style style_diverging(double fraction) /* 0..1, clamped; 0.5: neither */
{
    struct style style = style_heat(fraction);
    style.role = ROLE_DIVERGE;
    return style;
}

/* How many colours a terminal can show. */
enum colour_depth { COLOURS_NONE, COLOURS_8, COLOURS_16, COLOURS_256, COLOURS_DIRECT };

/* A colour as 0xRRGGBB, or COLOUR_DEFAULT for the terminal's own. */
enum { COLOUR_DEFAULT = -1 };
struct look {
    int32_t foreground, background;
    uint8_t flags; /* STYLE_* */
};
enum { THEME_STOPS_MAX = 8, THEME_NAME = 32 };
struct gradient {
    int32_t stop[THEME_STOPS_MAX]; /* 0xRRGGBB, evenly spaced, low to high */
    size_t stops;                  /* 0: no colours */
};
/* A theme: one look a role and two gradients. Plain data, nothing to free. */
struct theme {
    char name[THEME_NAME];
    struct look look[ROLE_COUNT];
    struct gradient heat;
    struct gradient diverging; /* its middle stands for zero */
};
/* The built-in theme: dark and light terminals alike, their own background. */
void theme_default(struct theme *theme);
/* Reads a .theme file: `role = #rrggbb [on #rrggbb] [bold] [reverse] [underline]`, with "default"
 * for the terminal's own colour, `heat = #rrggbb ...` or `heat = none`, and `diverging` likewise;
 * '#' before white space starts a comment. Errors name file and line; *theme is then untouched. */
enum status theme_read(struct theme *theme, const char *path, struct error *err);
/* The name of a role in a theme file. */
const char *role_name(enum role role);

/* Themes lie in the user's directory ($XDG_CONFIG_HOME/ropescope/themes), then where the program
 * was installed to, then beside it; of two with one name the first counts (theme_list.c). */
struct theme_entry {
    struct theme theme;  /* the default with this name where the file has a mistake */
    const char *path;    /* NULL: built in */
    const char *mistake; /* file, line and words; NULL: none */
};
struct theme_list {
    struct theme_entry *entry; /* (count), by name */
    size_t count;
    struct arena text;
};
/* Reads every theme there is. Free with theme_list_free, after a failure too. */
enum status theme_list_read(struct theme_list *list, struct error *err);
void theme_list_free(struct theme_list *list);
/* Reads the theme of that name, or the file where `name` has a slash or ends in ".theme". *theme is
 * untouched after an error: STATUS_USAGE where there is no such theme. */
enum status theme_find(struct theme *theme, const char *name, struct error *err);
/* Colours and attributes of a style. With depth COLOURS_NONE colours are COLOUR_DEFAULT and only
 * flags tell roles apart. */
struct look theme_look(const struct theme *theme, struct style style, enum colour_depth depth);
/* Nearest of the 8, 16 or 256 colours of a terminal to 0xRRGGBB. */
int colour_nearest(int32_t rgb, enum colour_depth depth);

/* ---- glyphs (glyphs.c) --------------------------------------------------- */

enum glyph_set { GLYPHS_ASCII, GLYPHS_BLOCKS, GLYPHS_BRAILLE, GLYPH_SET_COUNT };
const char *glyph_set_name(enum glyph_set set);
bool glyph_set_from_name(const char *name, enum glyph_set *out);
/* Blocks where LC_CTYPE is UTF-8, else ASCII. */
enum glyph_set glyph_set_of_locale(void);

/* Code points for each purpose. Every one is a column wide. */
struct glyphs {
    enum glyph_set set;
    uint32_t horizontal, vertical, top_left, top_right, bottom_left, bottom_right;
    uint32_t tee_left, tee_right, tee_up, tee_down, cross;
    uint32_t bar[9];   /* 0 empty .. 8 full, growing upwards */
    uint32_t side[9];  /* 0 empty .. 8 full, growing to the right */
    uint32_t shade[5]; /* density of points: space, light .. full */
    uint32_t dot[4];   /* few points in a cell: none, lower half, upper half, both */
    uint32_t ramp[10]; /* heat map, low to high: the first `ramp_count`, readable without colours */
    size_t ramp_count;
    uint32_t knob;                               /* the marker on the threshold bar */
    uint32_t cursor;                             /* before the selected row */
    uint32_t chance;                             /* filling of the chance band above the bars */
    uint32_t chance_bar;                         /* a full cell of a bar inside the chance band */
    uint32_t cut_vertical, cut_horizontal;       /* the threshold in plots */
    uint32_t all_fixed, all_free, own_threshold; /* exceptions from the rule in the maps */
    uint32_t absent;                             /* heat map cell of a layer that does not rotate */
    uint32_t waiting;                            /* heat map cell that is not computed yet */
    uint32_t ellipsis;
    uint32_t up, down, left, right; /* arrows in hints */
    bool at_least_sign;             /* U+2265 can be shown */
};
const struct glyphs *glyphs_of(enum glyph_set set);

/* ---- canvas (canvas.c) --------------------------------------------------- */

struct rect {
    int row, col, rows, cols; /* rows and cols >= 0 */
};
static inline bool rect_empty(struct rect r)
{
    return r.rows <= 0 || r.cols <= 0;
}
struct rect rect_inside(struct rect outer, int margin); /* smaller by margin on each side, >= 0 */

struct canvas_cell {
    uint32_t code;      /* 0: right half of a wide character */
    uint32_t combining; /* one mark on top of it, or 0 */
    struct style style;
};
struct canvas {
    int rows, cols;
    struct canvas_cell *cells; /* (row, col) */
    bool lacks;                /* there was no memory for something that should be on it */
};
/* Blank canvas of rows x cols (each 1..1000 after clamping); NULL: no memory. */
struct canvas *canvas_new(int rows, int cols);
void canvas_free(struct canvas *canvas);
bool canvas_resize(struct canvas *canvas, int rows,
                   int cols); /* blank afterwards; false: no memory */
void canvas_clear(struct canvas *canvas);
/* All drawing is cut at the canvas and, for text, at `cols` columns. A wide character that does not
 * fit becomes a space. */
void canvas_put(struct canvas *canvas, int row, int col, uint32_t code, struct style style);
void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t code, struct style style);
/* Writes UTF-8 text into at most `cols` columns (control characters as '?'), ending with the
 * ellipsis of `glyphs` where it was cut (glyphs NULL: cut plainly). Returns the columns used. */
int canvas_text(struct canvas *canvas, int row, int col, int cols, struct style style,
                const struct glyphs *glyphs, const char *text);
int canvas_printf(struct canvas *canvas, int row, int col, int cols, struct style style,
                  const struct glyphs *glyphs, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
/* Columns that the text would take. */
int canvas_text_width(const char *text);
/* A frame along the inside edge of the rect with an optional title in its top line. */
void canvas_box(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                struct style border, const char *title, struct style title_style);
/* One line a row, trailing spaces dropped: what golden files hold. */
bool canvas_write_text(const struct canvas *canvas, FILE *stream);
/* The same with styles: below each line, where any cell has a role other than text, a line with a
 * letter a cell for its role (for tests of colours and selections). */
bool canvas_write_roles(const struct canvas *canvas, FILE *stream);

/* The picture with its colours and attributes as ANSI escape codes (canvas_ansi.c). */
bool canvas_write_ansi(const struct canvas *canvas, const struct theme *theme,
                       enum colour_depth depth, FILE *stream);

/* ---- axes (axis.c) ------------------------------------------------------- */

/* A value axis over `cells` cells (or sub-cells). With `log` low and high are > 0. */
enum axis_scale {
    AXIS_LINEAR,
    AXIS_LOG,
    AXIS_WHOLE /* linear, with ticks at whole numbers alone */
};
struct axis {
    double low, high;
    int cells;
    enum axis_scale scale;
};
int axis_cell(const struct axis *axis, double value); /* 0..cells-1; -1 outside or NaN */
double axis_value(const struct axis *axis,
                  int cell);                         /* centre of a cell: axis_cell of it is cell */
double axis_edge(const struct axis *axis, int cell); /* lower edge of a cell */
/* Round tick values inside the axis, at most `max`; returns how many, fills ticks[]. */
size_t axis_ticks(const struct axis *axis, double *ticks, size_t max);

/* ---- plots (plot_*.c): pure drawing of numbers --------------------------- */

/* Vertical bars: count[i] of highest, spread over the rect's columns (several columns a bar, or
 * several bins a column, whichever fits); `low_x`..`high_x` is the range that the bins cover. Draws
 * bars, the chance band |x| <= chance and the cut at +-threshold on top of them, and returns
 * nothing it did not draw. */
struct bars_plot {
    const uint64_t *count; /* (bins) */
    uint32_t bins;
    uint64_t highest; /* scale: 0 takes the highest bin, of a marked plot rounded up to 1, 2, 5 */
    bool log;         /* log(1 + count) */
    double low, high; /* range of the values on the x axis */
    bool symmetric;   /* values are signed: cut and band on both sides of 0 */
    double threshold; /* NaN: none */
    double chance;    /* half width of the band; NaN: none */
    bool marked;      /* instead of these three: */
    double cut[2];    /* the two lines; NaN: none */
    double band[2];   /* the ends of the chance band; NaN: none */
    enum role role;
    bool show_axis; /* last line of the rect holds tick labels */
    enum axis_scale scale;
};
void plot_bars(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct bars_plot *plot);

/* A scatter: few points in a cell as dots (2x4 to a cell in braille, upper and lower half in the
 * other sets), many as shades by their number; axes with ticks, the threshold box |x| < t, |y| < t.
 * Points outside low..high are not drawn. */
struct scatter_plot {
    const float *x, *y; /* (count); a point with a NaN is skipped */
    size_t count;
    double low, high;             /* of the x axis */
    double y_low, y_high;         /* of the y axis; equal: the same as of the x axis */
    double threshold;             /* NaN: none */
    bool cut;                     /* instead of the threshold: */
    double cut_low, cut_high;     /* the box lies between these on the x axis */
    double cut_y_low, cut_y_high; /* and between these on the y axis; infinite: no line there */
    const uint8_t *band; /* (count) 0..3, told apart by glyph and colour; NULL: by number */
    bool wide;           /* as wide as there is room, not square */
    bool one_band;       /* the points of `shown_band` alone, by number */
    uint8_t shown_band;
    struct scatter_cache *cache;   /* NULL: count the points anew */
    const char *x_label, *y_label; /* NULL: none */
    bool has_selection;
    size_t selected; /* the point that the knob marks */
};
void plot_scatter(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct scatter_plot *plot);
/* What was counted into the cells of a plot: good while `stamp`, which the caller changes with the
 * points, and the plot's place and ranges stay. Zero-initialise; free with scatter_cache_free. */
struct scatter_cache {
    uint64_t stamp, counted_stamp;
    size_t count;
    double range[4];
    int rows, cols;
    enum glyph_set set;
    bool banded;
    struct heap *heaps; /* (row from the top, col) */
    uint32_t highest;
};
void scatter_cache_free(struct scatter_cache *cache);
/* Glyph and style of a band of points. */
uint32_t plot_band_glyph(const struct glyphs *glyphs, unsigned band);
struct style plot_band_style(unsigned band);
/* The part of the rect that holds points; its columns and rows are the cells of the two axes (y
 * grows upwards). What the cursor and the tests use. */
struct rect plot_scatter_inside(struct rect rect, const struct scatter_plot *plot);

/* Lines over an axis, each told apart by its strokes (blocks), its letter (ASCII) or both (braille,
 * 2x4 dots to a cell). plot_line draws the axes, the marks on the x axis and the cut; each line is
 * then drawn on top of what is there. */
struct line_plot {
    double low, high; /* of the x axis */
    enum axis_scale scale;
    double y_low, y_high;
    double cut;         /* a vertical line; NaN: none */
    const double *mark; /* (marks) values with an arrow on the x axis */
    size_t marks;
    const char *x_label, *y_label; /* NULL: none */
};
enum stroke { STROKE_LIGHT, STROKE_HEAVY, STROKE_DOUBLE, STROKE_THIN, STROKE_DOTS, STROKE_COUNT };
struct line_series {
    const double *y; /* (samples); NaN: a gap */
    enum stroke stroke;
    char letter; /* 0: none, as of thin lines and dots */
    enum role role;
};
void plot_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct line_plot *plot);
void plot_line_add(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct line_plot *plot, const struct line_series *series);
/* The samples that a line is drawn through: y[i] is the value at axis_value(&axis, i). */
struct axis plot_line_samples(struct rect rect, const struct glyphs *glyphs,
                              const struct line_plot *plot);
/* The part of the rect that holds lines, as of the scatter. */
struct rect plot_line_inside(struct rect rect, const struct line_plot *plot);
/* What stands for a line in a legend. */
uint32_t plot_line_glyph(const struct glyphs *glyphs, enum stroke stroke, char letter);

/* A heat map of rows x cols values; `first_row`, `first_col` scroll it. `cell` columns a value. */
enum heat_kind { HEAT_VALUE, HEAT_ABSENT, HEAT_WAITING, HEAT_BLANK };
struct heat_plot {
    enum heat_kind (*value)(const void *context, size_t row, size_t col, double *value);
    const void *context;
    size_t rows, cols;           /* of the whole map */
    size_t first_row, first_col; /* at the rect's top left */
    double low, high;            /* what maps to the ends of the gradient */
    int cell_cols;               /* columns a value takes, >= 1 */
    bool has_selection;
    size_t selected_row, selected_col;
    bool diverging; /* signed values, with zero half-way between low and high */
    int steps; /* shades that values are rounded to, so that small changes send little; 0: all */
};
void plot_heat(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct heat_plot *plot);
/* One line: "low ░▒▓█ high" with the gradient between the two numbers. */
void plot_heat_legend(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      double low, double high);
void plot_diverging_legend(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                           double low, double high);

/* One line: a bar with a knob at `value` on a log axis low..high and a mark at `mark` (NaN: none).
 */
void plot_gauge(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs, double low,
                double high, double value, double mark);

/* ---- the clipboard (clipboard.c) ----------------------------------------- */

enum { CLIPBOARD_BYTES = 74994 /* what xterm takes */ };
/* The escape sequence (OSC 52, base64) that puts a text on a terminal's clipboard, with a NUL
 * behind it; NULL: no memory. The caller frees with memory_free. tmux understands it in this plain
 * form. */
char *clipboard_sequence(const char *text, size_t length);

/* ---- the real terminal (screen.c) ---------------------------------------- */

/* Keys that are no characters; characters are their code points (Esc 27, Enter 10, Tab 9). */
enum {
    KEYCODE_UP = 0x110000,
    KEYCODE_DOWN,
    KEYCODE_LEFT,
    KEYCODE_RIGHT,
    KEYCODE_PAGE_UP,
    KEYCODE_PAGE_DOWN,
    KEYCODE_HOME,
    KEYCODE_END,
    KEYCODE_BACKSPACE,
    KEYCODE_DELETE,
    KEYCODE_BACKTAB,
};
enum event_kind {
    EVENT_NONE,   /* the time ran out */
    EVENT_KEY,    /* `key` */
    EVENT_RESIZE, /* rows and cols have changed */
    EVENT_WAKE,   /* `wake_fd` is readable */
    EVENT_MOUSE,  /* `row`, `col`, `button` */
    EVENT_SIGNAL, /* signals_caught() tells which */
    EVENT_HANGUP, /* the terminal is gone */
};
enum mouse_button { MOUSE_CLICK, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };
struct event {
    enum event_kind kind;
    uint32_t key;
    int row, col;
    enum mouse_button button;
};

struct screen;
/* Takes over the terminal (stdin and stdout, or /dev/tty where one of them is none). STATUS_USAGE
 * where there is no terminal. NO_COLOR (set and not empty) means COLOURS_NONE. */
enum status screen_open(struct screen **out, struct error *err);
void screen_close(struct screen *screen); /* gives it back as it was; NULL is fine */
void screen_size(const struct screen *screen, int *rows, int *cols);
enum colour_depth screen_colours(const struct screen *screen);
bool screen_is_utf8(const struct screen *screen);
/* Sends what differs from the frame before: about `budget` bytes of it at most, whole lines, words
 * before pictures; SIZE_MAX: all. false: there is more, which goes out with the next frame. */
bool screen_draw(struct screen *screen, const struct canvas *canvas, const struct theme *theme,
                 size_t budget);
void screen_redraw(struct screen *screen); /* the next frame is sent whole (Ctrl-L) */
/* Reports of the mouse, which are off at first: a terminal that sends them cannot select text. */
void screen_mouse(struct screen *screen, bool on);
/* Hands a text of at most CLIPBOARD_BYTES bytes to the terminal's clipboard (OSC 52). STATUS_FAILED
 * where it is too long or this terminal would print it instead. */
enum status screen_copy(struct screen *screen, const char *text, struct error *err);
/* Waits for a key, a resize, `wake_fd` (-1: none), a signal, or `seconds` (< 0: for ever). */
struct event screen_wait(struct screen *screen, int wake_fd, double seconds);

ROPESCOPE_END

#endif
