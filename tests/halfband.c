/* The half-band filters by themselves, for tests/test_oversampling.py. */
#include "halfband.h"

static rig_over over;

uint32_t halfband_begin(uint32_t times)
{
    rig_over_init(&over, times);
    return rig_over_latency(times);
}

void halfband_up(const float *x, float *y, uint32_t frames) { rig_over_up(&over, x, y, frames); }
void halfband_down(const float *y, float *x, uint32_t frames) { rig_over_down(&over, y, x, frames); }
