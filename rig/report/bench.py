"""What a model costs: `rig bench` measures it block by block, on one core, beside what that core could do at best.

A preset's amps are measured as they play: input chain, amp and output chain, at the period of the running JACK server.
Paced, a block comes once a period, with sleep between, as from JACK: others have had the caches meanwhile.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from rig import native
from rig.models.formats import Model, guitarml, load_model
from rig.models.formats.network import Activation, Conv, Layer, LayerArray, RecurrentNet, WaveNet, macs
from rig.models.player import chain_of
from rig.native import Chain, time_chains
from rig.shipped import PRESETS

RATE = 48_000  # Hz
BLOCKS = (16, 64, 256)
SECONDS = 3.0  # of audio for each row; a slice of it in every round
SLICE = 0.05  # s; short, so that the machine is the same for all that is compared in a round
WARM = 16  # blocks that are not counted before each slice
SETTLES = 2  # paced blocks that are not counted, of each slice
REFERENCE = 0.1  # of the audio goes to the sample-by-sample kernel, which is slow and needs no percentiles


@dataclass(frozen=True)
class Paced:
    """A block a period, asleep between. Microseconds a block."""

    p50_us: float
    p99_us: float
    max_us: float


@dataclass(frozen=True)
class Row:
    """One model on one instruction set at one block. Times in microseconds a block; shares of the core's FMA peak."""

    model: str
    isa: str
    block: int
    realtime: float
    share_of_peak: float
    p50_us: float
    p99_us: float
    max_us: float
    bytes: int
    reference_realtime: float | None
    paced: Paced | None = None

    @property
    def period_us(self) -> float:
        return 1e6 * self.block / RATE


@dataclass(frozen=True)
class AmpRow:
    """An amp of a preset with all that stands around it.

    latency_ms: by which its sound is late; the period comes on top.
    fits: how many such amps one core could run at once; by the paced times where there are some.
    """

    preset: str
    amp: str
    rate: int
    block: int
    p50_us: float
    p99_us: float
    max_us: float
    bytes: int
    latency_ms: float
    paced: Paced | None = None

    @property
    def period_us(self) -> float:
        return 1e6 * self.block / self.rate

    @property
    def fits(self) -> int:
        return int(self.period_us / (self.paced or self).p99_us)


@dataclass(frozen=True)
class TrainingRow:
    """A step of `rig train` with a network of a size on one instruction set and one thread. Times in milliseconds.

    share_of_peak: of the core's FMA peak, by forward and backward alone, all gradients among it; share_of_step: by the
    whole step. other_ms: the loss, the segment, autograd. torch_ms: PyTorch's own forward and backward.
    two_threads: how many times faster two are. best: of this machine's instruction sets, and so PyTorch's,
    whichever we are asked to use.
    """

    size: str
    isa: str
    epochs_a_minute: float
    share_of_peak: float
    share_of_step: float
    forward_ms: float
    backward_ms: float
    optimiser_ms: float
    other_ms: float
    torch_ms: float
    two_threads: float
    best: bool = True

    @property
    def slower(self) -> bool:
        """Than PyTorch with the same instructions: what must not be."""
        return self.best and self.forward_ms + self.backward_ms > self.torch_ms


@dataclass(frozen=True)
class Report:
    """peak_gmacs: measured multiply-adds a second of each instruction set, in 1e9."""

    machine: str
    peak_gmacs: dict[str, float]
    rows: tuple[Row, ...]
    amps: tuple[AmpRow, ...] = ()
    training: tuple[TrainingRow, ...] = ()

    def facts(self) -> dict[str, object]:
        """For JSON. Without amps, or training, they are left out."""
        found = asdict(self)
        found["amps"] = [{**asdict(amp), "fits": amp.fits} for amp in self.amps]
        found["training"] = [{**asdict(row), "slower": row.slower} for row in self.training]
        return {key: value for key, value in found.items() if value or key not in ("amps", "training")}


