"""A pair of recordings on its way through the checks, and what they find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rig import sound
from rig.capture.delay import Delay

USUAL_RATE = 48000  # Hz
MIN_SECONDS, GOOD_SECONDS = 1.0, 60.0
LONG = "three minutes, soft and loud, are good"


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
    impulses and correlation alike. told: the delay is the player's own.
    """

    dry: Side
    wet: Side
    repeat: Repeat | None = None
    impulses: tuple[int, int] | None = None
    played: tuple[int, int] | None = None
    delay: Delay | None = None
    confirmed: bool = False
    told: bool = False

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

    def at(self, frame: int) -> str:
        """When that is, as a player finds it: "1:02.5"."""
        minutes, seconds = divmod(round(frame / self.dry.rate, 1), 60.0)
        return f"{minutes:.0f}:{seconds:04.1f}"

    def leave_out(self, gaps: Sequence[tuple[int, int]]) -> None:
        """Cut what lies between these frames out of both sides, which are aligned."""
        kept = np.ones(min(len(side.audio) for side in self.sides), bool)
        for first, last in gaps:
            kept[max(first, 0) : last] = False
        self.set_audio(*(side.audio[: len(kept)][kept] for side in self.sides))


Found = Iterable[Finding]
