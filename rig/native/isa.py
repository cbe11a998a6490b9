"""Instruction sets: those that this machine has kernels for, and the one in use."""

from __future__ import annotations

import os

from rig.errors import RigError, did_you_mean
from rig.native._c import ffi, lib


def isas() -> tuple[str, ...]:
    """The instruction sets this machine has kernels for, the best first."""
    names: list[str] = []
    while (name := lib.rig_isa_name(len(names))) != ffi.NULL:
        names.append(ffi.string(name).decode())
    return tuple(names)


def isa() -> str:
    """The instruction set that engines made from now on will use."""
    return ffi.string(lib.rig_isa()).decode()


def use_isa(name: str) -> None:
    """Choose the instruction set of engines made from now on. Raises RigError where this machine lacks it."""
    if not lib.rig_isa_use(name.encode()):
        hint = did_you_mean(name, isas()) or f"; it has {', '.join(isas())}"
        raise RigError(f"this machine has no instruction set '{name}'{hint}")


def peak() -> float:
    """Multiply-adds a second that the instruction set in use reaches on registers alone, measured now."""
    return lib.rig_peak()


if "RIG_ISA" in os.environ:
    use_isa(os.environ["RIG_ISA"])
