/* words.c: the command line, word by word, and --help. */
#include "commands.h"

#include <string.h>

const struct command commands[] = {
    {"explore", COMMAND_EXPLORE, "[MODEL...]",
     "explore in the terminal (without MODEL: the demo model)", command_explore},
    {"scan", COMMAND_SCAN, "MODEL", "compute all angles; keep them in the cache or in a file",
     command_scan},
    {"info", COMMAND_INFO, "MODEL", "files, family and layout, with the reason for each fact",
     command_info},
    {"stats", COMMAND_STATS, "MODEL", "fraction of fixed pairs, by layer and for the model",
     command_stats},
    {"export", COMMAND_EXPORT, "MODEL --view VIEW", "the numbers of a view as CSV or JSON",
     command_export},
    {"show", COMMAND_SHOW, "MODEL [--view VIEW]", "the picture of a view, as text", command_show},
    {"mask", COMMAND_MASK, "MODEL -o FILE", "which rows AWM freezes, for a training run",
     command_mask},
    {"probe", COMMAND_PROBE, "MODEL [--text TEXT]",
     "run the model over a text: what comes next, how long queries are", command_probe},
    {"families", COMMAND_FAMILIES, "",
     "the families of models that are known, and how each rotates", command_families},
    {0},
};

/* ---- what was said ------------------------------------------------------- */

static void options_mark(struct options *options, const struct flag *flag)
{
    size_t at = (size_t)(flag - flags_at(0));
    options->given[at / 64] |= UINT64_C(1) << at % 64;
}

bool options_given(const struct options *options, const struct flag *flag)
{
    size_t at = (size_t)(flag - flags_at(0));
    return (options->given[at / 64] >> at % 64 & 1) != 0;
}

/* ---- the words ----------------------------------------------------------- */

static const struct flag *find_letter(char letter)
{
    for (size_t i = 0; i < flags_count(); i++) {
        if (flags_at(i)->letter == letter && letter != '\0')
            return flags_at(i);
    }
    return NULL;
}

/* --name, --name=value, -x, -xvalue: the flag, and its value where it stands in the same word. */
static const struct flag *split_word(const char *word, unsigned command, const char **value)
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
    return flags_named(word + 2, length, command);
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
    const struct flag *flag = split_word(word, options->command->bit, &value);
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
    if (flag->read(options, value)) {
        options_mark(options, flag);
        return STATUS_OK;
    }
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

/* The first is what the command is about; views show others beside it. */
static enum status take_model(struct options *options, const char *path, struct error *err)
{
    const unsigned several = COMMAND_EXPLORE | COMMAND_SHOW | COMMAND_EXPORT;
    if (!options->model) {
        options->model = path;
        return STATUS_OK;
    }
    if (!(options->command->bit & several)) {
        error_set(err, STATUS_USAGE, "%s: %s takes one model, and %s was named before", path,
                  options->command->name, options->model);
        return usage(err, options);
    }
    if (options->beside_count == BESIDE_MOST) {
        error_set(err, STATUS_USAGE, "%s: more than %d models at once", path, BESIDE_MOST + 1);
        return usage(err, options);
    }
    options->beside[options->beside_count++] = path;
    return STATUS_OK;
}

enum status options_read(struct options *options, int argc, char **argv, struct error *err)
{
    int at = 1;
    bool only_names = false;
    *options = (struct options){.command = &commands[0],
                                .rule = RULE_DEFAULT,
                                .seed = RANDOM_SEED,
                                .training = training_preset(0)->training};
    if (argc > 1 && find_command(argv[1]))
        options->command = find_command(argv[at++]);
    for (; at < argc; at++) {
        enum status status = STATUS_OK;
        if (!only_names && strcmp(argv[at], "--") == 0)
            only_names = true;
        else if (!only_names && argv[at][0] == '-' && argv[at][1] != '\0')
            status = read_word(options, argc, argv, &at, err);
        else if (options->command->bit == COMMAND_FAMILIES) {
            error_set(err, STATUS_USAGE, "%s: families takes no MODEL", argv[at]);
            status = usage(err, options);
        } else
            status = take_model(options, argv[at], err);
        if (status != STATUS_OK)
            return status;
    }
    if (options->help || options->version || options->model || options->command == &commands[0] ||
        options->command->bit == COMMAND_FAMILIES)
        return STATUS_OK;
    error_set(err, STATUS_USAGE, "%s needs a MODEL", options->command->name);
    return usage(err, options);
}

/* ---- help ---------------------------------------------------------------- */

static void help_flags(unsigned mask, FILE *stream)
{
    for (size_t i = 0; i < flags_count(); i++) {
        char words[64];
        const struct flag *flag = flags_at(i);
        if (!(flag->commands & mask))
            continue;
        text_format(words, sizeof words, "%s%c%s--%s%s%s", flag->letter ? "-" : "  ",
                    flag->letter ? flag->letter : ' ', flag->letter ? ", " : " ", flag->name,
                    flag->value ? " " : "", flag->value ? flag->value : "");
        fprintf(stream, "  %-38s %s\n", words, flag->help);
    }
}

void options_help(const struct command *command, FILE *stream)
{
    fprintf(stream, "ropescope " ROPESCOPE_VERSION
                    ": the angle between the two weight rows of every rotary pair\n\n");
    if (command && command != &commands[0]) {
        fprintf(stream, "usage: ropescope %s%s%s [FLAGS]\n%s\n\n", command->name,
                *command->arguments ? " " : "", command->arguments, command->about);
        help_flags(command->bit, stream);
        return;
    }
    for (const struct command *each = commands; each->name; each++)
        fprintf(stream, "  ropescope %-8s%-20s %s\n", each == commands ? "" : each->name,
                each->arguments, each->about);
    fprintf(stream,
            "\nMODEL is a directory with config.json and weights, a weight file (safetensors,\n"
            "PyTorch, Meta's consolidated, llama2.c, GGUF), or an .angles file that scan -o\n"
            "wrote. Flags of the explorer:\n\n");
    help_flags(COMMAND_EXPLORE, stream);
    fprintf(stream,
            "\nropescope COMMAND --help tells the flags of a command; ? in the explorer its "
            "keys.\n");
}
