/* The real terminal, by ncurses: a canvas goes out, events come in. No other file knows curses. */
#include "ropescope/terminal.h"
#include "terminal/clipboard.h"
#include "terminal/frame.h"
#include "terminal/gather.h"
#include "terminal/inks.h"
#include "terminal/tty.h"

#include <curses.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <wchar.h>

enum { ESCAPE_MILLISECONDS = 25, RESTORE_BYTES = 256 };

struct screen {
    struct tty tty;
    struct gather gather;
    SCREEN *curses;
    bool utf8;
    bool redraw;
    struct inks inks;
    struct frame frame;
};

/* ---- opening and closing ------------------------------------------------- */

static const char *capability(const char *name)
{
    const char *text = tigetstr(name);
    return text == (const char *)-1 ? NULL : text;
}

/* Appends a terminfo string without its delays ("$<5/>"), as a whole or not at all. */
static void append_capability(char out[RESTORE_BYTES], const char *name)
{
    const char *text = capability(name);
    size_t start = strlen(out), end = start;
    while (text && *text && end < RESTORE_BYTES - 1) {
        const char *delay = strncmp(text, "$<", 2) == 0 ? strchr(text, '>') : NULL;
        if (delay)
            text = delay + 1;
        else
            out[end++] = *text++;
    }
    out[text && *text ? start : end] = '\0';
}

/* Of terminals that report a mouse: terminfo has no name for its end. */
static const char mouse_off[] = "\033[?1000l\033[?1006l";

/* Asks terminfo first, since newterm() alone would end the program over an unknown terminal.
 * `restore` gets what leaves the alternate screen, shows the cursor and silences the mouse. */
