/* The rule in the explorer: exceptions by hand and thresholds by head, in every number that a
 * screen shows, against counting anew and against numpy. */
#include "rendered.h"
#include "rule_fixture.h"
#include "synthetic.h"
#include "views/draw.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct synthetic shapes[] = {
    {6, 4, 2, 8, -1, -1, false, "small"},
    {5, 3, 1, 4, 2, -1, false, "still"},
    {4, 6, 6, 2, 0, 3, true, "waiting"},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void type(struct state *state, const char *keys)
{
    for (; *keys; keys++)
        update_key(state, (unsigned char)*keys);
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %s", part, text);
}

static void assert_screen(const struct state *state, int rows, int cols, const char *part)
{
    struct canvas *canvas = canvas_new(rows, cols);
    frame_draw(canvas, state);
    char *text = rendered(canvas);
    assert_says(text, part);
    free(text);
    canvas_free(canvas);
}

/* ---- keys ---------------------------------------------------------------- */

struct fixture {
    struct angles *angles;
    struct state state;
};

static int set_up(void **context)
{
    static struct fixture fixture;
    fixture.angles = synthetic_new(&shapes[0]);
    *context = &fixture;
    return state_init(&fixture.state, fixture.angles, NULL) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    state_free(&fixture->state);
    synthetic_free(fixture->angles);
    return 0;
}

static enum exception of_head(const struct state *state, uint32_t layer, int p, uint32_t head)
{
    return awm_exception(&state->awm, layer, p, head);
}

static void test_a_head_goes_round(void **context)
{
    struct state *state = &((struct fixture *)*context)->state;
    type(state, "jjjll"); /* layer 3, query head 2 */
    type(state, "f");
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 2), EXCEPTION_FIX);
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 1), EXCEPTION_RULE);
    assert_int_equal(of_head(state, 3, PROJECTION_KEY, 1), EXCEPTION_RULE);
    assert_string_equal(state->message, "layer 3 query head 2: all fixed  U undoes");
    assert_false(state->message_is_error);
    type(state, "f");
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 2), EXCEPTION_FREE);
    type(state, "f");
    assert_int_equal(state->awm.line_count, 0);
    type(state, "pf"); /* of the key that it meets */
    assert_int_equal(of_head(state, 3, PROJECTION_KEY, 1), EXCEPTION_FIX);
    for (const char *view = "23561"; *view; view++) { /* wherever a head is looked at */
        update_key(state, (unsigned char)*view);
        type(state, "fff");
        assert_int_equal(of_head(state, 3, PROJECTION_KEY, 1), EXCEPTION_FIX);
    }
    type(state, "kkf");
    assert_says(state->message, "layers before 2 are not masked");
    type(state, "jjCpf");
    assert_says(state->message, "key head 1: all free");
}

static void test_a_layer_goes_round(void **context)
{
    struct state *state = &((struct fixture *)*context)->state;
    type(state, "jjj4f");
    assert_string_equal(state->message, "layer 3: all fixed  U undoes");
    assert_int_equal(state->awm.line_count, 1);
    assert_int_equal(of_head(state, 3, PROJECTION_KEY, 0), EXCEPTION_FIX);
    type(state, "1F");
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 3), EXCEPTION_FREE);
    type(state, "CF"); /* the query alone: free by the layer's line, so by the rule next */
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 3), EXCEPTION_RULE);
    assert_int_equal(of_head(state, 3, PROJECTION_KEY, 0), EXCEPTION_FREE);
    type(state, "lf"); /* a head inside a layer that says otherwise */
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 1), EXCEPTION_FIX);
    type(state, "ff");
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 1), EXCEPTION_RULE);
}

static void test_by_the_rule_inside_a_layer_that_is_fixed(void **context)
{
    struct state *state = &((struct fixture *)*context)->state;
    type(state, "jjjF");
    type(state, "f"); /* it is fixed by its layer, so free comes next */
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 0), EXCEPTION_FREE);
    type(state, "f");
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 0), EXCEPTION_RULE);
    assert_int_equal(of_head(state, 3, PROJECTION_QUERY, 1), EXCEPTION_FIX);
}

