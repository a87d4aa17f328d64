/* test_random.c: numpy's legacy generator against numpy: its words, and what choice() draws. */
#include "ropescope/awm.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static cJSON *fixture(void)
{
    cJSON *root;
    struct error err;
    if (json_read_file("tests/fixtures/awm/random.json", 1 << 20, &root, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return root;
}

static uint32_t whole(const cJSON *item)
{
    uint64_t value;
    if (!json_whole(item, &value) || value > UINT32_MAX)
        fail_msg("no word of 32 bits");
    return (uint32_t)value;
}

/* Words from `from` on, after those before it have been drawn. */
static void check_words(struct random *random, uint32_t *drawn, uint32_t from, const cJSON *want)
{
    const cJSON *item;
    for (; *drawn < from; ++*drawn)
        random_u32(random);
    cJSON_ArrayForEach(item, want)
    {
        assert_int_equal(random_u32(random), whole(item));
        ++*drawn;
    }
}

/* 624 words are made at a time, so the two places look past the first and the second such batch. */
static void test_words(void **state)
{
    (void)state;
    cJSON *root = fixture();
    const cJSON *seed;
    cJSON_ArrayForEach(seed, json_get(root, "words"))
    {
        struct random random;
        uint64_t number;
        uint32_t drawn = 0;
        assert_true(text_to_u64(seed->string, &number));
        random_seed(&random, (uint32_t)number);
        check_words(&random, &drawn, 0, json_get(seed, "first"));
        check_words(&random, &drawn, 622, json_get(seed, "twisted"));
        check_words(&random, &drawn, 1246, json_get(seed, "again"));
    }
    cJSON_Delete(root);
}

static void test_choice(void **state)
{
    (void)state;
    cJSON *root = fixture();
    const cJSON *choice, *item;
    int checked = 0;
    cJSON_ArrayForEach(choice, json_get(root, "choices"))
    {
        struct random random;
        uint32_t count = whole(json_get(choice, "count")), at = 0;
        uint32_t *order = memory_array(count, sizeof *order);
        random_seed(&random, whole(json_get(choice, "seed")));
        random_permutation(&random, order, count);
        cJSON_ArrayForEach(item, json_get(choice, "kept"))
        {
            assert_int_equal(order[at++], whole(item));
            checked++;
        }
        memory_free(order);
    }
    assert_int_equal(checked, 643);
    cJSON_Delete(root);
}

static void test_nothing_to_draw(void **state)
{
    (void)state;
    struct random random, untouched;
    uint32_t order = 7;
    random_seed(&random, RANDOM_SEED);
    untouched = random;
    random_permutation(&random, &order, 0);
    assert_int_equal(order, 7);
    random_permutation(&random, &order, 1);
    assert_int_equal(order, 0);
    assert_int_equal(random_up_to(&random, 0), 0);
    assert_int_equal(random_u32(&random), random_u32(&untouched));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_nothing_to_draw),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
