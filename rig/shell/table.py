"""The commands as argparse has them, in values: what completes them, and what the manual page says."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rig.kinds import MODELS, PRESETS

MOST_WORDS = 20  # of a choice; a range of numbers is none


@dataclass(frozen=True)
class Value:
    """What follows an option, or stands by itself.

    name: as `--help` has it. words: all that it may be, where that is so. presets: names of presets and sets. files:
    files, those of `endings`; any where there are none.
    """

    name: str
    words: tuple[str, ...] = ()
    presets: bool = False
    files: bool = False
    endings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Option:
    """flags: all its spellings. value: None where nothing follows. needed: it cannot be left out."""

    flags: tuple[str, ...]
    about: str
    value: Value | None = None
    needed: bool = False


@dataclass(frozen=True)
class Argument:
    """many: it may be repeated."""

    value: Value
    about: str
    many: bool = False


@dataclass(frozen=True)
class Command:
    """usage: without "usage: ". examples: lines to type."""

    name: str
    about: str
    usage: str
    options: tuple[Option, ...]
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """options: those of `rig` itself."""

    about: str
    options: tuple[Option, ...]
    commands: tuple[Command, ...]


def table(parser: argparse.ArgumentParser, paths: Sequence[object], words: Mapping[str, Sequence[str]]) -> Table:
    """All of a command line. paths: the types of arguments that name a file. words: by metavar, what some may be."""
    commands = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return Table(
        parser.description or "",
        _options(parser, paths, words),
        tuple(
            Command(
                name,
                sub.description or "",
                " ".join(sub.format_usage().removeprefix("usage: ").split()),
                _options(sub, paths, words),
                tuple(
                    Argument(_value(action, paths, words), action.help or "", action.nargs in ("*", "+"))
                    for action in _shown(sub)
                    if not action.option_strings
                ),
                tuple(sub.get_default("examples") or ()),
            )
            for name, sub in commands.choices.items()
        ),
    )


def _shown(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    commands = argparse._SubParsersAction
    return [a for a in parser._actions if a.help != argparse.SUPPRESS and not isinstance(a, commands)]


def _options(
    parser: argparse.ArgumentParser, paths: Sequence[object], words: Mapping[str, Sequence[str]]
) -> tuple[Option, ...]:
    return tuple(
        Option(
            tuple(action.option_strings),
            (action.help or "").replace("%%", "%"),
            None if action.nargs == 0 else _value(action, paths, words),
            action.required,
        )
        for action in _shown(parser)
        if action.option_strings
    )


def _value(action: argparse.Action, paths: Sequence[object], words: Mapping[str, Sequence[str]]) -> Value:
    choices = tuple(map(str, action.choices or ()))
    named = str(action.metavar or (f"{{{','.join(choices)}}}" if choices else action.dest.upper()))
    if choices or named in words:
        return Value(named, choices if len(choices) <= MOST_WORDS and choices else tuple(words.get(named, ())))
    if action.type not in paths:
        return Value(named)
    kinds = named.split("|")
    presets = "PRESET" in kinds
    any_file = "FILE" in kinds or not (presets or "MODEL" in kinds)
    endings = (*(PRESETS if presets else ()), *(MODELS if "MODEL" in kinds else ()))
    return Value(named, (), presets, True, () if any_file else endings)
