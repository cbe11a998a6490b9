"""A trained network -> the layers of a model file, normalisation folded in; back through the C engine to make sure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from rig.errors import RigError
from rig.models.formats import guitarml
from rig.models.formats.network import Activation, Conv, Layer, LayerArray
from rig.models.formats.words import receptive_field
from rig.train.data import Scale
from rig.train.network import WaveNet

TOLERANCE = 1e-4  # between PyTorch and the C engine, of full scale


def folded(network: WaveNet, dry: Scale, wet: Scale) -> LayerArray:
    """Layers, as GuitarML has them, of a network that takes raw dry and gives raw wet.

    The network saw (dry - mean) / deviation, which is another input weight and bias, and gave (wet - mean) / deviation,
    which is another output weight and bias. History is zero at every convolution either way, so this is exact.
    """
    state = {k: v.detach().cpu().double().numpy() for k, v in network.state_dict().items()}
    weight = state["input"].copy()  # (inputs, C): the guitar, and a knob that nobody normalised
    weight[0] /= dry.deviation
    signal, gate = map(Activation, guitarml.GATES["gated"])
    layers = (
        Layer(
            conv=_conv(np.concatenate(state[f"kernel.{i}"], axis=-1), state[f"bias.{i}"].ravel(), dilation),
            activation=signal,
            onward=_conv(state[f"mix.{i}"][None], state[f"mix_bias.{i}"]),
            gate=gate,
            head=_conv(state["output"][i][None] * wet.deviation, np.zeros(1)),
        )
        for i, dilation in enumerate(network.dilations)
    )
    return LayerArray(
        entry=_conv(weight[None], state["input_bias"] - weight[0] * dry.mean),
        layers=tuple(layers),
        head=_conv(np.ones((1, 1, 1)), state["output_bias"] * wet.deviation + wet.mean),
    )


def _conv(weights: np.ndarray, bias: np.ndarray, dilation: int = 1) -> Conv:
    return Conv(np.ascontiguousarray(weights, np.float32), np.ascontiguousarray(bias, np.float32), dilation)


def standing(array: LayerArray, knob: float) -> LayerArray:
    """A network with a knob -> the one without it that it is while the knob stands there.

    A constant input is a bias; history is zero behind the entry either way, so this is exact.
    """
    weights, bias = array.entry.weights.astype(np.float64), array.entry.bias
    return replace(array, entry=_conv(weights[:, :1], bias + knob * weights[0, 1]))


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
