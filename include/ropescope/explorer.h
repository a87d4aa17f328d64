/* explorer.h: the explorer without its screen: what a view shows, the state of the program, the one
 * key table, the pure update of the state and the pure layout of the screen. No I/O, no curses. */
#ifndef ROPESCOPE_EXPLORER_H
#define ROPESCOPE_EXPLORER_H

#include "ropescope/analysis.h"
#include "ropescope/terminal.h"

/* ---- what a view shows (settings.c) -------------------------------------- */

enum view_id {
    VIEW_OVERVIEW,
    VIEW_PAIRS,
    VIEW_HEADS,
    VIEW_LAYERS,
    VIEW_HISTOGRAM,
    VIEW_SCATTER,
    VIEW_COUNT
};

/* Everything that decides the numbers of a view. The explorer and `ropescope export` both fill one,
 * so that a picture and its file come from the same place; each field is a flag of `export`. */
struct view_settings {
    struct rule rule;           /* --threshold, --first-layer, --projection */
    struct selection selection; /* --layer: scope layer; --layer --head: scope head */
    bool one_head;              /* --head without --layer: scope model, that query head alone */
    uint32_t bins;              /* --bins, of a histogram */
};
enum { SETTINGS_BINS = 64 };
#define VIEW_SETTINGS_DEFAULT                                                                      \
    ((struct view_settings){                                                                       \
        .rule = RULE_DEFAULT, .selection = {SCOPE_MODEL, 0, 0}, .bins = SETTINGS_BINS})

/* The heads of a projection that the settings select in a layer (an index into model->layers), from
 * *first on; 0 where the layer is left out, does not rotate or has not been scanned yet. A query
 * head brings the key head that it meets. */
uint32_t settings_heads(const struct view_settings *settings, const struct angles *angles,
                        size_t layer, int projection, uint32_t *first);
/* Rows of the tables that list heads and pairs under these settings. */
size_t settings_head_count(const struct view_settings *settings, const struct angles *angles);
size_t settings_pair_count(const struct view_settings *settings, const struct angles *angles);

/* ---- actions and the key table (keys.c) ---------------------------------- */

enum action {
    ACTION_NONE,
    ACTION_LAYER_UP,
    ACTION_LAYER_DOWN,
    ACTION_HEAD_LEFT,
    ACTION_HEAD_RIGHT,
    ACTION_LAYER_FIRST,
    ACTION_LAYER_LAST,
    ACTION_HEAD_FIRST,
    ACTION_HEAD_LAST,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_ROW_UP,
    ACTION_ROW_DOWN,
    ACTION_PROJECTION,
    ACTION_SCOPE,
    ACTION_THRESHOLD_DOWN,
    ACTION_THRESHOLD_UP,
    ACTION_THRESHOLD_FAR_DOWN,
    ACTION_THRESHOLD_FAR_UP,
    ACTION_THRESHOLD_TYPE,
    ACTION_FIRST_LAYER_UP,
    ACTION_FIRST_LAYER_DOWN,
    ACTION_VIEW_NEXT,
    ACTION_VIEW_PREVIOUS,
    ACTION_VIEW_FIRST, /* VIEW_OVERVIEW; the other views follow in the order of enum view_id */
    ACTION_VIEW_LAST = ACTION_VIEW_FIRST + VIEW_COUNT - 1,
    ACTION_DIVE,
    ACTION_GLYPHS,
    ACTION_REDRAW,
    ACTION_HELP,
    ACTION_BACK,
    ACTION_QUIT,
    ACTION_HELP_UP,
    ACTION_HELP_DOWN,
    ACTION_HELP_PAGE_UP,
    ACTION_HELP_PAGE_DOWN,
    ACTION_HELP_FIRST,
    ACTION_HELP_LAST,
    ACTION_FILTER,
    ACTION_ACCEPT,
    ACTION_CANCEL,
    ACTION_ERASE,
    ACTION_ERASE_ALL,
    ACTION_COUNT
};

/* Where keys go. In the last two, a key that is bound to nothing is typed. */
enum place {
    PLACE_VIEW = 1,
    PLACE_HELP = 2,
    PLACE_ENTRY = 4,  /* a threshold is being typed */
    PLACE_FILTER = 8, /* the filter of the help is being typed */
};

enum { BINDING_KEYS = 3 };
struct binding {
    enum action action;
    unsigned places;             /* PLACE_* or-ed */
    uint32_t keys[BINDING_KEYS]; /* the first is the one that hints show; 0: none */
    const char *hint;            /* short words of the footer; NULL: never there */
    const char *help;            /* words of the help, the man page and the README */
};

