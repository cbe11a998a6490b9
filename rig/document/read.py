"""A preset's TOML -> a Preset. Every error names file, table, key, and what would be right. The way back: writing/."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tomli

from rig.document.document import (
    ALL,
    AMPS,
    BAR,
    BOOST,
    CLICK_LEVEL,
    CLICK_TO,
    DBU,
    FOLLOW,
    FOOT_VERBS,
    INPUT,
    KEYS,
    LEVEL,
    LEVEL_KNOB,
    MIDI_CURVES,
    MIDI_RELATIVE,
    NAME,
    NO_FOOT,
    ON,
    OUTPUT,
    OUTPUT_LEVEL,
    TEMPO,
    Amp,
    Binding,
    Chain,
    EngineSpec,
    Metronome,
    Midi,
    Pick,
    Preset,
    Scene,
    Target,
    Wiring,
    labels,
)
from rig.document.knobs import called
from rig.document.tunings import A4_RANGE, spelt
from rig.engine import Engine, Param, Setting, named, registry
from rig.errors import RigError, did_you_mean, quoted
from rig.files import read_text, spelled, unreadable
from rig.shipped import named_by

FILE_LIMIT = 1 << 20
"""Bytes of a preset file."""

ROOT = (
    *("name", "tempo", "follow", "tuning", "a4", "boost", "revert_scenes"),
    *(INPUT, "amp", OUTPUT, "metronome", "jack", "midi"),
)
"""The keys of a preset, as they follow each other where they are new."""

PLUGIN, PLUGIN_PARAMS = PLUGIN_KEYS = ("plugin", "params")
"""What an engine that runs a plug-in says of that: which, and the table of its knobs."""

ENGINE_ID = r"[^\W\d][\w-]*"
"""How an engine may be called: letters, digits, _ and -, a letter first."""


def read_pedal(words: str, preset: Preset) -> Target | Pick | str:
    """What a pedal of a preset is to do, as the preset would say it. Raises RigError."""
    reader = Reader(preset.path, registry())
    found = reader.bound_to(words, preset.amps, {INPUT: preset.input, OUTPUT: preset.output})
    if isinstance(found, _Nowhere):
        raise RigError(found.fault)
    return found


PEDALS = "pedal file"


def read_midi(path: Path) -> tuple[Midi, Faults]:
    """A player's own pedals, which all presets have: a file that says what [midi] of a preset says, as far as that is
    no preset's own. Where there is none it says nothing. Returns them, as far as they could be read, and all faults.
    """
    if not path.is_file():
        return Midi(), ()
    reader = Reader(path, {})
    try:
        content = tomli.loads(read_text(path, PEDALS, FILE_LIMIT))
    except RigError as error:
        return Midi(), (Fault(str(error)),)
    except (tomli.TOMLDecodeError, ValueError, RecursionError) as error:
        return Midi(), (Fault(f"{path}: {' '.join(str(error).split())}"),)
    midi = reader.midi(content, (), {})
    return midi, tuple(reader.faults)


MIDI_KEYS = ("channel", "program", "cc", "note", "wheel")
BINDING_KEYS = ("to", "from", "upto", "curve", "invert", "hold", "relative")
"""What a table says of a pedal."""


@dataclass(frozen=True)
class _Nowhere:
    """Why a pedal's words name nothing; "" where it was said."""

    fault: str


class Fault(str):
    """A fault of a preset, in one line. owner: "input", "output", "amp 2", or "" where it is none of theirs.

    engine: whether it is an engine's, which the owner lacks for it.
    """

    owner: str
    engine: bool

    def __new__(cls, text: str, owner: str = "", engine: bool = False) -> Fault:
        fault = super().__new__(cls, text)
        fault.owner, fault.engine = owner, engine
        return fault


Faults = tuple[Fault, ...]


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


