"""Writes what is heard to disk: a thread that empties the rack's ring into a sound file."""

from __future__ import annotations

import threading
from pathlib import Path

from rig.errors import RigError
from rig.native import Rack
from rig.sound import whole


class Recorder:
    """Records out_1 and out_2 into a WAV from now until stop(). Raises RigError where the file can't be made."""

    def __init__(self, rack: Rack, path: Path, rate: int) -> None:
        import soundfile

        if path.suffix.lower() != ".wav":
            raise RigError(f"{path}: recordings are .wav files")
        self.path = path
        self._rack = rack
        self._part = whole(path)
        try:
            self._file = soundfile.SoundFile(self._part.__enter__(), "w", rate, 2, "FLOAT", format="WAV")
        except (OSError, soundfile.LibsndfileError):
            raise RigError(f"{path}: can't be written") from None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._write, name="recorder", daemon=True)
        rack.recorded()  # leave behind what an earlier recording left
        rack.record(True)
        self._thread.start()

    def _write(self) -> None:
        while not self._done.wait(0.05):
            self._file.write(self._rack.recorded())
        self._file.write(self._rack.recorded())

    def stop(self) -> None:
        """End the recording; only then does the file bear its name."""
        self._rack.record(False)
        self._done.set()
        self._thread.join()
        self._file.close()
        self._part.__exit__(None, None, None)
