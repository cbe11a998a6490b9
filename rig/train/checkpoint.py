"""A checkpoint next to the model: all that the next step depends on, so that a resumed run is the same run."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from rig.errors import RigError
from rig.files import write
from rig.train.capture import Capture
from rig.train.settings import CHECKPOINT, Settings, Size
from rig.train.state import Dump, State, begin

VERSION = 2


def path_for(model: Path) -> Path:
    """amp.json -> amp.checkpoint"""
    return model.with_suffix(CHECKPOINT)


def fingerprint(captures: Sequence[Capture]) -> str:
    """Of both sides' samples."""
    digest = hashlib.sha256()
    for capture in captures:
        digest.update(capture.dry.tobytes())
        digest.update(capture.wet.tobytes())
    return digest.hexdigest()


def save(path: Path, state: State, settings: Settings, capture: str) -> None:
    """Write it whole or not at all. capture: its fingerprint."""
    buffer = io.BytesIO()
    held = {"version": VERSION, "settings": asdict(settings), "capture": capture, "state": state.dump()}
    torch.save(held, buffer)
    write(path, buffer.getvalue())


def settings_in(path: Path, capture: str) -> tuple[Settings, Dump]:
    """The settings and the state's dump. Raises RigError where there is none, it is broken, or of another capture."""
    if not path.exists():
        raise RigError(f"--resume: no checkpoint '{path}'; train without --resume first")
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
        version, settings, state = held["version"], held["settings"], held["state"]
        if version != VERSION:
            raise KeyError("version")
        known = Settings(**{**settings, "size": Size(**settings["size"]), "knob": tuple(settings["knob"])})
    except Exception:
        raise RigError(f"--resume: '{path}' is no checkpoint of this version of rig train") from None
    if held["capture"] != capture:
        raise RigError(f"--resume: '{path}' was made from other recordings than these")
    return known, state


def restore(settings: Settings, dump: Dump) -> State:
    """The state, as it was."""
    state = begin(settings)
    state.load(dump)
    return state
