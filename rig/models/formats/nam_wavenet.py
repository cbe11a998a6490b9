"""A `.nam` file's WaveNet, A1 and A2: its config and its flat weights.

Weights in order: each layer array's entry (no bias), layers and head; the post stack; the output scale, which wins over
the config's head_scale. A layer's: conv, mix-in (no bias), layer1x1, head1x1, FiLMs as FILMS lists them, each only
where it is active. A1 files have other keys for the same: head_size and head_bias, kernel_size, gated.
Source: the exporter of the package neural-amp-modeler.

One thing depends on a file's version. Those before 0.7 with FiLMs were made for NeuralAmpModelerCore, where
layer1x1_post_film acts in blended layers only; in the package, which writes 0.7, it acts in all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rig.models.formats.activations import torch_activation
from rig.models.formats.flat import Flat, Room
from rig.models.formats.network import FILMS, Activation, Conv, Film, Layer, LayerArray, WaveNet
from rig.models.formats.reading import (
    CHANNELS,
    LAYERS,
    RECEPTIVE_FIELD,
    TAPS,
    Fault,
    check_sizes,
    choice,
    flag,
    integer,
    listing,
    optional,
    required,
    table,
)

ARRAYS = 128
POST = 16
"""Convolutions behind the last array."""
CONDITIONS = 4
"""How deep conditions of conditions may go."""
FILM_KEYS = dict(
    zip(
        FILMS,
        (
            "conv_pre_film",
            "conv_post_film",
            "input_mixin_pre_film",
            "input_mixin_post_film",
            "activation_pre_film",
            "activation_post_film",
            "layer1x1_post_film",
            "head1x1_post_film",
        ),
        strict=True,
    )
)


def read_wavenet(model: Mapping[str, object], room: Room, depth: int = 0) -> tuple[WaveNet, int]:
    """A WaveNet and how many weights it has, its condition's included. Any number of outputs. Raises Fault.

    model: {version, config, weights}. depth: of how many networks it makes the condition.
    """
    config = table(required(model, "config"), "config")
    arrays = listing(required(config, "layers"), "layers")
    if not 1 <= len(arrays) <= ARRAYS:
        raise Fault(f"layers lists {len(arrays)} layer arrays; 1 to {ARRAYS} are possible")
    configs = [table(array, f"layer array {i + 1}") for i, array in enumerate(arrays)]
    flat = Flat(required(model, "weights"), room)
    version = model.get("version")
    old = isinstance(version, str) and version.startswith(("0.5.", "0.6."))
    condition, count = _condition(config.get("condition_dsp"), room, depth)

    inputs = integer(required(configs[0], "input_size", "layer array 1"), "layer array 1: input_size", 1, 16)
    conditions = inputs if condition is None else outputs(condition)
    if condition is not None and condition.inputs != inputs:
        raise Fault(f"condition_dsp has {condition.inputs} inputs, the network {inputs}")
    built: list[LayerArray] = []
    for i, array in enumerate(configs):
        ins = built[-1].entry.outs if built else inputs
        built.append(_array(array, f"layer array {i + 1}", flat, ins, conditions, old))
        if i and built[i - 1].head.outs != built[i].head.ins:
            raise Fault(f"layer array {i} hands {built[i - 1].head.outs} heads on; the next has {built[i].head.ins}")
    if sum(len(array.layers) for array in built) > LAYERS:
        raise Fault(f"more than {LAYERS} layers")
    post = _post(config.get("head"), built[-1].head.outs, flat)
    scale = float(flat.take(1)[0])
    network = WaveNet(arrays=tuple(built), scale=scale, condition=condition, post=post)
    count += flat.finish()
    check_sizes(max(array.entry.outs for array in built), network.receptive_field, count)
    return network, count


def outputs(network: WaveNet) -> int:
    """How many signals a WaveNet makes."""
    return network.post[-1][1].outs if network.post else network.arrays[-1].head.outs


def _condition(value: object, room: Room, depth: int) -> tuple[WaveNet | None, int]:
    if value is None:
        return None, 0
    if depth == CONDITIONS:
        raise Fault(f"more than {CONDITIONS} conditions nested in each other")
    model = table(value, "condition_dsp")
    architecture = required(model, "architecture", "condition_dsp")
    if architecture != "WaveNet":
        raise Fault("condition_dsp is no WaveNet; others are not known there")
    try:
        return read_wavenet(model, room, depth + 1)
    except Fault as fault:
        raise Fault(f"condition_dsp: {fault}") from None


@dataclass(frozen=True)
class _Sizes:
    """What all layers of an array have in common. The 1x1s are their groups and None where there is none."""

    where: str
    channels: int
    bottleneck: int
    conditions: int
    groups: int
    mix_in_groups: int
    onward: int | None
    head: tuple[int, int] | None
    films: Mapping[str, tuple[bool, int]]
    old: bool


def _array(config: Mapping[str, object], where: str, flat: Flat, ins: int, conditions: int, old: bool) -> LayerArray:
    sizes = _sizes(config, where, conditions, old)
    for key, expected in (("input_size", ins), ("condition_size", conditions)):
        size = integer(required(config, key, where), f"{where}: {key}", 1, CHANNELS)
        if size != expected:
            raise Fault(f"{where}: {key} is {size}, but {expected} arrive")
    dilations = listing(required(config, "dilations", where), f"{where}: dilations")
    count = len(dilations)
    if not 1 <= count <= LAYERS:
        raise Fault(f"{where}: dilations lists {count} layers; 1 to {LAYERS} are possible")
    taps = _spread(config["kernel_sizes"] if "kernel_sizes" in config else config.get("kernel_size"), count, where)
    activations = _spread(required(config, "activation", where), count, where)
    modes = _modes(config, count, where)
    gates = _spread(config.get("secondary_activation"), count, where)

    entry = flat.conv(ins, sizes.channels, bias=False)
    layers = tuple(
        _layer(
            sizes,
            f"{where}, layer {i + 1}",
            flat,
            integer(taps[i], f"{where}, layer {i + 1}: kernel size", 1, TAPS),
            integer(dilations[i], f"{where}, layer {i + 1}: dilation", 1, RECEPTIVE_FIELD),
            activations[i],
            modes[i],
            gates[i] or "Sigmoid",
        )
        for i in range(count)
    )
    return LayerArray(entry, layers, _head(config, where, flat, sizes.head[0] if sizes.head else sizes.bottleneck))


def _sizes(config: Mapping[str, object], where: str, conditions: int, old: bool) -> _Sizes:
    def size(values: Mapping[str, object], key: str, default: int) -> int:
        return integer(optional(values, key, default), f"{where}: {key}", 1, CHANNELS)

    channels = integer(required(config, "channels", where), f"{where}: channels", 1, CHANNELS)
    bottleneck = size(config, "bottleneck", channels)
    onward = table(optional(config, "layer1x1", {}), f"{where}: layer1x1")
    head = table(optional(config, "head1x1", {}), f"{where}: head1x1")
    has_onward = flag(onward.get("active", True), f"{where}: layer1x1: active")
    has_head = flag(head.get("active", False), f"{where}: head1x1: active")
    if not has_onward and bottleneck != channels:
        raise Fault(
            f"{where}: without layer1x1 the bottleneck of {bottleneck} must be as wide as its {channels} channels"
        )
    return _Sizes(
        where=where,
        channels=channels,
        bottleneck=bottleneck,
        conditions=conditions,
        groups=size(config, "groups_input", 1),
        mix_in_groups=size(config, "groups_input_mixin", 1),
        onward=size(onward, "groups", 1) if has_onward else None,
        head=(size(head, "out_channels", channels), size(head, "groups", 1)) if has_head else None,
        films=_film_sizes(config, where, has_onward, has_head),
        old=old,
    )


def _film_sizes(
    config: Mapping[str, object], where: str, has_onward: bool, has_head: bool
) -> dict[str, tuple[bool, int]]:
    """{place: (shift, groups)} of the FiLMs that are active."""
    films = {}
    for place, key in FILM_KEYS.items():
        value = config.get(key)
        if value is None or value is False:
            continue
        film = table(value, f"{where}: {key}")
        if not flag(film.get("active", True), f"{where}: {key}: active"):
            continue
        if (place == "onward_post" and not has_onward) or (place == "head_post" and not has_head):
            raise Fault(f"{where}: {key} is active, but what it acts on is not")
        shift = flag(film.get("shift", True), f"{where}: {key}: shift")
        films[place] = shift, integer(optional(film, "groups", 1), f"{where}: {key}: groups", 1, 2 * CHANNELS)
    return films


def _layer(
    sizes: _Sizes,
    where: str,
    flat: Flat,
    taps: int,
    dilation: int,
    activation: object,
    mode: str,
    gate: object,
) -> Layer:
    channels, rows, conditions = sizes.channels, sizes.bottleneck, sizes.conditions
    wide = rows if mode == "none" else 2 * rows
    conv = flat.conv(channels, wide, taps, dilation, groups=sizes.groups, what=f"{where}: groups_input")
    mix_in = flat.conv(conditions, wide, bias=False, groups=sizes.mix_in_groups, what=f"{where}: groups_input_mixin")
    onward = head = None
    if sizes.onward is not None:
        onward = flat.conv(rows, channels, groups=sizes.onward, what=f"{where}: layer1x1")
    if sizes.head is not None:
        head = flat.conv(rows, sizes.head[0], groups=sizes.head[1], what=f"{where}: head1x1")
    widths = (channels, wide, conditions, wide, wide, rows, channels, head.outs if head else 0)
    films = {}
    for place, width in zip(FILMS, widths, strict=True):
        if place in sizes.films:
            shift, groups = sizes.films[place]
            outs = 2 * width if shift else width
            films[place] = Film(flat.conv(conditions, outs, groups=groups, what=f"{where}: {FILM_KEYS[place]}"), shift)
    if sizes.old and mode != "blended":
        films.pop("onward_post", None)
    return Layer(
        conv=conv,
        activation=torch_activation(activation, rows, where),
        onward=onward,
        gate=None if mode == "none" else torch_activation(gate, rows, f"{where}, gate"),
        blended=mode == "blended",
        mix_in=mix_in,
        head=head,
        films=films,
    )


def _head(config: Mapping[str, object], where: str, flat: Flat, ins: int) -> Conv:
    """An array's head: A2's {out_channels, kernel_size, bias}, or A1's head_size and head_bias."""
    if config.get("head") is not None:
        head = table(config["head"], f"{where}: head")
        outs, bias = required(head, "out_channels", where), required(head, "bias", where)
        taps = integer(required(head, "kernel_size", where), f"{where}: head: kernel_size", 1, TAPS)
    else:
        outs, bias, taps = required(config, "head_size", where), optional(config, "head_bias", False), 1
    outs = integer(outs, f"{where}: size of the head", 1, CHANNELS)
    return flat.conv(ins, outs, taps, bias=flag(bias, f"{where}: bias of the head"))


