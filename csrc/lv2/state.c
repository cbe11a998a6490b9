#include "state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "instance.h"
#include "urid.h"

#define HEAD 4 /* numbers before a property's texts */

/* -- paths: a plug-in is given them as they are, and gives them so */

static char *same(void *handle, const char *path) { (void)handle; return strdup(path); }
static void free_path(void *handle, char *path) { (void)handle; free(path); }

/* A file that the plug-in is about to write, in the folder that is the handle. */
static char *make_path(void *folder, const char *path)
{
    const size_t size = strlen(folder) + strlen(path) + 2;
    char *whole = malloc(size);
    if (!whole) return NULL;
    strcpy(stpcpy(stpcpy(whole, folder), "/"), path);
    for (char *slash = strchr(whole + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(whole, 0777);
        *slash = '/';
    }
    return whole;
}

static lv2_map_path map_path = {NULL, same, same};
static lv2_free_path freeing = {NULL, free_path};

/* -- restoring */

typedef struct {
    const int32_t *at, *end;
} properties;

static uint32_t whole(uint32_t bytes) { return (bytes + 3) / 4; }

static const void *retrieve(void *handle, uint32_t key, size_t *size, uint32_t *type, uint32_t *flags)
{
    const properties *p = handle;
    for (const int32_t *at = p->at; at + HEAD <= p->end;) {
        const uint32_t *head = (const uint32_t *)at;
        const int32_t *text = at + HEAD, *kind = text + whole(head[0]), *value = kind + whole(head[1]);
        at = value + whole(head[2]);
        if (rig_urid((const char *)text) != key) continue;
        if (size) *size = head[2];
        if (type) *type = rig_urid((const char *)kind);
        if (flags) *flags = head[3];
        return value;
    }
    return NULL;
}

void rig_state_restore(const lv2_state *interface, void *instance, lv2_schedule *schedule, const int32_t *state, uint32_t count)
{
    properties all = {state, state + count};
    const lv2_feature features[] = {{LV2 "ext/urid#map", &rig_urid_map},     {LV2 "ext/urid#unmap", &rig_urid_unmap},
                                    {LV2 "ext/state#mapPath", &map_path},    {LV2 "ext/state#freePath", &freeing},
                                    {LV2 "ext/worker#schedule", schedule}};
    const lv2_feature *given[] = {&features[0], &features[1], &features[2], &features[3], &features[4], NULL};
    interface->restore(instance, retrieve, &all, 0, given);
}

/* -- saving */

typedef struct {
    int32_t *numbers;
    uint32_t count;
    int broken; /* there was no memory for all */
} saved;

static void add(saved *s, const void *bytes, uint32_t size)
{
    int32_t *grown = s->broken ? NULL : realloc(s->numbers, (s->count + whole(size)) * sizeof *grown);
    s->broken |= !grown && whole(size);
    if (s->broken || !size) return;
    s->numbers = grown;
    s->numbers[s->count + whole(size) - 1] = 0;
    memcpy(s->numbers + s->count, bytes, size);
    s->count += whole(size);
}

static uint32_t store(void *handle, uint32_t key, const void *value, size_t size, uint32_t type, uint32_t flags)
{
    enum { BAD_TYPE = 2, BAD_FLAGS = 3, FULL = 6 };
    saved *s = handle;
    const char *name = rig_urid_text(key), *kind = rig_urid_text(type);
    if (!name || !kind || !size) return BAD_TYPE;
    if (!(flags & LV2_POD) || size > INT32_MAX) return BAD_FLAGS;
    const uint32_t head[HEAD] = {(uint32_t)strlen(name) + 1, (uint32_t)strlen(kind) + 1, (uint32_t)size, flags};
    add(s, head, sizeof head);
    add(s, name, head[0]);
    add(s, kind, head[1]);
    add(s, value, head[2]);
    return s->broken ? FULL : 0;
}

int32_t *rig_state_save(const lv2_state *interface, void *instance, const char *folder, uint32_t *count)
{
    saved s = {NULL, 0, 0};
    lv2_make_path making = {(void *)folder, make_path};
    const lv2_feature features[] = {{LV2 "ext/urid#map", &rig_urid_map},  {LV2 "ext/urid#unmap", &rig_urid_unmap},
                                    {LV2 "ext/state#mapPath", &map_path}, {LV2 "ext/state#freePath", &freeing},
                                    {LV2 "ext/state#makePath", &making}};
    const lv2_feature *given[] = {&features[0], &features[1], &features[2], &features[3], folder ? &features[4] : NULL, NULL};
    if (interface->save(instance, store, &s, LV2_POD | LV2_PORTABLE, given) || s.broken) {
        free(s.numbers);
        return NULL;
    }
    *count = s.count;
    return s.numbers;
}

void rig_lv2_free(int32_t *state) { free(state); }
