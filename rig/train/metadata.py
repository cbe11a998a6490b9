"""What a model's file says of itself: how good it is, of what it was made, what was checked, by which versions."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import torch

from rig import __version__
from rig.capture.checks import CHECKS
from rig.train.capture import Capture
from rig.train.export import TOLERANCE
from rig.train.settings import Settings
from rig.train.state import Epoch

KNOB = "drive"  # what players of this family call the second input


def loudness_db(signal: np.ndarray) -> float:
    """RMS in dB of full scale."""
    return float(20 * np.log10(max(np.sqrt(np.mean(np.square(signal, dtype=np.float64))), 1e-10)))


def metadata(
    name: str, best: Epoch, seconds: float, captures: Sequence[Capture], settings: Settings, loudness: float,
    by_take: Sequence[float],
) -> dict[str, object]:  # fmt: skip
    """Keys beside the network's. best: the epoch that is exported. seconds: of training so far.

    loudness: of the device's recording, dB. by_take: plain ESR of each capture.
    """
    delays = [capture.delay for capture in captures]
    found: dict[str, object] = {
        "name": name,
        "sample_rate": captures[0].sample_rate,
        "esr": round(best.esr, 6),
        "esr_preemphasis": round(best.esr_preemphasis, 6),
        "loudness": round(loudness, 2),
        "date": datetime.date.today().isoformat(),
        "settings": {
            **asdict(settings),
            "delay": delays[0] if len(delays) == 1 else delays,
            "epoch": best.number,
            "seconds": round(seconds, 1),
        },
        "checks": [
            f"captures: {', '.join(check.__name__ for check in CHECKS)}",
            *(note for capture in captures for note in capture.notes),
            "scored on audio that was not trained on",
            f"the C engine plays this file within {TOLERANCE:g} of PyTorch",
        ],
        "processor": _processor(),
        "versions": {
            "rig": __version__,
            "torch": str(torch.__version__),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    if settings.knob:
        scores = [round(esr, 6) for esr in by_take]
        found["knob"] = {"name": KNOB, "positions": list(settings.knob), "esr": scores}
    return found


def _processor() -> str:
    from rig.report.bench import machine

    return machine()
