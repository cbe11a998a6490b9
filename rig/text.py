"""Text that somebody else wrote, on its way to a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """What a file or its name says, without what would move a terminal's cursor or cannot be written to one."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "·" for letter in text)


def minutes(seconds: float) -> str:
    """As a player says it: "9:58 min", "42 s"."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02} min" if whole >= 60 else f"{whole} s"
