/* tokenizer_llama2c.c: tokenizer.bin of llama2.c: the longest length, then for each token its
 * score, its length and its bytes, spaces as they are. Ids 0 to 2 are <unk>, <s>, </s>, then come
 * 256 of bytes. Pairs merge by the best score (encode of run.c). */
#include "tokenizer_parts.h"

#include "checkpoint/load.h"

#include <string.h>

enum { FILE_MAX = 1 << 26, SPECIALS = 3, BYTES = 256, LENGTH_MAX = 4096 };

static enum status read_piece(struct vocabulary *vocabulary, const unsigned char *data, size_t size,
                              size_t *at, const char *path, struct error *err)
{
    size_t id = vocabulary->count;
    uint32_t bits = size - *at >= 8 ? load32(data + *at) : 0;
    uint32_t length = size - *at >= 8 ? load32(data + *at + 4) : UINT32_MAX;
    if (length > LENGTH_MAX || length > size - *at - 8)
        return error_set(err, STATUS_FAILED,
                         "%s: token %zu at byte %zu: the file ends in it, or is no tokenizer of "
                         "llama2.c",
                         path, id, *at);
    enum status status =
        vocabulary_set(vocabulary, id, (const char *)data + *at + 8, length, path, err);
    if (status != STATUS_OK)
        return status;
    struct piece *piece = &vocabulary->pieces[id];
    memcpy(&piece->score, &bits, sizeof bits);
    piece->special = id < SPECIALS;
    piece->literal = id < SPECIALS + BYTES;
    *at += 8 + (size_t)length;
    if (piece->score != piece->score)
        return error_set(err, STATUS_FAILED, "%s: token %zu: its score is no number", path, id);
    return STATUS_OK;
}

static enum status read_all(struct tokenizer *tokenizer, const unsigned char *data, size_t size,
                            const char *path, struct error *err)
{
    struct vocabulary *vocabulary = &tokenizer->vocabulary;
    enum status status = STATUS_OK;
    for (size_t at = 4; at < size && status == STATUS_OK;)
        status = read_piece(vocabulary, data, size, &at, path, err);
    if (status == STATUS_OK && vocabulary->count < SPECIALS + BYTES)
        return error_set(err, STATUS_FAILED, "%s: %zu tokens, a tokenizer of llama2.c has %d", path,
                         vocabulary->count, SPECIALS + BYTES);
    if (status == STATUS_OK)
        status = vocabulary_index(vocabulary, err);
    return status;
}

enum status tokenizer_read_llama2c(struct tokenizer *tokenizer, const char *path, struct error *err)
{
    char *text;
    size_t size;
    enum status status = file_read(path, FILE_MAX, &text, &size, err);
    if (status != STATUS_OK)
        return status;
    status = read_all(tokenizer, (const unsigned char *)text, size, path, err);
    memory_free(text);
    if (status != STATUS_OK)
        return status;
    for (int32_t byte = 0; byte < BYTES; byte++)
        tokenizer->vocabulary.byte_ids[byte] = SPECIALS + byte;
    struct step *space = steps_add(&tokenizer->normalizer, STEP_PREPEND);
    space->from = "";
    space->to = " ";
    tokenizer->bpe.scores = tokenizer->bpe.byte_fallback = true;
    tokenizer->bpe.unknown = ID_NONE;
    tokenizer->strip_first = true;
    tokenizer->before[tokenizer->before_count++] = 1;
    tokenizer->kind = "SentencePiece-style BPE of llama2.c";
    return tokenizer_finish(tokenizer, err);
}
