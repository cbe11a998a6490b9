"""What pedals do: [midi] of a preset, and a player's own."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Mapping, Sequence
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
    Pick,
    Preset,
    Target,
)
from rig.document.knobs import called
from rig.document.read_chains import ChainReader
from rig.document.read_values import FILE_LIMIT, Fault, Faults, TooMany, shown, toml_kind
from rig.engine import registry
from rig.errors import RigError, did_you_mean, quoted
from rig.files import read_text

PEDALS = "pedal file"
MIDI_KEYS = ("channel", "program", "cc", "note", "wheel")
BINDING_KEYS = ("to", "from", "upto", "curve", "invert", "hold", "relative")
"""What a table says of a pedal."""


@dataclass(frozen=True)
class _Nowhere:
    """Why a pedal's words name nothing; "" where it was said."""

    fault: str


def read_pedal(words: str, preset: Preset) -> Target | Pick | str:
    """What a pedal of a preset is to do, as the preset would say it. Raises RigError."""
    reader = MidiReader(preset.path, registry())
    found = reader.bound_to(words, preset.amps, {INPUT: preset.input, OUTPUT: preset.output})
    if isinstance(found, _Nowhere):
        raise RigError(found.fault)
    return found


def read_midi(path: Path) -> tuple[Midi, Faults]:
    """A player's own pedals, which all presets have: a file that says what [midi] of a preset says, as far as that is
    no preset's own. Where there is none it says nothing. Returns them, as far as they could be read, and all faults.
    """
    if not path.is_file():
        return Midi(), ()
    reader = MidiReader(path, {})
    try:
        content = toml.read(read_text(path, PEDALS, FILE_LIMIT), path, PEDALS)
    except RigError as error:
        return Midi(), (Fault(str(error)),)
    midi = Midi()
    with contextlib.suppress(TooMany):
        midi = reader.midi(content, (), {})
    return midi, tuple(reader.faults)


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
