"""Where a thing stands in a document, and the document with another one in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rig.document.document import INPUT, OUTPUT, Amp, Chain, Document, EngineSpec, Preset


def find_engine(document: Document, uid: int) -> tuple[Preset, int, str, Chain]:
    """The preset, the owner, the stage and the chain in which an engine stands. Raises KeyError where it is in none."""
    preset = document.preset_of(uid)
    for owner, stage, chain in preset.chains():
        if any(spec.uid == uid for spec in chain):
            return preset, owner, stage, chain
    raise KeyError(uid)


def index_of(chain: Sequence[EngineSpec], uid: int) -> int:
    """Where in its chain an engine stands, which it does."""
    return next(i for i, spec in enumerate(chain) if spec.uid == uid)


def chain_of(preset: Preset, owner: int, stage: str) -> Chain:
    """The chain of a stage ("input", "amp", "output") and its owner: the preset, or the amp."""
    return next(chain for uid, name, chain in preset.chains() if (uid, name) == (owner, stage))


def with_chain(preset: Preset, owner: int, stage: str, chain: Chain) -> Preset:
    """The preset with another chain there."""
    if stage == INPUT:
        return replace(preset, input=chain)
    if stage == OUTPUT:
        return replace(preset, output=chain)
    amp = preset.amp(owner)
    assert amp is not None
    return with_amp(preset, replace(amp, chain=chain))


def with_amp(preset: Preset, amp: Amp) -> Preset:
    """The preset with `amp` in place of the one of its identity."""
    return replace(preset, amps=tuple(amp if other.uid == amp.uid else other for other in preset.amps))


def with_engine(document: Document, uid: int, change: Callable[[EngineSpec], EngineSpec]) -> Document:
    """The document with an engine changed. Raises KeyError where it has none of that identity."""
    preset, owner, stage, chain = find_engine(document, uid)
    chain = tuple(change(spec) if spec.uid == uid else spec for spec in chain)
    return document.with_preset(with_chain(preset, owner, stage, chain))
