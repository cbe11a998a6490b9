"""What is made once in a run of the tests, for whichever worker asks first."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Made:
    """folder: where what is made lies; all workers of a run share it."""

    folder: Path

    def once(self, name: str, make: Callable[[Path], object]) -> Path:
        """The file or folder of that name, made by make(where) if it is not there yet. Another worker waits meanwhile."""
        made, new = self.folder / name, self.folder / f"{name}.new"
        with (self.folder / f"{name}.lock").open("w") as turn:  # closed, it is unlocked
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not made.exists():
                if new.is_dir():  # of one that failed
                    shutil.rmtree(new)
                make(new)
                new.replace(made)
        return made
