/* update(): every action from many states, thresholds, typing, landing layers. */
#include "ropescope/lists.h"
#include "synthetic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct synthetic shapes[] = {
    {6, 4, 2, 8, -1, -1, false, "small"},  {5, 3, 1, 4, 2, -1, false, "still"},
    {4, 6, 6, 2, 0, 3, true, "waiting"},   {1, 1, 1, 1, -1, -1, false, "one"},
    {1, 2, 2, 4, 0, -1, false, "nothing"}, {40, 20, 5, 3, 7, 9, false, "tall"},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void type(struct state *state, const char *keys)
{
    for (; *keys; keys++)
        update_key(state, (unsigned char)*keys);
}

static void assert_valid(const struct state *state)
{
    const struct selection *at = &state->settings.selection;
    const struct model *model = state->angles->model;
    float threshold = state->settings.rule.threshold;
    assert_true(at->layer < model->layer_count);
    assert_true(at->scope <= SCOPE_MODEL);
    if (state_rotates(state)) {
        const struct layer *layer = state_layer(state);
        assert_true(at->head < layer->projection[PROJECTION_QUERY].heads);
        assert_true(state_head(state, PROJECTION_KEY) < layer->projection[PROJECTION_KEY].heads);
    }
    assert_true(threshold >= 0 && threshold <= 1);
    uint32_t end = model->layers[model->layer_count - 1].number + 1;
    assert_true(state->settings.rule.first_layer <= (end > 2 ? end : 2)); /* 2: the default */
    assert_true(state->lead == PROJECTION_QUERY || state->lead == PROJECTION_KEY);
    assert_true(state->view < VIEW_COUNT && state->glyph_set < GLYPH_SET_COUNT);
    const struct list *list = state_list(state);
    if (list && list->count > 0 && state_line(state) < list->count) {
        assert_true(state->top < list->count);
        assert_in_range(state_line(state), state->top, state->top + state_list_room(state) - 1);
    }
    if (state_rotates(state))
        assert_true(state->pair < state_layer(state)->pairs);
    struct zoom zoom = state->settings.zoom;
    assert_true(zoom_whole(&zoom) || (zoom.x_low >= -1 && zoom.x_high <= 180));
    assert_true(state->settings.rule.projection[0] || state->settings.rule.projection[1]);
    assert_int_equal(strlen(state->entry.text), state->entry.length);
    assert_int_equal(strlen(state->filter.text), state->filter.length);
}

/* Long walks over all actions, in an order that differs with `seed`. */
static void test_every_action_keeps_the_state_valid(void **unused)
{
    (void)unused;
    for (size_t s = 0; s < SHAPES; s++) {
        struct angles *angles = synthetic_new(&shapes[s]);
        for (uint32_t seed = 1; seed < 40; seed++) {
            struct state state;
            uint32_t z = seed;
            assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
            update_size(&state, (int)(seed % 50), (int)(seed * 7 % 160));
            for (int step = 0; step < 300; step++) {
                z = z * 1664525U + 1013904223U;
                if (step % 5 == 0)
                    update_key(&state, z >> 8 & 0xff);
                else
                    update_action(&state, (enum action)((z >> 8) % ACTION_COUNT));
                assert_valid(&state);
            }
            state_free(&state);
        }
        synthetic_free(angles);
    }
}

/* ---- one small model for the rest ---------------------------------------- */

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

static struct state *state_of(void **context)
{
    return &((struct fixture *)*context)->state;
}

static void test_moves(void **context)
{
    struct state *state = state_of(context);
    struct selection *at = &state->settings.selection;
    update_key(state, KEYCODE_UP);
    assert_int_equal(at->layer, 0); /* stays at the edge */
    type(state, "jjl");
    assert_int_equal(at->layer, 2);
    assert_int_equal(at->head, 1);
    assert_int_equal(state_head(state, PROJECTION_KEY), 0); /* 4 query heads, 2 key heads */
    type(state, "lG");
    assert_int_equal(at->layer, 5);
    assert_int_equal(state_head(state, PROJECTION_KEY), 1);
    update_key(state, KEYCODE_END);
    type(state, "lg");
    assert_int_equal(at->head, 3);
    assert_int_equal(at->layer, 0);
    update_key(state, KEYCODE_HOME);
    assert_int_equal(at->head, 0);
    update_key(state, KEYCODE_PAGE_DOWN);
    assert_true(at->layer > 0);
}

