/* Engines that do what none should, for the tests: built as another package's would be. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "rig_engine.h"

static const rig_param when[] = {{"when", "blocks", "when it breaks", 0.0f, 1e6f, 10.0f, NULL}};

typedef struct {
    unsigned blocks;
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }
static const char *init(void *self, const rig_setup *setup) { (void)self, (void)setup; return NULL; }
static uint32_t memory(const void *self, const float *p) { (void)self, (void)p; return 0; }
static uint32_t memory_long(const void *self, const float *p) { (void)self, (void)p; return 1 << 20; }
static void reset(void *self) { ((state *)self)->blocks = 0; }

static void break_with(void *self, const rig_block *b, float value)
{
    if (++((state *)self)->blocks == (unsigned)b->params[0]) b->signal[0][b->frames / 2] = value;
}

static void process_nan(void *self, const rig_block *b) { break_with(self, b, NAN); }
static void process_inf(void *self, const rig_block *b) { break_with(self, b, -INFINITY); }

/* Allocates in the audio thread: what the trap must catch. */
static void *volatile kept;
static void process_malloc(void *self, const rig_block *b)
{
    (void)self;
    kept = malloc(b->frames);
    free(kept);
}

/* Asks the system in the audio thread: so must it. */
static void process_sleepy(void *self, const rig_block *b)
{
    (void)self, (void)b;
    usleep(1);
}

/* Breaks in every block, however often it begins anew; counts how often that is. */
unsigned test_engine_resets;
static void process_broken(void *self, const rig_block *b)
{
    (void)self;
    b->signal[0][b->frames - 1] = NAN;
}
static void reset_broken(void *self) { (void)self; ++test_engine_resets; }

/* Says one number over and over, or once; and what cannot bear a loud input. */
static const rig_param number[] = {{"value", "", "what it says", -3.4e38f, 3.4e38f, 1.0f, NULL},
                                   {"once", "", "1: in one frame of its life", 0.0f, 1.0f, 0.0f, NULL}};
static void process_blast(void *self, const rig_block *b)
{
    for (uint32_t i = 0; i < b->frames; ++i)
        if (b->params[1] < 0.5f) b->signal[0][i] = b->params[0];
        else if (((state *)self)->blocks == 0) ((state *)self)->blocks = 1, b->signal[0][i] = b->params[0];
}
static void reset_blast(void *self) { (void)self; }
static void process_touchy(void *self, const rig_block *b)
{
    (void)self;
    float *x = b->signal[0];
    for (uint32_t i = 0; i < b->frames; ++i) x[i] = fabsf(x[i]) > 0.5f ? NAN : 0.5f * x[i];
}

/* Feeds itself back, louder each time: from any input it howls. */
#define ROUND 500
typedef struct {
    uint32_t at;
    float past[ROUND];
} howl;
static size_t size_howl(const rig_setup *setup) { (void)setup; return sizeof(howl); }
static void reset_howl(void *self) { *(howl *)self = (howl){0}; }
static void process_howl(void *self, const rig_block *b)
{
    howl *h = self;
    for (uint32_t i = 0; i < b->frames; ++i, h->at = (h->at + 1) % ROUND) b->signal[0][i] = h->past[h->at] = b->signal[0][i] + 40.0f * h->past[h->at];
}

/* A sine at full scale, whatever comes in: what an engine at its own rate may add. */
static const rig_param pitch[] = {{"hz", "Hz", "of the sine", 0.0f, 1e6f, 440.0f, NULL}};

typedef struct {
    double rate, frames;
} tone;

static size_t size_tone(const rig_setup *setup) { (void)setup; return sizeof(tone); }
static const char *init_tone(void *self, const rig_setup *setup) { ((tone *)self)->rate = setup->rate; return NULL; }
static void process_tone(void *self, const rig_block *b)
{
    tone *t = self;
    for (uint32_t i = 0; i < b->frames; ++i) b->signal[0][i] = (float)sin(2.0 * M_PI * fmod(t->frames++ * b->params[0] / t->rate, 1.0));
}
static void reset_tone(void *self) { ((tone *)self)->frames = 0.0; }

/* Bends what it hears and what it heard a while ago, so that its output hangs on where its frames fall. */
#define WHILE 700
static const rig_param key[] = {{"key", "", "1: hears the key and not the signal", 0.0f, 1.0f, 0.0f, NULL}};

typedef struct {
    uint32_t at;
    float past[WHILE];
} bend;

static size_t size_bend(const rig_setup *setup) { (void)setup; return sizeof(bend); }
static uint32_t memory_bend(const void *self, const float *p) { (void)self, (void)p; return WHILE; }
static void process_bend(void *self, const rig_block *b)
{
    bend *s = self;
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float x = b->params[0] > 0.5f ? b->key[i] : b->signal[0][i], before = s->past[s->at];
        s->past[s->at] = x;
        s->at = (s->at + 1) % WHILE;
        b->signal[0][i] = tanhf(4.0f * (x + 0.5f * before));
    }
}
static void reset_bend(void *self) { *(bend *)self = (bend){0}; }

