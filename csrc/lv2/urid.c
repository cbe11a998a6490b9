#include "urid.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../rack/atomic.h"

#define MOST 8192 /* a plug-in has some ten */

/* That of urid n at n - 1. What is there stays: to look one up takes no lock, as some plug-ins do while they play. */
static char *texts[MOST];
static uint32_t count;
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;

static uint32_t find(const char *uri)
{
    const uint32_t n = rig_load(&count);
    for (uint32_t i = 0; i < n; ++i)
        if (!strcmp(texts[i], uri)) return i + 1;
    return 0;
}

static uint32_t add(const char *uri)
{
    pthread_mutex_lock(&adding);
    uint32_t urid = find(uri); /* somebody may have been faster */
    if (!urid && count < MOST && (texts[count] = strdup(uri))) {
        rig_store(&count, count + 1);
        urid = count;
    }
    pthread_mutex_unlock(&adding);
    return urid;
}

uint32_t rig_urid(const char *uri)
{
    const uint32_t found = find(uri);
    return found ? found : add(uri);
}

const char *rig_urid_text(uint32_t urid) { return urid && urid <= rig_load(&count) ? texts[urid - 1] : NULL; }

static uint32_t map(void *handle, const char *uri) { (void)handle; return rig_urid(uri); }
static const char *unmap(void *handle, uint32_t urid) { (void)handle; return rig_urid_text(urid); }

lv2_map rig_urid_map = {NULL, map};
lv2_unmap rig_urid_unmap = {NULL, unmap};
