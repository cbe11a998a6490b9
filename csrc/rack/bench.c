#include "bench.h"
#include "chain.h"
#include "clock.h"
#include "../denormals.h"
#include "../network/kernels/kernels.h"

void rig_chain_time(rig_chain *chain, const float *signal, uint32_t block, uint32_t blocks, uint32_t *ns)
{
    const rig_denormals fpu = rig_denormals_enter();
    for (uint32_t b = 0; b < blocks; ++b, signal += block) {
        const uint64_t start = rig_clock();
        for (uint32_t at = 0, n; at < block; at += n) {
            n = block - at < RIG_BLOCK ? block - at : RIG_BLOCK;
            rig_signal x;
            x.channels = 1;
            const rig_moment moment = {.key = signal + at, .frames = n};
            for (uint32_t i = 0; i < n; ++i) x.at[0][i] = signal[at + i];
            rig_chain_run(chain, &x, &moment, NULL);
        }
        ns[b] = (uint32_t)(rig_clock() - start);
    }
    rig_denormals_leave(fpu);
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
