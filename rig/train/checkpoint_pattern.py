"""What a checkpoint must look like, so that a damaged one takes no memory and no time: it is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from rig.train.optimiser import Soap
from rig.train.settings import LARGEST, LOSSES, Settings, Size
from rig.train.state import Dump, Epoch, State

MOST = 1 << 53
"""Of a number: beyond it no float is exact, and nothing is counted as far."""

DEVICES = ("cpu", "cuda", "mps")


class Unlike(Exception):
    """Where a checkpoint is not as it should be."""


def settings_of(held: object) -> Settings:
    """The settings in a checkpoint, each in the range that the options have. Raises Unlike."""
    named = _table(held, "settings", {field.name for field in fields(Settings)})
    shape = _table(named["size"], "size", {field.name for field in fields(Size)})
    for name, value in shape.items():
        _number(value, f"size: {name}", int, 1, getattr(LARGEST, name))
    for name, kind, low, high in (
        ("segment", int, 1, MOST), ("batch_size", int, 1, 4096), ("learning_rate", float, 0, 1), ("seed", int, 0, MOST),
        ("epochs", int, 1, MOST), ("minutes", float, 0, MOST), ("target", float, 0, 1),
    ):  # fmt: skip
        if named[name] is not None or name not in ("epochs", "minutes", "target"):
            _number(named[name], name, kind, low, high)
    if not isinstance(named["knob"], (tuple, list)):
        raise Unlike("knob")
    for position in named["knob"]:
        _number(position, "knob", float, 0, 1)
    for name, right in (
        ("normalize", isinstance(named["normalize"], bool)),
        ("device", named["device"] in DEVICES),
        ("loss", named["loss"] in LOSSES),
        ("init", named["init"] is None or isinstance(named["init"], str)),
        ("epochs", named["epochs"] is not None or named["minutes"] is not None),
    ):
        if not right:
            raise Unlike(name)
    return Settings(**{**named, "size": Size(**shape), "knob": tuple(named["knob"])})


def pattern(state: State) -> Dump:
    """A dump as a run like this one leaves it after a step: its parts, and of tensors their shapes and kinds.

    It takes no step: the optimiser's part is reckoned without numbers.
    """
    parameters = [torch.empty_like(weight, device="meta") for weight in state.network.parameters()]
    for weight in parameters:
        weight.grad = torch.empty_like(weight)
    optimiser = Soap(parameters, 0.1)
    optimiser.step()
    return {**state.dump(), "optimiser": optimiser.state_dict()}


def compare(dump: object, wanted: Dump) -> None:
    """Raises Unlike where a dump is not like the pattern of one."""
    named = _table(dump, "state", wanted.keys())
    for part, like in wanted.items():
        if part == "history":
            if not isinstance(named[part], list):
                raise Unlike(part)
            for epoch in named[part]:
                _epoch(epoch, part)
        elif part == "best_epoch":
            if named[part] is not None:
                _epoch(named[part], part)
        elif part == "best":
            if named[part] is not None:
                _alike(named[part], wanted["network"], part)
        else:
            _alike(named[part], like, part)
    if (named["best"] is None) != (named["best_epoch"] is None):
        raise Unlike("best")


def _alike(value: Any, like: Any, where: str) -> None:
    if isinstance(like, Tensor):
        _tensor(value, like, where)
    elif isinstance(like, dict):
        held = _table(value, where, like.keys())
        for key, inner in like.items():
            _alike(held[key], inner, f"{where}: {key}")
    elif isinstance(like, (list, tuple)):
        if not isinstance(value, (list, tuple)) or len(value) != len(like):
            raise Unlike(where)
        for one, inner in zip(value, like, strict=True):
            _alike(one, inner, where)
    else:
        _number(value, where, type(like), 0, MOST)


def _epoch(value: object, where: str) -> None:
    """An epoch that went wrong may have scores that are no numbers."""
    named = _table(value, where, {field.name for field in fields(Epoch)})
    _number(named["number"], where, int, 1, MOST)
    if not all(isinstance(score, float) for name, score in named.items() if name != "number"):
        raise Unlike(where)


def _tensor(value: object, like: Tensor, where: str) -> None:
    """Of this shape and kind, each number in a place of its own."""
    if not isinstance(value, Tensor) or value.layout != torch.strided or value.dtype != like.dtype:
        raise Unlike(where)
    if value.shape != like.shape:
        raise Unlike(f"{where} is {tuple(value.shape)}, not {tuple(like.shape)}")
    apart = all(stride > 0 for stride, size in zip(value.stride(), value.shape, strict=True) if size > 1)
    if not apart or value.untyped_storage().nbytes() < value.numel() * value.element_size():
        raise Unlike(f"{where} has strides {value.stride()}")
    if value.is_floating_point() and not torch.isfinite(value).all():
        raise Unlike(f"{where} holds what is no number")


def _table(value: object, where: str, keys: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping) or value.keys() != set(keys):
        raise Unlike(where)
    return value


def _number(value: object, where: str, kind: type, low: float, high: float) -> None:
    kinds = (int,) if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high or not math.isfinite(value):
        raise Unlike(where)
