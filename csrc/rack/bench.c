#include "bench.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "budget.h"
#include "chain.h"
#include "clock.h"
#include "../denormals.h"
#include "../network/kernels/kernels.h"

static void sleep_until(uint64_t ns)
{
    const struct timespec at = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) continue;
}

void rig_chains_time(uint32_t n, rig_chain *const *chains, const float *signal, uint32_t block, uint32_t blocks, uint64_t period,
                     uint32_t *ns)
{
    const rig_denormals fpu = rig_denormals_enter();
    uint64_t next = rig_clock();
    for (uint32_t b = 0; b < blocks; ++b, signal += block) {
        if (period) sleep_until(next += period);
        const uint64_t start = rig_clock();
        for (uint32_t at = 0, k; at < block; at += k) {
            k = block - at < RIG_BLOCK ? block - at : RIG_BLOCK;
            rig_signal x;
            x.channels = 1;
            const rig_moment moment = {.key = signal + at, .frames = k};
            memcpy(x.at[0], signal + at, k * sizeof(float));
            for (uint32_t i = 0; i < n; ++i) rig_chain_run(chains[i], &x, &moment, NULL);
        }
        const uint64_t end = rig_clock();
        ns[b] = (uint32_t)(end - start);
        if (period && end > next + period) next = end; /* it was late: that period is lost */
    }
    rig_denormals_leave(fpu);
}

rig_switch rig_switch_expected(uint32_t rate, uint32_t frames, uint32_t need, float playing, float now, float next)
{
    const uint32_t fade = (uint32_t)(RIG_FADE_SECONDS * rate);
    rig_budget budget = {.by_clock = 1, .frames = frames, .whole = 1e9f / (float)rate, .playing = playing};
    if (rig_budget_fits(&budget, next)) return (rig_switch){(uint32_t)((float)need / rig_budget_pace(&budget, now, next)), 0, fade};
    budget.playing -= now;
    const uint32_t silence = (uint32_t)((float)need / rig_budget_pace(&budget, 0.0f, next));
    return (rig_switch){fade + silence, silence, fade};
}

double rig_peak(void)
{
    const rig_kernels *k = rig_kernels_now();
    float sink;
    double best = 0.0;
    for (int i = 0; i < 20; ++i) {
        const uint64_t start = rig_clock();
        const double done = k->spin(40000, 0.5f, 1.0f, &sink);
        const double rate = done / (double)(rig_clock() - start);
        if (rate > best) best = rate;
    }
    return best * 1e9;
}
