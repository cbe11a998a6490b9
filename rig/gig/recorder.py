"""Writes what is heard, and the dry guitar beside it, to disk: a thread that empties the rack's ring into files."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from rig.errors import RigError
from rig.files import part_of, reason
from rig.gig import flac, wav
from rig.native import Rack

SECONDS = 0.05  # between two looks into the ring
ROOM_SECONDS = 1.0  # between two looks at what room the disk has
PIECE = 1 << 16  # frames of silence that are written at a time

PART = re.compile(r"\.(.+\.(?:wav|flac))\.(\d+)\.part", re.IGNORECASE)
"""What files.part_of() calls a recording until it ends."""


class Writer(Protocol):
    """A sound file that grows. frames: whole ones that are in it; bytes: what it takes on the disk."""

    @property
    def frames(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    def write(self, samples: np.ndarray) -> None: ...
    def close(self) -> None: ...


WRITERS: dict[str, Callable[[Path, int, int], Writer]] = {".wav": wav.WavWriter, ".flac": flac.FlacWriter}
REPAIRED: dict[str, Callable[[Path], int]] = {".wav": wav.repaired, ".flac": flac.repaired}


def dry_of(path: Path) -> Path:
    """Where the dry guitar of a recording lies: take-dry.wav."""
    return path.with_stem(f"{path.stem}-dry")


class Recorder:
    """Records out_1 and out_2, and the dry guitar beside them, from now until stop(). RigError: no file can be made.

    path: what is heard, a .wav or a .flac; where there is one of that name already, or its dry one, the next that is
    free: take-2.wav, take-3.wav ...
    fault: why nothing is written any more, in one line; "" while all is well. What was written before is kept.
    room: seconds for which the disk has room; None where it does not say.
    Only what has `ended` bears its name, or says why not. Until then the rack takes no other recording.
    """

    def __init__(self, rack: Rack, path: Path, rate: int) -> None:
        if path.suffix.lower() not in WRITERS:
            raise RigError(f"{path}: recordings are {' or '.join(WRITERS)} files")
        self.path = _free(path)
        self.fault = ""
        self.room: float | None = None
        self._asked, self._rack, self._rate = path, rack, rate
        self._parts = part_of(self.path), part_of(dry_of(self.path))
        self._writers: list[Writer] = []
        rack.record(True)
        try:
            for part, channels in zip(self._parts, (2, 1), strict=True):
                self._writers.append(WRITERS[path.suffix.lower()](part, rate, channels))
        except OSError as error:
            rack.record(False)
            self._close()
            for part in self._parts[: len(self._writers)]:
                part.unlink(missing_ok=True)
            raise RigError(f"{path}: can't be written ({reason(error)})") from None
        self._lost: int | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._record, name="recorder", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        """Frames so far that the disk was too slow for; in the files there is silence of that length. Any thread."""
        return self._rack.record_lost if self._lost is None else self._lost

    @property
    def ended(self) -> bool:
        """Whether the files are whole, or nothing can be written any more."""
        return not self._thread.is_alive()

    def _record(self) -> None:
        self._write()
        self._lost = self._rack.record_lost
        self._finish()

    def _write(self) -> None:
        looked = float("-inf")
        try:
            while not self._done.wait(SECONDS):
                self._drain()
                if time.monotonic() > looked + ROOM_SECONDS:
                    looked = time.monotonic()
                    self.room = self._room()
            self._drain()
            for at in range(0, missing := self._rack.record_missing, PIECE):
                self._take(np.zeros((min(PIECE, missing - at), 3), np.float32))
        except Exception as error:  # whatever it is: the gig goes on, and says it
            self._rack.record(False)
            kept = min(writer.frames for writer in self._writers) / self._rate
            self.fault = f"{self.path}: {reason(error)}; the {kept:.1f} s until then are kept"

    def _drain(self) -> None:
        while len(piece := self._rack.recorded()):
            self._take(piece)

    def _take(self, tracks: np.ndarray) -> None:
        """Into both files, also where one of them takes no more."""
        wet, dry = self._writers
        try:
            wet.write(tracks[:, :2])
        finally:
            dry.write(tracks[:, 2:])

    def _room(self) -> float | None:
        """By what a second has taken so far."""
        frames = min(writer.frames for writer in self._writers)
        try:
            disk = os.statvfs(self.path.parent)
        except OSError:
            return None
        took = sum(writer.bytes for writer in self._writers) / frames if frames else 12.0
        return disk.f_bavail * disk.f_frsize / (took * self._rate)

    def stop(self) -> None:
        """Record nothing any more. What is still to be written is written meanwhile: see `ended`."""
        self._rack.record(False)
        self._done.set()

    def join(self, seconds: float) -> bool:
        """Wait until it has ended; False, and a fault, where that takes longer."""
        self._thread.join(seconds)
        if not self.ended:
            self.fault = f"{self.path}: the disk is too slow; what there is lies in {self._parts[0].name}"
        return self.ended

    def _close(self) -> OSError | None:
        """Close all files. Returns what went wrong first."""
        fault = None
        for writer in self._writers:
            try:
                writer.close()
            except OSError as error:
                fault = fault or error
        return fault

    def _finish(self) -> None:
        """Only now the files bear their names."""
        fault = self._close()
        try:
            if fault:
                raise fault
            self.path = _free(self._asked, self._parts)
            for part, path in zip(self._parts, (self.path, dry_of(self.path)), strict=True):
                part.rename(path)
        except OSError as error:
            self.fault = f"{self.path}: {reason(error)}; what there is lies in {self._parts[0].name}"


def rescued(folder: Path) -> tuple[Path, ...]:
    """Finish what recordings that were killed left in a folder. Returns what was heard of them, the oldest first.

    Recordings that run are left alone, and so is what cannot be written here.
    """
    try:
        found = [(path.stat().st_mtime, path) for path in folder.iterdir() if PART.fullmatch(path.name)]
    except OSError:
        return ()
    parts = [path for _, path in sorted(found)]
    dry = {_beside(part) for part in parts}
    return tuple(path for part in parts if part not in dry and (path := _rescued(part)))


def _named(part: Path) -> tuple[Path, str]:
    """What a part was to become, and the process that wrote it."""
    match = PART.fullmatch(part.name)
    assert match, "rescued() looks for these"
    return part.with_name(match[1]), match[2]


def _beside(part: Path) -> Path:
    """The part of the dry guitar that was recorded with it."""
    path, process = _named(part)
    return part.with_name(f".{dry_of(path).name}.{process}.part")


def _rescued(part: Path) -> Path | None:
    asked, dry = _named(part)[0], _beside(part)
    repaired = REPAIRED[asked.suffix.lower()]
    try:
        if not repaired(part):
            return None
        path = _free(asked, (part, dry))
        part.rename(path)
        if dry.exists() and repaired(dry):
            dry.rename(dry_of(path))
    except OSError:
        return None
    return path


def _free(path: Path, ours: tuple[Path, ...] = ()) -> Path:
    """The path, or the next one beside it where there is nothing yet, nor what another recording left of it; dry, too.

    ours: the parts that are to become it.
    """
    found, number = path, 1
    while any(to.exists() or (part_of(to).exists() and part_of(to) not in ours) for to in (found, dry_of(found))):
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found
