/* fuzz.h: hostile files, one target a parser. A target takes any bytes, hands them to its parser as
 * a file and uses what comes out; it keeps nothing from one call to the next. libFuzzer drives it
 * (`make fuzz`), and the ordinary tests run it over every file of tests/fuzz/corpus. */
#ifndef ROPESCOPE_FUZZ_H
#define ROPESCOPE_FUZZ_H

#include "ropescope/model.h"

/* ---- the targets (targets.c, and a file each) ---------------------------- */

typedef void fuzz_target(const uint8_t *bytes, size_t size);
fuzz_target fuzz_adapter, fuzz_angles, fuzz_changes, fuzz_config, fuzz_gguf, fuzz_gguf_set,
    fuzz_index, fuzz_llama2c, fuzz_pickle, fuzz_probe, fuzz_quantised, fuzz_safetensors,
    fuzz_settings, fuzz_slices, fuzz_theme, fuzz_thresholds, fuzz_tokenizer_gguf,
    fuzz_tokenizer_json, fuzz_tokenizer_llama2c, fuzz_torch;

struct fuzz_entry {
    const char *name; /* of its folder in tests/fuzz/corpus */
    fuzz_target *run;
};
extern const struct fuzz_entry fuzz_targets[]; /* ends with name NULL */

/* What libFuzzer calls (libfuzzer.c). */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* ---- files (files.c) ----------------------------------------------------- */

/* TARGET/NAME in a directory of the process, in memory where the system has that; it goes when the
 * process ends. Valid until the next call. */
const char *fuzz_path(const char *target, const char *name);
void fuzz_put(const char *target, const char *name, const void *bytes, size_t size);
/* A file that is the same in every call. `data` zero bytes are put behind it. */
void fuzz_put_once(const char *target, const char *name, const void *bytes, size_t size,
                   size_t data);
/* The same: the header of a safetensors file whose numbers are all zero. */
void fuzz_put_tensors(const char *target, const char *name, const char *header, size_t data);

/* Two files in one: the text before the first NUL, and all behind it. */
struct fuzz_parts {
    const uint8_t *text, *rest;
    size_t text_size, rest_size;
};
struct fuzz_parts fuzz_split(const uint8_t *bytes, size_t size);
/* Two files in one, too, whatever is in them: the size of the first, in two bytes, stands before
 * it; what is too large is all there is. */
struct fuzz_parts fuzz_cut(const uint8_t *bytes, size_t size);
/* Ends the process, as a fault would, where something that no file may upset is not so. */
void fuzz_expect(bool holds, const char *what);
/* Little-endian XXH3 of `size` bytes at `bytes`, put behind them. */
void fuzz_seal(uint8_t *bytes, size_t size);
/* A copy with its last 8 bytes sealed, or NULL where it is shorter; the caller frees. */
uint8_t *fuzz_sealed(const uint8_t *bytes, size_t size);

/* ---- weights (weights.c) ------------------------------------------------- */

/* Opens what lies at a path, with an adapter over it (NULL: none), reads rows of its tensors, makes
 * the model, reads the rows of its pairs, and folds the gains of its norms into them. */
void fuzz_weights(const char *path, const char *adapter);
/* A config and weights of a small Llama in the target's directory. */
void fuzz_put_llama(const char *target);
/* The model of them, to hold other files against; the caller frees it. */
struct model *fuzz_llama(const char *target);

/* ---- tokenizers (tokenizers.c) ------------------------------------------- */

/* Opens the tokenizer at a path, encodes the text (NULL: one of its own) and decodes it again. */
void fuzz_tokenizer(const char *path, const uint8_t *text, size_t size);

#endif
