/* Going places: what is typed at "go to", marks, ranks, the way back, the share that a threshold is
 * to fix, and the mouse. */
#include "ropescope/views.h"
#include "synthetic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ESC = 27, LAYERS = 12 };
/* Layer 3 does not rotate, layer 5 has not landed; a key head is met by four query heads. */
static const struct synthetic shape = {LAYERS, 8, 2, 16, 3, 5, true, "odd"};

static struct angles *angles;
static struct state state;
static char names[LAYERS][PROJECTION_COUNT][64];

static int set_up(void **unused)
{
    (void)unused;
    angles = synthetic_new(&shape);
    for (size_t i = 0; i < LAYERS; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            if (angles->model->layers[i].pairs == 0)
                continue;
            snprintf(names[i][p], sizeof names[i][p], "model.layers.%zu.self_attn.%c_proj.weight",
                     i, p == PROJECTION_QUERY ? 'q' : 'k');
            angles->model->layers[i].projection[p].tensor = names[i][p];
        }
    return state_init(&state, angles, NULL) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **unused)
{
    (void)unused;
    state_free(&state);
    synthetic_free(angles);
    return 0;
}

static void type(const char *keys)
{
    for (; *keys; keys++)
        update_key(&state, (unsigned char)*keys);
}

static void assert_at(size_t layer, uint32_t head)
{
    assert_int_equal(state.place, PLACE_VIEW);
    assert_int_equal(state.settings.selection.layer, layer);
    assert_int_equal(state.settings.selection.head, head);
}

static void assert_said(const char *words)
{
    if (!strstr(state.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, state.message);
}

/* ---- go to --------------------------------------------------------------- */

static void test_goto_numbers(void **unused)
{
    (void)unused;
    type(":7\n");
    assert_at(7, 0);
    type(":7.5\n");
    assert_at(7, 5);
    type("/l2\n");
    assert_at(2, 5); /* the head is kept */
    type(":h3\n");
    assert_at(2, 3);
    type(":L4.6\n");
    assert_at(4, 6);
    type(":3\n");
    assert_at(3, 0); /* a layer without heads can be looked at */
    assert_int_equal(state.lead, PROJECTION_QUERY);
    type(":4\n:k1\n");
    assert_at(4, 4); /* the first query head that meets key head 1 */
    assert_int_equal(state.lead, PROJECTION_KEY);
    assert_int_equal(state_head(&state, PROJECTION_KEY), 1);
}

static void test_goto_pair(void **unused)
{
    (void)unused;
    type(":6.2.9\n");
    assert_at(6, 2);
    assert_int_equal(state.view, VIEW_PAIRS);
    assert_int_equal(state.pair, 9);
    type(":p15\n");
    assert_at(6, 2);
    assert_int_equal(state.pair, 15);
    type(":h1.4\n");
    assert_at(6, 1);
    assert_int_equal(state.pair, 4);
}

static void test_goto_what_there_is_not(void **unused)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"12", "no layer 12: they are 0 to 11"},
        {"2.8", "no query head 8: they are 0 to 7"},
        {"2.1.16", "no pair 16: they are 0 to 15"},
        {"k2", "no key head 2: they are 0 to 1"},
        {"3.0", "layer 3 does not rotate"},
        {"", "layer, head, pair"},
        {"p1.2", "too many numbers"},
        {"1.2.3.4", "no query or key tensor"},
        {"999999999999", "no query or key tensor"},
        {"v_proj", "no query or key tensor"},
        {"1..2", "no query or key tensor"},
        {"\303\251", "no query or key tensor"},
    };
    (void)unused;
    type(":1.1\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        type(":");
        type(cases[i].text);
        type("\n");
        assert_int_equal(state.place, PLACE_GOTO); /* stays open to be mended */
        assert_true(state.message_is_error);
        assert_said(cases[i].words);
        update_key(&state, ESC);
        assert_at(1, 1);
    }
}

