"""Edits of songs: which there are, in which order, how fast, and which are passed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rig.document.document import NAME, SONGS, TEMPO, Document, Song
from rig.errors import RigError


def new_song(document: Document, name: str, preset: int, after: int | None) -> tuple[Document, int]:
    """A new song behind another one, or at the end. Its identity is new, too."""
    if len(document.songs) >= SONGS:
        raise RigError(f"a set has at most {SONGS} songs")
    if not 1 <= len(name) <= NAME or not name.isprintable() or name != name.strip():
        raise RigError(f"a song's name has 1 to {NAME} letters")
    new = Song(name, preset)
    at = len(document.songs) if after is None else _index(document, after) + 1
    return replace(document, songs=(*document.songs[:at], new, *document.songs[at:])), new.uid


def move_song(document: Document, uid: int, by: int) -> Document:
    """Move a song by so many places."""
    songs = list(document.songs)
    here = _index(document, uid)
    there = min(len(songs) - 1, max(0, here + by))
    if here == there:
        raise RigError(f"{songs[here].name} is the {'last' if by > 0 else 'first'} song already")
    songs.insert(there, songs.pop(here))
    return replace(document, songs=tuple(songs))


def remove_song(document: Document, uid: int) -> Document:
    """Take a song out; its preset stays in the document."""
    if len(document.songs) == 1:
        raise RigError(f"{document.songs[0].name} is the only song of the set; it needs one")
    return replace(document, songs=tuple(song for song in document.songs if song.uid != uid))


def skip_song(document: Document, uid: int, skip: bool) -> Document:
    """Pass a song over, or not."""
    return _with(document, uid, lambda song: replace(song, skip=skip))


def song_tempo(document: Document, uid: int, bpm: float) -> Document:
    """How fast a song is, in beats a minute; kept within TEMPO."""
    return _with(document, uid, lambda song: replace(song, tempo=min(TEMPO[1], max(TEMPO[0], bpm))))


def _with(document: Document, uid: int, change: Callable[[Song], Song]) -> Document:
    return replace(document, songs=tuple(change(song) if song.uid == uid else song for song in document.songs))


def _index(document: Document, uid: int) -> int:
    return [song.uid for song in document.songs].index(uid)
