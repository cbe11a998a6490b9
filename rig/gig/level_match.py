"""Makes the amps and scenes of a preset equally loud: each plays the same take, offline, and its level is turned."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rig.document.document import LEVEL, Amp, Document, Midi, Pick, Preset, Scene
from rig.document.scenes import with_scene
from rig.errors import RigError
from rig.gig.render import load, settled
from rig.loudness import lufs
from rig.native.decibels import decibels
from rig.sound import read

TARGET = -20.0
"""LUFS: a clean amp's peaks then stay below the limiter's knee."""

APART = 0.5
"""LU, that two amps may be apart and still be called equally loud."""

CLOSE = 0.1
"""LU: what is no further away stays as it is written."""

ROUNDS = 6
"""Attempts at a level. One does, but where what stands behind the amps holds it down or drives it."""

KNEE_DB = -3.0
"""dBFS, from which on the rack's limiter touches peaks: csrc/rack/limiter.h."""

PLAYED = 60.0
"""Seconds of a take that are played."""

WHOLE = 4096  # frames that the rack is handed at a time


@dataclass(frozen=True)
class Take:
    """What every amp plays: (frames,) float32 at `rate` Hz."""

    x: np.ndarray
    rate: int


@dataclass(frozen=True)
class Heard:
    """What comes out, without the limiter: LUFS (None: nothing that could be heard) and the highest peak in dBFS."""

    lufs: float | None
    peak_db: float


@dataclass(frozen=True)
class Match:
    """An amp or one of its scenes. was, level: dB before and now, of a scene on top of its amp's. meant: dB by which it
    is to be louder than the others. before, now: as it is heard with them. fault: why it is not as loud as it is to be.
    """

    pick: Pick
    name: str
    was: float
    level: float
    meant: float
    before: Heard
    now: Heard
    fault: str = ""


def take_of(path: Path) -> Take:
    """The beginning of a dry recording, its left side. Raises RigError."""
    audio, rate = read(path)
    x = audio[: round(PLAYED * rate), 0]
    if lufs(x, rate) is None:
        raise RigError(f"{path}: there is nothing to be heard in it; a dry guitar, played as on stage, is right")
    return Take(x, rate)


def heard(preset: Preset, amp: Amp, take: Take) -> Heard:
    """What an amp of a preset, with the scene that is on, makes of a take. Raises RigError."""
    alone = replace(preset, amps=(amp,), midi=Midi())  # nothing else has to be built
    loaded = load(Document((alone,)), amp.uid, take.rate)
    loaded.rack.limit(False)
    left, right, _ = settled(loaded).process(take.x, WHOLE)
    out = np.stack([left, right])
    return Heard(lufs(out, take.rate), decibels(float(np.abs(out).max())))


def matched(
    preset: Preset,
    take: Take,
    target: float = TARGET,
    progress: Callable[[float], None] = lambda share: None,
) -> tuple[Preset, tuple[Match, ...]]:
    """A preset whose amps and scenes are all as loud as `target` (LUFS) and what each is meant to be louder; and what
    was done to each. Raises RigError where one cannot be played.
    """
    found: dict[int, tuple[Amp, tuple[Match, ...]]] = {}
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:  # C runs side by side
        asked = {pool.submit(_amp, preset, amp, take, target): amp.uid for amp in preset.amps}
        try:
            for done in as_completed(asked):
                found[asked[done]] = done.result()
                progress(len(found) / len(asked))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    each = [found[amp.uid] for amp in preset.amps]
    return replace(preset, amps=tuple(amp for amp, _ in each)), tuple(match for _, more in each for match in more)


def _amp(preset: Preset, amp: Amp, take: Take, target: float) -> tuple[Amp, tuple[Match, ...]]:
    """An amp and then its scenes, which stand on its level."""
    meant = amp.louder or 0.0

    def at(level: float) -> Heard:
        return heard(preset, replace(amp, level=level, scene=""), take)

    match = _levelled(Pick(amp.uid), amp.name, amp.level, meant, at, target + meant, LEVEL)
    amp, matches = replace(amp, level=match.level), [match]
    for scene in amp.scenes:
        made, match = _scene(preset, amp, scene, take, target)
        amp = with_scene(amp, made)
        matches.append(match)
    return amp, tuple(matches)


def _scene(preset: Preset, amp: Amp, scene: Scene, take: Take, target: float) -> tuple[Scene, Match]:
    def at(level: float) -> Heard:
        return heard(preset, replace(with_scene(amp, replace(scene, level=level)), scene=scene.name), take)

    low, high = (bound - amp.level for bound in LEVEL)  # of both together
    span = max(LEVEL[0], low), min(LEVEL[1], high)
    name = f"{amp.name}:{scene.name}"
    match = _levelled(Pick(amp.uid, scene.name), name, scene.level, scene.meant, at, target + scene.meant, span)
    if match.level == scene.level:
        return scene, match
    louder = scene.louder if scene.louder is not None or not scene.meant else scene.meant  # `level` said it so far
    return replace(scene, level=match.level, louder=louder), match


def _levelled(
    pick: Pick,
    name: str,
    was: float,
    meant: float,
    at: Callable[[float], Heard],
    goal: float,
    span: tuple[float, float],
) -> Match:
    """Turn a level until `goal` LUFS are heard. at: what is heard with a level; span: those that there are."""
    level, before = was, at(was)
    if before.lufs is None:
        return Match(pick, name, was, was, meant, before, before, "nothing is to be heard of it")
    now, loud, slope = before, before.lufs, 1.0
    for _ in range(ROUNDS):
        if abs(goal - loud) <= CLOSE:
            break
        to = round(min(span[1], max(span[0], level + (goal - loud) / slope)), 1)
        if to == level:
            break
        then = at(to)
        if then.lufs is None:
            break
        slope = min(1.5, max(0.1, (then.lufs - loud) / (to - level)))  # what comes after the level bends it
        level, now, loud = to, then, then.lufs
    fault = ""
    if abs(goal - loud) > APART:
        fault = f"it stays at {loud:.1f} LUFS instead of {goal:.1f}"
        fault += f": a level ends at {level:+g} dB" if level in (round(span[0], 1), round(span[1], 1)) else ""
    return Match(pick, name, was, level, meant, before, now, fault)
