/* spots.c: changed cells of pictures, sorted by colour. Pure. */
#include "terminal/spots.h"
#include "terminal/cells.h"

#include <string.h>

static bool of_a_picture(const struct canvas_cell *cell)
{
    enum { FIRST = 0x2500, END = 0x2900 }; /* lines, blocks, shapes, braille */
    return (cell->code >= FIRST && cell->code < END) || cell->style.role == ROLE_HEAT ||
           cell->style.role == ROLE_DIVERGE;
}

/* Of a picture, not of words: its neighbours often have other colours. */
static bool redrawn(const struct canvas_cell *now, const struct canvas_cell *before)
{
    return (of_a_picture(now) || (now->code == ' ' && of_a_picture(before))) &&
           !cells_same(now, before, 1);
}

static bool same_style(struct style a, struct style b)
{
    return a.role == b.role && a.level == b.level && a.flags == b.flags;
}

bool spots_suffice(const struct canvas *now, const struct canvas *before, size_t budget)
{
    enum { SPOT_BYTES = 9, RUN = 8 };
    size_t most = budget / SPOT_BYTES < SPOTS ? budget / SPOT_BYTES : SPOTS, changes = 0, runs = 0;
    size_t cells = (size_t)now->rows * (size_t)now->cols;
    struct style style = {0};
    for (size_t i = 0; i < cells && changes <= most; i++) {
        if (!redrawn(&now->cells[i], &before->cells[i]))
            continue;
        changes++;
        runs += changes == 1 || !same_style(now->cells[i].style, style);
        style = now->cells[i].style;
    }
    return changes > 0 && changes <= most && RUN * runs >= changes;
}

bool spots_only_words(const struct canvas_cell *now, const struct canvas_cell *before, int cols)
{
    for (int col = 0; col < cols; col++)
        if (redrawn(&now[col], &before[col]))
            return false;
    return true;
}

bool spots_take(struct spots *spots, int row, int col, const struct canvas_cell *now,
                const struct canvas_cell *before)
{
    if (spots->count == SPOTS || !redrawn(now, before))
        return false;
    spots->at[spots->count++] = (struct spot){row, col, *now};
    return true;
}

/* Curses sends a gap as short as this again, in the colours of its cells, rather than jump over it:
 * right where these are the colour that is on. */
static bool dear_gap(const struct canvas *now, const struct spot *last, const struct spot *spot)
{
    enum { GAP = 9 };
    if (last->row != spot->row || spot->col > last->col + GAP)
        return false;
    const struct canvas_cell *row = now->cells + (size_t)spot->row * (size_t)now->cols;
    for (int col = last->col + 1; col < spot->col; col++)
        if (!same_style(row[col].style, spot->cell.style))
            return true;
    return false;
}

void spots_turn(struct spots *spots, const struct canvas *now,
                void (*put)(void *context, const struct spot *spot), void *context)
{
    struct style style = spots->at[0].cell.style;
    struct spot last = {.row = -1};
    size_t left = 0;
    for (size_t i = 0; i < spots->count; i++) {
        struct spot spot = spots->at[i];
        if (!same_style(spot.cell.style, style) || dear_gap(now, &last, &spot)) {
            spots->at[left++] = spot;
            continue;
        }
        put(context, &spot);
        last = spot;
    }
    spots->count = left;
}
