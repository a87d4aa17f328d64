/* budget.c: how many numbers a fine-tune trains, and how many of them a mask freezes. The counting
 * is the authors' (AWM.py: numel of what requires a gradient; of a masked lora_B its kept rows). */
#include "ropescope/awm.h"

#include <string.h>

/* ---- setups -------------------------------------------------------------- */

#define LLAMA_LINEARS "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj"
#define PHI_LINEARS "q_proj,k_proj,v_proj,dense,fc1,fc2"

static const struct training_preset presets[] = {
    {"alpaca-lora",
     "alpaca-lora/mask.sh: rank 8 on queries and values",
     {8, "q_proj,v_proj", DTYPE_F32}},
    {"loftq",
     "LoftQ/train_gsm8k.py on Llama and Mistral: rank 64 on all linear modules",
     {64, LLAMA_LINEARS, DTYPE_F32}},
    {"loftq-phi",
     "LoftQ/mask_gsm8k.sh on Phi-2: rank 64 on all linear modules",
     {64, PHI_LINEARS, DTYPE_F32}},
};

const struct training_preset *training_preset(size_t index)
{
    return index < sizeof presets / sizeof *presets ? &presets[index] : NULL;
}

const struct training_preset *training_preset_named(const char *name)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}

double budget_ratio(uint64_t before, uint64_t left)
{
    return before > 0 ? 100 * (1 - (double)left / (double)before) : 0;
}

/* ---- targets ------------------------------------------------------------- */

/* The next of the names with commas between them; false: no more. Blanks beside a name do not
 * count. */
static bool next_target(const char **at, const char **name, size_t *length)
{
    while (**at == ',' || **at == ' ')
        ++*at;
    *name = *at;
    *length = strcspn(*at, ",");
    *at += *length;
    while (*length > 0 && (*name)[*length - 1] == ' ')
        --*length;
    return *length > 0;
}

static bool is_target(const char *targets, const char *module)
{
    const char *name;
    size_t length;
    if (strcmp(targets, TRAINING_ALL) == 0)
        return true;
    while (next_target(&targets, &name, &length))
        if (strlen(module) == length && strncmp(module, name, length) == 0)
            return true;
    return false;
}

/* Every target is a module that the model has. */
static enum status check_targets(const struct model *model, const char *targets, struct error *err)
{
    const char *at = targets, *name;
    size_t length, named = 0;
    if (model->linear_count == 0)
        return error_set(err, STATUS_FAILED,
                         "%s: the shapes of its modules are not known: was it scanned by an older "
                         "ropescope?",
                         model->name);
    if (strcmp(targets, TRAINING_ALL) == 0)
        return STATUS_OK;
    for (; next_target(&at, &name, &length); named++) {
        size_t i = 0;
        while (i < model->linear_count && (strlen(model->linears[i].name) != length ||
                                           strncmp(model->linears[i].name, name, length) != 0))
            i++;
        if (i < model->linear_count)
            continue;
        error_set(err, STATUS_USAGE, "%.*s: %s has no linear modules of that name", (int)length,
                  name, model->name);
        return error_help(err, "its first are %s and %s", model->linears[0].name,
                          model->linears[model->linear_count - 1].name);
    }
    return named > 0 ? STATUS_OK : error_set(err, STATUS_USAGE, "LoRA needs a module to be put on");
}

/* ---- what is trained ----------------------------------------------------- */

static bool add_product(uint64_t *total, uint64_t a, uint64_t b)
{
    uint64_t product;
    return size_multiply(a, b, &product) && size_add(*total, product, total);
}

/* rank * (rows + columns) of every module that is named; false: impossible. */
static bool count_lora(const struct model *model, const struct training *training,
                       struct budget *out)
{
    for (size_t i = 0; i < model->linear_count; i++) {
        const struct linear *linear = &model->linears[i];
        uint64_t sizes, numbers;
        if (!is_target(training->targets, linear->name))
            continue;
        if (!size_add(linear->rows, linear->columns, &sizes) ||
            !size_multiply(sizes, training->rank, &numbers) ||
            !add_product(&out->before, numbers, linear->count) ||
            !size_add(out->modules, linear->count, &out->modules))
            return false;
    }
    return true;
}

/* ---- what is frozen ------------------------------------------------------ */

/* Numbers that a frozen row of the projection takes away; 0: its module is not trained. */
static uint64_t numbers_a_row(const struct projection *p, const struct training *training)
{
    char module[MODULE_BYTES];
    if (training->rank == 0)
        return p->row_length + (p->bias ? 1 : 0);
    return module_of_tensor(p->tensor, module) && is_target(training->targets, module)
               ? training->rank
               : 0;
}

/* Takes the frozen rows of a projection off; false: more than there are. */
static bool take_off(const struct angles *angles, const struct awm *awm, size_t layer,
                     int projection, const struct training *training, struct budget *out)
{
    const struct layer *shape = &angles->model->layers[layer];
    const struct projection *p = &shape->projection[projection];
    const uint64_t row = numbers_a_row(p, training);
    uint64_t fixed = 0, all = 0;
    if (row == 0 || shape->pairs == 0 || !awm_covers(awm, shape, projection))
        return true;
    if (angles->layers[layer].ready)
        fixed = awm_tally_projection(angles, layer, projection, awm).fixed;
    else
        out->complete = false;
    uint64_t rows = 2 * (uint64_t)p->heads * shape->pairs, frozen = 0;
    if (!add_product(&all, rows, row) || !add_product(&frozen, 2 * fixed, row) ||
        all > out->least || frozen > out->after)
        return false;
    out->least -= all;
    out->after -= frozen;
    return true;
}

static bool count(const struct angles *angles, const struct awm *awm,
                  const struct training *training, struct budget *out)
{
    if (training->rank > 0 && !count_lora(angles->model, training, out))
        return false;
    out->after = out->least = out->before;
    for (size_t layer = 0; layer < angles->model->layer_count; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            if (!take_off(angles, awm, layer, p, training, out))
                return false;
    const uint64_t state = OPTIMIZER_STATES * (dtype_bits(training->dtype) / 8);
    out->state_bytes_saved = (out->before - out->after) * state;
    return size_multiply(out->before, state, &out->state_bytes);
}

enum status budget_of(const struct angles *angles, const struct awm *awm,
                      const struct training *training, struct budget *out, struct error *err)
{
    const struct model *model = angles->model;
    *out = (struct budget){.complete = true};
    if (training->rank > 0) {
        enum status status = check_targets(model, training->targets, err);
        if (status != STATUS_OK)
            return status;
    } else {
        out->before = model->parameters;
        if (out->before == 0)
            return error_set(err, STATUS_FAILED,
                             "%s: how many numbers full fine-tuning trains is not known: its "
                             "weights are quantised, or not all listed",
                             model->name);
    }
    return count(angles, awm, training, out)
               ? STATUS_OK
               : error_set(err, STATUS_FAILED, "%s: the shapes of its modules cannot be",
                           model->name);
}
