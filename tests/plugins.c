/* LV2 plug-ins for the tests: what each does is said where it does it. Their descriptions: tests/bundles.py. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lv2/abi.h"

#define FRAMES_LATE 32

typedef struct {
    float *port[8];
    const lv2_schedule *schedule;
    uint32_t (*urid)(void *, const char *);
    void *urids;
    float asked, answered;
    int32_t value;
    char path[256];
    float line[FRAMES_LATE];
    uint32_t at;
    int runs; /* since it began */
    pthread_t began_by;
} plugin;

static void *instantiate(const lv2_descriptor *descriptor, double rate, const char *bundle, const lv2_feature *const *features)
{
    plugin *p = calloc(1, sizeof *p);
    for (int i = 0; features[i]; ++i) {
        if (!strcmp(features[i]->uri, LV2 "ext/worker#schedule")) p->schedule = features[i]->data;
        if (!strcmp(features[i]->uri, LV2 "ext/urid#map")) {
            const lv2_map *map = features[i]->data;
            p->urid = map->map;
            p->urids = map->handle;
        }
    }
    (void)descriptor, (void)rate, (void)bundle;
    return p;
}

static void connect_port(void *self, uint32_t port, void *data) { ((plugin *)self)->port[port] = data; }
static void activate(void *self)
{
    plugin *p = self;
    p->runs = 0;
    p->began_by = pthread_self();
    p->asked = p->answered = 0.0f;
}
static void cleanup(void *self) { free(self); }

/* gain: in, out, how much. */
static void run_gain(void *self, uint32_t frames)
{
    float **port = ((plugin *)self)->port;
    for (uint32_t i = 0; i < frames; ++i) port[1][i] = port[0][i] * *port[2];
}

#define run_choice run_gain

/* widen: in, left as it is, right turned over. */
static void run_widen(void *self, uint32_t frames)
{
    float **port = ((plugin *)self)->port;
    for (uint32_t i = 0; i < frames; ++i) {
        port[1][i] = port[0][i];
        port[2][i] = -port[0][i];
    }
}

/* swap: left, right, the other way round. */
static void run_swap(void *self, uint32_t frames)
{
    float **port = ((plugin *)self)->port;
    memcpy(port[2], port[1], frames * sizeof(float));
    memcpy(port[3], port[0], frames * sizeof(float));
}

/* key: in, what is beside it, out, which is what is beside it. */
static void run_key(void *self, uint32_t frames)
{
    float **port = ((plugin *)self)->port;
    memcpy(port[2], port[1], frames * sizeof(float));
}

/* worker: in, out, a number that it has its worker double; out is what the worker has answered. */
static void run_worker(void *self, uint32_t frames)
{
    plugin *p = self;
    const float want = *p->port[2];
    if (want != p->asked && !p->schedule->schedule(p->schedule->handle, sizeof want, &want)) p->asked = want;
    for (uint32_t i = 0; i < frames; ++i) p->port[1][i] = p->answered;
}

static lv2_status work(void *self, lv2_respond respond, void *handle, uint32_t size, const void *data)
{
    float number;
    memcpy(&number, data, sizeof number);
    number *= 2.0f;
    (void)self;
    return respond(handle, size, &number);
}

static lv2_status responded(void *self, uint32_t size, const void *data)
{
    memcpy(&((plugin *)self)->answered, data, size);
    return LV2_DONE;
}

/* state: in, out, a number that it remembers where it is not 0. Out is that, and how long the name is that it remembers. */
static void run_state(void *self, uint32_t frames)
{
    plugin *p = self;
    if (*p->port[2] != 0.0f) p->value = (int32_t)*p->port[2];
    for (uint32_t i = 0; i < frames; ++i) p->port[1][i] = (float)p->value + 0.001f * (float)strlen(p->path);
}

static uint32_t save(void *self, lv2_store store, void *handle, uint32_t flags, const lv2_feature *const *features)
{
    plugin *p = self;
    const uint32_t whole = p->urid(p->urids, LV2_ATOM "Int"), path = p->urid(p->urids, LV2_ATOM "Path");
    (void)flags, (void)features;
    store(handle, p->urid(p->urids, "urn:rig-test:value"), &p->value, sizeof p->value, whole, LV2_POD | LV2_PORTABLE);
    if (p->path[0]) store(handle, p->urid(p->urids, "urn:rig-test:state#ir"), p->path, strlen(p->path) + 1, path, LV2_POD);
    return 0;
}

static uint32_t restore(void *self, lv2_retrieve retrieve, void *handle, uint32_t flags, const lv2_feature *const *features)
{
    plugin *p = self;
    size_t size;
    uint32_t type;
    const void *value = retrieve(handle, p->urid(p->urids, "urn:rig-test:value"), &size, &type, &flags);
    if (value && size == sizeof p->value && type == p->urid(p->urids, LV2_ATOM "Int")) memcpy(&p->value, value, size);
    value = retrieve(handle, p->urid(p->urids, "urn:rig-test:state#ir"), &size, &type, &flags);
    if (value && size < sizeof p->path) memcpy(p->path, value, size);
    (void)features;
    return 0;
}

