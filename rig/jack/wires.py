"""The wires on our ports as they stood before JACK went, whoever made them."""

from __future__ import annotations

from collections.abc import Callable

from rig.jack.joined import Wire

GOING_SECONDS = 1.5  # wires that went so shortly before JACK did went with it


class Wires:
    """Told how things are, it knows how they were."""

    def __init__(self) -> None:
        self._name = ""
        self._stood: frozenset[Wire] | None = None
        self._now: frozenset[Wire] = frozenset()
        self._since = 0.0
        self._judged = False  # why wires went is known

    def note(self, wires: tuple[Wire, ...], name: str, now: float, there: Callable[[Wire], bool]) -> None:
        """What is connected. name: ours. there: whether both ends of a wire still are.

        A wire whose ports are there was taken away by somebody; one that went with a port may go with JACK, which
        takes its time where the machine is busy.
        """
        found = frozenset(wires)
        if found != self._now:
            self._now, self._since, self._judged = found, now, False
        self._name = name
        if self._stood is None or not found < self._stood:
            self._stood = found
        elif not self._judged and now - self._since >= GOING_SECONDS:
            self._judged = True
            self._stood = found | {wire for wire in self._stood - found if not there(wire)}

    def forget(self) -> None:
        """Nothing is to come back."""
        self._stood = None

    def stood(self, name: str) -> tuple[Wire, ...] | None:
        """What was connected when JACK went, under the name that we have now; None where that isn't known."""
        if self._stood is None:
            return None
        return tuple((_renamed(a, self._name, name), _renamed(b, self._name, name)) for a, b in sorted(self._stood))


def _renamed(port: str, old: str, new: str) -> str:
    client, colon, rest = port.rpartition(":")
    return f"{new}:{rest}" if colon and client == old else port
