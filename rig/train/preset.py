"""A preset next to the model, there before the first step: the best so far can be played while training goes on."""

from __future__ import annotations

import json
from pathlib import Path

from rig.document.document import INPUT, LEVEL, NAME, OUTPUT
from rig.files import write

LOUDNESS = -20.0  # dB RMS of the device's recording, played by the preset


def write_preset(target: Path, name: str, loudness_db: float) -> Path | None:
    """target: the model. loudness_db: of the device's recording. None where one is there: it is somebody's work."""
    path = target.with_suffix(".toml")
    if path.exists():
        return None
    shown = "".join(c for c in name if c.isprintable())[:NAME].strip() or "Amp"
    shown = _quoted(shown.title() if shown in (INPUT, OUTPUT) else shown)
    low, high = LEVEL
    level = round(min(max(LOUDNESS - loudness_db, low), high), 1)
    lines = [
        f"# Made by rig train. Play it: rig play {path.name}",
        f"name = {shown}",
        "",
        "[[amp]]",
        f"name = {shown}",
        f"level = {level}",
        f"chain = [{{ model = {_quoted(target.name)} }}]",
        "",
        "# Recorded without a cabinet? Take the # away and name one:",
        "# [output]",
        '# chain = [{ engine = "cab", ir = "cabinet.wav" }]',
        "",
    ]
    write(path, "\n".join(lines))
    return path


def _quoted(text: str) -> str:
    """A TOML string; what JSON escapes, TOML does alike."""
    return json.dumps(text, ensure_ascii=False)
