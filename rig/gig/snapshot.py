"""What a gig shows of itself: frozen snapshots, and how they are made of a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from rig.document import address
from rig.document.document import INPUT, LEVEL_KNOB, OUTPUT, Document, EngineSpec, Preset
from rig.document.knobs import AMP_LEVEL, Knob, kind, stands
from rig.document.scenes import applied
from rig.document.tunings import A4
from rig.engine import Setting

if TYPE_CHECKING:
    from rig.native import LoopState, Unit


@dataclass(frozen=True)
class AmpView:
    """An amp as a tile shows it. key: "1".."9" or None. path: what verbs call it, unlike any other of the set.

    scenes: their names; scene: the one that is on, or "". uid: its identity, wherever it stands. colour: one of
    document.COLOURS, or "".
    stands_out: LU by which it is louder than the others, below 0 softer; 0 where it is not, or nobody has measured it.
    too_much: the share of the period that it takes, with the chains around it, where that is more than there is; else
    0.
    """

    index: int
    name: str
    key: str | None
    preset: str
    path: str = ""
    scenes: tuple[str, ...] = ()
    scene: str = ""
    uid: int = 0
    colour: str = ""
    stands_out: float = 0.0
    too_much: float = 0.0


@dataclass(frozen=True)
class FileView:
    """A file that an engine plays. engine: what the verb `load` takes, "Crunch.model". name: its key, "model".

    uid: the engine's identity, whatever it is called by then.
    """

    engine: str
    name: str
    file: Path
    uid: int = 0

    @property
    def path(self) -> str:
        """As a knob's: "Crunch.model.model"."""
        return f"{self.engine}.{self.name}"


@dataclass(frozen=True)
class ParamView:
    """A knob as the screen shows it, or a setting, which takes a moment to be heard.

    path: what the verb `set` takes, e.g. "Crunch.gain.gain". switch: it is either 0 or 1. initial: the engine's own;
    saved: what the preset's file says. choices: what the values 0, 1, ... are called. setting: it is one. curve, step,
    title: see engine.Param. values: the only ones there are, where those are not 0, 1, ...
    """

    path: str
    name: str
    unit: str
    help: str
    value: float
    minimum: float
    maximum: float
    initial: float
    switch: bool = False
    saved: float | None = None
    choices: tuple[str, ...] = ()
    setting: bool = False
    curve: str = ""
    step: float = 0.0
    values: tuple[float, ...] = ()
    title: str = ""

    @property
    def preset(self) -> float:
        """What it goes back to: as the preset says, or the engine's own."""
        return self.initial if self.saved is None else self.saved


@dataclass(frozen=True)
class EngineView:
    """An engine of the playing amp's path. where: "input" | "amp" | "output".

    fault: the guard caught it lately, or it is left out. path: what verbs call it, "Crunch.gain". load: the share of a
    core that it takes, 0..1. branch: "a" or "b" beside the trunk; the next engine that is in neither joins the two. on:
    False: it is bypassed. stands: False for the row of the amp itself, which is no engine. inside: of an insert, who
    stands in it.
    """

    name: str
    about: str
    where: str
    params: tuple[ParamView, ...]
    fault: bool = False
    load: float = 0.0
    files: tuple[FileView, ...] = ()
    branch: str = ""
    path: str = ""
    on: bool = True
    stands: bool = True
    inside: str = ""

    @property
    def rows(self) -> tuple[FileView | ParamView, ...]:
        """All that a player can pick: its files, then its knobs."""
        return self.files + self.params


@dataclass(frozen=True)
class Outcome:
    """What came of an engine that was put in, or of a file or a setting that somebody asked for.

    engine: its path. files: what it plays now. error: why it plays on as before, in one line; "" where all went well.
    """

    engine: str
    files: tuple[FileView, ...] = ()
    settings: tuple[tuple[str, float], ...] = ()
    error: str = ""


@dataclass(frozen=True)
class News:
    """What nobody asked for, in one line. wrong: a fault; what played plays on. reloaded: a file that changed was."""

    message: str
    wrong: bool = False
    reloaded: bool = False


@dataclass(frozen=True)
class LoopView:
    """The looper. state: "empty", "recording", "playing", "overdubbing" or "stopped".

    at: seconds, where it is; seconds: of the loop, 0 while there is none. layers: that are heard; undone: that
    `loop redo` puts back. half: at half speed. waits: for the beat. full: no other layer finds room. there: whether
    there is a looper.
    """

    state: str = "empty"
    at: float = 0.0
    seconds: float = 0.0
    layers: int = 0
    undone: int = 0
    half: bool = False
    waits: bool = False
    full: bool = False
    there: bool = False


