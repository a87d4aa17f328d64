/* histogram.c: equal bins over the whole range of a quantity, so that two histograms compare. */
#include "ropescope/analysis.h"

#include <math.h>
#include <string.h>

const char *quantity_name(enum quantity quantity)
{
    static const char *const name[] = {"cos", "|cos|", "degrees"};
    return name[quantity];
}

static const char *const words[] = {"cos", "abs", "degrees"};

const char *quantity_word(enum quantity quantity)
{
    return words[quantity];
}

bool quantity_from_word(const char *word, enum quantity *out)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0 || strcmp(word, quantity_name((enum quantity)i)) == 0) {
            *out = (enum quantity)i;
            return true;
        }
    return false;
}

double quantity_of(enum quantity quantity, double cos)
{
    static const double degrees = 57.29577951308232087680; /* of a radian */
    switch (quantity) {
    case QUANTITY_COS:
        return cos;
    case QUANTITY_ABS_COS:
        return fabs(cos);
    case QUANTITY_DEGREES:
        break;
    }
    if (isnan(cos))
        return cos;
    return fmin(180, degrees * acos(fmax(-1, fmin(1, cos))));
}

void quantity_range(enum quantity quantity, double *low, double *high)
{
    *low = quantity == QUANTITY_COS ? -1 : 0;
    *high = quantity == QUANTITY_DEGREES ? 180 : 1;
}

void histogram_start(struct histogram *histogram, enum quantity quantity, uint32_t bins)
{
    *histogram = (struct histogram){.quantity = quantity, .bins = bins};
    if (bins < 1)
        histogram->bins = 1;
    if (bins > HISTOGRAM_BINS_MAX)
        histogram->bins = HISTOGRAM_BINS_MAX;
}

/* Lower edge of a bin; of bin number `bins`, the end of the range. */
static double edge(const struct histogram *histogram, uint32_t bin)
{
    double low, high;
    quantity_range(histogram->quantity, &low, &high);
    return low + (high - low) * bin / histogram->bins;
}

void histogram_edges(const struct histogram *histogram, uint32_t bin, double *low, double *high)
{
    *low = edge(histogram, bin);
    *high = edge(histogram, bin + 1);
}

uint32_t histogram_bin(const struct histogram *histogram, double value)
{
    double low, high;
    quantity_range(histogram->quantity, &low, &high);
    uint32_t last = histogram->bins - 1;
    if (!(value > low))
        return 0;
    if (value >= high)
        return last;
    uint32_t bin = (uint32_t)((value - low) / (high - low) * histogram->bins);
    bin = bin > last ? last : bin;
    /* The division can round across an edge: the edges that are shown decide. */
    if (value < edge(histogram, bin))
        bin--;
    else if (bin < last && value >= edge(histogram, bin + 1))
        bin++;
    return bin;
}

void histogram_add(struct histogram *histogram, const float *cos, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (isnan(cos[i])) {
            histogram->undefined++;
            continue;
        }
        double value = quantity_of(histogram->quantity, (double)cos[i]);
        uint64_t *bin = &histogram->count[histogram_bin(histogram, value)];
        histogram->total++;
        if (++*bin > histogram->highest)
            histogram->highest = *bin;
    }
}
