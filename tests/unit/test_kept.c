/* What is kept from frame to frame cannot be told from what is worked out anew, whatever keys came
 * before: the same picture where nothing was kept. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The keys of views, moves, the threshold, the rule and the looks of views; none that types words,
 * opens a page over the view or leaves. */
static const char keys[] = "hjklhjkl[]{}[]{},.,.ggGG123456789012345DDooOOssSS<><>rRcCbbuuxzZaAvn*\t"
                           "fFU";

/* xorshift32 (Marsaglia 2003): the same walk each time. */
static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void check_picture(struct scene *scene, bool roles, const char *typed)
{
    char *kept = scene_picture(scene, roles);
    struct memo *memo = scene->state.memo;
    scene->state.memo = memo_new();
    char *anew = scene_picture(scene, roles);
    if (strcmp(kept, anew) != 0)
        print_message("after the keys %s\n", typed);
    assert_string_equal(kept, anew);
    memo_free(scene->state.memo);
    scene->state.memo = memo;
    free(kept);
    free(anew);
}

static void walk(uint32_t seed, int rows, int cols, bool compared)
{
    enum { KEYS = 400 };
    struct scene scene = scene_open_golden(rows, cols);
    char typed[KEYS + 1] = "";
    if (compared)
        scene_compare(&scene);
    for (size_t i = 0; i < KEYS; i++) {
        typed[i] = keys[next(&seed) % (sizeof keys - 1)];
        scene_type(&scene, (char[2]){typed[i], '\0'});
        check_picture(&scene, seed % 4 == 0, typed);
    }
    scene_close(&scene);
}

static void test_nothing_kept_is_stale(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 6; seed++)
        walk(2463534242U * seed, seed % 2 ? 40 : 24, seed % 2 ? 120 : 80, seed > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_kept_is_stale),
    };
    return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
