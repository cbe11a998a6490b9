"""A set's TOML -> its songs. Every error names file, song, key, and what is right. The way back: writing/songs.py.

name = "Friday"

[[song]]
name = "Wonderwall"
preset = "blues.toml"          # seen from the set's folder; or a preset's name, as `rig play` takes it
tempo = 87
parts = ["Clean", "Crunch", "Lead:Solo"]
notes = "capo 2"
skip = true
send = ["pc 3 17"]             # what other gear is told as it begins
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rig import toml
from rig.document.document import SONGS, TEMPO, Pick, Preset, Song, identity
from rig.document.read import Reader
from rig.document.read_values import FILE_LIMIT, Fault, TooMany, shown, toml_kind
from rig.errors import RigError
from rig.files import read_text, spelled, unreadable
from rig.kinds import PRESET, kind_of
from rig.shipped import find_preset

NOTES = 2000
"""Letters of a song's notes."""

PARTS = 64
"""Of a song."""

KEYS = ("name", "preset", "tempo", "parts", "notes", "skip", "send")
"""Of a song, as they follow each other where they are new."""

SONG = re.compile(r"""^[ \t]*(\[{1,2}[ \t]*["']?song["']?[ \t]*\]|["']?song["']?[ \t]*=)""", re.MULTILINE)


@dataclass(frozen=True)
class SongText:
    """A song as its file has it. preset: the file. parts: "Lead", "Lead:Solo". uid: the song's identity."""

    name: str
    preset: Path
    tempo: float | None = None
    parts: tuple[str, ...] = ()
    notes: str = ""
    skip: bool = False
    send: tuple[str, ...] = ()
    uid: int = field(default_factory=identity, compare=False)


@dataclass(frozen=True)
class SetText:
    """A set as its file has it."""

    path: Path
    name: str
    songs: tuple[SongText, ...] = ()


def is_set(path: Path) -> bool:
    """Whether a file that can be read is a set: it has songs, and not only words about them."""
    try:
        small = path.suffix.lower() == ".toml" and path.is_file() and path.stat().st_size <= FILE_LIMIT
        return small and kind_of(path) is PRESET and bool(SONG.search(path.read_text("utf-8-sig")))
    except (OSError, ValueError):
        return False


def read_set(path: Path) -> SetText:
    """Read and check a set's file; its presets are there, but not read. Raises RigError with the first fault."""
    found, faults = examine_set(path, read_text(path, "preset", FILE_LIMIT))
    if found is None or faults:
        raise RigError(faults[0])
    return found


def examine_set(path: Path, text: str, *, files: bool = True) -> tuple[SetText | None, tuple[Fault, ...]]:
    """What a set's text says (None where it is no TOML at all; without songs that have no preset), and all its faults.

    files: whether a preset that is not there is a fault.
    """
    try:
        content = toml.read(text, path, "set")
    except RigError as error:
        return None, (Fault(str(error)),)
    reader, found = _SetReader(path, {}, files), None
    with contextlib.suppress(TooMany):
        found = SetText(path, reader.name(content, "") or path.stem, reader.songs(content))
    return found, tuple(reader.faults)


class _SetReader(Reader):
    """Notes every fault, as the reader of presets does."""

    def songs(self, content: Mapping[str, object]) -> tuple[SongText, ...]:
        self.known(content, "", ("name", "song"))
        listed = content.get("song", [])
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            self.fault("", "a song starts with [[song]], in two pairs of brackets")
            return ()
        if not listed:
            self.fault("", "no song; a set needs at least one [[song]]")
        if len(listed) > SONGS:
            self.fault("", f"{len(listed)} songs; a set has at most {SONGS}")
        found = (self.song(entry, number) for number, entry in enumerate(listed[:SONGS], 1))
        return tuple(song for song in found if song is not None)

    def song(self, table: Mapping[str, object], number: int) -> SongText | None:
        place = f"song {number}"
        name = self.name(table, place)
        place = f"{place} '{name}'" if name else place
        self.known(table, place, KEYS)
        preset = self.preset_file(table, place)
        tempo = self.number(table["tempo"], "tempo", place, *TEMPO, "beats a minute") if "tempo" in table else None
        parts, notes, skip = self.parts(table, place), self.notes(table, place), self.truth(table, "skip", place, False)
        send = self.said(table.get("send", ()), "send", place)
        return SongText(name or preset.stem, preset, tempo, parts, notes, skip, send) if preset else None

    def preset_file(self, table: Mapping[str, object], place: str) -> Path | None:
        said = table.get("preset")
        if not isinstance(said, str) or not said:
            wrong = f"preset must be a path in quotes, not {toml_kind(said)}"
            self.fault(place, wrong if said else 'no preset; give it one: preset = "blues.toml"')
            return None
        try:
            return preset_named(said, self.path.parent, files=self.files)
        except RigError as error:
            self.fault(place, str(error))
        except (OSError, RuntimeError, ValueError):
            self.fault(place, f"preset = {shown(said)} is no path")
        return None

    def parts(self, table: Mapping[str, object], place: str) -> tuple[str, ...]:
        parts = table.get("parts", [])
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            self.fault(place, f'parts = {shown(parts)} must be a list of amps: parts = ["Clean", "Lead:Solo"]')
            return ()
        if len(parts) > PARTS:
            self.fault(place, f"{len(parts)} parts; a song has at most {PARTS}")
        return tuple(parts[:PARTS])

    def notes(self, table: Mapping[str, object], place: str) -> str:
        notes = table.get("notes", "")
        if not isinstance(notes, str):
            self.fault(place, f"notes must be a text in quotes, not {toml_kind(notes)}")
            return ""
        if len(notes) > NOTES:
            self.fault(place, f"{len(notes)} letters of notes; a song has at most {NOTES}")
        return notes[:NOTES]


def preset_named(said: str, folder: Path, *, files: bool = True) -> Path:
    """The preset's file that a set in `folder` means: one that lies there, with or without .toml, or one that
    `rig play` finds by that name. files: whether it must be there. Raises RigError.
    """
    given = folder / Path(said).expanduser()
    for path in (given, given.with_name(f"{given.name}.toml")):
        if path.is_file():
            return spelled(path).resolve()
    if Path(said) == Path(Path(said).name) and (not Path(said).suffix or Path(said).suffix == ".toml"):
        found = find_preset(Path(said)) if files or not Path(said).suffix else given
        if found.is_file():
            return found.resolve()
    if files:
        raise RigError(unreadable(given, "preset", said) or f"preset = {shown(said)} is no file")
    return given.resolve()


def songs_of(found: SetText, presets: Mapping[Path, Preset]) -> tuple[tuple[Song, ...], tuple[Fault, ...]]:
    """A set's songs, with the presets that they play, by their files; and what parts name that there is not."""
    reader = _SetReader(found.path, {})
    songs = []
    with contextlib.suppress(TooMany):
        for number, text in enumerate(found.songs, 1):
            preset = presets.get(text.preset)
            if preset is not None:
                parts = _picks(reader, f"song {number} '{text.name}'", text.parts, preset)
                songs.append(Song(text.name, preset.uid, text.tempo, parts, text.notes, text.skip, text.send, text.uid))
    return tuple(songs), tuple(reader.faults)


def _picks(reader: Reader, place: str, parts: Sequence[str], preset: Preset) -> tuple[Pick, ...]:
    found = []
    for number, words in enumerate(parts, 1):
        pick = reader.pick(words, preset.amps)
        if isinstance(pick, str):
            reader.fault(place, f"part {number}, in {preset.path.name}: {pick}")
        else:
            found.append(pick)
    return tuple(found)
