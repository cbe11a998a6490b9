"""What a preset's TOML says, value by value: every fault names file, table, key, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rig.document.document import NAME
from rig.engine import Engine, Param, Setting
from rig.errors import did_you_mean
from rig.text import printable

FILE_LIMIT = 1 << 20
"""Bytes of a preset file."""

FAULTS = 200
"""That are told of a file. One with more of them is no slip of the pen, and to find them all would take its time."""

LONGEST = 1000
"""Letters of a fault."""


class Fault(str):
    """A fault of a preset, in one line. owner: "input", "output", "amp 2", or "" where it is none of theirs.

    engine: whether it is an engine's, which the owner lacks for it.
    """

    owner: str
    engine: bool

    def __new__(cls, text: str, owner: str = "", engine: bool = False) -> Fault:
        fault = super().__new__(cls, text)
        fault.owner, fault.engine = owner, engine
        return fault


Faults = tuple[Fault, ...]


class TooMany(Exception):
    """A file has FAULTS faults: it is read no further."""


class Values:
    """Reads values and notes every fault, so that `rig check` can show all of them.

    place: where we are, as a message names it: "amp 2 'Crunch', engine 1".
    """

    def __init__(self, path: Path, engines: Mapping[str, Engine], files: bool = True) -> None:
        self.path = path
        self.files = files
        self.engines = engines
        self.faults: list[Fault] = []
        self.torn: set[str] = set()  # the chains that lack an engine, for its fault

    def fault(self, place: str, text: str) -> None:
        owner = re.match(r"amp \d+|input|output", place)
        engine = re.search(r", engine \d+$", place) is not None
        said = printable(f"{place}: {text}" if place else text)
        line = f"{self.path}: {said if len(said) <= LONGEST else f'{said[: LONGEST - 3]}...'}"
        if len(self.faults) == FAULTS:
            self.faults.append(Fault(f"{self.path}: more faults than {FAULTS}; what follows is not looked at"))
            raise TooMany
        self.faults.append(Fault(line, owner[0] if owner else "", engine))

    def known(self, table: Mapping[str, object], place: str, keys: Iterable[str]) -> None:
        for key in table:
            if key not in keys:
                self.fault(place, f"unknown key '{key}'{suggest(key, keys)}")

    def table(self, content: Mapping[str, object], key: str, place: str = "") -> Mapping[str, object]:
        """The table of that key; an empty one where there is none."""
        value = content.get(key, {})
        if isinstance(value, dict):
            return value
        self.fault(place, f"{key} must be a table, not {toml_kind(value)}")
        return {}

    def name(self, table: Mapping[str, object], place: str) -> str:
        name = table.get("name", "")
        if not isinstance(name, str):
            self.fault(place, f"name must be a text in quotes, not {toml_kind(name)}")
        elif "name" in table and (name != name.strip() or not name.isprintable() or not 1 <= len(name) <= NAME):
            self.fault(place, f"name = {shown(name)} must be 1 to {NAME} letters on one line, with no space around")
        else:
            return name
        return ""

    def truth(self, table: Mapping[str, object], key: str, place: str, usual: bool) -> bool:
        value = table.get(key, usual)
        if not isinstance(value, bool):
            self.fault(place, f"{key} = {shown(value)} must be true or false, without quotes")
        return value is True

    def within(self, value: object, engine: str, of: Param | Setting, place: str) -> float:
        """A number as a knob or a setting takes it, or one of its words."""
        if of.choices:
            if value in of.choices:
                return float(of.choices.index(str(value)))
            words = ", ".join(f'"{word}"' for word in of.choices)
            self.fault(place, f"{engine} {of.name} = {shown(value)} must be one of {words}")
            return of.initial
        return self.number(value, f"{engine} {of.name}", place, of.minimum, of.maximum, of.unit)

    def setting(self, value: object, engine: str, setting: Setting, place: str) -> float:
        """A number in its range; 0.0 or 1.0 for a switch."""
        if setting.values and value not in setting.values:
            words = ", ".join(f"{one:g}" for one in setting.values)
            self.fault(place, f"{engine} {setting.name} = {shown(value)} must be one of {words}")
            return setting.initial
        if not setting.switch:
            return self.within(value, engine, setting, place)
        if not isinstance(value, bool):
            self.fault(place, f"{engine} {setting.name} = {shown(value)} must be true or false, without quotes")
        return float(value is True)

    def word(self, table: Mapping[str, object], key: str, place: str, words: Sequence[str]) -> str:
        """One of the words, or "" where nothing is said."""
        if key not in table:
            return ""
        if table[key] in words:
            return str(table[key])
        self.fault(place, f"{key} = {shown(table[key])} must be " + " or ".join(f'"{word}"' for word in words))
        return ""

    def number(self, value: object, what: str, place: str, low: float, high: float, unit: str) -> float:
        """A number from low to high; the nearest to 0 where it is none, which is a fault."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fault(place, f"{what} must be a number, not {toml_kind(value)}")
        elif not low <= value <= high:
            unit = f" {unit}" if unit else ""
            self.fault(place, f"{what} = {value} is out of range: {low:g} to {high:g}{unit}")
        else:
            return float(value)
        return min(max(0.0, low), high)


def suggest(wrong: str, right: Iterable[str]) -> str:
    """The nearest right name, or all of them where none is near."""
    right = list(right)
    return did_you_mean(wrong, right) or f"; known: {', '.join(right) or 'none'}"


def shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def toml_kind(value: object) -> str:
    """What TOML calls the type of `value`."""
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")
