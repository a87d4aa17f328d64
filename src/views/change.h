/* change.h: the parts of the view of changes. Only views/ includes this. */
#ifndef ROPESCOPE_VIEWS_CHANGE_H
#define ROPESCOPE_VIEWS_CHANGE_H

#include "ropescope/views.h"

/* The change by groups: the rows of the table under settings->by, which is not CHANGE_BY_PAIR. */
struct change_rows {
    struct view_settings settings;
    size_t count;
    struct change_group *group;             /* owned; NULL by thresholds */
    size_t *row;                            /* (count) groups that have a row; owned */
    struct change_share share[CURVE_TABLE]; /* by thresholds */
};
bool change_rows_fill(struct change_rows *rows, const struct view_settings *settings);
void change_rows_free(struct change_rows *rows);
struct table change_rows_table(const struct change_rows *rows);
/* Of the layers and projections that the rule covers. */
struct change_share change_share_of_rule(const struct changes *changes, const struct rule *rule,
                                         float threshold);

void change_lines_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct change_rows *rows);
void change_legend_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct change_rows *rows);

#endif
