/* hints.c: the key table in words: names of keys, what the footer shows, what the help finds. */
#include "ropescope/explorer.h"

#include <string.h>

static const struct {
    uint32_t key;
    const char *name;
} key_names[] = {
    {KEYCODE_UP, "Up"},
    {KEYCODE_DOWN, "Down"},
    {KEYCODE_LEFT, "Left"},
    {KEYCODE_RIGHT, "Right"},
    {KEYCODE_PAGE_UP, "PgUp"},
    {KEYCODE_PAGE_DOWN, "PgDn"},
    {KEYCODE_HOME, "Home"},
    {KEYCODE_END, "End"},
    {KEYCODE_BACKSPACE, "Backspace"},
    {KEYCODE_DELETE, "Delete"},
    {KEYCODE_BACKTAB, "Shift-Tab"},
    {'\t', "Tab"},
    {'\n', "Enter"},
    {27, "Esc"},
    {' ', "Space"},
};

static uint32_t arrow_of(uint32_t key, const struct glyphs *glyphs)
{
    if (!glyphs || glyphs->set == GLYPHS_ASCII)
        return 0; /* "Up" says more than "^" */
    switch (key) {
    case KEYCODE_UP:
        return glyphs->up;
    case KEYCODE_DOWN:
        return glyphs->down;
    case KEYCODE_LEFT:
        return glyphs->left;
    case KEYCODE_RIGHT:
        return glyphs->right;
    default:
        return 0;
    }
}

void keys_name(char out[KEY_LABEL], uint32_t key, const struct glyphs *glyphs)
{
    char utf8[5] = {0};
    uint32_t arrow = arrow_of(key, glyphs);
    const char *name = NULL;
    for (size_t i = 0; i < sizeof key_names / sizeof *key_names && !arrow; i++)
        if (key_names[i].key == key)
            name = key_names[i].name;
    if (name) {
        text_format(out, KEY_LABEL, "%s", name);
    } else if (!arrow && key < ' ') {
        text_format(out, KEY_LABEL, "Ctrl-%c", (char)(key + '@'));
    } else {
        text_encode(arrow ? arrow : key, utf8);
        text_format(out, KEY_LABEL, "%s", utf8);
    }
}

/* Second names of keys that some terminals send: nobody need read them. */
static bool is_synonym(uint32_t key)
{
    return key == '\r' || key == '\b' || key == 127;
}

void keys_label(char out[KEY_LABEL], const struct binding *binding, const struct glyphs *glyphs)
{
    out[0] = '\0';
    for (size_t k = 0; k < BINDING_KEYS && binding->keys[k]; k++) {
        char name[KEY_LABEL];
        if (is_synonym(binding->keys[k]))
            continue;
        keys_name(name, binding->keys[k], glyphs);
        size_t used = strlen(out);
        text_format(out + used, KEY_LABEL - used, "%s%s", used ? " " : "", name);
    }
}

bool keys_match(const struct binding *binding, const char *filter)
{
    char label[KEY_LABEL];
    keys_label(label, binding, NULL);
    return text_contains(label, filter) || text_contains(binding->help, filter);
}

int keys_hint_cols(const struct hint *hint)
{
    return canvas_text_width(hint->keys) + 1 + canvas_text_width(hint->words) + 2;
}

/* The key that a hint shows: an arrow where it is one character, else the letter that does the
 * same. */
static uint32_t short_key(const struct binding *binding, const struct glyphs *glyphs)
{
    bool arrow = binding->keys[0] >= KEYCODE_UP && binding->keys[0] <= KEYCODE_RIGHT;
    bool letter = binding->keys[1] > ' ' && binding->keys[1] < 127;
    return arrow && letter && !arrow_of(binding->keys[0], glyphs) ? binding->keys[1]
                                                                  : binding->keys[0];
}

/* Whether the view's own keys say something else of the key that would be shown. */
static bool is_covered(const struct binding *binding, unsigned places)
{
    unsigned own = places & ~(unsigned)PLACE_VIEW;
    return !(binding->places & own) && keys_action(own, binding->keys[0]) != ACTION_NONE;
}

/* All hints of a place, neighbours with the same words in one. */
static size_t all_hints(unsigned places, const struct glyphs *glyphs, struct hint *hints)
{
    size_t count = 0;
    for (size_t i = 0; i < keys_count() && count < HINTS_MAX; i++) {
        const struct binding *b = keys_binding(i);
        char name[KEY_LABEL];
        if (!(b->places & places) || !b->hint || is_covered(b, places))
            continue;
        keys_name(name, short_key(b, glyphs), glyphs);
        if (count > 0 && strcmp(hints[count - 1].words, b->hint) == 0) {
            struct hint *last = &hints[count - 1];
            size_t used = strlen(last->keys);
            bool arrows = arrow_of(b->keys[0], glyphs) != 0;
            text_format(last->keys + used, sizeof last->keys - used, "%s%s", arrows ? "" : " ",
                        name);
            continue;
        }
        hints[count].words = b->hint;
        hints[count].action = b->action;
        memcpy(hints[count].keys, name, sizeof name);
        count++;
    }
    return count;
}

/* How long a hint stays where the line is narrow: the first of these longest, what is none of them
 * shortest. */
static size_t need_of(enum action action)
{
    static const enum action needed[] = {
        ACTION_QUIT,         ACTION_HELP,           ACTION_ROW_UP,     ACTION_SORT_PREVIOUS,
        ACTION_STRONGEST,    ACTION_THRESHOLD_TYPE, ACTION_VIEW_NEXT,  ACTION_DIVE,
        ACTION_SORT_REVERSE, ACTION_LAYER_UP,       ACTION_HEAD_LEFT,  ACTION_BINS_FEWER,
        ACTION_POINT_LEFT,   ACTION_RANK_FIRST,     ACTION_PROJECTION, ACTION_MEASURE_NEXT,
        ACTION_SEARCH};
    size_t at = 0;
    while (at < sizeof needed / sizeof *needed && needed[at] != action)
        at++;
    return at;
}

static size_t least_needed(const struct hint *hints, size_t count)
{
    size_t least = 0;
    for (size_t i = 0; i < count; i++)
        if (need_of(hints[i].action) >= need_of(hints[least].action))
            least = i;
    return least;
}

static void drop_hint(struct hint *hints, size_t *count, size_t index)
{
    memmove(&hints[index], &hints[index + 1], (*count - index - 1) * sizeof *hints);
    (*count)--;
}

size_t keys_hints(unsigned places, const struct glyphs *glyphs, int cols,
                  struct hint hints[HINTS_MAX])
{
    size_t count = all_hints(places, glyphs, hints);
    int used = -2; /* nothing follows the last */
    for (size_t i = 0; i < count; i++)
        used += keys_hint_cols(&hints[i]);
    while (count > 0 && used > cols) {
        size_t drop = least_needed(hints, count);
        used -= keys_hint_cols(&hints[drop]);
        drop_hint(hints, &count, drop);
    }
    return count;
}
