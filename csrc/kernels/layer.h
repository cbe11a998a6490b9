/* Part of body.h: a narrow layer in one go. All rows of its convolution stand in one tile's registers, and there they stay
   until what becomes of them is known. */

/* The activation of n vectors of sums, counted row by row from `first` on, and of those of the gates behind them. */
INLINE void act_on_sums(const rig_activation activation, vec sum[16][16], const uint32_t first, const uint32_t channels,
                        const uint32_t vectors, const uint32_t n)
{
    vec x[2 * ACTIVE];
    EACH x[v] = sum[(first + v) / vectors][(first + v) % vectors];
    if (rig_is_gated(activation)) EACH x[n + v] = sum[channels + (first + v) / vectors][(first + v) % vectors];
    act(activation, x, n);
    EACH sum[(first + v) / vectors][(first + v) % vectors] = x[v];
}

INLINE void act_on_tile(const rig_onward *o, const rig_activation activation, vec sum[16][16], const uint32_t channels,
                        const uint32_t vectors)
{
    const uint32_t all = channels * vectors, n = all % ACTIVE ? ACTIVE / 2 : ACTIVE, whole = all / n * n;
    if (activation == RIG_LEAKY) {
        UNROLL for (uint32_t r = 0; r < channels; ++r)
            UNROLL for (uint32_t v = 0; v < vectors; ++v) sum[r][v] = MOST(o->slopes[r] * sum[r][v], sum[r][v]);
        return;
    }
    UNROLL for (uint32_t i = 0; i < whole; i += n) act_on_sums(activation, sum, i, channels, vectors, n);
    UNROLL for (uint32_t i = whole; i < all; ++i) act_on_sums(activation, sum, i, channels, vectors, 1);
}

INLINE void share_of_head(const rig_head *head, vec sum[16][16], uint32_t at, const uint32_t channels, const uint32_t vectors)
{
    float *out = head->out.at + at;
    if (head->kind == RIG_DOT)
        UNROLL for (uint32_t v = 0; v < vectors; ++v) {
            vec y = load(out + v * LANES);
            UNROLL for (uint32_t r = 0; r < channels; ++r) y += head->weights[r] * sum[r][v];
            store(out + v * LANES, y);
        }
    if (head->kind == RIG_SUM)
        UNROLL for (uint32_t r = 0; r < channels; ++r, out += head->out.stride)
            UNROLL for (uint32_t v = 0; v < vectors; ++v) store(out + v * LANES, load(out + v * LANES) + sum[r][v]);
}

INLINE void lead_on(const rig_onward *o, vec sum[16][16], uint32_t at, const uint32_t channels, const uint32_t vectors)
{
    const float *w = o->weights, *add = o->add.at ? o->add.at + at : NULL;
    float *out = o->out.at + at;
    for (uint32_t i = 0; i < o->outs; ++i, w += channels, out += o->out.stride) {
        vec y[16];
        UNROLL for (uint32_t v = 0; v < vectors; ++v) y[v] = splat(o->bias[i]);
        if (add) {
            UNROLL for (uint32_t v = 0; v < vectors; ++v) y[v] += load(add + v * LANES);
            add += o->add.stride;
        }
        UNROLL for (uint32_t r = 0; r < channels; ++r)
            UNROLL for (uint32_t v = 0; v < vectors; ++v) y[v] += w[r] * sum[r][v];
        UNROLL for (uint32_t v = 0; v < vectors; ++v) store(out + v * LANES, y[v]);
    }
}

INLINE void layer_at(const tile *t, const rig_onward *o, uint32_t at, const rig_activation activation, const uint32_t rows,
                     const uint32_t vectors)
{
    const uint32_t channels = rig_is_gated(activation) ? rows / 2 : rows;
    vec sum[16][16];
    tile_sum(t, at, sum, rows, vectors);
    act_on_tile(o, activation, sum, channels, vectors);
    share_of_head(&o->head, sum, at, channels, vectors);
    lead_on(o, sum, at, channels, vectors);
}

INLINE void layer_run(const tile *t, const rig_onward *o, uint32_t frames, const rig_activation activation, const uint32_t rows,
                      const uint32_t vectors)
{
#define WORK(at, n) layer_at(t, o, at, activation, rows, n)
    ALONG(frames, vectors, WORK);
#undef WORK
}

INLINE void layer_with(const tile *t, const rig_onward *o, uint32_t frames, const rig_activation activation, uint32_t outs)
{
#define T(rows, vectors) \
    if (outs == rows && (rows % 2 == 0 || !rig_is_gated(activation))) layer_run(t, o, frames, activation, rows, vectors);
    TILES
#undef T
}

static int fits(rig_activation activation, uint32_t outs)
{
    const int even = outs % 2 == 0 || !rig_is_gated(activation);
    return tile_rows(outs) == outs && even && (activation == RIG_LEAKY || activation == RIG_TANH || activation == RIG_GATED);
}

static void layer(const rig_conv *c, const void *base, const int32_t *in, const rig_onward *o, uint32_t frames)
{
    const tile t = {base, in, in + c->ins, c->weights, c->bias, {NULL, 0}, {NULL, 0}};
    if (o->activation == RIG_LEAKY) layer_with(&t, o, frames, RIG_LEAKY, c->outs);
    else if (o->activation == RIG_TANH) layer_with(&t, o, frames, RIG_TANH, c->outs);
    else layer_with(&t, o, frames, RIG_GATED, c->outs);
}
