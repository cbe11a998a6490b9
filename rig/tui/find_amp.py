"""The list of all amps: typed letters find one, enter plays it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from textual.widgets.option_list import Option

from rig.gig.snapshot import AmpView
from rig.text import printable
from rig.tui.finder import FinderScreen
from rig.tui.plain import plainer

NAME = 28  # columns


def label(amp: AmpView) -> str:
    """What an amp's tile calls it: its key, or its number in the set."""
    return amp.key or str(amp.index + 1)


def found(amps: Sequence[AmpView], typed: str) -> tuple[AmpView, ...]:
    """The amps whose label, name or preset hold what was typed, of a name its letters in order; the nearest first."""
    ranked = [(_distance(amp, typed.casefold().split()), amp.index, amp) for amp in amps]
    return tuple(amp for distance, _, amp in sorted(ranked, key=lambda r: r[:2]) if distance < _NOWHERE)


_NOWHERE = 9


def _distance(amp: AmpView, typed: list[str]) -> int:
    wanted = "".join(typed)
    words = amp.name.casefold().split()
    whole = "".join(words)
    if wanted == label(amp) or not wanted:
        return 0
    if whole.startswith(wanted):
        return 1
    if any(word.startswith(wanted) for word in words) or "".join(word[0] for word in words).startswith(wanted):
        return 2
    if wanted in whole:
        return 3
    if _in_order(wanted, whole):
        return 4
    words += amp.preset.casefold().split()
    found_in_preset = len(wanted) > 2 and all(any(word.startswith(part) for word in words) for part in typed)
    return 5 if found_in_preset else _NOWHERE


def _in_order(wanted: str, text: str) -> bool:
    letters = iter(text)
    return all(letter in letters for letter in wanted)


class FindAmpScreen(FinderScreen[int]):
    """Gives back the identity of the amp that was chosen."""

    KEYS = "↑↓ · ↵ play · esc · {ctrl+n} mute · {F1-F9} amp"
    NOTHING = "no amp is called that"

    def __init__(self, amps: Sequence[AmpView], playing: int) -> None:
        super().__init__()
        self._amps, self._playing = tuple(amps), playing
        self.shown: tuple[AmpView, ...] = ()

    def on_mount(self) -> None:
        self.query_one("#card").border_title = "amps"

    def find(self, typed: str) -> tuple[list[Option], int]:
        self.shown = found(self._amps, typed)
        several = len({amp.preset for amp in self._amps}) > 1
        options = []
        for amp in self.shown:
            mark = plainer("♪") if amp.index == self._playing else " "
            preset = f"[dim]{escape(printable(amp.preset))}[/]" if several else ""
            name = escape(f"{printable(amp.name):{NAME}}")
            options.append(Option(f"{mark} {label(amp):>2}  [bold]{name}[/]{preset}"))
        at = next((i for i, amp in enumerate(self.shown) if amp.index == self._playing), 0)
        return options, 0 if typed else at

    def take(self, at: int) -> None:
        self.dismiss(self.shown[at].uid)
