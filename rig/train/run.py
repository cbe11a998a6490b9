"""One run, from the captures to what lies beside the model: made ready, taught, watched, kept."""

from __future__ import annotations

import argparse
import shlex
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rig.capture.storage import DRY, WET
from rig.errors import RigError
from rig.text import printable
from rig.train import capture, checkpoint, data, init_from, loop, options
from rig.train.capture import Capture
from rig.train.data import Data
from rig.train.log_view import LogView
from rig.train.preset import write_preset
from rig.train.progress import Standing, clock_text
from rig.train.result import Keeper, Result
from rig.train.settings import Job, Settings
from rig.train.state import Epoch, State, begin
from rig.train.verdict import scored, shown

if TYPE_CHECKING:
    from rig.train.live_view import LiveView


@dataclass(frozen=True)
class Run:
    """Ready to learn. mark: of the recordings, for the checkpoint."""

    job: Job
    captures: tuple[Capture, ...]
    settings: Settings
    state: State
    data: Data
    mark: str

    @property
    def about(self) -> str:
        """The recording and the network in a line."""
        size, rate = self.settings.size, self.captures[0].sample_rate
        knob = f", knob at {', '.join(f'{p:g}' for p in self.settings.knob)}" if self.settings.knob else ""
        return (
            f"{len(self.data.raw) / rate:.1f} s at {rate} Hz, {size.channels} channels x {len(size.dilations)} layers, "
            f"receptive field {size.receptive_field / rate * 1000:.0f} ms{knob}"
        )


def one_rate(captures: Sequence[Capture]) -> int:
    """The sample rate of all, Hz. Raises RigError where they differ."""
    rates = [capture.sample_rate for capture in captures]
    if len(set(rates)) > 1:
        raise RigError(f"the captures have different sample rates: {', '.join(map(str, rates))} Hz")
    return rates[0]


def prepare(job: Job, args: argparse.Namespace, device: str) -> Run:
    """Read and check the captures; begin, or go on from a checkpoint or a model. Raises RigError."""
    captures = tuple(capture.read(dry, wet, args.delay) for dry, wet in job.sides)
    for note in (note for one in captures for note in one.notes):
        print(printable(note), file=sys.stderr)
    rate = one_rate(captures)
    mark = checkpoint.fingerprint(captures)
    initial = init_from.read(args.init) if args.init else None
    if args.resume:
        path = args.resume if args.resume.name else checkpoint.path_for(job.target)
        before, dump = checkpoint.settings_in(path, mark)
        settings = options.resumed(args, before, rate, device)
        state = checkpoint.restore(settings, dump)
    else:
        settings = options.fresh(args, rate, device, init_from.size_of(initial, args.init) if initial else None)
        state = begin(settings)
    ready = data.prepare(captures, settings.size.receptive_field, settings.segment, settings.normalize, settings.knob)
    if initial:
        init_from.teach(state, initial, ready)
    return Run(job, captures, settings, state, ready, mark)


def learn(run: Run, stop: threading.Event, picture: bool, plain: bool = False) -> Result:
    """Teach it. The best so far is in the model's file from the first epoch on, whole; the last word is the result."""
    job, state, settings = run.job, run.state, run.settings
    keeper = Keeper(job.target, job.name, run.data, run.captures, settings)
    saved = checkpoint.path_for(job.target)
    preset = write_preset(job.target, job.name, keeper.loudness)

    def after_epoch(state: State, epoch: Epoch) -> None:
        if not stop.is_set():  # an epoch cut short is judged, but a resumed run begins where the last whole one ended
            checkpoint.save(saved, state, settings, run.mark)
        if epoch is state.best_epoch:
            keeper.keep(state)
        watcher.epoch(epoch)

    watcher = _watcher(run, stop, plain)
    with watcher:
        watcher.say(f"{run.about}; {preset.name} plays it" if preset else run.about)
        loop.train(
            state, run.data, settings, stop.is_set, watcher.step, after_epoch, watcher.say, watcher.clock
        )  # fmt: skip
    result = keeper.keep(state)
    if stop.is_set():
        watcher.say("stopped: the best epoch is kept")
    elif loop.reached(state, settings):
        watcher.say(f"the target is reached: {shown(result.esr)} plain is within {settings.target:g}")
    if picture:
        keeper.draw(state)
    return result


def _watcher(run: Run, stop: threading.Event, plain: bool) -> LogView | LiveView:
    standing = Standing(run.state, run.data, run.settings)
    if plain or not sys.stderr.isatty():
        return LogView(standing)
    from rig.train.live_view import LiveView

    return LiveView(run.job.name, run.about, standing, stop)


@dataclass(frozen=True)
class Summary:
    """What a run came to. seconds: with reading, judging and drawing. listen: the command of a blind test of it."""

    model: Path
    result: Result
    epochs: int
    seconds: float
    listen: str

    def lines(self) -> list[str]:
        """For a player."""
        result = self.result
        return [
            f"{self.model}: ESR {scored(result.esr, result.esr_preemphasis)}, on held-out audio "
            f"(epoch {result.epoch} of {self.epochs}, {clock_text(self.seconds)}); "
            f"the C engine agrees within {result.difference:.1g}",
            f"whether you hear a difference, a blind test tells: {self.listen}",
        ]

    @staticmethod
    def of(run: Run, result: Result, seconds: float) -> Summary:
        return Summary(run.job.target, result, len(run.state.history), seconds, _blind_test(run))

    def json(self) -> dict[str, object]:
        """For a program."""
        return {
            "model": str(self.model),
            "esr": self.result.esr,
            "esr_preemphasis": self.result.esr_preemphasis,
            "epochs": self.epochs,
            "seconds": round(self.seconds, 3),
        }


def _blind_test(run: Run) -> str:
    """The model against its first capture, from where a guitar plays there."""
    dry, wet = run.job.sides[0]
    dry, wet = (dry, wet) if wet else (dry / DRY, dry / WET)
    words = ["rig", "abx", str(run.job.target), str(wet), "--di", str(dry)]
    played = run.captures[0].played
    words += ["--from", f"{played[0] / run.captures[0].sample_rate:.0f}"] if played else []
    return shlex.join(words)
