/* A convolver: a signal goes through a response of any length. No latency, and every block costs the same.

   The first taps are a FIR. What follows is a Fourier transform's work, in sections of partitions of 64, 1024 and 16384 taps
   (Gardner, "Efficient convolution without input-output delay", JAES 43(3), 1995; Wefers, "Partitioned convolution algorithms for
   real-time auralization", 2015). A section whose partitions are n taps long begins at tap 2 n at the earliest: what it makes of n
   frames that have come in is heard n frames later, and until then it is worked out in even shares. */
#ifndef RIG_CONVOLVER_H
#define RIG_CONVOLVER_H

#include "response.h"
#include "rig_engine.h"

/* What a section has heard, what it makes of that, and how far it is. */
typedef struct {
    float *spectra, *work[2], *out[2];
    uint32_t at;              /* frames of the block that comes in */
    uint32_t newest, heard;   /* spectra */
    uint32_t plays, ready;    /* which out is heard, and whether anything was worked out for it */
    uint32_t phase, done;     /* how far the work is */
    uint32_t spent, all;      /* and what that, and all of it, costs */
    const float *early, *late;
} rig_section;

/* A signal on its way through a response. */
typedef struct {
    const rig_response *response;
    const rig_kernels *kernels;
    uint32_t ring, at;        /* of the FIR's past, which is kept twice, `ring` frames apart, so that any stretch lies in one piece */
    float *past;
    uint32_t length, now;     /* of what the sections have still to read */
    float *line;
    rig_section sections[RIG_SECTIONS];
} rig_convolver;

/* [main] Where a convolver with a response lies. With no base it only counts what it needs. */
void rig_convolver_lay_out(rig_convolver *convolver, rig_arena *arena, const rig_response *response);

/* [main] One that is laid out, as after silence. */
void rig_convolver_init(rig_convolver *convolver, const rig_response *response);

/* [main] What one that is laid out can lend for its response to be filled. */
static inline float *const *rig_convolver_work(const rig_convolver *c, const rig_response *response)
{
    return response->sections ? c->sections[response->sections - 1].work : NULL;
}

/* [audio] y has room for RIG_PAD more; at most RIG_BLOCK frames. */
void rig_convolver_run(rig_convolver *convolver, const float *x, float *y, uint32_t frames);
void rig_convolver_reset(rig_convolver *convolver);

#endif
