/* commands.h: the command line: words become options, options run a command. Only main.c and
 * commands/ include this. */
#ifndef ROPESCOPE_COMMANDS_H
#define ROPESCOPE_COMMANDS_H

#include "ropescope/explorer.h"
#include "ropescope/export.h"

enum { SORT_BYTES = 32, BESIDE_MOST = COMPANIONS_MOST };

/* What the words after `ropescope` say. Texts are borrowed from argv. */
struct options {
    const struct command *command;
    const char *model;               /* NULL: none was given */
    const char *beside[BESIDE_MOST]; /* (beside_count) further models */
    size_t beside_count;
    const char *compare;         /* the fine-tune that the model is the base of; NULL: none */
    const char *compare_adapter; /* the same as a PEFT adapter over the model; NULL: none */
    struct session_options session;
    struct rule rule;
    bool has_layer, has_head;
    uint32_t layer; /* its number */
    uint32_t head;  /* query head */
    const char *view;
    uint32_t bins; /* 0: the view's own */
    enum quantity unit;
    enum measure measure;
    bool log, linear, each_layer, relative;
    enum profile_line line;
    bool norms;
    uint32_t strip[STRIP_LAYERS]; /* (strip_count) numbers of layers */
    size_t strip_count;
    enum change_by by;
    bool against_tuned;
    enum pair_axis axis;
    enum pair_shade shade;
    enum attention_show attention;
    char sort[SORT_BYTES]; /* column; empty: none */
    bool descending;
    enum arrangement arrange;
    struct zoom zoom;
    bool has_scope;
    enum scope scope;
    enum export_format format;
    const char *output; /* NULL or "-": standard output */
    bool json;
    bool help, version;
    const char *theme; /* name or file; NULL: the default */
    bool has_glyphs;
    enum glyph_set glyphs;
    int rows, cols; /* of `show`; 0: the terminal's */
    enum colour_depth colours;
    const char *config; /* NULL: the usual place */
    bool no_config, list_themes;
    bool mouse;
    bool has_fixed;         /* --fixed came after --threshold, if that came at all */
    double fixed;           /* percent */
    const char *thresholds; /* CSV of lines of the rule; NULL: none */
    bool random;            /* the baseline */
    uint32_t seed;          /* RANDOM_SEED unless said */
    bool has_row_order, has_mask_format;
    enum row_order row_order;
    enum mask_format mask_format;
    struct training training; /* of --lora-preset, --lora-rank, --lora-targets, --lora-dtype */
    const char *tokens, *tokens_file, *text; /* what a probe runs over; NULL: not given */
    bool vocabulary;                         /* instead: the first layer, every token */
    bool facts;                              /* of the rows, for the spectrum */
    const char *attention_layers;            /* numbers with commas; NULL: none */
    uint32_t run_layers;                     /* 0: all */
    uint32_t generate;
    uint64_t given[2]; /* a bit a flag of the command line, see options_given */
};

/* Reads `value` (NULL for a switch) into *options; false: it makes no sense. */
typedef bool read_flag(struct options *options, const char *value);
struct flag {
    const char *name;
    char letter;       /* 0: none */
    const char *value; /* what it takes, "a|b" where these are all; NULL: nothing */
    unsigned commands; /* COMMAND_*, and SETTING */
    const char *help;
    read_flag *read;
};

/* One command. `run` prints its results itself; messages and errors are the caller's. */
struct command {
    const char *name;
    unsigned bit; /* COMMAND_*: which flags it takes */
    const char *arguments;
    const char *about;
    enum status (*run)(const struct options *options, struct error *err);
};
enum {
    COMMAND_EXPLORE = 1,
    COMMAND_SCAN = 2,
    COMMAND_INFO = 4,
    COMMAND_STATS = 8,
    COMMAND_EXPORT = 16,
    COMMAND_SHOW = 32,
    COMMAND_MASK = 256,
    COMMAND_PROBE = 512,
    COMMAND_ALL = 63 + 256 + 512, /* that take a model */
    COMMAND_FAMILIES = 128,       /* takes no model */
    SETTING = 64,                 /* no command: the flag may stand in the settings file */
};
extern const struct command commands[]; /* ends with name NULL; the first is the default */

enum status command_explore(const struct options *options, struct error *err);
enum status command_scan(const struct options *options, struct error *err);
enum status command_info(const struct options *options, struct error *err);
enum status command_stats(const struct options *options, struct error *err);
enum status command_export(const struct options *options, struct error *err);
enum status command_families(const struct options *options, struct error *err);
enum status command_show(const struct options *options, struct error *err);
enum status command_mask(const struct options *options, struct error *err);
enum status command_probe(const struct options *options, struct error *err);

/* ---- options.c: the table of flags --------------------------------------- */

size_t flags_count(void); /* 128 at most */
const struct flag *flags_at(size_t index);
/* The flag of that name that one of the commands takes, or SETTING; NULL: there is none. The same
 * name may take other words in another command. */
const struct flag *flags_named(const char *name, size_t length, unsigned commands);

/* ---- words.c ------------------------------------------------------------- */

