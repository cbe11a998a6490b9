"""A picture of how good a model is: the wave, loud and quiet, what is left over, how it was learnt, by level."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rig.files import write
from rig.train.state import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WINDOW_SECONDS = 0.008
QUIET = 0.2  # of the windows that hold any sound are quieter than the quiet place
HEARD = 60.0  # dB below the loudest window: what is softer is no playing
STEP = 6.0  # dB of level a bar


def energies(x: np.ndarray, frames: int) -> np.ndarray:
    """Mean squares of windows of `frames`, side by side -> (windows,) float64."""
    whole = len(x) // frames * frames
    return np.mean(np.square(x[:whole].reshape(-1, frames), dtype=np.float64), axis=1)


def loudest(target: np.ndarray, frames: int) -> slice:
    """The `frames` with the most energy."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(target, dtype=np.float64))])
    start = int(np.argmax(energy[frames:] - energy[:-frames])) if len(target) > frames else 0
    return slice(start, start + frames)


def quiet(target: np.ndarray, frames: int) -> slice:
    """`frames` of soft playing: louder than a fifth of the windows that hold any."""
    energy = energies(target, frames)
    if not len(energy):
        return slice(0, frames)
    heard = np.flatnonzero(energy > energy.max() * 10 ** (-HEARD / 10))
    order = heard[np.argsort(energy[heard])]
    start = int(order[int(QUIET * (len(order) - 1))]) * frames if len(order) else 0
    return slice(start, start + frames)


def esr_by_level(target: np.ndarray, prediction: np.ndarray, frames: int) -> list[tuple[float, float]]:
    """(dB of full scale, ESR of all windows within 3 dB of it), from soft to loud."""
    signal, error = energies(target, frames), energies(target - prediction, frames)
    heard = signal > max(signal.max(initial=0.0) * 10 ** (-HEARD / 10), 1e-12)
    steps = np.round(10 * np.log10(signal[heard]) / STEP)
    signal, error = signal[heard], error[heard]
    return [(float(s * STEP), float(error[steps == s].sum() / signal[steps == s].sum())) for s in np.unique(steps)]


def draw(
    path: Path,
    title: str,
    target: np.ndarray,
    prediction: np.ndarray,
    sample_rate: int,
    history: Sequence[Epoch],
    best: Epoch,
) -> None:
    """Write a PNG. target, prediction: (frames,) of held-out audio."""
    from matplotlib.figure import Figure

    frames = max(int(WINDOW_SECONDS * sample_rate), 1)
    figure = Figure(figsize=(12, 11), layout="constrained")
    figure.suptitle(title)
    grid = figure.add_gridspec(3, 2)
    loud, soft = (figure.add_subplot(grid[0, i]) for i in range(2))
    _wave(loud, target, prediction, loudest(target, frames), sample_rate, "at the loudest place")
    _wave(soft, target, prediction, quiet(target, frames), sample_rate, "at a quiet place")
    _difference(figure, figure.add_subplot(grid[1, :]), np.asarray(target - prediction, np.float64), sample_rate)
    _learnt(figure.add_subplot(grid[2, 0]), history, best)
    _levels(figure.add_subplot(grid[2, 1]), esr_by_level(target, prediction, frames))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    write(path, buffer.getvalue())


def _wave(axes: Axes, target: np.ndarray, prediction: np.ndarray, part: slice, sample_rate: int, where: str) -> None:
    ms = np.arange(len(target[part])) * 1000 / sample_rate
    axes.plot(ms, target[part], color="0.55", linewidth=3, label="target")
    axes.plot(ms, prediction[part], color="C3", linewidth=1.2, label="prediction")
    axes.set(xlabel="ms", ylabel="level", title=f"8 ms {where} ({part.start / sample_rate:.2f} s)")
    axes.legend(loc="upper right")


def _difference(figure: Figure, axes: Axes, difference: np.ndarray, sample_rate: int) -> None:
    with np.errstate(divide="ignore"):  # where nothing is left over, there is no logarithm of it
        *_, image = axes.specgram(
            difference, NFFT=1024, noverlap=512, Fs=sample_rate, scale="dB", vmin=-150, vmax=-50, cmap="magma"
        )
    axes.set(xlabel="s", ylabel="Hz", title="the difference, dB")
    figure.colorbar(image, ax=axes)


def _learnt(axes: Axes, history: Sequence[Epoch], best: Epoch) -> None:
    numbers = [e.number for e in history]
    axes.semilogy(numbers, [e.loss for e in history], color="0.6", marker=".", label="loss, training")
    axes.semilogy(numbers, [e.esr for e in history], "C0.-", label="ESR plain, held out")
    axes.semilogy(numbers, [e.esr_preemphasis for e in history], "C1.-", label="ESR pre-emphasised, held out")
    axes.axvline(best.number, color="C2", linestyle=":", label=f"exported: epoch {best.number}")
    axes.set(xlabel="epoch", title="how it was learnt")
    axes.legend(loc="upper right")
    axes.grid(True, which="both", alpha=0.3)


def _levels(axes: Axes, found: Sequence[tuple[float, float]]) -> None:
    axes.bar([level for level, _ in found], [esr for _, esr in found], width=0.8 * STEP, color="C0")
    axes.axhline(0.02, color="0.5", linestyle=":", label="0.02: very close")
    axes.set(xlabel="level of the playing, dB", title="ESR plain by level", yscale="log")
    axes.legend(loc="upper right")
    axes.grid(True, which="both", alpha=0.3)
