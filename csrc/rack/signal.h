/* A block on its way through the rack, and the moment at which it is heard. */
#ifndef RIG_SIGNAL_H
#define RIG_SIGNAL_H

#include <string.h>

#include "../rig_engine.h"

typedef struct {
    uint32_t channels; /* 1: the right one holds nothing */
    float at[2][RIG_BLOCK];
} rig_signal;

/* What all who hear a block are told. */
typedef struct {
    const float *key; /* what came into the rack */
    uint32_t frames;
    double beat, beats_a_frame;
    uint32_t live; /* 1: in the process callback */
} rig_moment;

/* [audio] Brings a block to so many channels: two are the same one twice, one is the mean of two. */
static inline void rig_signal_fit(rig_signal *s, uint32_t channels, uint32_t frames)
{
    if (s->channels < channels) memcpy(s->at[1], s->at[0], frames * sizeof(float));
    if (s->channels > channels)
        for (uint32_t i = 0; i < frames; ++i) s->at[0][i] = 0.5f * (s->at[0][i] + s->at[1][i]);
    s->channels = channels;
}

/* [audio] */
static inline void rig_signal_copy(rig_signal *to, const rig_signal *from, uint32_t frames)
{
    to->channels = from->channels;
    for (uint32_t c = 0; c < from->channels; ++c) memcpy(to->at[c], from->at[c], frames * sizeof(float));
}

/* [audio] */
static inline void rig_signal_silence(rig_signal *s, uint32_t channels, uint32_t frames)
{
    s->channels = channels;
    for (uint32_t c = 0; c < channels; ++c) memset(s->at[c], 0, frames * sizeof(float));
}

/* [audio] Adds another to it, in as many channels as the two of them have. */
static inline void rig_signal_add(rig_signal *s, rig_signal *other, uint32_t frames)
{
    const uint32_t channels = s->channels > other->channels ? s->channels : other->channels;
    rig_signal_fit(s, channels, frames);
    rig_signal_fit(other, channels, frames);
    for (uint32_t c = 0; c < channels; ++c)
        for (uint32_t i = 0; i < frames; ++i) s->at[c][i] += other->at[c][i];
}

#endif
