/* stats.h: the parts of `ropescope stats`. Only commands/ includes this. */
#ifndef ROPESCOPE_STATS_H
#define ROPESCOPE_STATS_H

#include "commands.h"

/* The budget of the LoRA that the flags name. Where they name no modules and the model has none of
 * the default ones, all linear modules carry it: *training is what was counted. */
enum status stats_budget(const struct options *options, const struct angles *angles,
                         const struct awm *awm, struct training *training, struct budget *out,
                         struct error *err);
/* All numbers as one JSON object on standard output. */
enum status stats_print_json(const struct options *options, const struct angles *angles,
                             const struct awm *awm, struct error *err);

#endif
