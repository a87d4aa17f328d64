/* frequency.c: the inverse frequency of each rotary pair. Formulas as in modeling_rope_utils.py of
 * Hugging Face transformers; r = rotary_dim, e_i = theta^(-2i/r). */
#include "ropescope/model.h"

#include <math.h>

static const double two_pi = 6.283185307179586476925;

static double plain(double theta, double exponent_dim, uint32_t i)
{
    return pow(theta, -2.0 * (double)i / exponent_dim);
}

/* Dynamic NTK: past the trained length the base grows so that the slowest pair stays within it. */
static double dynamic_theta(const struct rope *rope)
{
    double r = rope->rotary_dim;
    if (!(rope->context > rope->max_position) || !(rope->max_position > 0) || r <= 2)
        return rope->theta;
    double stretch = rope->factor * rope->context / rope->max_position - (rope->factor - 1);
    return rope->theta * pow(stretch, r / (r - 2));
}

/* Llama 3: slow pairs are divided, fast ones kept, those between blended by wavelength; Llama 4
 * Scout sets both limits to the same length, so that there are none between. */
static double llama3(const struct rope *rope, double e)
{
    double wavelength = two_pi / e;
    if (wavelength < rope->original_context / rope->high_freq)
        return e;
    if (wavelength > rope->original_context / rope->low_freq || rope->high_freq == rope->low_freq)
        return e / rope->factor;
    double smooth =
        (rope->original_context / wavelength - rope->low_freq) / (rope->high_freq - rope->low_freq);
    return (1 - smooth) * e / rope->factor + smooth * e;
}

/* YaRN: the pair index at which a pair makes `turns` turns within the original context. */
static double yarn_pair(const struct rope *rope, double turns)
{
    return rope->rotary_dim * log(rope->original_context / (two_pi * turns)) /
           (2 * log(rope->theta));
}

/* YaRN: interpolated above `high`, kept below `low`, a linear ramp between. */
static double yarn(const struct rope *rope, double e, uint32_t i)
{
    double low = yarn_pair(rope, rope->beta_fast), high = yarn_pair(rope, rope->beta_slow);
    if (rope->truncate) {
        low = floor(low);
        high = ceil(high);
    }
    low = fmax(low, 0);
    high = fmin(high, rope->rotary_dim - 1.0);
    if (low == high)
        high += 0.001;
    double ramp = fmin(fmax(((double)i - low) / (high - low), 0), 1);
    return e / rope->factor * ramp + e * (1 - ramp);
}

static double longrope(const struct rope *rope, double e, uint32_t i)
{
    bool is_long = rope->context > rope->original_context;
    return e / (is_long ? rope->long_factor : rope->short_factor)[i];
}

static double scaled(const struct rope *rope, uint32_t i)
{
    double e = plain(rope->theta, rope->rotary_dim, i);
    switch (rope->scaling) {
    case SCALING_LINEAR:
        return e / rope->factor;
    case SCALING_DYNAMIC:
        return plain(dynamic_theta(rope), rope->rotary_dim, i);
    case SCALING_LLAMA3:
        return llama3(rope, e);
    case SCALING_YARN:
        return yarn(rope, e, i);
    case SCALING_LONGROPE:
        return longrope(rope, e, i);
    case SCALING_NONE:
        break;
    }
    return e;
}

/* YaRN's "mscale": attention is sharpened as the text is stretched. */
static double yarn_scale(double factor, double mscale)
{
    return factor > 1 ? 0.1 * mscale * log(factor) + 1 : 1;
}

/* Where the config tells the original length, the ratio of lengths counts, whatever its factor. */
static double longrope_scale(const struct rope *rope)
{
    double stretch = rope->max_position / rope->original_context;
    double factor = stretch > 1 ? stretch : rope->factor;
    return factor > 1 && rope->original_context > 1
               ? sqrt(1 + log(factor) / log(rope->original_context))
               : 1;
}

double rope_rotation_scale(const struct rope *rope)
{
    if (rope->scaling != SCALING_YARN && rope->scaling != SCALING_LONGROPE)
        return 1;
    if (rope->attention_factor > 0)
        return rope->attention_factor;
    if (rope->scaling == SCALING_LONGROPE)
        return longrope_scale(rope);
    if (rope->mscale > 0 && rope->mscale_all_dim > 0)
        return yarn_scale(rope->factor, rope->mscale) /
               yarn_scale(rope->factor, rope->mscale_all_dim);
    return yarn_scale(rope->factor, 1);
}

void rope_frequencies(const struct rope *rope, double *frequency)
{
    for (uint32_t i = 0; i < rope->rotary_dim / 2; i++)
        frequency[i] = scaled(rope, i);
}
