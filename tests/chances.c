/* Racks by chance: chains of all engines that there are, at random settings, on every instruction set, heard in periods of every
   length, while knobs are turned, amps switched, chains replaced, MIDI comes and loops run. Built with sanitizers, which end it with an
   error; it ends itself where what comes out is no sound. What may not happen in the callback, clang's realtime sanitizer is told here.
   usage: chances FILE SECONDS SEED; FILE holds engines with their setups, as tests/sanitized.py writes them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "network/kernels/isa.h"
#include "rack/rack.h"

#define RATE 48000
#define LONGEST 512 /* frames of a period */
#define UNITS 512
#define CHAINS 64   /* that are anywhere at a time */
#define MOST 6      /* engines of a chain, less those that a blend brings */
#define STEPS 150   /* periods that a rack lives */

#if defined(__has_attribute)
#if __has_attribute(nonblocking)
#define NONBLOCKING __attribute__((nonblocking))
#endif
#endif
#ifndef NONBLOCKING
#define NONBLOCKING
#endif

typedef struct {
    const rig_engine *engine;
    rig_setup setup;
    rig_mount mount;
} unit;

static unit units[UNITS];
static uint32_t n_units, blend = UNITS;
static rig_chain *chains[CHAINS]; /* that have been made and not been freed */
static uint32_t n_in[CHAINS];
static const rig_engine *made_of[CHAINS][3 * MOST];
static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) * n >> 31);
}

static float between(float low, float high) { return low + (high - low) * (float)below(10001) * 1e-4f; }

/* --- what Python wrote -------------------------------------------------------------------------------------------------------------- */

static void *got(FILE *file, size_t size, size_t count)
{
    void *data = malloc(size * count + 1);
    if (fread(data, size, count, file) != count) exit(2);
    return data;
}

static void load_change(FILE *file, rig_rate_change *change)
{
    uint32_t *head = got(file, 4, 4);
    *change = (rig_rate_change){head[0], head[1], head[2], head[3], head[3] ? got(file, 4, (size_t)(head[2] + 1) * head[3]) : NULL};
    free(head);
}

static int load(FILE *file, unit *u)
{
    char name[16];
    uint32_t head[7];
    float gains[4];
    if (fread(name, 1, sizeof name, file) != sizeof name) return 0;
    if (fread(head, 4, 7, file) != 7 || fread(gains, 4, 4, file) != 4) exit(2);
    u->engine = rig_engine_named(name);
    if (!u->engine) exit(2);
    u->setup = (rig_setup){.n_ints = head[0], .n_arrays = head[1], .rate = gains[0], .constant = gains[1]};
    u->mount = (rig_mount){.channels = head[2], .latency = head[3], .late = head[4], .waits = {head[5], head[6]}, .fade = RATE / 100,
                           .gain_in = gains[2], .gain_out = gains[3]};
    u->setup.ints = got(file, 4, head[0]);
    rig_array *arrays = malloc((head[1] + 1) * sizeof *arrays);
    for (uint32_t a = 0; a < head[1]; ++a) {
        uint32_t count;
        if (fread(&count, 4, 1, file) != 1) exit(2);
        arrays[a] = (rig_array){got(file, 4, count), count};
    }
    u->setup.arrays = arrays;
    load_change(file, &u->mount.there);
    load_change(file, &u->mount.back);
    return 1;
}

/* --- chains ------------------------------------------------------------------------------------------------------------------------- */

/* A value of a knob: often one of its ends. */
static float value(const rig_param *p)
{
    const uint32_t pick = below(4);
    const float v = pick == 0 ? p->min : pick == 1 ? p->max : between(p->min, p->max);
    return p->choices ? roundf(v) : v;
}

static const float *values(const rig_engine *engine)
{
    float *v = malloc((engine->n_params + 1) * sizeof(float));
    for (uint32_t i = 0; i < engine->n_params; ++i) v[i] = value(&engine->params[i]);
    v[engine->n_params] = (float)below(2);
    return v;
}

