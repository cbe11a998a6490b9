"""The steps themselves, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rig.models.formats.network import ACTIVATIONS, Activation, Conv
from rig.models.formats.reading import Fault

# The numbers of csrc/network/program.h and csrc/network/kernels/kernels.h, in their order.
CONV, ACTIVATE, BEND, SCALE, FADE, ADD, FILL = range(7)
NO_HEAD, DOT, SUM = range(3)
LINEAR, TANH, SIGMOID, SOFTSIGN, LEAKY, GATED, SOFTGATED = range(7)
NONE = -1
INPUT = 0  # the buffer

LOG2E = 1.4426950408889634
PLAIN = {"linear": LINEAR, "tanh": TANH, "sigmoid": SIGMOID, "softsign": SOFTSIGN}
PAIRS = {("tanh", "sigmoid"): GATED, ("softsign", "softsign"): SOFTGATED}
FACTORS: Mapping[int | None, tuple[float, float]] = {
    TANH: (2 * LOG2E, 2 * LOG2E),
    SIGMOID: (-LOG2E, -LOG2E),
    GATED: (2 * LOG2E, -LOG2E),
}
"""By which the kernels expect the two halves of an activation's input to be multiplied."""


@dataclass(frozen=True)
class Program:
    """ints and arrays (float32) as csrc/network/program.h lists them."""

    ints: tuple[int, ...]
    arrays: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Rows:
    """Rows that are a linear function of a buffer's and need not be written down: matrix^T x (the buffer's rows).

    matrix: (the buffer's rows, our rows); None: the buffer's rows as they are.
    """

    buffer: int
    matrix: np.ndarray | None = None

    def through(self, weights: np.ndarray) -> np.ndarray:
        """Weights on the buffer's rows that do what `weights`, (..., our rows, outs), do on ours."""
        return weights if self.matrix is None else self.matrix @ weights


class Steps:
    """The buffers and steps of a program as they are written.

    inputs: signals that come from outside. ones: there is a row of ones behind them, through which biases pass that
    must not be heard before the first frame.
    """

    def __init__(self, inputs: int, ones: bool, stretch: int) -> None:
        self.inputs, self.ones, self.stretch = inputs, ones, stretch
        self.rows, self.lookback = [inputs + ones], [0]
        self.fields: list[tuple[int, ...]] = []
        self.arrays: list[np.ndarray] = []

    def program(self, output: int, memory: int) -> Program:
        """What has been written. output: the buffer that is heard; memory: frames of the past that it hangs on."""
        ints = [memory, self.inputs, int(self.ones), output, len(self.rows), len(self.fields)]
        ints += (number for pair in zip(self.rows, self.lookback, strict=True) for number in pair)
        ints += (number for step in self.fields for number in step)
        return Program(tuple(map(int, ints)), tuple(self.arrays))

    @property
    def raw(self) -> Rows:
        """The input without the row of ones."""
        return Rows(INPUT, np.eye(self.inputs + 1, self.inputs) if self.ones else None)

    def buffer(self, rows: int) -> int:
        """A new one. It keeps as much of its past as convolutions will ask of it."""
        self.rows.append(rows)
        self.lookback.append(0)
        return len(self.rows) - 1

    def step(
        self, kind: int, to: int, rows: int, *arrays: np.ndarray, to_row: int = 0, source: int = NONE,
        from_row: int = 0, ins: int = 0, extra: int = NONE, extra_row: int = 0, extras: int = 0, add: int = NONE,
        taps: int = 1, dilation: int = 1, activation: int = 0, head: int = NONE, how: int = 0,
    ) -> None:  # fmt: skip
        """One step, as csrc/network/program.h describes its fields. Raises Fault for weights that are no numbers."""
        place = (kind, to, to_row, rows, source, from_row, ins, extra, extra_row, extras, add)
        self.fields.append((*place, taps, dilation, activation, head, how))
        arrays = tuple(np.ascontiguousarray(array, np.float32) for array in arrays)
        if kind != BEND and not all(np.isfinite(array).all() for array in arrays):  # a clip may have no limits
            raise Fault("its weights are too large: multiplied by each other they are no numbers any more")
        self.arrays += arrays

    def conv(
        self, to: int, kernel: np.ndarray, bias: np.ndarray, source: Rows, dilation: int = 1,
        extra: tuple[Rows, np.ndarray] | None = None, add: int = NONE,
    ) -> None:  # fmt: skip
        """kernel: (taps, rows of source, outs). add: a buffer of outs rows.

        extra: what is heard beside the source, of now only, and its weights, (its rows, outs).
        """
        kernel = source.through(kernel)
        taps, ins, outs = kernel.shape
        dilation = dilation * self.stretch if taps > 1 else 1
        self.lookback[source.buffer] = max(self.lookback[source.buffer], (taps - 1) * dilation)
        weights, beside, extras = kernel.reshape(taps * ins, outs), NONE, np.empty((0, outs))
        if extra:
            beside, extras = extra[0].buffer, extra[0].through(extra[1])
        if beside == source.buffer:  # what is heard of it now is heard by the last tap as well
            weights = np.concatenate([weights[:-ins], weights[-ins:] + extras])
            beside, extras = NONE, np.empty((0, outs))
        self.step(
            CONV, to, outs, np.concatenate([weights, extras]), bias, source=source.buffer, ins=ins, taps=taps,
            extra=beside, extras=len(extras), add=add, dilation=dilation,
        )  # fmt: skip

    def bend(self, to: int, activation: Activation, rows: int, to_row: int = 0) -> None:
        """An activation of any kind, in place, on `rows` rows from to_row on."""
        if activation.kind != "linear":
            curve = list(ACTIVATIONS).index(activation.kind)
            self.step(BEND, to, rows, np.asarray(activation.params), to_row=to_row, activation=curve)

    def activate(
        self, to: int, fast: int, activation: Activation, rows: int, head: int = NONE, how: int = NO_HEAD,
        dot: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """A fast activation, in place. rows: that come out.

        head, how: the buffer that gets this layer's share, and in which way; dot: (rows,), its weights for DOT.
        """
        if fast == LINEAR and how == NO_HEAD:
            return
        slopes = activation.params[2] if fast == LEAKY else np.empty(0)
        self.step(ACTIVATE, to, rows, slopes, np.empty(0) if dot is None else dot, activation=fast, head=head, how=how)


def kernel_of(conv: Conv) -> np.ndarray:
    """(taps, ins, outs) in double."""
    return np.asarray(conv.weights, np.float64)


def matrix_of(conv: Conv) -> np.ndarray:
    """(ins, outs) of a 1x1, in double."""
    return np.asarray(conv.weights[0], np.float64)


def bias_of(conv: Conv) -> np.ndarray:
    """(outs,) in double."""
    return np.asarray(conv.bias, np.float64)


def fast_of(activation: Activation, gate: Activation | None = None, blended: bool = False) -> int | None:
    """The kernels' own activation that does it, or None."""
    if gate:
        return None if blended else PAIRS.get((activation.kind, gate.kind))
    if activation.kind == "clip":
        low, high, slope, _ = activation.params
        leaky = not low.any() and np.isposinf(high).all() and (slope <= 1.0).all()
        return LEAKY if leaky else None
    return PLAIN.get(activation.kind)


def factors_of(fast: int | None, outs: int) -> np.ndarray:
    """(outs,): what the weights that lead to an activation are multiplied by."""
    first, second = FACTORS.get(fast, (1.0, 1.0))
    return np.where(np.arange(outs) < (outs + 1) // 2, first, second)
