"""The one-line parts of the play screen: head, banner, help or message, wires, foot."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from rich.style import Style
from textual import events
from textual.binding import BindingType

from rig.gig.headroom import TIGHT
from rig.gig.snapshot import LoopView, Status
from rig.tui import palette
from rig.tui.ballistics import Worst
from rig.tui.canvas import Canvas, Sheet, fit, width_of, wrapped
from rig.tui.key_names import KeyNames, name_of, own_keys
from rig.tui.tuner import STRIP_SHORT, strip

STOP, WARN, COLD, GO, GLOW = "STOP", "WARN", "COLD", "GO", "GLOW"
"""Grounds of a banner, as the palette calls them."""
FRESH_XRUN_S = 5.0
MESSAGE_S = 6.0
KEPT = 200  # messages
QUIT_S = 2.0  # within which q is pressed twice to quit


class Head(Canvas):
    """What is played on the left, how the machine copes on the right."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.title = self.preset = ""
        self.status: Status | None = None
        self._load = Worst()
        self._worst_load = 0.0
        self._tight = False
        self._xruns = 0
        self._xrun_until = float("-inf")
        self._fresh_xruns = self.locked = False

    def take(self, status: Status, title: str, preset: str, now: float, locked: bool = False) -> None:
        """Show `status` of a gig of that title, read at time `now` in seconds, while an amp of `preset` plays.

        locked: the stage is.
        """
        self._worst_load = self._load.update(status.load, now)
        if status.xruns > self._xruns and self.status is not None:
            self._xrun_until = now + FRESH_XRUN_S
        self._fresh_xruns = now < self._xrun_until
        self._tight = status.load_mean >= TIGHT
        self._xruns = status.xruns
        self.status, self.title, self.preset, self.locked = status, title, preset, locked
        machine = (status.xruns, status.rate, status.block, status.latency_ms, status.recording, looped(status.loop))
        time_told = (_tempo(status), status.lead, self._tight, status.relief)
        sound = (status.unsaved, *time_told, status.tuner, status.note, round(status.cents))
        if self.is_news(title, preset, locked, self._fresh_xruns, round(self._worst_load * 100), *machine, *sound):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        right = sheet.width - 2
        if self.status:
            right = self._machine(sheet, self.status)
        tuner = right - 3  # the strip lies before it
        right -= STRIP_SHORT + 2
        unsaved = "● unsaved" if self.status and self.status.unsaved else ""
        room = right - 4 - (width_of(unsaved) + 3 if unsaved else 0)
        if unsaved and room < 8:
            unsaved, room = unsaved[0], right - 7
        playing = self.preset or self.title
        x = 2
        if self.locked:
            x = sheet.put(x - 1, 0, " LOCKED ", palette.on(palette.WARN)) + 1
            room -= x - 2
        x = sheet.put(x, 0, fit(playing, room), palette.ACCENT)
        if playing != self.title and x + 10 < 2 + room:  # one of a set
            x = sheet.put(x + 2, 0, fit(self.title, room - x), palette.SOFT)
        told = _tempo(self.status) if self.status else ()
        while told and x + 3 + width_of(" · ".join(told)) > 2 + room:
            told = told[:-1]
        if tempo := " · ".join(told):
            wrong = self.status is not None and self.status.lead == "lost"
            x = sheet.put(x + 3, 0, tempo, palette.YELLOW if wrong else palette.PLAIN)
        x = sheet.put(x + 3, 0, unsaved, palette.YELLOW)
        if self.status and not self.status.tuner:
            strip(sheet, x, tuner, 0, self.status)

    def _machine(self, sheet: Sheet, status: Status) -> int:
        """Write from the right edge leftwards; the column where it starts."""
        x = sheet.width - 2
        ink = palette.RED if self._fresh_xruns else palette.YELLOW if status.xruns else palette.PLAIN
        x = sheet.put_right(x, 0, str(status.xruns), ink)
        x = sheet.put_right(x - 1, 0, "xruns", palette.SOFT)
        load = self._worst_load
        much, some = load > 0.85 or status.relief, load > 0.6 or self._tight
        ink = palette.RED if much else palette.YELLOW if some else palette.PLAIN
        x = sheet.put_right(x - 3, 0, f"{load * 100:3.0f} %", ink)
        x = sheet.put_right(x - 1, 0, "OVERLOAD" if status.relief else "load", ink if status.relief else palette.SOFT)
        rate = f"{status.rate / 1000:g} kHz / {status.block}"
        if status.latency_ms > 0:
            rate += f" · {status.latency_ms:.1f} ms"
        word, where = looped(status.loop)
        rest = (8 if status.recording else 0) + (width_of(f"{word}{where}") + 7 if word else 0)  # what tells more
        if x - 3 - width_of(rate) - rest > 12 + STRIP_SHORT:
            x = sheet.put_right(x - 3, 0, rate, palette.PLAIN)
        if status.recording and x > 24:
            x = sheet.put_right(x - 3, 0, " REC ", palette.on(palette.STOP))
        if word and x > 24:
            if x - 4 - width_of(f"{word}{where}") > 12:
                x = sheet.put_right(x - 3, 0, where, palette.PLAIN) + 2
            x = sheet.put_right(x - 3, 0, f" {word} ", _loop_ink(status.loop.state))
        return x


