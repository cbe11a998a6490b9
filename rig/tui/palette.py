"""Every colour of the screen, by what it means, in the theme that is on: see themes.py.

Whoever draws asks here each time it draws; a theme may be another one then.
"""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style

from rig.document.document import COLOURS
from rig.tui.themes import DARK, Theme

theme = DARK
"""The one that is on. All that follows is its own."""

STAGE = PANEL = LIT = RULE = FAINT = QUIET = TEXT = BRIGHT = ""
GLOW = EMBER = COLD = ALARM = ALERT = GO = WARN = STOP = ""
GROUND = DIM = SOFT = PLAIN = STRONG = ACCENT = LINE = RED = YELLOW = GREEN = BLUE = Style.null()


def use(wanted: Theme) -> None:
    """Put a theme on. What was drawn keeps its colours until it is drawn again."""
    global theme, STAGE, PANEL, LIT, RULE, FAINT, QUIET, TEXT, BRIGHT
    global GLOW, EMBER, COLD, ALARM, ALERT, GO, WARN, STOP
    global GROUND, DIM, SOFT, PLAIN, STRONG, ACCENT, LINE, RED, YELLOW, GREEN, BLUE
    theme = wanted
    STAGE, PANEL, LIT, RULE = wanted.stage, wanted.panel, wanted.lit, wanted.rule
    FAINT, QUIET, TEXT, BRIGHT = wanted.faint, wanted.quiet, wanted.text, wanted.bright
    GLOW, EMBER, COLD, ALARM = wanted.glow, wanted.ember, wanted.cold, wanted.alarm
    ALERT, GO, WARN, STOP = wanted.alert, wanted.go, wanted.warn, wanted.stop
    GROUND = PLAIN = ink(TEXT)
    DIM, SOFT, LINE = ink(FAINT), ink(QUIET), ink(RULE)
    YELLOW, GREEN = ink(WARN), ink(GO)
    STRONG, ACCENT, RED, BLUE = (ink(colour, bold=True) for colour in (BRIGHT, GLOW, ALARM, COLD))


def ink(colour: str, ground: str = "", *, bold: bool = False) -> Style:
    """A style from two colours of this palette; the stage is the usual ground."""
    return _ink(colour, ground or STAGE, bold)


def on(ground: str, *, bold: bool = True) -> Style:
    """What is written on a ground of one of this palette's colours: GLOW, COLD, GO, WARN, STOP, or an amp's."""
    written = theme.on_stop if ground == STOP else theme.on
    bold = bold and (theme.strong or written == BRIGHT)
    return _ink(written, theme.grounds.get(ground, ground), bold)


def amp(colour: str) -> str:
    """That of an amp, by its name in a preset; the accent where it has none."""
    return theme.amps[COLOURS.index(colour)] if colour else GLOW


@lru_cache(maxsize=512)
def _ink(colour: str, ground: str, bold: bool) -> Style:
    return Style(color=colour, bgcolor=ground, bold=bold)


use(DARK)
