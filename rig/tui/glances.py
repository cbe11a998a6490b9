"""What is told of the models in a folder, a few words each: measured one after the other beside the music, and kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rig.files import Stamp, stamp

SECONDS = 0.03  # for which a model's cost is measured
NICE = 10  # the thread that measures gives way to all others


class Glance(NamedTuple):
    """kind: "WaveNet". loudness_db: as its file says, or as measured. share: of a core that it takes, 0..1."""

    kind: str
    loudness_db: float
    share: float

    def words(self, room: int) -> str:
        """As much of it as there is room for, in columns."""
        numbers = f"{self.loudness_db:6.1f} dB {100 * self.share:5.1f} %"
        return next((text for text in (f"{self.kind[:9]:>9} {numbers}", numbers) if len(text) <= room), "")


_kept: dict[Path, tuple[Stamp | None, Glance | None]] = {}


def kept(path: Path) -> Glance | None:
    """What is known of a file."""
    return _kept.get(path, (None, None))[1]


class Glances:
    """Measures models in a thread. tell: called from there whenever more is known. rate, block: of the gig."""

    def __init__(self, rate: int, block: int, tell: Callable[[], object]) -> None:
        self._server, self._tell = (rate, block), tell
        self._wanted: list[Path] = []
        self._lock = threading.Lock()
        self._busy = False

    def want(self, paths: Sequence[Path]) -> None:
        """These come next, and no others: what has been passed is not measured."""
        with self._lock:
            self._wanted = list(paths)
            if self._busy or not paths:
                return
            self._busy = True
        threading.Thread(target=self._work, daemon=True, name="rig-glances").start()

    def _work(self) -> None:
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while True:
            with self._lock:
                if not self._wanted:
                    self._busy = False
                    return
                path = self._wanted.pop(0)
            now = stamp(path)
            if path in _kept and _kept[path][0] == now:
                continue
            _kept[path] = (now, self._look(path))
            self._tell()

    def _look(self, path: Path) -> Glance | None:
        from rig.report.model_facts import Played, model_facts

        with suppress(Exception):  # what does not play is told when it is tried
            found = model_facts(path, self._server, SECONDS)
            if isinstance(found.playing, Played):
                return Glance(
                    found.architecture.split()[0].rstrip(","), found.playing.loudness_db, found.playing.cost.share
                )
        return None
