/* session.c: from a path to a database of angles, by way of the cache where that is right. */
#include "scan.h"
#include "session_rows.h"

#include <poll.h>
#include <string.h>

struct session {
    struct source *source;         /* NULL for an .angles file */
    struct source *adapter;        /* NULL: none */
    struct checkpoint *checkpoint; /* NULL where no weights were opened */
    struct angles *angles;
    struct scan *scan; /* NULL: not started, or over */
    struct cache cache;
    bool has_cache;
    struct model_options options; /* that its rows were chosen by */
    size_t threads;
    const char *origin;
    struct notices notices;
    bool scanned;        /* a scan was started */
    struct error result; /* how it ended */
};

/* ---- opening ------------------------------------------------------------- */

/* Generations tell results of this database from those of any other in the process. */
static uint64_t next_generation(void)
{
    return (uint64_t)(clock_seconds() * 1e9);
}

static bool changes_a_projection(const struct checkpoint *checkpoint, const struct model *model)
{
    for (size_t i = 0; i < model->layer_count; i++) {
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            uint32_t index = model->layers[i].projection[which].index;
            if (tensor_is_adapted(checkpoint_tensor(checkpoint, index)))
                return true;
        }
    }
    return false;
}

/* A model that cannot be folded is freed. */
static enum status fold(struct checkpoint *checkpoint, struct model **model, struct error *err)
{
    enum status status = model_fold_gains(checkpoint, *model, err);
    if (status == STATUS_OK)
        return status;
    model_free(*model);
    *model = NULL;
    return status;
}

static enum status open_weights(struct session *s, const struct session_options *options,
                                struct error *err)
{
    struct model *model = NULL;
    s->source->watch = options->watch;
    enum status status = checkpoint_open(s->source, &s->checkpoint, err);
    s->source->watch = NULL;
    if (status == STATUS_OK && s->adapter)
        status = checkpoint_adapt(s->checkpoint, s->adapter, err);
    if (status == STATUS_OK)
        status = model_open(s->checkpoint, &options->model, &model, err);
    if (status == STATUS_OK && options->model.folded)
        status = fold(s->checkpoint, &model, err);
    if (status == STATUS_OK)
        status = angles_new(model, next_generation(), &s->angles, err);
    if (status == STATUS_OK && s->adapter && !changes_a_projection(s->checkpoint, model))
        notices_add(&s->notices,
                    "the adapter %s changes no query and no key projection: the angles are those "
                    "of the base",
                    s->adapter->name);
    s->origin = "scan";
    return status;
}

static enum status open_model(struct session *s, const char *path,
                              const struct session_options *options, struct error *err)
{
    if (options->model.folded && options->adapter)
        return error_set(err, STATUS_USAGE,
                         "--folded and --adapter: the gains of an adapted model are not folded");
    enum status status = source_locate(path, &s->source, err);
    if (status == STATUS_OK && options->adapter)
        status = adapter_locate(options->adapter, &s->adapter, err);
    if (status != STATUS_OK)
        return status;
    s->has_cache = !options->no_cache && !options->model.like_authors && !options->model.folded &&
                   cache_open(&s->cache, s->source, s->adapter, &options->model, &s->notices);
    if (s->has_cache && (s->angles = cache_load(&s->cache, &s->notices)) != NULL) {
        s->origin = "cache";
        return STATUS_OK;
    }
    return open_weights(s, options, err);
}

static bool overrides(const struct model_options *options)
{
    return options->has_pairing || options->head_dim || options->heads || options->kv_heads ||
           options->rope_theta != 0 || options->context || options->like_authors || options->folded;
}

static enum status open_angles(struct session *s, const char *path,
                               const struct session_options *options, struct error *err)
{
    s->origin = "file";
    if (options->adapter)
        return error_set(
            err, STATUS_USAGE,
            "%s: --adapter needs weights to be laid over, and this is a file of angles",
            path_name(path));
    if (overrides(&options->model))
        return error_set(
            err, STATUS_USAGE,
            "%s: flags like --rope-theta cannot change a file of angles: its rows were "
            "chosen when it was scanned",
            path_name(path));
    return angles_read(path, &s->angles, err);
}

