/* The rack: what the audio callback runs, as Python sees it. Read by cffi as it stands, less the lines with a #. */
#ifndef RIG_RACK_H
#define RIG_RACK_H

#include "../rig_engine.h"

#define RIG_SLOTS 65        /* chains that a stage can hold: the amps of a set, or its presets' input and output chains,
                               and one that has gone and is heard until its successor is there */
#define RIG_HISTORY 32768   /* frames of input that are remembered, so that a new chain can hear them before it is heard */
#define RIG_RINGS 5         /* chains of a stage that ring on at once; the last place is for the block in which the oldest of five ends */
#define RIG_BLAST 1000      /* +60 dBFS: what is louder is no sound. Our own gain at its most on a loud guitar makes +40, and there may be two */

/* The three places where a chain can stand, in the order of the signal. */
#define RIG_INPUT 0
#define RIG_AMP 1
#define RIG_OUTPUT 2
#define RIG_STAGES 3

typedef struct rig_chain rig_chain;
typedef struct rig_rack rig_rack;

/* Whom the song's time follows; nobody: its own tempo. */
#define RIG_FOLLOW_NOBODY 0
#define RIG_FOLLOW_MIDI 1
#define RIG_FOLLOW_JACK 2

/* How whoever is followed is. */
#define RIG_LEAD_NONE 0    /* nobody, or never heard so far: our own tempo */
#define RIG_LEAD_HEARD 1
#define RIG_LEAD_STOPPED 2 /* it says so */
#define RIG_LEAD_LOST 3    /* a clock that is not heard any more: its last tempo */

/* What is done so that what plays fits into the period, each with those before it; see overload.h. */
#define RIG_RELIEF_NONE 0
#define RIG_RELIEF_TAILS 1    /* what rings on beside the amp ends */
#define RIG_RELIEF_SWITCHES 2 /* hearing the past takes only what time is left */
#define RIG_RELIEF_ENGINES 3  /* engines are left out */

/* Why the input of an engine passes it by. */
#define RIG_UNIT_PLAYS 0
#define RIG_UNIT_SHED 1  /* the period has no time for it */
#define RIG_UNIT_ENDED 2 /* it breaks again and again, and is not tried any more */

/* What the audio thread says of itself. Peaks are linear, and the highest since the last rig_rack_meters(), which
   one reader calls; he hands them on to others. */
typedef struct {
    uint64_t callbacks, frames;
    uint64_t fade_frame;        /* the frame at which the latest switch of the amp began to be heard */
    uint64_t record_lost;       /* frames that the recorder could not keep up with, in all recordings */
    uint32_t input_faults;      /* blocks in which the input itself was not a number */
    uint32_t in_clips, out_clips; /* blocks that reached full scale; at the output: before the limiter */
    uint32_t playing;           /* the amp's slot that is heard */
    uint32_t settled;           /* 1: no switch under way in any stage */
    uint32_t silent;            /* 1: muted or closed, and the fade is over */
    uint32_t lead;              /* how whoever the song follows is */
    uint32_t midi_lost;         /* MIDI events that nobody read in time */
    uint32_t relief;            /* RIG_RELIEF_NONE and so on */
    uint32_t tails_ended;       /* for want of time */
    double beat;                /* where the song is */
    float tempo;                /* beats a minute */
    float in_peak, out_peak;
    float limiter;              /* the smallest gain that the limiter used, 1 = it did nothing */
    float load;                 /* share of the period that the worst callback took, with all that a switch takes */
    float load_mean;            /* what playing takes without hearing the past, smoothed over about a second */
} rig_meters;

/* A MIDI event. frame: of the rack, as it counts in its meters. What is longer than three bytes is none here. What came of it: table: the
   serial of the bindings that it met, bound: 1 + which of them, or of the programs, 0: none; value: where that stands now. more: the same
   event once more, for another binding. */
typedef struct {
    uint64_t frame;
    uint32_t size;
    uint8_t bytes[3];
    uint32_t table, bound, more;
    float value;
} rig_midi_event;

/* What a controller, a note or the pitch wheel does. A verb is nothing here: its value is 1 as it is pressed, 0.5 while it is held, then 0. */
#define RIG_BOUND_VERB 0
#define RIG_BOUND_KNOB 1
#define RIG_BOUND_LEVEL 2  /* of a chain */
#define RIG_BOUND_OUTPUT 3 /* the level of all */
#define RIG_BOUND_SWITCH 4 /* of an engine */
#define RIG_BOUND_AMP 5    /* each press picks the amp whose slot is `param` */

