/* Part of body.h: what stands between convolutions, and what a layer adds to the head. */

INLINE vec magnitude(vec x) { return (vec)((ivec)x & 0x7fffffff); }

/* x holds n vectors of a row and, when gated, behind them those of the row that gates it. The gates come first: fewer vectors
   are wanted at once. */
INLINE void act(const rig_activation activation, vec *x, const uint32_t n)
{
    vec part[ACTIVE], whole[ACTIVE], over[ACTIVE];
    switch (activation) {
    case RIG_SOFTSIGN:
        EACH x[v] *= INVERSE(1.0f + magnitude(x[v]));
        break;
    case RIG_SOFTGATED:
        EACH over[v] = INVERSE((1.0f + magnitude(x[v])) * (1.0f + magnitude(x[v + n])));
        EACH x[v] *= x[v + n] * over[v];
        break;
    case RIG_SIGMOID:
        powers(x, part, whole, n, SOON);
        EACH x[v] = INVERSE(part[v] * whole[v] + 1.0f);
        break;
    case RIG_TANH:
        powers(x, part, whole, n, SOON);
        EACH over[v] = INVERSE(part[v] * whole[v] + 1.0f);
        EACH x[v] = (part[v] * whole[v] - 1.0f) * over[v];
        break;
    case RIG_GATED:
        powers(x + n, part, whole, n, CHEAPLY);
        EACH x[v + n] = part[v] * whole[v];
        powers(x, part, whole, n, CHEAPLY);
        EACH over[v] = part[v] * whole[v] + 1.0f;
        EACH over[v] = INVERSE(over[v] * x[v + n] + over[v]);
        EACH x[v] = (part[v] * whole[v] - 1.0f) * over[v];
        break;
    default: break;
    }
}

/* What activate() was called with, or what is left of it; the activation and the head's kind beside it are known to the
   compiler. */
typedef struct {
    uint32_t channels;
    const float *slopes;
    rig_rows rows;
    size_t gates; /* behind the rows that they gate */
    rig_head head;
} acting;

/* `vectors` of time of each of the next `rows` channels, side by side, in place; `sum` takes their share of a head that is one
   row. */
INLINE void act_tile(const rig_activation activation, const rig_head_kind head, acting *a, vec *sum, const uint32_t rows,
                     const uint32_t vectors)
{
    const uint32_t n = rows * vectors;
    float *row = a->rows.at, *out = a->head.out.at;
    vec x[2 * ACTIVE];
#define PLACE(rows) ((v / vectors) * (rows).stride + v % vectors * LANES)
    EACH x[v] = load(row + PLACE(a->rows));
    if (rig_is_gated(activation)) EACH x[n + v] = load(row + a->gates + PLACE(a->rows));
    if (activation == RIG_LEAKY) EACH x[v] = MOST(a->slopes[v / vectors] * x[v], x[v]);
    else act(activation, x, n);
    EACH store(row + PLACE(a->rows), x[v]);
    if (head == RIG_DOT) EACH sum[v % vectors] += a->head.weights[v / vectors] * x[v];
    if (head == RIG_SUM) EACH store(out + PLACE(a->head.out), load(out + PLACE(a->head.out)) + x[v]);
#undef PLACE
    a->channels -= rows;
    a->rows.at += rows * a->rows.stride; /* pointers that move: a multiplication for each would hold up the next rows' loads */
    if (activation == RIG_LEAKY) a->slopes += rows;
    if (head == RIG_DOT) a->head.weights += rows;
    if (head == RIG_SUM) a->head.out.at += rows * a->head.out.stride;
}

/* `vectors` of time of all channels, from frame `at` on. */
INLINE void act_along(const rig_activation activation, const rig_head_kind head, acting a, uint32_t at, const uint32_t vectors)
{
    vec sum[ACTIVE];
    float *out = head == RIG_NO_HEAD ? NULL : a.head.out.at + at;
    a.rows.at += at;
    a.head.out.at = out;
    if (head == RIG_DOT) UNROLL for (uint32_t v = 0; v < vectors; ++v) sum[v] = load(out + v * LANES);
    while (a.channels >= ACTIVE / vectors) act_tile(activation, head, &a, sum, ACTIVE / vectors, vectors);
    while (a.channels) act_tile(activation, head, &a, sum, 1, vectors);
    if (head == RIG_DOT) UNROLL for (uint32_t v = 0; v < vectors; ++v) store(out + v * LANES, sum[v]);
}

INLINE void act_rows(const rig_activation activation, const rig_head_kind head, const acting *a, uint32_t frames)
{
    uint32_t i = 0;
    for (; i + 4 * LANES <= frames; i += 4 * LANES) act_along(activation, head, *a, i, 4);
    for (; i < frames; i += LANES) act_along(activation, head, *a, i, 1);
}

INLINE void act_with(const rig_activation activation, const acting *a, uint32_t frames)
{
    if (a->head.kind == RIG_DOT) act_rows(activation, RIG_DOT, a, frames);
    else if (a->head.kind == RIG_SUM) act_rows(activation, RIG_SUM, a, frames);
    else act_rows(activation, RIG_NO_HEAD, a, frames);
}

static void activate(rig_activation activation, uint32_t channels, const float *slopes, rig_rows rows, const rig_head *head,
                     uint32_t frames)
{
    const acting a = {channels, slopes, rows, channels * rows.stride, *head};
    switch (activation) {
    case RIG_TANH: act_with(RIG_TANH, &a, frames); break;
    case RIG_SIGMOID: act_with(RIG_SIGMOID, &a, frames); break;
    case RIG_SOFTSIGN: act_with(RIG_SOFTSIGN, &a, frames); break;
    case RIG_LEAKY: act_with(RIG_LEAKY, &a, frames); break;
    case RIG_GATED: act_with(RIG_GATED, &a, frames); break;
    case RIG_SOFTGATED: act_with(RIG_SOFTGATED, &a, frames); break;
    default: act_with(RIG_LINEAR, &a, frames); break;
    }
}
