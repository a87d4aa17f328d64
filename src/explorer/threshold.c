/* threshold.c: the grid that the keys step the threshold along, and a threshold typed by hand. */
#include "ropescope/explorer.h"

/* Lines of the grid: 0, then per decade from 0.0001 on the numbers with two digits (90) or 1, 2, 5;
 * the last is 1. Each is the float nearest to its decimal, so it prints as people would write it.
 */
enum { DECADES = 4, FINE = 90, COARSE = 3 };

static float grid_line(size_t index, bool coarse)
{
    static const double power[] = {1e4, 1e3, 1e2, 1e1, 1};
    static const double coarse_digit[COARSE] = {1, 2, 5};
    if (index == 0)
        return 0;
    size_t lines = coarse ? COARSE : FINE;
    size_t decade = (index - 1) / lines, line = (index - 1) % lines;
    if (coarse)
        return (float)(coarse_digit[line] / power[decade]);
    return (float)((10 + (double)line) / (10 * power[decade]));
}

static size_t grid_lines(bool coarse)
{
    return 2 + DECADES * (size_t)(coarse ? COARSE : FINE);
}

float threshold_step(float threshold, bool up, bool coarse)
{
    size_t lines = grid_lines(coarse);
    float below = 0;
    for (size_t i = 0; i < lines; i++) {
        float line = grid_line(i, coarse);
        if (up ? line > threshold : line >= threshold)
            return up ? line : below;
        below = line;
    }
    return up ? 1.0F : below;
}

bool threshold_read(const char *text, float *threshold, char *why, size_t size)
{
    double value;
    if (text[0] == '\0') {
        text_format(why, size, "a number from 0 to 1 is wanted");
        return false;
    }
    if (!text_to_double(text, &value)) {
        text_format(why, size, "not a number from 0 to 1");
        return false;
    }
    if (!(value >= 0 && value <= 1)) {
        text_format(why, size, "outside 0 to 1, where |cos| lies");
        return false;
    }
    *threshold = (float)value;
    return true;
}
