/* keys.c: the one key table. The footer, the help, the man page and the README's list of keys all
 * come from it, and update asks it what a key does. */
#include "ropescope/explorer.h"

#include <string.h>

enum { CTRL_C = 3, BACKSPACE = 8, TAB = 9, CTRL_L = 12, ENTER = 13, CTRL_U = 21, ESC = 27 };
#define NEWLINE '\n' /* what most terminals make of Enter */
#define RUBOUT 127

#define TYPING PLACES_TYPED
#define LETTER (PLACE_MARK | PLACE_JUMP)
#define EVERYWHERE                                                                                 \
    (PLACE_VIEW | PLACE_HELP | PLACE_THEMES | TYPING | LETTER | PLACE_CONFIRM | PLACE_COMMAND)
#define LINES (PLACE_LIST | PLACE_INSPECTOR)

#define VIEW_ACTION(id) ((enum action)(ACTION_VIEW_FIRST + (id)))

static const struct binding bindings[] = {
    {ACTION_LAYER_UP, PLACE_VIEW, {KEYCODE_UP, 'k'}, "layer", "previous layer"},
    {ACTION_LAYER_DOWN, PLACE_VIEW, {KEYCODE_DOWN, 'j'}, "layer", "next layer"},
    {ACTION_HEAD_LEFT,
     PLACE_VIEW,
     {KEYCODE_LEFT, 'h'},
     "head",
     "previous head (of the key where that leads)"},
    {ACTION_HEAD_RIGHT, PLACE_VIEW, {KEYCODE_RIGHT, 'l'}, "head", "next head"},
    {ACTION_LAYER_FIRST, PLACE_VIEW, {'g'}, NULL, "first layer"},
    {ACTION_LAYER_LAST, PLACE_VIEW, {'G'}, NULL, "last layer"},
    {ACTION_HEAD_FIRST, PLACE_VIEW, {KEYCODE_HOME}, NULL, "first head"},
    {ACTION_HEAD_LAST, PLACE_VIEW, {KEYCODE_END}, NULL, "last head"},
    {ACTION_PAGE_UP, PLACE_VIEW, {KEYCODE_PAGE_UP}, NULL, "a page of layers back"},
    {ACTION_PAGE_DOWN, PLACE_VIEW, {KEYCODE_PAGE_DOWN}, NULL, "a page of layers on"},
    {ACTION_ROW_UP, LINES, {KEYCODE_UP, 'k'}, "line", "list, inspector: a line back"},
    {ACTION_ROW_DOWN, LINES, {KEYCODE_DOWN, 'j'}, "line", "list, inspector: a line on"},
    {ACTION_ROW_PAGE_UP, LINES, {KEYCODE_PAGE_UP}, NULL, "list: a page back"},
    {ACTION_ROW_PAGE_DOWN, LINES, {KEYCODE_PAGE_DOWN}, NULL, "list: a page on"},
    {ACTION_ROW_FIRST, LINES, {'g', KEYCODE_HOME}, NULL, "list: first line"},
    {ACTION_ROW_LAST, LINES, {'G', KEYCODE_END}, NULL, "list: last line"},
    {ACTION_LAYER_UP, LINES, {'K'}, NULL, "list, inspector: previous layer"},
    {ACTION_LAYER_DOWN, LINES, {'J'}, NULL, "list, inspector: next layer"},
    {ACTION_SORT_PREVIOUS, PLACE_LIST, {'<'}, "sort", "list: sort by the column before"},
    {ACTION_SORT_NEXT, PLACE_LIST, {'>'}, "sort", "list: sort by the next column"},
    {ACTION_SORT_REVERSE,
     PLACE_LIST,
     {'r'},
     "reverse",
     "list: the other way round: strongest, highest first"},
    {ACTION_SEARCH,
     PLACE_LIST,
     {'/'},
     "find",
     "list: find 17, head.pair 3.17, q3, k1.5, a row r640"},
    {ACTION_SEARCH_NEXT, PLACE_LIST, {'n'}, NULL, "list: next line found"},
    {ACTION_SEARCH_PREVIOUS, PLACE_LIST, {'N'}, NULL, "list: line found before"},
    {ACTION_MEASURE_NEXT,
     PLACE_OVERVIEW,
     {'o'},
     "measure",
     "maps: next measure (fixed, max, r, norm ratio, excess)"},
    {ACTION_MEASURE_PREVIOUS, PLACE_OVERVIEW, {'O'}, NULL, "maps: measure before"},
    {ACTION_ZOOM_IN,
     PLACE_OVERVIEW | PLACE_SCATTER,
     {'+', 'z'},
     NULL,
     "maps: fewer heads a cell; scatter: closer to the cursor"},
    {ACTION_ZOOM_OUT,
     PLACE_OVERVIEW | PLACE_SCATTER,
     {'-', 'Z'},
     NULL,
     "maps: a cell sums up more heads; scatter: farther off"},
    {ACTION_ZOOM_ALL, PLACE_SCATTER, {'0'}, NULL, "scatter: the whole plane"},
    {ACTION_POINT_LEFT, PLACE_SCATTER, {'H'}, "point", "scatter: nearest point to the left"},
    {ACTION_POINT_DOWN, PLACE_SCATTER, {'J'}, "point", "scatter: nearest point below"},
    {ACTION_POINT_UP, PLACE_SCATTER, {'K'}, "point", "scatter: nearest point above"},
    {ACTION_POINT_RIGHT, PLACE_SCATTER, {'L'}, "point", "scatter: nearest point to the right"},
    {ACTION_POINT_NEXT, PLACE_SCATTER, {'n'}, NULL, "scatter: next pair"},
    {ACTION_POINT_PREVIOUS, PLACE_SCATTER, {'N'}, NULL, "scatter: previous pair"},
    {ACTION_PAN_LEFT, PLACE_SCATTER, {'('}, NULL, "scatter: move the window left"},
    {ACTION_PAN_RIGHT, PLACE_SCATTER, {')'}, NULL, "scatter: move the window right"},
    {ACTION_PAN_DOWN, PLACE_SCATTER, {'<'}, NULL, "scatter: move the window down"},
    {ACTION_PAN_UP, PLACE_SCATTER, {'>'}, NULL, "scatter: move the window up"},
    {ACTION_BANDS, PLACE_SCATTER, {'c'}, "bands", "scatter: points by frequency or by number"},
    {ACTION_BINS_FEWER, PLACE_HISTOGRAM, {'B'}, "bins", "histogram: fewer bins"},
    {ACTION_BINS_MORE, PLACE_HISTOGRAM, {'b'}, "bins", "histogram: more bins; past the last: fit"},
    {ACTION_LOG,
     PLACE_HISTOGRAM | PLACE_THRESHOLD,
     {'L'},
     "log",
     "histogram: counts, threshold: axis; linear or logarithmic"},
    {ACTION_EACH_LAYER, PLACE_THRESHOLD, {'a'}, "layers", "threshold: a line for every layer"},
    {ACTION_ARRANGE,
     PLACE_HISTOGRAM,
     {'|'},
     "beside",
     "histogram: one below the other or side by side"},
    {ACTION_UNIT, PLACE_VIEW, {'u'}, NULL, "unit of histograms and scatter: cos, |cos|, degrees"},
    {ACTION_COVER,
     PLACE_VIEW,
     {'P'},
     NULL,
     "count and list query and key, the query or the key alone"},
    {ACTION_PROJECTION, PLACE_VIEW, {'p'}, "query/key", "which one leads: query or key"},
    {ACTION_THRESHOLD_DOWN, PLACE_VIEW, {'['}, "step", "threshold a fine step down"},
    {ACTION_THRESHOLD_UP, PLACE_VIEW, {']'}, "step", "threshold a fine step up"},
    {ACTION_THRESHOLD_FAR_DOWN, PLACE_VIEW, {'{'}, NULL, "threshold down to the next of 1, 2, 5"},
    {ACTION_THRESHOLD_FAR_UP, PLACE_VIEW, {'}'}, NULL, "threshold up to the next of 1, 2, 5"},
    {ACTION_THRESHOLD_TYPE,
     PLACE_VIEW,
     {'t', '='},
     "threshold",
     "type a threshold, or the percentage that it shall fix: 30%"},
    {ACTION_FIRST_LAYER_UP, PLACE_VIEW, {'f'}, NULL, "first masked layer up"},
    {ACTION_FIRST_LAYER_DOWN, PLACE_VIEW, {'F'}, NULL, "first masked layer down"},
    {ACTION_VIEW_NEXT, PLACE_VIEW, {TAB}, "view", "next view"},
    {ACTION_VIEW_PREVIOUS, PLACE_VIEW, {KEYCODE_BACKTAB}, NULL, "previous view"},
    {VIEW_ACTION(VIEW_OVERVIEW), PLACE_VIEW, {'1'}, NULL, "overview"},
    {VIEW_ACTION(VIEW_PAIRS), PLACE_VIEW, {'2'}, NULL, "list of pairs"},
    {VIEW_ACTION(VIEW_HEADS), PLACE_VIEW, {'3'}, NULL, "list of heads"},
    {VIEW_ACTION(VIEW_LAYERS), PLACE_VIEW, {'4'}, NULL, "list of layers"},
    {VIEW_ACTION(VIEW_HISTOGRAM), PLACE_VIEW, {'5'}, NULL, "histograms of the cosines"},
    {VIEW_ACTION(VIEW_SCATTER), PLACE_VIEW, {'6'}, NULL, "scatter of query against key cosines"},
    {VIEW_ACTION(VIEW_THRESHOLD), PLACE_VIEW, {'7'}, NULL, "fixed pairs against the threshold"},
    {ACTION_SCOPE, PLACE_VIEW, {'s'}, "scope", "reach of lists and pictures: head, layer, model"},
    {ACTION_DIVE, PLACE_VIEW, {NEWLINE, ENTER}, "dive", "deeper: layers, heads, pairs, a pair"},
    {ACTION_INSPECT, PLACE_VIEW, {'i'}, NULL, "everything known of the selected pair"},
    {ACTION_BACK, PLACE_INSPECTOR, {ESC, NEWLINE, ENTER}, "back", "inspector: back"},
    {ACTION_RANK_FIRST,
     PLACE_VIEW,
     {'*'},
     "highest",
     "the head with the highest (strongest) measure"},
    {ACTION_RANK_NEXT, PLACE_VIEW, {'>', 'n'}, NULL, "the head with the next lower measure"},
    {ACTION_RANK_PREVIOUS, PLACE_VIEW, {'<', 'N'}, NULL, "the head with the next higher measure"},
    {ACTION_GOTO, PLACE_VIEW, {':', '/'}, "go to", "go to 12.3.40 (layer.head.pair) or a tensor"},
    {ACTION_MARK, PLACE_VIEW, {'m'}, NULL, "mark this place: then a letter, a to z"},
    {ACTION_JUMP, PLACE_VIEW, {'\''}, NULL, "to a mark: then its letter; '' takes a jump back"},
    {ACTION_GLYPHS, PLACE_VIEW, {'v'}, NULL, "draw with blocks, braille or ASCII"},
    {ACTION_SAVE,
     PLACE_VIEW,
     {'e'},
     "export",
     "export the view: CSV, or JSON by the name's ending"},
    {ACTION_COPY, PLACE_VIEW, {'y'}, NULL, "copy the row or number under the cursor"},
    {ACTION_COMMAND, PLACE_VIEW, {'Y'}, NULL, "the command line that prints this view"},
    {ACTION_MOUSE, PLACE_VIEW, {'M'}, NULL, "mouse on or off: click selects, wheel moves"},
    {ACTION_THEMES, PLACE_VIEW, {'T'}, NULL, "choose a theme; the screen follows at once"},
    {ACTION_REDRAW, EVERYWHERE, {CTRL_L}, NULL, "draw the whole screen again"},
    {ACTION_BACK, PLACE_VIEW, {ESC}, NULL, "back to where you were"},
    {ACTION_BACK, PLACE_HELP, {ESC, '?', 'q'}, "back", "close the help"},
    {ACTION_HELP, PLACE_VIEW, {'?'}, "help", "this help"},
    {ACTION_HELP_UP, PLACE_HELP, {KEYCODE_UP, 'k'}, "scroll", "help: a line back"},
    {ACTION_HELP_DOWN, PLACE_HELP, {KEYCODE_DOWN, 'j'}, "scroll", "help: a line on"},
    {ACTION_HELP_PAGE_UP, PLACE_HELP, {KEYCODE_PAGE_UP}, NULL, "help: a page back"},
    {ACTION_HELP_PAGE_DOWN, PLACE_HELP, {KEYCODE_PAGE_DOWN, ' '}, NULL, "help: a page on"},
    {ACTION_HELP_FIRST, PLACE_HELP, {'g', KEYCODE_HOME}, NULL, "help: first line"},
    {ACTION_HELP_LAST, PLACE_HELP, {'G', KEYCODE_END}, NULL, "help: last line"},
    {ACTION_FILTER, PLACE_HELP, {'/'}, "filter", "help: show the lines with some words alone"},
    {ACTION_CHOICE_UP, PLACE_GOTO, {KEYCODE_UP}, "choose", "go to: the match before"},
    {ACTION_CHOICE_DOWN, PLACE_GOTO, {KEYCODE_DOWN}, "choose", "go to: the next match"},
    {ACTION_YES, PLACE_CONFIRM, {'y', 'Y'}, "replace", "replace the file"},
    {ACTION_NO, PLACE_CONFIRM, {'n', 'N', ESC}, "keep", "keep the file"},
    {ACTION_COPY_COMMAND, PLACE_COMMAND, {'y'}, "copy", "command line: copy it"},
    {ACTION_CANCEL, PLACE_COMMAND, {ESC, 'q', 'Y'}, "close", "command line: close it"},
    {ACTION_CANCEL, LETTER, {ESC}, "cancel", "marks: cancel"},
    {ACTION_THEME_UP, PLACE_THEMES, {KEYCODE_UP, 'k'}, "try", "themes: the one before"},
    {ACTION_THEME_DOWN, PLACE_THEMES, {KEYCODE_DOWN, 'j'}, "try", "themes: the next one"},
    {ACTION_THEME_FIRST, PLACE_THEMES, {KEYCODE_HOME, 'g'}, NULL, "themes: the first one"},
    {ACTION_THEME_LAST, PLACE_THEMES, {KEYCODE_END, 'G'}, NULL, "themes: the last one"},
    {ACTION_THEME_KEEP, PLACE_THEMES, {NEWLINE, ENTER}, "keep", "themes: keep this one"},
    {ACTION_THEME_LEAVE, PLACE_THEMES, {ESC, 'q', 'T'}, "return", "themes: return to the old one"},
    {ACTION_ACCEPT, TYPING, {NEWLINE, ENTER}, "accept", "typing: accept"},
    {ACTION_CANCEL, TYPING, {ESC}, "cancel", "typing: cancel"},
    {ACTION_ERASE,
     TYPING,
     {KEYCODE_BACKSPACE, BACKSPACE, RUBOUT},
     "erase",
     "typing: erase a character"},
    {ACTION_ERASE_ALL, TYPING, {CTRL_U}, "erase all", "typing: erase all"},
    {ACTION_QUIT, PLACE_VIEW, {'q'}, "quit", "quit"},
    {ACTION_QUIT, EVERYWHERE, {CTRL_C}, NULL, "quit, wherever you are"},
};

size_t keys_count(void)
{
    return sizeof bindings / sizeof *bindings;
}

const struct binding *keys_binding(size_t index)
{
    return &bindings[index];
}

enum action keys_action(enum place place, uint32_t key)
{
    if (key == 0)
        return ACTION_NONE; /* 0 fills the unused places of the table */
    for (size_t i = 0; i < keys_count(); i++)
        for (size_t k = 0; k < BINDING_KEYS; k++)
            if ((bindings[i].places & (unsigned)place) && bindings[i].keys[k] == key)
                return bindings[i].action;
    return ACTION_NONE;
}
