/* options.c: the words of the command line. One table of flags: which commands take them, what they
 * say in
 * --help, and how they are read. */
#include "commands.h"

#include <string.h>

const struct command commands[] = {
    {"explore", COMMAND_EXPLORE, "[MODEL]",
     "explore in the terminal (without MODEL: the demo model)", command_explore},
    {"scan", COMMAND_SCAN, "MODEL", "compute all angles; keep them in the cache or in a file",
     command_scan},
    {"info", COMMAND_INFO, "MODEL", "files, family and layout, with the reason for each fact",
     command_info},
    {"stats", COMMAND_STATS, "MODEL", "fraction of fixed pairs, by layer and for the model",
     command_stats},
    {"export", COMMAND_EXPORT, "MODEL --view VIEW", "the numbers of a view as CSV or JSON",
     command_export},
    {0},
};

/* ---- reading one value --------------------------------------------------- */

/* Reads `value` (NULL for a switch) into *options; false: it makes no sense. */
typedef bool read_flag(struct options *options, const char *value);

static bool read_threshold(struct options *options, const char *value)
{
    double threshold;
    if (!text_to_double(value, &threshold) || threshold < 0 || threshold > 1)
        return false;
    options->rule.threshold = (float)threshold;
    return true;
}

static bool read_first_layer(struct options *options, const char *value)
{
    return text_to_u32(value, &options->rule.first_layer);
}

static bool read_projection(struct options *options, const char *value)
{
    bool both = strcmp(value, "both") == 0;
    options->rule.projection[PROJECTION_QUERY] = both || strcmp(value, "query") == 0;
    options->rule.projection[PROJECTION_KEY] = both || strcmp(value, "key") == 0;
    return options->rule.projection[PROJECTION_QUERY] || options->rule.projection[PROJECTION_KEY];
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
    return true;
}

static bool read_bins(struct options *options, const char *value)
{
    return text_to_u32(value, &options->bins) && options->bins >= 1 &&
           options->bins <= HISTOGRAM_BINS_MAX;
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

static bool read_no_cache(struct options *options, const char *value)
{
    (void)value;
    return options->session.no_cache = true;
}

static bool read_threads(struct options *options, const char *value)
{
    uint32_t threads;
    if (!text_to_u32(value, &threads) || threads == 0 || threads > 1024)
        return false;
    options->session.threads = threads;
    return true;
}

static bool read_pairing(struct options *options, const char *value)
{
    struct model_options *model = &options->session.model;
    model->has_pairing = true;
    model->pairing = strcmp(value, pairing_name(PAIRING_INTERLEAVED)) == 0 ? PAIRING_INTERLEAVED
                                                                           : PAIRING_HALF_SPLIT;
    return strcmp(value, pairing_name(model->pairing)) == 0;
}

static bool read_positive(const char *value, uint32_t *out)
{
    return text_to_u32(value, out) && *out > 0;
}

static bool read_head_dim(struct options *options, const char *value)
{
    return read_positive(value, &options->session.model.head_dim);
}

static bool read_heads(struct options *options, const char *value)
{
    return read_positive(value, &options->session.model.heads);
}

static bool read_kv_heads(struct options *options, const char *value)
{
    return read_positive(value, &options->session.model.kv_heads);
}

static bool read_rope_theta(struct options *options, const char *value)
{
    double *theta = &options->session.model.rope_theta;
    return text_to_double(value, theta) && *theta > 0;
}

static bool read_context(struct options *options, const char *value)
{
    uint64_t *context = &options->session.model.context;
    return text_to_u64(value, context) && *context > 0 && *context < (uint64_t)1 << 53;
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

enum { NUMBERS = COMMAND_EXPLORE | COMMAND_STATS | COMMAND_EXPORT };

static const struct flag {
    const char *name;
    char letter;       /* 0: none */
    const char *value; /* what it takes; NULL: nothing */
    unsigned commands;
    const char *help;
    read_flag *read;
} flags[] = {
    {"view", 0, "VIEW", COMMAND_EXPORT, "pairs, heads, layers, histogram or scatter", read_view},
    {"layer", 0, "L", COMMAND_EXPLORE | COMMAND_EXPORT, "one layer, by its number", read_layer},
    {"head", 0, "H", COMMAND_EXPLORE | COMMAND_EXPORT, "query head H and the key head it meets",
     read_head},
    {"projection", 0, "query|key|both", COMMAND_EXPORT, "default both", read_projection},
    {"threshold", 0, "T", NUMBERS, "a pair is fixed where |cos| >= T; 0..1, default 0.01",
     read_threshold},
    {"first-layer", 0, "N", NUMBERS, "first masked layer, default 2", read_first_layer},
    {"bins", 0, "N", COMMAND_EXPORT, "bars of a histogram, 1..512", read_bins},
    {"format", 0, "csv|json", COMMAND_EXPORT, "default csv", read_format},
    {"output", 'o', "FILE", COMMAND_SCAN | COMMAND_EXPORT, "where to; - is standard output",
     read_output},
    {"json", 0, NULL, COMMAND_INFO | COMMAND_STATS, "as JSON", read_json},
    {"no-cache", 0, NULL, COMMAND_ALL, "neither read nor write the cache", read_no_cache},
    {"threads", 0, "N", COMMAND_ALL, "of the scan; default: all cores", read_threads},
    {"pairing", 0, "half-split|interleaved", COMMAND_ALL, "which rows form a pair", read_pairing},
    {"head-dim", 0, "D", COMMAND_ALL, "rows of a head", read_head_dim},
    {"heads", 0, "N", COMMAND_ALL, "query heads", read_heads},
    {"kv-heads", 0, "N", COMMAND_ALL, "key heads", read_kv_heads},
    {"rope-theta", 0, "BASE", COMMAND_ALL, "base of the frequencies", read_rope_theta},
    {"context", 0, "TOKENS", COMMAND_ALL, "length that frequencies are scaled for", read_context},
    {"help", 'h', NULL, COMMAND_ALL, "this text", read_help},
    {"version", 'V', NULL, COMMAND_ALL, "the version", read_version},
};
enum { FLAG_COUNT = sizeof flags / sizeof *flags };

/* ---- the words ----------------------------------------------------------- */

static const struct flag *find_flag(const char *name, size_t length)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (strlen(flags[i].name) == length && strncmp(flags[i].name, name, length) == 0)
            return &flags[i];
    }
    return NULL;
}

