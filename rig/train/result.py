"""What training leaves behind: the best model so far, whole at any moment, and a picture of how good it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rig.errors import RigError
from rig.files import write
from rig.models.convert import trained_text
from rig.models.formats.network import LayerArray
from rig.train import export, report
from rig.train.capture import Capture
from rig.train.data import Data
from rig.train.losses import esr
from rig.train.metadata import loudness_db, metadata
from rig.train.network import WaveNet
from rig.train.settings import Settings
from rig.train.state import Epoch, State, with_weights
from rig.train.verdict import shown


@dataclass(frozen=True)
class Result:
    """What was exported. difference: the largest between PyTorch and the C engine on the held-out audio."""

    esr: float
    esr_preemphasis: float
    epoch: int
    difference: float


class Keeper:
    """Writes a run's best model to its file."""

    def __init__(self, target: Path, name: str, data: Data, captures: Sequence[Capture], settings: Settings) -> None:
        self.target, self.name, self.data, self.captures, self.settings = target, name, data, captures, settings
        self.loudness = loudness_db(data.target)

    def keep(self, state: State) -> Result:
        """Export the best so far, verified, whole or not at all: whoever reads the file may do so at any time.

        Raises RigError, and writes nothing, where nothing was learnt or the C engine disagrees.
        """
        best, network = _best(state)
        predicted = self._predicted(network)
        scores = self._by_take(predicted)
        said = metadata(self.name, best, state.seconds, self.captures, self.settings, self.loudness, scores)
        made = export.folded(network, self.data.dry_scale, self.data.wet_scale)
        worst = [0.0]

        def check(path: Path) -> None:
            worst[0] = self._verified(path, made, predicted)

        write(self.target, trained_text(made, said, self.target), check)
        return Result(best.esr, best.esr_preemphasis, best.number, worst[0])

    def draw(self, state: State) -> None:
        """The picture of the best, next to the model."""
        best, network = _best(state)
        target, prediction = self._heard(self._predicted(network))
        report.draw(
            self.target.with_suffix(".png"),
            f"{self.name}: ESR {shown(best.esr)} plain, {shown(best.esr_preemphasis)} pre-emphasised (held out)",
            target, prediction, self.captures[0].sample_rate, state.history, best,
        )  # fmt: skip

    def _predicted(self, network: WaveNet) -> list[np.ndarray]:
        """Each held-out slice, its warm-up included, as PyTorch hears it at the wet side's level."""
        wet = self.data.wet_scale
        return [
            network.predict(self.data.dry[piece.start : piece.end]).numpy() * wet.deviation + wet.mean
            for piece in self.data.slices
        ]

    def _heard(self, predicted: Sequence[np.ndarray], take: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Target and prediction of the held-out slices, of one capture or of all, without the warm-up."""
        pairs = [
            (self.data.target[piece.judged : piece.end], sound[piece.judged - piece.start :])
            for piece, sound in zip(self.data.slices, predicted, strict=True)
            if take in (None, piece.take)
        ]
        target, prediction = (np.concatenate(side) for side in zip(*pairs, strict=True))
        return target, prediction

    def _by_take(self, predicted: Sequence[np.ndarray]) -> list[float]:
        heard = (self._heard(predicted, take) for take in range(len(self.captures)))
        return [esr(torch.from_numpy(target), torch.from_numpy(prediction)) for target, prediction in heard]

    def _verified(self, path: Path, made: LayerArray, predicted: Sequence[np.ndarray]) -> float:
        """The largest difference between the file in the C engine and PyTorch. Raises RigError where it is large."""
        sounds: dict[float | None, list[tuple[np.ndarray, np.ndarray]]] = {}
        for piece, sound in zip(self.data.slices, predicted, strict=True):
            knob = self.settings.knob[piece.take] if self.settings.knob else None
            sounds.setdefault(knob, []).append((self.data.raw[piece.start : piece.end], sound))
        worst = 0.0
        for knob, pairs in sounds.items():
            with _playable(path, made, knob) as plain:
                worst = max(worst, export.verify(plain, pairs))
        return worst


def _best(state: State) -> tuple[Epoch, WaveNet]:
    """The best epoch so far and its network, on the processor. Raises RigError where nothing was learnt."""
    if state.best_epoch is None or state.best is None:
        raise RigError("nothing was learnt: the loss was never a number; try a lower --learning-rate")
    return state.best_epoch, with_weights(state, state.best).cpu()


@contextmanager
def _playable(path: Path, made: LayerArray, knob: float | None) -> Iterator[Path]:
    """The file itself; where it has a knob, one that plays as if the knob stood there."""
    if knob is None:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "model.json"
        plain.write_text(trained_text(export.standing(made, knob), {}, plain))
        yield plain
