"""A preset's TOML -> a Preset. Every error names file, table, key, and what would be right. The way back: writing/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import tomli

from rig.document.document import (
    AMPS,
    BAR,
    BOOST,
    CLICK_LEVEL,
    CLICK_TO,
    DBU,
    FOLLOW,
    INPUT,
    KEYS,
    LEVEL,
    LOUDER,
    ON,
    OUTPUT,
    TEMPO,
    Amp,
    Chain,
    Metronome,
    Preset,
    Scene,
    Target,
    Wiring,
)
from rig.document.read_midi import BOARDS, MidiReader
from rig.document.read_values import FILE_LIMIT, Fault, Faults, shown, suggest, toml_kind
from rig.document.tunings import A4_RANGE, spelt
from rig.engine import Engine, registry
from rig.errors import RigError
from rig.files import read_text

ROOT = (
    *("name", "tempo", "follow", "tuning", "a4", "boost", "revert_scenes"),
    *(INPUT, "amp", OUTPUT, "metronome", "jack", "midi"),
)
"""The keys of a preset, as they follow each other where they are new."""

JACK = ("in", "out", *BOARDS)
"""The same of [jack]."""


def read_preset(path: Path, engines: Mapping[str, Engine] | None = None) -> Preset:
    """Read and check a preset, its files' existence included (their content is checked when they are loaded).

    engines: those that may be named; the registry's where None.
    Raises RigError: "presets/blues.toml: amp 2 'Crunch', engine 1: no model file 'models/crunch.jsn';
    did you mean 'crunch.json'?"
    """
    preset, faults = examine(path, engines)
    if preset is None or faults:
        raise RigError(faults[0])
    return preset


def examine(path: Path, engines: Mapping[str, Engine] | None = None) -> tuple[Preset | None, Faults]:
    """Read a preset and find all its faults, in the order of the file's tables.

    Returns what could be read (None where it is no TOML at all; without the engines that have a fault), and the
    faults, each one line as `read_preset` raises the first of them.
    """
    path = Path(path)
    try:
        text = read_text(path, "preset", FILE_LIMIT)
    except RigError as error:
        return None, (Fault(str(error)),)
    return examine_text(path, text, engines)


def examine_text(
    path: Path, text: str, engines: Mapping[str, Engine] | None = None, *, files: bool = True
) -> tuple[Preset | None, Faults]:
    """What `examine` finds in a file of that text at `path`, beside which its files are looked for.

    files: whether one that is not there is a fault.
    """
    try:
        content = content_of(path, text)
    except RigError as error:
        return None, (Fault(str(error)),)
    reader = Reader(path, registry() if engines is None else engines, files)
    preset = reader.preset(content)
    return preset, tuple(reader.faults)


def content_of(path: Path, text: str) -> dict[str, object]:
    try:
        content = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        parts = re.fullmatch(r"(.*?)(?: \(at (.*)\))?", str(error), re.DOTALL)
        what, place = parts.groups() if parts else (str(error), "")
        place = re.sub(r"^end of document$", f"line {len(text.splitlines())}, the end of the file", place or "")
        raise RigError(f"{path}: {place + ': ' if place else ''}{' '.join(what.split())}") from None
    except RecursionError:
        raise RigError(f"{path}: nested too deeply for a preset") from None
    except ValueError:  # of Python's int(), which takes no more than some thousand digits
        raise RigError(f"{path}: a number has hundreds of digits") from None
    if _has_endless(content):
        raise RigError(f"{path}: a number has hundreds of digits")
    return content


def _has_endless(value: object) -> bool:
    """Whether an integer in it is more than a float can hold, or can be written: in hexadecimal, TOML may say so."""
    if isinstance(value, dict):
        return any(map(_has_endless, value.values()))
    if isinstance(value, list):
        return any(map(_has_endless, value))
    return isinstance(value, int) and value.bit_length() > 1000


class Reader(MidiReader):
    """Reads a preset's tables."""

    def preset(self, content: Mapping[str, object]) -> Preset:
        if "song" in content:
            self.fault("", "this is a set of songs: a preset is wanted here")
        self.known({key: value for key, value in content.items() if key != "song"}, "", ROOT)
        name = self.name(content, "") or self.path.stem
        front = self.table(content, INPUT)
        first, dbu = self.end(front, INPUT, "dbu"), self.dbu(front)
        last = self.end(self.table(content, OUTPUT), OUTPUT)
        amps = self.amps(content, {INPUT: first, OUTPUT: last})
        return Preset(
            path=self.path,
            name=name,
            amps=amps,
            input=first,
            output=last,
            jack=self.wiring(self.table(content, "jack")),
            midi=self.midi(self.table(content, "midi"), amps, {INPUT: first, OUTPUT: last}),
            dbu=dbu,
            tempo=self.tempo(content),
            tuning=self.tuning(content),
            a4=self.number(content["a4"], "a4", "", *A4_RANGE, "Hz") if "a4" in content else None,
            boost=self.number(content["boost"], "boost", "", *BOOST, "dB") if "boost" in content else None,
            revert_scenes=self.truth(content, "revert_scenes", "", False),
            follow=self.word(content, "follow", "", FOLLOW),
            metronome=self.metronome(self.table(content, "metronome")),
        )

    def end(self, table: Mapping[str, object], place: str, *keys: str) -> Chain:
        """The input or the output chain. keys: what else its table may have."""
        self.known(table, place, ("chain", *keys))
        return self.chain(table, place, place)

    def dbu(self, table: Mapping[str, object]) -> float | None:
        return self.number(table["dbu"], "dbu", INPUT, *DBU, "dBu") if "dbu" in table else None

    def tempo(self, content: Mapping[str, object]) -> float | None:
        return self.number(content["tempo"], "tempo", "", *TEMPO, "beats a minute") if "tempo" in content else None

    def tuning(self, content: Mapping[str, object]) -> str | None:
        said = content.get("tuning")
        try:
            if said is None or isinstance(said, str):
                return spelt(said) if said else None
            self.fault("", f"tuning must be a text in quotes, not {toml_kind(said)}")
        except RigError as error:
            self.fault("", str(error))
        return None

    def metronome(self, table: Mapping[str, object]) -> Metronome:
        self.known(table, "metronome", ("beats", "level", "to"))
        usual = Metronome()
        beats = self.number(table.get("beats", usual.beats), "beats", "metronome", *BAR, "")
        if beats != int(beats):
            self.fault("metronome", f"beats = {beats:g} must be a whole number")
        return Metronome(
            int(beats),
            self.number(table.get("level", usual.level), "level", "metronome", *CLICK_LEVEL, "dB"),
            self.word(table, "to", "metronome", CLICK_TO) or usual.to,
        )

    def amps(self, content: Mapping[str, object], ends: Mapping[str, Chain]) -> tuple[Amp, ...]:
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
        amps = tuple(self.amp(entry, i, ends) for i, entry in enumerate(listed[:AMPS], 1))
        self.unlike(amps)
        return amps

    def amp(self, table: Mapping[str, object], number: int, ends: Mapping[str, Chain]) -> Amp:
        place = f"amp {number}"
        name = self.name(table, place)
        if name:
            place = f"{place} '{name}'"
        elif "name" not in table:
            self.fault(place, 'no name; give it one: name = "Clean"')
        if name.casefold() in (INPUT, OUTPUT):
            self.fault(place, f"the name '{name}' is taken by the {name.casefold()} chain")
        self.known(table, place, ("name", "key", "level", "louder", "chain", "scene"))
        chain = self.chain(table, place, name)
        return Amp(
            name=name or f"Amp {number}",
            chain=chain,
            level=self.number(table.get("level", 0.0), "level", place, *LEVEL, "dB"),
            key=self.key(table, place),
            scenes=self.scenes(table, place, name, {"": chain, **ends}),
            louder=self.louder(table, place),
        )

    def louder(self, table: Mapping[str, object], place: str) -> float | None:
        return self.number(table["louder"], "louder", place, *LOUDER, "dB") if "louder" in table else None

    def scenes(
        self, table: Mapping[str, object], place: str, owner: str, chains: Mapping[str, Chain]
    ) -> tuple[Scene, ...]:
        """chains: those whose knobs a scene may set, by the word before the engine; the amp's own has none."""
        listed = table.get("scene", [])
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            self.fault(place, "a scene starts with [[amp.scene]], in two pairs of brackets")
            return ()
        found: dict[str, Scene] = {}
        for number, entry in enumerate(listed, 1):
            at = f"{place}, scene {number}"
            name = self.name(entry, at)
            if not name:
                if "name" not in entry:
                    self.fault(at, 'no name; give it one: name = "Solo"')
                continue
            at = f"{at} '{name}'"
            self.known(entry, at, ("name", "level", "louder", "set"))
            if name.casefold() in found:
                self.fault(at, "this amp has another scene of the same name")
            level = self.number(entry.get("level", 0.0), "level", at, *LEVEL, "dB")
            values = self.scene_values(self.table(entry, "set", at), at, owner, chains)
            found.setdefault(name.casefold(), Scene(name, level, values, self.louder(entry, at)))
        return tuple(found.values())

    def scene_values(
        self, table: Mapping[str, object], place: str, owner: str, chains: Mapping[str, Chain]
    ) -> dict[Target, float]:
        values: dict[Target, float] = {}
        for path, value in _flat(table):
            where, label, knob = (["", *path.split(".")])[-3:] if path.count(".") in (1, 2) else ("?", "", "")
            if where not in chains:
                self.fault(place, f'\'{path}\' must be "engine.knob" or "output.engine.knob", as in "boost.on"')
                continue
            spec, fault = self.engine_of(chains[where], label, where or owner)
            if spec is None:
                if fault:
                    self.fault(place, fault)
            elif knob == ON:
                if not isinstance(value, bool):
                    self.fault(place, f"{path} = {shown(value)} must be true or false, without quotes")
                values[Target(spec.uid, ON)] = float(value is True)
            else:
                param = self.engines[spec.engine].param(knob)
                if param is None:
                    knobs = (ON, *(param.name for param in self.engines[spec.engine].params))
                    self.fault(place, f"{label} has no knob '{knob}'{suggest(knob, knobs)}")
                else:
                    values[Target(spec.uid, knob)] = self.within(value, label, param, place)
        return values

    def key(self, table: Mapping[str, object], place: str) -> str | None:
        key = table.get("key")
        if key is None or (isinstance(key, str) and len(key) == 1 and key in KEYS):
            return key
        quoted = isinstance(key, int) and str(key) in KEYS
        self.fault(
            place, f'a key stands in quotes: key = "{key}"' if quoted else f'key = {shown(key)}: "1" to "9" are keys'
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
        self.known(table, "jack", JACK)
        midi, send = self.boards(table)
        source, targets = table.get("in"), table.get("out")
        if isinstance(targets, str):
            targets = [targets]
        if source is not None and not _port(source):
            self.fault("jack", f'in = {shown(source)} is no port; write it as "system:capture_1"')
            source = None
        if targets is None:
            return Wiring(_text(source), None, midi, send)
        if not (isinstance(targets, list) and 1 <= len(targets) <= 2 and all(map(_port, targets))):
            self.fault(
                "jack",
                f'out = {shown(targets)} is no pair of ports; write it as ["system:playback_1", "system:playback_2"]',
            )
            return Wiring(_text(source), None, midi, send)
        return Wiring(_text(source), tuple(targets), midi, send)


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """The values of a table of tables, by their dotted keys."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _port(value: object) -> bool:
    """Whether `value` can be a JACK port's full name."""
    return isinstance(value, str) and bool(re.fullmatch(r"[^:]+:.+", value))
