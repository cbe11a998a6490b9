"""What refers to engines and amps by their names, changed in a preset's text: scenes, programs and controllers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from rig import toml
from rig.document import toml_blocks, toml_layout, toml_tables
from rig.document.document import Amp, Midi, Preset, Scene, Target
from rig.document.spelling import Names, Spelling
from rig.document.toml_tables import Leaf, Table
from rig.document.toml_tree import Block, Entry, Seq, Tree, value_of
from rig.errors import RigError

SCENE = ("name", "level", "set")
MIDI = ("program", "cc")


class NamesText:
    """Scenes and MIDI in a tree, as `before` has them, changed to what `after` has."""

    def __init__(self, tree: Tree, spelling: Spelling, before: Preset, after: Preset) -> None:
        self.tree = tree
        self.spelling = spelling
        self.before = Names(before)
        self.after = Names(after)

    # -- scenes

    def scenes(self, table: Table, order: tuple[str, ...], old: Amp, new: Amp) -> None:
        """table: the amp's; order: of its keys."""
        if not old.scenes and not new.scenes:
            return
        listed = table.list("scene")
        if len(listed.items if listed else []) != len(old.scenes):
            raise RigError(f"the text of amp '{old.name}' has other scenes by now")
        same = _paired(old.scenes, new.scenes)
        tables = self.placed(table, order, [same.get(i) for i in range(len(new.scenes))], new.scenes)
        for i, scene in enumerate(new.scenes):
            was = old.scenes[same[i]] if i in same else Scene(scene.name)
            if was.name != scene.name:
                toml_tables.put(self.tree, tables[i], "name", toml.string(scene.name), SCENE)
            if was.level != scene.level:
                toml_tables.put(self.tree, tables[i], "level", toml.number(scene.level), SCENE)
            self.values(tables[i], old, was, new, scene)

    def placed(
        self, table: Table, order: tuple[str, ...], places: list[int | None], scenes: tuple[Scene, ...]
    ) -> list[Table]:
        """The tables of all scenes, in order. places: where each of them stood, or None for a new one."""
        listed = table.list("scene")
        if places == list(range(len(listed.items) if listed else 0)):
            return listed.items if listed else []
        if listed is None and not table.headed:
            toml_tables.put(self.tree, table, "scene", "[]", order)
            listed = table.list("scene")
        if listed is not None and listed.seq is not None:
            return self.placed_entries(listed.seq, listed.items, places, scenes, table)
        path = (*table.path, "scene")
        old = [toml_blocks.group(self.tree, item.headed[0]) for item in listed.items] if listed else []
        wanted, tables = [], []
        for place, scene in zip(places, scenes, strict=True):
            if place is not None and listed is not None:
                wanted.append(old[place])
                tables.append(listed.items[place])
                continue
            name = Entry("", key="name", parts=("name",), equals=" = ", value=toml.string(scene.name))
            name.tail = self.tree.newline
            block = Block("", "", f"[[{toml.key(*path)}]]{self.tree.newline}", path, True, [name])
            wanted.append([block])
            tables.append(toml_tables.view_of_block(block))
        if old:
            toml_blocks.arrange(self.tree, old, wanted, path)
        else:
            for blocks in wanted:
                last = toml_blocks.group(self.tree, table.headed[0])[-1]
                toml_blocks.insert(self.tree, self.tree.blocks.index(last) + 1, blocks)
        return tables

    def placed_entries(
        self, seq: Seq, items: list[Table], places: list[int | None], scenes: tuple[Scene, ...], owner: Table
    ) -> list[Table]:
        entries, tables = [], []
        for place, scene in zip(places, scenes, strict=True):
            if place is None:
                entry = Entry("", value=value_of(f"{{ name = {toml.string(scene.name)} }}"))
                table = toml_tables.view_of(seq, entry)
            else:
                entry, table = seq.entries[place], items[place]
            assert isinstance(table, Table)
            entries.append(entry)
            tables.append(table)
        toml_layout.arrange_seq(seq, entries, self.tree.newline)
        if not scenes:
            toml_tables.prune(self.tree, owner.list("scene"))
        return tables

    def values(self, table: Table, old: Amp, was: Scene, new: Amp, scene: Scene) -> None:
        """What a scene sets."""
        said = {self.before.in_scene(old, at): (at, self.raw(self.before, at, v)) for at, v in was.values.items()}
        says = {at: (self.after.in_scene(new, at), self.raw(self.after, at, v)) for at, v in scene.values.items()}
        had = {target for target, _ in said.values()}
        inner = table.fields.get("set")
        for names, inside, leaf in list(inner.leaves()) if isinstance(inner, Table) else []:
            target, raw = said.get(".".join(names), (None, ""))
            if target is None:
                continue
            path, says_raw = says.get(target, ("", ""))
            if path != ".".join(names) and not (path and _renamed(inner, leaf, names, path)):
                toml_tables.drop(self.tree, inside, names[-1])
                had.discard(target)
            elif raw != says_raw:
                leaf.entry.value = says_raw
        for target in scene.values:
            if target not in had:
                self.set(table, *says[target])
        if was.values and not scene.values and toml_tables.prune(self.tree, inner):
            del table.fields["set"]

    def set(self, table: Table, path: str, raw: str) -> None:
        """Let a scene set one more value, written as its others are."""
        if "set" not in table.fields:
            toml_tables.put(self.tree, table, "set", "{}", SCENE)
        inner = table.child("set")
        dotted = inner.places and _dotted(inner)
        toml_tables.insert(self.tree, inner, tuple(path.split(".")) if dotted else (path,), raw, lambda _: 0)

    def raw(self, names: Names, target: Target, value: float) -> str:
        return self.spelling.knob(names.spec(target), target.knob, value)

    # -- MIDI

    def midi(self, table: Table, old: Midi, new: Midi) -> None:
        """table: [midi]'s."""
        self.numbered(
            table,
            "program",
            {number: self.before.picked(pick) for number, pick in old.program.items()},
            {number: self.after.picked(pick) for number, pick in new.program.items()},
        )
        self.numbered(
            table,
            "cc",
            {number: self.before.controlled(target) for number, target in old.cc.items()},
            {number: self.after.controlled(target) for number, target in new.cc.items()},
        )

    def numbered(self, table: Table, key: str, old: Mapping[int, str], new: Mapping[int, str]) -> None:
        """A table of words by numbers."""
        if old == new:
            return
        if key not in table.fields:
            toml_tables.put(self.tree, table, key, "{}", MIDI)
        inner = table.child(key)
        there = {int(name): name for name in inner.fields if name.isdecimal()}
        for number in old.keys() - new.keys():
            toml_tables.drop(self.tree, inner, there.get(number, ""))
        for number, words in sorted(new.items()):
            leaf = inner.leaf(there.get(number, ""))
            if leaf is None:
                names, raw = (str(number),), toml.string(words)
                toml_tables.insert(self.tree, inner, names, raw, partial(_after, number))
            elif old.get(number) != words:
                leaf.entry.value = toml.string(words)
        if not new and toml_tables.prune(self.tree, inner):
            del table.fields[key]


