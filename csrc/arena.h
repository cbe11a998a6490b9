/* Memory for an engine's parts: with no base it only counts what they need. */
#ifndef RIG_ARENA_H
#define RIG_ARENA_H

#include <stddef.h>

typedef struct {
    char *base;
    size_t used;
} rig_arena;

/* `bytes` on a cache line of their own. */
static inline void *rig_arena_alloc(rig_arena *p, size_t bytes)
{
    void *here = p->base ? p->base + p->used : NULL;
    p->used += (bytes + 63) & ~(size_t)63;
    return here;
}

static inline float *rig_arena_floats(rig_arena *p, size_t count) { return rig_arena_alloc(p, count * sizeof(float)); }

#endif
