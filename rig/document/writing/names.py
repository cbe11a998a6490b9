"""What refers to engines and amps by their names, changed in a preset's text: scenes, programs and controllers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from rig import toml
from rig.document.document import Amp, Binding, Midi, Morph, Pick, Preset, Scene, Target
from rig.document.writing import blocks as toml_blocks
from rig.document.writing import layout as toml_layout
from rig.document.writing import tables as toml_tables
from rig.document.writing.spelling import Names, Spelling
from rig.document.writing.tables import Leaf, List, Table
from rig.document.writing.tree import Block, Entry, Seq, Tree, value_of
from rig.errors import RigError

SCENE = ("name", "level", "louder", "set")
MIDI = ("channel", "program", "cc", "note", "wheel", "begin", "send")
BINDING = ("to", "from", "upto", "curve", "invert", "hold", "relative")


class NamesText:
    """Scenes and MIDI in a tree, as `before` has them, changed to what `after` has."""

    def __init__(self, tree: Tree, spelling: Spelling, before: Preset, after: Preset) -> None:
        self.tree = tree
        self.spelling = spelling
        self.before = Names(before, spelling.engines)
        self.after = Names(after, spelling.engines)

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
            if was.louder != scene.louder:
                self.say(tables[i], "louder", None if scene.louder is None else toml.number(scene.louder), SCENE)
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
        return self.placed_blocks(listed, places, scenes, table)

    def placed_blocks(
        self, listed: List | None, places: list[int | None], scenes: tuple[Scene, ...], owner: Table
    ) -> list[Table]:
        """The same for scenes with [[headers]]."""
        items, path = listed.items if listed else [], (*owner.path, "scene")
        old = [toml_blocks.group(self.tree, item.headed[0]) for item in items]
        new = [toml_tables.view_of_block(self.block(path, scene)) for scene in scenes]
        wanted = [new[i].headed if place is None else old[place] for i, place in enumerate(places)]
        if old:
            toml_blocks.arrange(self.tree, old, wanted, path)
        else:
            last = toml_blocks.group(self.tree, owner.headed[0])[-1]
            for blocks in reversed(wanted):
                toml_blocks.insert(self.tree, self.tree.blocks.index(last) + 1, blocks)
        return [new[i] if place is None else items[place] for i, place in enumerate(places)]

    def block(self, path: tuple[str, ...], scene: Scene) -> Block:
        """A new scene with a [[header]], which says no more than its name."""
        line = self.tree.newline
        name = Entry("", key="name", parts=("name",), equals=" = ", value=toml.string(scene.name), tail=line)
        return Block(header=f"[[{toml.key(*path)}]]{line}", path=path, array=True, entries=[name])

    def placed_entries(
        self, seq: Seq, items: list[Table], places: list[int | None], scenes: tuple[Scene, ...], owner: Table
    ) -> list[Table]:
        """The same for scenes in brackets."""
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
        there: set[Target] = set()
        tails: dict[Target, str] = {}
        inner = table.fields.get("set")
        found = list(inner.leaves()) if isinstance(inner, Table) else []
        for names, inside, leaf in found:
            path = ".".join(names)
            target = self.before.meant_in_scene(old, path)
            if target is None or target not in was.values:
                continue
            named = path == self.before.in_scene(old, target)  # and not by its kind
            if target in scene.values and (named or self.after.meant_in_scene(new, path) != target):
                path = self.after.in_scene(new, target)
            if target not in scene.values or (path != ".".join(names) and not _renamed(inner, leaf, names, path)):
                tails[target] = leaf.entry.tail
                toml_tables.drop(self.tree, inside, names[-1])
                continue
            there.add(target)
            if was.values[target] != scene.values[target]:
                leaf.entry.value = self.raw(target, scene.values[target])
        for target, value in scene.values.items():
            if target not in there:
                self.set(table, self.after.in_scene(new, target), self.raw(target, value), tails.get(target, ""))
        for _, inside, _ in found:
            toml_tables.prune(self.tree, inside)

    def set(self, table: Table, path: str, raw: str, tail: str) -> None:
        """Let a scene set one more value, written as its others are. tail: what stood behind it, where it stood."""
        if "set" not in table.fields:
            toml_tables.put(self.tree, table, "set", "{}", SCENE)
        inner = table.child("set")
        dotted = inner.places and _dotted(inner)
        names = tuple(path.split(".")) if dotted else (path,)
        new = toml_tables.insert(self.tree, inner, names, raw, lambda _: 0)
        if isinstance(new.home, Block) and tail.endswith("\n"):
            new.entry.tail = tail

    def raw(self, target: Target, value: float) -> str:
        """A scene's value as TOML."""
        return self.spelling.knob(self.after.spec(target), target.knob, value)

    # -- MIDI

    def midi(self, table: Table, old: Midi, new: Midi) -> None:
        """table: [midi]'s."""
        if old.channel != new.channel:
            self.say(table, "channel", None if new.channel is None else str(new.channel))
        for key in ("program", "cc", "note"):
            self.numbered(table, key, getattr(old, key), getattr(new, key))
        if new.wheel is None:
            toml_tables.drop(self.tree, table, "wheel")
        elif old.wheel != new.wheel or self.before.preset != self.after.preset:
            self.bind(table, "wheel", old.wheel, new.wheel, lambda raw: self.say(table, "wheel", raw))
        if old.begin != new.begin:
            self.say(table, "begin", toml.value(new.begin) if new.begin else None)
        self.sent(table, old.send, new.send)
        for key in [key for key in MIDI if getattr(old, key) and not getattr(new, key)]:
            if key in table.fields and toml_tables.prune(self.tree, table.fields[key]):
                del table.fields[key]

    def sent(self, table: Table, old: Mapping[Pick, tuple[str, ...]], new: Mapping[Pick, tuple[str, ...]]) -> None:
        """What other gear is told, by the names of amps and scenes."""
        were = {self.before.picked(pick): said for pick, said in old.items()}
        wanted = {self.after.picked(pick): said for pick, said in new.items()}
        if were == wanted:
            return
        if "send" not in table.fields:
            toml_tables.put(self.tree, table, "send", "{}", MIDI)
        inner = table.child("send")
        called = {self.before.picked(pick): self.after.picked(pick) for pick in old if pick in new}
        for name in [name for name in were if name not in wanted]:
            alike = [other for other, said in wanted.items() if other not in were and said == were[name]]
            now = called.get(name) or next(iter(alike), None)
            found = inner.fields.get(name)
            if now is not None and found is not None and _renamed(inner, found, (name,), now):
                inner.fields[now] = inner.fields.pop(name)
                were[now] = were.pop(name)
            else:
                toml_tables.drop(self.tree, inner, name)
        for name, said in wanted.items():
            if name in were and were[name] != said:
                toml_tables.put(self.tree, inner, name, toml.value(said))
            elif name not in were:
                toml_tables.insert(self.tree, inner, (name,), toml.value(said), lambda _: 0)

    def say(self, table: Table, key: str, raw: str | None, order: tuple[str, ...] = MIDI) -> None:
        """Give a key a value, or take it out."""
        if raw is None:
            toml_tables.drop(self.tree, table, key)
        else:
            toml_tables.put(self.tree, table, key, raw, order)

    def numbered(
        self,
        table: Table,
        key: str,
        old: Mapping[int, Pick | Binding],
        new: Mapping[int, Pick | Binding],
    ) -> None:
        """A table of programs, controllers or notes by their numbers."""
        if not old and not new:
            return
        if key not in table.fields:
            toml_tables.put(self.tree, table, key, "{}", MIDI)
        inner = table.child(key)
        there = {int(name): name for name in inner.fields if name.isdecimal()}
        for number in old.keys() - new.keys():
            toml_tables.drop(self.tree, inner, there.get(number, ""))
        for number, thing in sorted(new.items()):
            name = there.get(number, "")

            def say(raw: str, number: int = number, name: str = name) -> None:
                if name:
                    toml_tables.put(self.tree, inner, name, raw)
                else:
                    toml_tables.insert(self.tree, inner, (str(number),), raw, partial(_after, number))

            was = old.get(number)
            if isinstance(thing, Binding):
                self.bind(inner, name, was if isinstance(was, Binding) else None, thing, say)
            else:
                words = self.before.picked(was) if isinstance(was, Pick) else ""
                self.word(inner.leaf(name), words, thing, self.after.picked(thing), self.after.meant_by_program, say)

    def word(
        self,
        leaf: Leaf | None,
        was: str,
        thing: Target | Pick | Morph | str,
        words: str,
        meant: Callable[[str], Target | Pick | Morph | str | None],
        say: Callable[[str], None],
    ) -> None:
        """A thing by its name. was: how it was named, or ""; meant: what words name now."""
        if leaf is None or meant(leaf.text) != thing or (leaf.text != words and leaf.text == was):
            say(toml.string(words))

    def bind(self, table: Table, name: str, old: Binding | None, new: Binding, say: Callable[[str], None]) -> None:
        """What a pedal does, as a text, or where there is more to say as a table. say: gives it another value."""
        found = table.fields.get(name)
        words, was = self.after.controlled(new.to), self.before.controlled(old.to) if old else ""
        more = _more(new)
        if isinstance(found, Table):
            for key in BINDING[1:]:
                if (_more(old) if old else {}).get(key) != more.get(key):
                    self.say(found, key, more.get(key), BINDING)
            self.word(
                found.leaf("to"), was, new.to, words, self.after.meant_by_controller, partial(self.say, found, "to")
            )
        elif more:
            said = {"to": toml.string(words), **more}
            say(f"{{ {', '.join(f'{key} = {raw}' for key, raw in said.items())} }}")
        else:
            self.word(table.leaf(name), was, new.to, words, self.after.meant_by_controller, say)


