/* probe_out.h: what a probe prints. Only the command probe includes this. */
#ifndef ROPESCOPE_COMMANDS_PROBE_OUT_H
#define ROPESCOPE_COMMANDS_PROBE_OUT_H

#include "ropescope/probe.h"
#include "ropescope/tokenizer.h"

/* All that is to be told; the tokenizer may be NULL: then tokens are their ids. */
struct probe_report {
    const struct model *model;
    const struct probe *probe;
    const struct tokenizer *tokenizer;
    bool generates;
};
void probe_print_text(FILE *stream, const struct probe_report *report);
/* One object; false: no memory. Numbers read back as the same float32, what is not finite is null.
 */
bool probe_print_json(FILE *stream, const struct probe_report *report);

#endif
