"""Slimmable WaveNets of `.nam`: one set of weights that plays with fewer channels, too (`slice_channels_uniform`).

Of n allowed widths, quality q takes number floor(q n), the last one at 1; a width keeps the first so many channels.
Source: the package neural-amp-modeler, and "Slimmable NAM" (arXiv 2511.07470).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from rig.models.formats.flat import Room
from rig.models.formats.network import Activation, Conv, Layer, LayerArray, WaveNet
from rig.models.formats.reading import CHANNELS, Fault, choice, integer, listing, optional, required, table


def slimmed(network: WaveNet, config: Mapping[str, object], room: Room) -> Iterator[tuple[float, WaveNet]]:
    """(limit of the quality, network), the cheapest first; nothing where the network is not slimmable. Raises Fault.

    config: the one that `network` was read from.
    """
    widths = [
        _widths(table(array, "layer array"), built.entry.outs)
        for array, built in zip(listing(config["layers"], "layers"), network.arrays, strict=True)
    ]
    if not any(widths):
        return
    _check(network)
    limits = sorted({Fraction(i + 1, len(allowed)) for allowed in widths if allowed for i in range(len(allowed))})
    quality = Fraction(0)
    for limit in limits:
        channels = [
            allowed[int(quality * len(allowed))] if allowed else array.entry.outs
            for allowed, array in zip(widths, network.arrays, strict=True)
        ]
        room.take(sum(layer.conv.weights.size for array in network.arrays for layer in array.layers))
        yield float(limit), slim(network, channels)
        quality = limit


def _widths(array: Mapping[str, object], channels: int) -> list[int]:
    """The widths that a layer array allows; none where it is not slimmable."""
    if array.get("slimmable") is None:
        return []
    slimmable = table(array["slimmable"], "slimmable")
    choice(required(slimmable, "method", "slimmable"), "method of slimmable:", ("slice_channels_uniform",))
    kwargs = table(optional(slimmable, "kwargs", {}), "slimmable: kwargs")
    allowed = listing(optional(kwargs, "allowed_channels", list(range(1, channels + 1))), "allowed_channels")
    if not 1 <= len(allowed) <= CHANNELS:
        raise Fault(f"allowed_channels lists {len(allowed)} widths; 1 to {CHANNELS} are possible")
    return [integer(width, "allowed_channels", 1, channels) for width in allowed]


def _check(network: WaveNet) -> None:
    """The exporter slims plain layers only; what it should mean for others is not settled."""
    layers = [layer for array in network.arrays for layer in array.layers]
    plain = all(layer.onward and layer.onward.ins == layer.onward.outs for layer in layers)
    plain = plain and not any(layer.head or layer.films for layer in layers)
    heads = all(array.head.taps == 1 for array in network.arrays)
    if not plain or not heads or network.condition or network.post:
        raise Fault("slimmable with a bottleneck, FiLMs, 1x1s of its own, condition_dsp or a longer head is not known")


def slim(network: WaveNet, channels: Sequence[int]) -> WaveNet:
    """The network cut down to the first so many channels of each array (`slice_channels_uniform`)."""
    arrays = []
    for i, (array, width) in enumerate(zip(network.arrays, channels, strict=True)):
        ins = channels[i - 1] if i else array.entry.ins
        heads = channels[i + 1] if i + 1 < len(channels) else array.head.outs
        layers = tuple(_slim_layer(layer, width) for layer in array.layers)
        arrays.append(LayerArray(_cut(array.entry, ins, width), layers, _cut(array.head, width, heads)))
    return WaveNet(tuple(arrays), network.scale)


def _slim_layer(layer: Layer, width: int) -> Layer:
    # Of a gated layer's rows the first 2 x width are kept: its gate is then made of rows that were signal before.
    wide = 2 * width if layer.gate else width

    def cut(activation: Activation) -> Activation:
        return Activation(activation.kind, np.ascontiguousarray(activation.params[:, :width]))

    return Layer(
        conv=_cut(layer.conv, width, wide),
        activation=cut(layer.activation),
        onward=_cut(layer.onward, width, width) if layer.onward else None,
        gate=cut(layer.gate) if layer.gate else None,
        blended=layer.blended,
        mix_in=_cut(layer.mix_in, layer.mix_in.ins, wide) if layer.mix_in else None,
    )


def _cut(conv: Conv, ins: int, outs: int) -> Conv:
    weights = np.ascontiguousarray(conv.weights[:, :ins, :outs])
    return Conv(weights, np.ascontiguousarray(conv.bias[:outs]), conv.dilation)
