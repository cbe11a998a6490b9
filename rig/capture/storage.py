"""A capture on disk: dry.wav and wet.wav, which start and end together, and capture.toml, which says how they came."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tomli

from rig import toml as spelling
from rig.capture.checks import read_pair
from rig.capture.pair import Pair, Repeat
from rig.errors import RigError, cut
from rig.files import may_replace, read_text, reason, unreadable, whole
from rig.sound import CAPTURE

DRY, WET, FACTS = "dry.wav", "wet.wav", "capture.toml"
LIMIT = 1 << 16
"""Bytes of a capture.toml."""


def read(path: Path) -> Pair:
    """The pair in a capture's folder. Raises RigError where a part is missing or broken."""
    if not path.is_dir():
        fault = unreadable(path, "capture") or "is one recording: name the other side, too, or a folder by rig capture"
        raise RigError(f"{path}: {fault}")
    for name in (DRY, WET):
        if not (path / name).exists():
            raise RigError(f"{path}: holds no {name}, so this is no capture; rig capture -o {path} makes one")
    pair = read_pair(path / DRY, path / WET)
    pair.repeat, pair.impulses, pair.played = _signal(path / FACTS)
    return pair


Frames = tuple[int, int]


def _signal(path: Path) -> tuple[Repeat | None, Frames | None, Frames | None]:
    """What was played twice, when the impulses were, and the guitar; a capture made by hand need not say."""
    if not path.exists():
        return None, None, None
    try:
        said = tomli.loads(read_text(path, "capture", LIMIT))
        repeat = said.get("repeat")
        impulses, played = _between(said.get("impulses")), _between(said.get("played"))
        if repeat:
            start, end = _between([repeat["start"], repeat["start"] + repeat["frames"]]) or (0, 0)
        return Repeat(start, end - start) if repeat else None, impulses, played
    except (tomli.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise RigError(f"{path}: {error}; take it again, or delete this file") from None


def _between(said: object) -> Frames | None:
    """Two frames of a take, one behind the other; None where nothing is said. Raises ValueError for anything else."""
    if not said:
        return None
    if isinstance(said, list) and len(said) == 2 and all(type(frame) is int for frame in said):
        first, second = said
        if 0 <= first < second <= CAPTURE.samples:
            return first, second
    raise ValueError(f"{cut(str(said))} are no two frames of a take, one behind the other")


def refuse(path: Path, *, force: bool) -> None:
    """Raises RigError where a capture cannot be written, or is not to be, before anything is played."""
    if path.exists() and not path.is_dir():
        raise RigError(f"-o '{path}' is a file: a capture is a folder")
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not os.access(there, os.W_OK):
        raise RigError(f"-o '{path}': '{there}' may not be written to")
    for name in (DRY, WET, FACTS):
        if (path / name).exists():
            return may_replace(path / name, force=force)


def write(path: Path, dry: np.ndarray, wet: np.ndarray, rate: int, facts: Mapping[str, object]) -> None:
    """Write both sides, (frames,) float32, and then the facts: a folder without them holds a broken take.

    facts: what capture.toml says, tables after plain values. Raises RigError where the disk refuses.
    """
    import soundfile

    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / FACTS).unlink(missing_ok=True)
        for name, audio in ((DRY, dry), (WET, wet)):
            with whole(path / name) as part:
                soundfile.write(part, audio, rate, subtype="FLOAT", format="WAV")
        with whole(path / FACTS) as part:
            part.write_text(toml(facts), encoding="utf-8")
    except (OSError, soundfile.LibsndfileError) as error:
        raise RigError(f"{path}: cannot be written: {reason(error)}") from None


def toml(facts: Mapping[str, object]) -> str:
    """Strings, numbers, truths and lists of them, and tables of those, as TOML. What is None is left out."""
    plain = {key: value for key, value in facts.items() if not isinstance(value, (Mapping, type(None)))}
    lines = [f"{spelling.key(key)} = {spelling.value(value)}" for key, value in plain.items()]
    for key, table in facts.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{spelling.key(key)}]", toml(table).rstrip()]
    return "\n".join(lines) + "\n"
