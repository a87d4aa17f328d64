/* keys.h: what keys do: the actions, the places that they go to, the one key table and all that is
 * told from it, and which keys of its own a view has. */
#ifndef ROPESCOPE_KEYS_H
#define ROPESCOPE_KEYS_H

#include "ropescope/terminal.h"
#include "ropescope/view_settings.h"

ROPESCOPE_BEGIN

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
    ACTION_GOTO,
    ACTION_CHOICE_UP,
    ACTION_CHOICE_DOWN,
    ACTION_MARK,
    ACTION_JUMP,
    ACTION_STRONGEST,
    ACTION_RANK_FIRST,
    ACTION_RANK_NEXT,
    ACTION_RANK_PREVIOUS,
    ACTION_MOUSE,
    ACTION_SAVE,
    ACTION_PICTURE,
    ACTION_YES,
    ACTION_NO,
    ACTION_COPY,
    ACTION_COMMAND,
    ACTION_COPY_COMMAND,
    ACTION_THEMES,
    ACTION_THEME_UP,
    ACTION_THEME_DOWN,
    ACTION_THEME_FIRST,
    ACTION_THEME_LAST,
    ACTION_THEME_KEEP,
    ACTION_THEME_LEAVE,
    ACTION_ROW_FIRST,
    ACTION_ROW_LAST,
    ACTION_ROW_PAGE_UP,
    ACTION_ROW_PAGE_DOWN,
    ACTION_SORT_NEXT,
    ACTION_SORT_PREVIOUS,
    ACTION_SORT_REVERSE,
    ACTION_SEARCH,
    ACTION_SEARCH_NEXT,
    ACTION_SEARCH_PREVIOUS,
    ACTION_MEASURE_NEXT,
    ACTION_MEASURE_PREVIOUS,
    ACTION_ZOOM_IN,
    ACTION_ZOOM_OUT,
    ACTION_ZOOM_ALL,
    ACTION_UNIT,
    ACTION_BINS_MORE,
    ACTION_BINS_FEWER,
    ACTION_LOG,
    ACTION_ARRANGE,
    ACTION_EACH_LAYER,
    ACTION_DEPTH,
    ACTION_CHANGE_BY,
    ACTION_STRIP_LAYER,
    ACTION_AGAINST,
    ACTION_PAIR_NEXT,
    ACTION_PAIR_PREVIOUS,
    ACTION_COVER,
    ACTION_POINT_LEFT,
    ACTION_POINT_RIGHT,
    ACTION_POINT_UP,
    ACTION_POINT_DOWN,
    ACTION_POINT_NEXT,
    ACTION_POINT_PREVIOUS,
    ACTION_PAN_LEFT,
    ACTION_PAN_RIGHT,
    ACTION_PAN_UP,
    ACTION_PAN_DOWN,
    ACTION_BANDS,
    ACTION_INSPECT,
    ACTION_EXCEPT_HEAD,
    ACTION_EXCEPT_LAYER,
    ACTION_UNDO,
    ACTION_RANDOM,
    ACTION_BUDGET,
    ACTION_LORA_RANK_UP,
    ACTION_LORA_RANK_DOWN,
    ACTION_TARGETS_NEXT,
    ACTION_TARGETS_PREVIOUS,
    ACTION_LORA_DTYPE,
    ACTION_LORA_PRESET,
    ACTION_SAVE_MASK,
    ACTION_SAVE_RULE,
    ACTION_EXTREME_HEADS,
    ACTION_COUNT
};