static void test_flags_select_what_there_is(void **context)
{
    struct state *state = state_of(context);
    update_select(state, 3, 2);
    assert_int_equal(state->settings.selection.layer, 3);
    assert_int_equal(state->settings.selection.head, 2);
    update_select(state, 99, 99);
    assert_int_equal(state->settings.selection.layer, 5);
    assert_int_equal(state->settings.selection.head, 3);
}

static void test_message_is_dismissed(void **context)
{
    struct state *state = state_of(context);
    assert_int_equal(update_message(state, "the file shrank"), DIRTY_FRAME);
    assert_true(state->message_is_error);
    assert_string_equal(state->message, "the file shrank");
    update_key(state, 'j');
    assert_int_equal(state->message[0], '\0');
    assert_false(state->message_is_error);
}

static void test_head_is_remembered_across_layers(void **unused)
{
    struct angles *angles = synthetic_new(&shapes[1]); /* layer 2 does not rotate */
    struct state state;
    (void)unused;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    type(&state, "lljj");
    assert_false(state_rotates(&state));
    type(&state, "ll"); /* nothing to move over */
    type(&state, "j");
    assert_true(state_rotates(&state));
    assert_int_equal(state.settings.selection.head, 2);
    state_free(&state);
    synthetic_free(angles);
}

static void test_starts_on_a_layer_that_rotates(void **unused)
{
    struct angles *angles = synthetic_new(&shapes[2]); /* layer 0 does not */
    struct state state;
    (void)unused;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    assert_int_equal(state.settings.selection.layer, 1);
    state_free(&state);
    synthetic_free(angles);
}

static void test_views(void **context)
{
    struct state *state = state_of(context);
    static const uint32_t keys[VIEW_COUNT] = {'1', '2', '3', '4', '5', '6', '7',
                                              '8', '9', '0', 'W', 'V', 'A', 'D'};
    for (int id = 0; id < VIEW_COUNT; id++) {
        update_key(state, keys[id]);
        assert_int_equal(state->view, id);
    }
    update_key(state, '\t');
    assert_int_equal(state->view, VIEW_OVERVIEW);
    update_key(state, KEYCODE_BACKTAB);
    assert_int_equal(state->view, VIEW_SPECTRUM); /* nothing is compared or run */
    type(state, "4\n");
    assert_int_equal(state->view, VIEW_HEADS);
    type(state, "\n");
    assert_int_equal(state->view, VIEW_PAIRS);
    update_key(state, 27);
    assert_int_equal(state->view, VIEW_HEADS);
    for (int i = 0; i < VIEW_COUNT + 4; i++)
        update_key(state, 27);
    assert_int_equal(state->view, VIEW_OVERVIEW);
    assert_false(state->quit); /* Esc goes back and never quits */
}

static void test_list_of_pairs_moves_the_selection(void **context)
{
    struct state *state = state_of(context);
    update_size(state, 12, 80); /* 5 lines of a list */
    type(state, "2");
    assert_int_equal(state_line(state), 0);
    type(state, "jj");
    assert_int_equal(state->pair, 2);
    assert_int_equal(state->top, 0);
    type(state, "p"); /* the key's pairs stand behind the query's 8 */
    assert_int_equal(state_line(state), 10);
    assert_in_range(10, state->top, state->top + state_list_room(state) - 1);
    type(state, "k");
    assert_int_equal(state->pair, 1);
    type(state, "G");
    assert_int_equal(state_line(state), 15);
    type(state, "j"); /* stays at the end */
    assert_int_equal(state->pair, 7);
    type(state, "g");
    assert_int_equal(state->lead, PROJECTION_QUERY);
    assert_int_equal(state->top, 0);
    type(state, "ssJ"); /* model: 4 + 2 heads of 8 pairs a layer */
    assert_int_equal(state_line(state), 48);
    type(state, "\n"); /* and the view on one pair keeps it */
    assert_true(state->inspecting);
    type(state, "j");
    assert_int_equal(state->pair, 1);
    update_key(state, 27);
    assert_false(state->inspecting);
    assert_int_equal(state->view, VIEW_PAIRS);
    assert_int_equal(state_line(state), 49);
}

/* Sorted by any column of any list, each line once, keys in order, no number last; the selection
 * stays on its pair. */