static void test_goto_tensors(void **unused)
{
    (void)unused;
    type(":layers.9.self\n");
    assert_at(9, 0);
    assert_int_equal(state.lead, PROJECTION_QUERY);
    type(":LAYERS.9.SELF_ATTN.k\n");
    assert_int_equal(state.lead, PROJECTION_KEY);
    type(":k_proj");
    assert_string_equal(state.entry.text, "k_proj"); /* every letter is typed */
    assert_int_equal(goto_match_count(&state, "k_proj"), LAYERS - 1);
    update_key(&state, KEYCODE_DOWN);
    update_key(&state, KEYCODE_DOWN);
    update_key(&state, KEYCODE_UP);
    type("\n");
    assert_at(1, 0);
    type(":k_proj");
    for (int i = 0; i < 100; i++)
        update_key(&state, KEYCODE_DOWN);
    type("\n");
    assert_at(LAYERS - 1, 0);
    type(":proj");
    update_key(&state, KEYCODE_DOWN);
    type(".weight\n"); /* typing on begins at the first match again */
    assert_at(0, 0);
}

static void test_shared_tensor_is_one_match(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < LAYERS; i++)
        angles->model->layers[i].projection[PROJECTION_KEY].tensor =
            angles->model->layers[i].projection[PROJECTION_QUERY].tensor;
    assert_int_equal(goto_match_count(&state, "proj"), LAYERS - 1);
}

/* ---- marks and the way back ---------------------------------------------- */

static void test_marks(void **unused)
{
    (void)unused;
    type(":4.5\n3ma");
    assert_said("mark a");
    type(":8.1\n1");
    type("'a");
    assert_at(4, 5);
    assert_int_equal(state.view, VIEW_HEADS);
    type("''");
    assert_at(8, 1);
    assert_int_equal(state.view, VIEW_OVERVIEW);
    type("''");
    assert_at(4, 5);
    type("'b");
    assert_true(state.message_is_error);
    assert_said("mark b is not set");
    type("m1");
    assert_said("a to z");
    type("'");
    assert_int_equal(state.place, PLACE_JUMP);
    assert_said("a 4.5");
    update_key(&state, ESC);
    assert_at(4, 5);
    type("mq"); /* q is a letter here */
    assert_false(state.quit);
    assert_said("mark q");
}

static void test_no_jump_to_take_back(void **unused)
{
    (void)unused;
    type("jj''");
    assert_true(state.message_is_error);
    assert_at(2, 0);
}

static void test_the_way_back(void **unused)
{
    (void)unused;
    type("jl4");   /* 1.1, layers */
    type("jjjjj"); /* 6.1: walked, not jumped */
    type("\n");    /* dive: heads */
    assert_int_equal(state.view, VIEW_HEADS);
    type("j:9.7.3\n"); /* a head on; pairs */
    assert_int_equal(state.view, VIEW_PAIRS);
    type("s");
    update_key(&state, ESC);
    assert_int_equal(state.view, VIEW_HEADS);
    assert_at(6, 2);
    assert_int_equal(state.settings.selection.scope, SCOPE_HEAD);
    update_key(&state, ESC);
    assert_int_equal(state.view, VIEW_LAYERS);
    assert_at(6, 1);
    update_key(&state, ESC);
    assert_int_equal(state.view, VIEW_OVERVIEW);
    assert_at(1, 1);
    update_key(&state, ESC);
    assert_at(1, 1);
    assert_said("began");
    assert_false(state.quit);
}

static void test_the_way_back_is_bounded(void **unused)
{
    (void)unused;
    for (int i = 0; i < 3 * TRAIL_MOST; i++)
        type(i % 2 ? "1" : "4j");
    assert_int_equal(state.trail_count, TRAIL_MOST);
    for (int i = 0; i < 4 * TRAIL_MOST; i++)
        update_key(&state, ESC);
    assert_int_equal(state.trail_count, 0);
    assert_int_equal(state.view, VIEW_OVERVIEW);
}

