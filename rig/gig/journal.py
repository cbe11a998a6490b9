"""What is not saved, as it is kept in case that it can't be: by a rig that is killed, or whose terminal is closed.

A thread of its own writes it into a small file: of each preset, and of the set, that differs from its file the text
that `save` would write there. It is gone as soon as all is saved, or the player has said that it may go. Nobody waits
for a disk: what can't be written is not.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rig.document import merge
from rig.document.document import AMPS, Document, Preset
from rig.document.file import PresetFile
from rig.document.read import examine_text
from rig.document.read_set import SetText, examine_set, songs_of
from rig.document.read_values import Fault
from rig.document.set_file import SetFile
from rig.errors import RigError
from rig.files import whole

Wanted = tuple[PresetFile | SetFile, Preset | SetText]
"""A file, and what is wanted in place of what it says."""

AFTER_SECONDS = 1.0  # what is still being turned is written once
CLOSE_SECONDS = 2.0
KEPT_SECONDS = 30 * 86400.0  # for which it is offered
LIMIT = 20_000_000  # bytes of such a file
VERSION = 1


@dataclass(frozen=True)
class Draft:
    """A preset or a set that is not saved. before: its file's text; text: what `save` would make of that."""

    path: Path
    before: str
    text: str


@dataclass(frozen=True)
class Offer:
    """What a rig has left that ended without saving. at: when it was changed last, seconds since 1970."""

    at: float
    drafts: tuple[Draft, ...]
    files: tuple[Path, ...]

    @property
    def about(self) -> str:
        """ "unsaved edits of blues.toml, from 21:04"."""
        then, now = time.localtime(self.at), time.localtime()
        when = time.strftime("%H:%M" if then[:3] == now[:3] else "%d %B, %H:%M", then)
        return f"unsaved edits of {', '.join(draft.path.name for draft in self.drafts)}, from {when}"

    def taken(self, document: Document) -> Document:
        """A document with these edits on top of what it says. Raises RigError where they no longer fit."""
        for draft in self.drafts:
            here = (preset for preset in document.presets if preset.path.resolve() == draft.path.resolve())
            ours = next(here, None)
            if ours is None:
                document = _with_songs(document, draft)
                continue
            base = merge.recognised(_read(draft.path, draft.before, files=False), ours)
            theirs = merge.recognised(_read(draft.path, draft.text), base)
            document = document.with_preset(merge.merged(base, theirs, ours))
            if len(document.stage(ours.amps[0].uid)) > AMPS:
                raise RigError(f"{draft.path.name}: {AMPS} amps are the most")
        return document

    def forget(self) -> None:
        """It is dealt with."""
        for file in self.files:
            with contextlib.suppress(OSError):
                file.unlink()


def _with_songs(document: Document, draft: Draft) -> Document:
    """A document with the songs of a set that was not saved, those that it has keeping their identities."""
    said, faults = examine_set(draft.path, draft.text)
    presets = {preset.path.resolve(): preset for preset in document.presets}
    if said is not None:
        found, more = songs_of(said, presets)
        new = (song for song in said.songs if song.preset not in presets)
        faults += (*more, *(Fault(f"{draft.path}: add {song.name} first: song add {song.preset}") for song in new))
    if said is None or faults:
        raise RigError(f"what was not saved cannot be taken: {faults[0]}")
    known = {(song.name, song.preset): song.uid for song in document.songs}
    songs = (replace(song, uid=known.pop((song.name, song.preset), song.uid)) for song in found)
    return replace(document, songs=tuple(songs))


def _read(path: Path, text: str, *, files: bool = True) -> Preset:
    preset, faults = examine_text(path, text, files=files)
    if preset is None or (faults and files):
        raise RigError(f"what was not saved cannot be taken: {faults[0]}")
    return preset


