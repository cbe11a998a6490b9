"""The last minutes, always in memory: written to disk by a thread, with what is needed to hear them again."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rig import toml
from rig.document.file import PresetFile
from rig.errors import RigError, cut, own_fault
from rig.files import reason
from rig.gig.diary import Entry
from rig.gig.wav import WavWriter
from rig.native import Rack

MINUTES = 10.0
SHARE = 8  # of the machine's memory, unless a player asks for more, the last minutes take one in so many
LOOP_MINUTES = 5.0
SPARE_SECONDS = 10.0  # by which the disk may be behind
FRAME = 12  # bytes: left, right, dry
PIECE = 1 << 16  # frames that are written at a time

DRY, WET, LIST = "dry.wav", "wet.wav", "kept.toml"
HEAD = """\
# What was heard, {seconds:.1f} s: {wet}; what the amps heard: {dry}, as long. `rig render FOLDER OUT.wav` plays it
# again, bit for bit but for the moment after a change, what rang when it began, and where a chorus or a tremolo stood.
# A knob that was turned in one go is one change. at: seconds; from there on it sounded so. open: neither muted nor
# tuned.
"""


class Room:
    """How much memory a gig takes for the last minutes and for loops. keep, loop: minutes; 0: none.

    keep: None: ten, or as many as an eighth of the machine's memory holds.
    """

    def __init__(self, keep: float | None = None, loop: float = LOOP_MINUTES) -> None:
        self.keep, self.loop = keep, loop

    def seconds(self, rate: int) -> float:
        """That are kept."""
        if self.keep is not None:
            return 60 * self.keep
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return min(60 * MINUTES, machine / SHARE / (FRAME * rate) - SPARE_SECONDS)

    def bytes(self, rate: int) -> tuple[int, int]:
        """Set aside for the last minutes, and for loops."""
        seconds = self.seconds(rate)
        return (FRAME * self._frames(seconds, rate), 4 * round(60 * self.loop * rate))

    @staticmethod
    def _frames(seconds: float, rate: int) -> int:
        return int((seconds + SPARE_SECONDS) * rate) if seconds > 0 else 0

    def take(self, rack: Rack) -> list[str]:
        """Give it to a rack that does not run yet. Returns what there is no memory for, a line each."""
        seconds, faults = self.seconds(rack.rate), []
        for take in (
            lambda: rack.keep(self._frames(seconds, rack.rate)),
            lambda: rack.looper(60 * self.loop),
        ):
            try:
                take()
            except RigError as error:
                faults.append(str(error))
        return faults


class Keeper:
    """Writes the last `seconds` of what a rack has played into a new folder beside nothing else, while it plays on.

    folder: where the new one is made. entries: what was heard meanwhile. files: of the presets, by identity.
    path: the folder. fault: what went wrong, in one line. seconds: that are written. Raises RigError: it can't be made.
    """

    def __init__(
        self, rack: Rack, folder: Path, start: int, end: int, entries: Sequence[Entry], files: Mapping[int, PresetFile]
    ) -> None:
        self.fault = ""
        self.seconds = (end - start) / rack.rate
        self._rack, self._start, self._end = rack, start, end
        self._entries, self._files = entries, dict(files)
        try:
            disk = os.statvfs(folder)
            if disk.f_bavail * disk.f_frsize < FRAME * (end - start):
                raise RigError(f"keep: {cut(str(folder.resolve()))} has no room for {FRAME * (end - start) >> 20} MB")
            self.path = _made(folder)
        except OSError as error:
            raise RigError(f"keep: nothing can be written in {cut(str(folder.resolve()))} ({reason(error)})") from None
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether all is written, or nothing can be written any more."""
        return not self._thread.is_alive()

    def join(self, seconds: float) -> bool:
        """Wait until it has ended; False, and a fault, where that takes longer."""
        self._thread.join(seconds)
        if not self.ended:
            self.fault = f"{self.path}: the disk is too slow; what is written so far can be played"
        return self.ended

    def _keep(self) -> None:
        try:
            lost = self._write_sound()
            self._write_presets()
            if lost:
                self.fault = f"{self.path}: the disk is too slow; the first {lost / self._rack.rate:.1f} s are silence"
        except OSError as error:
            self.fault = f"{self.path}: {reason(error)}; what is written so far can be played"
        except RigError as error:
            self.fault = f"{self.path}: {error}; the sound is kept"
        except Exception as error:  # whatever it is: the gig goes on, and says it
            self.fault = f"{self.path}: {own_fault(error)}"

    def _write_sound(self) -> int:
        """The oldest first, as that is written over next. Returns the frames that were written over."""
        rate, lost = self._rack.rate, 0
        wet, dry = WavWriter(self.path / WET, rate, 2), WavWriter(self.path / DRY, rate, 1)
        try:
            for at in range(self._start, self._end, PIECE):
                tracks, over = self._rack.kept_piece(at, min(PIECE, self._end - at))
                lost += over
                wet.write(tracks[:, :2])
                dry.write(tracks[:, 2:])
        finally:
            wet.close()
            dry.close()
        return lost

    def _write_presets(self) -> None:
        """A file for each way in which a preset stood, and the list of what was heard when."""
        names: list[tuple[object, str]] = []
        lines = [HEAD.format(seconds=self.seconds, wet=WET, dry=DRY)]
        for entry in self._entries:
            sound, written = entry.sound, entry.sound.preset.as_written()
            name = next((name for preset, name in names if preset == written), "")
            if not name:
                name = f"{len(names) + 1}-{sound.preset.path.stem}.toml"
                self._files[sound.preset.uid].saved_as(written, self.path / name)
                names.append((written, name))
            facts = {
                "at": (entry.frame - self._start) / self._rack.rate,
                "preset": name,
                "amp": sound.called,
                "level": sound.level,
                "bypassed": sound.bypassed,
                "open": sound.open,
            }
            lines.append("\n[[change]]\n" + "".join(f"{key} = {toml.value(value)}\n" for key, value in facts.items()))
        (self.path / LIST).write_text("".join(lines))


def _made(folder: Path) -> Path:
    """A new folder, named after the moment."""
    stem, number = time.strftime("kept-%Y-%m-%d-%H%M%S"), 1
    while True:
        path = folder / (stem if number == 1 else f"{stem}-{number}")
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1
