/* Messages from one thread to one other, in order: a ring of bytes. Neither waits for the other. */
#ifndef RIG_LV2_RING_H
#define RIG_LV2_RING_H

#include <stdint.h>
#include <string.h>

#include "../rack/atomic.h"

#define RIG_MESSAGES 8192 /* bytes; a power of two */

typedef struct {
    uint32_t written, read; /* bytes, ever: the writer stores the one, the reader the other */
    char bytes[RIG_MESSAGES];
} rig_messages;

static inline void rig_messages_copy_in(rig_messages *m, uint32_t at, const void *data, uint32_t size)
{
    const uint32_t from = at % RIG_MESSAGES, first = size < RIG_MESSAGES - from ? size : RIG_MESSAGES - from;
    memcpy(m->bytes + from, data, first);
    memcpy(m->bytes, (const char *)data + first, size - first);
}

static inline void rig_messages_copy_out(const rig_messages *m, uint32_t at, void *data, uint32_t size)
{
    const uint32_t from = at % RIG_MESSAGES, first = size < RIG_MESSAGES - from ? size : RIG_MESSAGES - from;
    memcpy(data, m->bytes + from, first);
    memcpy((char *)data + first, m->bytes, size - first);
}

/* The writer's. 0: there is no room. */
static inline int rig_messages_put(rig_messages *m, const void *data, uint32_t size)
{
    const uint32_t at = m->written, used = at - rig_load(&m->read);
    if (size > RIG_MESSAGES - sizeof size || used > RIG_MESSAGES - sizeof size - size) return 0;
    rig_messages_copy_in(m, at, &size, sizeof size);
    rig_messages_copy_in(m, at + sizeof size, data, size);
    rig_store(&m->written, at + (uint32_t)sizeof size + size);
    return 1;
}

/* The reader's. 0: there is none; else it is in `data`, which has RIG_MESSAGES bytes. */
static inline int rig_messages_take(rig_messages *m, void *data, uint32_t *size)
{
    const uint32_t at = m->read;
    if (at == rig_load(&m->written)) return 0;
    rig_messages_copy_out(m, at, size, sizeof *size);
    rig_messages_copy_out(m, at + sizeof *size, data, *size);
    rig_store(&m->read, at + (uint32_t)sizeof *size + *size);
    return 1;
}

#endif
