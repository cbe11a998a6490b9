#include "program.h"

#define HEADER 6
#define FIELDS (sizeof(rig_step) / sizeof(int32_t))
#define MOST (1 << 20) /* of anything: no network comes near, and products of two fit into 64 bits */

static int within(int64_t value, int64_t least, int64_t most) { return value >= least && value <= most; }

/* Whether rows [first, first + n) of a buffer are there. */
static int rows_there(const rig_program *p, int32_t buffer, int32_t first, int32_t n)
{
    return within(buffer, 0, (int64_t)p->n_buffers - 1) && within(first, 0, MOST) && within(n, 1, MOST) &&
           (int64_t)first + n <= p->buffers[buffer].rows;
}

static int none_or_there(const rig_program *p, int32_t buffer, int32_t n) { return buffer == RIG_NONE || rows_there(p, buffer, 0, n); }

static int conv_fits(const rig_program *p, const rig_step *s, const rig_array *a)
{
    if (!within(s->taps, 1, MOST) || !within(s->dilation, 1, MOST) || !rows_there(p, s->from, 0, s->ins)) return 0;
    if ((int64_t)(s->taps - 1) * s->dilation > p->buffers[s->from].lookback) return 0;
    if (s->extra == RIG_NONE ? s->extras != 0 : !rows_there(p, s->extra, 0, s->extras)) return 0;
    if (s->to == s->from || s->to == s->extra || !none_or_there(p, s->add, s->rows)) return 0;
    const uint64_t inputs = (uint64_t)s->taps * (uint64_t)s->ins + (uint64_t)s->extras;
    return inputs <= MOST && a[0].count == inputs * (uint64_t)s->rows && a[1].count == (size_t)s->rows && s->to_row == 0;
}

static int activation_fits(const rig_program *p, const rig_step *s, const rig_array *a)
{
    if (!within(s->activation, 0, RIG_ACTIVATIONS - 1) || !within(s->how, 0, RIG_HEADS - 1) || s->to_row != 0) return 0;
    if (a[0].count != (s->activation == RIG_LEAKY ? (size_t)s->rows : 0)) return 0;
    if (a[1].count != (s->how == RIG_DOT ? (size_t)s->rows : 0)) return 0;
    return s->how == RIG_NO_HEAD || (s->head != s->to && rows_there(p, s->head, 0, s->how == RIG_DOT ? 1 : s->rows));
}

static int step_fits(const rig_program *p, const rig_step *s, const rig_array *a)
{
    if (!within(s->rows, 1, MOST) || !rows_there(p, s->to, s->to_row, rig_step_rows(s))) return 0;
    switch (s->kind) {
    case RIG_CONV: return conv_fits(p, s, a);
    case RIG_ACTIVATE: return activation_fits(p, s, a);
    case RIG_BEND:
        return within(s->activation, 0, RIG_CURVES - 1) &&
               a[0].count == (size_t)s->rows * rig_curve_params((rig_curve)s->activation);
    case RIG_SCALE: return within(s->how, 0, 1) && rows_there(p, s->from, s->from_row, s->rows * (s->how + 1));
    case RIG_FADE: return rows_there(p, s->from, s->from_row, s->rows) && rows_there(p, s->extra, s->extra_row, s->rows);
    case RIG_ADD: return rows_there(p, s->from, s->from_row, s->rows) && none_or_there(p, s->add, s->rows);
    case RIG_FILL: return a[0].count == (size_t)s->rows;
    default: return 0;
    }
}

int rig_program_read(rig_program *p, const rig_setup *setup)
{
    const int32_t *ints = setup->ints;
    if (setup->n_ints < HEADER) return 0;
    for (int i = 0; i < HEADER; ++i)
        if (!within(ints[i], 0, MOST)) return 0;
    *p = (rig_program){(uint32_t)ints[0], (uint32_t)ints[1], (uint32_t)ints[2], (uint32_t)ints[3],
                       (uint32_t)ints[4], (uint32_t)ints[5], (const rig_store *)(ints + HEADER), NULL};
    if (p->n_buffers < 1 || setup->n_ints != HEADER + 2 * (uint64_t)p->n_buffers + FIELDS * (uint64_t)p->n_steps) return 0;
    p->steps = (const rig_step *)(ints + HEADER + 2 * p->n_buffers);
    for (uint32_t b = 0; b < p->n_buffers; ++b)
        if (!within(p->buffers[b].rows, 1, MOST) || !within(p->buffers[b].lookback, 0, MOST)) return 0;
    if (p->signals < 1 || p->ones > 1 || p->output >= p->n_buffers) return 0;
    if (p->buffers[0].rows != (int64_t)p->signals + p->ones) return 0;
    const rig_array *array = setup->arrays, *end = array + setup->n_arrays;
    for (const rig_step *s = p->steps; s < p->steps + p->n_steps; ++s) {
        if (!within(s->kind, 0, RIG_STEPS - 1) || rig_step_arrays(s) > end - array || !step_fits(p, s, array)) return 0;
        array += rig_step_arrays(s);
    }
    return array == end;
}

static int hears(const rig_step *s, int32_t buffer)
{
    if (s->kind == RIG_CONV) return s->from == buffer || s->extra == buffer || s->add == buffer;
    if (s->kind == RIG_ADD) return s->to == buffer || s->from == buffer || s->add == buffer;
    if (s->kind == RIG_SCALE || s->kind == RIG_FADE) return s->to == buffer || s->from == buffer || s->extra == buffer;
    return s->to == buffer || (s->kind == RIG_ACTIVATE && s->head == buffer); /* FILL may leave rows as they are */
}

int rig_program_joins(const rig_program *p, uint32_t first)
{
    if (first + 3 > p->n_steps) return 0;
    const rig_step *conv = p->steps + first, *act = conv + 1, *mix = conv + 2;
    const int32_t between = conv->to, head = act->how == RIG_NO_HEAD ? RIG_NONE : act->head, to = mix->to;
    if (conv->kind != RIG_CONV || act->kind != RIG_ACTIVATE || mix->kind != RIG_CONV) return 0;
    if (conv->add != RIG_NONE || act->to != between || rig_step_rows(act) != conv->rows) return 0;
    if (mix->from != between || mix->taps != 1 || mix->ins != act->rows || mix->extra != RIG_NONE) return 0;
    /* One tile of frames goes all the way before the next one begins. */
    if (to == conv->from || to == conv->extra || to == head || to == mix->add || mix->add == between) return 0;
    if (head != RIG_NONE && (head == conv->from || head == conv->extra || head == mix->add)) return 0;
    if (p->buffers[between].lookback || p->output == (uint32_t)between) return 0;
    for (uint32_t i = 0; i < p->n_steps; ++i) {
        const rig_step *next = p->steps + (first + 3 + i) % p->n_steps;
        if (hears(next, between)) return 0;
        if (next->kind == RIG_CONV && next->to == between && next->rows >= conv->rows) break;
    }
    return 1;
}
