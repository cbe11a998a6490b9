"""A checkpoint next to the model: all that the next step depends on, so that a resumed run is the same run."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from rig.errors import RigError
from rig.files import unreadable, write
from rig.train.capture import Capture
from rig.train.checkpoint_pattern import Unlike, compare, pattern, settings_of
from rig.train.settings import CHECKPOINT, Settings
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
    """The settings and the state's dump. Raises RigError where there is none, it is broken, or of another capture.

    What it holds is compared with what such a run would have saved before anything is made of it.
    """
    if not path.exists():
        raise RigError(f"--resume: no checkpoint '{path}'; train without --resume first")
    fault = unreadable(path, "checkpoint")
    if fault:
        raise RigError(f"--resume: '{path}': {fault}")
    try:
        held = _unpacked(path)
        if held["version"] != VERSION:
            raise Unlike("version")
        known = settings_of(held["settings"])
        compare(held["state"], pattern(begin(replace(known, device="cpu"))))
        mark = held["capture"]
    except Unlike as unlike:
        raise RigError(f"--resume: '{path}' is no checkpoint of this version of rig train ({unlike})") from None
    except Exception:
        raise RigError(f"--resume: '{path}' is no checkpoint of this version of rig train") from None
    if mark != capture:
        raise RigError(f"--resume: '{path}' was made from other recordings than these")
    return known, held["state"]


def _unpacked(path: Path) -> Dump:
    """What torch.save wrote. Nothing in it takes more memory than in the file. Raises where it is anything else."""
    with zipfile.ZipFile(path) as packed:
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in packed.infolist()):
            raise Unlike("compressed")
    held = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(held, dict) or held.keys() != {"version", "settings", "capture", "state"}:
        raise Unlike("parts missing")
    return held


def restore(settings: Settings, dump: Dump) -> State:
    """The state, as it was."""
    state = begin(settings)
    state.load(dump)
    return state
