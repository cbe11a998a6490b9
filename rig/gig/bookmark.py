"""Where the player was, as it is kept for the next time: `rig play --resume`, and the choice that `rig play` offers.

A thread of its own writes it into a small file every now and then, and when the gig ends. Nobody waits for a disk: what
can't be written is not.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rig.document.document import Song
from rig.files import read_bytes, whole
from rig.shipped import own_copy

NAME = "last.json"
EVERY_SECONDS = 5.0
CLOSE_SECONDS = 1.0
LIMIT = 200_000  # bytes of such a file


@dataclass(frozen=True)
class Bookmark:
    """sources: what was played, as `rig play` takes it, absolute. song: its name, number: its place from 1; "" and 0
    where there was none. amp: as `--amp` takes it. level: of the output, in dB.
    """

    sources: tuple[str, ...] = ()
    song: str = ""
    number: int = 0
    amp: str = ""
    level: float = 0.0

    @property
    def paths(self) -> tuple[Path, ...]:
        """What to open: of what ships, the player's own copy where one was saved meanwhile."""
        paths = (Path(source) for source in self.sources)
        return tuple(own if (own := own_copy(path)) and own.is_file() else path for path in paths)

    def song_of(self, songs: Sequence[Song]) -> Song | None:
        """The song among those of a set, which may have moved; None where it has gone."""
        at = self.number - 1
        if 0 <= at < len(songs) and songs[at].name == self.song:
            return songs[at]
        return next((song for song in songs if song.name == self.song), None)


def read(folder: Path) -> Bookmark | None:
    """What was played last; None where nothing was, or where nobody can tell."""
    try:
        found = json.loads(read_bytes(folder / NAME, LIMIT))
        sources, song, number = found["sources"], str(found["song"]), int(found["number"])
        amp, level = str(found["amp"]), float(found["level"])
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    paths = tuple(map(str, sources)) if isinstance(sources, list) else ()
    if not paths or "\0" in "".join(paths) or not math.isfinite(level):
        return None
    return Bookmark(paths, song, number, amp, level)


def write(bookmark: Bookmark, folder: Path) -> None:
    """Only its owner may read what somebody plays. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with whole(folder / NAME) as part:
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(bookmark)), encoding="utf-8")


class BookmarkFile:
    """Follows one gig. Methods are called from the gig's thread, and take no longer than it takes to note a thing."""

    def __init__(self) -> None:
        self._now = Bookmark()
        self._given: tuple[str, ...] = ()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def write_into(self, folder: Path, sources: Sequence[Path]) -> None:
        """From now on it is in the file there; the folder is made where there is none."""
        self._given = tuple(str(path.absolute()) for path in sources)
        self.note(self._now)
        self._thread = threading.Thread(target=self._write, args=(folder,), daemon=True, name="rig-bookmark")
        self._thread.start()

    def note(self, now: Bookmark) -> None:
        """There the player is; without sources: what the gig was opened with."""
        self._now = now if now.sources else replace(now, sources=self._given)

    def close(self) -> None:
        """It ended. Waits a moment for it to be written."""
        self._done.set()
        if self._thread:
            self._thread.join(CLOSE_SECONDS)

    def _write(self, folder: Path) -> None:
        written, ends = None, False
        while not ends:
            ends, now = self._done.wait(EVERY_SECONDS if written else 0.0), self._now
            if now != written:
                with contextlib.suppress(OSError):
                    write(now, folder)
                written = now
