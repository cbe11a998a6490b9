/* A rack and a capture's player whose audio thread runs while three others ask all that may be asked of them. Built with the compiler's
   thread sanitizer, which ends it at the first number that two threads use without saying so. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rack/player_recorder.h"
#include "rack/rack.h"

#define RATE 48000
#define PERIOD 64

extern const rig_engine rig_engine_gain, rig_engine_insert;

static rig_rack *rack;
static rig_player_recorder *deck;
static int done;

static rig_chain *chain(void)
{
    const float params[] = {6.0f}, sends[] = {0.0f, 0.0f, 0.01f};
    const int32_t ints[] = {0, PERIOD};
    const rig_engine *engines[] = {&rig_engine_gain, &rig_engine_insert};
    const rig_setup setups[] = {{.rate = RATE, .params = params}, {.rate = RATE, .params = sends, .ints = ints, .n_ints = 2}};
    const rig_mount mount = {.fade = RATE / 100, .gain_in = 1.0f, .gain_out = 1.0f}, mounts[] = {mount, mount};
    uint32_t which = 0;
    const char *why = NULL;
    return rig_chain_new(2, engines, setups, mounts, 1, &which, &why);
}

/* A JACK whose ports are buffers, and that has a tick of a clock, a pedal and a program in each period. */
static void *buffer(void *port, uint32_t frames)
{
    (void)frames;
    return port;
}

static uint32_t midi_count(void *port)
{
    (void)port;
    return 3;
}

static int midi_get(void *event, void *port, uint32_t index)
{
    static uint8_t tick[] = {0xf8}, pedal[] = {0xb0, 11, 0}, program[] = {0xc0, 0}, *const events[] = {tick, pedal, program};
    struct { uint32_t time; size_t size; const uint8_t *bytes; } *e = event;
    (void)port;
    e->time = 20 * index;
    e->size = index == 0 ? 1 : index == 1 ? 3 : 2;
    e->bytes = events[index];
    if (index == 1) pedal[2] = (uint8_t)((pedal[2] + 1) % 128);
    return 0;
}

static uint32_t transport(const void *client, void *position)
{
    (void)client, (void)position;
    return 1;
}

static float sends[4][PERIOD];
static const rig_insert_ports ports[] = {{{sends[0], sends[1]}, {sends[2], sends[3]}}, {{sends[1], sends[0]}, {sends[3], sends[2]}}};

static void *audio(void *arg)
{
    float in[PERIOD], out_1[PERIOD], out_2[PERIOD], di[PERIOD], click[PERIOD];
    rig_client client = {
        .rack = rack, .get_buffer = buffer, .midi_count = midi_count, .midi_get = midi_get, .transport = transport,
        .in = in, .out_1 = out_1, .out_2 = out_2, .di = di, .click = di, .midi_in = click, .inserts = 1,
    };
    (void)arg;
    for (unsigned n = 0; !__atomic_load_n(&done, __ATOMIC_RELAXED); ++n) {
        for (int i = 0; i < PERIOD; ++i) in[i] = (float)((n * PERIOD + i) % 100) / 100.0f;
        rig_process(PERIOD, &client);
        rig_player_recorder_process(deck, in, out_1, PERIOD);
    }
    return NULL;
}

/* Slower than the ring is filled: there are holes. */
static void *disk(void *arg)
{
    static float tracks[3 * 4096];
    uint64_t got = 0;
    (void)arg;
    while (!__atomic_load_n(&done, __ATOMIC_RELAXED) && !usleep(200000)) got += rig_rack_recorded(rack, tracks, 4096) + rig_rack_record_missing(rack);
    return (void *)(uintptr_t)got;
}

/* Reads what is just being written over. */
static void *keeper(void *arg)
{
    static float tracks[3 * 4096];
    uint64_t lost = 0, end;
    (void)arg;
    while (!__atomic_load_n(&done, __ATOMIC_RELAXED) && !usleep(1000))
        if ((end = rig_rack_kept(rack)) > RATE) lost += rig_rack_kept_read(rack, end - RATE, tracks, 4096);
    return (void *)(uintptr_t)lost;
}

