"""What a player may choose about training, and the named sizes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Size:
    """channels wide; dilations 1, 2, 4 ... 2^(depth - 1), `repeats` times over; kernel_size taps each."""

    channels: int
    depth: int
    repeats: int
    kernel_size: int

    @property
    def dilations(self) -> tuple[int, ...]:
        return tuple(2**i for i in range(self.depth)) * self.repeats

    @property
    def receptive_field(self) -> int:
        """Frames of input that one frame of output depends on, itself included."""
        return 1 + (self.kernel_size - 1) * sum(self.dilations)


LARGEST = Size(64, 14, 8, 16)

SIZES = {
    "nano": Size(4, 9, 1, 3),
    "small": Size(8, 10, 1, 3),
    "medium": Size(8, 9, 2, 3),  # WaveNet2
    "standard": Size(16, 10, 1, 3),  # WaveNet1
    "large": Size(16, 9, 2, 3),  # WaveNet3
}


CHECKPOINT = ".checkpoint"
"""The ending of what a run goes on from, beside its model."""

LOSSES = ("emphasised", "plain", "stft")


@dataclass(frozen=True)
class Settings:
    """All that decides a run, beside the recordings.

    segment: frames. epochs, minutes: whichever comes first ends the training; None is no limit, but one must be.
    target: the plain ESR that is good enough. knob: where the device's knob stood, 0..1, for each capture in order;
    empty for a model without one. init: the model that it started from.
    """

    size: Size
    segment: int = 4096
    normalize: bool = True
    batch_size: int = 4
    learning_rate: float = 0.005
    epochs: int | None = None
    minutes: float | None = None
    seed: int = 0
    device: str = "cpu"
    loss: str = "emphasised"
    target: float | None = None
    knob: tuple[float, ...] = ()
    init: str | None = None

    @property
    def inputs(self) -> int:
        """What the network hears: the guitar, and the knob."""
        return 2 if self.knob else 1


@dataclass(frozen=True)
class Job:
    """One model to make. sides: (dry, wet) of each capture; (folder, None) for a folder."""

    sides: tuple[tuple[Path, Path | None], ...]
    target: Path
    name: str