@dataclass(frozen=True)
class SongView:
    """A song that plays. number: from 1; 0: none plays. total: songs of the set. next, previous: the names of those
    after and before it, but for songs that are passed over.

    part: from 1; 0: what plays is none of its parts, which are called as in "Lead:Solo". skip: it is passed over.
    """

    number: int
    total: int
    name: str = ""
    next: str = ""
    part: int = 0
    parts: tuple[str, ...] = ()
    notes: str = ""
    tempo: float | None = None
    skip: bool = False
    previous: str = ""


@dataclass(frozen=True)
class SongRow:
    """A song of a set's list. number: from 1. preset: its name. uid: the song's identity."""

    number: int
    name: str
    preset: str
    tempo: float | None
    notes: str
    skip: bool
    uid: int


@dataclass(frozen=True)
class Status:
    """A frozen moment of the rack. Levels in dBFS (-120 = silence); peaks are since the last status taken.

    load: share of the period spent in the callback, 0..1, worst since the last status. latency_ms: round trip as JACK
    reports it, and what engines at rates of their own, late captures and branches that wait for one another add.
    limiter_db: gain reduction, 0 or negative.
    reductions: engines of what plays that hold the sound down, and by how many dB now, 0 or negative.
    load_mean: what playing takes of it, smoothed over about a second. relief: what is done so that it fits: "",
    "tails" (what rings on ends), "switches" (they take only what time is left), "engines" (some are left out); each
    with those before it. left_out: engines of the amp that plays, and why: "time" or "broken".
    faults: engines the guard caught, with counts. building: something that was asked for is being built.
    message: what the last verb has to say. scene: the one that is on, or "". unsaved: something differs from the
    presets' files. comparing: what is saved plays, and what was changed comes back with `ab`. unheard: nobody is
    connected to our outputs. wrong: something is, of which the message tells.
    tempo: beats a minute, as whom the song follows has it, or the song or its preset; None where nobody says.
    follow: "midi" or "jack" where the song goes by them. lead: how they are: "" where nobody is followed or was heard
    so far, "heard", "stopped", or "lost", whose tempo is gone on with. beat: of the song. metronome: it clicks. midi:
    the latest event that came in, but a clock's, in words. learning: the next pedal that is moved is learnt. client:
    what JACK calls us. offered: what a rig that was killed has left unsaved, for `recover`; "" for nothing.
    waiting: wires that stood, and stand again when the ports that they lead to are back.
    song: None: there are none. boost_db: by which a solo is louder now, else 0.
    loop: the looper. kept: seconds of the last minutes that `keep` would write.
    note, cents, string: what the guitar plays, see tunings.Note; tuning, a4: what it is held against. tuner: one tunes,
    which silences all, unless tuner_heard.
    """

    amp: int
    amp_name: str
    bypassed: bool
    muted: bool
    tuner: bool
    in_db: float
    out_db: float
    in_clip: bool
    out_clip: bool
    limiter_db: float
    level_db: float
    load: float
    xruns: int
    rate: int
    block: int
    latency_ms: float
    server: str
    connections: tuple[tuple[str, str], ...]
    alive: bool
    faults: tuple[tuple[str, int], ...] = ()
    note: str = ""
    cents: float = 0.0
    recording: str = ""
    building: bool = False
    message: str = ""
    wrong: bool = False
    scene: str = ""
    unsaved: bool = False
    comparing: bool = False
    unheard: bool = False
    tempo: float | None = None
    loop: LoopView = LoopView()
    kept: float = 0.0
    reductions: tuple[tuple[str, float], ...] = ()
    string: int = 0
    tuning: str = ""
    a4: float = A4
    tuner_heard: bool = False
    song: SongView | None = None
    boost_db: float = 0.0
    follow: str = ""
    lead: str = ""
    beat: float = 0.0
    metronome: bool = False
    midi: str = ""
    client: str = ""
    learning: bool = False
    offered: str = ""
    waiting: tuple[tuple[str, str], ...] = ()
    load_mean: float = 0.0
    relief: str = ""
    left_out: tuple[tuple[str, str], ...] = ()


# --- how they are made --------------------------------------------------------------------------------------------

Playing = tuple["Unit", str, bool, float]
"""What plays of an engine: the unit, what is said about it, whether the guard caught it lately, its share of a core."""


def amps(
    document: Document,
    playing: int,
    out: Mapping[int, float] | None = None,
    too_much: Callable[[int], float] = lambda uid: 0.0,
) -> tuple[AmpView, ...]:
    """The amps of the stage, in order. out: LU by which some stand out, by identity. too_much: of one, see AmpView."""
    presets = [document.preset_of(playing)] if document.songs else document.presets
    return _amps(document, playing, presets, out=out or {}, too_much=too_much)


def all_amps(document: Document, playing: int) -> tuple[AmpView, ...]:
    """The amps of all presets, in order; those that are not on the stage have no key."""
    return _amps(document, playing, document.presets, playing)