def _more(binding: Binding) -> dict[str, str]:
    """What a table says of a pedal beside what it does."""
    said = {"from": binding.low, "upto": binding.high}
    found = {key: toml.number(value) for key, value in said.items() if value is not None}
    found |= {key: toml.string(getattr(binding, key)) for key in ("curve", "relative") if getattr(binding, key)}
    found |= {key: "true" for key in ("invert", "hold") if getattr(binding, key)}
    return {key: found[key] for key in BINDING if key in found}


def _paired(old: tuple[Scene, ...], new: tuple[Scene, ...]) -> dict[int, int]:
    """Which scenes are the same, by their places: new -> old.

    Scenes have nothing but their names to be known by. One that has another name may be known by what it sets, else by
    its place where no scene came or went.
    """
    names = {scene.name: i for i, scene in enumerate(old)}
    pairs = {i: names[scene.name] for i, scene in enumerate(new) if scene.name in names}
    for i, scene in enumerate(new):
        free = [k for k in range(len(old)) if k not in pairs.values()]
        alike = [k for k in free if old[k].values and old[k].values == scene.values]
        alike += [i] if i in free and len(old) == len(new) else []
        if i not in pairs and alike:
            pairs[i] = alike[0]
    return pairs


def _renamed(table: object, leaf: Table | List | Leaf, path: tuple[str, ...], wanted: str) -> bool:
    """Give a value in `set` another key where it stands, if all of its path stands there."""
    for holder, prefix in table.places if isinstance(table, Table) else []:
        names = leaf.entry.parts[len(prefix) :] if leaf.entry else ()
        if leaf.entry and holder is leaf.home and leaf.entry.parts[: len(prefix)] == prefix and names == path:
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
