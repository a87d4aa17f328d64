/* angles.c: an .angles file. Its checksums are made right first, or no changed byte would ever be
 * read; damage without that is what test_angles_file is about. */
#include "fuzz.h"

#include "angles/record.h"
#include "ropescope/analysis.h"

#include <stdlib.h>
#include <string.h>

/* Seals a record and what it holds; returns where the next begins. */
static size_t seal_record(uint8_t *record, size_t left)
{
    uint64_t bytes = 0;
    for (int i = 7; i >= 0; i--)
        bytes = bytes << 8 | record[16 + i];
    size_t held = left - RECORD_HEADER_BYTES;
    if (bytes <= held) {
        uint8_t *payload = record + RECORD_HEADER_BYTES, *copy = malloc((size_t)bytes + 8);
        fuzz_expect(copy != NULL, "there is memory");
        memcpy(copy, payload, (size_t)bytes);
        fuzz_seal(copy, (size_t)bytes);
        memcpy(record + 24, copy + bytes, 8);
        free(copy);
    }
    fuzz_seal(record, RECORD_HEADER_BYTES - 8);
    return bytes <= held ? RECORD_HEADER_BYTES + (size_t)bytes : left;
}

static void seal(uint8_t *file, size_t size)
{
    if (size < FILE_HEADER_BYTES)
        return;
    fuzz_seal(file, FILE_HEADER_BYTES - 8);
    for (size_t at = FILE_HEADER_BYTES; size - at >= RECORD_HEADER_BYTES;)
        at += seal_record(file + at, size - at);
}

static void use(const struct angles *angles)
{
    struct rule rule = RULE_DEFAULT;
    struct tally tally = tally_model(angles, &rule);
    fuzz_expect(tally.fixed <= tally.pairs, "what is fixed is a pair");
    (void)angles_fingerprint(angles);
    (void)correlation_model(angles);
    for (size_t i = 0; i < angles->model->layer_count; i++)
        (void)correlation_layer(angles, i);
}

void fuzz_angles(const uint8_t *bytes, size_t size)
{
    struct angles *angles;
    struct error err = {0};
    uint8_t *copy = malloc(size + 1);
    fuzz_expect(copy != NULL, "there is memory");
    if (size > 0)
        memcpy(copy, bytes, size);
    seal(copy, size);
    fuzz_put("angles", "model.angles", copy, size);
    free(copy);
    if (angles_read(fuzz_path("angles", "model.angles"), &angles, &err) != STATUS_OK)
        return;
    use(angles);
    angles_free(angles);
}
