#include "insert.h"

#include <math.h>
#include <string.h>

#include "atomic.h"
#include "touch.h"

#define FALL 0.98f  /* a frame: of what was sent last */
#define QUIET 1e-6f

/* Of the one client of this process that has inserts. */
static struct {
    rig_insert at[RIG_INSERTS];
    const float *key;  /* audio puts: the block that is heard; who asks on another thread has another one */
    uint64_t periods;  /* audio stores */
} inserts;

void rig_insert_put(uint32_t place, const rig_insert_ports *ports)
{
    rig_insert *s = &inserts.at[place];
    if (!s->touched) {
        rig_touch((volatile char *)&s->went, sizeof s->went);
        rig_touch((volatile char *)&s->came, sizeof s->came);
    }
    s->touched = 1;
    rig_store(&s->ports, ports);
}

void rig_insert_heard_of(uint32_t place, float *sent, float *came, uint32_t frames)
{
    const rig_insert *s = &inserts.at[place];
    const uint64_t end = rig_load(&s->came.written); /* the one that is written last */
    rig_history_peek(&s->went, end, sent, frames);
    rig_history_peek(&s->came, end, came, frames);
}

void rig_insert_wire(uint32_t place, uint32_t wired) { rig_put(&inserts.at[place].wired, wired); }
uint64_t rig_inserts_periods(void) { return rig_load(&inserts.periods); }

int rig_insert_wired(const rig_insert *insert)
{
    const uint32_t wired = rig_get(&insert->wired);
    return wired & 3 && wired & 12;
}

void rig_inserts_begin(void *(*get_buffer)(void *port, uint32_t frames), uint32_t frames)
{
    rig_store(&inserts.periods, inserts.periods + 1);
    for (rig_insert *s = inserts.at; s < inserts.at + RIG_INSERTS; ++s) {
        const rig_insert_ports *ports = rig_load(&s->ports);
        if (!ports) s->newest = 0;
        for (int c = 0; c < 2; ++c) {
            s->sends[c] = ports ? get_buffer(ports->send[c], frames) : NULL;
            s->backs[c] = ports ? get_buffer(ports->back[c], frames) : NULL;
            if (ports) memset(s->sends[c], 0, frames * sizeof(float));
        }
    }
}

void rig_inserts_enter(const float *key, uint32_t at)
{
    rig_put(&inserts.key, key);
    for (rig_insert *s = inserts.at; s < inserts.at + RIG_INSERTS; ++s) {
        for (int c = 0; c < 2; ++c) {
            s->send[c] = s->sends[c] ? s->sends[c] + at : NULL;
            s->back[c] = s->backs[c] ? s->backs[c] + at : NULL;
        }
        s->owner = s->newest;
        s->newest = s->sent = 0;
    }
}

/* What was sent last dies away where nobody sends any more, instead of ending at once. */
static void end(rig_insert *s, int c, uint32_t frames)
{
    if (s->sent) s->last[c] = s->send[c][frames - 1];
    for (uint32_t i = 0; !s->sent && i < frames && fabsf(s->last[c]) > QUIET; ++i) s->send[c][i] = s->last[c] *= FALL;
}

/* Notes what went and what came. */
static void note(rig_insert *s, uint32_t frames)
{
    float came[RIG_BLOCK];
    for (uint32_t i = 0; i < frames; ++i) came[i] = s->back[0][i] + s->back[1][i];
    rig_history_write(&s->went, s->send[0], frames);
    rig_history_write(&s->came, came, frames);
}

void rig_inserts_leave(uint32_t frames)
{
    rig_put(&inserts.key, NULL);
    for (rig_insert *s = inserts.at; s < inserts.at + RIG_INSERTS; ++s) {
        if (!s->send[0]) continue;
        for (int c = 0; c < 2; ++c) end(s, c, frames);
        note(s, frames);
    }
}

rig_insert *rig_insert_heard(int32_t place, const float *key, uint64_t birth)
{
    if (place < 0 || place >= RIG_INSERTS || key != rig_get(&inserts.key)) return NULL;
    rig_insert *insert = &inserts.at[place];
    if (!insert->send[0]) return NULL;
    insert->sent = 1;
    if (birth > insert->newest) insert->newest = birth;
    return insert;
}