static enum status check_terminal(int fd, char restore[RESTORE_BYTES], struct error *err)
{
    const char *name = getenv("TERM");
    if (!name || !*name)
        return tty_refuse(err, "TERM is not set");
    char why[128], shown[64];
    int found = 0;
    text_printable(shown, sizeof shown, name);
    bool known = setupterm(NULL, fd, &found) == OK;
    bool able = known && capability("cup");
    restore[0] = '\0';
    if (able) {
        static const char *const names[] = {"sgr0", "op", "rmkx", "cnorm", "rmcup"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            append_capability(restore, names[i]);
        if (capability("kmous") && strlen(restore) + sizeof mouse_off <= RESTORE_BYTES)
            memcpy(restore + strlen(restore), mouse_off, sizeof mouse_off);
    }
    if (known)
        del_curterm(cur_term);
    if (able)
        return STATUS_OK;
    text_format(why, sizeof why,
                found < 0 ? "there is no terminfo database for TERM=%s"
                : known   ? "TERM=%s cannot place the cursor"
                          : "TERM=%s is not known",
                shown);
    return tty_refuse(err, why);
}

static enum colour_depth colours_available(void)
{
    const char *no_color = getenv("NO_COLOR");
    if ((no_color && *no_color) || !has_colors() || start_color() == ERR)
        return COLOURS_NONE;
    use_default_colors();
    if (COLORS >= 1 << 24 && tigetflag("RGB") > 0)
        return COLOURS_DIRECT;
    return COLORS >= 256  ? COLOURS_256
           : COLORS >= 16 ? COLOURS_16
           : COLORS >= 8  ? COLOURS_8
                          : COLOURS_NONE;
}

/* Curses goes back from a colour to pair 0 by resetting everything, and to any other pair by naming
 * its colours alone, which takes half the bytes. So text and ground without colours have a pair. */
static int plain_pair(enum colour_depth colours)
{
    enum { PLAIN = 1 };
    cchar_t blank;
    int pair = PLAIN;
    if (colours == COLOURS_NONE || init_extended_pair(PLAIN, -1, -1) == ERR ||
        setcchar(&blank, L" ", 0, 0, &pair) == ERR)
        return 0;
    bkgrndset(&blank);
    return PLAIN;
}

static void set_up_curses(struct screen *screen)
{
    set_escdelay(ESCAPE_MILLISECONDS);
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    intrflush(stdscr, FALSE); /* or Ctrl-C could throw away what gives the terminal back */
    leaveok(stdscr, curs_set(0) != ERR); /* one that cannot be hidden is parked in a corner */
    wnoutrefresh(stdscr);                /* or the first look for a key would send an empty frame */
    screen->inks.colours = colours_available();
    screen->inks.plain = plain_pair(screen->inks.colours);
    screen->inks.pair = alloc_pair; /* as they come up; the one longest unused when they run out */
    screen->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

enum status screen_open(struct screen **out, struct error *err)
{
    char restore[RESTORE_BYTES];
    struct screen *screen = memory_array(1, sizeof *screen);
    if (!screen)
        return error_memory(err);
    screen->gather.memory = -1; /* not open yet */
    enum status status = tty_open(&screen->tty, err);
    if (status != STATUS_OK) {
        memory_free(screen);
        return status;
    }
    status = check_terminal(screen->tty.out_fd, restore, err);
    if (status == STATUS_OK) {
        signals_restore_terminal(screen->tty.out_fd, restore, &screen->tty.modes);
        if (gather_open(&screen->gather, screen->tty.out_fd))
            screen->curses = newterm(NULL, screen->gather.stream, screen->tty.in);
        if (!screen->curses)
            status = tty_refuse(err, "curses cannot use this one");
    }
    if (status != STATUS_OK) {
        screen_close(screen);
        return status;
    }
    set_up_curses(screen);
    *out = screen;
    return STATUS_OK;
}

void screen_close(struct screen *screen)
{
    if (!screen)
        return;
    if (screen->curses) {
        endwin();
        delscreen(screen->curses);
    }
    signals_restore_terminal(-1, NULL, NULL);
    gather_close(&screen->gather);
    tty_close(&screen->tty);
    frame_forget(&screen->frame);
    memory_free(screen);
}

void screen_size(const struct screen *screen, int *rows, int *cols)
{
    (void)screen; /* there is one screen at a time, and curses knows it */
    getmaxyx(stdscr, *rows, *cols);
}

enum colour_depth screen_colours(const struct screen *screen)
{
    return screen->inks.colours;
}

bool screen_is_utf8(const struct screen *screen)
{
    return screen->utf8;
}

/* ---- drawing ------------------------------------------------------------- */

static attr_t attributes_of(unsigned flags)
{
    return (flags & STYLE_BOLD ? A_BOLD : 0) | (flags & STYLE_REVERSE ? A_REVERSE : 0) |
           (flags & STYLE_UNDERLINE ? A_UNDERLINE : 0);
}

static bool is_plain(struct screen *screen, struct style style)
{
    const struct ink *ink = inks_of(&screen->inks, style);
    return ink->pair == screen->inks.plain && attributes_of(ink->flags | style.flags) == 0;
}

/* What is sent for a character: itself, or '?' where the locale cannot show it or sees another
 * width in it than the canvas does. */
static wchar_t shown(const struct screen *screen, uint32_t code, int width)
{
    if (code < 0x80)
        return (wchar_t)code;
    return screen->utf8 && wcwidth((wchar_t)code) == width ? (wchar_t)code : L'?';
}

static void put_cell(struct screen *screen, int row, int col, const struct canvas_cell *cell,
                     bool wide)
{
    const struct ink *ink = inks_of(&screen->inks, cell->style);
    attr_t attributes = attributes_of(ink->flags | cell->style.flags);
    wchar_t text[3] = {shown(screen, cell->code, wide ? 2 : 1)};
    if (cell->combining && screen->utf8 && wcwidth((wchar_t)cell->combining) == 0)
        text[1] = (wchar_t)cell->combining;
    cchar_t character;
    int pair = ink->pair;
    if (setcchar(&character, text, attributes, 0, &pair) == ERR)
        return;
    /* The functions with an n leave the cursor alone, so the last cell cannot scroll the screen. */
    mvadd_wchnstr(row, col, &character, 1);
    if (wide && text[0] == L'?')
        mvadd_wchnstr(row, col + 1, &character, 1);
}

static void put_line(void *context, const struct frame_line *line)
{
    struct screen *screen = context;
    move(line->row, 0);
    clrtoeol();
    for (int col = 0; col < line->cols; col++) {
        const struct canvas_cell *cell = &line->cells[col];
        bool wide = col + 1 < line->width && line->cells[col + 1].code == 0;
        if (line->before &&
            spots_take(&screen->frame.spots, line->row, col, cell, &line->before[col]))
            cell = &line->before[col];
        bool blank =
            cell->code == ' ' && is_plain(screen, cell->style); /* clrtoeol() put it there */
        if (cell->code != 0 && !blank && !(wide && col + 1 == line->cols))
            put_cell(screen, line->row, col, cell, wide);
    }
}

static void put_spot(void *context, const struct spot *spot)
{
    put_cell(context, spot->row, spot->col, &spot->cell, false);
}

static void send(void)
{
    move(0, 0);
    wnoutrefresh(stdscr);
    doupdate();
}

/* Forgets what curses has been given where it no longer holds: another theme, another size. */
static void check_drawn(struct screen *screen, const struct canvas *canvas,
                        const struct theme *theme, int rows, int cols)
{
    if (inks_take(&screen->inks, theme))
        frame_forget(&screen->frame);
    const struct canvas *drawn = screen->frame.drawn;
    if (screen->redraw || rows != canvas->rows || cols != canvas->cols ||
        (drawn && (drawn->rows != rows || drawn->cols != cols)))
        frame_forget(&screen->frame);
    if (!screen->frame.drawn)
        erase(); /* clear() would send the whole screen each time */
}

bool screen_draw(struct screen *screen, const struct canvas *canvas, const struct theme *theme,
                 size_t budget)
{
    struct frame_terminal terminal = {.context = screen,
                                      .gather = &screen->gather,
                                      .put_line = put_line,
                                      .put_spot = put_spot,
                                      .send = send};
    screen_size(screen, &terminal.rows, &terminal.cols);
    check_drawn(screen, canvas, theme, terminal.rows, terminal.cols);
    if (screen->redraw)
        clearok(curscr, TRUE);
    screen->redraw = false;
    tty_let_stop(&screen->tty); /* doupdate() would forget it */
    gather_begin(&screen->gather);
    bool all = frame_give(&screen->frame, canvas, budget, &terminal);
    gather_send(&screen->gather);
    return all;
}

void screen_redraw(struct screen *screen)
{
    screen->redraw = true;
}

/* ---- events -------------------------------------------------------------- */

/* Our name of a function key; 0 for those that mean nothing here. */
static uint32_t key_of_function(wint_t code)
{
    static const struct {
        wint_t curses;
        uint32_t key;
    } keys[] = {
        {KEY_UP, KEYCODE_UP},
        {KEY_DOWN, KEYCODE_DOWN},
        {KEY_LEFT, KEYCODE_LEFT},
        {KEY_RIGHT, KEYCODE_RIGHT},
        {KEY_PPAGE, KEYCODE_PAGE_UP},
        {KEY_NPAGE, KEYCODE_PAGE_DOWN},
        {KEY_HOME, KEYCODE_HOME},
        {KEY_FIND, KEYCODE_HOME}, /* what some terminals' Home and End are called */
        {KEY_END, KEYCODE_END},
        {KEY_SELECT, KEYCODE_END},
        {KEY_BACKSPACE, KEYCODE_BACKSPACE},
        {KEY_DC, KEYCODE_DELETE},
        {KEY_BTAB, KEYCODE_BACKTAB},
        {KEY_ENTER, '\n'},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].curses == code)
            return keys[i].key;
    }
    return 0;
}

