/* session_run.c: openings of a small model, and what they came to. */
#include "session_run.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void model_home_open(struct model_home *home, const struct made_model *model)
{
    char xdg[PATH_BYTES];
    assert_int_equal(scratch_make(NULL), 0);
    assert_true(path_join(home->model, scratch, "tiny"));
    assert_true(path_join(home->weights, home->model, "model.safetensors"));
    assert_true(path_join(home->config, home->model, "config.json"));
    assert_true(path_join(xdg, scratch, "cache"));
    assert_true(path_join(home->cache, xdg, "ropescope"));
    assert_true(made_model_write(model, home->model));
    assert_int_equal(setenv("XDG_CACHE_HOME", xdg, 1), 0);
}

size_t cache_files(const struct model_home *home, const char *ending, char path[PATH_BYTES])
{
    size_t count = 0;
    DIR *stream = opendir(home->cache);
    if (!stream)
        return 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (!text_ends_with(entry->d_name, ending))
            continue;
        count++;
        if (path)
            path_join(path, home->cache, entry->d_name);
    }
    closedir(stream);
    return count;
}

void cache_clear(const struct model_home *home)
{
    static const char *const endings[] = {".angles", ".partial", ".old"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        while (cache_files(home, endings[i], path) > 0)
            assert_int_equal(remove(path), 0);
    }
}

/* ---- runs ---------------------------------------------------------------- */

static void take_bytes(struct session_run *run, const struct angles *angles)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, &run->size);
    assert_non_null(stream);
    assert_int_equal(angles_write(angles, stream, NULL), STATUS_OK);
    assert_int_equal(fclose(stream), 0);
    run->bytes = (unsigned char *)text;
}

struct session_run session_run_end(struct session *session, enum status status,
                                   const struct error *err)
{
    struct session_run run = {.status = status, .notices = *session_notices(session)};
    text_format(run.origin, sizeof run.origin, "%s", session_origin(session));
    if (status == STATUS_OK) {
        assert_true(angles_complete(session_angles(session)));
        take_bytes(&run, session_angles(session));
    } else {
        run.err = *err;
    }
    session_close(session);
    return run;
}

struct session_run session_run(const char *path, const struct session_options *options)
{
    struct session *session;
    struct error err = {0};
    enum status status = session_open(path, options, &session, &err);
    if (status != STATUS_OK)
        return (struct session_run){.status = status, .err = err};
    status = session_wait(session, NULL, NULL, &err);
    return session_run_end(session, status, &err);
}

void session_run_free(struct session_run *run)
{
    free(run->bytes); /* open_memstream's */
    run->bytes = NULL;
}

void check_run(struct session_run run, const char *origin, size_t notices,
               const struct session_run *like)
{
    if (run.status != STATUS_OK)
        fail_msg("failed: %s", run.err.what);
    if (strcmp(run.origin, origin) != 0 || run.notices.count != notices)
        fail_msg("from \"%s\" and not \"%s\", with %zu notices and not %zu: %s", run.origin, origin,
                 run.notices.count, notices, run.notices.count ? run.notices.line[0] : "");
    if (like && (run.size != like->size || memcmp(run.bytes, like->bytes, run.size) != 0))
        fail_msg("from \"%s\": other angles than before", run.origin);
    session_run_free(&run);
}
