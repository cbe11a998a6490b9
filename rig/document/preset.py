"""TOML <-> frozen dataclasses. Every error names file, table, key, and what would be right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tomli

from rig.engine import Engine, Param, Setting, named, registry
from rig.errors import RigError, did_you_mean
from rig.files import read_text, unreadable

FILE_LIMIT = 1 << 20
"""Bytes of a preset file."""

AMPS = 64
"""Amps of a preset: as many as the rack has slots."""

LEVEL = (-60.0, 24.0)
"""dB."""

DBU = (-40.0, 60.0)
"""dBu of a full-scale sine at an interface's input."""

NAME = 40
"""Letters of an amp's name."""

KEYS = "123456789"
INPUT, OUTPUT = "input", "output"


@dataclass(frozen=True)
class EngineSpec:
    """One entry of a chain: engine name, the parameters and settings that the preset gives, its files' absolute paths.

    A switch among the settings is 0.0 or 1.0. branch: "a" or "b" in one of the two chains that the next engine without
    a branch mixes.
    """

    engine: str
    params: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    branch: str = ""


@dataclass(frozen=True)
class Amp:
    """A named chain that a key selects. level: dB, -60..+24, applied after the chain."""

    name: str
    chain: tuple[EngineSpec, ...]
    level: float = 0.0
    key: str | None = None


@dataclass(frozen=True)
class Wiring:
    """Whom we are wired to; None = the physical ports."""

    input: str | None = None
    outputs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Midi:
    """program: program number 0..127 -> amp name. cc: controller 0..127 -> "Amp.engine.param"."""

    program: Mapping[int, str] = field(default_factory=dict)
    cc: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset:
    """dbu: the level in dBu of a full-scale sine at the interface's input; None where it was not measured."""

    path: Path
    name: str
    amps: tuple[Amp, ...]
    input: tuple[EngineSpec, ...] = ()
    output: tuple[EngineSpec, ...] = ()
    jack: Wiring = Wiring()
    midi: Midi = Midi()
    dbu: float | None = None

    @property
    def files(self) -> frozenset[Path]:
        """All files that its chains name."""
        chains = (self.input, *(amp.chain for amp in self.amps), self.output)
        return frozenset(path for chain in chains for spec in chain for path in spec.files.values())


def load(path: Path, engines: Mapping[str, Engine] | None = None) -> Preset:
    """Read and check a preset, its files' existence included (their content is checked when they are loaded).

    engines: those that may be named; the registry's where None.
    Raises RigError: "presets/blues.toml: amp 2 'Crunch', engine 1: no model file 'models/crunch.jsn';
    did you mean 'crunch.json'?"
    """
    preset, faults = examine(path, engines)
    if preset is None or faults:
        raise RigError(faults[0])
    return preset


def examine(path: Path, engines: Mapping[str, Engine] | None = None) -> tuple[Preset | None, tuple[str, ...]]:
    """Read a preset and find all its faults, in the order of the file's tables.

    Returns what could be read (None where it is no TOML at all; without the engines that have a fault), and the
    faults, each one line as `load` raises the first of them.
    """
    path = Path(path)
    try:
        content = _toml(path)
    except RigError as error:
        return None, (str(error),)
    reader = _Reader(path, registry() if engines is None else engines)
    preset = reader.preset(content)
    return preset, tuple(reader.faults)


def labels(engines: Iterable[str]) -> tuple[str, ...]:
    """What each engine of a chain, by name, is called in "Amp.engine.param": gain, eq, gain2."""
    seen: Counter[str] = Counter()
    names = []
    for engine in engines:
        seen[engine] += 1
        names.append(engine if seen[engine] == 1 else f"{engine}{seen[engine]}")
    return tuple(names)


def _toml(path: Path) -> dict:
    text = read_text(path, "preset", FILE_LIMIT)
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        what, place = re.fullmatch(r"(.*?)(?: \(at (.*)\))?", str(error), re.DOTALL).groups()
        place = re.sub(r"^end of document$", f"line {len(text.splitlines())}, the end of the file", place or "")
        raise RigError(f"{path}: {place + ': ' if place else ''}{' '.join(what.split())}") from None
    except RecursionError:
        raise RigError(f"{path}: nested too deeply for a preset") from None


