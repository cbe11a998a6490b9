"""The door to C: all layers of a network at once, float32 on a CPU. The rest is PyTorch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from rig.native._c import ffi, lib

Weights = tuple[Tensor, ...]
"""kernel, bias, mix, mix_bias, output of a layer; see `network.GatedLayer`."""


in_c = not os.environ.get("RIG_TRAIN_TORCH")
"""Whether C does what it can."""


@contextmanager
def without() -> Iterator[None]:
    """PyTorch alone, for comparison."""
    global in_c
    before, in_c = in_c, False
    try:
        yield
    finally:
        in_c = before


@dataclass(frozen=True)
class Plan:
    """A stack, and what goes through it. strides: rows between the taps of each layer.

    rows: that go in; wanted: that come out, the last. from_rest: each layer starts with zeros and loses no rows.
    keep: for `backward`.
    """

    inputs: int
    channels: int
    taps: int
    strides: tuple[int, ...]
    rows: int
    wanted: int
    from_rest: bool = False
    keep: bool = False


class _Stack:
    """A rig_gated_stack, and what it points to. weights: the input's two, then the layers'; none to ask for room."""

    def __init__(self, plan: Plan, weights: Weights = ()) -> None:
        self.plan, self.kept = plan, weights
        self.strides = ffi.new("uint32_t[]", plan.strides)
        self.weights = ffi.new("float *[]", [_at(w) for w in weights[2:]])
        first, bias = map(_at, weights[:2]) if weights else (ffi.NULL, ffi.NULL)
        self.c = ffi.new(
            "rig_gated_stack *",
            {
                "inputs": plan.inputs, "channels": plan.channels, "taps": plan.taps, "layers": len(plan.strides),
                "rows": plan.rows, "wanted": plan.wanted, "from_rest": plan.from_rest, "keep": plan.keep,
                "threads": torch.get_num_threads(), "strides": self.strides, "input": first, "input_bias": bias,
                "weights": ffi.cast("const float *const *", self.weights),
            },
        )  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """What the way back needs. room: what the layers made, as C lays it out."""

    stack: _Stack
    room: Tensor


def _at(tensor: Tensor) -> object:
    return ffi.cast("float *", tensor.data_ptr())


def suits(plan: Plan, x: Tensor, weights: Sequence[Tensor]) -> bool:
    """Whether x, of any shape, may go through C."""
    return (
        in_c
        and x.device.type == weights[0].device.type == "cpu"
        and x.dtype == weights[0].dtype == torch.float32
        and not x.requires_grad
        and not (plan.from_rest and plan.keep)
        and bool(lib.rig_gated_room(_Stack(plan).c))
    )


def forward(plan: Plan, x: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, Kept]:
    """x (rows, inputs) -> the sum of all layers' skips, (wanted, 1), and what `backward` needs, where it is kept."""
    weights, x = tuple(w.contiguous() for w in weights), x.t().contiguous()
    stack = _Stack(plan, weights)
    room, out = x.new_empty(lib.rig_gated_room(stack.c)), x.new_empty(plan.wanted, 1)
    if not lib.rig_gated_forward(stack.c, _at(x), _at(room), _at(out)):
        raise MemoryError
    return out, Kept(stack, room)


def backward(kept: Kept, d_out: Tensor) -> list[Tensor]:
    """d_out (wanted, 1) -> the gradients of all weights."""
    gradients, d_out = [torch.empty_like(w) for w in kept.stack.kept], d_out.contiguous()
    layers = ffi.new("float *[]", [_at(g) for g in gradients[2:]])
    first, bias = map(_at, gradients[:2])
    if not lib.rig_gated_backward(kept.stack.c, _at(kept.room), _at(d_out), first, bias, layers):
        raise MemoryError
    return gradients
