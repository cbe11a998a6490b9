"""Ports in two columns, those that give and those that take, a cursor in each, and the wires from and to those."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textual import events
from textual.message import Message

from rig.jack.patchbay import MIDI, Patchbay, Port, Wire
from rig.tui import palette
from rig.tui.canvas import Canvas, Sheet, fit, width_of

GIVES, TAKES = 0, 1
HEADS = ("gives", "takes")


class Line(NamedTuple):
    """Of a column: a port or, where there is none, the client that those below belong to. gone: it waits to be back."""

    client: str
    port: Port | None = None
    gone: bool = False


class PortColumns(Canvas):
    """The columns. at: the names of the ports that the cursors are on; side: the column that keys move in."""

    class Picked(Message):
        """A port was clicked. again: the cursor was on it already."""

        def __init__(self, again: bool) -> None:
            super().__init__()
            self.again = again

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.patchbay, self.waiting = Patchbay(), tuple[Wire, ...]()
        self.at, self.side = ["", ""], GIVES
        self._first = [0, 0]  # line that is shown
        self.lines: tuple[list[Line], list[Line]] = ([], [])

    def take(self, patchbay: Patchbay, waiting: tuple[Wire, ...]) -> None:
        """Show what there is now; a cursor stays on its port, or goes to the one that stands in its place."""
        if not self.is_news(patchbay, waiting):
            return
        before = [[line.port.name for line in column if line.port] for column in self.lines]
        self.patchbay, self.waiting = patchbay, waiting
        self.lines = (list(self._column(GIVES)), list(self._column(TAKES)))
        for side, old in enumerate(before):
            names = self.names(side)
            if self.at[side] not in names:
                place = old.index(self.at[side]) if self.at[side] in old else 0
                self.at[side] = names[min(place, len(names) - 1)] if names else ""
        self.repaint()

    def _column(self, side: int) -> Iterable[Line]:
        names = self.patchbay.names
        gone: dict[str, Port] = {}
        for wire in self.waiting:
            if wire[side] not in names:
                other = names.get(wire[1 - side])
                gone[wire[side]] = Port(wire[side], other.kind if other else "", takes=side == TAKES)
        there = [port for port in self.patchbay.ports if port.takes == (side == TAKES)]
        client = None
        for port in (*there, *gone.values()):
            if port.client != client:
                client = port.client
                yield Line(client)
            yield Line(client, port, port.name in gone)

    def names(self, side: int) -> list[str]:
        """The ports of a column, in order."""
        return [line.port.name for line in self.lines[side] if line.port]

    def port(self, side: int) -> Port | None:
        """The one that the cursor is on."""
        return next((line.port for line in self.lines[side] if line.port and line.port.name == self.at[side]), None)

    @property
    def wire(self) -> Wire:
        """From the one cursor to the other."""
        return self.at[GIVES], self.at[TAKES]

    def walk(self, by: int) -> None:
        """Move the cursor of the column that keys move in."""
        names = self.names(self.side)
        if names:
            at = names.index(self.at[self.side]) + by
            self.at[self.side] = names[min(len(names) - 1, max(0, at))]
        self.repaint()

    def turn_to(self, side: int) -> None:
        """Move in the other column."""
        self.side = side
        self.repaint()

    def paint(self, sheet: Sheet) -> None:
        width = (sheet.width - 3) // 2
        for side in (GIVES, TAKES):
            left = 1 + side * (width + 1)
            ink = palette.ACCENT if side == self.side else palette.SOFT
            sheet.put(left, 0, fit(HEADS[side], width), ink)
            self._scroll(side, sheet.height - 1)
            shown = self.lines[side][self._first[side] : self._first[side] + sheet.height - 1]
            for y, line in enumerate(shown, 1):
                self._line(sheet, left, y, width, side, line)
        if not self.patchbay.ports:
            sheet.put_centred(0, sheet.height // 2, sheet.width, "JACK is gone", palette.RED)

    def _scroll(self, side: int, room: int) -> None:
        """Let the line of the cursor be seen, and its client's where that stands right above it."""
        lines = self.lines[side]
        at = next((i for i, line in enumerate(lines) if line.port and line.port.name == self.at[side]), 0)
        above = at - 1 if at and lines[at - 1].port is None else at
        first = min(self._first[side], above)
        self._first[side] = max(0, min(max(first, at - room + 1), len(lines) - room))

    def _line(self, sheet: Sheet, left: int, y: int, width: int, side: int, line: Line) -> None:
        port = line.port
        if port is None:
            sheet.put(left, y, fit(line.client, width - 1), palette.SOFT)
            return
        here, active = port.name == self.at[side], side == self.side
        ground = palette.LIT if here and active else palette.STAGE
        other = self.port(1 - side)
        fits = other is None or other.kind == port.kind
        colour = palette.WARN if line.gone and ground == palette.STAGE else palette.TEXT if fits else palette.FAINT
        ink, dim = palette.ink(colour, ground, bold=here), palette.ink(palette.QUIET, ground)
        sheet.fill(left, y, width - 1, 1, ink)
        sheet.put(left, y, (">" if active else "-") if here else " ", palette.ink(palette.GLOW, ground, bold=True))
        sheet.put(left + 1, y, self._mark(port, side), palette.ink(palette.GLOW, ground, bold=True))
        sheet.put(left + 3, y, "M" if port.kind == MIDI else "A" if port.kind else "?", dim)
        count = sum(wire[side] == port.name for wire in (*self.patchbay.wires, *self.waiting))
        right = left + width - 1
        if count:
            right = sheet.put_right(right, y, str(count), dim) - 1
        name = fit(port.short, right - left - 5)
        x = sheet.put(left + 5, y, name, ink) + 1
        beside = "gone" if line.gone else port.pretty
        if beside and right - x >= min(4, width_of(beside)):
            sheet.put(x, y, fit(beside, right - x), dim)

    def _mark(self, port: Port, side: int) -> str:
        """Whether there is a wire between this one and the other cursor's: "●"; "○": it waits."""
        wire = (port.name, self.at[TAKES]) if side == GIVES else (self.at[GIVES], port.name)
        return "●" if wire in self.patchbay.wires else "○" if wire in self.waiting else " "

    def on_click(self, event: events.Click) -> None:
        """The cursor goes there."""
        side = TAKES if event.x >= 1 + (self.size.width - 3) // 2 else GIVES
        place = self._first[side] + event.y - 1
        if event.y < 1 or place >= len(self.lines[side]):
            return
        port = self.lines[side][place].port
        if port is not None:
            again = self.at[side] == port.name and self.side == side
            self.at[side], self.side = port.name, side
            self.repaint()
            self.post_message(self.Picked(again))
