"""AIDA-X / RTNeural files: layers as Keras has them, run sample by sample.

in_shape: [.., inputs]. layers: [{type, activation, shape: [.., outputs], weights}], weights in lists of lists:
lstm: kernel (in, 4H), recurrent (H, 4H), bias (4H), gates i f c o. gru: (in, 3H), (H, 3H), bias (2, 3H), gates z r n.
dense: (in, out), bias. conv1d: (tap, in / groups, out), the oldest tap first, bias; kernel_size, dilation, groups.
batchnorm: scale and shift where it has them, mean, variance; epsilon. prelu: slopes. activation: none.
in_gain, out_gain: dB. in_skip: 1 where the input, in_gain applied, is added to the last layer's output.
input_batch, output_batch: what the file says it must reproduce; its state starts from zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from rig.models.formats import compatibility
from rig.models.formats.activations import keras_activation
from rig.models.formats.flat import Room
from rig.models.formats.fold import fold
from rig.models.formats.model import Family, Model
from rig.models.formats.network import Activation, Conv, Gru, Lstm, RecurrentNet, relu
from rig.models.formats.reading import (
    CHANNELS,
    LAYERS,
    RECEPTIVE_FIELD,
    TAPS,
    Fault,
    check_sizes,
    choice,
    gain_db,
    integer,
    knobs,
    listing,
    metadata,
    nested,
    optional,
    required,
    sample_rate,
    single,
    table,
    title,
)

KEYS = ("layers", "in_shape")
NETWORK = (*KEYS, "in_gain", "out_gain", "in_skip", "input_batch", "output_batch", "metadata")
Stage = Lstm | Gru | tuple[Conv, Activation]


def parse(file: Mapping[str, object], path: Path) -> Model:
    """The content of a model file. Raises Fault."""
    inputs = width = _last(required(file, "in_shape"), "in_shape", 16)
    listed = listing(required(file, "layers"), "layers")
    if not 1 <= len(listed) <= LAYERS:
        raise Fault(f"layers lists {len(listed)} layers; 1 to {LAYERS} are possible")
    stages: list[Stage] = []
    room = Room()
    kinds: list[str] = []
    count = 0
    for i, value in enumerate(listed):
        layer = _Layer(value, width, f"layer {i + 1}", room)
        READERS[layer.kind](stages, layer)
        kinds.append(layer.kind)
        count += _count(layer.weights)
        width = layer.outs
        check_sizes(layer.outs, 1 + sum(stage[0].reach for stage in stages if isinstance(stage, tuple)), 0)
    if width != 1:
        raise Fault(f"a model with {width} outputs; rig plays one")

    said = metadata(file.get("metadata"))
    rates = (place.get(key) for place in (said, file) for key in ("samplerate", "sample_rate"))
    return Model(
        path=path,
        name=title(said.get("name"), path),
        family=FAMILY,
        architecture=next((name for kind, name in ARCHITECTURES.items() if kind in kinds), "Dense"),
        network=RecurrentNet(
            layers=tuple(stages),
            skip=float(integer(optional(file, "in_skip", 0), "in_skip", 0, 1)),
            input_gain=gain_db(optional(file, "in_gain", 0.0), "in_gain"),
            output_gain=gain_db(optional(file, "out_gain", 0.0), "out_gain"),
        ),
        knobs=knobs(inputs, _knob_names(said)),
        sample_rate=sample_rate(*rates),
        weights=count,
        metadata={**said, **{key: value for key, value in file.items() if key not in NETWORK}},
    )


class _Layer:
    """An entry of `layers`: its kind, its width before and behind, and its weights, checked as they are asked for."""

    def __init__(self, value: object, ins: int, where: str, room: Room) -> None:
        self.fields = table(value, where)
        self.where, self.ins, self.room = where, ins, room
        self.kind = choice(required(self.fields, "type", where), f"type of {where}:", READERS)
        self.outs = _last(required(self.fields, "shape", where), f"{where}: shape", CHANNELS)
        self.weights = listing(required(self.fields, "weights", where), f"{where}: weights")

    def array(self, index: int, *shape: int) -> np.ndarray:
        """One list of its weights."""
        if index >= len(self.weights):
            raise Fault(f"{self.where}: weights lists {len(self.weights)} arrays, a {self.kind} has more")
        return nested(self.weights[index], shape, f"{self.where}: weights, array {index + 1}")

    def bias(self, index: int) -> np.ndarray:
        """The bias, which Keras may leave out."""
        return self.array(index, self.outs) if index < len(self.weights) else np.zeros(self.outs, np.float32)

    def activation(self) -> Activation:
        return keras_activation(self.fields.get("activation"), self.outs, self.where)

    def size(self, key: str, high: int) -> int:
        """A size, 1 where there is none, that Keras writes as a list of one or two."""
        value = optional(self.fields, key, 1)
        if isinstance(value, list):
            return _last(value, f"{self.where}: {key}", high)
        return integer(value, f"{self.where}: {key}", 1, high)


def _recurrent(layer: _Layer) -> None:
    """Keras can put other functions into its gates; RTNeural never does."""
    if layer.fields.get("activation") not in (None, "", "tanh"):
        raise Fault(f"{layer.where}: a {layer.kind} with another activation than tanh is not known")


def _lstm(stages: list[Stage], layer: _Layer) -> None:
    _recurrent(layer)
    gates, zeros = 4 * layer.outs, np.zeros(layer.outs, np.float32)
    arrays = layer.array(0, layer.ins, gates), layer.array(1, layer.outs, gates), layer.array(2, gates)
    stages.append(Lstm(*arrays, hidden=zeros, cell=zeros))


def _gru(stages: list[Stage], layer: _Layer) -> None:
    _recurrent(layer)
    gates = 3 * layer.outs
    kernel, recurrent = layer.array(0, layer.ins, gates), layer.array(1, layer.outs, gates)
    bias, back = layer.array(2, 2, gates)
    stages.append(Gru(kernel, recurrent, bias, back, hidden=np.zeros(layer.outs, np.float32)))


def _dense(stages: list[Stage], layer: _Layer) -> None:
    weights = layer.array(0, layer.ins, layer.outs)
    stages.append((Conv(weights[None], layer.bias(1)), layer.activation()))


def _conv1d(stages: list[Stage], layer: _Layer) -> None:
    taps, groups = layer.size("kernel_size", TAPS), layer.size("groups", CHANNELS)
    dilation = layer.size("dilation", RECEPTIVE_FIELD)
    if layer.ins % groups or layer.outs % groups:
        raise Fault(f"{layer.where}: {layer.ins} inputs and {layer.outs} outputs do not part into {groups} groups")
    ins, outs = layer.ins // groups, layer.outs // groups
    packed = layer.array(0, taps, ins, layer.outs)
    layer.room.take(packed.size * groups)
    weights = np.zeros((taps, layer.ins, layer.outs), np.float32)
    for i in range(groups):
        rows, columns = slice(i * ins, (i + 1) * ins), slice(i * outs, (i + 1) * outs)
        weights[:, rows, columns] = packed[:, :, columns]
    stages.append((Conv(weights, layer.bias(1), dilation), layer.activation()))


def _batchnorm(stages: list[Stage], layer: _Layer) -> None:
    conv, width = _before(stages, layer), layer.outs
    *affine, mean, variance = (layer.array(i, width) for i in range(max(2, len(layer.weights))))
    scale, shift = affine if len(affine) == 2 else (np.ones(width), np.zeros(width))
    epsilon = single(optional(layer.fields, "epsilon", 1e-3), f"{layer.where}: epsilon")
    stages.append((fold(conv, scale, shift, mean, variance, epsilon, layer.where), Activation("linear")))


def _prelu(stages: list[Stage], layer: _Layer) -> None:
    slopes = layer.weights
    while len(slopes) == 1 and isinstance(slopes[0], list):
        slopes = slopes[0]
    count = len(slopes) if len(slopes) == 1 else layer.outs
    stages.append((_before(stages, layer), relu(layer.outs, nested(slopes, (count,), f"{layer.where}: slopes"))))


def _activation(stages: list[Stage], layer: _Layer) -> None:
    stages.append((_before(stages, layer), layer.activation()))


def _before(stages: list[Stage], layer: _Layer) -> Conv:
    """The convolution that this layer may act on at once: the last one where nothing acts on it yet, else identity."""
    if layer.outs != layer.ins:
        raise Fault(f"{layer.where}: a {layer.kind} of {layer.ins} inputs cannot have {layer.outs} outputs")
    last = stages[-1] if stages else None
    if isinstance(last, tuple) and last[1].kind == "linear":
        stages.pop()
        return last[0]
    layer.room.take(layer.ins**2)
    return Conv(np.eye(layer.ins, dtype=np.float32)[None], np.zeros(layer.ins, np.float32))


READERS: Mapping[str, Callable[[list[Stage], _Layer], None]] = {
    "lstm": _lstm,
    "gru": _gru,
    "dense": _dense,
    "time-distributed-dense": _dense,
    "conv1d": _conv1d,
    "batchnorm": _batchnorm,
    "prelu": _prelu,
    "activation": _activation,
}
ARCHITECTURES = {"lstm": "LSTM", "gru": "GRU", "conv1d": "Conv1D"}


def _last(shape: object, what: str, high: int) -> int:
    """The last number of a shape."""
    sizes = listing(shape, what)
    if not sizes:
        raise Fault(f"{what} is an empty list")
    return integer(sizes[-1], what, 1, high)


def _knob_names(said: Mapping[str, object]) -> list[object]:
    """What a file may call its inputs beside the guitar: texts, or objects with a name."""
    for key in ("knobs", "params", "parameters"):
        listed = said.get(key)
        if isinstance(listed, list):
            return [value.get("name") if isinstance(value, dict) else value for value in listed]
    return []


def _count(weights: object) -> int:
    return sum(map(_count, weights)) if isinstance(weights, list) else 1


FAMILY = Family("keras", "AIDA-X", KEYS, parse, rate=48_000, players=compatibility.keras)
