"""What engines remember beside their knobs goes into files beside their presets, when those are saved."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from rig.document.document import Document, EngineSpec, Preset
from rig.document.edits.place import with_engine
from rig.document.knobs import kind
from rig.engine import STATE
from rig.files import write
from rig.gig.reconciler import Reconciler
from rig.shipped import own_copy


def remembering(document: Document, playing: Reconciler) -> tuple[Document, tuple[Path, ...]]:
    """A document whose engines name what they have learnt since they were made, and the files, which are written.

    Raises RigError where one cannot be.
    """
    written: list[Path] = []
    for place in tuple(playing.places()):
        found = playing.chain(place)
        for i, spec in enumerate(found[0].engines if found else ()):
            learnt = kind(spec).remembered
            if found is None or learnt is None or not _stands(document, spec):
                continue
            path = _file(document.preset_of(spec.uid), spec)
            if text := learnt(found[1], i, path):
                write(path, text)
                written.append(path)
                document = with_engine(document, spec.uid, partial(_naming, path=path))
    return document, tuple(written)


def _stands(document: Document, spec: EngineSpec) -> bool:
    return any(other.uid == spec.uid for preset in document.presets for other in preset.engines())


def _naming(spec: EngineSpec, path: Path) -> EngineSpec:
    return replace(spec, files={**spec.files, STATE: path})


def _file(preset: Preset, spec: EngineSpec) -> Path:
    """Beside the preset, where no other engine has it: there, wherever a link of that name would lead."""
    beside = own_copy(preset.path) or preset.path
    beside = beside.parent.resolve() / beside.name
    taken = {other.files.get(STATE) for other in preset.engines() if other.uid != spec.uid}
    number, name = 1, f"{beside.stem}-{spec.label}"
    while (path := beside.with_name(f"{name}{'' if number == 1 else number}.state")) in taken:
        number += 1
    return path
