"""From a take to a capture: the delay to the sample, polarity, noise, and whether it is of any use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rig.capture.checks import Finding, Pair, Side, check, clipped, repeated
from rig.capture.delay import REACH, Delay, find_delay, find_impulses, window
from rig.capture.levels import Noise
from rig.capture.session import Taken, clock
from rig.native import decibels

ALIGNMENT = "alignment"


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
    by_impulses = find_impulses(raw, *signal.impulses, rate)
    delay = by_impulses or find_delay(dry, raw, rate) or Delay(0, 1)
    wet = window(raw, delay.frames, len(dry)).astype(np.float32)
    pair = Pair(Side("dry", dry, rate), Side("wet", wet, rate), signal.repeat)
    findings = check(pair)
    confirmed = by_impulses is not None and pair.delay is not None and abs(pair.delay.frames) <= REACH
    if by_impulses is not None:
        findings = _of_impulses(findings, delay, pair.delay, confirmed)
    elif pair.delay is not None:
        what = "the impulses did not come back, as behind a noise gate: the delay is the correlation's alone"
        findings = _in_order(findings, Finding(ALIGNMENT, what, "turn the gate off if you can, and take it again"))
    if taken.missed:
        what = f"the machine missed {len(taken.missed)} periods, the first at {clock(taken.missed[0])}"
        findings.append(
            Finding("repeatability", what, "close other programs or set a longer period, and take it again")
        )
    return Measured(
        dry=dry,
        wet=wet,
        delay=delay.frames,
        polarity=(pair.delay or delay).polarity,
        confirmed=confirmed,
        clips=clipped(raw),
        peak_db=decibels(float(np.abs(raw).max())),
        noise=Noise.of(raw[: delay.frames + signal.impulses[0] - REACH], rate),
        repeatability=repeated(wet, signal.repeat),
        findings=tuple(findings),
        missed=len(taken.missed),
    )


def _of_impulses(findings: list[Finding], delay: Delay, rest: Delay | None, confirmed: bool) -> list[Finding]:
    """What the correlation said of a pair that the impulses had aligned is either a confirmation or a doubt."""
    findings = [finding for finding in findings if finding.check != ALIGNMENT or finding.fatal]
    if confirmed or any(finding.fatal for finding in findings):
        return findings
    said = f"after {delay.frames + rest.frames} samples" if rest else "nowhere to be found"
    what = f"the impulses came back after {delay.frames} samples, the rest of the take {said}"
    return _in_order(findings, Finding(ALIGNMENT, what, "see that only the amp is in the loop, and take it again"))


def _in_order(findings: list[Finding], extra: Finding) -> list[Finding]:
    after = ("polarity", "repeatability")
    at = next((i for i, finding in enumerate(findings) if finding.check in after), len(findings))
    return [*findings[:at], extra, *findings[at:]]
