"""Keys that work whatever screen is open: amps, mute and panic have them, and second ones where text is typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from textual.binding import Binding, BindingType

AMPS = range(1, 10)

AMP_KEYS = (*((n, str(n)) for n in range(10)), *((n, f"amp{n}") for n in range(10, 65)))
"""Numbers and their keys; 0 is the end of 10, 20 ... Those from 10 on have a key only where a player gives them one."""

VIEW_KEYS = (
    Binding("tab", "app.view(1)", id="view_next"),
    Binding("shift+tab", "app.view(-1)", id="view_previous"),
)
"""For the screens that these go round."""

TYPING = (
    *(Binding(f"f{n}", f"app.amp({n}, True)", priority=True, id=f"amp_{n}_typing") for n in AMPS),
    Binding("ctrl+n", "app.mute", priority=True, id="mute_typing"),
    Binding("ctrl+p", "app.panic", priority=True, id="panic_typing"),
)
"""For screens where letters and digits are text."""

SHIFTED = (
    "exclamation_mark",
    "at",
    "number_sign",
    "dollar_sign",
    "percent_sign",
    "circumflex_accent",
    "ampersand",
    "asterisk",
)
"""What terminals send for shift and a digit from 1 on, on a keyboard of the US."""

SCENE_KEYS = tuple((n, f"f{n},{key}") for n, key in enumerate(SHIFTED, 1))
"""Numbers of scenes and their keys."""

EVERYWHERE = (
    *(Binding(key, f"app.amp({n})", id=f"amp_{n}") for n, key in AMP_KEYS),
    Binding("m", "app.mute", id="mute"),
    Binding("p", "app.panic", id="panic"),
)
"""For screens that are open above the play screen."""


def cased(bindings: Iterable[Binding]) -> list[BindingType]:
    """With caps lock the same: a capital letter acts as the small one, where it has no meaning of its own."""
    known = list(bindings)
    taken = {key for binding in known for key in binding.key.split(",")}
    return [replace(binding, key=",".join(_both(binding.key.split(","), taken))) for binding in known]


def _both(keys: Iterable[str], taken: set[str]) -> Iterator[str]:
    for key in keys:
        yield key
        if len(key) == 1 and key.islower() and key.upper() not in taken:
            yield key.upper()
