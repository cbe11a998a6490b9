"""Make the captures: two dry performances, and each device's answer to them, under captures/ (never committed).

    python presets/recipes/captures.py [NAME ...]

`captures/dry.wav` is what the models learn from, `captures/dry-unseen.wav` another performance that they never hear.
`captures/NAME.wav` and `captures/NAME-unseen.wav` are the device's side, float, brought to -18 dB RMS on the dry take.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import soundfile as sf
from devices import Device, Stage, process
from midi import RATE
from performance import perform

ROOT = Path(__file__).resolve().parent.parent.parent
CAPTURES = ROOT / "captures"
LEVEL_DB = -18.0
TAKES = {"": (1, 18, 10.0), "-unseen": (2, 14, 3.0)}  # seed, passages, seconds of each

DEVICES = (
    Device(
        "small-combo-clean",
        "a small valve combo, volume low",
        (Stage("gx_redeye#chump", {"Gain": 0.2, "Tone": 0.6, "Volume": 0.5}),),
    ),
    Device(
        "small-combo-crunch",
        "the same combo, volume up: it breaks up with the pick",
        (Stage("gx_redeye#chump", {"Gain": 0.7, "Tone": 0.5, "Volume": 0.5}),),
    ),
    Device(
        "stack-lead",
        "a mid-boosting overdrive into a hot class A stage and a stack's tone controls",
        (
            Stage("gxts9#ts9sim", {"fslider0_": -8.0, "fslider1_": 600.0, "fslider2_": 0.4}),
            Stage("gx_w20#w20", {"gain": 0.6, "level": 0.5}),
            Stage("gx_jcm800pre_#_jcm800pre_", {"P6v": 0.8, "Bass": 0.5, "Middle": 0.6, "Treble": 0.6}, -6.0),
        ),
    ),
    Device(
        "studio-clean",
        "a studio preamplifier, bright switch on: the cleanest of them",
        (Stage("gx_studiopre#studiopre", {"volume": 0.3, "bright": 1.0, "bass": 0.5, "middle": 0.5, "treble": 0.6}),),
    ),
    Device(
        "class-a-edge",
        "a class A combo at the edge of breaking up",
        (Stage("gx_w20#w20", {"gain": 0.3, "level": 0.5}),),
    ),
    Device(
        "green-drive",
        "an overdrive pedal, drive at a third",
        (Stage("gxts9#ts9sim", {"fslider0_": -8.0, "fslider1_": 500.0, "fslider2_": 0.35}),),
    ),
)


def dry_take(suffix: str) -> np.ndarray:
    """The dry performance of that suffix, made once and kept -> (frames,) float32."""
    path = CAPTURES / f"dry{suffix}.wav"
    if not path.exists():
        CAPTURES.mkdir(exist_ok=True)
        sf.write(path, perform(*TAKES[suffix]), RATE, subtype="FLOAT")
    return sf.read(path, dtype="float32")[0]


def make(device: Device) -> None:
    """Write both takes of a device, at one and the same gain, unless they are there."""
    paths = [CAPTURES / f"{device.name}{suffix}.wav" for suffix in TAKES]
    if all(path.exists() for path in paths):
        return
    wet = [process(device, dry_take(suffix)) for suffix in TAKES]
    gain = 10 ** (LEVEL_DB / 20) / np.std(wet[0])
    for path, audio in zip(paths, wet, strict=True):
        sf.write(path, audio * gain, RATE, subtype="FLOAT")
    peak_db = 20 * np.log10(np.abs(wet[0]).max() * gain)
    print(
        f"{device.name}: {len(wet[0]) / RATE:.0f} s, gain {20 * np.log10(gain):+.1f} dB, peak {peak_db:+.1f} dB",
        flush=True,
    )


def main(names: list[str]) -> None:
    """Make the captures named, or all."""
    for device in DEVICES:
        if not names or device.name in names:
            make(device)


if __name__ == "__main__":
    main(sys.argv[1:])