/* The table in the order of the help. */
size_t keys_count(void);
const struct binding *keys_binding(size_t index);
/* What a key does there; ACTION_NONE where it does nothing. */
enum action keys_action(enum place place, uint32_t key);

enum { KEY_LABEL = 48 };
/* A key as people call it: an arrow of the glyph set ("Up" without one), "Tab", "Ctrl-L", "g". */
void keys_name(char out[KEY_LABEL], uint32_t key, const struct glyphs *glyphs);
/* All keys of a binding, "Up k". */
void keys_label(char out[KEY_LABEL], const struct binding *binding, const struct glyphs *glyphs);
/* Whether the filter (any case; empty: always) is in the keys or in the words of a binding. */
bool keys_match(const struct binding *binding, const char *filter);

/* The footer: neighbours in the table with the same hint share one entry ("[ ] threshold"). Entries
 * that `cols` columns cannot hold are left out, help and quit last. Returns how many there are. */
struct hint {
    char keys[KEY_LABEL];
    const char *words;
};
enum { HINTS_MAX = 24 };
size_t keys_hints(enum place place, const struct glyphs *glyphs, int cols,
                  struct hint hints[HINTS_MAX]);
/* Columns of a hint, with the two that keep it apart from the next. */
int keys_hint_cols(const struct hint *hint);

/* ---- the state of the program (state.c) ---------------------------------- */

enum { ENTRY_BYTES = 64 };
struct entry {
    char text[ENTRY_BYTES]; /* UTF-8 */
    size_t length;
};

struct state {
    const struct angles *angles;     /* borrowed */
    const struct notices *notices;   /* borrowed; NULL: none */
    const char *origin;              /* of the numbers: "cache", "scan"; borrowed */
    struct layer_summary *summaries; /* (model->layer_count), owned */
    struct view_settings settings;
    uint32_t wanted_head; /* the column the cursor keeps where a layer has fewer heads */
    int lead;             /* the projection that is looked at first: PROJECTION_* */
    enum view_id view;
    size_t top; /* first line shown of the table of pairs */
    enum glyph_set glyph_set;
    bool utf8;      /* whether the terminal can show more than ASCII */
    char theme[32]; /* its name */
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
/* Line of the table of pairs at which the selected head of the leading projection starts, or the
 * nearest there is. */
size_t state_pairs_row(const struct state *state);

/* ---- update (update.c): pure --------------------------------------------- */

enum {
    DIRTY_NOTHING = 0,
    DIRTY_FRAME = 1, /* draw again */
    DIRTY_WHOLE = 2, /* and send every cell */
};
unsigned update_key(struct state *state, uint32_t key);
unsigned update_action(struct state *state, enum action action);
unsigned update_size(struct state *state, int rows, int cols);
/* Puts the cursor on a layer (an index) and a query head, or the nearest there are. */
unsigned update_select(struct state *state, size_t layer, uint32_t head);
/* A line that the next key dismisses: something went wrong. */
unsigned update_message(struct state *state, const char *text);
/* New layers may have landed, and the scan has got further. */
unsigned update_scan(struct state *state, bool scanning, struct progress_reading progress);

/* The next threshold on the grid, up or down: 0, two digits a decade from 0.0001 (coarse: 1, 2, 5),
 * up to 1. A value between two lines of the grid goes to the next line. */
float threshold_step(float threshold, bool up, bool coarse);
/* 0..1, read as a float32; false with a reason that fits a line. */
bool threshold_read(const char *text, float *threshold, char *why, size_t size);

/* ---- layout (layout.c): pure --------------------------------------------- */

/* What a layout has to make room for. */
struct layout_needs {
    int rows, cols;
    size_t layers;
    uint32_t heads[PROJECTION_COUNT]; /* the most that a layer has */
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
    struct rect axis[PROJECTION_COUNT]; /* numbers of the heads, above the cells */
    struct rect legend;
    struct rect profile; /* mean by layer, below the maps of a model with few layers */
    struct rect panel;   /* of the selected head, with its frame if any */
    struct rect histogram[PROJECTION_COUNT];
    struct rect scatter;
    int cell_cols, cell_rows; /* of a value in the heat maps */
    bool framed;
};
void layout_make(struct layout *layout, const struct layout_needs *needs);

/* First of `total` things shown where `visible` fit and `selected` must be among them. */
size_t layout_scroll(size_t selected, size_t visible, size_t total);

#endif