class Reader:
    """Reads a preset's tables and notes every fault, so that `rig check` can show all of them.

    place: where we are, as a message names it: "amp 2 'Crunch', engine 1".
    """

    def __init__(self, path: Path, engines: Mapping[str, Engine], files: bool = True) -> None:
        self.path = path
        self.files = files
        self.engines = engines
        self.faults: list[Fault] = []
        self.torn: set[str] = set()  # the chains that lack an engine, for its fault

    def fault(self, place: str, text: str) -> None:
        owner = re.match(r"amp \d+|input|output", place)
        engine = re.search(r", engine \d+$", place) is not None
        line = f"{self.path}: {place}: {text}" if place else f"{self.path}: {text}"
        self.faults.append(Fault(line, owner[0] if owner else "", engine))

    # -- tables

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
        self.known(table, place, ("name", "key", "level", "chain", "scene"))
        chain = self.chain(table, place, name)
        return Amp(
            name=name or f"Amp {number}",
            chain=chain,
            level=self.number(table.get("level", 0.0), "level", place, *LEVEL, "dB"),
            key=self.key(table, place),
            scenes=self.scenes(table, place, name, {"": chain, **ends}),
        )

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
            self.known(entry, at, ("name", "level", "set"))
            if name.casefold() in found:
                self.fault(at, "this amp has another scene of the same name")
            level = self.number(entry.get("level", 0.0), "level", at, *LEVEL, "dB")
            values = self.scene_values(self.table(entry, "set", at), at, owner, chains)
            found.setdefault(name.casefold(), Scene(name, level, values))
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
                    self.fault(place, f"{label} has no knob '{knob}'{_suggest(knob, knobs)}")
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
        self.known(table, "jack", ("in", "out"))
        source, targets = table.get("in"), table.get("out")
        if isinstance(targets, str):
            targets = [targets]
        if source is not None and not _port(source):
            self.fault("jack", f'in = {shown(source)} is no port; write it as "system:capture_1"')
            source = None
        if targets is None:
            return Wiring(_text(source))
        if not (isinstance(targets, list) and 1 <= len(targets) <= 2 and all(map(_port, targets))):
            self.fault(
                "jack",
                f'out = {shown(targets)} is no pair of ports; write it as ["system:playback_1", "system:playback_2"]',
            )
            return Wiring(_text(source))
        return Wiring(_text(source), tuple(targets))

    def midi(self, table: Mapping[str, object], amps: Sequence[Amp], ends: Mapping[str, Chain]) -> Midi:
        self.known(table, "midi", MIDI_KEYS)
        program: dict[int, Pick] = {}
        for number, words in self.numbered(table, "program").items():
            pick = self.pick(str(words), amps)
            if isinstance(pick, str):
                self.fault("midi", f"program {number}: {pick}")
            else:
                program[number] = pick
        tables: dict[str, dict[int, Binding]] = {"cc": {}, "note": {}}
        for key, found in tables.items():
            for number, said in self.numbered(table, key).items():
                binding = self.binding(said, f"{key} {number}", amps, ends)
                if binding:
                    found[number] = binding
        wheel = self.binding(table["wheel"], "wheel", amps, ends) if "wheel" in table else None
        return Midi(program, tables["cc"], tables["note"], wheel, self.channel(table))

    def channel(self, table: Mapping[str, object]) -> int | None:
        """Of MIDI, or None for all."""
        channel = table.get("channel")
        if channel is None or (isinstance(channel, int) and not isinstance(channel, bool) and 1 <= channel <= 16):
            return channel
        self.fault("midi", f"channel = {shown(channel)} is none of 1 to 16")
        return None

    @staticmethod
    def no_text(said: object) -> str:
        """A fault."""
        return f"it must be a text in quotes, not {toml_kind(said)}"

    def binding(self, said: object, at: str, amps: Sequence[Amp], ends: Mapping[str, Chain]) -> Binding | None:
        """What a controller, a note or the wheel does: a text, or a table with the text in `to`; None for a fault."""
        more = said if isinstance(said, Mapping) else {}
        words = more.get("to") if isinstance(said, Mapping) else said
        if not isinstance(words, str):
            self.fault("midi", f"{at}: to is missing" if words is None else f"{at}: {self.no_text(words)}")
            return None
        for key in more:
            if key not in BINDING_KEYS:
                self.fault("midi", f"{at}: unknown key '{key}'{did_you_mean(key, BINDING_KEYS)}")
        to = self.bound_to(words, amps, ends)
        if isinstance(to, _Nowhere):
            if to.fault:
                self.fault("midi", f"{at}: {to.fault}")
            return None
        for key, known in (("curve", MIDI_CURVES[1:]), ("relative", MIDI_RELATIVE[1:])):
            if key in more and more[key] not in known:
                self.fault("midi", f"{at}: {key} = {shown(more[key])} is none of {', '.join(known)}")
                return None
        for key in ("invert", "hold"):
            if not isinstance(more.get(key, False), bool):
                self.fault("midi", f"{at}: {key} = {shown(more[key])} is neither true nor false")
                return None
        low, high = (self.end_of(more, key, at, to, amps, ends) for key in ("from", "upto"))
        if math.nan in (low, high):
            return None
        curve, relative = (str(more.get(key, "")) for key in ("curve", "relative"))
        invert, hold = (bool(more.get(key)) for key in ("invert", "hold"))
        return Binding(to, low, high, curve, invert, hold, relative)

    def end_of(
        self,
        more: Mapping[str, object],
        key: str,
        at: str,
        to: Target | Pick | str,
        amps: Sequence[Amp],
        ends: Mapping[str, Chain],
    ) -> float | None:
        """Where heel or toe turns a knob to; None where nobody says, math.nan for a fault."""
        if key not in more:
            return None
        value = more[key]
        specs = {spec.uid: spec for chain in (*ends.values(), *(amp.chain for amp in amps)) for spec in chain}
        low, high = LEVEL
        if not isinstance(to, Target) or to.knob == ON:
            self.fault("midi", f"{at}: {key} is for a knob that turns")
            return math.nan
        if to.uid == ALL:
            low, high = OUTPUT_LEVEL
        elif to.uid in specs:
            param = self.engines[specs[to.uid].engine].param(to.knob)
            assert param
            low, high = param.minimum, param.maximum
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fault("midi", f"{at}: {key} = {shown(value)} is not within {low:g}..{high:g}")
            return math.nan
        return float(value)

    def bound_to(self, words: str, amps: Sequence[Amp], ends: Mapping[str, Chain]) -> Target | Pick | str | _Nowhere:
        """What a pedal's words name: a knob, an amp, a verb."""
        if words == LEVEL_KNOB:
            return Target(ALL, LEVEL_KNOB)
        target = self.target(words, amps, ends)
        if isinstance(target, Target):
            return target
        verb, _, rest = words.partition(" ")
        if verb == "amp" and rest:
            pick = self.pick(rest.strip(), amps)
            return _Nowhere(pick) if isinstance(pick, str) else pick
        what, _, of = rest.partition(" ")
        if what in NO_FOOT.get(verb, ()) and (of or verb == "song"):
            return _Nowhere(f"'{verb} {what}' is not for pedals: they write no files, and take nothing away")
        if verb in FOOT_VERBS and verb != "amp":
            return words
        known = "" if "." in words else f", or a verb: {', '.join(FOOT_VERBS)}"
        return _Nowhere(target and f"{target}{known}")

    @staticmethod
    def pick(words: str, amps: Sequence[Amp]) -> Pick | str:
        """What "Amp" or "Amp:Scene" picks, or why nothing."""
        picks = {amp.name: Pick(amp.uid) for amp in amps}
        picks |= {f"{amp.name}:{scene.name}": Pick(amp.uid, scene.name) for amp in amps for scene in amp.scenes}
        return picks.get(words) or f"no amp {quoted(words)}{did_you_mean(words, picks)}"

    def target(self, words: str, amps: Sequence[Amp], ends: Mapping[str, Chain]) -> Target | str:
        """The knob that "Amp.engine.knob" or "Amp.level" names, or why it leads nowhere; "" where it was said."""
        for amp in amps:
            if words == f"{amp.name}.{LEVEL_KNOB}":
                return Target(amp.uid, LEVEL_KNOB)
        parts = words.rsplit(".", 2)
        if len(parts) != 3:
            return f'{quoted(words)} must be "Amp.engine.param", as in "Crunch.gain.gain"'
        where, label, name = parts
        chains = {**ends, **{amp.name: amp.chain for amp in amps}}
        if where not in chains:
            return f"no amp {quoted(where)}{did_you_mean(where, chains)}"
        spec, fault = self.engine_of(chains[where], label, where)
        if spec is None:
            return fault
        knobs = [*(param.name for param in self.engines[spec.engine].params), ON]
        return Target(spec.uid, name) if name in knobs else f"{label} has no {quoted(name)}{did_you_mean(name, knobs)}"

    def engine_of(self, chain: Chain, label: str, owner: str) -> tuple[EngineSpec | None, str]:
        """The engine of that label, or None and why not; "" where the chain lacks one for its fault."""
        found = called(chain, label, self.engines)
        if found:
            return found, ""
        if owner in self.torn:
            return None, ""
        return None, f"no engine {quoted(label)} in '{owner}'{did_you_mean(label, [spec.label for spec in chain])}"

    def numbered(self, table: Mapping[str, object], key: str) -> dict[int, object]:
        """{0..127: what it says, a text or a table}."""
        found: dict[int, object] = {}
        for number, target in self.table(table, key, "midi").items():
            if not re.fullmatch(r"[0-9]{1,3}", number) or int(number) > 127:
                self.fault("midi", f"{key} {number}: no number from 0 to 127")
            elif int(number) in found:
                self.fault("midi", f"{key} {int(number)} is there twice")
            elif not isinstance(target, str) and (key == "program" or not isinstance(target, Mapping)):
                self.fault("midi", f"{key} {number} must be a text in quotes, not {toml_kind(target)}")
            else:
                found[int(number)] = target
        return found

    # -- chains

    def chain(self, table: Mapping[str, object], place: str, owner: str) -> Chain:
        """owner: what "Amp.engine.param" starts with."""
        if "chain" not in table:
            if owner not in (INPUT, OUTPUT):
                self.fault(place, 'no chain; give it one: chain = [{ engine = "gain" }]')
            return ()
        specs = tuple(self.specs(table["chain"], "chain", place))
        if None in specs:
            self.torn.add(owner)
        return self.labelled([spec for spec in specs if spec is not None], place)

    def labelled(self, specs: Sequence[EngineSpec], place: str) -> Chain:
        """A chain whose engines have names: as the file gives them, else what kind they are."""
        seen: set[str] = set()
        for spec in specs:
            if spec.label in seen:
                self.fault(place, f"two engines have the id '{spec.label}'")
            seen.add(spec.label or " ")
        names = labels((spec.engine for spec in specs), [spec.label for spec in specs])
        return tuple(replace(spec, label=name) for spec, name in zip(specs, names, strict=True))

    def specs(self, listed: object, key: str, place: str, branch: str = "") -> Iterator[EngineSpec | None]:
        """A list's engines in order, those of branches before the one that mixes them; None for each with a fault."""
        if not isinstance(listed, list):
            self.fault(place, f"{key} must be a list of engines, not {toml_kind(listed)}")
            return
        for i, entry in enumerate(listed, 1):
            at = f"{place}, {branch}, engine {i}" if branch else f"{place}, engine {i}"
            for side in self.split(entry, at, branch):
                yield from self.specs(entry[side], side, at, side)
            yield self.spec(entry, at, branch)

    def split(self, entry: object, place: str, branch: str) -> Sequence[str]:
        """Which branches an entry has."""
        if not isinstance(entry, dict):
            return ()
        engine = named(str(entry.get("engine")), self.engines)
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
            self.fault(place, f'must be written {{ engine = "{name}" }}, not {toml_kind(entry)}')
            return None
        before = len(self.faults)
        engine = self.engine(entry, place)
        if engine is None:
            return None
        knobs = {} if engine.plays else {param.name: param for param in engine.params}
        settings = {setting.name: setting for setting in engine.settings}
        known = (*engine.file_keys, *engine.branches, *knobs, *settings)
        params = self.plugin_params(entry, engine, place) if engine.plays else {}
        files: dict[str, Path] = {}
        settled: dict[str, float] = {}
        for key, value in entry.items():
            if key in engine.file_keys:
                files[key] = self.file(key, value, place)
            elif key in knobs:
                params[key] = self.within(value, engine.name, knobs[key], place)
            elif key in settings:
                settled[key] = self.setting(value, engine.name, settings[key], place)
            elif key not in ("engine", "id", ON, *(PLUGIN_KEYS if engine.plays else ())) and key not in engine.branches:
                self.fault(place, f"{engine.name} has no '{key}'{_suggest(key, known)}")
        for key in engine.files:
            if key not in files:
                self.fault(place, f'{engine.name} needs a file: {key} = "..."')
        label, on = self.id(entry, place), self.on(entry, place)
        if len(self.faults) > before:
            return None
        return EngineSpec(engine.name, params, files, settled, branch, on, label)

    def plugin(self, entry: Mapping[str, object], engine: Engine, place: str) -> Engine | None:
        """The engine of the plug-in that `entry` names."""
        uri = entry.get(PLUGIN)
        if not isinstance(uri, str):
            self.fault(place, f'{engine.name} needs a plug-in: plugin = "http://..."')
            return None
        assert engine.plugin
        try:
            return engine.plugin(uri)
        except RigError as error:
            self.fault(place, str(error))
            return None

    def plugin_params(self, entry: Mapping[str, object], engine: Engine, place: str) -> dict[str, float]:
        """A plug-in's knobs, which stand in a table of their own: they may be called as its other keys are."""
        knobs = {param.name: param for param in engine.params}
        params: dict[str, float] = {}
        for name, value in self.table(entry, PLUGIN_PARAMS, place).items():
            if name in knobs:
                params[name] = self.within(value, engine.word, knobs[name], place)
            else:
                self.fault(place, f"{engine.about} has no knob '{name}'{_suggest(name, knobs)}")
        return params

    def id(self, entry: Mapping[str, object], place: str) -> str:
        """How the file calls this engine, or ""."""
        label = entry.get("id", "")
        if label == "" and "id" not in entry:
            return ""
        if isinstance(label, str) and re.fullmatch(ENGINE_ID, label) and len(label) <= NAME:
            return label
        self.fault(place, f'id = {shown(label)} must be letters, digits, _ and -, a letter first, as in id = "boost"')
        return ""

    def on(self, entry: Mapping[str, object], place: str) -> bool:
        return self.truth(entry, ON, place, True)

    def engine(self, entry: Mapping[str, object], place: str) -> Engine | None:
        """The engine that `entry` names, or that alone reads the files it names."""
        if "engine" in entry:
            name = entry["engine"]
            if not isinstance(name, str):
                self.fault(place, f"engine must be a text in quotes, not {toml_kind(name)}")
            elif (engine := named(name, self.engines)) is None:
                self.fault(place, f"unknown engine '{name}'{_suggest(name, self.engines)}")
            else:
                return self.plugin(entry, engine, place) if engine.plugin else engine
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
            self.fault(place, f"{key} must be a path in quotes, not {toml_kind(value)}")
            return self.path
        try:
            given = named_by(self.path, Path(value).expanduser())
            given = spelled(given) if self.files else given
            path = given.resolve()
        except (OSError, RuntimeError, ValueError):
            self.fault(place, f"{key} = {shown(value)} is no path")
            return self.path
        fault = unreadable(given, key, value) if self.files else ""
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
        self.fault(place, f"{key} must be a table, not {toml_kind(value)}")
        return {}

    def name(self, table: Mapping[str, object], place: str) -> str:
        name = table.get("name", "")
        if not isinstance(name, str):
            self.fault(place, f"name must be a text in quotes, not {toml_kind(name)}")
        elif "name" in table and (name != name.strip() or not name.isprintable() or not 1 <= len(name) <= NAME):
            self.fault(place, f"name = {shown(name)} must be 1 to {NAME} letters on one line, with no space around")
        else:
            return name
        return ""

    def truth(self, table: Mapping[str, object], key: str, place: str, usual: bool) -> bool:
        value = table.get(key, usual)
        if not isinstance(value, bool):
            self.fault(place, f"{key} = {shown(value)} must be true or false, without quotes")
        return value is True

    def within(self, value: object, engine: str, of: Param | Setting, place: str) -> float:
        """A number as a knob or a setting takes it, or one of its words."""
        if of.choices:
            if value in of.choices:
                return float(of.choices.index(str(value)))
            words = ", ".join(f'"{word}"' for word in of.choices)
            self.fault(place, f"{engine} {of.name} = {shown(value)} must be one of {words}")
            return of.initial
        return self.number(value, f"{engine} {of.name}", place, of.minimum, of.maximum, of.unit)

    def setting(self, value: object, engine: str, setting: Setting, place: str) -> float:
        """A number in its range; 0.0 or 1.0 for a switch."""
        if setting.values and value not in setting.values:
            words = ", ".join(f"{one:g}" for one in setting.values)
            self.fault(place, f"{engine} {setting.name} = {shown(value)} must be one of {words}")
            return setting.initial
        if not setting.switch:
            return self.within(value, engine, setting, place)
        if not isinstance(value, bool):
            self.fault(place, f"{engine} {setting.name} = {shown(value)} must be true or false, without quotes")
        return float(value is True)

    def word(self, table: Mapping[str, object], key: str, place: str, words: Sequence[str]) -> str:
        """One of the words, or "" where nothing is said."""
        if key not in table:
            return ""
        if table[key] in words:
            return str(table[key])
        self.fault(place, f"{key} = {shown(table[key])} must be " + " or ".join(f'"{word}"' for word in words))
        return ""

    def number(self, value: object, what: str, place: str, low: float, high: float, unit: str) -> float:
        """A number from low to high; the nearest to 0 where it is none, which is a fault."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fault(place, f"{what} must be a number, not {toml_kind(value)}")
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


def shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def toml_kind(value: object) -> str:
    """What TOML calls the type of `value`."""
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")
