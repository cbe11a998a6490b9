/* A place in memory from which an engine's parts are cut, one after another. */
#ifndef RIG_PLACE_H
#define RIG_PLACE_H

#include <stddef.h>

typedef struct {
    char *base;
    size_t used;
} rig_place;

/* Cuts off `bytes`, on a cache line; with no base it only counts, and returns NULL. */
static inline void *rig_take(rig_place *p, size_t bytes)
{
    void *here = p->base ? p->base + p->used : NULL;
    p->used += (bytes + 63) & ~(size_t)63;
    return here;
}

#endif
