"""Which files have changed: found by asking the file system a few times a second, which costs next to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rig.files import Stamp, stamp


class FileWatcher:
    """Remembers how files looked. One that is being written counts as changed when it has come to rest.

    A file that is gone is no change: it may be about to be renamed into place.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, Stamp] = {}
        self._restless: dict[Path, Stamp] = {}

    def changed(self, paths: Iterable[Path]) -> set[Path]:
        """Those that changed since the last call and look as they did then, or longer. What is new here is noted."""
        found = set()
        for path in paths:
            now = stamp(path)
            if now is None or now == self._seen.setdefault(path, now):
                self._restless.pop(path, None)
            elif now == self._restless.get(path):
                self._seen[path] = self._restless.pop(path)
                found.add(path)
            else:
                self._restless[path] = now
        return found

    def accept(self, path: Path, seen: Stamp | None) -> None:
        """A file was read when it looked like this."""
        if seen is not None:
            self._seen[path] = seen
