/* probed_run.h: a model of tests/fixtures/probe that ran over a made text, beside its angles, for
 * tests of what views show of a run. */
#ifndef ROPESCOPE_TESTS_PROBED_RUN_H
#define ROPESCOPE_TESTS_PROBED_RUN_H

#include "ropescope/angles.h"
#include "ropescope/probe.h"

enum { PROBED_TOKENS = 24 };
struct probed_run {
    struct session *session;
    struct source *source;
    struct checkpoint *checkpoint;
    struct model *model;
    struct probe *probe;
    struct probed probed;
};
/* `attention`: indexes of the layers whose attention is kept; NULL: all. Fails the test where the
 * model does not run. Close with probed_run_close. */
struct probed_run probed_run_open(const char *family, const size_t *attention,
                                  size_t attention_count);
void probed_run_close(struct probed_run *run);

#endif
