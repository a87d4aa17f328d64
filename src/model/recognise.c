/* recognise.c: which row of the table of families a checkpoint is: by the config's model_type, else
 * by the names of its tensors. Finds the tensors on the way. */
#include "builder.h"

#include <cjson/cJSON.h>
#include <string.h>

/* ---- rows that hold only sometimes --------------------------------------- */

/* Is the value of a key that word, or that number? */
static bool reads(const cJSON *item, const char *word)
{
    double number;
    if (cJSON_IsString(item))
        return strcmp(item->valuestring, word) == 0;
    if (cJSON_IsBool(item))
        return strcmp(cJSON_IsTrue(item) ? "true" : "false", word) == 0;
    return cJSON_IsNumber(item) && text_to_double(word, &number) &&
           !(item->valuedouble < number || item->valuedouble > number);
}

/* Config says null, which is not the same as nothing: the class has a default for that. */
static bool is_null(const struct config *config, const char *key)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(config->text, key);
    return cJSON_IsNull(text ? text : cJSON_GetObjectItemCaseSensitive(config->top, key));
}

static bool holds(const struct builder *b, const struct condition *when)
{
    if (!when->key)
        return true;
    const cJSON *item = config_get(&b->config, when->key);
    if (!item && when->value && is_null(&b->config, when->key))
        return strcmp(when->value, "null") == 0 || when->where_absent;
    if (!item)
        return when->where_absent;
    return !when->value || reads(item, when->value);
}

/* Takes the row if its tensors are there, or some of them where a part will do; those of another
 * row are forgotten. */
static enum status try_row(struct builder *b, const struct family *row, bool part_will_do,
                           bool *taken)
{
    struct layer_tensors *tensors = NULL;
    size_t count = 0;
    enum status status = tensors_by_layer(b->checkpoint, row, &tensors, &count, b->err);
    bool whole = false;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        whole = whole || (tensors[i].weight[PROJECTION_QUERY] != TENSOR_ABSENT &&
                          tensors[i].weight[PROJECTION_KEY] != TENSOR_ABSENT);
    *taken = status == STATUS_OK && (whole || (part_will_do && count > 0));
    if (!*taken) {
        memory_free(tensors);
        return status;
    }
    memory_free(b->tensors);
    b->tensors = tensors;
    b->layer_count = count;
    b->family = row;
    return status;
}

/* ---- by model_type ------------------------------------------------------- */

static enum status refuse(struct builder *b, const char *type, const char *why)
{
    return error_set(b->err, STATUS_FAILED, "%s: model_type %s has no rotary pairs: %s",
                     b->config.path, type, why);
}

/* A row that is refused for its tensors' sake counts where they are there; without a name of a
 * tensor, always. */
static enum status refuse_row(struct builder *b, const struct family *row, const char *type)
{
    bool taken = !row->query;
    enum status status = taken ? STATUS_OK : try_row(b, row, false, &taken);
    if (status != STATUS_OK || !taken)
        return status;
    if (!row->unread)
        return refuse(b, type, row->refused);
    return error_set(b->err, STATUS_FAILED, "%s: model_type %s cannot be read: %s", b->config.path,
                     type, row->refused);
}

/* The first row of that name whose condition holds and whose tensors are there; where none are, the
 * first one stands for the others in messages, with what there is of its tensors. */
static enum status find_named(struct builder *b, const char *type)
{
    const struct family *row, *usual = NULL;
    enum status status = STATUS_OK;
    bool taken = false;
    for (size_t i = 0; status == STATUS_OK && !taken && (row = family_at(i)); i++) {
        if (!family_is_called(row, type) || !holds(b, &row->when))
            continue;
        status = row->refused ? refuse_row(b, row, type) : try_row(b, row, false, &taken);
        if (!usual && !row->refused)
            usual = row;
    }
    if (status != STATUS_OK || taken || !usual)
        return status;
    b->family = usual;
    return try_row(b, usual, true, &taken); /* what is missing is then told layer by layer */
}

/* ---- by names of tensors ------------------------------------------------- */

