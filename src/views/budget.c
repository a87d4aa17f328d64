/* budget.c: what a fine-tune trains under the rule, and what that saves. */
#include "views/draw.h"

#include <inttypes.h>
#include <string.h>

/* Lines of a name and a text, one below the other. */
struct page {
    struct canvas *canvas;
    const struct glyphs *glyphs;
    struct rect rect;
    int row;
};

enum { NAME_COLS = 13, TEXT_BYTES = 512 };

static void tell(struct page *page, const char *name, enum role role, const char *text)
{
    struct rect at = page->rect;
    if (page->row >= at.rows)
        return;
    int row = at.row + page->row++;
    canvas_text(page->canvas, row, at.col, NAME_COLS < at.cols ? NAME_COLS - 1 : at.cols,
                style_of(ROLE_LABEL), page->glyphs, name);
    canvas_text(page->canvas, row, at.col + NAME_COLS, at.cols - NAME_COLS, style_of(role),
                page->glyphs, text);
}

static void gap(struct page *page)
{
    enum { ROOMY = 16 };
    page->row += page->rect.rows >= ROOMY;
}

/* ---- one kind of training ------------------------------------------------ */

static void tell_numbers(struct page *page, const struct budget *budget)
{
    char text[TEXT_BYTES], before[TEXT_NUMBER], after[TEXT_NUMBER], all[TEXT_NUMBER],
        saved[TEXT_NUMBER];
    text_format(text, sizeof text, "%s before, %s after%s", text_count(before, budget->before),
                text_count(after, budget->after),
                budget->complete ? "" : ", of the layers scanned so far");
    tell(page, "trainable", ROLE_TEXT, text);
    text_format(text, sizeof text, "%.2f (at most %.2f)",
                budget_ratio(budget->before, budget->after),
                budget_ratio(budget->before, budget->least));
    tell(page, "mask ratio", ROLE_FIXED, text);
    text_format(text, sizeof text, "AdamW: %s of %s less, if kept for trainable rows alone",
                text_bytes(saved, (double)budget->state_bytes_saved),
                text_bytes(all, (double)budget->state_bytes));
    tell(page, "optimizer", ROLE_TEXT, text);
}

/* The numbers, or why there are none. */
static void tell_training(struct page *page, const struct state *state,
                          const struct training *training)
{
    struct awm awm = state_awm(state);
    struct budget budget;
    struct error err;
    char text[TEXT_BYTES], targets[TEXT_BYTES / 2];
    bool lora = training->rank > 0, known;
    known = budget_of(state->angles, &awm, training, &budget, &err) == STATUS_OK;
    if (lora)
        text_printable(targets, sizeof targets, training->targets);
    if (lora && known)
        text_format(text, sizeof text, "rank %u on %s: %" PRIu64 " modules, %s", training->rank,
                    targets, budget.modules, dtype_name(training->dtype));
    else if (lora)
        text_format(text, sizeof text, "rank %u on %s, %s", training->rank, targets,
                    dtype_name(training->dtype));
    else
        text_format(text, sizeof text, "fine-tuning of all numbers, %s",
                    dtype_name(training->dtype));
    tell(page, lora ? "LoRA" : "full", ROLE_SELECT, text);
    if (known) {
        tell_numbers(page, &budget);
        return;
    }
    text_printable(text, sizeof text, err.what);
    tell(page, "", ROLE_NOTICE, text);
}

/* The setups of the authors; a star before the one in force. */
static void tell_presets(struct page *page, const struct state *state)
{
    const struct training_preset *preset;
    for (size_t i = 0; (preset = training_preset(i)) != NULL; i++) {
        char text[TEXT_BYTES];
        bool chosen = preset->training.rank == state->training.rank &&
                      strcmp(preset->training.targets, state->training.targets) == 0;
        text_format(text, sizeof text, "%s %-12s %s", chosen ? "*" : " ", preset->name,
                    preset->words);
        tell(page, i == 0 ? "setups" : "", chosen ? ROLE_TEXT : ROLE_DIM, text);
    }
}

void budget_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state)
{
    char words[AWM_WORDS];
    struct awm awm = state_awm(state);
    struct rect inside = draw_panel(canvas, rect, glyphs, "budget of a fine-tune");
    struct page page = {canvas, glyphs, inside, 0};
    const struct training full = {0, NULL, state->training.dtype};
    awm.random = false; /* the baseline freezes as many */
    awm_words(&awm, words, sizeof words);
    tell(&page, "rule", ROLE_TEXT, words);
    gap(&page);
    tell_training(&page, state, &state->training);
    gap(&page);
    tell_training(&page, state, &full);
    gap(&page);
    tell_presets(&page, state);
}
