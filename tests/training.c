/* The stack that learns against the same in double precision, as a plain program: for machines that Python does not run on here,
   and for other compilers. Prints each instruction set with its largest error, and ends with 1 where one is too large. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/kernels/isa.h"
#include "training/gated_stack.h"

#define LAYERS 3
#define MOST_CHANNELS 24
#define MOST_ROWS 2200
static const uint32_t strides[LAYERS] = {1, 30, 4};
static const uint32_t channels_of[] = {1, 3, 4, 5, 6, 8, 10, 12, 16, 24};
static unsigned seed = 1;

static float noise(float scale)
{
    seed = seed * 1664525u + 1013904223u;
    return scale * ((float)(seed >> 8) / 8388608.0f - 1.0f);
}

/* Weights, or their gradients: the input's two, then five a layer, as rig_gated_stack wants them. */
typedef struct {
    size_t sizes[2 + 5 * LAYERS], total;
    float *at[2 + 5 * LAYERS];
    double *want[2 + 5 * LAYERS];
} tensors;

static tensors made(uint32_t c, uint32_t taps, int with_noise)
{
    tensors t = {.sizes = {c, c}};
    const size_t layer[5] = {2 * taps * c * c, 2 * c, c * c, c, c};
    for (int i = 0; i < 5 * LAYERS; ++i) t.sizes[2 + i] = layer[i % 5];
    for (int i = 0; i < 2 + 5 * LAYERS; ++i) {
        t.at[i] = malloc(t.sizes[i] * sizeof(float));
        t.want[i] = calloc(t.sizes[i], sizeof(double));
        for (size_t k = 0; k < t.sizes[i]; ++k) t.at[i][k] = with_noise ? noise(1.5f / sqrtf((float)(c * taps))) : 0.0f;
    }
    return t;
}

static void forget(tensors *t)
{
    for (int i = 0; i < 2 + 5 * LAYERS; ++i) free(t->at[i]), free(t->want[i]);
}

static double h[LAYERS + 1][MOST_ROWS][MOST_CHANNELS], d_h[LAYERS + 1][MOST_ROWS][MOST_CHANNELS];
static double gates[LAYERS][MOST_ROWS][2 * MOST_CHANNELS], d_z[2 * MOST_CHANNELS];

/* By the definition. out and d_out (wanted); d: the gradients, in `want`. */
static void reference(uint32_t c, uint32_t taps, uint32_t rows, uint32_t wanted, const float *x, const tensors *w, double *out,
                      const float *d_out, tensors *d)
{
    uint32_t made[LAYERS + 1] = {rows};
    memset(d_h, 0, sizeof d_h);
    memset(out, 0, wanted * sizeof *out);
    for (uint32_t r = 0; r < rows; ++r)
        for (uint32_t o = 0; o < c; ++o) h[0][r][o] = (double)w->at[0][o] * x[r] + w->at[1][o];
    for (uint32_t l = 0; l < LAYERS; ++l) {
        const uint32_t shift = (taps - 1) * strides[l];
        float *const *v = w->at + 2 + 5 * l;
        made[l + 1] = made[l] - shift;
        for (uint32_t r = 0; r < made[l + 1]; ++r) {
            double *g = gates[l][r];
            for (uint32_t half = 0; half < 2; ++half)
                for (uint32_t o = 0; o < c; ++o) {
                    double z = v[1][half * c + o];
                    for (uint32_t k = 0; k < taps; ++k)
                        for (uint32_t i = 0; i < c; ++i)
                            z += h[l][r + k * strides[l]][i] * v[0][((half * taps + k) * c + i) * c + o];
                    g[half * c + o] = half ? 1.0 / (1.0 + exp(-z)) : tanh(z);
                }
            for (uint32_t o = 0; o < c; ++o) {
                h[l + 1][r][o] = h[l][r + shift][o] + v[3][o];
                for (uint32_t i = 0; i < c; ++i) h[l + 1][r][o] += g[i] * g[c + i] * v[2][i * c + o];
                if (r + wanted >= made[l + 1]) out[r + wanted - made[l + 1]] += g[o] * g[c + o] * v[4][o];
            }
        }
    }
    for (uint32_t l = LAYERS; l-- > 0;) {
        const uint32_t shift = (taps - 1) * strides[l];
        float *const *v = w->at + 2 + 5 * l;
        double *const *to = d->want + 2 + 5 * l;
        for (uint32_t r = 0; r < made[l + 1]; ++r) {
            const double *g = gates[l][r], skip = r + wanted >= made[l + 1] ? d_out[r + wanted - made[l + 1]] : 0.0;
            for (uint32_t i = 0; i < c; ++i) {
                const double f = g[i], s = g[c + i];
                double da = skip * v[4][i];
                for (uint32_t o = 0; o < c; ++o) {
                    da += d_h[l + 1][r][o] * v[2][i * c + o];
                    to[2][i * c + o] += f * s * d_h[l + 1][r][o];
                }
                to[4][i] += f * s * skip;
                to[3][i] += d_h[l + 1][r][i];
                d_h[l][r + shift][i] += d_h[l + 1][r][i];
                d_z[i] = da * s * (1.0 - f * f);
                d_z[c + i] = da * f * s * (1.0 - s);
            }
            for (uint32_t half = 0; half < 2; ++half)
                for (uint32_t o = 0; o < c; ++o) {
                    to[1][half * c + o] += d_z[half * c + o];
                    for (uint32_t k = 0; k < taps; ++k)
                        for (uint32_t i = 0; i < c; ++i) {
                            const size_t at = ((half * taps + k) * c + i) * c + o;
                            to[0][at] += h[l][r + k * strides[l]][i] * d_z[half * c + o];
                            d_h[l][r + k * strides[l]][i] += v[0][at] * d_z[half * c + o];
                        }
                }
        }
    }
    for (uint32_t r = 0; r < rows; ++r)
        for (uint32_t o = 0; o < c; ++o) d->want[0][o] += d_h[0][r][o] * x[r], d->want[1][o] += d_h[0][r][o];
}

