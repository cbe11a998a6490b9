#include "midi.h"

#include <string.h>

#include "atomic.h"

/* Bytes of a message that begins so. */
static size_t length(uint8_t status)
{
    const uint8_t kind = status & 0xf0;
    if (kind == 0xc0 || kind == 0xd0 || status == 0xf1 || status == 0xf3) return 2;
    return kind != 0xf0 || status == 0xf2 ? 3 : 1;
}

/* A status, and then as many numbers up to 127 as belong to it, which tables are looked up with: JACK hands on whatever a client
   writes. */
static int is_message(const uint8_t *bytes, size_t size)
{
    if (!size || bytes[0] < 0x80 || size != length(bytes[0])) return 0;
    for (size_t i = 1; i < size; ++i)
        if (bytes[i] > 0x7f) return 0;
    return 1;
}

void rig_midi_come(rig_midi *m, uint64_t frame, const uint8_t *bytes, size_t size)
{
    if (!is_message(bytes, size)) return;
    rig_midi_event event = {.frame = frame, .size = (uint32_t)size};
    memcpy(event.bytes, bytes, size);
    if (m->count < RIG_MIDI_PERIOD) m->due[m->count++] = event;
    else rig_midi_tell(m, &event);
}

void rig_midi_tell(rig_midi *m, const rig_midi_event *event)
{
    if (m->written - rig_load(&m->read) == RIG_MIDI_RING) {
        rig_put(&m->lost, m->lost + 1);
        return;
    }
    m->ring[m->written % RIG_MIDI_RING] = *event;
    rig_store(&m->written, m->written + 1);
}

const rig_midi_event *rig_midi_next(const rig_midi *m) { return m->taken < m->count ? &m->due[m->taken] : NULL; }

void rig_midi_taken(rig_midi *m) { ++m->taken; }

void rig_midi_over(rig_midi *m) { m->count = m->taken = 0; }

uint32_t rig_midi_read(rig_midi *m, rig_midi_event *events, uint32_t most)
{
    const uint64_t there = rig_load(&m->written) - m->read;
    const uint32_t n = there < most ? (uint32_t)there : most;
    for (uint32_t i = 0; i < n; ++i) events[i] = m->ring[(m->read + i) % RIG_MIDI_RING];
    rig_store(&m->read, m->read + n);
    return n;
}
