"""What is looked at in a pair of recordings before time is spent on them, in the order in which faults hide faults.

A rate that is wrong makes the length wrong, a length that is wrong makes the alignment wrong, and so on: the first
fault named is the one to mend. `rig capture` asks after a take, `rig train` before training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rig import sound
from rig.capture.delay import REACH, Delay, align, find_delay, find_impulses, wandered
from rig.errors import RigError

MIN_SECONDS, GOOD_SECONDS = 1.0, 60.0
HIGHEST_RATE, USUAL_RATE = 96000, 48000  # Hz
LEAST_BITS = 16
SILENCE = 1e-5  # -100 dB: a recording whose loudest sample is below is taken for silence
CLIP = 0.9999
CLIPS = 3  # a loud recording may touch full scale now and then
REPEATABLE = 0.01  # ESR between the same notes played twice
SLIP_SECONDS = 0.25
WANDERS_SECONDS = 0.001  # more, from one end to the other, than a device's own filters account for
ALIKE = 0.5  # correlation of two takes of the same notes
LONG = "three minutes, soft and loud, are good"
TOLD = "; where rig cannot hear it, --delay says it"


@dataclass(frozen=True)
class Finding:
    """what is wrong, and what to do about it. fatal: nothing good can be learnt from this pair."""

    check: str
    what: str
    do: str = ""
    fatal: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {self.do}" if self.do else self.what


@dataclass(frozen=True)
class Repeat:
    """`frames` from the take's beginning were played once more at frame `start`."""

    start: int
    frames: int


@dataclass(frozen=True)
class Side:
    """One recording. audio: (frames,) float32, its first channel. bits: 0 for floats."""

    name: str
    audio: np.ndarray
    rate: int
    channels: int = 1
    bits: int = 0
    path: Path | None = None

    @property
    def seconds(self) -> float:
        return len(self.audio) / self.rate

    def __str__(self) -> str:
        return f"{self.name} '{self.path}'" if self.path else self.name


@dataclass
class Pair:
    """Both sides, and, of a take of ours, the frames of its impulses, what is repeated, and from where to where it is
    a guitar's.

    Checks mend what they can: rates come down, ends are cut off, the delay is removed and remembered. confirmed: by
    impulses and correlation alike.
    """

    dry: Side
    wet: Side
    repeat: Repeat | None = None
    impulses: tuple[int, int] | None = None
    played: tuple[int, int] | None = None
    delay: Delay | None = None
    confirmed: bool = False

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.dry, self.wet

    def set_audio(self, dry: np.ndarray, wet: np.ndarray) -> None:
        """Put shorter or shifted recordings in the place of these."""
        self.dry, self.wet = replace(self.dry, audio=dry), replace(self.wet, audio=wet)

    def bring_down(self) -> None:
        """Resample both to USUAL_RATE; what is known of the take moves along."""
        ratio = USUAL_RATE / self.dry.rate
        self.dry, self.wet = (
            replace(side, audio=sound.resample(side.audio, side.rate, USUAL_RATE), rate=USUAL_RATE)
            for side in self.sides
        )
        if self.repeat:
            self.repeat = Repeat(round(self.repeat.start * ratio), round(self.repeat.frames * ratio))
        if self.impulses:
            self.impulses = round(self.impulses[0] * ratio), round(self.impulses[1] * ratio)
        if self.played:
            self.played = round(self.played[0] * ratio), round(self.played[1] * ratio)
        if self.delay:
            self.delay = replace(self.delay, frames=round(self.delay.frames * ratio))


Found = Iterable[Finding]


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


def clipping(pair: Pair) -> Found:
    """Samples at full scale: what was lost there cannot be learnt."""
    for side in pair.sides:
        if clips := clipped(side.audio):
            do = "turn the return down" if side.name == "wet" else "record it softer"
            yield Finding("clipping", f"{side.name} clips ({clips} samples at full scale)", f"{do} and take it again")


def clipped(audio: np.ndarray) -> int:
    """Samples at full scale, where they are more than a few; floats that go beyond it have not clipped."""
    height = np.abs(audio)
    clips = int(np.count_nonzero(height >= CLIP))
    return clips if clips > CLIPS and height.max() <= 1.0 else 0


def silence(pair: Pair) -> Found:
    """Something must be heard on both sides."""
    for side in pair.sides:
        if not len(side.audio) or float(np.abs(side.audio).max()) < SILENCE:
            channel = "the left channel of " if side.channels > 1 else ""
            what = f"{side.name} recording: {channel}'{side.path}' is silent" if side.path else f"{side.name} is silent"
            yield Finding("silence", what, "check the cable and the input", fatal=True)


