/* view_settings.h: what a view shows: the settings that the screen, an export and a picture of a
 * view have in common, in words and as flags. */
#ifndef ROPESCOPE_VIEW_SETTINGS_H
#define ROPESCOPE_VIEW_SETTINGS_H

#include "ropescope/attention.h"
#include "ropescope/awm.h"
#include "ropescope/change.h"
#include "ropescope/facts.h"

ROPESCOPE_BEGIN

enum view_id {
    VIEW_OVERVIEW,
    VIEW_PAIRS,
    VIEW_HEADS,
    VIEW_LAYERS,
    VIEW_HISTOGRAM,
    VIEW_SCATTER,
    VIEW_THRESHOLD,
    VIEW_PROFILE,
    VIEW_FREQUENCY,
    VIEW_STRIP,
    VIEW_SPECTRUM,
    VIEW_OFFSETS,
    VIEW_ATTENTION,
    VIEW_CHANGE,
    VIEW_COUNT
};

/* The order of a list; ties stay in the table's own order, what has no number comes last. */
struct sort {
    const char *column; /* its name in the table; NULL: the table's own order. Borrowed */
    bool descending;
};
/* The histogram of the other projection: below the leading one, or beside it. */
enum arrangement { ARRANGE_BELOW, ARRANGE_BESIDE, ARRANGE_COUNT };
const char *arrangement_name(enum arrangement arrangement); /* "below", "beside" */
/* What pairs are plotted against. */
enum pair_axis { PAIR_AXIS_INDEX, PAIR_AXIS_FREQUENCY, PAIR_AXIS_WAVELENGTH, PAIR_AXES };
const char *pair_axis_name(enum pair_axis axis); /* "pair", "frequency", "wavelength" */
bool pair_axis_from_name(const char *name, enum pair_axis *out);
/* Part of a plane, in the unit of the view; all zero: the whole. */
struct zoom {
    double x_low, x_high, y_low, y_high;
};
bool zoom_whole(const struct zoom *zoom);

enum { COMPANIONS_MOST = 7 };
enum { STRIP_LAYERS = 4 }; /* that a strip shows at once */
/* A model beside the one that is explored: `ropescope MODEL [MODEL ...]`, --compare. */
struct companion {
    const char *name;            /* tells it from the others; borrowed */
    const struct angles *angles; /* borrowed */
};

/* Everything that decides the numbers of a view. The explorer and `ropescope export` both fill one,
 * so that a picture and its file come from the same place; each field is a flag of `export`. */
struct view_settings {
    struct rule rule;           /* --threshold, --first-layer, --projection */
    const struct awm *lines;    /* --thresholds, --random, --seed: all that the rule says beside
                                   `rule`, which is its base. Borrowed; NULL: nothing */
    uint32_t edition;           /* of the lines: the same number, the same lines; 0: none */
    const char *lines_file;     /* that holds them as they are; borrowed, NULL: none */
    struct selection selection; /* --layer, --head, --scope; --layer alone: scope layer */
    bool one_head;              /* --head without --layer: scope model, that query head alone */
    uint32_t bins;              /* --bins, of a histogram; 0: as many as fit, on a screen alone */
    enum quantity unit;         /* --unit, of histograms and scatter */
    enum measure measure;       /* --measure, of the heat maps */
    bool log;                   /* --log: counts of histograms as log(1 + count) */
    struct sort sort;           /* --sort COLUMN[:desc], of lists */
    enum arrangement arrange;   /* --arrange, of two histograms */
    struct zoom zoom;           /* --zoom, of the scatter: points outside are left out */
    bool linear;                /* --linear, the axis of the view of thresholds */
    bool each_layer;            /* --each-layer, a line for every layer there */
    enum profile_line line;     /* --line, of the profile */
    size_t strip[STRIP_LAYERS]; /* --layers, of the strip: (strip_count) indexes */
    size_t strip_count;         /* 0: the selected layer */
    bool norms;                 /* --norms, of the view by frequency: norms instead of |cos| */
    enum pair_axis axis;        /* --axis, what it is plotted against */
    enum pair_shade shade;      /* --shade, of the map of pairs */
    enum attention_show attention;     /* --attention, what is shown of it */
    bool relative;                     /* --relative, its depth from 0 to 1 */
    const struct companion *companion; /* (companion_count) the others; borrowed */
    size_t companion_count;
    bool against_tuned;            /* --against tuned, of the scatter: not query against key */
    enum change_by by;             /* --by, of the changes */
    const struct probed *probed;   /* a run over a text; borrowed, NULL: none, or not over yet */
    const struct facts *facts;     /* of the rows, --facts; borrowed, NULL: none, or not read yet */
    const struct changes *changes; /* of companion[0] against the model; borrowed, NULL: none */
};
enum { SETTINGS_BINS = 64 };
#define VIEW_SETTINGS_DEFAULT                                                                      \
    ((struct view_settings){                                                                       \
        .rule = RULE_DEFAULT, .selection = {SCOPE_MODEL, 0, 0}, .bins = SETTINGS_BINS})

/* The whole rule; its lines are borrowed. */
struct awm settings_awm(const struct view_settings *settings);
/* What decides about the pairs of a head, whose layer goes by its number: as awm_threshold. */
float settings_threshold(const struct view_settings *settings, uint32_t layer, int projection,
                         uint32_t head);

/* The settings as flags, the inverse of the command line's reader: those that the view heeds and
 * that are not the default, without --view. Layers go by their number. "" where there are none;
 * false where they do not fit, or no file holds the lines of the rule. */
bool settings_flags(const struct view_settings *settings, enum view_id view,
                    const struct model *model, char *out, size_t size);
enum { SETTINGS_FLAGS_BYTES = 512 + 4 * PATH_BYTES };

/* The heads of a projection that the settings select in a layer (an index into model->layers), from
 * *first on; 0 where the layer is left out, does not rotate or has not been scanned yet. A query
 * head brings the key head that it meets. */
uint32_t settings_heads(const struct view_settings *settings, const struct angles *angles,
                        size_t layer, int projection, uint32_t *first);
/* Rows of the tables that list heads and pairs under these settings. */
size_t settings_head_count(const struct view_settings *settings, const struct angles *angles);
size_t settings_pair_count(const struct view_settings *settings, const struct angles *angles);

ROPESCOPE_END

#endif
