"""Engines' descriptors: what C states of an engine, as Python's Engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rig.engine import CURVES, Branches, Engine, Param, Payload, Setting
from rig.errors import RigError
from rig.native._c import ffi, lib

if TYPE_CHECKING:
    from rig.models.formats import Model


def descriptor(address: int) -> Any:
    """The C descriptor at an address."""
    return ffi.cast("const rig_engine *", address)


def address_of(pointer: Any) -> int:
    """Where something of C lies."""
    return int(ffi.cast("uintptr_t", pointer))


def engine(
    name: str,
    files: tuple[str, ...] = (),
    load: Callable[[Mapping[str, Path], Mapping[str, float], int], Payload] | None = None,
    settings: tuple[Setting, ...] = (),
    join: Callable[[Branches, Mapping[str, float]], Payload] | None = None,
    pack: Callable[[Model, int, int], Payload] | None = None,
    address: int | None = None,
    aliases: tuple[str, ...] = (),
    channels_with: Callable[[Mapping[str, Path], Mapping[str, float]], int] | None = None,
    ports: bool = False,
    optional: tuple[str, ...] = (),
) -> Engine:
    """The Engine of that name in csrc/engines, or the one whose descriptor lies at `address` in another's library.

    The parameter table comes from C, where it is stated once. Raises RigError where there is no such C, when the
    descriptor is for another ABI, and when the values of a choice are not 0, 1, 2 and so on.
    """
    c = descriptor(address) if address else lib.rig_engine_named(name.encode())
    if c == ffi.NULL:
        raise RigError(
            f"engine '{name}' has no C: rig_engine_{name} in csrc/engines/{name}.c, whose name field is \"{name}\"; "
            "where it is there, build it: make test"
        )
    if c.abi != lib.RIG_ABI:
        raise RigError(f"engine '{name}' was built for ABI {c.abi}, this rig has {lib.RIG_ABI}: rebuild its package")
    params = tuple(
        Param(
            name=ffi.string(p.name).decode(),
            unit=ffi.string(p.unit).decode(),
            help=ffi.string(p.help).decode(),
            minimum=_tidy(p.min),
            maximum=_tidy(p.max),
            initial=_tidy(p.initial),
            choices=_choices(p.choices),
            curve=CURVES[p.curve] if p.curve < len(CURVES) else "",
            step=_tidy(p.step),
        )
        for p in (c.params[i] for i in range(c.n_params))
    )
    knobs: tuple[Param | Setting, ...] = (*params, *settings)
    for knob in knobs:
        _check_choices(name, knob)
    about, address = ffi.string(c.about).decode(), address_of(c)
    made = Engine(name, about, params, files, settings, join=join, pack=pack, address=address, aliases=aliases)
    made = replace(made, channels=c.channels, channels_with=channels_with, optional=optional)
    made = replace(made, reduces=c.reduction != ffi.NULL, ports=ports)
    return replace(made, load=load) if load else made


def _tidy(value: float) -> float:
    """A float32 as the decimal its author wrote: 0.1, not 0.10000000149."""
    return float(np.format_float_positional(np.float32(value), unique=True))


def _choices(words: Any) -> tuple[str, ...]:
    """A C text of words with | between them."""
    return () if words == ffi.NULL else tuple(ffi.string(words).decode().split("|"))


def _check_choices(engine: str, knob: Param | Setting) -> None:
    """Raises RigError where words and values do not go together."""
    words, most = knob.choices, len(knob.choices) - 1
    if not words:
        return
    where = f"engine '{engine}', {knob.name}: its choices are '{'|'.join(words)}'"
    if most < 1 or not all(words) or len(set(words)) != len(words):
        raise RigError(f"{where}; they must be two words or more, each another one")
    if (knob.minimum, knob.maximum) != (0, most) or knob.initial not in range(most + 1):
        said = f"{knob.minimum:g} to {knob.maximum:g}, at first {knob.initial:g}"
        raise RigError(f"{where}; their values are 0 to {most} and one of them at first, not {said}")
