"""The songs of a gig: which one plays, and which of its parts; what of the set stands ready; and the set's file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rig.document import edits
from rig.document.document import AMPS, Document, Pick, Preset, Song
from rig.document.file import open_preset
from rig.document.read_set import SongText, preset_named, songs_of
from rig.document.set_file import SetFile, new_set, open_set, said_of
from rig.errors import RigError, cut, did_you_mean
from rig.gig.bookmark import Bookmark
from rig.gig.snapshot import SongRow, SongView

if TYPE_CHECKING:
    from rig.gig.gig import Gig


class SetList:
    """Methods are called from the gig's thread.

    file: of the set; None: it was made of presets, and is saved nowhere.
    """

    def __init__(self, gig: Gig, file: SetFile | None) -> None:
        self._gig, self.file = gig, file
        self._song = 0  # its identity
        self._at = 0  # where it stood
        self.part = -1  # of its parts; what plays may be none
        self._known: tuple[Document | None, bool] = (None, False)

    # --- which song, which part ---

    @property
    def song(self) -> Song | None:
        """The song that plays; None where there is none, or an amp of another preset was picked."""
        song = self._gig.document.song(self._song)
        if song is not None:
            self._at = self._gig.document.number(song) - 1
        return song

    def play(self, song: Song) -> None:
        """Begin a song: its first part. A solo of the one before is over."""
        if song.uid != self._song:
            self._gig.boosted = False
        self._song = song.uid
        self._at = self._gig.document.number(song) - 1
        self._play_part(song, 0)

    def begin(self, last: Bookmark | None = None) -> None:
        """Begin the song that was played last, or else the first that is not passed over."""
        songs = self._gig.document.songs
        if songs:
            self.play(first_song(songs, last))

    def step(self, by: int) -> None:
        """The next song that is not passed over, or the one before. Raises RigError where there is none."""
        self.play(self.song_ahead(by))

    def song_ahead(self, by: int) -> Song:
        """Which one that is. Raises RigError."""
        songs, here = self._songs(), self.song
        at = self._at if here is not None else self._at - (by > 0)
        ahead = songs[at + 1 :] if by > 0 else songs[: max(0, at)][::-1]
        song = next((song for song in ahead if not song.skip), None)
        if song is None:
            raise RigError(f"this is the {'last' if by > 0 else 'first'} song")
        return song

    def play_part(self, words: str) -> None:
        """A part of the song: "next", "prev" or its number, from 1. Raises RigError."""
        song, at = self.part_meant(words)
        self._play_part(song, at)

    def part_meant(self, words: str) -> tuple[Song, int]:
        """Which one that is: its song, and its place there. Raises RigError."""
        song, parts = self._parts()
        if words in ("next", "prev"):
            at = self.part + (1 if words == "next" else -1)
            if not 0 <= at < len(parts):
                raise RigError(f"this is the {'last' if words == 'next' else 'first'} part of {song.name}")
            return song, at
        if not re.fullmatch("[0-9]{1,9}", words):
            raise RigError("part: which? 'next', 'prev' or its number")
        if not 1 <= int(words) <= len(parts):
            raise RigError(f"no part {words}: {song.name} has {len(parts)}")
        return song, int(words) - 1

    def _play_part(self, song: Song, at: int) -> None:
        part = parts(self._gig.document, song)[at]
        self.part = at
        self._gig.play(part.amp, part.scene)
        self.part = at  # of two that are alike, this one

    def picked(self) -> None:
        """An amp was picked, or a scene: the part that it is, rather one to come; of another preset, another song."""
        document, song = self._gig.document, self.song
        preset = document.preset_of(self._gig.playing).uid
        if song is None or song.preset != preset:
            after = (*document.songs[self._at :], *document.songs[: self._at])
            song = next((other for other in after if other.preset == preset), None)
            self._song, self.part = (song.uid, -1) if song else (0, -1)
        if song is not None:
            now = Pick(self._gig.playing, self._gig.amp.scene)
            found = [at for at, part in enumerate(parts(document, song)) if part == now]
            self.part = next((at for at in found if at >= self.part), found[0] if found else self.part)

    def _songs(self) -> tuple[Song, ...]:
        songs = self._gig.document.songs
        if not songs:
            raise RigError("there are no songs: 'rig play SET.toml', or several presets, make a set")
        return songs

    def _parts(self) -> tuple[Song, tuple[Pick, ...]]:
        song = self.song
        self._songs()
        if song is None:
            raise RigError("no song plays; 'song next' begins one")
        return song, parts(self._gig.document, song)

    def named(self, words: str) -> Song:
        """A song by its number (from 1) or its name. Raises RigError with the nearest name."""
        return named(self._songs(), words)

    @property
    def tempo(self) -> float | None:
        """Of what plays: the song's, or its preset's."""
        song = self.song
        return song.tempo if song and song.tempo else self._gig.preset.tempo

    def view(self) -> SongView | None:
        """What the screen shows of it."""
        document, song = self._gig.document, self.song
        if not document.songs:
            return None
        songs = document.songs
        after = next((other.name for other in songs[self._at + (song is not None) :] if not other.skip), "")
        before = next((other.name for other in reversed(songs[: self._at]) if not other.skip), "")
        if song is None:
            return SongView(0, len(songs), next=after, previous=before)
        picks = parts(document, song)
        called = tuple(_called(document, pick) for pick in picks)
        return SongView(
            self._at + 1, len(songs), song.name, after, self.part + 1, called, song.notes, song.tempo, song.skip, before
        )

    def rows(self) -> tuple[SongRow, ...]:
        """All songs, as a list shows them."""
        document = self._gig.document
        called = {preset.uid: preset.name for preset in document.presets}
        return tuple(
            SongRow(number, song.name, called[song.preset], song.tempo, song.notes, song.skip, song.uid)
            for number, song in enumerate(document.songs, 1)
        )

    # --- what stands ready ---

    def near(self) -> Document:
        """The document with those presets that are to stand in the rack, the one that plays first, then those of the
        songs around it, as many as it has slots for.
        """
        document = self._gig.document
        if not document.songs:
            return document
        presets, room = [document.preset_of(self._gig.playing)], AMPS
        room -= len(presets[0].amps)
        by_uid = {preset.uid: preset for preset in document.presets}
        for song in self._around(document):
            preset = by_uid[song.preset]
            if all(preset is not other for other in presets):
                room -= len(preset.amps)
                if room < 0:
                    break
                presets.append(preset)
        return replace(document, presets=tuple(presets))

    def _around(self, document: Document) -> Iterator[Song]:
        """The songs, the nearest first, the next before the one before."""
        at, songs = self._at, document.songs
        for away in range(len(songs)):
            if at + away < len(songs):
                yield songs[at + away]
            if away and at - away >= 0:
                yield songs[at - away]

    # --- other songs ---

    def add(self, words: str) -> Song:
        """A new song behind the one that plays: "rock", "rock.toml as Creep". Raises RigError."""
        said, _, name = (part.strip() for part in words.partition(" as "))
        document = self._gig.document
        path = preset_named(said, self.file.path.parent if self.file else Path())
        preset = next((preset for preset in document.presets if preset.path.resolve() == path), None)
        file = None if preset else open_preset(path)
        if file:
            preset = file.preset
            document = replace(document, presets=(*document.presets, preset))
        assert preset is not None
        begun = document.songs
        if not begun:  # one preset was played: it is the first song
            own = self._gig.preset
            document, _ = edits.new_song(document, own.name, own.uid, None)
            begun = document.songs
        here = document.song(self._song)
        after = here or (document.songs[min(self._at, len(document.songs) - 1)])
        document, uid = edits.new_song(document, name or preset.name, preset.uid, after.uid)
        if file:
            self._gig.files[preset.uid] = file
            self._gig.history.include(preset)
        if not self._gig.document.songs:  # nor does undo go back to a set of presets without songs
            self._gig.history.amend(lambda before: replace(before, songs=begun))
        self._gig.edit(document, f"add {name or preset.name}")
        self.picked()
        found = self._gig.document.song(uid)
        assert found is not None
        return found

    # --- the set's file ---

    @property
    def unsaved(self) -> bool:
        """Whether the songs differ from what the set's file says."""
        if self.file is None:
            return False
        document = self._gig.document
        if self._known[0] is not document:
            self._known = (document, said_of(document, self.file).songs != self.file.said.songs)
        return self._known[1]

    def save(self, *, over: bool = False) -> str:
        """Write the songs into the set's file. Returns its name. Raises RigError."""
        assert self.file is not None
        self._keep(self.file.saved(said_of(self._gig.document, self.file), over=over))
        return self.file.path.name

    def reread(self) -> bool:
        """Take the songs as the set's file says them now, those that it had before being the same ones; whether it says
        anything else. Raises RigError where that cannot be played, and where songs were changed here, too.
        """
        assert self.file is not None
        file = open_set(self.file.path)
        if file.text == self.file.text:
            return False
        if self.unsaved:
            raise RigError(f"{file.path.name}: songs were changed here, too: 'save over' writes them over what it says")
        document = self._gig.document
        presets = {preset.path.resolve(): preset for preset in document.presets}
        new = {path: open_preset(path) for song in file.said.songs if (path := song.preset) not in presets}
        presets |= {path: preset.preset for path, preset in new.items()}
        said = replace(file.said, songs=_recognised(file.said.songs, self.file.said.songs))
        songs, faults = songs_of(said, presets)
        if faults:
            raise RigError(faults[0])
        for preset_file in new.values():
            self._gig.files[preset_file.preset.uid] = preset_file
            self._gig.history.include(preset_file.preset)
        self._keep(replace(file, said=said, origin=(file.text, said)))
        self._gig.edit(replace(self._gig.document, songs=songs), f"{file.path.name} as it is now")
        self.picked()
        return True

    def save_as(self, path: Path) -> str:
        """Write the songs into a new file, which is the set's from then on. Returns what to say. Raises RigError."""
        self._songs()
        said = said_of(self._gig.document, None, path.resolve())
        self._keep(new_set(path.resolve(), said))
        return f"saved {path}"

    def _keep(self, file: SetFile) -> None:
        self.file, self._known = file, (None, False)


