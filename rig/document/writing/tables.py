"""What a TOML tree says, by its keys: tables and lists, however they are written, with the places where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rig.document.writing import blocks, layout
from rig.document.writing.layout import Holder
from rig.document.writing.tree import Block, Entry, Seq, Tree, unquoted, value_of
from rig.toml import key as key_text

Place = tuple[Holder, tuple[str, ...]]
"""Where keys of a table are written, and what each of them starts with there."""


@dataclass(eq=False)
class Leaf:
    """A value that is neither a table nor a list. home: what its entry stands in."""

    home: Holder
    entry: Entry

    @property
    def text(self) -> str:
        """A string's content; anything else as it is written."""
        return unquoted(str(self.entry.value))


@dataclass(eq=False)
class List:
    """An array. items: those of its entries that are tables."""

    items: list[Table] = field(default_factory=list)
    home: Holder | None = None
    entry: Entry | None = None
    path: tuple[str, ...] = ()

    @property
    def seq(self) -> Seq | None:
        """Its brackets, or None where it has [[headers]]."""
        return self.entry.value if self.entry and isinstance(self.entry.value, Seq) else None


@dataclass(eq=False)
class Table:
    """A table. entry: what it is the value of, in `home`, where it has braces. headed: the blocks of its headers."""

    path: tuple[str, ...] = ()
    fields: dict[str, Table | List | Leaf] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    home: Holder | None = None
    entry: Entry | None = None
    headed: list[Block] = field(default_factory=list)

    def child(self, name: str) -> Table:
        """The table of that key; of an array of them, the last."""
        found = self.fields.setdefault(name, Table((*self.path, name)))
        if isinstance(found, List):
            return found.items[-1]
        assert isinstance(found, Table)  # tomli has seen to it
        return found

    def leaf(self, name: str) -> Leaf | None:
        """The value of that key; None where there is none, or a table or a list."""
        found = self.fields.get(name)
        return found if isinstance(found, Leaf) else None

    def list(self, name: str) -> List | None:
        """The array of that key, or None."""
        found = self.fields.get(name)
        return found if isinstance(found, List) else None

    def leaves(self, *above: str) -> Iterator[tuple[tuple[str, ...], Table, Leaf]]:
        """Every value in it and in the tables in it: its keys, the table that it is in, itself."""
        for name, found in self.fields.items():
            if isinstance(found, Table):
                yield from found.leaves(*above, name)
            elif isinstance(found, Leaf):
                yield (*above, name), self, found


def view(tree: Tree) -> Table:
    """The root of what it says. It does not follow changes of the tree, other than those that are made through it."""
    root = Table()
    for block in tree.blocks:
        at = root
        for name in block.path[:-1]:
            at = at.child(name)
        if block.array:
            listed = at.fields.setdefault(block.path[-1], List(path=block.path))
            assert isinstance(listed, List)
            at = Table(block.path)
            listed.items.append(at)
        elif block.path:
            at = at.child(block.path[-1])
        _begin(at, block)
    return root


def view_of_block(block: Block) -> Table:
    """What one header's table says."""
    table = Table(block.path)
    _begin(table, block)
    return table


def _begin(table: Table, block: Block) -> None:
    table.headed.append(block)
    table.places.append((block, ()))
    _fill(table, block)


def view_of(home: Holder, entry: Entry) -> Table | List | Leaf:
    """What one entry's value says."""
    if not isinstance(entry.value, Seq):
        return Leaf(home, entry)
    if entry.value.opening == "[":
        inner = (view_of(entry.value, item) for item in entry.value.entries)
        return List([item for item in inner if isinstance(item, Table)], home, entry)
    table = Table(home=home, entry=entry, places=[(entry.value, ())])
    _fill(table, entry.value)
    return table


def _fill(table: Table, holder: Holder) -> None:
    for entry in holder.entries:
        at = table
        for depth, name in enumerate(entry.parts[:-1], 1):
            at = at.child(name)
            place = (holder, entry.parts[:depth])
            if place not in at.places:
                at.places.append(place)
        at.fields[entry.parts[-1]] = view_of(holder, entry)


# -- changes


def put(tree: Tree, table: Table, name: str, raw: str, order: Sequence[str] = ()) -> None:
    """Give a key a value: in place where it has one, else behind those that `order` has before it."""
    found = table.fields.get(name)
    if found is not None and found.entry is not None:
        found.entry.value = value_of(raw)
        return
    ranks = {key: rank for rank, key in enumerate(order)}
    insert(tree, table, (name,), raw, lambda other: ranks.get(other, 0) - ranks.get(name, len(order)))


def insert(tree: Tree, table: Table, names: tuple[str, ...], raw: str, rank: Callable[[str], int]) -> Leaf:
    """A new key, dotted where it has several names. rank: of another key: < 0 comes before it, > 0 behind."""
    if not table.places:
        _open(tree, table)
    holder, prefix = next((place for place in table.places if place[0].entries), table.places[0])

    def order(entry: Entry) -> int:
        inside = len(entry.parts) > len(prefix) and entry.parts[: len(prefix)] == prefix
        return rank(entry.parts[len(prefix)]) if inside else 0

    entry = layout.put(tree, holder, (*prefix, *names), raw, order)
    table.fields[names[0]] = view_of(holder, entry)
    return Leaf(holder, entry)


def drop(tree: Tree, table: Table, name: str) -> None:
    """Take a key out, where it is there."""
    found = table.fields.pop(name, None)
    if found is not None:
        cut(tree, found)


def cut(tree: Tree, found: Table | List | Leaf) -> None:
    """Take out what an entry says."""
    if found.entry is not None and found.home is not None:
        layout.remove(tree, found.home, found.entry)


def prune(tree: Tree, found: Table | List | Leaf | None) -> bool:
    """Take out a table or a list that says nothing, and in which and on top of which there is no comment."""
    if isinstance(found, Leaf) or found is None:
        return False
    if isinstance(found, Table):
        for name in [name for name, inner in found.fields.items() if prune(tree, inner)]:
            del found.fields[name]
        if found.fields or any(block.lead or block.end or "#" in block.header for block in found.headed):
            return False
        for block in found.headed:
            blocks.arrange(tree, [[block]], [], block.path)
        found.headed = []
    elif found.seq.entries if found.seq else found.items:
        return False
    if found.entry is not None:
        if "#" in str(found.entry.value) + found.entry.tail + found.entry.lead:
            return False
        cut(tree, found)
        found.entry = None
    return True


def _open(tree: Tree, table: Table) -> None:
    """A header for a table that only its inner tables' headers tell of, right above the first of those."""
    index = min(tree.blocks.index(block) for block in _headed(table))
    _begin(table, Block(header=f"[{key_text(*table.path)}]{tree.newline}", path=table.path))
    gap = tree.blocks[index].gap
    blocks.insert(tree, index, table.headed[-1:])
    if "#" not in gap:
        table.headed[-1].gap = gap


def _headed(table: Table) -> Iterator[Block]:
    yield from table.headed
    for found in table.fields.values():
        for inner in found.items if isinstance(found, List) else [found]:
            if isinstance(inner, Table):
                yield from _headed(inner)
