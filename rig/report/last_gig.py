"""The last gig in sentences: what `rig doctor --last` tells of its log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from rig.gig.gig_log import GUARD, JACK, LATE, OVERLOAD, XRUN, GigRecord, Incident

TOLD = 8  # incidents of a kind; of more, how many more
AMPS = 6  # that were heard longest
OWN = 0.7  # of the period: below that it was not rig that was late


def lasts(record: GigRecord, proc: Path = Path("/proc")) -> bool:
    """Whether it goes on still."""
    return not record.ended and (proc / str(record.process)).exists()


def sentences(record: GigRecord, going_on: bool) -> Iterator[str]:
    """In the order in which one wants to know. going_on: it has not ended yet."""
    seconds = sum(heard for _, _, heard in record.played)
    began = time.strftime("%A %d %B, %H:%M", time.localtime(record.began))
    ending = (
        "and goes on"
        if going_on
        else "until it was left"
        if record.ended
        else f"and was not left: it was killed, or the power went, at about {_clock(record.until)}"
    )
    yield f"The gig of {began}, played for {_long(seconds)}, {ending}."
    if record.rate:
        ms = 1000 * record.block / record.rate
        periods = f"periods of {record.block} frames ({ms:.1f} ms)"
        yield f"It ran on {record.server} at {record.rate / 1000:g} kHz in {periods}."
    heard = sorted(record.played, key=lambda one: -one[2])[:AMPS]
    if heard:
        yield "Heard: " + ", ".join(f"{amp} of {preset} {_long(s)}" for preset, amp, s in heard) + "."
    if record.costliest:
        engine, share = record.costliest[0]
        worst = f"; the worst callback took {_percent(record.worst_load)} of its period"
        yield f"The costliest engine was {engine}, {_percent(share)} of a core{worst}."
    yield from _xruns(record)
    yield from _told(record, LATE, "Callbacks of rig's that took longer than their period")
    yield from _overloads(record)
    yield from _guard(record)
    yield from _jack(record)


def _xruns(record: GigRecord) -> Iterator[str]:
    missed = record.counts.get(XRUN, 0)
    if not missed:
        yield "No period was missed."
        return
    incidents = _of(record, XRUN)
    yield from _told(record, XRUN, "Missed periods")
    if incidents and max(one.load for one in incidents) < OWN:
        yield f"Each time rig took less than {_percent(OWN)} of the period: something else was late; see rig doctor."
    elif incidents:
        worst = max(incidents, key=lambda one: one.load)
        engine = f", most of it for {worst.costs[0][0]}" if worst.costs else ""
        took = f"{worst.amp} took up to {_percent(worst.load)} of a period{engine}"
        yield f"{took}: lower its quality, or take a longer period."


def _told(record: GigRecord, kind: str, called: str) -> Iterator[str]:
    """A kind of incidents: how many, and when."""
    count = record.counts.get(kind, 0)
    if not count:
        return
    incidents = _of(record, kind)
    shown = [_when(one, alone=one.count == count) for one in incidents[:TOLD]]
    more = count - sum(one.count for one in incidents[:TOLD])
    shown += [f"and {more} more"] if more > 0 else []
    yield f"{called}: {count}, {'; '.join(shown)}."


def _when(one: Incident, alone: bool) -> str:
    """alone: it is all there are of its kind."""
    many = "" if alone else f"{one.count} "
    return f"{many}at {_clock(one.at)} while {one.amp} of {one.preset} played (load {_percent(one.load)})"


def _overloads(record: GigRecord) -> Iterator[str]:
    """What was too much, and what was done about it."""
    incidents = _of(record, OVERLOAD)
    shown = [f"{one.what} {_when(one, alone=one.count == 1)}" for one in incidents[:TOLD]]
    shown += [f"and {len(incidents) - TOLD} more"] if len(incidents) > TOLD else []
    if shown:
        yield f"The period was too short for what played: {'; '.join(shown)}."


def _guard(record: GigRecord) -> Iterator[str]:
    if not record.counts.get(GUARD):
        yield "Every engine gave numbers."
        return
    incidents = _of(record, GUARD)
    shown = [
        f"{one.what} at {_clock(one.at)}{f', {one.count} times' if one.count > 1 else ''}" for one in incidents[:TOLD]
    ]
    shown += [f"and {len(incidents) - TOLD} more"] if len(incidents) > TOLD else []
    yield f"The guard caught what was no number, and reset it: {'; '.join(shown)}."


def _jack(record: GigRecord) -> Iterator[str]:
    if incidents := _of(record, JACK):
        yield f"JACK was {', '.join(f'{one.what} at {_clock(one.at)}' for one in incidents[-TOLD:])}."


def _of(record: GigRecord, kind: str) -> list[Incident]:
    return [one for one in record.incidents if one.kind == kind]


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _long(seconds: float) -> str:
    """As a player says it: "1 h 12 min", "3 min", "42 s"."""
    minutes = int(seconds) // 60
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"
