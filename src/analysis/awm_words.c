/* awm_words.c: a rule as people say it. */
#include "ropescope/awm.h"

#include <math.h>
#include <string.h>

void reach_words(const struct reach *reach, char out[REACH_WORDS])
{
    char layer[TEXT_NUMBER] = "", head[TEXT_NUMBER] = "";
    const char *projection =
        reach->projection == REACH_ALL ? "" : projection_name((int)reach->projection);
    if (reach->layer != REACH_ALL)
        text_format(layer, sizeof layer, "layer %u", reach->layer);
    if (reach->head != REACH_ALL)
        text_format(head, sizeof head, "head %u", reach->head);
    text_format(out, REACH_WORDS, "%s%s%s%s%s", layer, *layer && *projection ? " " : "", projection,
                (*layer || *projection) && *head ? " " : "", head);
    if (*out == '\0')
        text_format(out, REACH_WORDS, "all");
}

static void line_words(const struct rule_line *line, char *out, size_t size)
{
    char reach[REACH_WORDS], number[TEXT_NUMBER];
    reach_words(&line->reach, reach);
    if (line->exception == EXCEPTION_FIX || line->exception == EXCEPTION_FREE)
        text_format(out, size, "; %s: all %s", reach,
                    line->exception == EXCEPTION_FIX ? "fixed" : "trainable");
    else if (isnan(line->threshold))
        text_format(out, size, "; %s: by the rule", reach);
    else
        text_format(out, size, "; %s: |cos| >= %s", reach, text_float(number, line->threshold));
}

static const char *covered(const struct rule *base)
{
    const bool query = base->projection[PROJECTION_QUERY], key = base->projection[PROJECTION_KEY];
    return query && key ? "queries and keys" : query ? "queries" : key ? "keys" : "nothing";
}

void awm_words(const struct awm *awm, char *out, size_t size)
{
    enum { REST = 24 }; /* "; and 4294967295 more" */
    char number[TEXT_NUMBER], line[4 * TEXT_NUMBER], drawn[2 * TEXT_NUMBER] = "";
    if (awm->random)
        text_format(drawn, sizeof drawn, "drawn at random (numpy seed %u), as many as ", awm->seed);
    text_format(out, size, "%s|cos| >= %s fixes in %s of layers >= %u", drawn,
                text_float(number, awm->base.threshold), covered(&awm->base),
                awm->base.first_layer);
    for (size_t i = 0; i < awm->line_count; i++) {
        size_t used = strlen(out);
        line_words(&awm->lines[i], line, sizeof line);
        if (used + strlen(line) + REST > size) {
            text_format(out + used, size - used, "; and %zu more", awm->line_count - i);
            return;
        }
        memcpy(out + used, line, strlen(line) + 1);
    }
}
