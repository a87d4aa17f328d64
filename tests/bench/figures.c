/* figures.c: figures as they come, in one of three styles. */
#include "figures.h"

#include <stdio.h>
#include <stdlib.h>

static struct {
    enum figure_style style;
    const char *section;
    size_t count; /* JSON objects so far */
} out;

void figures_begin(enum figure_style style)
{
    out.style = style;
    out.section = "";
    out.count = 0;
    if (style == FIGURES_JSON)
        printf("[");
}

void figures_section(const char *title)
{
    out.section = title;
    if (out.style == FIGURES_TEXT)
        printf("\n%s\n", title);
    else if (out.style == FIGURES_MARKDOWN)
        printf("\n| %s | | |\n|---|---:|---|\n", title);
}

void figures_add(const char *name, double value, const char *unit, double ratio, const char *of)
{
    if (out.style == FIGURES_JSON) {
        printf("%s\n{\"section\":\"%s\",\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"",
               out.count++ ? "," : "", out.section, name, value, unit);
        printf(of ? ",\"ratio\":%.4g,\"of\":\"%s\"}" : "}", ratio, of);
    } else if (out.style == FIGURES_MARKDOWN) {
        printf("| %s | %.4g %s | ", name, value, unit);
        printf(of ? "%.3g of %s |\n" : "|\n", ratio, of);
    } else {
        printf("  %-42s %9.4g %-5s", name, value, unit);
        printf(of ? " %7.3g of %s\n" : "\n", ratio, of);
    }
    fflush(stdout);
}

void figures_note(const char *text)
{
    if (out.style == FIGURES_JSON)
        printf("%s\n{\"section\":\"%s\",\"note\":\"%s\"}", out.count++ ? "," : "", out.section,
               text);
    else
        printf(out.style == FIGURES_TEXT ? "  %s\n" : "| %s | | |\n", text);
}

void figures_end(void)
{
    if (out.style == FIGURES_JSON)
        printf("\n]\n");
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double figures_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}
