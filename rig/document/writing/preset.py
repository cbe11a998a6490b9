"""A preset's text, changed to say another preset: its own tables and its amps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rig import toml
from rig.document.document import INPUT, OUTPUT, Amp, Chain, Metronome, Midi, Preset, Wiring
from rig.document.read import JACK, ROOT
from rig.document.read_midi import BOARDS
from rig.document.writing import blocks as toml_blocks
from rig.document.writing import layout as toml_layout
from rig.document.writing import tables as toml_tables
from rig.document.writing.chain import ChainText
from rig.document.writing.names import NamesText
from rig.document.writing.spelling import Spelling
from rig.document.writing.tables import List, Table
from rig.document.writing.tree import Block, Entry, scan, value_of
from rig.engine import Engine
from rig.errors import RigError

AMP = ("name", "key", "level", "louder", "chain", "scene")
END = ("dbu", "chain")
METRONOME = ("beats", "level", "to")
"""The keys of tables, as they follow each other where they are new."""


class PresetText:
    """A text that reads as `before`, to be changed so that it reads as `after`. Raises RigError where it is no TOML."""

    def __init__(self, text: str, before: Preset, after: Preset, engines: Mapping[str, Engine]) -> None:
        self.tree = scan(text)
        self.before, self.after = before, after
        self.moved = before.path.parent != after.path.parent
        self.spelling = Spelling(engines, after.path.parent)
        self.names = NamesText(self.tree, self.spelling, before, after)
        self.root = toml_tables.view(self.tree)

    def changed(self) -> str:
        """The whole text. Raises RigError where it did not say `before`, or cannot say `after`."""
        self.order_amps()
        self.root = toml_tables.view(self.tree)
        before, after = self.before, self.after
        self.name()
        for key in ("tempo", "follow", "tuning", "a4", "revert_scenes"):
            if getattr(after, key) != getattr(before, key):
                self.optional(self.root, key, getattr(after, key) or None, ROOT)
        if after.boost != before.boost:  # 0 dB is one, too
            self.optional(self.root, "boost", after.boost, ROOT)
        self.end(INPUT, before.input, after.input, before.dbu, after.dbu)
        self.end(OUTPUT, before.output, after.output, None, None)
        self.amps()
        self.metronome(before.metronome, after.metronome)
        self.jack(before.jack, after.jack)
        self.midi(before.midi, after.midi)
        return str(self.tree)

    # -- the preset's own tables

    def name(self) -> None:
        """The preset's own; one that is called as its file is need not say so."""
        leaf = self.root.leaf("name")
        if self.after.name != (leaf.text if leaf else self.after.path.stem):
            toml_tables.put(self.tree, self.root, "name", toml.string(self.after.name), ROOT)

    def end(self, name: str, old: Chain, new: Chain, old_dbu: float | None, new_dbu: float | None) -> None:
        """[input] or [output]."""
        if not (old or new or old_dbu != new_dbu):
            return
        table = self.section(name)
        if new_dbu != old_dbu:
            self.optional(table, "dbu", new_dbu, END)
        ChainText(self.tree, self.spelling, table, END, required=False).change(old, new, self.moved)
        if not new and new_dbu is None:
            self.cleared(name)

    def metronome(self, old: Metronome, new: Metronome) -> None:
        """[metronome]."""
        if old == new:
            return
        table, usual = self.section("metronome"), Metronome()
        for key in METRONOME:
            value = getattr(new, key)
            if value != getattr(old, key):
                self.optional(table, key, None if value == getattr(usual, key) else value, METRONOME)
        if new == usual:
            self.cleared("metronome")

    def jack(self, old: Wiring, new: Wiring) -> None:
        """[jack]."""
        if old == new:
            return
        table = self.section("jack")
        if new.input != old.input:
            self.optional(table, "in", new.input, JACK)
        if new.outputs != old.outputs:
            self.optional(table, "out", new.outputs, JACK)
        for key in BOARDS:
            if getattr(new, key) != getattr(old, key):
                self.optional(table, key, getattr(new, key) or None, JACK)
        if new == Wiring():
            self.cleared("jack")

    def midi(self, old: Midi, new: Midi) -> None:
        """[midi]."""
        if old == new == Midi():
            return
        self.names.midi(self.section("midi"), old, new)
        if new == Midi():
            self.cleared("midi")

    def section(self, name: str) -> Table:
        """A table of the preset, which is begun where there is none."""
        found = self.root.fields.get(name)
        if isinstance(found, Table):
            return found
        block = Block(header=f"[{name}]{self.tree.newline}", path=(name,))
        self.begin(block)
        table = toml_tables.view_of_block(block)
        self.root.fields[name] = table
        return table

    def begin(self, block: Block) -> None:
        """Put a table behind those that come before it in the order of presets."""
        rank = ROOT.index(block.path[0])
        above = [i for i, other in enumerate(self.tree.blocks) if not other.path or other.path[0] in ROOT[: rank + 1]]
        toml_blocks.insert(self.tree, above[-1] + 1, [block])

    def cleared(self, name: str) -> None:
        """Take a table out that says nothing any more."""
        if toml_tables.prune(self.tree, self.root.fields.get(name)):
            del self.root.fields[name]

    def optional(self, table: Table, key: str, value: object, order: tuple[str, ...]) -> None:
        """Give a key a value, or take it out: None. order: of the table's keys."""
        if value is None:
            toml_tables.drop(self.tree, table, key)
        else:
            toml_tables.put(self.tree, table, key, toml.value(value), order)

    # -- amps

    def order_amps(self) -> None:
        """Which amps there are, in which order."""
        places = {amp.uid: i for i, amp in enumerate(self.before.amps)}
        wanted = [(places.get(amp.uid), amp) for amp in self.after.amps]
        listed = self.root.list("amp") or List()
        if len(listed.items) != len(places):
            raise RigError("its text has other amps by now")
        if [place for place, _ in wanted] == list(range(len(places))):
            return
        if listed.seq is not None:
            entries = listed.seq.entries
            rows = [Entry("", value=value_of(f"{{ {_name(amp)} }}")) if i is None else entries[i] for i, amp in wanted]
            toml_layout.arrange_seq(listed.seq, rows, self.tree.newline)
        else:
            self.order_blocks(listed, wanted)

    def order_blocks(self, listed: List, wanted: Sequence[tuple[int | None, Amp]]) -> None:
        """The same for amps with [[headers]]."""
        old = [toml_blocks.group(self.tree, item.headed[0]) for item in listed.items]
        groups = [[self.block(amp)] if place is None else old[place] for place, amp in wanted]
        if old:
            toml_blocks.arrange(self.tree, old, groups, ("amp",))
        else:
            for group in groups:
                self.begin(group[0])

    def block(self, amp: Amp) -> Block:
        """A new amp with a [[header]], which says no more than its name."""
        line = self.tree.newline
        name = Entry("", key="name", parts=("name",), equals=" = ", value=toml.string(amp.name), tail=line)
        return Block(header=f"[[amp]]{line}", path=("amp",), array=True, entries=[name])

    def amps(self) -> None:
        """What each of them says, now that they are in order."""
        old = {amp.uid: amp for amp in self.before.amps}
        listed = self.root.list("amp") or List()
        for table, amp in zip(listed.items, self.after.amps, strict=True):
            self.amp(table, old.get(amp.uid) or Amp(amp.name, (), uid=amp.uid), amp)

    def amp(self, table: Table, old: Amp, new: Amp) -> None:
        """What one of them says."""
        if new.name != old.name:
            toml_tables.put(self.tree, table, "name", toml.string(new.name), AMP)
        if new.key != old.key:
            self.optional(table, "key", new.key, AMP)
        if new.level != old.level:
            toml_tables.put(self.tree, table, "level", toml.number(new.level), AMP)
        if new.louder != old.louder:
            self.optional(table, "louder", new.louder, AMP)
        ChainText(self.tree, self.spelling, table, AMP, required=True).change(old.chain, new.chain, self.moved)
        self.names.scenes(table, AMP, old, new)


def _name(amp: Amp) -> str:
    return f"name = {toml.string(amp.name)}"
