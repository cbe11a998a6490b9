"""A TOML text as a tree that forgets nothing: str() of it is the text, comments and spaces and all.

Editing the tree moves what stands around a thing along with it. The libraries that keep a style do so for values; where
entries of an array or tables of an array come, go and change places, they lose the comments behind them or give them to
a neighbour, and a preset is made of just those. The text is valid TOML here: tomli has read it before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import tomli

from rig.errors import RigError

_SKIP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=\r?\n)")
_STRING = r'"""(?:[^\\]|\\.)*?"""{1,3}' r"|'''.*?'''{1,3}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'"
_SCALAR = re.compile(rf"{_STRING}|[^\s,\]}}#]+", re.DOTALL)
_KEY_PART = re.compile(rf"{_STRING}|[^\s.=\]\"']+", re.DOTALL)
_EQUALS = re.compile(r"[ \t]*=[ \t]*")


@dataclass(eq=False)
class Entry:
    """An entry of an array, of an inline table or of a table's body, with all that stands around it.

    gap: what separates it from the one before; it stays where it is when entries change places.
    lead: the comment lines right above it, up to it. key, parts: "" and () in an array. equals: with its spaces.
    behind: what stands between the value and its comma. tail: the rest of its line; of a body, with the line's end.
    """

    gap: str
    lead: str = ""
    key: str = ""
    parts: tuple[str, ...] = ()
    equals: str = ""
    value: str | Seq = ""
    behind: str = ""
    comma: bool = False
    tail: str = ""

    def __str__(self) -> str:
        comma = "," if self.comma else ""
        return f"{self.gap}{self.lead}{self.key}{self.equals}{self.value}{self.behind}{comma}{self.tail}"


@dataclass(eq=False)
class Seq:
    """An array or an inline table. trail: what stands before the closing bracket."""

    opening: str
    entries: list[Entry] = field(default_factory=list)
    trail: str = ""

    def __str__(self) -> str:
        return f"{self.opening}{''.join(map(str, self.entries))}{self.trail}{']' if self.opening == '[' else '}'}"


@dataclass(eq=False)
class Block:
    """A table's header, and its body up to the next. gap, lead: as an Entry's. header: its line; path: its names.

    array: whether it starts an entry of an array of tables. end: comment lines right below the body.
    """

    gap: str = ""
    lead: str = ""
    header: str = ""
    path: tuple[str, ...] = ()
    array: bool = False
    entries: list[Entry] = field(default_factory=list)
    end: str = ""

    def __str__(self) -> str:
        return f"{self.gap}{self.lead}{self.header}{''.join(map(str, self.entries))}{self.end}"


@dataclass(eq=False)
class Tree:
    """A whole text. blocks: the first has no header. tail: what stands apart at the end. newline: its line ends."""

    blocks: list[Block]
    tail: str
    newline: str
    ended: bool = True

    def __str__(self) -> str:
        text = f"{''.join(map(str, self.blocks))}{self.tail}"
        return text if self.ended else text.removesuffix("\n").removesuffix("\r")


def scan(text: str) -> Tree:
    """The tree of a valid TOML text. Raises RigError where it is none."""
    newline = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    ended = text.endswith("\n")
    scanner = _Scanner(text if ended else text + newline)
    blocks, tail = scanner.document()
    return Tree(blocks, tail, newline, ended)


def value_of(raw: str) -> str | Seq:
    """The tree of one value."""
    return _Scanner(raw + "\n").value()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise RigError(f"line {self.text.count(chr(10), 0, self.at) + 1}: this is no TOML")
        self.at = found.end()
        return found.group()

    def document(self) -> tuple[list[Block], str]:
        """Every block, and what stands after the last."""
        block, blocks = Block(), list[Block]()
        while True:
            region = self.take(_SKIP)
            if self.at < len(self.text) and self.text[self.at] != "[":
                block.entries.append(self.statement(*_parted(region)))
                continue
            head = not blocks and not block.entries  # the file's own words, before anything
            block.end, apart = _below(region, head=head, last=self.at == len(self.text))
            blocks.append(block)
            if self.at == len(self.text):
                return blocks, apart
            block = self.header(*_parted(apart))

    def header(self, gap: str, lead: str) -> Block:
        start = self.at
        array = self.text.startswith("[[", start)
        self.at += 1 + array
        path = self.key()
        self.at += 1 + array
        return Block(gap, lead, self.text[start : self.at] + self.line_end(), path, array)

    def statement(self, gap: str, lead: str) -> Entry:
        entry = self.keyed(gap, lead)
        entry.tail = self.line_end()
        return entry

    def line_end(self) -> str:
        rest = self.take(_REST_OF_LINE)
        start, self.at = self.at, self.text.index("\n", self.at) + 1
        return rest + self.text[start : self.at]

    def keyed(self, gap: str, lead: str) -> Entry:
        start = self.at
        parts = self.key()
        key = self.text[start : self.at].rstrip(" \t")
        self.at = start + len(key)
        return Entry(gap, lead, key, parts, self.take(_EQUALS), self.value())

    def key(self) -> tuple[str, ...]:
        parts = []
        while True:
            self.take(_SPACE)
            parts.append(unquoted(self.take(_KEY_PART)))
            self.take(_SPACE)
            if self.text[self.at] != ".":
                return tuple(parts)
            self.at += 1

    def value(self) -> str | Seq:
        return self.seq() if self.text[self.at] in "[{" else self.take(_SCALAR)

    def seq(self) -> Seq:
        found = Seq(self.text[self.at])
        self.at += 1
        region = self.take(_SKIP)
        while self.text[self.at] not in "]}":
            gap, lead = _parted(region, midline=True)
            entry = self.keyed(gap, lead) if found.opening == "{" else Entry(gap, lead, value=self.value())
            found.entries.append(entry)
            start, region = self.at, self.take(_SKIP)
            entry.comma = self.text[self.at] == ","
            if entry.comma:
                entry.behind = region
                self.at += 1
            else:
                self.at = start
            entry.tail = self.rest_of_line()
            region = self.take(_SKIP)
        found.trail = region
        self.at += 1
        return found

    def rest_of_line(self) -> str:
        """Spaces and a comment, where the line ends behind them."""
        found = _REST_OF_LINE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found.group() if found else ""


def unquoted(raw: str) -> str:
    """A key or a string without its quotes."""
    return str(tomli.loads(f"x = {raw}")["x"]) if raw[0] in "\"'" else raw


def _parted(region: str, midline: bool = False) -> tuple[str, str]:
    """What stands before a thing: what separates it, and the comment lines right above it, which are about it.

    midline: the region starts behind something else on its line.
    """
    lines = region.split("\n")
    first = len(lines) - 1
    while first > midline and _comment(lines[first - 1]):
        first -= 1
    lead = "\n".join(lines[first:])
    if first == len(lines) - 1:
        return region, ""
    cut = len(region) - len(lead.lstrip(" \t"))
    return region[:cut], region[cut:]


def _below(region: str, head: bool, last: bool) -> tuple[str, str]:
    """The comment lines right below a body, and what comes after. Those that touch the next header are the header's.

    head: nothing stood before; what touches the next header is the file's own words then. last: no header follows.
    """
    lines = region.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip()), 0) if head else 0
    count = start
    while _comment(lines[count]):
        count += 1
    if count == start or (count == len(lines) - 1 and not head and not last):
        return "", region
    cut = sum(len(line) + 1 for line in lines[:count])
    return region[:cut], region[cut:]


def _comment(line: str) -> bool:
    return line.lstrip(" \t").startswith("#")
