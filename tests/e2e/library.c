/* library.c: what a program needs of libropescope to open a model, scan it and tell what AWM fixes.
 */
#include <ropescope/analysis.h>

static int fail(const struct error *err)
{
    fprintf(stderr, "%s\n", err->what);
    return 1;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct session *session = NULL;
    struct session_options options = {.no_cache = true};
    const struct rule rule = RULE_DEFAULT;
    if (argc != 2)
        return 2;
    guard_install(); /* a file that shrinks while it is read is an error, not SIGBUS */
    if (session_open(argv[1], &options, &session, &err) != STATUS_OK)
        return fail(&err);
    if (session_start(session, &err) == STATUS_OK)
        session_wait(session, NULL, NULL, &err);
    if (err.status == STATUS_OK) {
        const struct angles *angles = session_angles(session);
        for (size_t i = 0; i < angles->model->layer_count; i++) {
            const struct tally tally = tally_layer(angles, i, &rule);
            printf("layer %zu: %.4f\n", i, tally_fraction(&tally));
        }
        const struct tally tally = tally_model(angles, &rule);
        printf("model: %.4f\n", tally_fraction(&tally));
    }
    session_close(session);
    return err.status == STATUS_OK ? 0 : fail(&err);
}