static void assert_same_tally(struct tally a, struct tally b)
{
    assert_int_equal(a.pairs, b.pairs);
    assert_int_equal(a.fixed, b.fixed);
    assert_int_equal(a.undefined, b.undefined);
    assert_true(fabs(a.sum_abs - b.sum_abs) <= 1e-12 * fabs(b.sum_abs));
    assert_true(a.max_abs == b.max_abs);
    assert_true(fabs(a.sum_chance - b.sum_chance) <= 1e-12 * fabs(b.sum_chance));
}

/* The fraction and the excess of every head are those of its tally. */
static void assert_fresh_heads(struct state *state, enum measure measure)
{
    float threshold = state->settings.rule.threshold;
    state->settings.measure = measure;
    for (size_t i = 0; i < state->angles->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT && state->summaries[i].ready; p++)
            for (uint32_t h = 0; h < state->angles->model->layers[i].projection[p].heads; h++) {
                struct tally tally = tally_head(state->angles, i, p, h, threshold);
                double want =
                    tally_fraction(&tally) - (measure == MEASURE_EXCESS ? tally_chance(&tally) : 0);
                double got = state_measure(state, i, p, h);
                assert_true((isnan(got) && isnan(want)) || fabs(got - want) <= 1e-12);
            }
    state->settings.measure = MEASURE_MEAN;
}

static void assert_fresh_fixing(const struct state *state, double percent)
{
    struct fixing got = state_fixing(state, percent),
                  want = rule_fixing(state->angles, &state->settings.rule, percent);
    assert_int_equal(got.fixed, want.fixed);
    assert_int_equal(got.pairs, want.pairs);
    assert_true(got.threshold == want.threshold || (isnan(got.threshold) && want.pairs == 0));
}

static void assert_fresh(const struct state *state)
{
    const struct view_settings *now = &state->settings;
    assert_same_tally(state_tally_rule(state, SCOPE_MODEL), tally_model(state->angles, &now->rule));
    for (int p = 0; p < PROJECTION_COUNT; p++)
        for (enum scope scope = SCOPE_HEAD; scope <= SCOPE_MODEL; scope++) {
            struct selection at = now->selection;
            at.scope = scope;
            assert_same_tally(state_tally(state, scope, p),
                              tally_selection(state->angles, &at, p, now->rule.threshold));
        }
}

/* What is kept from step to step is what would be counted anew, while layers land, too. */
static void test_kept_counts_are_fresh(void **unused)
{
    (void)unused;
    for (size_t s = 0; s < SHAPES; s++) {
        struct angles *angles = synthetic_new(&shapes[s]);
        struct state state;
        assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
        bool waits = shapes[s].waiting_layer >= 0;
        for (size_t step = 0; step < 30; step++) {
            type(&state, step % 5 == 4 ? "." : step % 7 == 6 ? "C" : step % 2 ? "]" : "}j");
            assert_fresh(&state);
            if (step >= 5 && step != 16) /* counted pair by pair, then more and more by order */
                state_prepare(&state);
            if (step % 3 != 1) { /* else two steps lie between the counts of the heads */
                assert_fresh_heads(&state, MEASURE_FRACTION);
                assert_fresh_heads(&state, MEASURE_EXCESS);
            }
            assert_fresh_fixing(&state, 3 * (double)step);
            if (step == 15 && waits) { /* between two steps */
                angles->layers[shapes[s].waiting_layer].ready = true;
                angles->ready++;
                assert_fresh(&state);
            }
        }
        while (state_prepare(&state)) {
        }
        for (size_t step = 0; step < 12; step++) {
            type(&state, step % 2 ? "[" : "{");
            assert_fresh(&state);
            assert_fresh_heads(&state, MEASURE_FRACTION);
            assert_fresh_fixing(&state, 9 * (double)step);
        }
        if (waits) {
            angles->layers[shapes[s].waiting_layer].ready = false;
            angles->ready--;
        }
        state_free(&state);
        synthetic_free(angles);
    }
}

