/* tokenizer.h: text to token ids and back, as the tokenizer of a model does it: byte-pair
 * vocabularies of tokenizer.json (byte-level and SentencePiece-style), of llama2.c and of GGUF
 * files, and bytes for models of 256 tokens. Other kinds are refused by name. */
#ifndef ROPESCOPE_TOKENIZER_H
#define ROPESCOPE_TOKENIZER_H

#include "ropescope/support.h"

ROPESCOPE_BEGIN

struct tokenizer;

/* Finds and reads the tokenizer of a model: `path` is its directory, one of its files, or a file of
 * a tokenizer itself (tokenizer.json, tokenizer.bin of llama2.c, a GGUF file). The caller closes
 * *out. Afterwards it is constant: any thread may use it. */
enum status tokenizer_open(const char *path, struct tokenizer **out, struct error *err);
void tokenizer_close(struct tokenizer *tokenizer); /* NULL: nothing */

/* Ids run from 0 to below this; not each of them need be in use. */
uint32_t tokenizer_count(const struct tokenizer *tokenizer);
/* What it is and where it was found, for a person: "byte-level BPE (/x/tokenizer.json)". Borrowed.
 */
const char *tokenizer_words(const struct tokenizer *tokenizer);

/* The ids of `length` bytes of UTF-8 (which may hold NUL). With `add_special` also those that the
 * tokenizer puts before and behind a text. The caller frees *ids with memory_free; where there are
 * none, it is NULL. */
enum status tokenizer_encode(const struct tokenizer *tokenizer, const char *text, size_t length,
                             bool add_special, uint32_t **ids, size_t *count, struct error *err);

/* The bytes of one token (borrowed; they need not be whole characters), for text that is written as
 * it comes. `first`: nothing but special tokens came before, so that the space is left out which
 * the tokenizer had put before the text. Special tokens such as <s> have none, nor do unknown ids.
 */
const char *tokenizer_bytes(const struct tokenizer *tokenizer, uint32_t id, bool first,
                            size_t *length);
/* Whether the id is one that no text has, such as <s>: tokenizer_bytes tells nothing of it. */
bool tokenizer_is_special(const struct tokenizer *tokenizer, uint32_t id);
/* All bytes of `count` tokens, with a NUL behind them; the caller frees *text with memory_free. */
enum status tokenizer_decode(const struct tokenizer *tokenizer, const uint32_t *ids, size_t count,
                             char **text, size_t *length, struct error *err);

ROPESCOPE_END

#endif
