"""What a file says of itself, for `rig info`; whether presets would play, for `rig check`."""

from __future__ import annotations

import contextlib
import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from rig.document.document import INPUT, OUTPUT, EngineSpec, Preset
from rig.document.read import examine
from rig.document.read_set import is_set
from rig.document.set_file import spread
from rig.engine import Param, Setting, Skipped, registry, skipped
from rig.errors import RigError
from rig.gig.builder import Builder, ChainSpec, Versions, channels_to, unheard
from rig.gig.kept import Room
from rig.kinds import FOLDER, MODEL, MODELS, PRESET, SOUND, UNKNOWN, kind_of
from rig.models import library, player
from rig.models.formats.words import in_words
from rig.native import BLOCK, Chain, Unit
from rig.report import loudness
from rig.report.blasts import SAID, blasting, loud
from rig.report.model_facts import FolderFacts, ModelFacts, folder_facts, model_facts
from rig.report.preset_facts import AmpFacts, ChainEntry, PresetFacts, entries, facts_of, preset_facts
from rig.report.set_facts import CheckedSet, SetFacts, check_set, set_facts
from rig.report.switches import switches
from rig.shipped import find_preset
from rig.sound import read

RATE = 48_000
"""Hz at which `check` loads: the rate of most sound cards' JACK."""


CABINET = "cab"
"""The engine that plays impulse responses."""


@dataclass(frozen=True)
class RecordingFacts:
    """A recording or an impulse response. format: "WAV PCM_24". frames: samples a channel. bytes: of the file.

    peak_db, rms_db: dB of full scale over all channels, None for silence. peak_at_ms: where the peak is.
    cabinet: what of it would play as one, in words; None where it is none, as it is silent or too long.
    """

    file: Path
    kind: str = field(default="recording", init=False)
    format: str
    sample_rate: int
    channels: int
    frames: int
    seconds: float
    peak_db: float | None
    peak_at_ms: float
    rms_db: float | None
    cabinet: str | None
    bytes: int

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


Facts = PresetFacts | SetFacts | ModelFacts | RecordingFacts | FolderFacts


@dataclass(frozen=True)
class CheckedPreset:
    """A preset as it would be loaded. name: None where it is no TOML at all. faults: one line each.

    warnings: what it says that is not done, one line each; it plays all the same.
    bytes: that its chains work in. seconds: that it took to load.
    """

    file: Path
    kind: str = field(default="preset", init=False)
    name: str | None = None
    input: tuple[ChainEntry, ...] = ()
    amps: tuple[AmpFacts, ...] = ()
    output: tuple[ChainEntry, ...] = ()
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    bytes: int = 0
    seconds: float = 0.0

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return {
            "file": self.file,
            "kind": self.kind,
            "name": self.name,
            "input": facts_of(self.input),
            "amps": facts_of(self.amps),
            "output": facts_of(self.output),
            "faults": self.faults,
            "warnings": self.warnings,
        }


@dataclass(frozen=True)
class CheckedModel:
    """A model by itself as an engine would load it. name, architecture: None where it has a fault, one line.

    about: what there is to know of how it plays, in a few words.
    """

    file: Path
    kind: str = field(default="model", init=False)
    name: str | None = None
    architecture: str | None = None
    about: str = ""
    faults: tuple[str, ...] = ()

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


Checked = CheckedPreset | CheckedModel | CheckedSet


@dataclass(frozen=True)
class CheckReport:
    """What `rig check` found, in the order of its files. skipped: plug-ins that no preset can name. kept, loops: bytes
    that a gig sets aside for the last minutes and for loops.
    """

    presets: tuple[Checked, ...]
    skipped: tuple[Skipped, ...] = ()
    kept: int = 0
    loops: int = 0

    @property
    def ok(self) -> bool:
        return not any(checked.faults for checked in self.presets)

    def facts(self) -> dict[str, object]:
        """For JSON."""
        skipped = [asdict(plug_in) for plug_in in self.skipped]
        presets = [checked.facts() for checked in self.presets]
        memory = {"kept_bytes": self.kept, "loop_bytes": self.loops}
        return {"ok": self.ok, "presets": presets, "skipped": skipped, **memory}


