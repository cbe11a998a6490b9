"""What tests of model files share: writing one, and what every reader promises of what it makes of one."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np

from rig.models.formats.network import Activation, Network


def write(folder: Path, content: object, name: str = "amp.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def variable(content: dict, layer: int, name: str) -> dict:
    return next(v for v in content["variables"] if (v["layer_idx"], v["name"]) == (layer, name))


def arrays(network: object) -> list[np.ndarray]:
    """Every array of a network, however deep."""
    if isinstance(network, np.ndarray):
        return [network]
    if isinstance(network, (tuple, list, dict)):
        inner = network.values() if isinstance(network, dict) else network
        return [array for part in inner for array in arrays(part)]
    if is_dataclass(network):
        return [array for part in fields(network) for array in arrays(getattr(network, part.name))]
    return []


def check_arrays(network: Network) -> None:
    """What `rig.models.formats.network` promises of every array."""

    def check(part: object, holder: object = None) -> None:
        if isinstance(part, np.ndarray):
            assert part.dtype == np.float32
            assert part.flags.c_contiguous
            assert np.isfinite(part).all() or isinstance(holder, Activation)
            assert not np.isnan(part).any()
        elif isinstance(part, (tuple, dict)):
            for inner in part.values() if isinstance(part, dict) else part:
                check(inner, holder)
        elif is_dataclass(part):
            for inner in fields(part):
                check(getattr(part, inner.name), part)

    check(network)
