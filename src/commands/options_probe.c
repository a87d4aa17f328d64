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

bool read_probe_layers(struct options *options, const char *value)
{
    return text_to_u32(value, &options->run_layers) && options->run_layers > 0;
}

bool read_probe_generate(struct options *options, const char *value)
{
    enum { MOST = 1 << 20 };
    return text_to_u32(value, &options->generate) && options->generate > 0 &&
           options->generate <= MOST;
}
