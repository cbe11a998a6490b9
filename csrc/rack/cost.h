/* What something usually takes: the median of its latest times, so that one that was disturbed counts for nothing. */
#ifndef RIG_COST_H
#define RIG_COST_H

#include <stdint.h>

#define RIG_TIMES 15

typedef struct {
    float ns[RIG_TIMES]; /* a frame */
    uint32_t count;      /* of times taken, ever */
} rig_cost;

static inline void rig_cost_add(rig_cost *cost, uint64_t ns, uint32_t frames)
{
    cost->ns[cost->count++ % RIG_TIMES] = (float)ns / (float)frames;
}

/* ns a frame; 0 where no time was taken. */
static inline float rig_cost_usual(const rig_cost *cost)
{
    const uint32_t n = cost->count < RIG_TIMES ? cost->count : RIG_TIMES;
    float sorted[RIG_TIMES];
    for (uint32_t i = 0, at; i < n; ++i) {
        for (at = i; at && sorted[at - 1] > cost->ns[i]; --at) sorted[at] = sorted[at - 1];
        sorted[at] = cost->ns[i];
    }
    return n ? sorted[n / 2] : 0.0f;
}

#endif
