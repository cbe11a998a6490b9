"""The document: all that a player can change, as one immutable value. No sound, no C, no file."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from rig.engine import word_of

AMPS = 64
"""Amps of a preset, and that stand in the rack at a time; it has a slot for each, and one."""

SONGS = 500
"""Of a set."""

ENGINES = SCENES = 64
"""Of a chain, with its branches; of an amp."""

LEVEL = (-60.0, 24.0)
"""dB, of an amp or a scene."""

OUTPUT_LEVEL = (-60.0, 20.0)
"""dB, of all that is heard."""

DBU = (-40.0, 60.0)
"""dBu of a full-scale sine at an interface's input."""

LOUDER = (-24.0, 24.0)
"""dB, by which an amp or a scene is meant to be louder than the others."""

BOOST = (0.0, 12.0)
"""dB, by which a solo is louder."""

USUAL_BOOST = 3.0
"""Where a preset says none."""

TEMPO = (30.0, 300.0)
"""Beats a minute, of a preset or a song."""

USUAL_TEMPO = 120.0
"""Where it says none."""

FOLLOW = ("midi", "jack")
"""Whose time a preset's songs can go by, in place of its own tempo: a MIDI clock's, JACK's transport's."""

BAR = (0, 16)
"""Beats of a metronome's bar; 0: it counts none."""

CLICK_LEVEL = (-60.0, 0.0)
"""dB, of a metronome."""

CLICK_TO = ("out", "click")
"""Where a metronome is heard: in our outputs, too, or in the port of its own alone."""

NAME = 40
"""Letters of a name."""

KEYS = "123456789"

COLOURS = ("orange", "sky", "green", "yellow", "blue", "red", "purple", "white")
"""That an amp can have on the screen: the eight of Okabe and Ito, "Color Universal Design" (2008), which those who are
colour-blind tell apart, too."""

INPUT, OUTPUT = "input", "output"

ON, LEVEL_KNOB = "on", "level"
"""What a Target calls an engine's switch, and an amp's or a scene's level."""

ALL = 0
"""In a Target: all that is heard, which has a LEVEL_KNOB, too."""

MIDI_CURVES = ("", "linear", "log", "antilog")
"""How a pedal's travel is spread: as the knob's own, evenly, slow at the heel, slow at the toe."""

MIDI_RELATIVE = ("", "twos", "offset", "sign")
"""How knobs that turn for ever say by how much: 1 and 127, 65 and 63, 1 and 65."""

FOOT_VERBS = (
    *(
        "ab",
        "amp",
        "boost",
        "bypass",
        "connect",
        "follow",
        "keep",
        "level",
        "loop",
        "metronome",
        "morph",
        "mute",
        "next",
    ),
    *("panic", "part", "prev", "redo", "scene", "song", "tap", "tempo", "tuner", "tuning", "undo"),
)
"""The verbs that MIDI may be bound to: none that writes over files, and none that takes something away."""

NO_FOOT = {"scene": ("store", "delete"), "song": ("add", "move", "remove", "save", "skip")}
"""What those do, too, and no pedal."""

_identities = itertools.count(1)


def identity() -> int:
    """A number that nothing else in this process has: what an engine, an amp or a preset is, whatever it is called."""
    return next(_identities)


class Target(NamedTuple):
    """A knob of something that has an identity: an engine's parameter, its switch (ON), or an amp's LEVEL_KNOB."""

    uid: int
    knob: str


@dataclass(frozen=True)
class EngineSpec:
    """An engine of a chain. Parameters and settings are those that are given; the others stand at their initial.

    engine: its name in the registry, also where a file calls it by another one; with a plug-in's behind it.
    A switch among the settings is 0.0 or 1.0. files: absolute paths.
    branch: "a" or "b" in one of the two chains that the next engine without a branch mixes.
    on: False: bypassed. label: what paths call it, unlike any other of its chain; it keeps it when it moves.
    """

    engine: str
    params: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    branch: str = ""
    on: bool = True
    label: str = ""
    uid: int = field(default_factory=identity, compare=False)


