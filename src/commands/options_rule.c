/* options_rule.c: readers of the flags that say the rule, the mask it makes and the LoRA it is
 * for. */
#include "options_rule.h"

#include <string.h>

bool read_threshold(struct options *options, const char *value)
{
    double threshold;
    if (!text_to_double(value, &threshold) || threshold < 0 || threshold > 1)
        return false;
    options->rule.threshold = (float)threshold;
    options->has_fixed = false;
    return true;
}

/* "30" or "30%". */
bool read_fixed(struct options *options, const char *value)
{
    char number[TEXT_NUMBER];
    size_t length = strcspn(value, "%");
    bool sound = text_format(number, sizeof number, "%.*s", (int)length, value) &&
                 (value[length] == '\0' || value[length + 1] == '\0') &&
                 text_to_double(number, &options->fixed);
    return options->has_fixed = sound && options->fixed >= 0 && options->fixed <= 100;
}

bool read_first_layer(struct options *options, const char *value)
{
    return text_to_u32(value, &options->rule.first_layer);
}

bool read_projection(struct options *options, const char *value)
{
    bool both = strcmp(value, "both") == 0;
    options->rule.projection[PROJECTION_QUERY] = both || strcmp(value, "query") == 0;
    options->rule.projection[PROJECTION_KEY] = both || strcmp(value, "key") == 0;
    return options->rule.projection[PROJECTION_QUERY] || options->rule.projection[PROJECTION_KEY];
}

bool read_thresholds(struct options *options, const char *value)
{
    options->thresholds = value;
    return *value != '\0';
}

bool read_random(struct options *options, const char *value)
{
    (void)value;
    return options->random = true;
}

bool read_seed(struct options *options, const char *value)
{
    return text_to_u32(value, &options->seed);
}

bool read_mask_format(struct options *options, const char *value)
{
    return options->has_mask_format = mask_format_from_name(value, &options->mask_format);
}

bool read_row_order(struct options *options, const char *value)
{
    return options->has_row_order = row_order_from_name(value, &options->row_order);
}

bool read_lora_preset(struct options *options, const char *value)
{
    const struct training_preset *preset = training_preset_named(value);
    if (preset)
        options->training = preset->training;
    return preset != NULL;
}

bool read_lora_rank(struct options *options, const char *value)
{
    enum { RANK_MOST = 1 << 16 };
    uint32_t *rank = &options->training.rank;
    return text_to_u32(value, rank) && *rank > 0 && *rank <= RANK_MOST;
}

bool read_lora_targets(struct options *options, const char *value)
{
    options->training.targets = value;
    return *value != '\0';
}

bool read_lora_dtype(struct options *options, const char *value)
{
    static const struct {
        const char *name;
        enum dtype dtype;
    } names[] = {{"f32", DTYPE_F32}, {"bf16", DTYPE_BF16}, {"f16", DTYPE_F16}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i].name) == 0) {
            options->training.dtype = names[i].dtype;
            return true;
        }
    return false;
}
