"""What is written down of a gig: a recording, and the last minutes, which are always kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rig.errors import RigError
from rig.gig.diary import Diary, Sound
from rig.gig.kept import Keeper
from rig.gig.recorder import Recorder, rescued
from rig.gig.snapshot import News
from rig.text import minutes

if TYPE_CHECKING:
    from rig.gig.gig import Gig

WRITE_SECONDS = 5.0  # in the end, for a recording
FULL_SECONDS = (60.0, 600.0)  # of room on the disk, at which that is said


class Takes:
    """The recording that runs, the one before while it is still being written, and the last minutes."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self.recorder: Recorder | None = None
        self.finishing: Recorder | None = None  # records no more, but is still writing
        self.keeper: Keeper | None = None
        self._lost = 0  # frames of the recording, as far as it was said
        self._room = math.inf  # seconds that the disk has room for, the same
        self._diary = Diary()

    @property
    def path(self) -> str:
        """The file that is recorded into, or ""."""
        return str(self.recorder.path) if self.recorder else ""

    def look(self) -> None:
        """Say what has come of what is written. To be called often."""
        self._look_at_recorder()
        self._look_at_keeper()

    def moved(self) -> None:
        """The gig is about to go on in another rack."""
        self.stop()
        self._diary = Diary()

    def close(self) -> None:
        """Write what is to be written, if that takes a few seconds at most."""
        self.stop()
        if self.finishing and not self.finishing.join(WRITE_SECONDS):
            self._gig.tell(News(self.finishing.fault, wrong=True))
            self.finishing = None
        if self.keeper and not self.keeper.join(WRITE_SECONDS):
            self._gig.tell(News(self.keeper.fault, wrong=True))
            self.keeper = None
        self.look()

    def record(self, path: Path | None) -> None:
        """Record what is heard, and the dry guitar, into new files; where a recording runs, end that, whatever `path`.

        Raises RigError for None where none runs, and where the file can't be made.
        """
        if self.recorder:
            self.stop()
        elif path is None:
            raise RigError("record: into which file? 'record take.wav', and 'record' again to stop")
        elif self.finishing and not self.finishing.ended:
            raise RigError(f"record: {self.finishing.path.name} is still being written; record again in a moment")
        else:
            self._look_at_recorder()
            found = rescued(path.parent)
            self.recorder, self._lost = Recorder(self._gig.reconciler.rack, path, self._gig.client.rate), 0
            self._room = math.inf
            self._gig.say(f"recording into {self.recorder.path}")
            self._finished(found)

    def rescue(self, folder: Path) -> None:
        """Finish what recordings that were killed have left in a folder, and say so."""
        self._finished(rescued(folder))

    def _finished(self, takes: Sequence[Path]) -> None:
        if takes:
            self._gig.tell(News(f"finished what was broken off: {', '.join(map(str, takes))}"))

    def stop(self) -> None:
        """What came of it is news when all has been written."""
        if self.recorder:
            self.recorder.stop()
            self.recorder, self.finishing = None, self.recorder

    def _look_at_recorder(self) -> None:
        """Say at once what goes wrong with the recording, and what came of the one before."""
        recorder, finishing = self.recorder, self.finishing
        if finishing and finishing.ended:
            self.finishing = None
            self._gig.tell(News(finishing.fault or f"recorded {finishing.path}", wrong=bool(finishing.fault)))
        if recorder and recorder.lost > self._lost:
            self._lost = recorder.lost
            seconds = self._lost / self._gig.client.rate
            self._gig.tell(News(f"the disk is too slow: {seconds:.1f} s of the recording are silence", wrong=True))
        room = recorder.room if recorder else None
        near = next((seconds for seconds in FULL_SECONDS if room is not None and room < seconds < self._room), None)
        if room is not None and near is not None:
            self._room = near
            self._gig.tell(News(f"the disk has room for {minutes(room)} more of the recording", wrong=True))
        if recorder and recorder.ended:  # it can't go on
            self.recorder = None
            self._gig.tell(News(f"not recording any more: {recorder.fault}", wrong=True))

    def note(self) -> None:
        """What is heard from now on; what is being built is noted when it is there."""
        gig, rack = self._gig, self._gig.reconciler.rack
        seconds = gig.room.seconds(rack.rate)
        if seconds <= 0 or gig.reconciler.busy:
            return
        oldest = rack.kept - int(seconds * rack.rate)
        preset = gig.as_heard(gig.preset)
        if preset.follow and gig.time.followed_bpm:  # nobody will be there to be followed when it is played again
            preset = replace(preset, tempo=gig.time.followed_bpm, follow="")
        sound = Sound(preset, gig.playing, gig.document.level, gig.bypassed, gig.open)
        self._diary.note(rack.kept, sound, oldest)

    @property
    def kept(self) -> int:
        """Frames that `keep` would write."""
        rack = self._gig.reconciler.rack
        return max(0, min(rack.kept, round(self._gig.room.seconds(rack.rate) * rack.rate)))

    def keep(self, folder: Path) -> None:
        """Write the last minutes into a new folder. Raises RigError where nothing is kept, or it can't be written."""
        if not self.kept:
            raise RigError("keep: nothing is kept; 'rig play --keep MINUTES' keeps the last ones")
        if self.keeper and not self.keeper.ended:
            raise RigError(f"keep: {self.keeper.path} is still being written; keep again in a moment")
        self._look_at_keeper()
        self.note()
        rack = self._gig.reconciler.rack
        end = rack.kept
        start = end - min(end, self.kept)
        self.keeper = Keeper(rack, folder, start, end, self._diary.between(start, end, rack.rate), self._gig.files)
        self._gig.say(f"keeping the last {minutes(self.keeper.seconds)} in {self.keeper.path}")

    def _look_at_keeper(self) -> None:
        """Say what came of it."""
        keeper = self.keeper
        if keeper and keeper.ended:
            self.keeper = None
            said = f"kept {minutes(keeper.seconds)} in {keeper.path}; 'rig render {keeper.path} OUT.wav' plays it again"
            self._gig.tell(News(keeper.fault or said, wrong=bool(keeper.fault)))
