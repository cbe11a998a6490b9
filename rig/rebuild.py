"""Engines with other files or settings while the gig goes on: a thread builds the chain anew, the gig lets it in.

What plays is touched only when all is ready; the rack then fades from the old chain to the new one. What cannot be
built is said, and the old chain plays on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from rig.arrange import arranged
from rig.engine import Engine, Payload, registry
from rig.errors import RigError
from rig.load import LoadedSet, Place, warm
from rig.models import read
from rig.native import STAGES, Chain, Rack, Unit
from rig.preset import labels
from rig.solo import engine_of


@dataclass(frozen=True)
class Change:
    """Other files or settings for one engine. unit: its index in the chain. knobs: where those of the chain stand."""

    place: Place
    unit: int
    files: Mapping[str, Path] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    knobs: tuple[Mapping[str, float], ...] = ()

    def overtakes(self, other: Change) -> bool:
        """Whether `other`, which has not begun, need not be built any more: the same settings of the same engine."""
        alike = (self.place, self.unit, set(self.settings)) == (other.place, other.unit, set(other.settings))
        return alike and not self.files and not other.files


@dataclass(frozen=True)
class Built:
    """What came of a change. units: the chain's engines, empty where it failed, which `error` says in one line.

    chain: None where it would sound as the one that plays.
    """

    change: Change
    units: tuple[Unit, ...] = ()
    chain: Chain | None = None
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
        self._asked: deque[Change] = deque()
        self._now: Change | None = None
        self._built: list[Built] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def ask(self, change: Change) -> None:
        """Have a chain built. A setting that is turned quickly is built where it stops, not at every step."""
        with self._news:
            if self._asked and change.overtakes(self._asked[-1]):
                self._asked.pop()
            self._asked.append(change)
            self._news.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True, name="rig-builder")
            self._thread.start()

    def asked(self, place: Place, unit: int) -> dict[str, float]:
        """The settings of an engine that are still to be heard."""
        with self._news:
            changes = [built.change for built in self._built if not built.error]
            changes += [self._now] if self._now else []
            changes += self._asked
        mine = (change for change in changes if (change.place, change.unit) == (place, unit))
        return {name: value for change in mine for name, value in change.settings.items()}

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

    def _build(self, change: Change) -> Built:
        try:
            return self._rebuilt(change)
        except RigError as error:
            return Built(change, error=_short(str(error), change.files.values()))
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
        names = labels(unit.engine.name for unit in units)
        built = [replace(unit, label=name) for unit, name in zip(units, names, strict=True)]
        built = arranged(built, self._rate, self._dbu[change.place])
        chain = None
        if new.engine is not old.engine or not all(map(same, _payloads(built), _payloads(self._units[change.place]))):
            chain = warm(built, self._rate, self._levels.get(change.place, 0.0))
        self._units[change.place] = built
        return Built(change, built, chain)


def install(built: Built, loaded: LoadedSet, rack: Rack) -> LoadedSet:
    """Let the rack fade to what was built; the set as it plays from now on."""
    place = built.change.place
    old = loaded.chain(place)
    if not built.chain:
        old.units = built.units or old.units
        return loaded
    for i, unit in enumerate(built.chain.units):
        stands = old.knobs(i)  # a knob may have been turned meanwhile
        for k, param in enumerate(unit.engine.params):
            if stands.get(param.name, built.chain.get(i, k)) != built.chain.get(i, k):
                built.chain.set(i, k, stands[param.name])
    rack.offer(*place, built.chain)
    return loaded.with_chain(place, built.chain)


def _fitting(unit: Unit) -> list[Engine]:
    """The engines that may play its files, the likeliest first."""
    own = unit.engine
    if not own.files:
        return [own]
    found = [own, *(e for e in registry().values() if e.files == own.files and e.name != own.name)]
    if own.files == ("model",):
        with suppress(RigError):  # each of them will say why
            right = engine_of(read(unit.files["model"]).at(unit.settings.get("quality", 1.0)))
            found.sort(key=lambda engine: engine.name != right)
    return found


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
