"""What a file says of itself, for `rig info`; whether presets would play, for `rig check`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from rig.document.document import INPUT, OUTPUT, EngineSpec
from rig.document.read import examine, read_preset
from rig.engine import registry
from rig.errors import RigError
from rig.gig.builder import Builder, Versions
from rig.gig.gain_staging import arranged
from rig.models import library, player
from rig.models.formats.words import FAMILIES, in_words
from rig.native import Chain, Unit
from rig.report.model_facts import MODELS, folder_facts, model_facts
from rig.sound import read

RATE = 48_000
"""Hz at which `check` loads: the rate of most sound cards' JACK."""

PRESETS = (".toml",)


def facts(path: Path, progress: Callable[[float], None] = lambda share: None) -> dict[str, object]:
    """What `rig info` tells of a preset, a model, a recording, by the file's ending, or a folder of models.

    progress: gets 0..1 on the way through a folder. Raises RigError.
    """
    if path.is_dir():
        return folder_facts(path, progress)
    ending = path.suffix.lower()
    if ending in PRESETS:
        return preset_facts(path)
    return model_facts(path) if ending in MODELS else recording_facts(path)


def preset_facts(path: Path) -> dict[str, object]:
    """A preset: its amps and what each is made of."""
    preset = read_preset(path)
    return {
        "file": str(path),
        "kind": "preset",
        "name": preset.name,
        "input": [_spec(spec) for spec in preset.input],
        "amps": [
            {
                "name": amp.name,
                "key": amp.key,
                "level": amp.level,
                "chain": [_spec(spec) for spec in amp.chain],
            }
            for amp in preset.amps
        ],
        "output": [_spec(spec) for spec in preset.output],
        "jack": {"in": preset.jack.input, "out": preset.jack.outputs},
        "midi": {"program": dict(preset.midi.program), "cc": dict(preset.midi.cc)},
    }


def recording_facts(path: Path) -> dict[str, object]:
    """A recording or an impulse response: format, length and levels."""
    audio, rate = read(path)
    import soundfile

    info = soundfile.info(path)
    loud = np.abs(audio).max(axis=1)
    return {
        "file": str(path),
        "kind": "recording",
        "format": f"{info.format} {info.subtype}",
        "sample_rate": rate,
        "channels": audio.shape[1],
        "frames": len(audio),
        "seconds": len(audio) / rate,
        "peak_db": _decibels(float(loud.max())),
        "peak_at_ms": 1000 * int(np.argmax(loud)) / rate,
        "rms_db": _decibels(float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))),
        "bytes": path.stat().st_size,
    }


def check(paths: Sequence[Path]) -> dict[str, object]:
    """Load presets with all that they name, and models, as `rig play` would; list every fault instead of the first."""
    builder = Builder(RATE, Versions())
    results = [_check_model(path) if path.suffix.lower() in MODELS else _check(path, builder) for path in paths]
    return {"ok": not any(result["faults"] for result in results), "presets": results}


def _check_model(path: Path) -> dict[str, object]:
    """A model by itself, as an engine would load it."""
    try:
        model = library.read(path)
        engine = registry()[player.ENGINE]
        Chain([Unit(engine, engine.load({"model": path}, engine.settled({}), RATE))], RATE)
    except RigError as error:
        return {"file": str(path), "kind": "model", "name": None, "architecture": None, "faults": [str(error)]}
    architecture = in_words(model.network)
    return {"file": str(path), "kind": "model", "name": model.name, "architecture": architecture, "faults": []}


def _check(path: Path, builder: Builder) -> dict[str, object]:
    preset, found = examine(path)
    faults = list(found)
    if preset is None:
        return {
            "file": str(path),
            "kind": "preset",
            "name": None,
            "input": [],
            "amps": [],
            "output": [],
            "faults": faults,
        }

    def chain(place: str, specs: Sequence[EngineSpec]) -> list[dict[str, object]]:
        units = []
        for spec in specs:
            try:
                unit = builder.unit(spec)
                if not unit.engine.join:  # it starts between its branches only
                    Chain([unit], RATE)
                units.append(unit)
            except RigError as error:
                faults.append(f"{path}: {place}, {spec.label}: {error}")
        about = _about(units, preset.dbu)
        return [{**_spec(spec), "about": about.get(spec.label, "")} for spec in specs]

    result = {
        "file": str(path),
        "kind": "preset",
        "name": preset.name,
        "input": chain(INPUT, preset.input),
        "amps": [
            {"name": amp.name, "key": amp.key, "level": amp.level, "chain": chain(f"amp {i} '{amp.name}'", amp.chain)}
            for i, amp in enumerate(preset.amps, 1)
        ],
        "output": chain(OUTPUT, preset.output),
        "faults": faults,
    }
    for i, amp in enumerate(result["amps"], 1):
        amp["ok"] = not any(fault.startswith(f"{path}: amp {i} ") for fault in faults)
    return result


def _about(units: Sequence[Unit], dbu: float | None) -> dict[str, str]:
    """What each engine, by its label, makes of its files."""
    return {unit.label: unit.payload.about for unit in arranged(units, RATE, dbu)}


def _spec(spec: EngineSpec) -> dict[str, object]:
    files: Mapping[str, str] = {key: str(file) for key, file in spec.files.items()}
    switches = {setting.name for setting in registry()[spec.engine].settings if setting.switch}
    settings = {key: bool(value) if key in switches else value for key, value in spec.settings.items()}
    place = {"engine": spec.engine, "label": spec.label, "branch": spec.branch}
    return {**place, "params": dict(spec.params), "settings": settings, "files": files}


TOLD = ("gear_make", "gear_model", "gear_type", "tone_type", "modeled_by", "author")
"""What a model's file may say of itself that helps to choose it, in this order."""


def brief(path: Path) -> tuple[str, ...]:
    """A model or an impulse response in a few words, one or two lines. Raises RigError."""
    if path.suffix.lower() not in MODELS:
        return (_brief_recording(recording_facts(path)),)
    model = library.read(path)
    words = [f"{FAMILIES[model.family]} {model.architecture}"]
    words += [f"{model.weights} weights"] if model.weights else []
    words += [f"{model.sample_rate / 1000:g} kHz"] if model.sample_rate else []
    words += [f"{model.loudness_db:.1f} dB loud"] if model.loudness_db is not None else []
    words += [f"knobs: {', '.join(model.knobs)}"] if model.knobs else []
    told = [str(model.metadata[key]) for key in TOLD if isinstance(model.metadata.get(key), str)]
    return tuple(filter(None, (" · ".join(words), " · ".join(told))))


def _brief_recording(found: Mapping[str, object]) -> str:
    channels = {1: "mono", 2: "stereo"}.get(found["channels"], f"{found['channels']} channels")
    seconds = found["seconds"]
    length = f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
    rate = f"{found['sample_rate'] / 1000:g} kHz"
    return " · ".join((found["format"], rate, channels, length))


def _decibels(value: float) -> float | None:
    """dBFS; None for silence and for what is no number."""
    return 20 * math.log10(value) if value > 0 and math.isfinite(value) else None


def engine_facts() -> list[dict[str, object]]:
    """All engines, their files, settings and knobs."""
    return [
        {
            "name": engine.name,
            "aliases": list(engine.aliases),
            "about": engine.about,
            "files": list(engine.files),
            "settings": [dataclasses.asdict(setting) for setting in engine.settings],
            "params": [dataclasses.asdict(param) for param in engine.params],
        }
        for engine in registry().values()
    ]