/* Deeper is narrower, and what leads is in sight; back is wide again. */
static void test_dive_narrows(void **unused)
{
    struct angles *angles = synthetic_new(&shapes[0]);
    struct state state;
    (void)unused;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    update_size(&state, 12, 80);
    type(&state, "4ssjj"); /* the layers of the model, layer 2 */
    assert_int_equal(state.settings.selection.scope, SCOPE_MODEL);
    type(&state, "\n");
    assert_int_equal(state.view, VIEW_HEADS);
    assert_int_equal(state.settings.selection.scope, SCOPE_LAYER);
    type(&state, "Gk\n"); /* key head 0 */
    assert_int_equal(state.view, VIEW_PAIRS);
    assert_int_equal(state.settings.selection.scope, SCOPE_HEAD);
    struct row item = list_item(state_list(&state), state.top);
    assert_int_equal(item.projection, PROJECTION_KEY);
    assert_int_equal(item.layer_index, 2);
    assert_int_equal(item.head, 0);
    assert_int_equal(state_list(&state)->count, 2 * shapes[0].pairs);
    type(&state, "\033");
    assert_int_equal(state.settings.selection.scope, SCOPE_LAYER);
    type(&state, "\033");
    assert_int_equal(state.settings.selection.scope, SCOPE_MODEL);
    state_free(&state);
    synthetic_free(angles);
}

/* Left and right walk along the heads of what leads. */
static void test_heads_of_the_leading_projection(void **unused)
{
    struct angles *angles = synthetic_new(&shapes[0]); /* 4 query heads, 2 key heads */
    struct state state;
    (void)unused;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    type(&state, "lp");
    assert_int_equal(state.settings.selection.head, 1);
    assert_int_equal(state_head(&state, PROJECTION_KEY), 0);
    type(&state, "h"); /* nowhere to go */
    assert_int_equal(state.settings.selection.head, 1);
    type(&state, "l");
    assert_int_equal(state.settings.selection.head, 2);
    assert_int_equal(state_head(&state, PROJECTION_KEY), 1);
    type(&state, "l");
    assert_int_equal(state.settings.selection.head, 2);
    type(&state, "h");
    assert_int_equal(state.settings.selection.head, 0);
    state_free(&state);
    synthetic_free(angles);
}

static void test_sorted_lists(void **unused)
{
    static const enum view_id lists[] = {VIEW_PAIRS, VIEW_HEADS, VIEW_LAYERS};
    struct angles *angles = synthetic_new(&shapes[2]); /* an undefined pair, a still layer */
    struct state state;
    (void)unused;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    type(&state, "ss");
    for (size_t v = 0; v < 3; v++) {
        size_t columns;
        const char *const *names = list_columns(lists[v], &columns);
        const size_t *shown = list_shown(lists[v]);
        update_action(&state, (enum action)((int)ACTION_VIEW_FIRST + (int)lists[v]));
        type(&state, "jj");
        for (size_t c = 0; c < 2 * columns; c++) {
            type(&state, c % 2 ? "r" : c ? "r>" : ">");
            const struct sort *sort = &state.sort[lists[v]];
            size_t column = shown ? shown[c / 2] : c / 2;
            assert_string_equal(sort->column, names[column]);
            assert_int_equal(sort->descending, c % 2);
            const struct list *list = state_list(&state);
            bool *seen = calloc(list->count, sizeof *seen);
            size_t before = 0;
            bool ended = false; /* what has no number stands at the end */
            double last = c % 2 ? INFINITY : -INFINITY;
            for (size_t line = 0; line < list->count; line++) {
                struct cell cell = list_cell(list, line, column);
                double key = cell.kind == CELL_INTEGER ? (double)cell.as.integer
                             : cell.kind == CELL_REAL  ? cell.as.real
                             : cell.kind == CELL_FLAG  ? cell.as.flag
                             : cell.kind == CELL_WORD  ? cell.as.text[0]
                                                       : (double)NAN;
                size_t row = list_row(list, line);
                assert_false(seen[row]);
                seen[row] = true;
                assert_true(line == 0 || key != last || row > before); /* ties as they stood */
                before = row;
                ended = ended || isnan(key);
                assert_true(ended == isnan(key));
                assert_true(isnan(key) || (c % 2 ? key <= last : key >= last));
                last = key;
                struct row item = list_item(list, line);
                assert_int_equal(list_find(list, &item), line);
            }
            free(seen);
            assert_int_equal(state_line(&state), 0); /* what comes first is what was asked for */
        }
        type(&state, "r>"); /* round to the list's own order */
        assert_null(state.sort[lists[v]].column);
    }
    state_free(&state);
    synthetic_free(angles);
}

