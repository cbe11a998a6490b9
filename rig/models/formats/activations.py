"""Activations by the names that PyTorch, Neural Amp Modeler and Keras give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from rig.models.formats.network import Activation, relu
from rig.models.formats.reading import Fault, choice, numbers, optional, required, single

PLAIN = {
    "Tanh": "tanh",
    "Fasttanh": "fasttanh",
    "Sigmoid": "sigmoid",
    "SiLU": "silu",
    "Hardswish": "hardswish",
    "Softsign": "softsign",
    "Softsigmoid": "softsigmoid",
    "Identity": "linear",
}
CLIPS = ("Hardtanh", "LeakyHardtanh", "LeakyHardTanh", "ReLU6")
NAMES = (*PLAIN, "ReLU", "LeakyReLU", "PReLU", *CLIPS, "ELU")
KERAS = {
    "": "Identity",
    "linear": "Identity",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "elu": "ELU",
    "softsign": "Softsign",
    "swish": "SiLU",
    "silu": "SiLU",
}


def torch_activation(value: object, channels: int, what: str) -> Activation:
    """As Neural Amp Modeler writes it: a name, or {"type": name, parameters...}, in a post stack {"name": name, ...}.

    A parameter that is not there has PyTorch's default: where only a name is written, that is what the package reads.
    """
    params: Mapping[str, object] = value if isinstance(value, dict) else {"type": value}
    kind = params["name"] if "name" in params else required(params, "type", what)
    name = choice(kind.lstrip("_") if isinstance(kind, str) else kind, f"activation of {what}:", NAMES)

    def param(key: str, default: float) -> float:
        return single(optional(params, key, default), f"{what}: {key}")

    if name in PLAIN:
        if param("alpha", 1.0) != 1.0:
            raise Fault(f"{what}: {name} with alpha is not known")
        return Activation(PLAIN[name])
    if name == "ReLU":
        return relu(channels)
    if name == "LeakyReLU":
        return relu(channels, param("negative_slope", 0.01))
    if name == "PReLU":
        return relu(channels, _slopes(params, channels, what))
    if name == "ELU":
        return Activation("elu", np.full((1, channels), param("alpha", 1.0), np.float32))
    return _clip(name, param, channels)


def keras_activation(value: object, channels: int, what: str) -> Activation:
    """As Keras calls it; "" and null are none."""
    name = choice("" if value is None else value, f"activation of {what}:", KERAS)
    return torch_activation(KERAS[name], channels, what)


def _slopes(params: Mapping[str, object], channels: int, what: str) -> float | np.ndarray:
    """PReLU's slopes: one, or one a channel."""
    if params.get("negative_slopes") is None:
        slope = optional(params, "negative_slope", optional(params, "init", 0.25))
        return single(slope, f"{what}: negative_slope")
    slopes = numbers(params["negative_slopes"], f"{what}: negative_slopes")
    if len(slopes) not in (1, channels):
        raise Fault(f"{what}: {len(slopes)} negative_slopes for {channels} channels")
    return slopes


def _clip(name: str, param: Callable[[str, float], float], channels: int) -> Activation:
    slope = 0.01 if name.startswith("Leaky") else 0.0
    low, high = (0.0, 6.0) if name == "ReLU6" else (param("min_val", -1.0), param("max_val", 1.0))
    if low > high:
        raise Fault(f"{name}: min_val {low:g} is above max_val {high:g}")
    slopes = (param("min_slope", slope), param("max_slope", slope)) if slope else (0.0, 0.0)
    values = (low, high, *slopes)
    return Activation("clip", np.repeat(np.array(values, np.float32)[:, None], channels, axis=1))
