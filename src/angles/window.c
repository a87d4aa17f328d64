/* window.c: mapping or copy. A mapping costs nothing but a page fault for each stretch that the
 * page cache holds in one piece; a copy by pread moves every byte once more, but into a buffer that
 * stays in the core's own cache. Where the page cache holds large pieces (read from the disk, or
 * written in large blocks) the mapping is faster, by a third on the machine this was measured on;
 * where it holds single pages (a file written in 4 kB steps) every 64 kB fault, and the copy is
 * twice as fast. So each worker counts its faults, and data that come from the disk unforeseen are
 * copied, too. What is known to come from there is touched in the order of the file beforehand. */
#define _GNU_SOURCE 1 /* RUSAGE_THREAD */
#include "window.h"

#include <string.h>
#include <sys/resource.h>

/* Where a fault brings less than this many bytes the copy is faster: 64 kB of single pages, not 128
 * of a larger piece, which are cheaper to map. */
enum { FAULT_BYTES = 96 << 10 };
/* The next part of the file may be in another state: the mapping is tried again after a few pieces,
 * and after twice as many each time that it was in vain. A piece of it read slowly costs one piece
 * more, at most. */
enum { TRY_AGAIN_FIRST = 2, TRY_AGAIN_LAST = 64 };

static struct read_cost cost_so_far(void)
{
    struct read_cost cost = {0, 0};
#ifdef RUSAGE_THREAD
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) == 0)
        cost = (struct read_cost){usage.ru_minflt + usage.ru_majflt, usage.ru_inblock};
#endif
    return cost;
}

static size_t room_for(size_t row_bytes, bool adapted)
{
    size_t least = adapted ? ADAPTED_BYTES : WINDOW_BYTES;
    return row_bytes > least / 2 ? 2 * row_bytes : least;
}

uint64_t window_bytes(const struct tensor *tensor)
{
    size_t row_bytes = window_row_bytes(tensor);
    uint64_t room = room_for(row_bytes, tensor->lora != NULL);
    return room +
           (tensor->lora ? adapted_bytes(tensor, (size_t)room / (row_bytes + !row_bytes)) : 0);
}

void window_init(struct window *window, const struct checkpoint *checkpoint, size_t row_bytes)
{
    size_t room = room_for(row_bytes, checkpoint && checkpoint_adapter(checkpoint));
    *window = (struct window){
        .checkpoint = checkpoint, .kernel = kernel_best(), .room = room, .again = TRY_AGAIN_FIRST};
    window->buffer = memory_array(room, 1);
}

void window_free(struct window *window)
{
    memory_free(window->buffer);
    adapted_free(&window->adapted);
    *window = (struct window){0};
}

size_t window_row_bytes(const struct tensor *tensor)
{
    return tensor_is_plain(tensor) ? (size_t)tensor_row_bytes(tensor)
                                   : (size_t)tensor->shape[1] * sizeof(float);
}

size_t window_rows(const struct window *window)
{
    return window->row_bytes > 0 ? window->room / window->row_bytes : window->room;
}

void window_begin(struct window *window, const struct tensor *tensor)
{
    window->tensor = tensor;
    window->converts = !tensor_is_plain(tensor);
    window->dtype = window->converts ? DTYPE_F32 : (enum dtype)tensor->dtype;
    window->row_bytes = window_row_bytes(tensor);
    window->lacks =
        (window->converts && !window->buffer) ||
        (tensor->lora && !adapted_reserve(&window->adapted, tensor, window_rows(window)));
    window->before = cost_so_far();
}

bool window_bring(struct window *window, const struct tensor *tensor, struct stretch stretch)
{
    long blocks = cost_so_far().blocks;
    mapping_bring(checkpoint_mapping(window->checkpoint, tensor), stretch.offset, stretch.bytes);
    window->brought = true;
    return cost_so_far().blocks > blocks;
}

void window_end(struct window *window, uint64_t bytes)
{
    struct read_cost now = cost_so_far();
    uint64_t faults = (uint64_t)(now.faults - window->before.faults);
    window->cold = now.blocks > window->before.blocks;
    bool unforeseen = window->cold && !window->brought;
    window->brought = false;
    if (window->copies && !unforeseen) {
        window->copies = --window->pieces > 0;
    } else if (window->buffer && (unforeseen || faults * FAULT_BYTES > bytes)) {
        window->copies = true;
        window->pieces = window->again;
        window->again = window->again < TRY_AGAIN_LAST ? 2 * window->again : TRY_AGAIN_LAST;
    } else {
        window->again = TRY_AGAIN_FIRST;
    }
}

static void convert_run(const struct window *window, struct row_run run, unsigned char *to)
{
    float *numbers = (float *)(void *)to;
    checkpoint_rows_to_float(window->checkpoint, window->tensor, run.first, run.rows, numbers);
    dtype_swap_floats(numbers, run.rows * (size_t)window->tensor->shape[1]);
}

/* What an adapter needs to know of the rows. */
static bool adapt_runs(struct window *window)
{
    size_t count = 0;
    for (size_t i = 0; i < WINDOW_RUNS; i++) {
        for (size_t row = 0; row < window->run[i].rows; row++)
            window->adapted.at[count++] = window_row(window, window->run[i].first + row);
    }
    return adapted_show(&window->adapted, window->kernel, window->tensor, window->dtype,
                        window->run);
}

bool window_show(struct window *window, const struct row_run run[WINDOW_RUNS])
{
    const struct mapping *mapping = checkpoint_mapping(window->checkpoint, window->tensor);
    unsigned char *to = window->buffer;
    memcpy(window->run, run, sizeof window->run);
    if (window->lacks)
        return false;
    for (int i = 0; i < WINDOW_RUNS; i++) {
        size_t bytes = run[i].rows * window->row_bytes;
        uint64_t offset = window->tensor->offset + run[i].first * window->row_bytes;
        if (window->converts)
            convert_run(window, run[i], to);
        else if (window->copies && !mapping_read(mapping, offset, bytes, to))
            return false;
        to += bytes;
    }
    return !window->tensor->lora || adapt_runs(window);
}

/* Which of the rows in sight it is. */
static size_t index_of(const struct window *window, uint64_t row)
{
    if (row >= window->run[0].first && row - window->run[0].first < window->run[0].rows)
        return (size_t)(row - window->run[0].first);
    return window->run[0].rows + (size_t)(row - window->run[1].first);
}

const unsigned char *window_row(const struct window *window, uint64_t row)
{
    if (!window->copies && !window->converts)
        return checkpoint_data(window->checkpoint, window->tensor) + row * window->row_bytes;
    return window->buffer + index_of(window, row) * window->row_bytes;
}

bool window_angle(struct window *window, uint64_t a, uint64_t b, struct pair_angle *angle)
{
    const struct adapted_pair pair = {
        .kernel = window->kernel,
        .dtype = window->dtype,
        .at = {window_row(window, a), window_row(window, b)},
        .row = {a, b},
        .index = {index_of(window, a), index_of(window, b)},
    };
    if (window->tensor->lora)
        return adapted_angle(&window->adapted, window->checkpoint, &pair, angle);
    *angle = kernel_angle(window->kernel, window->dtype, pair.at[0], pair.at[1],
                          (size_t)window->tensor->shape[1]);
    return true;
}