Chain = tuple[EngineSpec, ...]


@dataclass(frozen=True)
class Scene:
    """A variation of an amp, reached without a rebuild. level: dB on top of the amp's.

    values: knobs of the amp's engines and of its preset's input and output chains; ON is 0.0 or 1.0.
    louder: dB, by which it is meant to be louder than the others; None: it says nothing of that. It changes no sound.
    """

    name: str
    level: float = 0.0
    values: Mapping[Target, float] = field(default_factory=dict)
    louder: float | None = None

    @property
    def meant(self) -> float:
        """dB, by which it is meant to be louder. Where it does not say so, a `level` above 0 is a solo's, and so is
        any where nothing else is turned; one below 0 makes up for what is.
        """
        if self.louder is not None:
            return self.louder
        return self.level if self.level > 0 or not self.values else 0.0


class Between(NamedTuple):
    """Where an amp stands between two of its scenes, or itself, "". place: 0 at `heel` to 127 at `toe`, as of a pedal.

    curve: of the way, one of MIDI_CURVES. turned: knobs that have been turned since, which stand where that left them.
    """

    heel: str
    toe: str
    place: float
    curve: str = ""
    turned: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Amp:
    """A named chain that a key selects. level: dB, -60..+24, applied after the chain. louder: as a scene's. colour: of
    COLOURS, or "".

    scene: the name of the scene that is on, or "". between: where it stands on the way from one scene to another, the
    nearer of which is on; None: it is on no way. No file says these.
    """

    name: str
    chain: Chain
    level: float = 0.0
    key: str | None = None
    colour: str = ""
    scenes: tuple[Scene, ...] = ()
    scene: str = ""
    louder: float | None = None
    between: Between | None = None
    uid: int = field(default_factory=identity, compare=False)

    @property
    def active(self) -> Scene | None:
        """The scene that is on."""
        return next((scene for scene in self.scenes if scene.name == self.scene), None)

    def has_scene(self, name: str) -> bool:
        """Whether it has a scene of that name; "" is the amp itself."""
        return not name or any(scene.name == name for scene in self.scenes)


OUTS = ("out_1", "out_2")
"""What one hears."""


@dataclass(frozen=True)
class Wiring:
    """Whom our ports are wired to: full names, by ours, "in", "out_1" ... What is not named: `in` and OUTS to the
    hardware, others to nobody.

    midi: what is to be found in the names of the MIDI ports of boards, which both play us and get our lights; send: of
    other gear that is told what plays. See rig.jack.ports.
    """

    ports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    midi: tuple[str, ...] = ()
    send: tuple[str, ...] = ()

    def spelt(self) -> dict[str, str | list[str]]:
        """As a preset writes it: a port for each of OUTS as `out`; one alone without a list."""
        outs = [self.ports.get(name, ()) for name in OUTS]
        paired = all(len(ports) == 1 for ports in outs)
        told: dict[str, str | list[str]] = {
            name: ports[0] if len(ports) == 1 else list(ports)
            for name, ports in self.ports.items()
            if not (paired and name in OUTS)
        }
        told |= {"out": list(dict.fromkeys(ports[0] for ports in outs))} if paired else {}
        boards = (("midi", self.midi), ("send", self.send))
        return told | {key: named[0] if len(named) == 1 else list(named) for key, named in boards if named}


@dataclass(frozen=True)
class Metronome:
    """beats: of a bar, whose first is accented; 0: none is. level: dB, of the click's peak. to: one of CLICK_TO."""

    beats: int = 4
    level: float = -12.0
    to: str = "out"


class Pick(NamedTuple):
    """An amp, and one of its scenes or ""."""

    amp: int
    scene: str = ""


class Morph(NamedTuple):
    """The way between two scenes of an amp, or itself, ""."""

    amp: int
    heel: str
    toe: str


