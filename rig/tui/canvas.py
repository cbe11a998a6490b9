"""A sheet of character cells to draw on, and the widget that shows one and repaints only the lines that changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.color import Color
from textual.filter import ANSIToTruecolor
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.widget import Widget

from rig.text import printable
from rig.tui import palette
from rig.tui.plain import PLAIN, plainer
from rig.tui.uncoloured import uncoloured

__all__ = ["Canvas", "Sheet", "fit", "fit_end", "is_narrow", "printable", "width_of", "wrapped"]

NEAR = 6  # columns: a gap shorter than this is cheaper to write again than to jump over


class Sheet:
    """width x height cells. What is put outside is clipped."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._text = [[" "] * width for _ in range(height)]
        self._style = [[palette.GROUND] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, style: Style) -> int:
        """Write one line from (x, y) rightwards; the column after it. What is not printable stands as a dot."""
        if not text.isprintable():
            text = printable(text)
        if PLAIN:
            text = plainer(text)
        if not 0 <= y < self.height:
            return x + width_of(text)
        if is_narrow(text):
            first, last = max(0, x), min(self.width, x + len(text))
            if first < last:
                self._text[y][first:last] = text[first - x : last - x]
                self._style[y][first:last] = [style] * (last - first)
            return x + len(text)
        for char in text:
            cells = get_character_cell_size(char)
            if cells and x >= 0 and x + cells <= self.width:
                self._text[y][x : x + cells] = [char, ""][:cells]
                self._style[y][x : x + cells] = [style] * cells
            x += cells
        return x

    def put_right(self, right: int, y: int, text: str, style: Style) -> int:
        """Write one line that ends before column `right`; the column where it starts."""
        left = right - width_of(text)
        self.put(left, y, text, style)
        return left

    def put_centred(self, x: int, y: int, width: int, text: str, style: Style) -> None:
        """Write one line in the middle of `width` columns from x."""
        self.put(x + max(0, width - width_of(text)) // 2, y, text, style)

    def fill(self, x: int, y: int, width: int, height: int, style: Style) -> None:
        """Paint a rectangle blank."""
        for row in range(y, y + height):
            self.put(x, row, " " * width, style)

    def paste(self, y: int, line: Sheet) -> None:
        """Put the first line of another sheet of the same width."""
        self._text[y], self._style[y] = list(line._text[0]), list(line._style[0])

    def strip(self, y: int) -> Strip:
        """Line y, as stretches of one style."""
        text, style = self._text[y], self._style[y]
        edges = [x for x in range(1, self.width) if style[x] is not style[x - 1]]
        spans = zip([0, *edges], [*edges, self.width], strict=True)
        return Strip([Segment("".join(text[a:b]), style[a]) for a, b in spans], self.width)

    def written(self, y: int, first: int, last: int, console: Console, colours: bool) -> str:
        """Columns [first, last) of line y, as a terminal takes them. colours: whether it is sent any."""
        text, style = self._text[y], self._style[y]
        edges = [first, *(x for x in range(first + 1, last) if style[x] is not style[x - 1]), last]
        system = console._color_system or ColorSystem.TRUECOLOR
        return "".join(
            (style[a] if colours else uncoloured(style[a], palette.STAGE)).render(
                "".join(text[a:b]), color_system=system
            )
            for a, b in pairwise(edges)
        )

    def news(self, y: int, old: Sheet) -> list[tuple[int, int]]:
        """Stretches [first, last) of line y that differ from those of a sheet of the same size."""
        text, style = self._text[y], self._style[y]
        if text == old._text[y] and style == old._style[y]:
            return []
        out: list[tuple[int, int]] = []
        for x in range(self.width):
            if style[x] is not old._style[y][x] or text[x] != old._text[y][x]:
                first = x - 1 if x and not text[x] else x
                if out and first - out[-1][1] < NEAR:
                    out[-1] = (out[-1][0], x + 1)
                else:
                    out.append((first, x + 1))
        return out

    def plain(self) -> str:
        """The text alone, for tests."""
        return "\n".join("".join(line) for line in self._text)


@lru_cache(maxsize=1024)
def is_narrow(text: str) -> bool:
    """Whether every character takes one column, as nearly all do."""
    return text.isascii() or all(get_character_cell_size(char) == 1 for char in text)


@lru_cache(maxsize=1024)
def width_of(text: str) -> int:
    """Columns that `text` takes on the terminal."""
    return sum(get_character_cell_size(char) for char in printable(text))


def fit(text: str, width: int) -> str:
    """`text` in at most `width` columns, its end replaced by an ellipsis where it is longer."""
    if width_of(text) <= width:
        return text
    while text and width_of(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…" if width > 0 else ""


def fit_end(text: str, width: int) -> str:
    """`text` in at most `width` columns, its beginning replaced by an ellipsis where it is longer."""
    if width_of(text) <= width:
        return text
    while text and width_of(text) > width - 1:
        text = text[1:]
    return "…" + text.lstrip() if width > 0 else ""


def wrapped(text: str, width: int) -> list[str]:
    """A sentence on as many lines as it takes; a word that is longer than a line is cut into lines."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and width_of(line) + 1 + width_of(word) <= width:
            line = f"{line} {word}"
            continue
        lines.append(line)
        line = word
        while width_of(line) > width > 0 and len(line) > 1:
            head = next(n for n in range(len(line), 0, -1) if n == 1 or width_of(line[:n]) <= width)
            lines.append(line[:head])
            line = line[head:]
    return [*lines[1:], line]


class Patch(CompositorUpdate):
    """Stretches of a widget's lines, for the terminal. at: where the widget lies. colours: whether any is sent."""

    def __init__(self, at: Offset, sheet: Sheet, regions: Sequence[Region], colours: bool) -> None:
        self._at, self._sheet, self._regions, self._colours = at, sheet, regions, colours

    def render_segments(self, console: Console) -> str:
        return "".join(
            f"\x1b[{self._at.y + y + 1};{self._at.x + x + 1}H"
            + self._sheet.written(y, x, x + width, console, self._colours)
            for x, y, width, _ in self._regions
        )


class Canvas(Widget):
    """A widget that paints a whole sheet and sends the terminal only the lines that differ from the last one."""

    can_focus = False

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]  # what any widget takes: id, classes
        self._sheet: Sheet | None = None
        self._strips: dict[int, Strip] = {}  # of lines that were asked for
        self._told: tuple[object, ...] = ()

    def paint(self, sheet: Sheet) -> None:
        """Draw the state on an empty sheet of the widget's size."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draw again. Cheap where nothing changed: the terminal gets nothing then."""
        width, height = self.size
        if not width or not height:
            return
        sheet = Sheet(width, height)
        self.paint(sheet)
        old, self._sheet = self._sheet, sheet
        if old is None or (old.width, old.height) != (width, height):
            self._strips.clear()
            self.refresh()
            return
        regions = [Region(a, y, b - a, 1) for y in range(height) for a, b in sheet.news(y, old)]
        for region in regions:
            self._strips.pop(region.y, None)
        if regions and not self._written(regions):
            self.refresh(*regions)

    def _written(self, regions: list[Region]) -> bool:
        """Send the terminal these stretches of what is to be seen, where nothing lies over them nor is about to move.

        Textual would ask every widget of the screen for all its lines, and wake up for it another time: that is most of
        what a meter costs that moves fifteen times a second.
        """
        screen, place = self.screen, self.region
        if (
            self._sheet is None
            or not screen.is_active
            or screen._layout_required
            or not screen.region.contains_region(place)
            or not place
        ):
            return False
        self.app._display(screen, Patch(place.offset, self._sheet, regions, not self.app.no_color))  # type: ignore[arg-type]  # as Textual's own
        return True

    def _strip(self, y: int) -> Strip:
        if y not in self._strips and self._sheet:
            self._strips[y] = self._filtered(self._sheet.strip(y))
        return self._strips[y]

    def _filtered(self, strip: Strip) -> Strip:
        for line_filter in self.get_line_filters():  # NO_COLOR is one; no colour here is one that a terminal chooses
            if not isinstance(line_filter, ANSIToTruecolor):
                strip = strip.apply_filter(line_filter, Color.parse(palette.STAGE))
        return strip

    def is_news(self, *state: object) -> bool:
        """Whether `state` differs from that of the last call. A widget that is told often asks before it repaints."""
        if state == self._told:
            return False
        self._told = state
        return True

    def on_resize(self) -> None:
        self.repaint()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Instead of Widget's: every part of the screen is asked whenever one moves, and none has borders to add."""
        there = self._sheet.height if self._sheet else 0
        strips = [self._strip(y) for y in range(crop.y, min(crop.bottom, there))]
        if len(strips) < crop.height:
            strips += [self._filtered(Strip.blank(crop.width, palette.GROUND))] * (crop.height - len(strips))
        if self._sheet and crop.column_span != (0, self._sheet.width):
            strips = [strip.crop_extend(*crop.column_span, None) for strip in strips]
        return strips

    def text(self) -> str:
        """What the widget shows now, without its colours."""
        return self._sheet.plain() if self._sheet else ""
