/* views.h: what a person looks at. A view draws on a canvas and makes a table, both from the same
 * numbers; export writes the table. Views know no curses and read no files. */
#ifndef ROPESCOPE_VIEWS_H
#define ROPESCOPE_VIEWS_H

#include "ropescope/figure.h"
#include "ropescope/lists.h"

ROPESCOPE_BEGIN

/* A table and what it needs to live. Free with view_table_free. */
struct view_table {
    struct table table; /* table.context points at one of these: */
    void *owned, *also;
    struct baseline *baseline; /* explorer/baseline.h */
    struct list *list;
    struct strip_rows *strip;         /* strip.c; inside `owned`, as: */
    struct change_rows *change;       /* inside `owned`, as: */
    struct spectrum *spectrum;        /* inside `owned`, as: */
    struct offset_rows *offsets;      /* views/offsets.h; inside `owned`, as: */
    struct attention_rows *attention; /* views/attention.h; inside `owned`, as: */
    struct profiles *profiles;        /* explorer/profiles.h; inside `owned` */
};
void view_table_free(struct view_table *table);

typedef enum status view_table_maker(const struct angles *angles,
                                     const struct view_settings *settings, struct view_table *out,
                                     struct error *err);
struct view {
    enum view_id id;
    const char *name;        /* as in `export --view` and in the header */
    const char *about;       /* one line of help */
    view_table_maker *table; /* NULL: a screen alone, nothing to export */
    void (*draw)(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state);
};
const struct view *view_of(enum view_id id);
/* NULL where there is no such view or it has no table. */
const struct view *view_from_name(const char *name);

/* A view as a figure (figures.c), of the numbers of its table under the same settings.
 * STATUS_USAGE: it is a list. Free with figure_free. */
enum status view_figure(enum view_id id, const struct table *table,
                        const struct view_settings *settings, const struct model *model,
                        struct figure *out, struct error *err);
/* The table as CSV or JSON, or the figure of it as SVG. */
enum status view_write(enum view_id id, const struct table *table,
                       const struct view_settings *settings, const struct model *model,
                       enum export_format format, FILE *stream, struct error *err);

/* What leaves a view (command.c, copy.c): its settings as a file has them, and the command line
 * that prints the same bytes; false where it does not fit. */
enum { COMMAND_BYTES = 32768 };
struct view_settings view_settings_exported(const struct state *state);
bool view_command(const struct state *state, char *out, size_t size);
/* The row under the cursor as CSV, or the number that a picture is about, and in words which it is;
 * false where there is none. */
enum { COPY_BYTES = 2048 };
bool view_copy(const struct state *state, char text[COPY_BYTES], char what[COPY_BYTES]);

/* The whole screen (frame.c): header, the current view or the help, threshold bar, footer. */
void frame_draw(struct canvas *canvas, const struct state *state);

/* The whole screen while the model itself is not known yet (opening.c). */
struct opening_sight {
    const char *name;        /* as it was typed */
    uint64_t bytes, tensors; /* of its files, and described so far; 0: not known yet */
};
void opening_draw(struct canvas *canvas, const struct glyphs *glyphs,
                  const struct opening_sight *sight);

/* The tables (table_*.c). The angles are borrowed and must outlive the table. */
view_table_maker overview_table, pairs_table, heads_table, layers_table, histogram_table,
    scatter_table, threshold_table, profile_table, frequency_table, strip_table, spectrum_table,
    offsets_table, attention_table, change_table;

/* A table as people read it (table_paint.c): as many lines from `first` on as fit, a header line
 * above them. Where the columns do not fit they move together, then get short names, then those
 * whose names start as `spare` says go, the first one first. */
struct table_look {
    size_t first;
    size_t mark;              /* the line of the cursor; row_count: none */
    const size_t *shown;      /* the columns in the order of the screen; NULL: as they stand */
    const char *const *spare; /* what a narrow screen can do without; ends with NULL */
    const char *const *rare;  /* shown only where they sort, or on a wide screen; ends with NULL */
    const char *sorted;       /* the column that the lines are sorted by; NULL: none */
    bool descending;
};
/* What is in sight: lines first..end-1, and how many columns are not, and which. */
enum { HIDDEN_BYTES = 80 };
struct table_sight {
    size_t first, end, hidden;
    char hidden_names[HIDDEN_BYTES];
};
/* What a column is called above it. */
const char *table_brief(const char *column);
struct table_sight table_paint(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                               const struct table *table, const struct table_look *look);

ROPESCOPE_END

#endif
