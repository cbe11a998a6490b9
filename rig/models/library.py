"""What a model file asks of the rig, whichever engine plays it: its size, its rate, how loud and how late it is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from rig.engine import Payload, Setting
from rig.errors import RigError
from rig.files import Stamp, stamp
from rig.models import analysis
from rig.models.analysis import Arrival
from rig.models.formats import Model, load_model
from rig.models.player import chain_of
from rig.native import SLOTS, decibels, linear, oversampling
from rig.sound import FASTEST, SLOWEST

SETTINGS = (
    Setting("quality", "", "of a file that holds several networks: 0 the lightest, 1 the best", 0.0, 1.0, 1.0),
    Setting("normalize", "", "play at -18 dB loudness, however loud the capture is", 0.0, 1.0, 0.0, switch=True),
    oversampling.setting(1),
    Setting(
        "dcblock", "", "take away what it says to silence, a constant", 0.0, 1.0, 1.0, switch=True, on_screen=False
    ),
    Setting("rate", "Hz", "for which it was made; 0: as its file says, or its family", 0, FASTEST, 0, on_screen=False),
)
"""What every engine that plays model files reads at load."""

SILENT_DB = -70.0
"""dBFS of what a model says to silence: what is softer than that, as a guitar's own noise is, is let through."""

LOUDNESS_DB = -18.0
"""What `normalize` brings a model to, as Neural Amp Modeler's players do."""

LATE = 8
"""Frames of delay from which the screen says so; less is the work of any filter."""

LOUDEST = 1e6
"""What a guitar comes out as at most, 1 being full scale: files may ask for +60 dB, and networks for as much again."""

Found = TypeVar("Found")

Pack = Callable[[Model, int, int], Payload]
"""(model, stretch, times) -> what the engine's C copies from. The engine runs at `stretch` times the model's rate: 1, 2
and so on; the network in it at `times` times the engine's: 1, 2 or 4."""

Load = Callable[[Mapping[str, Path], Mapping[str, float], int], Payload]


def read(path: Path) -> Model:
    """A model file, read once however many amps name it, and anew when it has changed. Raises RigError."""
    return _read(path, stamp(path))


def arrival(path: Path, quality: float = 1.0) -> Arrival:
    """How late a model file's sound comes, in frames at its own rate, and if it is turned over. Raises RigError."""
    return _arrival(path, stamp(path), quality)


def loudness_db(path: Path, quality: float = 1.0) -> float:
    """How loud a model file plays: as it says itself, or as measured; see analysis.loudness_db(). Raises RigError."""
    said = read(path).at(quality).loudness_db
    return _loudness_db(path, stamp(path), quality) if said is None else said


def constant(path: Path, quality: float = 1.0) -> float:
    """What a model file says to silence, linear, its knobs where they are at first. Raises RigError."""
    return _constant(path, stamp(path), quality)


def silent(constant: float) -> bool:
    """Whether what a model says to silence may be let through: it is no louder than SILENT_DB."""
    return abs(constant) <= linear(SILENT_DB)


def loader(pack: Pack) -> Load:
    """The `load` of an engine that plays model files and has SETTINGS."""

    def load(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
        path, quality = files["model"], settings["quality"]
        file = read(path)
        model = file.at(quality)
        own = _own_rate(path, model, settings["rate"])
        assumed = not settings["rate"] and model.sample_rate is None
        stretch = rate // own if rate % own == 0 else 1
        times = int(settings["oversample"])
        made, heard, rest = pack(model, stretch, times), arrival(path, quality), constant(path, quality)
        blocks = bool(settings["dcblock"]) and not silent(rest)
        if settings["normalize"]:
            made = replace(made, gain_out=linear(LOUDNESS_DB - loudness_db(path, quality)), level=1.0)
        return replace(
            made,
            rate=0 if rate % own == 0 else own,
            delay=(heard.frames or 0) * stretch + oversampling.LATE[times],
            polarity=heard.polarity or 1,
            constant=rest if blocks else 0.0,
            idle=made.idle if file.variants else (*made.idle, "quality"),
            input_dbu=model.input_dbu,
            output_dbu=model.output_dbu,
            about=", ".join(
                [
                    made.about,
                    *_notes(heard, own, rate, assumed),
                    *oversampling.notes(times, rate if stretch > 1 else own),
                    *_dc(rest, blocks),
                ]
            ),
        )

    return load


def _own_rate(path: Path, model: Model, said: float) -> int:
    """Hz for which a model was made, by the preset, by its file or as its family is."""
    if said and said < SLOWEST:
        raise RigError(f"{path}: rate = {said:g} Hz; a model's is {SLOWEST} Hz or more")
    return int(said) or model.rate


def _notes(heard: Arrival, own: int, rate: int, assumed: bool) -> list[str]:
    """What a player may want to know beside the model's name. assumed: nobody says that it is made for `own` Hz."""
    notes = [f"{own / 1000:g} kHz{' assumed' if assumed else ''}"] if assumed or own != rate else []
    notes += [f"{heard.frames} frames late"] if heard.frames and heard.frames >= LATE else []
    return notes + (["turned over"] if heard.polarity == -1 else [])


def _dc(rest: float, blocks: bool) -> list[str]:
    """What a player may want to know of a silence that is none."""
    return [] if silent(rest) else [f"DC of {decibels(abs(rest)):.0f} dBFS{' blocked' if blocks else ''}"]


@functools.lru_cache(SLOTS)
def _read(path: Path, stamp: Stamp | None) -> Model:
    return load_model(path)


@functools.lru_cache(4 * SLOTS)
def _arrival(path: Path, stamp: Stamp | None, quality: float) -> Arrival:
    return _measured(path, quality, analysis.arrival)


@functools.lru_cache(4 * SLOTS)
def _loudness_db(path: Path, stamp: Stamp | None, quality: float) -> float:
    return _measured(path, quality, analysis.loudness_db)


@functools.lru_cache(4 * SLOTS)
def _constant(path: Path, stamp: Stamp | None, quality: float) -> float:
    return _measured(path, quality, analysis.constant)


def _measured(path: Path, quality: float, measure: Callable[[analysis.Play], Found]) -> Found:
    """What measuring a model file gives. Raises RigError for one that plays what nobody can hear."""
    chain = chain_of(read(path).at(quality))
    chain.prewarm()

    def play(x: np.ndarray) -> np.ndarray:
        y = chain.process(x)
        if any(chain.faults) or not np.abs(y).max() <= LOUDEST:
            raise RigError(f"{path}: what it plays is far too loud, or no number at all: its weights are damaged")
        return y

    return measure(play)


def settled(model: Model) -> analysis.Play:
    """A model that has heard silence until nothing moves any more."""
    chain = chain_of(model)
    chain.prewarm()
    return chain.process
