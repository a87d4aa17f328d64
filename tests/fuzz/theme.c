/* theme.c: a .theme file, and what it makes of every role. */
#include "fuzz.h"

#include "ropescope/terminal.h"

void fuzz_theme(const uint8_t *bytes, size_t size)
{
    struct theme theme;
    struct error err = {0};
    theme_default(&theme);
    fuzz_put("theme", "any.theme", bytes, size);
    if (theme_read(&theme, fuzz_path("theme", "any.theme"), &err) != STATUS_OK)
        return;
    for (int depth = 0; depth <= COLOURS_DIRECT; depth++)
        for (int role = 0; role < ROLE_COUNT; role++)
            (void)theme_look(&theme, (struct style){.role = (uint8_t)role, .level = 200},
                             (enum colour_depth)depth);
}
