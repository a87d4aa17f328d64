/* update_list.c: moving along a list, its order, and finding a line of it. */
#include "explorer/update.h"
#include "ropescope/lists.h"

#include <ctype.h>
#include <string.h>

/* ---- the cursor ---------------------------------------------------------- */

/* The query head to stand on for a head of keys: the one the cursor is on where it meets that one,
 * else the first that does. */
static uint32_t query_head_of(const struct state *state, const struct row *item)
{
    uint32_t now = state->settings.selection.head;
    uint32_t heads = item->layer->projection[PROJECTION_QUERY].heads;
    if (item->projection == PROJECTION_QUERY)
        return item->head;
    if (now < heads && layer_key_head(item->layer, now) == item->head)
        return now;
    for (uint32_t head = 0; head < heads; head++)
        if (layer_key_head(item->layer, head) == item->head)
            return head;
    return now;
}

void state_select_item(struct state *state, const struct row *item)
{
    state->settings.selection.layer = item->layer_index;
    if (!state_is_list(state) || state->view != VIEW_LAYERS) {
        state->lead = item->projection;
        state->wanted_head = query_head_of(state, item);
    }
    if (state->view != VIEW_LAYERS && state->view != VIEW_HEADS)
        state->wanted_pair = item->pair;
    update_settle(state);
}

static void move_line(struct state *state, long by)
{
    const struct list *list = state_list(state);
    if (!list || list->count == 0)
        return;
    size_t line = state_line(state);
    size_t next = line < list->count ? update_moved(line, by, list->count) : 0;
    struct row item = list_item(list, next);
    state_select_item(state, &item);
}

/* The inspector walks along its list, or along the pairs of its head. */
static void move(struct state *state, long by)
{
    if (state_is_list(state)) {
        move_line(state, by);
    } else if (state_rotates(state)) {
        state->wanted_pair = (uint32_t)update_moved(state->pair, by, state_layer(state)->pairs);
        update_settle(state);
    }
}

/* ---- order --------------------------------------------------------------- */

/* Who asks for another order wants to see what comes first in it; '' goes back. */
static void settle_order(struct state *state)
{
    update_settle(state);
    go_remember(state);
    move_line(state, -UPDATE_FAR);
}

/* Where the column that sorts stands on the screen, from 1; 0: the list's own order. */
static size_t sorted_place(enum view_id view, const char *column)
{
    const size_t *shown = list_shown(view);
    size_t place = column ? list_column(view, column) : SIZE_MAX;
    for (size_t i = 0; shown && place != SIZE_MAX; i++)
        if (shown[i] == place)
            return i + 1;
    return place + 1;
}

/* The next column round, with a stop at the list's own order. */
static void step_sort(struct state *state, int by)
{
    size_t count;
    const char *const *columns = list_columns(state->view, &count);
    const size_t *shown = list_shown(state->view);
    struct sort *sort = &state->sort[state->view];
    size_t at = sorted_place(state->view, sort->column);
    at = (at + count + 1 + (size_t)(by + 1) - 1) % (count + 1);
    if (!columns)
        return;
    sort->column = at > 0 ? columns[shown ? shown[at - 1] : at - 1] : NULL;
    sort->descending = sort->column && sort->descending;
    settle_order(state);
}

static void reverse_sort(struct state *state)
{
    struct sort *sort = &state->sort[state->view];
    size_t count;
    const char *const *columns = list_columns(state->view, &count);
    if (!columns)
        return;
    if (!sort->column)
        sort->column = columns[0]; /* the order they stand in begins with it */
    sort->descending = !sort->descending;
    settle_order(state);
}

/* Of a list of one head's pairs the line sought is one of the leading projection, of others any. */
static bool is_sought(const struct state *state, const struct row *item, int lead)
{
    return state->settings.selection.scope != SCOPE_HEAD || item->projection == lead;
}

static void tell_strongest(struct state *state, const struct row *item, const char *what,
                           double value)
{
    char number[TEXT_NUMBER];
    text_format(number, sizeof number, "%.4g", value);
    text_format(state->message, sizeof state->message,
                "layer %u, %s head %u: pair %u has the largest %s, %s%s", item->layer->number,
                projection_name(item->projection), item->head, item->pair, what, number,
                state->settings.selection.scope == SCOPE_MODEL ? " of the model" : "");
}

/* Sorts by what makes a pair strong, and goes to the strongest. */
static void go_to_strongest(struct state *state)
{
    bool changes = state->view == VIEW_CHANGE;
    const char *column = changes ? "distance" : "abs_cos";
    int lead = state->lead;
    if (!state_is_list(state)) /* changes by something else than pairs */
        return;
    state->sort[state->view] = (struct sort){column, true};
    settle_order(state);
    const struct list *list = state_list(state);
    for (size_t line = 0; list && line < list->count; line++) {
        struct row item = list_item(list, line);
        struct cell cell = list_cell(list, line, list_column(state->view, column));
        if (!is_sought(state, &item, lead))
            continue;
        state_select_item(state, &item);
        if (cell.kind == CELL_REAL)
            tell_strongest(state, &item, changes ? "distance" : "|cos|", cell.as.real);
        return;
    }
}

