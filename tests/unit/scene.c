/* scene.c: a model, the explorer's state over it and a canvas, for tests of what is on the screen.
 */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct synthetic scene_golden_shape = {12, 8, 2, 32, 3, -1, true, "golden"};

void scene_compare(struct scene *scene)
{
    scene->changes = synthetic_changes_new(scene->angles);
    scene->tuned = (struct companion){"tuned", scene->angles};
    scene->state.settings.companion = &scene->tuned;
    scene->state.settings.companion_count = 1;
    scene->state.settings.changes = scene->changes;
}

struct scene scene_open(const struct synthetic *shape, int rows, int cols)
{
    struct scene scene = {.angles = synthetic_new(shape), .canvas = canvas_new(rows, cols)};
    assert_non_null(scene.canvas);
    assert_int_equal(state_init(&scene.state, scene.angles, NULL), STATUS_OK);
    scene.state.origin = "cache";
    update_size(&scene.state, rows, cols);
    return scene;
}

/* The committed file; where it is missing, UPDATE_GOLDEN makes it. */
static struct angles *golden_angles(void)
{
    static const char path[] = "tests/data/golden.angles";
    struct angles *angles;
    struct error err = {0};
    FILE *stream = fopen(path, "rb");
    if (!stream && getenv("UPDATE_GOLDEN")) {
        angles = synthetic_new(&scene_golden_shape);
        stream = fopen(path, "wb");
        assert_non_null(stream);
        assert_int_equal(angles_write(angles, stream, &err), STATUS_OK);
        synthetic_free(angles);
    }
    assert_non_null(stream);
    fclose(stream);
    if (angles_read(path, &angles, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return angles;
}

struct scene scene_open_golden(int rows, int cols)
{
    struct scene scene = {.angles = golden_angles(), .read = true};
    scene.canvas = canvas_new(rows, cols);
    assert_non_null(scene.canvas);
    assert_int_equal(state_init(&scene.state, scene.angles, NULL), STATUS_OK);
    scene.state.origin = "file";
    update_size(&scene.state, rows, cols);
    return scene;
}

void scene_close(struct scene *scene)
{
    state_free(&scene->state);
    synthetic_changes_free(scene->changes);
    if (scene->read)
        angles_free(scene->angles);
    else
        synthetic_free(scene->angles);
    canvas_free(scene->canvas);
}

void scene_type(struct scene *scene, const char *keys)
{
    for (; *keys; keys++)
        update_key(&scene->state, (unsigned char)*keys);
}

char *scene_picture(struct scene *scene, bool roles)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    frame_draw(scene->canvas, &scene->state);
    assert_true(roles ? canvas_write_roles(scene->canvas, stream)
                      : canvas_write_text(scene->canvas, stream));
    fclose(stream);
    return text;
}

struct view_table scene_table_of(const char *view, const struct angles *angles,
                                 const struct view_settings *settings)
{
    struct view_table out;
    assert_non_null(view_from_name(view));
    assert_int_equal(view_from_name(view)->table(angles, settings, &out, NULL), STATUS_OK);
    return out;
}

struct cell scene_cell_at(const struct view_table *table, size_t row, const char *column)
{
    for (size_t i = 0; i < table->table.column_count; i++)
        if (strcmp(table->table.columns[i], column) == 0)
            return table->table.cell(table->table.context, row, i);
    fail_msg("no column %s", column);
    return cell_empty();
}
