/* A MIDI clock: 24 ticks a beat, each of which comes a little early or late. What the song goes by is where they would have come.

   A delay-locked loop (Adriaensen, "Using a DLL to filter time", Linux Audio Conference, 2005) follows them. While it has heard few, it
   weighs each as a straight line through all so far would (Brookner, "Tracking and Kalman Filtering Made Easy", 1998, section 1.2.10:
   expanding memory), so that it has no past to forget: after half a beat the tempo is known. Where the ticks go away from it,
   it begins so again. */
#ifndef RIG_MIDI_CLOCK_H
#define RIG_MIDI_CLOCK_H

#include <stdint.h>

#define RIG_TICKS 24 /* a beat */

typedef struct {
    double rate;
    double at, period; /* frames: when the latest tick should have come, and from one to the next; 0: not known */
    double error;      /* of the latest ticks, in frames, smoothed: the ticks go away from us */
    double jitter;     /* the same without its sign */
    int64_t tick;      /* the latest one's number in the song */
    int64_t due;       /* what the next one's is to be once it is not stopped: it was started, or sent elsewhere; -1: the next number */
    uint32_t heard;    /* ticks since it began to follow, as far as that matters */
    uint32_t whole;    /* ticks since one was missing, the same */
    uint32_t stopped;  /* 1: until it is started, or continued */
} rig_midi_clock;

/* [main] */
void rig_midi_clock_init(rig_midi_clock *clock, double rate);

/* [audio] An event at a frame. beat: where the song is then, which a clock that is heard for the first time goes on from. */
void rig_midi_clock_hear(rig_midi_clock *clock, double frame, const uint8_t *bytes, double beat);

/* [audio] Whether its tempo is known. */
int rig_midi_clock_known(const rig_midi_clock *clock);

/* [audio] Whether it is not heard any more. */
int rig_midi_clock_lost(const rig_midi_clock *clock, double frame);

/* [audio] Beats a frame, and the beat at a frame, by what was heard last. */
double rig_midi_clock_pace(const rig_midi_clock *clock);
double rig_midi_clock_beat(const rig_midi_clock *clock, double frame);

#endif
