/* mask_safetensors.c: a mask as a safetensors file of BOOL tensors. The format: 8 bytes with the
 * length of the header, the header (JSON, padded with spaces to a multiple of 8), then the bytes of
 * the tensors without gaps (safetensors 0.8, safetensors/src/tensor.rs). */
#include "export/interrupted.h"
#include "mask_about.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

/* One tensor: columns 1 for a weight, 0 for a bias, which has one size alone. */
static bool add_tensor(cJSON *header, const char *name, uint64_t rows, bool weight,
                       uint64_t *offset)
{
    cJSON *entry = cJSON_CreateObject();
    if (!entry || !cJSON_AddItemToObject(header, name, entry)) {
        cJSON_Delete(entry);
        return false;
    }
    bool sound = cJSON_AddStringToObject(entry, "dtype", "BOOL") != NULL;
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    cJSON *places = cJSON_AddArrayToObject(entry, "data_offsets");
    sound = sound && cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)rows));
    if (weight)
        sound = sound && cJSON_AddItemToArray(shape, cJSON_CreateNumber(1));
    sound = sound && cJSON_AddItemToArray(places, cJSON_CreateNumber((double)*offset));
    *offset += rows;
    return sound && cJSON_AddItemToArray(places, cJSON_CreateNumber((double)*offset));
}

/* The text of the header, freed with cJSON_free; NULL: no memory. */
static char *header_text(const struct mask *mask)
{
    cJSON *header = cJSON_CreateObject(), *about = mask_about(mask);
    uint64_t offset = 0;
    bool sound = header && about && cJSON_AddItemToObject(header, "__metadata__", about);
    if (!sound)
        cJSON_Delete(about);
    for (size_t i = 0; i < mask->count && sound; i++) {
        const struct mask_tensor *tensor = &mask->tensors[i];
        sound = add_tensor(header, tensor->weight, tensor->rows, true, &offset) &&
                (!tensor->bias || add_tensor(header, tensor->bias, tensor->rows, false, &offset));
    }
    char *text = sound ? cJSON_PrintUnformatted(header) : NULL;
    cJSON_Delete(header);
    return text;
}

static bool put_header(FILE *stream, const char *text)
{
    const size_t length = strlen(text), padding = (8 - length % 8) % 8;
    unsigned char size[8];
    for (size_t i = 0; i < 8; i++)
        size[i] = (unsigned char)((uint64_t)(length + padding) >> 8 * i);
    return fwrite(size, 1, 8, stream) == 8 && fwrite(text, 1, length, stream) == length &&
           fwrite("       ", 1, padding, stream) == padding;
}

enum status mask_write_safetensors(const struct mask *mask, FILE *stream, struct error *err)
{
    char *text = header_text(mask);
    if (!text)
        return error_memory(err);
    bool sound = put_header(stream, text);
    cJSON_free(text);
    for (size_t i = 0; i < mask->count && sound; i++) {
        const struct mask_tensor *tensor = &mask->tensors[i];
        if (table_interrupted(0))
            return error_set(err, STATUS_CANCELLED, "interrupted");
        for (int copy = 0; copy < (tensor->bias ? 2 : 1) && sound; copy++)
            sound = fwrite(tensor->trainable, 1, (size_t)tensor->rows, stream) == tensor->rows;
    }
    /* A full disk shows when the buffer is sent, which may be only now. */
    if (!sound || fflush(stream) != 0 || ferror(stream))
        return error_set(err, STATUS_FAILED, "cannot write safetensors: %s", strerror(errno));
    return STATUS_OK;
}
