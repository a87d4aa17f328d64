/* test_scan.c: how a scan is cut into units, in which order they are read, and the two ways in
 * which a worker comes by its rows. */
#include "angles/supply.h"
#include "angles/window.h"
#include "session_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- units --------------------------------------------------------------- */

struct planned {
    struct opened opened;
    struct angles *angles; /* owns the model */
    struct unit *units;
    size_t count;
};

static struct planned plan(const struct made_model *made)
{
    struct planned p = {0};
    struct error err;
    assert_true(made_model_write(made, scratch_path("model")));
    assert_int_equal(open_model(&p.opened, "model", NULL, &err), STATUS_OK);
    assert_int_equal(angles_new(p.opened.model, 1, &p.angles, &err), STATUS_OK);
    p.units = units_plan(p.opened.checkpoint, p.angles, &p.count);
    assert_non_null(p.units);
    return p;
}

static void plan_free(struct planned *p)
{
    memory_free(p->units);
    angles_free(p->angles);
    p->opened.model = NULL; /* went with the angles */
    close_opened(&p->opened);
}

/* Heads that no unit holds a whole number of, grouped. */
static const struct made_model ragged = {.layers = 12,
                                         .heads = 6,
                                         .kv_heads = 2,
                                         .head_dim = 40,
                                         .hidden = 2048,
                                         .dtype = MADE_F32,
                                         .seed = 3};

static void every_pair_is_in_one_unit(void **state)
{
    (void)state;
    struct planned p = plan(&ragged);
    for (size_t layer = 0; layer < p.angles->model->layer_count; layer++) {
        for (uint32_t which = 0; which < PROJECTION_COUNT; which++) {
            const struct layer *l = &p.angles->model->layers[layer];
            size_t pairs = (size_t)l->projection[which].heads * l->pairs, seen = 0, next = 0;
            for (size_t i = 0; i < p.count; i++) {
                const struct unit *unit = &p.units[i];
                if (unit->layer != layer || unit->projection != which)
                    continue;
                assert_int_equal(unit->first, next);
                assert_true(unit_bytes(p.opened.checkpoint, p.angles->model, unit) <= UNIT_BYTES);
                struct stretch stretch = unit_stretch(p.opened.checkpoint, p.angles->model, unit);
                assert_int_equal(stretch.offset, unit->offset);
                assert_true(stretch.bytes >=
                            unit_bytes(p.opened.checkpoint, p.angles->model, unit));
                next = (size_t)unit->first + unit->count;
                seen += unit->count;
            }
            assert_int_equal(seen, pairs);
        }
    }
    plan_free(&p);
}

/* The first `cold` units come from the disk. */
struct disk {
    uint64_t cold, brought;
};

static bool bring_from(void *context, const struct unit *unit)
{
    struct disk *disk = context;
    assert_int_equal(unit->first, disk->brought + 1); /* each in its turn; see below */
    disk->brought++;
    return unit->first < disk->cold;
}

static void cold_units_are_brought_and_warm_ones_left(void **state)
{
    (void)state;
    enum { COUNT = 100, COLD = 30, LONGER = (32 << 20) / UNIT_BYTES };
    struct disk disk = {.cold = COLD};
    struct supply supply = {.units = memory_array(COUNT, sizeof *supply.units), .count = COUNT};
    assert_non_null(supply.units);
    supply_init(&supply);
    for (size_t i = 0; i < COUNT; i++)
        supply.units[i].first = i;
    assert_int_equal(supply_take(&supply, bring_from, &disk), 0);
    assert_int_equal(disk.brought, 0); /* nothing was known of a disk yet */
    supply_note_cold(&supply, 0);
    for (size_t i = 1; i < COUNT; i++) {
        assert_false(supply_is_over(&supply));
        assert_int_equal(supply_take(&supply, bring_from, &disk), i);
    }
    assert_int_equal(disk.brought, COLD - 1 + LONGER);
    assert_true(supply_is_over(&supply));
    supply_note_cold(&supply, COUNT);
    assert_true(supply_take(&supply, bring_from, &disk) >= COUNT);
    supply_free(&supply);
}

