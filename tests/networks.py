"""Random networks in the GuitarML layout, for tests that compare one way of running them with another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GATED = ("gated", "softgated")


def guitarml(
    rng: np.random.Generator,
    channels: int = 4,
    taps: int = 3,
    dilations: Sequence[int] = (1, 2, 4),
    activation: str = "gated",
    strings: bool = False,
    inputs: int = 1,
    outputs: int = 1,
    **extra: object,
) -> dict:
    """A model as its JSON file holds it (`json.dumps` it to write one), with weights that keep signals near 1.

    strings: numbers as PedalNetRT writes them. extra: more top-level keys (`level_adjust=2.0`, `name="x"`).
    Weights are float32 values, so that nothing is lost on the way through the file.
    """
    wide = channels * (2 if activation in GATED else 1)
    depth = len(dilations)

    def data(count: int, scale: float) -> list:
        numbers = rng.normal(0.0, scale, count).astype(np.float32).tolist()
        return [repr(number) for number in numbers] if strings else numbers

    def variable(layer: int, name: str, count: int, scale: float) -> dict:
        return {"layer_idx": layer, "name": name, "data": data(count, scale)}

    variables = [
        variable(-1, "W", inputs * channels, 0.7),
        variable(-1, "b", channels, 0.1),
    ]
    for layer in range(depth):
        variables += [
            variable(layer, "W_conv", taps * channels * wide, (taps * channels) ** -0.5),
            variable(layer, "b_conv", wide, 0.1),
            variable(layer, "W_out", channels * channels, 0.3 * channels**-0.5),
            variable(layer, "b_out", channels, 0.05),
        ]
    variables += [
        variable(depth, "W", channels * depth * outputs, (channels * depth) ** -0.5),
        variable(depth, "b", outputs, 0.05),
    ]
    return {
        "activation": activation,
        "input_channels": inputs,
        "output_channels": outputs,
        "residual_channels": channels,
        "filter_width": taps,
        "dilations": list(dilations),
        "variables": variables,
        **extra,
    }
