/* A convolution of any length: no latency, and every block costs the same.

   The first taps are a FIR. What follows is a Fourier transform's work, in sections of partitions of 64, 1024 and 16384 taps
   (Gardner, "Efficient convolution without input-output delay", JAES 43(3), 1995; Wefers, "Partitioned convolution algorithms for
   real-time auralization", 2015). A section whose partitions are n taps long begins at tap 2 n at the earliest: what it makes of n
   frames that have come in is heard n frames later, and until then it is worked out in even shares. */
#ifndef RIG_CONVOLUTION_H
#define RIG_CONVOLUTION_H

#include "arena.h"
#include "network/kernels/kernels.h"
#include "rig_engine.h"

#define RIG_SECTIONS 3

/* Transforms of a size: what the numbers are multiplied with on the way. */
typedef struct {
    uint32_t points;
    float *turns, *spread, *twist;
} rig_fourier;

/* A response, ready to be convolved with; any number of convolvers share it. */
typedef struct {
    uint32_t taps, head, sections;
    float *h;                           /* the first `head` taps */
    uint32_t parts[RIG_SECTIONS];
    float *spectra[RIG_SECTIONS];
    rig_fourier fourier[RIG_SECTIONS];
} rig_response;

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

/* [main] Where a response of so many taps and a convolver with it lie. With no base both only count what they need. */
void rig_response_lay_out(rig_response *response, rig_arena *arena, uint32_t taps);
void rig_convolver_lay_out(rig_convolver *convolver, rig_arena *arena, const rig_response *response);

/* [main] Works in the memory of a convolver that is laid out with it. */
void rig_response_fill(rig_response *response, const float *taps, const rig_convolver *lent);

/* [main] A convolver that is laid out, as after silence. */
void rig_convolver_init(rig_convolver *convolver, const rig_response *response);

/* [audio] y has room for RIG_PAD more; at most RIG_BLOCK frames. */
void rig_convolver_run(rig_convolver *convolver, const float *x, float *y, uint32_t frames);
void rig_convolver_reset(rig_convolver *convolver);

#endif
