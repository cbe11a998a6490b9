"""What the engines of a chain owe each other: levels that fit, and branches that come together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rig.engine import Branches, Payload
from rig.models import analysis
from rig.native import Chain, Unit, decibels, linear


def arranged(units: Sequence[Unit], rate: int, dbu: float | None = None) -> tuple[Unit, ...]:
    """A chain's units with all that their files ask for, at `rate` Hz. What is arranged already stays as it is.

    dbu: the level of a full-scale sine at the interface's input, where it is known: models that say for what level they
    were made then hear the guitar as loud as the amp did, and behind a pedal that says how loud it is, the pedal.
    """
    return _joined(_calibrated(units, dbu), rate)


def _calibrated(units: Sequence[Unit], dbu: float | None) -> list[Unit]:
    scale = dict.fromkeys(("", "a", "b"), dbu)  # of a full-scale sine in trunk and branches, as far as one knows
    done = []
    for unit in units:
        payload, here = unit.payload, scale[unit.branch]
        if here is not None and payload.input_dbu is not None:
            payload = replace(payload, gain_in=linear(here - payload.input_dbu))
        if here is not None and payload.output_dbu is not None and unit.on:
            scale[unit.branch] = payload.output_dbu - decibels(payload.gain_out)
        if not unit.branch:
            scale = dict.fromkeys(scale, scale["a" if unit.engine.join else ""])
        done.append(replace(unit, payload=payload))
    return done


def _joined(units: Sequence[Unit], rate: int) -> tuple[Unit, ...]:
    done: list[Unit] = []
    sides: dict[str, list[Unit]] = {"a": [], "b": []}
    for unit in units:
        if unit.branch:
            unit = replace(unit, payload=_whole(unit.payload))
            sides[unit.branch].append(unit)
        elif unit.engine.join:
            unit = replace(unit, payload=_join(unit, sides["a"], sides["b"], rate))
            sides = {"a": [], "b": []}
        done.append(unit)
    return tuple(done)


def _whole(payload: Payload) -> Payload:
    """A payload in a branch: what its file asks for after the chain is done in the branch, too."""
    return replace(payload, gain_out=payload.gain_out * payload.level, level=1.0)


def _join(unit: Unit, a: Sequence[Unit], b: Sequence[Unit], rate: int) -> Payload:
    alone = [Chain([replace(u, branch="") for u in side], rate) for side in (a, b)]
    for chain in alone:
        chain.prewarm()
    early = alone[1].latency - alone[0].latency
    cancels = analysis.cancels(alone[0].process, alone[1].process, early)
    assert unit.engine.join
    return unit.engine.join(Branches(early, _apart(a, b, rate), cancels), unit.engine.settled(unit.settings))


def _apart(a: Sequence[Unit], b: Sequence[Unit], rate: int) -> int:
    """Frames by which what b is made of was recorded after what a is made of; 0 where one of them is no recording."""
    leads = []
    for side in (a, b):
        known = [u.payload.lead * rate / (u.payload.rate or rate) for u in side if u.on and u.payload.lead is not None]
        if not known:
            return 0
        leads.append(round(sum(known)))
    return leads[1] - leads[0]
