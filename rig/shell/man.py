"""The manual page: `rig man | man -l -`."""

from __future__ import annotations

from rig import __version__
from rig.shell.table import Argument, Command, Option, Table

FILES = (
    ("$XDG_CONFIG_HOME/rig/presets", "your own presets"),
    ("$XDG_CONFIG_HOME/rig/keys.toml, midi.toml", "keys and pedals of your own"),
    ("$XDG_STATE_HOME/rig", "what was played last, and what went wrong in the last gigs"),
)


def page(table: Table) -> str:
    """In the macros of man(7)."""
    lines = [
        f'.TH RIG 1 "" "rig {__version__}" "User Commands"',
        ".SH NAME",
        f"rig \\- {_text(table.about[:1].lower() + table.about[1:].rstrip('.'))}",
        ".SH SYNOPSIS",
    ]
    lines += [f".PP\n{_text(command.usage)}" for command in table.commands]
    lines += [".SH OPTIONS", *(line for option in table.options for line in _option(option)), ".SH COMMANDS"]
    for command in table.commands:
        lines += _command(command)
    lines += [".SH FILES", *(line for name, about in FILES for line in _item(_bold(name), about))]
    lines += [".SH EXIT STATUS", *_item("0", "done"), *_item("1", "the work failed"), *_item("2", "wrong use")]
    return "\n".join(lines) + "\n"


def _command(command: Command) -> list[str]:
    lines = [f'.SS "rig {_text(command.name)}"', _text(command.about)]
    for argument in command.arguments:
        lines += _argument(argument)
    for option in command.options:
        if "--help" not in option.flags and "--debug" not in option.flags:
            lines += _option(option)
    lines += [".PP", "Examples:", ".PP", ".nf", ".RS"]
    return [*lines, *map(_text, command.examples), ".RE", ".fi"]


def _argument(argument: Argument) -> list[str]:
    return _item(f"\\fI{_text(argument.value.name)}\\fR{' ...' if argument.many else ''}", argument.about)


def _option(option: Option) -> list[str]:
    value = f" \\fI{_text(option.value.name)}\\fR" if option.value else ""
    return _item(", ".join(map(_bold, option.flags)) + value, option.about)


def _item(name: str, about: str) -> list[str]:
    return [".TP", name, _text(about)]


def _bold(text: str) -> str:
    return f"\\fB{_text(text)}\\fR"


def _text(text: str) -> str:
    """As it stands: no backslash is an escape, no hyphen becomes another, no line a macro."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
