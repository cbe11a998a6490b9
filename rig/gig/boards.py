"""MIDI ports of boards and of other gear, connected as they come, as presets and the player's own file name them."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from rig.errors import RigError
from rig.gig.snapshot import News
from rig.jack.ports import named

if TYPE_CHECKING:
    from rig.gig.gig import Gig

LOOK_SECONDS = 1.0
"""Between two looks where no port is said to have come or gone: one may have got another name."""

PORTS = (("midi_in", "midi"), ("midi_out", "midi"), ("midi_send", "send"))
"""Ours, and what of [jack] says whom each of them is connected to."""


class Boards:
    """Methods are called from the gig's thread.

    A port is connected once, as it comes: a wire that somebody takes away stays away until the board comes back.
    """

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self._there: dict[str, frozenset[str]] = {}  # whom each port of ours was connected to
        self._looked_for: object = None
        self._look_at = 0.0

    def look(self) -> None:
        """Connect what has come. To be called often."""
        gig, now = self._gig, time.monotonic()
        if not (gig.client.alive and gig.connection.wired):
            self._there = {}
            return
        wanted = {ours: self._wanted(said) for ours, said in PORTS}
        if not any(wanted.values()):
            return
        looked_for = wanted, gig.client.arrivals
        if looked_for == self._looked_for and now < self._look_at:
            return
        self._looked_for, self._look_at = looked_for, now + LOOK_SECONDS
        with contextlib.suppress(RigError):  # JACK is busy, or goes: it will be looked at again
            for ours, patterns in wanted.items():
                self._connect(ours, patterns)

    def _wanted(self, said: str) -> tuple[str, ...]:
        wirings = (self._gig.preset.jack, self._gig.pedals.own_wiring)
        return tuple(pattern for wiring in wirings for pattern in getattr(wiring, said))

    def _connect(self, ours: str, patterns: tuple[str, ...]) -> None:
        client = self._gig.client
        ports = client.midi_ports(inputs=ours != "midi_in") if patterns else {}
        found = named(ports, patterns)
        before, self._there[ours] = self._there.get(ours, frozenset()), frozenset(found)
        wired = {end for wire in client.connections() if f"{client.name}:{ours}" in wire for end in wire}
        for port in found:
            if port in before:
                continue
            fault = client.wire(ours, port)
            if fault:
                self._gig.tell(News(fault, wrong=True))
            elif port not in wired:
                ends = (port, ours) if ours == "midi_in" else (ours, port)
                self._gig.tell(News(" is connected to ".join(ends)))