/* Where keys go. In those of PLACES_TYPED a key that is bound to nothing is typed. */
enum place {
    PLACE_VIEW = 1,
    PLACE_HELP = 2,
    PLACE_ENTRY = 4,      /* a threshold is being typed */
    PLACE_FILTER = 8,     /* the filter of the help is being typed */
    PLACE_SEARCH = 16,    /* what to find in a list is being typed */
    PLACE_GOTO = 32,      /* where to go is being typed */
    PLACE_SAVE = 64,      /* the name of a file is being typed */
    PLACE_MARK = 128,     /* the letter of a mark to set is awaited */
    PLACE_JUMP = 256,     /* the letter of a mark to go to is awaited */
    PLACE_CONFIRM = 512,  /* whether to replace a file: y or n */
    PLACE_COMMAND = 1024, /* the command line of the view is shown */
    PLACE_THEMES = 2048,
    /* What a view does with a key comes before what all views do with it. */
    PLACE_LIST = 1 << 12,
    PLACE_OVERVIEW = 1 << 13,
    PLACE_HISTOGRAM = 1 << 14,
    PLACE_SCATTER = 1 << 15,
    PLACE_INSPECTOR = 1 << 16,
    PLACE_THRESHOLD = 1 << 17,
    PLACE_PROFILE = 1 << 19,
    PLACE_FREQUENCY = 1 << 20,
    PLACE_STRIP = 1 << 21,
    PLACE_SPECTRUM = 1 << 25,
    PLACE_OFFSETS = 1 << 26,
    PLACE_ATTENTION = 1 << 27,
    PLACE_PAIRS = 1 << 22,  /* a list of pairs; it is a PLACE_LIST, too */
    PLACE_GROUPS = 1 << 23, /* changes by groups, which is no list */
    PLACE_CHANGE = 1 << 24, /* changes pair by pair; it is a PLACE_PAIRS, too */
    PLACE_BUDGET = 1 << 18, /* what the rule saves in training is shown */
};
enum { PLACES_TYPED = PLACE_ENTRY | PLACE_FILTER | PLACE_SEARCH | PLACE_GOTO | PLACE_SAVE };

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
/* What a key does in those places; ACTION_NONE where it does nothing. */
enum action keys_action(unsigned places, uint32_t key);

enum { KEY_LABEL = 48 };
/* A key as people call it: an arrow of the glyph set ("Up" without one), "Tab", "Ctrl-L", "g". */
void keys_name(char out[KEY_LABEL], uint32_t key, const struct glyphs *glyphs);
/* All keys of a binding, "Up k". */
void keys_label(char out[KEY_LABEL], const struct binding *binding, const struct glyphs *glyphs);
/* Whether the filter (any case; empty: always) is in the keys or in the words of a binding. */
bool keys_match(const struct binding *binding, const char *filter);

/* The footer of a place, or of a view's own place or-ed with PLACE_VIEW: neighbours in the table
 * with the same hint share one entry ("[ ] threshold"). Entries that `cols` columns cannot hold are
 * left out, help and quit last. Returns how many there are. */
struct hint {
    char keys[KEY_LABEL];
    const char *words;
    enum action action; /* of the first of its keys */
};
enum { HINTS_MAX = 24 };
size_t keys_hints(unsigned places, const struct glyphs *glyphs, int cols,
                  struct hint hints[HINTS_MAX]);
/* Columns of a hint, with the two that keep it apart from the next. */
int keys_hint_cols(const struct hint *hint);

/* ---- what the explorer knows of a view (view_kinds.c) -------------------- */

/* Settings that change what a view shows: those that its flags tell. */
enum {
    HEEDS_MEASURE = 1,
    HEEDS_SCOPE = 2,
    HEEDS_SORT = 4,
    HEEDS_UNIT = 8,
    HEEDS_BARS = 16, /* bins, log counts, arrangement */
    HEEDS_ZOOM = 32,
    HEEDS_AXIS = 64,  /* linear, each layer */
    HEEDS_LINE = 256, /* what a profile plots, and against which depth */
    HEEDS_BY = 1024,
    HEEDS_LAYERS = 2048,     /* those of a strip */
    HEEDS_SPECTRUM = 512,    /* cosines or norms, and against what */
    HEEDS_SHADE = 4096,      /* of a map of pairs */
    HEEDS_TEXT = 8192,       /* the text that a model ran over */
    HEEDS_ATTENTION = 16384, /* what is shown of attention */
    HEEDS_RANDOM = 128,      /* the baseline drawn at random */
};
struct view_kind {
    const char *name;
    unsigned places; /* PLACE_* of its own keys */
    unsigned heeds;  /* HEEDS_* or-ed */
};
const struct view_kind *view_kind(enum view_id view);

ROPESCOPE_END

#endif