/* Two tables of bindings, in turn: the one that is lent is left alone. */
static void bind_anew(rig_chain *lent)
{
    static rig_binding bindings[2] = {{.kind = RIG_BOUND_KNOB, .next = 2}, {.kind = RIG_BOUND_OUTPUT}};
    static uint16_t first[16 * RIG_BOUND_NUMBERS] = {[11] = 1}, programs[128] = {1}, parts[128] = {2}, channels[1] = {1};
    static rig_bindings tables[3];
    static rig_bindings *free[] = {&tables[0], &tables[1], &tables[2]};
    static int n = 3;
    rig_bindings *back = rig_rack_unbound(rack);
    if (back) free[n++] = back;
    if (!n) return;
    if (!bindings[0].chain) bindings[0].chain = lent; /* before any of them is lent */
    rig_bindings *table = free[--n];
    *table = (rig_bindings){.serial = 1, .banks = 1, .bindings = bindings, .first = first, .programs = programs, .parts = parts, .channels = channels};
    back = rig_rack_bind(rack, table);
    if (back) free[n++] = back;
}

int main(void)
{
    rig_meters meters = {0};
    rig_midi_event events[100];
    rig_player_recorder_meters peaks;
    static float play[256], heard[2][256], guitar[RIG_HISTORY], went[RIG_HISTORY], came[RIG_HISTORY];
    static rig_take takes[2];
    static rig_order orders[256]; /* the audio thread is never so many behind */
    pthread_t threads[3];
    rig_loop loop;
    uint64_t ordered = 0;
    rack = rig_rack_new(RATE);
    deck = rig_player_recorder_new();
    rig_chain *lent = chain(), *back;
    rig_rack_offer(rack, RIG_AMP, 0, lent);
    if (!rig_rack_looper(rack, RATE) || !rig_rack_keep(rack, RATE + 1000)) return 1;
    rig_rack_begin(rack, 1);
    for (int i = 0; i < 2; ++i) takes[i] = (rig_take){.play = play, .heard = heard[i], .play_frames = 256, .heard_frames = 256, .loop = 1};
    rig_rack_record(rack, 1);
    pthread_create(&threads[0], NULL, audio, NULL);
    pthread_create(&threads[1], NULL, disk, NULL);
    pthread_create(&threads[2], NULL, keeper, NULL);
    for (unsigned i = 0; i < 4000 || meters.callbacks < 60000; ++i) {
        rig_rack_level(rack, (float)(i % 7));
        rig_rack_open(rack, i % 11 != 0);
        rig_rack_limit(rack, i % 13 != 0);
        rig_rack_play(rack, i % 2);
        rig_rack_tempo(rack, (float)(60 + i % 5));
        rig_rack_follow(rack, i / 100 % 3);
        rig_rack_metronome(rack, &(rig_metronome_settings){i % 3, i % 2, i % 5, 0.5f});
        rig_rack_midi(rack, events, 100);
        bind_anew(lent);
        rig_insert_put(0, i % 7 ? &ports[i % 2] : NULL);
        rig_insert_wire(0, i % 16);
        (void)rig_inserts_periods();
        if (i % 100 == 0) { /* as the tuner does, and who measures an insert */
            rig_rack_heard(rack, guitar, RIG_HISTORY - PERIOD);
            rig_insert_heard_of(0, went, came, RIG_HISTORY - PERIOD);
        }
        rig_rack_loop_order(rack, i % 6);
        rig_rack_loop_beats(rack, i % 7 == 0);
        rig_rack_loop_now(rack, &loop);
        rig_rack_meters(rack, &meters);
        rig_player_recorder_read(deck, &peaks);
        if (ordered - rig_player_recorder_runs(deck) < 200) {
            rig_order *order = &orders[++ordered % 256];
            *order = (rig_order){i % 3 ? &takes[i % 3 - 1] : NULL, ordered};
            rig_player_recorder_put(deck, order);
        }
        rig_player_recorder_level(deck, (float)(i % 3));
        (void)rig_rack_record_lost(rack);
        if (i % 50 == 0 && (back = rig_rack_offer(rack, RIG_AMP, 1, chain()))) rig_chain_free(back);
        if ((back = rig_rack_collect(rack, RIG_AMP, 1))) rig_chain_free(back);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
    rig_rack_free(rack);
    rig_chain_free(lent);
    rig_player_recorder_free(deck);
    printf("%llu lost\n", (unsigned long long)meters.record_lost);
    return 0;
}
