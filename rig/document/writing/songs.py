"""The way back from a set's songs to its file: its text, changed where they changed, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rig import toml
from rig.document.read_set import KEYS, SetText, SongText, examine_set, preset_named
from rig.document.writing import blocks as toml_blocks
from rig.document.writing import layout as toml_layout
from rig.document.writing import tables as toml_tables
from rig.document.writing.spelling import Spelling
from rig.document.writing.tables import List, Table
from rig.document.writing.tree import Block, Entry, scan, value_of
from rig.errors import RigError


def rewritten(text: str, before: SetText, after: SetText) -> str:
    """`text`, which reads as `before`, changed so that it reads as `after`; comments and spacing stay.

    Raises RigError where the text cannot be changed so; nothing that reads otherwise than `after` is ever returned.
    """
    if before == after:
        return text
    changed = _SongsText(text, before, after).changed()
    found, faults = examine_set(after.path, changed, files=False)
    if faults or found is None or replace(found, name=after.name) != after:
        raise RigError(f"{after.path}: this set cannot be changed in place; save it into another file")
    return changed


def fresh(set_: SetText) -> str:
    """The text of a new file."""
    return rewritten(f"name = {toml.string(set_.name)}\n", SetText(set_.path, set_.name), set_)


class _SongsText:
    def __init__(self, text: str, before: SetText, after: SetText) -> None:
        self.tree = scan(text)
        self.before, self.after = before, after
        self.moved = before.path.parent != after.path.parent

    def changed(self) -> str:
        """The whole text."""
        self.order()
        listed = toml_tables.view(self.tree).list("song") or List()
        olds = {song.uid: song for song in self.before.songs}
        for table, song in zip(listed.items, self.after.songs, strict=True):
            self.song(table, olds.get(song.uid), song)
        return str(self.tree)

    def order(self) -> None:
        """Which songs there are, in which order."""
        places = {song.uid: i for i, song in enumerate(self.before.songs)}
        wanted = [places.get(song.uid) for song in self.after.songs]
        listed = toml_tables.view(self.tree).list("song") or List()
        if len(listed.items) != len(places):
            raise RigError(f"{self.after.path}: its text has other songs by now")
        if wanted == list(range(len(places))):
            return
        if listed.seq is not None:
            entries = listed.seq.entries
            rows = [Entry("", value=value_of("{ }")) if i is None else entries[i] for i in wanted]
            toml_layout.arrange_seq(listed.seq, rows, self.tree.newline)
        else:
            self.order_blocks(listed, wanted)

    def order_blocks(self, listed: List, wanted: Sequence[int | None]) -> None:
        """The same for songs with [[headers]]."""
        old = [toml_blocks.group(self.tree, item.headed[0]) for item in listed.items]
        groups = [[self.block()] if i is None else old[i] for i in wanted]
        if old:
            toml_blocks.arrange(self.tree, old, groups, ("song",))
            return
        for group in groups:
            toml_blocks.insert(self.tree, len(self.tree.blocks), group)

    def block(self) -> Block:
        """A new song, which says nothing yet."""
        return Block(header=f"[[song]]{self.tree.newline}", path=("song",), array=True)

    def song(self, table: Table, old: SongText | None, new: SongText) -> None:
        """What one of them says."""
        if new.name != (old.name if old else ""):
            self.put(table, "name", new.name)
        if old is None or new.preset != old.preset or self.moved:
            self.put(table, "preset", preset_spelt(new.preset, self.after.path.parent))
        for key in ("tempo", "parts", "notes", "skip", "send"):
            value = getattr(new, key)
            if value != (getattr(old, key) if old else SongText.__dataclass_fields__[key].default):
                self.put(table, key, value)

    def put(self, table: Table, key: str, value: object) -> None:
        """Give a key a value, or take it out where that says nothing."""
        if value in (None, "", (), False):
            toml_tables.drop(self.tree, table, key)
        else:
            toml_tables.put(self.tree, table, key, toml.value(value), KEYS)


def preset_spelt(path: Path, folder: Path) -> str:
    """How a set in `folder` writes a preset: by its name where that finds it, else by where it lies."""
    near = Spelling({}, folder).file(path)
    if path.parent == folder.resolve():
        return near
    try:
        return path.stem if preset_named(path.stem, folder) == path.resolve() else near
    except RigError:
        return near
