/* options_probe.h: readers of the flags that say what a probe runs. Only options.c includes this.
 */
#ifndef ROPESCOPE_OPTIONS_PROBE_H
#define ROPESCOPE_OPTIONS_PROBE_H

#include "commands.h"

read_flag read_probe_tokens, read_probe_tokens_file, read_probe_text;
read_flag read_probe_vocabulary, read_probe_attention, read_probe_layers, read_probe_generate;

#endif
