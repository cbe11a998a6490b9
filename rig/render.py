"""The rack, offline: a recording in, a recording out, bit for bit what the stage would have heard."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rig import preset as presets
from rig.errors import RigError
from rig.formats import load_model
from rig.load import load_set
from rig.native import BLOCK, Rack
from rig.solo import chain_of
from rig.sound import read, whole


def _preset_rack(source: Path, amp: str | None, rate: int) -> Rack:
    """A rack that plays one amp of a preset and has heard silence for long enough to have settled."""
    loaded = load_set([presets.load(source)], rate)
    rack = Rack(rate)
    loaded.enter(rack)
    rack.play(loaded.find(amp))
    rack.begin(open=True)
    rack.process(np.zeros(loaded.memory + BLOCK, np.float32))
    return rack


def _model_rack(source: Path, rate: int) -> Rack:
    """A rack that plays a model as its family defines it: from zero history, and with no limiter around it."""
    model = load_model(source)
    if model.sample_rate and model.sample_rate != rate:
        print(f"rig: {source} is made for {model.sample_rate} Hz, the recording has {rate} Hz", file=sys.stderr)
    rack = Rack(rate)
    rack.offer("amp", 0, chain_of(model, rate))
    rack.limit(False)
    rack.begin(open=True)
    return rack


def render(
    source: Path,
    input: Path,
    output: Path,
    *,
    amp: str | None = None,
    block: int = BLOCK,
    bits: int | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Render `input` through a preset's amp, or through a model file alone, into `output`, at the input's rate.

    block: frames that the rack is handed at a time. bits: 24 for integer samples; else a WAV gets 32-bit floats.
    Raises RigError; `output` is written whole or not at all.
    """
    import soundfile

    audio, rate = read(input)
    if audio.shape[1] > 1:
        print(f"rig: {input} has {audio.shape[1]} channels; the left one is played", file=sys.stderr)
    if output.suffix.lower() not in (".wav", ".flac"):
        raise RigError(f"{output}: only .wav and .flac are written")
    if not output.parent.is_dir():
        raise RigError(f"{output}: there is no folder '{output.parent}'")
    rack = _preset_rack(source, amp, rate) if source.suffix.lower() == ".toml" else _model_rack(source, rate)
    subtype = "PCM_24" if bits == 24 or output.suffix.lower() == ".flac" else "FLOAT"
    chunk = block * max(1, rate // block)
    with (
        whole(output) as part,
        soundfile.SoundFile(part, "w", rate, 1, subtype, format=output.suffix[1:].upper()) as file,
    ):
        for at in range(0, len(audio), chunk):
            out, _, _ = rack.process(audio[at : at + chunk, 0], block)
            file.write(out)
            progress(min(1.0, (at + chunk) / len(audio)))
