"""What ports are called beside their names, and in which order: https://jackaudio.org/metadata/.

JACK 2 keeps it in a database that all programs of a user share, and whoever was killed in the middle of a call there
has its lock for ever. So it is read in a thread of its own, and written, which needs our client, only where reading has
come to an end.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from concurrent.futures import Future

from rig.jack import library
from rig.jack.calls import Calls
from rig.native.inserts import SIDES

PRETTY = "http://jackaudio.org/metadata/pretty-name"
ORDER = "http://jackaudio.org/metadata/order"
INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
LABELS = {
    "in": "Guitar",
    "out_1": "Left",
    "out_2": "Right",
    "di": "Dry guitar",
    "click": "Click",
    "midi_in": "Pedals",
    "midi_out": "Lights",
    "midi_send": "Other gear",
}
"""What ours are called, by their names."""

Told = Mapping[int, Mapping[str, str]]
"""Values by key, of each subject, by its UUID."""


def label(port: str) -> str:
    """What one of ours is called: of an insert's "pedals_send_1", "pedals: send 1"; "" where it has its name alone."""
    side = next((side for side in SIDES if port.endswith(f"_{side}")), None)
    return f"{port.removesuffix(f'_{side}')}: {side.replace('_', ' ')}" if side else LABELS.get(port, "")


class Metadata:
    """Methods are called from one thread, and never wait."""

    def __init__(self) -> None:
        self._calls = Calls()
        self._asked: Future[Told] | None = None
        self._again = False
        self.told: Told = {}
        self.well = False  # it answers

    def ask(self) -> None:
        """Have all of it read."""
        if self._asked is None:
            self._asked, self._again = self._calls.ask(_read), False
        else:
            self._again = True

    def look(self) -> None:
        """Take what was read meanwhile."""
        if self._asked is None or not self._asked.done():
            return
        self.told, self.well, self._asked = self._asked.result(), True, None
        if self._again:
            self.ask()

    def end(self) -> None:
        """The thread ends, where it can."""
        self._calls.end()


def _read() -> Told:
    with contextlib.suppress(RuntimeError, AssertionError):  # nobody has told anything, or nothing that can be read
        found = library.jack.get_all_properties()
        return {
            uuid: {key: value.decode(errors="replace") for key, (value, _) in of.items()} for uuid, of in found.items()
        }
    return {}
