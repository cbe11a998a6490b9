"""What an engine is for Python: its parameters (stated once, in C), the files it reads, the registry of all."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from rig import errors
from rig.errors import RigError

if TYPE_CHECKING:
    from rig.models.formats import Model
    from rig.native import Chain


CURVES = ("", "evenly", "by ratio")
"""How a knob's values are spread: as suits its unit (Hz, ms, s: by ratio), or said. In the order of RIG_BY_UNIT ..."""


@dataclass(frozen=True)
class Param:
    """A knob: a float that the audio thread reads once a block and ramps to.

    `minimum` <= value <= `maximum`, in `unit` ("dB", "ms", ... or ""). choices: a word for each of the values 0, 1, 2
    and so on up to `maximum`; none where it is a number. curve: how its values are spread over its travel, one of
    CURVES. step: what one press turns it by; 0: what suits its unit. title: what a screen calls it; "": by its name.
    """

    name: str
    unit: str
    help: str
    minimum: float
    maximum: float
    initial: float
    choices: tuple[str, ...] = ()
    curve: str = ""
    step: float = 0.0
    title: str = ""


@dataclass(frozen=True)
class Payload:
    """What an engine's files became: what its C `init` copies from. Nothing in it outlives `init`.

    arrays: float32, any shape, handed over flat in C order. ints: sizes and switches.
    level: linear, what the file asks to be applied after the whole chain (`level_adjust`).
    gain_in, gain_out: linear, around this engine alone: what calibration and normalisation ask for.
    constant: linear, what it says to silence, for it to take away; 0: nothing.
    rate: Hz at which the engine must run; 0: the chain's own. Where they differ, the chain puts resamplers around it.
    delay: frames, at `rate`, by which its files or settings make its sound late, beside what its C says that it takes;
    polarity: -1 where it turns the signal over.
    lead: frames, at `rate`, before the sound of a recording, which were cut off; None: it is none.
    channels: 1 or 2, as the engine makes with these files, where they decide (Engine.channels_with); None: its own.
    waits: of an engine that joins branches, the frames by which it lets a and b come later.
    input_dbu, output_dbu: the levels in dBu of a full-scale sine before and after the device that its files describe.
    idle: its parameters and settings that do nothing with these files; no screen shows them.
    about: a few words for the screen ("small-combo-crunch", "open-1x12, 1470 taps").
    """

    arrays: tuple[np.ndarray, ...] = ()
    ints: tuple[int, ...] = ()
    level: float = 1.0
    gain_in: float = 1.0
    gain_out: float = 1.0
    constant: float = 0.0
    rate: int = 0
    delay: int = 0
    polarity: int = 1
    lead: int | None = None
    channels: int | None = None
    waits: tuple[int, int] = (0, 0)
    input_dbu: float | None = None
    output_dbu: float | None = None
    idle: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True)
class Setting:
    """What a preset says once, at load: a number from `minimum` to `maximum`, or a switch, written true or false.

    Where nothing is said it is `initial`. A change takes a new engine, which the rack fades to. on_screen: one may want
    to change it while playing. choices: as a knob's. values: the only numbers that it takes, in order; none where all
    between its ends will do.
    """

    name: str
    unit: str
    help: str
    minimum: float
    maximum: float
    initial: float
    switch: bool = False
    on_screen: bool = True
    choices: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


