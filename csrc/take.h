/* Memory for an engine's parts: with no base it only counts what they need. */
#ifndef RIG_TAKE_H
#define RIG_TAKE_H

#include <stddef.h>

typedef struct {
    char *base;
    size_t used;
} rig_place;

/* `bytes` on a cache line of their own. */
static inline void *rig_take(rig_place *p, size_t bytes)
{
    void *here = p->base ? p->base + p->used : NULL;
    p->used += (bytes + 63) & ~(size_t)63;
    return here;
}

static inline float *rig_take_floats(rig_place *p, size_t count) { return rig_take(p, count * sizeof(float)); }

#endif
