"""Whatever is written on a screen can be read: 4.5 to 1 against its ground (WCAG 2, level AA), in every state.

Frames, rules, sliders and wires are drawn with box-drawing characters; those alone are no text. Block letters are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_gig import FakeGig, opener
from rich.style import Style
from test_browser import NAMES, folder  # noqa: F401
from test_capture import FakeSession
from test_tui import playing, several, until
from textual.app import App
from textual.color import Color
from textual.pilot import Pilot
from textual.screen import ModalScreen

from rig.capture import procedure, test_signal
from rig.document.tunings import Note
from rig.tui.app import RigApp
from rig.tui.capture import CaptureApp, Heading
from rig.tui.loading import LoadingScreen
from rig.tui.play import PlayScreen

LEAST = 4.5
SIZES = ((80, 24), (120, 40))
DRAWN = range(0x2500, 0x2580)


def contrast(style: Style) -> float:
    """Of what is written on its ground, 1 to 21."""
    assert style.color and style.bgcolor, "a colour that the terminal chooses"
    ground, ink = (Color.from_rich_color(c) for c in (style.bgcolor, style.color))
    if style.dim:
        ink = ink.blend(ground, 0.5)
    if style.reverse:
        ground, ink = ink, ground
    darker, lighter = sorted(map(luminance, (ground, ink)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Color) -> float:
    """WCAG 2.2, "relative luminance"."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def faint(app: App) -> list[str]:
    """What is written on the screen and hard to read, with its contrast. Under a card that is open nothing counts."""
    screen = app.screen
    card = screen.query_one("#card").region if isinstance(screen, ModalScreen) else screen.region
    found = []
    for y, strip in enumerate(screen._compositor.render_strips()):
        if card.y <= y < card.bottom:
            for segment in strip.crop(card.x, card.right):
                written = "".join(c for c in segment.text if ord(c) not in DRAWN).strip()
                if written and contrast(segment.style) < LEAST:
                    found.append(f"line {y}: {written!r}, {contrast(segment.style):.2f} ({segment.style})")
    return found


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast(Style(color="#ffffff", bgcolor="#000000")) == pytest.approx(21)
    assert contrast(Style(color="#767676", bgcolor="#ffffff")) == pytest.approx(4.54, abs=0.01)
    assert contrast(Style(color="#ffffff", bgcolor="#000000", dim=True)) < 6


def wrong(gig: FakeGig) -> None:
    gig.set(xruns=3, recording="take.wav", load=0.9, in_clip=True, out_clip=True, limiter_db=-4.0, in_db=0.0)
    gig.fault("model")
    gig.do("off Clean.eq")


def unwired(gig: FakeGig) -> None:
    gig.set(connections=())
    gig.do("set Clean.gain.gain 9")
    gig.do("scene store Solo")
    gig.do("scene Solo")


def tuned(note: str, cents: float) -> Callable[[FakeGig], None]:
    def tune(gig: FakeGig) -> None:
        gig.sounding.note = lambda: Note(note, cents)  # type: ignore[method-assign]
        gig.set(note=note, cents=cents)

    return tune


STATES: dict[str, tuple[Callable[[FakeGig], object], str]] = {
    "playing": (lambda gig: None, ""),
    "another amp": (lambda gig: None, "3 down down down"),
    "muted": (lambda gig: None, "m"),
    "bypassed": (lambda gig: None, "space"),
    "muted and bypassed": (lambda gig: None, "m space"),
    "JACK is gone": (lambda gig: gig.set(alive=False), ""),
    "faults": (wrong, "9"),
    "no wires, a scene": (unwired, ""),
    "as saved": (unwired, "v"),
    "a value is typed": (lambda gig: None, "enter 1"),
    "tuner, silent": (tuned("", 0.0), "t"),
    "tuner, flat": (tuned("E", -20.0), "t"),
    "tuner, in tune": (tuned("E", 0.0), "t m"),
    "help": (lambda gig: None, "question_mark"),
    "messages": (unwired, "9 0 i"),
    "add": (lambda gig: None, "a"),
    "add, found": (lambda gig: None, "a e q"),
    "add, not found": (lambda gig: None, "a z z z"),
    "find an amp": (lambda gig: None, "slash"),
    "find no amp": (lambda gig: None, "slash z z z"),
    "asked": (lambda gig: gig.do("set Clean.gain.gain 9"), "ctrl+c"),
    "changed on disk": (lambda gig: (gig.do("set Clean.gain.gain 9"), gig.touch()), "s"),
    "browser": (lambda gig: None, "o"),
    "browser, another": (lambda gig: gig.hold(True), "o end"),
    "browser, a fault": (lambda gig: None, "o down"),
    "browser, folders": (lambda gig: None, "o home"),
    "browser, find": (lambda gig: None, "o slash"),
    "browser, found": (lambda gig: None, "o slash c"),
    "browser, nothing found": (lambda gig: None, "o slash z z"),
    "browser, muted": (lambda gig: None, "o m"),
    "a file to add": (lambda gig: None, "a c a b enter"),
}


COLOURS = ("another amp", "muted", "JACK is gone", "faults", "as saved", "asked", "browser", "browser, a fault")
"""States in which other colours than grey are all over the screen."""


@pytest.mark.parametrize("state", STATES)
async def test_what_is_written_can_be_read(folder: Path, monkeypatch, state: str) -> None:  # noqa: F811
    await read_in(state, folder, monkeypatch)


@pytest.mark.parametrize("state", COLOURS)
async def test_without_colours_it_can_be_read(folder: Path, monkeypatch, state: str) -> None:  # noqa: F811
    monkeypatch.setenv("NO_COLOR", "1")
    await read_in(state, folder, monkeypatch)


async def read_in(state: str, folder: Path, monkeypatch) -> None:  # noqa: F811
    prepare, keys = STATES[state]
    gig = FakeGig(model=folder / NAMES[0])
    views = tuple(replace(a, preset=b.preset) for a, b in zip(gig.amps, several(), strict=False))
    monkeypatch.setattr(FakeGig, "amps", property(lambda _: views))  # of two presets
    async with playing(gig, SIZES[0]) as (_, pilot):
        prepare(gig)
        await pilot.press(*keys.split())
        await pilot.pause(0.2)  # a file has rested
        await read_at_all_sizes(pilot)


async def read_at_all_sizes(pilot: Pilot) -> None:
    for size in SIZES:
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert faint(pilot.app) == [], size


async def test_loading_can_be_read() -> None:
    app = RigApp(opener(FakeGig(), seconds=60))
    async with app.run_test(size=SIZES[0]) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LoadingScreen))
        await read_at_all_sizes(pilot)
        app.screen.show("Loading Clean", 0.3)
        await read_at_all_sizes(pilot)
        assert not isinstance(app.screen, PlayScreen)


async def test_capture_can_be_read() -> None:
    session = FakeSession()

    def work(view):
        return procedure.capture(session, lambda: test_signal.test_signal(48_000, 8), 1.0, view)

    app = CaptureApp(work, session, Heading("My amp", "a server", "amp:in", "amp:out"))
    async with app.run_test(size=SIZES[0]) as pilot:
        for words, key in (("too hot", "enter"), ("missed a period", "r"), ("upside down", "enter")):
            await until(pilot, lambda words=words: words in app.panel.text(), 20)
            await read_at_all_sizes(pilot)
            await pilot.press(key)