def _post(value: object, ins: int, flat: Flat) -> tuple[tuple[Activation, Conv], ...]:
    """What follows the last array's head: an activation and a convolution, again and again."""
    if value is None:
        return ()
    head = table(value, "head")
    if "kernel_sizes" in head:
        taps = listing(head["kernel_sizes"], "head: kernel_sizes")
    else:
        taps = [1] * integer(required(head, "num_layers", "head"), "head: num_layers", 1, POST)
    if not 1 <= len(taps) <= POST:
        raise Fault(f"head: kernel_sizes lists {len(taps)} layers; 1 to {POST} are possible")
    if optional(head, "in_channels", ins) != ins:
        raise Fault(f"head: in_channels must be {ins}, what the last layer array hands on")
    channels = integer(required(head, "channels", "head"), "head: channels", 1, CHANNELS)
    outs = integer(required(head, "out_channels", "head"), "head: out_channels", 1, CHANNELS)
    widths = [ins, *[channels] * (len(taps) - 1), outs]
    return tuple(
        (
            torch_activation(required(head, "activation", "head"), widths[i], "head"),
            flat.conv(widths[i], widths[i + 1], integer(taps[i], "head: kernel_sizes", 1, TAPS)),
        )
        for i in range(len(taps))
    )


def _modes(config: Mapping[str, object], count: int, where: str) -> list[str]:
    """none, gated or blended, for each layer."""
    if config.get("gating_mode") is None:
        return [("gated" if flag(optional(config, "gated", False), f"{where}: gated") else "none")] * count
    modes = _spread(config["gating_mode"], count, where)
    return [choice(mode, f"gating_mode of {where}:", ("none", "gated", "blended")) for mode in modes]


def _spread(value: object, count: int, where: str) -> Sequence[object]:
    """One value for each layer: a list is that, anything else holds for all."""
    if not isinstance(value, list):
        return [value] * count
    if len(value) != count:
        raise Fault(f"{where}: a list of {len(value)} for {count} layers")
    return value