@dataclass(frozen=True)
class EngineFacts:
    """An engine. aliases: what else presets may call it. files: the preset keys that name files;
    optional: those of files that need not be there.

    settings are read at load, params are its knobs.
    """

    name: str
    aliases: tuple[str, ...]
    about: str
    files: tuple[str, ...]
    optional: tuple[str, ...]
    settings: tuple[Setting, ...]
    params: tuple[Param, ...]

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def facts(path: Path, progress: Callable[[float], None] = lambda share: None) -> Facts:
    """What `rig info` tells of a preset, a set, a model, a recording, whatever it is called, or a folder of models.

    progress: gets 0..1 on the way through a folder. Raises RigError.
    """
    kind = kind_of(path)
    if kind is FOLDER:
        return folder_facts(path, progress)
    if kind.advice:
        raise RigError(f"{path}: {kind.words}; {kind.advice}")
    if kind is PRESET:
        return set_facts(path) if is_set(path) else preset_facts(path)
    return model_facts(path, oversampled=True) if kind is MODEL else recording_facts(path)


def recording_facts(path: Path) -> RecordingFacts:
    """A recording or an impulse response: format, length and levels. Raises RigError."""
    audio, rate = read(path)
    import soundfile

    info = soundfile.info(path)
    loud = np.abs(audio).max(axis=1)
    return RecordingFacts(
        file=path,
        format=f"{info.format} {info.subtype}",
        sample_rate=rate,
        channels=audio.shape[1],
        frames=len(audio),
        seconds=len(audio) / rate,
        peak_db=_decibels(float(loud.max())),
        peak_at_ms=1000 * int(np.argmax(loud)) / rate,
        rms_db=_decibels(float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))),
        cabinet=_as_cabinet(path),
        bytes=path.stat().st_size,
    )


def _as_cabinet(path: Path) -> str | None:
    """What of a recording would play as a cabinet, in words; None where it cannot be one."""
    try:
        return registry()[CABINET].load({"ir": path}, {}, RATE).about.removeprefix(f"{path.stem}, ")
    except RigError:
        return None


def check(paths: Sequence[Path], block: int = BLOCK) -> CheckReport:
    """Load presets and sets with all that they name, and models, as `rig play` would; list every fault.

    paths: files, presets' names, or folders of presets. block: frames of the period in which switches are reckoned.
    """
    builder = Builder(RATE, Versions())
    kept, loops = Room().bytes(RATE)
    checked = [_check(path, builder, block) for given in paths for path in _inside(given)]
    return CheckReport(_compared(checked), skipped(), kept, loops)


def _inside(given: Path) -> Sequence[Path]:
    """The presets of a folder; what is none, or has none, as it is."""
    with contextlib.suppress(RigError):
        return list(spread([given]))
    return [given]


def _compared(checked: Sequence[Checked]) -> tuple[Checked, ...]:
    """The same, of all amps those told that stand out."""
    found = [one.presets if isinstance(one, CheckedSet) else (one,) for one in checked]
    presets = [preset for some in found for preset in some if isinstance(preset, CheckedPreset)]
    amps = iter(loudness.compared([amp for preset in presets for amp in preset.amps]))

    def told(preset: CheckedPreset) -> CheckedPreset:
        return replace(preset, amps=tuple(itertools.islice(amps, len(preset.amps))))

    return tuple(
        replace(one, presets=tuple(map(told, one.presets)))
        if isinstance(one, CheckedSet)
        else told(one)
        if isinstance(one, CheckedPreset)
        else one
        for one in checked
    )