/* late: in, out, how late out is. */
static void run_late(void *self, uint32_t frames)
{
    plugin *p = self;
    for (uint32_t i = 0; i < frames; ++i, p->at = (p->at + 1) % FRAMES_LATE) {
        p->port[1][i] = p->line[p->at];
        p->line[p->at] = p->port[0][i];
    }
    *p->port[2] = FRAMES_LATE;
}

/* switched: in, out three times as loud, and as it came where the third says 0. */
static void run_switched(void *self, uint32_t frames)
{
    float **port = ((plugin *)self)->port;
    for (uint32_t i = 0; i < frames; ++i) port[1][i] = port[0][i] * (*port[2] > 0.5f ? 3.0f : 1.0f);
}

/* counts: in, out, which says how many blocks have gone since it began. */
static void run_counts(void *self, uint32_t frames)
{
    plugin *p = self;
    ++p->runs;
    for (uint32_t i = 0; i < frames; ++i) p->port[1][i] = 0.001f * (float)p->runs;
}

/* began: in, out, which is 1 where who runs it also let it begin, and else 0.5. */
static void run_began(void *self, uint32_t frames)
{
    plugin *p = self;
    for (uint32_t i = 0; i < frames; ++i) p->port[1][i] = pthread_equal(p->began_by, pthread_self()) ? 1.0f : 0.5f;
}

/* echo: in, out, which is in again after a block or more; it says nothing of how long it rings. */
static void run_echo(void *self, uint32_t frames)
{
    plugin *p = self;
    for (uint32_t i = 0; i < frames; ++i, p->at = (p->at + 1) % FRAMES_LATE)
        p->line[p->at] = p->port[1][i] = p->port[0][i] + 0.99f * p->line[p->at];
}

/* number: in, out, a number, of which out is a thousandth. */
static void run_number(void *self, uint32_t frames)
{
    float **port = ((plugin *)self)->port;
    for (uint32_t i = 0; i < frames; ++i) port[1][i] = 0.001f * *port[2]; /* music is not so loud */
}
#define run_tempo run_number
#define run_rate run_number

/* events: in, out, events in, events out. Out is how many thousand bytes there is room for, or -1 where no event should be and one is. */
static void run_events(void *self, uint32_t frames)
{
    plugin *p = self;
    const lv2_sequence *in = (const lv2_sequence *)(void *)p->port[2];
    lv2_sequence *out = (lv2_sequence *)(void *)p->port[3];
    const int fine = in->size == 8 && in->type == p->urid(p->urids, LV2_ATOM "Sequence") && out->type == p->urid(p->urids, LV2_ATOM "Chunk");
    for (uint32_t i = 0; i < frames; ++i) p->port[1][i] = fine ? 0.001f * (float)out->size : -1.0f;
    *out = (lv2_sequence){8, in->type, 0, 0};
}

/* talks: in, out, and says so wherever it can. */
static void run_talks(void *self, uint32_t frames)
{
    printf("it talks\n");
    fflush(stdout);
    fprintf(stderr, "it talks\n");
    (void)self, (void)frames;
}

/* What none should do. */
static void run_crash(void *self, uint32_t frames) { (void)self; *(volatile uint32_t *)16 = frames; }
static void run_hang(void *self, uint32_t frames) { (void)self, (void)frames; for (;;) sleep(1); }
static void run_nan(void *self, uint32_t frames) { ((plugin *)self)->port[1][frames - 1] = NAN; }
static void run_ends(void *self, uint32_t frames) { (void)self, (void)frames; _exit(3); }
static void run_hungry(void *self, uint32_t frames)
{
    for (int i = 0; i < 64; ++i) {
        char *more = malloc(8 << 20);
        memset(more, 1, 8 << 20);
        if (more[i]) usleep(20000);
    }
    (void)self, (void)frames;
}

static const void *extension(const char *uri)
{
    static const lv2_worker worker = {work, responded, NULL};
    static const lv2_state state = {save, restore};
    if (!strcmp(uri, LV2 "ext/worker#interface")) return &worker;
    if (!strcmp(uri, LV2 "ext/state#interface")) return &state;
    return NULL;
}

#define PLUGIN(name, extension_data) \
    {"urn:rig-test:" #name, instantiate, connect_port, activate, run_##name, NULL, cleanup, extension_data}

/* As hosts know it: the type of that name is ours. */
const lv2_descriptor *find(uint32_t number) __asm__("lv2_descriptor");

const lv2_descriptor *find(uint32_t number)
{
    static const lv2_descriptor all[] = {
        PLUGIN(gain, NULL), PLUGIN(choice, NULL), PLUGIN(widen, NULL), PLUGIN(swap, NULL), PLUGIN(key, NULL), PLUGIN(worker, extension),
        PLUGIN(state, extension), PLUGIN(late, NULL), PLUGIN(switched, NULL), PLUGIN(counts, NULL), PLUGIN(began, NULL), PLUGIN(echo, NULL), PLUGIN(talks, NULL), PLUGIN(tempo, NULL), PLUGIN(rate, NULL), PLUGIN(events, NULL),
        PLUGIN(crash, NULL), PLUGIN(hang, NULL), PLUGIN(nan, NULL), PLUGIN(ends, NULL), PLUGIN(hungry, NULL),
    };
    return number < sizeof all / sizeof *all ? &all[number] : NULL;
}