@dataclass(frozen=True)
class Binding:
    """What a controller, a note or the pitch wheel does. to: a knob, an amp that each press picks, a way between two
    scenes, or a verb in words.

    low, high: where heel and toe turn the knob to, in its unit; None: the ends of its range. invert: the other way
    round. curve: of the travel between them, one of MIDI_CURVES. hold: on while it is held; else each press turns it
    over. relative: how a knob that turns for ever says by how much, one of MIDI_RELATIVE; "": it says where it stands.
    """

    to: Target | Pick | Morph | str
    low: float | None = None
    high: float | None = None
    curve: str = ""
    invert: bool = False
    hold: bool = False
    relative: str = ""


@dataclass(frozen=True)
class Midi:
    """program: program number 0..127 -> what it picks. cc, note: controllers and notes 0..127; wheel: the pitch wheel.

    channel: 1..16, the one that is heard; None: all. begin: what other gear is told as the preset begins to play; send:
    and as amps and scenes do, see messages.py.
    """

    program: Mapping[int, Pick] = field(default_factory=dict)
    cc: Mapping[int, Binding] = field(default_factory=dict)
    note: Mapping[int, Binding] = field(default_factory=dict)
    wheel: Binding | None = None
    channel: int | None = None
    begin: tuple[str, ...] = ()
    send: Mapping[Pick, tuple[str, ...]] = field(default_factory=dict)

    def each(self, change: Callable[[Binding], Binding | None]) -> Midi:
        """With its bindings changed, or gone where they become None."""

        def table(bindings: Mapping[int, Binding]) -> dict[int, Binding]:
            changed = ((number, change(binding)) for number, binding in bindings.items())
            return {number: binding for number, binding in changed if binding is not None}

        wheel = change(self.wheel) if self.wheel else None
        return replace(self, cc=table(self.cc), note=table(self.note), wheel=wheel)


@dataclass(frozen=True)
class Preset:
    """dbu: the level in dBu of a full-scale sine at the interface's input; None where it was not measured.

    tempo: beats a minute. tuning: of the guitar, see tunings.py. a4: what it is tuned to, in Hz. boost: dB, of a solo.
    None: it says none. follow: whose time goes before `tempo`, of FOLLOW, or "".
    revert_scenes: what is turned in a scene is as saved again when the scene is left.
    """

    path: Path
    name: str
    amps: tuple[Amp, ...]
    input: Chain = ()
    output: Chain = ()
    jack: Wiring = Wiring()
    midi: Midi = Midi()
    dbu: float | None = None
    tempo: float | None = None
    tuning: str | None = None
    a4: float | None = None
    boost: float | None = None
    revert_scenes: bool = False
    follow: str = ""
    metronome: Metronome = Metronome()
    uid: int = field(default_factory=identity, compare=False)

    @property
    def files(self) -> frozenset[Path]:
        """All files that its chains name."""
        return frozenset(path for spec in self.engines() for path in spec.files.values())

    def chains(self) -> Iterator[tuple[int, str, Chain]]:
        """(the amp's or the preset's identity, "input", "amp" or "output", chain), in the order of the signal."""
        yield self.uid, INPUT, self.input
        for amp in self.amps:
            yield amp.uid, "amp", amp.chain
        yield self.uid, OUTPUT, self.output

    def engines(self) -> Iterator[EngineSpec]:
        """All of them."""
        return (spec for _, _, chain in self.chains() for spec in chain)

    def amp(self, uid: int) -> Amp | None:
        """Its amp of that identity, or None."""
        return next((amp for amp in self.amps if amp.uid == uid), None)

    def as_written(self) -> Preset:
        """As a file has it: with no scene on."""
        if not any(amp.scene or amp.between for amp in self.amps):
            return self
        return replace(self, amps=tuple(replace(amp, scene="", between=None) for amp in self.amps))


@dataclass(frozen=True)
class Song:
    """A song of a set. preset: the identity of the one that it plays, which others may play, too.

    tempo: beats a minute; None: the preset's. parts: what it walks through; none: the preset's amps.
    skip: it is passed over, unless somebody asks for it. send: what other gear is told as it begins, see messages.py.
    """

    name: str
    preset: int
    tempo: float | None = None
    parts: tuple[Pick, ...] = ()
    notes: str = ""
    skip: bool = False
    send: tuple[str, ...] = ()
    uid: int = field(default_factory=identity, compare=False)


