"""From a take to a capture: the delay to the sample, polarity, noise, and whether it is of any use."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from rig.capture.checks import check
from rig.capture.delay import REACH, Delay, find_delay, find_impulses, window
from rig.capture.levels import Noise
from rig.capture.pair import Finding, Pair, Side
from rig.capture.session import Taken, clock
from rig.capture.sound_checks import clipped
from rig.capture.timing_checks import repeated
from rig.native import decibels

SPOILT = 1e-4  # of a take's samples: so many clips are heard, fewer only said


def longer(seconds: float) -> int:
    """A wait to propose to who has waited for so many seconds."""
    return max(10 * math.ceil(seconds / 5), 20)


@dataclass(frozen=True)
class Measured:
    """dry, wet: (frames,) float32, aligned. delay: frames. confirmed: impulses and correlation agree on it.

    repeatability: ESR between the two times that the beginning was played. missed: periods.
    """

    dry: np.ndarray
    wet: np.ndarray
    delay: int
    polarity: int
    confirmed: bool
    clips: int
    peak_db: float
    noise: Noise
    repeatability: float
    findings: tuple[Finding, ...]
    missed: int

    @property
    def fatal(self) -> Finding | None:
        return next((finding for finding in self.findings if finding.fatal), None)


def measure(taken: Taken, rate: int) -> Measured:
    """Everything that capture.toml will say, and what is wrong, in the order of the checks."""
    dry, raw, signal = taken.dry, taken.raw, taken.signal
    delay = find_impulses(raw, *signal.impulses, rate) or find_delay(dry, raw, rate)
    if delay is None or delay.frames < 0:  # nothing comes back before it was sent; the checks will say what is wrong
        delay = Delay(0, 1)
    wet = window(raw, delay.frames, len(dry)).astype(np.float32)
    pair = Pair(Side("dry", dry, rate), Side("wet", wet, rate), signal.repeat, signal.impulses)
    clips, findings = clipped(raw), check(pair)
    if clips > SPOILT * len(raw):
        findings = [replace(one, fatal=one.fatal or one.check == "clipping") for one in findings]
    if delay.frames + len(dry) > len(raw):
        late = delay.frames / rate
        what = f"the return is {late:.1f} s late, and its end was not waited for"
        findings = [Finding("alignment", what, f"take it again with --wait {longer(late)}", fatal=True), *findings]
    if taken.missed:
        times = "once" if len(taken.missed) == 1 else f"{len(taken.missed)} times, first"
        do = "close other programs or set a longer period, and take it again"
        findings.append(
            Finding("repeatability", f"the machine missed a period {times} at {clock(taken.missed[0])}", do)
        )
    return Measured(
        dry=dry,
        wet=wet,
        delay=delay.frames,
        polarity=(pair.delay or delay).polarity,
        confirmed=pair.confirmed,
        clips=clips,
        peak_db=decibels(float(np.abs(raw).max())),
        noise=Noise.of(raw[: delay.frames + signal.impulses[0] - REACH], rate),
        repeatability=repeated(wet, signal.repeat),
        findings=tuple(findings),
        missed=len(taken.missed),
    )
