"""TOML <-> frozen dataclasses. Every error names file, table, key, and what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class EngineSpec:
    """One entry of a chain: engine name, its parameters that the preset sets, its files as absolute paths."""

    engine: str
    params: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)


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
    path: Path
    name: str
    amps: tuple[Amp, ...]
    input: tuple[EngineSpec, ...] = ()
    output: tuple[EngineSpec, ...] = ()
    jack: Wiring = Wiring()
    midi: Midi = Midi()


def load(path: Path) -> Preset:
    """Read and check a preset, its files' existence included (their content is checked when they are loaded).

    Raises RigError: "presets/blues.toml: amp 2 'Crunch', engine 1: no model file 'models/crunch.jsn';
    did you mean 'crunch.json'?"
    """
    raise NotImplementedError
