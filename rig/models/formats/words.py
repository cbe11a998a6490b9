"""A network in a line, as a player reads it: "WaveNet, gated, 16 channels, 3 taps, 10 layers (1, 2, 4 ... 512)"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rig.models.formats.network import (
    Activation,
    Conv,
    ConvNet,
    Gru,
    Layer,
    LayerArray,
    Lstm,
    Network,
    RecurrentNet,
    WaveNet,
)

NAMES = {
    "linear": "linear",
    "tanh": "tanh",
    "fasttanh": "fast tanh",
    "sigmoid": "sigmoid",
    "softsign": "softsign",
    "softsigmoid": "softsigmoid",
    "silu": "SiLU",
    "hardswish": "Hardswish",
    "elu": "ELU",
}
CHANNELS = (" channel", " channels")


def in_words(network: Network) -> str:
    """One line."""
    if isinstance(network, WaveNet):
        return _wavenet(network)
    return _convnet(network) if isinstance(network, ConvNet) else _stages(network)


def short(network: Network) -> str:
    """A few letters: "WaveNet 16/8 ch x 20", "LSTM 16"."""
    if isinstance(network, WaveNet):
        widths = "/".join(str(array.entry.outs) for array in network.arrays)
        return f"WaveNet {widths} ch x {sum(len(array.layers) for array in network.arrays)}"
    if isinstance(network, ConvNet):
        if not network.layers:
            return f"FIR {network.head.taps}"
        return f"ConvNet {network.layers[0][0].outs} ch x {len(network.layers)}"
    cells = network.cells
    if not cells:
        return f"{max(conv.outs for conv in network.convs)} ch x {len(network.layers)}"
    kind = "LSTM" if isinstance(cells[0], Lstm) else "GRU"
    return f"{kind} {len(cells[0].hidden)}" + (f" x {len(cells)}" if len(cells) > 1 else "")


def receptive_field(network: Network) -> int | None:
    """Frames of input that one frame of output depends on, itself included; None: a recurrent one, which has no end."""
    if not isinstance(network, RecurrentNet):
        return network.receptive_field
    return None if network.cells else 1 + sum(conv.reach for conv in network.convs)


def _wavenet(network: WaveNet) -> str:
    arrays = network.arrays
    parts = [_array(array) for array in arrays]
    if len(arrays) == 1:
        words = ["WaveNet", *parts[0]]
    elif len(arrays) > 2 and all(len(array.layers) == 1 for array in arrays):
        words = ["WaveNet", *_row(arrays)]
    elif len({tuple(part for part in words if not part.endswith(CHANNELS)) for words in parts}) == 1:
        widths = " then ".join(str(array.entry.outs) for array in arrays)
        channels = f"{len(arrays)} arrays of {widths} channels"
        words = ["WaveNet", *(channels if word.endswith(CHANNELS) else word for word in parts[0])]
    else:
        words = ["WaveNet", f"{len(arrays)} arrays: " + " + ".join(f"({', '.join(part)})" for part in parts)]
    if network.post:
        words.append(f"then {_count(len(network.post), 'convolution')}")
    if network.condition:
        words.append(f"conditioned by a network of its own ({_wavenet(network.condition)})")
    return ", ".join(words)


def _row(arrays: Sequence[LayerArray]) -> list[str]:
    """Layer arrays of one layer each, as one: so are the files that `rig convert` writes."""
    layers = tuple(array.layers[0] for array in arrays)
    return [*_array(LayerArray(arrays[0].entry, layers, arrays[-1].head)), "each an array"]


def _array(array: LayerArray) -> list[str]:
    """A layer array, word by word."""
    layers = array.layers
    rows = {layer.conv.outs // 2 if layer.gate else layer.conv.outs for layer in layers}
    words = [
        _one_of(_curve(layer) for layer in layers),
        _count(array.entry.outs, "channel"),
        _taps(la.conv for la in layers),
    ]
    words.append(f"{_count(len(layers), 'layer')} ({_dilations([layer.conv.dilation for layer in layers])})")
    if rows != {array.entry.outs}:
        words.append(f"bottleneck of {_either(rows)}")
    if any(layer.films for layer in layers):
        words.append("FiLM")
    if array.head.taps > 1:
        words.append(f"head of {array.head.taps} taps")
    return words


def _curve(layer: Layer) -> str:
    """What bends the sound in a layer."""
    first = _activation(layer.activation)
    if layer.gate is None:
        return first
    pair = f"{first} by {_activation(layer.gate)}"
    if layer.blended:
        return f"blended {pair}"
    return {"tanh by sigmoid": "gated", "softsign by softsign": "softgated"}.get(pair, f"gated {pair}")


def _activation(activation: Activation) -> str:
    if activation.kind != "clip":
        return NAMES[activation.kind]
    low, high, low_slope, high_slope = activation.params
    if np.isposinf(high).all() and not low.any():
        if not low_slope.any():
            return "ReLU"
        return "LeakyReLU" if (low_slope == low_slope[0]).all() else "PReLU"
    if low_slope.any() or high_slope.any():
        return "leaky Hardtanh"
    return "ReLU6" if not low.any() and (high == 6).all() else "Hardtanh"


def _convnet(network: ConvNet) -> str:
    if not network.layers:
        return f"FIR of {network.head.taps} taps"
    convs = [conv for conv, _ in network.layers]
    curve = _one_of(_activation(activation) for _, activation in network.layers)
    layers = f"{_count(len(convs), 'layer')} ({_dilations([conv.dilation for conv in convs])})"
    return f"ConvNet, {curve}, {convs[0].outs} channels, {_taps(convs)}, {layers}"


def _stages(network: RecurrentNet) -> str:
    """Recurrent layers of one kind and width in a word; of others each. The plain dense layer at the end isn't told."""
    stages = list(network.layers)
    last = stages[-1]
    if len(stages) > 1 and isinstance(last, tuple) and last[0].taps == 1 and last[1].kind == "linear":
        stages.pop()
    kinds = {_stage(stage) for stage in stages}
    if len(kinds) == 1 and len(stages) > 1:
        words = [f"{len(stages)} x {kinds.pop()}"]
    else:
        words = [_stage(stage) for stage in stages]
    return ", ".join(words + (["the input added"] if network.skip else []))


