"""The wires on our ports, whoever made them, remembered: they come back when JACK, a client or a device does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rig.jack.patchbay import Port, Wire, found_again

GOING_SECONDS = 1.5  # wires that went so shortly before a port or JACK did went with it
AGAIN_SECONDS = 0.25  # between two tries to make one that JACK refuses
MOST = 256  # wires that wait; programs may be called otherwise each time that they run


@dataclass
class _Known:
    """ends: its ports, as they were; beside: the names of all that were there then. gone: since when it isn't found.

    waits: an end has not been there since. tried: when it was to be made last. expected: it has never stood.
    """

    ends: tuple[Port, Port]
    beside: Collection[str] = ()
    gone: float | None = None
    waits: bool = False
    tried: float = float("-inf")
    expected: bool = False


class Wires:
    """Told how things are, it knows which wires are to be made again.

    One whose two ends are there was taken away by somebody; one that went with a port, or with JACK, waits for that.
    """

    def __init__(self) -> None:
        self._name = ""
        self._known: dict[Wire, _Known] = {}
        self._there: Mapping[str, Port] | None = None  # None: JACK isn't
        self._due: dict[Wire, Wire] = {}  # what is to be made, in place of which
        self.told = False

    def look(
        self, wires: Iterable[Wire], ports: Sequence[Port], came: Iterable[str], name: str, now: float
    ) -> tuple[Wire, ...]:
        """Returns the wires that are to be made now.

        wires: on our ports. ports: of everybody. came: names of those that came since the last call. name: ours.
        """
        self._rename(name)
        self.told, self._there = True, {port.name: port for port in ports}
        found, fresh = set(wires), set(came)
        beside = self._there.keys()
        lives = not found <= self._known.keys()  # somebody made another one: what went before did not go with JACK
        for wire in found:
            ends = (self._end(wire, 0), self._end(wire, 1))
            self._known[wire] = _Known(ends, beside)
        self._due = {}
        for wire, known in tuple(self._known.items()):
            if wire not in found and (due := self._missed(wire, known, found, fresh, now, lives)):
                self._due[due] = wire
        for wire in self.waiting[:-MOST]:
            del self._known[wire]
        return tuple(self._due)

    def made(self, wire: Wire) -> None:
        """One of those stands again."""
        assert self._there is not None
        known = self._known.pop(self._due[wire])
        self._known[wire] = _Known((self._there[wire[0]], self._there[wire[1]]), known.beside)

    def _end(self, wire: Wire, side: int) -> Port:
        """An end of a wire that stands; JACK may tell of a wire before it tells of the port."""
        assert self._there is not None
        known, usual = self._known.get(wire), Port(wire[side], ours=wire[side].startswith(f"{self._name}:"))
        return self._there.get(wire[side]) or (known.ends[side] if known else usual)

    def _missed(
        self, wire: Wire, known: _Known, found: set[Wire], fresh: set[str], now: float, lives: bool
    ) -> Wire | None:
        """What is to be made in place of a wire that is known; None: nothing, or not yet."""
        assert self._there is not None
        a, b = (found_again(end, self._there.values(), known.beside) for end in known.ends)
        absent = (a and a.name, b and b.name) != wire
        known.gone = now if known.gone is None else known.gone
        known.waits = known.waits or absent or not fresh.isdisjoint(wire)
        if not known.waits:
            if now - known.gone >= GOING_SECONDS or (lives and known.gone < now):
                del self._known[wire]
            return None
        if a is None or b is None:
            known.tried = float("-inf")
            return None
        if (a.name, b.name) in found:  # it stands, from or to a port that is called otherwise now
            del self._known[wire]
            return None
        if now - known.tried < AGAIN_SECONDS:
            return None
        known.tried = now
        return a.name, b.name

    def __len__(self) -> int:
        return len(self._known)

    def went(self) -> None:
        """JACK has gone: all that stood comes back."""
        self._there = None
        for known in self._known.values():
            known.waits, known.tried = True, float("-inf")

    def forget(self) -> None:
        """Nothing is to come back."""
        self._known, self.told = {}, False

    def expect(self, wanted: Iterable[tuple[Port, str]], ports: Sequence[Port]) -> None:
        """Let wires that never stood wait for their ports, in place of those that were expected before.

        wanted: a port of ours, and the name of one that isn't there. ports: all that are.
        """
        self._known = {wire: known for wire, known in self._known.items() if not known.expected}
        beside = {port.name for port in ports}
        for ours, name in wanted:
            other = Port(name, ours.kind, not ours.takes)
            a, b = (other, ours) if ours.takes else (ours, other)
            self._known.setdefault((a.name, b.name), _Known((a, b), beside, waits=True, expected=True))

    def drop(self, wire: Wire) -> bool:
        """A wire is not wanted any more. Returns whether it was."""
        return self._known.pop(wire, None) is not None

    @property
    def waiting(self) -> tuple[Wire, ...]:
        """Those that wait for the port of somebody else; without JACK, all."""
        return tuple(wire for wire, known in self._known.items() if known.waits and self._ours_there(known))

    def _ours_there(self, known: _Known) -> bool:
        """Not so with an insert that was taken out."""
        return self._there is None or all(end.name in self._there for end in known.ends if end.ours)

    def _rename(self, name: str) -> None:
        """We are called otherwise now."""
        old, self._name = self._name, name
        if old in ("", name):
            return
        before, self._known = self._known, {}
        for known in before.values():
            a, b = (replace(end, name=f"{name}:{end.short}") if end.ours else end for end in known.ends)
            self._known[a.name, b.name] = replace(known, ends=(a, b))
