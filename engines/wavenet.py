"""wavenet: a neural model of an amp or a pedal, from a model file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rig import native
from rig.engine import Payload
from rig.errors import RigError
from rig.formats import Model, load_model


def payload(model: Model) -> Payload:
    """A model as csrc/wavenet.h lays it out. Raises RigError for what the kernel does not play."""
    net = model.network
    if net.input.shape[0] != 1 or net.output.shape[2] != 1:
        raise RigError(
            f"{model.path}: {net.input.shape[0]} inputs and {net.output.shape[2]} outputs; models with one of each play"
        )
    arrays = [net.input, net.input_bias]
    for layer in net.layers:
        arrays += [layer.kernel, layer.bias, layer.mix, layer.mix_bias]
    arrays += [net.output, net.output_bias]
    ints = (
        native.ACTIVATIONS.index(net.activation),
        net.channels,
        net.layers[0].kernel.shape[0],
        len(net.layers),
        *(layer.dilation for layer in net.layers),
    )
    return Payload(tuple(arrays), ints, model.level, about=model.name)


def load(files: Mapping[str, Path], rate: int) -> Payload:
    return payload(load_model(files["model"]))


ENGINE = native.engine("wavenet", files=("model",), load=load)