static void test_thresholds_stay_behind_exceptions(void **context)
{
    struct state *state = &((struct fixture *)*context)->state;
    struct rule_line line = {{3, PROJECTION_QUERY, 0}, 0.5F, EXCEPTION_NONE};
    assert_true(awm_set(&state->awm, &line));
    type(state, "jjjfff");
    assert_int_equal(state->awm.line_count, 1);
    assert_true(state_threshold(state, 3, PROJECTION_QUERY, 0) == 0.5F);
}

static void test_undo_goes_back_through_all(void **context)
{
    struct state *state = &((struct fixture *)*context)->state;
    type(state, "U");
    assert_says(state->message, "nothing to undo");
    type(state, "jjjfF]]U");
    assert_string_equal(state->message, "undone: layer 3: all fixed");
    assert_int_equal(state->awm.line_count, 1);
    type(state, "U");
    assert_string_equal(state->message, "undone: layer 3 query head 0: all fixed");
    assert_int_equal(state->awm.line_count, 0);
    assert_int_equal(state->edition, 0); /* the very lines that it began with */
    for (int i = 0; i < 2 * UNDO_MOST; i++)
        type(state, "f");
    assert_int_equal(state->undo_count, UNDO_MOST);
    for (int i = 0; i < UNDO_MOST; i++)
        type(state, "U");
    assert_int_equal(state->undo_count, 0);
}

static void test_nothing_rotates_nothing_is_fixed(void **unused)
{
    (void)unused;
    struct angles *angles = synthetic_new(&shapes[1]);
    struct state state;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    type(&state, "jjf");
    assert_true(state.message_is_error);
    assert_int_equal(state.awm.line_count, 0);
    assert_int_equal(state.undo_count, 0);
    state_free(&state);
    synthetic_free(angles);
}

/* ---- counts -------------------------------------------------------------- */

static void assert_same_tally(struct tally got, struct tally want)
{
    assert_int_equal(got.pairs, want.pairs);
    assert_int_equal(got.fixed, want.fixed);
    assert_int_equal(got.undefined, want.undefined);
    assert_true(fabs(got.sum_abs - want.sum_abs) <= 1e-12 * fabs(want.sum_abs));
    assert_true(got.max_abs == want.max_abs);
    assert_true(fabs(got.sum_chance - want.sum_chance) <= 1e-12 * fabs(want.sum_chance));
}

static void assert_fresh_heads(struct state *state, enum measure measure)
{
    struct awm awm = state_awm(state);
    state->settings.measure = measure;
    for (size_t i = 0; i < state->angles->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT && state->summaries[i].ready; p++)
            for (uint32_t h = 0; h < state->angles->model->layers[i].projection[p].heads; h++) {
                struct tally tally = awm_tally_head(state->angles, i, p, h, &awm);
                double want =
                    tally_fraction(&tally) - (measure == MEASURE_EXCESS ? tally_chance(&tally) : 0);
                double got = state_measure(state, i, p, h);
                assert_true((isnan(got) && isnan(want)) || fabs(got - want) <= 1e-12);
            }
    state->settings.measure = MEASURE_MEAN;
}

static void assert_fresh(const struct state *state)
{
    struct awm awm = state_awm(state), all = awm;
    size_t layer = state->settings.selection.layer;
    all.base.first_layer = 0;
    assert_same_tally(state_tally_rule(state, SCOPE_MODEL), awm_tally_model(state->angles, &awm));
    assert_same_tally(state_tally_rule(state, SCOPE_LAYER),
                      awm_tally_layer(state->angles, layer, &awm));
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        assert_same_tally(state_tally(state, SCOPE_HEAD, p),
                          awm_tally_head(state->angles, layer, p, state_head(state, p), &awm));
        assert_same_tally(state_tally(state, SCOPE_LAYER, p),
                          awm_tally_projection(state->angles, layer, p, &awm));
        all.base.projection[p] = true;
        all.base.projection[!p] = false;
        assert_same_tally(state_tally(state, SCOPE_MODEL, p), awm_tally_model(state->angles, &all));
    }
}

static double number_in(struct cell cell)
{
    return cell.kind == CELL_INTEGER ? (double)cell.as.integer
           : cell.kind == CELL_REAL  ? cell.as.real
           : cell.kind == CELL_FLAG  ? (double)cell.as.flag
                                     : (double)NAN;
}

