"""Where one is in a set: the song, its parts, its notes, and what comes next."""

from __future__ import annotations

from textual import events
from textual.message import Message

from rig.gig.snapshot import SongView
from rig.tui import palette
from rig.tui.canvas import Canvas, Sheet, fit, printable, width_of
from rig.tui.plain import plainer

NEXT = 24  # columns that the name of the next song may take
PARTS = 14  # columns that parts have at least, where the song's name is long


class SongLine(Canvas):
    """One line, or two: the second has the notes. keys: of the song before and of the next one."""

    class Pressed(Message):
        """A part was pressed, or the next song. verb: that begins it."""

        def __init__(self, verb: str) -> None:
            super().__init__()
            self.verb = verb

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.song: SongView | None = None
        self.keys = ("", "")
        self._places: list[tuple[int, int, str]] = []  # first column, the one after the last, verb

    def take(self, song: SongView | None) -> None:
        """Show it; drawn again only where it is another one."""
        self.song = song
        if self.is_news(song):
            self.repaint()

    def on_click(self, event: events.Click) -> None:
        verb = next((verb for first, after, verb in self._places if event.y == 0 and first <= event.x < after), "")
        if verb:
            self.post_message(self.Pressed(verb))

    def paint(self, sheet: Sheet) -> None:
        self._places = []
        song = self.song
        if song is None:
            return
        right = self._next(sheet, song)
        noted = sheet.height > 1
        number = f"{song.number}/{song.total}" if song.number else f"–/{song.total}"
        x = sheet.put(2, 0, plainer(f"♪ {number}"), palette.DIM)
        name = printable(song.name) if song.number else f"no song plays: {self.keys[1]}"
        room = right - x - 2
        x = sheet.put(x + 1, 0, fit(name, max(8, room - PARTS) if song.parts else room), palette.ACCENT)
        tempo = f"{song.tempo:g} bpm" if song.tempo else ""
        if tempo and x + len(tempo) + PARTS < right:
            x = sheet.put(x + 2, 0, tempo, palette.PLAIN)
        x = self._parts(sheet, song, x + 3, right)
        notes = " ".join(printable(song.notes).split())
        if noted:
            sheet.put(2, 1, fit(notes, sheet.width - 4), palette.YELLOW)
        elif notes and right - x > 8:
            sheet.put(x + 2, 0, fit(notes, right - x - 3), palette.YELLOW)

    def _next(self, sheet: Sheet, song: SongView) -> int:
        """Write what comes next at the right edge; the column where it starts."""
        if not song.next:
            return sheet.put_right(sheet.width - 2, 0, "the last song", palette.DIM) - 2 if song.number else sheet.width
        x = sheet.put_right(sheet.width - 2, 0, fit(printable(song.next), min(NEXT, sheet.width // 3)), palette.PLAIN)
        x = sheet.put_right(x - 1, 0, f"{self.keys[1]} next", palette.DIM)
        self._places.append((x, sheet.width, "song next"))
        return x - 2

    def _parts(self, sheet: Sheet, song: SongView, x: int, right: int) -> int:
        """The parts around the one that plays, as many as fit between two columns; the column behind them."""
        first = max(0, song.part - 1)
        shown = [printable(part) for part in song.parts]
        while first > 0 and sum(width_of(part) + 3 for part in shown[first - 1 :]) <= right - x:
            first -= 1
        for number, part in enumerate(shown[first:], first + 1):
            wide = width_of(part) + 2
            if x + wide > right:
                return sheet.put(x, 0, plainer("…"), palette.DIM) if x < right else x
            plays = number == song.part
            ink = palette.on(palette.GLOW) if plays else palette.SOFT
            self._places.append((x, x + wide, f"part {number}"))
            x = sheet.put(x, 0, f" {part} ", ink) + 1
        return x
