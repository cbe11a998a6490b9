"""What is known of a server's ports and wires, asked for anew when JACK says that any has changed.

JACK tells of a port or a wire up to a period before it has it; on a busy machine, even longer. So each look is followed
by another one a little later.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

from rig.jack import library
from rig.jack.calls import Calls, NoAnswer
from rig.jack.joined import Joined
from rig.jack.metadata import ORDER, PRETTY, Metadata
from rig.jack.patchbay import Patchbay, Port, Wire, in_order

LATE_SECONDS = 1.0  # between two looks where nothing is said to have changed


class Look:
    """At the server that we are in. Methods are called from one thread; none raises, or waits for longer than a call.

    What JACK does not tell in time is as it was known before.
    """

    def __init__(self, joined: Joined, calls: Calls, metadata: Metadata) -> None:
        self._joined, self._calls, self._metadata = joined, calls, metadata
        self._wires: tuple[Wire, ...] = ()
        self._ports: tuple[tuple[Port, int], ...] = ()
        self._patchbay = Patchbay()
        self._wires_seen = self._ports_seen = -1  # the changes that they know of
        self._all_seen = (-1, -1, -1)
        self._wires_at = self._ports_at = self._all_at = 0.0
        self._again = False  # the ports are to be looked at once more
        metadata.ask()

    def soon(self) -> None:
        """Something was changed by us."""
        self._wires_seen, self._all_seen = -1, (-1, -1, -1)

    def wires(self) -> tuple[Wire, ...]:
        """On our ports; looked at once a second in any case."""
        joined, now = self._joined, time.monotonic()
        self._describe()
        if now >= self._wires_at or self._wires_seen != joined.changes:
            self._wires_at = now + LATE_SECONDS if now >= self._wires_at else self._wires_at
            changes = joined.changes  # first, so that a change while we ask makes us ask again
            with contextlib.suppress(NoAnswer, library.jack.JackError):
                self._wires, self._wires_seen = self._calls(joined.wires), changes
                joined.wired(self._wires)
        return self._wires

    def ports(self) -> tuple[Port, ...]:
        """Of everybody, without what metadata calls them."""
        return tuple(port for port, _ in self._listed())

    def _listed(self) -> tuple[tuple[Port, int], ...]:
        joined, now = self._joined, time.monotonic()
        changed = self._ports_seen != joined.port_changes
        if changed or (self._again and now >= self._ports_at):
            self._again, self._ports_at = changed, now + LATE_SECONDS
            changes = joined.port_changes
            with contextlib.suppress(NoAnswer, library.jack.JackError):
                self._ports, self._ports_seen = self._calls(joined.all_ports), changes
        return self._ports

    def patchbay(self) -> Patchbay:
        """All of it; looked at once a second in any case."""
        joined, now = self._joined, time.monotonic()
        self._metadata.look()
        seen = (joined.changes, joined.port_changes, joined.told_changes)
        if seen[2] != self._all_seen[2]:
            self._metadata.ask()
        if seen != self._all_seen or now >= self._all_at:
            self._all_at = now + LATE_SECONDS
            with contextlib.suppress(NoAnswer, library.jack.JackError):
                wires = self._calls(joined.all_wires)
                self._patchbay = Patchbay(in_order(self._named(port, uuid) for port, uuid in self._listed()), wires)
                self._all_seen = seen
        return self._patchbay

    def _named(self, port: Port, uuid: int) -> Port:
        told = self._metadata.told.get(uuid, {})
        order = told.get(ORDER, "")
        return replace(port, pretty=told.get(PRETTY, ""), order=int(order) if order.isdecimal() else None)

    def _describe(self) -> None:
        """Our ports by metadata, as soon as that is known to answer."""
        self._metadata.look()
        if self._metadata.well and self._joined.latency and not self._joined.described:
            with contextlib.suppress(NoAnswer):
                self._calls(self._joined.describe)