def _tempo(status: Status) -> tuple[str, ...]:
    """What the screen says of the song's time, the last to be left out first: ("120 bpm", "midi stopped", "click")."""
    state = {"": "not heard", "heard": ""}.get(status.lead, status.lead)
    words = (f"{status.tempo:g} bpm" if status.tempo else "", f"{status.follow} {state}" if status.follow else "")
    return tuple(word.strip() for word in (*words, "click" if status.metronome else "") if word)


def _loop_ink(state: str) -> Style:
    if state == "stopped":
        return palette.ink(palette.QUIET, palette.PANEL)
    return palette.on({"recording": palette.STOP, "overdubbing": palette.WARN}.get(state, palette.GO))


def looped(loop: LoopView) -> tuple[str, str]:
    """What the looper does, in a word, and where it is: seconds, layers, half speed; nothing while there is no loop."""
    if loop.state == "empty":
        return "", ""
    word = {"recording": "LOOP REC", "overdubbing": "LOOP DUB"}.get(loop.state, "LOOP")
    if loop.waits:
        return word, "on the beat"
    if loop.state == "recording":
        return word, f"{loop.at:.1f} s"
    layers = f" ×{loop.layers}" if loop.layers > 1 else ""
    at = f"{loop.at:.1f} / " if loop.state != "stopped" else ""
    return word, f"{at}{loop.seconds:.1f} s{layers}{' ½' if loop.half else ''}"


class Banner(Canvas):
    """What must not be overlooked, across the whole screen: muted, bypassed, the server gone."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.words, self.way_out, self.ground = "", "", STOP

    def show(self, words: str, way_out: str = "", ground: str = STOP) -> None:
        """`words` in large spacing, then how to get out of it. No words: nothing. ground: what the palette calls it."""
        self.words, self.way_out, self.ground = words, way_out, ground
        if self.is_news(words, way_out, ground):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        if not self.words:
            return
        ink = palette.on(getattr(palette, self.ground))
        sheet.fill(0, 0, sheet.width, sheet.height, ink)
        spaced = " ".join(self.words) if sheet.width >= 60 else self.words
        text = f"{spaced}    {self.way_out}" if self.way_out else spaced
        sheet.put_centred(0, sheet.height // 2, sheet.width, fit(text, sheet.width), ink)


class Said(NamedTuple):
    """A message that was shown. at: seconds since 1970. wrong: something went wrong."""

    at: float
    message: str
    wrong: bool


class Note(Canvas):
    """A line, or as many as a message takes: what the selected knob does, or for some seconds what went wrong."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.hint = self.message = ""
        self.more = "i shows it"  # of a message that is cut
        self._brief = False
        self.kept: deque[Said] = deque(maxlen=KEPT)
        self._wrong = False
        self._until = float("-inf")

    def explain(self, hint: str) -> None:
        """The text to fall back to."""
        if hint != self.hint:
            self.hint = hint
            self.repaint()

    def say(self, message: str, now: float, wrong: bool = False, seconds: float = MESSAGE_S, keep: bool = True) -> None:
        """Show `message` for some seconds from time `now`; in red when something is wrong.

        keep: to be read later; what is not is told beside the text to fall back to.
        """
        self.message, self._until, self._brief = message, now + seconds, not keep
        if keep:
            self.kept.append(Said(time.time(), message, wrong))
        self._wrong = wrong
        self.repaint()

    def hush(self) -> None:
        """The player has read it, and gone on."""
        self.tick(float("inf"))

    def tick(self, now: float) -> None:
        """Let an old message go."""
        if self.message and now >= self._until:
            self.message = ""
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        said = palette.RED if self._wrong else palette.ACCENT
        if self.message and self._brief:
            x = sheet.put_right(sheet.width - 2, 0, fit(self.message, sheet.width - 4), said)
            sheet.put(2, 0, fit(self.hint, x - 4), palette.SOFT)
            return
        text, ink = (self.message, said) if self.message else (self.hint, palette.SOFT)
        lines, room = wrapped(text, sheet.width - 4), sheet.width - 4
        if len(lines) > sheet.height:
            if self.message and room >= 40:
                sheet.put_right(sheet.width - 2, sheet.height - 1, self.more, palette.SOFT)
                room -= width_of(self.more) + 2
            lines[sheet.height - 1 :] = [fit(" ".join(lines[sheet.height - 1 :]), room)]
        for y, line in enumerate(lines):
            sheet.put(2, y, line, ink)

    def lines(self, width: int) -> int:
        """How many a message takes on a screen of that width; 1 where nothing is said."""
        return len(wrapped(self.message, width - 4)) if self.message else 1