static void test_the_threshold_does_not_go_back(void **unused)
{
    (void)unused;
    type("4]]");
    float threshold = state.settings.rule.threshold;
    update_key(&state, ESC);
    assert_true(state.settings.rule.threshold == threshold);
}

/* ---- ranks --------------------------------------------------------------- */

static double measure_here(void)
{
    const struct selection *at = &state.settings.selection;
    return (double)state.summaries[at->layer]
        .head[state.lead][state_head(&state, state.lead)]
        .mean_abs;
}

/* Of both projections, of the query alone, of the key alone: as the rule covers them. */
static void test_ranks_are_all_heads_in_order(void **unused)
{
    static const size_t of_a_layer[] = {8 + 2, 8, 2};
    (void)unused;
    for (size_t covered = 0; covered < 3; covered++) {
        const size_t heads = (LAYERS - 2) * of_a_layer[covered];
        bool seen[PROJECTION_COUNT][LAYERS][8] = {{{false}}};
        char words[64];
        type("*");
        double last = measure_here();
        for (size_t rank = 1; rank <= heads; rank++) {
            snprintf(words, sizeof words, "rank %zu of %zu", rank, heads);
            assert_said(words);
            assert_true(measure_here() <= last);
            last = measure_here();
            bool *met =
                &seen[state.lead][state.settings.selection.layer][state_head(&state, state.lead)];
            assert_false(*met);
            *met = true;
            if (rank < heads)
                type(">");
        }
        type(">");
        assert_said("the lowest");
        for (size_t rank = heads - 1; rank >= 1; rank--) {
            snprintf(words, sizeof words, "rank %zu of %zu", rank, heads);
            type("<");
            assert_said(words);
        }
        type("<");
        assert_said("the highest");
        type("C");
    }
}

static void test_equal_ranks(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < LAYERS; i++)
        for (uint32_t head = 0; head < 8 && state.summaries[i].ready && i != 3; head++)
            state.summaries[i].head[PROJECTION_QUERY][head].mean_abs = 0.25F;
    type("C*"); /* of the query alone */
    assert_at(0, 0);
    for (int rank = 1; rank < 80; rank++)
        type(">");
    assert_at(LAYERS - 1, 7);
    assert_said("rank 80 of 80");
}

static void test_a_walk_by_rank_is_one_leap(void **unused)
{
    (void)unused;
    type(":2.2\n");
    type("*>>>");
    type("''");
    assert_at(2, 2);
    type("*>>>");
    update_key(&state, ESC);
    assert_at(2, 2);
}

/* The pair with the largest |cos| of a head's projection, recomputed here. */
static uint32_t largest_pair(size_t layer, int projection, uint32_t head)
{
    uint32_t pairs = angles->model->layers[layer].pairs, best = 0;
    const float *cos = angles->layers[layer].set[projection].cos + (size_t)head * pairs;
    for (uint32_t pair = 1; pair < pairs; pair++)
        if (fabsf(cos[pair]) > fabsf(cos[best]))
            best = pair;
    return best;
}

static void test_star_in_the_list_of_pairs_finds_the_strongest(void **unused)
{
    char said[96];
    (void)unused;
    for (int lead = 0; lead < PROJECTION_COUNT; lead++) {
        type(lead ? "1:2.5\np2*" : "1:2.5\n2*"); /* both projections are in the list */
        uint32_t head = state_head(&state, lead), pair = largest_pair(2, lead, head);
        assert_int_equal(state.lead, lead);
        assert_int_equal(state.pair, pair);
        text_format(said, sizeof said, "layer 2, %s head %u: pair %u has the largest |cos|",
                    projection_name(lead), head, pair);
        assert_said(said);
        assert_string_equal(state_settings(&state).sort.column, "abs_cos");
    }
    type("*G*s*"); /* of the layer: the first line of all */
    assert_int_equal(state_line(&state), 0);
    type("''");
}