/* How knobs that turn for ever say by how much. */
#define RIG_RELATIVE_TWOS 1   /* 1 and 127 */
#define RIG_RELATIVE_OFFSET 2 /* 65 and 63 */
#define RIG_RELATIVE_SIGN 3   /* 1 and 65 */

typedef struct {
    uint32_t kind;
    uint32_t next;     /* 1 + the number of what it does besides; 0: nothing */
    uint32_t holds;    /* a switch is on while it is held; 0: each press turns it over */
    uint32_t relative; /* RIG_RELATIVE_...; 0: it says where it stands */
    uint32_t steps;    /* only whole numbers, at once */
    uint32_t unit, param;
    rig_chain *chain;
    float plus;        /* dB, on top of a level */
    float values[128]; /* heel to toe, rising or falling; levels in dB */
} rig_binding;

#define RIG_BOUND_NOTES 128 /* of the numbers of a channel: controllers, notes, the pitch wheel */
#define RIG_BOUND_WHEEL 256
#define RIG_BOUND_NUMBERS 257
#define RIG_NO_SLOT 65535

/* All bindings. first: of 16 channels: 1 + the number of a binding, 0: none. programs: of each bank 128: 1 + an amp's slot, 0: none,
   RIG_NO_SLOT: it is still to be made. channels: of each bank, a bit for each channel that it hears. bank: where a channel has selected
   none. Lent, with its chains. */
typedef struct {
    uint32_t serial, banks, bank;
    const rig_binding *bindings;
    const uint16_t *first, *programs, *channels;
} rig_bindings;

/* JACK's transport at the start of a period. bpm: beats a minute, 0 where nobody says; then beat and bar say nothing, either. */
typedef struct {
    uint32_t rolling, frame, bar; /* bar: beats of one */
    double beat, bpm;             /* beat: from the song's start */
} rig_transport;

/* A metronome's settings. */
typedef struct {
    uint32_t on, out; /* out: 1: heard in our outputs, too, not only in the port of its own */
    uint32_t beats;   /* of a bar, the first of which is accented; 0: none is */
    float level;      /* linear */
} rig_metronome_settings;

/* The looper: what it does, and what it can be told. */
#define RIG_LOOP_LAYERS 16   /* that a loop has at most */
#define RIG_LOOP_EMPTY 0
#define RIG_LOOP_RECORDING 1
#define RIG_LOOP_PLAYING 2
#define RIG_LOOP_OVERDUBBING 3
#define RIG_LOOP_STOPPED 4

#define RIG_LOOP_GO 0    /* record; play; overdub; play ... where it is stopped: play from the beginning */
#define RIG_LOOP_STOP 1  /* where it is stopped, too: play from the beginning */
#define RIG_LOOP_UNDO 2  /* take the last layer off; give a recording up */
#define RIG_LOOP_REDO 3
#define RIG_LOOP_CLEAR 4
#define RIG_LOOP_HALF 5  /* at half speed, or again at the speed at which it was played */

/* How the loop is. at: the frame where it is; while it is recorded: how many it has so far. frames: of a layer, 0 while there is
   none. layers: that are heard; most: that can be brought back. waits: for the beat. room: frames of all layers; 0: there is no looper. */
typedef struct {
    uint32_t state, at, frames, layers, most, slow, waits, room;
} rig_loop;

/* A change of rate: up frames come out for down that go in. The filter has rows for the places between two frames of the
   input, the first for none and one more for a whole frame; rows has at most 1024, and what lies between is interpolated.
   A row has taps for the frames of the input, the oldest first. See rig/native/resampler.py. */
typedef struct {
    uint32_t up, down, rows, taps; /* taps: a multiple of 8 */
    const float *filter;           /* (rows + 1) * taps */
} rig_rate_change;

/* Where the signal splits: the engines of branch a go on with it, those of b with a copy on the side, and the next engine
   that is in neither joins them. */
#define RIG_TRUNK 0
#define RIG_BRANCH_A 1
#define RIG_BRANCH_B 2

