"""Every colour of the screen, by what it means. All are exact in a 256-colour terminal."""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style

STAGE = "#121212"  # the dark behind everything
PANEL = "#1c1c1c"
RULE = "#3a3a3a"
FAINT = "#5f5f5f"
QUIET = "#8a8a8a"
TEXT = "#d0d0d0"
BRIGHT = "#ffffff"
GLOW = "#ffaf00"  # the accent: a warm tube. Playing, selected
EMBER = "#875f00"  # the accent, cooled
COLD = "#5fafd7"  # bypassed: the tube is out of the path
ALARM = "#ff5f5f"
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
