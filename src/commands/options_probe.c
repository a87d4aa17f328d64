/* options_probe.c: readers of the flags that say what a probe runs. */
#include "options_probe.h"

#include <string.h>

/* Whole numbers with commas between them. */
static bool is_list(const char *value)
{
    bool digits = false;
    for (; *value; value++) {
        if (*value >= '0' && *value <= '9')
            digits = true;
        else if (*value == ',' && digits)
            digits = false;
        else
            return false;
    }
    return digits;
}

bool read_probe_tokens(struct options *options, const char *value)
{
    options->tokens = value;
    return is_list(value);
}

bool read_probe_tokens_file(struct options *options, const char *value)
{
    options->tokens_file = value;
    return *value != '\0';
}

bool read_probe_text(struct options *options, const char *value)
{
    options->text = value;
    return *value != '\0';
}

bool read_probe_vocabulary(struct options *options, const char *value)
{
    (void)value;
    return options->vocabulary = true;
}

bool read_probe_attention(struct options *options, const char *value)
{
    options->attention_layers = value;
    return is_list(value);
}

/* "0", or "0..N": a run begins with the first layer. */
bool read_probe_layers(struct options *options, const char *value)
{
    uint32_t last = 0;
    bool good =
        strcmp(value, "0") == 0 || (strncmp(value, "0..", 3) == 0 && text_to_u32(value + 3, &last));
    options->run_layers = last + 1;
    return good && last < UINT32_MAX;
}

bool read_probe_generate(struct options *options, const char *value)
{
    enum { MOST = 1 << 20 };
    return text_to_u32(value, &options->generate) && options->generate > 0 &&
           options->generate <= MOST;
}
