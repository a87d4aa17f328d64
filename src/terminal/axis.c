/* Axes: from a value to a cell and back, and round numbers for ticks. Pure arithmetic. */
#include "ropescope/terminal.h"

#include <math.h>

/* The axis in the scale that its cells are even in. */
static bool scaled_ends(const struct axis *axis, double *low, double *span)
{
    double high = axis->scale == AXIS_LOG ? log(axis->high) : axis->high;
    *low = axis->scale == AXIS_LOG ? log(axis->low) : axis->low;
    *span = high - *low;
    return isfinite(*low) && isfinite(*span) && *span > 0 && axis->cells > 0;
}

int axis_cell(const struct axis *axis, double value)
{
    double low, span;
    if (!(value >= axis->low && value <= axis->high) || !scaled_ends(axis, &low, &span))
        return -1;
    double place = ((axis->scale == AXIS_LOG ? log(value) : value) - low) / span * axis->cells;
    int cell = (int)floor(place);
    return cell < 0 ? 0 : cell >= axis->cells ? axis->cells - 1 : cell;
}

/* The value `place` cells (0..cells) from the low end. */
static double value_at(const struct axis *axis, double place)
{
    double low, span;
    if (!scaled_ends(axis, &low, &span))
        return axis->low;
    double value = low + span * (place / axis->cells);
    value = axis->scale == AXIS_LOG ? exp(value) : value;
    return value < axis->low ? axis->low : value > axis->high ? axis->high : value;
}

double axis_value(const struct axis *axis, int cell)
{
    return value_at(axis, cell + 0.5);
}

double axis_edge(const struct axis *axis, int cell)
{
    return cell <= 0 ? axis->low : cell >= axis->cells ? axis->high : value_at(axis, cell);
}

/* multiple * 10^exponent with one rounding, so that ticks print as round numbers. */
static double decimal(double multiple, int exponent)
{
    return exponent < 0 ? multiple / pow(10, -exponent) : multiple * pow(10, exponent);
}

/* Multiples of digit * 10^exponent from low to high; how many there are, at most max + 1. */
static size_t multiples(double low, double high, double digit, int exponent, double *ticks,
                        size_t max)
{
    double step = decimal(digit, exponent);
    double first = ceil(low / step - 1e-9), last = floor(high / step + 1e-9);
    if (!(last - first + 1 <= (double)max))
        return max + 1;
    size_t count = 0;
    for (double k = first; k <= last && count < max; k++)
        ticks[count++] = decimal(k * digit, exponent) + 0.0; /* + 0.0: no negative zero */
    return count;
}

static size_t linear_ticks(double low, double high, bool whole, double *ticks, size_t max)
{
    static const double digits[] = {1, 2, 5};
    int exponent = (int)floor(log10((high - low) / (double)max)) - 1;
    if (whole && exponent < 0)
        exponent = 0;
    for (int tries = 0; tries < 12; tries++) {
        size_t count = multiples(low, high, digits[tries % 3], exponent + tries / 3, ticks, max);
        if (count <= max)
            return count;
    }
    return 0;
}

/* Powers of ten, every `stride`th, each with the given digits. */
static size_t decades(const struct axis *axis, int stride, const double *digits, size_t digit_count,
                      double *ticks, size_t max)
{
    int first = (int)floor(log10(axis->low)), last = (int)ceil(log10(axis->high));
    size_t count = 0;
    for (int exponent = first; exponent <= last; exponent++) {
        for (size_t i = 0; i < digit_count && exponent % stride == 0; i++) {
            double tick = decimal(digits[i], exponent);
            if (tick < axis->low * (1 - 1e-9) || tick > axis->high * (1 + 1e-9))
                continue;
            if (count == max)
                return max + 1;
            ticks[count++] = tick;
        }
    }
    return count;
}

static size_t log_ticks(const struct axis *axis, double *ticks, size_t max)
{
    static const double digits[] = {1, 2, 5};
    size_t count = decades(axis, 1, digits, 3, ticks, max);
    for (int stride = 1; count > max && stride < 700; stride++)
        count = decades(axis, stride, digits, 1, ticks, max);
    if (count > max)
        return 0;
    /* Within a decade a log axis is nearly even: the round numbers are the linear ones. */
    return count >= 2 || max < 2 ? count : linear_ticks(axis->low, axis->high, false, ticks, max);
}

size_t axis_ticks(const struct axis *axis, double *ticks, size_t max)
{
    double low, span;
    if (max == 0 || !scaled_ends(axis, &low, &span))
        return 0;
    size_t count = axis->scale == AXIS_LOG
                       ? log_ticks(axis, ticks, max)
                       : linear_ticks(axis->low, axis->high, axis->scale == AXIS_WHOLE, ticks, max);
    for (size_t i = 0; i < count; i++) { /* the tolerance above must not leave the axis */
        ticks[i] = ticks[i] < axis->low ? axis->low : ticks[i] > axis->high ? axis->high : ticks[i];
    }
    return count;
}
