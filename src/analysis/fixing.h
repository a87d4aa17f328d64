/* fixing.h: what both ways to the threshold of a share decide alike (quantile.c, ordered.c). */
#ifndef ROPESCOPE_ANALYSIS_FIXING_H
#define ROPESCOPE_ANALYSIS_FIXING_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define FIXING_MOST 0x3F800000U /* bits of 1.0F: no threshold is larger */

/* The rank, from 1 on and the largest first, of the number that a share of the pairs ends at;
 * false where there is no such number. */
static inline bool fixing_rank(uint64_t pairs, double percent, uint64_t *rank)
{
    if (pairs == 0 || !(percent >= 0 && percent <= 100))
        return false;
    *rank = (uint64_t)ceil(percent * (double)pairs / 100);
    *rank = *rank < 1 ? 1 : *rank > pairs ? pairs : *rank;
    return true;
}

/* Whether the pairs above the number of that rank, `larger`, are nearer to the share than those
 * with it, `reached`; a threshold that lets go of 1 there is not. */
static inline bool fixing_takes_fewer(uint64_t pairs, double percent, uint64_t larger,
                                      uint64_t reached, uint32_t bits)
{
    double wanted = percent * (double)pairs / 100;
    double over = (double)reached - wanted, under = wanted - (double)larger;
    return under <= over && (larger > 0 || bits < FIXING_MOST);
}

#endif
