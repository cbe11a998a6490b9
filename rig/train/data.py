"""From a capture to what the loop eats: normalised sides, segments for training, slices held out to judge by."""

from __future__ import annotations

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
    """Held-out audio [start, end) with its warm-up: frames from `start` to `judged` only fill the network's memory."""

    start: int
    judged: int
    end: int


@dataclass(frozen=True)
class Data:
    """dry, wet: (frames,) normalised. slices: held out, in order. starts: intervals [from, to) a segment may start in.

    A segment of `segment` frames comes with `past` more frames before it.
    """

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
        """Segments at random places -> dry (past + segment, size), wet (segment, size)."""
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


def prepare(capture: Capture, receptive_field: int, segment: int, normalize: bool) -> Data:
    """Hold out evenly spread slices and leave the rest to training. Raises RigError where too little is left."""
    frames, past = len(capture.dry), receptive_field - 1
    dry_scale = Scale.of(capture.dry) if normalize else Scale()
    wet_scale = Scale.of(capture.wet) if normalize else Scale()
    held = int(min(frames * HELD_OUT, HELD_OUT_MAX_SECONDS * capture.sample_rate)) // SLICES
    segment = min(segment, max((frames // SLICES - held - past) // 2, 1))
    slices, starts = [], []
    for i in range(SLICES):
        begin, end = frames * i // SLICES, frames * (i + 1) // SLICES
        judged = end - held
        slices.append(Slice(max(judged - past, 0), judged, end))
        first = max(begin, past)
        if judged - segment - first > 0:
            starts.append((first, judged - segment + 1))
    if not starts or held < 64 or segment < 64:
        raise RigError(
            f"too short: {frames / capture.sample_rate:.2f} s for a network that remembers "
            f"{receptive_field / capture.sample_rate * 1000:.0f} ms; record more, or lower --depth or --repeats"
        )
    return Data(
        dry_scale.apply(capture.dry), wet_scale.apply(capture.wet), dry_scale, wet_scale,
        tuple(slices), tuple(starts), segment, past,
    )  # fmt: skip
