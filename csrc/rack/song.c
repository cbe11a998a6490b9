#include "song.h"

#include <math.h>

#include "atomic.h"

#define SETTLED 96         /* ticks of a clock: from then on its tempo is told anew only where it is another one: */
#define ANOTHER 0.001      /* by so much of it */
#define SLOWEST 1.0        /* beats a minute that JACK's transport may say, */
#define FASTEST 10000.0
#define LATEST 1e9         /* and the beat; a master that says anything else says nothing */
#define FAR 0.1            /* beats: the song jumps so far, and goes less */
#define PULL_SECONDS 0.1   /* it takes to get where it should be */
#define PULL_MOST 0.5      /* of the tempo, by which it goes faster or slower for that */

void rig_song_init(rig_song *s, double rate)
{
    s->rate = rate;
    s->tempo = 120.0f;
    rig_midi_clock_init(&s->clock, rate);
}

void rig_song_transport(rig_song *s, uint64_t at, const rig_transport *transport)
{
    const int makes_sense = transport->bpm >= SLOWEST && transport->bpm <= FASTEST && fabs(transport->beat) <= LATEST;
    s->transport = *transport;
    if (!makes_sense) s->transport.bpm = s->transport.beat = s->transport.bar = 0;
    s->transport_at = at;
}

void rig_song_hear(rig_song *s, const rig_midi_event *event)
{
    rig_midi_clock_hear(&s->clock, (double)event->frame, event->bytes, s->beat);
}

static double own_pace(const rig_song *s) { return rig_get_float(&s->tempo) / 60.0 / s->rate; }

/* Tells engines another tempo only where it is one. */
static void hold(rig_song *s, double pace, int settled)
{
    if (!settled || fabs(pace - s->pace) > ANOTHER * s->pace) s->pace = pace;
}

/* Heads for where the song should be. Returns 1 where it jumped. */
static int head_for(rig_song *s, double beat, uint32_t frames)
{
    const double apart = beat - s->beat, most = PULL_MOST * s->pace * frames;
    if (fabs(apart) > FAR) {
        s->beat = beat;
        return 1;
    }
    s->beat += fmax(-most, fmin(most, apart * fmin(1.0, frames / (PULL_SECONDS * s->rate))));
    return 0;
}

static int by_midi(rig_song *s, uint64_t at, uint32_t frames)
{
    const rig_midi_clock *c = &s->clock;
    const int known = rig_midi_clock_known(c), lost = c->heard && rig_midi_clock_lost(c, (double)at);
    if (!c->heard) s->pace = own_pace(s);
    if (known && !lost) hold(s, rig_midi_clock_pace(c), c->heard > SETTLED);
    s->state = !c->heard ? RIG_LEAD_NONE : c->stopped ? RIG_LEAD_STOPPED : lost ? RIG_LEAD_LOST : known ? RIG_LEAD_HEARD : s->state;
    return known && !lost && !c->stopped ? head_for(s, rig_midi_clock_beat(c, (double)at), frames) : 0;
}

static int by_jack(rig_song *s, uint64_t at, uint32_t frames)
{
    const rig_transport *t = &s->transport;
    hold(s, t->bpm > 0.0 ? t->bpm / 60.0 / s->rate : own_pace(s), 0);
    s->state = t->rolling ? RIG_LEAD_HEARD : RIG_LEAD_STOPPED;
    s->bar = t->bar;
    const double start = t->bpm > 0.0 ? t->beat : (double)t->frame * s->pace;
    return t->rolling ? head_for(s, start + (double)(at - s->transport_at) * s->pace, frames) : 0;
}

int rig_song_begin(rig_song *s, uint64_t at, uint32_t frames)
{
    const uint32_t follow = rig_get(&s->follow), before = s->follows;
    s->follows = follow;
    s->bar = 0;
    if (follow == RIG_FOLLOW_NOBODY || follow != before) { /* until whoever is followed says something else */
        s->pace = own_pace(s);
        s->state = RIG_LEAD_NONE;
    }
    if (follow == RIG_FOLLOW_MIDI) return by_midi(s, at, frames);
    if (follow == RIG_FOLLOW_JACK) return by_jack(s, at, frames);
    return 0;
}

void rig_song_end(rig_song *s, uint32_t frames) { s->beat += frames * s->pace; }
