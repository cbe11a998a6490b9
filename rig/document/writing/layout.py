"""Entries that come, go and change places in a TOML tree, and look like their neighbours when they do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from rig.document.writing.tree import Block, Entry, Seq, Tree, value_of
from rig.toml import key as key_text

Holder = Block | Seq
"""What keyed entries stand in: a table's body, or an inline table."""

WIDTH = 120
"""Columns of a line, beyond which an array that we add to is broken into lines."""

INDENT = "  "


class Row(Protocol):
    """What can be arranged: an entry, or tables that belong together."""

    gap: str
    lead: str


Some = TypeVar("Some", bound=Row)


def arrange(
    rows: Sequence[Some], wanted: Sequence[Some], typical: str, newline: str, *, lines: bool, alone: bool = True
) -> str:
    """Sets what stands between the rows for another order of them, some of which may be gone or new.

    Gaps belong to places, comments above a row to the row; those of a row that goes stay. typical: the gap of a new
    one. lines: whether a gap starts where a line does, and not at the end of the one before. alone: whether nothing
    else stands between them, so that the second takes the place of a first that goes.
    Returns the comments that stay behind the last row.
    """
    staying, known = {id(row) for row in wanted}, {id(row) for row in rows}
    kept, left = [], ""
    for row in rows:
        if id(row) in staying:
            row.gap, left = joined(left, row.gap, newline, lines=lines), ""
            kept.append(row)
        elif "#" in row.gap + row.lead:
            left = joined(left, row.gap, newline, lines=lines) + row.lead
    if alone and kept and kept[0] is not rows[0] and "#" not in kept[0].gap:
        kept[0].gap = rows[0].gap
    gaps = iter([row.gap for row in kept])
    for row in wanted:
        row.gap = next(gaps) if id(row) in known else typical
    if kept and id(wanted[0]) not in known:
        first = next(row for row in wanted if id(row) in known)
        wanted[0].gap, first.gap = first.gap, typical
    elif rows and wanted and not kept and "#" not in rows[0].gap:
        wanted[0].gap = rows[0].gap
    return left.rstrip(" \t") if lines else left.rstrip()


def joined(left: str, gap: str, newline: str, *, lines: bool) -> str:
    """A gap behind comments that stay."""
    if not left:
        return gap
    if lines:
        left = left.rstrip(" \t")
        return (left.removesuffix(newline) if left.endswith(2 * newline) and gap.startswith(newline) else left) + gap
    return left.rstrip() + (gap if _ends_line(gap) else newline + INDENT + gap.lstrip(" \t"))


def _ends_line(gap: str) -> bool:
    """Whether nothing of what follows stands on the same line."""
    return gap.lstrip(" \t").startswith(("\n", "\r\n"))


# -- arrays and inline tables


def arrange_seq(seq: Seq, wanted: Sequence[Entry], newline: str) -> None:
    """Give an array or an inline table other entries, or another order of them."""
    old, lines = seq.entries, broken(seq)
    trailing = old[-1].comma if old else lines
    typical = _typical(seq, newline)
    left = arrange(old, wanted, typical, newline, lines=False)
    seq.entries = list(wanted)
    seq.trail = joined(left, seq.trail, newline, lines=False)
    if not old and wanted:
        _open(seq, typical)
    elif not wanted and "#" not in seq.trail:
        seq.trail = ""
    for entry in seq.entries:
        entry.comma = trailing or entry is not seq.entries[-1]
        if not entry.comma:
            entry.behind, entry.tail = "", entry.behind.rstrip() + entry.tail
    _end_comments(seq, newline)


def broken(seq: Seq) -> bool:
    """Whether its entries stand on lines of their own."""
    return any("\n" in entry.gap for entry in seq.entries) or (not seq.entries and "\n" in seq.trail)


def _typical(seq: Seq, newline: str) -> str:
    """What separates entries of it."""
    if not seq.entries:
        return newline + INDENT + _indent(seq.trail) if "\n" in seq.trail else ""
    gap = seq.entries[-1].gap
    if "\n" in gap:
        return newline + _indent(gap)
    return gap if len(seq.entries) > 1 else " "


def _indent(gap: str) -> str:
    return gap[gap.rindex("\n") + 1 :]