def _paired(old: tuple[Scene, ...], new: tuple[Scene, ...]) -> dict[int, int]:
    """Which scenes are the same, by their places: new -> old. By their names, else by what they say, or their place."""
    names = {scene.name: i for i, scene in enumerate(old)}
    pairs = {i: names[scene.name] for i, scene in enumerate(new) if scene.name in names}
    for i, scene in enumerate(new):
        free = [k for k in range(len(old)) if k not in pairs.values()]
        alike = [k for k in free if (old[k].level, old[k].values) == (scene.level, scene.values)]
        if i not in pairs and (alike or (i in free and len(old) == len(new))):
            pairs[i] = alike[0] if alike else i
    return pairs


def _renamed(table: object, leaf: Leaf, path: tuple[str, ...], wanted: str) -> bool:
    """Give a value in `set` another key where it stands, if all of its path stands there."""
    for holder, prefix in table.places if isinstance(table, Table) else []:
        names = leaf.entry.parts[len(prefix) :]
        if holder is leaf.home and leaf.entry.parts[: len(prefix)] == prefix and names == path:
            names = tuple(wanted.split(".")) if len(names) > 1 else (wanted,)
            leaf.entry.parts = (*prefix, *names)
            leaf.entry.key = toml.key(*leaf.entry.parts)
            return True
    return False


def _dotted(table: Table) -> bool:
    """Whether all values in it have dotted keys."""
    holder, prefix = next((place for place in table.places if place[0].entries), table.places[0])
    inside = [entry.parts[len(prefix) :] for entry in holder.entries if entry.parts[: len(prefix)] == prefix]
    return bool(inside) and all(len(names) > 1 for names in inside)


def _after(number: int, other: str) -> int:
    """Where another number's key stands: < 0 before, > 0 behind."""
    return int(other) - number if other.isdecimal() else 0
