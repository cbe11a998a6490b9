"""Edits of scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rig.document.document import (
    LEVEL_KNOB,
    NAME,
    ON,
    SCENES,
    Between,
    Document,
    EngineSpec,
    Preset,
    Scene,
    Target,
    pruned,
    with_each_engine,
)
from rig.document.edits.place import with_amp
from rig.document.knobs import FLIPS
from rig.document.scenes import applied, difference, with_scene
from rig.errors import RigError


def store_scene(document: Document, uid: int, name: str, saved: Preset) -> Document:
    """What an amp's knobs are turned to, other than in its preset as saved, becomes a scene, which is on.

    The amp itself, and the ends, are as saved again. Raises RigError where nothing differs.
    """
    amp = document.amp(uid)
    if not 1 <= len(name) <= NAME or not name.isprintable() or name != name.strip():
        raise RigError(f"a scene's name has 1 to {NAME} letters")
    preset = document.preset_of(uid)
    found = difference(saved, applied(document, uid).preset_of(uid), uid)
    db = found.pop(Target(uid, LEVEL_KNOB), 0.0)
    if not found and not db:
        raise RigError(f"{amp.name} sounds as it is saved: turn something first, then store it as a scene")
    old = next((scene for scene in amp.scenes if scene.name.casefold() == name.casefold()), None)
    if old is None and len(amp.scenes) >= SCENES:
        raise RigError(f"an amp has at most {SCENES} scenes")
    old = old or Scene(name)
    preset = _as_saved(preset, saved, found)
    was = saved.amp(uid)
    stored = with_scene(document.amp(uid), replace(old, level=db, values=found))
    chain = (preset.amp(uid) or amp).chain
    new = replace(stored, chain=chain, scene=old.name, between=None, level=was.level if was else amp.level)
    return document.with_preset(with_amp(preset, new))


def _as_saved(preset: Preset, saved: Preset, values: Mapping[Target, float]) -> Preset:
    """The preset with these knobs as they were saved."""
    olds = {spec.uid: spec for spec in saved.engines()}

    def back(spec: EngineSpec) -> EngineSpec:
        names = {at.knob for at in values if at.uid == spec.uid}
        if not names:
            return spec
        old = olds[spec.uid]
        params = {k: v for k, v in spec.params.items() if k not in names}
        params |= {k: v for k, v in old.params.items() if k in names}
        return replace(spec, on=old.on if ON in names else spec.on, params=params)

    return with_each_engine(preset, back)


def recall_scene(document: Document, uid: int, name: str) -> Document:
    """Put a scene on, or with "" none."""
    preset = document.preset_of(uid)
    return document.with_preset(with_amp(preset, replace(document.amp(uid), scene=name, between=None)))


def morph(document: Document, uid: int, between: Between) -> Document:
    """Put an amp between two of its scenes; the nearer one is on."""
    name = between.toe if between.place >= FLIPS else between.heel
    amp = replace(document.amp(uid), scene=name, between=between)
    return document.with_preset(with_amp(document.preset_of(uid), amp))


def revert_scene(document: Document, uid: int, saved: Preset) -> Document:
    """An amp is left: the scene that is on is as its preset's file has it; one that was never saved stays as it is."""
    amp, was = document.amp(uid), saved.amp(uid)
    old = next((scene for scene in was.scenes if scene.name == amp.scene), None) if was else None
    if old is None or old == amp.active:
        return document
    return document.with_preset(with_amp(document.preset_of(uid), with_scene(amp, old)))


def delete_scene(document: Document, uid: int, name: str) -> Document:
    """Take a scene away, and the MIDI programs that pick it."""
    preset, amp = document.preset_of(uid), document.amp(uid)
    scenes = tuple(scene for scene in amp.scenes if scene.name != name)
    amp = replace(amp, scenes=scenes, scene="" if amp.scene == name else amp.scene)
    return document.with_preset(pruned(with_amp(preset, amp)))
