"""Writes what is heard to disk: a thread that empties the rack's ring into a sound file."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import numpy as np

from rig.errors import RigError
from rig.files import part_of, reason
from rig.gig.wav import WavWriter, repaired
from rig.native import Rack

SECONDS = 0.05  # between two looks into the ring
PIECE = 1 << 16  # frames of silence that are written at a time

PART = re.compile(r"\.(.+\.wav)\.\d+\.part", re.IGNORECASE)
"""What files.part_of() calls a recording until it ends."""


class Recorder:
    """Records out_1 and out_2 into a WAV from now until stop(). Raises RigError where the file can't be made.

    path: the file; where there is one of that name already, the next that is free: take-2.wav, take-3.wav ...
    fault: why nothing is written any more, in one line; "" while all is well. What was written before is kept.
    Only what has `ended` bears its name, or says why not. Until then the rack takes no other recording.
    """

    def __init__(self, rack: Rack, path: Path, rate: int) -> None:
        if path.suffix.lower() != ".wav":
            raise RigError(f"{path}: recordings are .wav files")
        self.path = _free(path)
        self.fault = ""
        self._asked, self._rack, self._rate = path, rack, rate
        self._part = part_of(self.path)
        rack.record(True)
        try:
            self._wav = WavWriter(self._part, rate, 2)
        except OSError as error:
            rack.record(False)
            raise RigError(f"{path}: can't be written ({reason(error)})") from None
        self._lost: int | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._record, name="recorder", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        """Frames so far that the disk was too slow for; in the file there is silence of the same length. Any thread."""
        return self._rack.record_lost if self._lost is None else self._lost

    @property
    def ended(self) -> bool:
        """Whether the file is whole, or nothing can be written any more."""
        return not self._thread.is_alive()

    def _record(self) -> None:
        self._write()
        self._lost = self._rack.record_lost
        self._finish()

    def _write(self) -> None:
        try:
            while not self._done.wait(SECONDS):
                self._drain()
            self._drain()
            for at in range(0, missing := self._rack.record_missing, PIECE):
                self._wav.write(np.zeros((min(PIECE, missing - at), 2), np.float32))
        except Exception as error:  # whatever it is: the gig goes on, and says it
            self._rack.record(False)
            self.fault = f"{self.path}: {reason(error)}; the {self._wav.frames / self._rate:.1f} s until then are kept"

    def _drain(self) -> None:
        while len(piece := self._rack.recorded()):
            self._wav.write(piece)

    def stop(self) -> None:
        """Record nothing any more. What is still to be written is written meanwhile: see `ended`."""
        self._rack.record(False)
        self._done.set()

    def join(self, seconds: float) -> bool:
        """Wait until it has ended; False, and a fault, where that takes longer."""
        self._thread.join(seconds)
        if not self.ended:
            self.fault = f"{self.path}: the disk is too slow; what there is lies in {self._part.name}"
        return self.ended

    def _finish(self) -> None:
        """Only now the file bears its name."""
        try:
            self._wav.close()
            self.path = _free(self._asked, self._part)
            self._part.rename(self.path)
        except OSError as error:
            self.fault = f"{self.path}: {reason(error)}; what there is lies in {self._part.name}"


def rescued(folder: Path) -> tuple[Path, ...]:
    """Finish what recordings that were killed left in a folder. Returns the WAVs that came of it, the oldest first.

    Recordings that run are left alone, and so is what cannot be written here.
    """
    try:
        parts = [(path.stat().st_mtime, path) for path in folder.iterdir() if PART.fullmatch(path.name)]
    except OSError:
        return ()
    return tuple(path for _, part in sorted(parts) if (path := _rescued(part)))


def _rescued(part: Path) -> Path | None:
    name = PART.fullmatch(part.name)
    assert name, "rescued() looks for these"
    try:
        if not repaired(part):
            return None
        path = _free(part.with_name(name[1]), part)
        part.rename(path)
    except OSError:
        return None
    return path


def _free(path: Path, ours: Path | None = None) -> Path:
    """The path, or the next one beside it where there is nothing yet, nor what another recording left of it.

    ours: the part that is to become it.
    """
    found, number = path, 1
    while found.exists() or (part_of(found).exists() and part_of(found) != ours):
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found