static void test_sort_by_fixed_follows_the_threshold(void **context)
{
    struct state *state = state_of(context);
    type(state, "2ss");
    state->sort[VIEW_PAIRS] = (struct sort){"fixed", true};
    for (int step = 0; step < 3; step++) {
        const struct list *list = state_list(state);
        uint64_t fixed =
            tally_model(state->angles,
                        &(struct rule){state->settings.rule.threshold, 0, {true, true}})
                .fixed;
        assert_true(fixed > 0 && fixed < list->count);
        for (size_t line = 0; line < list->count; line++)
            assert_true(list_cell(list, line, PAIR_FIXED).as.flag == (line < fixed));
        type(state, "}}");
    }
}

static void test_search_finds_lines(void **context)
{
    static const struct {
        const char *text;
        uint32_t layer, head, pair;
        int lead;
    } cases[] = {
        {"7", 0, 0, 7, 0},  {"3.2", 0, 3, 2, 0}, {"k1.5", 0, 1, 5, 1}, {"2.1.4", 2, 1, 4, 0},
        {"q2", 0, 2, 0, 0}, {"l5", 5, 0, 0, 0},  {"r20", 0, 1, 4, 0},  {"k", 0, 0, 0, 1},
    };
    struct state *state = state_of(context);
    type(state, "2ss");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        type(state, "g/");
        type(state, cases[i].text);
        assert_string_equal(state->search.text, cases[i].text);
        type(state, "\n");
        struct row item = state_item(state);
        assert_int_equal(item.layer->number, cases[i].layer);
        assert_int_equal(item.projection, cases[i].lead);
        assert_int_equal(item.head, cases[i].head);
        assert_int_equal(item.pair, cases[i].pair);
    }
    type(state, "g/3\n");
    assert_int_equal(state_item(state).head, 0);
    type(state, "n");
    assert_int_equal(state_item(state).head, 1);
    type(state, "N");
    assert_int_equal(state_item(state).head, 0);
    type(state, "/99\n");
    assert_true(state->message_is_error);
    assert_int_equal(state->pair, 3); /* stays */
    type(state, "/hjq?\n");
    assert_true(strstr(state->message, "head.pair") != NULL);
    assert_int_equal(state->place, PLACE_VIEW);
}

/* The cursor of the scatter moves to a point in the direction asked for, and to the nearest. */
static void test_scatter_cursor(void **context)
{
    struct state *state = state_of(context);
    static const char keys[] = "HJKL";
    type(state, "6ss");
    const struct points *points = state_points(state, SCOPE_MODEL);
    for (int step = 0; step < 200; step++) {
        struct row row = state_item(state);
        size_t at = rows_find(points->rows, &row);
        float x = points->x[at], y = points->y[at];
        char key = keys[(step * 7 + step / 5) % 4];
        update_key(state, (uint32_t)key);
        row = state_item(state);
        size_t to = rows_find(points->rows, &row);
        if (to == at)
            continue; /* none that way */
        assert_true(key == 'H'   ? points->x[to] < x
                    : key == 'L' ? points->x[to] > x
                    : key == 'J' ? points->y[to] < y
                                 : points->y[to] > y);
    }
    type(state, "gn"); /* g: the first layer */
    assert_int_equal(state->pair > 0, true);
}

static void test_zoom_of_the_scatter(void **context)
{
    struct state *state = state_of(context);
    struct zoom *zoom = &state->settings.zoom;
    type(state, "6-");
    assert_true(zoom_whole(zoom));
    type(state, "+");
    const struct points *points = state_points(state, SCOPE_HEAD);
    double x = (double)points->x[0], y = (double)points->y[0];
    assert_true(zoom->x_high - zoom->x_low == 1 && zoom->y_high - zoom->y_low == 1);
    assert_true(zoom->x_low <= x && x <= zoom->x_high && zoom->y_low <= y && y <= zoom->y_high);
    for (int i = 0; i < 30; i++)
        type(state, "+");
    assert_true(zoom->x_low <= x && x <= zoom->x_high && zoom->x_high - zoom->x_low > 0);
    for (int i = 0; i < 30; i++)
        type(state, ")>");
    type(state, "--");
    assert_true(zoom->x_high <= 1 && zoom->y_high <= 1);
    type(state, "n"); /* the window follows the cursor */
    points = state_points(state, SCOPE_HEAD);
    x = (double)points->x[state->pair];
    assert_true(zoom->x_low <= x && x <= zoom->x_high);
    type(state, "a");
    assert_true(zoom_whole(zoom));
}

