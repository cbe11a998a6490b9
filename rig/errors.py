"""The one exception a player may see: a line that says what is wrong and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RigError(Exception):
    """What went wrong, in one line a player can act on. The command line prints it and exits with 1."""


QUOTED = 200  # characters of what somebody wrote; more would be no line


def cut(text: str) -> str:
    """What somebody wrote, as much of it as an error may quote."""
    return text if len(text) <= QUOTED else f"{text[: QUOTED - 3]}..."


def own_fault(error: BaseException) -> str:
    """What to say of an error that nobody has foreseen."""
    return f"a fault in rig itself: {type(error).__name__}: {cut(str(error))}"


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the nearest of `right`, or `""` where nothing is near."""
    if len(wrong) > QUOTED:
        return ""
    near = difflib.get_close_matches(wrong, list(right), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
