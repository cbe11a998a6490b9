"""The amps as numbered tiles. The playing one is filled with light, its name in letters that are read from two metres."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style
from textual import events
from textual.message import Message

from rig.gig import AmpView
from rig.tui import letters, palette
from rig.tui.sheet import Canvas, Sheet, fit, width_of

SMALLEST = (12, 3)
TALLEST = 14
ROUND, HEAVY = "╭─╮│╰╯", "┏━┓┃┗┛"


@dataclass(frozen=True)
class Face:
    """How a tile's inside is set: block letters of these scales for number and name; 0 is plain text."""

    digit: int
    name: int
    lines: tuple[str, ...]
    beside: bool  # the number stands left of the name, not above it

    @property
    def worth(self) -> int:
        """Larger is easier to read from afar. A name counts more than a number."""
        return 10 * self.name + 3 * self.digit


@dataclass(frozen=True)
class Grid:
    """Where tiles go: columns x rows on a page."""

    columns: int
    rows: int

    @property
    def room(self) -> int:
        return self.columns * self.rows


def face(name: str, width: int, height: int) -> Face:
    """The largest setting of a name and its number inside width x height cells."""
    best = Face(0, 0, (name,), True)
    spelt = letters.spell(name)
    wraps = [(spelt,)] if spelt else []
    if spelt and " " in spelt:
        words = spelt.split()
        wraps += [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    for digit in (0, 1, 2, 3):
        digit_w, digit_h = (3 * digit, letters.lines(digit)) if digit else (1, 1)
        for name_scale in (0, 1, 2, 3):
            for wrap in wraps if name_scale else [(name,)]:
                gap = len(wrap) - 1
                name_w = max(letters.columns(t, name_scale) if name_scale else width_of(t) for t in wrap)
                name_h = len(wrap) * letters.lines(name_scale) + gap if name_scale else 1
                beside = digit_w + 2 + name_w <= width - 2 and max(digit_h, name_h) <= height
                above = name_w <= width - 2 and digit_h + name_h <= height
                found = Face(digit, name_scale, wrap, beside)
                if (beside or above) and found.worth > best.worth and digit <= max(1, name_scale):
                    best = found
    if not best.name and height >= 4 and width >= 5:  # the name will not fit in block letters, its number will
        scale = 2 if height >= 6 and width >= 10 else 1
        best = Face(scale, 0, (name,), False)
    return best


def arrange(names: list[str], width: int, height: int) -> Grid:
    """The grid in which these amps are read best; where they do not all fit, the fullest page."""
    count = max(1, len(names))
    most_columns = max(1, width // SMALLEST[0])
    most_rows = max(1, height // SMALLEST[1])
    choices = []
    for columns in range(1, min(count, most_columns) + 1):
        rows = -(-count // columns)
        if rows > most_rows:
            continue
        inside = width // columns - 2, min(TALLEST, height // rows) - 2
        worth = sum(face(name, *inside).worth for name in names)
        empty = columns * rows - count
        choices.append((worth, -empty, -rows, Grid(columns, rows)))
    if not choices:
        return Grid(most_columns, most_rows)
    return max(choices, key=lambda choice: choice[:3])[3]


class Tiles(Canvas):
    """All amps, or the page of them that holds the playing one."""

    class Picked(Message):
        """A tile was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, amps: tuple[AmpView, ...], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.amps = amps
        self.playing = 0
        self.state = ""  # "", "BYPASS" or "MUTED"
        self._places: list[tuple[int, int, int, int, int]] = []

    def show(self, playing: int, state: str) -> None:
        """Which amp plays, and what keeps it from being heard."""
        if (playing, state) != (self.playing, self.state):
            self.playing, self.state = playing, state
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        names = [amp.name for amp in self.amps]
        grid = arrange(names, sheet.width, sheet.height)
        page = self.playing // grid.room
        first = page * grid.room
        amps = self.amps[first : first + grid.room]
        tile_h = min(TALLEST, sheet.height // grid.rows)
        top = (sheet.height - tile_h * grid.rows) // 2
        self._places = []
        for place, amp in enumerate(amps):
            row, column = divmod(place, grid.columns)
            x = column * sheet.width // grid.columns
            right = (column + 1) * sheet.width // grid.columns
            box = (x, top + row * tile_h, right - x, tile_h)
            self._places.append((amp.index, *box))
            self._tile(sheet, amp, *box)
        pages = -(-len(self.amps) // grid.room)
        if pages > 1:
            bottom = top + tile_h * grid.rows - 1
            sheet.put_right(sheet.width - 2, bottom, f" page {page + 1} of {pages} ", palette.SOFT)

    def _tile(self, sheet: Sheet, amp: AmpView, x: int, y: int, width: int, height: int) -> None:
        plays = amp.index == self.playing
        glow = {"MUTED": palette.STOP, "BYPASS": palette.COLD}.get(self.state, palette.GLOW)
        ground = glow if plays else palette.PANEL
        on_glow = palette.BRIGHT if self.state == "MUTED" else "#000000"
        edge = palette.ink(glow if plays else palette.RULE, bold=plays)
        name_ink = palette.ink(on_glow, ground, bold=True) if plays else palette.ink(palette.QUIET, ground)
        digit_ink = name_ink if plays else palette.ink(palette.FAINT, ground)
        _box(sheet, x, y, width, height, HEAVY if plays else ROUND, edge)
        sheet.fill(x + 1, y + 1, width - 2, height - 2, name_ink)
        self._inside(sheet, amp, (x + 1, y + 1, width - 2, height - 2), name_ink, digit_ink)
        if plays and self.state and width >= width_of(self.state) + 6:
            sheet.put_centred(x, y + height - 1, width, f" {self.state} ", edge)

    def _inside(self, sheet: Sheet, amp: AmpView, box: tuple[int, ...], ink: Style, digit_ink: Style) -> None:
        x, y, width, height = box
        style = face(amp.name, width, height)
        key = amp.key or str(amp.index + 1)
        block = style.digit and letters.spell(key) is not None
        number = letters.draw(key, style.digit) if block else [key]
        if style.name:
            name = [line for t in style.lines for line in (*letters.draw(t, style.name), "")][:-1]
            name = [line for line in name if line or len(style.lines) > 1]
        else:
            name = [amp.name]
        if style.beside:
            _beside(sheet, box, number, name, digit_ink, ink)
            return
        slack = height - len(number) - len(name)
        for i, line in enumerate(number):
            sheet.put(x + 1, y + (1 if slack >= 2 else 0) + i, line, digit_ink)
        gap = 1 if slack >= 1 else 0
        start = y + len(number) + gap + max(0, slack - gap) // 2
        wide = max(width_of(line) for line in name)
        for i, line in enumerate(name):
            if style.name:
                sheet.put(x + max(1, (width - wide) // 2), start + i, line, ink)
            else:
                sheet.put_centred(x, start + i, width, fit(line, width - 1), ink)

    def on_click(self, event: events.Click) -> None:
        for index, x, y, width, height in self._places:
            if x <= event.x < x + width and y <= event.y < y + height:
                self.post_message(self.Picked(index))


def _beside(
    sheet: Sheet, box: tuple[int, ...], number: list[str], name: list[str], digit_ink: Style, ink: Style
) -> None:
    x, y, width, height = box
    for i, line in enumerate(number):
        sheet.put(x + 1, y + (height - len(number)) // 2 + i, line, digit_ink)
    left = 1 + width_of(number[0]) + 1
    wide = max(width_of(line) for line in name)
    for i, line in enumerate(name):
        at = x + left + max(0, width - left - wide) // 2
        sheet.put(at, y + (height - len(name)) // 2 + i, fit(line, width - left), ink)


def _box(sheet: Sheet, x: int, y: int, width: int, height: int, chars: str, style: Style) -> None:
    a, flat, b, side, c, d = chars
    sheet.put(x, y, a + flat * (width - 2) + b, style)
    for row in range(y + 1, y + height - 1):
        sheet.put(x, row, side, style)
        sheet.put(x + width - 1, row, side, style)
    sheet.put(x, y + height - 1, c + flat * (width - 2) + d, style)
