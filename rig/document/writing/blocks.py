"""Tables with headers of their own, which come, go and change places in a TOML tree."""

from __future__ import annotations

from collections.abc import Sequence

from rig.document.writing import layout
from rig.document.writing.tree import Block, Tree

Group = list[Block]
"""A [[header]]'s table, those inside it, and what else stands between them."""


class _Row:
    """A group as `layout.arrange` takes it. lead: the comments that stay when it goes."""

    def __init__(self, group: Group, lead: str = "") -> None:
        self.group = group
        self.lead = lead

    @property
    def gap(self) -> str:
        return self.group[0].gap

    @gap.setter
    def gap(self, gap: str) -> None:
        self.group[0].gap = gap


def group(tree: Tree, header: Block) -> Group:
    """All that belongs to one entry of an array of tables, by its header."""
    start = stop = tree.blocks.index(header)
    for i, block in enumerate(tree.blocks[start + 1 :], start + 1):
        if block.array and header.path[: len(block.path)] == block.path:
            break
        if _inside(block, header.path):
            stop = i
    return tree.blocks[start : stop + 1]


def arrange(
    tree: Tree, old: Sequence[Group], wanted: Sequence[Group], path: tuple[str, ...], keep_leads: bool = False
) -> None:
    """Give an array of tables other entries, or another order of them; each stands where one stood before.

    path: of its headers. What is not of it, but stands between its tables, stays where it is. keep_leads: the comments
    right above an entry that goes stay, too.
    """
    known = {id(blocks[0]): _Row(blocks, blocks[0].lead if keep_leads else "") for blocks in old}
    rows = [known.get(id(blocks[0])) or _Row(blocks) for blocks in wanted]
    gaps = [blocks[0].gap for blocks in old[1:] if "#" not in blocks[0].gap]
    typical = gaps[-1] if gaps else tree.newline + old[0][0].gap.rsplit("\n", 1)[-1]
    left = layout.arrange(list(known.values()), rows, typical, tree.newline, lines=True, alone=False)
    kept = [id(blocks[0]) for blocks in old if any(blocks is row.group for row in rows)]
    places, place = iter(kept), kept[0] if kept else id(old[0][0])
    put: dict[int, Group] = {key: [] for key in known}
    for row in rows:
        place = next(places) if any(row is other for other in known.values()) else place
        put[place] += row.group
    for key in known.keys() - set(kept):
        put[key] += [block for block in known[key].group if not _inside(block, path)]
    _place(tree, old, put, left)


def _place(tree: Tree, old: Sequence[Group], put: dict[int, Group], left: str) -> None:
    """Every group where one stood, by the first table of that; `left` behind the last."""
    gone = {id(block) for blocks in old for block in blocks}
    blocks, last = list[Block](), 0
    for block in tree.blocks:
        if id(block) in put:
            blocks += put[id(block)]
            last = len(blocks)
        elif id(block) not in gone:
            blocks.append(block)
    apart = len(tree.blocks) > 1 and tree.blocks[1].gap.startswith(("\r", "\n"))
    tree.blocks = blocks
    if last < len(blocks):
        blocks[last].gap = layout.joined(left, blocks[last].gap, tree.newline, lines=True)
    else:
        tree.tail = layout.joined(left, tree.tail, tree.newline, lines=True)
    if not str(blocks[0]) and len(blocks) > 1 and not apart:
        blocks[1].gap = blocks[1].gap.lstrip("\r\n")


def insert(tree: Tree, index: int, new: Group) -> None:
    """Put tables in front of the one of that index, with a blank line around them."""
    new[0].gap = tree.newline
    if index == 1 and len(tree.blocks) > 1:
        new[0].gap, tree.blocks[1].gap = tree.blocks[1].gap, tree.newline
    elif index == 1 and not str(tree.blocks[0]):
        new[0].gap = ""
    tree.blocks[index:index] = new


def _inside(block: Block, path: tuple[str, ...]) -> bool:
    return block.path[: len(path)] == path
