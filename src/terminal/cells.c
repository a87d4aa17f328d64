/* cells.c: what lies between two pictures of a line. Pure. */
#include "terminal/cells.h"

#include <string.h>

bool cells_same(const struct canvas_cell *a, const struct canvas_cell *b, int count)
{
    for (int i = 0; i < count; i++)
        if (a[i].code != b[i].code || a[i].combining != b[i].combining ||
            a[i].style.role != b[i].style.role || a[i].style.level != b[i].style.level ||
            a[i].style.flags != b[i].style.flags)
            return false;
    return true;
}

size_t cells_cost(const struct canvas_cell *now, const struct canvas_cell *before, int cols)
{
    enum { LINE = 8, JUMP = 6, COLOURS = 24, WIDE = 3, GAP = 4 };
    size_t cost = LINE, gap_cost = 0;
    int gap = GAP + 1; /* cells since the last that changed */
    struct style style = {0}, gap_style = {0};
    for (int col = 0; col < cols; col++) {
        bool same = cells_same(&now[col], &before[col], 1);
        bool restyled = memcmp(&gap_style, &now[col].style, sizeof style) != 0;
        gap_cost += (restyled ? COLOURS : 0U) + (now[col].code < 0x80 ? 1U : WIDE);
        gap_style = now[col].style;
        gap++;
        if (same)
            continue;
        if (gap > GAP + 1) {
            restyled = memcmp(&style, &now[col].style, sizeof style) != 0;
            gap_cost = JUMP + (restyled ? COLOURS : 0U) + (now[col].code < 0x80 ? 1U : WIDE);
        }
        cost += gap_cost;
        gap_cost = 0;
        gap = 0;
        style = gap_style;
    }
    return cost;
}
