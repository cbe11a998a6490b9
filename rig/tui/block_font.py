"""Block letters: a five-pixel font drawn in half blocks, at any whole scale, to be read from two metres."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rig.tui.canvas import fit, width_of
from rig.tui.plain import PLAIN

ROWS = 5
_FONT = {
    "A": "### #.# ### #.# #.#",
    "B": "##. #.# ##. #.# ##.",
    "C": "### #.. #.. #.. ###",
    "D": "##. #.# #.# #.# ##.",
    "E": "### #.. ##. #.. ###",
    "F": "### #.. ##. #.. #..",
    "G": "### #.. #.# #.# ###",
    "H": "#.# #.# ### #.# #.#",
    "I": "# # # # #",
    "J": "..# ..# ..# #.# ###",
    "K": "#.# #.# ##. #.# #.#",
    "L": "#.. #.. #.. #.. ###",
    "M": "#...# ##.## #.#.# #...# #...#",
    "N": "#..# ##.# #.## #..# #..#",
    "O": "### #.# #.# #.# ###",
    "P": "### #.# ### #.. #..",
    "Q": "###. #.#. #.#. #.#. ####",
    "R": "##. #.# ##. #.# #.#",
    "S": "### #.. ### ..# ###",
    "T": "### .#. .#. .#. .#.",
    "U": "#.# #.# #.# #.# ###",
    "V": "#.# #.# #.# #.# .#.",
    "W": "#...# #...# #.#.# ##.## #...#",
    "X": "#.# #.# .#. #.# #.#",
    "Y": "#.# #.# .#. .#. .#.",
    "Z": "### ..# .#. #.. ###",
    "0": "### #.# #.# #.# ###",
    "1": "## .# .# .# .#",
    "2": "### ..# ### #.. ###",
    "3": "### ..# .## ..# ###",
    "4": "#.# #.# ### ..# ..#",
    "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###",
    "7": "### ..# ..# .#. .#.",
    "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###",
    " ": ".. .. .. .. ..",
    "-": "... ... ### ... ...",
    "+": "... .#. ### .#. ...",
    "#": ".#.#. ##### .#.#. ##### .#.#.",
    ".": ". . . . #",
    ":": ". # . # .",
    "!": "# # # . #",
    "'": "# # . . .",
    "/": "..# ..# .#. #.. #..",
    "&": ".#.. #.#. .#.. #.#. .###",
    "_": "... ... ... ... ###",
}
_WIDTHS = {letter: len(rows.split()[0]) for letter, rows in _FONT.items()}
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


@lru_cache(maxsize=256)
def spell(text: str) -> str | None:
    """`text` as the font can write it (capitals, accents dropped), or None where a letter is missing."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.upper()) if not unicodedata.combining(c))
    return plain if plain and all(c in _FONT for c in plain) else None


def columns(text: str, scale: int = 1) -> int:
    """Columns that block letters of this scale take."""
    return scale * (sum(_WIDTHS[c] + 1 for c in text) - 1)


def lines(scale: int = 1) -> int:
    """Terminal lines that block letters of this scale take."""
    return ROWS * scale if PLAIN else (ROWS * scale + 1) // 2


def fitted(name: str, width: int, height: int, most: int) -> tuple[int, list[str]]:
    """The largest scale up to `most` at which a name fits into so many columns and lines, on one line or two, and those
    lines: 0 is plain text, -1 plain text that is cut.
    """
    spelt = spell(name)
    for scale in range(most if spelt else 0, -1, -1):
        for wrap in _wraps(spelt if scale and spelt else name):
            tall = len(wrap) * lines(scale) + len(wrap) - 1 if scale else len(wrap)
            wides = (columns(line, scale) if scale else width_of(line) for line in wrap)
            if tall <= height and max(wides) <= width:
                return scale, wrap
    return -1, [fit(name, width)]


def _wraps(name: str) -> list[list[str]]:
    """The name on one line, then every way to put it on two."""
    words = name.split()
    cuts = range(len(words) - 1, 0, -1)
    return [[name]] + [[" ".join(words[:cut]), " ".join(words[cut:])] for cut in cuts]


def set_out(scale: int, wrap: list[str]) -> list[str]:
    """The terminal lines of what `fitted` gave."""
    return [row for line in wrap for row in ("", *draw(line, scale))][1:] if scale > 0 else wrap


def draw(text: str, scale: int = 1) -> list[str]:
    """The terminal lines of `text` in block letters."""
    glyphs = [_FONT[c].split() for c in text]
    pixels = [
        [bit for bit in ".".join(glyph[row] for glyph in glyphs) for _ in range(scale)]
        for row in range(ROWS)
        for _ in range(scale)
    ]
    if PLAIN:
        return ["".join(_HALVES[bit == "#", bit == "#"] for bit in row) for row in pixels]
    if len(pixels) % 2:
        pixels.append(["."] * len(pixels[0]))
    return [
        "".join(_HALVES[a == "#", b == "#"] for a, b in zip(top, bottom, strict=True))
        for top, bottom in zip(pixels[::2], pixels[1::2], strict=True)
    ]
