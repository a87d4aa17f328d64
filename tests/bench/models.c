/* models.c: models made to measure, in the scratch directory. */
#include "../unit/synthetic.h"
#include "bench.h"
#include "process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

void stop(const char *what, const char *path)
{
    fprintf(stderr, "bench: %s: %s\n", path, what);
    exit(1);
}

void path_in(const struct bench *bench, const char *name, char path[PATH_BYTES])
{
    if (!path_join(path, bench->scratch, name))
        stop("the path is too long", name);
}

struct made_model large_layers(enum made_dtype dtype, uint32_t layers, uint32_t kv_heads)
{
    return (struct made_model){.layers = layers,
                               .heads = 32,
                               .kv_heads = kv_heads,
                               .head_dim = 128,
                               .hidden = 4096,
                               .dtype = dtype,
                               .seed = 1};
}

void make_model(const struct bench *bench, const char *name, const struct made_model *model)
{
    char path[PATH_BYTES];
    path_in(bench, name, path);
    if (!made_model_write(model, path))
        stop("the model could not be written", path);
}

size_t make_angles(const struct bench *bench, size_t layers, uint32_t heads, uint32_t kv_heads,
                   char path[PATH_BYTES])
{
    struct synthetic shape = {layers, heads, kv_heads, 64, -1, -1, false, "made"};
    struct angles *angles = synthetic_new(&shape);
    struct error err;
    path_in(bench, "made.angles", path);
    FILE *stream = fopen(path, "wb");
    if (!angles || !stream || angles_write(angles, stream, &err) != STATUS_OK ||
        fclose(stream) != 0)
        stop("the angles could not be written", path);
    size_t pairs = (size_t)model_pairs(angles->model);
    synthetic_free(angles);
    return pairs;
}

void remove_tree(const char *path)
{
    const char *const argv[] = {"rm", "-rf", path, NULL};
    struct run_cost cost;
    if (!process_run(argv, false, NULL, 0, &cost))
        fprintf(stderr, "bench: %s is left behind\n", path);
}

void rewrite(const char *model, size_t step)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    unsigned char *block = memory_array(step, 1);
    if (!block || !path_join(from, model, "model.safetensors") || !path_join(to, model, "new"))
        stop("cannot be copied", model);
    int in = open(from, O_RDONLY | O_CLOEXEC),
        out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good = in >= 0 && out >= 0;
    for (ssize_t got; good && (got = read(in, block, step)) > 0;)
        good = write(out, block, (size_t)got) == got;
    if (!good || close(in) != 0 || close(out) != 0 || rename(to, from) != 0)
        stop("cannot be copied", model);
    memory_free(block);
}

/* What can be had without swapping: pages that only cache files are free, too. */
static double memory_available(void)
{
    char line[128];
    unsigned long long kilobytes = 0;
    FILE *stream = fopen("/proc/meminfo", "r");
    while (stream && fgets(line, sizeof line, stream))
        if (sscanf(line, "MemAvailable: %llu", &kilobytes) == 1)
            break;
    if (stream)
        fclose(stream);
    return kilobytes > 0 ? 1024.0 * (double)kilobytes
                         : (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

double room_for_models(const struct bench *bench)
{
    struct statvfs disk;
    double memory = memory_available();
    if (statvfs(bench->scratch, &disk) != 0)
        return 0;
    double space = (double)disk.f_bavail * (double)disk.f_frsize;
    return (space < memory ? space : memory) / 2;
}
