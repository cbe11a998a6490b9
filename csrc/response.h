/* A response, ready for a convolver (convolver.h): its first taps as they are, the rest as spectra of its partitions. */
#ifndef RIG_RESPONSE_H
#define RIG_RESPONSE_H

#include "arena.h"
#include "network/kernels/kernels.h"

#define RIG_FIRST_POINTS 64 /* taps of the shortest partitions; those of the next section are RIG_LONGER times as long */
#define RIG_LONGER 16
#define RIG_SECTIONS 3

/* Transforms of a size: what the numbers are multiplied with on the way. */
typedef struct {
    uint32_t points;
    float *turns, *spread, *twist;
} rig_fourier;

/* Any number of convolvers share it. */
typedef struct {
    uint32_t taps, head, sections;
    float *h;                           /* the first `head` taps */
    uint32_t parts[RIG_SECTIONS];
    float *spectra[RIG_SECTIONS];
    rig_fourier fourier[RIG_SECTIONS];
} rig_response;

/* A complex number's parts lie a group apart. */
#define RIG_GROUP_FLOATS (2 * RIG_GROUP)

/* Passes of a transform. */
uint32_t rig_fourier_passes(const rig_fourier *fourier);

/* Pass `index` of a transform, or where it is flipped of its inverse, from one memory of 2 * points floats to the other and back. */
rig_pass rig_fourier_pass(const rig_fourier *fourier, uint32_t index, uint32_t flip, float *const *work);

/* [main] Where a response of so many taps lies. With no base it only counts what it needs. */
void rig_response_lay_out(rig_response *response, rig_arena *arena, uint32_t taps);

/* [main] work: two memories for the longest transform, as a convolver has them. */
void rig_response_fill(rig_response *response, const float *taps, float *const *work);

#endif
