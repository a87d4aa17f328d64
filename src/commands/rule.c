/* rule.c: the flags as the whole rule of a mask. */
#include "commands.h"

#include <string.h>

bool flag_was_given(const struct options *options, const char *name)
{
    const struct flag *flag = flags_named(name, strlen(name), options->command->bit);
    return flag && options_given(options, flag);
}

enum status rule_of_options(const struct options *options, const struct angles *angles,
                            struct awm *awm, struct error *err)
{
    const struct rule base = options_with_threshold(options, angles).rule;
    awm_init(awm, &base);
    awm->random = options->random;
    awm->seed = options->seed;
    if (flag_was_given(options, "seed") && !options->random)
        return error_set(err, STATUS_USAGE, "--seed is that of --random, which was not asked for");
    if (!options->thresholds)
        return STATUS_OK;
    enum status status = rule_read_csv(options->thresholds, angles->model, awm, err);
    /* What was typed just now says more than what a file said of everything. */
    if (flag_was_given(options, "threshold") || flag_was_given(options, "fixed"))
        awm->base.threshold = base.threshold;
    return status;
}
