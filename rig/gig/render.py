"""The rack, offline: a recording in, a recording out, bit for bit what the stage would have heard."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from rig.document import address, edits
from rig.document.document import Document, Pick
from rig.document.knobs import kind
from rig.document.read import read_preset
from rig.document.read_set import is_set
from rig.document.scenes import applied
from rig.document.set_file import open_sources
from rig.errors import RigError
from rig.files import whole
from rig.gig import set_list
from rig.gig.reconciler import Progress, Reconciler
from rig.kinds import PRESET, kind_of
from rig.models.formats import Model, load_model
from rig.models.player import chain_of
from rig.native import BLOCK, Rack
from rig.sound import read, resample
from rig.text import printable


def load(document: Document, playing: int, rate: int, progress: Progress = lambda step, share: None) -> Reconciler:
    """A document in a rack that does not run yet, one of its amps (its identity) playing. Raises RigError."""
    loaded = Reconciler(Rack(rate))
    loaded.load(applied(document, playing), playing, progress)
    return loaded


def settled(loaded: Reconciler) -> Rack:
    """The rack, begun, and having heard silence for long enough to have settled."""
    loaded.rack.begin(open=True)
    loaded.rack.process(np.zeros(loaded.memory + BLOCK, np.float32))
    return loaded.rack


def _preset_rack(source: Path, amp: str | None, song: str | None, rate: int) -> tuple[Rack, int]:
    """A rack that plays one amp of a preset, or of a set's song, or one of its scenes, and has settled; and how many
    channels it makes.
    """
    if is_set(source):
        document, pick = _song(source, song)
    elif song:
        raise RigError(f"{source} is a preset, and has no songs: leave --song out")
    else:
        document = Document((read_preset(source),))
        pick = Pick(document.amps[0].uid)
    pick = address.pick(document, amp) if amp else pick
    document = edits.recall_scene(document, pick.amp, pick.scene)
    preset, amp_chain = document.presets[0], document.amp(pick.amp).chain
    for spec in (*preset.input, *amp_chain, *preset.output):
        if kind(spec).ports:
            print(
                printable(f"rig: {spec.label} passes through: no other application stands in it here"), file=sys.stderr
            )
    loaded = load(document, pick.amp, rate)
    return settled(loaded), loaded.channels(document.presets[0].uid, pick.amp)


def _song(source: Path, words: str | None) -> tuple[Document, Pick]:
    """The preset of a set's song, at its tempo, and the song's first part. words: its number or name; None: the first
    that is not passed over.
    """
    document = open_sources([source]).document
    song = set_list.named(document.songs, words) if words else set_list.first_song(document.songs)
    part = set_list.parts(document, song)[0]
    preset = document.preset_of(song.preset)
    return Document((replace(preset, tempo=song.tempo or preset.tempo),)), part


def _model_rack(model: Model, rate: int) -> Rack:
    """A rack that plays a model with no limiter around it, from where its family's trainers or players start it."""
    chain = chain_of(model, rate)
    if model.family.settles:
        chain.prewarm()
    rack = Rack(rate)
    rack.offer("amp", 0, chain)
    rack.limit(False)
    rack.begin(open=True)
    return rack


def render(
    source: Path,
    input: Path,
    output: Path,
    *,
    amp: str | None = None,
    song: str | None = None,
    block: int = BLOCK,
    bits: int | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Render `input` through an amp of a preset or of a set's song, or through a model file alone, into `output`.

    `output` has the input's rate. A model by itself runs at the rate that its file names: the input is brought there
    and back, with no delay.
    amp, song: what `rig render` takes; None: the first, of a song its first part.
    block: frames that the rack is handed at a time. bits: 24 for integer samples; else a WAV gets 32-bit floats.
    Raises RigError; `output` is written whole or not at all.
    """
    audio, rate = read(input)
    if audio.shape[1] > 1:
        print(printable(f"rig: {input} has {audio.shape[1]} channels; the left one is played"), file=sys.stderr)
    writable(output)
    pieces, channels = played(source, audio[:, 0], rate, amp=amp, song=song, block=block, progress=progress)
    write(output, pieces, rate, channels, bits)


def played(
    source: Path,
    x: np.ndarray,
    rate: int,
    *,
    amp: str | None = None,
    song: str | None = None,
    block: int = BLOCK,
    progress: Callable[[float], None] = lambda share: None,
) -> tuple[Iterable[np.ndarray], int]:
    """What an amp or a model makes of (frames,) at `rate` Hz: pieces of (frames, 2), and how many channels count.

    As render() has it. Raises RigError.
    """
    if kind_of(source) is PRESET:
        rack, channels = _preset_rack(source, amp, song, rate)
        return through(rack, x, block, progress), channels
    model = load_model(source)
    own = model.sample_rate or rate
    pieces = through(_model_rack(model, own), resample(x, rate, own), block, progress)
    return (pieces if own == rate else [resample(np.concatenate(list(pieces)), own, rate)[: len(x)]]), 1


def writable(output: Path) -> None:
    """Raises RigError where nothing of that name is written, or can be."""
    if output.suffix.lower() not in (".wav", ".flac"):
        raise RigError(f"{output}: only .wav and .flac are written")
    if not output.parent.is_dir():
        raise RigError(f"{output}: there is no folder '{output.parent}'")


def write(output: Path, pieces: Iterable[np.ndarray], rate: int, channels: int, bits: int | None) -> None:
    """Pieces of (frames, channels or more) into a file, whole or not at all."""
    import soundfile

    subtype = "PCM_24" if bits == 24 or output.suffix.lower() == ".flac" else "FLOAT"
    with (
        whole(output) as part,
        soundfile.SoundFile(part, "w", rate, channels, subtype, format=output.suffix[1:].upper()) as file,
    ):
        for piece in pieces:
            file.write(piece[:, :channels])


def through(rack: Rack, x: np.ndarray, block: int, progress: Callable[[float], None]) -> Iterator[np.ndarray]:
    """What a rack makes of (frames,), `block` frames at a time, in pieces of about a second: (frames, 2)."""
    chunk = block * max(1, rack.rate // block)
    for at in range(0, len(x), chunk):
        left, right, _ = rack.process(x[at : at + chunk], block)
        yield np.stack([left, right], axis=1)
        progress(min(1.0, (at + chunk) / len(x)))