/* How a chain holds an engine. */
typedef struct {
    uint32_t branch;
    uint32_t channels;           /* 0: as the engine says; 1 or 2: as it would, with the files it has */
    uint32_t off;                /* 1: its input passes it by */
    uint32_t fade;               /* frames that switching it on or off takes */
    float gain_in, gain_out;     /* linear, before and after it */
    uint32_t latency;            /* frames of the chain that the changes of rate take; 0: it runs at the chain's rate */
    rig_rate_change there, back; /* to the engine's rate, and back to the chain's */
    uint32_t late;               /* frames of the chain by which what its files hold is late */
    uint32_t waits[2];           /* of one that joins branches: frames that it lets a and b come later */
} rig_mount;

/* Chains. [main] all, but set(), set_level(), switch(), latency(), faults(), cost(), left_out(), usual() and reduction() also while the chain plays, from any
   thread.
   new(): NULL where an engine would not start; then which and why are set, which to n where the chain itself has no memory. */
rig_chain *rig_chain_new(uint32_t n, const rig_engine *const *engines, const rig_setup *setups, const rig_mount *mounts,
                         uint32_t channels, uint32_t *which, const char **why); /* channels: that come in, 1 or 2 */
void rig_chain_free(rig_chain *chain);
void rig_chain_prewarm(rig_chain *chain);
void rig_chain_reset(rig_chain *chain);
uint32_t rig_chain_memory(rig_chain *chain);
uint32_t rig_chain_latency(const rig_chain *chain); /* frames by which what comes out is late, as its engines are switched */
uint32_t rig_chain_late(const rig_chain *chain, uint32_t unit); /* of them, what the engine itself says that it takes */
size_t rig_chain_bytes(const rig_chain *chain);
void rig_chain_set(rig_chain *chain, uint32_t unit, uint32_t param, float value);
void rig_chain_set_level(rig_chain *chain, float gain);
void rig_chain_switch(rig_chain *chain, uint32_t unit, int on); /* off: its input passes it by, while it runs on unheard */
uint32_t rig_chain_faults(const rig_chain *chain, uint32_t unit);
float rig_chain_cost(const rig_chain *chain, uint32_t unit); /* ns a frame */
uint32_t rig_chain_left_out(const rig_chain *chain, uint32_t unit); /* RIG_UNIT_PLAYS and so on */
float rig_chain_usual(const rig_chain *chain, uint32_t unit); /* ns a frame that it takes, also while it is left out; 0: not known */
float rig_chain_reduction(const rig_chain *chain, uint32_t unit); /* dB by which it makes the sound softer, 0 or less */
const void *rig_chain_engine(const rig_chain *chain, uint32_t unit); /* the engine's own memory; of two, the left one's */
void rig_chain_process(rig_chain *chain, float *left, float *right, const float *key, uint32_t frames, double beats_a_frame); /* right: NULL where one channel is wanted */
uint64_t rig_chains_made(void);
uint64_t rig_chains_freed(void);

/* The rack. Chains are lent: offer() hands one over and returns one that was never taken (or NULL),
   collect() and rung_out() return one that has left (or NULL). Whoever lent a chain frees it then, and only then. */