/* Sorted by what follows the rule: every line once and in order, what it says of `fixed` true. */
static void assert_fresh_list(struct state *state, enum view_id view, const char *column)
{
    enum view_id before = state->view;
    struct awm awm = state_awm(state);
    state->view = view;
    state->settings.selection.scope = SCOPE_MODEL;
    state->sort[view] = (struct sort){column, true};
    const struct list *list = state_list(state);
    size_t sorted = list_column(view, column);
    double last = INFINITY;
    for (size_t line = 0; line < list->count; line++) {
        struct row item = list_item(list, line);
        assert_int_equal(list_find(list, &item), line);
        double now = number_in(list_cell(list, line, sorted));
        assert_false(now > last);
        last = now;
        if (view == VIEW_PAIRS)
            assert_int_equal(
                list_cell(list, line, PAIR_FIXED).as.flag,
                rule_fixes(row_cos(state->angles, &item, item.projection),
                           awm_threshold(&awm, item.layer->number, item.projection, item.head)));
        if (view != VIEW_HEADS)
            continue;
        struct tally tally =
            awm_tally_head(state->angles, item.layer_index, item.projection, item.head, &awm);
        assert_int_equal(list_cell(list, line, HEAD_FIXED).as.integer, tally.fixed);
        double excess = number_in(list_cell(list, line, HEAD_EXCESS));
        double want = tally_fraction(&tally) - tally_chance(&tally);
        assert_true((isnan(excess) && isnan(want)) || fabs(excess - want) <= 1e-12);
    }
    state->view = before;
}

/* Whatever keys came before, what is kept is what would be counted anew. */
static void test_kept_counts_follow_the_lines(void **unused)
{
    static const char *const keys[] = {"f", "]", "F",  "jl", "p",  "}", "U",
                                       "C", ".", "4f", "{",  "fk", ","};
    (void)unused;
    for (size_t s = 0; s < SHAPES; s++) {
        struct angles *angles = synthetic_new(&shapes[s]);
        struct state state;
        uint32_t z = 7;
        assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
        for (int step = 0; step < 120; step++) {
            z = z * 1664525U + 1013904223U;
            type(&state, keys[(z >> 8) % (sizeof keys / sizeof *keys)]);
            assert_fresh(&state);
            assert_fresh_heads(&state, step % 2 ? MEASURE_FRACTION : MEASURE_EXCESS);
            if (step > 40 && step % 3 == 0)
                state_prepare(&state);
            if (step % 4 == 1)
                assert_fresh_list(&state, VIEW_PAIRS, "fixed");
            if (step % 4 == 2)
                assert_fresh_list(&state, VIEW_HEADS, step % 8 == 2 ? "excess" : "fraction");
            if (step % 4 == 3)
                assert_fresh_list(&state, VIEW_LAYERS, "fixed");
            if (step == 60 && shapes[s].waiting_layer >= 0) {
                angles->layers[shapes[s].waiting_layer].ready = true;
                angles->ready++;
                update_scan(&state, false, (struct progress_reading){0});
            }
        }
        state_free(&state);
        synthetic_free(angles);
    }
}

/* A list that stays on the screen while its lines change places. */
static void test_a_sorted_list_follows_the_lines(void **context)
{
    static const struct {
        enum view_id view;
        const char *column;
    } lists[] = {{VIEW_PAIRS, "fixed"}, {VIEW_HEADS, "fraction"}, {VIEW_LAYERS, "excess"}};
    struct state *state = &((struct fixture *)*context)->state;
    type(state, "t0.1\njjj");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (int step = 0; step < 4; step++) {
            assert_fresh_list(state, lists[i].view, lists[i].column);
            type(state, step == 2 ? "U" : "F");
        }
}

/* ---- screens ------------------------------------------------------------- */