static uint32_t key_of_character(wint_t code)
{
    if (code == 0x7f || code == 0x08)
        return KEYCODE_BACKSPACE;
    return code == '\r' ? '\n' : (uint32_t)code;
}

/* A press or a turn of the wheel; EVENT_NONE for what else a mouse does. */
static struct event mouse_event(void)
{
    MEVENT mouse;
    struct event event = {.kind = EVENT_NONE};
    if (getmouse(&mouse) != OK)
        return event;
    event.row = mouse.y;
    event.col = mouse.x;
    event.kind = EVENT_MOUSE;
    if (mouse.bstate & BUTTON1_PRESSED)
        event.button = MOUSE_CLICK;
    else if (mouse.bstate & BUTTON4_PRESSED)
        event.button = MOUSE_WHEEL_UP;
    else if (mouse.bstate & BUTTON5_PRESSED)
        event.button = MOUSE_WHEEL_DOWN;
    else
        event.kind = EVENT_NONE;
    return event;
}

/* The next key or resize that curses holds; EVENT_NONE where there is nothing (more) to read. */
static struct event next_event(void)
{
    wint_t code = 0;
    for (;;) {
        int kind = get_wch(&code);
        if (kind == ERR)
            return (struct event){.kind = EVENT_NONE};
        if (kind == KEY_CODE_YES && code == KEY_RESIZE)
            return (struct event){.kind = EVENT_RESIZE};
        if (kind == KEY_CODE_YES && code == KEY_MOUSE) {
            struct event event = mouse_event();
            if (event.kind != EVENT_NONE)
                return event;
            continue;
        }
        uint32_t key = kind == KEY_CODE_YES ? key_of_function(code) : key_of_character(code);
        if (key != 0)
            return (struct event){.kind = EVENT_KEY, .key = key};
    }
}

struct event screen_wait(struct screen *screen, int wake_fd, double seconds)
{
    double deadline = seconds < 0 ? -1 : clock_seconds() + seconds;
    for (;;) {
        if (signals_caught() != 0)
            return (struct event){.kind = EVENT_SIGNAL};
        struct event event = next_event();
        if (event.kind != EVENT_NONE)
            return event;
        switch (tty_wait(&screen->tty, wake_fd, deadline)) {
        case TTY_TIMEOUT:
            return (struct event){.kind = EVENT_NONE};
        case TTY_WAKE:
            return (struct event){.kind = EVENT_WAKE};
        case TTY_HANGUP:
            return (struct event){.kind = EVENT_HANGUP};
        case TTY_INPUT:
        case TTY_SIGNAL:
        case TTY_INTERRUPTED: /* by a resize: curses has noted it, and a resize while stopped */
            break;            /* the top of the loop tells which */
        }
    }
}

/* ---- the mouse and the clipboard ----------------------------------------- */

void screen_mouse(struct screen *screen, bool on)
{
    (void)screen;
    mouseinterval(0); /* a press counts at once, not after the wait for a double click */
    mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

enum status screen_copy(struct screen *screen, const char *text, struct error *err)
{
    return clipboard_send(screen->tty.out, text, err);
}
