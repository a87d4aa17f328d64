/* scene.h: a model, the explorer's state over it and a canvas, for tests of what is on the screen.
 */
#ifndef ROPESCOPE_TESTS_SCENE_H
#define ROPESCOPE_TESTS_SCENE_H

#include "ropescope/views.h"
#include "synthetic.h"

struct scene {
    bool read; /* from the file */
    struct angles *angles;
    struct state state;
    struct canvas *canvas;
    struct changes *changes;
    struct companion tuned;
};

/* What tests/data/golden.angles holds. */
extern const struct synthetic scene_golden_shape;

/* A made model; and the committed file, which UPDATE_GOLDEN makes where it is missing. Close either
 * with scene_close. */
struct scene scene_open(const struct synthetic *shape, int rows, int cols);
struct scene scene_open_golden(int rows, int cols);
void scene_close(struct scene *scene);

/* A fine-tune beside the model, for the view of changes. */
void scene_compare(struct scene *scene);
void scene_type(struct scene *scene, const char *keys);
/* The picture as text, or the roles of its cells; the caller frees. */
char *scene_picture(struct scene *scene, bool roles);

/* The table of a view by its name, to be freed with view_table_free; a cell of it by its column. */
struct view_table scene_table_of(const char *view, const struct angles *angles,
                                 const struct view_settings *settings);
struct cell scene_cell_at(const struct view_table *table, size_t row, const char *column);

#endif