static void test_measures_units_and_bins_step_round(void **context)
{
    struct state *state = state_of(context);
    for (int i = 1; i <= MEASURE_OWN; i++) {
        type(state, "o");
        assert_int_equal(state->settings.measure, i % MEASURE_OWN);
    }
    type(state, "O");
    assert_int_equal(state->settings.measure, MEASURE_OWN - 1);
    type(state, "uuu");
    assert_int_equal(state->settings.unit, QUANTITY_COS);
    type(state, "5");
    uint32_t fit = state_settings(state).bins;
    assert_true(fit >= 16 && fit % 2 == 0);
    type(state, "b");
    assert_true(state->settings.bins > fit);
    for (int i = 0; i < 30; i++)
        type(state, state->settings.bins ? "b" : "");
    assert_int_equal(state_settings(state).bins, fit); /* past the last: what fits */
    type(state, "BL|");
    assert_true(state->settings.bins < fit && state->settings.log);
    assert_int_equal(state->settings.arrange, ARRANGE_BESIDE);
    type(state, "C");
    assert_false(state->settings.rule.projection[PROJECTION_KEY]);
    type(state, "C");
    assert_false(state->settings.rule.projection[PROJECTION_QUERY]);
    assert_int_equal(state->lead, PROJECTION_KEY);
    type(state, "C1----");
    assert_true(state_map_block(state) > 1);
    for (int i = 0; i < 20; i++)
        type(state, "+");
    assert_int_equal(state_map_block(state), 1);
}

static void test_threshold_steps(void **context)
{
    struct state *state = state_of(context);
    float *threshold = &state->settings.rule.threshold;
    char text[TEXT_NUMBER];
    assert_string_equal(text_float(text, *threshold), "0.01");
    type(state, "]");
    assert_string_equal(text_float(text, *threshold), "0.0102");
    type(state, "[[");
    assert_string_equal(text_float(text, *threshold), "0.0099");
    type(state, "}");
    assert_string_equal(text_float(text, *threshold), "0.01");
    type(state, "}}");
    assert_string_equal(text_float(text, *threshold), "0.05");
    *threshold = 0.0123F;
    type(state, "]");
    assert_string_equal(text_float(text, *threshold), "0.0124");
    *threshold = 0.0123F;
    type(state, "{");
    assert_string_equal(text_float(text, *threshold), "0.01");
}

/* From 0 to 1 and back, each line once, and all of them short numbers, near enough to each
 * other. */
static void test_threshold_grid_is_a_ladder(void **unused)
{
    (void)unused;
    for (int coarse = 0; coarse < 2; coarse++) {
        int up = 0, down = 0;
        float threshold = 0;
        while (threshold < 1) {
            float next = threshold_step(threshold, true, coarse);
            char text[TEXT_NUMBER];
            assert_true(next > threshold);
            assert_true(threshold_step(next, false, coarse) == threshold);
            assert_in_range(strlen(text_float(text, next)), 1, 8);
            assert_true(coarse || threshold == 0 || next <= 1.0251F * threshold);
            threshold = next;
            up++;
        }
        while (threshold > 0) {
            threshold = threshold_step(threshold, false, coarse);
            down++;
        }
        assert_int_equal(up, coarse ? 13 : 641);
        assert_int_equal(down, up);
        assert_true(threshold_step(1, true, coarse) == 1);
        assert_true(threshold_step(0, false, coarse) == 0);
    }
}

static void test_typed_threshold(void **context)
{
    struct state *state = state_of(context);
    type(state, "t0.0375\n");
    assert_int_equal(state->place, PLACE_VIEW);
    assert_true(state->settings.rule.threshold == 0.0375F);
    type(state, "=0.9");
    update_key(state, 27);
    assert_int_equal(state->place, PLACE_VIEW);
    assert_true(state->settings.rule.threshold == 0.0375F);
    type(state, "t1e-3\n");
    assert_true(state->settings.rule.threshold == 0.001F);
}

static void test_bad_threshold_says_why(void **context)
{
    struct state *state = state_of(context);
    static const char *const bad[] = {"t\n",    "tabc\n", "t-0.1\n", "t1.5\n",
                                      "tnan\n", "t0,5\n", "t0.1 \n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        type(state, bad[i]);
        assert_int_equal(state->place, PLACE_ENTRY); /* stays open to be mended */
        assert_true(state->message_is_error);
        assert_true(strlen(state->message) > 10);
        assert_true(state->settings.rule.threshold == 0.01F);
        update_key(state, 27);
        assert_int_equal(state->message[0], '\0');
    }
}