static void test_the_screen_says_why(void **context)
{
    struct state *state = &((struct fixture *)*context)->state;
    struct rule_line line = {{4, REACH_ALL, REACH_ALL}, 0.02F, EXCEPTION_NONE};
    update_size(state, 40, 120);
    type(state, "t0.9\njjj");
    assert_screen(state, 40, 120, "query mean |cos| 0.129  fixed 0.0%");
    assert_screen(state, 40, 120, "head 0.0%");
    type(state, "f");
    assert_screen(state, 40, 120, "query mean |cos| 0.129  fixed 100.0%");
    assert_screen(state, 40, 120, "head 50.0%"); /* with the key */
    type(state, "f");
    assert_screen(state, 40, 120, "query mean |cos| 0.129  fixed 0.0%");
    type(state, "f"); /* and once more */
    type(state, "f");
    type(state, "k");
    assert_screen(state, 40, 120, "\u25a0");
    assert_screen(state, 40, 120, "\u25a0 fixed \u25a1 free \u25c7 own");
    type(state, "ji");
    assert_screen(state, 40, 120, "fixed by hand (layer 3 query head 0), whatever the angle");
    assert_screen(state, 40, 120, "layer 3 query head 0: all fixed");
    assert_true(awm_set(&state->awm, &line));
    state->edition = ++state->last_edition;
    type(state, "J");
    assert_screen(state, 40, 120, "0.02, the threshold of layer 4");
}

/* A share is found as if the rule had no lines, and that is said. */
static void test_a_share_leaves_exceptions_aside(void **context)
{
    struct state *state = &((struct fixture *)*context)->state;
    type(state, "t30%\n");
    assert_null(strstr(state->message, "exceptions"));
    float threshold = state->settings.rule.threshold;
    type(state, "jjjFt30%\n");
    assert_true(state->settings.rule.threshold == threshold);
    assert_says(state->message, "layers >= 2, exceptions aside)");
}

/* The cut is that of the head: there are no bars to cut where it is fixed by hand. */
static void test_cuts_are_those_of_the_head(void **context)
{
    struct state *state = &((struct fixture *)*context)->state;
    struct rule_line line = {{0, PROJECTION_QUERY, 0}, 0.5F, EXCEPTION_NONE};
    update_size(state, 40, 120);
    type(state, "6");
    struct scatter_plot plot = scatter_plot_of(state, SCOPE_HEAD);
    assert_true(plot.cut_high == (double)0.01F && plot.cut_y_high == (double)0.01F);
    assert_true(awm_set(&state->awm, &line));
    plot = scatter_plot_of(state, SCOPE_HEAD);
    assert_true(plot.cut_high == 0.5 && plot.cut_low == -0.5);
    assert_true(plot.cut_y_high == (double)0.01F);
    assert_true(scatter_plot_of(state, SCOPE_LAYER).cut_high == (double)0.01F);
    type(state, "f");
    assert_true(isinf(scatter_plot_of(state, SCOPE_HEAD).cut_high));
}

/* ---- a random rule, against numpy ---------------------------------------- */

struct numpy {
    struct rule_fixture fixture;
    struct linear linears[2 * FIXTURE_LAYERS];
    float ones[FIXTURE_HEADS * FIXTURE_PAIRS];
    double frequency[FIXTURE_PAIRS];
    struct state state;
};

static int numpy_set_up(void **context)
{
    static struct numpy numpy;
    struct error err;
    struct awm awm;
    const struct rule base = {0.3F, 2, {true, true}};
    rule_fixture_read(&numpy.fixture);
    for (size_t i = 0; i < FIXTURE_HEADS * FIXTURE_PAIRS; i++)
        numpy.ones[i] = 1;
    for (size_t i = 0; i < FIXTURE_PAIRS; i++)
        numpy.frequency[i] = 1;
    for (uint32_t i = 0; i < 2 * FIXTURE_LAYERS; i++) {
        struct layer *layer = &numpy.fixture.layers[i / 2];
        const struct projection *p = &layer->projection[i % 2];
        struct angle_set *set = &numpy.fixture.results[i / 2].set[i % 2];
        numpy.linears[i] =
            (struct linear){i % 2 ? "k_proj" : "q_proj", i / 2, p->rows, p->row_length, 1};
        set->norm_a = set->norm_b = numpy.ones;
        layer->frequency = numpy.frequency;
    }
    numpy.fixture.model.linears = numpy.linears;
    numpy.fixture.model.linear_count = 2 * FIXTURE_LAYERS;
    awm_init(&awm, &base);
    *context = &numpy;
    if (rule_read_csv(RULE_CSV, &numpy.fixture.model, &awm, &err) != STATUS_OK ||
        state_init(&numpy.state, &numpy.fixture.angles, &err) != STATUS_OK)
        return -1;
    numpy.state.settings.rule = awm.base;
    state_take_lines(&numpy.state, &awm, RULE_CSV);
    update_size(&numpy.state, 40, 140);
    return 0;
}

