"""A flat list of weights (`.nam`), taken piece by piece in the order of the network."""

from __future__ import annotations

import math

import numpy as np

from rig.models.formats.network import Conv
from rig.models.formats.reading import WEIGHTS, Fault, numbers


class Room:
    """What all networks of one file together may take up: weights, written out with the zeros between groups."""

    def __init__(self, weights: int = 4 * WEIGHTS) -> None:
        self._left = weights

    def take(self, weights: int) -> None:
        """So many more. Raises Fault where there is no room for them."""
        self._left -= weights
        if self._left < 0:
            raise Fault(f"its networks together need more than {4 * WEIGHTS} weights, zeros between groups counted")


class Flat:
    """Weights to be taken in order. Where they run out zeros are, so that `finish` can say how many there should be."""

    def __init__(self, data: object, room: Room) -> None:
        self._numbers = numbers(data, "weights")
        self._taken = 0
        self._room = room

    def take(self, *shape: int) -> np.ndarray:
        """The next ones, as float32 of that shape; not to be written to."""
        start = self._taken
        self._taken += math.prod(shape)
        if self._taken > WEIGHTS:
            raise Fault(f"the sizes it declares need {self._taken} weights; at most {WEIGHTS} are possible")
        if self._taken > len(self._numbers):
            return np.broadcast_to(np.float32(0), shape)
        return self._numbers[start : self._taken].reshape(shape)

    def conv(
        self, ins: int, outs: int, taps: int = 1, dilation: int = 1, bias: bool = True, groups: int = 1, what: str = ""
    ) -> Conv:
        """The next convolution: PyTorch's (out, in, tap) flattened, then the bias. Groups are written out as zeros."""
        if ins % groups or outs % groups:
            raise Fault(f"{what}: {ins} inputs and {outs} outputs do not part into {groups} groups")
        self._room.take(ins * outs * taps)
        packed = self.take(groups, outs // groups, ins // groups, taps)
        dense = np.zeros((taps, groups, ins // groups, groups, outs // groups), np.float32)
        for group in range(groups):
            dense[:, group, :, group, :] = packed[group].transpose(2, 1, 0)
        biases = np.array(self.take(outs)) if bias else np.zeros(outs, np.float32)
        return Conv(dense.reshape(taps, ins, outs), biases, dilation)

    def finish(self) -> int:
        """How many there were. Raises Fault where the network does not need just as many."""
        if self._taken != len(self._numbers):
            raise Fault(f"weights has {len(self._numbers)} numbers, its architecture needs {self._taken}")
        return self._taken
