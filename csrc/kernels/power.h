/* Part of body.h: powers of two, of which every exponential is made. */

/* Several vectors go through the steps side by side: one alone would wait for each step's result, and the processor does not
   look far enough ahead to find the next one's work. */
#define EACH UNROLL for (uint32_t v = 0; v < n; ++v)

/* Powers go from 2^-40 to 2^40: further out no tanh and no sigmoid moves, and three of them multiplied are finite. */
#define LIMIT 40.0f

/* 2^f is TERM[0] + TERM[1] f + TERM[2] f^2 ..., fitted for the least relative error, within 1e-7 with what rounding adds. */
#if LANES == 16
#define TERMS 6 /* for 0 <= f < 1 */
static const float TERM[TERMS] = {1.0f, 0.6931513f, 0.24016445f, 0.055799913f, 0.00901703f, 0.0018671302f};
#elif LANES == 8
#define TERMS 4 /* for |f| <= 1/16 */
static const float TERM[TERMS] = {1.0f, 0.69314721f, 0.24025763f, 0.05549622f};
#else
#define TERMS 6 /* for |f| <= 1/2 */
static const float TERM[TERMS] = {1.0f, 0.693147f, 0.24022242f, 0.055507336f, 0.009671513f, 0.0013264727f};
#endif

/* x is f and the rest; whole is 2 to the power of the rest. */
#if LANES == 16
INLINE void take_apart(const vec *x, vec *f, vec *whole, const uint32_t n)
{
    const vec one = splat(1.0f), most = splat(LIMIT);
    EACH f[v] = _mm512_reduce_ps(x[v], 9); /* what is above the next lower whole number */
    EACH whole[v] = _mm512_scalef_ps(one, LEAST(most, x[v]));
}
#elif LANES == 8
/* The rest counts eighths: 2^(k/8) comes out of a register, which takes none of the time of multiply-adds. */
INLINE void take_apart(const vec *x, vec *f, vec *whole, const uint32_t n)
{
    const vec magic = splat(1572864.0f); /* 1.5 * 2^20: adding it rounds to eighths */
    /* less what k, once shifted, adds to the exponent */
    const ivec table = {0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7, 0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7};
    EACH whole[v] = x[v] + magic;
    EACH f[v] = x[v] - (whole[v] - magic);
    EACH whole[v] = MOST(magic - LIMIT, LEAST(magic + LIMIT, whole[v]));
    EACH whole[v] = (vec)((ivec)_mm256_permutevar8x32_ps((vec)table, (__m256i)whole[v]) + ((ivec)whole[v] << 20));
}
#else
INLINE void take_apart(const vec *x, vec *f, vec *whole, const uint32_t n)
{
    const vec magic = splat(12582912.0f); /* 1.5 * 2^23: adding it rounds to a whole number */
    EACH whole[v] = x[v] + magic;
    EACH f[v] = x[v] - (whole[v] - magic);
    EACH whole[v] = (vec)(((ivec)MOST(magic - LIMIT, LEAST(magic + LIMIT, whole[v])) << 23) + (127 << 23));
}
#endif

/* What counts more: few operations, or how soon the result is there. */
typedef enum { CHEAPLY, SOON, SOONEST } pace;

/* 2^x = part * whole for |x| < 1e15, and NaN stays NaN. `part` is a polynomial; `whole`, ready before it unless cheaply made,
   goes into the multiply-add that follows. */
INLINE void powers(const vec *x, vec *part, vec *whole, const uint32_t n, const pace pace)
{
    vec f[16];
    take_apart(x, f, whole, n);
    if (pace == SOONEST) {
        vec low[16];
        EACH low[v] = TERM[1] * f[v] + TERM[0];
        EACH part[v] = TERM[3] * f[v] + TERM[2];
#if TERMS == 6
        vec high[16];
        EACH high[v] = TERM[5] * f[v] + TERM[4];
        EACH f[v] *= f[v];
        EACH part[v] = high[v] * f[v] + part[v];
#else
        EACH f[v] *= f[v];
#endif
        EACH part[v] = part[v] * f[v] + low[v];
        return;
    }
    EACH part[v] = splat(TERM[TERMS - 1]);
    UNROLL for (int k = TERMS - 2; k >= 0; --k) EACH part[v] = part[v] * f[v] + TERM[k];
#if LANES == 16
    if (pace == CHEAPLY) {
        EACH part[v] = _mm512_scalef_ps(part[v], LEAST(splat(LIMIT), x[v]));
        EACH whole[v] = splat(1.0f);
    }
#endif
}
