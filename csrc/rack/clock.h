/* The monotonic clock in ns. On Linux it is read without entering the kernel. */
#ifndef RIG_CLOCK_H
#define RIG_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t rig_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
