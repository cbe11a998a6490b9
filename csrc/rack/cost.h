/* What something usually takes: the median of its latest times, so that one that was disturbed counts for nothing. */
#ifndef RIG_COST_H
#define RIG_COST_H

#include <stdint.h>

#define RIG_PIECE 16     /* frames: what the clock is looked at between, where time is short */
#define RIG_PIECE_MORE 2 /* frames: what a piece takes beside its own, as it is shorter than a block */
#define RIG_TIMES 15
#define RIG_TIMES_FEW 3 /* fewer say nothing yet: the first one waits for memory */

/* All in ns a frame. */
typedef struct {
    float guess; /* before there are times enough */
    float ns[RIG_TIMES];
    uint32_t count; /* of times taken, ever */
} rig_cost;

static inline void rig_cost_add(rig_cost *cost, uint64_t ns, uint32_t frames)
{
    cost->ns[cost->count++ % RIG_TIMES] = (float)ns / (float)frames;
}

static inline float rig_cost_median(const rig_cost *cost)
{
    const uint32_t n = cost->count < RIG_TIMES ? cost->count : RIG_TIMES;
    float sorted[RIG_TIMES];
    for (uint32_t i = 0, at; i < n; ++i) {
        for (at = i; at && sorted[at - 1] > cost->ns[i]; --at) sorted[at] = sorted[at - 1];
        sorted[at] = cost->ns[i];
    }
    return n ? sorted[n / 2] : 0.0f;
}

static inline float rig_cost_usual(const rig_cost *cost)
{
    return cost->count < RIG_TIMES_FEW ? cost->guess : rig_cost_median(cost);
}

/* What to be ready for. */
static inline float rig_cost_safe(const rig_cost *cost)
{
    const float usual = rig_cost_usual(cost), median = rig_cost_median(cost);
    return usual > median ? usual : median;
}

/* The times so far were others than those to come: they are no more than a guess. */
static inline void rig_cost_begin(rig_cost *cost)
{
    cost->guess = rig_cost_median(cost);
    cost->count = 0;
}

#endif
