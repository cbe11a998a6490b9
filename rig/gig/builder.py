"""Builds chains: what a document wants of one, with all that its files hold, warm and ready to be heard."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rig.document.document import LEVEL_KNOB, OUTPUT, EngineSpec, Preset
from rig.document.knobs import kind
from rig.engine import Payload
from rig.errors import RigError
from rig.files import Stamp, stamp
from rig.gig.gain_staging import arranged
from rig.gig.inserts import Inserts
from rig.models import analysis
from rig.native import Chain, Unit, UnitError, decibels

KEPT = 96
"""Files' contents that are kept for the next chain that asks for them: undo is quick then."""

SILENT_DB = -100.0
"""What is softer cannot be compared."""


class Place(NamedTuple):
    """Where a chain belongs. stage: "input", "amp" or "output". owner: the identity of its amp, or of its preset."""

    stage: str
    owner: int


@dataclass(frozen=True)
class ChainSpec:
    """What one chain is to be. level: dB after it. dbu: see Preset. channels: that come in."""

    engines: tuple[EngineSpec, ...]
    level: float = 0.0
    dbu: float | None = None
    channels: int = 1

    def is_very(self, other: ChainSpec) -> bool:
        """Whether the other is made of the very same engines, which takes no look at each."""
        return self.engines is other.engines and self._apart() == other._apart()

    def _apart(self) -> tuple[object, ...]:
        return self.level, self.dbu, self.channels

    def with_engine(self, new: EngineSpec) -> ChainSpec:
        """With another engine in place of the one of its identity."""
        return replace(self, engines=tuple(new if spec.uid == new.uid else spec for spec in self.engines))


class BuildError(RigError):
    """An engine cannot be built. uid, label: which; `args` says why."""

    def __init__(self, spec: EngineSpec, why: str) -> None:
        super().__init__(why)
        self.uid, self.label = spec.uid, spec.label


class Versions:
    """Which version of each file is to be played: what was read once is played until somebody says that it has changed,
    also where the file has gone meanwhile."""

    def __init__(self) -> None:
        self._now: dict[Path, int] = {}
        self._good: dict[Path, int] = {}
        self._read: dict[Path, Stamp | None] = {}
        self._channels: dict[Hashable, int] = {}
        self.count = 0  # of the versions that there have been

    def of(self, path: Path) -> int:
        """Its number."""
        return self._now.get(path, 0)

    def changed(self, path: Path) -> None:
        """The file is another now."""
        self.count += 1
        self._good.setdefault(path, self.of(path))
        self._now[path] = self.count

    def accept(self, path: Path) -> None:
        """It can be played as it is now."""
        self._good.pop(path, None)

    def refuse(self, path: Path) -> None:
        """It cannot be played as it is now: the version before is played on."""
        self._now[path] = self._good.pop(path, self.of(path))

    def note(self, path: Path) -> None:
        """It is about to be read."""
        self._read[path] = stamp(path)

    def channels(self, spec: EngineSpec) -> int:
        """How many an engine makes, with the files it has: as Engine.channels."""
        engine, settings = kind(spec), kind(spec).settled(spec.settings)
        if engine.channels_with is None:
            return engine.channels
        key = (engine.name, *((name, path, self.of(path)) for name, path in spec.files.items()), *settings.items())
        if key not in self._channels:
            self._channels[key] = engine.channels_with(spec.files, settings)
        return self._channels[key]

    def stale(self, path: Path) -> bool:
        """Whether it looks other than when it was read."""
        return path in self._read and self._read[path] != stamp(path)


def channels_to(stage: str, preset: Preset, versions: Versions) -> int:
    """How many channels come into a chain of a preset: into an output chain two, where any amp makes two."""
    if stage != OUTPUT:
        return 1
    return max((1, *(versions.channels(spec) for amp in preset.amps for spec in amp.chain)))