static void test_rank_from_a_layer_without_heads(void **unused)
{
    (void)unused;
    type(":3\n>");
    assert_said("rank 1 of 100");
    type(":3\n<");
    assert_said("rank 100 of 100");
}

static void test_nothing_to_rank(void **unused)
{
    static const struct synthetic still = {1, 2, 2, 4, 0, -1, false, "still"};
    struct angles *none = synthetic_new(&still);
    struct state other;
    (void)unused;
    assert_int_equal(state_init(&other, none, NULL), STATUS_OK);
    update_key(&other, '*');
    assert_true(other.message_is_error);
    state_free(&other);
    synthetic_free(none);
}

/* ---- the share that a threshold is to fix -------------------------------- */

static void test_share(void **unused)
{
    (void)unused;
    type("t30%\n");
    assert_int_equal(state.place, PLACE_VIEW);
    struct tally tally = tally_model(angles, &state.settings.rule);
    struct fixing fixing = rule_fixing(angles, &state.settings.rule, 30);
    char number[TEXT_NUMBER];
    assert_true(state.settings.rule.threshold == fixing.threshold);
    assert_int_equal(tally.fixed, fixing.fixed);
    assert_true(fabs(tally_fraction(&tally) - 0.3) < 1e-3);
    assert_said("30% asked");
    assert_said(text_float(number, fixing.threshold));
    assert_said("1,272 scanned so far, query+key, layers >= 2)");
    assert_false(state.message_is_error);
    type("t0 %\n");
    assert_true(state.settings.rule.threshold == 1);
    type("t100%\n");
    tally = tally_model(angles, &state.settings.rule);
    assert_int_equal(tally.fixed, tally.pairs);
}

/* Other layers count: the share that was asked for stays, until another threshold is. */
static void test_share_outlives_the_layers_that_count(void **unused)
{
    (void)unused;
    type("t30%\n");
    for (uint32_t first = 1;; first--) {
        type(",");
        assert_int_equal(state.settings.rule.first_layer, first);
        assert_true(state.settings.rule.threshold ==
                    rule_fixing(angles, &state.settings.rule, 30).threshold);
        assert_said("30% asked");
        if (first == 0)
            break;
    }
    type("]");
    float stepped = state.settings.rule.threshold;
    type(".");
    assert_true(state.settings.rule.threshold == stepped);
    assert_said("the model counts from layer 1 on: ");
    type("t30%\nt0.5\n.");
    assert_true(state.settings.rule.threshold == 0.5F);
}

static void test_bad_share(void **unused)
{
    static const char *const bad[] = {"t%\n", "t-1%\n", "t101%\n", "tx%\n", "t30%%\n", "t%30\n"};
    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        type(bad[i]);
        assert_int_equal(state.place, PLACE_ENTRY);
        assert_true(state.message_is_error);
        assert_said("from 0% to 100%");
        update_key(&state, ESC);
        assert_true(state.settings.rule.threshold == 0.01F);
    }
    state.settings.rule.first_layer = 40;
    type("t30%\n");
    assert_true(state.message_is_error);
    assert_said("no pair to fix");
}

/* ---- the mouse ----------------------------------------------------------- */

static uint8_t role_at(const struct canvas *canvas, int row, int col)
{
    return canvas->cells[(size_t)row * (size_t)canvas->cols + (size_t)col].style.role;
}

