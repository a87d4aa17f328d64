/* goto.c: what is typed at "go to", as a place in the model: numbers, or part of a tensor's name.
 */
#include "ropescope/explorer.h"

#include <ctype.h>
#include <string.h>

enum { NUMBERS_MOST = 3, NUMBER_DIGITS = 9 };

/* "12.3.40", or the same behind a letter that says what the first number is. */
struct typed {
    char letter; /* l layer, h query head, k key head, p pair; 'l' where none was typed */
    uint32_t number[NUMBERS_MOST];
    size_t count;
};

/* ---- numbers ------------------------------------------------------------- */

/* False where the text is no such list of numbers: then it is part of a name. */
static bool split(const char *text, struct typed *out)
{
    *out = (struct typed){.letter = 'l'};
    char letter = (char)tolower((unsigned char)*text);
    if (letter != '\0' && strchr("lhkp", letter)) {
        out->letter = letter;
        text++;
    }
    while (out->count < NUMBERS_MOST) {
        char digits[NUMBER_DIGITS + 1];
        size_t length = strspn(text, "0123456789");
        if (length == 0 || length > NUMBER_DIGITS)
            return false;
        memcpy(digits, text, length);
        digits[length] = '\0';
        text_to_u32(digits, &out->number[out->count++]);
        text += length;
        if (*text == '\0')
            return true;
        if (*text++ != '.')
            return false;
    }
    return false;
}

static bool find_layer(const struct model *model, uint32_t number, struct destination *out,
                       char *why, size_t size)
{
    const struct layer *layer = model_layer(model, number);
    if (layer) {
        out->layer = (size_t)(layer - model->layers);
        return true;
    }
    if (model->layer_count == 0)
        text_format(why, size, "the model has no layers");
    else
        text_format(why, size, "there is no layer %u: they are %u to %u", number,
                    model->layers[0].number, model->layers[model->layer_count - 1].number);
    return false;
}

/* A query head, or the first one that meets a key head. */
static bool find_head(const struct layer *layer, uint32_t number, int projection,
                      struct destination *out, char *why, size_t size)
{
    uint32_t queries = layer->projection[PROJECTION_QUERY].heads;
    uint32_t heads = layer->projection[projection].heads;
    if (layer->pairs == 0 || number >= heads) {
        if (layer->pairs == 0)
            text_format(why, size, "layer %u does not rotate: it has no heads here", layer->number);
        else
            text_format(why, size, "layer %u has no %s head %u: they are 0 to %u", layer->number,
                        projection_name(projection), number, heads - 1);
        return false;
    }
    out->has_head = true;
    out->head = number;
    if (projection == PROJECTION_QUERY)
        return true;
    out->has_lead = true;
    out->lead = PROJECTION_KEY;
    for (out->head = 0; out->head < queries; out->head++)
        if (layer_key_head(layer, out->head) == number)
            return true;
    text_format(why, size, "no query head of layer %u meets key head %u", layer->number, number);
    return false;
}

static bool find_pair(const struct layer *layer, uint32_t number, struct destination *out,
                      char *why, size_t size)
{
    out->has_pair = true;
    out->pair = number;
    if (number < layer->pairs)
        return true;
    if (layer->pairs == 0)
        text_format(why, size, "layer %u does not rotate: it has no pairs", layer->number);
    else
        text_format(why, size, "layer %u has no pair %u: they are 0 to %u", layer->number, number,
                    layer->pairs - 1);
    return false;
}

/* What the numbers mean, from the letter on: a layer, then a head, then a pair. */
static bool find_numbers(const struct state *state, const struct typed *typed,
                         struct destination *out, char *why, size_t size)
{
    const struct model *model = state->angles->model;
    size_t at = 0;
    if (typed->letter == 'l' && !find_layer(model, typed->number[at++], out, why, size))
        return false;
    if (out->layer >= model->layer_count) {
        text_format(why, size, "the model has no layers");
        return false;
    }
    const struct layer *layer = &model->layers[out->layer];
    int projection = typed->letter == 'k' ? PROJECTION_KEY : PROJECTION_QUERY;
    if (typed->letter != 'p' && at < typed->count &&
        !find_head(layer, typed->number[at++], projection, out, why, size))
        return false;
    if (at < typed->count && !find_pair(layer, typed->number[at++], out, why, size))
        return false;
    if (at == typed->count)
        return true;
    text_format(why, size, "too many numbers: layer.head.pair, head.pair, pair");
    return false;
}

/* ---- names of tensors ---------------------------------------------------- */

/* Whether a projection of a layer counts as a match: two that share a tensor are one. */
static bool matches(const struct layer *layer, int projection, const char *part)
{
    const char *name = layer->projection[projection].tensor;
    const char *first = layer->projection[PROJECTION_QUERY].tensor;
    if (!name || (projection == PROJECTION_KEY && first && strcmp(name, first) == 0))
        return false;
    return text_contains(name, part);
}

/* Tensors whose names hold the part, counted up to the one at `index`, which goes to *out. */
static size_t walk_matches(const struct state *state, const char *part, size_t index,
                           struct goto_match *out)
{
    const struct model *model = state->angles->model;
    struct typed typed;
    size_t count = 0;
    if (*part == '\0' || split(part, &typed))
        return 0;
    for (size_t layer = 0; layer < model->layer_count; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            if (!matches(&model->layers[layer], p, part))
                continue;
            if (count++ == index) {
                *out = (struct goto_match){layer, p, model->layers[layer].projection[p].tensor};
                return count;
            }
        }
    return count;
}

size_t goto_match_count(const struct state *state, const char *text)
{
    return walk_matches(state, text, SIZE_MAX, NULL);
}

bool goto_match_at(const struct state *state, const char *text, size_t index,
                   struct goto_match *out)
{
    return walk_matches(state, text, index, out) > index;
}

/* ---- both ---------------------------------------------------------------- */

bool goto_read(const struct state *state, const char *text, size_t choice, struct destination *out,
               char *why, size_t size)
{
    struct typed typed;
    struct goto_match match;
    *out = (struct destination){.layer = state->settings.selection.layer};
    if (*text == '\0') {
        text_format(why, size,
                    "12, 12.3 or 12.3.40: layer, head, pair; or part of a tensor's name");
        return false;
    }
    if (split(text, &typed))
        return find_numbers(state, &typed, out, why, size);
    if (!goto_match_at(state, text, choice, &match)) {
        text_format(why, size, "no query or key tensor has these letters in its name");
        return false;
    }
    out->layer = match.layer;
    out->has_lead = true;
    out->lead = match.projection;
    return true;
}
