"""How each screen looks, cell by cell, held against the files in looks/: what is written, and in which colours.

`python tests/test_look.py` writes them anew; look at the difference before it is committed.
"""

from __future__ import annotations

import asyncio
import os
import string
from pathlib import Path

import pytest
from pictures import Picture, made_up, strips

LOOKS = Path(__file__).resolve().parent / "looks"
SCREENS = (
    Picture("edit-80x24", (80, 24), "2 down down", songs=False),
    Picture("edit-120x40", (120, 40), "3"),
    Picture("edit-muted", (80, 24), "m"),
    Picture("edit-light", (80, 24), "2", "light"),
    Picture("stage-60x20", (60, 20), "shift+tab 3 f1"),
    Picture("stage-80x24", (80, 24), "shift+tab"),
    Picture("stage-120x40", (120, 40), "shift+tab 3 f1"),
    Picture("stage-locked", (80, 24), "shift+tab L"),
    Picture("stage-muted", (80, 24), "shift+tab m", "colour-blind"),
    Picture("set", (80, 24), "e", "contrast"),
)


async def look(picture: Picture) -> str:
    """The screen's lines, then for each cell a letter for its style, then what the letters mean."""
    lines = await strips(picture, made_up(picture.songs))
    inks: dict[str, str] = {}
    rows = []
    for line in lines:
        row = ""
        for text, style, _ in line:
            said = str(style or "nothing")
            row += inks.setdefault(said, string.ascii_letters[len(inks)]) * len(text)
        rows.append(row)
    told = [f"{letter} {said}" for said, letter in inks.items()]
    return "\n".join(
        ["".join(segment.text for segment in line).rstrip() for line in lines] + ["", *rows, "", *told, ""]
    )


@pytest.mark.parametrize("picture", SCREENS, ids=lambda picture: picture.name)
async def test_the_screen_looks_as_it_did(picture: Picture, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))  # no keys of the player's own
    assert await look(picture) == (LOOKS / f"{picture.name}.txt").read_text(encoding="utf-8")


def test_no_look_is_left_over() -> None:
    assert {path.stem for path in LOOKS.iterdir()} == {picture.name for picture in SCREENS}


if __name__ == "__main__":
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    LOOKS.mkdir(exist_ok=True)
    for screen in SCREENS:
        (LOOKS / f"{screen.name}.txt").write_text(asyncio.run(look(screen)), encoding="utf-8")
