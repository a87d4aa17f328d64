/* awm.h: the workbench of angle-based weight masking (Chen & Yan, NeurIPS 2024; their AWM.py): the
 * whole rule with its exceptions, the random baseline that it must beat, the rows that a mask
 * freezes, and what that saves. Pure functions: no files are opened, nothing is printed. */
#ifndef ROPESCOPE_AWM_H
#define ROPESCOPE_AWM_H

#include "ropescope/analysis.h"

/* ---- numpy's legacy random numbers (random.c) ---------------------------- */

enum { RANDOM_WORDS = 624 };
enum { RANDOM_SEED = 13 }; /* the authors': np.random.seed(13) before every draw */

/* The Mersenne Twister MT19937 (Matsumoto & Nishimura 1998) as numpy.random.RandomState holds it.
 * Plain data: a copy goes on by itself. */
struct random {
    uint32_t word[RANDOM_WORDS];
    uint32_t next; /* word to be handed out next; RANDOM_WORDS: they are used up */
};
/* np.random.seed(seed). */
void random_seed(struct random *random, uint32_t seed);
/* The next 32 bits. */
uint32_t random_u32(struct random *random);
/* A whole number of 0..max, as the legacy generator bounds them: masked, and drawn again where it
 * is too large. Draws nothing for max 0. */
uint32_t random_up_to(struct random *random, uint32_t max);
/* np.random.permutation(count): the numbers 0..count-1 into `order` (count), shuffled from the end.
 * np.random.choice(count, n, replace=False) is its first n. */
void random_permutation(struct random *random, uint32_t *order, uint32_t count);

#endif
