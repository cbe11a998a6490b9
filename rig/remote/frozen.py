"""Frozen snapshots as JSON, and back: fields by their names, tuples as lists, paths as texts."""

from __future__ import annotations

import dataclasses
import types
import typing
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from rig.errors import RigError

Snapshot = TypeVar("Snapshot")


def thaw(value: Any) -> Any:
    """As JSON has it."""
    if dataclasses.is_dataclass(value):
        return {field.name: thaw(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [thaw(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value


def freeze(kind: type[Snapshot], value: Any) -> Snapshot:
    """What `thaw` has made of one. Raises RigError where it is another: of a rig that is older or newer."""
    try:
        return typing.cast(Snapshot, _frozen(kind, value))
    except (TypeError, KeyError, ValueError, AttributeError):
        raise RigError("the rig that plays is of another version: end it, and start it again") from None


def _frozen(kind: Any, value: Any) -> Any:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return kind(**{name: _frozen(hint, value[name]) for name, hint in _hints(kind).items() if name in value})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _frozen(next(one for one in inner if one is not type(None)), value)
    if origin is tuple:
        kinds = inner[:1] * len(value) if inner[1:] == (...,) else inner
        return tuple(map(_frozen, kinds, value))
    return Path(value) if kind is Path else value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)