def _stage(stage: Lstm | Gru | tuple[Conv, Activation]) -> str:
    if not isinstance(stage, tuple):
        return f"{'LSTM' if isinstance(stage, Lstm) else 'GRU'}, {len(stage.hidden)} wide"
    conv, activation = stage
    curve = "" if activation.kind == "linear" else f" {_activation(activation)}"
    if conv.taps == 1:
        return f"dense {conv.outs}{curve}"
    dilated = f", dilation {conv.dilation}" if conv.dilation > 1 else ""
    return f"convolution {conv.outs}{curve} ({conv.taps} taps{dilated})"


def _dilations(dilations: list[int]) -> str:
    """1, 2, 4 ... 512, twice"""
    count = len(dilations)
    period = next(p for p in range(1, count + 1) if count % p == 0 and dilations == dilations[:p] * (count // p))
    shown = [str(dilation) for dilation in dilations[:period]]
    text = ", ".join(shown) if period <= 5 else f"{', '.join(shown[:3])} ... {shown[-1]}"
    times = count // period
    return text + {1: "", 2: ", twice"}.get(times, f", {times} times")


def _taps(convs: Iterable[Conv]) -> str:
    sizes = sorted({conv.taps for conv in convs})
    return f"{_either(sizes)} tap{'s' if sizes != [1] else ''}"


def _one_of(words: Iterable[str]) -> str:
    """The word, where it is always the same; else how many there are."""
    found = list(dict.fromkeys(words))
    return " and ".join(found) if len(found) <= 2 else f"{len(found)} activations"


def _either(sizes: Iterable[int]) -> str:
    found = sorted(sizes)
    return " or ".join(map(str, found)) if len(found) <= 3 else f"{found[0]} to {found[-1]}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
