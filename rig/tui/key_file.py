"""The player's own keys: $XDG_CONFIG_HOME/rig/keys.toml, what is to be done = the key that does it, or several.

layout = "azerty"             # amps on the unshifted row of digits, knobs beside it
mute = ["m", "f12"]
amp_10 = "f10"
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from textual.keys import _character_to_key

from rig import toml
from rig.errors import RigError, did_you_mean, quoted
from rig.files import read_text

LIMIT = 100_000  # bytes
LAYOUTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "azerty": {
        **{f"amp_{n}": (str(n), key) for n, key in enumerate("&é\"'(-è_ç", 1)},
        "amp_0": ("0", "à"),
        "turn_down": (")",),
        "turn_up": ("=",),
        "turn_down_far": ("°",),
        "turn_up_far": ("+",),
        "tap": ("²", "`"),
        "level_down": (";", "["),
        "level_up": (":", "]"),
        **{f"scene_{n}": (f"f{n}",) for n in range(1, 9)},
    },
    "qwertz": {
        **{f"scene_{n}": (f"f{n}", key) for n, key in enumerate('!"§$%&', 1)},
        "scene_7": ("f7",),
        "scene_8": ("f8", "("),
        "tap": ("ö", "`"),
        "level_down": ("ü", "["),
        "level_up": ("+", "]"),
        "turn_up": ("=", "´"),
        "turn_up_far": ("*", "`"),
    },
}
NAMES = {"minus", "plus", "space", "enter", "escape", "tab", "backspace", "delete", "insert", "home", "end", "pageup"}
NAMES |= {"pagedown", "up", "down", "left", "right", *(f"f{n}" for n in range(1, 25))}
MODIFIERS = ("ctrl+", "shift+", "alt+")


def path() -> Path:
    """Where the file lies."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "rig" / "keys.toml"


def read(file: Path, actions: Iterable[str]) -> dict[str, str]:
    """The keymap, as Textual takes it: action -> keys with commas between them; {} where there is no file.

    actions: what can be bound. Raises RigError.
    """
    if not file.is_file():
        return {}
    content = toml.read(read_text(file, "key file", LIMIT), file, "key file")
    layout = content.pop("layout", None)
    if layout is not None and (not isinstance(layout, str) or layout not in LAYOUTS):
        raise RigError(f"{file}: no layout {quoted(layout)}; known: {', '.join(LAYOUTS)}")
    bound = dict(LAYOUTS[layout]) if layout else {}
    known = list(actions)
    for action, keys in content.items():
        if action not in known:
            raise RigError(
                f"{file}: no action {quoted(action)}{did_you_mean(action, known) or '; known: ' + ', '.join(known)}"
            )
        given = keys if isinstance(keys, list) else [keys]
        if not given or not all(isinstance(key, str) and key for key in given):
            raise RigError(f'{file}: {quoted(action)}: a key is a text, as in {action} = "k", or a list of them')
        bound[action] = tuple(given)
    owners: dict[str, str] = {}
    for action, texts in bound.items():
        for key in texts:
            other = owners.setdefault(_named(key, f"{file}: {action}"), action)
            if other != action:
                raise RigError(f"{file}: key {quoted(key)} is bound to {other} and to {action}")
    return {action: ",".join(_cased(texts, owners)) for action, texts in bound.items()}


def _cased(given: Iterable[str], owners: Mapping[str, str]) -> Iterator[str]:
    """With caps lock the same; but U, C and L stay what they are."""
    for key in given:
        yield _named(key, "")
        if len(key) == 1 and key.islower() and key not in "ucl" and key.upper() not in owners:
            yield key.upper()


def _named(key: str, place: str) -> str:
    """As Textual calls it: "comma" for ","."""
    bare = key
    while bare.lower().startswith(MODIFIERS):
        bare = bare.partition("+")[2]
    if len(key) == 1:
        return _character_to_key(key)
    if len(bare) != 1 and bare.lower() not in NAMES:
        raise RigError(f"{place}: no key {quoted(key)}{did_you_mean(key, NAMES)}")
    return key.lower()