def machine() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def synthetic(name: str, channels: int, dilations: Sequence[int]) -> Model:
    """A gated network of that size with random weights: its cost is that of any of its size."""
    rng = np.random.default_rng(0)

    def weights(*shape: int) -> np.ndarray:
        return rng.normal(0.0, 0.1, shape).astype(np.float32)

    c = channels
    layers = tuple(
        Layer(
            conv=Conv(weights(3, c, 2 * c), weights(2 * c), d),
            activation=Activation("tanh"),
            gate=Activation("sigmoid"),
            onward=Conv(weights(1, c, c), weights(c)),
            head=Conv(weights(1, c, 1), np.zeros(1, np.float32)),
        )
        for d in dilations
    )
    array = LayerArray(Conv(weights(1, 1, c), weights(c)), layers, Conv(np.ones((1, 1, 1), np.float32), weights(1)))
    return Model(Path(name), name, guitarml.FAMILY, "WaveNet", WaveNet((array,)))


def models(paths: Sequence[Path]) -> list[Model]:
    """The models to measure: those given, or all that the shipped presets play and three of well-known sizes."""
    if paths:
        return [load_model(path) for path in paths]
    octaves = [2**i for i in range(10)]
    return [
        *(load_model(path) for path in sorted((PRESETS / "models").glob("*.json"))),
        synthetic("WaveNet1 16ch x 10", 16, octaves),
        synthetic("WaveNet2 8ch x 18", 8, 2 * octaves[:9]),
        synthetic("WaveNet3 16ch x 18", 16, 2 * octaves[:9]),
        synthetic("10ch x 10", 10, octaves),
    ]


