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


_lock = threading.Lock()
_wanted: list[tuple[Glances, Path]] = []  # by the last one who asked
_busy = False


class Glances:
    """What a browser wants to know, found out by one thread for all. rate, block: of the gig.

    tell: called from that thread whenever more is known.
    """

    def __init__(self, rate: int, block: int, tell: Callable[[], object]) -> None:
        self._server, self._tell = (rate, block), tell

    def want(self, paths: Sequence[Path]) -> None:
        """These come next, and no others: what has been passed is not measured. None: it is over."""
        global _busy
        with _lock:
            if paths or all(asker is self for asker, _ in _wanted):
                _wanted[:] = [(self, path) for path in paths]
            if _busy or not _wanted:
                return
            _busy = True
        threading.Thread(target=_work, daemon=True, name="rig-glances").start()

    def find_out(self, path: Path) -> None:
        """Measure a model, unless it is known as it is now."""
        now = stamp(path)
        if path not in _kept or _kept[path][0] != now:
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


def _work() -> None:
    global _busy
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    while True:
        with _lock:
            if not _wanted:
                _busy = False
                return
            asker, path = _wanted.pop(0)
        with suppress(Exception):  # whoever asked may have gone meanwhile; others have not
            asker.find_out(path)
