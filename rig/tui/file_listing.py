"""What lies in a folder, for a player who looks for a sound: folders first, nothing hidden, found by a few letters."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rig import kinds
from rig.errors import RigError
from rig.files import reason

ENDINGS = {"model": kinds.MODELS, "ir": kinds.SOUNDS}
"""The endings of the files that a preset's key names; for other keys all files are shown."""

NUMBER = re.compile(r"\d+")


class Entry(NamedTuple):
    """A folder or a file in `folder`. size: bytes, 0 for a folder. up: it is the folder above."""

    folder: Path
    name: str
    is_folder: bool
    size: int = 0
    up: bool = False

    @property
    def path(self) -> Path:
        return self.folder.parent if self.up else self.folder / self.name


def look(folder: Path, key: str) -> tuple[Entry, ...]:
    """The folders in `folder` and the files that may be a `key` ("model", "ir"). Raises RigError saying why not."""
    endings = ENDINGS.get(key, ("",))
    try:
        with os.scandir(folder) as entries:
            found = [_entry(folder, entry, endings) for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise RigError(reason(error)) from None
    return tuple(sorted(filter(None, found), key=_order))


def _entry(folder: Path, entry: os.DirEntry[str], endings: tuple[str, ...]) -> Entry | None:
    try:
        if entry.is_dir():
            return Entry(folder, entry.name, True)
        if entry.name.lower().endswith(endings) and entry.is_file():
            return Entry(folder, entry.name, False, entry.stat().st_size)
    except OSError:  # a link that leads nowhere
        pass
    return None


def _order(entry: Entry) -> tuple[bool, str, str]:
    """Folders first, then by name; "lead 9" before "lead 10"."""
    counted = NUMBER.sub(lambda number: number[0].zfill(12), entry.name.casefold())
    return not entry.is_folder, counted, entry.name


def matching(entries: Sequence[Entry], typed: str) -> tuple[Entry, ...]:
    """The entries whose names hold every word that was typed, in any order, large or small."""
    words = typed.casefold().split()
    return tuple(entry for entry in entries if all(word in entry.name.casefold() for word in words))


def size(count: int) -> str:
    """Bytes in three figures or so: "18 kB", "1.2 MB"."""
    if count >= 1e6:
        return f"{count / 1e6:.1f} MB"
    return f"{count / 1e3:.0f} kB" if count >= 1000 else f"{count} B"


def homely(path: Path) -> str:
    """A path as a player writes it: "~/models/nam"."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path != home and path.is_relative_to(home) else str(path)