def _check(given: Path, builder: Builder, block: int) -> Checked:
    try:
        path = find_preset(given)
    except RigError as error:
        return CheckedPreset(given, faults=(str(error),))
    if is_set(path):
        return check_set(path, lambda preset: _check_preset(preset, builder, block))
    return _check_model(path) if _is_model(path) else _check_preset(path, builder, block)


def _is_model(path: Path) -> bool:
    """Whether a file is to be checked as a model: it is one, or something else that is called like one."""
    kind = kind_of(path)
    return kind is MODEL or (kind is not PRESET and path.suffix.lower() in MODELS)


def _check_model(path: Path) -> CheckedModel:
    """A model by itself, as an engine would load it."""
    try:
        model = library.read(path)
        engine = registry()[player.ENGINE]
        payload = engine.load({"model": path}, engine.settled({}), RATE)
        chain = Chain([Unit(engine, payload)], RATE)
        chain.prewarm()
        if blasting(chain, loud(RATE))[0]:
            raise RigError(f"{path}: {SAID}")
    except RigError as error:
        return CheckedModel(path, faults=(str(error),))
    about = payload.about.removeprefix(model.name).removeprefix(", ")
    return CheckedModel(path, model.name, model.words or in_words(model.network), about)


def _check_preset(path: Path, builder: Builder, block: int) -> CheckedPreset:
    if path.is_file() and path.suffix.lower() != ".toml" and kind_of(path) in (UNKNOWN, SOUND):
        known = f"a preset ends in .toml, a model in {', '.join(MODELS)}"
        return CheckedPreset(path, faults=(f"{path}: this is no preset; {known}",))
    preset, found = examine(path)
    if preset is None:
        return CheckedPreset(path, faults=found)
    places = [_Place(INPUT, INPUT, preset.input)]
    places += [
        _Place(f"amp {i}", f"amp {i} '{amp.name}'", amp.chain, amp.level) for i, amp in enumerate(preset.amps, 1)
    ]
    places.append(_Place(OUTPUT, OUTPUT, preset.output))
    begun = time.perf_counter()
    for place in places:
        place.load(builder, preset, torn=any(fault.engine and fault.owner == place.owner for fault in found))
    seconds = time.perf_counter() - begun
    taken = sum(place.chain.bytes for place in places if place.chain)
    before, *middle, after = places
    driven = before.play(loud(RATE))
    for place in middle:
        after.play(place.play(driven))
    broken = {fault.owner for fault in found} | {place.owner for place in places if place.faults}
    faults = [*found, *(f"{path}: {place.called}, {fault}" for place in places for fault in place.faults)]
    amps = tuple(
        AmpFacts(amp.name, amp.key, amp.level, place.entries, ok=place.owner not in broken, meant=amp.louder or 0.0)
        for amp, place in zip(preset.amps, middle, strict=True)
    )
    if not faults:
        chains = [place.chain for place in places if place.chain]
        ways = switches([chains[0], chains[-1]], chains[1:-1], block, RATE)
        around = chains[0].latency + chains[-1].latency
        late = [1000 * (around + chain.latency) / RATE for chain in chains[1:-1]]
        heard = loudness.measured(preset, [chains[0], chains[-1]], chains[1:-1], RATE)
        amps = tuple(
            replace(amp, switch=way, latency_ms=ms, lufs=lufs)
            for amp, way, ms, lufs in zip(amps, ways, late, heard, strict=True)
        )
    return CheckedPreset(
        path, preset.name, before.entries, amps, after.entries, tuple(faults), _warnings(preset), taken, seconds
    )


