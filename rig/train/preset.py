"""A preset next to the model, there before the first step: the best so far can be played while training goes on."""

from __future__ import annotations

from pathlib import Path

from rig.document.document import INPUT, LEVEL, NAME, OUTPUT, Amp, EngineSpec, Preset
from rig.document.writing import fresh
from rig.files import write

LOUDNESS = -20.0  # dB RMS of the device's recording, played by the preset

CABINET = """
# Recorded without a cabinet? Take the # away and name one:
# [output]
# chain = [{ engine = "cab", ir = "cabinet.wav" }]
"""


def write_preset(target: Path, name: str, loudness_db: float) -> Path | None:
    """target: the model. loudness_db: of the device's recording. None where one is there: it is somebody's work."""
    path = target.with_suffix(".toml")
    if path.exists():
        return None
    shown = "".join(c for c in name if c.isprintable())[:NAME].strip() or "Amp"
    shown = f"{shown} amp" if shown.casefold() in (INPUT, OUTPUT) else shown  # chains are called so
    low, high = LEVEL
    level = round(min(max(LOUDNESS - loudness_db, low), high), 1)
    amp = Amp(shown, (EngineSpec("model", files={"model": target.absolute()}),), level)
    write(path, f"# Made by rig train. Play it: rig play {path.name}\n{fresh(Preset(path, shown, (amp,)))}{CABINET}")
    return path
