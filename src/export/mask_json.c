/* mask_json.c: a mask as JSON with ranges of frozen rows, for people without PyTorch: a tensor a
 * line, each printed by cJSON, so that millions of rows cost no memory. */
#include "export/interrupted.h"
#include "mask_about.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

/* ,[first,end] behind the others. */
static bool add_range(cJSON *ranges, uint64_t first, uint64_t end)
{
    const double both[2] = {(double)first, (double)end};
    cJSON *range = cJSON_CreateDoubleArray(both, 2);
    return range && cJSON_AddItemToArray(ranges, range);
}

static bool add_ranges(cJSON *ranges, const struct mask_tensor *tensor)
{
    for (uint64_t row = 0; row < tensor->rows; row++) {
        uint64_t first = row;
        while (row < tensor->rows && !tensor->trainable[row])
            row++;
        if (row > first && !add_range(ranges, first, row))
            return false;
    }
    return true;
}

/* "name":{"shape":[...],"frozen":[...]}, freed with cJSON_free; NULL: no memory. */
static char *tensor_text(const struct mask_tensor *tensor, bool weight)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *shape = cJSON_AddArrayToObject(object, "shape");
    cJSON *ranges = cJSON_AddArrayToObject(object, "frozen");
    bool sound = shape && ranges &&
                 cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)tensor->rows)) &&
                 (!weight || cJSON_AddItemToArray(shape, cJSON_CreateNumber(1))) &&
                 add_ranges(ranges, tensor);
    char *text = sound ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    return text;
}

enum outcome { WRITTEN, NO_MEMORY, NOT_WRITTEN };

static enum outcome put_member(FILE *stream, const char *before, const char *name, char *value)
{
    cJSON *key = cJSON_CreateString(name);
    char *quoted = key ? cJSON_PrintUnformatted(key) : NULL;
    enum outcome outcome = NO_MEMORY;
    if (quoted && value)
        outcome = fprintf(stream, "%s%s:%s", before, quoted, value) < 0 ? NOT_WRITTEN : WRITTEN;
    cJSON_Delete(key);
    cJSON_free(quoted);
    cJSON_free(value);
    return outcome;
}

static enum outcome put_about(FILE *stream, const struct mask *mask)
{
    cJSON *about = mask_about(mask);
    char *text = about ? cJSON_PrintUnformatted(about) : NULL;
    cJSON_Delete(about);
    return put_member(stream, "{\n", "metadata", text);
}

static enum outcome put_tensors(FILE *stream, const struct mask *mask)
{
    enum outcome outcome = WRITTEN;
    for (size_t i = 0; i < mask->count && outcome == WRITTEN && !table_interrupted(0); i++) {
        const struct mask_tensor *tensor = &mask->tensors[i];
        outcome =
            put_member(stream, i == 0 ? "\n" : ",\n", tensor->weight, tensor_text(tensor, true));
        if (tensor->bias && outcome == WRITTEN)
            outcome = put_member(stream, ",\n", tensor->bias, tensor_text(tensor, false));
    }
    return outcome;
}

enum status mask_write_json(const struct mask *mask, FILE *stream, struct error *err)
{
    enum outcome outcome = put_about(stream, mask);
    if (outcome == WRITTEN && fputs(",\n\"tensors\":{", stream) == EOF)
        outcome = NOT_WRITTEN;
    if (outcome == WRITTEN)
        outcome = put_tensors(stream, mask);
    if (outcome == NO_MEMORY)
        return error_memory(err);
    if (table_interrupted(0))
        return error_set(err, STATUS_CANCELLED, "interrupted");
    /* A full disk shows when the buffer is sent, which may be only now. */
    if (outcome == NOT_WRITTEN || fputs("\n}}\n", stream) == EOF || fflush(stream) != 0 ||
        ferror(stream))
        return error_set(err, STATUS_FAILED, "cannot write JSON: %s", strerror(errno));
    return STATUS_OK;
}