/* ---- search -------------------------------------------------------------- */

/* What is looked for, in numbers; -1: any. */
struct wanted {
    int projection;
    int64_t row; /* of the tensor */
    int64_t layer, head, pair;
};

/* Whole numbers with points between them; how many there are, 0 for anything else. */
static size_t read_numbers(const char *text, int64_t number[3])
{
    size_t count = 0;
    for (; count < 3 && isdigit((unsigned char)*text); text++) {
        int64_t value = 0;
        for (; isdigit((unsigned char)*text) && value < INT32_MAX; text++)
            value = 10 * value + (*text - '0');
        number[count++] = value;
        if (*text != '.')
            break;
    }
    return *text == '\0' ? count : 0;
}

/* "17" is the last number of a line (a pair of pairs, a head of heads, a layer), "3.17" head and
 * pair, "0.3.17" the layer, too; q or k before it names the projection, r a row of the tensor, l a
 * layer. */
static bool read_wanted(const char *text, enum view_id view, struct wanted *out)
{
    int64_t number[3];
    char letter = (char)tolower((unsigned char)text[0]);
    bool lettered = isalpha((unsigned char)letter) != 0;
    size_t count = read_numbers(text + lettered, number);
    *out = (struct wanted){-1, -1, -1, -1, -1};
    if (letter == 'q' || letter == 'k')
        out->projection = letter == 'k' ? PROJECTION_KEY : PROJECTION_QUERY;
    else if (lettered && ((letter != 'r' && letter != 'l') || count != 1))
        return false;
    if (count == 0)
        return out->projection >= 0 && text[1] == '\0';
    int64_t last = number[count - 1];
    if (letter == 'r' || letter == 'l')
        return *(letter == 'r' ? &out->row : &out->layer) = last, true;
    if (view == VIEW_LAYERS)
        return out->layer = last, count == 1;
    if (view == VIEW_HEADS || (out->projection >= 0 && count == 1)) {
        out->head = last;
        out->layer = count == 2 ? number[0] : -1;
        return count <= 2;
    }
    out->pair = last;
    out->head = count >= 2 ? number[count - 2] : -1;
    out->layer = count == 3 ? number[0] : -1;
    return true;
}

static bool matches(const struct wanted *wanted, const struct row *item, enum view_id view)
{
    uint64_t a = 0, b = 0;
    bool rows = view == VIEW_PAIRS && wanted->row >= 0;
    if (rows)
        layer_pair_rows(item->layer, item->projection, item->head, item->pair, &a, &b);
    return (wanted->row < 0 ||
            (rows && ((uint64_t)wanted->row == a || (uint64_t)wanted->row == b))) &&
           (wanted->projection < 0 || wanted->projection == item->projection) &&
           (wanted->layer < 0 || wanted->layer == item->layer->number) &&
           (wanted->head < 0 || wanted->head == item->head) &&
           (wanted->pair < 0 || wanted->pair == item->pair);
}

static void complain(struct state *state, const char *what)
{
    text_format(state->message, sizeof state->message, "%s: %s", state->search.text, what);
    state->message_is_error = true;
}

static void search(struct state *state, bool forward)
{
    const struct list *list = state_list(state);
    struct wanted wanted;
    if (!list || list->count == 0 || state->search.length == 0)
        return;
    if (!read_wanted(state->search.text, state->view, &wanted)) {
        complain(state, "no number of a line: 17, 3.17 (head.pair), 0.3.17, q3, k1.5, r640 (row)");
        return;
    }
    size_t start = state_line(state);
    if (start >= list->count)
        start = forward ? list->count - 1 : 0;
    for (size_t i = 1; i <= list->count; i++) {
        size_t line = (start + (forward ? i : list->count - i)) % list->count;
        struct row item = list_item(list, line);
        if (!matches(&wanted, &item, state->view))
            continue;
        state_select_item(state, &item);
        return;
    }
    complain(state, "no line has it");
}

/* ---- actions ------------------------------------------------------------- */

bool update_list(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_ROW_UP:
        return move(state, -1), true;
    case ACTION_ROW_DOWN:
        return move(state, 1), true;
    case ACTION_ROW_PAGE_UP:
        return move(state, -(long)state_list_room(state) + 1), true;
    case ACTION_ROW_PAGE_DOWN:
        return move(state, (long)state_list_room(state) - 1), true;
    case ACTION_ROW_FIRST:
        return move(state, -UPDATE_FAR), true;
    case ACTION_ROW_LAST:
        return move(state, UPDATE_FAR), true;
    case ACTION_SORT_NEXT:
        return step_sort(state, 1), true;
    case ACTION_SORT_PREVIOUS:
        return step_sort(state, -1), true;
    case ACTION_STRONGEST:
        return go_to_strongest(state), true;
    case ACTION_SORT_REVERSE:
        return reverse_sort(state), true;
    case ACTION_SEARCH_NEXT:
        return search(state, true), true;
    case ACTION_SEARCH_PREVIOUS:
        return search(state, false), true;
    case ACTION_INSPECT:
        return state->inspecting = !state->inspecting, true;
    default:
        return false;
    }
}
