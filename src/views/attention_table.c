/* attention_table.c: the attention of a run over a text as a table: a line a query and a key that
 * it sees, head by head. */
#include "explorer/attentions.h"
#include "views/attention.h"

enum {
    COLUMN_LAYER,
    COLUMN_HEAD,
    COLUMN_QUERY,
    COLUMN_KEY,
    COLUMN_QUERY_TOKEN,
    COLUMN_KEY_TOKEN,
    COLUMN_SCORE,
    COLUMN_WEIGHT,
    COLUMN_FIXED,
    COLUMN_TRAINABLE,
    COLUMN_COUNT
};
static const char *const columns[COLUMN_COUNT] = {"layer",       "head",      "query", "key",
                                                  "query_token", "key_token", "score", "weight",
                                                  "fixed",       "trainable"};

/* Heads of one layer that stand one below the other. */
struct head_block {
    size_t first_row, per_head, layer;
    uint32_t first_head, heads;
};
struct attention_rows {
    const struct angles *angles; /* borrowed */
    struct view_settings settings;
    size_t row_count, block_count;
    struct head_block *block; /* (block_count) owned */
    /* The head that was asked for last: rows of one head follow each other. */
    struct kept_attention {
        bool filled;
        size_t layer;
        uint32_t head;
        struct attention_head of;
    } * kept; /* owned */
};

void attention_rows_free(struct attention_rows *rows)
{
    if (rows->kept)
        attention_head_free(&rows->kept->of);
    memory_free(rows->kept);
    memory_free(rows->block);
}

size_t attention_row_of(const struct probe_attention *of, struct token_cell cell)
{
    return attention_seen_before(of, cell.query) + cell.key - attention_first_key(of, cell.query);
}

/* ---- which rows ---------------------------------------------------------- */

static void add_block(struct attention_rows *rows, size_t layer)
{
    const struct view_settings *settings = &rows->settings;
    const struct probe *probe = settings->probed->probe;
    const struct probe_attention *of = probe->layers[layer].attention;
    bool one = settings->selection.scope == SCOPE_HEAD || settings->one_head;
    uint32_t first = one ? settings->selection.head : 0;
    if (!of || first >= of->heads ||
        (settings->selection.scope != SCOPE_MODEL && settings->selection.layer != layer))
        return;
    size_t per_head = attention_seen_before(of, probe->token_count);
    uint32_t heads = one ? 1 : of->heads;
    rows->block[rows->block_count++] =
        (struct head_block){rows->row_count, per_head, layer, first, heads};
    rows->row_count += heads * per_head;
}

static bool rows_fill(struct attention_rows *rows)
{
    const struct probed *probed = rows->settings.probed;
    size_t layers = probed ? probed->probe->layer_count : 0;
    rows->block = memory_array(layers + 1, sizeof *rows->block);
    rows->kept = memory_array(1, sizeof *rows->kept);
    for (size_t i = 0; i < layers && rows->block; i++)
        if (i < rows->angles->model->layer_count)
            add_block(rows, i);
    return rows->block && rows->kept;
}

/* The last block that starts at or before the row. */
static const struct head_block *block_at(const struct attention_rows *rows, size_t row)
{
    size_t low = 0, high = rows->block_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (rows->block[middle].first_row <= row)
            low = middle;
        else
            high = middle;
    }
    return &rows->block[low];
}

/* The query whose keys the place within a head is among, and which key that is. */
static struct token_cell cell_within(const struct probe_attention *of, size_t tokens, size_t place)
{
    size_t low = 0, high = tokens;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (attention_seen_before(of, middle) <= place)
            low = middle;
        else
            high = middle;
    }
    return (struct token_cell){low, attention_first_key(of, low) + place -
                                        attention_seen_before(of, low)};
}

/* ---- cells --------------------------------------------------------------- */

/* NULL: no memory. */
static const struct attention_head *head_at(const struct attention_rows *rows, size_t layer,
                                            uint32_t head)
{
    struct kept_attention *kept = rows->kept;
    if (!kept->filled || kept->layer != layer || kept->head != head) {
        attention_head_free(&kept->of);
        kept->filled = attention_head_of(&kept->of, rows->angles, &rows->settings, layer, head);
        kept->layer = layer;
        kept->head = head;
    }
    return kept->filled && kept->of.of ? &kept->of : NULL;
}

static struct cell number_cell(const struct attention_head *head, struct token_cell at,
                               size_t column)
{
    static const enum attention_show shows[COLUMN_COUNT] = {
        [COLUMN_SCORE] = ATTENTION_SCORES,
        [COLUMN_WEIGHT] = ATTENTION_WEIGHTS,
        [COLUMN_FIXED] = ATTENTION_FIXED,
        [COLUMN_TRAINABLE] = ATTENTION_TRAINABLE,
    };
    return head ? cell_real(attention_value(head, shows[column], at.query, at.key)) : cell_empty();
}

static struct cell attention_cell(const void *context, size_t row, size_t column)
{
    const struct attention_rows *rows = context;
    const struct probe *probe = rows->settings.probed->probe;
    const struct head_block *block = block_at(rows, row);
    size_t within = row - block->first_row;
    uint32_t head = block->first_head + (uint32_t)(within / block->per_head);
    struct token_cell at = cell_within(probe->layers[block->layer].attention, probe->token_count,
                                       within % block->per_head);
    switch (column) {
    case COLUMN_LAYER:
        return cell_integer(rows->angles->model->layers[block->layer].number);
    case COLUMN_HEAD:
        return cell_integer(head);
    case COLUMN_QUERY:
        return cell_integer(at.query);
    case COLUMN_KEY:
        return cell_integer(at.key);
    case COLUMN_QUERY_TOKEN:
        return cell_integer(probe->tokens[at.query]);
    case COLUMN_KEY_TOKEN:
        return cell_integer(probe->tokens[at.key]);
    default:
        return number_cell(head_at(rows, block->layer, head), at, column);
    }
}

enum status attention_table(const struct angles *angles, const struct view_settings *settings,
                            struct view_table *out, struct error *err)
{
    struct attention_rows *rows = memory_array(1, sizeof *rows);
    *out = (struct view_table){.owned = rows, .attention = rows};
    if (!rows)
        return error_memory(err);
    *rows = (struct attention_rows){.angles = angles, .settings = *settings};
    if (!rows_fill(rows)) {
        view_table_free(out);
        return error_memory(err);
    }
    out->table = (struct table){columns, COLUMN_COUNT, rows->row_count, attention_cell, rows};
    return STATUS_OK;
}
