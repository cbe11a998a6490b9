"""How far a prediction is from the recording: error-to-signal ratios.

Source: A. Wright, E.-P. Damskägg, L. Juvela, V. Välimäki, "Real-Time Guitar Amplifier Emulation with Deep Learning",
Applied Sciences 10(3), 2020: ESR after the pre-emphasis 1 - 0.95 z^-1, and a DC term.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

PRE_EMPHASIS = 0.95


def pre_emphasis(x: Tensor) -> Tensor:
    """x (frames, ...) -> (frames - 1, ...): the filter 1 - 0.95 z^-1 without its first frame, whose past is unknown."""
    return x[1:] - PRE_EMPHASIS * x[:-1]


def esr(target: Tensor, prediction: Tensor) -> float:
    """Error energy over signal energy of all frames: 0 is perfect, 1 is as good as silence. Accumulated in float64."""
    target, prediction = target.double(), prediction.double()
    return float((target - prediction).square().sum() / target.square().sum().clamp_min(1e-20))


@dataclass(frozen=True)
class Loss:
    """What training minimises, for segments of any level.

    energy, emphasised: mean squares of the whole take, plain and after pre-emphasis. A segment's error is divided by
    its own energy plus the take's: loud and soft playing both count, and near-silence does not explode.
    plain: the weight of the ESR without pre-emphasis. dc: the weight of the squared mean error.
    """

    energy: float
    emphasised: float
    plain: float = 0.5
    dc: float = 0.5

    @staticmethod
    def for_take(target: Tensor) -> Loss:
        """target (frames,): the take that ratios are measured against."""
        return Loss(float(target.square().mean()), float(pre_emphasis(target).square().mean()))

    def __call__(self, target: Tensor, prediction: Tensor) -> Tensor:
        """(frames, batch) twice -> a scalar, the mean over the batch."""
        error = target - prediction
        bright, plain = pre_emphasis(error), error
        total = bright.square().mean(0) / (pre_emphasis(target).square().mean(0) + self.emphasised)
        level = target.square().mean(0) + self.energy
        total = total + self.plain * plain.square().mean(0) / level + self.dc * error.mean(0).square() / level
        return total.mean()
