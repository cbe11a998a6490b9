"""What is corrected in a document without anybody having asked for it: an edit that turned out not to be possible."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from rig.document.document import Document, EngineSpec, Preset, pruned, with_each_engine


def taken_back(preset: Preset, spec: EngineSpec, old: EngineSpec | None) -> Preset:
    """Where an engine is wanted as `spec`, which cannot be built, it is wanted as it plays: as `old`, or gone."""

    def back(here: EngineSpec) -> EngineSpec | None:
        if here.uid != spec.uid or remade(spec, here):
            return here
        return replace(here, files=old.files, settings=old.settings) if old else None

    changed = with_each_engine(preset, back)
    return preset if changed is preset else pruned(changed)


def without_idle(preset: Preset, playing: Collection[EngineSpec], idle: Mapping[int, frozenset[str]]) -> Preset:
    """Without the knobs that are given and do nothing, where engines are wanted as they are in `playing`.

    idle: by the engines' identities.
    """
    there = {spec.uid: spec for spec in playing}

    def less(here: EngineSpec) -> EngineSpec:
        names = idle.get(here.uid, frozenset())
        if not names or remade(there[here.uid], here):
            return here
        params = {name: value for name, value in here.params.items() if name not in names}
        settings = {name: value for name, value in here.settings.items() if name not in names}
        return replace(here, params=params, settings=settings)

    return with_each_engine(preset, less)


def remade(old: EngineSpec, new: EngineSpec) -> bool:
    """Whether an engine plays another file, or by other settings."""
    return (old.engine, old.files, old.settings) != (new.engine, new.files, new.settings)


def each_preset(document: Document, change: Callable[[Preset], Preset]) -> Document:
    """A document with each of its presets changed; the very same where none is."""
    presets = tuple(map(change, document.presets))
    if all(a is b for a, b in zip(presets, document.presets, strict=True)):
        return document
    return replace(document, presets=presets)


def at_path(document: Document, uid: int, path: Path) -> Document:
    """A document with one of its presets in another file."""
    return each_preset(document, lambda preset: replace(preset, path=path) if preset.uid == uid else preset)
