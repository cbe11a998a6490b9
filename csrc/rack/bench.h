/* What `rig bench` measures. Read by cffi as it stands, less the lines with a #. */
#ifndef RIG_BENCH_H
#define RIG_BENCH_H

#include "rack.h"

/* [main] A chain, block by block: ns of each. */
void rig_chain_time(rig_chain *chain, const float *signal, uint32_t block, uint32_t blocks, uint32_t *ns);

/* [main] Multiply-adds a second of the instruction set in use. */
double rig_peak(void);

#endif
