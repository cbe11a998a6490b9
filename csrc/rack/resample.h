/* Resamplers around an engine that runs at a rate of its own: there, and back to exactly as many frames.

   What comes out at a frame hangs only on that frame's place in the song, never on how the song is cut into blocks: all
   positions are whole numbers. The two filters' delays add up to a whole number of the chain's frames, and cutting up adds
   nothing: whatever frames of the engine's lie before a frame of the chain's can be had as soon as that one is there. */
#ifndef RIG_RESAMPLE_H
#define RIG_RESAMPLE_H

#include "rack.h"

/* One way. The row of the filter is chosen by where between two frames of the input a frame of the output lies. */
typedef struct {
    rig_rate_change change;
    uint32_t held; /* frames in the newest block */
    uint32_t next; /* where the next frame comes out, in 1/up of a frame, counted from the last one before that block */
    float *past;   /* `taps` frames that have been, then the newest block */
} rig_way;

typedef struct {
    rig_way there, key, back;
    uint64_t at;      /* the chain's frame that comes next */
    uint32_t latency; /* of both ways together, in the chain's frames */
} rig_resampler;

/* [main] As for engines: bytes to give, zeroed and 64-byte aligned, and how to begin in them. */
size_t rig_resampler_size(const rig_mount *mount);
void rig_resampler_init(rig_resampler *resampler, const rig_mount *mount);

/* [audio] Frames of the chain's past that the output hangs on, around an engine that remembers `frames` of its own. */
uint32_t rig_resampler_memory(const rig_resampler *resampler, uint32_t frames);

/* [audio] Runs a mono engine on a block that begins with the chain's frame `at`. */
void rig_resampler_run(rig_resampler *resampler, uint64_t at, const rig_engine *engine, void *self, const rig_block *block);

/* [audio] As after silence. */
void rig_resampler_reset(rig_resampler *resampler);

#endif
