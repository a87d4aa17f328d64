/* library.cc: every header in C++, and the same numbers by way of it. */
#include <ropescope/offsets.h>
#include <ropescope/tokenizer.h>
#include <ropescope/views.h>

#include <memory>

int main(int argc, char **argv)
{
    error err = {};
    opening_watch watch = {};
    session_options options = {};
    session *opened = nullptr;
    options.no_cache = true;
    options.watch = &watch;
    if (argc != 2 || session_open(argv[1], &options, &opened, &err) != STATUS_OK)
        return 1;
    std::unique_ptr<session, void (*)(session *)> model(opened, session_close);
    if (session_start(opened, &err) != STATUS_OK ||
        session_wait(opened, nullptr, nullptr, &err) != STATUS_OK || watch.bytes == 0)
        return 1;
    const rule rule = RULE_DEFAULT;
    const tally tally = tally_model(session_angles(opened), &rule);
    printf("model: %.4f\n", tally_fraction(&tally));
}
