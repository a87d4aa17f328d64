/* options_rule.h: readers of the flags that say the rule, the mask it makes and the LoRA it is for,
 * for the table in options.c. */
#ifndef COMMANDS_OPTIONS_RULE_H
#define COMMANDS_OPTIONS_RULE_H

#include "commands.h"

read_flag read_threshold, read_fixed, read_first_layer, read_projection, read_thresholds;
read_flag read_random, read_seed, read_mask_format, read_row_order;
read_flag read_lora_preset, read_lora_rank, read_lora_targets, read_lora_dtype;

#endif
