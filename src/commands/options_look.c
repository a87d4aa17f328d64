/* options_look.c: readers of the flags that decide how things look. */
#include "options_look.h"

#include "ropescope/views.h"

#include <string.h>

bool view_is_named(const char *name)
{
    for (int id = 0; id < VIEW_COUNT; id++)
        if (strcmp(view_of((enum view_id)id)->name, name) == 0)
            return true;
    return strcmp(name, "help") == 0 || strcmp(name, "budget") == 0;
}

/* "100x30": columns, then rows. */
bool read_size(struct options *options, const char *value)
{
    enum { MOST = 1000 };
    char cols[TEXT_NUMBER];
    uint32_t c, r;
    size_t length = strcspn(value, "x");
    if (value[length] != 'x' || !text_format(cols, sizeof cols, "%.*s", (int)length, value) ||
        !text_to_u32(cols, &c) || !text_to_u32(value + length + 1, &r))
        return false;
    options->cols = c <= MOST ? (int)c : 0;
    options->rows = r <= MOST ? (int)r : 0;
    return options->cols > 0 && options->rows > 0;
}

bool read_theme(struct options *options, const char *value)
{
    options->theme = value;
    return *value != '\0';
}

bool read_glyphs(struct options *options, const char *value)
{
    return options->has_glyphs = glyph_set_from_name(value, &options->glyphs);
}

bool read_colour(struct options *options, const char *value)
{
    static const char *const names[] = {"none", "8", "16", "256", "direct"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0) {
            options->colours = (enum colour_depth)i;
            return true;
        }
    return false;
}

bool read_list_themes(struct options *options, const char *value)
{
    (void)value;
    return options->list_themes = true;
}

bool read_config(struct options *options, const char *value)
{
    options->config = value;
    return *value != '\0';
}

bool read_no_config(struct options *options, const char *value)
{
    (void)value;
    return options->no_config = true;
}

bool read_norms(struct options *options, const char *value)
{
    (void)value;
    return options->norms = true;
}

bool read_axis(struct options *options, const char *value)
{
    return pair_axis_from_name(value, &options->axis);
}

bool read_shade(struct options *options, const char *value)
{
    return pair_shade_from_name(value, &options->shade);
}

bool read_attention(struct options *options, const char *value)
{
    return attention_show_from_name(value, &options->attention);
}

bool read_facts(struct options *options, const char *value)
{
    (void)value;
    return options->facts = true;
}
