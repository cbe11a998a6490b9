"""A model file -> one neutral description: architecture and float32 weights. One module a family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Layer:
    """One layer of a dilated stack, C channels wide.

    kernel: (taps, C, 2C when gated or softgated, else C), tap 0 is the oldest sample; bias: (2C or C,)
    mix: (C, C) in -> out, and mix_bias: (C,): the 1x1 on the activation that, plus the layer's input, feeds the next.
    """

    dilation: int
    kernel: np.ndarray
    bias: np.ndarray
    mix: np.ndarray
    mix_bias: np.ndarray


@dataclass(frozen=True)
class WaveNet:
    """y[t] = output_bias + sum over layers of output[layer] . activation[layer][t]; each family's module has the rest.

    activation: gated | tanh | sigmoid | relu | softsign | linear | softgated.
    input: (inputs, C), input_bias: (C,). output: (layers, C, outputs), output_bias: (outputs,).
    All arrays are float32, C-contiguous and finite.
    """

    activation: str
    input: np.ndarray
    input_bias: np.ndarray
    layers: tuple[Layer, ...]
    output: np.ndarray
    output_bias: np.ndarray

    @property
    def channels(self) -> int:
        return self.input.shape[1]

    @property
    def receptive_field(self) -> int:
        """Frames of input that one frame of output depends on, itself included."""
        return 1 + sum((layer.kernel.shape[0] - 1) * layer.dilation for layer in self.layers)


@dataclass(frozen=True)
class Model:
    """A model file, read.

    name: what a player calls it. family: "guitarml". sample_rate: Hz, None where the file names none.
    level: linear output factor (`level_adjust`), 1.0 where there is none.
    metadata: what the file says of itself beyond the network (esr, loudness, date, ...).
    """

    path: Path
    name: str
    family: str
    network: WaveNet
    sample_rate: int | None = None
    level: float = 1.0
    weights: int = 0
    metadata: Mapping[str, object] = field(default_factory=dict)


def load_model(path: Path) -> Model:
    """Read a model file; the family is found from its content.

    Raises RigError, one line that names the file and the fault.
    """
    from rig.formats import guitarml

    return guitarml.load(path)
