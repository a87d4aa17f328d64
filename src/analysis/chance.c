/* chance.c: the angle that independent random rows would have. The law is exact at every row
 * length; care goes into the digits, since a threshold of 0.001 squared is what a naive 1 - x would
 * lose. */
#include "ropescope/analysis.h"

#include <float.h>
#include <math.h>

static const double PI = 3.14159265358979323846;

/* ---- gamma and beta functions -------------------------------------------- */

/* lgamma() leaves the sign in a global, so that threads would race; lgamma_r() does not. */
static double log_gamma(double z)
{
    int sign;
    return lgamma_r(z, &sign);
}

/* ln Gamma(z) minus (z - 1/2) ln z - z + ln(2 pi)/2, the rest of Stirling's formula (DLMF 5.11.1),
 * good to 1e-17 for z >= 16. */
static double stirling_rest(double z)
{
    static const double term[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                  1.0 / 1188, -691.0 / 360360, 1.0 / 156};
    double rest = 0, squared = 1 / (z * z);
    for (size_t i = sizeof term / sizeof *term; i-- > 0;)
        rest = rest * squared + term[i];
    return rest / z;
}

/* ln(Gamma(a + b) / Gamma(a)). The two logarithms grow like a ln a, and subtracting them as they
 * are would leave 1e-10 of noise at a = 1e5. */
static double log_gamma_ratio(double a, double b)
{
    if (a < 16)
        return log_gamma(a + b) - log_gamma(a);
    return (a - 0.5) * log1p(b / a) + b * log(a + b) - b + stirling_rest(a + b) - stirling_rest(a);
}

static double log_beta(double a, double b)
{
    return a > b ? log_gamma(b) - log_gamma_ratio(a, b) : log_gamma(a) - log_gamma_ratio(b, a);
}

/* The continued fraction of DLMF 8.17.22 by the modified Lentz algorithm; converges within about
 * sqrt(max(a, b)) steps for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    enum { STEPS = 100000 };
    static const double tiny = 1e-300; /* in place of a zero denominator */
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int step = 1; step < STEPS; step++) {
        double m = step;
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        value *= d * c;
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        double change = d * c;
        value *= change;
        if (fabs(change - 1) <= 4 * DBL_EPSILON)
            break;
    }
    return value;
}

/* ln x, given y = 1 - x: whichever of the two is small holds the digits. */
static double log_of(double x, double y)
{
    return y < 0.5 ? log1p(-y) : log(x);
}

/* I(x; a, b) with y = 1 - x given apart, so that neither end loses digits. */
static double beta_split(double x, double y, double a, double b)
{
    if (x <= 0)
        return 0;
    if (y <= 0)
        return 1;
    double front = exp(a * log_of(x, y) + b * log_of(y, x) - log_beta(a, b));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(y, b, a) / b;
}

double beta_regularised(double x, double a, double b)
{
    if (!(a > 0 && b > 0 && x >= 0 && x <= 1))
        return (double)NAN;
    return beta_split(x, 1 - x, a, b);
}

/* ---- the law of |cos| ---------------------------------------------------- */

double chance_level(double threshold, uint64_t length)
{
    if (isnan(threshold) || length == 0)
        return (double)NAN;
    if (threshold <= 0)
        return 1;
    if (length == 1)
        return threshold <= 1 ? 1 : 0;
    if (threshold >= 1)
        return 0;
    double x = (1 - threshold) * (1 + threshold), y = threshold * threshold;
    return beta_split(x, y, 0.5 * ((double)length - 1), 0.5);
}

double chance_quantile(double tail, uint64_t length)
{
    if (isnan(tail) || length == 0)
        return (double)NAN;
    if (tail >= 1)
        return 0;
    if (tail <= 0 || length == 1)
        return 1;
    /* chance_level falls from 1 to 0 as the threshold rises: halve until the doubles run out. */
    double low = 0, high = 1;
    for (int step = 0; step < 200; step++) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        if (chance_level(middle, length) >= tail)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double chance_mean_abs(uint64_t length)
{
    if (length == 0)
        return (double)NAN;
    return exp(-log_gamma_ratio(0.5 * (double)length, 0.5)) / sqrt(PI);
}
