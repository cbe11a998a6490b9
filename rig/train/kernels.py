"""The door to C: the gated layers, float32 on a CPU, 4, 8 or 16 channels. The rest is PyTorch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

try:
    if os.environ.get("RIG_TRAIN_TORCH"):
        raise ImportError("asked not to")
    from rig.train._kernel import ffi, lib
except ImportError:
    lib = None

MIN_ROWS = 8  # what C computes together; it may not be called for fewer
Weights = tuple[Tensor, ...]
"""kernel, bias, mix, mix_bias, output of a layer; see `network.GatedLayer`."""


def available() -> bool:
    """Whether the C was built."""
    return lib is not None


def suit(h: Tensor, kernel: Tensor, rows: int) -> bool:
    """Whether a stack that gives `rows` rows may go through C."""
    return (
        lib is not None
        and h.device.type == "cpu"
        and rows >= MIN_ROWS
        and h.dtype == kernel.dtype == torch.float32
        and bool(lib.rig_layer_channels(h.shape[1]))
    )


@dataclass(frozen=True)
class StackLayer:
    """One layer of a stack. rows: that come out of it; start: zeros before what goes into it; all in rows."""

    rows: int
    taps: int
    stride: int
    start: int

    @property
    def rows_in(self) -> int:
        return self.rows + (self.taps - 1) * self.stride


@dataclass(frozen=True)
class Kept:
    """What the way back needs. inputs: (rows in, C) a layer; gates: (rows, 2, C) a layer; layers: the weights."""

    steps: tuple[StackLayer, ...]
    inputs: tuple[Tensor, ...]
    gates: tuple[Tensor, ...]
    layers: tuple[Weights, ...]


def plan(rows: int, taps: int, strides: Sequence[int], from_rest: bool) -> tuple[StackLayer, ...]:
    """The layers of a stack that `rows` rows go into. from_rest: each starts with zeros and loses no rows."""
    steps = []
    for stride in strides:
        shift = (taps - 1) * stride
        rows = rows if from_rest else rows - shift
        steps.append(StackLayer(rows, taps, stride, shift if from_rest else 0))
    return tuple(steps)


def _at(tensor: Tensor, row: int = 0) -> object:
    """A pointer to a row."""
    return ffi.cast("float *", tensor.data_ptr()) + row * tensor.stride(0)


def _layer(step: StackLayer, weights: Weights) -> object:
    """A rig_layer."""
    return ffi.new("rig_layer *", [step.rows, step.taps, step.stride, *(_at(w) for w in weights)])


def forward(h: Tensor, layers: Sequence[Weights], steps: Sequence[StackLayer], wanted: int) -> tuple[Tensor, Kept]:
    """h (rows, C) -> the sum of all layers' last `wanted` skips, (wanted, 1), and what `backward` needs."""
    layers, channels = tuple(tuple(w.contiguous() for w in weights) for weights in layers), h.shape[1]
    inputs = [h.contiguous() if not steps[0].start else torch.cat([h.new_zeros(steps[0].start, channels), h])]
    gates, out, skip = [], h.new_zeros(wanted, 1), h.new_empty(max(step.rows for step in steps), 1)
    for i, (step, weights) in enumerate(zip(steps, layers, strict=True)):
        start = steps[i + 1].start if i + 1 < len(steps) else 0
        after, gate = h.new_empty(start + step.rows, channels), h.new_empty(step.rows, 2, channels)
        after[:start] = 0
        layer = _layer(step, weights)
        lib.rig_layer_forward(channels, layer, _at(inputs[-1]), _at(gate), _at(after, start), _at(skip))
        out += skip[step.rows - wanted : step.rows]
        inputs.append(after)
        gates.append(gate)
    return out, Kept(tuple(steps), tuple(inputs[:-1]), tuple(gates), layers)


def backward(kept: Kept, d_out: Tensor) -> tuple[Tensor, list[Tensor]]:
    """-> the gradient of h, and those of all weights, layer by layer. Not for a stack from rest."""
    steps, channels = kept.steps, kept.inputs[0].shape[1]
    most, last = steps[0].rows, steps[-1].rows
    d_skip = d_out.new_zeros(most, 1)  # only the last rows were wanted, of every layer
    d_skip[most - len(d_out) :] = d_out
    scratch, d_x = d_out.new_empty(most, 2, channels), d_out.new_zeros(last, channels)
    gradients: list[Tensor] = []
    for step, x, gate, weights in zip(*map(reversed, (steps, kept.inputs, kept.gates, kept.layers)), strict=True):
        own = [torch.zeros_like(w) for w in weights]
        d_residual, d_x = d_x, d_out.new_empty(step.rows_in, channels)
        lib.rig_layer_backward(
            channels, _layer(step, weights), ffi.new("rig_gradients *", [_at(g) for g in own]),
            _at(x), _at(gate), _at(d_residual), _at(d_skip, most - step.rows), _at(scratch), _at(d_x),
        )  # fmt: skip
        gradients = own + gradients
    return d_x, gradients
