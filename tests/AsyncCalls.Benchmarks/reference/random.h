/* The places that are read: xorshift64*, the same sequence as BlockSequence in the C# side. */
#ifndef REFERENCE_RANDOM_H
#define REFERENCE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return ((x * 0x2545F4914F6CDD1DULL) >> 33) % limit;
}

#endif
