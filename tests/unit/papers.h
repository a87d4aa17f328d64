/* papers.h: the parts of man page and completions that come from the program's own tables. */
#ifndef TESTS_PAPERS_H
#define TESTS_PAPERS_H

#include <stdio.h>

/* Each writes one part. */
typedef void paper_part(FILE *stream);
paper_part man_synopsis, man_commands, man_views, man_keys, man_flags, man_settings, man_themes,
    man_roles, bash_tables, zsh_tables, readme_families;

#endif
