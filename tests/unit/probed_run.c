/* probed_run.c: a model that ran over a made text. */
#include "probed_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIXTURES "tests/fixtures/probe/"

/* Words that are long, wide, or begin with a space, as tokens do. */
static const char *const words[PROBED_TOKENS] = {"The",
                                                 " quick",
                                                 " brown",
                                                 " fox",
                                                 " jumps",
                                                 " over",
                                                 " the",
                                                 " lazy",
                                                 " dog",
                                                 ",",
                                                 " and",
                                                 " an",
                                                 " extraordinarily",
                                                 " large",
                                                 " \xe6\xbc\xa2\xe5\xad\x97",
                                                 "?",
                                                 " was",
                                                 " never",
                                                 " seen",
                                                 " again",
                                                 ".",
                                                 "#44",
                                                 " End",
                                                 "ing"};

struct probed_run probed_run_open(const char *family, const size_t *attention,
                                  size_t attention_count)
{
    static const size_t all[] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct probed_run run = {0};
    struct error err = {0};
    uint32_t tokens[PROBED_TOKENS];
    char path[PATH_BYTES];
    const struct session_options options = {.no_cache = true, .threads = 1};
    const struct model_options context = {.context = PROBED_TOKENS};
    for (uint32_t i = 0; i < PROBED_TOKENS; i++)
        tokens[i] = (i * i * 7 + 5 * i + 3) % 61;
    text_format(path, sizeof path, FIXTURES "%s", family);
    if (session_open(path, &options, &run.session, &err) != STATUS_OK ||
        session_wait(run.session, NULL, NULL, &err) != STATUS_OK ||
        source_locate(path, &run.source, &err) != STATUS_OK ||
        checkpoint_open(run.source, &run.checkpoint, &err) != STATUS_OK ||
        model_open(run.checkpoint, &context, &run.model, &err) != STATUS_OK)
        fail_msg("%s: %s", path, err.what);
    const struct probe_request request = {
        .tokens = tokens,
        .token_count = PROBED_TOKENS,
        .attention = attention ? attention : all,
        .attention_count = attention ? attention_count : run.model->layer_count,
        .threads = 1,
    };
    if (probe_run(run.checkpoint, run.model, &request, NULL, &run.probe, &err) != STATUS_OK)
        fail_msg("%s: %s", path, err.what);
    run.probed = (struct probed){run.probe, run.model, words};
    return run;
}

void probed_run_close(struct probed_run *run)
{
    probe_free(run->probe);
    model_free(run->model);
    checkpoint_close(run->checkpoint);
    source_close(run->source);
    session_close(run->session);
}