class _Reader:
    """Reads a preset's tables and notes every fault, so that `rig check` can show all of them.

    place: where we are, as a message names it: "amp 2 'Crunch', engine 1".
    """

    def __init__(self, path: Path, engines: Mapping[str, Engine]) -> None:
        self.path = path
        self.engines = engines
        self.faults: list[str] = []
        self.torn: set[str] = set()  # the chains that lack an engine, for its fault

    def fault(self, place: str, text: str) -> None:
        self.faults.append(f"{self.path}: {place}: {text}" if place else f"{self.path}: {text}")

    # -- tables

    def preset(self, content: Mapping[str, object]) -> Preset:
        self.known(content, "", ("name", INPUT, "amp", OUTPUT, "jack", "midi"))
        name = self.name(content, "") or self.path.stem
        front = self.table(content, INPUT)
        first, dbu = self.end(front, INPUT, "dbu"), self.dbu(front)
        amps = self.amps(content)
        last = self.end(self.table(content, OUTPUT), OUTPUT)
        return Preset(
            path=self.path,
            name=name,
            amps=amps,
            input=first,
            output=last,
            jack=self.wiring(self.table(content, "jack")),
            midi=self.midi(self.table(content, "midi"), amps, {INPUT: first, OUTPUT: last}),
            dbu=dbu,
        )

    def end(self, table: Mapping[str, object], place: str, *keys: str) -> tuple[EngineSpec, ...]:
        """The input or the output chain. keys: what else its table may have."""
        self.known(table, place, ("chain", *keys))
        return self.chain(table, place, place)

    def dbu(self, table: Mapping[str, object]) -> float | None:
        return self.number(table["dbu"], "dbu", INPUT, *DBU, "dBu") if "dbu" in table else None

    def amps(self, content: Mapping[str, object]) -> tuple[Amp, ...]:
        listed = content.get("amp", [])
        if isinstance(listed, dict):
            self.fault("", "an amp starts with [[amp]], in two pairs of brackets")
            return ()
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            self.fault("", "amp must be tables, each of which starts with [[amp]]")
            return ()
        if not listed:
            self.fault("", "no amp; a preset needs at least one [[amp]]")
        if len(listed) > AMPS:
            self.fault("", f"{len(listed)} amps; a preset has at most {AMPS}")
        amps = tuple(self.amp(entry, i) for i, entry in enumerate(listed[:AMPS], 1))
        self.unlike(amps)
        return amps

    def amp(self, table: Mapping[str, object], number: int) -> Amp:
        place = f"amp {number}"
        name = self.name(table, place)
        if name:
            place = f"{place} '{name}'"
        elif "name" not in table:
            self.fault(place, 'no name; give it one: name = "Clean"')
        if name in (INPUT, OUTPUT):
            self.fault(place, f"the name '{name}' is taken by the {name} chain")
        self.known(table, place, ("name", "key", "level", "chain"))
        return Amp(
            name=name or f"Amp {number}",
            chain=self.chain(table, place, name),
            level=self.number(table.get("level", 0.0), "level", place, *LEVEL, "dB"),
            key=self.key(table, place),
        )

    def key(self, table: Mapping[str, object], place: str) -> str | None:
        key = table.get("key")
        if key is None or (isinstance(key, str) and len(key) == 1 and key in KEYS):
            return key
        quoted = isinstance(key, int) and str(key) in KEYS
        self.fault(
            place, f'a key stands in quotes: key = "{key}"' if quoted else f'key = {_shown(key)}: "1" to "9" are keys'
        )
        return None

    def unlike(self, amps: Sequence[Amp]) -> None:
        """No two amps with one name or one key."""
        names: dict[str, int] = {}
        keys: dict[str, int] = {}
        for i, amp in enumerate(amps, 1):
            place = f"amp {i} '{amp.name}'"
            other = names.setdefault(amp.name.casefold(), i)
            if other != i:
                self.fault(place, f"amp {other} has the same name")
            other = keys.setdefault(amp.key, i) if amp.key else i
            if other != i:
                self.fault(place, f"key \"{amp.key}\" already picks amp {other} '{amps[other - 1].name}'")

    def wiring(self, table: Mapping[str, object]) -> Wiring:
        self.known(table, "jack", ("in", "out"))
        source, targets = table.get("in"), table.get("out")
        if isinstance(targets, str):
            targets = [targets]
        if source is not None and not _port(source):
            self.fault("jack", f'in = {_shown(source)} is no port; write it as "system:capture_1"')
            source = None
        if targets is not None and not (
            isinstance(targets, list) and 1 <= len(targets) <= 2 and all(map(_port, targets))
        ):
            self.fault(
                "jack",
                f'out = {_shown(targets)} is no pair of ports; write it as ["system:playback_1", "system:playback_2"]',
            )
            targets = None
        return Wiring(source, None if targets is None else tuple(targets))

    def midi(self, table: Mapping[str, object], amps: Sequence[Amp], ends: Mapping[str, Sequence[EngineSpec]]) -> Midi:
        self.known(table, "midi", ("program", "cc"))
        program = self.numbered(table, "program")
        cc = self.numbered(table, "cc")
        names = [amp.name for amp in amps]
        chains = {**ends, **{amp.name: amp.chain for amp in amps}}
        for number, name in program.items():
            if name not in names:
                self.fault("midi", f"program {number}: no amp '{name}'{did_you_mean(name, names)}")
        for number, target in cc.items():
            fault = self.no_target(target, chains)
            if fault:
                self.fault("midi", f"cc {number}: {fault}")
        return Midi(program, cc)

    def no_target(self, target: str, chains: Mapping[str, Sequence[EngineSpec]]) -> str:
        """Why "Amp.engine.param" leads nowhere, or ""."""
        parts = target.rsplit(".", 2)
        if len(parts) != 3:
            return f'\'{target}\' must be "Amp.engine.param", as in "Crunch.gain.gain"'
        where, label, name = parts
        if where not in chains:
            return f"no amp '{where}'{did_you_mean(where, chains)}"
        engines = dict(zip(labels(spec.engine for spec in chains[where]), chains[where], strict=True))
        if label not in engines:
            return "" if where in self.torn else f"no engine '{label}' in '{where}'{did_you_mean(label, engines)}"
        knobs = [param.name for param in self.engines[engines[label].engine].params]
        return "" if name in knobs else f"{label} has no '{name}'{did_you_mean(name, knobs)}"

    def numbered(self, table: Mapping[str, object], key: str) -> dict[int, str]:
        """{0..127: text}."""
        found: dict[int, str] = {}
        for number, target in self.table(table, key, "midi").items():
            if not re.fullmatch(r"[0-9]{1,3}", number) or int(number) > 127:
                self.fault("midi", f"{key} {number}: no number from 0 to 127")
            elif int(number) in found:
                self.fault("midi", f"{key} {int(number)} is there twice")
            elif not isinstance(target, str):
                self.fault("midi", f"{key} {number} must be a text in quotes, not {_kind(target)}")
            else:
                found[int(number)] = target
        return found

    # -- chains

    def chain(self, table: Mapping[str, object], place: str, owner: str) -> tuple[EngineSpec, ...]:
        """owner: what "Amp.engine.param" starts with."""
        if "chain" not in table:
            if owner not in (INPUT, OUTPUT):
                self.fault(place, 'no chain; give it one: chain = [{ engine = "gain" }]')
            return ()
        specs = tuple(self.specs(table["chain"], "chain", place))
        if None in specs:
            self.torn.add(owner)
        return tuple(spec for spec in specs if spec is not None)

    def specs(self, listed: object, key: str, place: str, branch: str = "") -> Iterator[EngineSpec | None]:
        """A list's engines in order, those of branches before the one that mixes them; None for each with a fault."""
        if not isinstance(listed, list):
            self.fault(place, f"{key} must be a list of engines, not {_kind(listed)}")
            return
        for i, entry in enumerate(listed, 1):
            at = f"{place}, {branch}, engine {i}" if branch else f"{place}, engine {i}"
            for side in self.split(entry, at, branch):
                yield from self.specs(entry[side], side, at, side)
            yield self.spec(entry, at, branch)

    def split(self, entry: object, place: str, branch: str) -> Sequence[str]:
        """Which branches an entry has."""
        engine = named(str(entry.get("engine")), self.engines) if isinstance(entry, dict) else None
        if engine is None or not engine.branches:
            return ()
        found = [side for side in engine.branches if side in entry]
        if branch:
            self.fault(place, f"no {engine.name} within a branch; put one after the other")
            return ()
        if not any(entry[side] for side in found):
            self.fault(place, f'{engine.name} has nothing to mix: a = [{{ model = "..." }}], b = [{{ model = "..." }}]')
        return found

    def spec(self, entry: object, place: str, branch: str) -> EngineSpec | None:
        if not isinstance(entry, dict):
            name = entry if isinstance(entry, str) else "gain"
            self.fault(place, f'must be written {{ engine = "{name}" }}, not {_kind(entry)}')
            return None
        before = len(self.faults)
        engine = self.engine(entry, place)
        if engine is None:
            return None
        knobs = {param.name: param for param in engine.params}
        settings = {setting.name: setting for setting in engine.settings}
        known = (*engine.files, *engine.branches, *knobs, *settings)
        params: dict[str, float] = {}
        files: dict[str, Path] = {}
        settled: dict[str, float] = {}
        for key, value in entry.items():
            if key in engine.files:
                files[key] = self.file(key, value, place)
            elif key in knobs:
                params[key] = self.within(value, engine.name, knobs[key], place)
            elif key in settings:
                settled[key] = self.setting(value, engine.name, settings[key], place)
            elif key != "engine" and key not in engine.branches:
                self.fault(place, f"{engine.name} has no '{key}'{_suggest(key, known)}")
        for key in engine.files:
            if key not in files:
                self.fault(place, f'{engine.name} needs a file: {key} = "..."')
        return EngineSpec(engine.name, params, files, settled, branch) if len(self.faults) == before else None

    def engine(self, entry: Mapping[str, object], place: str) -> Engine | None:
        """The engine that `entry` names, or that alone reads the files it names."""
        if "engine" in entry:
            name = entry["engine"]
            if not isinstance(name, str):
                self.fault(place, f"engine must be a text in quotes, not {_kind(name)}")
            elif (engine := named(name, self.engines)) is None:
                self.fault(place, f"unknown engine '{name}'{_suggest(name, self.engines)}")
            else:
                return engine
            return None
        fitting = [e for e in self.engines.values() if e.files and set(e.files) <= set(entry)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            self.fault(place, f'which engine? It may be {" or ".join(e.name for e in fitting)}; write engine = "..."')
            return None
        file_keys = {key for e in self.engines.values() for key in e.files}
        near = (did_you_mean(key, {"engine", *file_keys}) for key in entry)
        hint = next(filter(None, near), '; name one: engine = "gain"')
        self.fault(place, f"no engine{hint}")
        return None

    def file(self, key: str, value: object, place: str) -> Path:
        """Where a chain's file lies; it is looked for beside the preset."""
        if not isinstance(value, str):
            self.fault(place, f"{key} must be a path in quotes, not {_kind(value)}")
            return self.path
        try:
            path = (self.path.parent / Path(value).expanduser()).resolve()
        except (OSError, RuntimeError, ValueError):
            self.fault(place, f"{key} = {_shown(value)} is no path")
            return self.path
        fault = unreadable(path, key, value)
        if fault:
            self.fault(place, fault)
        return path

    # -- values

    def known(self, table: Mapping[str, object], place: str, keys: Iterable[str]) -> None:
        for key in table:
            if key not in keys:
                self.fault(place, f"unknown key '{key}'{_suggest(key, keys)}")

    def table(self, content: Mapping[str, object], key: str, place: str = "") -> Mapping[str, object]:
        """The table of that key; an empty one where there is none."""
        value = content.get(key, {})
        if isinstance(value, dict):
            return value
        self.fault(place, f"{key} must be a table, not {_kind(value)}")
        return {}

    def name(self, table: Mapping[str, object], place: str) -> str:
        name = table.get("name", "")
        if not isinstance(name, str):
            self.fault(place, f"name must be a text in quotes, not {_kind(name)}")
        elif "name" in table and (name != name.strip() or not name.isprintable() or not 1 <= len(name) <= NAME):
            self.fault(place, f"name = {_shown(name)} must be 1 to {NAME} letters on one line, with no space around")
        else:
            return name
        return ""

    def within(self, value: object, engine: str, of: Param | Setting, place: str) -> float:
        """A number as a knob or a setting takes it."""
        return self.number(value, f"{engine} {of.name}", place, of.minimum, of.maximum, of.unit)

    def setting(self, value: object, engine: str, setting: Setting, place: str) -> float:
        """A number in its range; 0.0 or 1.0 for a switch."""
        if not setting.switch:
            return self.within(value, engine, setting, place)
        if not isinstance(value, bool):
            self.fault(place, f"{engine} {setting.name} = {_shown(value)} must be true or false, without quotes")
        return float(value is True)

    def number(self, value: object, what: str, place: str, low: float, high: float, unit: str) -> float:
        """A number from low to high; the nearest to 0 where it is none, which is a fault."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fault(place, f"{what} must be a number, not {_kind(value)}")
        elif not low <= value <= high:
            unit = f" {unit}" if unit else ""
            self.fault(place, f"{what} = {value} is out of range: {low:g} to {high:g}{unit}")
        else:
            return float(value)
        return min(max(0.0, low), high)


def _suggest(wrong: str, right: Iterable[str]) -> str:
    """The nearest right name, or all of them where none is near."""
    right = list(right)
    return did_you_mean(wrong, right) or f"; known: {', '.join(right) or 'none'}"


def _port(value: object) -> bool:
    """Whether `value` can be a JACK port's full name."""
    return isinstance(value, str) and bool(re.fullmatch(r"[^:]+:.+", value))


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _kind(value: object) -> str:
    """What TOML calls the type of `value`."""
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")
