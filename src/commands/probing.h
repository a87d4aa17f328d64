/* probing.h: a model run over the text that the command line names, in the background or waited
 * for. Only commands/ includes this. */
#ifndef ROPESCOPE_COMMANDS_PROBING_H
#define ROPESCOPE_COMMANDS_PROBING_H

#include "commands.h"
#include "ropescope/probe.h"
#include "ropescope/tokenizer.h"

/* All that a run opens. Zero-initialise; free with probing_close, which cancels it. */
struct probing {
    const struct options *options; /* borrowed */
    char path[PATH_BYTES];         /* of the model: the demo model where none was named */
    struct source *source, *adapter;
    struct checkpoint *checkpoint;
    struct model *model;         /* its frequencies are those of a text so long */
    bool vocabulary;             /* no text: every token, in the first layer */
    struct tokenizer *tokenizer; /* NULL: none was found, or asked for yet */
    uint32_t *tokens;            /* (token_count) */
    size_t token_count;
    size_t *attention; /* (attention_count) indexes of layers whose attention is kept */
    size_t attention_count;
    struct probed probed; /* what views take, once it is over */
    char **words;         /* (token_count) printable; owned */
    struct pool *pool;    /* NULL: not started, or over */
    struct progress progress;
    _Atomic bool cancel, done;
    struct wake wake; /* readable when it is over */
    struct probe *probe;
    enum status status; /* how it ended */
    struct error error;
};

/* What an earlier run left in the cache, where no text is named; nothing where there is none. */
void probing_recall(struct probing *probing, const struct session *session);
/* Leaves the vectors of a run there. */
void probing_keep(const struct probing *probing, const struct session *session);
/* Whether the command line names a text. */
bool probing_is_asked(const struct options *options);
/* Finds the tokens and opens the model. `every_layer`: the attention of all layers is kept, where
 * that is no more than memory bears, else of those of --attention-layers. */
enum status probing_open(struct probing *probing, const struct options *options, bool every_layer,
                         struct error *err);
enum status probing_start(struct probing *probing, struct error *err);
/* Takes over what has ended; true: it has just done so. */
bool probing_poll(struct probing *probing);
bool probing_runs(const struct probing *probing);
int probing_wake_fd(const struct probing *probing); /* -1: it does not run */
/* Waits for the end, with progress on a terminal. */
enum status probing_wait(struct probing *probing, struct error *err);
void probing_close(struct probing *probing);

#endif
