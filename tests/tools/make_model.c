/* make_model.c: writes a model directory of any size, for scripts and measurements:
 * make_model DIRECTORY [--layers N] [--heads N] [--kv-heads N] [--head-dim N] [--hidden N]
 *            [--others N] [--dtype F32|F16|BF16|F64] [--seed N] */
#include "../unit/made_model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_number(const char *text, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *out = value;
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && value <= most;
}

static bool read_dtype(const char *text, enum made_dtype *dtype)
{
    for (int i = 0; i < MADE_DTYPES; i++) {
        if (strcmp(made_dtype_name[i], text) == 0) {
            *dtype = (enum made_dtype)i;
            return true;
        }
    }
    return false;
}

static bool read_flag(struct made_model *model, const char *flag, const char *text)
{
    const struct {
        const char *flag;
        uint32_t *value;
    } counts[] = {
        {"--layers", &model->layers},     {"--heads", &model->heads},
        {"--kv-heads", &model->kv_heads}, {"--head-dim", &model->head_dim},
        {"--hidden", &model->hidden},     {"--others", &model->others},
    };
    uint64_t value;
    if (strcmp(flag, "--dtype") == 0)
        return read_dtype(text, &model->dtype);
    if (strcmp(flag, "--seed") == 0)
        return read_number(text, UINT64_MAX, &model->seed);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (strcmp(counts[i].flag, flag) != 0)
            continue;
        bool good = read_number(text, UINT32_MAX, &value);
        *counts[i].value = (uint32_t)value;
        return good;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct made_model model = {
        .layers = 4, .heads = 4, .kv_heads = 2, .head_dim = 16, .hidden = 64, .dtype = MADE_BF16};
    for (int i = 2; i < argc; i += 2) {
        if (i + 1 == argc || !read_flag(&model, argv[i], argv[i + 1])) {
            fprintf(stderr, "make_model: %s: no such flag, or no good value\n", argv[i]);
            return 2;
        }
    }
    if (argc < 2 || !made_model_write(&model, argv[1])) {
        fprintf(stderr, "make_model: %s: %s\n", argc < 2 ? "DIRECTORY" : argv[1],
                argc < 2 ? "none was given" : strerror(errno));
        return argc < 2 ? 2 : 1;
    }
    printf("%" PRIu64 "\n", made_model_bytes(&model));
    return 0;
}
