"""The set's files: what of the document is saved in them, and what comes of it when somebody else changes one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rig.document import merge
from rig.document.corrections import at_path
from rig.document.document import AMPS, Preset
from rig.document.file import PresetFile
from rig.document.history import History
from rig.errors import RigError
from rig.files import reason
from rig.shipped import own_copy


class PresetFiles(dict[int, PresetFile]):
    """By the presets' identities. written: is told of each file that was written, or read, by us."""

    def __init__(self, files: Iterable[PresetFile], history: History) -> None:
        super().__init__({file.preset.uid: file for file in files})
        self._history = history
        self.written: Callable[[PresetFile], None] = lambda file: None

    def save(self, *, over: bool = False) -> str:
        """Write what was changed into the presets' files. Returns what to say of it. Raises RigError."""
        changed = self._history.unsaved()
        if not changed:
            raise RigError("all is saved already")
        return f"saved {', '.join([self._save(preset, over) for preset in changed])}"

    def _save(self, preset: Preset, over: bool) -> str:
        """Into its file, or where that ships and is nobody's, into one of the player's own. Returns its name."""
        own = own_copy(self[preset.uid].path)
        if own is None:
            self._keep(self[preset.uid].saved(preset, over=over))
            return self[preset.uid].path.name
        try:
            own.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RigError(f"{own} can't be saved: {reason(error)}; 'save as FILE' saves elsewhere") from None
        self.save_as(preset, own, over=over)
        return f"{own}, your own from now on"

    def save_as(self, preset: Preset, path: Path, *, over: bool = False) -> str:
        """Write a preset into another file, which is its file from then on. Returns what to say. Raises RigError."""
        file = self[preset.uid].saved_as(preset, path, over=over)
        self._history.amend(lambda document: at_path(document, preset.uid, path))
        self._keep(file)
        return f"saved {path}"

    def revert(self, preset: Preset) -> None:
        """Want a preset as its file has it now. Raises RigError."""
        file = self[preset.uid].read_again()
        if preset.as_written() == file.preset:
            raise RigError(f"{file.path.name} is as it was saved")
        self._history.do(self._history.document.with_preset(file.preset), "revert", time.monotonic())
        self._keep(file)

    def accept(self, file: PresetFile, what: str, base: Preset | None = None) -> None:
        """A file was read anew: all that differs from `base`, which is what it said before, is wanted now.

        Raises RigError where that makes too many amps.
        """
        uid = file.preset.uid
        document = self._history.document
        ours = next(preset for preset in document.presets if preset.uid == uid)
        merged = merge.merged(base or self[uid].preset, file.preset, ours)
        wanted = document.with_preset(merged)
        amps = wanted.stage(merged.amps[0].uid)
        if len(amps) > AMPS:
            whole = "preset" if wanted.songs else "set"
            raise RigError(f"{file.path}: {len(amps)} amps in this {whole}; {AMPS} is the most")
        self._history.do(wanted, what, time.monotonic())
        self[uid] = file
        self._history.save(file.preset)

    def _keep(self, file: PresetFile) -> None:
        self[file.preset.uid] = file
        self._history.save(file.preset)
        self.written(file)
