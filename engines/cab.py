"""cab: impulse responses of loudspeakers and rooms, from sound files of any rate: one, or two that are mixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rig import native
from rig.engine import Payload, Setting
from rig.errors import RigError
from rig.sound import CABINET, channels, read, resample

FILES = ("ir", "ir2")
ALIGN = Setting(
    "align",
    "",
    "of two responses: both sounds begin at once; else they stay as far apart as recorded",
    0,
    1,
    0,
    switch=True,
)
MIXED = tuple(f"{knob}{number}" for number in (1, 2) for knob in ("level", "pan", "delay", "polarity"))

SILENCE_DB = -80.0  # what comes before and after the response, measured against its peak, is cut off
MUTE_DB = -60.0  # of the loudest channel: one that is softer holds no response
BAND = (80.0, 5000.0)  # Hz; a guitar loudspeaker's

ARRIVED = 0.1  # of the peak: the sound has begun by then
RISE = 0.001  # s that it may take to
STEADY = 2.0  # what lies before, and is at most so much louder in one part than in another, is noise
NOISE = 32  # frames at least, to tell
FEW = 8  # frames: the shortest stretch whose level is looked at

PARTS = 64  # of a response, in which it is looked at for noise behind it; a part has NOISE frames at least
FLAT_DB = 1.0  # by which the last quarter of noise dies away at most
BELOW_DB = -20.0  # of the loudest part: louder noise is a part of the sound
OVER_DB = 4.0  # above the noise: there the response ends

FARTHEST_MS = 100.0  # two that begin further apart come from different recordings


@dataclass(frozen=True)
class Response:
    """An impulse response ready to play.

    taps: (1 or 2 channels, taps) float32, at least one tap. lead: frames that lay before its sound.
    said: what was done to it that changes what is heard, in words.
    """

    taps: np.ndarray
    lead: int
    said: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """ "1470 taps", "240000 taps, stereo, hiss behind it cut off"."""
        stereo = ("stereo",) if len(self.taps) == 2 else ()
        return ", ".join((f"{self.taps.shape[1]} taps", *stereo, *self.said))


def cut(path: Path, rate: int) -> Response:
    """A response at `rate` Hz: resampled, what lies around its sound cut off, gain-normalised. Two channels that sound
    differently are both kept. Raises RigError naming file and fault.
    """
    audio, file_rate = read(path, CABINET)
    kept, said = _channels(path, audio)
    ir = np.stack([resample(each.astype(np.float64), file_rate, rate) for each in kept]) * file_rate / rate
    lead, before = _start(np.abs(ir).max(axis=0), rate)
    ir = ir[:, lead:]
    ir = ir[:, : 1 + int(np.flatnonzero(np.abs(ir).max(axis=0) > _silence(ir))[-1])]
    ir, behind = _without_noise_behind(ir)
    hiss = " and ".join(["before"] * before + ["behind"] * behind)
    said += (f"hiss {hiss} it cut off",) if hiss else ()
    return Response((ir / np.sqrt(_power(ir, rate))).astype(np.float32), lead, said)


def _sounding(audio: np.ndarray) -> tuple[int, ...]:
    """Which channels of (frames, channels) hold a response, less those that are another one again; () of silence."""
    peaks = np.abs(audio).max(axis=0)
    if not peaks.any():
        return ()
    found: list[int] = []
    for channel in np.flatnonzero(peaks > peaks.max() * 10 ** (MUTE_DB / 20)):
        if not any(np.array_equal(audio[:, channel], audio[:, other]) for other in found):
            found.append(int(channel))
    return tuple(found)


def _channels(path: Path, audio: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """(1 or 2, frames) that are played, and what is said of the others where they sound otherwise."""
    found, count = _sounding(audio), audio.shape[1]
    if not found:
        raise RigError(f"{path}: this impulse response is silent")
    if len(found) <= 2:
        return audio[:, found].T, ()
    first, second = found[:2]
    return audio[:, (first, second)].T, (f"channels {first + 1} and {second + 1} of {count} only",)


def _silence(ir: np.ndarray) -> float:
    return float(np.abs(ir).max()) * 10 ** (SILENCE_DB / 20)


def _start(size: np.ndarray, rate: int) -> tuple[int, bool]:
    """The frame at which a sound of (frames,) magnitudes begins, after what is silence, and after noise, which goes on
    and on; and whether there is noise.
    """
    first, rise = int(np.argmax(size > _silence(size))), round(RISE * rate)
    before = size[: max(0, int(np.argmax(size > ARRIVED * size.max())) - rise)]
    if len(before) < NOISE:
        return first, False
    part = min(max(FEW, len(before) // 16), rise)
    levels = before[len(before) % part :].reshape(-1, part).max(axis=1)
    quarters = [float(np.median(each)) for each in np.array_split(levels, 4)]
    if max(quarters) <= _silence(size) or max(quarters) > STEADY * min(quarters):
        return first, False
    floor = STEADY * float(np.median(levels))
    after = len(before) - part * int(np.argmax(levels[::-1] <= floor))  # the sound may have begun in the last parts
    return after + int(np.argmax(size[after:] > floor)), True


def _without_noise_behind(ir: np.ndarray) -> tuple[np.ndarray, bool]:
    """A response of (channels, frames) without the noise that goes on and on behind it, which would be heard as a room;
    and whether there was any.

    Where the decay meets the noise it ends: Lundeby et al., "Uncertainties of measurements in room acoustics", Acustica
    81, 1995, in one step. What is left is faded over its last eighth.
    """
    part = max(NOISE, ir.shape[1] // PARTS)
    count = ir.shape[1] // part
    if count < PARTS // 2:
        return ir, False
    power = (ir[:, : count * part] ** 2).sum(axis=0).reshape(count, part).mean(axis=1)
    db = 10 * np.log10(power + 1e-30)
    last = db[-(count // 4) :]
    earlier, later = (float(np.mean(each)) for each in np.array_split(last, 2))
    noise = float(np.mean(last))
    if abs(earlier - later) > FLAT_DB or noise > float(db.max()) + BELOW_DB:
        return ir, False
    loud = np.flatnonzero(db > noise + OVER_DB)
    end = min(ir.shape[1], (int(loud[-1]) + 2) * part)
    fade = max(1, end // 8)
    ir = ir[:, :end].copy()
    ir[:, -fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    return ir, True


def _power(ir: np.ndarray, rate: int) -> float:
    """The mean power of (channels, frames) over BAND, counted per octave: a cabinet of power 1 is as loud as none."""
    size = max(1 << 16, 1 << (ir.shape[1] - 1).bit_length())
    spectrum = (np.abs(np.fft.rfft(ir, size)) ** 2).mean(axis=0)
    octaves = np.geomspace(*BAND, 512)
    return float(np.interp(octaves, np.fft.rfftfreq(size, 1 / rate), spectrum).mean())


def response(path: Path, rate: int) -> np.ndarray:
    """The taps of a response of one channel alone: (taps,) float32. Raises RigError naming file and fault."""
    return cut(path, rate).taps[0]


def _mixed(found: tuple[Response, Response], rate: int, align: bool) -> tuple[tuple[Response, Response], int, str]:
    """Two responses as far apart as they were recorded, or not at all, and together about as loud as one; the frames
    that lay before the first sound; and how far apart they are, in words.
    """
    lead = min(each.lead for each in found)
    late = [each.lead - lead for each in found]
    apart, which = 1000 * max(late) / rate, "ir2" if late[1] else "ir"
    said = f"{which} begins {apart:.3g} ms later" if apart else ""
    if apart and (align or apart > FARTHEST_MS):
        said = "aligned" if align else f"aligned: {said}, too long for one recording"
        late = [0, 0]
    padded = [np.pad(each.taps, ((0, 0), (frames, 0))) for each, frames in zip(found, late, strict=True)]
    longest = max(each.shape[1] for each in padded)
    both = sum(np.pad(each, ((0, 0), (0, longest - each.shape[1]))) for each in padded)
    # at most as two that know nothing of each other: where they cancel each other, a knob turns one over
    gain = np.float32(1 / np.sqrt(max(2.0, _power(np.atleast_2d(both), rate))))
    one, two = (replace(each, taps=gain * taps) for each, taps in zip(found, padded, strict=True))
    return (one, two), lead, said


def load(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
    found = [cut(files[key], rate) for key in FILES if key in files]
    about = " + ".join(f"{files[key].stem}, {each.words}" for key, each in zip(FILES, found, strict=False))
    if len(found) == 1:
        taps, idle = tuple(found[0].taps), (*MIXED, ALIGN.name)
        return Payload(taps, ints=(len(taps),), lead=found[0].lead, channels=len(taps), idle=idle, about=about)
    align = bool(settings.get(ALIGN.name, ALIGN.initial))
    (one, two), lead, said = _mixed((found[0], found[1]), rate, align)
    ints = len(one.taps), len(two.taps)
    return Payload(
        (*one.taps, *two.taps), ints=ints, lead=lead, channels=2, about=", ".join(filter(None, (about, said)))
    )


def channels_with(files: Mapping[str, Path], settings: Mapping[str, float]) -> int:
    """2 where two are mixed, or where the channels of the one sound differently."""
    if "ir2" in files:
        return 2
    try:
        one = channels(files["ir"]) == 1
        return 1 if one or len(_sounding(read(files["ir"], CABINET)[0])) == 1 else 2
    except RigError:
        return 1


ENGINE = native.engine(
    "cab", files=("ir",), optional=("ir2",), settings=(ALIGN,), load=load, channels_with=channels_with
)
