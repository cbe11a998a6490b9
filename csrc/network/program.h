/* A feed-forward network as feedforward_net.c receives it: buffers of rows, and steps that go from buffer to buffer, once a block.
   rig/models/program/ makes it of a model, with all that can be folded folded. model_reference.c reads the same.

   ints: memory, signals, ones, output, buffers, steps; then for each buffer its rows and its lookback (frames of the past that
   it keeps, 0: just the block); then for each step the fields of rig_step. arrays: what each step needs, in their order.

   Buffer 0 is the input: `signals` rows, the guitar and after it the knobs, then, where `ones` is 1, a row that is 1 since
   the first frame was heard and 0 before. Row 0 of buffer `output` is what comes out. */
#ifndef RIG_PROGRAM_H
#define RIG_PROGRAM_H

#include "kernels/kernels.h"
#include "../rig_engine.h"

/* What a step does with `rows` rows of `to`, from to_row on, and the arrays it has. */
typedef enum {
    RIG_CONV,     /* to = bias + conv of from's first `ins` rows + 1x1 of extra's first `extras` rows + add.
                     (taps x ins + extras, rows) weights, (rows) bias */
    RIG_ACTIVATE, /* to = activation(to), a rig_activation; where gated, of twice the rows. Then head, as `how` (a rig_head) says:
                     (rows or 0) slopes, (rows or 0) weights of the head */
    RIG_BEND,     /* to = curve(to), `activation` being a rig_curve; (its parameters, rows) */
    RIG_SCALE,    /* to = to * from[from_row ...]; where `how` is 1, + the `rows` rows behind those */
    RIG_FADE,     /* to = from + extra[extra_row ...] * (to - from) */
    RIG_ADD,      /* to = from; where there is an add, + add */
    RIG_FILL,     /* to = (rows) values */
    RIG_STEPS
} rig_step_kind;

typedef struct {
    int32_t kind, to, to_row, rows, from, from_row, ins, extra, extra_row, extras, add, taps, dilation, activation, head, how;
} rig_step;

#define RIG_NONE (-1)      /* no buffer */
#define RIG_STEP_ARRAYS 2  /* that a step has at most */

typedef struct {
    int32_t rows, lookback;
} rig_store;

typedef struct {
    uint32_t memory, signals, ones, output, n_buffers, n_steps;
    const rig_store *buffers;
    const rig_step *steps;
} rig_program;

/* [main] Reads the setup; 0 when its numbers don't fit together. Every index and size is checked here and nowhere else. */
int rig_program_read(rig_program *program, const rig_setup *setup);

/* [main] Whether the steps from `first` on are a convolution, its activation and a 1x1 of that, and nobody else hears what
   lies between them: then it need not be written down. */
int rig_program_joins(const rig_program *program, uint32_t first);

static inline uint32_t rig_step_arrays(const rig_step *s)
{
    return s->kind == RIG_CONV || s->kind == RIG_ACTIVATE ? 2 : s->kind == RIG_BEND || s->kind == RIG_FILL ? 1 : 0;
}

/* Rows that a convolution hears, each of its taps counting as rows of its own. */
static inline uint32_t rig_step_ins(const rig_step *s) { return (uint32_t)s->taps * (uint32_t)s->ins + (uint32_t)s->extras; }

/* Rows of `to` that a step reads or writes. */
static inline int32_t rig_step_rows(const rig_step *s)
{
    return s->kind == RIG_ACTIVATE && rig_is_gated((rig_activation)s->activation) ? 2 * s->rows : s->rows;
}

#endif
