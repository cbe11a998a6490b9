#include "midi_out.h"

#include <string.h>

#include "atomic.h"

int rig_midi_out_put(rig_midi_out *o, uint32_t port, const uint8_t *bytes, size_t size)
{
    if (size > RIG_MIDI_LONGEST || o->written - rig_load(&o->read) == RIG_MIDI_WAITING) return 0;
    rig_midi_message *m = &o->ring[o->written % RIG_MIDI_WAITING];
    m->port = port;
    m->size = (uint32_t)size;
    memcpy(m->bytes, bytes, size);
    rig_store(&o->written, o->written + 1);
    return 1;
}

static void expect(rig_midi_out *o, const rig_midi_message *m, uint64_t until)
{
    if (m->port != RIG_MIDI_LIGHTS || m->size > 3) return;
    rig_echo *e = &o->echoes[o->echoed++ % RIG_ECHOES];
    *e = (rig_echo){.size = m->size, .until = until};
    memcpy(e->bytes, m->bytes, m->size);
}

void rig_midi_out_run(rig_midi_out *o, const rig_midi_sink *sink, uint64_t frame, uint32_t period)
{
    if (!sink->write) return;
    const uint64_t there = rig_load(&o->written);
    uint64_t read = o->read;
    for (; read != there; ++read) {
        const rig_midi_message *m = &o->ring[read % RIG_MIDI_WAITING];
        if (sink->write(sink->buffers[m->port], 0, m->bytes, m->size)) break;
        expect(o, m, frame + RIG_ECHO + 3 * (uint64_t)period);
    }
    rig_store(&o->read, read);
}

void rig_midi_out_now(rig_midi_out *o, const rig_midi_sink *sink, uint32_t port, uint32_t at, const uint8_t *bytes, size_t size)
{
    if (sink->write && sink->write(sink->buffers[port], at, bytes, size)) rig_put(&o->lost, o->lost + 1);
}

int rig_midi_out_echoes(rig_midi_out *o, const rig_midi_event *event)
{
    for (rig_echo *e = o->echoes; e < o->echoes + RIG_ECHOES; ++e) {
        if (e->until <= event->frame || e->size != event->size || memcmp(e->bytes, event->bytes, e->size)) continue;
        e->until = 0;
        return 1;
    }
    return 0;
}
