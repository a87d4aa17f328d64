/* json_out.h: JSON objects of commands, built and printed by cJSON. Only commands/ includes this.
 */
#ifndef ROPESCOPE_JSON_OUT_H
#define ROPESCOPE_JSON_OUT_H

#include "ropescope/support.h"

struct cJSON;

/* Each adds a member (json_out_text and json_out_object with key NULL: an element of an array); a
 * failed allocation shows when the object is printed. Reals have 9 significant digits, NaN and
 * infinity are null. */
void json_out_text(struct cJSON *parent, const char *key, const char *text); /* NULL: null */
/* What is JSON already. */
void json_out_raw(struct cJSON *object, const char *key, const char *json);
void json_out_whole(struct cJSON *object, const char *key, uint64_t value);
void json_out_real(struct cJSON *object, const char *key, double value);
/* Shortest text that reads back as the same float32. */
void json_out_float(struct cJSON *object, const char *key, float value);
struct cJSON *json_out_array(struct cJSON *object, const char *key);
struct cJSON *json_out_object(struct cJSON *array_or_object, const char *key); /* key NULL: array */

/* Prints it to standard output with a line end and frees it. */
enum status json_out_print(struct cJSON *object, struct error *err);

#endif
