"""What was kept of a gig, played again: the dry guitar through what it was heard through, change by change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from rig import toml
from rig.document import address, edits
from rig.document.document import Document, Preset
from rig.document.history import with_scenes_of
from rig.document.merge import recognised
from rig.document.read import read_preset
from rig.document.scenes import applied
from rig.errors import RigError
from rig.files import read_text
from rig.gig.kept import DRY, LIST
from rig.gig.reconciler import Reconciler
from rig.gig.render import load, through, writable, write
from rig.native import BLOCK
from rig.sound import read

LONGEST = 1 << 20  # bytes of a list
BUILD_SECONDS = 60.0


@dataclass(frozen=True)
class Change:
    """From `at` seconds on it sounds so. amp: as `--amp` takes it. level: dB. open: neither muted nor tuned."""

    at: float
    preset: str
    amp: str
    level: float = 0.0
    bypassed: bool = False
    open: bool = True


def is_kept(folder: Path) -> bool:
    """Whether that is what `keep` has written."""
    return (folder / LIST).is_file()


def changes(folder: Path) -> tuple[Change, ...]:
    """What was heard when. Raises RigError."""
    path = folder / LIST
    try:
        content = toml.read(read_text(path, "preset", LONGEST), path, "preset")
        found = tuple(Change(**entry) for entry in content["change"])
        numbers = all(isinstance(x, (int, float)) for change in found for x in (change.at, change.level))
        words = all(isinstance(x, str) for change in found for x in (change.preset, change.amp))
        if not (found and numbers and words):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RigError(f"{path}: does not say what was heard, as 'keep' writes it") from None
    return found


def render(
    folder: Path,
    output: Path,
    *,
    block: int = BLOCK,
    bits: int | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Play what was kept in a folder again, into `output`, in two channels. See rig.gig.render.render."""
    writable(output)
    heard = changes(folder)
    audio, rate = read(folder / DRY)
    write(output, _played(folder, heard, audio[:, 0], rate, block, progress), rate, 2, bits)


def _played(
    folder: Path, heard: tuple[Change, ...], x: np.ndarray, rate: int, block: int, progress: Callable[[float], None]
) -> Iterator[np.ndarray]:
    known: dict[str, Preset] = {}
    loaded: Reconciler | None = None
    starts = [0, *(min(len(x), max(0, round(change.at * rate))) for change in heard[1:]), len(x)]
    try:
        for change, (start, end) in zip(heard, pairwise(starts), strict=True):
            document, amp = _document(folder, change, known)
            if loaded is None:
                loaded = load(document, amp, rate)
                _set(loaded, document, change)
                loaded.rack.begin(open=change.open)
                loaded.rack.process(np.zeros(loaded.memory + BLOCK, np.float32))
            else:
                _turn_to(loaded, document, amp)
                _set(loaded, document, change)
            yield from through(loaded.rack, x[start:end], block, lambda share: None)
            progress(end / len(x))
    finally:
        if loaded:
            loaded.close()


def _document(folder: Path, change: Change, known: dict[str, Preset]) -> tuple[Document, int]:
    """What is wanted, and the amp's identity. known: the presets as they stood last, engines stay the same ones."""
    name = change.preset.partition("-")[2]
    preset = read_preset(folder / change.preset)
    if name in known:
        preset = with_scenes_of(recognised(preset, known[name]), known[name])
    document = Document((preset,), change.level)
    pick = address.pick(document, change.amp)
    document = edits.recall_scene(document, pick.amp, pick.scene)
    known[name] = document.presets[0]
    return document, pick.amp


def _turn_to(loaded: Reconciler, document: Document, amp: int) -> None:
    """Let another document be heard, when all of it is built."""
    loaded.want(applied(document, amp), amp)
    while loaded.busy:
        if not loaded.wait(BUILD_SECONDS):
            raise RigError("an amp takes too long to build")
        loaded.take()
        loaded.want(applied(document, amp), amp)


def _set(loaded: Reconciler, document: Document, change: Change) -> None:
    loaded.rack.level(document.level)
    loaded.rack.bypass(change.bypassed)
    loaded.rack.open(change.open)
