/* What `rig bench` measures, and what `rig check` tells of a switch. Read by cffi as it stands, less the lines with a #. */
#ifndef RIG_BENCH_H
#define RIG_BENCH_H

#include "rack.h"

/* [main] Chains behind one another, block by block: ns of each. period: ns from one to the next, asleep between; 0: none. */
void rig_chains_time(uint32_t n, rig_chain *const *chains, const float *signal, uint32_t block, uint32_t blocks, uint64_t period,
                     uint32_t *ns);

/* What a switch is going to be like. Frames: until the newcomer begins to be heard, of silence before that, of a fade. */
typedef struct {
    uint32_t wait, silence, fade;
} rig_switch;

/* [main] In periods of so many frames at that rate in Hz. need: frames that the newcomer remembers. playing: what all that plays
   takes, now and next: of it the one that goes, and the one that comes, in ns a frame. */
rig_switch rig_switch_expected(uint32_t rate, uint32_t frames, uint32_t need, float playing, float now, float next);

/* [main] Multiply-adds a second of the instruction set in use. */
double rig_peak(void);

#endif
