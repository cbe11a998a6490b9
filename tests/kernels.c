/* The kernels against the reference, as a plain program: for machines that Python does not run on here.
   Prints each instruction set with its largest errors, and how many networks a block's size changed; ends with 1 where one is too
   large, or any was changed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/net.h"
#include "network/program.h"
#include "network/kernels/isa.h"
#include "rack/rack.h"

extern const rig_engine rig_engine_model, rig_engine_model_reference, rig_engine_cab;

#define FRAMES 700
static unsigned seed = 1;

static float noise(float scale)
{
    seed = seed * 1664525u + 1013904223u;
    return scale * ((float)(seed >> 8) / 8388608.0f - 1.0f);
}

static rig_array weights(size_t count, float scale)
{
    float *data = malloc(count * sizeof(float));
    for (size_t i = 0; i < count; ++i) data[i] = noise(scale);
    return (rig_array){data, count};
}

/* The engine's answer to a signal, in blocks of so many frames, or of all sizes: 0. */
static void run_by(const rig_engine *engine, const rig_setup *setup, uint32_t block, const float *x, float *y)
{
    uint32_t which;
    const char *why;
    const rig_mount mount = {.gain_in = 1.0f, .gain_out = 1.0f};
    rig_chain *chain = rig_chain_new(1, &engine, setup, &mount, 1, &which, &why);
    if (!chain) {
        printf("%s: %s\n", engine->name, why);
        exit(1);
    }
    memcpy(y, x, FRAMES * sizeof(float));
    for (uint32_t at = 0, size = 1, n; at < FRAMES; at += n, size = size % 64 + 1) {
        n = block ? block : size;
        if (n > FRAMES - at) n = FRAMES - at;
        rig_chain_process(chain, y + at, NULL, x + at, n, 0.0);
    }
    rig_chain_free(chain);
}

static unsigned unlike; /* engines whose answer hung on the size of a block */

static void run(const rig_engine *engine, const rig_setup *setup, const float *x, float *y)
{
    static float whole[FRAMES];
    run_by(engine, setup, 64, x, whole);
    run_by(engine, setup, 0, x, y);
    unlike += memcmp(whole, y, sizeof whole) != 0;
}

static float worst(const float *a, const float *b)
{
    float most = 0.0f;
    for (int i = 0; i < FRAMES; ++i) most = fmaxf(most, fabsf(a[i] - b[i]));
    return most;
}

