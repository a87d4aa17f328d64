/* options.c: the one table of flags: which commands take them, what they say in --help, how they
 * are read. The man page and the completions come from it too. */
#include "commands.h"
#include "options_look.h"
#include "options_model.h"
#include "options_probe.h"
#include "options_rule.h"

#include <string.h>

/* ---- reading one value --------------------------------------------------- */

static bool read_mouse(struct options *options, const char *value)
{
    (void)value;
    return options->mouse = true;
}

static bool read_layer(struct options *options, const char *value)
{
    return options->has_layer = text_to_u32(value, &options->layer);
}

static bool read_head(struct options *options, const char *value)
{
    return options->has_head = text_to_u32(value, &options->head);
}

static bool read_view(struct options *options, const char *value)
{
    options->view = value;
    return view_is_named(value);
}

static bool read_bins(struct options *options, const char *value)
{
    return text_to_u32(value, &options->bins) && options->bins >= 1 &&
           options->bins <= HISTOGRAM_BINS_MAX;
}

static bool read_unit(struct options *options, const char *value)
{
    return quantity_from_word(value, &options->unit);
}

static bool read_measure(struct options *options, const char *value)
{
    return measure_from_name(value, &options->measure);
}

static bool read_log(struct options *options, const char *value)
{
    (void)value;
    return options->log = true;
}

static bool read_linear(struct options *options, const char *value)
{
    (void)value;
    return options->linear = true;
}

static bool read_each_layer(struct options *options, const char *value)
{
    (void)value;
    return options->each_layer = true;
}

static bool read_line(struct options *options, const char *value)
{
    return profile_line_from_name(value, &options->line);
}

/* Up to four numbers with commas between them. */
static bool read_layers(struct options *options, const char *value)
{
    options->strip_count = 0;
    for (bool more = true; more; value++) {
        char number[TEXT_NUMBER];
        size_t length = strcspn(value, ",");
        if (options->strip_count == STRIP_LAYERS ||
            !text_format(number, sizeof number, "%.*s", (int)length, value) ||
            !text_to_u32(number, &options->strip[options->strip_count++]))
            return false;
        value += length;
        more = *value == ',';
    }
    return true;
}

static bool read_against(struct options *options, const char *value)
{
    options->against_tuned = strcmp(value, "tuned") == 0;
    return options->against_tuned || strcmp(value, "key") == 0;
}

static bool read_by(struct options *options, const char *value)
{
    return change_by_from_name(value, &options->by);
}

static bool read_relative(struct options *options, const char *value)
{
    (void)value;
    return options->relative = true;
}

/* COLUMN, COLUMN:asc or COLUMN:desc; whether the view has it is the view's to say. */
static bool read_sort(struct options *options, const char *value)
{
    size_t length = strcspn(value, ":");
    const char *way = value + length;
    options->descending = strcmp(way, ":desc") == 0;
    return length > 0 && length < SORT_BYTES &&
           (*way == '\0' || options->descending || strcmp(way, ":asc") == 0) &&
           text_format(options->sort, SORT_BYTES, "%.*s", (int)length, value);
}

static bool read_scope(struct options *options, const char *value)
{
    for (int scope = SCOPE_HEAD; scope <= SCOPE_MODEL; scope++)
        if (strcmp(value, scope_name((enum scope)scope)) == 0) {
            options->scope = (enum scope)scope;
            return options->has_scope = true;
        }
    return false;
}

static bool read_arrange(struct options *options, const char *value)
{
    options->arrange =
        strcmp(value, arrangement_name(ARRANGE_BESIDE)) == 0 ? ARRANGE_BESIDE : ARRANGE_BELOW;
    return strcmp(value, arrangement_name(options->arrange)) == 0;
}

/* Four numbers with colons between them. */
static bool read_zoom(struct options *options, const char *value)
{
    double number[4];
    for (size_t i = 0; i < 4; i++) {
        char text[TEXT_NUMBER];
        size_t length = strcspn(value, ":");
        if (!text_format(text, sizeof text, "%.*s", (int)length, value) ||
            !text_to_double(text, &number[i]) || (value[length] == ':') != (i < 3))
            return false;
        value += length + (i < 3);
    }
    options->zoom = (struct zoom){number[0], number[1], number[2], number[3]};
    return !zoom_whole(&options->zoom);
}

static bool read_format(struct options *options, const char *value)
{
    return export_format_from_name(value, &options->format);
}

static bool read_output(struct options *options, const char *value)
{
    options->output = value;
    return *value != '\0';
}

static bool read_json(struct options *options, const char *value)
{
    (void)value;
    return options->json = true;
}

static bool read_help(struct options *options, const char *value)
{
    (void)value;
    return options->help = true;
}

static bool read_version(struct options *options, const char *value)
{
    (void)value;
    return options->version = true;
}

/* ---- the table of flags -------------------------------------------------- */