def _recognised(new: Sequence[SongText], old: Sequence[SongText]) -> tuple[SongText, ...]:
    """Songs with the identities of those that were called so before, the first of one name being the first."""
    left = list(old)
    found = []
    for song in new:
        was = next((other for other in left if other.name == song.name), None)
        if was:
            left.remove(was)
        found.append(replace(song, uid=was.uid) if was else song)
    return tuple(found)


def named(songs: Sequence[Song], words: str) -> Song:
    """A song by its number (from 1) or its name. Raises RigError with the nearest name."""
    text = words.strip()
    if re.fullmatch("[0-9]{1,9}", text):
        if 1 <= int(text) <= len(songs):
            return songs[int(text) - 1]
        raise RigError(f"no song {text}: this set has {len(songs)}")
    found = [(number, song) for number, song in enumerate(songs, 1) if song.name.casefold() == text.casefold()]
    if len(found) > 1:
        numbers = " or ".join(str(number) for number, _ in found)
        raise RigError(f"{len(found)} songs are called '{cut(text)}': write their number, {numbers}")
    if not found:
        raise RigError(f"no song '{cut(text)}'{did_you_mean(text, [song.name for song in songs])}")
    return found[0][1]


def first_song(songs: Sequence[Song], last: Bookmark | None = None) -> Song:
    """The one that was played last; else the first that is not passed over, if there is one."""
    return (last and last.song_of(songs)) or next((song for song in songs if not song.skip), songs[0])


def parts(document: Document, song: Song) -> tuple[Pick, ...]:
    """What a song walks through, as far as it is there: its parts, or its preset's amps."""
    preset = next(preset for preset in document.presets if preset.uid == song.preset)
    return tuple(pick for pick in song.parts if _there(preset, pick)) or tuple(Pick(amp.uid) for amp in preset.amps)


def _there(preset: Preset, pick: Pick) -> bool:
    amp = preset.amp(pick.amp)
    return amp is not None and (not pick.scene or any(scene.name == pick.scene for scene in amp.scenes))


def _called(document: Document, pick: Pick) -> str:
    name = document.amp(pick.amp).name
    return f"{name}:{pick.scene}" if pick.scene else name
