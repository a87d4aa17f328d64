/* explorer.h: the explorer without its screen: the state of the program, the pure update of the
 * state and the pure layout of the screen. What a view shows is in view_settings.h, the key table
 * in keys.h. No I/O, no curses. */
#ifndef ROPESCOPE_EXPLORER_H
#define ROPESCOPE_EXPLORER_H

#include "ropescope/keys.h"

ROPESCOPE_BEGIN

/* ---- the state of the program (state.c) ---------------------------------- */

enum { ENTRY_BYTES = 512 }; /* a path, a tensor's name */
struct entry {
    char text[ENTRY_BYTES]; /* UTF-8 */
    size_t length;
};

/* A place that one can come back to. */
struct spot {
    bool set;
    enum view_id view;
    struct selection selection;
    uint32_t wanted_head, wanted_pair;
    int lead;
    bool inspecting;
    size_t top;
};
enum { TRAIL_MOST = 64, MARK_COUNT = 26 };

/* What a file that is being named will hold. */
enum product { PRODUCT_VIEW, PRODUCT_MASK, PRODUCT_RULE };

/* What the state asks of the loop, which fulfils it and answers by one of the update_ functions. */
enum request {
    REQUEST_NONE,
    REQUEST_SAVE,         /* write `product` to the file named in `entry` unless it exists */
    REQUEST_REPLACE,      /* write it even then */
    REQUEST_COPY,         /* the row or number under the cursor to the clipboard */
    REQUEST_COPY_COMMAND, /* the command line of the view to the clipboard */
    REQUEST_MOUSE,        /* listen to the mouse, or no more: `mouse` */
    REQUEST_THEMES,       /* the themes there are: update_themes */
};

/* A change of the rule's lines, to be undone. */
struct rule_step {
    struct awm before; /* owned */
    uint32_t edition;  /* of it */
    char words[2 * REACH_WORDS];
};
enum { UNDO_MOST = 64 };

struct state {
    const struct angles *angles;     /* borrowed */
    const struct notices *notices;   /* borrowed; NULL: none */
    const char *origin;              /* of the numbers: "cache", "scan"; borrowed */
    struct layer_summary *summaries; /* (model->layer_count), owned */
    struct view_settings settings;
    struct awm awm;                 /* lines of the rule; settings.rule is its base. Owned */
    uint32_t edition, last_edition; /* of the lines, and the highest that any had */
    char lines_file[PATH_BYTES];    /* that holds them in the edition of its name; "": none */
    uint32_t lines_file_edition;
    struct rule_step undo[UNDO_MOST]; /* (undo_count) the last one last */
    size_t undo_count;
    struct training training;  /* of the budget */
    const char *asked_targets; /* of the command line; borrowed, NULL: none */
    uint32_t wanted_head;      /* the column the cursor keeps where a layer has fewer heads */
    int lead;                  /* the projection that is looked at first: PROJECTION_* */
    enum view_id view;
    size_t top;         /* first line shown of a list */
    size_t screen_line; /* and which one the cursor is on, from there */
    enum glyph_set glyph_set;
    bool utf8;    /* whether the terminal can show more than ASCII */
    double share; /* the percentage that the threshold was asked to fix; NaN: none */
    enum place place;
    struct entry entry;  /* the threshold being typed */
    struct entry filter; /* of the help */
    size_t help_top;
    size_t notices_seen;
    char message[ERROR_WHAT]; /* empty: the footer shows keys */
    bool message_is_error;
    bool scanning;
    struct progress_reading progress;
    int rows, cols; /* of the terminal */
    bool quit;
    struct spot trail[TRAIL_MOST]; /* (trail_count) where Esc goes back to, the last one first */
    size_t trail_count;
    struct spot marks[MARK_COUNT]; /* a..z */
    struct spot before_leap;       /* where the last jump began */
    size_t choice;                 /* the match of "go to" that the cursor is on */
    bool ranking;                  /* the last key went from rank to rank */
    bool mouse;
    enum request request;
    enum product product;
    const char *model_words;         /* the model and its flags, as a shell reads them; borrowed */
    struct theme theme;              /* what the screen is drawn with */
    struct theme theme_before;       /* while others are tried */
    const struct theme_list *themes; /* borrowed; NULL: not read yet */
    size_t theme_at;                 /* in the list */
    struct sort sort[VIEW_COUNT];    /* of the lists */
    uint32_t pair, wanted_pair;      /* of the head that the cursor is on, and the one it keeps */
    uint32_t map_block;   /* layers and heads that a cell of the maps sums up; 0: what fits */
    uint32_t strip_heads; /* query heads that a strip of a layer shows at once; 0: all */
    bool bands;           /* points of a scatter by frequency, not by number */
    bool inspecting;      /* the selected pair fills the screen */
    size_t token_query, token_key; /* the cell of attention that the cursor keeps; see token_cell */
    bool extreme_heads;  /* attention of the heads with the highest and the lowest mean |cos| */
    struct entry search; /* what was looked for in a list */
    struct memo *memo;   /* owned: what follows from the rest and is dear to work out */
};

