"""The reconciler: the only place that decides how what is wanted comes to be heard.

A knob is written, a level set, at once; for another file, setting or order of engines a chain is built by the worker
and faded to. It serves loading a set, an edit, an undo, a scene, a changed file, an amp that comes or goes, and a JACK
that comes back at another rate.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rig.document.corrections import remade
from rig.document.document import AMPS, INPUT, LEVEL_KNOB, ON, USUAL_TEMPO, Document, EngineSpec, Preset, Target
from rig.document.knobs import kind
from rig.errors import RigError
from rig.gig.builder import (
    Builder,
    BuildError,
    ChainSpec,
    Place,
    Versions,
    asked_db,
    channels_to,
    idle,
    unheard,
)
from rig.gig.inserts import Inserts
from rig.gig.unplayed import prove
from rig.gig.worker import Built, Job, Worker
from rig.native import SLOTS, STAGES, Chain, Rack

ROUNDING = 1e-6
"""dB, of a level."""

Progress = Callable[[str, float], None]

SHARE = 4
"""Of the machine's memory a set's chains take one part in so many; what lies far from the song that plays waits."""


@dataclass
class Standing:
    """A chain in the rack. wish: what it plays, its knobs as they were written last. key: what it was built for.

    version: of all files, when wish and key were last found to be what is wanted; -1: they were not.
    level: dB, as it was written last; None: as the chain was built.
    """

    slot: int
    wish: ChainSpec
    key: Hashable
    chain: Chain
    version: int = -1
    level: float | None = None


@dataclass(frozen=True)
class Installed:
    """A chain that has come to be heard. before: the engines that played there; None: no chain stood there.

    idle: knobs that are given and do nothing with what the engines play, by identity. turned: the level that makes what
    is tried as loud as what played there.
    """

    place: Place
    wish: ChainSpec
    before: tuple[EngineSpec, ...] | None
    idle: Mapping[int, frozenset[str]]
    turned: Mapping[Target, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A chain that cannot be built, for the fault of one engine (None: of none).

    old: the engine as it plays on; None: it does not play. known: it could be built once, and may be again.
    """

    place: Place
    wish: ChainSpec
    spec: EngineSpec | None
    error: str
    old: EngineSpec | None
    known: bool


