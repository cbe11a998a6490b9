"""The routing screen: every port and wire of the JACK server, ours first, to be connected, disconnected and stored."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding

from rig.errors import RigError
from rig.gig.rig import Rig
from rig.gig.snapshot import Status
from rig.text import printable
from rig.tui import palette
from rig.tui.bars import Foot, Keys, Note
from rig.tui.canvas import Canvas, Sheet, fit
from rig.tui.keys import EVERYWHERE, VIEW_KEYS, cased
from rig.tui.overlay import Overlay
from rig.tui.port_columns import GIVES, TAKES, PortColumns

LOOK_S = 0.2
PAGE = 10
KEYS: Keys = (
    ("↑↓", "pick", 2),
    ("← →", "side", 2),
    ("↵", "connect or not", 1),
    ("x", "all of it", 3),
    ("c", "as the preset says", 5),
    ("s", "store, save", 2),
    ("u", "undo", 4),
    ("tab", "next screen", 6),
    ("m", "mute", 4),
    ("esc", "close", 1),
)


class RoutingHead(Canvas):
    """What the screen is, on the left; on which server, and what must not be overlooked, on the right."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.title, self.alarm, self.server = "", "", ""

    def take(self, title: str, alarm: str, server: str) -> None:
        """Show that."""
        self.title, self.alarm, self.server = title, alarm, server
        if self.is_news(title, alarm, server):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        x = sheet.put(2, 0, fit(self.title, sheet.width - 4), palette.ACCENT)
        right = sheet.width - 2
        if self.alarm:
            right = sheet.put_right(right, 0, self.alarm, palette.RED) - 2
        if right - x >= 12:
            sheet.put_right(right, 0, fit(self.server, right - x - 3), palette.DIM)


class RoutingScreen(Overlay[None]):
    """rig: on whose server it is. status: its latest. poll: gets that anew."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar = cased(
        [
            Binding("up", "walk(-1)"),
            Binding("down", "walk(1)"),
            Binding("pageup", f"walk(-{PAGE})"),
            Binding("pagedown", f"walk({PAGE})"),
            Binding("left", f"side({GIVES})"),
            Binding("right", f"side({TAKES})"),
            Binding("enter,space", "switch"),
            Binding("x,delete", "clear"),
            Binding("c", "verb('connect')"),
            Binding("s", "store"),
            Binding("u", "verb('undo')"),
            Binding("U", "verb('redo')"),
            Binding("escape,C,q", "dismiss"),
            *VIEW_KEYS,
            *EVERYWHERE,
        ]
    )

    def __init__(self, rig: Rig, status: Callable[[], Status | None], poll: Callable[[], None]) -> None:
        super().__init__()
        self._rig, self._status, self._poll = rig, status, poll
        self.head = RoutingHead(id="routing_head")
        self.columns = PortColumns(id="ports")
        self.note = Note(id="routing_note")
        self.foot = Foot(KEYS, self.BINDINGS, id="routing_foot")

    def compose(self) -> ComposeResult:
        yield from (self.head, self.columns, self.note, self.foot)

    def on_mount(self) -> None:
        self.look()
        self.set_interval(LOOK_S, self.look)

    def look(self) -> None:
        """Take what there is now."""
        status = self._status()
        try:
            patchbay = self._rig.patchbay()
        except RigError as error:
            self.note.say(printable(str(error)), time.monotonic(), wrong=True)
            return
        if status is None:
            return
        waiting = status.waiting
        title = f"routing · {len(patchbay.ports)} ports, {len(patchbay.wires)} wires"
        title += f", {len(waiting)} waiting" if waiting else ""
        silent = status.muted or (status.tuner and not status.tuner_heard)
        alarm = "JACK IS GONE" if not status.alive else "MUTED" if silent else ""
        self.head.take(title, alarm, status.server)
        self.columns.take(patchbay, waiting)
        self.note.explain(self._hint())
        self.note.tick(time.monotonic())

    def _hint(self) -> str:
        source, sink = self.columns.port(GIVES), self.columns.port(TAKES)
        if source is None or sink is None:
            return ""
        called = " → ".join(f"{port.name} ({port.pretty})" if port.pretty else port.name for port in (source, sink))
        if self.columns.wire in self.columns.patchbay.wires:
            return printable(f"{called}: connected")
        if self.columns.wire in self.columns.waiting:
            return printable(f"{called}: comes back with its port")
        said = "audio and MIDI don't meet" if source.kind != sink.kind else "not connected"
        return printable(f"{called}: {said}")

    def _do(self, *verbs: str) -> None:
        said = ""
        try:
            for verb in verbs:
                self._rig.do(verb)
                self._poll()
                status = self._status()
                said = status.message if status else ""
        except RigError as error:
            self.note.say(printable(str(error)), time.monotonic(), wrong=True)
        else:
            if said:
                self.note.say(printable(said), time.monotonic())
        self.look()

    def action_verb(self, verb: str) -> None:
        self._do(verb)

    def action_walk(self, by: int) -> None:
        self.note.hush()
        self.columns.walk(by)
        self.look()

    def action_side(self, side: int) -> None:
        self.columns.turn_to(side)

    def action_switch(self) -> None:
        """Make the wire between the two cursors, or take it away."""
        source, sink = wire = self.columns.wire
        stands = wire in self.columns.patchbay.wires or wire in self.columns.waiting
        if source and sink:
            self._do(f"{'disconnect' if stands else 'connect'} {source} {sink}")

    def action_clear(self) -> None:
        """Take all wires of the port away."""
        port = self.columns.port(self.columns.side)
        if port is not None:
            self._do(f"disconnect {port.name}")

    def action_store(self) -> None:
        """What stands on our ports goes into the preset, and that into its file."""
        self._do("wires store", "save")

    def on_port_columns_picked(self, picked: PortColumns.Picked) -> None:
        self.note.hush()
        if picked.again:
            self.action_switch()
        self.look()