/* Fills *state for the angles, which are borrowed and must outlive it. Free with state_free. */
enum status state_init(struct state *state, const struct angles *angles, struct error *err);
void state_free(struct state *state);

const struct layer *state_layer(const struct state *state); /* NULL: the model has none */
/* Whether the selected layer rotates; and whether its numbers are there too. */
bool state_rotates(const struct state *state);
bool state_ready(const struct state *state);
/* The selected head of a projection: the query head, or the key head that it meets. */
uint32_t state_head(const struct state *state, int projection);
/* What the current view and its export show: the settings, widened where the view lists more than
 * the scope (heads: a layer at least; layers: the model). */
struct view_settings state_settings(const struct state *state);
/* The whole rule; its lines are borrowed. */
struct awm state_awm(const struct state *state);
/* What decides about a head of a layer (an index). */
float state_threshold(const struct state *state, size_t layer, int projection, uint32_t head);
/* Lines take the place of those that the state has: it owns them from now on. `file` holds them as
 * they are; NULL: none does. */
void state_take_lines(struct state *state, struct awm *awm, const char *file);
/* The file that the lines were written to. */
void state_lines_saved(struct state *state, const char *file);
/* What the budget is about. Modules that nobody has `asked` for give way to all of them where the
 * model has none of that name; texts are borrowed. */
void state_take_training(struct state *state, const struct training *training, bool asked);
/* The place of the view's own keys, PLACE_VIEW where there are none. */
unsigned state_own_places(const struct state *state);
/* Those of the view, whatever is open over it. */
unsigned state_view_places(const struct state *state);
/* Nothing is compared, or no model was run, so that the view has nothing to show. */
bool state_lacks_view(const struct state *state, enum view_id view);
bool state_is_list(const struct state *state);
/* Lines of a list that fit on the screen, at least 1. */
size_t state_list_room(const struct state *state);
/* Layers and heads that a cell of the heat maps sums up: 1 unless zoomed out. */
uint32_t state_map_block(const struct state *state);
/* Bins of a histogram: the chosen number, or what `cols` columns show best. */
uint32_t state_bins(const struct state *state, int cols);

/* ---- update (update.c): pure --------------------------------------------- */

enum {
    DIRTY_NOTHING = 0,
    DIRTY_FRAME = 1, /* draw again */
    DIRTY_WHOLE = 2, /* and send every cell */
    /* Draw again after a step of a key that is often held down: of the threshold, of the selection.
     */
    DIRTY_STEP = 4,
    DIRTY_MOVE = 8,
};
unsigned update_key(struct state *state, uint32_t key);
unsigned update_action(struct state *state, enum action action);
unsigned update_size(struct state *state, int rows, int cols);
/* Puts the cursor on a layer (an index) and a query head, or the nearest there are. */
unsigned update_select(struct state *state, size_t layer, uint32_t head);
/* A line that the next key dismisses: something went wrong. */
unsigned update_message(struct state *state, const char *text);
/* A line likewise that says what was done. */
unsigned update_note(struct state *state, const char *text);
/* Answers to REQUEST_SAVE: the file is there already; it is written. */
unsigned update_exists(struct state *state);
unsigned update_saved(struct state *state, const char *note);
/* A click on a cell of the screen, and a turn of the wheel (< 0: up). */
unsigned update_click(struct state *state, int row, int col);
unsigned update_wheel(struct state *state, int by);
/* The themes to choose from, which the state asked for: borrowed, the chooser opens. */
unsigned update_themes(struct state *state, const struct theme_list *themes);
/* New layers may have landed, and the scan has got further. */
unsigned update_scan(struct state *state, bool scanning, struct progress_reading progress);

/* The next threshold on the grid, up or down: 0, then steps of 1 to 2.5 percent from 0.0001
 * (coarse: 1, 2, 5 a decade) up to 1. A value between two lines of the grid goes to the next line.
 */
float threshold_step(float threshold, bool up, bool coarse);
/* 0..1, read as a float32; false with a reason that fits a line. */
bool threshold_read(const char *text, float *threshold, char *why, size_t size);

/* ---- going places (goto.c, rank.c): pure --------------------------------- */

/* Where a "go to" leads. */
struct destination {
    size_t layer; /* index into model->layers */
    uint32_t head, pair;
    int lead;
    bool has_head, has_pair, has_lead;
};
/* Reads "12" (a layer), "12.3" (a query head of it), "12.3.40" (a pair), "l12", "h3", "k2" (a key
 * head), "p40" of what is selected, or part of a tensor's name, of whose matches the one at
 * `choice` counts. False with a reason that fits a line. */