def _amps(
    document: Document,
    playing: int,
    presets: Sequence[Preset],
    beside: int | None = None,
    out: Mapping[int, float] = MappingProxyType({}),
    too_much: Callable[[int], float] = lambda uid: 0.0,
) -> tuple[AmpView, ...]:
    """beside: the amp from which their paths are told; None: from each itself, as all of them are on the stage."""
    keys = document.keys(playing)
    views: list[AmpView] = []
    for preset in presets:
        for amp in preset.amps:
            path = address.name_of(document, address.Place("amp", amp, preset), beside or amp.uid)
            scenes = tuple(scene.name for scene in amp.scenes)
            loud = round(out.get(amp.uid, 0.0), 1)
            heavy = too_much(amp.uid)
            told = (amp.name, keys.get(amp.uid), preset.name, path, scenes, amp.scene, amp.uid, amp.colour, loud, heavy)
            views.append(AmpView(len(views), *told))
    return tuple(views)


def loop(state: LoopState, rate: int) -> LoopView:
    """The looper, in seconds."""
    return LoopView(
        state.state,
        round(state.at / rate, 2),
        round(state.frames / rate, 2),
        state.layers,
        state.most - state.layers,
        state.slow,
        state.waits,
        state.full,
        bool(state.room),
    )


def path(document: Document, uid: int, playing: int) -> str:
    """What an engine is called."""
    return address.path_of(document, uid, playing)


def outcome(document: Document, spec: EngineSpec, playing: int, error: str = "") -> Outcome:
    """What came of an engine."""
    called = path(document, spec.uid, playing)
    return Outcome(called, _files(called, spec), tuple(kind(spec).settled(spec.settings).items()), error)


def chain(
    document: Document, saved: Sequence[Preset], playing: int, units: Mapping[int, Playing]
) -> tuple[EngineView, ...]:
    """The path of the amp that plays. saved: the presets as their files have them. units: what plays, by identity."""
    heard = applied(document, playing)
    preset = heard.preset_of(playing)
    amp = next(amp for amp in preset.amps if amp.uid == playing)
    before = {spec.uid: spec for other in saved for spec in other.engines()}
    places = (
        address.Place(INPUT, preset, preset),
        address.Place("amp", amp, preset),
        address.Place(OUTPUT, preset, preset),
    )
    views: list[EngineView] = []
    for place in places:
        name = address.name_of(document, place, playing)
        for spec in place.chain:
            views.append(_engine(f"{name}.{spec.label}", place.stage, spec, before.get(spec.uid), units.get(spec.uid)))
        if place.stage == "amp":
            levels = {a.uid: a.level for other in saved for a in other.amps}
            level = _knob(f"{name}.{LEVEL_KNOB}", AMP_LEVEL, document.amp(playing).level, levels.get(playing))
            views.append(EngineView("amp", amp.name, "amp", (level,), path=name, stands=False))
    return tuple(views)


def _engine(path: str, where: str, spec: EngineSpec, saved: EngineSpec | None, playing: Playing | None) -> EngineView:
    unit, about, fault, load = playing or (None, "", False, 0.0)
    engine, idle = kind(spec), unit.payload.idle if unit else ()
    shown: list[Knob] = [*(setting for setting in engine.settings if setting.on_screen), *engine.params]
    knobs = tuple(
        _knob(
            f"{path}.{knob.name}",
            knob,
            stands(spec, knob.name),
            stands(saved, knob.name) if saved and saved.engine == spec.engine else None,
        )
        for knob in shown
        if knob.name not in idle
    )
    inside = about if engine.ports else ""
    files = _files(path, spec)
    return EngineView(
        spec.label, about, where, knobs, fault, round(load, 3), files, spec.branch, path, spec.on, inside=inside
    )


def _knob(path: str, knob: Knob, value: float, saved: float | None) -> ParamView:
    switch = isinstance(knob, Setting) and knob.switch
    return ParamView(
        path,
        knob.name,
        knob.unit,
        knob.help,
        value,
        knob.minimum,
        knob.maximum,
        knob.initial,
        switch,
        saved,
        knob.choices,
        isinstance(knob, Setting),
        getattr(knob, "curve", ""),
        getattr(knob, "step", 0.0),
        getattr(knob, "values", ()),
        getattr(knob, "title", ""),
    )


def _files(path: str, spec: EngineSpec) -> tuple[FileView, ...]:
    return tuple(FileView(path, key, file, spec.uid) for key, file in spec.files.items())


def all_files(document: Document, playing: int) -> tuple[FileView, ...]:
    """The files of all presets; those of the preset that plays come first."""
    now = document.preset_of(playing)
    presets = (now, *(preset for preset in document.presets if preset.uid != now.uid))
    specs = (spec for preset in presets for spec in preset.engines())
    return tuple(view for spec in specs for view in _files(path(document, spec.uid, playing), spec))
