/* probe_json.c: what a probe prints as JSON, streamed: a vocabulary and attention have many
 * numbers. */
#include "probe_out.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>

static void put_float(FILE *stream, float value)
{
    char digits[TEXT_NUMBER];
    fputs(isfinite(value) ? text_float(digits, value) : "null", stream);
}

static void put_ids(FILE *stream, const char *key, const uint32_t *ids, size_t count)
{
    fprintf(stream, "  \"%s\": [", key);
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "%s%" PRIu32, i > 0 ? ", " : "", ids[i]);
    fputs("]", stream);
}

static void put_floats(FILE *stream, const float *values, size_t count)
{
    putc('[', stream);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", stream);
        put_float(stream, values[i]);
    }
    putc(']', stream);
}

static void put_top(FILE *stream, const struct probe *probe)
{
    fputs(",\n  \"top\": [", stream);
    for (size_t t = 0; t < probe->token_count; t++) {
        fputs(t > 0 ? ",\n    [" : "\n    [", stream);
        for (size_t i = 0; i < PROBE_TOP && i < probe->vocabulary; i++) {
            const struct probe_choice *choice = &probe->top[t * PROBE_TOP + i];
            fprintf(stream, "%s{\"token\": %" PRIu32 ", \"logit\": ", i > 0 ? ", " : "",
                    choice->token);
            put_float(stream, choice->logit);
            putc('}', stream);
        }
        putc(']', stream);
    }
    fputs("\n  ]", stream);
}

/* (head, query, key) */
static void put_cube(FILE *stream, const char *key, const float *values, uint32_t heads,
                     size_t count)
{
    fprintf(stream, ", \"%s\": [", key);
    for (size_t head = 0; head < heads; head++) {
        fputs(head > 0 ? ",\n      [" : "\n      [", stream);
        for (size_t query = 0; query < count; query++) {
            fputs(query > 0 ? ",\n       " : "", stream);
            put_floats(stream, values + (head * count + query) * count, count);
        }
        putc(']', stream);
    }
    putc(']', stream);
}

static void put_attention(FILE *stream, const struct probe *probe)
{
    bool any = false;
    for (size_t i = 0; i < probe->layer_count; i++) {
        const struct probe_attention *a = probe->layers[i].attention;
        if (!a)
            continue;
        fputs(any ? ",\n    " : ",\n  \"attention\": [\n    ", stream);
        fprintf(stream, "{\"layer\": %" PRIu32, probe->layers[i].number);
        put_cube(stream, "scores", a->scores, a->heads, probe->token_count);
        put_cube(stream, "weights", a->weights, a->heads, probe->token_count);
        putc('}', stream);
        any = true;
    }
    fputs(any ? "\n  ]" : "", stream);
}

/* A text out of a model, as JSON has it; false: no memory. */
static bool put_text(FILE *stream, const char *key, const char *text)
{
    char *sound = memory_array(text_repaired_size(text), 1);
    if (sound)
        text_repair(sound, text);
    cJSON *item = sound ? cJSON_CreateString(sound) : NULL;
    char *quoted = item ? cJSON_PrintUnformatted(item) : NULL;
    if (quoted)
        fprintf(stream, ",\n  \"%s\": %s", key, quoted);
    cJSON_free(quoted);
    cJSON_Delete(item);
    memory_free(sound);
    return quoted != NULL;
}

static bool put_generated(FILE *stream, const struct probe_report *report)
{
    const struct probe *probe = report->probe;
    char *text = NULL;
    size_t length;
    fputs(",\n", stream);
    put_ids(stream, "generated", probe->generated, probe->generated_count);
    if (!report->tokenizer)
        return true;
    bool done = tokenizer_decode(report->tokenizer, probe->generated, probe->generated_count, &text,
                                 &length, NULL) == STATUS_OK &&
                put_text(stream, "text", text);
    memory_free(text);
    return done;
}

bool probe_print_json(FILE *stream, const struct probe_report *report)
{
    const struct probe *probe = report->probe;
    fputs("{\n", stream);
    put_ids(stream, "tokens", probe->tokens, probe->token_count);
    fputs(",\n  \"logits\": ", stream);
    if (probe->logits)
        put_floats(stream, probe->logits, probe->vocabulary);
    else
        fputs("null", stream);
    if (probe->top)
        put_top(stream, probe);
    else
        fputs(",\n  \"top\": []", stream);
    put_attention(stream, probe);
    bool done = !report->generates || put_generated(stream, report);
    fputs("\n}\n", stream);
    return done;
}
