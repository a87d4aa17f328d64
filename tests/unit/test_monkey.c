/* 20,000 random keys, clicks and resizes from a fixed seed, with a picture now and then: the state
 * stays valid, nothing is drawn outside, no message holds a control character. MONKEY_SEED=N and
 * MONKEY_KEYS=N try other ones. */
#include "probed_run.h"
#include "ropescope/views.h"
#include "synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 20000, KEYS_A_SCENE = 250, ROWS_MOST = 120, COLS_MOST = 300 };

static const struct synthetic shapes[] = {
    {6, 4, 2, 8, -1, -1, false, "small"},
    {1, 1, 1, 1, -1, -1, false, "one"},
    {1, 2, 2, 4, 0, -1, false, "nothing rotates"},
    {12, 8, 2, 32, 3, 5, true, "odd\x1b[31m \xe6\xbc\xa2\xe5\xad\x97 e\xcc\x81"},
    {126, 128, 8, 4, 17, 99, false, "huge"},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static uint64_t seed;

static uint32_t dice(uint32_t sides) /* splitmix64 */
{
    uint64_t z = seed += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)((z ^ (z >> 31)) % sides);
}

struct scene {
    struct angles *angles;
    struct changes *changes; /* every other scene has a fine-tune beside its model */
    struct companion tuned;
    struct state state;
    struct theme_list themes;
    struct theme_entry theme[2];
};

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
        assert_true(state->pair < layer->pairs);
    }
    assert_true(threshold >= 0 && threshold <= 1);
    assert_true(state->view < VIEW_COUNT && state->glyph_set < GLYPH_SET_COUNT);
    assert_true(state->lead == PROJECTION_QUERY || state->lead == PROJECTION_KEY);
    assert_true(state->trail_count <= TRAIL_MOST);
    assert_int_equal(strlen(state->entry.text), state->entry.length);
    assert_int_equal(strlen(state->filter.text), state->filter.length);
    assert_int_equal(strlen(state->search.text), state->search.length);
    for (const char *c = state->message; *c; c++)
        assert_true((unsigned char)*c >= ' ' && *c != 127);
}

/* Every cell is one that can be sent: no control character, no half of a wide one alone. */
static void assert_drawn(const struct canvas *canvas)
{
    for (int row = 0; row < canvas->rows; row++)
        for (int col = 0; col < canvas->cols; col++) {
            uint32_t code = canvas->cells[(size_t)row * (size_t)canvas->cols + (size_t)col].code;
            assert_true(code == 0 ? col > 0 : code >= ' ' && (code < 127 || code >= 160));
        }
}

/* A frame on a canvas that is exactly as large as the screen: ASan sees what is written outside. */
static struct canvas *frame_of(const struct state *state)
{
    struct canvas *canvas = canvas_new(state->rows, state->cols);
    assert_non_null(canvas);
    frame_draw(canvas, state);
    assert_int_equal(canvas->rows, state->rows);
    assert_int_equal(canvas->cols, state->cols);
    return canvas;
}

/* The picture is the same where nothing was kept from the ones before. */
static void draw(const struct state *state)
{
    struct canvas *canvas = frame_of(state);
    struct state forgetful = *state;
    forgetful.memo = memo_new();
    assert_non_null(forgetful.memo);
    struct canvas *anew = frame_of(&forgetful);
    for (int i = 0; i < canvas->rows * canvas->cols; i++) {
        assert_int_equal(canvas->cells[i].code, anew->cells[i].code);
        assert_int_equal(canvas->cells[i].style.level, anew->cells[i].style.level);
    }
    assert_drawn(canvas);
    memo_free(forgetful.memo);
    canvas_free(canvas);
    canvas_free(anew);
}

/* Mostly keys that do something, and texts that make sense where they are typed. */
static uint32_t some_key(void)
{
    static const uint32_t special[] = {'\n', '\n', 27, 27, '\t', ' ', 8, 12, 21, 127, 1, 0};
    static const char typed[] = "0123456789.%lhkpqr:/'mt=eyYn";
    switch (dice(8)) {
    case 0:
        return KEYCODE_UP + dice(KEYCODE_BACKTAB - KEYCODE_UP + 1);
    case 1:
        return special[dice(sizeof special / sizeof *special)];
    case 2:
    case 3:
        return (uint32_t)typed[dice(sizeof typed - 1)];
    case 4:
        return dice(0x110000);
    default:
        return ' ' + dice(127 - ' ');
    }
}

