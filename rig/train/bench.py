"""`rig bench --train`: what a step of training costs on each instruction set, beside PyTorch and the core's peak."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from rig import native
from rig.report.bench import RATE, Report, TrainingRow, machine
from rig.train import capture, data, estimate, kernels, loop
from rig.train.losses import Loss
from rig.train.options import SEGMENT_SECONDS
from rig.train.settings import SIZES, Settings
from rig.train.state import begin

TAKE = 180.0  # seconds of the recording that an epoch is counted by
NOISE = 3.0  # seconds of what is trained on: what it sounds like costs nothing
LEAST = 2  # rounds


class _Measured:
    """Steps with a network of a size. The best of each time is kept: others may have had the processor for a while."""

    def __init__(self, name: str) -> None:
        rng = np.random.default_rng(0)
        dry = rng.normal(0.0, 0.2, int(NOISE * RATE)).astype(np.float32)
        taken = capture.Capture(dry, np.tanh(3 * dry), RATE, 0, ())
        size, segment = SIZES[name], round(SEGMENT_SECONDS * RATE)
        self.name = name
        self.settings = Settings(size=size, segment=segment, batch_size=1, epochs=1)
        self.data = data.prepare([taken], size.receptive_field, segment, normalize=True)
        self.loss = Loss.for_take(self.data.wet)
        self.best: dict[str, float] = {}
        self.state = begin(self.settings)
        self.x = self.data.batch(1, self.state.generator)[0].reshape(-1, 1)
        self.plan = kernels.Plan(
            1, size.channels, size.kernel_size, size.dilations, len(self.x), segment, from_rest=False, keep=True
        )
        self.d_out = torch.full((segment, 1), 1e-3)
        self.step()  # the optimiser's first bases

    @property
    def macs(self) -> int:
        return estimate.macs(self.settings.size, self.settings.segment)

    def _time(self, what: str, work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> None:
        began = clock()
        work()
        self.best[what] = min(self.best.get(what, float("inf")), clock() - began)

    def step(self) -> None:
        loop.take_step(self.state, self.data, self.loss, self.settings, 1e-6)

    def by_torch(self) -> None:
        """What PyTorch's own words take, forward and backward."""
        with kernels.without():
            self._time("torch", lambda: self.state.network(self.x.view(-1, 1)).backward(self.d_out))

    def round(self, isa: str) -> None:
        """Everything once, on one instruction set and as one thread; forward and backward on two, too."""
        net, optimiser = self.state.network, self.state.optimiser
        weights = [w.detach() for w in (net.input, net.input_bias, *(w for layer in net.layers for w in layer))]
        kept: list[kernels.Kept] = []
        self._time(f"{isa} step", self.step)
        self._time(f"{isa} optimiser", lambda: optimiser.step())
        self._time(f"{isa} forward", lambda: kept.append(kernels.forward(self.plan, self.x, weights)[1]))
        self._time(f"{isa} backward", lambda: kernels.backward(kept[0], self.d_out))
        for threads in (1, 2):
            torch.set_num_threads(threads)
            self._time(f"{isa} {threads}", lambda: self._both(weights), time.perf_counter)
        torch.set_num_threads(1)

    def _both(self, weights: Sequence[torch.Tensor]) -> None:
        kernels.backward(kernels.forward(self.plan, self.x, weights)[1], self.d_out)

    def row(self, isa: str, peak: float) -> TrainingRow:
        """peak: multiply-adds a second."""
        step, optimiser, forward, backward, one, two = (
            self.best[f"{isa} {what}"] for what in ("step", "optimiser", "forward", "backward", "1", "2")
        )
        steps = TAKE * RATE / self.settings.segment
        return TrainingRow(
            size=self.name,
            isa=isa,
            epochs_a_minute=60 / (steps * step),
            share_of_peak=self.macs / (forward + backward) / peak,
            share_of_step=self.macs / step / peak,
            forward_ms=1e3 * forward,
            backward_ms=1e3 * backward,
            optimiser_ms=1e3 * optimiser,
            other_ms=1e3 * max(0.0, step - forward - backward - optimiser),
            torch_ms=1e3 * self.best["torch"],
            two_threads=one / two,
            best=isa == native.isas()[0],
        )


def bench(isas: Sequence[str], seconds: float, progress: Callable[[float], None] = lambda share: None) -> Report:
    """Measure steps with networks of the named sizes, in interleaved rounds. seconds: of this for each row."""
    before, threads = native.isa(), torch.get_num_threads()
    peaks = dict.fromkeys(isas, 0.0)
    torch.set_num_threads(1)
    try:
        measured = [_Measured(name) for name in SIZES]
        began, rounds, end = time.monotonic(), 0, seconds * len(isas) * len(measured)
        while rounds < LEAST or time.monotonic() - began < end:
            for one in measured:
                one.by_torch()
            for isa in isas:
                native.use_isa(isa)
                peaks[isa] = max(peaks[isa], native.peak())
                for one in measured:
                    one.round(isa)
            rounds += 1
            progress(min(1.0, (time.monotonic() - began) / end))
    finally:
        native.use_isa(before)
        torch.set_num_threads(threads)
    progress(1.0)
    rows = tuple(one.row(isa, peaks[isa]) for one in measured for isa in isas)
    return Report(machine(), {isa: 1e-9 * peak for isa, peak in peaks.items()}, (), training=rows)
