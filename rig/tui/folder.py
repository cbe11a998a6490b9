"""What lies in a folder, for a player who looks for a sound: folders first, nothing hidden, found by a few letters."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rig.errors import RigError
from rig.files import reason

ENDINGS = {
    "model": (".json", ".nam", ".aidax"),
    "ir": (".wav", ".flac", ".aif", ".aiff", ".ogg"),
}
"""The endings of the files that a preset's key names; for other keys all files are shown."""


@dataclass(frozen=True)
class Entry:
    """A folder or a file. size: bytes, 0 for a folder. up: the folder above."""

    path: Path
    is_folder: bool
    size: int = 0
    up: bool = False

    @cached_property
    def folded(self) -> str:
        return self.path.name.casefold()

    @cached_property
    def order(self) -> tuple:
        """Folders first, then by name; "lead 9" before "lead 10"."""
        parts = re.split(r"(\d+)", self.folded)
        return not self.is_folder, [(part.zfill(20) if part.isdigit() else part) for part in parts], self.path.name


def look(folder: Path, key: str) -> tuple[Entry, ...]:
    """The folders in `folder` and the files that may be a `key` ("model", "ir"). Raises RigError saying why not."""
    endings = ENDINGS.get(key)
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    found.append(_entry(folder, entry, endings))
    except OSError as error:
        raise RigError(reason(error)) from None
    return tuple(sorted((entry for entry in found if entry), key=lambda entry: entry.order))


def _entry(folder: Path, entry: os.DirEntry, endings: Sequence[str] | None) -> Entry | None:
    try:
        if entry.is_dir():
            return Entry(folder / entry.name, True)
        if entry.is_file() and (endings is None or entry.name.lower().endswith(tuple(endings))):
            return Entry(folder / entry.name, False, entry.stat().st_size)
    except OSError:  # a link that leads nowhere
        pass
    return None


def matching(entries: Sequence[Entry], typed: str) -> tuple[Entry, ...]:
    """The entries whose names hold every word that was typed, in any order, large or small."""
    words = typed.casefold().split()
    return tuple(entry for entry in entries if all(word in entry.folded for word in words))


def size(count: int) -> str:
    """Bytes in three figures or so: "18 kB", "1.2 MB"."""
    if count >= 1e6:
        return f"{count / 1e6:.1f} MB"
    return f"{count / 1e3:.0f} kB" if count >= 1000 else f"{count} B"


def homely(path: Path) -> str:
    """A path as a player writes it: "~/models/nam"."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path != home and path.is_relative_to(home) else str(path)
