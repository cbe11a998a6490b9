"""WAV files of 32-bit floats and of any length, written so that one that was never closed can be put right.

libsndfile leaves out the size of the extension that all formats but integers have, of which sox warns, and must know
beforehand whether a file will outgrow 4 GiB. Here a chunk that says nothing holds the place where RF64 (EBU Tech 3306)
keeps its sizes, as the same paper advises.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

import numpy as np

FLOATS = 3  # WAVE_FORMAT_IEEE_FLOAT
BYTES = 4  # a sample
MOST = 0xFFFFFFFF  # what a size of RIFF can say; in RF64: see the other place

_HEADER = struct.Struct("<4sI4s 4sIQQQI 4sIHHIIHHH 4sII 4sI")


def header(rate: int, channels: int, frames: int) -> bytes:
    """What stands before so many frames; always as long."""
    frame = BYTES * channels
    data = frame * frames
    size = _HEADER.size - 8 + data
    long = size > MOST
    sizes = (size, data, frames) if long else (0, 0, 0)
    return _HEADER.pack(
        *(b"RF64" if long else b"RIFF", MOST if long else size, b"WAVE"),
        *(b"ds64" if long else b"JUNK", 28, *sizes, 0),
        *(b"fmt ", 18, FLOATS, channels, rate, rate * frame, frame, 8 * BYTES, 0),
        *(b"fact", 4, min(frames, MOST)),
        *(b"data", MOST if long else data),
    )


def repaired(path: Path) -> int:
    """Let the header of a file that was never closed say what the file holds. Returns its frames.

    0 where it holds none; then, and where it is none of ours or still being written, it is left alone. Raises OSError.
    """
    with path.open("r+b") as file:
        head, size = file.read(_HEADER.size), file.seek(0, os.SEEK_END)
        if len(head) < _HEADER.size:
            return 0
        said, (channels, rate) = _stated(head), _HEADER.unpack(head)[12:14]
        frames = (size - _HEADER.size) // (BYTES * channels) if channels else 0
        ours = channels in (1, 2) and rate < 1 << 20 and said <= frames and head == header(rate, channels, said)
        if not frames or not ours or not locked(file.fileno()):
            return 0
        _finish(file.fileno(), rate, channels, frames)
    return frames


def _stated(head: bytes) -> int:
    """The frames that a header tells of, as far as it is one of ours."""
    found = _HEADER.unpack(head)
    channels, data = found[12], found[6] if found[0] == b"RF64" else found[-1]
    return int(data) // (BYTES * channels) if channels else 0


class WavWriter:
    """Writes a new WAV at `path`, and says in its header again and again what there is. rate: Hz.

    Raises OSError; what was written before that, close() keeps.
    """

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        self._shape = rate, channels
        self.bytes = 0
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            locked(self._fd)
            self._put(header(rate, channels, 0))
        except OSError:
            os.close(self._fd)
            path.unlink(missing_ok=True)
            raise

    @property
    def frames(self) -> int:
        """Whole ones that have been written."""
        return max(0, self.bytes - _HEADER.size) // (BYTES * self._shape[1])

    def write(self, samples: np.ndarray) -> None:
        """(frames, channels) float32."""
        self._put(np.ascontiguousarray(samples, "<f4").tobytes())
        os.pwrite(self._fd, header(*self._shape, self.frames), 0)

    def _put(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            written = os.write(self._fd, rest)
            self.bytes += written
            rest = rest[written:]

    def close(self) -> None:
        """Let the header say what there is. Raises OSError."""
        try:
            _finish(self._fd, *self._shape, self.frames)
        finally:
            os.close(self._fd)


def _finish(fd: int, rate: int, channels: int, frames: int) -> None:
    os.ftruncate(fd, _HEADER.size + BYTES * channels * frames)
    os.pwrite(fd, header(rate, channels, frames), 0)


def locked(fd: int) -> bool:
    """Keep others from an open file until it is closed, or its process dies; False where somebody keeps us from it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
