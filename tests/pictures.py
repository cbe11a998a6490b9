"""Draws the README's pictures anew: `make pictures`. The gig is a made-up one that stands still, so that they stay the same.

`python tests/pictures.py FOLDER` draws into another folder.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fake_gig import FakeGig, opener  # noqa: E402
from rich.segment import Segment  # noqa: E402

from rig.document.document import Song  # noqa: E402
from rig.document.tunings import Note  # noqa: E402
from rig.tui.app import RigApp  # noqa: E402
from rig.tui.play import PlayScreen  # noqa: E402
from rig.tui.themes import THEMES  # noqa: E402

WIDE, HIGH, LETTER = 10, 20, 16.6  # of a cell, and of a letter, in units of the picture
FONT = "'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace"
BLOCKS = {
    "█": (0, 0, 8, 8),
    "▀": (0, 0, 8, 4),
    "▄": (0, 4, 8, 8),
    "▌": (0, 0, 4, 8),
    "▐": (4, 0, 8, 8),
    **{char: (0, 0, eighths, 8) for eighths, char in enumerate("▏▎▍", 1)},
    **{char: (0, 0, eighths, 8) for eighths, char in enumerate("▋▊▉", 5)},
}
"""Left, top, right and bottom of what is full, in eighths of a cell."""
ARMS = {
    **dict(zip("─│├┤┬┴┼╭╮╰╯", ("lr", "ud", "rud", "lud", "lrd", "lru", "lrud", "rd", "ld", "ru", "lu"), strict=True)),
    **dict(zip("━┃┏┓┗┛╋┿", ("lr", "ud", "rd", "ld", "ru", "lu", "lrud", "lrud"), strict=True)),
}
"""To which sides a character draws a line: left, right, up, down."""
HEAVY = "━┃┏┓┗┛╋┿"


@dataclass(frozen=True)
class Picture:
    """A screen, as it is after some keys. size: columns and lines."""

    name: str
    size: tuple[int, int]
    keys: str = ""
    theme: str = "dark"
    songs: bool = True


PICTURES = (
    Picture("screen", (100, 30), "2 down down", songs=False),
    Picture("stage", (80, 24), "shift+tab full_stop full_stop"),
    Picture("stage-light", (80, 24), "shift+tab 2", "light"),
)


def made_up(songs: bool) -> FakeGig:
    """Five amps, most with a colour, in three songs or in none."""
    gig = FakeGig(5)
    for amp, colour in (("Clean", "sky"), ("Crunch", "orange"), ("Lead", "red"), ("Fuzz", "purple")):
        gig.do(f"colour {amp} {colour}")
    gig.do("set Lead.gain.gain 9")
    gig.do("amp Lead")
    gig.do("scene store Solo")
    gig.do("scene none")
    preset = gig.document.presets[0].uid
    played = (
        Song("Opener", preset, tempo=87.0, notes="capo 2; wait for the drums"),
        Song("Ballad in E", preset, tempo=72.0, notes="eight bars alone, then all; the last chorus twice"),
        Song("Closer", preset, tempo=132.0),
    )
    if songs:
        gig.history.amend_now(lambda document: replace(document, songs=played))
        gig.do("song 2")
    gig.sounding.note = lambda: Note("E", 1.0, 6)  # type: ignore[method-assign]
    gig.set(in_db=-14.2, out_db=-9.0, load=0.11, beat=4.1, message="", unsaved=False, tempo=72.0 if songs else None)
    return gig


async def strips(picture: Picture, gig: FakeGig) -> list[list[Segment]]:
    """The lines of a screen."""
    app = RigApp(opener(gig), theme=THEMES[picture.theme])
    async with app.run_test(size=picture.size) as pilot:
        while not isinstance(app.screen, PlayScreen) or app.screen.status is None:
            await pilot.pause(0.01)
        play = app.screen
        await pilot.press(*picture.keys.split())
        play.note.hush()
        await pilot.pause(0.5)  # what moves has come to rest
        return [list(strip) for strip in app.screen._compositor.render_strips()]


def svg(lines: list[list[Segment]]) -> str:
    """A picture of cells, each in its place whatever font it is shown in: grounds, blocks and lines are shapes."""
    width, height = sum(segment.cell_length for segment in lines[0]) * WIDE, len(lines) * HIGH
    grounds = Counter(_colours(segment)[1] for line in lines for segment in line)
    stage = grounds.most_common(1)[0][0]
    shapes = [_rect(0, 0, width, height, stage)]
    shapes += [shape for y, line in enumerate(lines) for shape in _line(y * HIGH, line, stage)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="{FONT}"'
    return "\n".join([f'{head} font-size="{LETTER}" shape-rendering="crispEdges">', *shapes, "</svg>\n"])


def _colours(segment: Segment) -> tuple[str, str]:
    """Of what is written, and of its ground."""
    style = segment.style
    assert style and style.color and style.bgcolor and style.color.triplet and style.bgcolor.triplet
    return style.color.triplet.hex, style.bgcolor.triplet.hex


def _line(y: int, line: Iterable[Segment], stage: str) -> Iterator[str]:
    x = 0
    letters: list[str] = []
    for segment in line:
        ink, ground = _colours(segment)
        if ground != stage:
            yield _rect(x, y, len(segment.text) * WIDE, HIGH, ground)
        bold = ' font-weight="bold"' if segment.style and segment.style.bold else ""
        for run in re.findall(r"(█+|[▀-▟]|━+|─+|[│-╿]| +|[^ ▀-▟─-╿]+)", segment.text):
            first = run[0]
            if first in BLOCKS:
                left, top, right, bottom = BLOCKS[first]
                place = x + left * WIDE / 8, y + top * HIGH / 8
                yield _rect(*place, len(run) * WIDE - (8 - right + left) * WIDE / 8, (bottom - top) * HIGH / 8, ink)
            elif first in ARMS:
                yield _arms(x, y, len(run), ARMS[first], 3 if first in HEAVY else 1.2, ink)
            elif first != " ":
                letters.append(f'<text x="{x}" y="{y + 15}" fill="{ink}"{bold}>{escape(run)}</text>')
            x += len(run) * WIDE
    yield from letters


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<path d="M{x:g} {y:g}h{width:g}v{height:g}h-{width:g}" fill="{colour}"/>'


def _arms(x: float, y: float, cells: int, sides: str, thick: float, colour: str) -> str:
    """What lines draw in a cell, or, of a level one, in so many."""
    if sides == "lr":
        path = f"M{x:g} {y + HIGH / 2:g}h{cells * WIDE}"
    else:
        middle, centre = x + WIDE / 2, y + HIGH / 2
        ends = {"l": f"H{x:g}", "r": f"H{x + WIDE:g}", "u": f"V{y:g}", "d": f"V{y + HIGH:g}"}
        path = "".join(f"M{middle:g} {centre:g}{ends[side]}" for side in sides)
    return f'<path d="{path}" stroke="{colour}" stroke-width="{thick}"/>'


def draw(folder: Path) -> Iterator[Path]:
    """All of them, one after the other."""
    folder.mkdir(exist_ok=True)
    for picture in PICTURES:
        file = folder / f"{picture.name}.svg"
        file.write_text(svg(asyncio.run(strips(picture, made_up(picture.songs)))), encoding="utf-8")
        yield file


if __name__ == "__main__":
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        for drawn in draw(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"):
            print(drawn)