static int numpy_tear_down(void **context)
{
    struct numpy *numpy = *context;
    state_free(&numpy->state);
    rule_fixture_free(&numpy->fixture);
    return 0;
}

/* Whether numpy fixes that pair of a module. */
static bool numpy_fixes(const cJSON *module, uint32_t at, const char *list)
{
    const cJSON *value;
    cJSON_ArrayForEach(value, cJSON_GetObjectItem(module, list))
    {
        if ((uint32_t)cJSON_GetNumberValue(value) == at)
            return true;
    }
    return false;
}

static const cJSON *numpy_module(const struct numpy *numpy, size_t layer, int projection)
{
    return cJSON_GetObjectItem(
        cJSON_GetArrayItem(cJSON_GetObjectItem(numpy->fixture.root, "layers"), (int)layer),
        projection_name(projection));
}

static void test_the_bar_tells_what_numpy_counts(void **context)
{
    struct numpy *numpy = *context;
    uint64_t fixed = fixture_whole(numpy->fixture.root, "fixed");
    uint64_t pairs = fixture_whole(numpy->fixture.root, "pairs");
    struct tally tally = state_tally_rule(&numpy->state, SCOPE_MODEL);
    char text[64];
    assert_int_equal(tally.fixed, fixed);
    assert_int_equal(tally.pairs, pairs);
    snprintf(text, sizeof text, "model (layers \u2265 2) %.1f%%",
             100 * (double)fixed / (double)pairs);
    assert_screen(&numpy->state, 40, 140, text);
    for (size_t layer = 0; layer < FIXTURE_LAYERS; layer++) {
        numpy->state.settings.selection.layer = layer;
        for (int p = 0; p < PROJECTION_COUNT; p++)
            assert_int_equal(state_tally(&numpy->state, SCOPE_LAYER, p).fixed,
                             fixture_whole(numpy_module(numpy, layer, p), "count"));
    }
}

/* The list that is exported, pair by pair. */
static void test_the_file_tells_the_pairs_that_numpy_fixes(void **context)
{
    struct numpy *numpy = *context;
    struct view_table table;
    uint64_t fixed = 0;
    type(&numpy->state, "2ss");
    struct view_settings settings = view_settings_exported(&numpy->state);
    assert_int_equal(view_of(VIEW_PAIRS)->table(numpy->state.angles, &settings, &table, NULL),
                     STATUS_OK);
    for (size_t line = 0; line < table.table.row_count; line++) {
        struct row item = list_item(table.list, line);
        bool says = table.table.cell(table.table.context, line, PAIR_FIXED).as.flag;
        if (item.layer->number < 2)
            continue;
        assert_int_equal(says, numpy_fixes(numpy_module(numpy, item.layer_index, item.projection),
                                           item.head * FIXTURE_PAIRS + item.pair, "fixed"));
        fixed += says;
    }
    assert_int_equal(fixed, fixture_whole(numpy->fixture.root, "fixed"));
    view_table_free(&table);
}

