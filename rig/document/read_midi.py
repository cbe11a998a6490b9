"""What pedals do: [midi] of a preset, and a player's own."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rig import toml
from rig.document.document import (
    ALL,
    FOOT_VERBS,
    INPUT,
    LEVEL,
    LEVEL_KNOB,
    MIDI_CURVES,
    MIDI_RELATIVE,
    NO_FOOT,
    ON,
    OUTPUT,
    OUTPUT_LEVEL,
    Amp,
    Binding,
    Chain,
    EngineSpec,
    Midi,
    Morph,
    Pick,
    Preset,
    Target,
    Wiring,
)
from rig.document.knobs import called
from rig.document.messages import MESSAGES, messages
from rig.document.read_chains import ChainReader
from rig.document.read_values import FILE_LIMIT, Fault, Faults, TooMany, shown, toml_kind
from rig.engine import registry
from rig.errors import RigError, did_you_mean, quoted
from rig.files import read_text

PEDALS = "pedal file"
MIDI_KEYS = ("channel", "program", "cc", "note", "wheel", "begin", "send")
BINDING_KEYS = ("to", "from", "upto", "curve", "invert", "hold", "relative")
"""What a table says of a pedal."""

BOARDS = ("midi", "send")
"""Of [jack]: whose MIDI ports ours are connected to."""

MORPH = "morph"
"""The verb that goes from one scene to another."""


@dataclass(frozen=True)
class _Nowhere:
    """Why a pedal's words name nothing; "" where it was said."""

    fault: str


def read_pedal(words: str, preset: Preset) -> Target | Pick | Morph | str:
    """What a pedal of a preset is to do, as the preset would say it. Raises RigError."""
    reader = MidiReader(preset.path, registry())
    found = reader.bound_to(words, preset.amps, {INPUT: preset.input, OUTPUT: preset.output})
    if isinstance(found, _Nowhere):
        raise RigError(found.fault)
    return found


def read_midi(path: Path) -> tuple[Midi, Wiring, Faults]:
    """A player's own pedals, which all presets have: a file that says what [midi] of a preset says, as far as that is
    no preset's own, and in [jack] which boards they are. Where there is none it says nothing. Returns them, as far as
    they could be read, and all faults.
    """
    if not path.is_file():
        return Midi(), Wiring(), ()
    reader = MidiReader(path, {})
    try:
        content = toml.read(read_text(path, PEDALS, FILE_LIMIT), path, PEDALS)
    except RigError as error:
        return Midi(), Wiring(), (Fault(str(error)),)
    midi, wiring = Midi(), Wiring()
    with contextlib.suppress(TooMany):
        jack = reader.table(content, "jack")
        reader.known(jack, "jack", BOARDS)
        wiring = Wiring({}, *reader.boards(jack))
        midi = reader.midi({key: said for key, said in content.items() if key != "jack"}, (), {})
    return midi, wiring, tuple(reader.faults)


class MidiReader(ChainReader):
    """Reads [midi]."""

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
        begin = self.said(table.get("begin", ()), "begin", "midi")
        return Midi(program, tables["cc"], tables["note"], wheel, self.channel(table), begin, self.sent(table, amps))

    def boards(self, table: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is to be found in the names of MIDI ports: of boards, and of other gear."""
        midi, send = (self.patterns(table, key) for key in BOARDS)
        return midi, send

    def patterns(self, table: Mapping[str, object], key: str) -> tuple[str, ...]:
        said = table.get(key, ())
        listed = [said] if isinstance(said, str) else said
        if isinstance(listed, list | tuple) and all(isinstance(part, str) and part.strip("* ") for part in listed):
            return tuple(listed)
        self.fault("jack", f'{key} = {shown(said)} names no ports; write what is in their names: {key} = "FCB1010"')
        return ()

    def sent(self, table: Mapping[str, object], amps: Sequence[Amp]) -> dict[Pick, tuple[str, ...]]:
        """What other gear is told as amps and scenes begin."""
        found: dict[Pick, tuple[str, ...]] = {}
        for words, said in self.table(table, "send", "midi").items():
            pick = self.pick(words, amps)
            if isinstance(pick, str):
                self.fault("midi", f"send: {pick}")
            elif lines := self.said(said, f"send {words}", "midi"):
                found[pick] = lines
        return found

    def said(self, said: object, at: str, place: str) -> tuple[str, ...]:
        """Messages for other gear, those of them that are right."""
        listed = [said] if isinstance(said, str) else said
        if not isinstance(listed, list | tuple) or not all(isinstance(words, str) for words in listed):
            self.fault(place, f'{at} = {shown(said)} must be a list of messages: ["pc 2 12", "cc 2 80 127"]')
            return ()
        if len(listed) > MESSAGES:
            self.fault(place, f"{at}: {len(listed)} messages; {MESSAGES} is the most")
        return tuple(words for words in listed[:MESSAGES] if self.is_message(words, at, place))

    def is_message(self, words: str, at: str, place: str) -> bool:
        """Whether it can be sent; else that is a fault."""
        try:
            return bool(messages(words))
        except RigError as error:
            self.fault(place, f"{at}: {error}")
            return False

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
        if isinstance(to, Morph) and (said_more := [key for key in ("hold", "relative") if more.get(key)]):
            self.fault("midi", f"{at}: {said_more[0]} is not for a pedal between two scenes: it says where it stands")
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
        to: Target | Pick | Morph | str,
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

    def bound_to(
        self, words: str, amps: Sequence[Amp], ends: Mapping[str, Chain]
    ) -> Target | Pick | Morph | str | _Nowhere:
        """What a pedal's words name: a knob, an amp, two scenes, a verb."""
        if words == LEVEL_KNOB:
            return Target(ALL, LEVEL_KNOB)
        target = self.target(words, amps, ends)
        if isinstance(target, Target):
            return target
        verb, _, rest = words.partition(" ")
        if verb == "amp" and rest:
            pick = self.pick(rest.strip(), amps)
            return _Nowhere(pick) if isinstance(pick, str) else pick
        if verb == MORPH:
            way = self.morph(rest, amps)
            return _Nowhere(way) if isinstance(way, str) else way
        what, _, of = rest.partition(" ")
        if what in NO_FOOT.get(verb, ()) and (of or verb == "song"):
            return _Nowhere(f"'{verb} {what}' is not for pedals: they write no files, and take nothing away")
        if verb in FOOT_VERBS and verb != "amp":
            return words
        known = "" if "." in words else f", or a verb: {', '.join(FOOT_VERBS)}"
        return _Nowhere(target and f"{target}{known}")

    def morph(self, words: str, amps: Sequence[Amp]) -> Morph | str:
        """The way that "Lead to Lead:Solo" names, or why there is none."""
        faults = []
        for heel, toe in _halves(words):
            picks = [self.pick(half, amps) for half in (heel, toe)]
            faults += [pick for pick in picks if isinstance(pick, str)]
            first, last = picks
            if isinstance(first, Pick) and isinstance(last, Pick):
                if first.amp == last.amp and first != last:
                    return Morph(first.amp, first.scene, last.scene)
                return f"{quoted(words)}: a pedal goes between two scenes of one amp"
        return faults[0] if faults else f"{MORPH} {quoted(words)} must be '{MORPH} Lead to Lead:Solo'"

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


def _halves(words: str) -> Iterator[tuple[str, str]]:
    """What stands before and behind each " to "; names may have one, too."""
    parts = words.split(" to ")
    for at in range(1, len(parts)):
        yield " to ".join(parts[:at]).strip(), " to ".join(parts[at:]).strip()
