/* update.h: what the files of update share. */
#ifndef EXPLORER_UPDATE_H
#define EXPLORER_UPDATE_H

#include "ropescope/explorer.h"

/* ---- moving (update_move.c) ---------------------------------------------- */

void update_show_view(struct state *state, enum view_id view);
/* Obeys an action that moves the selection; false where it is about something else. */
bool update_move(struct state *state, enum action action);
/* Scrolls a list as little as keeps its cursor in sight. */
void update_keep_line(struct state *state);
/* Layers, or lines, that a page key moves by. */
long update_page(const struct state *state);

/* ---- going places (update_go.c) ------------------------------------------ */

/* Notes where the cursor is, for Esc. */
void go_leave(struct state *state);
/* The place that '' goes back to, after a leap rather than a step. */
void go_remember(struct state *state);
/* Obeys an action about places; false where it is about something else. */
bool go_action(struct state *state, enum action action);
/* The "go to" that was typed. */
void go_accept(struct state *state);
/* A letter, where a mark is being set or jumped to. */
void go_letter(struct state *state, uint32_t key);

/* ---- what leaves (update_out.c) ------------------------------------------ */

bool out_action(struct state *state, enum action action);
/* The name that was typed. */
void out_accept(struct state *state);

/* ---- lines of the rule (update_rule.c) ----------------------------------- */

/* Obeys an action about exceptions; false where it is about something else. */
bool rule_action(struct state *state, enum action action);

/* ---- the budget (update_budget.c) ---------------------------------------- */

bool budget_action(struct state *state, enum action action);

/* ---- the threshold (threshold.c) ----------------------------------------- */

/* A threshold or a percentage that was typed; false with the reason in state->message. */
bool threshold_accept(struct state *state);
/* The layers that count are others now: a share that was asked for is fixed anew, and what counts
 * is told. */
void threshold_recount(struct state *state);

#endif
