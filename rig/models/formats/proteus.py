"""GuitarML's Proteus and Automated-GuitarAmpModelling files: PyTorch's LSTM or GRU, then a dense layer.

model_data: {model, unit_type, input_size, hidden_size, num_layers, output_size, skip, bias_fl}; skip 1 adds the guitar
to the output, bias_fl tells whether the dense layer has a bias. state_dict: PyTorch's names; rows are outputs, those of
a recurrent layer in gates i f g o (LSTM) or r z n (GRU, the reset gate behind the recurrent product), with two biases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from rig.models.formats import compatibility
from rig.models.formats.model import Family, Model
from rig.models.formats.network import Activation, Conv, Gru, Lstm, RecurrentNet
from rig.models.formats.reading import (
    CHANNELS,
    LAYERS,
    Fault,
    choice,
    flag,
    integer,
    knobs,
    metadata,
    nested,
    optional,
    required,
    sample_rate,
    table,
    title,
)

KEYS = ("state_dict", "model_data")
Take = Callable[..., np.ndarray]


def parse(file: Mapping[str, object], path: Path) -> Model:
    """The content of a model file. Raises Fault."""
    data = table(required(file, "model_data"), "model_data")
    state = table(required(file, "state_dict"), "state_dict")
    choice(optional(data, "model", "SimpleRNN"), "model:", ("SimpleRNN",))
    unit = choice(required(data, "unit_type", "model_data"), "unit_type", CELLS)
    inputs = integer(optional(data, "input_size", 1), "input_size", 1, 16)
    size = integer(required(data, "hidden_size", "model_data"), "hidden_size", 1, CHANNELS)
    depth = integer(optional(data, "num_layers", 1), "num_layers", 1, LAYERS)
    integer(optional(data, "output_size", 1), "output_size", 1, 1)
    skip = integer(optional(data, "skip", 0), "skip", 0, 1)
    taken: dict[str, int] = {}

    def take(name: str, *shape: int) -> np.ndarray:
        found = nested(required(state, name, "state_dict"), shape, name)
        taken[name] = found.size
        return found

    stages = [CELLS[unit](take, i, size if i else inputs, size) for i in range(depth)]
    weights = take("lin.weight", 1, size).reshape(1, size, 1)
    biased = flag(optional(data, "bias_fl", "lin.bias" in state), "bias_fl")
    bias = take("lin.bias", 1) if biased else np.zeros(1, np.float32)
    odd = [name for name in state if name not in taken]
    if odd:
        raise Fault(f"state_dict: {odd[0][:40]!r} belongs to no layer that model_data tells of")

    said = metadata(file.get("metadata"))
    rates = (place.get(key) for place in (said, file) for key in ("samplerate", "sample_rate"))
    return Model(
        path=path,
        name=title(said.get("name", file.get("name")), path),
        family=FAMILY,
        architecture=unit,
        network=RecurrentNet((*stages, (Conv(weights, bias), Activation("linear"))), skip=float(skip)),
        knobs=knobs(inputs),
        sample_rate=sample_rate(*rates),
        weights=sum(taken.values()),
        metadata={key: value for key, value in file.items() if key not in KEYS},
    )


def _lstm(take: Take, layer: int, ins: int, size: int) -> Lstm:
    kernel, recurrent, bias, back = _arrays(take, layer, ins, size, 4)
    zeros = np.zeros(size, np.float32)
    return Lstm(kernel, recurrent, (bias + back).astype(np.float32), hidden=zeros, cell=zeros)


def _gru(take: Take, layer: int, ins: int, size: int) -> Gru:
    def swapped(array: np.ndarray) -> np.ndarray:
        r, z, n = np.split(array, 3, axis=-1)
        return np.concatenate([z, r, n], axis=-1)

    arrays = _arrays(take, layer, ins, size, 3)
    kernel, recurrent, bias, back = (swapped(array).astype(np.float32) for array in arrays)
    return Gru(kernel, recurrent, bias, back, hidden=np.zeros(size, np.float32))


def _arrays(
    take: Take, layer: int, ins: int, size: int, gates: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """kernel (in, gates), recurrent (H, gates) and the two biases, in double."""
    kernel = take(f"rec.weight_ih_l{layer}", gates * size, ins).T
    recurrent = take(f"rec.weight_hh_l{layer}", gates * size, size).T
    bias, back = (take(f"rec.bias_{which}_l{layer}", gates * size).astype(np.float64) for which in ("ih", "hh"))
    return np.ascontiguousarray(kernel), np.ascontiguousarray(recurrent), bias, back


CELLS: Mapping[str, Callable[[Take, int, int, int], Lstm | Gru]] = {"LSTM": _lstm, "GRU": _gru}


FAMILY = Family("proteus", "Proteus", KEYS, parse, rate=44_100, players=compatibility.proteus)
