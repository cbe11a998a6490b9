"""A preset's file: its text as it was read, and saving into it what was changed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from rig.document import merge
from rig.document.document import Preset
from rig.document.read import examine_text
from rig.document.read_values import FILE_LIMIT
from rig.errors import RigError
from rig.files import Stamp, read_text, reason, stamp, whole

BOM = "\ufeff"


@dataclass(frozen=True)
class PresetFile:
    """A file as it was read or written last. text: without a byte-order mark. preset: what it says.

    origin: text and preset as they were first read: whatever is saved is made from them, so that what is taken back
    leaves not a byte behind.
    """

    path: Path
    text: str
    preset: Preset
    seen: Stamp | None
    origin: tuple[str, Preset]
    bom: bool = False

    def read_again(self) -> PresetFile:
        """The file as it is now, what is in it having the identities that it had. Raises RigError."""
        file = open_preset(self.path)
        preset = merge.recognised(file.preset, self.preset)
        return replace(file, preset=preset, origin=(file.text, preset))

    def changed_elsewhere(self) -> bool:
        """Whether somebody else has written it since."""
        return changed_since(self.path, self.seen, self.text)

    def saved(self, preset: Preset, *, over: bool = False) -> PresetFile:
        """The file with `preset` in it, written whole or not at all. over: also where somebody else has changed it.

        Raises RigError where it was changed meanwhile, and where it can't be written.
        """
        if not over and self.changed_elsewhere():
            raise RigError(
                f"{self.path.name} was changed on disk meanwhile: 'save over' writes over that, 'revert' takes it"
            )
        return self._written(preset)

    def saved_as(self, preset: Preset, path: Path, *, over: bool = False) -> PresetFile:
        """A copy at another path, with `preset` in it. Raises RigError where there is a file, unless it is to go."""
        if path.exists() and not over:
            raise RigError(f"{path} is there already: 'save over as {path}' writes over it")
        return replace(self, path=path)._written(replace(preset, path=path))

    def _written(self, preset: Preset) -> PresetFile:
        preset = preset.as_written()
        from rig.document.writing import rewritten  # no start has to wait for it

        text = rewritten(*self.origin, preset)
        seen = write(self.path, (BOM if self.bom else "") + text)
        return replace(self, text=text, preset=preset, seen=seen)


def open_preset(path: Path) -> PresetFile:
    """Read and check a preset, its files' existence included. Raises RigError: see `read_preset`."""
    seen = stamp(path)
    text = read_text(path, "preset", FILE_LIMIT)
    preset, faults = examine_text(path, text)
    if preset is None or faults:
        raise RigError(faults[0])
    return PresetFile(path, text, preset, seen, (text, preset), has_bom(path))


def changed_since(path: Path, seen: Stamp | None, text: str) -> bool:
    """Whether somebody else has written a file since it was `seen` with that text."""
    now = stamp(path)
    if now is None or now == seen:
        return False
    try:
        return read_text(path, "preset", FILE_LIMIT) != text
    except RigError:
        return True


def has_bom(path: Path) -> bool:
    """Whether a file begins with a byte-order mark."""
    with path.open("rb") as file:
        return file.read(3) == BOM.encode()


def write(path: Path, text: str) -> Stamp | None:
    """Write a file whole or not at all: to where a symbolic link leads, with the permissions that it has."""
    target = path.resolve()
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        if mode is not None and not os.access(target, os.W_OK):
            raise PermissionError(13, "permission denied")
        with whole(target) as part:
            part.write_bytes(text.encode())
            if mode is not None:
                part.chmod(mode)
    except OSError as error:
        raise RigError(f"{path} can't be saved: {reason(error)}; 'save as FILE' saves elsewhere") from None
    return stamp(target)