/* SCREEN: what shows a view; VIEW_FLAG: what decides its numbers too. */
enum {
    SCREEN = COMMAND_EXPLORE | COMMAND_SHOW | SETTING,
    VIEW_FLAG = SCREEN | COMMAND_EXPORT,
    SELECTION = COMMAND_EXPLORE | COMMAND_SHOW | COMMAND_EXPORT,
    NUMBERS = VIEW_FLAG | COMMAND_STATS | COMMAND_MASK,
    RULE = COMMAND_STATS | COMMAND_MASK,                     /* what says all of a rule */
    PROBES = COMMAND_PROBE | SELECTION,                      /* what runs a text */
    COMPARES = SELECTION,                                    /* what knows of two models */
    BUDGET = COMMAND_EXPLORE | COMMAND_SHOW | COMMAND_STATS, /* what tells a budget */
};

static const struct flag flags[] = {
    {"view", 0, "VIEW", VIEW_FLAG,
     "overview, pairs, heads, layers, histogram, scatter, threshold and others", read_view},
    {"layer", 0, "L", SELECTION, "one layer, by its number", read_layer},
    {"head", 0, "H", SELECTION, "query head H and the key head it meets", read_head},
    {"projection", 0, "query|key|both", COMMAND_EXPORT | COMMAND_SHOW | RULE, "default both",
     read_projection},
    {"threshold", 0, "T", NUMBERS, "a pair is fixed where |cos| >= T; 0..1, default 0.01",
     read_threshold},
    {"fixed", 0, "PERCENT", RULE | COMMAND_EXPORT | COMMAND_SHOW,
     "instead of --threshold: the one that fixes this share of the model", read_fixed},
    {"first-layer", 0, "N", NUMBERS, "first masked layer, default 2", read_first_layer},
    {"thresholds", 0, "FILE", RULE | SELECTION,
     "CSV of thresholds and exceptions by layer and head", read_thresholds},
    {"random", 0, NULL, COMMAND_MASK | SELECTION, "as many pairs of each module, drawn at random",
     read_random},
    {"seed", 0, "S", COMMAND_MASK | SELECTION, "of --random; default 13, the authors'", read_seed},
    {"like-authors", 0, NULL, RULE | COMMAND_INFO,
     "rows paired as their code does: query head count for keys, full width", read_like_authors},
    {"folded", 0, NULL, SELECTION | COMMAND_STATS,
     "rows times the gains of the norms around them, instead of as stored", read_folded},
    {"row-order", 0, "hf|meta|file", COMMAND_MASK, "whose names and rows; default: see the manual",
     read_row_order},
    {"lora-preset", 0, "alpaca-lora|loftq|loftq-phi", BUDGET,
     "rank and targets of the authors' setups; default alpaca-lora", read_lora_preset},
    {"lora-rank", 0, "R", BUDGET, "of the LoRA whose budget is told", read_lora_rank},
    {"lora-targets", 0, "NAMES", BUDGET, "modules that carry it: q_proj,v_proj or all-linear",
     read_lora_targets},
    {"lora-dtype", 0, "f32|bf16|f16", BUDGET, "of what is trained, default f32", read_lora_dtype},
    {"scope", 0, "head|layer|model", SELECTION, "default: what --layer and --head name",
     read_scope},
    {"sort", 0, "COLUMN[:desc]", VIEW_FLAG, "order of pairs, heads or layers", read_sort},
    {"measure", 0, "NAME", VIEW_FLAG,
     "of the overview: mean, fraction, max, correlation, norm-ratio, excess", read_measure},
    {"unit", 0, "cos|abs|degrees", VIEW_FLAG, "of histogram and scatter", read_unit},
    {"bins", 0, "N", VIEW_FLAG, "bars of a histogram, 1..512, default 64", read_bins},
    {"log", 0, NULL, VIEW_FLAG, "counts of a histogram as log(1 + count), too", read_log},
    {"arrange", 0, "below|beside", VIEW_FLAG, "the key's histogram and the query's", read_arrange},
    {"zoom", 0, "X0:X1:Y0:Y1", SELECTION, "the points of a scatter inside alone", read_zoom},
    {"linear", 0, NULL, VIEW_FLAG, "axis of the view of thresholds, else logarithmic", read_linear},
    {"each-layer", 0, NULL, VIEW_FLAG, "a line for every layer there", read_each_layer},
    {"line", 0, "NAME", VIEW_FLAG, "of the profile: mean, median, fraction, correlation or norm",
     read_line},
    {"relative", 0, NULL, VIEW_FLAG, "its depth from 0 to 1 instead of the layer", read_relative},
    {"layers", 0, "A,B,..", SELECTION, "of the strip: up to four, by their numbers", read_layers},
    {"against", 0, "key|tuned", SELECTION, "of the scatter: query against key, base against tuned",
     read_against},
    {"by", 0, "pair|bin|layer|frequency|threshold", SELECTION, "groups of the changes", read_by},
    {"norms", 0, NULL, VIEW_FLAG, "by frequency: norms instead of |cos|", read_norms},
    {"axis", 0, "pair|frequency|wavelength", VIEW_FLAG, "what that is plotted against", read_axis},
    {"shade", 0, "norm|cos|excess", VIEW_FLAG,
     "of the spectrum: norm, |cos| or norm less the row's median", read_shade},
    {"facts", 0, NULL, SELECTION, "of the spectrum: L1 norms, biases and gains of pairs, too",
     read_facts},
    {"attention", 0, "weights|scores|fixed|trainable|fixed-weights|trainable-weights", VIEW_FLAG,
     "what attention shows", read_attention},
    {"format", 0, "csv|json|svg", COMMAND_EXPORT, "default csv; svg: the plot itself", read_format},
    {"format", 0, "safetensors|json|csv", COMMAND_MASK, "default: by the ending of FILE, else json",
     read_mask_format},
    {"output", 'o', "FILE", COMMAND_SCAN | COMMAND_EXPORT | COMMAND_SHOW | COMMAND_MASK,
     "where to; - is standard output", read_output},
    {"size", 0, "COLSxROWS", COMMAND_SHOW, "of the picture; default the terminal's, or 100x30",
     read_size},
    {"theme", 0, "NAME|FILE", SCREEN, "colours; see --list-themes", read_theme},
    {"glyphs", 0, "blocks|braille|ascii", SCREEN, "what pictures are made of", read_glyphs},
    {"colour", 0, "none|8|16|256|direct", COMMAND_SHOW, "colours as escape codes; default none",
     read_colour},
    {"color", 0, "none|8|16|256|direct", COMMAND_SHOW, "the same", read_colour},
    {"list-themes", 0, NULL, COMMAND_EXPLORE, "the themes there are, where, and which is in force",
     read_list_themes},
    {"config", 0, "FILE", COMMAND_EXPLORE, "settings to start with, instead of the usual file",
     read_config},
    {"no-config", 0, NULL, COMMAND_EXPLORE, "start without settings", read_no_config},
    {"mouse", 0, NULL, COMMAND_EXPLORE | SETTING, "a click selects, the wheel moves", read_mouse},
    {"json", 0, NULL, COMMAND_INFO | COMMAND_STATS | COMMAND_PROBE | COMMAND_FAMILIES, "as JSON",
     read_json},
    {"tokens", 0, "A,B,..", PROBES, "ids of the tokens to run over", read_probe_tokens},
    {"tokens-file", 0, "FILE", PROBES, "the same as a JSON array", read_probe_tokens_file},
    {"text", 0, "TEXT", PROBES, "instead: text, by the model's tokenizer", read_probe_text},
    {"vocabulary", 0, NULL, PROBES, "instead: every token there is, in the first layer",
     read_probe_vocabulary},
    {"attention-layers", 0, "A,B,..", PROBES, "layers whose attention is told, too",
     read_probe_attention},
    {"layers", 0, "0|0..N", COMMAND_PROBE, "stop behind layer N; without a text: as --vocabulary",
     read_probe_layers},
    {"generate", 0, "N", COMMAND_PROBE, "go on with the likeliest tokens, N at most",
     read_probe_generate},
    {"adapter", 0, "DIR", COMMAND_ALL, "a PEFT LoRA, laid over the model", read_adapter},
    {"compare", 0, "TUNED", COMPARES, "a fine-tune that MODEL is the base of", read_compare},
    {"compare-adapter", 0, "DIR", COMPARES, "the same as a PEFT LoRA, laid over MODEL",
     read_compare_adapter},
    {"no-cache", 0, NULL, COMMAND_ALL, "neither read nor write the cache", read_no_cache},
    {"threads", 0, "N", COMMAND_ALL, "of a scan or a run; default: all cores", read_threads},
    {"pairing", 0, "half-split|interleaved", COMMAND_ALL, "which rows form a pair", read_pairing},
    {"head-dim", 0, "D", COMMAND_ALL, "rows of a head", read_head_dim},
    {"heads", 0, "N", COMMAND_ALL, "query heads", read_heads},
    {"kv-heads", 0, "N", COMMAND_ALL, "key heads", read_kv_heads},
    {"rope-theta", 0, "BASE", COMMAND_ALL, "base of the frequencies", read_rope_theta},
    {"context", 0, "TOKENS", COMMAND_ALL, "length that frequencies are scaled for", read_context},
    {"help", 'h', NULL, COMMAND_ALL | COMMAND_FAMILIES, "this text", read_help},
    {"version", 'V', NULL, COMMAND_ALL | COMMAND_FAMILIES, "the version", read_version},
};
enum { FLAG_COUNT = sizeof flags / sizeof *flags };

size_t flags_count(void)
{
    return FLAG_COUNT;
}

const struct flag *flags_at(size_t index)
{
    return &flags[index];
}

const struct flag *flags_named(const char *name, size_t length, unsigned which)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const struct flag *flag = &flags[i];
        if (strlen(flag->name) == length && strncmp(flag->name, name, length) == 0 &&
            (flag->commands & which) != 0)
            return flag;
    }
    return NULL;
}
