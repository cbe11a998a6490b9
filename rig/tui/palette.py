"""Every colour of the screen, by what it means. All are exact in a 256-colour terminal.

What is written reaches a contrast of 4.5 to 1, without colours (NO_COLOR), too: STOP is a ground, RULE a line.
"""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style

STAGE = "#121212"  # the dark behind everything
PANEL = "#1c1c1c"
RULE = "#3a3a3a"
LIT = "#303030"  # the line that is highlighted
FAINT = "#8a8a8a"
QUIET = "#a8a8a8"
TEXT = "#d0d0d0"
BRIGHT = "#ffffff"
GLOW = "#ffaf00"  # the accent: a warm tube. Playing, selected
EMBER = "#af8700"  # the accent, cooled
COLD = "#5fafd7"  # bypassed: the tube is out of the path
ALARM = "#ff5f5f"
ALERT = "#ff8787"  # the same, on a lit line
STOP = "#d70000"
GO = "#5faf5f"
WARN = "#ffd75f"


@lru_cache(maxsize=256)
def ink(colour: str, ground: str = STAGE, *, bold: bool = False, reverse: bool = False) -> Style:
    """A style from two colours of this palette."""
    return Style(color=colour, bgcolor=ground, bold=bold, reverse=reverse)


GROUND = ink(TEXT)
DIM = ink(FAINT)
SOFT = ink(QUIET)
PLAIN = ink(TEXT)
STRONG = ink(BRIGHT, bold=True)
ACCENT = ink(GLOW, bold=True)
LINE = ink(RULE)
RED = ink(ALARM, bold=True)
YELLOW = ink(WARN)
GREEN = ink(GO)
BLUE = ink(COLD, bold=True)
