/* pickle.c: a pickle by itself, without the archive around it, and what of it becomes JSON. */
#include "fuzz.h"

#include "checkpoint/pickle_json.h"

#include <cjson/cJSON.h>

void fuzz_pickle(const uint8_t *bytes, size_t size)
{
    struct error err = {0};
    struct pickle pickle = {0};
    struct cJSON *json = NULL;
    if (pickle_read(&pickle, bytes, size, "data.pkl", &err) == STATUS_OK) {
        (void)pickle_get(&pickle.root, "model");
        (void)pickle_to_json(&pickle.root, &json, &err);
    }
    cJSON_Delete(json);
    pickle_close(&pickle);
}
