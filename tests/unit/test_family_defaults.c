/* The table of families against tests/fixtures/defaults.json: what the config classes of
 * transformers take a key to be that config.json leaves out. */
#include <setjmp.h>
#include <stdarg.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "model/family.h"

#define DEFAULTS "tests/fixtures/defaults.json"

static cJSON *read_defaults(void)
{
    cJSON *defaults = NULL;
    struct error err = {0};
    if (json_read_file(DEFAULTS, 1U << 20, &defaults, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_true(cJSON_GetArraySize(defaults) > 20);
    return defaults;
}

/* The default of a key, `otherwise` where the class says nothing. */
static double default_of(const cJSON *family, const char *key, double otherwise)
{
    const cJSON *item = json_get(family, key);
    return item ? item->valuedouble : otherwise;
}

/* 0 in the table stands for `nothing`: what follows where nobody says. Counts what differs. */
static int differs(const cJSON *expected, const char *key, double found, double nothing)
{
    double want = default_of(expected, key, nothing);
    found = found > 0 ? found : nothing;
    if (found < want || found > want) {
        print_error("%s: %s is %g by default, the table has %g\n", expected->string, key, want,
                    found);
        return 1;
    }
    return 0;
}

/* The first row of that type; others differ in their layout. */
static const struct family *find_row(const char *type)
{
    const struct family *row;
    for (size_t i = 0; (row = family_at(i)); i++) {
        if (family_is_called(row, type) && !row->refused)
            return row;
    }
    fail_msg("%s is not in the table", type);
    return NULL;
}

static void table_has_the_defaults_of_transformers(void **state)
{
    (void)state;
    int wrong = 0;
    cJSON *defaults = read_defaults();
    const cJSON *expected;
    cJSON_ArrayForEach(expected, defaults)
    {
        const struct family *family = find_row(expected->string);
        if (family->layout != LAYOUT_LATENT) { /* has one key head, and widths of its own */
            wrong += differs(expected, "num_key_value_heads", family->kv_heads, 0);
            wrong += differs(expected, "head_dim", family->head_dim, 0);
        }
        wrong += differs(expected, "rope_theta", family->theta, 10000);
        wrong += differs(expected, "partial_rotary_factor", family->partial, 1);
        if (family->heads > 0) /* 0: config.json must say */
            wrong += differs(expected, "num_attention_heads", family->heads, 0);
    }
    cJSON_Delete(defaults);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table_has_the_defaults_of_transformers)};
    return cmocka_run_group_tests_name("family_defaults", tests, NULL, NULL);
}
