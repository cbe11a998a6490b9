"""Plainer characters, for terminals whose fonts have few: the Linux console's have no half and eighth blocks."""

from __future__ import annotations

import os

PLAIN = os.environ.get("TERM") == "linux"

_TABLE = str.maketrans(
    "┏━┓┃┗┛╭╮╰╯╱┿╋▌▏▎▍▋▊▉♪●○▸◂▴✓‹›…↑↓←→↵⌫▶■□",
    "╔═╗║╚╝┌┐└┘/┼┼█|    █*oo><^v<>~^v<>┘<>#-",
)


def plainer(text: str) -> str:
    """`text` in characters that every terminal has, of the same width, where this one needs it."""
    return text.translate(_TABLE) if PLAIN and not text.isascii() else text
