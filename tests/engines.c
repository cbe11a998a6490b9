/* Engines that do what none should, for the tests: built as another package's would be. */
#include <math.h>
#include <stdlib.h>

#include "rig_engine.h"

static const rig_param when[] = {{"when", "blocks", "when it breaks", 0.0f, 1e6f, 10.0f}};

typedef struct {
    unsigned blocks;
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }
static const char *init(void *self, const rig_setup *setup) { (void)self, (void)setup; return NULL; }
static uint32_t memory(const void *self, const float *p) { (void)self, (void)p; return 0; }
static void reset(void *self) { ((state *)self)->blocks = 0; }

static void break_with(void *self, const float *p, float *const *io, uint32_t frames, float value)
{
    if (++((state *)self)->blocks == (unsigned)p[0]) io[RIG_SIGNAL][frames / 2] = value;
}

static void process_nan(void *self, const float *p, float *const *io, uint32_t frames) { break_with(self, p, io, frames, NAN); }
static void process_inf(void *self, const float *p, float *const *io, uint32_t frames) { break_with(self, p, io, frames, -INFINITY); }

/* Allocates in the audio thread: what the trap must catch. */
static void *volatile kept;
static void process_malloc(void *self, const float *p, float *const *io, uint32_t frames)
{
    (void)self, (void)p, (void)io;
    kept = malloc(frames);
    free(kept);
}

const rig_engine test_engine_nan = {RIG_ABI, 1, "nan", "breaks", when, size, init, memory, process_nan, reset};
const rig_engine test_engine_inf = {RIG_ABI, 1, "inf", "breaks", when, size, init, memory, process_inf, reset};
const rig_engine test_engine_malloc = {RIG_ABI, 1, "malloc", "allocates", when, size, init, memory, process_malloc, reset};
