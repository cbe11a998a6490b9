"""The wires on our ports as they stood before JACK went, whoever made them."""

from __future__ import annotations

from rig.jack.joined import Wire

GOING_SECONDS = 1.5  # wires that went so shortly before JACK did went with it


class Wires:
    """Told how things are, it knows how they were."""

    def __init__(self) -> None:
        self._name = ""
        self._before: tuple[Wire, ...] | None = None
        self._now: tuple[Wire, ...] | None = None
        self._since = self._seen = 0.0

    def note(self, wires: tuple[Wire, ...], name: str, now: float) -> None:
        """What is connected. name: ours."""
        self._name, self._seen = name, now
        wires = tuple(sorted(wires))
        if wires != self._now:
            if self._now is None or not self._going(now):
                self._before = self._now
            self._now, self._since = wires, now

    def _going(self, now: float) -> bool:
        """Whether wires have just gone, and nothing but that."""
        fewer = self._before is not None and self._now is not None and set(self._now) < set(self._before)
        return fewer and now - self._since < GOING_SECONDS

    def forget(self) -> None:
        """Nothing is to come back."""
        self._before = self._now = None

    def stood(self, name: str) -> tuple[Wire, ...] | None:
        """What was connected when JACK went, under the name that we have now; None where that isn't known."""
        wires = self._before if self._going(self._seen) else self._now
        if wires is None:
            return None
        return tuple((_renamed(a, self._name, name), _renamed(b, self._name, name)) for a, b in wires)


def _renamed(port: str, old: str, new: str) -> str:
    client, colon, rest = port.rpartition(":")
    return f"{new}:{rest}" if colon and client == old else port
