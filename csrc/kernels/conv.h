/* Part of body.h: convolutions. a tile of sums is held in registers. */

/* Rows that the next tile takes of those that are left: as many as one takes, if no narrow one has to take the rest. */
INLINE uint32_t tile_rows(uint32_t left)
{
#define T(rows, vectors) if (left == rows || left >= rows + NARROW) return rows;
    TILES
#undef T
#define T(rows, vectors) if (left >= rows) return rows;
    TILES
#undef T
    return 0;
}

static void pack(const float *weights, uint32_t ins, uint32_t outs, float *packed)
{
    for (uint32_t first = 0, rows; first < outs; first += rows) {
        rows = tile_rows(outs - first);
        for (uint32_t i = 0; i < ins; ++i)
            for (uint32_t o = first; o < first + rows; ++o) *packed++ = weights[(size_t)i * outs + o];
    }
}

/* What a tile works on: its rows of the weights, the bias and the output. */
typedef struct {
    const char *base;
    const int32_t *in, *end;
    const float *weights, *bias;
    rig_rows add, out;
} tile;

/* rows x vectors of the output, from frame `at` on. All of the arithmetic of a WaveNet happens here. */
INLINE void tile_sum(const tile *t, uint32_t at, vec sum[16][16], const uint32_t rows, const uint32_t vectors)
{
    UNROLL for (uint32_t r = 0; r < rows; ++r)
        UNROLL for (uint32_t v = 0; v < vectors; ++v) {
            sum[r][v] = splat(t->bias[r]);
            if (t->add.at) sum[r][v] += load(t->add.at + r * t->add.stride + at + v * LANES);
        }
    const float *w = t->weights;
    const char *base = t->base + at * sizeof(float);
    __asm__("" : "+r"(base)); /* one register: GCC adds base and at for each of the ins, and has no time to */
    DEEPER for (const int32_t *in = t->in; in < t->end; ++in, w += rows) {
        const float *x = (const float *)(base + *in);
        vec some[16]; /* of the frames or of the weights, whichever take fewer registers; AVX-512's weights take none */
        if (vectors <= rows || LANES == 16) {
            UNROLL for (uint32_t v = 0; v < vectors; ++v) some[v] = load(x + v * LANES);
            UNROLL for (uint32_t r = 0; r < rows; ++r)
                UNROLL for (uint32_t v = 0; v < vectors; ++v) sum[r][v] += w[r] * some[v];
        } else {
            UNROLL for (uint32_t r = 0; r < rows; ++r) some[r] = splat(w[r]);
            UNROLL for (uint32_t v = 0; v < vectors; ++v) {
                const vec frame = load(x + v * LANES);
                UNROLL for (uint32_t r = 0; r < rows; ++r) sum[r][v] += some[r] * frame;
            }
        }
    }
}

INLINE void tile_at(const tile *t, uint32_t at, const uint32_t rows, const uint32_t vectors)
{
    vec sum[16][16];
    tile_sum(t, at, sum, rows, vectors);
    UNROLL for (uint32_t r = 0; r < rows; ++r)
        UNROLL for (uint32_t v = 0; v < vectors; ++v) store(t->out.at + r * t->out.stride + at + v * LANES, sum[r][v]);
}

/* A block, tile after tile: work(at, vectors). */
#define ALONG(frames, vectors, work)                                                        \
    do {                                                                                    \
        uint32_t at_ = 0;                                                                   \
        for (; at_ + (vectors) * LANES <= (frames); at_ += (vectors) * LANES) work(at_, vectors);   \
        if ((vectors) > 2 && at_ + 2 * LANES <= (frames)) work(at_, 2), at_ += 2 * LANES;           \
        for (; at_ < (frames); at_ += LANES) work(at_, 1);                                  \
    } while (0)

INLINE void tile_run(const tile *t, uint32_t frames, const uint32_t rows, const uint32_t vectors)
{
#define WORK(at, n) tile_at(t, at, rows, n)
    ALONG(frames, vectors, WORK);
#undef WORK
}

#ifdef PAIR
/* Two tiles of PAIR rows by one vector at once: for blocks so short that there is no second vector. One tile alone would load a
   weight for each multiply-add, and a vector for every few. */
static __attribute__((noinline)) void pair_at(const tile *t)
{
    const size_t ins = (size_t)(t->end - t->in);
    const float *w = t->weights, *second = w + PAIR * ins;
    vec sum[2 * PAIR];
    UNROLL for (uint32_t r = 0; r < 2 * PAIR; ++r) {
        sum[r] = splat(t->bias[r]);
        if (t->add.at) sum[r] += load(t->add.at + r * t->add.stride);
    }
    for (const int32_t *in = t->in; in < t->end; ++in, w += PAIR, second += PAIR) {
        const vec frame = load((const float *)(t->base + *in));
        UNROLL for (uint32_t r = 0; r < PAIR; ++r) sum[r] += w[r] * frame;
        UNROLL for (uint32_t r = 0; r < PAIR; ++r) sum[PAIR + r] += second[r] * frame;
    }
    UNROLL for (uint32_t r = 0; r < 2 * PAIR; ++r) store(t->out.at + r * t->out.stride, sum[r]);
}
#endif

/* The next rows of those that are left; returns how many they were. */
INLINE uint32_t next_rows(const tile *t, uint32_t left, uint32_t frames)
{
#ifdef PAIR
    const int two = left >= 2 * PAIR && tile_rows(left) == PAIR && tile_rows(left - PAIR) == PAIR;
    if (two && frames <= LANES) return pair_at(t), 2 * PAIR;
#endif
    const uint32_t rows = tile_rows(left);
#define T(r, vectors) if (rows == r) tile_run(t, frames, r, vectors);
    TILES
#undef T
    return rows;
}

static void conv(const rig_conv *c, const void *base, const int32_t *in, rig_rows add, rig_rows out, uint32_t frames)
{
    tile t = {base, in, in + c->ins, c->weights, c->bias, add, out};
    for (uint32_t first = 0, rows; first < c->outs; first += rows) {
        rows = next_rows(&t, c->outs - first, frames);
        t.weights += (size_t)rows * c->ins;
        t.bias += rows;
        t.out.at += rows * out.stride;
        if (add.at) t.add.at += rows * add.stride;
    }
}
