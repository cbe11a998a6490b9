"""Watches over a gig for what goes wrong, and writes it into its log."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rig.gig.gig_log import GUARD, JACK, LATE, OVERLOAD, XRUN, GigLog, Incident
from rig.gig.snapshot import News, Status

if TYPE_CHECKING:
    from rig.gig.gig import Gig

SAMPLE_SECONDS = 1.0  # between two looks at what engines cost
AWAY_SECONDS = 5.0  # between two looks: then it was not us who played (a laptop that slept)
FULL, ROOM = 0.95, 0.8  # of the period, from which on the chain is too much, and until which it is still so
SILENT = "silent"  # JACK runs, and calls us no more
WHOLE = "what plays takes the whole period"
COSTLIEST = 3  # engines that are noted with an incident


class Incidents:
    """Methods are called from the gig's thread."""

    def __init__(self, gig: Gig, log: GigLog) -> None:
        self._gig, self.log = gig, log
        self._before: Status | None = None
        self._faults: dict[str, int] = {}
        self._at = self._gone_at = self._sampled = -math.inf
        self._overloaded = self._said = False

    def look(self, status: Status, mean: float, now: float) -> None:
        """To be called with each status. mean: share of the period that playing takes. now: seconds since 1970."""
        before, self._before = self._before, status
        passed, self._at = now - self._at, now
        costs: Sequence[tuple[str, float]] = ()
        if before and now - self._sampled >= SAMPLE_SECONDS:
            self._sampled, costs = now, self._gig.sounding.costs()
        preset, amp = self._gig.preset.name, status.amp_name
        if status.alive and 0 <= passed < AWAY_SECONDS:
            self.log.played(preset, amp, passed, costs, status.load)
        if before is None or self._played_on(before) != self._played_on(status):
            self.log.server(status.server, status.rate, status.block)
        found = [*self._callbacks(before, status), *self._guard(status), *self._jack(before, status, now)]
        found += self._overload(status, mean)
        headroom = self._gig.headroom
        found += headroom.incidents
        headroom.incidents = []
        if self.log.fault and not self._said:
            self._said = True
            self._gig.tell(News(self.log.fault))
        if not found:
            return
        costliest = sorted(costs or self._gig.sounding.costs(), key=lambda cost: -cost[1])[:COSTLIEST]
        told = tuple((engine, round(share, 4)) for engine, share in costliest)
        for one in found:
            around = replace(one, at=now, preset=preset, amp=amp, load=round(status.load, 4), mean=round(mean, 4))
            self.log.note(replace(around, costs=told))

    @staticmethod
    def _played_on(status: Status) -> tuple[str, int, int]:
        return status.server, status.rate, status.block

    def _callbacks(self, before: Status | None, status: Status) -> list[Incident]:
        missed = status.xruns - before.xruns if before else 0
        found = [Incident(0.0, XRUN, "missed", missed)] if missed > 0 else []
        if before and status.load >= 1.0:
            found.append(Incident(0.0, LATE, "a callback took longer than its period"))
        return found

    def _overload(self, status: Status, mean: float) -> list[Incident]:
        was, self._overloaded = self._overloaded, status.alive and mean >= (ROOM if self._overloaded else FULL)
        if was or not self._overloaded or status.relief:  # what is done about it is told
            return []
        return [Incident(0.0, OVERLOAD, WHOLE)]

    def _guard(self, status: Status) -> list[Incident]:
        known, self._faults = self._faults, dict(status.faults)
        caught = [(engine, count - known.get(engine, 0)) for engine, count in status.faults]
        return [
            Incident(0.0, GUARD, "the input" if engine == "in" else engine, count)
            for engine, count in caught
            if count > 0
        ]

    def _jack(self, before: Status | None, status: Status, now: float) -> list[Incident]:
        if before is None:
            return []
        said = []
        if before.alive and not status.alive:
            self._gone_at = now
            said.append(SILENT if self._gig.client.alive else "gone")
        elif status.alive and not before.alive:
            said.append(f"back after {now - self._gone_at:.1f} s")
        if status.alive and status.rate != before.rate:
            said.append(f"at {status.rate / 1000:g} kHz, no longer {before.rate / 1000:g}")
        if status.alive and status.block != before.block:
            said.append(f"in periods of {status.block} frames, no longer {before.block}")
        return [Incident(0.0, JACK, what) for what in said]


def words(incident: Incident) -> str:
    """An incident as the screen says it; "" of what the screen has said itself."""
    many = f"{incident.count} " if incident.count > 1 else ""
    costs = f"; {incident.costs[0][0]} takes {_percent(incident.costs[0][1])} of a core" if incident.costs else ""
    around = f" while {incident.amp} played, worst load {_percent(incident.load)}{costs}"
    if incident.kind == XRUN:
        return f"{many or 'a '}period{'s' if many else ''} missed{around}"
    if incident.kind == LATE or incident.what == WHOLE:
        return f"{incident.what}{f', {incident.count} times' if many else ''}{around}"
    return f"JACK: {incident.what}" if incident.kind == JACK and incident.what != SILENT else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
