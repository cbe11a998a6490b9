"""`rig play --watch`: a set, presets and the files that they name are followed while the gig goes on.

What has changed in a preset is an edit like any other; what has changed in a model or a cabinet is read anew. What
cannot be built is said, what played plays on, and it is tried again when its file changes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rig.document.corrections import taken_back
from rig.document.document import EngineSpec, Preset
from rig.document.file import PresetFile
from rig.errors import RigError
from rig.gig.builder import short
from rig.gig.file_watcher import FileWatcher
from rig.gig.reconciler import Installed, Refused
from rig.gig.snapshot import News
from rig.kinds import MODEL, kind_of
from rig.models.library import read

if TYPE_CHECKING:
    from rig.gig.gig import Gig

LOOK_SECONDS = 0.1
AGAIN_SECONDS = 1.0  # a preset with a fault may lack no more than a file that is still to come


class Follower:
    """Follows a set's files. Methods are called from the gig's thread.

    watcher: has seen the files as they were before they were loaded.
    """

    def __init__(self, gig: Gig, watcher: FileWatcher) -> None:
        self._gig = gig
        self._watcher = watcher
        self._news: dict[str, News] = {}
        self._read: dict[int, str] = {}  # presets that were read anew, and what is to be said when all is built
        self._changed: set[Path] = set()  # models and cabinets that are being read anew
        self._later: dict[int, tuple[EngineSpec, EngineSpec | None]] = {}  # wanted, and what plays in its place
        self._faults: dict[int, tuple[str, float]] = {}  # of presets: what was said, and when to try again
        self._set_fault: tuple[str, float] = ("", 0.0)  # of the set's own file: the same
        self._look_again = 0.0

    def news(self) -> tuple[News, ...]:
        """Look for changes, and say what came of those that have been dealt with, each once."""
        if self._gig.building:
            return ()
        for message in self._read.values():
            self._say(message)
        self._read.clear()
        self._changed.clear()
        said, self._news = tuple(self._news.values()), {}
        if time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + LOOK_SECONDS
            self._look()
        return said

    def _say(self, message: str, wrong: bool = False) -> None:
        self._news[message] = News(message, wrong, reloaded=not wrong)

    # --- what has changed ---

    def _look(self) -> None:
        files = self._gig.files
        presets = {file.path: uid for uid, file in files.items()}
        named = {path for preset in self._gig.document.presets for path in preset.files}
        waited_for = {path for spec, _ in self._later.values() for path in spec.files.values()}
        changed = self._watcher.changed({*presets, *named, *waited_for})
        again = {uid for uid, (_, when) in self._faults.items() if time.monotonic() >= when}
        for uid in {presets[path] for path in changed if path in presets} | again:
            self._reread(uid)
        self._look_at_set()
        changed -= set(presets)
        if changed:
            self._changed |= changed
            if changed & waited_for:
                self._try_again(changed)
            self._gig.changed(changed)

    def _look_at_set(self) -> None:
        """The set's own file, which is read anew, too, where it had a fault that may be over."""
        file = self._gig.set_list.file
        if file is None:
            return
        line, again = self._set_fault
        if not self._watcher.changed({file.path}) and not (line and time.monotonic() >= again):
            return
        try:
            if self._gig.set_list.reread():
                self._say(f"reloaded {file.path.name}")
        except RigError as error:
            said = short(str(error), [file.path])
            if said != line:
                self._say(f"{said}; what played plays on", wrong=True)
            self._set_fault = (said, time.monotonic() + AGAIN_SECONDS)
            return
        self._set_fault = ("", 0.0)

    def _reread(self, uid: int) -> None:
        """A preset has changed, or had a fault that may be over."""
        old = self._gig.files[uid]
        try:
            file = old.read_again()
            if file.text != old.text:
                self._gig.accept(file)
        except RigError as error:
            line = short(str(error), [old.path])
            if line != self._faults.get(uid, ("", 0.0))[0]:
                self._say(f"{line}; what played plays on", wrong=True)
            self._faults[uid] = (line, time.monotonic() + AGAIN_SECONDS)
            return
        self._faults.pop(uid, None)
        if file.text != old.text:
            self._forget(file.preset)
            self._read[uid] = f"reloaded {file.path.name}"

    def _try_again(self, changed: Iterable[Path]) -> None:
        """What a preset wants and could not be built may be whole now."""
        for file in self._gig.files.values():
            mine = {spec.uid for spec in file.preset.engines()}
            waiting = [pair for pair in self._later.values() if pair[0].uid in mine]
            if any(path in changed for spec, _ in waiting for path in spec.files.values()):
                self._forget(file.preset)
                base = file.preset
                for spec, old in waiting:
                    base = taken_back(base, spec, old)
                self._gig.accept(file, base)

    def _forget(self, preset: Preset) -> None:
        for spec in preset.engines():
            self._later.pop(spec.uid, None)

    def accept(self, file: PresetFile) -> None:
        """A preset was written or read by the gig itself (save, revert): that is no change."""
        self._watcher.accept(file.path, file.seen)
        self._forget(file.preset)
        self._faults.pop(file.preset.uid, None)

    # --- what came of it ---

    def installed(self, item: Installed) -> None:
        """A chain has come to be heard."""
        paths = {path for spec in item.wish.engines for path in spec.files.values()}
        told = sorted(paths & self._changed)
        if told:
            self._say(f"reloaded {', '.join(map(_told, told))}")

    def refused(self, item: Refused) -> bool:
        """A chain cannot be built. Returns whether it was a changed file's fault, which is said here."""
        spec, old = item.spec, item.old
        if spec is None:
            return False
        files = self._gig.files.values()
        preset = next((file.preset for file in files if spec.uid in {s.uid for s in file.preset.engines()}), None)
        by_file = not self._changed.isdisjoint(spec.files.values())
        by_preset = preset is not None and preset.uid in self._read
        if not by_file and not by_preset:
            return False
        if preset is not None and (by_preset or old is None or old.files != spec.files):
            self._later[spec.uid] = (spec, old)
            self._read.pop(preset.uid, None)
        self._say(f"{item.error}; what played plays on", wrong=True)
        return True


def _told(path: Path) -> str:
    """ "lead.json: ESR 0.0123"."""
    esr = None
    with suppress(RigError):  # a cabinet, or gone by now
        esr = read(path).metadata.get("esr") if kind_of(path) is MODEL else None
    return f"{path.name}: ESR {esr:.4f}" if isinstance(esr, float) else path.name