def _open(seq: Seq, typical: str) -> None:
    """The first entries of an empty one stand behind its comments, and inside spaces where it is a table."""
    if "\n" in seq.trail:
        cut = seq.trail.rindex("\n")
        cut -= seq.trail[:cut].endswith("\r")
        seq.entries[0].gap, seq.trail = seq.trail[:cut] + typical, seq.trail[cut:]
        return
    space = " " if seq.opening == "{" else ""
    for entry in seq.entries:
        entry.gap = " "
    seq.entries[0].gap = seq.trail = space


def _end_comments(seq: Seq, newline: str) -> None:
    """A comment ends its line; what stood behind it may have moved."""
    indent = next((_indent(entry.gap) for entry in seq.entries if "\n" in entry.gap), INDENT)
    for i, entry in enumerate(seq.entries):
        if entry.lead and "\n" not in entry.gap:
            entry.gap = newline + indent
        after = seq.entries[i + 1] if i + 1 < len(seq.entries) else None
        gap = after.gap if after else seq.trail
        if "#" in entry.tail and not _ends_line(gap):
            gap = newline + (indent if after else "") + gap.lstrip(" \t")
        if after:
            after.gap = gap
        else:
            seq.trail = gap


def fold(seq: Seq, indent: str, newline: str) -> None:
    """Break an array into lines, one entry each."""
    for entry in seq.entries:
        entry.gap, entry.comma = newline + indent + INDENT, True
    seq.trail = newline + indent


# -- keyed entries


def put(tree: Tree, holder: Holder, parts: tuple[str, ...], raw: str, order: Callable[[Entry], int]) -> Entry:
    """A new entry, behind the last that comes before it in `order` (< 0), else before the first that does not.

    order: what an entry has to do with it: < 0: comes before, > 0: comes after, 0: nothing.
    """
    entries = holder.entries
    before = [i for i, entry in enumerate(entries) if order(entry) < 0]
    after = [i for i, entry in enumerate(entries) if order(entry) > 0]
    index = before[-1] + 1 if before else after[0] if after else len(entries)
    new = Entry("", key=key_text(*parts), parts=parts, value=value_of(raw))
    new.equals = _equals(holder, new.key)
    set_entries(tree, holder, [*entries[:index], new, *entries[index:]])
    return new


def remove(tree: Tree, holder: Holder, entry: Entry) -> None:
    """Take a keyed entry out."""
    set_entries(tree, holder, [other for other in holder.entries if other is not entry])


def set_entries(tree: Tree, holder: Holder, wanted: list[Entry]) -> None:
    """Give a table, or a list, other entries, or another order of them."""
    if isinstance(holder, Seq):
        arrange_seq(holder, wanted, tree.newline)
        return
    first = holder.entries[0] if holder.entries else None
    indent = holder.entries[-1].gap.rsplit("\n", 1)[-1] if first else ""
    left = arrange(holder.entries, wanted, indent, tree.newline, lines=True)
    holder.entries = wanted
    holder.end = left + holder.end
    for entry in wanted:
        entry.tail = entry.tail or tree.newline
    if not holder.header and wanted:
        _head(tree, holder, first)


def _head(tree: Tree, root: Block, first: Entry | None) -> None:
    """The file's own words stay on top of it. first: the key that stood first."""
    if first is None:
        root.entries[0].lead, root.end = root.end, ""
        if len(tree.blocks) > 1 and not tree.blocks[1].gap:
            tree.blocks[1].gap = tree.newline
    elif root.entries[0] is not first and root.entries[0].tail == tree.newline and first in root.entries:
        root.entries[0].lead, first.lead = first.lead, ""


def _equals(holder: Holder, key: str) -> str:
    """The equals sign as its neighbours have it, in one column where all of theirs are."""
    if not holder.entries:
        return " = "
    signs = {len(entry.key) + entry.equals.index("=") for entry in holder.entries}
    lengths = {len(entry.key) for entry in holder.entries}
    if isinstance(holder, Block) and len(signs) == 1 and len(lengths) > 1:
        return " " * max(1, signs.pop() - len(key)) + "= "
    last = holder.entries[-1].equals
    return "=" if last == "=" else " = "
