"""What the layers of a WaveNet add to its output."""

from __future__ import annotations

import numpy as np

from rig.models.formats.network import Layer, WaveNet
from rig.models.program.blocks import Blocks
from rig.models.program.steps import ADD, DOT, FILL, NO_HEAD, NONE, SUM, Rows, Steps, bias_of, kernel_of, matrix_of


def dots_of(network: WaveNet) -> tuple[list[list[np.ndarray]], float] | None:
    """For each layer the weights, (rows of its activation,), with which a single output hears it; the output's bias.

    None where the heads are not just sums: they hear the past, are modulated, feed more than one output.
    """
    straight = not network.post and network.arrays[-1].head.outs == 1
    if not straight or any(a.head.taps > 1 or "head_post" in la.films for a in network.arrays for la in a.layers):
        return None
    onward, constant = np.array([[network.scale]]), 0.0  # from an array's head to the output
    dots: list[list[np.ndarray]] = []
    for array in reversed(network.arrays):
        constant += float((bias_of(array.head) @ onward)[0])
        onward = matrix_of(array.head) @ onward
        dots.insert(0, [((matrix_of(la.head) @ onward) if la.head else onward)[:, 0] for la in array.layers])
        constant += sum(float((bias_of(la.head) @ onward)[0]) for la in array.layers if la.head)
    return dots, constant


class Dots:
    """Heads that end in one output: each layer adds its dot product."""

    def __init__(self, steps: Steps, dots: list[list[np.ndarray]], constant: float) -> None:
        self.steps, self.dots = steps, dots
        self.output = steps.buffer(1)
        self.steps.step(FILL, self.output, 1, np.array([constant]))

    def end(self, a: int) -> None:
        """Behind an array's last layer there is nothing left to do."""

    def share(self, at: tuple[int, int], layer: Layer, z: int, fast: int | None) -> None:
        """Activate a layer's rows in buffer z, and add its share. at: the array, the layer in it. fast: see fast_of."""
        dot = self.dots[at[0]][at[1]]
        if fast is None:
            self.steps.conv(self.output, dot[None, :, None], np.zeros(1), Rows(z), add=self.output)
        else:
            self.steps.activate(z, fast, layer.activation, len(dot), self.output, DOT, dot)


class Sums:
    """Heads that are summed row by row, and go through convolutions."""

    def __init__(self, blocks: Blocks, network: WaveNet) -> None:
        self.blocks, self.steps, self.arrays, self.scale = blocks, blocks.steps, network.arrays, network.scale
        self.output = self.steps.buffer(self.arrays[0].head.ins)  # the array's at work; in the end the network's
        self.steps.step(FILL, self.output, self.arrays[0].head.ins, np.zeros(self.arrays[0].head.ins))

    def share(self, at: tuple[int, int], layer: Layer, z: int, fast: int | None) -> None:
        """As Dots.share; without a fast activation the rows are bent already."""
        steps, rows = self.steps, self.arrays[at[0]].head.ins
        width = layer.conv.outs // 2 if layer.gate else layer.conv.outs
        if fast is not None:
            direct = layer.head is None
            steps.activate(
                z, fast, layer.activation, width, self.output if direct else NONE, SUM if direct else NO_HEAD
            )
            if direct:
                return
        made = z
        if layer.head:
            if "head_post" not in layer.films:
                steps.conv(self.output, kernel_of(layer.head), bias_of(layer.head), Rows(z), add=self.output)
                return
            made = self.blocks.block("head", rows)
            steps.conv(made, kernel_of(layer.head), bias_of(layer.head), Rows(z))
            self.blocks.film(layer.films["head_post"], made, rows)
        steps.step(ADD, self.output, rows, source=made, add=self.output)

    def end(self, a: int) -> None:
        """Behind an array's last layer: the sum goes through its head, and on to the next array's."""
        head, last = self.arrays[a].head, a + 1 == len(self.arrays)
        scale = self.scale if last else 1.0
        to = self.steps.buffer(head.outs)
        self.steps.conv(to, kernel_of(head) * scale, bias_of(head) * scale, Rows(self.output), head.dilation)
        self.output = to