static rig_chain *chain(uint32_t channels)
{
    const rig_engine *engines[3 * MOST];
    rig_setup setups[3 * MOST];
    rig_mount mounts[3 * MOST];
    uint32_t n = 0, which, place = 0;
    const char *why;
    while (place < CHAINS && chains[place]) ++place;
    if (place == CHAINS) return NULL;
    for (uint32_t left = below(MOST + 1); left-- > 0;) {
        const int splits = blend < UNITS && !below(8);
        for (uint32_t b = splits ? 1 : 0; b <= (splits ? 3u : 0u); ++b) {
            uint32_t pick = b == 3 ? blend : below(n_units);
            while (b != 3 && pick == blend) pick = below(n_units);
            engines[n] = units[pick].engine;
            setups[n] = units[pick].setup;
            setups[n].params = values(engines[n]);
            mounts[n] = units[pick].mount;
            mounts[n].branch = b == 1 ? RIG_BRANCH_A : b == 2 ? RIG_BRANCH_B : RIG_TRUNK;
            mounts[n++].off = !below(6);
        }
    }
    rig_chain *made = rig_chain_new(n, engines, setups, mounts, channels, &which, &why);
    for (uint32_t i = 0; i < n; ++i) free((float *)setups[i].params);
    if (!made) {
        printf("%s: %s\n", which < n ? engines[which]->name : "a chain", why);
        exit(1);
    }
    if (below(2)) rig_chain_prewarm(made);
    n_in[place] = n;
    memcpy(made_of[place], engines, n * sizeof *engines);
    return chains[place] = made;
}

static void back(rig_chain *gone)
{
    if (!gone) return;
    for (uint32_t i = 0; i < CHAINS; ++i)
        if (chains[i] == gone) chains[i] = NULL;
    rig_chain_free(gone);
}

/* --- a JACK whose ports are buffers ------------------------------------------------------------------------------------------------- */

static void *buffer(void *port, uint32_t frames)
{
    (void)frames;
    return port;
}

static uint8_t messages[64][3];
static uint32_t times[64], n_messages;

static uint32_t midi_count(void *port)
{
    (void)port;
    return n_messages;
}

static int midi_get(void *event, void *port, uint32_t index)
{
    struct { uint32_t time; size_t size; const uint8_t *bytes; } *e = event;
    (void)port;
    e->time = times[index];
    e->size = 1 + messages[index][0] % 3;
    e->bytes = messages[index];
    return messages[index][1] == 0xff; /* this one has gone */
}

static uint32_t transport(const void *client, void *position)
{
    (void)client, (void)position;
    return 1;
}

static void come_midi(uint32_t frames)
{
    n_messages = below(8) ? below(3) : below(64);
    for (uint32_t i = 0; i < n_messages; ++i) {
        times[i] = i ? times[i - 1] + below(frames) / n_messages : 0;
        for (int b = 0; b < 3; ++b) messages[i][b] = (uint8_t)(b || below(8) ? below(256) : 0xf8);
    }
}

/* --- what is heard ------------------------------------------------------------------------------------------------------------------ */

static float in[LONGEST], out_1[LONGEST], out_2[LONGEST], di[LONGEST], click[LONGEST], sends[4][LONGEST];
static const rig_insert_ports ports = {{sends[0], sends[1]}, {sends[2], sends[3]}};

/* A guitar, silence, and what no guitar says. */
static void play(uint32_t frames)
{
    const uint32_t what = below(24);
    for (uint32_t i = 0; i < frames; ++i) {
        const float noise = between(-1.0f, 1.0f);
        in[i] = what < 12 ? 0.3f * noise : what < 15 ? 0.0f : what < 17 ? 1e-39f * noise : what < 19 ? 900.0f * noise : what < 20 ? NAN
              : what < 21 ? INFINITY : what < 22 ? 1.0f : 1e-4f * noise;
        for (int c = 2; c < 4; ++c) sends[c][i] = what == 23 ? (float)(c == 2 ? NAN : 1e30) : sends[c - 2][i];
    }
}

static void run(uint32_t frames, rig_client *client) NONBLOCKING;
static void run(uint32_t frames, rig_client *client) { rig_process(frames, client); }

static void hear(uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i) {
        if (fabsf(out_1[i]) <= 4.0f && fabsf(out_2[i]) <= 4.0f) continue;
        printf("frame %u of %u: %g %g is no sound\n", i, frames, out_1[i], out_2[i]);
        abort();
    }
}

/* --- what a player does ------------------------------------------------------------------------------------------------------------- */

static void turn(uint32_t at)
{
    rig_chain *made = chains[at];
    const uint32_t unit = below(n_in[at]);
    const rig_engine *engine = made_of[at][unit];
    if (!below(4)) rig_chain_switch(made, unit, (int)below(2));
    else if (!below(4)) rig_chain_set_level(made, between(0.0f, 2.0f));
    else if (engine->n_params) {
        const uint32_t knob = below(engine->n_params);
        rig_chain_set(made, unit, knob, value(&engine->params[knob]));
    }
    (void)rig_chain_latency(made), (void)rig_chain_faults(made, unit), (void)rig_chain_cost(made, unit), (void)rig_chain_reduction(made, unit);
}