/* What the loop would answer. */
static void answer(struct scene *scene)
{
    struct state *state = &scene->state;
    char text[COPY_BYTES], what[COPY_BYTES], command[COMMAND_BYTES];
    enum request request = state->request;
    state->request = REQUEST_NONE;
    if (request == REQUEST_SAVE && dice(2))
        update_exists(state);
    else if (request == REQUEST_SAVE || request == REQUEST_REPLACE)
        dice(3) ? update_saved(state, "wrote it") : update_message(state, "no room\x1b[2J");
    else if (request == REQUEST_COPY && view_copy(state, text, what))
        update_note(state, text);
    else if (request == REQUEST_COPY_COMMAND && view_command(state, command, sizeof command))
        update_note(state, command);
    else if (request == REQUEST_THEMES)
        update_themes(state, &scene->themes);
}

static void resize(struct state *state)
{
    int rows = (int)dice(ROWS_MOST) + 1, cols = (int)dice(COLS_MOST) + 1;
    if (dice(3) == 0) { /* small ones are harder */
        rows = (int)dice(12) + 1;
        cols = (int)dice(40) + 1;
    }
    update_size(state, rows, cols);
}

static void step(struct scene *scene)
{
    struct state *state = &scene->state;
    switch (dice(40)) {
    case 0:
        resize(state);
        break;
    case 1:
        update_click(state, (int)dice((uint32_t)state->rows), (int)dice((uint32_t)state->cols));
        break;
    case 2:
        update_wheel(state, dice(2) ? 1 : -1);
        break;
    default:
        update_key(state, some_key());
        break;
    }
    answer(scene);
    if (state->quit && !(state->quit = false))
        state->place = PLACE_VIEW;
}

/* A state over the scene's angles, and themes to choose from. */
static void dress(struct scene *scene)
{
    assert_int_equal(state_init(&scene->state, scene->angles, NULL), STATUS_OK);
    scene->state.origin = "cache";
    theme_default(&scene->theme[0].theme);
    scene->theme[1] = scene->theme[0];
    scene->theme[1].mistake = "a mistake";
    scene->themes = (struct theme_list){.entry = scene->theme, .count = 2};
}

static void open_scene(struct scene *scene, const struct synthetic *shape)
{
    memset(scene, 0, sizeof *scene);
    scene->angles = synthetic_new(shape);
    if (shape->layers > 1)
        scene->angles->model->layers[1].pairs /= 2; /* layers may differ */
    dress(scene);
    if (dice(2))
        return;
    scene->changes = synthetic_changes_new(scene->angles);
    scene->tuned = (struct companion){"tuned", scene->angles};
    scene->state.settings.companion = &scene->tuned;
    scene->state.settings.companion_count = 1;
    scene->state.settings.changes = scene->changes;
}

static void try_a_key(struct scene *scene)
{
    step(scene);
    assert_valid(&scene->state);
    if (dice(4) == 0)
        draw(&scene->state);
}

static void test_random_keys(void **unused)
{
    const char *from = getenv("MONKEY_SEED"), *many = getenv("MONKEY_KEYS");
    long keys = many ? atol(many) : KEYS;
    (void)unused;
    seed = from ? (uint64_t)atoll(from) : 20241206;
    for (long at = 0; at < keys;) {
        struct scene scene;
        open_scene(&scene, &shapes[at / KEYS_A_SCENE % SHAPES]);
        resize(&scene.state);
        for (int i = 0; i < KEYS_A_SCENE && at < keys; i++, at++)
            try_a_key(&scene);
        state_free(&scene.state);
        synthetic_changes_free(scene.changes);
        synthetic_free(scene.angles);
    }
}

/* A model that ran over a text: its views are there, too. */
static void test_random_keys_beside_a_run(void **unused)
{
    static const char *const families[] = {"gemma2", "smollm3", "llama_yarn"};
    const char *many = getenv("MONKEY_KEYS");
    long keys = (many ? atol(many) : KEYS) / 5;
    (void)unused;
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        struct probed_run run = probed_run_open(families[f], NULL, 0);
        struct scene scene = {0};
        /* The explorer only reads them. */
        scene.angles = (struct angles *)(uintptr_t)session_angles(run.session);
        dress(&scene);
        scene.state.settings.probed = &run.probed;
        resize(&scene.state);
        for (long i = 0; i < keys / 3; i++)
            try_a_key(&scene);
        state_free(&scene.state);
        probed_run_close(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_keys),
        cmocka_unit_test(test_random_keys_beside_a_run),
    };
    return cmocka_run_group_tests_name("monkey", tests, NULL, NULL);
}
