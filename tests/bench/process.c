/* process.c: fork, exec, wait, and what the system says about it. */
#define _GNU_SOURCE 1 /* pipe2 */
#include "process.h"

#include "ropescope/support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A child is what its parent was until it has become the program, its memory too: `born` is closed
 * by that, and until then nobody looks. */
static void await_birth(const int born[2])
{
    char none;
    close(born[1]);
    while (read(born[0], &none, 1) > 0)
        continue;
    close(born[0]);
}

static void become(const char *const *argv, int out)
{
    int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, 0);
    dup2(out >= 0 ? out : nowhere, 1);
    dup2(nowhere, 2);
    execvp(argv[0], (char *const *)(const void *)argv);
    _exit(127);
}

double process_owned_bytes(pid_t child)
{
    char path[64], line[256];
    double kilobytes = 0;
    text_format(path, sizeof path, "/proc/%ld/status", (long)child);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status)) {
        long value;
        if (sscanf(line, "RssAnon: %ld", &value) == 1 || sscanf(line, "RssShmem: %ld", &value) == 1)
            kilobytes += (double)value;
    }
    if (status)
        fclose(status);
    return 1024 * kilobytes;
}

static bool wait_for(pid_t child, bool watch, struct run_cost *cost)
{
    const struct timespec rest = {0, 500000};
    struct rusage usage;
    int status;
    pid_t ended;
    while ((ended = wait4(child, &status, watch ? WNOHANG : 0, &usage)) == 0) {
        double now = process_owned_bytes(child);
        cost->owned_bytes = now > cost->owned_bytes ? now : cost->owned_bytes;
        nanosleep(&rest, NULL);
    }
    cost->peak_bytes = 1024 * (double)usage.ru_maxrss;
    return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool process_run(const char *const *argv, bool watch, char *output, size_t size,
                 struct run_cost *cost)
{
    int ends[2] = {-1, -1}, born[2];
    *cost = (struct run_cost){0};
    if ((output && pipe(ends) != 0) || pipe2(born, O_CLOEXEC) != 0)
        return false;
    fflush(NULL);
    double start = clock_seconds();
    pid_t child = fork();
    if (child == 0)
        become(argv, ends[1]);
    await_birth(born);
    if (output) {
        size_t got = 0;
        close(ends[1]);
        for (ssize_t n; got + 1 < size && (n = read(ends[0], output + got, size - 1 - got)) > 0;)
            got += (size_t)n;
        output[got] = '\0';
        close(ends[0]);
    }
    bool good = child > 0 && wait_for(child, watch, cost);
    cost->seconds = clock_seconds() - start;
    return good;
}
