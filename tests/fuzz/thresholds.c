/* thresholds.c: the lines of a rule as CSV; what was read is written and read again. */
#include "fuzz.h"

#include "ropescope/awm.h"
#include "ropescope/export.h"

#include <stdio.h>
#include <stdlib.h>

static void again(const struct awm *awm, const struct model *model)
{
    char *text = NULL;
    size_t size = 0;
    struct awm copy = {0};
    struct error err = {0};
    FILE *stream = open_memstream(&text, &size);
    fuzz_expect(stream && rule_write_csv(awm, stream, &err) == STATUS_OK && fclose(stream) == 0,
                "a rule can be written");
    fuzz_put("thresholds", "again.csv", text, size);
    free(text);
    fuzz_expect(rule_read_csv(fuzz_path("thresholds", "again.csv"), model, &copy, &err) ==
                        STATUS_OK &&
                    copy.line_count == awm->line_count,
                "what was written reads back");
    awm_free(&copy);
}

void fuzz_thresholds(const uint8_t *bytes, size_t size)
{
    struct awm awm = {0};
    struct error err = {0};
    struct model *model = fuzz_llama("thresholds");
    fuzz_put("thresholds", "rule.csv", bytes, size);
    if (rule_read_csv(fuzz_path("thresholds", "rule.csv"), model, &awm, &err) == STATUS_OK)
        again(&awm, model);
    awm_free(&awm);
    model_free(model);
}
