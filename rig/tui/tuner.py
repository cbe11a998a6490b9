"""The tuner: the note in the largest letters that fit, a strobe, a needle; and a strip of it for other screens."""

from __future__ import annotations

from rich.style import Style

from rig.gig.snapshot import Status
from rig.tui import block_font, palette
from rig.tui.canvas import Canvas, Sheet, fit

IN_TUNE_CENTS = 2.0
SPAN_CENTS = 50.0
BAND = 8  # columns from one band of the strobe to the next
DRIFT = 1.0  # columns a second that it moves by for each cent
FASTEST = 60.0  # columns a second: faster ones would seem to stand, or to turn round
STRIP, STRIP_CENTS = 9, 20.0  # columns of its needle, and cents to either end


class Tuner(Canvas):
    """Shown in place of amps and knobs while the tuner is on."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.note, self.cents = "", 0.0
        self._held_against = ""
        self._drifted, self._at = 0.0, float("-inf")

    def take(self, status: Status, now: float) -> None:
        """Follow the pitch that `status`, read at time `now` in seconds, heard."""
        self.note, self.cents = status.note, status.cents
        self._held_against = held_against(status)
        seconds, self._at = min(0.5, now - self._at), now
        if self.note:
            self._drifted += seconds * max(-FASTEST, min(FASTEST, DRIFT * self.cents))
        self.repaint()

    @property
    def in_tune(self) -> bool:
        return bool(self.note) and abs(self.cents) < IN_TUNE_CENTS

    def paint(self, sheet: Sheet) -> None:
        colour = palette.FAINT if not self.note else palette.GO if self.in_tune else palette.GLOW
        ink = palette.ink(colour, bold=True)
        needle_h = 6 if sheet.height >= 11 else 4 if sheet.height >= 9 else 2
        top = 1 if sheet.height >= 7 else 0
        if top:
            sheet.put_centred(0, 0, sheet.width, fit(self._held_against, sheet.width), palette.PLAIN)
        self._note(sheet, top, sheet.height - needle_h - top, ink)
        if needle_h == 6:
            self._strobe(sheet, sheet.height - needle_h + 1, ink)
            needle_h = 4
        self._needle(sheet, sheet.height - needle_h + 1, ink)

    def _strobe(self, sheet: Sheet, y: int, ink: Style) -> None:
        """Bands that drift to the right while the string is sharp, to the left while it is flat, and else stand."""
        if not self.note:
            return
        left, width = _span(sheet)
        halves = [(x - round(2 * self._drifted)) % (2 * BAND) < BAND for x in range(2 * width)]
        pairs = zip(halves[::2], halves[1::2], strict=True)
        sheet.put(left, y, "".join(" ▐▌█"[2 * first + second] for first, second in pairs), ink)

    def _note(self, sheet: Sheet, first: int, height: int, ink: Style) -> None:
        text = block_font.spell(self.note or "-")
        scale = max((s for s in (1, 2, 3, 4, 5) if block_font.lines(s) <= height - 1), default=0)
        if text is None or not scale:
            sheet.put_centred(0, first + height // 2, sheet.width, self.note or "-", ink)
            return
        rows = block_font.draw(text, scale)
        top = first + max(0, (height - len(rows)) // 2)
        for y, row in enumerate(rows):
            sheet.put_centred(0, top + y, sheet.width, row, ink)

    def _needle(self, sheet: Sheet, y: int, ink: Style) -> None:
        left, width = _span(sheet)
        middle = left + width // 2
        sheet.put(left, y, "├" + "─" * (width - 2) + "┤", palette.SOFT)
        for quarter in (0.25, 0.75):
            sheet.put(left + round(quarter * (width - 1)), y, "┼", palette.SOFT)
        sheet.put(middle, y, "╋", palette.STRONG)
        cents = max(-SPAN_CENTS, min(SPAN_CENTS, self.cents))
        if self.note:
            at = middle + round(cents / SPAN_CENTS * (width // 2))
            sheet.put(min(at, middle), y, "━" * (abs(at - middle) + 1), ink)
            for row in (y - 1, y):
                sheet.put(at - 1, row, "███", ink)
            off = f"{self.cents:+.{1 if abs(self.cents) < 9.95 else 0}f} cents"
            words = f"in tune, {off}" if self.in_tune else f"{off} {'flat' if cents < 0 else 'sharp'}"
        else:
            words = "play one string"
        sheet.put_centred(0, y + 1, sheet.width, words, ink)
        sheet.put(left, y + 1, "-50", palette.DIM)
        sheet.put_right(left + width, y + 1, "+50", palette.DIM)


def _span(sheet: Sheet) -> tuple[int, int]:
    """Where needle and strobe begin, and how wide they are."""
    width = min(sheet.width - 8, 121) // 2 * 2 - 1
    return (sheet.width - width) // 2, width


def held_against(status: Status) -> str:
    """What the note is held against, in words."""
    string = f"string {status.string} of " if status.string else ""
    heard = "" if status.tuner_heard else " · silent"
    return f"{string}{status.tuning or 'all notes'} · A = {status.a4:g} Hz{heard}"


def wide_strip(sheet: Sheet, y: int, status: Status) -> None:
    """A line across the sheet: the note that is played, a needle of fifty cents to either side, and a word."""
    left, right = 8, sheet.width - 12
    width = (right - left) // 2 * 2 - 1
    if width < STRIP:
        return
    needle = ["─"] * width
    needle[0], needle[width // 2], needle[-1] = "├", "┼", "┤"
    ink, said = palette.SOFT, ""
    if status.note:
        in_tune = abs(status.cents) < IN_TUNE_CENTS
        ink = palette.GREEN if in_tune else palette.PLAIN
        said = "in tune" if in_tune else f"{status.cents:+.0f} {'flat' if status.cents < 0 else 'sharp'}"
        needle[width // 2 + round(max(-1.0, min(1.0, status.cents / SPAN_CENTS)) * (width // 2))] = "●"
    sheet.put(2, y, status.note or "tuner", palette.STRONG if status.note else palette.DIM)
    sheet.put(left, y, "".join(needle), ink)
    sheet.put(left + width + 1, y, said, ink)


STRIP_SHORT = 9  # columns of a strip without its needle


def strip(sheet: Sheet, left: int, right: int, y: int, status: Status) -> None:
    """The note that is played before column `right`, and a small needle where there is room for one behind `left`."""
    if not status.note or right - left < STRIP_SHORT:
        return
    in_tune = abs(status.cents) < IN_TUNE_CENTS
    ink = palette.GREEN if in_tune else palette.PLAIN
    x = sheet.put_right(right, y, "  ok" if in_tune else f"{status.cents:+4.0f}", ink)
    if x - left > STRIP + 6:
        needle = ["─"] * STRIP
        needle[STRIP // 2] = "┼"
        needle[STRIP // 2 + round(max(-1.0, min(1.0, status.cents / STRIP_CENTS)) * (STRIP // 2))] = "●"
        x = sheet.put_right(x - 1, y, "".join(needle), ink)
    sheet.put_right(x - 1, y, status.note, palette.STRONG)