class Builder:
    """Builds chains at `rate` Hz. One thread at a time. inserts: None: other applications stand in none."""

    def __init__(self, rate: int, versions: Versions, inserts: Inserts | None = None) -> None:
        self.rate = rate
        self._inserts = inserts
        self.versions = versions
        self._read: OrderedDict[Hashable, Payload] = OrderedDict()

    def build(self, wish: ChainSpec, playing: Chain | None = None) -> Chain | None:
        """A chain as wished, or None where it would sound as the one that plays.

        Raises BuildError, and RigError where there is no memory for a chain.
        """
        loaded = [self.unit(spec) for spec in wish.engines]
        try:
            units = arranged(loaded, self.rate, wish.dbu)
            if playing is not None and playing.channels_in == wish.channels and sound_alike(units, playing.units):
                return None
            chain = Chain(units, self.rate, wish.level + asked_db(wish.engines, units), wish.channels)
        except UnitError as error:
            spec = next(spec for spec in wish.engines if spec.label == error.label)
            raise BuildError(spec, str(error)) from None
        chain.prewarm()
        return chain

    def as_loud(self, wish: ChainSpec, like: EngineSpec) -> ChainSpec:
        """The same wish, an engine's `level` where it is to stand for it to be as loud as it was.

        like: what it was, of the same identity. Loud is what a guitar is behind it, having come through what stands
        before it in the chain. Raises BuildError.
        """
        spec = next(spec for spec in wish.engines if spec.uid == like.uid)
        knob = kind(spec).param(LEVEL_KNOB)
        if knob is None or knob.unit != "dB":
            return wish
        try:
            was = self._heard_db(wish.with_engine(like), like.uid)
        except RigError:  # its file has gone since: nobody knows
            return wish
        now = self._heard_db(wish, like.uid)
        if min(was, now) < SILENT_DB:
            return wish
        level = round(spec.params.get(LEVEL_KNOB, knob.initial) + was - now, 1)
        level = min(knob.maximum, max(knob.minimum, level))
        return wish.with_engine(replace(spec, params={**spec.params, LEVEL_KNOB: level}))

    def _heard_db(self, wish: ChainSpec, uid: int) -> float:
        at = next(i for i, spec in enumerate(wish.engines) if spec.uid == uid)
        units = arranged([self.unit(spec) for spec in wish.engines], self.rate, wish.dbu)
        chain = Chain(_up_to(units, at), self.rate, decibels(units[at].payload.level))
        chain.prewarm()
        return analysis.guitar_db(chain.process, self.rate)

    def unit(self, spec: EngineSpec) -> Unit:
        """An engine with what its files hold. Raises BuildError."""
        try:
            ports = kind(spec).ports and self._inserts
            payload = self._inserts.payload(spec) if ports and self._inserts else self._payload(spec)
            return Unit(kind(spec), payload, spec.params, spec.label, spec.files, spec.settings, spec.branch, spec.on)
        except RigError as error:
            raise BuildError(spec, str(error)) from None

    def _payload(self, spec: EngineSpec) -> Payload:
        """What an engine's files hold, read once however many amps name them."""
        engine = kind(spec)
        settings = engine.settled(spec.settings)
        files = ((name, path, self.versions.of(path)) for name, path in sorted(spec.files.items()))
        key = (spec.engine, *files, *settings.items())
        if key not in self._read:
            for path in spec.files.values():
                self.versions.note(path)
            self._read[key] = engine.load(spec.files, settings, self.rate)
        self._read.move_to_end(key)
        while len(self._read) > KEPT:
            self._read.popitem(last=False)
        return self._read[key]


def _up_to(units: Sequence[Unit], at: int) -> list[Unit]:
    """What the sound goes through to the end of an engine; of branches side by side, its own one."""
    first = at
    while units[at].branch and first and units[first - 1].branch:
        first -= 1
    own = (unit for unit in units[first : at + 1] if unit.branch == units[at].branch)
    return [*units[:first], *(replace(unit, branch="") for unit in own)]


def idle(wish: ChainSpec, chain: Chain) -> dict[int, frozenset[str]]:
    """For each engine by its identity, the knobs that are given and that do nothing with what it plays."""
    found = {
        spec.uid: frozenset(unit.payload.idle) & {*spec.params, *spec.settings}
        for spec, unit in zip(wish.engines, chain.units, strict=True)
    }
    return {uid: names for uid, names in found.items() if names}


def unheard(spec: EngineSpec, unit: Unit) -> str:
    """Which knob is given and does nothing, as a fault; "" where all do something."""
    given = sorted({*spec.params, *spec.settings} & {*unit.payload.idle})
    return f"this {' and '.join(spec.files) or 'engine'} has no {given[0]}" if given else ""


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
