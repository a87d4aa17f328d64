/* rule_fixture.h: the cosines of tests/fixtures/awm/rule.json as a database, with the numbers that
 * numpy found for the rule beside it. */
#ifndef ROPESCOPE_TEST_RULE_FIXTURE_H
#define ROPESCOPE_TEST_RULE_FIXTURE_H

#include "ropescope/angles.h"

#define RULE_CSV "tests/fixtures/awm/rule.csv"

enum { FIXTURE_LAYERS = 6, FIXTURE_PAIRS = 8, FIXTURE_HEADS = 4, FIXTURE_LENGTH = 64 };

struct rule_fixture {
    struct cJSON *root;
    struct angles angles;
    struct model model;
    struct layer layers[FIXTURE_LAYERS];
    struct layer_angles results[FIXTURE_LAYERS];
    char name[2 * FIXTURE_LAYERS][64];
    float cos[FIXTURE_LAYERS][PROJECTION_COUNT][FIXTURE_HEADS * FIXTURE_PAIRS];
};

/* Points into itself: read it where it stays. Free with rule_fixture_free. */
void rule_fixture_read(struct rule_fixture *fixture);
void rule_fixture_free(struct rule_fixture *fixture);

/* A whole number of an object; fails the test where there is none. */
uint64_t fixture_whole(const struct cJSON *object, const char *key);

#endif
