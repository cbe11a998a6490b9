#include "midi_clock.h"

#include <math.h>

#define BANDWIDTH_HZ 0.3  /* of the loop, once it has settled */
#define FEW 12            /* ticks: fewer say nothing of the tempo */
#define MANY 1000000      /* counted no further */
#define SILENT_SECONDS 0.5 /* without a tick: the slowest clock, of 20 beats a minute, ticks each eighth of a second */
#define AWAY 0.4          /* periods: ticks that are on the average so far from where we wait for them follow another tempo */
#define SMOOTH 0.125      /* of what is known of the latest ticks, the share of each */
#define MISSING 0.75      /* periods that a tick may be late, where the others are steady: later, and there was one that got lost */
#define STEADY 0.15       /* periods: so much, on the average, are they early or late then */

void rig_midi_clock_init(rig_midi_clock *c, double rate) { *c = (rig_midi_clock){.rate = rate, .due = -1}; }

int rig_midi_clock_known(const rig_midi_clock *c) { return c->heard >= FEW; }

int rig_midi_clock_lost(const rig_midi_clock *c, double frame) { return frame - c->at > SILENT_SECONDS * c->rate; }

double rig_midi_clock_pace(const rig_midi_clock *c) { return 1.0 / (RIG_TICKS * c->period); }

double rig_midi_clock_beat(const rig_midi_clock *c, double frame)
{
    return ((double)c->tick + (frame - c->at) / c->period) / RIG_TICKS;
}

/* From here on, with no past. Where the tempo was known it is, until it is known anew. */
static void begin(rig_midi_clock *c, double frame)
{
    c->at = frame;
    c->error = c->jitter = 0.0;
    c->heard = 1;
    c->whole = 0;
}

/* How many ticks got lost before one that is so late. */
static int64_t missing(const rig_midi_clock *c, double late)
{
    return c->whole >= RIG_TICKS && c->jitter < STEADY * c->period && late > MISSING * c->period ? lround(late / c->period) : 0;
}

/* One step of the loop. */
static void follow(rig_midi_clock *c, double frame)
{
    const double k = ++c->heard, w = 2.0 * 3.14159265358979323846 * BANDWIDTH_HZ * c->period / c->rate;
    const double slow = fmin(1.0, sqrt(2.0) * w - w * w), least = fmin(1.0, w * w);
    const double place = fmax(slow, (4.0 * k - 2.0) / (k * (k + 1.0))), pace = fmax(least, 6.0 / (k * (k + 1.0)));
    const int64_t lost = missing(c, frame - (c->at + c->period));
    const double wait = c->at + (double)(lost + 1) * c->period, error = frame - wait;
    c->tick += lost;
    c->whole = lost ? 0 : c->whole + (c->whole < MANY);
    c->at = wait + place * error;
    c->period = fmax(1.0, c->period + pace * error);
    c->error += SMOOTH * (error - c->error);
    c->jitter += SMOOTH * (fabs(error) - c->jitter);
    if (c->heard > MANY) c->heard = MANY;
    if (c->heard > FEW && fabs(c->error) > AWAY * c->period) begin(c, frame);
}

static void tick(rig_midi_clock *c, double frame, double beat)
{
    const int first = !c->heard, late = !first && rig_midi_clock_lost(c, frame);
    if (first) c->tick = lround(beat * RIG_TICKS);
    else if (late) c->tick += c->period > 0.0 ? lround((frame - c->at) / c->period) : 1;
    else ++c->tick;
    if (first || late) begin(c, frame);
    else follow(c, frame);
    if (c->due >= 0 && !c->stopped) {
        c->tick = c->due;
        c->due = -1;
    }
}

void rig_midi_clock_hear(rig_midi_clock *c, double frame, const uint8_t *bytes, double beat)
{
    switch (bytes[0]) {
    case 0xf2: /* song position, in sixteenths */
        c->due = (bytes[1] + 128 * bytes[2]) * (RIG_TICKS / 4);
        break;
    case 0xf8:
        tick(c, frame, beat);
        break;
    case 0xfa:
        c->due = 0;
        c->stopped = 0;
        break;
    case 0xfb:
        c->stopped = 0;
        break;
    case 0xfc:
        if (!c->stopped) c->due = c->heard ? c->tick + 1 : 0; /* from where it is continued */
        c->stopped = 1;
        break;
    }
}
