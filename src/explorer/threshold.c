/* threshold.c: the grid that the keys step the threshold along, and a threshold typed by hand. */
#include "explorer/update.h"
#include "ropescope/lists.h"

#include <math.h>
#include <string.h>

/* Lines of the grid: 0, then per decade from 0.0001 on 160 fine ones, of 1 to 2.5 percent each, or
 * 1, 2, 5; the last is 1. Each is the float nearest to its decimal, so it prints as people would
 * write it: 0.0102, 0.0205, 0.051. */
enum { DECADES = 4, FINE = 160, COARSE = 3 };

/* In hundredths of the decade's first line. */
static unsigned fine_hundredths(size_t line)
{
    enum { TO_TWO = 50, TO_FIVE = 60 };
    if (line < TO_TWO)
        return 100 + 2 * (unsigned)line;
    line -= TO_TWO;
    return line < TO_FIVE ? 200 + 5 * (unsigned)line : 500 + 10 * (unsigned)(line - TO_FIVE);
}

static float grid_line(size_t index, bool coarse)
{
    static const double power[] = {1e4, 1e3, 1e2, 1e1, 1};
    static const unsigned coarse_hundredths[COARSE] = {100, 200, 500};
    if (index == 0)
        return 0;
    size_t lines = coarse ? COARSE : FINE;
    size_t decade = (index - 1) / lines, line = (index - 1) % lines;
    unsigned hundredths = coarse ? coarse_hundredths[line] : fine_hundredths(line);
    return (float)(hundredths / (100 * power[decade]));
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
        text_format(why, size, "outside 0 to 1, where |cos| lies; 30%% fixes a share");
        return false;
    }
    *threshold = (float)value;
    return true;
}

/* ---- the inverse --------------------------------------------------------- */

/* "30%": false where the text is no percentage at all, whatever else it may be. */
static bool percent_read(const char *text, double *percent)
{
    char number[TEXT_NUMBER];
    size_t length = strcspn(text, "%");
    if (text[length] != '%' || text[length + 1] != '\0')
        return false;
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return text_format(number, sizeof number, "%.*s", (int)length, text) &&
           text_to_double(number, percent) && *percent >= 0 && *percent <= 100;
}

static const char *covered_words(const struct rule *rule)
{
    bool query = rule->projection[PROJECTION_QUERY], key = rule->projection[PROJECTION_KEY];
    return query && key ? "query+key" : query ? "query" : "key";
}

/* What was asked, what was got, of what, and the threshold that reads back exactly. */
static void tell_fixing(struct state *state, double percent, const struct fixing *fixing)
{
    char asked[TEXT_NUMBER], fixed[TEXT_NUMBER], pairs[TEXT_NUMBER], threshold[TEXT_NUMBER];
    const struct rule *rule = &state->settings.rule;
    text_format(state->message, sizeof state->message,
                "%s%% asked: %.4g%% at %s (%s of %s%s, %s, layers >= %u%s)",
                text_double(asked, percent), 100 * (double)fixing->fixed / (double)fixing->pairs,
                text_float(threshold, fixing->threshold), text_count(fixed, fixing->fixed),
                text_count(pairs, fixing->pairs),
                angles_complete(state->angles) ? "" : " scanned so far", covered_words(rule),
                rule->first_layer, state->awm.line_count > 0 ? ", exceptions aside" : "");
}

static bool fix_percent(struct state *state, double percent)
{
    struct fixing fixing = state_fixing(state, percent);
    if (isnan(fixing.threshold)) {
        text_format(state->message, sizeof state->message,
                    "no pair to fix: %s, layers >= %u hold none yet",
                    covered_words(&state->settings.rule), state->settings.rule.first_layer);
        return false;
    }
    state->settings.rule.threshold = fixing.threshold;
    tell_fixing(state, percent, &fixing);
    return true;
}

void threshold_recount(struct state *state)
{
    char number[TEXT_NUMBER] = "-", pairs[TEXT_NUMBER];
    const struct rule *rule = &state->settings.rule;
    struct tally tally = state_tally_rule(state, SCOPE_MODEL);
    if (!isnan(state->share)) {
        state->message_is_error = !fix_percent(state, state->share);
        return;
    }
    if (tally.pairs > 0)
        text_format(number, sizeof number, "%.1f%%", 100 * tally_fraction(&tally));
    text_format(state->message, sizeof state->message,
                "the model counts from layer %u on: %s of %s pairs fixed", rule->first_layer,
                number, tally.pairs > 0 ? text_count(pairs, tally.pairs) : "no");
}

bool threshold_accept(struct state *state)
{
    double percent = NAN;
    bool share = strchr(state->entry.text, '%') != NULL;
    if (share && !percent_read(state->entry.text, &percent))
        text_format(state->message, sizeof state->message, "a share is wanted, from 0%% to 100%%");
    else if (share ? fix_percent(state, percent)
                   : threshold_read(state->entry.text, &state->settings.rule.threshold,
                                    state->message, sizeof state->message)) {
        state->share = share ? percent : (double)NAN;
        return true;
    }
    state->message_is_error = true;
    return false;
}
