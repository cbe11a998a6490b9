"""Builds chains: what a document wants of one, with all that its files hold, warm and ready to be heard."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rig.document.document import EngineSpec
from rig.document.knobs import kind
from rig.engine import Payload
from rig.errors import RigError
from rig.files import stamp
from rig.gig.gain_staging import arranged
from rig.native import Chain, Unit, decibels

KEPT = 96
"""Files' contents that are kept for the next chain that asks for them: undo is quick then."""


class Place(NamedTuple):
    """Where a chain belongs. stage: "input", "amp" or "output". owner: the identity of its amp, or of its preset."""

    stage: str
    owner: int


@dataclass(frozen=True)
class Wish:
    """What one chain is to be. level: dB after it. dbu: see Preset."""

    engines: tuple[EngineSpec, ...]
    level: float = 0.0
    dbu: float | None = None


class BuildError(RigError):
    """An engine cannot be built. uid, label: which; `args` says why."""

    def __init__(self, spec: EngineSpec, why: str) -> None:
        super().__init__(why)
        self.uid, self.label = spec.uid, spec.label


class Builder:
    """Builds chains at `rate` Hz. One thread at a time."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._read: OrderedDict[tuple, Payload] = OrderedDict()

    def build(self, wish: Wish, playing: Chain | None = None) -> Chain | None:
        """A chain as wished, or None where it would sound as the one that plays. Raises BuildError."""
        units = arranged([self._unit(spec) for spec in wish.engines], self.rate, wish.dbu)
        if playing is not None and sound_alike(units, playing.units):
            return None
        try:
            chain = Chain(units, self.rate, wish.level + asked_db(wish.engines, units))
        except RigError as error:
            if wish.engines:
                raise BuildError(wish.engines[-1], str(error)) from None
            raise
        chain.prewarm()
        return chain

    def _unit(self, spec: EngineSpec) -> Unit:
        try:
            payload = self._payload(spec)
            return Unit(
                kind(spec), payload, spec.params, spec.label, spec.files, spec.settings, spec.branch, spec.on
            )
        except RigError as error:
            raise BuildError(spec, str(error)) from None

    def _payload(self, spec: EngineSpec) -> Payload:
        """What an engine's files hold, read once however many amps name them, and anew when they have changed."""
        engine = kind(spec)
        settings = engine.settled(spec.settings)
        key = (spec.engine, *((name, path, stamp(path)) for name, path in sorted(spec.files.items())), *settings.items())
        if key not in self._read:
            self._read[key] = engine.load(spec.files, settings, self.rate)
        self._read.move_to_end(key)
        while len(self._read) > KEPT:
            self._read.popitem(last=False)
        return self._read[key]


def idle(wish: Wish, chain: Chain) -> dict[int, frozenset[str]]:
    """For each engine by its identity, the knobs that are given and that do nothing with what it plays."""
    found = {
        spec.uid: frozenset(unit.payload.idle) & {*spec.params, *spec.settings}
        for spec, unit in zip(wish.engines, chain.units, strict=True)
    }
    return {uid: names for uid, names in found.items() if names}


def asked_db(engines: Sequence[EngineSpec], units: Sequence[Unit]) -> float:
    """What the files of the engines that are on ask for after the chain."""
    return sum(decibels(unit.payload.level) for spec, unit in zip(engines, units, strict=True) if spec.on)


def sound_alike(units: Sequence[Unit], others: Sequence[Unit]) -> bool:
    """Whether two chains are the same engines with the same files' content."""
    if [(u.engine, u.branch) for u in units] != [(u.engine, u.branch) for u in others]:
        return False
    return all(same(a.payload, b.payload) for a, b in zip(units, others, strict=True))


def same(a: Payload, b: Payload) -> bool:
    """Whether two payloads sound the same."""
    if a is b:
        return True
    if len(a.arrays) != len(b.arrays) or _apart_from_arrays(a) != _apart_from_arrays(b):
        return False
    return all(map(np.array_equal, a.arrays, b.arrays))


def _apart_from_arrays(payload: Payload) -> Mapping[str, object]:
    return {name: value for name, value in vars(payload).items() if name not in ("arrays", "about")}


def short(line: str, files: Sequence[Path]) -> str:
    """A message with the files' names in place of their whole paths: a screen is narrow."""
    for file in files:
        line = line.replace(str(file), file.name)
    return line