@dataclass(frozen=True)
class Document:
    """A set. level: dB, of all that is heard. songs: none where one preset is played as it is."""

    presets: tuple[Preset, ...]
    level: float = 0.0
    songs: tuple[Song, ...] = ()

    @property
    def amps(self) -> tuple[Amp, ...]:
        """All amps, in the order of the set."""
        return tuple(amp for preset in self.presets for amp in preset.amps)

    def amp(self, uid: int) -> Amp:
        """An amp by its identity. Raises KeyError."""
        for amp in self.amps:
            if amp.uid == uid:
                return amp
        raise KeyError(uid)

    def preset_of(self, uid: int) -> Preset:
        """The preset of that identity, or the one that an amp or an engine belongs to. Raises KeyError."""
        for preset in self.presets:
            if preset.uid == uid or preset.amp(uid):
                return preset
        for preset in self.presets:  # which takes longer
            if any(spec.uid == uid for spec in preset.engines()):
                return preset
        raise KeyError(uid)

    def engine(self, uid: int) -> EngineSpec | None:
        """The engine of an identity; None where it is gone."""
        return next((spec for preset in self.presets for spec in preset.engines() if spec.uid == uid), None)

    def with_preset(self, preset: Preset) -> Document:
        """The same set with another preset in place of the one of the same identity."""
        return replace(self, presets=tuple(preset if p.uid == preset.uid else p for p in self.presets))

    def stage(self, playing: int | None) -> tuple[Amp, ...]:
        """What keys and numbers pick while an amp (its identity) plays: where there are songs, its preset's amps."""
        return self.amps if playing is None or not self.songs else self.preset_of(playing).amps

    def song(self, uid: int) -> Song | None:
        """Its song of that identity, or None."""
        return next((song for song in self.songs if song.uid == uid), None)

    def number(self, song: Song) -> int:
        """A song's place in the set, from 1; two may be called alike and play one preset."""
        return [other.uid for other in self.songs].index(song.uid) + 1

    def keys(self, playing: int | None = None) -> dict[int, str | None]:
        """The key of every amp of the stage by its identity: as its preset says, where that is free, else the next free
        digit.
        """
        taken: set[str] = set()
        keys: dict[int, str | None] = {}
        for amp in self.stage(playing):
            keys[amp.uid] = amp.key if amp.key and amp.key not in taken else None
            taken.update(keys[amp.uid] or "")
        free = iter(digit for digit in KEYS if digit not in taken)
        return {uid: key or next(free, None) for uid, key in keys.items()}


def labels(written: Iterable[str], given: Iterable[str] = ()) -> tuple[str, ...]:
    """What the engines of a chain are called. written: their kinds. given: what somebody has called each, or "".

    Where nobody has: gain, eq, gain2, the n-th of its kind, whatever the others of it are called.
    """
    kinds = tuple(map(word_of, written))
    names = tuple(given) or ("",) * len(kinds)
    taken, seen = set(names), Counter[str]()
    found = []
    for kind, name in zip(kinds, names, strict=True):
        seen[kind] += 1
        number = seen[kind]
        while not name:
            label = kind if number == 1 else f"{kind}{number}"
            name = "" if label in taken else label
            number += 1
        taken.add(name)
        found.append(name)
    return tuple(found)


def free_name(taken: Collection[str], name: str) -> str:
    """A name like that one, which none of those `taken` (in small letters) is: "Crunch 2"."""
    numbers = (f"{name[: NAME - 3]} {number}" for number in range(2, AMPS + 3))
    return next(found for found in numbers if found.casefold() not in taken)