@dataclass
class _Place:
    """A chain of a preset. owner: as Fault has it. called: in messages. level: dB after it.

    chain: None where it has a fault, of which `faults` says what is wrong, engine by engine.
    """

    owner: str
    called: str
    specs: tuple[EngineSpec, ...]
    level: float = 0.0
    entries: tuple[ChainEntry, ...] = ()
    chain: Chain | None = None
    faults: list[str] = field(default_factory=list)

    def load(self, builder: Builder, preset: Preset, torn: bool) -> None:
        """Build it. torn: it lacks an engine, and cannot be played."""
        units = []
        for spec in self.specs:
            try:
                unit = builder.unit(spec)
                if fault := unheard(spec, unit):
                    raise RigError(fault)
                units.append(unit)
            except RigError as error:
                self.faults.append(f"{spec.label}: {error}")
        if not torn and not self.faults:
            try:
                self.chain = builder.build(
                    ChainSpec(self.specs, self.level, preset.dbu, channels_to(self.owner, preset, builder.versions))
                )
            except RigError as error:
                self._build_each(units)
                self.faults = self.faults or [str(error)]
        else:
            self._build_each(units)
        if self.chain:
            about = {unit.label: self.chain.about(i) for i, unit in enumerate(self.chain.units)}
        else:
            about = {unit.label: unit.payload.about for unit in units}
        self.entries = tuple(replace(entry, about=about.get(entry.label, "")) for entry in entries(self.specs))

    def _build_each(self, units: Sequence[Unit]) -> None:
        """Find the engines that cannot be; one that joins branches starts between them only."""
        for unit in units:
            try:
                if not unit.engine.join:
                    Chain([unit], RATE)
            except RigError as error:
                self.faults.append(f"{unit.label}: {error}")

    def play(self, signal: np.ndarray) -> np.ndarray:
        """A signal through it, (frames,) float32; as it was where it cannot be played. What blasts is a fault."""
        if self.chain is None:
            return signal
        self.chain.reset()
        caught, out = blasting(self.chain, signal)
        if caught:
            self.chain = None
            self.faults += [f"{self.specs[i].label}: {SAID}" for i in caught]
        return out


def _warnings(preset: Preset) -> tuple[str, ...]:
    """What it says that may do other than is meant."""
    midi = preset.midi
    return tuple(
        f"{preset.path}: midi: cc {number} selects a bank, too: what is sent there picks the preset of the next program"
        for number in BANK_SELECT
        if number in midi.cc
    )


BANK_SELECT = (0, 32)
TOLD = ("gear_make", "gear_model", "gear_type", "tone_type", "modeled_by", "author")
"""What a model's file may say of itself that helps to choose it, in this order."""


def brief(path: Path) -> tuple[str, ...]:
    """A model or an impulse response in a few words, one or two lines. Raises RigError."""
    if kind_of(path) in (SOUND, UNKNOWN):
        found = recording_facts(path)
        return tuple(filter(None, (_brief_recording(found), found.cabinet and f"as a cabinet: {found.cabinet}")))
    model = library.read(path)
    words = [f"{model.family.title} {model.architecture}"]
    words += [f"{model.weights} weights"] if model.weights else []
    words += [f"{model.rate / 1000:g} kHz{'' if model.sample_rate else ' assumed'}"]
    words += [f"{model.loudness_db:.1f} dB loud"] if model.loudness_db is not None else []
    words += [f"knobs: {', '.join(model.knobs)}"] if model.knobs else []
    told = [str(model.metadata[key]) for key in TOLD if isinstance(model.metadata.get(key), str)]
    return tuple(filter(None, (" · ".join(words), " · ".join(told))))


def _brief_recording(found: RecordingFacts) -> str:
    channels = {1: "mono", 2: "stereo"}.get(found.channels, f"{found.channels} channels")
    length = f"{found.seconds:.1f} s" if found.seconds >= 1 else f"{1000 * found.seconds:.0f} ms"
    return " · ".join((found.format, f"{found.sample_rate / 1000:g} kHz", channels, length))


def _decibels(value: float) -> float | None:
    """dBFS; None for silence and for what is no number."""
    return 20 * math.log10(value) if value > 0 and math.isfinite(value) else None


def engine_facts() -> tuple[EngineFacts, ...]:
    """All engines, their files, settings and knobs."""
    return tuple(
        EngineFacts(e.name, e.aliases, e.about, e.files, e.optional, e.settings, e.params) for e in registry().values()
    )
