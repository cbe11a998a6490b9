"""What is looked at in a pair of recordings before time is spent on them, in the order in which faults hide faults.

A rate that is wrong makes the length wrong, a length that is wrong makes the alignment wrong, and so on: the first
fault named is the one to mend. `rig capture` asks after a take, `rig train` before training.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from rig import sound
from rig.capture import sound_checks, timing_checks
from rig.capture.pair import GOOD_SECONDS, LONG, MIN_SECONDS, USUAL_RATE, Finding, Found, Pair, Side
from rig.errors import RigError

HIGHEST_RATE = 96000  # Hz
LEAST_BITS = 16
SILENCE = 1e-5  # -100 dB: a recording whose loudest sample is below is taken for silence


def rate(pair: Pair) -> Found:
    """One rate, a usual one, and what else the files say of themselves: channels and bits."""
    for side in pair.sides:
        if side.channels > 1:
            yield Finding("rate", f"{side.name} has {side.channels} channels: the first (left) is used")
        if 0 < side.bits < LEAST_BITS:
            what = f"{side} has {side.bits} bits, whose hiss a model would learn"
            yield Finding("rate", what, f"record or export it again with {LEAST_BITS} bits or more", fatal=True)
    dry, wet = pair.sides
    if dry.rate != wet.rate:
        what = f"the sides have different sample rates: {dry} {dry.rate} Hz, {wet} {wet.rate} Hz"
        yield Finding("rate", what, "record both at the same rate", fatal=True)
    elif dry.rate > HIGHEST_RATE:
        what = f"recorded at {dry.rate} Hz: brought down to {USUAL_RATE} Hz, the rate that amps are played at"
        yield Finding("rate", what)
        pair.bring_down()


def length(pair: Pair) -> Found:
    """Both as long as each other, and long enough."""
    dry, wet = (len(side.audio) for side in pair.sides)
    if dry != wet:
        longer, more = ("dry", dry - wet) if dry > wet else ("wet", wet - dry)
        what = f"{longer} is {more} samples ({more / pair.dry.rate:.2f} s) longer: only what both have is used"
        yield Finding("length", what)
    seconds = min(dry, wet) / pair.dry.rate
    if seconds < MIN_SECONDS:
        what = f"too short: {seconds:.2f} s of {pair.dry} and {pair.wet} together"
        yield Finding("length", what, f"at least {MIN_SECONDS:.0f} s is needed, and three minutes are good", fatal=True)
    elif seconds < GOOD_SECONDS:
        what = f"only {seconds:.1f} s long, and a model knows only what it has heard"
        yield Finding("length", what, LONG)


def silence(pair: Pair) -> Found:
    """Something must be heard on both sides."""
    for side in pair.sides:
        if not len(side.audio) or float(np.abs(side.audio).max()) < SILENCE:
            channel = "the left channel of " if side.channels > 1 else ""
            what = f"{side.name} recording: {channel}'{side.path}' is silent" if side.path else f"{side.name} is silent"
            yield Finding("silence", what, "check the cable and the input", fatal=True)


CHECKS: tuple[Callable[[Pair], Found], ...] = (
    rate,
    length,
    sound_checks.clipping,
    silence,
    timing_checks.alignment,
    timing_checks.clocks,
    timing_checks.polarity,
    timing_checks.repeatability,
    sound_checks.dropouts,
    sound_checks.hum,
    sound_checks.offset,
    sound_checks.ringing,
    sound_checks.dynamics,
)


def check(pair: Pair) -> list[Finding]:
    """Everything worth saying of a pair, in order; ends at the first finding that is fatal."""
    findings: list[Finding] = []
    for look in CHECKS:
        for finding in look(pair):
            findings.append(finding)
            if finding.fatal:
                return findings
    return findings


def fit_or_raise(pair: Pair) -> tuple[str, ...]:
    """Check, and mend what can be mended: the findings as lines. Raises RigError with one that is fatal."""
    findings = check(pair)
    if findings and findings[-1].fatal:
        raise RigError(str(findings[-1]))
    return tuple(str(finding) for finding in findings)


def read_pair(dry: Path, wet: Path) -> Pair:
    """Both sides, as they are. Raises RigError where one cannot be read."""
    return Pair(_read_side(dry, "dry"), _read_side(wet, "wet"))


def _read_side(path: Path, name: str) -> Side:
    try:
        audio, rate = sound.read(path, sound.CAPTURE)
        return Side(name, np.ascontiguousarray(audio[:, 0]), rate, audio.shape[1], sound.bits(path), path)
    except RigError as error:
        raise RigError(f"{name} recording: {error}") from None
