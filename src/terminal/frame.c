/* frame.c: lines that changed, those of words first, and cells of pictures by their colours, until
 * a budget of bytes is spent. Whoever gives them to a terminal is not known here. */
#include "terminal/frame.h"
#include "terminal/cells.h"

#include <string.h>

struct giving {
    struct frame *frame;
    const struct frame_terminal *terminal;
    const struct canvas *canvas;
    int rows, cols; /* in sight */
    bool few;       /* cells of pictures go as spots */
    bool first;     /* blank lines, too: the theme may have a ground */
    size_t budget;  /* bytes that the lines may still cost; SIZE_MAX: any */
};

void frame_forget(struct frame *frame)
{
    canvas_free(frame->drawn);
    frame->drawn = NULL;
}

static void send_spots(struct frame *frame, const struct frame_terminal *terminal)
{
    while (frame->spots.count > 0) {
        spots_turn(&frame->spots, frame->drawn, terminal->put_spot, terminal->context);
        terminal->send();
    }
}

static void put_line(const struct giving *giving, int row, const struct canvas_cell *cells,
                     const struct canvas_cell *drawn)
{
    const struct frame_line line = {
        .row = row,
        .cols = giving->cols,
        .width = giving->canvas->cols,
        .cells = cells,
        .before = giving->few ? drawn : NULL,
    };
    giving->terminal->put_line(giving->terminal->context, &line);
}

static bool give_row(struct giving *giving, int row, bool words)
{
    size_t width = (size_t)giving->canvas->cols, start = (size_t)row * width;
    const struct canvas_cell *cells = giving->canvas->cells + start;
    struct canvas_cell *drawn = giving->frame->drawn ? giving->frame->drawn->cells + start : NULL;
    bool all = giving->few || giving->budget == SIZE_MAX || !drawn;
    if (!giving->first && drawn && cells_same(cells, drawn, (int)width))
        return true;
    if (!all && words && !spots_only_words(cells, drawn, (int)width))
        return true;
    size_t cost = all ? 0 : cells_cost(cells, drawn, (int)width);
    if (cost > giving->budget)
        return false;
    giving->budget -= cost;
    put_line(giving, row, cells, drawn);
    if (drawn)
        memcpy(drawn, cells, width * sizeof *drawn);
    return true;
}

/* Gives the lines that changed (to have the terminal's library compare them all costs more than all
 * else that a step of the threshold does), from the last on, those of words first where not all may
 * go. */
static bool give_rows(struct giving *giving)
{
    bool all = true;
    for (int words = giving->budget < SIZE_MAX && !giving->few; words >= 0; words--)
        for (int row = giving->rows - 1; row >= 0; row--)
            all = give_row(giving, row, words > 0) && all;
    return all;
}

/* The first frame, and one after all was forgotten, is given whole. */
static struct giving start_giving(struct frame *frame, const struct canvas *canvas, size_t budget,
                                  const struct frame_terminal *terminal)
{
    struct giving giving = {.frame = frame, .terminal = terminal, .canvas = canvas};
    giving.rows = terminal->rows < canvas->rows ? terminal->rows : canvas->rows;
    giving.cols = terminal->cols < canvas->cols ? terminal->cols : canvas->cols;
    giving.few = frame->drawn && spots_suffice(canvas, frame->drawn, budget);
    giving.first = !frame->drawn;
    giving.budget = giving.first ? SIZE_MAX : budget;
    if (giving.first)
        frame->drawn = canvas_new(canvas->rows, canvas->cols); /* NULL: all is given again */
    return giving;
}

/* What lines cost is guessed from above, so there is room for more when they have been sent and
 * weighed. */
bool frame_give(struct frame *frame, const struct canvas *canvas, size_t budget,
                const struct frame_terminal *terminal)
{
    enum { ROOM = 200 };
    struct giving giving = start_giving(frame, canvas, budget, terminal);
    budget = giving.budget;
    for (;;) {
        bool all = give_rows(&giving);
        size_t before = gather_size(terminal->gather);
        terminal->send();
        send_spots(frame, terminal);
        size_t sent = gather_size(terminal->gather);
        if (all || sent == before || sent + ROOM > budget)
            return all;
        giving.budget = budget - sent;
    }
}
