"""Keys as foot and help write them: what Textual calls them, and what they are where a player has bound others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from textual.app import App
from textual.binding import Binding, BindingType
from textual.keys import key_to_character

from rig.tui.plain import PLAIN, plainer

NAMED = {
    "↵": "enter",
    "esc": "escape",
    "⌫": "backspace",
    "↑": "up",
    "↓": "down",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "←": "left",
    "→": "right",
    "-": "minus",
    "=": "equals_sign",
    "_": "underscore",
    "+": "plus",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "/": "slash",
    "?": "question_mark",
    ".": "full_stop",
    ",": "comma",
    "`": "grave_accent",
}
WRITTEN = {name: key for key, name in NAMED.items()}
PLAINLY = {"↵": "enter", "⌫": "bksp"}  # where the font lacks them
SHIFTED = {"-": "_", "=": "+"}
RANGE = re.compile(r"(F?\d) ?(-|…) ?(F?\d)")


class Keys(NamedTuple):
    """Keys of one hint. written: for the screen. pressed: what a click on them presses, each on its part; of a range,
    none.
    """

    written: str
    pressed: tuple[str, ...]


class KeyNames:
    """What a player's own keys make of the keys of a screen.

    bindings: those that count there. keymap: action -> keys with commas between them, as key_file.read() gives them.
    """

    def __init__(self, bindings: Iterable[BindingType] = (), keymap: Mapping[str, str] | None = None) -> None:
        known = [binding for binding in bindings if isinstance(binding, Binding) and binding.id]
        self._actions = {key: binding.id or "" for binding in known for key in binding.key.split(",")}
        here = set(self._actions.values())
        self._bound = {action: keys.split(",") for action, keys in (keymap or {}).items() if action in here}
        self._taken = {key for keys in self._bound.values() for key in keys}

    def of(self, written: str) -> Keys | None:
        """The keys that do what those do where nobody has bound others: "m", "- =", "↑↓", "1-9", "shift - =".

        None where one of them does something else, and no other key does what it did.
        """
        span = RANGE.fullmatch(written)
        words = span.group(1, 3) if span else written.split() if " " in written else _pair(written)
        if words[0] == "shift":
            words = [SHIFTED[word] for word in words[1:]]
        usual = [NAMED.get(word) or (word if len(word) == 1 else word.lower()) for word in words]
        now = [self._now(key) for key in usual]
        if "" in now:
            return None
        pressed = () if span else tuple(dict.fromkeys(now))
        if now != usual:
            written = (span.group(2) if span else " ").join(map(name_of, now))
        return Keys(PLAINLY.get(written, written) if PLAIN else written, pressed)

    def said(self, text: str) -> str:
        """A sentence with keys in braces: "{m} plays on"."""

        def written(key: re.Match[str]) -> str:
            keys = self.of(key[1])
            return keys.written if keys else key[1]

        return re.sub(r"\{([^}]+)\}", written, text)

    def _now(self, key: str) -> str:
        """What is pressed in place of a key; "" where nothing is."""
        action = self._actions.get(key)
        if action in self._bound:
            return self._bound[action][0]
        return "" if action and key in self._taken else key


def _pair(written: str) -> Sequence[str]:
    """ "↑↓" as two keys; any other as one."""
    return written if len(written) == 2 and all(char in NAMED for char in written) else (written,)


def name_of(key: str) -> str:
    """A key as a player reads it."""
    if re.fullmatch(r"f\d+", key):
        return key.upper()
    return WRITTEN.get(key) or key_to_character(key) or key


def own_keys(app: App[object]) -> Mapping[str, str]:
    """The keymap of an app that has one."""
    return getattr(app, "own_keys", {})


def said(app: App[object], bindings: Iterable[BindingType], text: str) -> str:
    """A sentence with keys in braces, on a screen that has those bindings."""
    return plainer(KeyNames(bindings, own_keys(app)).said(text))