/* A network with a step of every kind that kernels have a part in. Buffers: input, two rings, the activation's rows, output. */
static float wavenet_error(int32_t activation, int32_t curve, int32_t channels, int32_t taps)
{
    enum { IN, FIRST, SECOND, WIDE, OUT, BUFFERS, DILATION = 37, STEPS = 6 };
    const int32_t past = (taps - 1) * DILATION, wide = channels << rig_is_gated((rig_activation)activation);
    const float fan = 1.0f / sqrtf((float)(channels * taps));
    const rig_step steps[STEPS] = {
        {.kind = RIG_FILL, .to = OUT, .rows = 1},
        {.kind = RIG_CONV, .to = FIRST, .rows = channels, .from = IN, .ins = 1, .extra = RIG_NONE, .add = RIG_NONE, .taps = 1, .dilation = 1},
        {.kind = RIG_CONV, .to = WIDE, .rows = wide, .from = FIRST, .ins = channels, .extra = IN, .extras = 1, .add = RIG_NONE,
         .taps = taps, .dilation = DILATION},
        {.kind = RIG_ACTIVATE, .to = WIDE, .rows = channels, .activation = activation, .head = OUT, .how = RIG_DOT},
        {.kind = RIG_CONV, .to = SECOND, .rows = channels, .from = WIDE, .ins = channels, .extra = RIG_NONE, .add = FIRST, .taps = 1, .dilation = 1},
        {.kind = RIG_BEND, .to = SECOND, .rows = channels, .activation = curve},
    };
    const rig_step last = {.kind = RIG_CONV, .to = OUT, .rows = 1, .from = SECOND, .ins = channels, .extra = RIG_NONE, .add = OUT,
                           .taps = taps, .dilation = DILATION};
    int32_t ints[8 + 2 * BUFFERS + 16 * (STEPS + 1)] = {RIG_FEEDFORWARD, 1, 2 * past, 1, 0, OUT, BUFFERS, STEPS + 1,
                                                        1, 0, channels, past, channels, past, wide, 0, 1, 0};
    memcpy(ints + 8 + 2 * BUFFERS, steps, sizeof steps);
    memcpy(ints + 8 + 2 * BUFFERS + 16 * STEPS, &last, sizeof last);
    const size_t c = (size_t)channels, w = (size_t)wide, t = (size_t)taps;
    rig_array arrays[] = {weights(1, 0.1f), weights(c, 1), weights(c, 0.1f), weights((t * c + 1) * w, fan), weights(w, 0.1f),
                          weights(activation == RIG_LEAKY ? c : 0, 0.5f), weights(c, fan), weights(c * c, 0.5f * fan), weights(c, 0.1f),
                          weights(rig_curve_params((rig_curve)curve) * c, 0.5f), weights(t * c, fan), weights(1, 0.1f)};
    for (size_t i = 0; curve == RIG_CURVE_CLIP && i < 2 * c; ++i) /* what is low is lower than what is high */
        ((float *)arrays[9].data)[i] = copysignf(arrays[9].data[i], i < c ? -1.0f : 1.0f);
    const uint32_t n_arrays = sizeof arrays / sizeof *arrays;
    const float params[RIG_PARAMS] = {0};
    const rig_setup setup = {48000, params, arrays, n_arrays, ints, sizeof ints / sizeof *ints};
    static float x[FRAMES], fast[FRAMES], right[FRAMES];
    for (int i = 0; i < FRAMES; ++i) x[i] = noise(0.5f);
    run(&rig_engine_model, &setup, x, fast);
    run(&rig_engine_model_reference, &setup, x, right);
    for (uint32_t i = 0; i < n_arrays; ++i) free((float *)arrays[i].data);
    return worst(fast, right);
}

static float cab_error(size_t taps)
{
    rig_array h = weights(taps, 1.0f / sqrtf((float)taps));
    float params[RIG_PARAMS];
    for (uint32_t i = 0; i < rig_engine_cab.n_params; ++i) params[i] = rig_engine_cab.params[i].initial;
    const rig_setup setup = {48000, params, &h, 1, NULL, 0};
    static float x[FRAMES], fast[FRAMES], right[FRAMES];
    for (int i = 0; i < FRAMES; ++i) x[i] = noise(0.5f);
    for (int i = 0; i < FRAMES; ++i) {
        double sum = 0.0;
        for (int k = 0; k < (int)taps && k <= i; ++k) sum += (double)h.data[k] * x[i - k];
        right[i] = (float)sum;
    }
    run(&rig_engine_cab, &setup, x, fast);
    free((float *)h.data);
    return worst(fast, right);
}

static double sigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }

/* One gate's sum: column `at` of both matrices, each `wide`. */
static double heard(const rig_array *a, size_t wide, size_t at, size_t ins, const double *x)
{
    double sum = 0.0;
    for (size_t i = 0; i < ins; ++i) sum += a->data[i * wide + at] * x[i];
    return sum;
}

/* A frame of an LSTM, or of a GRU, in its arrays' order; see csrc/network/sequence.h. h: its units before and after. */
static void cells(int gru, const rig_array *a, size_t ins, size_t units, const double *x, double *h, double *c)
{
    const size_t wide = units * (gru ? 3 : 4);
    double before[64];
    memcpy(before, h, units * sizeof(double));
    for (size_t u = 0; u < units; ++u) {
        double in[4], back[4];
        for (size_t g = 0; g < wide / units; ++g) {
            in[g] = a[2].data[g * units + u] + heard(&a[0], wide, g * units + u, ins, x);
            back[g] = heard(&a[1], wide, g * units + u, units, before) + (gru ? a[3].data[g * units + u] : 0.0f);
        }
        if (gru) {
            const double z = sigmoid(in[0] + back[0]), n = tanh(in[2] + sigmoid(in[1] + back[1]) * back[2]);
            h[u] = z * before[u] + (1.0 - z) * n;
        } else {
            c[u] = sigmoid(in[1] + back[1]) * c[u] + sigmoid(in[0] + back[0]) * tanh(in[2] + back[2]);
            h[u] = sigmoid(in[3] + back[3]) * tanh(c[u]);
        }
    }
}

