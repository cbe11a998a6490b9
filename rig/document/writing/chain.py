"""A chain's text, changed to say another chain: engines that come, go and move, their keys, and their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rig import toml
from rig.document.document import Chain, EngineSpec, labels
from rig.document.read_chains import PLUGIN_PARAMS
from rig.document.writing import blocks as toml_blocks
from rig.document.writing import layout as toml_layout
from rig.document.writing import tables as toml_tables
from rig.document.writing.blocks import Group
from rig.document.writing.spelling import Node, Spelling, nested
from rig.document.writing.tables import List, Table
from rig.document.writing.tree import Block, Entry, Seq, Tree, value_of
from rig.engine import BRANCHES
from rig.errors import RigError

CHAIN = "chain"


class ChainText:
    """The engines of one chain in a tree.

    owner: the table that has the chain. order: of its keys. required: an empty chain is written, too.
    """

    def __init__(self, tree: Tree, spelling: Spelling, owner: Table, order: Sequence[str], required: bool) -> None:
        self.tree = tree
        self.spelling = spelling
        self.owner = owner
        self.order = order
        self.required = required
        self.tables: dict[int, Table] = {}
        self.lists: dict[int, List] = {}
        self.new: set[int] = set()
        self.staying: set[int] = set()
        self.moving: dict[int, Entry] = {}

    def change(self, old: Chain, new: Chain, moved: bool) -> None:
        """moved: the preset is in another folder, from which its files are seen anew."""
        listed = self.owner.list(CHAIN)
        found = list(_flat(listed)) if listed else []
        if len(found) != len(old):
            raise RigError("its text has other engines by now")
        for spec, (table, inside) in zip(old, found, strict=True):
            self.tables[spec.uid], self.lists[spec.uid] = table, inside
        if [(s.uid, s.branch) for s in old] != [(s.uid, s.branch) for s in new] or listed is None:
            self.staying = {spec.uid for spec in new}
            self.place(self.owner, CHAIN, nested(new), self.order, self.required)
        before = {spec.uid: spec for spec in old}
        for spec in new:
            if spec.uid not in self.new:
                self.change_keys(before[spec.uid], spec, moved)
        self.name(new)

    # -- which engines, in which order

    def place(self, owner: Table, key: str, nodes: Sequence[Node], order: Sequence[str], required: bool) -> None:
        """Make a list of engines that of `nodes`, and so on in their branches."""
        begun = owner.list(key) is None
        if begun and (nodes or required):
            toml_tables.put(self.tree, owner, key, "[]", order)
        listed = owner.list(key)
        if listed is None:
            return
        if listed.seq is not None:
            before = (len(listed.seq.entries), _wide(listed))
            self.place_entries(listed, listed.seq, nodes)
            wide = _wide(listed) and not before[1] and len(nodes) > max(before[0], 1)
            self.fold(listed, listed.seq, wide or (begun and (required or len(nodes) > 1)))
        else:
            self.place_blocks(listed, nodes)
        for node in nodes:
            for side in BRANCHES:
                inner = node.sides.get(side, ())
                self.place(self.tables[node.spec.uid], side, inner, self.spelling.order(node.spec), False)
        if not nodes and listed.seq is None:
            del owner.fields[key]
            if required:
                toml_tables.put(self.tree, owner, key, "[]", order)
        elif not nodes and not required and toml_tables.prune(self.tree, listed):
            del owner.fields[key]

    def place_entries(self, listed: List, seq: Seq, nodes: Sequence[Node]) -> None:
        """Let a list in brackets hold these engines, in this order."""
        self.leave(listed, {node.spec.uid for node in nodes})
        rows = []
        for node in nodes:
            uid, known = node.spec.uid, self.tables.get(node.spec.uid)
            entry = self.entry(listed, node.spec)
            if known is None or known.entry is not entry:
                table = toml_tables.view_of(seq, entry)
                assert isinstance(table, Table)
                self.tables[uid] = table
            self.lists[uid] = listed
            rows.append(entry)
        toml_layout.arrange_seq(seq, rows, self.tree.newline)

    def leave(self, listed: List, here: set[int]) -> None:
        """Those that go to another list take their comments along."""
        for uid in self.staying - here:
            entry = self.tables[uid].entry if uid in self.tables else None
            if entry is not None and self.lists[uid].seq is listed.seq and uid not in self.moving:
                self.moving[uid] = Entry("", entry.lead, value=entry.value, tail=entry.tail)
                entry.lead = ""

    def entry(self, listed: List, spec: EngineSpec) -> Entry:
        """Its entry in that list: the one that stands there or comes from another, or a new one."""
        table = self.tables.get(spec.uid)
        if table is not None and table.entry is not None:
            if self.lists[spec.uid].seq is listed.seq:
                return table.entry
            self.leave(self.lists[spec.uid], self.staying - {spec.uid})
            return self.moving.pop(spec.uid)
        self.new.add(spec.uid)
        said = ", ".join(f"{key} = {raw}" for key, raw in self.spelling.whole(spec).items())
        return Entry("", value=value_of(f"{{ {said} }}"))

    def fold(self, listed: List, seq: Seq, wanted: bool) -> None:
        """Break a list into lines where it is new and long, or where one engine more made its line too wide."""
        if wanted and isinstance(listed.home, Block) and listed.entry is not None and seq.entries:
            indent = listed.entry.gap.rsplit("\n", 1)[-1]
            toml_layout.fold(seq, indent, self.tree.newline)

    def place_blocks(self, listed: List, nodes: Sequence[Node]) -> None:
        """The same for engines with [[headers]]."""
        old = [toml_blocks.group(self.tree, table.headed[0]) for table in listed.items]
        groups = {id(table): group for table, group in zip(listed.items, old, strict=True)}
        wanted = []
        for node in nodes:
            table = self.tables.get(node.spec.uid)
            if table is None or id(table) not in groups:
                table, group = self.block(listed, node.spec)
                groups[id(table)] = group
            wanted.append(groups[id(table)])
            self.tables[node.spec.uid], self.lists[node.spec.uid] = table, listed
        toml_blocks.arrange(self.tree, old, wanted, listed.path, keep_leads=True)
        listed.items = [self.tables[node.spec.uid] for node in nodes]

    def block(self, listed: List, spec: EngineSpec) -> tuple[Table, Group]:
        """A new engine with a [[header]], which stands nowhere yet."""
        self.new.add(spec.uid)
        block = Block(header=f"[[{toml.key(*listed.path)}]]{self.tree.newline}", path=listed.path, array=True)
        table = toml_tables.view_of_block(block)
        for key, raw in self.spelling.whole(spec).items():
            toml_tables.put(self.tree, table, key, raw, self.spelling.order(spec))
        return table, [block]

    # -- what each of them says

    def change_keys(self, old: EngineSpec, new: EngineSpec, moved: bool) -> None:
        """What differs of an engine's keys. moved: the files that it names are relative to another folder now."""
        table, order = self.tables[new.uid], self.spelling.order(new)
        had, said = self.spelling.keys(old), self.spelling.keys(new)
        if old.engine != new.engine:
            said = {**self.spelling.head(new), **said}
        for key in had.keys() - said.keys():
            toml_tables.drop(self.tree, table, key)
        for key, raw in said.items():
            if had.get(key) != raw or (moved and key in new.files):
                toml_tables.put(self.tree, table, key, raw, order)
        self.change_params(table, old, new)

    def change_params(self, table: Table, old: EngineSpec, new: EngineSpec) -> None:
        """What differs of a plug-in's knobs, which have a table of their own."""
        had, said = self.spelling.params(old), self.spelling.params(new)
        if had == said:
            return
        if PLUGIN_PARAMS not in table.fields:
            toml_tables.put(self.tree, table, PLUGIN_PARAMS, "{}", self.spelling.order(new))
        inner = table.child(PLUGIN_PARAMS)
        for name in had.keys() - said.keys():
            toml_tables.drop(self.tree, inner, name)
        for name, raw in said.items():
            if had.get(name) != raw:
                toml_tables.put(self.tree, inner, name, raw, tuple(said))
        if toml_tables.prune(self.tree, inner):
            del table.fields[PLUGIN_PARAMS]

    def name(self, chain: Chain) -> None:
        """Ids for those engines that a reader of the text would call otherwise than they are called."""
        given = [self.id(spec) for spec in chain]
        while True:
            read = labels((spec.engine for spec in chain), given)
            wrong = [i for i, spec in enumerate(chain) if read[i] != spec.label]
            if not wrong:
                return
            spec = chain[wrong[0]]
            given[wrong[0]] = spec.label
            toml_tables.put(self.tree, self.tables[spec.uid], "id", toml.string(spec.label), self.spelling.order(spec))

    def id(self, spec: EngineSpec) -> str:
        """The id that the text gives an engine; "" where it gives none."""
        leaf = self.tables[spec.uid].leaf("id")
        return leaf.text if leaf else ""


def _flat(listed: List) -> Iterator[tuple[Table, List]]:
    """A list's engines in the order in which a reader finds them."""
    for table in listed.items:
        for side in BRANCHES:
            inner = table.list(side)
            yield from _flat(inner) if inner else ()
        yield table, listed


def _wide(listed: List) -> bool:
    """Whether a list stands on one line that is too wide."""
    text = str(listed.entry).strip()
    return "\n" not in text and len(text) > toml_layout.WIDTH