/* Positions that a model learned are a tensor of their own, and then nothing rotates. */
static const char *learned_positions(const struct builder *b)
{
    static const char *const names[] = {"wpe.weight", "position_embeddings.weight",
                                        "embed_positions.weight", "pos_embed"};
    for (size_t i = 0; i < checkpoint_tensor_count(b->checkpoint); i++) {
        const char *name = checkpoint_tensor(b->checkpoint, i)->name;
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            if (text_ends_with(name, names[n]) && !strstr(name, "vision") &&
                !strstr(name, "visual"))
                return name;
        }
    }
    return NULL;
}

static enum status nothing_known(struct builder *b, const char *type)
{
    const char *path = b->config.path;
    if (type) {
        error_set(b->err, STATUS_FAILED,
                  "%s: model_type %s is not known, and no names of tensors tell its family", path,
                  type);
        return error_help(b->err, "ropescope families lists what is known; a copy of config.json "
                                  "with such a model_type opens it");
    }
    if (b->config.top)
        return error_set(b->err, STATUS_FAILED, "%s: it has no model_type", path);
    error_set(b->err, STATUS_FAILED, "%s: not there, and it tells the model's family", path);
    return error_help(b->err, "put the model's config.json beside its weights");
}

/* What a person must know of a guess. */
static bool tell_guess(struct builder *b, const char *type)
{
    const char *like = b->family->type;
    b->deduced = b->family->names == NAMES_GUESS;
    if (!b->deduced) {
        b->model->family = builder_text(b, "%s", like);
        return b->model->family &&
               builder_fact(b, "family", FACT_FORMAT, "names of tensors", "%s", like);
    }
    b->model->family = builder_text(b, "%s taken for %s", type ? type : "unknown", like);
    return b->model->family &&
           builder_fact(b, "family", FACT_DEDUCED, "names and shapes of tensors", "%s", like) &&
           builder_note(b,
                        "model_type %s is not known: by the names and shapes of its tensors it "
                        "was taken for %s; flags override what is wrong",
                        type ? type : "of this model", like);
}

/* A guess needs a known number of heads; names that only one family has need nothing. */
static bool may_be(const struct builder *b, const struct family *row, const char *type)
{
    bool counted = b->options->heads > 0 || config_get(&b->config, "num_attention_heads");
    return row->names == NAMES_GUESS ? counted : row->names == NAMES_ALONE && !type;
}

static enum status deduce(struct builder *b, const char *type)
{
    const struct family *row;
    const char *learned = type ? learned_positions(b) : NULL;
    bool taken = false;
    enum status status = STATUS_OK;
    if (learned)
        return error_set(b->err, STATUS_FAILED,
                         "%s: model_type %s is not known, and tensor %s says that it learns "
                         "absolute positions: no rotary pairs",
                         b->config.path, type, learned);
    for (size_t i = 0; status == STATUS_OK && !taken && (row = family_at(i)); i++) {
        if (may_be(b, row, type))
            status = try_row(b, row, false, &taken);
    }
    if (status != STATUS_OK || !taken)
        return status == STATUS_OK ? nothing_known(b, type) : status;
    return tell_guess(b, type) ? STATUS_OK : error_memory(b->err);
}

/* ---- all of it ----------------------------------------------------------- */

enum status family_resolve(struct builder *b)
{
    bool taken;
    if (strcmp(checkpoint_format(b->checkpoint), "gguf") == 0) {
        enum status status = gguf_resolve(b);
        return status == STATUS_OK ? try_row(b, b->family, false, &taken) : status;
    }
    const char *type = config_model_type(&b->config);
    if (!type)
        return deduce(b, NULL);
    const char *why = family_without_rope(type);
    if (why)
        return refuse(b, type, why);
    enum status status = find_named(b, type);
    if (status != STATUS_OK || !b->family)
        return status == STATUS_OK ? deduce(b, type) : status;
    b->model->family = builder_text(b, "%s", type);
    bool told = b->model->family &&
                builder_fact(b, "family", b->config.source, "model_type", "%s", type) &&
                (!b->family->note || builder_note(b, "%s", b->family->note));
    return told ? STATUS_OK : error_memory(b->err);
}
