"""FLAC files of 24 bits, written so that one that was never closed can be read.

An encoder says how many frames there are when it has done; some readers take a file that does not say so for endless.
Here it is said again and again: FLAC's STREAMINFO (RFC 9639, section 8.2) has 36 bits for it.
"""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path

import numpy as np

from rig.gig.wav import locked

HEAD = 42  # bytes: the magic, a block's header, STREAMINFO
BLOCK_AT, COUNT_AT = 8, 18  # frames of a block; 64 bits, the last 36 of which are the number of frames
COUNT = (1 << 36) - 1


class FlacWriter:
    """Writes a new FLAC at `path`. rate: Hz. What is louder than full scale is clipped.

    Raises OSError; what was written before that, close() keeps.
    """

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        import soundfile

        self._disk = _Disk(path)
        self._given = 0  # frames
        try:
            self._file = soundfile.SoundFile(self._disk, "w", rate, channels, "PCM_24", format="FLAC")
        except (OSError, soundfile.LibsndfileError) as error:
            os.close(self._disk.fd)
            path.unlink(missing_ok=True)
            raise OSError(str(error)) from None
        self.frames = self.bytes = 0

    def write(self, samples: np.ndarray) -> None:
        """(frames, channels) float32."""
        with contextlib.suppress(AssertionError):  # it wrote less, of which the disk tells why
            self._file.write(samples)
        self._disk.check()
        self._given += len(samples)
        self.bytes = os.fstat(self._disk.fd).st_size
        if self.bytes > HEAD:
            block = struct.unpack(">H", os.pread(self._disk.fd, 2, BLOCK_AT))[0]
            self.frames = (self._given - 1) // block * block  # one is encoded when the next begins
            _count(self._disk.fd, self.frames)

    def close(self) -> None:
        """Let the header say what there is. Raises OSError."""
        disk = self._disk
        try:
            head = os.pread(disk.fd, HEAD, 0)
            self._file.close()
            if disk.fault:  # what stands behind the last whole block goes
                os.ftruncate(disk.fd, self.bytes)
                os.pwrite(disk.fd, head, 0)
                if self.frames:
                    _count(disk.fd, self.frames)
            else:
                self.frames = self._given
        finally:
            os.close(disk.fd)


class _Disk:
    """A file as libsndfile sees it. What goes wrong is noted, as it cannot be raised through C."""

    def __init__(self, path: Path) -> None:
        self.fault: OSError | None = None
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        locked(self.fd)

    def write(self, content: bytes) -> int:
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[os.write(self.fd, rest) :]
        except OSError as error:
            self.fault = error
        return len(content) - len(rest)

    def read(self, size: int) -> bytes:
        return os.read(self.fd, size)

    def seek(self, to: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self.fd, to, whence)

    def tell(self) -> int:
        return os.lseek(self.fd, 0, os.SEEK_CUR)

    def flush(self) -> None:
        pass

    def check(self) -> None:
        """Raises OSError where something went wrong."""
        if self.fault:
            raise self.fault


def repaired(path: Path) -> int:
    """The frames of a file that was never closed. 0 where it holds none, is none of ours or still being written.

    Raises OSError.
    """
    with path.open("r+b") as file:
        head = file.read(HEAD)
        if len(head) < HEAD or head[:4] != b"fLaC" or not locked(file.fileno()):
            return 0
        found: int = struct.unpack_from(">Q", head, COUNT_AT)[0] & COUNT
        return found


def _count(fd: int, frames: int) -> None:
    said = struct.unpack(">Q", os.pread(fd, 8, COUNT_AT))[0]
    os.pwrite(fd, struct.pack(">Q", said & ~COUNT | frames), COUNT_AT)
