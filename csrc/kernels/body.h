/* One set of kernels. Included once per instruction set, with these defined before:
   ISA      the name, which also ends the name of the table
   LANES    floats in a vector
   TILES    T(rows, vectors) for each tile of sums that is held in registers, the largest first. As many as there are
            registers for: each sum waits for its last multiply-add, so enough others must be under way.
   NARROW   tiles of fewer rows are slow: the others leave them nothing, where they can
   PAIR     rows of the tile of which two are taken at once where a block has but one vector; not defined: never
   DEEPER   a pragma that unrolls the innermost loop of a tile, where that pays
   ACTIVE   vectors, or pairs of gated ones, that go through an activation side by side; 4 or more
   LEAST, MOST  the smaller and the larger of two vectors: one instruction everywhere, but C has no word for it, and GCC
            makes four of a comparison and a choice, which costs a third of the activation's time
   INVERSE  1 / x within 1.5e-7 where a division is slow, or plainly 1 / x */

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));
typedef float loose __attribute__((vector_size(LANES * 4), aligned(4), may_alias)); /* as vec, anywhere in memory */

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

INLINE vec load(const float *p) { return *(const loose *)p; }
INLINE void store(float *p, vec v) { *(loose *)p = v; }
INLINE vec splat(float x) { return x - (vec){0}; }

#include "power.h"
#include "conv.h"
#include "activation.h"
#include "layer.h"
#include "curves.h"

/* Two taps at a time on two sets of sums: enough multiply-adds under way for any vector width. */
INLINE void fir_at(const float *h, uint32_t taps, const float *x, float *y, const uint32_t vectors)
{
    vec even[16] = {0}, odd[16] = {0};
    uint32_t k = 0;
    for (; k + 2 <= taps; k += 2)
        UNROLL for (uint32_t v = 0; v < vectors; ++v) {
            even[v] += h[k] * load(x + v * LANES - k);
            odd[v] += h[k + 1] * load(x + v * LANES - k - 1);
        }
    if (k < taps)
        UNROLL for (uint32_t v = 0; v < vectors; ++v) even[v] += h[k] * load(x + v * LANES - k);
    UNROLL for (uint32_t v = 0; v < vectors; ++v) store(y + v * LANES, even[v] + odd[v]);
}

static void fir(const float *h, uint32_t taps, const float *x, float *y, uint32_t frames)
{
    uint32_t at = 0;
    for (; at + 4 * LANES <= frames; at += 4 * LANES) fir_at(h, taps, x + at, y + at, 4);
    for (; at < frames; at += LANES) fir_at(h, taps, x + at, y + at, 1);
}

/* Multiply-adds on registers alone, as many as can be under way at once: what the machine could do at best. */
static double spin(uint32_t rounds, float factor, float term, float *sink)
{
    enum { UNDER_WAY = 12 };
    vec sum[UNDER_WAY];
    UNROLL for (int s = 0; s < UNDER_WAY; ++s) sum[s] = splat(term * (float)s); /* else they'd be one and the same */
    for (uint32_t i = 0; i < rounds; ++i)
        UNROLL for (int s = 0; s < UNDER_WAY; ++s) sum[s] = sum[s] * factor + term;
    vec all = {0};
    UNROLL for (int s = 0; s < UNDER_WAY; ++s) all += sum[s];
    *sink = all[0];
    return (double)rounds * UNDER_WAY * LANES;
}

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
const rig_kernels JOIN(rig_kernels_, ISA) = {TEXT(ISA), pack, conv, activate, fits, layer, bend, fir, spin};
