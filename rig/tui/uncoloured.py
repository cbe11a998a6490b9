"""NO_COLOR: not one colour is sent, no grey either; what stands on a ground that tells something is reversed."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from rig.tui import palette

LIT_FROM = 0.1  # of brightness, by which a ground that tells something differs from the stage


class Uncoloured(LineFilter):
    """In place of Textual's own, which sends greys."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, uncoloured(style, palette.STAGE), None) for text, style, _ in segments]


@lru_cache(maxsize=1024)
def uncoloured(style: Style | None, stage: str) -> Style:
    """What is left of a style: bold, and reversed where its ground stands out from the stage."""
    if style is None:
        return Style.null()
    ground = style.bgcolor and Color.from_rich_color(style.bgcolor)
    lit = ground is not None and abs(ground.brightness - Color.parse(stage).brightness) >= LIT_FROM
    return Style(bold=style.bold, underline=style.underline, reverse=lit != bool(style.reverse))