/* Reads argv into *options. STATUS_USAGE where a word makes no sense for the command. */
enum status options_read(struct options *options, int argc, char **argv, struct error *err);
/* `--help`: of one command, or of all (command NULL). */
void options_help(const struct command *command, FILE *stream);

/* Whether the command line itself has this flag of flags_at(). */
bool options_given(const struct options *options, const struct flag *flag);

/* ---- settings_file.c ----------------------------------------------------- */

/* What the explorer starts with: `key = value` lines of --config, else of
 * $XDG_CONFIG_HOME/ropescope/settings; keys are flags with "_" for "-". They fill in what the
 * command line left open; texts lie in the arena. A line that makes no sense is a notice with file
 * and line; STATUS_USAGE where a file that --config names cannot be read. */
enum status settings_file_apply(struct options *options, struct arena *arena,
                                struct notices *notices, struct error *err);

/* ---- opening.c: from MODEL to its angles, and to an output --------------- */

/* Opens the model that was named; a command without one says so. */
enum status open_named_model(const struct options *options, struct session **out,
                             struct error *err);
/* Waits for all its angles, with progress and notices on stderr. */
enum status wait_for_angles(struct session *session, struct error *err);
/* The same, of both models at once. */
enum status wait_for_comparison(struct comparison *comparison, struct error *err);
/* Both. */
enum status open_scanned_model(const struct options *options, struct session **out,
                               struct error *err);
/* The demo model: beside the program, or installed; false: not found. */
bool find_demo_model(char out[PATH_BYTES]);
/* The first notice that has not been printed yet, on stderr, where three lines at most may stand.
 */
void print_notice(const struct session *session, size_t *printed);
/* Opens the output, lets `writer` fill it, and commits it; after a failure there is none. Errors
 * name it unless the writer sets *named to false. */
typedef enum status output_writer(void *context, FILE *stream, bool *named, struct error *err);
enum status write_output(const char *path, output_writer *writer, void *context, struct error *err);

/* ---- inputs.c ------------------------------------------------------------ */

/* STATUS_USAGE where -o leads to a file that was read for this session: weights, config, index,
 * angles, an adapter's files, --thresholds. */
enum status output_spares_inputs(const struct options *options, const struct session *session,
                                 struct error *err);

/* ---- company.c: models beside the one that was named --------------------- */

enum { COMPANION_NAME_MOST = 200 };
/* What the command line names besides the model, opened. Zero-initialise; free with company_close,
 * before the session of the model. Its companions point into it. */
struct company {
    struct session *session[BESIDE_MOST]; /* (count) the fine-tune first, where there is one */
    struct companion companion[BESIDE_MOST];
    char name[BESIDE_MOST][COMPANION_NAME_MOST + 32]; /* of the companions, none like another */
    size_t count;
    struct probing *probing; /* the model run over a text, or what is kept of that. Owned */
    const struct session *session_of_model; /* borrowed */
    struct facts_reader *facts;             /* NULL: they are not asked for. Owned */
    struct comparison *comparison;          /* with the fine-tune; NULL: none, or not started */
    bool compares;
};
/* Opens them; what cannot be compared is refused. */
enum status company_open(struct company *company, const struct options *options,
                         const struct session *model, struct error *err);
/* Starts what is to be read: the comparison, which brings the angles of both, or the scans. */
enum status company_start(struct company *company, const struct options *options,
                          struct session *model, struct error *err);
/* Lands what has come since; whether anything is still read; its progress. */
size_t company_poll(struct company *company);
bool company_busy(const struct company *company);
/* What becomes readable when something has come of the model or of its company; -1: nothing will.
 */
int company_wake_fd(const struct company *company, const struct session *model);
enum status company_result(const struct company *company, struct error *err);
/* Waits for the angles of the model and for all that stands beside it. */
enum status wait_for_all(struct company *company, const struct options *options,
                         struct session *model, struct error *err);
/* The models and the changes as the views take them; they stay the company's. */
void company_lend(const struct company *company, struct view_settings *settings);
void company_close(struct company *company);

/* ---- common.c: what commands share --------------------------------------- */

/* --layer and --head against the model: the index of the layer, and heads within its range. */
enum status find_selection(const struct options *options, const struct model *model, size_t *layer,
                           struct error *err);

/* --theme, else the default; any mistake with it is wrong usage. */
enum status theme_of_options(struct theme *theme, const struct options *options, struct error *err);
/* Puts the flags into a fresh state: the settings, the selection, the view, the glyphs. */
enum status state_take_flags(struct state *state, const struct options *options, struct error *err);

/* The options with the threshold that --fixed asks for, which the angles must be complete to tell.
 */
struct options options_with_threshold(const struct options *options, const struct angles *angles);

/* The whole rule: --threshold or --fixed, --first-layer, --projection, --thresholds, --random,
 * against complete angles. The caller frees it with awm_free, also after a failure. */
enum status rule_of_options(const struct options *options, const struct angles *angles,
                            struct awm *awm, struct error *err);

/* Whether the command line has the flag of that name. */
bool flag_was_given(const struct options *options, const char *name);

/* The flags as the settings of a view; settings->sort.column points into *options. */
enum status settings_read(const struct options *options, const struct model *model,
                          struct view_settings *settings, struct error *err);

#endif
