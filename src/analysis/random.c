/* random.c: numpy's legacy generator, so that a random baseline freezes the very pairs that the
 * authors' does. numpy keeps its stream unchanged for ever (NEP 19). */
#include "ropescope/awm.h"

enum { MIDDLE = 397 }; /* distance of the words that are twisted together */

void random_seed(struct random *random, uint32_t seed)
{
    for (uint32_t i = 0; i < RANDOM_WORDS; i++) {
        random->word[i] = seed;
        seed = 1812433253U * (seed ^ (seed >> 30)) + i + 1;
    }
    random->next = RANDOM_WORDS;
}

static void twist(struct random *random)
{
    static const uint32_t matrix = 0x9908b0dfU, upper = 0x80000000U;
    uint32_t *word = random->word;
    for (size_t i = 0; i < RANDOM_WORDS; i++) {
        uint32_t joined = (word[i] & upper) | (word[(i + 1) % RANDOM_WORDS] & ~upper);
        uint32_t turned = (joined >> 1) ^ ((joined & 1) != 0 ? matrix : 0);
        word[i] = word[(i + MIDDLE) % RANDOM_WORDS] ^ turned;
    }
    random->next = 0;
}

uint32_t random_u32(struct random *random)
{
    if (random->next == RANDOM_WORDS)
        twist(random);
    uint32_t value = random->word[random->next++];
    value ^= value >> 11;
    value ^= (value << 7) & 0x9d2c5680U;
    value ^= (value << 15) & 0xefc60000U;
    return value ^ (value >> 18);
}

uint32_t random_up_to(struct random *random, uint32_t max)
{
    uint32_t mask = max, value;
    if (max == 0)
        return 0;
    for (unsigned shift = 1; shift < 32; shift *= 2)
        mask |= mask >> shift;
    do
        value = random_u32(random) & mask;
    while (value > max);
    return value;
}

void random_permutation(struct random *random, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; i-- > 1;) {
        uint32_t other = random_up_to(random, i), held = order[i];
        order[i] = order[other];
        order[other] = held;
    }
}