/* What is chosen by a word; and what says it in a way that makes no sense. */
static const rig_param clip[] = {{"gain", "", "before it clips", 0.0f, 8.0f, 1.0f, NULL, RIG_BY_RATIO, 0.25f},
                                 {"shape", "", "how it clips", 0.0f, 2.0f, 1.0f, "off|soft|hard"}};
static const rig_param wrong_most[] = {{"shape", "", "", 0.0f, 3.0f, 1.0f, "off|soft|hard"}};
static const rig_param wrong_least[] = {{"shape", "", "", -1.0f, 2.0f, 1.0f, "off|soft|hard"}};
static const rig_param wrong_initial[] = {{"shape", "", "", 0.0f, 2.0f, 0.5f, "off|soft|hard"}};
static const rig_param wrong_words[] = {{"shape", "", "", 0.0f, 2.0f, 1.0f, "off||off"}};
static const rig_param wrong_number[] = {{"shape", "", "", 0.0f, 0.0f, 0.0f, "off"}};

static void process_clip(void *self, const rig_block *b)
{
    (void)self;
    const float *p = b->params;
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float x = p[0] * b->signal[0][i];
        b->signal[0][i] = p[1] < 0.5f ? x : p[1] < 1.5f ? tanhf(x) : fminf(1.0f, fmaxf(-1.0f, x));
    }
}

const rig_engine test_engine_nan = {RIG_ABI, 1, 1, "nan", "breaks", when, size, init, memory, NULL, NULL, process_nan, reset};
const rig_engine test_engine_long = {RIG_ABI, 1, 1, "long", "never forgets, and breaks", when, size, init, memory_long, NULL, NULL, process_nan, reset};
const rig_engine test_engine_inf = {RIG_ABI, 1, 1, "inf", "breaks", when, size, init, memory, NULL, NULL, process_inf, reset};
const rig_engine test_engine_malloc = {RIG_ABI, 1, 1, "malloc", "allocates", when, size, init, memory, NULL, NULL, process_malloc, reset};
const rig_engine test_engine_sleepy = {RIG_ABI, 0, 1, "sleepy", "sleeps", NULL, size, init, memory, NULL, NULL, process_sleepy, reset};
const rig_engine test_engine_broken = {RIG_ABI, 0, 1, "broken", "breaks", NULL, size, init, memory, NULL, NULL, process_broken, reset_broken};
const rig_engine test_engine_blast = {RIG_ABI, 2, 1, "blast", "is too loud", number, size, init, memory, NULL, NULL, process_blast, reset_blast};
const rig_engine test_engine_touchy = {RIG_ABI, 0, 1, "touchy", "breaks when it hears much", NULL, size, init, memory, NULL, NULL, process_touchy, reset_blast};
const rig_engine test_engine_howl = {RIG_ABI, 0, 1, "howl", "feeds itself back", NULL, size_howl, init, memory, NULL, NULL, process_howl, reset_howl};
const rig_engine test_engine_tone = {RIG_ABI, 1, 1, "tone", "plays", pitch, size_tone, init_tone, memory, NULL, NULL, process_tone, reset_tone};
const rig_engine test_engine_bend = {RIG_ABI, 1, 1, "bend", "bends", key, size_bend, init, memory_bend, NULL, NULL, process_bend, reset_bend};
const rig_engine test_engine_clip = {RIG_ABI, 2, 1, "clip", "clips", clip, size, init, memory, NULL, NULL, process_clip, reset};
const rig_engine test_engine_most = {RIG_ABI, 1, 1, "most", "is wrong", wrong_most, size, init, memory, NULL, NULL, process_clip, reset};
const rig_engine test_engine_least = {RIG_ABI, 1, 1, "least", "is wrong", wrong_least, size, init, memory, NULL, NULL, process_clip, reset};
const rig_engine test_engine_initial = {RIG_ABI, 1, 1, "initial", "is wrong", wrong_initial, size, init, memory, NULL, NULL, process_clip, reset};
const rig_engine test_engine_words = {RIG_ABI, 1, 1, "words", "is wrong", wrong_words, size, init, memory, NULL, NULL, process_clip, reset};
const rig_engine test_engine_number = {RIG_ABI, 1, 1, "number", "is wrong", wrong_number, size, init, memory, NULL, NULL, process_clip, reset};
const rig_engine test_engine_old = {RIG_ABI - 1, 1, 1, "old", "is of another age", when, size, init, memory, NULL, NULL, process_nan, reset};
