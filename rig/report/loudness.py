"""Which amps stand out, for `rig check`: each plays four seconds of the demo take, where nobody has measured it yet."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rig.document.document import Amp, Preset
from rig.gig.known_loudness import KnownLoudness, keep, out_of
from rig.loudness import lufs
from rig.native import Chain
from rig.report.preset_facts import AmpFacts
from rig.shipped import DEMO
from rig.sound import read, resample

EXCERPT = (8.0, 12.0)
"""Seconds of the demo take: of it amps are as loud, each beside the others, as of the whole to 0.6 LU."""


@functools.lru_cache(maxsize=2)
def excerpt(rate: int) -> np.ndarray:
    """(frames,) float32 at `rate` Hz."""
    audio, own = read(DEMO)
    begin, end = (round(seconds * own) for seconds in EXCERPT)
    return resample(audio[begin:end, 0], own, rate)


def measured(preset: Preset, around: Sequence[Chain], amps: Sequence[Chain], rate: int) -> tuple[float | None, ...]:
    """LUFS of a preset's amps, each with its level and without a scene; None of one that is not to be heard.

    around: the chains before and behind them all, as built, which are reset. What is measured here is kept.
    """
    known = KnownLoudness()
    known.look()
    plain = [replace(amp, scene="") for amp in preset.amps]
    found = [known.lufs(preset, amp) for amp in plain]
    new: list[tuple[Preset, Amp, float]] = []
    for i, chain in enumerate(amps):
        if found[i] is None:
            loud = found[i] = lufs(_through([around[0], chain, around[-1]], excerpt(rate)), rate)
            if loud is not None:
                new.append((preset, plain[i], loud))
    if new:
        keep(new)
    return tuple(found)


def _through(chains: Sequence[Chain], x: np.ndarray) -> np.ndarray:
    """What chains in a row make of (frames,), from where silence leaves them."""
    for chain in chains:
        chain.reset()
        x = chain.process(np.stack([x, x]) if chain.channels > 1 and x.ndim == 1 else x)
    return x


def compared(amps: Sequence[AmpFacts]) -> list[AmpFacts]:
    """Amps, each told by how much it stands out of those that were measured, if it does."""
    out = out_of({i: amp.lufs - amp.meant for i, amp in enumerate(amps) if amp.lufs is not None})
    return [replace(amp, stands_out=round(out[i], 1)) if i in out else amp for i, amp in enumerate(amps)]
