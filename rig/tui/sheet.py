"""A sheet of character cells to draw on, and the widget that shows one and repaints only the lines that changed."""

from __future__ import annotations

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from rig.tui.palette import GROUND

Runs = list[tuple[str, Style]]


class Sheet:
    """width x height cells. What is put outside is clipped."""

    def __init__(self, width: int, height: int, style: Style = GROUND) -> None:
        self.width, self.height = width, height
        self._text = [[" "] * width for _ in range(height)]
        self._style = [[style] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, style: Style) -> int:
        """Write one line from (x, y) rightwards; the column after it."""
        inside = 0 <= y < self.height
        for char in text:
            cells = get_character_cell_size(char)
            if cells == 0:
                continue
            if inside and 0 <= x and x + cells <= self.width:
                self._text[y][x] = char
                self._style[y][x] = style
                if cells == 2:
                    self._text[y][x + 1] = ""
                    self._style[y][x + 1] = style
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

    def runs(self, y: int) -> Runs:
        """Line y as stretches of one style."""
        out: Runs = []
        start = 0
        text, style = self._text[y], self._style[y]
        for x in range(1, self.width + 1):
            if x == self.width or style[x] != style[start]:
                out.append(("".join(text[start:x]), style[start]))
                start = x
        return out

    def plain(self) -> str:
        """The text alone, for tests."""
        return "\n".join("".join(line) for line in self._text)


def width_of(text: str) -> int:
    """Columns that `text` takes on the terminal."""
    return sum(get_character_cell_size(char) for char in text)


def fit(text: str, width: int) -> str:
    """`text` in at most `width` columns, its end replaced by an ellipsis where it is longer."""
    if width_of(text) <= width:
        return text
    while text and width_of(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…" if width > 0 else ""


class Canvas(Widget):
    """A widget that paints a whole sheet and sends the terminal only the lines that differ from the last one."""

    can_focus = False

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._lines: list[Runs] = []
        self._strips: list[Strip] = []

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
        lines = [sheet.runs(y) for y in range(height)]
        same_shape = len(lines) == len(self._lines)
        changed = [y for y in range(height) if not same_shape or lines[y] != self._lines[y]]
        if not changed:
            return
        if not same_shape:
            self._strips = [Strip.blank(width)] * height
        for y in changed:
            self._strips[y] = Strip([Segment(text, style) for text, style in lines[y]], width)
        self._lines = lines
        self.refresh(*(Region(0, y, width, 1) for y in changed))

    def on_resize(self) -> None:
        self._lines = []
        self.repaint()

    def render_line(self, y: int) -> Strip:
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, GROUND)

    def text(self) -> str:
        """What the widget shows now, without its colours."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)
