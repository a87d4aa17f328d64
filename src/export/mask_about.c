/* mask_about.c: where a mask comes from and by which rule, so that it can be made again; and the
 * formats by name. */
#include "mask_about.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- formats ------------------------------------------------------------- */

static const char *const names[MASK_FORMAT_COUNT] = {"safetensors", "json", "csv"};

const char *mask_format_name(enum mask_format format)
{
    return names[format];
}

bool mask_format_from_name(const char *name, enum mask_format *out)
{
    for (int i = 0; i < MASK_FORMAT_COUNT; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum mask_format)i;
            return true;
        }
    return false;
}

enum mask_format mask_format_of_path(const char *path)
{
    const char *dot = path ? strrchr(path_name(path), '.') : NULL;
    enum mask_format format;
    return dot && mask_format_from_name(dot + 1, &format) ? format : MASK_JSON;
}

enum status mask_write(const struct mask *mask, enum mask_format format, FILE *stream,
                       struct error *err)
{
    switch (format) {
    case MASK_SAFETENSORS:
        return mask_write_safetensors(mask, stream, err);
    case MASK_CSV:
        return mask_write_csv(mask, stream, err);
    case MASK_JSON:
    case MASK_FORMAT_COUNT:
        break;
    }
    return mask_write_json(mask, stream, err);
}

/* ---- about --------------------------------------------------------------- */

struct about {
    cJSON *object;
    bool lacks; /* something that there was no memory for */
};

static void add_text(struct about *about, const char *key, const char *text)
{
    char *sound = memory_array(text_repaired_size(text), 1); /* JSON must be UTF-8 */
    if (sound)
        text_repair(sound, text);
    if (!sound || !cJSON_AddStringToObject(about->object, key, sound))
        about->lacks = true;
    memory_free(sound);
}

static void add_count(struct about *about, const char *key, uint64_t count)
{
    char text[TEXT_NUMBER];
    text_format(text, sizeof text, "%" PRIu64, count);
    add_text(about, key, text);
}

/* The lines of the rule as the CSV that --thresholds reads. */
static void add_lines(struct about *about, const struct awm *awm)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    bool whole = stream && rule_write_csv(awm, stream, NULL) == STATUS_OK;
    if (stream && fclose(stream) == 0 && whole)
        add_text(about, "thresholds", text);
    else
        about->lacks = true;
    free(text);
}

static void add_rule(struct about *about, const struct awm *awm)
{
    char words[AWM_WORDS], number[TEXT_NUMBER];
    const bool *covered = awm->base.projection;
    awm_words(awm, words, sizeof words);
    add_text(about, "rule", words);
    add_text(about, "threshold", text_float(number, awm->base.threshold));
    add_count(about, "first_layer", awm->base.first_layer);
    add_text(about, "projection",
             covered[PROJECTION_QUERY] && covered[PROJECTION_KEY] ? "both"
             : covered[PROJECTION_QUERY]                          ? "query"
                                                                  : "key");
    add_lines(about, awm);
    add_text(about, "random", awm->random ? "true" : "false");
    if (awm->random)
        add_count(about, "seed", awm->seed);
}

static void add_source(struct about *about, const struct mask *mask)
{
    const struct model *model = mask->angles->model;
    char fingerprint[TEXT_NUMBER];
    text_format(fingerprint, sizeof fingerprint, "xxh3:%016" PRIx64, mask->fingerprint);
    add_text(about, "model", model->name);
    add_text(about, "family", model->family);
    add_text(about, "source", model->path);
    add_text(about, "source_format", model->format);
    if (model->like_authors)
        add_text(about, "like_authors", LIKE_AUTHORS_WORDS);
    add_text(about, "row_order", row_order_name(mask->order));
    add_text(about, "fingerprint", fingerprint);
    add_count(about, "pairs", mask->pairs);
    add_count(about, "frozen_pairs", mask->fixed);
}

cJSON *mask_about(const struct mask *mask)
{
    struct about about = {cJSON_CreateObject(), false};
    add_text(&about, "format", "pt");
    add_text(&about, "made_by", "ropescope " ROPESCOPE_VERSION);
    add_text(&about, "meaning", "1 = trainable, 0 = frozen");
    add_rule(&about, mask->awm);
    add_source(&about, mask);
    if (!about.lacks)
        return about.object;
    cJSON_Delete(about.object);
    return NULL;
}