def alignment(pair: Pair) -> Found:
    """The delay between the sides, of any length, is found and removed, and holds from one end to the other."""
    dry, wet, rate = pair.dry.audio, pair.wet.audio, pair.dry.rate
    answers = find_impulses(wet, *pair.impulses, rate) if pair.impulses else None
    rest = None if pair.delay else find_delay(dry, wet, rate)
    pair.delay = pair.delay or answers or rest
    if pair.delay is None:
        what = "wet does not answer dry: nothing in it, early or late, follows what dry plays"
        do = f"see that both belong together and nothing is cut out of either{'' if pair.impulses else TOLD}"
        yield Finding("alignment", what, do, fatal=True)
        return
    pair.confirmed = answers is not None and rest is not None and abs(answers.frames - rest.frames) <= REACH
    frames = pair.delay.frames
    pair.set_audio(*align(dry, wet, frames))
    said = f"wet is {abs(frames)} samples ({abs(frames) / rate * 1000:.1f} ms) {'late' if frames > 0 else 'early'}"
    if frames and pair.dry.seconds < MIN_SECONDS:
        what = f"{said}, so that only {pair.dry.seconds:.2f} s are left"
        yield Finding("alignment", what, "record more", fatal=True)
        return
    if frames:
        yield Finding("alignment", f"{said}: removed")
    if (
        len(pair.dry.audio) < min(len(dry), len(wet))
        and pair.dry.seconds < GOOD_SECONDS <= min(len(dry), len(wet)) / rate
    ):
        what = f"only {pair.dry.seconds:.1f} s are played on both sides, and a model knows only what it has heard"
        yield Finding("alignment", what, LONG)
    if answers and not pair.confirmed:
        other = f"{abs(rest.frames - answers.frames)} samples off" if rest else "nowhere to be found"
        what = f"measured by its impulses, the rest of the take is {other}"
        yield Finding("alignment", what, "see that only the amp is in the loop, and take it again")
    elif rest and pair.impulses and not answers:
        what = "the impulses did not come back, as behind a noise gate: the delay is the correlation's alone"
        yield Finding("alignment", what, "turn the gate off if you can, and take it again")
    if (
        rest
        and not pair.repeat
        and abs(more := wandered(pair.dry.audio, pair.wet.audio, rate)) > WANDERS_SECONDS * rate
    ):
        what = f"at its end wet is {abs(more)} samples {'later' if more > 0 else 'earlier'} than at its beginning"
        yield Finding("alignment", what, "record both by one sound card, and cut nothing out of either")


def polarity(pair: Pair) -> Found:
    """Many amps turn the signal over: a model of such an amp does, too."""
    if pair.delay and pair.delay.polarity < 0:
        yield Finding("polarity", "wet is upside down (inverted), as behind many amps: the model will be, too")


def repeatability(pair: Pair) -> Found:
    """The same notes must get the same answer."""
    if pair.repeat is None or len(pair.wet.audio) <= pair.repeat.start:
        return
    slip = slipped(pair.wet.audio, pair.repeat, pair.dry.rate)
    if slip:
        what = f"the end of the take is {abs(slip)} samples {'late' if slip > 0 else 'early'}"
        do = "a period was missed, or two sound cards run at different clocks; use one card and take it again"
        yield Finding("repeatability", what, do, fatal=True)
    elif (esr := repeated(pair.wet.audio, pair.repeat)) > REPEATABLE:
        what = f"the same notes sound different the second time (ESR {esr:.3f})"
        do = "turn off reverb, chorus and tremolo, let the amp warm up, and take it again"
        yield Finding("repeatability", what, do)


def repeated(wet: np.ndarray, repeat: Repeat) -> float:
    """The error-to-signal ratio between the beginning of (frames,) and its repetition."""
    first, again = _both_times(wet, repeat)
    error = again - first
    return float(np.sum(error**2) / (np.sum(first**2) + 1e-30))


def _both_times(wet: np.ndarray, repeat: Repeat) -> tuple[np.ndarray, np.ndarray]:
    again = wet[repeat.start : repeat.start + repeat.frames].astype(np.float64)
    return wet[: len(again)].astype(np.float64), again


def slipped(wet: np.ndarray, repeat: Repeat, rate: int) -> int:
    """Frames by which the repetition comes late, where it is one at all."""
    first, again = _both_times(wet, repeat)
    size, limit = 2 * len(first), min(int(SLIP_SECONDS * rate), len(first))
    correlation = np.fft.irfft(np.conj(np.fft.rfft(first, size)) * np.fft.rfft(again, size), size)
    lags = np.concatenate([correlation[-limit:], correlation[: limit + 1]])
    alike = lags.max() >= ALIKE * np.linalg.norm(first) * np.linalg.norm(again)
    return int(lags.argmax()) - limit if alike else 0


CHECKS: tuple[Callable[[Pair], Found], ...] = (rate, length, clipping, silence, alignment, polarity, repeatability)


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
