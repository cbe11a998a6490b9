"""What a run would take and what its model would cost to play, measured on this machine in a few seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rig import native
from rig.models import player
from rig.models.formats import guitarml
from rig.native import BLOCK
from rig.train import export, loop
from rig.train.losses import Loss
from rig.train.progress import clock_text
from rig.train.run import Run
from rig.train.settings import Settings, Size

SECONDS = 4.0  # of training, after the first steps
WARM = 12  # steps: the caches and the optimiser's first bases
PLAYED = 2.0  # seconds of sound


@dataclass(frozen=True)
class Estimate:
    """epochs_a_minute: with judging. share_of_peak: of the multiply-adds that a core could do, what a step does.

    realtime: how many times faster than it sounds a core plays the model.
    """

    about: str
    settings: Settings
    epochs_a_minute: float
    share_of_peak: float
    realtime: float
    sample_rate: int

    @property
    def epochs(self) -> float:
        """That the limits allow."""
        limits: list[float] = [self.settings.epochs] if self.settings.epochs else []
        limits += [self.settings.minutes * self.epochs_a_minute] if self.settings.minutes else []
        return min(limits)

    def lines(self) -> list[str]:
        """For a player."""
        seconds = 60 * self.epochs / self.epochs_a_minute
        until = f", or until {self.settings.target:g} plain" if self.settings.target else ""
        return [
            self.about,
            f"training: {self.epochs:.3g} epochs in {clock_text(seconds)}{until}; {self.epochs_a_minute:.2f} epochs "
            f"a minute, {100 * self.share_of_peak:.0f} % of what a core could do",
            f"playing: {100 / self.realtime:.1f} % of a core at {self.sample_rate} Hz, {BLOCK} frames a period "
            f"({self.realtime:.0f} times realtime)",
            "a dry run: nothing was written",
        ]

    def json(self) -> dict[str, object]:
        """For a program."""
        return {
            "epochs_a_minute": round(self.epochs_a_minute, 3),
            "share_of_peak": round(self.share_of_peak, 6),
            "epochs": round(self.epochs, 1),
            "seconds": round(60 * self.epochs / self.epochs_a_minute, 1),
            "realtime": round(self.realtime, 1),
        }


def estimate(run: Run) -> Estimate:
    """Take a few steps, judge once, play a little. The run's state is not what it was afterwards."""
    step, judging = _seconds(run)
    epoch = step * loop.steps_per_epoch(run.data, run.settings) + judging
    share = macs(run.settings.size, run.data.segment) * run.settings.batch_size / step / native.peak()
    return Estimate(run.about, run.settings, 60 / epoch, share, _realtime(run), run.captures[0].sample_rate)


def macs(size: Size, segment: int) -> int:
    """Multiply-adds of a step over one segment, forward and backward (twice forward), activations left out.

    The last layer's mix leads nowhere: it is not computed.
    """
    mix = size.channels**2
    layer = size.kernel_size * 2 * size.channels**2 + mix + size.channels
    rows, total = size.receptive_field - 1 + segment, 0
    for dilation in size.dilations:
        rows -= (size.kernel_size - 1) * dilation
        total += 3 * rows * layer
    return total - 3 * rows * mix


def _seconds(run: Run) -> tuple[float, float]:
    """Of a step, and of judging an epoch."""
    state, ready, settings = run.state, run.data, run.settings
    loss, rate = Loss.for_take(ready.wet, settings.loss), settings.learning_rate * 0.01
    for _ in range(WARM):
        loop.take_step(state, ready, loss, settings, rate)
    began, steps = time.monotonic(), 0
    while steps < WARM or time.monotonic() - began < SECONDS:
        loop.take_step(state, ready, loss, settings, rate)
        steps += 1
    step = (time.monotonic() - began) / steps
    began = time.monotonic()
    loop.judge(state.network, ready)
    return step, time.monotonic() - began


def _realtime(run: Run) -> float:
    made = export.folded(run.state.network, run.data.dry_scale, run.data.wet_scale)
    if run.settings.knob:
        made = export.standing(made, run.settings.knob[0])
    model = guitarml.described(made, {}, Path("model.json"))
    rate = run.captures[0].sample_rate
    sound = np.resize(run.data.raw, int(PLAYED * rate))
    spent = []
    for _ in range(3):
        began = time.perf_counter()
        player.run(model, sound)
        spent.append(time.perf_counter() - began)
    return PLAYED / min(spent)