/* Two recurrent layers and a dense one. */
static float recurrent_error(int gru, int32_t units)
{
    const size_t n = (size_t)units, wide = n * (gru ? 3 : 4);
    const int32_t ints[] = {RIG_RECURRENT_NET, 1, 1, 1, 3, gru, 1, units, 1, 1, 0, gru, units, units, 1, 1, 0, 2, units, 1, 1, 1, 0};
    const float scale = 0.6f / sqrtf((float)units), params[RIG_PARAMS] = {0.0f};
    rig_array arrays[14] = {{(const float[]){0.0f, 1.0f, 1.0f}, 3}};
    for (int l = 0; l < 2; ++l) {
        rig_array *a = &arrays[1 + 5 * l];
        a[0] = weights((l ? n : 1) * wide, l ? scale : 1.0f), a[1] = weights(n * wide, scale), a[2] = weights(wide, 0.2f);
        a[3] = weights(gru ? wide : n, 0.2f), a[4] = weights(n, 0.2f);
    }
    arrays[11] = weights(n, scale), arrays[12] = weights(1, 0.1f), arrays[13] = weights(0, 0.0f);
    const rig_setup setup = {2000, params, arrays, 14, ints, 23};
    static float x[FRAMES], fast[FRAMES], right[FRAMES];
    double h[2][64], c[2][64];
    for (int l = 0; l < 2; ++l)
        for (size_t u = 0; u < n; ++u) {
            h[l][u] = arrays[1 + 5 * l + (gru ? 4 : 3)].data[u];
            c[l][u] = arrays[1 + 5 * l + 4].data[u];
        }
    for (int i = 0; i < FRAMES; ++i) {
        const double in = x[i] = noise(0.5f);
        cells(gru, &arrays[1], 1, n, &in, h[0], c[0]);
        cells(gru, &arrays[6], n, n, h[0], h[1], c[1]);
        right[i] = (float)(arrays[12].data[0] + heard(&arrays[11], 1, 0, n, h[1]));
    }
    run(&rig_engine_model, &setup, x, fast);
    for (int i = 1; i < 14; ++i) free((float *)arrays[i].data);
    return worst(fast, right);
}

/* All of it on one instruction set; returns whether it is right. */
static int right(const char *isa)
{
    float wavenet = 0.0f, cab = 0.0f, recurrent = 0.0f;
    rig_isa_use(isa);
    seed = 1, unlike = 0;
    for (int32_t activation = 0; activation < RIG_ACTIVATIONS; ++activation)
        for (int32_t channels = 1; channels <= 33; channels = channels * 2 + 1)
            for (int32_t taps = 1; taps <= 3; ++taps)
                wavenet = fmaxf(wavenet, wavenet_error(activation, (activation + channels + taps) % RIG_CURVES, channels, taps));
    for (size_t taps = 1; taps < 4000; taps = taps * 3 + 1) cab = fmaxf(cab, cab_error(taps));
    for (int32_t units = 1; units <= 40; units += 1 + units / 2)
        recurrent = fmaxf(recurrent, fmaxf(recurrent_error(0, units), recurrent_error(1, units)));
    printf("%s wavenet %.2g cab %.2g recurrent %.2g, unlike in blocks of other sizes: %u\n", isa, wavenet, cab, recurrent, unlike);
    return wavenet < 2e-6f && cab < 2e-6f && recurrent < 2e-6f && !unlike;
}

int main(void)
{
    int all = 1;
    const char *isa;
    for (uint32_t i = 0; (isa = rig_isa_name(i)); ++i) all &= right(isa);
    return !all;
}