static void units_follow_the_file(void **state)
{
    (void)state;
    static const char config[] = "{\"model_type\":\"llama\",\"hidden_size\":32,"
                                 "\"num_attention_heads\":4,\"num_hidden_layers\":2}";
    static const char header[] =
        "{\"model.layers.1.self_attn.k_proj.weight\":"
        "{\"dtype\":\"F32\",\"shape\":[32,32],\"data_offsets\":[0,4096]},"
        "\"model.layers.0.self_attn.k_proj.weight\":"
        "{\"dtype\":\"F32\",\"shape\":[32,32],\"data_offsets\":[4096,8192]},"
        "\"model.layers.1.self_attn.q_proj.weight\":"
        "{\"dtype\":\"F32\",\"shape\":[32,32],\"data_offsets\":[8192,12288]},"
        "\"model.layers.0.self_attn.q_proj.weight\":"
        "{\"dtype\":\"F32\",\"shape\":[32,32],\"data_offsets\":[12288,16384]}}";
    struct planned p = {0};
    struct error err;
    scratch_text("config.json", config);
    scratch_tensors("model.safetensors", header, 16384);
    assert_int_equal(open_model(&p.opened, "", NULL, &err), STATUS_OK);
    assert_int_equal(angles_new(p.opened.model, 1, &p.angles, &err), STATUS_OK);
    p.units = units_plan(p.opened.checkpoint, p.angles, &p.count);
    assert_int_equal(p.count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(p.units[i].layer, i % 2 == 0 ? 1 : 0);
        assert_int_equal(p.units[i].projection, i < 2 ? PROJECTION_KEY : PROJECTION_QUERY);
    }
    plan_free(&p);
}

/* One long head must not leave all workers but one without work. */
static void a_long_head_is_cut(void **state)
{
    (void)state;
    const struct made_model one_head = {.layers = 1,
                                        .heads = 1,
                                        .kv_heads = 1,
                                        .head_dim = 128,
                                        .hidden = 8192,
                                        .dtype = MADE_F32,
                                        .seed = 4};
    struct planned p = plan(&one_head);
    assert_int_equal(p.count, 2 * 128 * 8192 * 4 / UNIT_BYTES);
    plan_free(&p);
}

static void layers_that_are_there_are_not_planned(void **state)
{
    (void)state;
    struct planned p = plan(&ragged);
    memory_free(p.units);
    for (size_t i = 0; i < p.angles->model->layer_count; i++)
        p.angles->layers[i].ready = i != 5;
    p.units = units_plan(p.opened.checkpoint, p.angles, &p.count);
    assert_true(p.count > 0);
    for (size_t i = 0; i < p.count; i++)
        assert_int_equal(p.units[i].layer, 5);
    plan_free(&p);
}

/* ---- windows ------------------------------------------------------------- */

static void a_copy_shows_what_the_mapping_shows(void **state)
{
    (void)state;
    struct planned p = plan(&ragged);
    const struct projection *q = &p.angles->model->layers[1].projection[PROJECTION_QUERY];
    const struct tensor *tensor = checkpoint_tensor(p.opened.checkpoint, q->index);
    size_t row_bytes = (size_t)projection_row_bytes(p.opened.checkpoint, q);
    const struct row_run cases[][WINDOW_RUNS] = {
        {{40, 7}, {60, 7}}, {{3, 14}, {0, 0}}, {{60, 2}, {40, 2}}, {{0, 1}, {1, 1}}};
    struct window window;
    window_init(&window, p.opened.checkpoint, row_bytes);
    window_begin(&window, tensor);
    assert_true(window_rows(&window) >= 14);
    window.copies = true;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(window_show(&window, cases[i]));
        for (size_t run = 0; run < WINDOW_RUNS; run++) {
            for (uint64_t k = 0; k < cases[i][run].rows; k++) {
                uint64_t row = cases[i][run].first + k;
                const unsigned char *copied = window_row(&window, row);
                assert_true(copied >= window.buffer && copied < window.buffer + window.room);
                window.copies = false;
                assert_memory_equal(copied, window_row(&window, row), row_bytes);
                window.copies = true;
            }
        }
    }
    window_free(&window);
    plan_free(&p);
}

static void a_copy_of_a_file_that_shrank_fails(void **state)
{
    (void)state;
    struct planned p = plan(&ragged);
    const struct unit *last = &p.units[p.count - 1];
    const struct projection *q = &p.angles->model->layers[last->layer].projection[last->projection];
    const struct row_run rows[WINDOW_RUNS] = {{q->rows - 2, 2}};
    size_t row_bytes = (size_t)projection_row_bytes(p.opened.checkpoint, q);
    struct window window;
    char path[PATH_BYTES];
    window_init(&window, p.opened.checkpoint, row_bytes);
    window_begin(&window, checkpoint_tensor(p.opened.checkpoint, q->index));
    window.copies = true;
    assert_true(window_show(&window, rows));
    assert_true(path_join(path, scratch_path("model"), "model.safetensors"));
    assert_int_equal(truncate(path, (off_t)(p.opened.source->files[0].size - 1)), 0);
    assert_false(window_show(&window, rows));
    window_free(&window);
    plan_free(&p);
}

/* Ends a piece of a megabyte that cost so much. */
static void end_piece(struct window *window, long faults, long blocks)
{
    static const struct tensor bytes = {.dtype = DTYPE_F32, .shape = {1, 1}, .rank = 2, .bytes = 4};
    window_begin(window, &bytes);
    window->before.faults -= faults;
    window->before.blocks -= blocks;
    window_end(window, 1 << 20);
}

static size_t pieces_copied(struct window *window)
{
    size_t pieces = 0;
    for (; window->copies && pieces < 1000; pieces++)
        end_piece(window, 0, 0);
    return pieces;
}