bool goto_read(const struct state *state, const char *text, size_t choice, struct destination *out,
               char *why, size_t size);
/* The tensors whose names hold the text; none where it is a list of numbers. */
struct goto_match {
    size_t layer;
    int projection;
    const char *name; /* as in the file */
};
size_t goto_match_count(const struct state *state, const char *text);
bool goto_match_at(const struct state *state, const char *text, size_t index,
                   struct goto_match *out);

/* The heads, query and key as the rule covers them, in the order of their measure, the highest
 * first; those without a number are left out. */
enum rank_step { RANK_FIRST, RANK_HIGHER, RANK_LOWER };
struct ranking {
    size_t rank, count; /* from 1 on, of so many */
    size_t layer;
    int projection;
    uint32_t query_head; /* of a key head: one that meets it */
    double value;
    bool stayed; /* there is no further */
};
/* One step from the selected head; false where no head has a number. */
bool rank_find(const struct state *state, enum rank_step step, struct ranking *out);
/* What heads are ranked by, in words. */
const char *rank_words(const struct state *state);
/* What update.c hands to the others; each says whether the action was its own. */
bool update_list(struct state *state, enum action action);      /* update_list.c */
bool update_look(struct state *state, enum action action);      /* update_look.c */
bool update_scatter(struct state *state, enum action action);   /* update_scatter.c */
bool update_attention(struct state *state, enum action action); /* update_attention.c */
/* Keeps the cursor on a head and a pair that the layer has, as near as can be to those it was set
 * on, and in sight. */
void update_settle(struct state *state);
/* `at` moved by `by` inside 0..count-1. */
size_t update_moved(size_t at, long by, size_t count);
static const long UPDATE_FAR = 1L << 30;

/* ---- the help (help.c) ---------------------------------------------------- */

enum { HELP_LINES_MOST = 256 };
/* A key, a word of the screen, or (with neither) the title of what follows; NULL words: `own`. */
struct help_line {
    const struct binding *binding;
    const char *word;
    const char *words;
};
struct help {
    size_t count;
    char own[32]; /* the title of the view's own keys */
    struct help_line line[HELP_LINES_MOST];
};
/* All lines that the filter leaves. */
void help_of(struct help *help, const struct state *state);

/* ---- layout (layout.c): pure --------------------------------------------- */

/* What a layout has to make room for. */
struct layout_needs {
    int rows, cols;
    size_t layers;                    /* lines of the heat maps: layers, or blocks of them */
    uint32_t heads[PROJECTION_COUNT]; /* their columns: the most that a layer has */
    uint32_t highest_layer;           /* number of the last layer */
    int lead;
};
struct layout_needs layout_needs_of(const struct state *state);

/* Rectangles that do not overlap; empty where there is no room. */
struct layout {
    struct rect header, main, bar, footer;
    /* the overview, inside main */
    struct rect maps;                  /* panel of the heat maps, with its frame if any */
    struct rect layers;                /* cursor and numbers of the layers, left of the maps */
    struct rect map[PROJECTION_COUNT]; /* cells; empty where only the other one fits */
    struct rect mean[PROJECTION_COUNT];
    struct rect axis[PROJECTION_COUNT];   /* numbers of the heads, above the cells */
    struct rect column[PROJECTION_COUNT]; /* means by head, below the cells */
    struct rect about;                    /* what the selected cell says, in words */
    struct rect legend;
    struct rect profile; /* mean by layer, below the maps of a model with few layers */
    struct rect panel;   /* of the selected head, with its frame if any */
    struct rect histogram[PROJECTION_COUNT];
    struct rect scatter;
    int cell_cols, cell_rows; /* of a value in the heat maps */
    bool framed;
};
void layout_make(struct layout *layout, const struct layout_needs *needs);

/* Columns of the bars in the view of histograms; their two rects inside a panel's inside: the
 * leading projection's and the other's. */
int layout_bars_cols(const struct state *state);
void layout_bars(struct rect inside, enum arrangement arrange, struct rect half[2]);
/* And flat enough that a slow line has the picture of the next head at once. */
void layout_flatten(struct rect half[2], enum arrangement arrange);

/* What stands in the first line and in the first column of a heat map: layers and heads, or blocks
 * of them. */
size_t layout_first_line(const struct layout *layout, const struct state *state);
size_t layout_first_column(const struct layout *layout, const struct state *state, int projection);

/* First of `total` things shown where `visible` fit and `selected` must be among them. */
size_t layout_scroll(size_t selected, size_t visible, size_t total);
/* Likewise, by half of what fits and not line by line: a map that moves is sent as a whole, which a
 * slow line feels, and the eye finds its place again. */
size_t layout_scroll_far(size_t selected, size_t visible, size_t total);

ROPESCOPE_END

#endif