rig_rack *rig_rack_new(uint32_t rate);
void rig_rack_free(rig_rack *rack);
rig_chain *rig_rack_offer(rig_rack *rack, uint32_t stage, uint32_t slot, rig_chain *chain);
rig_chain *rig_rack_collect(rig_rack *rack, uint32_t stage, uint32_t slot);
rig_chain *rig_rack_rung_out(rig_rack *rack, uint32_t stage, uint32_t ring); /* the same for one that rang on without its slot */
void rig_rack_route(rig_rack *rack, uint32_t amp, uint32_t input, uint32_t output);
void rig_rack_play(rig_rack *rack, uint32_t amp);
void rig_rack_bypass(rig_rack *rack, int on);
void rig_rack_open(rig_rack *rack, int on);       /* 1: fade in, 0: fade out */
void rig_rack_begin(rig_rack *rack, int open);    /* [main] before the rack runs: the amp to play is there from the first frame on; open: at full level */
void rig_rack_relieve(rig_rack *rack, int on);    /* off: all is played, also where it does not fit into the period; on at first */
void rig_rack_limit(rig_rack *rack, int on);      /* off: neither limiter nor DC blocker; music comes out bit for bit as the chains made it */
void rig_rack_level(rig_rack *rack, float gain);
void rig_rack_tempo(rig_rack *rack, float bpm);   /* beats a minute; 120 at first */
void rig_rack_follow(rig_rack *rack, uint32_t whom);
void rig_rack_metronome(rig_rack *rack, const rig_metronome_settings *settings);
rig_bindings *rig_rack_bind(rig_rack *rack, rig_bindings *bindings); /* lends them; returns those that were never taken, or NULL */
rig_bindings *rig_rack_unbound(rig_rack *rack);   /* those that have been replaced, or NULL */
uint32_t rig_rack_midi(rig_rack *rack, rig_midi_event *events, uint32_t most); /* what has come since, in order */
void rig_rack_panic(rig_rack *rack);              /* silence within 10 ms of the period's start; then all that plays begins anew */
void rig_rack_loop(rig_rack *rack, const float *recording, uint32_t frames); /* [main] before the rack runs */
int rig_rack_looper(rig_rack *rack, uint32_t room);  /* [main] before the rack runs: frames, in all layers; 0: no memory for it */
int rig_rack_loop_order(rig_rack *rack, uint32_t order); /* 0: the audio thread has not yet taken those before */
void rig_rack_loop_beats(rig_rack *rack, int on);    /* it begins and ends on a beat */
void rig_rack_loop_now(const rig_rack *rack, rig_loop *loop);
int rig_rack_record(rig_rack *rack, int on);      /* begins or ends a recording; 0: no memory for it */
uint32_t rig_rack_recorded(rig_rack *rack, float *tracks, uint32_t frames); /* what has come since, left, right and dry; silence for what is lost */
uint64_t rig_rack_record_lost(const rig_rack *rack);    /* frames of this recording that found no room */
uint64_t rig_rack_record_missing(const rig_rack *rack); /* those among them that recorded() gives no silence for: nothing has followed them yet */
int rig_rack_keep(rig_rack *rack, uint64_t frames);  /* [main] before the rack runs: the last so many, always; 0: no memory for it */
uint64_t rig_rack_kept(const rig_rack *rack);        /* frames that have been heard so far */
uint32_t rig_rack_kept_read(const rig_rack *rack, uint64_t from, float *tracks, uint32_t frames); /* see rig_tape_read */
void rig_rack_heard(rig_rack *rack, float *input, uint32_t frames); /* the guitar alone, without a loop */
uint64_t rig_rack_frames(const rig_rack *rack);      /* that have been run so far */
void rig_rack_meters(rig_rack *rack, rig_meters *meters);
void rig_rack_process(rig_rack *rack, const float *in, float *out_1, float *out_2, float *di, uint32_t frames); /* [audio] offline: no clock is looked at */

/* [audio] What comes beside the sound, told before the period that it belongs to. at: frames into it. */
void rig_rack_hear_midi(rig_rack *rack, uint32_t at, const uint8_t *bytes, size_t size);
void rig_rack_hear_transport(rig_rack *rack, const rig_transport *transport);

/* Inserts, see insert.h. [main] Ports of a place in the table of them, jack_port_t; lent until another's are put there, or NULL, and a
   period has begun since. wired: bits 0 and 1: somebody hears the sends, 2 and 3: somebody feeds the returns. */
#define RIG_INSERTS 16
typedef struct {
    void *send[2], *back[2];
} rig_insert_ports;
void rig_insert_put(uint32_t place, const rig_insert_ports *ports);
void rig_insert_wire(uint32_t place, uint32_t wired);
void rig_insert_heard_of(uint32_t place, float *sent, float *came, uint32_t frames); /* the latest, at most RIG_HISTORY less a period */
uint64_t rig_inserts_periods(void); /* that have begun */

/* A JACK client's process callback: libjack's functions and our ports, so that no JACK header is needed to build. */
typedef struct {
    rig_rack *rack;
    void *(*get_buffer)(void *port, uint32_t frames);              /* jack_port_get_buffer */
    uint32_t (*midi_count)(void *buffer);                          /* jack_midi_get_event_count */
    int (*midi_get)(void *event, void *buffer, uint32_t index);    /* jack_midi_event_get */
    uint32_t (*transport)(const void *client, void *position);     /* jack_transport_query */
    void *client, *in, *out_1, *out_2, *di, *midi_in, *click;
    uint32_t inserts; /* 1: those of this process are its own */
} rig_client;
int rig_process(uint32_t frames, void *client);   /* [audio] a switch takes the time that the period has for it */

/* The engine of that name among our own, or NULL. */
const rig_engine *rig_engine_named(const char *name);

#endif