static void faults_decide(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, NULL, 4096);
    assert_false(window.copies);
    end_piece(&window, 2, 0);
    assert_false(window.copies || window.cold);
    static const size_t copied[] = {2, 4, 8, 16, 32, 64, 64}; /* until the mapping is tried again */
    for (size_t turn = 0; turn < sizeof copied / sizeof *copied; turn++) {
        end_piece(&window, 16, 0); /* every 64 kB */
        assert_true(window.copies && !window.cold);
        assert_int_equal(pieces_copied(&window), copied[turn]);
    }
    end_piece(&window, 2, 0); /* the mapping is fast again: patience starts anew */
    assert_false(window.copies);
    end_piece(&window, 16, 0);
    assert_int_equal(pieces_copied(&window), copied[0]);
    end_piece(&window, 0, 8);
    assert_true(window.copies && window.cold);
    for (int i = 0; i < 300; i++)
        end_piece(&window, 0, 8);
    assert_true(window.copies && window.cold);
    end_piece(&window, 0, 0);
    assert_false(window.cold);
    assert_true(pieces_copied(&window) > 0);
    window.brought = true; /* it was known to come from there: it is in memory, in large pieces */
    end_piece(&window, 0, 8);
    assert_true(window.cold && !window.copies && !window.brought);
    window_free(&window);
}

/* Rows so long that a pair of them does not fit the usual window. */
static void a_pair_always_fits(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 8192, WINDOW_BYTES / 2, WINDOW_BYTES, 3 * WINDOW_BYTES + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct window window;
        window_init(&window, NULL, sizes[i]);
        window.row_bytes = sizes[i];
        assert_true(window_rows(&window) >= 2);
        assert_true(window_rows(&window) * sizes[i] <= window.room);
        window_free(&window);
    }
}

/* ---- the whole scan ------------------------------------------------------ */

static void check_projection(const struct planned *p, const struct angles *angles, size_t layer,
                             int which)
{
    const struct layer *l = &angles->model->layers[layer];
    const struct projection *q = &l->projection[which];
    const unsigned char *data =
        checkpoint_data(p->opened.checkpoint, checkpoint_tensor(p->opened.checkpoint, q->index));
    for (uint32_t head = 0; head < q->heads; head++) {
        for (uint32_t pair = 0; pair < l->pairs; pair++) {
            uint64_t a, b;
            size_t row_bytes = (size_t)projection_row_bytes(p->opened.checkpoint, q),
                   at = (size_t)head * l->pairs + pair;
            layer_pair_rows(l, which, head, pair, &a, &b);
            struct pair_angle angle = kernel_angle(kernel_best(), q->dtype, data + a * row_bytes,
                                                   data + b * row_bytes, (size_t)q->row_length);
            const struct angle_set *set = &angles->layers[layer].set[which];
            assert_memory_equal(&angle.cos, &set->cos[at], sizeof angle.cos);
            assert_memory_equal(&angle.norm_a, &set->norm_a[at], sizeof angle.cos);
            assert_memory_equal(&angle.norm_b, &set->norm_b[at], sizeof angle.cos);
        }
    }
}

/* Any number of workers, either pairing: each value is where it belongs, to the last bit. */
static void every_value_lands_in_its_place(void **state)
{
    (void)state;
    struct planned p = plan(&ragged);
    for (size_t threads = 1; threads <= 7; threads += 3) {
        for (int pairing = 0; pairing < 2; pairing++) {
            struct session_options options = {
                .model = {.has_pairing = true, .pairing = (enum pairing)pairing},
                .no_cache = true,
                .threads = threads};
            struct session *session;
            struct error err;
            assert_int_equal(session_open(scratch_path("model"), &options, &session, &err),
                             STATUS_OK);
            assert_int_equal(session_wait(session, NULL, NULL, &err), STATUS_OK);
            const struct angles *angles = session_angles(session);
            for (size_t layer = 0; layer < angles->model->layer_count; layer++) {
                check_projection(&p, angles, layer, PROJECTION_QUERY);
                check_projection(&p, angles, layer, PROJECTION_KEY);
            }
            session_close(session);
        }
    }
    plan_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_is_in_one_unit),
        cmocka_unit_test(cold_units_are_brought_and_warm_ones_left),
        cmocka_unit_test(units_follow_the_file),
        cmocka_unit_test(a_long_head_is_cut),
        cmocka_unit_test(layers_that_are_there_are_not_planned),
        cmocka_unit_test(a_copy_shows_what_the_mapping_shows),
        cmocka_unit_test(a_copy_of_a_file_that_shrank_fails),
        cmocka_unit_test(faults_decide),
        cmocka_unit_test(a_pair_always_fits),
        cmocka_unit_test(every_value_lands_in_its_place),
    };
    return cmocka_run_group_tests_name("scan", tests, scratch_make, scratch_remove);
}
