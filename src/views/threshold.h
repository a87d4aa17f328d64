/* threshold.h: what the lines and the table of the view of thresholds share. */
#ifndef VIEWS_THRESHOLD_H
#define VIEWS_THRESHOLD_H

#include "views/draw.h"

/* What is counted apart: query, key, and both of them where the rule covers both. */
enum { BOTH = PROJECTION_COUNT, PARTS };
const char *threshold_part_name(int part);
bool threshold_has_part(const struct rule *rule, int part);

/* Names, layers around the selected one, and in the last two lines the model and chance. */
enum { THRESHOLD_TABLE_COLS = 58 };
void threshold_layers_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                           const struct state *state);

#endif
