"""What a gig is opened with: presets, folders of them and set files; and a set's file, into which songs are saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rig.document.document import Document, Preset, Song
from rig.document.file import BOM, PresetFile, changed_since, has_bom, open_preset, write
from rig.document.read_set import SetText, SongText, examine_set, is_set, songs_of
from rig.document.read_values import FILE_LIMIT
from rig.errors import RigError
from rig.files import Stamp, read_text, stamp


@dataclass(frozen=True)
class SetFile:
    """A file as it was read or written last. said: what it says. origin: text and content as they were first read."""

    path: Path
    text: str
    said: SetText
    seen: Stamp | None
    origin: tuple[str, SetText]
    bom: bool = False

    def changed_elsewhere(self) -> bool:
        """Whether somebody else has written it since."""
        return changed_since(self.path, self.seen, self.text)

    def saved(self, said: SetText, *, over: bool = False) -> SetFile:
        """The file with `said` in it, written whole or not at all. over: also where somebody else has changed it.

        Raises RigError where it was changed meanwhile, and where it can't be written.
        """
        from rig.document.writing.songs import rewritten  # no start has to wait for it

        if not over and self.changed_elsewhere():
            raise RigError(f"{self.path.name} was changed on disk meanwhile: 'save over' writes over that")
        text = rewritten(*self.origin, said)
        return replace(self, text=text, said=said, seen=write(self.path, (BOM if self.bom else "") + text))


def open_set(path: Path) -> SetFile:
    """Read and check a set's file. Raises RigError: see read_set.read_set."""
    seen = stamp(path)
    text = read_text(path, "preset", FILE_LIMIT)
    said, faults = examine_set(path, text)
    if said is None or faults:
        raise RigError(faults[0])
    return SetFile(path, text, said, seen, (text, said), has_bom(path))


def new_set(path: Path, said: SetText, *, over: bool = False) -> SetFile:
    """Write a set into a new file. Raises RigError where there is one, unless it is to go."""
    from rig.document.writing.songs import fresh

    if path.exists() and not over:
        raise RigError(f"{path} is there already")
    said = replace(said, path=path)
    text = fresh(said)
    return SetFile(path, text, said, write(path, text), (text, said))


@dataclass(frozen=True)
class Sources:
    """What was named on the command line, read. set_file: where that is one set, and nothing else."""

    files: tuple[PresetFile, ...]
    songs: tuple[Song, ...]
    set_file: SetFile | None = None

    @property
    def document(self) -> Document:
        """What is to be played."""
        return Document(tuple(file.preset for file in self.files), songs=self.songs)


def open_sources(paths: Sequence[Path]) -> Sources:
    """Presets, folders of them and sets, in order. Each preset that a set does not name is a song of its own; one
    preset alone is none. A preset that is named twice is read once. Raises RigError with the first fault.
    """
    given = list(spread(paths))
    sets = {path: open_set(path) for path in given if is_set(path)}
    named = [song.preset for found in sets.values() for song in found.said.songs]
    files: dict[Path, PresetFile] = {}
    for path in (*(path for path in given if path not in sets), *named):
        if path.resolve() not in files:
            files[path.resolve()] = open_preset(path)
    presets = {path: file.preset for path, file in files.items()}
    songs: list[Song] = []
    for path in given:
        if path in sets:
            found, faults = songs_of(sets[path].said, presets)
            if faults:
                raise RigError(faults[0])
            songs += found
        else:
            preset = presets[path.resolve()]
            songs.append(Song(preset.name, preset.uid))
    if len(files) == 1 and not sets:
        songs = []
    return Sources(tuple(files.values()), tuple(songs), sets[given[0]] if len(given) == 1 and sets else None)


def spread(paths: Sequence[Path]) -> Iterator[Path]:
    """Files, and in place of folders the presets in them. Raises RigError for a folder without one."""
    for path in paths:
        if path.is_dir():
            inside = [inner for inner in sorted(path.glob("*.toml")) if not is_set(inner)]
            if not inside:
                raise RigError(f"{path}: there is no preset in this folder")
            yield from inside
        else:
            yield path


def said_of(document: Document, file: SetFile | None, path: Path | None = None) -> SetText:
    """A document's songs as a set's file says them."""
    presets = {preset.uid: preset for preset in document.presets}
    here = path or (file.path if file else Path("set.toml"))
    name = file.said.name if file else here.stem
    return SetText(here, name, tuple(_text(song, presets) for song in document.songs))


def _text(song: Song, presets: Mapping[int, Preset]) -> SongText:
    preset = presets[song.preset]
    amps = {amp.uid: amp for amp in preset.amps}
    parts = tuple(
        f"{amps[pick.amp].name}:{pick.scene}" if pick.scene else amps[pick.amp].name
        for pick in song.parts
        if pick.amp in amps and (not pick.scene or any(scene.name == pick.scene for scene in amps[pick.amp].scenes))
    )
    path = preset.path.resolve()
    return SongText(song.name, path, song.tempo, parts, song.notes, song.skip, song.send, song.uid)