def pin() -> None:
    """Keep this thread on one core: moving costs a cache."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class _Measured:
    """A chain that is timed slice by slice, each beside the peak of the same moment."""

    def __init__(self, chain: Chain, block: int, paced: bool = False) -> None:
        self.chain, self.block = chain, block
        self.times: list[np.ndarray] = []
        self.paced: list[np.ndarray] | None = [] if paced else None
        self.shares: list[float] = []

    def round(self, signal: np.ndarray, work: int) -> None:
        peak = native.peak()
        self.chain.time(signal[: WARM * self.block], self.block)  # the caches held something else a moment ago
        times = self.chain.time(signal, self.block)
        self.times.append(times)
        self.shares.append(work * self.block / float(np.median(times)) / peak)
        if self.paced is not None:
            self.paced.append(_paced_times([self.chain], signal, self.block, RATE))

    def microseconds(self) -> np.ndarray:
        return 1e6 * np.concatenate(self.times)


def bench(
    chosen: Sequence[Model],
    blocks: Sequence[int] = BLOCKS,
    isas: Sequence[str] | None = None,
    seconds: float = SECONDS,
    progress: Callable[[float], None] = lambda share: None,
    paced: bool = False,
) -> Report:
    """Measure models on this thread, in interleaved rounds: a noisy moment falls on all alike.

    seconds: of audio for each row. progress: gets 0..1. paced: also a block a period, which takes as long as it plays.
    """
    pin()
    before = native.isa()
    isas = tuple(isas or (before,))
    signal = np.random.default_rng(0).normal(0.0, 0.2, int(SLICE * RATE)).astype(np.float32)
    measured: dict[tuple[int, str, int], _Measured] = {}
    reference = [_reference(model) for model in chosen]
    peaks: dict[str, float] = dict.fromkeys(isas, 0.0)
    for isa in isas:
        native.use_isa(isa)
        for i, model in enumerate(chosen):
            for block in blocks:
                measured[i, isa, block] = _Measured(chain_of(model), block, paced)
    rounds = max(3, round(seconds / SLICE))
    for number in range(rounds):
        for isa in isas:
            native.use_isa(isa)
            peaks[isa] = max(peaks[isa], native.peak() * 1e-9)
        for (i, isa, _), one in measured.items():
            native.use_isa(isa)
            one.round(signal, macs(chosen[i].network))
        if number % round(1 / REFERENCE) == 0:
            for model, by_sample in zip(chosen, reference, strict=True):
                if by_sample:
                    by_sample.round(signal, macs(model.network))
        progress((number + 1) / rounds)
    native.use_isa(before)
    rows = tuple(_row(chosen[i].name, isa, one, reference[i]) for (i, isa, _), one in measured.items())
    return Report(machine(), peaks, rows)


def bench_presets(
    paths: Sequence[Path],
    rate: int = RATE,
    block: int = native.BLOCK,
    seconds: float = SECONDS,
    progress: Callable[[float], None] = lambda share: None,
    paced: bool = False,
) -> tuple[AmpRow, ...]:
    """Measure every amp of presets, chains around it included, at a JACK server's rate in Hz and period in frames.

    paced: also a block a period, which takes as long as it plays.
    """
    from rig.document.document import Document
    from rig.document.read import read_preset
    from rig.gig.render import load

    pin()
    document = Document(tuple(map(read_preset, paths)))
    loaded = load(document, document.amps[0].uid, rate)
    amps = [
        (preset.name, amp.name, [chain for _, _, chain in loaded.path(preset.uid, amp.uid)])
        for preset in document.presets
        for amp in preset.amps
    ]
    frames = max((SETTLES + 1) * block, int(SLICE * rate) // block * block)
    signal = np.random.default_rng(0).normal(0.0, 0.2, frames).astype(np.float32)
    times: list[list[np.ndarray]] = [[] for _ in amps]
    live: list[list[np.ndarray]] = [[] for _ in amps]
    rounds = max(3, round(seconds / SLICE))
    for number in range(rounds):
        for taken, slept, (_, _, chains) in zip(times, live, amps, strict=True):
            for chain in chains:
                chain.time(signal[: WARM * block], block)
            taken.append(1e6 * np.sum([chain.time(signal, block) for chain in chains], axis=0))
            if paced:
                slept.append(_paced_times(chains, signal, block, rate))
        progress((number + 1) / rounds)
    rows = []
    for taken, slept, (preset, amp, chains) in zip(times, live, amps, strict=True):
        spent = np.concatenate(taken)
        p50, p99 = (float(p) for p in np.percentile(spent, (50, 99)))
        memory = sum(chain.bytes for chain in chains)
        late = 1000 * sum(chain.latency for chain in chains) / rate
        rows.append(AmpRow(preset, amp, rate, block, p50, p99, float(spent.max()), memory, late, _paced(slept)))
    return tuple(rows)


def _paced_times(chains: Sequence[Chain], signal: np.ndarray, block: int, rate: int) -> np.ndarray:
    """Seconds of each block, one a period; the first ones, which still have the caches of before, are not counted."""
    return time_chains(chains, signal, block, block / rate)[SETTLES:]


def _paced(times: Sequence[np.ndarray] | None) -> Paced | None:
    if not times:
        return None
    spent = 1e6 * np.concatenate(times)
    return Paced(*(float(p) for p in np.percentile(spent, (50, 99, 100))))


def _reference(model: Model) -> _Measured | None:
    """The sample-by-sample kernel; there is none for recurrent networks, which are played so anyway."""
    if isinstance(model.network, RecurrentNet):
        return None
    return _Measured(chain_of(model, reference=True), native.BLOCK)


def _row(model: str, isa: str, one: _Measured, reference: _Measured | None) -> Row:
    times = one.microseconds()
    p50, p99 = np.percentile(times, (50, 99))
    return Row(
        model=model,
        isa=isa,
        block=one.block,
        realtime=1e6 * one.block / RATE / float(p50),
        share_of_peak=float(np.median(one.shares)),
        p50_us=float(p50),
        p99_us=float(p99),
        max_us=float(times.max()),
        bytes=one.chain.bytes,
        reference_realtime=1e6 * reference.block / RATE / float(np.median(reference.microseconds()))
        if reference
        else None,
        paced=_paced(one.paced),
    )
