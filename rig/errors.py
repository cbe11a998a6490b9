"""The one exception a player may see: a line that says what is wrong and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable


class RigError(Exception):
    """What went wrong, in one line a player can act on. The command line prints it and exits with 1."""


def _unheard(line: str) -> None:
    pass


notice: Callable[[str], None] = _unheard
"""Told, in one line, what a player should know though the work goes on. The command line has it printed on stderr."""


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the nearest of `right`, or `""` where nothing is near."""
    near = difflib.get_close_matches(wrong, list(right), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
