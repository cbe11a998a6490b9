"""What an app does with themes: which is on, kept for the player, and what a terminal of few or no colours gets."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual.app import App, ReturnType
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import Monochrome
from textual.theme import Theme as TextualTheme

from rig.errors import RigError, did_you_mean
from rig.files import whole
from rig.gig import gig_log
from rig.tui import palette
from rig.tui.canvas import Canvas
from rig.tui.plain import PLAIN
from rig.tui.themes import DARK, THEMES, Theme, sixteen
from rig.tui.uncoloured import Uncoloured


def kept() -> Path:
    """Where the name of the theme lies that a player has put on last."""
    return gig_log.folder() / "theme"


def chosen(asked: str | None = None) -> Theme:
    """The one that is asked for, by name, or RIG_THEME, or the one put on last. Raises RigError where there is none."""
    asked = asked or os.environ.get("RIG_THEME")
    if asked:
        if asked not in THEMES:
            raise RigError(f"no theme '{asked}'{did_you_mean(asked, THEMES) or '; there are ' + ', '.join(THEMES)}")
        return THEMES[asked]
    with suppress(OSError, UnicodeDecodeError):
        return THEMES.get(kept().read_text(encoding="utf-8").strip(), DARK)
    return DARK


def keep(theme: Theme) -> None:
    """For the next time. Where it cannot be written it is not."""
    with suppress(OSError):
        kept().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole(kept()) as part:
            part.write_text(theme.name + "\n", encoding="utf-8")


class ThemedApp(App[ReturnType]):
    """An app in one of our themes. CSS has its colours as $stage, $glow and so on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "next_theme", show=False, priority=True, id="theme")]

    def __init__(self, theme: Theme | None = None, driver_class: type[Driver] | None = None) -> None:
        self._wanted = theme or chosen()
        palette.use(self._wanted)  # Textual asks for its variables at once
        super().__init__(driver_class=driver_class)
        self._filters = [Uncoloured() if isinstance(one, Monochrome) else one for one in self._filters]
        for one in THEMES.values():
            self.register_theme(_for_css(self._on_this_terminal(one)))
        self.wear(self._wanted)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return _variables(palette.theme)

    def wear(self, theme: Theme) -> None:
        """Put a theme on, and draw all in it."""
        self._wanted = theme
        palette.use(self._on_this_terminal(theme))
        self.theme = f"rig-{theme.name}"
        for screen in self.screen_stack if self._running else ():
            _draw(screen.query(Canvas))

    def _on_this_terminal(self, theme: Theme) -> Theme:
        return sixteen(theme, PLAIN) if self.console.color_system == "standard" else theme

    def action_next_theme(self) -> None:
        """The next one, kept for the player."""
        names = list(THEMES)
        theme = THEMES[names[(names.index(self._wanted.name) + 1) % len(names)]]
        self.wear(theme)
        keep(theme)


def _draw(canvases: Iterable[Canvas]) -> None:
    for canvas in canvases:
        canvas.repaint()


def _variables(theme: Theme) -> dict[str, str]:
    ground = theme.grounds.get(theme.glow, theme.glow)
    return {
        "stage": theme.stage,
        "panel": theme.panel,
        "words": theme.text,
        "quiet": theme.quiet,
        "bright": theme.bright,
        "glow": theme.glow,
        "ember": theme.ember,
        "alarm": theme.alarm,
        "warn": theme.warn,
        "glow-ground": ground,
        "veil": "60%" if theme.strong else "100%",  # half-tones are none of sixteen colours
        "on": theme.on,
        "on-style": "bold" if theme.strong else "none",
    }


def _for_css(theme: Theme) -> TextualTheme:
    return TextualTheme(
        name=f"rig-{theme.name}",
        primary=theme.glow,
        foreground=theme.text,
        background=theme.stage,
        surface=theme.panel,
        panel=theme.panel,
        dark=theme.dark,
        variables=_variables(theme),
    )
