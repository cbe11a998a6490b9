"""Random model files of every family, for tests that compare one way of running a network with another.

Each function gives what the JSON file holds (`json.dumps` it to write one), with weights that keep signals near 1 and are
float32 values, so that nothing is lost on the way through the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

GATED = ("gated", "softgated")

RATE = {"sample_rate": 48_000}
"""What every file says, so that nothing is resampled where that is not the matter; `sample_rate=None`: nothing."""


def guitarml(
    rng: np.random.Generator,
    channels: int = 4,
    taps: int = 3,
    dilations: Sequence[int] = (1, 2, 4),
    activation: str = "gated",
    strings: bool = False,
    inputs: int = 1,
    outputs: int = 1,
    **extra: object,
) -> dict:
    """A GuitarML / WaveNetVA model.

    strings: numbers as PedalNetRT writes them. extra: more top-level keys (`level_adjust=2.0`, `name="x"`).
    """
    wide = channels * (2 if activation in GATED else 1)
    depth = len(dilations)

    def data(count: int, scale: float) -> list:
        numbers = rng.normal(0.0, scale, count).astype(np.float32).tolist()
        return [repr(number) for number in numbers] if strings else numbers

    def variable(layer: int, name: str, count: int, scale: float) -> dict:
        return {"layer_idx": layer, "name": name, "data": data(count, scale)}

    variables = [
        variable(-1, "W", inputs * channels, 0.7),
        variable(-1, "b", channels, 0.1),
    ]
    for layer in range(depth):
        variables += [
            variable(layer, "W_conv", taps * channels * wide, (taps * channels) ** -0.5),
            variable(layer, "b_conv", wide, 0.1),
            variable(layer, "W_out", channels * channels, 0.3 * channels**-0.5),
            variable(layer, "b_out", channels, 0.05),
        ]
    variables += [
        variable(depth, "W", channels * depth * outputs, (channels * depth) ** -0.5),
        variable(depth, "b", outputs, 0.05),
    ]
    return {
        "activation": activation,
        "input_channels": inputs,
        "output_channels": outputs,
        "residual_channels": channels,
        "filter_width": taps,
        "dilations": list(dilations),
        "variables": variables,
        **RATE,
        **extra,
    }


FILM_KEYS = (
    "conv_pre_film",
    "conv_post_film",
    "input_mixin_pre_film",
    "input_mixin_post_film",
    "activation_pre_film",
    "activation_post_film",
    "layer1x1_post_film",
    "head1x1_post_film",
)


def nam_array(
    channels: int = 4,
    taps: int | Sequence[int] = 3,
    dilations: Sequence[int] = (1, 2, 4),
    activation: object = "Tanh",
    gating: object = "none",
    secondary: object = None,
    inputs: int = 1,
    conditions: int = 1,
    bottleneck: int | None = None,
    head: tuple[int, int, bool] = (1, 1, True),
    layer1x1: int | None = 1,
    head1x1: tuple[int, int] | None = None,
    groups: int = 1,
    mix_in_groups: int = 1,
    films: Mapping[str, tuple[bool, int]] | None = None,
    allowed: Sequence[int] | None = None,
) -> dict:
    """The config of one layer array of a `.nam` WaveNet, as its exporter writes A2.

    activation, gating, secondary, taps: one for all layers or a list. head: outputs, taps, bias. layer1x1: groups, or None.
    head1x1: outputs and groups. films: by key (FILM_KEYS), (shift, groups). allowed: the widths of a slimmable one.
    """
    films = films or {}
    depth = len(dilations)

    def each(value: object) -> list:
        return list(value) if isinstance(value, (list, tuple)) else [value] * depth

    return {
        "input_size": inputs,
        "condition_size": conditions,
        "head": {"out_channels": head[0], "kernel_size": head[1], "bias": head[2]},
        "channels": channels,
        "kernel_sizes": each(taps),
        "dilations": list(dilations),
        "activation": [{"type": one} if isinstance(one, str) else one for one in each(activation)],
        "bottleneck": bottleneck or channels,
        "head1x1": {
            "active": head1x1 is not None,
            **dict(zip(("out_channels", "groups"), head1x1 or (1, 1), strict=True)),
        },
        "layer1x1": {"active": layer1x1 is not None, "groups": layer1x1 or 1},
        "groups_input": groups,
        "groups_input_mixin": mix_in_groups,
        **{
            key: {"active": key in films, "shift": films.get(key, (True, 1))[0], "groups": films.get(key, (True, 1))[1]}
            for key in FILM_KEYS
        },
        "gating_mode": each(gating),
        "secondary_activation": each(secondary),
        "slimmable": allowed and {"method": "slice_channels_uniform", "kwargs": {"allowed_channels": list(allowed)}},
    }


def nam_wavenet(
    rng: np.random.Generator,
    *arrays: dict,
    condition: dict | None = None,
    post: dict | None = None,
    scale: float = 0.5,
    **extra: object,
) -> dict:
    """A `.nam` WaveNet of layer arrays from `nam_array`; one plain array where none is given.

    condition: another `nam_wavenet`, the condition_dsp. post: the post stack {channels, activation, out_channels,
    kernel_sizes}. extra: more top-level keys.
    """
    arrays = arrays or (nam_array(),)
    weights: list[float] = []

    def conv(ins: int, outs: int, taps: int = 1, bias: bool = True, groups: int = 1, gain: float = 1.0) -> None:
        fan = ins // groups * taps
        weights.extend(rng.normal(0.0, gain * fan**-0.5, outs * fan).astype(np.float32).tolist())
        if bias:
            weights.extend(rng.normal(0.0, 0.1, outs).astype(np.float32).tolist())

    for array in arrays:
        channels, rows, conditions = array["channels"], array["bottleneck"], array["condition_size"]
        heads = array["head1x1"]["out_channels"] if array["head1x1"]["active"] else rows
        depth = len(array["dilations"])
        conv(array["input_size"], channels, bias=False)
        for taps, gating in zip(array["kernel_sizes"], array["gating_mode"], strict=True):
            wide = rows if gating == "none" else 2 * rows
            conv(channels, wide, taps, groups=array["groups_input"])
            conv(conditions, wide, bias=False, groups=array["groups_input_mixin"])
            if array["layer1x1"]["active"]:
                conv(rows, channels, groups=array["layer1x1"]["groups"], gain=0.3)
            if array["head1x1"]["active"]:
                conv(rows, heads, groups=array["head1x1"]["groups"])
            widths = (channels, wide, conditions, wide, wide, rows, channels, heads)
            for key, width in zip(FILM_KEYS, widths, strict=True):
                if array[key]["active"]:
                    conv(conditions, width * (2 if array[key]["shift"] else 1), groups=array[key]["groups"])
        conv(
            heads, array["head"]["out_channels"], array["head"]["kernel_size"], array["head"]["bias"], gain=depth**-0.5
        )
    if post:
        ins = arrays[-1]["head"]["out_channels"]
        for i, taps in enumerate(post["kernel_sizes"]):
            outs = post["out_channels"] if i + 1 == len(post["kernel_sizes"]) else post["channels"]
            conv(ins, outs, taps)
            ins = outs
    config = {"layers": list(arrays), "head": post, "head_scale": scale}
    return {
        "version": "0.7.0",
        "metadata": {},
        "architecture": "WaveNet",
        "config": config if condition is None else {"condition_dsp": condition, **config},
        "weights": [*weights, scale],
        "sample_rate": 48000,
        **extra,
    }


def nam_a1(rng: np.random.Generator, *arrays: dict, **extra: object) -> dict:
    """A `.nam` WaveNet with the keys of 2022 to 2025. arrays: as in `nam_wavenet`, but no options that A1 does not have."""
    content = nam_wavenet(rng, *arrays, **{"version": "0.5.4", **extra})
    content["config"]["layers"] = [
        {
            "input_size": array["input_size"],
            "condition_size": array["condition_size"],
            "head_size": array["head"]["out_channels"],
            "channels": array["channels"],
            "kernel_size": array["kernel_sizes"][0],
            "dilations": array["dilations"],
            "activation": array["activation"][0]["type"],
            "gated": array["gating_mode"][0] == "gated",
            "head_bias": array["head"]["bias"],
        }
        for array in content["config"]["layers"]
    ]
    return content


def nam_lstm(rng: np.random.Generator, hidden: int = 8, layers: int = 1, inputs: int = 1, **extra: object) -> dict:
    """A `.nam` LSTM, its initial states at random."""
    weights: list[np.ndarray] = []
    for i in range(layers):
        width = (hidden if i else inputs) + hidden
        weights += [rng.normal(0.0, width**-0.5, 4 * hidden * width), rng.normal(0.0, 0.3, 6 * hidden)]
    weights.append(rng.normal(0.0, hidden**-0.5, hidden + 1))
    return {
        "version": "0.5.4",
        "metadata": {},
        "architecture": "LSTM",
        "config": {"input_size": inputs, "hidden_size": hidden, "num_layers": layers},
        "weights": np.concatenate(weights).astype(np.float32).tolist(),
        "sample_rate": 48000,
        **extra,
    }


def keras(
    rng: np.random.Generator,
    layers: Sequence[Mapping] = ({"type": "lstm", "size": 8}, {"type": "dense", "size": 1}),
    inputs: int = 1,
    **extra: object,
) -> dict:
    """An AIDA-X / RTNeural model.

    layers: {type, size} and, as they apply, activation, kernel_size, dilation; batchnorm, prelu and activation have no
    size. extra: more top-level keys (`in_skip=1`, `out_gain=-6.0`).
    """

    def array(*shape: int, scale: float | None = None) -> list:
        scale = float(np.prod(shape[:-1])) ** -0.5 if scale is None else scale
        return rng.normal(0.0, scale, shape).astype(np.float32).tolist()

    written, ins = [], inputs
    for layer in layers:
        kind, size = layer["type"], layer.get("size", ins)
        entry = {"type": kind, "activation": layer.get("activation", ""), "shape": [None, None, size]}
        if kind == "lstm":
            weights = [array(ins, 4 * size), array(size, 4 * size), array(4 * size, scale=0.3)]
        elif kind == "gru":
            weights = [array(ins, 3 * size), array(size, 3 * size), array(2, 3 * size, scale=0.3)]
        elif kind == "conv1d":
            taps = layer["kernel_size"]
            entry |= {"kernel_size": [taps], "dilation": [layer.get("dilation", 1)]}
            weights = [array(taps, ins, size), array(size, scale=0.1)]
        elif kind == "batchnorm":
            entry["epsilon"] = 1e-3
            weights = [array(size, scale=1.0) for _ in range(3)]
            weights.append(rng.uniform(0.2, 2.0, size).astype(np.float32).tolist())
        elif kind == "prelu":
            weights = [[array(size, scale=0.3)]]
        elif kind == "activation":
            weights = []
        else:
            weights = [array(ins, size), array(size, scale=0.1)]
        written.append({**entry, "weights": weights})
        ins = size
    return {"in_shape": [None, None, inputs], "layers": written, **RATE, **extra}


def smartamppro(
    rng: np.random.Generator,
    window: int = 120,
    taps: tuple[int, int] = (12, 12),
    strides: tuple[int, int] | None = (12, 12),
    channels: int = 4,
    hidden: int = 8,
    recurrent: bool = True,
    **extra: object,
) -> dict:
    """A GuitarML SmartAmpPro model. strides: None where the file says none. recurrent: whether it has that kernel."""

    def array(*shape: int, scale: float | None = None) -> list:
        scale = float(np.prod(shape[:-1])) ** -0.5 if scale is None else scale
        return rng.normal(0.0, scale, shape).astype(np.float32).tolist()

    lstm = {"kernel:0": array(channels, 4 * hidden), "bias:0": array(4 * hidden, scale=0.3)}
    return {
        "conv1d": {"bias:0": array(channels, scale=0.1), "kernel:0": array(taps[0], 1, channels)},
        "conv1d_1": {"bias:0": array(channels, scale=0.1), "kernel:0": array(taps[1], channels, channels)},
        "lstm": lstm | ({"recurrent_kernel:0": array(hidden, 4 * hidden)} if recurrent else {}),
        "dense": {"bias:0": array(1, scale=0.1), "kernel:0": array(hidden, 1)},
        "input_size": window,
        **({"conv1d_stride": strides[0], "conv1d_1_stride": strides[1]} if strides else {}),
        **RATE,
        **extra,
    }


def proteus(
    rng: np.random.Generator,
    unit: str = "LSTM",
    hidden: int = 8,
    layers: int = 1,
    inputs: int = 1,
    skip: int = 1,
    bias: bool = True,
    **extra: object,
) -> dict:
    """A GuitarML Proteus / Automated-GuitarAmpModelling model. bias: of the dense layer at its end."""
    gates = {"LSTM": 4, "GRU": 3}[unit]
    state = {}
    for i in range(layers):
        width = hidden if i else inputs
        state[f"rec.weight_ih_l{i}"] = rng.normal(0.0, width**-0.5, (gates * hidden, width))
        state[f"rec.weight_hh_l{i}"] = rng.normal(0.0, hidden**-0.5, (gates * hidden, hidden))
        state[f"rec.bias_ih_l{i}"] = rng.normal(0.0, 0.2, gates * hidden)
        state[f"rec.bias_hh_l{i}"] = rng.normal(0.0, 0.2, gates * hidden)
    state["lin.weight"] = rng.normal(0.0, hidden**-0.5, (1, hidden))
    if bias:
        state["lin.bias"] = rng.normal(0.0, 0.1, 1)
    return {
        "model_data": {
            "model": "SimpleRNN",
            "input_size": inputs,
            "skip": skip,
            "output_size": 1,
            "unit_type": unit,
            "num_layers": layers,
            "hidden_size": hidden,
            "bias_fl": bias,
        },
        "state_dict": {key: value.astype(np.float32).tolist() for key, value in state.items()},
        **RATE,
        **extra,
    }
