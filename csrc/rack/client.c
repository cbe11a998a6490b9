/* The process callback of a JACK client: what comes and goes through its ports, and around them the rack. */
#include "insert.h"
#include "period.h"

/* jack_midi_event_t, of <jack/midiport.h>. */
typedef struct {
    uint32_t time;
    size_t size;
    uint8_t *bytes;
} midi_event;

/* jack_position_t, of <jack/types.h>, as far as it is looked at, and room for all that follows. */
typedef struct {
    uint64_t unique, usecs;
    uint32_t rate, frame, valid;
    int32_t bar, beat, tick;
    double bar_start_tick;
    float beats_per_bar, beat_type;
    double ticks_per_beat, bpm, frame_time, next_time;
    uint32_t bbt_offset;
    uint32_t rest[32];
} position;

enum { ROLLING = 1, VALID_BBT = 0x10, VALID_OFFSET = 0x40 };

static void read_midi(const rig_client *c, uint32_t frames)
{
    void *buffer = c->get_buffer(c->midi_in, frames);
    const uint32_t count = c->midi_count(buffer);
    for (uint32_t i = 0; i < count; ++i) {
        midi_event event;
        if (!c->midi_get(&event, buffer, i)) rig_rack_hear_midi(c->rack, event.time, event.bytes, event.size);
    }
}

/* Buffers that are empty so far. */
static rig_midi_sink sink_of(const rig_client *c, uint32_t frames)
{
    void *const ports[RIG_MIDI_PORTS] = {[RIG_MIDI_LIGHTS] = c->midi_out, [RIG_MIDI_GEAR] = c->midi_send};
    rig_midi_sink sink = {.write = c->midi_write};
    for (uint32_t i = 0; i < RIG_MIDI_PORTS; ++i) {
        sink.buffers[i] = c->get_buffer(ports[i], frames);
        c->midi_clear(sink.buffers[i]);
    }
    return sink;
}

static void read_transport(const rig_client *c)
{
    position p = {0};
    rig_transport t = {.rolling = c->transport(c->client, &p) == ROLLING, .frame = p.frame};
    if (p.valid & VALID_BBT && p.bpm > 0.0 && p.ticks_per_beat > 0.0 && p.beats_per_bar >= 1.0f) {
        const double late = p.valid & VALID_OFFSET && p.rate ? p.bbt_offset * p.bpm / 60.0 / p.rate : 0.0;
        t.bpm = p.bpm;
        t.bar = (uint32_t)p.beats_per_bar;
        t.beat = (double)(p.bar - 1) * p.beats_per_bar + (p.beat - 1) + p.tick / p.ticks_per_beat + late;
    }
    rig_rack_hear_transport(c->rack, &t);
}

int rig_process(uint32_t frames, void *arg)
{
    const rig_client *c = arg;
    if (c->midi_in) read_midi(c, frames); /* before our own ports are cleared: a cable may lead from them to here */
    const rig_period period = {
        .in = c->get_buffer(c->in, frames),
        .out_1 = c->get_buffer(c->out_1, frames),
        .out_2 = c->get_buffer(c->out_2, frames),
        .di = c->get_buffer(c->di, frames),
        .click = c->click ? c->get_buffer(c->click, frames) : NULL,
        .frames = frames,
        .inserts = c->inserts != 0,
        .by_clock = 1,
        .midi = c->midi_out ? sink_of(c, frames) : (rig_midi_sink){0},
    };
    if (c->inserts) rig_inserts_begin(c->get_buffer, frames);
    if (rig_rack_follows(c->rack, RIG_FOLLOW_JACK)) read_transport(c);
    rig_period_run(c->rack, &period);
    return 0;
}
