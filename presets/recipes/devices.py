"""Circuit simulations for the dry take: chains of LV2 plug-ins from Debian's guitarix-lv2, run by lv2apply."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile as sf
from midi import RATE

PREFIX = "http://guitarix.sourceforge.net/plugins/"
SETTLE = 3 * RATE  # frames of silence first: the simulated valves find their operating point


@dataclass(frozen=True)
class Stage:
    """One plug-in. gain_db goes before it. controls: its port symbols."""

    plugin: str
    controls: dict[str, float] = field(default_factory=dict)
    gain_db: float = 0.0


@dataclass(frozen=True)
class Device:
    """Something to capture: its stages in order, and what a player reads about it."""

    name: str
    about: str
    stages: tuple[Stage, ...]


def _apply(stage: Stage, audio: np.ndarray) -> np.ndarray:
    # Float files all the way: lv2apply writes what it reads, and 16 bits would clip and hiss.
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.wav"), Path(folder, "out.wav")
        sf.write(source, (audio * 10 ** (stage.gain_db / 20)).astype(np.float32), RATE, subtype="FLOAT")
        controls = [word for name, value in stage.controls.items() for word in ("-c", name, str(value))]
        command = ["lv2apply", "-i", str(source), "-o", str(target), *controls, PREFIX + stage.plugin]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"lv2apply failed on {stage.plugin}: {done.stderr.strip()}")
        wet, _ = sf.read(target, dtype="float32", always_2d=True)
    return wet[: len(audio), 0]


def process(device: Device, dry: np.ndarray) -> np.ndarray:
    """Dry take (frames,) -> what comes out of the device (frames,) float32, at whatever level it has."""
    if shutil.which("lv2apply") is None:
        raise SystemExit("the recipes need: apt install lilv-utils guitarix-lv2")
    audio = np.concatenate([np.zeros(SETTLE, np.float32), dry])
    for stage in device.stages:
        audio = _apply(stage, audio)
    if not np.isfinite(audio).all():
        raise SystemExit(f"{device.name}: the simulation went to infinity")
    return audio[SETTLE:]
