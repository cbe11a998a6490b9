"""The stage: the amp that plays in letters as large as the terminal allows, and what one needs between two notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.style import Style
from textual import events
from textual.message import Message

from rig.gig.snapshot import AmpView, SongView, Status
from rig.tui import block_font, palette
from rig.tui.ballistics import Worst
from rig.tui.canvas import Canvas, Sheet, fit, printable, width_of, wrapped
from rig.tui.plain import plainer
from rig.tui.tiles import lit, told_ink
from rig.tui.tuner import wide_strip

LARGEST = 40  # scale of a name: more than any terminal has room for
LEAST = 5  # lines of the tile
SMALL, SMALLER = 2, 3  # scale of a name that no scene makes smaller, and by how much it may
TALL = 22  # lines, from which on buttons have three
NOTES = 3  # lines of a song's notes at most
PULSE = 0.25  # of a beat, for which the light is on
HIGH_LOAD = 0.7  # of the period, from which on it is told
LOAD_S = 3.0  # for which it stays told


class Button(NamedTuple):
    """verb: what pressing it does; uid: the amp that it plays instead. lit: it is what plays."""

    label: str
    verb: str = ""
    uid: int = 0
    lit: bool = False


class Place(NamedTuple):
    """Where a button lies."""

    x: int
    y: int
    width: int
    height: int
    button: Button

    def holds(self, x: int, y: int) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


class Stage(Canvas):
    """Amp, scene, song, parts, notes, tempo, tuner, what is wrong; amps, scenes, parts and songs can be pressed."""

    class Pressed(Message):
        """A button was pressed."""

        def __init__(self, button: Button) -> None:
            super().__init__()
            self.button = button

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.amps: tuple[AmpView, ...] = ()
        self.status: Status | None = None
        self.state = ""  # as a tile has it
        self.wrong: tuple[str, ...] = ()
        self.keys = ("", "")  # of the song before and of the next one
        self.places: list[Place] = []
        self._load = Worst(LOAD_S)

    def take(self, amps: tuple[AmpView, ...], status: Status, state: str, now: float) -> None:
        """Show `status`, read at time `now` in seconds."""
        self.amps, self.status, self.state = amps, status, state
        self.wrong = wrong(status, self._load.update(status.load, now))
        heard = (status.note, round(status.cents), status.tempo, _beats(status))
        if self.is_news(amps, status.amp, state, status.song, self.wrong, heard):
            self.repaint()

    @property
    def amp(self) -> AmpView | None:
        """That plays."""
        playing = self.status.amp if self.status else -1
        return next((amp for amp in self.amps if amp.index == playing), None)

    def paint(self, sheet: Sheet) -> None:
        self.places = []
        amp, status = self.amp, self.status
        if amp is None or status is None:
            return
        song = status.song
        thick = 3 if sheet.height >= TALL else 1
        notes = self._notes(song, sheet)
        scenes = [Button(f"{n} {name}", f"scene {n}", lit=name == amp.scene) for n, name in enumerate(amp.scenes, 1)]
        below: list[tuple[int, str]] = [(1, "tuner"), (thick, "amps"), (1, "wrong")]
        below += [(1, "scenes")] if scenes else []
        below += [(len(notes), "notes")] if notes else []
        above: list[tuple[int, str]] = [(1, "song"), (thick, "parts")] if song else [(1, "song")]
        while sum(lines for lines, _ in (*above, *below)) + LEAST > sheet.height and below:
            (above if len(above) > 1 else below).pop()
        y = 0
        for lines, part in above:
            self._part(sheet, part, y, lines, song, scenes, notes)
            y += lines
        bottom = sheet.height
        for lines, part in below:
            bottom -= lines
            self._part(sheet, part, bottom, lines, song, scenes, notes)
        self._tile(sheet, amp, (0, y, sheet.width, bottom - y))

    def _notes(self, song: SongView | None, sheet: Sheet) -> list[str]:
        said = " ".join(printable(song.notes).split()) if song else ""
        lines = wrapped(said, sheet.width - 4) if said else []
        most = NOTES if sheet.height >= TALL else 1
        return [*lines[: most - 1], fit(" ".join(lines[most - 1 :]), sheet.width - 4)] if lines else []

    def _part(
        self,
        sheet: Sheet,
        part: str,
        y: int,
        lines: int,
        song: SongView | None,
        scenes: Sequence[Button],
        notes: Sequence[str],
    ) -> None:
        if part == "song":
            self._song(sheet, y, song)
        elif part == "parts" and song:
            parts = [Button(name, f"part {n}", lit=n == song.part) for n, name in enumerate(song.parts, 1)]
            self._buttons(sheet, y, lines, parts)
        elif part == "scenes":
            self._buttons(sheet, y, lines, scenes, "scene")
        elif part == "notes":
            for row, line in enumerate(notes):
                sheet.put(2, y + row, line, palette.YELLOW)
        elif part == "wrong" and self.wrong:
            sheet.put(2, y, fit("  ".join(f"! {what}" for what in self.wrong), sheet.width - 4), palette.RED)
        elif part == "amps":
            amps = [
                Button(f"{amp.key or amp.index + 1} {amp.name}", uid=amp.uid, lit=amp is self.amp) for amp in self.amps
            ]
            self._buttons(sheet, y, lines, amps)
        elif part == "tuner" and self.status:
            wide_strip(sheet, y, self.status)

    def _song(self, sheet: Sheet, y: int, song: SongView | None) -> None:
        """Tempo on the left, the song in the middle, those before and after it to be pressed."""
        status = self.status
        x = 2
        if status and status.tempo:
            on = _beats(status)
            x = sheet.put(x, y, plainer("●") if on else "·", palette.ACCENT if on else palette.SOFT)
            x = sheet.put(x + 1, y, f"{status.tempo:g} bpm", palette.PLAIN) + 3
        if song is None:
            return
        right = sheet.width - 2
        room = max(8, sheet.width // 4)
        for name, arrow, verb in ((song.next, "{} ▸", "song next"), (song.previous, "◂ {}", "song prev")):
            if name and right - x > room + 12:
                said = plainer(f" {arrow.format(fit(printable(name), room - 4))} ")
                left = sheet.put_right(right, y, said, palette.ink(palette.TEXT, palette.PANEL))
                self.places.append(Place(left, y, width_of(said), 1, Button(name, verb)))
                right = left - 1
        number = f"{song.number}/{song.total}" if song.number else f"–/{song.total}"
        x = sheet.put(x, y, plainer(f"♪ {number} "), palette.DIM)
        name = printable(song.name) if song.number else f"no song plays: {self.keys[1]}"
        sheet.put(x, y, fit(name, right - x - 1), palette.ACCENT)

    def _buttons(self, sheet: Sheet, y: int, lines: int, buttons: Sequence[Button], what: str = "") -> None:
        """As many as fit, the one that is lit among them, and what plays next to it."""
        x = sheet.put(2, y + lines // 2, what, palette.DIM) + 1 if what else 1
        right = sheet.width - 1
        labels = [f" {printable(button.label)} " for button in buttons]
        first = next((max(0, at - 1) for at, button in enumerate(buttons) if button.lit), 0)
        while first > 0 and sum(width_of(label) + 1 for label in labels[first - 1 :]) <= right - x:
            first -= 1
        if first:
            x = sheet.put(x, y + lines // 2, plainer("…"), palette.DIM) + 1
        for at in range(first, len(buttons)):
            label = labels[at] if at > first or width_of(labels[at]) < right - x else fit(labels[at], right - x - 1)
            wide = width_of(label)
            if x + wide > right - (2 if at + 1 < len(buttons) else 0):
                sheet.put(x, y + lines // 2, plainer("…"), palette.DIM)
                return
            ink = self._lit_ink(buttons[at]) if buttons[at].lit else palette.ink(palette.TEXT, palette.PANEL)
            sheet.fill(x, y, wide, lines, ink)
            sheet.put(x, y + lines // 2, label, ink)
            self.places.append(Place(x, y, wide, lines, buttons[at]))
            x += wide + 1

    def _lit_ink(self, button: Button) -> Style:
        amp = self.amp
        return palette.on(palette.amp(amp.colour) if amp and button.uid else palette.GLOW)

    def _tile(self, sheet: Sheet, amp: AmpView, place: tuple[int, int, int, int]) -> None:
        x, y, width, height = place
        if height < 3 or width < 8:
            return
        own = palette.amp(amp.colour)
        ink = lit(sheet, place, own, self.state)
        told = told_ink(own, self.state)
        scale, wrap, under = _largest(printable(amp.name), printable(amp.scene), width - 4, height - 2)
        name = block_font.set_out(scale, wrap)
        scene = block_font.set_out(*under) if under else []
        top = y + 1 + (height - 2 - len(name) - (len(scene) + 1 if scene else 0)) // 2
        _letters(sheet, x, top, width, name, scale, ink)
        if under:
            _letters(sheet, x, top + len(name) + 1, width, scene, under[0], ink)
        elif amp.scene:
            sheet.put_centred(x, y, width, f" {fit(printable(amp.scene), width - 6)} ", ink)
        if self.state and width >= width_of(self.state) + 6:
            sheet.put_centred(x, y + height - 1, width, f" {self.state} ", told)
        if amp.preset and width_of(self.state) // 2 + 8 < width // 2:
            room = width // 2 - width_of(self.state) // 2 - 6
            sheet.put(x + 2, y + height - 1, f" {fit(printable(amp.preset), room)} ", told)
        if self.status and self.status.song:
            self.places.append(Place(x, y, width, height, Button(amp.name, "part next")))

    def on_click(self, event: events.Click) -> None:
        place = next((place for place in self.places if place.holds(event.x, event.y)), None)
        if place:
            self.post_message(self.Pressed(place.button))


def _beats(status: Status) -> bool:
    """Whether a beat has just passed."""
    return bool(status.tempo) and status.beat % 1.0 < PULSE


def _largest(name: str, scene: str, width: int, height: int) -> tuple[int, list[str], tuple[int, list[str]] | None]:
    """Name and scene as large as they fit: scale and lines of the name; of the scene, too, where it has room below."""
    scale, wrap = block_font.fitted(name, width, height, LARGEST)
    if not scene:
        return scale, wrap, None
    for most in range(scale, max(0, min(scale, SMALL) - 1, scale - SMALLER - 1), -1):
        least, lines = block_font.fitted(name, width, height, most)
        left = height - 1 - len(block_font.set_out(least, lines))
        under = block_font.fitted(scene, width, left, max(1, most // 2)) if left >= 1 else (-1, [])
        if under[0] >= min(1, most - 1):
            return least, lines, under
    return scale, wrap, None


def _letters(sheet: Sheet, x: int, y: int, width: int, lines: Sequence[str], scale: int, ink: Style) -> None:
    """Rows of block letters belong together; lines of text are each centred."""
    wide = max(width_of(line) for line in lines)
    for row, line in enumerate(lines):
        sheet.put(x + max(0, width - (wide if scale > 0 else width_of(line))) // 2, y + row, line, ink)


def wrong(status: Status, load: float) -> tuple[str, ...]:
    """What a player should know of, in a few words each. load: share of the period, the worst of late."""
    if not status.alive:
        return ("JACK is gone",)
    fed = any(to == f"{status.client}:in" for _, to in status.connections)
    found = (
        (status.unheard, "no output: nobody hears it"),
        (not fed, "no input"),
        (bool(status.relief), "overload"),
        *((True, f"{engine} left out") for engine, _ in status.left_out),
        (load >= HIGH_LOAD, f"load {100 * load:.0f} %"),
        (bool(status.left_out), f"left out: {', '.join(printable(name) for name, _ in status.left_out)}"),
        (status.lead == "lost", f"{status.follow} clock lost"),
    )
    return tuple(words for so, words in found if so)