class Wires(Canvas):
    """The server and what we are connected to."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.status: Status | None = None
        self.connect = "c"  # the key

    def take(self, status: Status) -> None:
        """Show server and connections; drawn again only when they change."""
        self.status = status
        if self.is_news(status.server, status.connections, status.alive):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        if self.status is None:
            return
        if not self.status.alive:
            sheet.put(
                2, 0, fit(f"JACK is gone: waiting for it, {self.connect} starts one", sheet.width - 4), palette.RED
            )
            return
        sources, sinks = wiring(self.status.connections, self.status.client)
        x = -1
        for arrow, ports, missing, empty in (
            ("in ←", sources, f"no input: press {self.connect}", palette.YELLOW),
            ("out →", sinks, f"no output: press {self.connect}", palette.RED),
        ):
            x = sheet.put(x + 3, 0, arrow + " ", palette.DIM)
            text, ink = (together(ports), palette.PLAIN) if ports else (missing, empty)
            x = sheet.put(x, 0, fit(text, max(8, (sheet.width - 16) // 2)), ink)
        room = sheet.width - 2 - (x + 3)
        if room >= 8:
            sheet.put_right(sheet.width - 2, 0, fit(self.status.server or "JACK", room), palette.DIM)


def wiring(connections: tuple[tuple[str, str], ...], client: str) -> tuple[list[str], list[str]]:
    """(who feeds our input, who hears our outputs), from (source, destination) pairs. client: ours."""
    sources = [source for source, destination in connections if destination == f"{client}:in"]
    sinks = [dest for source, dest in connections if source.startswith(f"{client}:out_")]
    return sources, sinks


def together(ports: list[str]) -> str:
    """'system:playback_1, system:playback_2' shortened to 'system:playback_1 _2'."""
    out: list[str] = []
    last = ""
    for port in dict.fromkeys(ports):
        stem, _, number = port.rpartition("_")
        out.append(f" _{number}" if last and stem == last else (", " if out else "") + port)
        last = stem
    return "".join(out)


Keys = tuple[tuple[str, str, int], ...]
"""Key, what it does, and how soon it may be left out: 9 first."""

PLAY_KEYS: Keys = (
    ("1-9", "amp", 1),
    ("↑↓", "pick", 2),
    ("- =", "turn", 2),
    ("↵", "type", 6),
    ("a", "add", 3),
    ("x", "remove", 5),
    ("< >", "move", 6),
    ("b", "on/off", 4),
    ("o", "file", 5),
    ("u", "undo", 2),
    ("s", "save", 2),
    ("tab", "screens", 7),
    ("L", "lock", 8),
    ("v", "A/B", 6),
    ("l", "loop", 3),
    ("space", "bypass", 7),
    ("m", "mute", 1),
    ("p", "panic", 4),
    ("t", "tuner", 1),
    ("`", "tap", 8),
    ("n", "metronome", 9),
    ("[ ]", "level", 7),
    ("pgup pgdn", "song", 8),
    (", .", "part", 8),
    ("e", "set", 8),
    ("g", "boost", 8),
    ("k", "keep", 8),
    ("c", "connect", 8),
    ("⌫", "as saved", 9),
    ("?", "help", 1),
    ("q", "quit", 1),
)

STAGE_KEYS: Keys = (
    ("1-9", "amp", 1),
    ("↵", "part", 3),
    ("pgup pgdn", "song", 3),
    ("F1-F8", "scene", 4),
    ("g", "boost", 4),
    ("m", "mute", 1),
    ("t", "tuner", 1),
    ("L", "lock", 2),
    ("tab", "edit", 2),
    ("l", "loop", 5),
    ("k", "keep", 8),
    ("`", "tap", 6),
    ("p", "panic", 4),
    ("space", "bypass", 7),
    ("[ ]", "level", 6),
    ("/", "find", 5),
    ("?", "help", 3),
    ("q", "quit", 5),
)

LOCKED_KEYS: Keys = (
    ("1-9", "amp", 1),
    ("← →", "amp", 5),
    (", .", "part", 2),
    ("pgup pgdn", "song", 2),
    ("F1-F8", "scene", 3),
    ("/", "find", 5),
    ("t", "tuner", 1),
    ("m", "mute", 1),
    ("p", "panic", 2),
    ("L", "twice unlocks", 1),
)

TUNER_KEYS: Keys = (
    ("t", "play on", 1),
    ("← →", "tuning", 2),
    ("- =", "A4", 3),
    ("space", "hear it", 2),
    ("m", "mute", 2),
    ("p", "panic", 4),
    ("1-9", "amp", 2),
    ("[ ]", "level", 3),
    ("?", "help", 4),
    ("q", "quit", 4),
)

FIELD_KEYS: Keys = (
    ("↵", "takes it", 1),
    ("esc", "as it was", 1),
    ("⌫", "rub out", 4),
    ("ctrl+n", "mute", 2),
    ("ctrl+p", "panic", 5),
    ("F1-F9", "amp", 3),
)


class Foot(Canvas):
    """The keys, as many as there is room for; the rest is on the help screen."""

    def __init__(self, keys: Keys = PLAY_KEYS, bindings: Sequence[BindingType] = (), **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.keys, self.bindings = keys, bindings
        self._places: list[tuple[int, int, str]] = []  # first column, the one after the last, key

    def show(self, keys: Keys, bindings: Sequence[BindingType]) -> None:
        """Other keys: those that do something now. bindings: those whose keys a player may have bound otherwise."""
        self.keys, self.bindings = keys, bindings
        if self.is_news(keys):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        bar = palette.ink(palette.QUIET, palette.PANEL)
        key_ink = palette.ink(palette.GLOW, palette.PANEL, bold=True)
        sheet.fill(0, 0, sheet.width, 1, bar)
        names = KeyNames(self.bindings, own_keys(self.app))
        known = ((names.of(key), label, rank) for key, label, rank in self.keys)
        shown = [(keys, label, rank) for keys, label, rank in known if keys]
        while len(shown) > 1 and sum(width_of(keys.written) + len(does) + 3 for keys, does, _ in shown) > sheet.width:
            shown.remove(max(shown, key=lambda key: key[2]))
        x = 1
        self._places = []
        for keys, label, _ in shown:
            first, end = x, sheet.put(x, 0, keys.written, key_ink)
            x = sheet.put(end + 1, 0, label, bar) + 2
            if len(keys.pressed) == 1:
                self._places.append((first, x - 2, keys.pressed[0]))
            elif keys.pressed:
                middle = first + width_of(name_of(keys.pressed[0]))
                self._places += [(first, middle, keys.pressed[0]), (middle, end, keys.pressed[1])]

    def on_click(self, event: events.Click) -> None:
        for first, after, key in self._places:
            if first <= event.x < after:
                self.app.simulate_key(key)
