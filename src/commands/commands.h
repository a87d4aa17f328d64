/* commands.h: the command line: words become options, options run a command. Only main.c and
 * commands/ include this. */
#ifndef ROPESCOPE_COMMANDS_H
#define ROPESCOPE_COMMANDS_H

#include "ropescope/analysis.h"
#include "ropescope/export.h"

/* What the words after `ropescope` say. Texts are borrowed from argv. */
struct options {
    const struct command *command;
    const char *model; /* NULL: none was given */
    struct session_options session;
    struct rule rule;
    bool has_layer, has_head;
    uint32_t layer; /* its number */
    uint32_t head;  /* query head */
    const char *view;
    uint32_t bins; /* 0: the view's own */
    enum export_format format;
    const char *output; /* NULL or "-": standard output */
    bool json;
    bool help, version;
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
    COMMAND_ALL = 31,
};
extern const struct command commands[]; /* ends with name NULL; the first is the default */

enum status command_explore(const struct options *options, struct error *err);
enum status command_scan(const struct options *options, struct error *err);
enum status command_info(const struct options *options, struct error *err);
enum status command_stats(const struct options *options, struct error *err);
enum status command_export(const struct options *options, struct error *err);

/* ---- options.c ----------------------------------------------------------- */

/* Reads argv into *options. STATUS_USAGE where a word makes no sense for the command. */
enum status options_read(struct options *options, int argc, char **argv, struct error *err);
/* `--help`: of one command, or of all (command NULL). */
void options_help(const struct command *command, FILE *stream);

/* ---- common.c: what commands share --------------------------------------- */

/* Opens the model that was named; a command without one says so. */
enum status open_named_model(const struct options *options, struct session **out,
                             struct error *err);
/* Opens it and waits for all its angles, with progress on stderr. Prints the notices. */
enum status open_scanned_model(const struct options *options, struct session **out,
                               struct error *err);
/* The demo model: installed, or beside the program; false: not found. */
bool find_demo_model(char out[PATH_BYTES]);
/* Notices that have not been printed yet, a line each on stderr; *printed counts. */
void print_notices(const struct session *session, size_t *printed);
/* --layer and --head against the model: the index of the layer, and heads within its range. */
enum status find_selection(const struct options *options, const struct model *model, size_t *layer,
                           struct error *err);

#endif
