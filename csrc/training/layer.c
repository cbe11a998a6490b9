/* A gated layer for training: what PyTorch calls instead of thirty small operations. Offline only, never on the audio
   thread. The body is compiled for each instruction set, and the processor picks. */

#include <string.h>

#define ISA plain
#include "layers.h"
#undef ISA

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define MANY 1
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define ISA avx2
#include "layers.h"
#undef ISA
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
#define ISA avx512
#include "layers.h"
#undef ISA
#pragma GCC pop_options
#endif

typedef struct {
  void (*forward)(const rig_layer *, const float *, float *, float *, float *);
  void (*backward)(const rig_layer *, const rig_gradients *, const float *, const float *, const float *, const float *,
                   float *, float *);
} rig_layer_code;

#define CODE(isa) \
  { {forward_4_##isa, backward_4_##isa}, {forward_8_##isa, backward_8_##isa}, {forward_16_##isa, backward_16_##isa} }

static const rig_layer_code plain[3] = CODE(plain);
#ifdef MANY
static const rig_layer_code avx2[3] = CODE(avx2), avx512[3] = CODE(avx512);
#endif

static const rig_layer_code *code(long channels) {
  const rig_layer_code *best = plain;
#ifdef MANY
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) best = avx2;
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) best = avx512;
#endif
  return channels == 4 ? best : channels == 8 ? best + 1 : channels == 16 ? best + 2 : 0;
}

int rig_layer_channels(long channels) { return code(channels) != 0; }

void rig_layer_forward(long channels, const rig_layer *l, const float *x, float *gates, float *residual, float *skip) {
  code(channels)->forward(l, x, gates, residual, skip);
}

void rig_layer_backward(long channels, const rig_layer *l, const rig_gradients *g, const float *x, const float *gates,
                        const float *d_residual, const float *d_skip, float *d_gates, float *d_x) {
  code(channels)->backward(l, g, x, gates, d_residual, d_skip, d_gates, d_x);
}
