"""The amps as numbered tiles. The playing one is filled with light, its name in letters read from two metres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style
from textual import events
from textual.message import Message

from rig.gig.snapshot import AmpView
from rig.tui import block_font, palette
from rig.tui.canvas import Canvas, Sheet, fit, printable, width_of

SMALLEST = (12, 3)
TALLEST = 16
GONE = "JACK IS GONE"
TOO_MUCH = "too much"  # of an amp that takes more than the period has
ROUND, HEAVY = "╭─╮│╰╯", "┏━┓┃┗┛"


@dataclass(frozen=True)
class Face:
    """How the inside of every tile is set: block letters of these scales for number and name; 0 is plain text."""

    digit: int
    name: int
    beside: bool  # the number stands left of the name, not above it

    @property
    def digit_size(self) -> tuple[int, int]:
        return (3 * self.digit, block_font.lines(self.digit)) if self.digit else (1, 1)

    def room(self, width: int, height: int) -> tuple[int, int]:
        """Columns and lines that are left for the name inside a tile."""
        wide, high = self.digit_size
        return (width - wide - 4, height) if self.beside else (width, height - high)

    def setting(self, name: str, width: int, height: int, most: int = 9) -> tuple[int, list[str]]:
        """The name's lines of text, and their scale: the face's, or the largest below it that fits; -1: cut.

        most: a scale that is not to be passed.
        """
        wide, high = self.room(width, height)
        return block_font.fitted(name, wide, high, min(self.name, most))

    def worth(self, names: tuple[str, ...], width: int, height: int) -> int | None:
        """Larger is easier to read from afar; None where too many names would stand out as smaller than the rest."""
        scales = [self.setting(name, width, height)[0] for name in names]
        alike = sum(scale == self.name for scale in scales) / len(scales)
        if self.name and alike < (0.5 if self.name == 1 else 0.8):
            return None
        return sum(10 * scale + 2 * self.digit for scale in scales)


@dataclass(frozen=True)
class Grid:
    """Where tiles go: columns x rows on a page, each tile_height lines high, all with one face."""

    columns: int
    rows: int
    tile_height: int
    face: Face

    @property
    def room(self) -> int:
        return self.columns * self.rows


@lru_cache(maxsize=8)
def arrange(names: tuple[str, ...], width: int, height: int) -> Grid:
    """The grid in which these amps are read best; where they do not all fit, the fullest page."""
    count = max(1, len(names))
    most_columns = max(1, width // SMALLEST[0])
    most_rows = max(1, height // SMALLEST[1])
    choices = []
    for columns in range(1, min(count, most_columns) + 1):
        rows = -(-count // columns)
        if rows <= most_rows and columns == -(-count // rows):
            tile_height = min(TALLEST, height // rows)
            best, worth = _best_face(names, width // columns - 2, tile_height - 2)
            choices.append((worth, rows * columns == count, -rows, Grid(columns, rows, tile_height, best)))
    if not choices:
        tile_height = height // most_rows
        return Grid(most_columns, most_rows, tile_height, Face(0, 0, True))
    return max(choices, key=lambda choice: choice[:3])[3]


def _best_face(names: tuple[str, ...], width: int, height: int) -> tuple[Face, int]:
    """The face that serves all these names best inside width x height, and how well."""
    faces = []
    for name in (0, 1, 2, 3):
        for digit in range(max(1, name) + 1):
            for beside in (True, False):
                face = Face(digit, name, beside)
                wide, high = face.room(width, height)
                if wide >= 4 and high >= 1 and face.digit_size[1] <= height:
                    spare = (high - block_font.lines(name) if name else high - 1) >= 1
                    worth = face.worth(names, width, height)
                    if worth is not None:
                        faces.append((worth, spare, beside, face))
    if not faces:
        return Face(0, 0, True), -10
    best = max(faces, key=lambda choice: choice[:3])
    return best[3], best[0]


class Tiles(Canvas):
    """All amps, or the page of them that holds the playing one."""

    class Picked(Message):
        """A tile was clicked. uid: of its amp."""

        def __init__(self, uid: int) -> None:
            super().__init__()
            self.uid = uid

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.amps: tuple[AmpView, ...] = ()
        self.playing = 0
        self._several = False  # presets
        self.state = ""  # "", "BOOST +3", "BYPASS", "MUTED" or GONE
        self._places: list[tuple[int, int, int, int, int]] = []

    def show(self, amps: tuple[AmpView, ...], playing: int, state: str) -> None:
        """The amps, which of them plays, and what keeps it from being heard."""
        self.amps, self.playing, self.state = amps, playing, state
        self._several = len({amp.preset for amp in amps}) > 1
        if self.is_news(amps, playing, state):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        if not self.amps:
            return
        names = tuple(amp.name for amp in self.amps)
        grid = arrange(names, sheet.width, sheet.height)
        page = self.playing // grid.room
        first = page * grid.room
        amps = self.amps[first : first + grid.room]
        tile_h = grid.tile_height
        top = (sheet.height - tile_h * grid.rows) // 2
        self._places = []
        for place, amp in enumerate(amps):
            row, column = divmod(place, grid.columns)
            x = column * sheet.width // grid.columns
            right = (column + 1) * sheet.width // grid.columns
            box = (x, top + row * tile_h, right - x, tile_h)
            self._places.append((amp.index, *box))
        most = self._largest(grid.face)
        for amp, (index, x, y, width, height) in zip(amps, self._places, strict=True):
            self._tile(sheet, amp, grid.face, x, y, width, height, most=9 if index == self.playing else most)
        pages = -(-len(self.amps) // grid.room)
        if pages > 1:
            bottom = top + tile_h * grid.rows - 1
            sheet.put_right(sheet.width - 2, bottom, f" page {page + 1} of {pages} ", palette.SOFT)

    def _largest(self, face: Face) -> int:
        """The scale of the playing amp's name: no idle one is in larger letters."""
        for index, _, _, width, height in self._places:
            if index == self.playing:
                return max(0, face.setting(self.amps[index].name, width - 2, height - 2)[0])
        return 9

    def _tile(
        self, sheet: Sheet, amp: AmpView, face: Face, x: int, y: int, width: int, height: int, *, most: int
    ) -> None:
        plays = amp.index == self.playing
        own = palette.amp(amp.colour)
        if plays:
            name_ink = digit_ink = lit(sheet, (x, y, width, height), own, self.state)
        else:
            name_ink, digit_ink = palette.SOFT, palette.ink(own) if amp.colour else palette.DIM
            frame(sheet, x, y, width, height, ROUND, palette.ink(own if amp.colour else palette.RULE))
        told = told_ink(own, self.state)
        _inside(sheet, face, amp, (x + 1, y + 1, width - 2, height - 2), name_ink, digit_ink, most)
        said = width_of(self.state) + 2 if plays and self.state else 0
        room = (width - said) // 2 - 4 if said else width - 6  # left of what is said in the middle
        if self._several and room >= 5:
            sheet.put(x + 2, y + height - 1, f" {fit(printable(amp.preset), room)} ", told if plays else palette.DIM)
        if plays and self.state and width >= width_of(self.state) + 6:
            sheet.put_centred(x, y + height - 1, width, f" {self.state} ", told)
        if amp.too_much and width >= width_of(TOO_MUCH) + 6:  # told before it is picked
            ink = name_ink if plays else palette.ink(palette.ALARM, bold=True)
            sheet.put_right(x + width - 2, y, f" {TOO_MUCH} ", ink)
            width -= width_of(TOO_MUCH) + 2  # what is left for the scene
        if amp.scene and width >= 8:
            scene = fit(printable(amp.scene), width - 6)
            sheet.put_centred(x, y, width, f" {scene} ", name_ink if plays else palette.SOFT)
        if amp.stands_out:
            loud = f" {amp.stands_out:+.0f} dB "
            said = width_of(printable(amp.scene)) + 2 if amp.scene else 0
            if width_of(loud) + 2 <= (width - said) // 2 - (said > 0):
                sheet.put_right(x + width - 2, y, loud, palette.YELLOW)

    def on_click(self, event: events.Click) -> None:
        for index, x, y, width, height in self._places:
            if x <= event.x < x + width and y <= event.y < y + height:
                self.post_message(self.Picked(self.amps[index].uid))


