/* keys.c: the one key table. The footer, the help, the man page and the README's list of keys all
 * come from it, and update asks it what a key does. */
#include "ropescope/explorer.h"

#include <string.h>

enum { CTRL_C = 3, BACKSPACE = 8, TAB = 9, CTRL_L = 12, ENTER = 13, CTRL_U = 21, ESC = 27 };
#define NEWLINE '\n' /* what most terminals make of Enter */
#define RUBOUT 127

#define TYPING (PLACE_ENTRY | PLACE_FILTER)
#define EVERYWHERE (PLACE_VIEW | PLACE_HELP | TYPING)

#define VIEW_ACTION(id) ((enum action)(ACTION_VIEW_FIRST + (id)))

static const struct binding bindings[] = {
    {ACTION_LAYER_UP, PLACE_VIEW, {KEYCODE_UP, 'k'}, "layer", "previous layer"},
    {ACTION_LAYER_DOWN, PLACE_VIEW, {KEYCODE_DOWN, 'j'}, "layer", "next layer"},
    {ACTION_HEAD_LEFT, PLACE_VIEW, {KEYCODE_LEFT, 'h'}, "head", "previous query head"},
    {ACTION_HEAD_RIGHT, PLACE_VIEW, {KEYCODE_RIGHT, 'l'}, "head", "next query head"},
    {ACTION_LAYER_FIRST, PLACE_VIEW, {'g'}, NULL, "first layer"},
    {ACTION_LAYER_LAST, PLACE_VIEW, {'G'}, NULL, "last layer"},
    {ACTION_HEAD_FIRST, PLACE_VIEW, {KEYCODE_HOME}, NULL, "first head"},
    {ACTION_HEAD_LAST, PLACE_VIEW, {KEYCODE_END}, NULL, "last head"},
    {ACTION_PAGE_UP,
     PLACE_VIEW,
     {KEYCODE_PAGE_UP},
     NULL,
     "a page of layers (of heads, of pairs in their lists) back"},
    {ACTION_PAGE_DOWN,
     PLACE_VIEW,
     {KEYCODE_PAGE_DOWN},
     NULL,
     "a page of layers (of heads, of pairs in their lists) on"},
    {ACTION_ROW_UP, PLACE_VIEW, {'K'}, NULL, "list of pairs: a line back"},
    {ACTION_ROW_DOWN, PLACE_VIEW, {'J'}, NULL, "list of pairs: a line on"},
    {ACTION_PROJECTION, PLACE_VIEW, {'p'}, "query/key", "which one leads: query or key"},
    {ACTION_THRESHOLD_DOWN, PLACE_VIEW, {'['}, "threshold", "threshold a fine step down"},
    {ACTION_THRESHOLD_UP, PLACE_VIEW, {']'}, "threshold", "threshold a fine step up"},
    {ACTION_THRESHOLD_FAR_DOWN, PLACE_VIEW, {'{'}, NULL, "threshold a coarse step down: 1, 2, 5"},
    {ACTION_THRESHOLD_FAR_UP, PLACE_VIEW, {'}'}, NULL, "threshold a coarse step up: 1, 2, 5"},
    {ACTION_THRESHOLD_TYPE, PLACE_VIEW, {'t', '='}, NULL, "type a threshold"},
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
    {ACTION_SCOPE,
     PLACE_VIEW,
     {'s'},
     "scope",
     "reach of lists, histograms and scatter: head, layer, model"},
    {ACTION_DIVE, PLACE_VIEW, {NEWLINE, ENTER}, "dive", "deeper: layers, heads, pairs"},
    {ACTION_GLYPHS, PLACE_VIEW, {'v'}, NULL, "draw with blocks, braille or ASCII"},
    {ACTION_REDRAW, EVERYWHERE, {CTRL_L}, NULL, "draw the whole screen again"},
    {ACTION_BACK, PLACE_VIEW, {ESC}, NULL, "back to the overview"},
    {ACTION_BACK, PLACE_HELP, {ESC, '?', 'q'}, "back", "close the help"},
    {ACTION_HELP, PLACE_VIEW, {'?'}, "help", "this help"},
    {ACTION_HELP_UP, PLACE_HELP, {KEYCODE_UP, 'k'}, "scroll", "help: a line back"},
    {ACTION_HELP_DOWN, PLACE_HELP, {KEYCODE_DOWN, 'j'}, "scroll", "help: a line on"},
    {ACTION_HELP_PAGE_UP, PLACE_HELP, {KEYCODE_PAGE_UP}, NULL, "help: a page back"},
    {ACTION_HELP_PAGE_DOWN, PLACE_HELP, {KEYCODE_PAGE_DOWN, ' '}, NULL, "help: a page on"},
    {ACTION_HELP_FIRST, PLACE_HELP, {'g', KEYCODE_HOME}, NULL, "help: first line"},
    {ACTION_HELP_LAST, PLACE_HELP, {'G', KEYCODE_END}, NULL, "help: last line"},
    {ACTION_FILTER, PLACE_HELP, {'/'}, "filter", "help: show the lines with some words alone"},
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
