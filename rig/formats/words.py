"""A network in words: "WaveNet, gated, 16 channels, 3 taps, 10 layers (1, 2, 4 ... 512)"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from rig.formats.network import Activation, Conv, ConvNet, Gru, LayerArray, Lstm, Network, WaveNet

FAMILIES = {"guitarml": "GuitarML", "nam": "Neural Amp Modeler", "keras": "AIDA-X", "proteus": "Proteus"}
"""What players call the families of model files."""

PAIRS = {("tanh", "sigmoid"): "gated", ("softsign", "softsign"): "softgated"}
"""An activation and its gate, as players know the two together."""


def in_words(network: Network) -> str:
    """What a network is made of, in one line."""
    if isinstance(network, WaveNet):
        arrays = "; then ".join(_array(array) for array in network.arrays)
        return f"WaveNet, {arrays}" + (", with a network for its condition" if network.condition else "")
    if isinstance(network, ConvNet):
        if not network.layers:
            return f"linear, {_count(network.head.taps, 'tap')}"
        return f"ConvNet, {_stack([conv for conv, _ in network.layers], network.layers[0][1])}"
    return ", ".join(_layers(network.layers))


def receptive_field(network: Network) -> int | None:
    """Frames of input that a frame of output hangs on; None where it is all that ever came: recurrent networks."""
    if isinstance(network, (WaveNet, ConvNet)):
        return network.receptive_field
    if all(isinstance(layer, tuple) for layer in network.layers):
        return 1 + sum(conv.reach for conv, _ in network.layers)
    return None


def _array(array: LayerArray) -> str:
    first = array.layers[0]
    kind = _kind(first.activation)
    if first.gate:
        kind = PAIRS.get((first.activation.kind, first.gate.kind), f"{kind} gated by {_kind(first.gate)}")
    modulated = ", modulated" if any(layer.films for layer in array.layers) else ""
    return _stack([layer.conv for layer in array.layers], kind, array.entry.outs) + modulated


def _stack(convs: Sequence[Conv], activation: Activation | str, channels: int | None = None) -> str:
    kind = activation if isinstance(activation, str) else _kind(activation)
    width = channels or convs[0].outs
    return (
        f"{kind}, {_count(width, 'channel')}, {_span(conv.taps for conv in convs)}, "
        f"{_count(len(convs), 'layer')} ({_dilations([conv.dilation for conv in convs])})"
    )


def _layers(layers: Iterable[Lstm | Gru | tuple[Conv, Activation]]) -> list[str]:
    """ "2 LSTM of 16", "dense 1": alike neighbours together."""
    named = []
    for layer in layers:
        if isinstance(layer, (Lstm, Gru)):
            named.append((type(layer).__name__.upper(), f"of {_count(len(layer.hidden), 'cell')}"))
        else:
            conv, activation = layer
            shape = "dense" if conv.taps == 1 else f"convolution of {conv.taps} taps,"
            bend = "" if activation.kind == "linear" else f" {_kind(activation)}"
            named.append((shape, f"{conv.outs}{bend}"))
    said = []
    for (kind, size), alike in groupby(named):
        times = len(list(alike))
        said.append(f"{times} {kind} {size}" if times > 1 else f"{kind} {size}")
    return said


def _kind(activation: Activation) -> str:
    """The name of an activation; ReLU and its kin are clips."""
    if activation.kind != "clip":
        return activation.kind
    low, high, slope, _ = activation.params
    if np.all(low == 0) and np.all(np.isinf(high)):
        return "relu" if not slope.any() else "leaky relu" if np.all(slope == slope[0]) else "prelu"
    return "clip"


def _span(taps: Iterable[int]) -> str:
    low_to_high = sorted(set(taps))
    return _count(low_to_high[0], "tap") if len(low_to_high) == 1 else f"{low_to_high[0]} to {low_to_high[-1]} taps"


def _dilations(dilations: Sequence[int]) -> str:
    """ "1, 2, 4 ... 512, twice"."""
    count = len(dilations)
    period = next(p for p in range(1, count + 1) if count % p == 0 and [*dilations[:p]] * (count // p) == [*dilations])
    shown = [str(dilation) for dilation in dilations[:period]]
    stack = f"{', '.join(shown[:3])} ... {shown[-1]}" if period > 5 else ", ".join(shown)
    times = count // period
    return stack + ("" if times == 1 else ", twice" if times == 2 else f", {times} times")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