def _inside(
    sheet: Sheet, face: Face, amp: AmpView, box: tuple[int, int, int, int], ink: Style, digit_ink: Style, most: int
) -> None:
    x, y, width, height = box
    key = amp.key or str(amp.index + 1)
    block = face.digit and len(key) == 1 and block_font.spell(key) is not None
    number = block_font.draw(key, face.digit) if block else [key]
    scale, name = face.setting(amp.name, width, height, most)
    name = block_font.set_out(scale, name)
    wide = max(width_of(line) for line in name)
    if face.beside:
        digit_y, left = y + (height - len(number)) // 2, face.digit_size[0] + 2
        name_x = x + left + max(0, width - left - wide) // 2
        name_y = y + (height - len(name)) // 2
    else:
        slack = height - len(number) - len(name)
        digit_y = y + (1 if slack >= 3 else 0)
        name_x = x + max(0, (width - wide) // 2)
        name_y = y + len(number) + (slack + 1) // 2
    for row, line in enumerate(number):
        sheet.put(x + 1, digit_y + row, line, digit_ink)
    for row, line in enumerate(name):
        # the rows of block letters belong together; lines of text are each centred
        sheet.put(name_x if scale > 0 else name_x + (wide - width_of(line)) // 2, name_y + row, line, ink)


def _glow(own: str, state: str) -> str:
    """The colour of what plays. own: its amp's."""
    return {"MUTED": palette.STOP, "BYPASS": palette.COLD, GONE: palette.STOP}.get(state, own)


def told_ink(own: str, state: str) -> Style:
    """Of words beside a lit tile, on the stage."""
    glow = _glow(own, state)
    return palette.ink(palette.ALARM if glow == palette.STOP else glow, bold=True)


def lit(sheet: Sheet, place: tuple[int, int, int, int], own: str, state: str) -> Style:
    """The tile of what plays, (x, y, width, height), without its words; the style of those. A muted one is hatched."""
    x, y, width, height = place
    glow = _glow(own, state)
    ink = palette.STRONG if state == GONE else palette.on(glow)
    frame(sheet, x, y, width, height, HEAVY, palette.ink(glow, bold=True))
    sheet.fill(x + 1, y + 1, width - 2, height - 2, ink)
    if state == "MUTED":  # told by more than its colour
        for row in range(y + 1, y + height - 1):
            sheet.put(x + 1, row, ("╱  " * width)[row % 3 :][: width - 2], ink)
    return ink


def frame(sheet: Sheet, x: int, y: int, width: int, height: int, chars: str, style: Style) -> None:
    a, flat, b, side, c, d = tuple(chars)
    sheet.put(x, y, a + flat * (width - 2) + b, style)
    for row in range(y + 1, y + height - 1):
        sheet.put(x, row, side, style)
        sheet.put(x + width - 1, row, side, style)
    sheet.put(x, y + height - 1, c + flat * (width - 2) + d, style)
