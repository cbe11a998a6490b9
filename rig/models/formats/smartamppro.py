"""GuitarML's SmartAmpPro: for each sample, a window of the input through two strided convolutions and Keras' LSTM.

conv1d, conv1d_1: {kernel:0: (tap, in, out), bias:0}, one after the other over the last `input_size` samples, in steps
of `conv1d_stride` and `conv1d_1_stride` (files without: as many as there are taps), zeros around as Keras has "same".
lstm: {kernel:0: (in, 4H), recurrent_kernel:0: (H, 4H), bias:0}, gates i f c o, from zeros over what they leave, mostly
one step, for which it needs no recurrent kernel. dense: {kernel:0: (H, 1), bias:0}. input_size: a number or a text.

As the LSTM begins anew for each sample there is nothing that goes on and on: it is a WaveNet. Both convolutions bend
nothing, so they are one, which makes the condition: for each step what the LSTM hears. Its states are the channels: c,
and h of each step but the last, whose h is the head.

    c'[t] = c[t] - c[t] sigmoid(-f)         which is c sigmoid(f)
    c"[t] = c'[t] + tanh(g) sigmoid(i)
    h'[t] = tanh(c"[t]) sigmoid(o)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rig.models.formats import compatibility
from rig.models.formats.model import Family, Model
from rig.models.formats.network import Activation, Conv, Layer, LayerArray, WaveNet
from rig.models.formats.reading import (
    CHANNELS,
    TAPS,
    Fault,
    check_sizes,
    integer,
    listing,
    nested,
    optional,
    required,
    sample_rate,
    table,
    title,
)

KEYS = ("conv1d", "conv1d_1", "conv1d_stride", "conv1d_1_stride")
NETWORK = (*KEYS, "lstm", "dense", "input_size")
WINDOW = 1 << 14
STEPS = 4
"""Of the LSTM for a sample. Each costs as much as a small model."""


def parse(file: Mapping[str, object], path: Path) -> Model:
    """The content of a model file. Raises Fault."""
    window = integer(required(file, "input_size"), "input_size", 1, WINDOW)
    first = _strided(file, "conv1d", 1, window)
    second = _strided(file, "conv1d_1", first.kernel.shape[2], first.length)
    if second.length > STEPS:
        raise Fault(f"its LSTM takes {second.length} steps for each sample; at most {STEPS} are possible")
    lstm = table(required(file, "lstm"), "lstm")
    size = _count(lstm, "lstm", "bias:0", 4 * CHANNELS) // 4
    kernel = nested(required(lstm, "kernel:0", "lstm"), (second.kernel.shape[2], 4 * size), "lstm kernel:0")
    bias = nested(required(lstm, "bias:0", "lstm"), (4 * size,), "lstm bias:0")
    recurrent = np.zeros((size, 4 * size), np.float32)
    if second.length > 1 or lstm.get("recurrent_kernel:0") is not None:
        recurrent = nested(required(lstm, "recurrent_kernel:0", "lstm"), recurrent.shape, "lstm recurrent_kernel:0")
    dense = table(required(file, "dense"), "dense")
    out = nested(required(dense, "kernel:0", "dense"), (size, 1), "dense kernel:0")
    out_bias = nested(required(dense, "bias:0", "dense"), (1,), "dense bias:0")
    heard = _windows(first, second, window)
    wide = size * second.length
    check_sizes(wide, window, (3 * second.length - 1) * wide * 3 * size + heard.weights.size)
    arrays = (first.kernel, first.bias, second.kernel, second.bias, kernel, bias, recurrent, out, out_bias)
    steps = f", {second.length} steps a sample" if second.length > 1 else ""
    return Model(
        path=path,
        name=title(file.get("name"), path),
        family=FAMILY,
        architecture="LSTM",
        network=_unrolled(heard, second.length, kernel, recurrent, bias, Conv(out[None], out_bias)),
        sample_rate=sample_rate(file.get("sample_rate"), file.get("samplerate")),
        weights=sum(array.size for array in arrays),
        words=f"a window of {window} samples, {first.words}, {second.words}, LSTM, {size} wide{steps}",
        metadata={key: value for key, value in file.items() if key not in NETWORK},
    )


@dataclass(frozen=True)
class _Strided:
    """kernel: (tap, in, out). length: how many places it is heard at. before: zeros that lie before the input."""

    kernel: np.ndarray
    bias: np.ndarray
    stride: int
    length: int
    before: int

    @property
    def words(self) -> str:
        taps, _, outs = self.kernel.shape
        return f"convolution {outs} ({taps} taps{'' if self.stride == taps else f', stride {self.stride}'})"


def _strided(file: Mapping[str, object], name: str, ins: int, frames: int) -> _Strided:
    """A convolution over so many frames, with Keras' "same": as many zeros as it needs, the odd one behind."""
    layer = table(required(file, name), name)
    taps = _count(layer, name, "kernel:0", TAPS)
    outs = _count(layer, name, "bias:0", CHANNELS)
    stride = integer(optional(file, f"{name}_stride", taps), f"{name}_stride", 1, WINDOW)
    kernel = nested(layer["kernel:0"], (taps, ins, outs), f"{name} kernel:0")
    length = -(-frames // stride)
    zeros = max(0, (length - 1) * stride + taps - frames)
    return _Strided(kernel, nested(layer["bias:0"], (outs,), f"{name} bias:0"), stride, length, zeros // 2)


def _count(layer: Mapping[str, object], name: str, key: str, most: int) -> int:
    """How many rows an array of a layer has."""
    return integer(len(listing(required(layer, key, name), f"{name} {key}")), f"{name} {key}: its length", 1, most)


def _windows(first: _Strided, second: _Strided, window: int) -> Conv:
    """Both convolutions as one over the window: its rows are what the LSTM hears at its first step, its second ..."""
    outs = second.kernel.shape[2]
    if window * second.length * outs > 1 << 19:
        raise Fault(f"a window of {window} samples for {second.length * outs} channels is too much")
    weights = np.zeros((window, second.length, outs))
    biases = np.tile(second.bias.astype(np.float64), (second.length, 1))
    for step in range(second.length):
        for tap, heard in enumerate(second.kernel.astype(np.float64)):
            at = step * second.stride + tap - second.before
            if 0 <= at < first.length:
                start = at * first.stride - first.before
                taps = slice(max(0, -start), max(0, min(len(first.kernel), window - start)))
                weights[max(0, start) : start + taps.stop, step] += first.kernel[taps, 0] @ heard
                biases[step] += first.bias @ heard
    with np.errstate(over="ignore"):
        return Conv(weights.reshape(window, 1, -1).astype(np.float32), biases.ravel().astype(np.float32))


def _unrolled(
    heard: Conv, steps: int, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, out: Conv
) -> WaveNet:
    """The LSTM, from zeros over so many steps."""
    size, width = len(recurrent), len(recurrent) * steps
    same, none = np.eye(size), np.zeros((size, size))
    i, f, c, o = (slice(gate * size, (gate + 1) * size) for gate in range(4))
    layers: list[Layer] = []

    def layer(
        step: int, curve: str, signal: slice | None, gate: slice, sign: float, to: int | None, gain: float = 1.0
    ) -> None:
        """signal: its gate, or None: the state c. sign: of what opens it. to: the block of channels that it adds to."""
        conv, mix = np.zeros((width, 2 * size)), np.zeros((steps, len(kernel), 2 * size))
        biases = np.zeros(2 * size)
        for half, rows, by in ((slice(0, size), signal, 1.0), (slice(size, 2 * size), gate, sign)):
            if rows is None:
                conv[:size, half] = same
                continue
            mix[step, :, half], biases[half] = by * kernel[:, rows], by * bias[rows]
            if step:
                conv[step * size : (step + 1) * size, half] = by * recurrent[:, rows]
        onward = np.concatenate([gain * same if block == to else none for block in range(steps)], axis=1)
        last = to is None
        layers.append(
            Layer(
                conv=_one(conv, biases),
                activation=Activation(curve),
                onward=_one(onward),
                gate=Activation("sigmoid"),
                mix_in=_one(mix.reshape(-1, 2 * size)),
                head=Conv(out.weights, np.zeros(1, np.float32)) if last else _one(np.zeros((size, 1))),
            )
        )

    for step in range(steps):
        if step:
            layer(step, "linear", None, f, -1.0, 0, -1.0)
        layer(step, "tanh", c, i, 1.0, 0)
        layer(step, "tanh", None, o, 1.0, step + 1 if step + 1 < steps else None)
    array = LayerArray(_one(np.zeros((1, width))), tuple(layers), _one(np.ones((1, 1)), out.bias))
    rows = heard.outs
    through = Layer(heard, Activation("linear"), _one(np.zeros((rows, 1))))
    condition = LayerArray(_one(np.ones((1, 1))), (through,), _one(np.eye(rows)))
    return WaveNet((array,), condition=WaveNet((condition,)))


def _one(weights: np.ndarray, bias: np.ndarray | None = None) -> Conv:
    """A 1x1 of (ins, outs)."""
    bias = np.zeros(weights.shape[1]) if bias is None else bias
    return Conv(np.ascontiguousarray(weights[None], np.float32), np.asarray(bias, np.float32))


FAMILY = Family("smartamppro", "SmartAmpPro", KEYS, parse, rate=44_100, players=compatibility.smartamppro)
