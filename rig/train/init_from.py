"""Start from a model that there is: the opposite of `export.folded`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from rig.errors import RigError
from rig.models.convert.to_guitarml import to_guitarml
from rig.models.formats import Model, load_model
from rig.models.formats.reading import Fault
from rig.train.data import Data
from rig.train.settings import Size
from rig.train.state import State

ONES = "rig train makes gated networks of the GuitarML family, so it can start only from one"


def read(path: Path) -> dict:
    """A model file's content, checked by the player's own reader. Raises RigError for one that we cannot learn with."""
    model = load_model(path)
    file = json.loads(path.read_text("utf-8-sig")) if model.family == "guitarml" else _converted(model)
    if file.get("activation") != "gated":
        raise RigError(f"--init '{path}': {ONES}")
    if "level_adjust" in file:
        raise RigError(f"--init '{path}': has a level of its own (level_adjust), which training would not know of")
    return file


def _converted(model: Model) -> dict:
    """A `.nam` file that is a GuitarML network, so one that we wrote; else nothing."""
    try:
        return to_guitarml(model, {})
    except Fault:
        return {}


def size_of(file: dict, path: Path) -> Size:
    """Its size in the words of `rig train`. Raises RigError where its dilations are no repeated 1, 2, 4 ..."""
    dilations = [int(d) for d in file["dilations"]]
    repeats = dilations.count(1)
    size = Size(int(file["residual_channels"]), len(dilations) // max(repeats, 1), repeats, int(file["filter_width"]))
    if list(size.dilations) != dilations:
        raise RigError(f"--init '{path}': its dilations {dilations} are not 1, 2, 4 ... repeated")
    return size


def teach(state: State, file: dict, data: Data) -> None:
    """Give a fresh network the file's weights, as they are between normalised sides. A knob does nothing at first."""
    found = {(v["layer_idx"], v["name"]): np.array(v["data"], np.float64) for v in file["variables"]}
    network = state.network
    channels, taps, count = network.channels, network.kernel_size, len(network.dilations)
    dry, wet = data.dry_scale, data.wet_scale
    entry = found[-1, "W"].reshape(-1, channels)
    weight = np.zeros((network.inputs, channels))
    weight[: len(entry)] = entry[: network.inputs]
    new = {"input_bias": found[-1, "b"] + weight[0] * dry.mean}
    weight[0] *= dry.deviation
    new["input"] = weight
    for i in range(count):
        kernel = found[i, "W_conv"].reshape(taps, channels, 2, channels)
        new[f"kernel.{i}"] = kernel.transpose(2, 0, 1, 3)
        new[f"bias.{i}"] = found[i, "b_conv"].reshape(2, channels)
        new[f"mix.{i}"] = found[i, "W_out"].reshape(channels, channels)
        new[f"mix_bias.{i}"] = found[i, "b_out"]
    new["output"] = found[count, "W"].reshape(count, channels, 1) / wet.deviation
    new["output_bias"] = (found[count, "b"] - wet.mean) / wet.deviation
    network.load_state_dict(
        {name: torch.from_numpy(np.ascontiguousarray(value, np.float32)) for name, value in new.items()}
    )
    state.average = {name: value.clone() for name, value in network.state_dict().items()}
