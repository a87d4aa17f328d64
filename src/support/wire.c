/* wire.c: numbers and texts of a record, written and read by the same calls. */
#include "support/wire.h"

#include <string.h>

struct wire wire_writer(void)
{
    return (struct wire){.writing = true};
}

struct wire wire_reader(const unsigned char *data, size_t size, struct arena *arena)
{
    return (struct wire){.data = (unsigned char *)(uintptr_t)data, .size = size, .arena = arena};
}

void wire_free(struct wire *wire)
{
    memory_free(wire->data);
    *wire = (struct wire){.writing = true};
}

/* The next `count` bytes, to be filled by a writer or taken by a reader; NULL on failure. */
static unsigned char *next_bytes(struct wire *wire, size_t count)
{
    if (wire->failed)
        return NULL;
    if (!wire->writing) {
        if (count > wire->size - wire->at) {
            wire->failed = true;
            return NULL;
        }
        wire->at += count;
        return wire->data + wire->at - count;
    }
    if (count > wire->room - wire->size) {
        size_t room = 2 * wire->room + count + 256;
        unsigned char *grown = memory_grow(wire->data, room, 1);
        if (!grown) {
            wire->failed = true;
            return NULL;
        }
        wire->data = grown;
        wire->room = room;
    }
    wire->size += count;
    return wire->data + wire->size - count;
}

static void wire_little_endian(struct wire *wire, uint64_t *value, int bytes)
{
    unsigned char *at = next_bytes(wire, (size_t)bytes);
    if (!at) {
        if (!wire->writing)
            *value = 0;
        return;
    }
    if (wire->writing) {
        for (int i = 0; i < bytes; i++)
            at[i] = (unsigned char)(*value >> 8 * i);
        return;
    }
    *value = 0;
    for (int i = 0; i < bytes; i++)
        *value |= (uint64_t)at[i] << 8 * i;
}

void wire_u32(struct wire *wire, uint32_t *value)
{
    uint64_t wide = *value;
    wire_little_endian(wire, &wide, 4);
    *value = (uint32_t)wide;
}

void wire_u64(struct wire *wire, uint64_t *value)
{
    wire_little_endian(wire, value, 8);
}

void wire_text(struct wire *wire, const char **text)
{
    static const uint32_t absent = UINT32_MAX;
    const char *written = wire->writing ? *text : NULL;
    uint32_t length = written ? (uint32_t)strlen(written) : absent;
    wire_u32(wire, &length);
    if (!wire->writing)
        *text = NULL;
    if (length == absent || wire->failed)
        return;
    unsigned char *at = next_bytes(wire, length);
    if (!at)
        return;
    if (written)
        memcpy(at, written, length); // NOLINT(bugprone-not-null-terminated-result): its length says
    else if (memchr(at, '\0', length) || !(*text = arena_text(wire->arena, (char *)at, length)))
        wire->failed = true;
}

void wire_bytes(struct wire *wire, const void *from, size_t count)
{
    unsigned char *at = next_bytes(wire, count);
    if (at && count > 0)
        memcpy(at, from, count);
}

void wire_align(struct wire *wire)
{
    size_t at = wire->writing ? wire->size : wire->at;
    unsigned char *padding = next_bytes(wire, (8 - at % 8) % 8);
    if (padding && wire->writing)
        memset(padding, 0, (8 - at % 8) % 8);
}

static void swap_numbers(unsigned char *at, size_t count, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (size_t i = 0; i < count; i++, at += size) {
        for (size_t low = 0, high = size - 1; low < high; low++, high--) {
            unsigned char byte = at[low];
            at[low] = at[high];
            at[high] = byte;
        }
    }
#else
    (void)at, (void)count, (void)size;
#endif
}

static unsigned char *wire_numbers(struct wire *wire, const void *from, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        wire->failed = true;
        return NULL;
    }
    unsigned char *at = next_bytes(wire, bytes);
    if (!at)
        return NULL;
    if (wire->writing && bytes > 0)
        memcpy(at, from, bytes);
    swap_numbers(at, count, size);
    return at;
}

const double *wire_doubles(struct wire *wire, const double *from, size_t count)
{
    return (const double *)(const void *)wire_numbers(wire, from, count, sizeof *from);
}

const float *wire_floats(struct wire *wire, const float *from, size_t count)
{
    return (const float *)(const void *)wire_numbers(wire, from, count, sizeof *from);
}
