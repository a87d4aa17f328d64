/* pickle_json.h: the plain values of a pickle as JSON. Only checkpoint/ includes this. */
#ifndef ROPESCOPE_CHECKPOINT_PICKLE_JSON_H
#define ROPESCOPE_CHECKPOINT_PICKLE_JSON_H

#include "pickle.h"

/* Numbers, texts and truth values of dicts in dicts, without tensors and lists: the arguments of a
 * model, as training keeps them. *out NULL: there are none. */
enum status pickle_to_json(const struct pickle_value *value, struct cJSON **out, struct error *err);

#endif
