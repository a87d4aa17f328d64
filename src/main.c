/* main.c: the only place that exits. Reads the words, runs the command, says what went wrong. */
#include "commands/commands.h"

#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

static int exit_code(enum status status)
{
    if (status == STATUS_OK)
        return 0;
    return status == STATUS_USAGE ? 2 : 1;
}

static int report(const struct error *err)
{
    if (signals_caught() != 0) /* whatever failed, failed because of it */
        signals_die(signals_caught());
    if (*err->notice)
        fprintf(stderr, "ropescope: %s\n", err->notice);
    fprintf(stderr, "ropescope: %s\n", err->what);
    if (*err->help)
        fprintf(stderr, "  %s\n", err->help);
    return exit_code(err->status);
}

/* What a person asked to be told goes to standard output, and a full disk there is an error too. */
static enum status tell(const struct options *options, struct error *err)
{
    struct output output;
    enum status status = output_open(&output, NULL, err);
    if (status != STATUS_OK)
        return status;
    if (options->version)
        fprintf(output.stream, "ropescope " ROPESCOPE_VERSION "\n");
    else
        options_help(options->command, output.stream);
    return output_commit(&output, err);
}

/* A closed stdin, stdout or stderr would give its number to the next file that is opened, and
 * messages would go into the cache. Read-only: what is written to a closed one still fails. */
static void fill_standard_files(void)
{
    while (true) {
        int fd = open("/dev/null", O_RDONLY);
        if (fd < 0 || fd > STDERR_FILENO) {
            if (fd >= 0)
                close(fd);
            return;
        }
    }
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    fill_standard_files();
    memory_keep_small();
    setlocale(LC_CTYPE, ""); /* and nothing else: numbers keep their point */
    guard_install();
    if (options_read(&options, argc, argv, &err) != STATUS_OK)
        return report(&err);
    blas_prepare(); /* adapters and runs of a model load it, the explorer late */
    enum status status = options.help || options.version ? tell(&options, &err)
                                                         : options.command->run(&options, &err);
    return status == STATUS_OK ? 0 : report(&err);
}
