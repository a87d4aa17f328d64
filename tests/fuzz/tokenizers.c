/* tokenizers.c: what is done with every tokenizer that opens. */
#include "fuzz.h"

#include "ropescope/tokenizer.h"

static const char sample[] =
    "Hello  world, it's 1234.5 <s></s> \n\tna\xC3\xAFve \xE4\xBD\xA0\xE5\xA5\xBD "
    "\xF0\x9F\xA6\x99 <|end|> zzz";

static void decode(const struct tokenizer *tokenizer, const uint32_t *ids, size_t count)
{
    char *text;
    size_t length;
    struct error err = {0};
    if (tokenizer_decode(tokenizer, ids, count, &text, &length, &err) != STATUS_OK)
        return;
    fuzz_expect(text[length] == '\0', "a text ends with NUL");
    memory_free(text);
}

static void encode(const struct tokenizer *tokenizer, const char *text, size_t size, bool special)
{
    uint32_t *ids;
    size_t count;
    struct error err = {0};
    if (tokenizer_encode(tokenizer, text, size, special, &ids, &count, &err) != STATUS_OK)
        return;
    for (size_t i = 0; i < count; i++)
        fuzz_expect(ids[i] < tokenizer_count(tokenizer), "an id is in the vocabulary");
    decode(tokenizer, ids, count);
    memory_free(ids);
}

/* Every token, also the first ids past the last. */
static void spell(const struct tokenizer *tokenizer)
{
    enum { MOST = 4096 };
    size_t sum = 0;
    for (uint32_t id = 0; id < MOST && id < tokenizer_count(tokenizer) + 2; id++) {
        size_t length = 0;
        const char *bytes = tokenizer_bytes(tokenizer, id, id % 2 == 0, &length);
        for (size_t i = 0; i < length; i++)
            sum += (unsigned char)bytes[i];
        sum += tokenizer_is_special(tokenizer, id);
    }
    fuzz_expect(sum < SIZE_MAX, "there is an end");
}

void fuzz_tokenizer(const char *path, const uint8_t *text, size_t size)
{
    struct tokenizer *tokenizer;
    struct error err = {0};
    if (tokenizer_open(path, &tokenizer, &err) != STATUS_OK)
        return;
    encode(tokenizer, sample, sizeof sample - 1, true);
    if (text && size > 0)
        encode(tokenizer, (const char *)text, size, false);
    spell(tokenizer);
    tokenizer_close(tokenizer);
}
