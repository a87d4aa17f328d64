/* mask_about.h: what a mask says about itself, in safetensors and in JSON alike. Only export/
 * includes this. */
#ifndef ROPESCOPE_EXPORT_MASK_ABOUT_H
#define ROPESCOPE_EXPORT_MASK_ABOUT_H

#include "ropescope/export.h"

struct cJSON;

/* An object of texts, as safetensors demands of its __metadata__; the caller frees it with
 * cJSON_Delete. NULL: no memory. */
struct cJSON *mask_about(const struct mask *mask);

#endif
