/* options_model.h: readers of the flags that say how a model is opened, and with what over it or
 * beside it, for the table in options.c. */
#ifndef COMMANDS_OPTIONS_MODEL_H
#define COMMANDS_OPTIONS_MODEL_H

#include "commands.h"

read_flag read_like_authors, read_folded, read_adapter, read_compare, read_compare_adapter;
read_flag read_no_cache, read_threads, read_pairing, read_head_dim, read_heads, read_kv_heads;
read_flag read_rope_theta, read_context;

#endif