class Reconciler:
    """Holds a rack's chains to what is wanted. Methods are called from the gig's thread.

    worker: what builds meanwhile. inserts: the places of those in which other applications stand, if any do.
    room: bytes that chains may take which nobody has asked to hear yet; None: a share of the machine's memory.
    """

    def __init__(
        self,
        rack: Rack,
        worker: Callable[[Builder], Worker] = Worker,
        inserts: Inserts | None = None,
        room: float | None = None,
    ) -> None:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        self.room = machine / SHARE if room is None else room
        self.inserts = inserts
        self._versions = Versions()
        self._known: set[Hashable] = set()  # engines with their files and settings that could be built
        self._new_worker = worker
        self._enter(rack)

    def _enter(self, rack: Rack) -> None:
        self.rack = rack
        self._builder = Builder(rack.rate, self._versions, self.inserts)
        self._worker = self._new_worker(self._builder)
        self._standing: dict[Place, Standing] = {}
        self._wishes: dict[Place, ChainSpec] = {}
        self._asked: dict[Place, Job] = {}
        self._refused: dict[Place, Hashable] = {}
        self._why: dict[Place, str] = {}  # of those
        self._like: EngineSpec | None = None
        self._free = {stage: deque(range(SLOTS)) for stage in STAGES}
        self._heard: tuple[Place, ...] = ()  # the chains of the amp that the rack heads for
        self._first: frozenset[Place] = frozenset()  # the chains of the preset that is to play
        self._headed: int | None = None  # its slot, as the rack was told last, or as MIDI has told it

    # --- loading ---

    def load(self, document: Document, playing: int, progress: Progress = lambda step, share: None) -> None:
        """Build all at once, before the rack runs, and of a longer set its beginning.

        Raises RigError naming preset, amp and fault.
        """
        total = len(document.amps)
        if total > AMPS:
            raise RigError(f"{total} amps in this set; {AMPS} is the most")
        if self.inserts:
            self.inserts.want(document)
        self._wishes = wishes(document, self._versions)
        self._first = _places_of(document.preset_of(playing))
        names = {Place("amp", amp.uid): amp.name for amp in document.amps}
        for done, (place, wish) in enumerate(self._wishes.items()):
            if place in names:
                progress(f"Loading {names[place]}", done / len(self._wishes))
            try:
                chain = self._builder.build(wish)
            except BuildError as error:
                raise RigError(_where(document, place, error)) from None
            assert chain is not None
            self._known.update(map(_made_of, wish.engines))
            for spec, unit in zip(wish.engines, chain.units, strict=True):
                if fault := unheard(spec, unit):
                    raise RigError(_where(document, place, BuildError(spec, fault)))
            self._install(place, wish, self._key(wish), chain)
        progress("Ready", 1.0)
        self._play(document, playing)

    # --- what is wanted ---

    def want(self, document: Document, playing: int, like: EngineSpec | None = None) -> None:
        """Bring what plays to a document, scenes laid over it, and to an amp (its identity).

        document: its presets in the order in which they are wanted, all of whose amps the rack has slots for. Of those
        that do not play, so many are built as there is memory for, beside all else.
        like: what an engine was before other files were tried for it, as loud as which those are to play.
        """
        self._first = _places_of(document.preset_of(playing))
        self._wishes, self._like = self._fitting(document), like
        if self.inserts:
            self.inserts.want(document)
        for place, wish in self._wishes.items():
            self._reconcile(place, wish)
        self._play(document, playing)
        for place in {*self._standing, *self._asked, *self._refused} - self._wishes.keys():
            self._drop(place)
            self._refused.pop(place, None)
            if place not in self._heard:  # until its successor is there
                self._retire(place)  # last: what plays there is left before its slot is emptied
        if len(self._asked) > 1:
            preset = document.preset_of(playing).uid
            path = (Place("amp", playing), Place("input", preset), Place("output", preset))
            self._worker.order(dict.fromkeys((*path, *self._wishes)))

    def _fitting(self, document: Document) -> dict[Place, ChainSpec]:
        """What each chain is to be, of the presets that there is memory for."""
        if len(document.presets) == 1:
            return wishes(document, self._versions)
        sizes = [standing.chain.bytes for standing in self._standing.values()]
        usual = sum(sizes) / len(sizes) if sizes else 0.0
        taken, fitting = 0.0, []
        for preset in document.presets:
            places = _places_of(preset)
            taken += sum(self._standing[at].chain.bytes if at in self._standing else usual for at in places)
            if taken <= self.room or places == self._first:
                fitting.append(preset)
        return wishes(replace(document, presets=tuple(fitting)), self._versions)

    def _reconcile(self, place: Place, wish: ChainSpec) -> None:
        standing = self._standing.get(place)
        if standing and standing.version == self._versions.count and standing.wish.is_very(wish):
            return  # as most are at every edit
        key = self._key(wish)
        if standing:
            self._write(standing, wish)
            if standing.key == key:
                standing.wish, standing.version = wish, self._versions.count
                self._drop(place)
                self._refused.pop(place, None)
                return
        asked = self._asked.get(place)
        if key not in (asked.key if asked else None, self._refused.get(place)):
            same = standing and [spec.uid for spec in standing.wish.engines] == [spec.uid for spec in wish.engines]
            like = self._like if self._like and any(spec.uid == self._like.uid for spec in wish.engines) else None
            job = Job(place, wish, key, standing.chain if standing and same else None, like)
            self._asked[place] = job
            self._worker.ask(job)

    def _drop(self, place: Place) -> None:
        if self._asked.pop(place, None) is not None:
            self._worker.forget(place)

    def prove(self, preset: Preset, saved: Preset) -> None:
        """Raises RigError where a preset that lies too far from what plays to have been built could not be played."""
        if not _places_of(preset) <= self._standing.keys():
            prove(preset, saved, Builder(self.rack.rate, self._versions, self.inserts))

    def changed(self, paths: Iterable[Path]) -> None:
        """Files have become others; the next `want` has them read again."""
        for path in paths:
            self._versions.changed(path)

    def inserts_changed(self) -> None:
        """They take another time; with the next `want` they are built for that."""
        self._versions.count += 1

    def stale(self, path: Path) -> bool:
        """Whether a file that was read looks other than it did then."""
        return self._versions.stale(path)

    def _key(self, wish: ChainSpec) -> Hashable:
        """What a chain is built for; where two wishes have one key, knobs alone lead from the one to the other."""
        return (wish.dbu, wish.channels, *(self._engine_key(spec, wish) for spec in wish.engines))

    def _engine_key(self, spec: EngineSpec, wish: ChainSpec) -> Hashable:
        files = tuple((key, path, self._versions.of(path)) for key, path in sorted(spec.files.items()))
        settings = tuple(kind(spec).settled(spec.settings).items())
        matters = spec.on if spec.branch or wish.dbu is not None else None  # to how the others are built
        wait = self.inserts.wait(spec.uid) if self.inserts and kind(spec).ports else 0
        return spec.uid, spec.engine, wait, files, settings, spec.branch, matters

    # --- what is written at once ---

    def _write(self, standing: Standing, wish: ChainSpec) -> None:
        """Turn the knobs of the chain that plays, as far as it has the engines.

        One that is to play another file keeps its knobs until it does: a soft model's level is no loud one's.
        """
        standing.version = -1
        wanted = {spec.uid: spec for spec in wish.engines}
        chain, engines = standing.chain, []
        for i, old in enumerate(standing.wish.engines):
            new = wanted.get(old.uid, old)
            if new is not old and not remade(old, new):
                _turn(chain, i, old, new)
                old = replace(old, params=new.params, on=new.on)
            engines.append(old)
        standing.wish = replace(standing.wish, engines=tuple(engines), level=wish.level)
        level = wish.level + asked_db(engines, chain.units)
        if standing.level is None or abs(level - standing.level) > ROUNDING:
            chain.set_level(level)
            standing.level = level

    # --- what has been built ---

    def take(self) -> tuple[Installed | Refused, ...]:
        """Let in what has been built since the last call. To be called often."""
        news = (self._take(built) for built in self._worker.take())
        return tuple(item for item in news if item is not None)

    def _take(self, built: Built) -> Installed | Refused | None:
        place, key = built.job.place, built.job.key
        wish = self._wishes.get(place)
        if wish is None or self._asked.get(place) is not built.job:
            return None  # something else is wanted by now, or once more, and asked for
        del self._asked[place]
        turned: dict[Target, float] = {}
        if built.wish is not built.job.wish and built.job.like == self._like:
            wish, turned = _as_loud(wish, built)
            self._wishes[place] = wish
        standing = self._standing.get(place)
        before = standing.wish.engines if standing else None
        if built.error:
            self._refused[place], self._why[place] = key, built.error
            return self._refuse(built, before or ())
        self._known.update(map(_made_of, built.job.wish.engines))
        for spec in built.job.wish.engines:
            for path in spec.files.values():
                self._versions.accept(path)
        if built.chain is None:
            assert standing is not None
            standing.wish, standing.key = replace(built.wish, level=standing.wish.level), key
            for i, spec in enumerate(standing.wish.engines):
                _turn(standing.chain, i, None, spec)
        else:
            self._install(place, built.wish, key, built.chain)
        standing = self._standing[place]
        self._write(standing, wish)  # what was turned meanwhile
        return Installed(place, wish, before, idle(wish, standing.chain), turned)

    def _refuse(self, built: Built, playing: tuple[EngineSpec, ...]) -> Refused:
        """What cannot be built, and whose fault it is."""
        spec = next((spec for spec in built.job.wish.engines if spec.uid == built.uid), None)
        old = next((other for other in playing if other.uid == built.uid), None)
        for path in spec.files.values() if spec else ():
            self._versions.refuse(path)
        known = spec is not None and _made_of(spec) in self._known
        return Refused(built.job.place, built.job.wish, spec, built.error, old, known)

    def _install(self, place: Place, wish: ChainSpec, key: Hashable, chain: Chain) -> None:
        """Let the rack fade to a chain; where none stood, it finds a slot."""
        standing = self._standing.get(place)
        slot = standing.slot if standing else self._free[place.stage].popleft()
        self._standing[place] = Standing(slot, wish, key, chain)
        self.rack.offer(place.stage, slot, chain)
        self._refused.pop(place, None)

    def _retire(self, place: Place) -> None:
        """A chain is no longer wanted: its slot holds an empty one until another takes it."""
        standing = self._standing.pop(place, None)
        if standing:
            self.rack.offer(place.stage, standing.slot, Chain((), self.rack.rate))
            self._free[place.stage].append(standing.slot)

    # --- which amp ---

    def _play(self, document: Document, playing: int) -> None:
        """Head for an amp; one that is still being built is headed for when it is there."""
        for preset in document.presets:
            ends = [self._standing.get(Place(stage, preset.uid)) for stage in ("input", "output")]
            for amp in preset.amps:
                place = Place("amp", amp.uid)
                standing = self._standing.get(place)
                if standing and ends[0] and ends[1]:
                    self.rack.route(standing.slot, ends[0].slot, ends[1].slot)
                    if amp.uid == playing:
                        if standing.slot != self._headed:  # else MIDI may have gone elsewhere by now
                            self.rack.play(standing.slot)
                        self._headed = standing.slot
                        self._heard = (place, Place("input", preset.uid), Place("output", preset.uid))
                        self.rack.tempo(preset.tempo or USUAL_TEMPO)
                        self.rack.follow(preset.follow)

    # --- what MIDI has done ---

    def heads_for(self, amp: int | None) -> None:
        """The rack has gone to an amp by itself; None: to one that is no more."""
        self._headed = None if amp is None else self.slot(Place("amp", amp))

    def went_to(self, slot: int) -> None:
        """The rack has gone to the amp of a slot by itself."""
        self._headed = slot

    def heard(self, at: Target, value: float, chain: Chain, plus: float) -> None:
        """A knob, a switch or a level of a chain stands there already; only what stands elsewhere by now is written.

        plus: dB on top of a level.
        """
        for place, standing in self._standing.items():
            if standing.chain is not chain:
                continue
            standing.version = -1
            if at == (place.owner, LEVEL_KNOB):
                standing.level = value + plus
            for unit, spec in enumerate(standing.wish.engines):
                if spec.uid == at.uid:
                    chain.heard(unit, at.knob, value)
                    turned = replace(spec, on=bool(value)) if at.knob == ON else _with(spec, at.knob, value)
                    standing.wish = standing.wish.with_engine(turned)

    # --- what there is ---

    def slot(self, place: Place) -> int | None:
        """Where the rack has a chain; None while it has none."""
        standing = self._standing.get(place)
        return standing.slot if standing else None

    def chain(self, place: Place) -> tuple[ChainSpec, Chain] | None:
        """What plays there: its engines with their knobs as written, and the chain."""
        standing = self._standing.get(place)
        return (standing.wish, standing.chain) if standing else None

    def path(self, preset: int, amp: int) -> list[tuple[Place, tuple[EngineSpec, ...], Chain]]:
        """The chains that the guitar goes through to an amp (identities), as far as they stand, with their engines."""
        places = (Place("input", preset), Place("amp", amp), Place("output", preset))
        found = ((place, self._standing.get(place)) for place in places)
        return [(place, standing.wish.engines, standing.chain) for place, standing in found if standing]

    def fault(self, preset: int, amp: int) -> str:
        """Why an amp (identities) does not play, "" where it does or is still to come."""
        places = (Place("input", preset), Place("amp", amp), Place("output", preset))
        silent = (at for at in places if at in self._refused and at not in self._standing)
        return next((self._why[at] for at in silent), "")

    def places(self) -> Iterator[Place]:
        """Where chains stand."""
        return iter(self._standing)

    @property
    def memory(self) -> int:
        """Frames after which nothing in any chain remembers what came before."""
        longest = dict.fromkeys(STAGES, 0)
        for place, standing in self._standing.items():
            longest[place.stage] = max(longest[place.stage], standing.chain.memory)
        return sum(longest.values())

    def channels(self, preset: int, amp: int) -> int:
        """1 or 2: that come out where an amp plays (identities)."""
        return max(chain.channels for place, _, chain in self.path(preset, amp) if place.stage != INPUT)

    @property
    def busy(self) -> bool:
        """Whether something is being built, or waits to be taken, that somebody waits for."""
        beside = self._beside()
        return not self._asked.keys() <= beside if beside else self._worker.busy

    @property
    def loading(self) -> bool:
        """Whether presets that do not play yet are being built."""
        return bool(self._beside())

    def _beside(self) -> set[Place]:
        """The chains that are being built and that nobody waits for: they have never stood, and others play."""
        return {place for place in self._asked if place not in self._first and place not in self._standing}

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to be built that somebody waits for; False where that takes longer."""
        beside = self._beside()
        return self._worker.wait(seconds, self._asked.keys() - beside) if beside else self._worker.wait(seconds)

    def move(self, rack: Rack) -> None:
        """All that is wanted is to be built anew for another rack, of another rate."""
        self._worker.close()
        self._enter(rack)

    def close(self) -> None:
        """Begin nothing any more."""
        self._worker.close()


def _places_of(preset: Preset) -> frozenset[Place]:
    """Where its chains belong."""
    return frozenset(Place(stage, owner) for owner, stage, _ in preset.chains())


def wishes(document: Document, versions: Versions) -> dict[Place, ChainSpec]:
    """What each chain of a document is to be. versions: of the files that it names."""
    found: dict[Place, ChainSpec] = {}
    for preset in document.presets:
        levels = {amp.uid: amp.level for amp in preset.amps}
        for owner, stage, engines in preset.chains():
            found[Place(stage, owner)] = ChainSpec(
                engines, levels.get(owner, 0.0), preset.dbu, channels_to(stage, preset, versions)
            )
    return found


def _as_loud(wish: ChainSpec, built: Built) -> tuple[ChainSpec, dict[Target, float]]:
    """A wish with the level that something was built with, and that level."""
    like = built.job.like
    assert like is not None
    spec, made = (next(s for s in each.engines if s.uid == like.uid) for each in (wish, built.wish))
    level = made.params[LEVEL_KNOB]
    return wish.with_engine(replace(spec, params={**spec.params, LEVEL_KNOB: level})), {
        Target(like.uid, LEVEL_KNOB): level
    }


def _with(spec: EngineSpec, knob: str, value: float) -> EngineSpec:
    return replace(spec, params={**spec.params, knob: value})


def _made_of(spec: EngineSpec) -> Hashable:
    """What an engine is made of, whichever it is."""
    return spec.engine, tuple(sorted(spec.files.items())), tuple(kind(spec).settled(spec.settings).items())


def _turn(chain: Chain, unit: int, old: EngineSpec | None, new: EngineSpec) -> None:
    """Write what differs between two wants of one engine; all of it where there is no old one."""
    for k, param in enumerate(kind(new).params):
        value = new.params.get(param.name, param.initial)
        if old is None or value != old.params.get(param.name, param.initial):
            chain.set(unit, k, value)
    if old is None or old.on != new.on:
        chain.switch(unit, new.on)


def _where(document: Document, place: Place, error: BuildError) -> str:
    """ "blues.toml: amp 2 'Crunch', model: ..."."""
    preset = document.preset_of(place.owner)
    at: str = place.stage
    if place.stage == "amp":
        number = [amp.uid for amp in preset.amps].index(place.owner) + 1
        at = f"amp {number} '{document.amp(place.owner).name}'"
    return f"{preset.path}: {at}, {error.label}: {error}"
