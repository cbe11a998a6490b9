"""A WaveNet, layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rig.models.formats.network import Conv, Film, Layer, LayerArray, WaveNet
from rig.models.program.blocks import Blocks
from rig.models.program.heads import Dots, Sums, dots_of
from rig.models.program.steps import (
    ADD,
    FADE,
    INPUT,
    SCALE,
    Rows,
    Steps,
    bias_of,
    factors_of,
    fast_of,
    kernel_of,
    matrix_of,
)


def biased(network: WaveNet) -> bool:
    """Whether a bias comes with the 1x1 into it, or into the network of its condition."""
    return bool(network.arrays[0].entry.bias.any()) or (network.condition is not None and biased(network.condition))


def passes(entry: Conv) -> bool:
    """Whether a 1x1 changes nothing, as between the arrays of what `rig convert` writes."""
    return entry.ins == entry.outs and np.array_equal(entry.weights[0], np.eye(entry.ins)) and not entry.bias.any()


class WaveNetWriter:
    """Writes a WaveNet's steps."""

    def __init__(self, steps: Steps, network: WaveNet) -> None:
        self.steps, self.network = steps, network
        condition = Rows(WaveNetWriter(steps, network.condition).write()) if network.condition else steps.raw
        self.blocks = Blocks(steps, condition)

    def write(self) -> int:
        """Returns the buffer of the output."""
        arrays = self.network.arrays
        heads = dots_of(self.network)
        head = Dots(self.steps, *heads) if heads else Sums(self.blocks, self.network)
        x = self.entered(arrays[0])
        for a, array in enumerate(arrays):
            for i, layer in enumerate(array.layers):
                z = self.layer(layer, x, partial(head.share, (a, i), layer))
                if i + 1 < len(array.layers):
                    x = self.next(layer, z, x)
                elif a + 1 < len(arrays):
                    entry = arrays[a + 1].entry
                    x = self.next(layer, z, x, None if passes(entry) else entry)
            head.end(a)
        return self.post(head.output)

    def entered(self, array: LayerArray) -> Rows:
        """What the first array hears: not written down where that is cheaper."""
        entry, inputs = array.entry, self.steps.inputs + self.steps.ones
        if inputs <= entry.outs and "conv_pre" not in array.layers[0].films:
            matrix = matrix_of(entry)
            return Rows(INPUT, np.concatenate([matrix, bias_of(entry)[None]]) if self.steps.ones else matrix)
        to = self.steps.buffer(entry.outs)
        self.steps.conv(to, matrix_of(entry)[None], bias_of(entry), self.steps.raw)
        return Rows(to)

    def layer(self, layer: Layer, x: Rows, share: Callable[[int, int | None], None]) -> int:
        """Up to the activation, whose share of the head it gives; returns the buffer of the activation's rows."""
        steps, films, wide = self.steps, layer.films, layer.conv.outs
        rows, z = wide // 2 if layer.gate else wide, self.blocks.block("z", wide)
        fast = fast_of(layer.activation, layer.gate, layer.blended)
        between = {"conv_post", "mix_in_post", "activation_pre"} & set(films)
        if between:
            fast = None
        factors = factors_of(fast, wide)
        if "conv_pre" in films:
            x = self.modulated(x, layer.conv.ins, films["conv_pre"])
        kernel, bias = kernel_of(layer.conv) * factors, bias_of(layer.conv) * factors
        if between:
            steps.conv(z, kernel, bias, x, layer.conv.dilation)
            self.blocks.film(films.get("conv_post"), z, wide)
            self.mix_in(layer, z)
            self.blocks.film(films.get("activation_pre"), z, wide)
        elif layer.mix_in:
            mixed = self.mixed(layer, layer.mix_in.ins), matrix_of(layer.mix_in) * factors
            steps.conv(z, kernel, bias + bias_of(layer.mix_in) * factors, x, layer.conv.dilation, extra=mixed)
        else:
            steps.conv(z, kernel, bias, x, layer.conv.dilation)
        if fast is None:
            self.bent(layer, z, rows)
        if fast is not None and "activation_post" in films:
            steps.activate(z, fast, layer.activation, rows)
            fast = None
        self.blocks.film(films.get("activation_post"), z, rows)
        share(z, fast)
        return z

    def mixed(self, layer: Layer, rows: int) -> Rows:
        """The condition, of so many rows, as the layer's mix-in hears it."""
        film = layer.films.get("mix_in_pre")
        condition = self.blocks.condition
        return self.modulated(condition, rows, film, self.blocks.block("mixed", rows)) if film else condition

    def mix_in(self, layer: Layer, z: int) -> None:
        """Adds the condition to z in a step of its own."""
        if layer.mix_in:
            to, rows = self.blocks.block("mix_in", layer.mix_in.outs), layer.mix_in.outs
            self.steps.conv(to, kernel_of(layer.mix_in), bias_of(layer.mix_in), self.mixed(layer, layer.mix_in.ins))
            self.blocks.film(layer.films.get("mix_in_post"), to, rows)
            self.steps.step(ADD, z, rows, source=to, add=z)

    def modulated(self, x: Rows, rows: int, film: Film, to: int | None = None) -> Rows:
        """A copy of x, modulated."""
        to = self.steps.buffer(rows) if to is None else to
        self.steps.conv(to, np.eye(rows)[None], np.zeros(rows), x)
        self.blocks.film(film, to, rows)
        return Rows(to)

    def bent(self, layer: Layer, z: int, rows: int) -> None:
        """An activation that has no kernel of its own."""
        if layer.blended:
            kept = self.blocks.block("kept", rows)
            self.steps.step(ADD, kept, rows, source=z)
        self.steps.bend(z, layer.activation, rows)
        if layer.gate:
            self.steps.bend(z, layer.gate, rows, to_row=rows)
        if layer.blended:
            self.steps.step(FADE, z, rows, source=kept, extra=z, extra_row=rows)
        elif layer.gate:
            self.steps.step(SCALE, z, rows, source=z, from_row=rows)

    def next(self, layer: Layer, z: int, x: Rows, entry: Conv | None = None) -> Rows:
        """What the next layer hears. entry: that of the next array, where one begins."""
        steps, channels = self.steps, layer.conv.ins
        onward = matrix_of(layer.onward) if layer.onward else np.eye(channels)
        bias = bias_of(layer.onward) if layer.onward else np.zeros(channels)
        if "onward_post" in layer.films:
            made = self.blocks.block("onward", channels)
            steps.conv(made, onward[None], bias, Rows(z))
            self.blocks.film(layer.films["onward_post"], made, channels)
            z, onward, bias = made, np.eye(channels), np.zeros(channels)
        if entry is None and x.matrix is None:
            to = steps.buffer(channels)
            steps.conv(to, onward[None], bias, Rows(z), add=x.buffer)
            return Rows(to)
        into = matrix_of(entry) if entry else np.eye(channels)
        bias = bias @ into + (bias_of(entry) if entry else 0.0)
        to = steps.buffer(into.shape[1])
        steps.conv(to, (onward @ into)[None], bias, Rows(z), extra=(x, into))
        return Rows(to)

    def post(self, at: int) -> int:
        """What comes behind the heads, on from buffer `at`; returns the buffer that it ends in."""
        for activation, conv in self.network.post:
            self.steps.bend(at, activation, conv.ins)
            to = self.steps.buffer(conv.outs)
            self.steps.conv(to, kernel_of(conv), bias_of(conv), Rows(at), conv.dilation)
            at = to
        return at
