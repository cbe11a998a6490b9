"""A trained network -> the family's JSON file, normalisation folded in, and back through the C engine to make sure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rig.errors import RigError
from rig.models.convert import guitarml_text as to_json
from rig.models.formats.reading import listing, number, table
from rig.models.formats.words import receptive_field
from rig.train.data import Scale
from rig.train.network import WaveNet

__all__ = ["content", "folded", "play", "standing", "to_json", "verify"]

TOLERANCE = 1e-4  # between PyTorch and the C engine, of full scale
DIGITS = 9  # a float32 survives nine significant digits


def folded(network: WaveNet, dry: Scale, wet: Scale) -> dict[tuple[int, str], np.ndarray]:
    """{(layer, name): float32 array in the file's order} of a network that takes raw dry and gives raw wet.

    The network saw (dry - mean) / deviation, which is another input weight and bias, and gave (wet - mean) / deviation,
    which is another output weight and bias. History is zero at every convolution either way, so this is exact.
    """
    state = {k: v.detach().cpu().double().numpy() for k, v in network.state_dict().items()}
    weight = state["input"].copy()  # (inputs, C): the guitar, and a knob that nobody normalised
    weight[0] /= dry.deviation
    found = {(-1, "W"): weight, (-1, "b"): state["input_bias"] - weight[0] * dry.mean}
    count = len(network.dilations)
    for i in range(count):
        filtered, gate = state[f"kernel.{i}"]
        found[i, "W_conv"] = np.concatenate([filtered, gate], axis=-1)
        found[i, "b_conv"] = state[f"bias.{i}"].reshape(-1)
        found[i, "W_out"] = state[f"mix.{i}"]
        found[i, "b_out"] = state[f"mix_bias.{i}"]
    found[count, "W"] = state["output"].reshape(-1, 1) * wet.deviation
    found[count, "b"] = state["output_bias"] * wet.deviation + wet.mean
    return {key: value.astype(np.float32) for key, value in found.items()}


def _numbers(values: np.ndarray) -> list[float]:
    return [float(f"{v:.{DIGITS}g}") for v in values.ravel().tolist()]


def content(network: WaveNet, dry: Scale, wet: Scale, metadata: Mapping[str, object]) -> dict[str, object]:
    """The file as a dict: WaveNetVA's keys, then what the file says of itself, which other loaders pass over."""
    return {
        "activation": "gated",
        "input_channels": network.inputs,
        "output_channels": 1,
        "residual_channels": network.channels,
        "filter_width": network.kernel_size,
        "dilations": list(network.dilations),
        **metadata,
        "variables": [
            {"layer_idx": layer, "name": name, "data": _numbers(values)}
            for (layer, name), values in folded(network, dry, wet).items()
        ],
    }


def standing(file: Mapping[str, object], knob: float) -> dict[str, object]:
    """The file of a network with a knob -> that of the network without one that it is while the knob stands there.

    A constant input is a bias; history is zero behind the entry either way, so this is exact.
    """
    variables = [table(variable, "a variable") for variable in listing(file["variables"], "variables")]
    entry = {v["name"]: [number(x, "data") for x in listing(v["data"], "data")] for v in variables if _enters(v)}
    weights, channels = entry["W"], len(entry["b"])
    bias = [b + knob * w for b, w in zip(entry["b"], weights[channels:], strict=True)]
    changed: dict[object, list[float]] = {"W": weights[:channels], "b": bias}
    variables = [{**v, "data": changed[v["name"]]} if _enters(v) else v for v in variables]
    return {**file, "input_channels": 1, "variables": variables}


def _enters(variable: Mapping[str, object]) -> bool:
    """Whether it belongs to the layer that the input enters by."""
    return variable["layer_idx"] == -1


def play(path: Path, dry: np.ndarray) -> np.ndarray:
    """The model file through the C engine, from rest: (frames,) -> (frames,) float32."""
    from rig.models import player
    from rig.models.formats import load_model

    return player.run(load_model(path), np.ascontiguousarray(dry, np.float32), block=64)


def verify(path: Path, pieces: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Play held-out pieces (dry, what PyTorch made of it) through the exported file -> the largest difference.

    Raises RigError where it is more than TOLERANCE, or no number.
    """
    from rig.models.formats import load_model

    model = load_model(path)  # players let a `.nam` settle on silence, which PyTorch did not hear
    skip = (receptive_field(model.network) or 1) - 1 if model.family.settles else 0
    worst = max(float(np.abs(play(path, dry) - predicted)[skip:].max()) for dry, predicted in pieces)
    if not worst <= TOLERANCE:
        raise RigError(
            f"the C engine plays the exported model {worst:.2g} away from PyTorch, "
            f"more than {TOLERANCE:g}: not exported"
        )
    return worst