static void test_letters_are_typed_not_obeyed(void **context)
{
    struct state *state = state_of(context);
    type(state, "tq?jh");
    assert_false(state->quit);
    assert_string_equal(state->entry.text, "q?jh");
    assert_int_equal(state->settings.selection.layer, 0);
    update_key(state, KEYCODE_BACKSPACE);
    assert_string_equal(state->entry.text, "q?j");
    update_key(state, 21);
    assert_string_equal(state->entry.text, "");
    update_key(state, KEYCODE_BACKSPACE); /* nothing left to erase */
    update_key(state, 0xe9);
    assert_string_equal(state->entry.text, "\u00e9");
    update_key(state, KEYCODE_BACKSPACE);
    assert_int_equal(state->entry.length, 0);
    for (int i = 0; i < 3 * ENTRY_BYTES; i++)
        update_key(state, '1');
    assert_int_equal(strlen(state->entry.text), ENTRY_BYTES - 1);
}

/* Where a line of the help stands; SIZE_MAX: nowhere. */
static size_t help_place(const struct state *state, enum action action, const char *words)
{
    struct help help;
    help_of(&help, state);
    for (size_t i = 0; i < help.count; i++)
        if (help.line[i].binding
                ? help.line[i].binding->action == action
                : words && help.line[i].word && strcmp(help.line[i].word, words) == 0)
            return i;
    return SIZE_MAX;
}

/* The keys of the open view come first, what it takes for itself is left to the others. */
static void test_help_begins_with_the_open_view(void **context)
{
    struct state *state = state_of(context);
    struct help help;
    type(state, "2?");
    help_of(&help, state);
    assert_null(help.line[0].binding);
    assert_string_equal(help.own, "here: pairs");
    assert_in_range(help.count, keys_count() + 4, HELP_LINES_MOST - 1);
    assert_true(help_place(state, ACTION_STRONGEST, NULL) <
                help_place(state, ACTION_VIEW_NEXT, NULL));
    assert_true(help_place(state, ACTION_GOTO, NULL) < help_place(state, ACTION_BANDS, NULL));
    assert_true(help_place(state, ACTION_RANK_FIRST, NULL) >
                help_place(state, ACTION_QUIT, NULL)); /* * is the list's own */
    type(state, "q6?");
    assert_true(help_place(state, ACTION_BANDS, NULL) < help_place(state, ACTION_VIEW_NEXT, NULL));
    assert_true(help_place(state, ACTION_RANK_FIRST, NULL) < help_place(state, ACTION_QUIT, NULL));
    type(state, "/random rows");
    help_of(&help, state);
    assert_int_equal(help.count, 2); /* the title of the words, and one of them */
    assert_int_equal(help_place(state, ACTION_NONE, "chance"), 1);
    type(state, "\nq");
}

static void test_help(void **context)
{
    struct state *state = state_of(context);
    update_size(state, 24, 80);
    type(state, "?");
    assert_int_equal(state->place, PLACE_HELP);
    type(state, "jjk");
    assert_int_equal(state->help_top, 1);
    assert_int_equal(state->settings.selection.layer, 0);
    type(state, "G");
    size_t last = state->help_top;
    assert_true(last > 1 && last < keys_count());
    type(state, "j");
    assert_int_equal(state->help_top, last);
    type(state, "/q");
    assert_int_equal(state->help_top, 0);
    assert_string_equal(state->filter.text, "q");
    type(state, "\n");
    assert_int_equal(state->place, PLACE_HELP);
    type(state, "q"); /* closes the help, not the program */
    assert_int_equal(state->place, PLACE_VIEW);
    assert_false(state->quit);
    type(state, "q");
    assert_true(state->quit);
}

static void test_first_masked_layer(void **context)
{
    struct state *state = state_of(context);
    uint32_t *first = &state->settings.rule.first_layer;
    assert_int_equal(*first, 2);
    type(state, ".");
    assert_int_equal(*first, 3);
    type(state, ",,,,,");
    assert_int_equal(*first, 0);
    type(state, "............");
    assert_int_equal(*first, 6); /* behind the last: nothing is masked */
}

