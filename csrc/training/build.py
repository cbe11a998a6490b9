"""Builds `rig.train._kernel`, the C that trains on a CPU four times as fast. Training works without it, slower."""

from __future__ import annotations

from cffi import FFI

CDEF = """
typedef struct {
  long rows, taps, stride;
  const float *kernel, *bias, *mix, *mix_bias, *output;
} rig_layer;
typedef struct { float *kernel, *bias, *mix, *mix_bias, *output; } rig_gradients;
int rig_layer_channels(long channels);
void rig_layer_forward(long channels, const rig_layer *l, const float *x, float *gates, float *residual, float *skip);
void rig_layer_backward(long channels, const rig_layer *l, const rig_gradients *g, const float *x, const float *gates,
                        const float *d_residual, const float *d_skip, float *d_gates, float *d_x);
"""

ffi = FFI()
ffi.cdef(CDEF)
ffi.set_source(
    "rig.train._kernel",
    CDEF.split("int rig_layer_channels")[0] + '#include "csrc/training/layer.c"\n',
    include_dirs=["."],
    extra_compile_args=["-O3", "-g1", "-fno-math-errno", "-ffp-contract=fast", "-Wno-psabi"],
    depends=["csrc/training/layer.c", "csrc/training/layer.h", "csrc/training/layers.h"],
)
