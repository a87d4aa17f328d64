/* number.c: printf's %.9g without printf: millions of cells leave in one export, and the decimal
 * point must not follow the locale. */
#include "export/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS = 9,      /* enough for any float32 to read back */
    EXACT_POWER = 22 /* 10^22 is the last power of ten that a double holds exactly */
};
static const double power_of_ten[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* At most 20 digits, no NUL. */
static size_t put_whole(char *out, uint64_t value)
{
    char reversed[20];
    size_t length = 0;
    do {
        reversed[length++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (size_t i = 0; i < length; i++)
        out[i] = reversed[length - 1 - i];
    return length;
}

size_t number_integer(char out[TEXT_NUMBER], uint64_t value)
{
    size_t length = put_whole(out, value);
    out[length] = '\0';
    return length;
}

/* digits * 10^(exponent - 8): the exponent is that of the first digit, as in scientific notation.
 */
struct decimal {
    uint64_t digits; /* 10^8 .. 10^9 - 1; 0 for zero */
    int exponent;
};

/* value * 10^scale as a whole number, halves to even as printf rounds. Exact: a product (or
 * quotient) is off by less than half a unit in its last place, and fma() tells to which side. */
static uint64_t scaled_whole(double value, int scale)
{
    double scaled, rest;
    if (scale >= 0) {
        scaled = value * power_of_ten[scale];
        rest = fma(value, power_of_ten[scale], -scaled);
    } else {
        scaled = value / power_of_ten[-scale];
        rest = fma(-scaled, power_of_ten[-scale], value);
    }
    uint64_t whole = (uint64_t)scaled;
    double above_half = scaled - (double)whole - 0.5; /* exact, and larger than `rest` unless 0 */
    if (above_half > 0 || (above_half == 0 && (rest > 0 || (rest == 0 && whole % 2 != 0))))
        whole++;
    return whole;
}

/* False where a power of ten that a double cannot hold would be needed. */
static bool decimal_fast(double value, struct decimal *out)
{
    static const uint64_t too_many = 1000000000; /* 10^DIGITS */
    /* The binary exponent times lg 2: right or one too low. Rounding up to 10^9 adds one more. */
    int exponent = (int)floor(ilogb(value) * 0.30102999566398120);
    for (int attempt = 0; attempt < 3; attempt++, exponent++) {
        int scale = DIGITS - 1 - exponent;
        if (scale > EXACT_POWER || scale < -EXACT_POWER)
            return false;
        uint64_t digits = scaled_whole(value, scale);
        if (digits < too_many) {
            *out = (struct decimal){digits, exponent};
            return true;
        }
    }
    return false;
}

/* The same by printf, which knows every power; whatever it puts for a point is skipped. */
static void decimal_slow(double value, struct decimal *out)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", DIGITS - 1, value);
    *out = (struct decimal){0, 0};
    const char *at = text;
    for (; *at != 'e' && *at != '\0'; at++)
        if (*at >= '0' && *at <= '9')
            out->digits = out->digits * 10 + (uint64_t)(*at - '0');
    if (*at == 'e')
        out->exponent = (int)strtol(at + 1, NULL, 10);
}

/* "d.ddd", a point before digit number `point`; `count` digits in all. */
static size_t put_digits(char *out, const char *digit, size_t count, size_t point)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == point)
            out[length++] = '.';
        out[length++] = digit[i];
    }
    return length;
}

static size_t put_exponent(char *out, int exponent)
{
    size_t length = 0;
    out[length++] = 'e';
    out[length++] = exponent < 0 ? '-' : '+';
    uint64_t magnitude = (uint64_t)abs(exponent);
    if (magnitude < 10)
        out[length++] = '0'; /* printf writes two digits at least */
    return length + put_whole(out + length, magnitude);
}

/* The layout of %g: trailing zeros go, and exponents below -4 or from 9 on are written out. */
static size_t put_decimal(char *out, struct decimal decimal)
{
    char digit[TEXT_NUMBER];
    size_t count = put_whole(digit, decimal.digits);
    while (count > 1 && digit[count - 1] == '0')
        count--;
    if (decimal.exponent < -4 || decimal.exponent >= DIGITS) {
        size_t length = put_digits(out, digit, count, 1);
        return length + put_exponent(out + length, decimal.exponent);
    }
    if (decimal.exponent < 0) {
        size_t zeros = (size_t)-decimal.exponent;
        memcpy(out, "0.0000", 1 + zeros);
        memcpy(out + 1 + zeros, digit, count);
        return 1 + zeros + count;
    }
    size_t whole = (size_t)decimal.exponent + 1; /* digits before the point */
    while (count < whole)
        digit[count++] = '0';
    return put_digits(out, digit, count, whole);
}

size_t number_real(char out[TEXT_NUMBER], double value)
{
    size_t length = 0;
    if (isfinite(value)) {
        if (signbit(value))
            out[length++] = '-';
        double magnitude = fabs(value);
        struct decimal decimal = {0, 0};
        if (magnitude > 0 && !decimal_fast(magnitude, &decimal))
            decimal_slow(magnitude, &decimal);
        length += put_decimal(out + length, decimal);
    }
    out[length] = '\0';
    return length;
}
