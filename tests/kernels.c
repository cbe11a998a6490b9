/* The kernels against the reference, as a plain program: for machines that Python does not run on here.
   Prints the instruction set and the largest errors; ends with 1 when one is too large. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "rack.h"

extern const rig_engine rig_engine_wavenet, rig_engine_wavenet_reference, rig_engine_cab;

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

/* The engine's answer to a signal, in blocks of all sizes. */
static void run(const rig_engine *engine, const rig_setup *setup, const float *x, float *y)
{
    const char *why;
    rig_chain *chain = rig_chain_new(1, &engine, setup, &why);
    if (!chain) {
        printf("%s: %s\n", engine->name, why);
        exit(1);
    }
    memcpy(y, x, FRAMES * sizeof(float));
    for (uint32_t at = 0, n = 1; at < FRAMES; at += n, n = n % 64 + 1) {
        if (n > FRAMES - at) n = FRAMES - at;
        rig_chain_process(chain, y + at, x + at, n);
    }
    rig_chain_free(chain);
}

static float worst(const float *a, const float *b)
{
    float most = 0.0f;
    for (int i = 0; i < FRAMES; ++i) most = fmaxf(most, fabsf(a[i] - b[i]));
    return most;
}

static float wavenet_error(int32_t activation, int32_t channels, int32_t taps)
{
    static const int32_t dilations[] = {1, 2, 37, 8};
    const int32_t ints[] = {activation, channels, taps, 4, dilations[0], dilations[1], dilations[2], dilations[3]};
    const size_t c = (size_t)channels, wide = c << rig_is_gated((rig_activation)activation);
    rig_array arrays[20] = {weights(c, 1), weights(c, 0.1f)};
    for (int l = 0; l < 4; ++l) {
        const float scale = 1.0f / sqrtf((float)(channels * taps));
        arrays[2 + 4 * l] = weights((size_t)taps * c * wide, scale);
        arrays[3 + 4 * l] = weights(wide, 0.1f);
        arrays[4 + 4 * l] = weights(c * c, 0.3f / sqrtf((float)channels));
        arrays[5 + 4 * l] = weights(c, 0.1f);
    }
    arrays[18] = weights(4 * c, 0.5f / sqrtf((float)channels));
    arrays[19] = weights(1, 0.1f);
    const float level = 0.0f;
    const rig_setup setup = {48000, &level, arrays, 20, ints, 8};
    static float x[FRAMES], fast[FRAMES], right[FRAMES];
    for (int i = 0; i < FRAMES; ++i) x[i] = noise(0.5f);
    run(&rig_engine_wavenet, &setup, x, fast);
    run(&rig_engine_wavenet_reference, &setup, x, right);
    for (int i = 0; i < 20; ++i) free((float *)arrays[i].data);
    return worst(fast, right);
}

static float cab_error(size_t taps)
{
    rig_array h = weights(taps, 1.0f / sqrtf((float)taps));
    const float level = 0.0f;
    const rig_setup setup = {48000, &level, &h, 1, NULL, 0};
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

int main(void)
{
    float wavenet = 0.0f, cab = 0.0f;
    for (int32_t activation = 0; activation < RIG_ACTIVATIONS; ++activation)
        for (int32_t channels = 1; channels <= 33; channels = channels * 2 + 1)
            for (int32_t taps = 1; taps <= 3; ++taps) wavenet = fmaxf(wavenet, wavenet_error(activation, channels, taps));
    for (size_t taps = 1; taps < 1000; taps = taps * 3 + 1) cab = fmaxf(cab, cab_error(taps));
    printf("%s wavenet %.2g cab %.2g\n", rig_isa(), wavenet, cab);
    return !(wavenet < 2e-6f && cab < 2e-6f);
}
