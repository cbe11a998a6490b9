"""Start from a model that there is: the opposite of `export.folded`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from rig.errors import RigError
from rig.models.convert.to_guitarml import to_guitarml
from rig.models.formats import Model, guitarml, load_model
from rig.models.formats.network import LayerArray, WaveNet
from rig.models.formats.reading import Fault
from rig.train.data import Data
from rig.train.settings import Size
from rig.train.state import State

ONES = "rig train makes gated networks of the GuitarML family, so it can start only from one"


def read(path: Path) -> LayerArray:
    """A model file's layers. Raises RigError for a file that cannot be read, or one that we cannot learn with."""
    model = load_model(path)
    array = _layers(model)
    if array is None:
        raise RigError(f"--init '{path}': {ONES}")
    first = array.layers[0]
    if first.gate is None or (first.activation.kind, first.gate.kind) != guitarml.GATES["gated"]:
        raise RigError(f"--init '{path}': {ONES}")
    if model.level != 1.0:
        raise RigError(f"--init '{path}': has a level of its own (level_adjust), which training would not know of")
    return array


def _layers(model: Model) -> LayerArray | None:
    """Those of a GuitarML network, also one in a `.nam` file, which is then one that we wrote; else None."""
    if model.family is guitarml.FAMILY and isinstance(model.network, WaveNet):
        return model.network.arrays[0]
    try:
        return to_guitarml(model)
    except Fault:
        return None


def size_of(array: LayerArray, path: Path) -> Size:
    """Its size in the words of `rig train`. Raises RigError where its dilations are no repeated 1, 2, 4 ..."""
    dilations = [layer.conv.dilation for layer in array.layers]
    repeats = dilations.count(1)
    size = Size(array.entry.outs, len(dilations) // max(repeats, 1), repeats, array.layers[0].conv.taps)
    if list(size.dilations) != dilations:
        raise RigError(f"--init '{path}': its dilations {dilations} are not 1, 2, 4 ... repeated")
    return size


def teach(state: State, array: LayerArray, data: Data) -> None:
    """Give a fresh network these weights, as they are between normalised sides. A knob does nothing at first."""
    network, dry, wet = state.network, data.dry_scale, data.wet_scale
    channels, taps = network.channels, network.kernel_size
    entry = array.entry.weights[0].astype(np.float64)
    weight = np.zeros((network.inputs, channels))
    weight[: len(entry)] = entry[: network.inputs]
    new = {"input_bias": array.entry.bias + weight[0] * dry.mean}
    weight[0] *= dry.deviation
    new["input"] = weight
    outputs = []
    for i, layer in enumerate(array.layers):
        assert layer.onward and layer.head, "layers of GuitarML's have all their 1x1s"
        new[f"kernel.{i}"] = layer.conv.weights.reshape(taps, channels, 2, channels).transpose(2, 0, 1, 3)
        new[f"bias.{i}"] = layer.conv.bias.reshape(2, channels)
        new[f"mix.{i}"] = layer.onward.weights[0]
        new[f"mix_bias.{i}"] = layer.onward.bias
        outputs.append(layer.head.weights[0].astype(np.float64))
    new["output"] = np.stack(outputs) / wet.deviation
    new["output_bias"] = (array.head.bias.astype(np.float64) - wet.mean) / wet.deviation
    network.load_state_dict(
        {name: torch.from_numpy(np.ascontiguousarray(value, np.float32)) for name, value in new.items()}
    )
    state.average = {name: value.clone() for name, value in network.state_dict().items()}
