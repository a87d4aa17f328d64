/* view_kinds.c: what each view is called, which keys are its own and which settings it heeds. */
#include "ropescope/explorer.h"

static const struct view_kind kinds[VIEW_COUNT] = {
    [VIEW_OVERVIEW] = {"overview", PLACE_OVERVIEW, HEEDS_MEASURE | HEEDS_RANDOM},
    [VIEW_PAIRS] = {"pairs", PLACE_LIST | PLACE_PAIRS, HEEDS_SCOPE | HEEDS_SORT | HEEDS_RANDOM},
    [VIEW_HEADS] = {"heads", PLACE_LIST, HEEDS_SCOPE | HEEDS_SORT},
    [VIEW_LAYERS] = {"layers", PLACE_LIST, HEEDS_SORT},
    [VIEW_HISTOGRAM] = {"histogram", PLACE_HISTOGRAM, HEEDS_SCOPE | HEEDS_UNIT | HEEDS_BARS},
    [VIEW_SCATTER] = {"scatter", PLACE_SCATTER, HEEDS_SCOPE | HEEDS_UNIT | HEEDS_ZOOM},
    [VIEW_THRESHOLD] = {"threshold", PLACE_THRESHOLD, HEEDS_AXIS},
    [VIEW_PROFILE] = {"profile", PLACE_PROFILE, HEEDS_LINE},
    [VIEW_FREQUENCY] = {"frequency", PLACE_FREQUENCY, HEEDS_SCOPE | HEEDS_SPECTRUM},
    [VIEW_STRIP] = {"strip", PLACE_STRIP, HEEDS_SCOPE | HEEDS_LAYERS},
    [VIEW_SPECTRUM] = {"spectrum", PLACE_SPECTRUM, HEEDS_SCOPE | HEEDS_SHADE},
    [VIEW_OFFSETS] = {"offsets", PLACE_OFFSETS, HEEDS_SCOPE | HEEDS_TEXT},
    [VIEW_ATTENTION] = {"attention", PLACE_ATTENTION, HEEDS_SCOPE | HEEDS_TEXT | HEEDS_ATTENTION},
    [VIEW_CHANGE] = {"change", PLACE_LIST | PLACE_PAIRS | PLACE_CHANGE,
                     HEEDS_SCOPE | HEEDS_SORT | HEEDS_BY},
};

const struct view_kind *view_kind(enum view_id view)
{
    return &kinds[view];
}
