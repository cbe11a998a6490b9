"""The one exception a player may see: a line that says what is wrong and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable


class RigError(Exception):
    """What went wrong, in one line a player can act on. The command line prints it and exits with 1."""


QUOTED = 200
"""Letters of what somebody wrote that a message repeats; more would be no line."""


def cut(text: str) -> str:
    """What somebody wrote, as much of it as an error may quote."""
    return text if len(text) <= QUOTED else f"{text[: QUOTED - 3]}..."


def quoted(text: object) -> str:
    """What somebody wrote, in quotes, on one line and not long."""
    shown = "".join(letter if letter.isprintable() else "·" for letter in str(text)[: QUOTED + 1])
    return f"'{cut(shown)}'"


def own_fault(error: BaseException) -> str:
    """What to say of an error that nobody has foreseen."""
    return f"a fault in rig itself: {type(error).__name__}: {cut(str(error))}"


def _unheard(line: str) -> None:
    pass


notice: Callable[[str], None] = _unheard
"""Told, in one line, what a player should know though the work goes on. The command line has it printed on stderr."""


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the nearest of `right`, or `""` where nothing is near."""
    if len(wrong) > QUOTED:  # nobody meant anything, and looking would take long
        return ""
    near = difflib.get_close_matches(wrong, list(right), n=1, cutoff=0.6)
    return f"; did you mean {quoted(near[0])}?" if near else ""
