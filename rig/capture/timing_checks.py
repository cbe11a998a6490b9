"""Whether wet answers dry, how late, by which clock, and without a gap."""

from __future__ import annotations

import numpy as np

from rig import sound
from rig.capture.course import Course, course
from rig.capture.delay import REACH, Delay, align, find_delay, find_impulses, loudest
from rig.capture.pair import GOOD_SECONDS, LONG, MIN_SECONDS, Finding, Found, Pair, Repeat

REPEATABLE = 0.01  # ESR between the same notes played twice
SLIP_SECONDS = 0.25
ALIKE = 0.5  # correlation of two takes of the same notes
TOLD = "; where rig cannot hear it, --delay says it"
PART_SECONDS = 6.0  # of dry, in which clocks that run apart do no harm yet
RATES = (44100, 48000, 88200, 96000)  # that a file may say by mistake
MOST_STEPS = 6  # more are no accident
BESIDE_SECONDS = 0.1  # of a place where something is lost, which is left out
UNCLEAR = 0.5  # of the pieces of a take: where fewer tell their place, that is said


def alignment(pair: Pair) -> Found:
    """The delay between the sides, of any length, is found and removed, and holds from one end to the other."""
    dry, wet, rate = pair.dry.audio, pair.wet.audio, pair.dry.rate
    answers = find_impulses(wet, *pair.impulses, rate) if pair.impulses else None
    rest = None if pair.delay else _searched(pair)
    if rest is None and not pair.delay and not answers:
        rest, really = _at_another_rate(pair)
        if rest:
            what = f"wet runs as if recorded at {really} Hz, though its file says {rate} Hz"
            yield Finding("alignment", f"{what}: read as that")
            wet = pair.wet.audio
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


def _searched(pair: Pair) -> Delay | None:
    """By all that is played, or, where clocks that run apart blur that, by the loudest part."""
    dry, wet, rate = pair.dry.audio, pair.wet.audio, pair.dry.rate
    found = find_delay(dry, wet, rate)
    if found or pair.dry.seconds < 2 * PART_SECONDS:
        return found
    part = loudest(dry, int(PART_SECONDS * rate))
    found = find_delay(dry[part], wet, rate)
    return found and Delay(found.frames - part.start, found.polarity)


def _at_another_rate(pair: Pair) -> tuple[Delay | None, int]:
    """The delay, and the rate at which wet answers dry; it is resampled then."""
    before = pair.wet.audio
    for really in RATES:
        if really != pair.dry.rate:
            pair.set_audio(pair.dry.audio, sound.resample(before, really, pair.dry.rate))
            found = _searched(pair)
            if found:
                return found, really
    pair.set_audio(pair.dry.audio, before)
    return None, 0


def clocks(pair: Pair) -> Found:
    """The delay stays what it is all along: clocks that run apart are made one, and what is lost is left out."""
    dry, wet, rate = pair.dry.audio, pair.wet.audio, pair.dry.rate
    found = course(dry, wet, rate)
    if found is None:
        return
    if found.share < UNCLEAR:
        what = f"only in {found.share:.0%} of what is played is it clear where wet belongs"
        yield Finding("clocks", what, "see that only the amp is in the loop, and that it is on all the time")
    if found.drift:
        ppm = found.drift * 1e6
        what = f"wet's clock is {abs(ppm):.1f} ppm {'fast' if ppm > 0 else 'slow'} against dry's: corrected"
        yield Finding("clocks", what, "one sound card for both sides would be better")
        pair.set_audio(*align(dry, sound.resample(wet, rate * (1 + found.drift), rate).astype(np.float32), 0))
    if found.steps:
        yield from _mend(pair, found)
    if (found.drift or found.steps) and not pair.told:
        rest = find_delay(pair.dry.audio, pair.wet.audio, rate)
        if rest and pair.delay:  # by the whole take now
            pair.set_audio(*align(pair.dry.audio, pair.wet.audio, rest.frames))
            pair.delay = Delay(pair.delay.frames + rest.frames, rest.polarity)


def _mend(pair: Pair, found: Course) -> Found:
    """Bring the parts of a take together, and leave out where they meet."""
    steps = found.steps
    said = [
        f"{abs(step.frames)} samples {'are lost' if step.frames < 0 else 'came twice'} in wet at {pair.at(step.at)}"
        for step in steps
    ]
    if len(steps) > MOST_STEPS or pair.repeat:
        others = len(steps) - MOST_STEPS
        more = f" and in {others} more place{'s' if others > 1 else ''}" if others > 0 else ""
        what = f"{', '.join(said[:MOST_STEPS])}{more}"
        yield Finding("clocks", what, "set a longer period, close other programs, and take it again", fatal=True)
        return
    for line in said:
        yield Finding("clocks", f"{line}: left out around there")
    dry, wet = pair.dry.audio, pair.wet.audio
    edges = [0, *(step.at for step in steps), len(dry)]
    lags = np.rint(found.begins + np.cumsum([0, *(step.frames for step in steps)])).astype(int)
    placed = np.zeros(len(dry), np.float32)
    beside = int(BESIDE_SECONDS * pair.dry.rate)
    gaps = [(step.at - beside, step.at + abs(step.frames) + beside) for step in steps]
    for first, last, lag in zip(edges, edges[1:], lags, strict=False):
        low, high = max(first + lag, 0), min(last + lag, len(wet))
        placed[low - lag : high - lag] = wet[low:high]
        gaps += [(first, low - lag), (high - lag, last)]  # what wet has nothing of
    pair.set_audio(dry, placed)
    pair.leave_out(gaps)


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