class Journal:
    """Of one gig. Methods are called from the gig's thread, and take no longer than it takes to note a thing."""

    def __init__(self) -> None:
        self._wanted: tuple[Wanted, ...] = ()
        self._news, self._done = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._dropped = False
        self._taken: tuple[Offer, ...] = ()  # what was left before, and is ours now

    @property
    def keeps(self) -> bool:
        """Whether what is not saved in the end is offered at the next start."""
        return self._thread is not None and not self._dropped

    def write_into(self, folder: Path) -> None:
        """From now on it is in a file there; the folder is made where there is none."""
        name = time.strftime("unsaved-%Y-%m-%d-%H%M%S")
        path = folder / f"{name}-{os.getpid()}.json"
        self._thread = threading.Thread(target=self._write, args=(path,), daemon=True, name="rig-journal")
        self._thread.start()

    def note(self, unsaved: Iterable[Wanted]) -> None:
        """These presets, and the set, are not saved."""
        wanted = tuple(unsaved)
        if wanted != self._wanted and not self._dropped:
            self._wanted = wanted
            self._news.set()

    def drop(self) -> None:
        """The gig ends, and the player has said that what is not saved may go."""
        self.note(())
        self._dropped = True

    def take_over(self, offer: Offer) -> None:
        """What was left before is noted from now on; its files go when that is written."""
        self._taken += (offer,)
        self._news.set()

    def close(self) -> None:
        """The gig has ended. Waits a moment for it to be written."""
        self._done.set()
        self._news.set()
        if self._thread:
            self._thread.join(CLOSE_SECONDS)

    def _write(self, path: Path) -> None:
        written: object = ()
        while not self._done.is_set():
            self._news.wait()
            self._done.wait(AFTER_SECONDS)  # more may follow
            self._news.clear()
            wanted, taken = self._wanted, self._taken
            if wanted != written:
                try:
                    _keep(wanted, path)
                except Exception:  # a full disk, or a fault of ours: the next edit is tried again, and the gig goes on
                    continue
                written = wanted
            for offer in taken:
                offer.forget()


def _keep(wanted: Sequence[Wanted], path: Path) -> None:
    """Only its owner may read what somebody plays. Raises OSError."""
    drafts = [draft for unsaved in wanted for draft in _drafts(unsaved)]
    if not drafts:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    process = {"process": os.getpid(), "started": _started(os.getpid())}
    told = {"version": VERSION, "at": time.time(), **process, "drafts": [asdict(draft) for draft in drafts]}
    with whole(path) as part:
        part.touch(mode=0o600)
        part.write_text(json.dumps(told, default=str), encoding="utf-8")


def _drafts(unsaved: Wanted) -> Iterator[Draft]:
    from rig.document.writing import fresh, rewritten, songs  # no start has to wait for it

    file, wanted = unsaved
    path, before = file.path.absolute(), file.text
    with contextlib.suppress(RigError):
        if isinstance(file, SetFile) and isinstance(wanted, SetText):
            yield Draft(path, before, songs.rewritten(*file.origin, wanted))
        elif isinstance(file, PresetFile) and isinstance(wanted, Preset):
            try:
                text = rewritten(*file.origin, wanted)
            except RigError:  # it can't be changed in place: `save as` would write another
                text = fresh(wanted)
            yield Draft(path, before, text)


def _started(process: int) -> str:
    """When a process was, which tells it from another one of its number later; "" where none runs."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def left(folder: Path, opened: Sequence[Path]) -> Offer | None:
    """What rigs that have ended left unsaved of these files, the latest of each. What is too old goes."""
    here = {path.resolve() for path in opened}
    latest: dict[Path, Draft] = {}
    files: list[Path] = []
    at = 0.0
    for path in sorted(folder.glob("unsaved-*.json"), reverse=True):
        found = _offer(path)
        if found is None:
            continue
        if not 0 <= time.time() - found.at < KEPT_SECONDS:
            found.forget()
            continue
        drafts = {draft.path.resolve(): draft for draft in found.drafts}
        if here.issuperset(drafts):
            latest = {**drafts, **latest}
            files.append(path)
            at = max(at, found.at)
    return Offer(at, tuple(latest.values()), tuple(files)) if latest else None


def _offer(path: Path) -> Offer | None:
    """What is in a file; None where its rig still runs, or nobody can tell."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(LIMIT))
        if found["started"] == _started(int(found["process"])):
            return None
        drafts = tuple(Draft(Path(d["path"]), str(d["before"]), str(d["text"])) for d in found["drafts"])
        return Offer(float(found["at"]), drafts, (path,))
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
