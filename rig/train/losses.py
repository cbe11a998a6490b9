"""How far a prediction is from the recording: error-to-signal ratios.

Source: A. Wright, E.-P. Damskägg, L. Juvela, V. Välimäki, "Real-Time Guitar Amplifier Emulation with Deep Learning",
Applied Sciences 10(3), 2020: ESR after the pre-emphasis 1 - 0.95 z^-1, and a DC term.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

PRE_EMPHASIS = 0.95
SPECTRA = (2048, 512, 128)  # frames a window
FLOOR = 1e-3  # -60 dB of the take, a bin


def pre_emphasis(x: Tensor) -> Tensor:
    """x (frames, ...) -> (frames - 1, ...): the filter 1 - 0.95 z^-1 without its first frame, whose past is unknown."""
    return x[1:] - PRE_EMPHASIS * x[:-1]


def esr(target: Tensor, prediction: Tensor) -> float:
    """Error energy over signal energy of all frames: 0 is perfect, 1 is as good as silence. Accumulated in float64."""
    target, prediction = target.double(), prediction.double()
    return float((target - prediction).square().sum() / target.square().sum().clamp_min(1e-20))


def spectral_distance(target: Tensor, prediction: Tensor, floor: float) -> Tensor:
    """(frames, batch) twice -> a scalar: how far their spectrograms are apart, in several resolutions.

    Spectral convergence and the mean difference of log magnitudes; floor: the magnitude below which nothing is heard.
    Source: R. Yamamoto, E. Song, J.-M. Kim, "Parallel WaveGAN", 2020.
    """
    total, sizes = prediction.new_zeros(()), [size for size in SPECTRA if size <= len(target)]
    for size in sizes:
        window = torch.hann_window(size, device=target.device, dtype=target.dtype)
        scale = floor * size**0.5
        heard, wanted = (
            torch.view_as_real(torch.stft(x.T, size, size // 4, window=window, center=False, return_complex=True))
            .square().sum(-1).add(scale * scale).sqrt()
            for x in (prediction, target)
        )  # fmt: skip
        convergence = (wanted - heard).square().sum().sqrt() / wanted.square().sum().sqrt()
        total = total + convergence + (wanted.log() - heard.log()).abs().mean()
    return total / max(len(sizes), 1)


@dataclass(frozen=True)
class Loss:
    """What training minimises, for segments of any level.

    energy, emphasised: mean squares of the whole take, plain and after pre-emphasis. A segment's error is divided by
    its own energy plus the take's: loud and soft playing both count, and near-silence does not explode.
    bright, plain: the weights of the ESR with and without pre-emphasis. dc: the weight of the squared mean error.
    spectral: the weight of the distance between spectrograms.
    """

    energy: float
    emphasised: float
    bright: float = 1.0
    plain: float = 0.5
    dc: float = 0.5
    spectral: float = 0.0

    @staticmethod
    def for_take(target: Tensor, kind: str = "emphasised") -> Loss:
        """target (frames,): the take that ratios are measured against. kind: of settings.LOSSES."""
        return Loss(float(target.square().mean()), float(pre_emphasis(target).square().mean()), **WEIGHTS[kind])

    def __call__(self, target: Tensor, prediction: Tensor) -> Tensor:
        """(frames, batch) twice -> a scalar, the mean over the batch."""
        error = target - prediction
        level = target.square().mean(0) + self.energy
        total = self.plain * error.square().mean(0) / level + self.dc * error.mean(0).square() / level
        if self.bright:
            bright = pre_emphasis(target).square().mean(0) + self.emphasised
            total = total + self.bright * pre_emphasis(error).square().mean(0) / bright
        total = total.mean()
        if self.spectral:
            total = total + self.spectral * spectral_distance(target, prediction, FLOOR * self.energy**0.5)
        return total


WEIGHTS: dict[str, dict[str, float]] = {
    "emphasised": {},
    "plain": {"bright": 0.0, "plain": 1.0},
    "stft": {"spectral": 0.1},
}