/* The largest difference, as a share of the largest number. */
static double error(const float *got, const double *want, size_t count)
{
    double most = 1e-12, worst = 0.0;
    for (size_t i = 0; i < count; ++i) {
        most = fmax(most, fabs(want[i]));
        worst = fmax(worst, fabs(got[i] - want[i]));
        if (isnan(got[i])) return NAN;
    }
    return worst / most;
}

static double one(uint32_t c, uint32_t taps, uint32_t rows, uint32_t threads)
{
    uint32_t wanted = rows;
    for (int i = 0; i < LAYERS; ++i) wanted -= (taps - 1) * strides[i];
    float x[MOST_ROWS], out[MOST_ROWS], d_out[MOST_ROWS];
    double want[MOST_ROWS];
    for (uint32_t i = 0; i < rows; ++i) x[i] = noise(1.0f), d_out[i] = noise(1.0f);
    tensors w = made(c, taps, 1), d = made(c, taps, 0);
    reference(c, taps, rows, wanted, x, &w, want, d_out, &d);
    const rig_gated_stack stack = {.inputs = 1, .channels = c, .taps = taps, .layers = LAYERS, .rows = rows, .wanted = wanted,
                                   .keep = 1, .threads = threads, .strides = strides, .input = w.at[0], .input_bias = w.at[1],
                                   .weights = (const float *const *)w.at + 2};
    float *room = malloc(rig_gated_room(&stack) * sizeof *room);
    double worst = INFINITY;
    if (rig_gated_forward(&stack, x, room, out) && rig_gated_backward(&stack, room, d_out, d.at[0], d.at[1], d.at + 2)) {
        worst = error(out, want, wanted);
        for (int i = 0; i < 2 + 5 * LAYERS; ++i) {
            const double found = error(d.at[i], d.want[i], d.sizes[i]);
            if (!(found <= worst)) worst = found;
        }
    }
    free(room);
    forget(&w);
    forget(&d);
    return worst;
}

int main(void)
{
    int bad = 0;
    const char *name;
    for (uint32_t isa = 0; (name = rig_isa_name(isa)); ++isa) {
        double worst = 0.0;
        rig_isa_use(name);
        seed = 1;
        for (size_t i = 0; i < sizeof channels_of / sizeof *channels_of; ++i)
            for (uint32_t taps = 2; taps <= 3; ++taps)
                for (uint32_t rows = 71; rows <= (channels_of[i] < 6 ? MOST_ROWS : 900); rows += 526) {
                    const double found = one(channels_of[i], taps, rows, 2); /* where there are rows enough for two */
                    if (!(found <= worst)) worst = found;
                }
        printf("%s %.1e\n", name, worst);
        bad |= !(worst < 1e-4); /* of a sum that nearly cancels itself, where there is one channel */
    }
    return bad;
}
