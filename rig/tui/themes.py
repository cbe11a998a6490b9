"""The themes of the screen: every colour by what it means, for dark rooms, daylight, weak eyes and colour-blind ones.

What is written reaches a contrast of 4.5 to 1 in each (7 to 1 in `contrast`), which tests/test_contrast.py reads off
every screen. Nothing is told by a colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Theme:
    """Colours as "#rrggbb", the fields being what each is for.

    stage: the ground behind everything; panel: of bars and cards; lit: of the line that is picked. rule: lines, which
    are no text. faint, quiet, text, bright: words, the brightest last. glow: the accent: playing, selected; ember: the
    accent, cooled. cold: bypassed. alarm: wrong; alert: the same, on a lit line. go: in tune, levels. warn: a warning.
    stop: a ground only, of what silences.

    on: what is written on a ground of one of these, on_stop: on `stop`. grounds: where such a ground is to be another
    colour than the words are. strong: whether that is written in bold. amps: of document.COLOURS.
    """

    name: str
    dark: bool
    stage: str
    panel: str
    lit: str
    rule: str
    faint: str
    quiet: str
    text: str
    bright: str
    glow: str
    ember: str
    cold: str
    alarm: str
    alert: str
    go: str
    warn: str
    stop: str
    on: str
    on_stop: str
    amps: tuple[str, ...]
    grounds: Mapping[str, str]
    strong: bool = True


DARK = Theme(
    "dark",
    dark=True,
    stage="#121212",
    panel="#1c1c1c",
    lit="#303030",
    rule="#3a3a3a",
    faint="#8a8a8a",
    quiet="#a8a8a8",
    text="#d0d0d0",
    bright="#ffffff",
    glow="#ffaf00",  # a warm tube
    ember="#af8700",
    cold="#5fafd7",
    alarm="#ff5f5f",
    alert="#ff8787",
    go="#5faf5f",
    warn="#ffd75f",
    stop="#d70000",
    on="#000000",
    on_stop="#ffffff",
    amps=("#ff8700", "#5fd7ff", "#5faf5f", "#ffd700", "#5f87ff", "#ff5f5f", "#d787d7", "#d0d0d0"),
    grounds={},
)

CONTRAST = replace(
    DARK,
    name="contrast",
    stage="#000000",
    panel="#1c1c1c",
    lit="#303030",
    rule="#8a8a8a",
    faint="#d0d0d0",
    quiet="#e4e4e4",
    text="#ffffff",
    glow="#ffff00",
    ember="#d7d700",
    cold="#87d7ff",
    alarm="#ff8787",
    alert="#ffafaf",
    go="#5fff5f",
    warn="#ffd75f",
    stop="#af0000",
    amps=("#ffaf00", "#5fd7ff", "#5fff5f", "#ffff00", "#87afff", "#ff8787", "#ff87ff", "#ffffff"),
)

LIGHT = Theme(
    "light",
    dark=False,
    stage="#ffffff",
    panel="#eeeeee",
    lit="#dadada",
    rule="#9e9e9e",
    faint="#585858",
    quiet="#444444",
    text="#262626",
    bright="#000000",
    glow="#005faf",
    ember="#005f87",
    cold="#005f5f",
    alarm="#af0000",
    alert="#870000",
    go="#005f00",
    warn="#5f5f00",
    stop="#d70000",
    on="#ffffff",
    on_stop="#ffffff",
    amps=("#af5f00", "#005f87", "#008700", "#5f5f00", "#0000d7", "#af0000", "#870087", "#585858"),
    grounds={},
)

SAFE = replace(
    DARK,
    name="colour-blind",
    stage="#000000",
    panel="#121212",
    lit="#303030",
    glow="#e69f00",
    ember="#af8700",
    cold="#56b4e9",
    alarm="#e0661a",
    alert="#f0a070",
    go="#00a878",
    warn="#f0e442",
    stop="#d55e00",
    on_stop="#000000",
    amps=("#e69f00", "#56b4e9", "#00a878", "#f0e442", "#4d8fd0", "#e0661a", "#cc79a7", "#d0d0d0"),
)

CONSOLE = replace(  # sixteen colours, of which the Linux console has eight as grounds, and makes a bold black a grey
    DARK,
    stage="#000000",
    panel="#000000",
    lit="#0000aa",
    rule="#555555",
    faint="#aaaaaa",
    quiet="#aaaaaa",
    text="#aaaaaa",
    glow="#ffff55",
    ember="#ffff55",
    cold="#55ffff",
    alarm="#ff5555",
    alert="#ffffff",
    go="#55ff55",
    warn="#ffff55",
    stop="#aa0000",
    amps=("#ffff55", "#55ffff", "#55ff55", "#ffff55", "#55ffff", "#ff5555", "#ff55ff", "#ffffff"),
    grounds={
        "#ffff55": "#aaaaaa",
        "#55ffff": "#00aaaa",
        "#55ff55": "#00aa00",
        "#ff5555": "#aaaaaa",
        "#ff55ff": "#aaaaaa",
        "#ffffff": "#aaaaaa",
    },
    strong=False,
)

PAPER = replace(  # sixteen colours on a light ground
    LIGHT,
    panel="#ffffff",
    lit="#aaaaaa",
    rule="#555555",
    faint="#000000",
    quiet="#000000",
    text="#000000",
    glow="#0000aa",
    ember="#0000aa",
    cold="#0000aa",
    alarm="#aa0000",
    alert="#000000",
    go="#0000aa",
    warn="#aa00aa",
    stop="#aa0000",
    amps=("#aa5500", "#0000aa", "#000000", "#aa5500", "#0000aa", "#aa0000", "#aa00aa", "#000000"),
)

THEMES = {theme.name: theme for theme in (DARK, CONTRAST, LIGHT, SAFE)}
"""Those that a player chooses from, in the order in which the key goes round."""


def sixteen(theme: Theme, console: bool) -> Theme:
    """What stands in for it on a terminal of sixteen colours. console: Linux's own, which has no light ground."""
    return replace(CONSOLE if theme.dark or console else PAPER, name=theme.name)
