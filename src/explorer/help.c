/* help.c: the lines of the help: the keys of the open view first, then those of every view, of the
 * others, and at the end the words of the screen. */
#include "ropescope/explorer.h"

/* The words that a screen has no room to explain. */
static const struct {
    const char *word, *meaning;
} words[] = {
    {"cos", "of the angle between a pair's two weight rows; |cos| its size"},
    {"fixed", "pairs with |cos| >= threshold, which AWM freezes"},
    {"trainable", "the other pairs, which AWM trains"},
    {"chance", "what random rows of that length would have fixed"},
    {"excess", "the fraction fixed less chance"},
    {"layers >= 2", "the model counts from the first masked layer on: , ."},
    {"high mean |cos|", "the head looks at fixed places, as syntax does (Chen & Yan)"},
    {"low mean |cos|", "the head follows meaning; fine-tuning moves it most (ibid.)"},
    {"r", "correlation of query and key cosines, pair by pair"},
    {"wavelength", "tokens in which the pair turns once"},
    {"lead", "the projection that > n and * go by: p"},
};

/* Whether the view's keys leave this one anything to do there. */
static bool is_reached(const struct binding *binding, unsigned own)
{
    for (size_t k = 0; k < BINDING_KEYS && binding->keys[k]; k++)
        if (keys_action(own & ~(unsigned)PLACE_VIEW, binding->keys[k]) == ACTION_NONE)
            return true;
    return false;
}

enum part { PART_OWN, PART_VIEWS, PART_REST, PART_WORDS, PART_COUNT };

static enum part part_of(const struct binding *binding, unsigned own)
{
    if (binding->places & own & ~(unsigned)PLACE_VIEW)
        return PART_OWN;
    return (binding->places & PLACE_VIEW) && is_reached(binding, own) ? PART_VIEWS : PART_REST;
}

static void add(struct help *help, const struct help_line *line)
{
    if (help->count < HELP_LINES_MOST)
        help->line[help->count++] = *line;
}

static void add_words(struct help *help, const char *filter)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_contains(words[i].word, filter) || text_contains(words[i].meaning, filter))
            add(help, &(struct help_line){NULL, words[i].word, words[i].meaning});
}

void help_of(struct help *help, const struct state *state)
{
    static const char *const titles[PART_COUNT] = {
        [PART_VIEWS] = "in every view", [PART_REST] = "elsewhere", [PART_WORDS] = "words"};
    unsigned own = state_view_places(state);
    const char *filter = state->filter.text;
    *help = (struct help){0};
    for (int part = 0; part < PART_COUNT; part++) {
        size_t title = help->count;
        add(help, &(struct help_line){NULL, NULL, titles[part]});
        if (part == PART_OWN)
            text_format(help->own, sizeof help->own, "here: %s",
                        state->inspecting ? "a pair" : view_kind(state->view)->name);
        for (size_t i = 0; i < keys_count() && part != PART_WORDS; i++)
            if ((int)part_of(keys_binding(i), own) == part && keys_match(keys_binding(i), filter))
                add(help, &(struct help_line){keys_binding(i), NULL, keys_binding(i)->help});
        if (part == PART_WORDS)
            add_words(help, filter);
        if (help->count == title + 1)
            help->count = title; /* nothing below it */
    }
}
