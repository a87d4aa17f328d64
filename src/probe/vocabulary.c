/* vocabulary.c: two hash tables with open addressing, built once when their number of entries is
 * known: pieces by bytes, and merges by the two ids. At most half of the slots are taken. */
#include "vocabulary.h"

#include <string.h>
#include <xxhash.h>

/* ---- pieces -------------------------------------------------------------- */

static bool reach(struct vocabulary *vocabulary, size_t count)
{
    if (count > vocabulary->room) {
        size_t room = vocabulary->room ? vocabulary->room : 1024;
        while (room < count)
            room *= 2;
        struct piece *grown = memory_grow(vocabulary->pieces, room, sizeof *grown);
        if (!grown)
            return false;
        vocabulary->pieces = grown;
        vocabulary->room = room;
    }
    for (; vocabulary->count < count; vocabulary->count++)
        vocabulary->pieces[vocabulary->count] = (struct piece){0};
    return true;
}

enum status vocabulary_set(struct vocabulary *vocabulary, uint64_t id, const char *bytes,
                           size_t length, const char *what, struct error *err)
{
    if (id >= IDS_MAX || length > UINT32_MAX)
        return error_set(err, STATUS_FAILED, "%s: token id %llu is too large, at most %d are read",
                         what, (unsigned long long)id, IDS_MAX);
    if (!reach(vocabulary, (size_t)id + 1))
        return error_memory(err);
    struct piece *piece = &vocabulary->pieces[id];
    if (piece->bytes)
        return error_set(err, STATUS_FAILED, "%s: token id %llu is given twice", what,
                         (unsigned long long)id);
    piece->bytes = arena_text(&vocabulary->arena, bytes, length);
    piece->length = (uint32_t)length;
    return piece->bytes ? STATUS_OK : error_memory(err);
}

/* A power of two that is at least twice the count. */
static size_t slots_for(size_t count)
{
    size_t slots = 16;
    while (slots < 2 * count)
        slots *= 2;
    return slots;
}

static uint32_t *slot_of(const struct vocabulary *vocabulary, const char *bytes, size_t length)
{
    size_t mask = vocabulary->slot_count - 1;
    for (size_t at = (size_t)XXH3_64bits(bytes, length) & mask;; at = (at + 1) & mask) {
        uint32_t taken = vocabulary->slots[at];
        const struct piece *piece = taken ? &vocabulary->pieces[taken - 1] : NULL;
        if (!piece || (piece->length == length && memcmp(piece->bytes, bytes, length) == 0))
            return &vocabulary->slots[at];
    }
}

enum status vocabulary_index(struct vocabulary *vocabulary, struct error *err)
{
    vocabulary->slot_count = slots_for(vocabulary->count);
    vocabulary->slots = memory_array(vocabulary->slot_count, sizeof *vocabulary->slots);
    if (!vocabulary->slots)
        return error_memory(err);
    for (size_t id = 0; id < vocabulary->count; id++) {
        const struct piece *piece = &vocabulary->pieces[id];
        if (!piece->bytes || piece->literal)
            continue;
        uint32_t *slot = slot_of(vocabulary, piece->bytes, piece->length);
        if (!*slot)
            *slot = (uint32_t)id + 1;
    }
    return STATUS_OK;
}

int32_t vocabulary_find(const struct vocabulary *vocabulary, const char *bytes, size_t length)
{
    return (int32_t)*slot_of(vocabulary, bytes, length) - 1;
}

void vocabulary_find_byte_tokens(struct vocabulary *vocabulary)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char name[8];
        text_format(name, sizeof name, "<0x%02X>", byte);
        vocabulary->byte_ids[byte] = vocabulary_find(vocabulary, name, 6);
    }
}

/* ---- merges -------------------------------------------------------------- */

enum status vocabulary_merge(struct vocabulary *vocabulary, struct merge merge, struct error *err)
{
    if (vocabulary->merge_count == vocabulary->merge_room) {
        size_t room = vocabulary->merge_room ? 2 * vocabulary->merge_room : 1024;
        struct merge *grown = memory_grow(vocabulary->merges, room, sizeof *grown);
        if (!grown)
            return error_memory(err);
        vocabulary->merges = grown;
        vocabulary->merge_room = room;
    }
    vocabulary->merges[vocabulary->merge_count++] = merge;
    return STATUS_OK;
}

static uint32_t *merge_slot_of(const struct vocabulary *vocabulary, uint32_t left, uint32_t right)
{
    const uint32_t pair[2] = {left, right};
    size_t mask = vocabulary->merge_slot_count - 1;
    for (size_t at = (size_t)XXH3_64bits(pair, sizeof pair) & mask;; at = (at + 1) & mask) {
        uint32_t taken = vocabulary->merge_slots[at];
        const struct merge *merge = taken ? &vocabulary->merges[taken - 1] : NULL;
        if (!merge || (merge->left == left && merge->right == right))
            return &vocabulary->merge_slots[at];
    }
}

/* Of a pair that is listed twice the later counts, as a map that is filled in order has it. */
enum status vocabulary_index_merges(struct vocabulary *vocabulary, struct error *err)
{
    vocabulary->merge_slot_count = slots_for(vocabulary->merge_count);
    vocabulary->merge_slots =
        memory_array(vocabulary->merge_slot_count, sizeof *vocabulary->merge_slots);
    if (!vocabulary->merge_slots)
        return error_memory(err);
    for (size_t i = 0; i < vocabulary->merge_count; i++) {
        const struct merge *merge = &vocabulary->merges[i];
        *merge_slot_of(vocabulary, merge->left, merge->right) = (uint32_t)i + 1;
    }
    return STATUS_OK;
}

const struct merge *vocabulary_find_merge(const struct vocabulary *vocabulary, uint32_t left,
                                          uint32_t right)
{
    uint32_t taken = *merge_slot_of(vocabulary, left, right);
    return taken ? &vocabulary->merges[taken - 1] : NULL;
}

void vocabulary_free(struct vocabulary *vocabulary)
{
    arena_free(&vocabulary->arena);
    memory_free(vocabulary->pieces);
    memory_free(vocabulary->slots);
    memory_free(vocabulary->merges);
    memory_free(vocabulary->merge_slots);
    *vocabulary = (struct vocabulary){0};
}

/* ---- GPT-2's alphabet ---------------------------------------------------- */

/* Bytes that print stand for themselves, the others follow from U+0100 on in their order. */
static bool is_itself(uint32_t code)
{
    return (code >= 0x21 && code <= 0x7E) || (code >= 0xA1 && code <= 0xAC) ||
           (code >= 0xAE && code <= 0xFF);
}

static bool byte_of(uint32_t code, char *byte)
{
    if (code < 0x100) {
        *byte = (char)code;
        return is_itself(code);
    }
    code -= 0x100;
    if (code < 0x21)
        *byte = (char)code;
    else if (code < 0x21 + 0x22)
        *byte = (char)(code - 0x21 + 0x7F); /* 0x7F..0xA0 */
    else
        *byte = (char)0xAD;
    return code <= 0x21 + 0x22;
}

bool alphabet_bytes(const char *text, size_t length, char *out, size_t *bytes)
{
    *bytes = 0;
    for (size_t at = 0, step; at < length; at += step) {
        uint32_t code = text_decode(text + at, &step);
        if (step == 0 || !byte_of(code, &out[(*bytes)++]))
            return false;
    }
    return true;
}
