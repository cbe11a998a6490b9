"""Engines with other files or settings while the gig goes on: a thread builds the chain anew, the gig lets it in.

What plays is touched only when all is ready; the rack then fades from the old chain to the new one. What cannot be
built is said, and the old chain plays on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rig.document.preset import EngineSpec, Preset, labels
from rig.document.preset import load as load_preset
from rig.engine import Engine, Payload, registry
from rig.errors import RigError
from rig.files import Stamp, stamp
from rig.gig.gain_staging import arranged
from rig.gig.loader import LoadedSet, Loader, Place, asked_db, warm
from rig.native import STAGES, Chain, Rack, Unit


@dataclass(frozen=True)
class Change:
    """Other files or settings for one engine. unit: its index in the chain. knobs: where those of the chain stand."""

    place: Place
    unit: int
    files: Mapping[str, Path] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    knobs: tuple[Mapping[str, float], ...] = ()

    def overtakes(self, other: Change | Renewal | Reread) -> bool:
        """Whether `other`, which has not begun, need not be built any more: the same settings of the same engine."""
        if not isinstance(other, Change):
            return False
        alike = (self.place, self.unit, set(self.settings)) == (other.place, other.unit, set(other.settings))
        return alike and not self.files and not other.files

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self.files.values())

    @property
    def origins(self) -> range:
        return range(len(self.knobs))


class Wish(NamedTuple):
    """What a preset says of a chain. level: dB. dbu: see Preset."""

    specs: tuple[EngineSpec, ...]
    level: float
    dbu: float | None


@dataclass(frozen=True)
class Part:
    """One engine of a chain to be built. source: as it plays, or as its preset says. again: its files are read.

    origin: its index in the chain that plays; None: it's new.
    """

    source: Unit | EngineSpec
    knobs: Mapping[str, float]
    origin: int | None
    again: bool


@dataclass(frozen=True)
class Renewal:
    """A chain as its files or its preset now are. knobs: where those of the one that plays stand.

    changed: files that are read anew. reason: what to say of it; "": that these files are.
    """

    place: Place
    parts: tuple[Part, ...]
    wish: Wish
    knobs: tuple[Mapping[str, float], ...]
    changed: frozenset[Path]
    reason: str

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(path for part in self.parts for path in part.source.files.values())

    @property
    def origins(self) -> list[int | None]:
        """For each engine, which one of the chain that plays it was."""
        return [part.origin for part in self.parts]


@dataclass(frozen=True)
class Reread:
    """A preset is to be read anew. preset: its index in the set."""

    preset: int
    path: Path

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.path,)


@dataclass(frozen=True)
class Built:
    """What came of a change. units: the chain's engines, empty where it failed, which `error` says in one line.

    chain: None where it would sound as the one that plays. preset: what was read; stamp: how its file
    looked then.
    """

    change: Change | Renewal | Reread
    units: tuple[Unit, ...] = ()
    chain: Chain | None = None
    preset: Preset | None = None
    stamp: Stamp | None = None
    error: str = ""


class Builder:
    """Builds in a thread of its own, one change after the other. Methods are called from the gig's thread."""

    def __init__(self, loaded: LoadedSet, rate: int) -> None:
        self._rate = rate
        self._levels = {Place("amp", i): amp.level for i, amp in enumerate(loaded.amps)}
        self._units = {  # as the last build left them
            Place(stage, slot): chain.units for stage in STAGES for slot, chain in enumerate(loaded.chains(stage))
        }
        self._dbu = {place: loaded.preset(place).dbu for place in self._units}
        self._news = threading.Condition()
        self._asked: deque[Change | Renewal | Reread] = deque()
        self._now: Change | Renewal | Reread | None = None
        self._built: list[Built] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def ask(self, change: Change | Renewal | Reread) -> None:
        """Have a chain built. A setting that is turned quickly is built where it stops, not at every step."""
        with self._news:
            if self._asked and isinstance(change, Change) and change.overtakes(self._asked[-1]):
                self._asked.pop()
            self._asked.append(change)
            self._news.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True, name="rig-builder")
            self._thread.start()

    def asked(self, place: Place, unit: int) -> dict[str, float]:
        """The settings of an engine that are still to be heard."""
        changes = (change for change in self._open() if isinstance(change, Change))
        mine = (change for change in changes if (change.place, change.unit) == (place, unit))
        return {name: value for change in mine for name, value in change.settings.items()}

    def reshapes(self, place: Place) -> bool:
        """Whether a chain of other engines is about to come there."""
        renewals = (change for change in self._open() if isinstance(change, Renewal) and change.place == place)
        return any(change.origins != list(range(len(change.knobs))) for change in renewals)

    def _open(self) -> list[Change | Renewal | Reread]:
        """What is asked for, and not yet to be heard."""
        with self._news:
            built = [built.change for built in self._built if not built.error]
            return [*built, *([self._now] if self._now else []), *self._asked]

    def level(self, place: Place, chain: Chain, db: float) -> None:
        """Another level for a chain, now and after every change. While nothing is being built."""
        if db != self._levels.get(place, 0.0):
            self._levels[place] = db
            chain.set_level(db + asked_db(chain.units))

    @property
    def busy(self) -> bool:
        """Whether something is being built, or waits to be taken."""
        with self._news:
            return bool(self._now or self._asked or self._built)

    def take(self) -> list[Built]:
        """What has been built since the last call, in the order in which it was asked for."""
        with self._news:
            built, self._built = self._built, []
        return built

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to be built; False where that takes longer."""
        with self._news:
            return self._news.wait_for(lambda: not (self._now or self._asked), seconds)

    def close(self) -> None:
        """Begin nothing any more. What is being built just now is dropped."""
        with self._news:
            self._closed = True
            self._asked.clear()
            self._news.notify_all()

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._asked or self._closed)
                if self._closed:
                    return
                self._now = self._asked.popleft()
            built = self._build(self._now)
            with self._news:
                self._now = None
                self._built.append(built)
                self._news.notify_all()

    def _build(self, change: Change | Renewal | Reread) -> Built:
        seen = stamp(change.path) if isinstance(change, Reread) else None
        try:
            if isinstance(change, Reread):
                return Built(change, preset=load_preset(change.path), stamp=seen)
            return self._renewed(change) if isinstance(change, Renewal) else self._rebuilt(change)
        except RigError as error:
            return Built(change, error=_short(str(error), change.paths), stamp=seen)
        except Exception as error:  # the thread lives on, and so does the gig
            return Built(change, error=f"a fault in rig itself: {type(error).__name__}: {error}")

    def _rebuilt(self, change: Change) -> Built:
        units = list(self._units[change.place])
        for i, knobs in enumerate(change.knobs):
            units[i] = replace(units[i], params={**(units[i].params or {}), **knobs})
        old = units[change.unit]
        new = replace(old, files={**old.files, **change.files}, settings={**old.settings, **change.settings})
        new = _loaded(new, _fitting(new), self._rate)
        units[change.unit] = new
        built = self._arranged(units, self._dbu[change.place])
        chain = None
        if new.engine is not old.engine or not all(map(same, _payloads(built), _payloads(self._units[change.place]))):
            chain = warm(built, self._rate, self._levels.get(change.place, 0.0))
        self._units[change.place] = built
        return Built(change, built, chain)

    def _renewed(self, change: Renewal) -> Built:
        place, wish, loader = change.place, change.wish, Loader(self._rate)
        built = self._arranged([self._made(part, loader) for part in change.parts], wish.dbu)
        chain = warm(built, self._rate, wish.level)
        self._units[place], self._dbu[place], self._levels[place] = built, wish.dbu, wish.level
        return Built(change, built, chain)

    def _made(self, part: Part, loader: Loader) -> Unit:
        unit = part.source
        if isinstance(unit, EngineSpec):
            unit = loader.unit(unit, unit.engine)
        elif part.again:
            unit = _loaded(unit, _fitting(unit), self._rate)
        return replace(unit, params=part.knobs)

    def _arranged(self, units: list[Unit], dbu: float | None) -> tuple[Unit, ...]:
        names = labels(unit.engine.name for unit in units)
        return arranged([replace(unit, label=name) for unit, name in zip(units, names, strict=True)], self._rate, dbu)


def install(built: Built, loaded: LoadedSet, rack: Rack) -> LoadedSet:
    """Let the rack fade to what was built; the set as it plays from now on."""
    place = built.change.place
    old = loaded.chain(place)
    if not built.chain:
        old.units = built.units or old.units
        return loaded
    for i, (unit, origin) in enumerate(zip(built.chain.units, built.change.origins, strict=True)):
        was, stands = ({}, {}) if origin is None else (built.change.knobs[origin], old.knobs(origin))
        for k, param in enumerate(unit.engine.params):
            if param.name in stands and stands[param.name] != was.get(param.name):  # turned meanwhile
                built.chain.set(i, k, stands[param.name])
    rack.offer(*place, built.chain)
    return loaded.with_chain(place, built.chain)


def _fitting(unit: Unit) -> list[Engine]:
    """The engines that may play its files, the likeliest first."""
    own = unit.engine
    if not own.files:
        return [own]
    return [own, *(e for e in registry().values() if e.files == own.files and e.name != own.name)]


def _loaded(unit: Unit, engines: Iterable[Engine], rate: int) -> Unit:
    """The unit with what its files hold, as the first of `engines` that plays them takes it."""
    fault = None
    for engine in engines:
        try:
            return replace(unit, engine=engine, payload=_payload(engine, unit, rate))
        except RigError as error:
            fault = fault or error
    raise fault


def _payload(engine: Engine, unit: Unit, rate: int) -> Payload:
    known = {setting.name for setting in engine.settings}
    return engine.load(unit.files, engine.settled({k: v for k, v in unit.settings.items() if k in known}), rate)


def _payloads(units: Iterable[Unit]) -> list[Payload]:
    return [unit.payload for unit in units]


def same(a: Payload, b: Payload) -> bool:
    """Whether two payloads sound the same."""
    if len(a.arrays) != len(b.arrays) or replace(a, arrays=(), about="") != replace(b, arrays=(), about=""):
        return False
    return all(map(np.array_equal, a.arrays, b.arrays))


def _short(line: str, files: Iterable[Path]) -> str:
    """A message with the files' names in place of their whole paths: a screen is narrow."""
    for file in files:
        line = line.replace(str(file), file.name)
    return line
