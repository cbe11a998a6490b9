"""The GuitarML / WaveNetVA family: what `rig train` writes, and PedalNetRT and WaveNetVA before it.

    x0[t]    = input . in[t] + input_bias
    z[t]     = sum over taps k of kernel[k] . x[t - (taps - 1 - k) dilation] + bias        each layer
    a[t]     = activation(z[t])                     gated: tanh(first half) sigmoid(second half)
    x'[t]    = mix . a[t] + mix_bias + x[t]         feeds the next layer
    out[t]   = output . (all layers' a[t], in layer order) + output_bias

`variables` is a list of {layer_idx, name, data}, found by (layer_idx, name) whatever their order: layer -1 is the
input (W, b), 0..L-1 the stack (W_conv, b_conv, W_out, b_out), L the output (W, b). `data` is (tap, in, out) flattened,
tap 0 the oldest, as numbers (WaveNetVA) or strings (PedalNetRT). Every convolution starts from zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rig.errors import RigError
from rig.formats import Layer, Model, WaveNet
from rig.formats.reading import (
    CHANNELS,
    LAYERS,
    RECEPTIVE_FIELD,
    TAPS,
    Fault,
    check_sizes,
    choice,
    integer,
    listing,
    number,
    read_json,
    table,
    weights,
)

ACTIVATIONS = ("gated", "tanh", "sigmoid", "relu", "softsign", "linear", "softgated")
GATED = ("gated", "softgated")
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
LOUDEST = 1000.0
"""level_adjust: +60 dB. Files in the wild hold 1 to 20."""


def load(path: Path) -> Model:
    """Read a model file. Raises RigError, one line that names the file and the fault."""
    path = Path(path)
    content = read_json(path)
    try:
        model = parse(content, path)
        inputs, _ = model.network.input.shape
        *_, outputs = model.network.output.shape
        if inputs != 1:
            raise Fault(
                f"a conditioned model with {inputs} inputs (a knob beside the guitar); rig plays one input so far"
            )
        if outputs != 1:
            raise Fault(f"a model with {outputs} outputs; rig plays one")
    except Fault as fault:
        raise RigError(f"{path}: {fault}") from None
    return model


def parse(content: object, path: Path) -> Model:
    """The content of a model file, any number of inputs and outputs. Raises Fault."""
    file = table(content, "a model file")
    missing = [key for key in (*ARCHITECTURE, "variables") if key not in file]
    if len(missing) == len(ARCHITECTURE) + 1:
        raise Fault("no model of the GuitarML family: none of its keys is there")
    if missing:
        raise Fault(f"'{missing[0]}' is missing")

    activation = choice(file["activation"], "activation", ACTIVATIONS)
    inputs = integer(file["input_channels"], "input_channels", 1, 16)
    outputs = integer(file["output_channels"], "output_channels", 1, 16)
    channels = integer(file["residual_channels"], "residual_channels", 1, CHANNELS)
    taps = integer(file["filter_width"], "filter_width", 1, TAPS)
    listed = listing(file["dilations"], "dilations")
    if not 1 <= len(listed) <= LAYERS:
        raise Fault(f"dilations lists {len(listed)} layers; 1 to {LAYERS} are possible")
    dilations = [integer(d, f"dilations, layer {i}", 1, RECEPTIVE_FIELD) for i, d in enumerate(listed)]

    depth = len(dilations)
    gated = activation in GATED
    wide = 2 * channels if gated else channels
    per_layer = taps * channels * wide + wide + channels * channels + channels
    count = inputs * channels + channels + depth * per_layer + channels * depth * outputs + outputs
    check_sizes(channels, 1 + (taps - 1) * sum(dilations), count)

    found = _variables(file["variables"], depth)
    stack = f"{channels} channels x {taps} taps{' gated' if gated else ''}"

    def take(layer: int, name: str, shape: tuple[int, ...], why: str):
        if (layer, name) not in found:
            raise Fault(f"{_place(layer, depth)} {name} is missing")
        return weights(found[layer, name], shape, f"{_place(layer, depth)} {name}", why)

    layers = tuple(
        Layer(
            dilation=dilation,
            kernel=take(i, "W_conv", (taps, channels, wide), stack),
            bias=take(i, "b_conv", (wide,), f"{channels} channels{' gated' if gated else ''}"),
            mix=take(i, "W_out", (channels, channels), f"{channels} channels"),
            mix_bias=take(i, "b_out", (channels,), f"{channels} channels"),
        )
        for i, dilation in enumerate(dilations)
    )
    network = WaveNet(
        activation=activation,
        input=take(-1, "W", (inputs, channels), f"{inputs} inputs x {channels} channels"),
        input_bias=take(-1, "b", (channels,), f"{channels} channels"),
        layers=layers,
        output=take(depth, "W", (depth, channels, outputs), f"{depth} layers x {channels} channels"),
        output_bias=take(depth, "b", (outputs,), f"{outputs} outputs"),
    )
    metadata = {key: value for key, value in file.items() if key not in (*ARCHITECTURE, "variables")}
    return Model(
        path=path,
        name=_name(metadata.get("name"), path),
        family="guitarml",
        network=network,
        sample_rate=_sample_rate(metadata),
        level=_level(metadata.pop("level_adjust", None)),
        weights=count,
        metadata=metadata,
    )


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


def _name(value: object, path: Path) -> str:
    return value if isinstance(value, str) and value.strip() and value.isprintable() else path.stem


def _sample_rate(metadata: Mapping[str, object]) -> int | None:
    value = metadata.get("sample_rate")
    return None if value is None else integer(value, "sample_rate", 1000, 1_000_000)


def _level(value: object) -> float:
    """A linear factor; the family writes 0 where none is meant."""
    if value is None:
        return 1.0
    level = number(value, "level_adjust")
    if abs(level) > LOUDEST:
        raise Fault(f"level_adjust is {level:g}; at most {LOUDEST:g} is possible")
    return level or 1.0
