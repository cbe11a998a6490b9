"""The keys of the plain lines: which are a verb, and what they are called, by a terminal and by a screen reader."""

from __future__ import annotations

from collections.abc import Iterator

KEYS: dict[str, tuple[str, str]] = {
    "left": ("prev", "the amp before"),
    "right": ("next", "the next amp"),
    "space": ("bypass", "the dry guitar"),
    "m": ("mute", "silence"),
    "p": ("panic", "silence, tails, too"),
    "tab": ("tap", "tap the tempo, twice or more"),
    "n": ("metronome", "the metronome"),
    "f": ("follow", "follow a MIDI clock, JACK, nobody"),
    "l": ("loop", "loop: record, play, play over it"),
    "j": ("loop stop", "loop: stop, play"),
    "z": ("loop undo", "loop: the last layer off"),
    "y": ("loop redo", "loop: back on"),
    "h": ("loop half", "loop: half speed"),
    "w": ("loop clear", "loop: gone"),
    "k": ("keep", "write the last minutes"),
    "c": ("connect", "wire up again"),
    "u": ("undo", "take back"),
    "U": ("redo", "do again"),
    "v": ("ab", "as saved, as changed"),
    "s": ("save", "save"),
    '"': ("status", "levels, load, and what is not as usual"),
    "pageup": ("song prev", "the song before"),
    "pagedown": ("song next", "the next song"),
    ",": ("part prev", "the part of the song before"),
    ".": ("part next", "its next part"),
    "g": ("boost", "a solo: louder"),
    **{key: (f"scene {n}", f"scene {n}") for n, key in enumerate("!@#$%^&*", 1)},
    **{f"f{n}": (f"scene {n}", f"scene {n}") for n in range(1, 9)},
}
"""Keys that are a verb: the verb, and what it does."""

NAMES = {
    " ": "space",
    "\t": "tab",
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\b": "backspace",
    "\x1b": "escape",
    "\x04": "q",  # ctrl+d
}
CODES = {"A": "up", "B": "down", "C": "right", "D": "left", "3~": "delete", "5~": "pageup", "6~": "pagedown"}
CODES |= {code: f"f{n}" for n, code in enumerate(("P", "Q", "R", "S", "15~", "17~", "18~", "19~"), 1)}
CODES |= {code: f"f{n}" for n, code in enumerate(("11~", "12~", "13~", "14~"), 1)}
CODES |= {f"[{letter}": f"f{n}" for n, letter in enumerate("ABCDE", 1)}
"""What follows escape and a bracket, or an O, for keys that are no letter."""

SPELT = {"/": "slash", "[": "left bracket", "]": "right bracket", "-": "minus", "=": "equals", "_": "underscore"}
SPELT |= {"+": "plus", "<": "less than", ">": "greater than", "!": "exclamation mark", ":": "colon"}
SPELT |= {
    "?": "question mark",
    "U": "capital u",
    '"': "double quote",
    ",": "comma",
    ".": "full stop",
    ";": "semicolon",
    "'": "apostrophe",
}
"""How a screen reader says keys that it may pass over."""


def pressed(text: str) -> Iterator[str]:
    """What was pressed, by name."""
    while text:
        code = next((code for code in CODES if text[2:].startswith(code)), "") if text[:2] in ("\x1b[", "\x1bO") else ""
        if code:
            yield CODES[code]
            text = text[2 + len(code) :]
        else:
            yield NAMES.get(text[0], text[0])
            text = text[1:]