/* Every cell of both maps, clicked: the picture marks its line and its column. */
static void test_a_click_selects_what_it_hits(void **unused)
{
    struct canvas *canvas = canvas_new(24, 80);
    (void)unused;
    update_size(&state, 24, 80);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        struct layout layout;
        struct layout_needs needs = layout_needs_of(&state);
        layout_make(&layout, &needs);
        struct rect map = layout.map[p];
        assert_false(rect_empty(map));
        for (int row = map.row; row < map.row + map.rows; row++)
            for (int col = map.col; col < map.col + map.cols; col += layout.cell_cols) {
                bool there = row - map.row < LAYERS * layout.cell_rows;
                assert_int_equal(update_click(&state, row, col),
                                 there ? DIRTY_FRAME : DIRTY_NOTHING);
                frame_draw(canvas, &state);
                if (!there)
                    continue;
                assert_int_equal(role_at(canvas, row, layout.layers.col), ROLE_SELECT);
                if (!state_rotates(&state))
                    continue;
                assert_int_equal(role_at(canvas, layout.axis[p].row, col), ROLE_SELECT);
                assert_int_equal(state.lead, p);
            }
    }
    canvas_free(canvas);
}

static void test_a_click_selects_a_line_of_a_list(void **unused)
{
    struct canvas *canvas = canvas_new(24, 80);
    (void)unused;
    update_size(&state, 24, 80);
    for (const char *view = "234"; *view; view++) {
        update_key(&state, (unsigned char)*view);
        for (int row = 23; row >= 0; row--) {
            unsigned dirt = update_click(&state, row, 20);
            frame_draw(canvas, &state);
            if (dirt != DIRTY_NOTHING)
                assert_int_equal(role_at(canvas, row, 3), ROLE_SELECT);
            else
                assert_true(row < 3 || row > 14 || *view == '3'); /* 10 lines of heads */
        }
    }
    canvas_free(canvas);
}

static void test_clicks_that_hit_nothing(void **unused)
{
    (void)unused;
    update_size(&state, 24, 80);
    assert_int_equal(update_click(&state, 0, 0), DIRTY_NOTHING);
    assert_int_equal(update_click(&state, 23, 79), DIRTY_NOTHING);
    type("?");
    assert_int_equal(update_click(&state, 5, 8), DIRTY_NOTHING);
    type("q5");
    assert_int_equal(update_click(&state, 5, 8), DIRTY_NOTHING);
    update_size(&state, 1, 1);
    type("1");
    assert_int_equal(update_click(&state, 0, 0), DIRTY_NOTHING);
    type("2");
    update_click(&state, 0, 0);
}

static void test_the_wheel_moves(void **unused)
{
    (void)unused;
    update_wheel(&state, 1);
    update_wheel(&state, 1);
    update_wheel(&state, -1);
    assert_at(1, 0);
    type("2");
    update_wheel(&state, 1);
    assert_int_equal(state.pair, 1);
    type("?");
    update_wheel(&state, 1);
    assert_int_equal(state.help_top, 1);
    type("qt");
    assert_int_equal(update_wheel(&state, 1), DIRTY_NOTHING);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_goto_numbers),
        HERE(test_goto_pair),
        HERE(test_goto_what_there_is_not),
        HERE(test_goto_tensors),
        HERE(test_shared_tensor_is_one_match),
        HERE(test_marks),
        HERE(test_no_jump_to_take_back),
        HERE(test_the_way_back),
        HERE(test_the_way_back_is_bounded),
        HERE(test_the_threshold_does_not_go_back),
        HERE(test_ranks_are_all_heads_in_order),
        HERE(test_equal_ranks),
        HERE(test_a_walk_by_rank_is_one_leap),
        HERE(test_star_in_the_list_of_pairs_finds_the_strongest),
        HERE(test_rank_from_a_layer_without_heads),
        HERE(test_nothing_to_rank),
        HERE(test_share),
        HERE(test_share_outlives_the_layers_that_count),
        HERE(test_bad_share),
        HERE(test_a_click_selects_what_it_hits),
        HERE(test_a_click_selects_a_line_of_a_list),
        HERE(test_clicks_that_hit_nothing),
        HERE(test_the_wheel_moves),
    };
    return cmocka_run_group_tests_name("go", tests, NULL, NULL);
}
