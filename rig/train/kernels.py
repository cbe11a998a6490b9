"""The door to the C layer: float32 on a CPU, 4, 8 or 16 channels. Everything else goes through PyTorch's own."""

from __future__ import annotations

import os

import torch
from torch import Tensor

try:
    if os.environ.get("RIG_TRAIN_TORCH"):
        raise ImportError("asked not to")
    from rig.train._kernel import ffi, lib
except ImportError:
    lib = None

MIN_ROWS = 8  # what C computes together; it may not be called for fewer


def available() -> bool:
    """Whether the C was built."""
    return lib is not None


def suit(x: Tensor, kernel: Tensor, stride: int) -> bool:
    """Whether this layer may go through C."""
    rows = x.shape[0] - (kernel.shape[1] - 1) * stride
    return (
        lib is not None
        and x.device.type == "cpu"
        and rows >= MIN_ROWS
        and x.dtype == kernel.dtype == torch.float32
        and bool(lib.rig_layer_channels(x.shape[1]))
    )


def _pointer(tensor: Tensor):
    return ffi.cast("float *", tensor.data_ptr())


def _layer(x: Tensor, weights: tuple[Tensor, ...], stride: int):
    taps = weights[0].shape[1]
    rows = x.shape[0] - (taps - 1) * stride
    return ffi.new("rig_layer *", [rows, taps, stride, *(_pointer(w) for w in weights)]), rows


def forward(x: Tensor, kernel: Tensor, bias: Tensor, mix: Tensor, mix_bias: Tensor, output: Tensor, stride: int):
    """-> residual (rows, C), skip (rows, 1), gates (rows, 2, C): what `network.GatedLayer` gives, and what it keeps."""
    x, weights = x.contiguous(), tuple(w.contiguous() for w in (kernel, bias, mix, mix_bias, output))
    layer, rows = _layer(x, weights, stride)
    channels = x.shape[1]
    gates, residual, skip = x.new_empty(rows, 2, channels), x.new_empty(rows, channels), x.new_empty(rows, 1)
    lib.rig_layer_forward(channels, layer, _pointer(x), _pointer(gates), _pointer(residual), _pointer(skip))
    return residual, skip, gates


def backward(x, kernel, bias, mix, mix_bias, output, gates, d_residual, d_skip, stride):
    """-> the gradients of x and of the five weights."""
    x, weights = x.contiguous(), tuple(w.contiguous() for w in (kernel, bias, mix, mix_bias, output))
    d_residual, d_skip = d_residual.contiguous(), d_skip.contiguous()
    layer, _ = _layer(x, weights, stride)
    gradients = [torch.zeros_like(w) for w in weights]
    d_x, scratch = torch.empty_like(x), torch.empty_like(gates)
    lib.rig_layer_backward(
        x.shape[1], layer, ffi.new("rig_gradients *", [_pointer(g) for g in gradients]),
        _pointer(x), _pointer(gates), _pointer(d_residual), _pointer(d_skip), _pointer(scratch), _pointer(d_x),
    )  # fmt: skip
    return d_x, *gradients