static void test_glyphs(void **context)
{
    struct state *state = state_of(context);
    type(state, "v");
    assert_int_equal(state->glyph_set, GLYPHS_BRAILLE);
    type(state, "vv");
    assert_int_equal(state->glyph_set, GLYPHS_BLOCKS);
    state->utf8 = false;
    type(state, "v");
    assert_int_equal(state->glyph_set, GLYPHS_ASCII);
    type(state, "v");
    assert_int_equal(state->glyph_set, GLYPHS_ASCII);
    assert_true(strlen(state->message) > 10);
}

static void test_notices_are_read_one_by_one(void **context)
{
    struct state *state = state_of(context);
    static struct notices notices;
    notices = (struct notices){0};
    notices_add(&notices, "one");
    notices_add(&notices, "two");
    state->notices = &notices;
    type(state, "j");
    assert_int_equal(state->notices_seen, 1);
    type(state, "jj");
    assert_int_equal(state->notices_seen, 2);
}

static void test_dirt(void **context)
{
    struct state *state = state_of(context);
    assert_int_equal(update_key(state, '~'), DIRTY_NOTHING);
    assert_int_equal(update_action(state, ACTION_NONE), DIRTY_NOTHING);
    assert_int_equal(update_key(state, 'j'), DIRTY_MOVE);
    assert_int_equal(update_key(state, ']'), DIRTY_STEP);
    assert_int_equal(update_key(state, '2'), DIRTY_FRAME);
    assert_int_equal(update_key(state, 12), DIRTY_FRAME | DIRTY_WHOLE);
    assert_true(update_size(state, 30, 90) & DIRTY_FRAME);
}

static void test_scan_lands_layers(void **unused)
{
    struct synthetic shape = shapes[0];
    shape.waiting_layer = 3;
    struct angles *angles = synthetic_new(&shape);
    struct state state;
    (void)unused;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    struct progress_reading reading = {.fraction = 0.5, .rate = 1e9, .seconds_left = 2};
    assert_int_equal(update_scan(&state, true, reading), DIRTY_FRAME); /* it has begun */
    assert_int_equal(update_scan(&state, true, reading), DIRTY_NOTHING);
    assert_false(state.summaries[3].ready);
    angles->layers[3].ready = true;
    angles->ready++;
    assert_int_equal(update_scan(&state, true, reading), DIRTY_FRAME);
    assert_true(state.summaries[3].ready);
    assert_int_equal(update_scan(&state, false, reading), DIRTY_FRAME); /* it has ended */
    assert_int_equal(update_scan(&state, false, reading), DIRTY_NOTHING);
    state_free(&state);
    synthetic_free(angles);
}

#define ON_SMALL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_action_keeps_the_state_valid),
        cmocka_unit_test(test_head_is_remembered_across_layers),
        cmocka_unit_test(test_starts_on_a_layer_that_rotates),
        cmocka_unit_test(test_threshold_grid_is_a_ladder),
        cmocka_unit_test(test_scan_lands_layers),
        ON_SMALL(test_moves),
        ON_SMALL(test_flags_select_what_there_is),
        ON_SMALL(test_message_is_dismissed),
        ON_SMALL(test_views),
        ON_SMALL(test_list_of_pairs_moves_the_selection),
        ON_SMALL(test_sort_by_fixed_follows_the_threshold),
        ON_SMALL(test_search_finds_lines),
        ON_SMALL(test_scatter_cursor),
        ON_SMALL(test_zoom_of_the_scatter),
        ON_SMALL(test_measures_units_and_bins_step_round),
        cmocka_unit_test(test_kept_counts_are_fresh),
        cmocka_unit_test(test_dive_narrows),
        cmocka_unit_test(test_heads_of_the_leading_projection),
        cmocka_unit_test(test_sorted_lists),
        ON_SMALL(test_threshold_steps),
        ON_SMALL(test_typed_threshold),
        ON_SMALL(test_bad_threshold_says_why),
        ON_SMALL(test_letters_are_typed_not_obeyed),
        ON_SMALL(test_help_begins_with_the_open_view),
        ON_SMALL(test_help),
        ON_SMALL(test_first_masked_layer),
        ON_SMALL(test_glyphs),
        ON_SMALL(test_notices_are_read_one_by_one),
        ON_SMALL(test_dirt),
    };
    return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
