/* Engines that read model files, given setups that make no sense: none may read or write where it should not.
   usage: setups FILE ENGINE SECONDS SEED; FILE holds setups that do make sense, one after another: the numbers of ints and arrays,
   the ints, each array's count and floats. Each is damaged at random, over and over. Built with sanitizers, which end it
   with an error; else it ends with 0 and says how many it tried, and how many were accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "network/kernels/isa.h"
#include "rack/rack.h"

extern const rig_engine rig_engine_model, rig_engine_model_reference;

#define SETUPS 256
#define TOO_LARGE ((size_t)64 << 20)

typedef struct {
    uint32_t n_ints, n_arrays;
    int32_t *ints;
    rig_array *arrays;
} setup;

static setup all[SETUPS];
static uint32_t seed;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * n) >> 32);
}

static int load(FILE *file, setup *s)
{
    if (fread(&s->n_ints, 4, 1, file) != 1 || fread(&s->n_arrays, 4, 1, file) != 1) return 0;
    s->ints = malloc(s->n_ints * sizeof(int32_t));
    s->arrays = malloc((s->n_arrays + 1) * sizeof(rig_array));
    if (fread(s->ints, sizeof(int32_t), s->n_ints, file) != s->n_ints) exit(2);
    for (uint32_t a = 0; a < s->n_arrays; ++a) {
        uint32_t count;
        if (fread(&count, 4, 1, file) != 1) exit(2);
        float *data = malloc(count * sizeof(float));
        if (fread(data, sizeof(float), count, file) != count) exit(2);
        s->arrays[a] = (rig_array){data, count};
    }
    return 1;
}

static int32_t odd_number(int32_t was)
{
    static const int32_t odd[] = {-2147483647 - 1, -1, 0, 1, 2, 3, 64, 1 << 20, (1 << 20) + 1, 1 << 30, 2147483647};
    const uint32_t pick = random_below(16);
    if (pick < sizeof odd / sizeof *odd) return odd[pick];
    return (int32_t)((uint32_t)was + random_below(9) - 4u);
}

/* A few numbers are changed, sometimes an array is shorter, sometimes the lists end early. What arrays point at stays, and is
   never longer than it says. */
static void damage(setup *s)
{
    for (uint32_t i = random_below(4); i-- > 0;) {
        const uint32_t at = random_below(s->n_ints);
        s->ints[at] = odd_number(s->ints[at]);
    }
    if (s->n_arrays && !random_below(4)) {
        rig_array *a = &s->arrays[random_below(s->n_arrays)];
        if (a->count) a->count = random_below((uint32_t)a->count);
    }
    if (!random_below(16)) s->n_ints = random_below(s->n_ints + 1);
    if (!random_below(16)) s->n_arrays = random_below(s->n_arrays + 1);
}

/* Whether the engine took it. */
static int try(const rig_engine *engine, const setup *s)
{
    float params[RIG_PARAMS] = {0}, signal[RIG_BLOCK];
    float *const channel = signal;
    const rig_setup given = {48000, params, s->arrays, s->n_arrays, s->ints, s->n_ints};
    const size_t size = engine->size(&given);
    if (!size || size > TOO_LARGE) return 0;
    void *self = aligned_alloc(64, (size + 63) & ~(size_t)63);
    memset(self, 0, size);
    const int taken = engine->init(self, &given) == NULL;
    for (uint32_t block = 0; taken && block < 8; ++block) {
        const uint32_t frames = 1 + random_below(RIG_BLOCK);
        for (uint32_t i = 0; i < frames; ++i) signal[i] = (float)random_below(1000) * 0.001f;
        const rig_block b = {.signal = &channel, .key = signal, .side = &channel, .params = params, .frames = frames, .channels = 1};
        engine->process(self, &b);
        if (block == 4) engine->reset(self);
    }
    free(self);
    return taken;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 5 ? fopen(argv[1], "rb") : NULL;
    uint32_t n = 0, tried = 0, taken = 0;
    while (file && n < SETUPS && load(file, &all[n])) ++n;
    if (!n) return 2;
    const rig_engine *engine = strcmp(argv[2], "model") ? &rig_engine_model_reference : &rig_engine_model;
    const time_t end = time(NULL) + atoi(argv[3]);
    seed = (uint32_t)atoi(argv[4]);
    rig_isa_use("sse2"); /* the kernels that are built with sanitizers; elsewhere there is one set */
    for (; time(NULL) < end; ++tried) {
        setup s = all[random_below(n)];
        int32_t *ints = memcpy(malloc(s.n_ints * sizeof(int32_t)), s.ints, s.n_ints * sizeof(int32_t));
        rig_array *arrays = memcpy(malloc((s.n_arrays + 1) * sizeof(rig_array)), s.arrays, s.n_arrays * sizeof(rig_array));
        s.ints = ints;
        s.arrays = arrays;
        damage(&s);
        taken += (uint32_t)try(engine, &s);
        free(ints);
        free(arrays);
    }
    printf("%u tried, %u taken\n", tried, taken);
    return 0;
}
