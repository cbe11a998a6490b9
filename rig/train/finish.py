"""After the last step: the best epoch goes to the file, through the C engine, and into the picture."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from rig.errors import RigError
from rig.train import export, report
from rig.train.capture import Capture
from rig.train.data import Data
from rig.train.loop import State, with_weights
from rig.train.settings import Settings


@dataclass(frozen=True)
class Result:
    """What was exported. difference: the largest between PyTorch and the C engine on the held-out audio."""

    esr: float
    esr_preemphasis: float
    epoch: int
    difference: float


def loudness_db(signal: np.ndarray) -> float:
    """RMS in dB of full scale."""
    return float(20 * np.log10(max(np.sqrt(np.mean(np.square(signal, dtype=np.float64))), 1e-10)))


def finish(
    target: Path, name: str, state: State, data: Data, capture: Capture, settings: Settings, picture: bool
) -> Result:
    """Export, verify, draw. Raises RigError, and writes nothing, where nothing was learnt or the C engine disagrees."""
    best, weights = state.best_epoch, state.best
    if best is None or weights is None:
        raise RigError("nothing was learnt: the loss was never a number; try a lower --learning-rate")
    network = with_weights(state, weights).cpu()
    dry = [capture.dry[piece.start : piece.end] for piece in data.slices]
    wet = data.wet_scale
    predicted = [
        network.predict(data.dry[piece.start : piece.end]).numpy() * wet.deviation + wet.mean for piece in data.slices
    ]
    metadata = {
        "name": name,
        "sample_rate": capture.sample_rate,
        "esr": round(best.esr, 6),
        "esr_preemphasis": round(best.esr_preemphasis, 6),
        "loudness": round(loudness_db(capture.wet), 2),
        "date": datetime.date.today().isoformat(),
        "settings": {
            **asdict(settings),
            "delay": capture.delay,
            "epoch": best.number,
            "seconds": round(state.seconds, 1),
        },
    }
    worst = [0.0]

    def check(path: Path) -> None:
        worst[0] = export.verify(path, list(zip(dry, predicted, strict=True)))

    file = export.content(network, data.dry_scale, data.wet_scale, metadata)
    export.write(target, export.to_json(file), check)
    if picture:
        judged = [piece.judged - piece.start for piece in data.slices]
        heard = np.concatenate([capture.wet[piece.judged : piece.end] for piece in data.slices])
        played = np.concatenate([p[skip:] for p, skip in zip(predicted, judged, strict=True)])
        report.draw(target.with_suffix(".png"), name, heard, played, capture.sample_rate, state.history, best)
    return Result(best.esr, best.esr_preemphasis, best.number, worst[0])