static const struct flag *find_letter(char letter)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (flags[i].letter == letter && letter != '\0')
            return &flags[i];
    }
    return NULL;
}

/* --name, --name=value, -x, -xvalue: the flag, and its value where it stands in the same word. */
static const struct flag *split_word(const char *word, const char **value)
{
    *value = NULL;
    if (word[1] != '-') {
        if (word[2] != '\0')
            *value = word + 2;
        return find_letter(word[1]);
    }
    size_t length = strcspn(word + 2, "=");
    if (word[2 + length] == '=')
        *value = word + 2 + length + 1;
    return find_flag(word + 2, length);
}

static enum status usage(struct error *err, const struct options *options)
{
    return error_help(err, "see ropescope%s%s --help", options->command == &commands[0] ? "" : " ",
                      options->command == &commands[0] ? "" : options->command->name);
}

static enum status read_word(struct options *options, int argc, char **argv, int *at,
                             struct error *err)
{
    const char *word = argv[*at], *value;
    const struct flag *flag = split_word(word, &value);
    if (!flag || !(flag->commands & options->command->bit)) {
        error_set(err, STATUS_USAGE, "%s: %s takes no such flag", word, options->command->name);
        return usage(err, options);
    }
    if (!flag->value && value) {
        error_set(err, STATUS_USAGE, "--%s takes no value", flag->name);
        return usage(err, options);
    }
    if (flag->value && !value) {
        if (*at + 1 >= argc) {
            error_set(err, STATUS_USAGE, "--%s needs a value: %s", flag->name, flag->value);
            return usage(err, options);
        }
        value = argv[++*at];
    }
    if (flag->read(options, value))
        return STATUS_OK;
    error_set(err, STATUS_USAGE, "--%s \"%s\" makes no sense: it takes %s (%s)", flag->name, value,
              flag->value, flag->help);
    return usage(err, options);
}

static const struct command *find_command(const char *name)
{
    for (const struct command *command = commands; command->name; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
    }
    return NULL;
}

enum status options_read(struct options *options, int argc, char **argv, struct error *err)
{
    int at = 1;
    bool only_names = false;
    *options = (struct options){.command = &commands[0], .rule = RULE_DEFAULT};
    if (argc > 1 && find_command(argv[1]))
        options->command = find_command(argv[at++]);
    for (; at < argc; at++) {
        enum status status = STATUS_OK;
        if (!only_names && strcmp(argv[at], "--") == 0)
            only_names = true;
        else if (!only_names && argv[at][0] == '-' && argv[at][1] != '\0')
            status = read_word(options, argc, argv, &at, err);
        else if (!options->model)
            options->model = argv[at];
        else {
            error_set(err, STATUS_USAGE, "%s: one model at a time, and %s was named before",
                      argv[at], options->model);
            status = usage(err, options);
        }
        if (status != STATUS_OK)
            return status;
    }
    if (options->help || options->version || options->model || options->command == &commands[0])
        return STATUS_OK;
    error_set(err, STATUS_USAGE, "%s needs a MODEL", options->command->name);
    return usage(err, options);
}

/* ---- help ---------------------------------------------------------------- */

static void help_flags(unsigned mask, FILE *stream)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        char words[64];
        if (!(flags[i].commands & mask))
            continue;
        text_format(words, sizeof words, "%s%c%s--%s%s%s", flags[i].letter ? "-" : "  ",
                    flags[i].letter ? flags[i].letter : ' ', flags[i].letter ? ", " : " ",
                    flags[i].name, flags[i].value ? " " : "", flags[i].value ? flags[i].value : "");
        fprintf(stream, "  %-38s %s\n", words, flags[i].help);
    }
}

void options_help(const struct command *command, FILE *stream)
{
    fprintf(stream, "ropescope " ROPESCOPE_VERSION
                    ": the angle between the two weight rows of every rotary pair\n\n");
    if (command && command != &commands[0]) {
        fprintf(stream, "usage: ropescope %s %s [FLAGS]\n%s\n\n", command->name, command->arguments,
                command->about);
        help_flags(command->bit, stream);
        return;
    }
    for (const struct command *each = commands; each->name; each++)
        fprintf(stream, "  ropescope %-8s%-20s %s\n", each == commands ? "" : each->name,
                each->arguments, each->about);
    fprintf(stream,
            "\nMODEL is a directory with config.json and safetensors weights, a .safetensors\n"
            "file, or an .angles file that scan -o wrote. Flags of the explorer:\n\n");
    help_flags(COMMAND_EXPLORE, stream);
    fprintf(stream,
            "\nropescope COMMAND --help tells the flags of a command; ? in the explorer its "
            "keys.\n");
}
