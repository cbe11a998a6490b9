/* A metronome: a click on each beat of the song, another one on the first beat of a bar.

   It is heard in a port of its own, and in our outputs where one wants it there, behind all that is recorded. It clicks while whoever the
   song follows plays; one that is not heard any more it goes on without. */
#ifndef RIG_METRONOME_H
#define RIG_METRONOME_H

#include "../ramp.h"
#include "master.h"
#include "song.h"

#define RIG_CLICK_SECONDS 0.03

typedef struct {
    rig_metronome_settings settings; /* Python puts */
    uint32_t length;                 /* of a click, in frames */
    float *clicks;                   /* two of them: on a beat, and on the first of a bar */
    uint32_t was_on;
    int64_t origin, last;            /* the beat from which bars are counted; the latest that came */
    const float *sounding;           /* what is left of a click, or NULL */
    uint32_t left;
    rig_ramp gain, heard;            /* heard: in our outputs, from which mute takes it, too */
} rig_metronome;

/* [main] 0: there is no memory for it. */
int rig_metronome_init(rig_metronome *metronome, double rate);
void rig_metronome_free(rig_metronome *metronome);
void rig_metronome_set(rig_metronome *metronome, const rig_metronome_settings *settings);

/* [audio] A block. jumped: so did the song. click: a port of its own, or NULL. It is added to out_1 and out_2. */
void rig_metronome_run(rig_metronome *metronome, const rig_song *song, int jumped, float *click, float *out_1, float *out_2,
                       uint32_t frames, const rig_master *master);

#endif
