"""A picture of how good a model is: the wave at its loudest, what is left over, how it was learnt."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rig.train.export import write
from rig.train.loop import Epoch

WINDOW_SECONDS = 0.008


def loudest(target: np.ndarray, frames: int) -> slice:
    """The `frames` with the most energy."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(target, dtype=np.float64))])
    start = int(np.argmax(energy[frames:] - energy[:-frames])) if len(target) > frames else 0
    return slice(start, start + frames)


def draw(
    path: Path,
    name: str,
    target: np.ndarray,
    prediction: np.ndarray,
    sample_rate: int,
    history: Sequence[Epoch],
    best: Epoch,
) -> None:
    """Write a PNG. target, prediction: (frames,) of held-out audio."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 11), layout="constrained")
    wave, rest, curve = figure.subplots(3, 1)
    figure.suptitle(f"{name}: ESR {best.esr:.4f} plain, {best.esr_preemphasis:.4f} pre-emphasised (held out)")

    part = loudest(target, int(WINDOW_SECONDS * sample_rate))
    ms = np.arange(len(target[part])) * 1000 / sample_rate
    wave.plot(ms, target[part], color="0.55", linewidth=3, label="target")
    wave.plot(ms, prediction[part], color="C3", linewidth=1.2, label="prediction")
    wave.set(xlabel="ms", ylabel="level", title=f"8 ms at the loudest place ({part.start / sample_rate:.2f} s)")
    wave.legend(loc="upper right")

    difference = np.asarray(target - prediction, np.float64)
    *_, image = rest.specgram(
        difference + 1e-12, NFFT=1024, noverlap=512, Fs=sample_rate, scale="dB", vmin=-150, vmax=-50, cmap="magma"
    )
    rest.set(xlabel="s", ylabel="Hz", title="the difference, dB")
    figure.colorbar(image, ax=rest)

    numbers = [e.number for e in history]
    curve.semilogy(numbers, [e.loss for e in history], color="0.6", label="loss, training")
    curve.semilogy(numbers, [e.esr for e in history], "C0.-", label="ESR, held out")
    curve.semilogy(numbers, [e.esr_preemphasis for e in history], "C1.-", label="ESR pre-emphasised, held out")
    curve.axvline(best.number, color="C2", linestyle=":", label=f"exported: epoch {best.number}")
    curve.set(xlabel="epoch", title="how it was learnt")
    curve.legend(loc="upper right")
    curve.grid(True, which="both", alpha=0.3)

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    write(path, buffer.getvalue())