def _nothing(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
    return Payload()


BRANCHES = ("a", "b")
"""The preset keys of the chains that run side by side into an engine that joins them."""


STATE = "state"
"""The preset key of the file that says what an engine remembers beside its knobs."""


@dataclass(frozen=True)
class Branches:
    """What an engine that joins branch a and branch b is told of them, in frames at JACK's rate.

    early: by which a comes before b. apart: by which what b is made of was recorded after what a is made of, which
    cutting off what lies before the sound took away. cancels: whether they cancel each other, once the early one waits.
    """

    early: int = 0
    apart: int = 0
    cancels: bool = False


@dataclass(frozen=True)
class Engine:
    """One plug-in of a chain.

    name: as presets write it. files: the preset keys that name files; all of them are required.
    optional: those of files that it can do without.
    settings: what else is read at load, by the same `load`.
    load: ({key: path}, {setting: value}, JACK's sample rate in Hz) -> Payload. It is told all settings, defaults too.
    Raises RigError naming file and fault.
    join: for an engine that mixes two chains: (the two, {setting: value}) -> Payload, in place of `load`.
    pack: for an engine that plays model files: (model, stretch, times) -> Payload; see models.library.Pack.
    address: where the C descriptor lies; made by rig.native.engine().
    aliases: what else presets may call it; it shows itself by its name.
    plugin: for an engine that runs the plug-ins of others: what the preset key `plugin` says -> the Engine of that one,
    which is called by both words: "lv2 http://...". Raises RigError.
    switched_by: the parameter, by its number in C, by which a plug-in switches itself on and off; None: the chain does.
    keeps: what C looks at for as long as the engine may play.
    remembered: of one that learns something beside its knobs: (the chain that it plays in, its place there, a path) ->
    the text of a file there that says it, for the key `state`; "" where it knows no more than it was made with.
    channels: 1: a mono engine, of which a stereo signal has one a side; 2: it makes two channels, whatever comes in; 0:
    as many as come.
    channels_with: where its files decide: ({key: path}, {setting: value}) -> 1 or 2, as its `load` will say, from no
    more of the files than their heads. It raises nothing: what cannot be read, `load` tells.
    reduces: it shows by how much it makes the sound softer.
    ports: another application stands in it, by ports of ours; without them it passes through.
    """

    name: str
    about: str
    params: tuple[Param, ...]
    files: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    load: Callable[[Mapping[str, Path], Mapping[str, float], int], Payload] = field(default=_nothing, repr=False)
    join: Callable[[Branches, Mapping[str, float]], Payload] | None = field(default=None, repr=False)
    pack: Callable[[Model, int, int], Payload] | None = field(default=None, repr=False)
    address: int = 0
    aliases: tuple[str, ...] = ()
    channels: int = 1
    channels_with: Callable[[Mapping[str, Path], Mapping[str, float]], int] | None = field(default=None, repr=False)
    optional: tuple[str, ...] = ()
    reduces: bool = False
    ports: bool = False
    plugin: Callable[[str], Engine] | None = field(default=None, repr=False)
    switched_by: int | None = None
    keeps: object = field(default=None, repr=False, compare=False)
    remembered: Callable[[Chain, int, Path], str] | None = field(default=None, repr=False)

    @functools.cached_property
    def initials(self) -> Mapping[str, float]:
        """Where its parameters and settings stand when nobody says otherwise."""
        return {knob.name: knob.initial for knobs in (self.params, self.settings) for knob in knobs}

    @property
    def word(self) -> str:
        """What presets write after `engine =`."""
        return word_of(self.name)

    @property
    def plays(self) -> str:
        """What presets write after `plugin =`; "" for an engine that is whole by itself."""
        return self.name.partition(" ")[2]

    @property
    def playable(self) -> tuple[str, ...]:
        """The files that a player picks."""
        return tuple(key for key in self.file_keys if key != STATE)

    @property
    def file_keys(self) -> tuple[str, ...]:
        """All preset keys that name files."""
        return (*self.files, *self.optional)

    @property
    def branches(self) -> tuple[str, ...]:
        """The preset keys that name chains: all of BRANCHES, or none."""
        return BRANCHES if self.join else ()

    def param(self, name: str) -> Param | None:
        """The parameter of that name, or None."""
        return next((p for p in self.params if p.name == name), None)

    def setting(self, name: str) -> Setting | None:
        """The setting of that name, or None."""
        return next((s for s in self.settings if s.name == name), None)

    def settled(self, given: Mapping[str, float]) -> dict[str, float]:
        """All its settings: the given ones, and the others as they are where nothing is said."""
        return {**{setting.name: setting.initial for setting in self.settings}, **given}


def word_of(name: str) -> str:
    """What presets write after `engine =` for the engine of that name: "lv2" for "lv2 http://..."."""
    return name.partition(" ")[0]


class Registry(dict[str, Engine]):
    """Engines by name. One that is a plug-in of another's is found when it is asked for; iterated are the others."""

    def __missing__(self, name: str) -> Engine:
        word, _, which = name.partition(" ")
        runs = self[word].plugin if which and word in self else None
        if runs is None:
            raise KeyError(name)
        return runs(which)


@dataclass(frozen=True)
class Skipped:
    """A plug-in that could not be loaded. name: its entry point, and the package that brings it; why: in one line."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"left out the plug-in {self.name}: {self.why}"


@functools.cache
def registry() -> Registry:
    """All engines by name: one module each in `engines/`, then those of the entry-point group `rig.engines`.

    A plug-in that fails to load is left out, and a notice given once: see `skipped`. Raises RigError where one of ours
    lacks its C, and where two share a name.
    """
    engines, left_out = _found()
    for each in left_out:
        errors.notice(str(each))
    return engines


def skipped() -> tuple[Skipped, ...]:
    """The plug-ins that are installed and could not be loaded."""
    return _found()[1]


def _ours() -> ModuleType:
    """The package of our own engines. In a bare checkout, which nobody installed, it is the folder `engines`."""
    try:
        return importlib.import_module("rig.engines")
    except ModuleNotFoundError:
        return importlib.import_module("engines")


@functools.cache
def _found() -> tuple[Registry, tuple[Skipped, ...]]:
    ours = _ours()
    found = [
        importlib.import_module(f"{ours.__name__}.{module.name}").ENGINE
        for module in pkgutil.iter_modules(ours.__path__)
    ]
    plug_ins = [_plug_in(point) for point in entry_points(group="rig.engines")]
    found += [engine for engine in plug_ins if isinstance(engine, Engine)]
    names = [name for engine in found for name in (engine.name, *engine.aliases)]
    for name in names:
        if names.count(name) > 1:
            raise RigError(f"two engines are called '{name}': remove one of the packages that bring it")
    return Registry((engine.name, engine) for engine in sorted(found, key=lambda e: e.name)), tuple(
        left_out for left_out in plug_ins if isinstance(left_out, Skipped)
    )


def _plug_in(point: EntryPoint) -> Engine | Skipped:
    """The engine of another package. Whatever that package does wrong must not keep the others from playing."""
    package = point.dist.name if point.dist else "?"
    name = f"'{point.name}' of the package {package}"
    try:
        engine = point.load()
    except RigError as error:
        return Skipped(name, str(error))
    except (Exception, SystemExit) as error:
        return Skipped(name, f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": "))
    return engine if isinstance(engine, Engine) else Skipped(name, f"{point.value} is no Engine, but {engine!r}")


def named(name: str, engines: Mapping[str, Engine] | None = None) -> Engine | None:
    """The engine that presets call so, by its name or an alias, or None. engines: the registry's where None."""
    engines = registry() if engines is None else engines
    return engines.get(name) or next((engine for engine in engines.values() if name in engine.aliases), None)