def with_identities(preset: Preset, uids: Mapping[int, int]) -> Preset:
    """The same preset, engines, amps and itself having other identities; all that points at them follows."""

    def of(uid: int) -> int:
        return uids.get(uid, uid)

    def chain(specs: Chain) -> Chain:
        return tuple(replace(spec, uid=of(spec.uid)) for spec in specs)

    def target(at: Target) -> Target:
        return Target(of(at.uid), at.knob)

    def binding(bound: Binding) -> Binding:
        to = bound.to
        if isinstance(to, Pick | Morph):
            return replace(bound, to=to._replace(amp=of(to.amp)))
        return bound if isinstance(to, str) else replace(bound, to=target(to))

    def scene(scene: Scene) -> Scene:
        return replace(scene, values={target(at): value for at, value in scene.values.items()})

    return replace(
        preset,
        uid=of(preset.uid),
        input=chain(preset.input),
        output=chain(preset.output),
        amps=tuple(
            replace(amp, uid=of(amp.uid), chain=chain(amp.chain), scenes=tuple(map(scene, amp.scenes)))
            for amp in preset.amps
        ),
        midi=replace(
            preset.midi.each(binding),
            program={number: Pick(of(pick.amp), pick.scene) for number, pick in preset.midi.program.items()},
            send={Pick(of(pick.amp), pick.scene): said for pick, said in preset.midi.send.items()},
        ),
    )


def pruned(preset: Preset) -> Preset:
    """A preset without scenes' values and MIDI that point at what it does not have."""
    there = {ALL, preset.uid, *(amp.uid for amp in preset.amps), *(spec.uid for spec in preset.engines())}

    def known(at: Target) -> bool:
        return at.uid in there

    amps = tuple(
        replace(
            amp,
            scenes=tuple(
                replace(scene, values={at: value for at, value in scene.values.items() if known(at)})
                for scene in amp.scenes
            ),
        )
        for amp in preset.amps
    )
    scenes = {Pick(amp.uid, scene.name) for amp in amps for scene in amp.scenes} | {Pick(amp.uid) for amp in amps}

    def bound(binding: Binding) -> Binding | None:
        to = binding.to
        if isinstance(to, Morph):
            there = {Pick(to.amp, to.heel), Pick(to.amp, to.toe)} <= scenes
        else:
            there = isinstance(to, str) or (to in scenes if isinstance(to, Pick) else known(to))
        return binding if there else None

    program = {number: pick for number, pick in preset.midi.program.items() if pick in scenes}
    send = {pick: said for pick, said in preset.midi.send.items() if pick in scenes}
    midi = replace(preset.midi.each(bound), program=program, send=send)
    return replace(preset, amps=amps, midi=midi)


def with_each_engine(preset: Preset, change: Callable[[EngineSpec], EngineSpec | None]) -> Preset:
    """A preset with its engines changed, or gone where they become None. What nothing changes stays the very same."""

    def each(chain: Chain) -> Chain:
        changed = tuple(map(change, chain))
        if all(a is b for a, b in zip(chain, changed, strict=True)):
            return chain
        return tuple(spec for spec in changed if spec is not None)

    first, last = each(preset.input), each(preset.output)
    chains = tuple(each(amp.chain) for amp in preset.amps)
    amps = tuple(
        amp if chain is amp.chain else replace(amp, chain=chain) for amp, chain in zip(preset.amps, chains, strict=True)
    )
    if first is preset.input and last is preset.output and all(a is b for a, b in zip(amps, preset.amps, strict=True)):
        return preset
    return replace(preset, input=first, amps=amps, output=last)


def alike(a: Preset, b: Preset) -> bool:
    """Whether a file at the same path would say the same of both: whatever the identities of their things are.

    What points at an engine or an amp has to point at the one in the same place.
    """
    return numbered(a) == numbered(b)


def numbered(preset: Preset) -> Preset:
    """As a file has it, with places for identities: two readings of a file are equal then."""
    uids = (preset.uid, *(amp.uid for amp in preset.amps), *(spec.uid for spec in preset.engines()))
    return with_identities(preset.as_written(), {uid: -place for place, uid in enumerate(uids, 1)})
