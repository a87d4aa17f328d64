/* settings.c: what the explorer starts with. */
#include "fuzz.h"

#include "commands/commands.h"

void fuzz_settings(const uint8_t *bytes, size_t size)
{
    char path[PATH_BYTES];
    struct options options = {0};
    struct arena arena = {0};
    struct notices notices = {0};
    struct error err = {0};
    fuzz_put("settings", "settings", bytes, size);
    text_format(path, sizeof path, "%s", fuzz_path("settings", "settings"));
    options.config = path;
    (void)settings_file_apply(&options, &arena, &notices, &err);
    arena_free(&arena);
}
