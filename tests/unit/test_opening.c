/* A model that is opened in the background: what it gives, what it refuses, that it ends when it is
 * not wanted any more, and the picture meanwhile. */
#define _GNU_SOURCE 1 /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commands/open_in_background.h"
#include "ropescope/views.h"

#include "made_model.h"
#include "rendered.h"
#include "scratch.h"

enum { OTHERS = 20000 };

/* ---- the system, as a test wants it -------------------------------------- */

static bool no_threads;

typedef int thread_starter(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                           void *arg);

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    void *symbol = dlsym(RTLD_NEXT, "pthread_create");
    thread_starter *start;
    memcpy(&start, &symbol, sizeof start);
    return no_threads ? EAGAIN : start(thread, attr, run, arg);
}

/* ---- the thread ---------------------------------------------------------- */

static struct options options_of(const char *name)
{
    static char path[PATH_BYTES];
    assert_true(path_join(path, scratch, name));
    return (struct options){.model = path, .session = {.no_cache = true}};
}

static void make_model(void)
{
    struct made_model model = {.layers = 2,
                               .heads = 2,
                               .kv_heads = 1,
                               .head_dim = 8,
                               .hidden = 16,
                               .others = OTHERS,
                               .dtype = MADE_F32};
    assert_true(made_model_write(&model, scratch_path("model")));
}

static struct background *start(const char *name)
{
    struct background *background = NULL;
    struct options options = options_of(name);
    struct error err;
    assert_int_equal(background_start(&options, &background, &err), STATUS_OK);
    return background;
}

static void check_opened(struct background *background)
{
    struct session *session = NULL;
    struct error err;
    assert_int_equal(background_finish(background, &session, &err), STATUS_OK);
    assert_non_null(session);
    assert_int_equal(session_angles(session)->model->layer_count, 2);
    assert_null(session_source(session)->watch); /* it is gone, and nobody may look at it */
    session_close(session);
}

static void it_opens_the_model(void **state)
{
    (void)state;
    make_model();
    struct background *background = start("model");
    assert_true(background_wait(background, 100));
    struct pollfd wake = {.fd = background_wake_fd(background), .events = POLLIN};
    assert_int_equal(poll(&wake, 1, 0), 1);
    assert_true(background_wait(background, 0)); /* as often as one likes */
    assert_int_equal(background_watch(background)->tensors, OTHERS + 4);
    assert_true(background_watch(background)->bytes > OTHERS);
    check_opened(background);
}

static void its_end_is_waited_for(void **state)
{
    (void)state;
    make_model();
    check_opened(start("model"));
}

static void a_bad_model_is_refused_as_ever(void **state)
{
    (void)state;
    struct session *session = NULL;
    struct error err = {0};
    assert_int_equal(background_finish(start("none"), &session, &err), STATUS_FAILED);
    assert_null(session);
    assert_says(err.what, "none: No such file or directory");
}

static void a_thread_need_not_be_had(void **state)
{
    (void)state;
    make_model();
    no_threads = true;
    struct background *background = start("model");
    no_threads = false;
    assert_true(background_wait(background, 0));
    check_opened(background);
}

/* ---- not wanted any more ------------------------------------------------- */

static void a_cancelled_one_ends(void **state)
{
    (void)state;
    make_model();
    struct session *session = NULL;
    struct background *background = start("model");
    background_cancel(background);
    enum status status = background_finish(background, &session, NULL);
    assert_true(status == STATUS_CANCELLED || status == STATUS_OK); /* it may have been quicker */
    session_close(session);
}

static void a_header_is_left_at_once(void **state)
{
    (void)state;
    struct opening_watch watch = {.cancel = true};
    struct source *source;
    struct checkpoint *checkpoint = NULL;
    struct error err;
    make_model();
    assert_int_equal(source_locate(scratch_path("model"), &source, &err), STATUS_OK);
    source->watch = &watch;
    assert_int_equal(checkpoint_open(source, &checkpoint, &err), STATUS_CANCELLED);
    assert_null(checkpoint);
    assert_int_equal(watch.tensors, 1);
    watch.cancel = false;
    assert_int_equal(checkpoint_open(source, &checkpoint, &err), STATUS_OK);
    checkpoint_close(checkpoint);
    source_close(source);
}

/* ---- the picture --------------------------------------------------------- */

static char *picture(int rows, int cols, struct opening_sight sight)
{
    struct canvas *canvas = canvas_new(rows, cols);
    assert_non_null(canvas);
    opening_draw(canvas, glyphs_of(GLYPHS_BLOCKS), &sight);
    char *text = rendered(canvas);
    canvas_free(canvas);
    return text;
}

static void the_picture_tells_what_is_known(void **state)
{
    (void)state;
    char *text = picture(6, 60, (struct opening_sight){.name = "models/x"});
    assert_string_equal(text, " models/x\n\n\n reading the header\n\n q quit\n");
    free(text);
    text = picture(6, 60, (struct opening_sight){"models/x", 94000000, 292936});
    assert_string_equal(text,
                        " models/x\n\n\n reading the header of 94 MB · 292,936 tensors so far\n"
                        "\n q quit\n");
    free(text);
}

static void names_of_strangers_are_harmless(void **state)
{
    (void)state;
    char *text = picture(6, 20, (struct opening_sight){.name = "a\033[31m-name-that-is-long"});
    assert_null(strchr(text, '\033'));
    assert_says(text, "…");
    free(text);
}

static void every_size_is_lived_through(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 8; rows++) {
        for (int cols = 1; cols <= 70; cols++)
            free(picture(rows, cols, (struct opening_sight){"models/x", 94000000, 292936}));
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_opens_the_model),
        TEST(its_end_is_waited_for),
        TEST(a_bad_model_is_refused_as_ever),
        TEST(a_thread_need_not_be_had),
        TEST(a_cancelled_one_ends),
        TEST(a_header_is_left_at_once),
        cmocka_unit_test(the_picture_tells_what_is_known),
        cmocka_unit_test(names_of_strangers_are_harmless),
        cmocka_unit_test(every_size_is_lived_through),
    };
    guard_install();
    return cmocka_run_group_tests_name("opening", tests, NULL, NULL);
}
