/* options_look.h: readers of the flags that decide how things look, for the table in options.c. */
#ifndef COMMANDS_OPTIONS_LOOK_H
#define COMMANDS_OPTIONS_LOOK_H

#include "commands.h"

read_flag read_size, read_theme, read_glyphs, read_colour, read_list_themes, read_config,
    read_no_config, read_norms, read_axis, read_shade, read_attention, read_facts;
/* A view by its name, "help" or "budget". */
bool view_is_named(const char *name);

#endif
