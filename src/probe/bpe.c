/* bpe.c: byte-pair encoding of one word. The word is a list of symbols, and a heap holds what may
 * merge: the best pair first, the leftmost of equals. A merge makes at most two new candidates;
 * those that it made void stay in the heap and are known by their length when they come up. So n
 * symbols take O(n log n), however long the word is. */
#include "bpe.h"

#include <string.h>

bool ids_add(struct ids *ids, uint32_t id)
{
    if (ids->count == ids->room) {
        size_t room = ids->room ? 2 * ids->room : 64;
        uint32_t *grown = memory_grow(ids->at, room, sizeof *grown);
        if (!grown)
            return false;
        ids->at = grown;
        ids->room = room;
    }
    ids->at[ids->count++] = id;
    return true;
}

enum { NOWHERE = -1 };

/* A piece of the word; `length` 0: it went into the one before. */
struct symbol {
    uint32_t id;
    uint32_t start, length; /* bytes of the word */
    int32_t before, next;   /* NOWHERE: the ends */
};

struct candidate {
    double cost; /* the rank, or the negative score */
    int32_t left, right;
    uint32_t length; /* of both together: another one tells that a side has changed */
    uint32_t id;
};

struct merging {
    const struct bpe *bpe;
    const char *word;
    struct symbol *symbols;
    size_t symbol_count;
    struct candidate *heap; /* room for three candidates a symbol: no more ever come */
    size_t heap_count;
};

/* ---- the heap ------------------------------------------------------------ */

static bool goes_first(const struct candidate *a, const struct candidate *b)
{
    return a->cost < b->cost || (!(b->cost < a->cost) && a->left < b->left);
}

static void heap_push(struct merging *m, struct candidate candidate)
{
    size_t at = m->heap_count++;
    for (size_t up; at > 0; at = up) {
        up = (at - 1) / 2;
        if (!goes_first(&candidate, &m->heap[up]))
            break;
        m->heap[at] = m->heap[up];
    }
    m->heap[at] = candidate;
}

static struct candidate heap_pop(struct merging *m)
{
    struct candidate first = m->heap[0], last = m->heap[--m->heap_count];
    size_t at = 0;
    for (size_t down = 1; down < m->heap_count; down = 2 * at + 1) {
        if (down + 1 < m->heap_count && goes_first(&m->heap[down + 1], &m->heap[down]))
            down++;
        if (!goes_first(&m->heap[down], &last))
            break;
        m->heap[at] = m->heap[down];
        at = down;
    }
    m->heap[at] = last;
    return first;
}

/* ---- symbols ------------------------------------------------------------- */

static void add_symbol(struct merging *m, uint32_t id, size_t start, size_t length)
{
    int32_t at = (int32_t)m->symbol_count++;
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is room, or nobody merges
    m->symbols[at] = (struct symbol){id, (uint32_t)start, (uint32_t)length, at - 1, NOWHERE};
    if (at > 0)
        m->symbols[at - 1].next = at;
}

/* Tokens of the bytes of a character, if there is one for each. */
static bool add_bytes(struct merging *m, size_t start, size_t length)
{
    const int32_t *ids = m->bpe->vocabulary->byte_ids;
    for (size_t i = 0; i < length; i++) {
        if (ids[(unsigned char)m->word[start + i]] == ID_NONE)
            return false;
    }
    for (size_t i = 0; i < length; i++)
        add_symbol(m, (uint32_t)ids[(unsigned char)m->word[start + i]], start + i, 1);
    return true;
}

static void add_unknown(struct merging *m, size_t start, size_t length)
{
    uint32_t unknown = (uint32_t)m->bpe->unknown;
    struct symbol *last = m->symbol_count ? &m->symbols[m->symbol_count - 1] : NULL;
    if (m->bpe->unknown == ID_NONE)
        return;
    if (m->bpe->fuse_unknown && last && last->id == unknown && last->start + last->length == start)
        last->length += (uint32_t)length;
    else
        add_symbol(m, unknown, start, length);
}

static void cut(struct merging *m, size_t length)
{
    for (size_t at = 0, step = 1; at < length; at += step) {
        if (!m->bpe->bytes)
            text_decode(m->word + at, &step);
        if (step == 0) /* NUL is a character like others */
            step = 1;
        int32_t id = vocabulary_find(m->bpe->vocabulary, m->word + at, step);
        if (id != ID_NONE)
            add_symbol(m, (uint32_t)id, at, step);
        else if (!m->bpe->byte_fallback || !add_bytes(m, at, step))
            add_unknown(m, at, step);
    }
}

/* ---- merging ------------------------------------------------------------- */

static void consider(struct merging *m, int32_t left, int32_t right)
{
    if (left == NOWHERE || right == NOWHERE)
        return;
    const struct symbol *a = &m->symbols[left], *b = &m->symbols[right];
    struct candidate candidate = {0, left, right, a->length + b->length, 0};
    const struct vocabulary *vocabulary = m->bpe->vocabulary;
    if (m->bpe->scores) {
        if (a->start + a->length != b->start)
            return; /* something unknown was left out between them */
        int32_t id = vocabulary_find(vocabulary, m->word + a->start, candidate.length);
        if (id == ID_NONE)
            return;
        candidate.id = (uint32_t)id;
        candidate.cost = -(double)vocabulary->pieces[id].score;
    } else {
        const struct merge *merge = vocabulary_find_merge(vocabulary, a->id, b->id);
        if (!merge)
            return;
        candidate.id = merge->id;
        candidate.cost = merge->rank;
    }
    heap_push(m, candidate);
}

static void merge_all(struct merging *m)
{
    for (size_t i = 0; i + 1 < m->symbol_count; i++)
        consider(m, (int32_t)i, (int32_t)i + 1);
    while (m->heap_count > 0) {
        struct candidate best = heap_pop(m);
        struct symbol *left = &m->symbols[best.left], *right = &m->symbols[best.right];
        if (left->length == 0 || right->length == 0 || left->next != best.right ||
            left->length + right->length != best.length)
            continue;
        left->id = best.id;
        left->length = best.length;
        left->next = right->next;
        right->length = 0;
        if (left->next != NOWHERE)
            m->symbols[left->next].before = best.left;
        consider(m, left->before, best.left);
        consider(m, best.left, left->next);
    }
}

static enum status run(struct merging *m, size_t length, struct ids *ids, struct error *err)
{
    cut(m, length);
    merge_all(m);
    for (int32_t at = m->symbol_count ? 0 : NOWHERE; at != NOWHERE; at = m->symbols[at].next) {
        if (!ids_add(ids, m->symbols[at].id))
            return error_memory(err);
    }
    return STATUS_OK;
}

enum status bpe_word(const struct bpe *bpe, const char *word, size_t length, struct ids *ids,
                     struct error *err)
{
    if (length == 0)
        return STATUS_OK;
    int32_t whole = bpe->ignore_merges ? vocabulary_find(bpe->vocabulary, word, length) : ID_NONE;
    if (whole != ID_NONE)
        return ids_add(ids, (uint32_t)whole) ? STATUS_OK : error_memory(err);
    struct merging m = {.bpe = bpe, .word = word};
    m.symbols = memory_array(length, sizeof *m.symbols);
    m.heap = memory_array(length, 3 * sizeof *m.heap);
    enum status status = m.symbols && m.heap ? run(&m, length, ids, err) : error_memory(err);
    memory_free(m.symbols);
    memory_free(m.heap);
    return status;
}
