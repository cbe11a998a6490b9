"""From captures to what the loop eats: normalised sides, segments for training, slices held out to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rig.errors import RigError
from rig.train.capture import Capture

HELD_OUT = 0.08  # of the take
HELD_OUT_MAX_SECONDS = 15.0
SLICES = 6


@dataclass(frozen=True)
class Scale:
    """(signal - mean) / deviation is what the network sees."""

    mean: float = 0.0
    deviation: float = 1.0

    @staticmethod
    def of(signal: np.ndarray) -> Scale:
        """Mean and standard deviation of a side."""
        return Scale(float(np.mean(signal, dtype=np.float64)), float(np.std(signal, dtype=np.float64)))

    def apply(self, signal: np.ndarray) -> Tensor:
        return torch.from_numpy(((signal - self.mean) / self.deviation).astype(np.float32))


@dataclass(frozen=True)
class Slice:
    """Held-out audio [start, end) with its warm-up: frames from `start` to `judged` only fill the network's memory.

    take: the number of the capture that it is of.
    """

    start: int
    judged: int
    end: int
    take: int = 0


@dataclass(frozen=True)
class Data:
    """All captures, one behind the other. raw, target: (frames,) float32 as recorded, for the C engine and the ear.

    dry, wet: (frames,) normalised; where there is a knob, dry is (frames, 2), the guitar and the knob's position.
    slices: held out, in order. starts: intervals [from, to) that a segment may start in.
    A segment of `segment` frames comes with `past` more frames before it.
    """

    raw: np.ndarray
    target: np.ndarray
    dry: Tensor
    wet: Tensor
    dry_scale: Scale
    wet_scale: Scale
    slices: tuple[Slice, ...]
    starts: tuple[tuple[int, int], ...]
    segment: int
    past: int

    @property
    def train_frames(self) -> int:
        """Frames of target that training may see."""
        return sum(end - start + self.segment - 1 for start, end in self.starts)

    def batch(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Segments at random places -> dry (past + segment, size, or size and inputs), wet (segment, size)."""
        widths = torch.tensor([end - start for start, end in self.starts])
        edges = torch.cumsum(widths, 0)
        picks = torch.randint(int(edges[-1]), (size,), generator=generator)
        which = torch.searchsorted(edges, picks, right=True)
        dry, wet = [], []
        for pick, i in zip(picks.tolist(), which.tolist(), strict=True):
            start = self.starts[i][1] - (int(edges[i]) - pick)
            dry.append(self.dry[start - self.past : start + self.segment])
            wet.append(self.wet[start : start + self.segment])
        return torch.stack(dry, 1), torch.stack(wet, 1)


def prepare(
    captures: Sequence[Capture], receptive_field: int, segment: int, normalize: bool, knob: Sequence[float] = ()
) -> Data:
    """Hold out evenly spread slices of each and leave the rest to training. knob: its position in each, or nothing.

    What is held out is played guitar: how well a model does at sweeps and at noise of full scale says little of it.
    Raises RigError where too little is left.
    """
    raw, target = (np.concatenate([getattr(c, side) for c in captures]) for side in ("dry", "wet"))
    dry_scale = Scale.of(raw) if normalize else Scale()
    wet_scale = Scale.of(target) if normalize else Scale()
    lengths, rate, past = [len(c.dry) for c in captures], captures[0].sample_rate, receptive_field - 1
    longest = HELD_OUT_MAX_SECONDS * rate / len(captures)
    played = [_played(c) for c in captures]
    widths = [high - low for low, high in played]
    held = [int(min(width * HELD_OUT, longest)) // SLICES for width in widths]
    segment = min(segment, *(max((n // SLICES - h - past) // 2, 1) for n, h in zip(widths, held, strict=True)))
    slices: list[Slice] = []
    starts: list[tuple[int, int]] = []
    first = 0
    for take, (frames, judged) in enumerate(zip(lengths, held, strict=True)):
        parts = _parts(take, first, frames, played[take], judged, segment, past)
        if not parts[1] or judged < 64 or segment < 64:
            raise RigError(
                f"too short: {frames / rate:.2f} s for a network that remembers "
                f"{receptive_field / rate * 1000:.0f} ms; record more, or lower --depth or --repeats"
            )
        slices, starts, first = slices + parts[0], starts + parts[1], first + frames
    dry = dry_scale.apply(raw)
    if knob:
        dry = torch.stack([dry, torch.tensor(knob).repeat_interleave(torch.tensor(lengths))], 1)
    return Data(
        raw, target, dry, wet_scale.apply(target), dry_scale, wet_scale, tuple(slices), tuple(starts), segment, past
    )


def _played(capture: Capture) -> tuple[int, int]:
    """From where to where a guitar plays; everywhere, where nobody says or where it is too short to judge by."""
    low, high = capture.played or (0, 0)
    low, high = max(0, low), min(high, len(capture.dry))
    return (low, high) if high - low > len(capture.dry) // 4 else (0, len(capture.dry))


def _parts(
    take: int, first: int, frames: int, played: tuple[int, int], held: int, segment: int, past: int
) -> tuple[list[Slice], list[tuple[int, int]]]:
    """The slices of a take that begins at frame `first`, `held` frames each, and where segments may start."""
    (low, high), taught = played, first + past
    slices, starts = [], []
    for i in range(1, SLICES + 1):
        judged = first + low + (high - low) * i // SLICES - held
        slices.append(Slice(max(judged - past, first), judged, judged + held, take))
        starts.append((taught, judged - segment + 1))
        taught = judged + held
    starts.append((taught, first + frames - segment + 1))
    return slices, [(begin, end) for begin, end in starts if end - begin > 1]