enum status session_open(const char *path, const struct session_options *options,
                         struct session **out, struct error *err)
{
    struct session *s = memory_array(1, sizeof *s);
    if (!s)
        return error_memory(err);
    s->cache.fd = -1;
    s->options = options->model;
    s->threads = options->threads ? options->threads : pool_cores();
    enum status status = text_ends_with(path, ".angles") && !path_is_directory(path)
                             ? open_angles(s, path, options, err)
                             : open_model(s, path, options, err);
    if (status != STATUS_OK) {
        error_notice(err, &s->notices); /* a cache that was set aside, say */
        session_close(s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

/* ---- the scan ------------------------------------------------------------ */

enum status session_start(struct session *s, struct error *err)
{
    if (s->scan || s->scanned || !s->checkpoint)
        return STATUS_OK;
    s->scanned = true;
    /* Not before: whoever only looks at a model leaves nothing in the cache and locks nobody out.
     */
    if (s->has_cache && cache_resume(&s->cache, s->angles, &s->notices) > 0)
        s->origin = "resumed scan";
    enum status status = scan_start(s->checkpoint, s->angles, s->has_cache ? &s->cache : NULL,
                                    s->threads, &s->scan, err);
    if (status != STATUS_OK && err)
        s->result = *err;
    return status;
}

static size_t land_results(struct session *s)
{
    struct layer_result result;
    size_t landed = 0;
    while (scan_receive(s->scan, &result))
        landed += angles_land(s->angles, &result);
    return landed;
}

/* Rows behind the end of a file that shrank can read as zeros, and rows of a file that was written
 * to are of two models: such a scan has failed, though no page was missing. */
static void check_weights(const struct source *source, struct error *result)
{
    for (size_t i = 0; i < source->file_count && result->status == STATUS_OK; i++) {
        if (source_file_is_same(&source->files[i]))
            continue;
        error_set(result, STATUS_FAILED, "%s: the file changed while it was read",
                  source->files[i].path);
        error_help(result, "open the model again to read it as it is now");
    }
}

/* The workers are through: their last results, their verdict, and the cache file its name. */
static size_t finish_scan(struct session *s)
{
    scan_join(s->scan, &s->result);
    size_t landed = land_results(s);
    scan_free(s->scan);
    s->scan = NULL;
    check_weights(s->source, &s->result);
    if (s->adapter)
        check_weights(s->adapter, &s->result);
    bool sound = s->result.status != STATUS_FAILED;
    if (s->has_cache)
        cache_finish(&s->cache, sound && angles_complete(s->angles), &s->notices);
    return landed;
}

size_t session_poll(struct session *s)
{
    if (!s->scan)
        return 0;
    /* Asked after the wake-up was taken, or the byte of the last worker could be taken unseen. */
    size_t landed = land_results(s);
    return scan_running(s->scan) ? landed : landed + finish_scan(s);
}

int session_wake_fd(const struct session *s)
{
    return s->scan ? scan_wake_fd(s->scan) : -1;
}

bool session_scanning(const struct session *s)
{
    return s->scan != NULL;
}

struct progress_reading session_progress(const struct session *s)
{
    return s->scan ? progress_read(scan_progress(s->scan))
                   : (struct progress_reading){.fraction = angles_complete(s->angles),
                                               .seconds_left = -1};
}

uint64_t session_bytes_total(const struct session *s)
{
    return s->scan ? scan_progress(s->scan)->total : 0;
}

void session_cancel(struct session *s)
{
    if (s->scan)
        scan_cancel(s->scan);
}

enum status session_result(const struct session *s, struct error *err)
{
    if (err)
        *err = s->result;
    return s->result.status;
}

enum status session_wait(struct session *s, session_report *report, void *context,
                         struct error *err)
{
    enum { REPORT_MS = 100 };
    enum status status = session_start(s, err);
    if (status != STATUS_OK)
        return status;
    while (session_scanning(s)) {
        struct pollfd wake = {.fd = session_wake_fd(s), .events = POLLIN};
        poll(&wake, 1, REPORT_MS);
        if (signals_caught() != 0 || (report && !report(context, s)))
            session_cancel(s);
        session_poll(s);
    }
    return session_result(s, err);
}

/* ---- angles that a comparison works out ---------------------------------- */

enum status session_rows(const struct session *s, struct checkpoint **checkpoint,
                         struct model **model, struct error *err)
{
    if (!s->source) {
        error_set(err, STATUS_FAILED, "%s: a file of angles holds no rows to compare",
                  s->angles->model->name);
        return error_help(err, "name the directory or the weight file it was made from");
    }
    *checkpoint = NULL;
    *model = NULL;
    enum status status = checkpoint_open(s->source, checkpoint, err);
    if (status != STATUS_OK)
        return status;
    if (s->adapter)
        status = checkpoint_adapt(*checkpoint, s->adapter, err);
    if (status == STATUS_OK)
        status = model_open(*checkpoint, &s->options, model, err);
    if (status == STATUS_OK && s->options.folded)
        status = fold(*checkpoint, model, err);
    if (status != STATUS_OK) {
        checkpoint_close(*checkpoint);
        *checkpoint = NULL;
    }
    return status;
}

bool session_is_adapted(const struct session *s)
{
    return s->adapter != NULL;
}

void session_yield_cache(struct session *s, const struct session *other)
{
    if (s->has_cache && other->has_cache && strcmp(s->cache.whole, other->cache.whole) == 0)
        s->has_cache = false;
}

bool session_cache_place(const struct session *s, const char **path, uint64_t *fingerprint)
{
    *path = s->cache.whole;
    *fingerprint = s->cache.fingerprint;
    return s->has_cache;
}

bool session_cache_file(const struct session *s, const char *ending, char out[PATH_BYTES],
                        uint64_t *fingerprint)
{
    enum { ENDING = sizeof ".angles" - 1 };
    *fingerprint = s->cache.fingerprint;
    return s->has_cache &&
           text_format(out, PATH_BYTES, "%.*s%s", (int)(strlen(s->cache.whole) - ENDING),
                       s->cache.whole, ending);
}

struct notices *session_tell(struct session *s)
{
    return &s->notices;
}

void session_take(struct session *s, size_t layer, float *values)
{
    struct layer_result result = {s->angles->generation, layer, values};
    if (!s->scanned && s->has_cache)
        cache_resume(&s->cache, s->angles, &s->notices);
    s->scanned = true;
    if (s->has_cache && !s->angles->layers[layer].ready)
        cache_append(&s->cache, &s->angles->model->layers[layer], layer, values);
    angles_land(s->angles, &result);
}

enum status session_taken(struct session *s, struct error *err)
{
    check_weights(s->source, &s->result);
    if (s->adapter)
        check_weights(s->adapter, &s->result);
    if (s->has_cache && s->scanned)
        cache_finish(&s->cache, s->result.status == STATUS_OK && angles_complete(s->angles),
                     &s->notices);
    return session_result(s, err);
}

/* ---- looking ------------------------------------------------------------- */

const struct angles *session_angles(const struct session *s)
{
    return s->angles;
}

const struct source *session_source(const struct session *s)
{
    return s->source;
}

const struct notices *session_notices(const struct session *s)
{
    return &s->notices;
}

const char *session_origin(const struct session *s)
{
    return s->origin;
}

void session_close(struct session *s)
{
    if (!s)
        return;
    session_cancel(s);
    if (s->scan)
        finish_scan(s);
    else if (s->cache.fd >= 0)
        cache_finish(&s->cache, angles_complete(s->angles), &s->notices);
    angles_free(s->angles);
    checkpoint_close(s->checkpoint);
    source_close(s->source);
    source_close(s->adapter);
    memory_free(s);
}
