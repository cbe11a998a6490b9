"""The GuitarML / WaveNetVA family: what `rig train` writes, and PedalNetRT and WaveNetVA before it.

    x0[t]    = input . in[t] + input_bias
    z[t]     = sum over taps k of kernel[k] . x[t - (taps - 1 - k) dilation] + bias        each layer
    a[t]     = activation(z[t])                     gated: tanh(first half) sigmoid(second half)
    x'[t]    = mix . a[t] + mix_bias + x[t]         feeds the next layer
    out[t]   = output . (all layers' a[t], in layer order) + output_bias

`variables` is a list of {layer_idx, name, data}, found by (layer_idx, name) whatever their order: layer -1 is the
input (W, b), 0..L-1 the stack (W_conv, b_conv, W_out, b_out), L the output (W, b). `data` is (tap, in, out) flattened,
tap 0 the oldest, as numbers (WaveNetVA) or strings (PedalNetRT). Every convolution starts from zeros. Inputs beside the
first are knobs, 0..1 (SmartGuitarPedal: the drive).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from rig.models.formats import compatibility
from rig.models.formats.model import Family, Model
from rig.models.formats.network import Activation, Conv, Layer, LayerArray, WaveNet, relu
from rig.models.formats.reading import (
    CHANNELS,
    LAYERS,
    RECEPTIVE_FIELD,
    TAPS,
    Fault,
    check_sizes,
    choice,
    gain,
    integer,
    knobs,
    listing,
    required,
    sample_rate,
    table,
    title,
    weights,
)

ACTIVATIONS = ("gated", "tanh", "sigmoid", "relu", "softsign", "linear", "softgated")
GATES = {"gated": ("tanh", "sigmoid"), "softgated": ("softsign", "softsign")}
STACK = ("W_conv", "b_conv", "W_out", "b_out")
EDGE = ("W", "b")
ARCHITECTURE = (
    "activation",
    "input_channels",
    "output_channels",
    "residual_channels",
    "filter_width",
    "dilations",
)
KEYS = ("variables", *ARCHITECTURE)
NETWORK = (*KEYS, "level_adjust")


def parse(file: Mapping[str, object], path: Path) -> Model:
    """The content of a model file. Raises Fault."""
    for key in KEYS:
        required(file, key)
    activation = choice(file["activation"], "activation", ACTIVATIONS)
    inputs = integer(file["input_channels"], "input_channels", 1, 16)
    outputs = integer(file["output_channels"], "output_channels", 1, 16)
    channels = integer(file["residual_channels"], "residual_channels", 1, CHANNELS)
    taps = integer(file["filter_width"], "filter_width", 1, TAPS)
    listed = listing(file["dilations"], "dilations")
    if not 1 <= len(listed) <= LAYERS:
        raise Fault(f"dilations lists {len(listed)} layers; 1 to {LAYERS} are possible")
    dilations = [integer(d, f"dilations, layer {i}", 1, RECEPTIVE_FIELD) for i, d in enumerate(listed)]
    if outputs != 1:
        raise Fault(f"a model with {outputs} outputs; rig plays one")

    depth = len(dilations)
    wide = 2 * channels if activation in GATES else channels
    per_layer = taps * channels * wide + wide + channels * channels + channels
    count = inputs * channels + channels + depth * per_layer + channels * depth + 1
    check_sizes(channels, 1 + (taps - 1) * sum(dilations), count)

    found = _variables(file["variables"], depth)

    def take(layer: int, name: str, shape: tuple[int, ...], why: str) -> np.ndarray:
        if (layer, name) not in found:
            raise Fault(f"{_place(layer, depth)} {name} is missing")
        return weights(found[layer, name], shape, f"{_place(layer, depth)} {name}", why)

    def conv(
        layer: int, names: tuple[str, str], shape: tuple[int, int, int], why: tuple[str, str], dilation: int = 1
    ) -> Conv:
        kernel = take(layer, names[0], shape, why[0])
        return Conv(kernel, take(layer, names[1], shape[2:], why[1]), dilation)

    width = f"{channels} channels"
    gated = " gated" if activation in GATES else ""
    stack = (f"{width} x {taps} taps{gated}", f"{width}{gated}")
    output = take(depth, "W", (depth, 1, channels, 1), f"{depth} layers x {width}")
    kinds = [_activation(kind, channels) for kind in GATES.get(activation, (activation,))]
    layers = tuple(
        Layer(
            conv=conv(i, ("W_conv", "b_conv"), (taps, channels, wide), stack, dilation),
            activation=kinds[0],
            onward=conv(i, ("W_out", "b_out"), (1, channels, channels), (width, width)),
            gate=kinds[1] if gated else None,
            head=Conv(output[i], np.zeros(1, np.float32)),
        )
        for i, dilation in enumerate(dilations)
    )
    array = LayerArray(
        entry=conv(-1, EDGE, (1, inputs, channels), (f"{inputs} inputs x {width}", width)),
        layers=layers,
        head=Conv(np.ones((1, 1, 1), np.float32), take(depth, "b", (1,), "1 output")),
    )
    return replace(described(array, file, path), weights=count)


def described(array: LayerArray, file: Mapping[str, object], path: Path) -> Model:
    """A model of these layers, with all that a file's content says beside them. Raises Fault."""
    return Model(
        path=path,
        name=title(file.get("name"), path),
        family=FAMILY,
        architecture="WaveNet",
        network=WaveNet(arrays=(array,)),
        knobs=knobs(array.entry.ins),
        sample_rate=sample_rate(file.get("sample_rate")),
        level=_level(file.get("level_adjust")),
        metadata={key: value for key, value in file.items() if key not in NETWORK},
    )


def _activation(kind: str, channels: int) -> Activation:
    return relu(channels) if kind == "relu" else Activation(kind)


def _variables(value: object, depth: int) -> dict[tuple[int, str], object]:
    """{(layer, name): data}; every one known, none twice."""
    found: dict[tuple[int, str], object] = {}
    for i, entry in enumerate(listing(value, "variables")):
        entry = table(entry, f"variable {i + 1}")
        for key in ("layer_idx", "name", "data"):
            if key not in entry:
                raise Fault(f"variable {i + 1} has no '{key}'")
        layer = integer(entry["layer_idx"], f"variable {i + 1}: layer_idx", -1, depth)
        known = STACK if 0 <= layer < depth else EDGE
        name = choice(entry["name"], f"variable of {_place(layer, depth)}:", known)
        if (layer, name) in found:
            raise Fault(f"{_place(layer, depth)} {name} is there twice")
        found[layer, name] = entry["data"]
    return found


def _place(layer: int, depth: int) -> str:
    if layer < 0:
        return "input layer"
    return f"layer {layer}" if layer < depth else "output layer"


def _level(value: object) -> float:
    """A linear factor; the family writes 0 where none is meant."""
    return 1.0 if value is None else gain(value, "level_adjust") or 1.0


FAMILY = Family("guitarml", "GuitarML", KEYS, parse, rate=44_100, settles=False, players=compatibility.guitarml)