static void command(rig_rack *r)
{
    static float tracks[3 * 4096], heard[RIG_HISTORY], came[RIG_HISTORY];
    static rig_midi_event events[100];
    rig_meters meters;
    rig_loop loop;
    const uint32_t stage = below(RIG_STAGES), slot = below(3);
    switch (below(20)) {
    case 0: case 1: case 2: {
        rig_chain *new = chain(stage == RIG_OUTPUT ? 1 + below(2) : 1);
        if (new) back(rig_rack_offer(r, stage, slot, new));
        break;
    }
    case 3: back(rig_rack_offer(r, stage, slot, NULL)); break;
    case 4: rig_rack_route(r, slot, below(3), below(3)); break;
    case 5: case 6: rig_rack_play(r, below(4)); break;
    case 7: rig_rack_loop_order(r, below(6)); break;
    case 8: rig_rack_record(r, (int)below(2)); break;
    case 9: (void)rig_rack_recorded(r, tracks, below(4097)); break;
    case 10: rig_rack_loop_beats(r, (int)below(2)); rig_rack_loop_now(r, &loop); break;
    case 11: rig_rack_tempo(r, between(20.0f, 400.0f)); rig_rack_follow(r, below(3)); break;
    case 12: rig_rack_metronome(r, &(rig_metronome_settings){below(2), below(2), below(9), between(0.0f, 1.0f)}); break;
    case 13: if (rig_rack_kept(r)) (void)rig_rack_kept_read(r, below((uint32_t)rig_rack_kept(r)), tracks, below(4097)); break;
    case 14: if (!below(4)) rig_rack_panic(r); else rig_rack_bypass(r, (int)below(2)); break;
    case 15: rig_rack_open(r, below(4) > 0); rig_rack_level(r, between(0.0f, 2.0f)); break;
    case 16: rig_rack_heard(r, heard, below(RIG_HISTORY)); rig_insert_heard_of(0, heard, came, below(RIG_HISTORY - LONGEST)); break;
    case 17: rig_insert_put(0, below(3) ? &ports : NULL); rig_insert_wire(0, below(16)); break;
    default: rig_rack_meters(r, &meters); (void)rig_rack_midi(r, events, 100);
    }
    for (uint32_t i = 0; i < CHAINS; ++i)
        if (chains[i] && n_in[i] && !below(8)) turn(i);
    for (uint32_t s = 0; s < RIG_STAGES; ++s) {
        for (uint32_t at = 0; at < 3; ++at) back(rig_rack_collect(r, s, at));
        for (uint32_t ring = 0; ring < RIG_RINGS; ++ring) back(rig_rack_rung_out(r, s, ring));
    }
}

static void live(void)
{
    rig_rack *r = rig_rack_new(RATE);
    rig_client client = {
        .rack = r, .get_buffer = buffer, .midi_count = midi_count, .midi_get = midi_get, .transport = transport,
        .in = in, .out_1 = out_1, .out_2 = out_2, .di = di, .click = di, .midi_in = click, .inserts = 1,
    };
    const uint32_t usual = 1 + below(LONGEST);
    if (!r || !rig_rack_looper(r, RATE / 4) || !rig_rack_keep(r, RATE / 4 + below(1000))) exit(2);
    rig_rack_begin(r, 1);
    for (uint32_t step = 0; step < STEPS; ++step) {
        const uint32_t frames = below(4) ? usual : 1 + below(LONGEST);
        command(r);
        play(frames);
        come_midi(frames);
        run(frames, &client);
        hear(frames);
    }
    rig_rack_free(r);
    for (uint32_t i = 0; i < CHAINS; ++i) back(chains[i]);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    uint32_t racks = 0, sets = 0;
    while (file && n_units < UNITS && load(file, &units[n_units])) ++n_units;
    if (!n_units) return 2;
    fclose(file);
    for (uint32_t i = 0; i < n_units; ++i)
        if (!strcmp(units[i].engine->name, "blend")) blend = i;
    while (rig_isa_name(sets)) ++sets;
    seed = (uint64_t)atoi(argv[3]) + 1;
    const time_t end = time(NULL) + atoi(argv[2]);
    do {
        rig_isa_use(rig_isa_name(racks % sets));
        live();
        ++racks;
    } while (time(NULL) < end);
    printf("%u racks, %u instruction sets\n", racks, sets < racks ? sets : racks);
    return 0;
}
