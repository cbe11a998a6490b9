"""What `rig info` tells of a preset: its amps, and what each is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rig.document.document import Binding, EngineSpec, Wiring
from rig.document.knobs import Knob, knobs_of
from rig.document.read import read_preset
from rig.document.writing.spelling import Names
from rig.engine import Setting, registry
from rig.report.switches import SwitchFacts

Said = float | bool | str
"""A value as a preset says it."""


@dataclass(frozen=True)
class ChainEntry:
    """An engine of a chain, as its preset has it. label: what it is called in "Amp.engine.param".

    params, settings: what the preset says, in the units of `rig engines`; a switch is true or false, a choice its word.
    files: by key.
    branch: "a" or "b" in one of the two chains that the next engine without a branch mixes; "" is no branch.
    about: what it makes of its files, in a few words; None where it was not loaded.
    """

    engine: str
    label: str
    branch: str
    params: Mapping[str, Said]
    settings: Mapping[str, Said]
    files: Mapping[str, Path]
    about: str | None = None

    def facts(self) -> dict[str, object]:
        """For JSON. What was not loaded has no `about`."""
        found = asdict(self)
        if self.about is None:
            del found["about"]
        return found


@dataclass(frozen=True)
class AmpFacts:
    """An amp of a preset. key: "1".."9" where the preset gives it one. level: dB, applied after the chain.

    ok: whether all of it can be loaded; None where nobody tried.
    switch: what going to it takes; None where nobody measured. latency_ms: by which its sound is late, with what
    stands around it; None where not all of it was loaded.
    lufs: how loud it is; None where it was not measured, or is not to be heard. meant: dB by which it is to be louder
    than the others. stands_out: LU by which it is louder, below 0 softer, beside that; None where it is about as loud.
    """

    name: str
    key: str | None
    level: float
    chain: tuple[ChainEntry, ...]
    ok: bool | None = None
    switch: SwitchFacts | None = None
    latency_ms: float | None = None
    lufs: float | None = None
    meant: float = 0.0
    stands_out: float | None = None

    def facts(self) -> dict[str, object]:
        """For JSON. Where nobody tried to load it, there is no `ok`, `lufs` and `stands_out`, where nobody measured, no
        `switch` and no latency.
        """
        loaded: dict[str, object] = {} if self.ok is None else {"ok": self.ok}
        measured: dict[str, object] = {"switch": self.switch.facts()} if self.switch else {}
        measured |= {} if self.latency_ms is None else {"latency_ms": self.latency_ms}
        measured |= {} if self.ok is None else {"lufs": self.lufs, "stands_out": self.stands_out}
        told = {"name": self.name, "key": self.key, "level": self.level, "chain": facts_of(self.chain)}
        return {**told, **loaded, **measured}


@dataclass(frozen=True)
class PresetFacts:
    """A preset that can be read. input, output: the chains around all amps.

    programs, controllers, notes, wheel: what each MIDI number picks or does, as the preset writes it.
    """

    file: Path
    kind: str = field(default="preset", init=False)
    name: str
    input: tuple[ChainEntry, ...]
    amps: tuple[AmpFacts, ...]
    output: tuple[ChainEntry, ...]
    jack: Wiring
    programs: Mapping[int, str]
    controllers: Mapping[int, str]
    notes: Mapping[int, str]
    wheel: str | None
    begin: Sequence[str] = ()
    send: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return {
            "file": self.file,
            "kind": self.kind,
            "name": self.name,
            "input": facts_of(self.input),
            "amps": facts_of(self.amps),
            "output": facts_of(self.output),
            "jack": {"in": None, "out": None, "midi": [], "send": [], **self.jack.spelt()},
            "midi": {
                "program": self.programs,
                "cc": self.controllers,
                "note": self.notes,
                "wheel": self.wheel,
                "begin": self.begin,
                "send": self.send,
            },
        }


def preset_facts(path: Path) -> PresetFacts:
    """A preset: its amps and what each is made of. Raises RigError."""
    preset = read_preset(path)
    names = Names(preset, registry())
    return PresetFacts(
        file=path,
        name=preset.name,
        input=entries(preset.input),
        amps=tuple(AmpFacts(amp.name, amp.key, amp.level, entries(amp.chain)) for amp in preset.amps),
        output=entries(preset.output),
        jack=preset.jack,
        programs={number: names.picked(pick) for number, pick in preset.midi.program.items()},
        controllers=_bound(names, preset.midi.cc),
        notes=_bound(names, preset.midi.note),
        wheel=names.controlled(preset.midi.wheel.to) if preset.midi.wheel else None,
        begin=preset.midi.begin,
        send={names.picked(pick): said for pick, said in preset.midi.send.items()},
    )


def _bound(names: Names, bindings: Mapping[int, Binding]) -> dict[int, str]:
    return {number: names.controlled(binding.to) for number, binding in bindings.items()}


def entries(chain: Sequence[EngineSpec]) -> tuple[ChainEntry, ...]:
    """A chain's engines, in order."""
    return tuple(_entry(spec) for spec in chain)


def facts_of(parts: Sequence[ChainEntry] | Sequence[AmpFacts]) -> list[dict[str, object]]:
    """For JSON."""
    return [part.facts() for part in parts]


def _entry(spec: EngineSpec) -> ChainEntry:
    knobs = {knob.name: knob for knob in knobs_of(spec)}
    params, settings = (
        {k: _said(knobs[k], value) for k, value in part.items()} for part in (spec.params, spec.settings)
    )
    return ChainEntry(spec.engine, spec.label, spec.branch, params, settings, dict(spec.files))


def _said(knob: Knob, value: float) -> Said:
    """A value as a preset says it."""
    if isinstance(knob, Setting) and knob.switch:
        return bool(value)
    return knob.choices[round(value)] if knob.choices else value
