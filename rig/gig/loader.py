"""A set, loaded: presets -> chains, warm, in a rack's slots. What plays live and what renders offline is made here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rig.document.preset import INPUT, OUTPUT, EngineSpec, Preset, labels
from rig.engine import Payload, registry
from rig.errors import RigError, did_you_mean
from rig.gig.gain_staging import arranged
from rig.native import SLOTS, STAGES, Chain, Rack, Unit, decibels

Progress = Callable[[str, float], None]


class Place(NamedTuple):
    """Where a chain stands in the rack. stage: "input", "amp" or "output". slot: the amp's index, or its preset's."""

    stage: str
    slot: int


@dataclass(frozen=True)
class LoadedAmp:
    """An amp of the set. preset: index into the set. level: dB, as the preset asks."""

    name: str
    key: str | None
    preset: int
    chain: Chain
    level: float = 0.0


@dataclass(frozen=True)
class LoadedSet:
    """A set's chains; inputs and outputs belong to the presets, in order."""

    presets: tuple[Preset, ...]
    amps: tuple[LoadedAmp, ...]
    inputs: tuple[Chain, ...]
    outputs: tuple[Chain, ...]

    def find(self, which: str | int | None) -> int:
        """The index of an amp by number (from 1) or name; None is the first. Raises RigError with the nearest name."""
        if which is None:
            return 0
        text = str(which).strip()
        if text.isdigit() and 1 <= int(text) <= len(self.amps):
            return int(text) - 1
        names = [amp.name for amp in self.amps]
        for i, name in enumerate(names):
            if name.casefold() == text.casefold():
                return i
        if text.isdigit():
            raise RigError(f"no amp {text}: this set has {len(names)}")
        raise RigError(f"no amp '{text}'{did_you_mean(text, names) or '; there are ' + ', '.join(names)}")

    def chains(self, stage: str) -> tuple[Chain, ...]:
        """The chains of a stage, by slot."""
        return tuple(amp.chain for amp in self.amps) if stage == "amp" else getattr(self, f"{stage}s")

    def chain(self, place: Place) -> Chain:
        """The chain that stands there."""
        return self.chains(place.stage)[place.slot]

    def preset(self, place: Place) -> Preset:
        """The preset that a chain comes from."""
        return self.presets[self.amps[place.slot].preset if place.stage == "amp" else place.slot]

    def with_chain(self, place: Place, chain: Chain) -> LoadedSet:
        """The same set with another chain in one place."""
        stage, slot = place
        if stage == "amp":
            amps = (*self.amps[:slot], replace(self.amps[slot], chain=chain), *self.amps[slot + 1 :])
            return replace(self, amps=amps)
        row = self.chains(stage)
        return replace(self, **{f"{stage}s": (*row[:slot], chain, *row[slot + 1 :])})

    @property
    def memory(self) -> int:
        """Frames after which nothing in any chain remembers what came before."""
        return sum(max(chain.memory for chain in self.chains(stage)) for stage in STAGES)

    def enter(self, rack: Rack) -> None:
        """Put all chains into the rack's slots."""
        for i, (input, output) in enumerate(zip(self.inputs, self.outputs, strict=True)):
            rack.offer("input", i, input)
            rack.offer("output", i, output)
        for i, amp in enumerate(self.amps):
            rack.offer("amp", i, amp.chain)
            rack.route(i, amp.preset, amp.preset)


class Loader:
    """Builds chains at `rate` Hz, reading each file once however many amps name it."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._read: dict[tuple, Payload] = {}

    def payload(self, spec: EngineSpec) -> Payload:
        engine = registry()[spec.engine]
        settings = engine.settled(spec.settings)
        key = (spec.engine, *sorted(spec.files.items()), *settings.items())
        if key not in self._read:
            self._read[key] = engine.load(spec.files, settings, self.rate)
        return self._read[key]

    def unit(self, spec: EngineSpec, label: str) -> Unit:
        """An engine with what its files hold. Raises RigError naming the file and the fault."""
        payload = self.payload(spec)
        for name in spec.params:
            if name in payload.idle:
                raise RigError(f"this {' and '.join(spec.files) or 'engine'} has no {name}")
        return Unit(registry()[spec.engine], payload, spec.params, label, spec.files, spec.settings, spec.branch)

    def chain(self, preset: Preset, place: str, specs: Sequence[EngineSpec], level: float = 0.0) -> Chain:
        names = labels(spec.engine for spec in specs)
        units = []
        for name, spec in zip(names, specs, strict=True):
            try:
                units.append(self.unit(spec, name))
            except RigError as error:
                raise RigError(f"{preset.path}: {place}, {name}: {error}") from None
        return warm(arranged(units, self.rate, preset.dbu), self.rate, level)


def warm(units: Sequence[Unit], rate: int, level: float = 0.0) -> Chain:
    """A chain of `units` that has settled on silence. level: dB after it, beside what the units' files ask for."""
    chain = Chain(units, rate, level + asked_db(units))
    chain.prewarm()
    return chain


def asked_db(units: Sequence[Unit]) -> float:
    """What the units' files ask for after the chain."""
    return sum(decibels(unit.payload.level) for unit in units)


def _keys(presets: Sequence[Preset]) -> list[str | None]:
    """The key of every amp of the set: as the preset says, where it is still free, else the next free digit."""
    asked = [amp.key for preset in presets for amp in preset.amps]
    taken: set[str] = set()
    keys: list[str | None] = []
    for key in asked:
        keys.append(key if key and key not in taken else None)
        taken.update(keys[-1] or "")
    free = iter(digit for digit in "123456789" if digit not in taken)
    return [key or next(free, None) for key in keys]


def load_set(presets: Sequence[Preset], rate: int, progress: Progress = lambda step, share: None) -> LoadedSet:
    """Build and warm every chain of a set at `rate` Hz. Raises RigError naming preset, amp and fault."""
    loader = Loader(rate)
    total = sum(len(preset.amps) for preset in presets)
    if total > SLOTS:
        raise RigError(f"{total} amps in this set; {SLOTS} is the most")
    keys = iter(_keys(presets))
    amps: list[LoadedAmp] = []
    inputs, outputs = [], []
    for p, preset in enumerate(presets):
        inputs.append(loader.chain(preset, INPUT, preset.input))
        outputs.append(loader.chain(preset, OUTPUT, preset.output))
        for i, amp in enumerate(preset.amps, 1):
            progress(f"Loading {amp.name}", len(amps) / total)
            chain = loader.chain(preset, f"amp {i} '{amp.name}'", amp.chain, amp.level)
            amps.append(LoadedAmp(amp.name, next(keys), p, chain, amp.level))
    progress("Ready", 1.0)
    return LoadedSet(tuple(presets), tuple(amps), tuple(inputs), tuple(outputs))