static void test_the_mask_freezes_what_numpy_fixes(void **context)
{
    struct numpy *numpy = *context;
    struct awm awm = state_awm(&numpy->state);
    struct mask *mask;
    struct error err;
    if (mask_new(numpy->state.angles, &awm, ROW_ORDER_FILE, &mask, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(mask->fixed, fixture_whole(numpy->fixture.root, "fixed"));
    assert_int_equal(mask->frozen, 2 * mask->fixed);
    for (size_t layer = 0; layer < FIXTURE_LAYERS; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            for (uint32_t at = 0; at < numpy->fixture.layers[layer].projection[p].heads * 8; at++) {
                uint64_t a, b;
                const struct mask_tensor *tensor = &mask->tensors[mask->of[layer][p]];
                mask_pair_rows(mask, layer, p, at / 8, at % 8, &a, &b);
                bool fixed = numpy_fixes(numpy_module(numpy, layer, p), at, "fixed");
                assert_int_equal(tensor->trainable[a], !fixed);
                assert_int_equal(tensor->trainable[b], !fixed);
            }
    mask_free(mask);
}

static void test_the_budget_is_what_numpy_counts(void **context)
{
    struct numpy *numpy = *context;
    struct state *state = &numpy->state;
    char text[128];
    uint64_t before = fixture_whole(numpy->fixture.root, "lora_before");
    uint64_t after = fixture_whole(numpy->fixture.root, "lora_after");
    const char *ratio = cJSON_GetStringValue(cJSON_GetObjectItem(numpy->fixture.root, "ratio"));
    char a[TEXT_NUMBER], b[TEXT_NUMBER];
    type(state, "$"); /* it has no v_proj, so all modules are taken */
    assert_screen(state, 40, 140, "rank 8 on all-linear: 12 modules, F32");
    snprintf(text, sizeof text, "%s before, %s after", text_count(a, before), text_count(b, after));
    assert_screen(state, 40, 140, text);
    snprintf(text, sizeof text, "mask ratio   %s (at most ", ratio);
    assert_screen(state, 40, 140, text);
    snprintf(text, sizeof text, "AdamW: %s of %s less", text_bytes(a, 8 * (double)(before - after)),
             text_bytes(b, 8 * (double)before));
    assert_screen(state, 40, 140, text);
    type(state, "k"); /* twice the rank: twice the numbers, and the ratio stays */
    snprintf(text, sizeof text, "%s before, %s after", text_count(a, 2 * before),
             text_count(b, 2 * after));
    assert_screen(state, 40, 140, text);
    type(state, "j}"); /* a step of the threshold shows */
    struct awm awm = state_awm(state);
    struct budget budget;
    assert_int_equal(budget_of(state->angles, &awm, &state->training, &budget, NULL), STATUS_OK);
    assert_true(budget.after > after);
    snprintf(text, sizeof text, "%s after", text_count(a, budget.after));
    assert_screen(state, 40, 140, text);
}

static void test_the_keys_of_the_budget(void **context)
{
    struct numpy *numpy = *context;
    struct state *state = &numpy->state;
    type(state, "$");
    assert_int_equal(state->place, PLACE_BUDGET);
    type(state, "h"); /* what the model has, round and round */
    assert_string_equal(state->training.targets, "q_proj,k_proj");
    type(state, "h");
    assert_string_equal(state->training.targets, TRAINING_ALL);
    type(state, "l");
    assert_string_equal(state->training.targets, "q_proj,k_proj");
    type(state, "dd");
    assert_int_equal(state->training.dtype, DTYPE_F16);
    for (int i = 0; i < 40; i++)
        type(state, "k");
    assert_int_equal(state->training.rank, 1 << 16);
    for (int i = 0; i < 40; i++)
        type(state, "j");
    assert_int_equal(state->training.rank, 1);
    type(state, "p");
    assert_int_equal(state->training.rank, 8);
    assert_screen(state, 40, 140, "no linear modules of that name"); /* v_proj */
    type(state, "p");
    assert_int_equal(state->training.rank, 64);
    type(state, "pp");
    assert_int_equal(state->training.rank, 8);
    type(state, "l");
    assert_string_equal(state->training.targets, "q_proj,k_proj");
    type(state, "q");
    assert_int_equal(state->place, PLACE_VIEW);
    assert_false(state->quit);
    struct training asked = {4, "k_proj", DTYPE_BF16};
    state_take_training(state, &asked, true);
    type(state, "$l");
    assert_string_equal(state->training.targets, "q_proj,k_proj");
    type(state, "h");
    assert_string_equal(state->training.targets, "k_proj");
}

/* Beside AWM: as many of each module, the pairs that numpy draws. */
static void test_the_baseline_is_what_numpy_draws(void **context)
{
    static const struct {
        uint32_t seed;
        const char *list;
    } drawn[] = {{13, "random_13"}, {7, "random_7"}};
    struct numpy *numpy = *context;
    struct state *state = &numpy->state;
    type(state, "2ssR");
    assert_says(state->message, "numpy seed 13");
    assert_screen(state, 40, 140, "random: seed 13");
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        uint64_t fixed = 0;
        struct view_table table;
        state->awm.seed = drawn[i].seed;
        struct view_settings settings = view_settings_exported(state);
        assert_int_equal(view_of(VIEW_PAIRS)->table(state->angles, &settings, &table, NULL),
                         STATUS_OK);
        assert_int_equal(table.table.column_count, PAIR_COLUMNS);
        for (size_t line = 0; line < table.table.row_count; line++) {
            struct row item = list_item(table.list, line);
            bool says = table.table.cell(table.table.context, line, PAIR_RANDOM).as.flag;
            if (item.layer->number < 2)
                continue;
            assert_int_equal(says,
                             numpy_fixes(numpy_module(numpy, item.layer_index, item.projection),
                                         item.head * FIXTURE_PAIRS + item.pair, drawn[i].list));
            assert_int_equal(says, state_random_fixes(state, &item));
            fixed += says;
        }
        assert_int_equal(fixed, fixture_whole(numpy->fixture.root, "fixed"));
        view_table_free(&table);
    }
}

/* The map of fractions is that of the baseline while it is on, and its file likewise. */
static void test_the_map_of_the_baseline(void **context)
{
    struct numpy *numpy = *context;
    struct state *state = &numpy->state;
    type(state, "oR");
    assert_screen(state, 40, 140, "fraction at random, seed 13");
    struct view_table table;
    struct view_settings settings = view_settings_exported(state);
    assert_int_equal(view_of(VIEW_OVERVIEW)->table(state->angles, &settings, &table, NULL),
                     STATUS_OK);
    assert_string_equal(table.table.columns[3], "random_fraction");
    for (size_t layer = 0, line = 0; layer < FIXTURE_LAYERS; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            double fixed = 0;
            for (uint32_t h = 0; h < numpy->fixture.layers[layer].projection[p].heads; h++) {
                double fraction = state_measure(state, layer, p, h);
                struct cell cell = table.table.cell(table.table.context, line++, 3);
                struct tally tally = tally_head(state->angles, layer, p, h, 0);
                assert_true(cell.as.real == fraction);
                fixed += fraction * (double)tally.pairs;
            }
            struct awm awm = state_awm(state);
            assert_true(
                fabs(fixed - (double)awm_tally_projection(state->angles, layer, p, &awm).fixed) <
                1e-9);
        }
    view_table_free(&table);
    type(state, "i");
    assert_screen(state, 40, 140, "by the baseline, as many of its module (numpy seed 13)");
    type(state, "iR");
    assert_screen(state, 40, 140, "fraction fixed");
    assert_string_equal(state->message, "baseline off");
}

int main(void)
{
#define ON_SMALL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define ON_NUMPY(test) cmocka_unit_test_setup_teardown(test, numpy_set_up, numpy_tear_down)
    const struct CMUnitTest tests[] = {
        ON_SMALL(test_a_head_goes_round),
        ON_SMALL(test_a_layer_goes_round),
        ON_SMALL(test_by_the_rule_inside_a_layer_that_is_fixed),
        ON_SMALL(test_thresholds_stay_behind_exceptions),
        ON_SMALL(test_undo_goes_back_through_all),
        cmocka_unit_test(test_nothing_rotates_nothing_is_fixed),
        cmocka_unit_test(test_kept_counts_follow_the_lines),
        ON_SMALL(test_a_sorted_list_follows_the_lines),
        ON_SMALL(test_the_screen_says_why),
        ON_SMALL(test_a_share_leaves_exceptions_aside),
        ON_SMALL(test_cuts_are_those_of_the_head),
        ON_NUMPY(test_the_bar_tells_what_numpy_counts),
        ON_NUMPY(test_the_file_tells_the_pairs_that_numpy_fixes),
        ON_NUMPY(test_the_mask_freezes_what_numpy_fixes),
        ON_NUMPY(test_the_budget_is_what_numpy_counts),
        ON_NUMPY(test_the_keys_of_the_budget),
        ON_NUMPY(test_the_baseline_is_what_numpy_draws),
        ON_NUMPY(test_the_map_of_the_baseline),
    };
    return cmocka_run_group_tests_name("exceptions", tests, NULL, NULL);
}
