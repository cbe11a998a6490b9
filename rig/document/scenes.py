"""Scenes: what is to be heard while one is on, and how one is made of what has been turned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rig.document.document import LEVEL, LEVEL_KNOB, ON, Amp, Chain, Document, EngineSpec, Preset, Scene, Target
from rig.document.knobs import AMP_LEVEL, kind, on_the_way, stands
from rig.engine import Param


def applied(document: Document, playing: int) -> Document:
    """The document as it is to sound while an amp (its identity) plays: with the scenes that are on laid over it.

    A scene's knobs of the input and output chains count while its amp plays.
    """
    for preset in document.presets:
        if any(amp.scene or amp.between for amp in preset.amps):
            document = document.with_preset(_applied(preset, playing))
    return document


def _applied(preset: Preset, playing: int) -> Preset:
    amps = []
    before = preset
    for amp in preset.amps:
        db, values = heard(before, amp)
        if db or values:
            amp = replace(amp, chain=laid_over(amp.chain, values), level=loud(amp.level + db))
            if amp.uid == playing:
                first, last = (laid_over(chain, values) for chain in (preset.input, preset.output))
                preset = replace(preset, input=first, output=last)
        amps.append(amp)
    return replace(preset, amps=tuple(amps))


def loud(db: float) -> float:
    """Kept within what an amp's level can be."""
    return min(LEVEL[1], max(LEVEL[0], db))


def heard(preset: Preset, amp: Amp) -> tuple[float, Mapping[Target, float]]:
    """What an amp's scene lays over its preset, or where it stands between two: dB on top of its level, and knobs."""
    way = amp.between
    if way is None or not (amp.has_scene(way.heel) and amp.has_scene(way.toe)):
        scene = amp.active or Scene("")
        return scene.level, scene.values
    heel, toe = (scene_of(amp, name) for name in (way.heel, way.toe))
    db = on_the_way(AMP_LEVEL, heel.level, toe.level, way.place, way.curve)
    values = {
        at: on_the_way(param, start, end, way.place, way.curve)
        for at, param, start, end in way_between(preset, amp, heel, toe)
        if at not in way.turned
    }
    nearer = amp.active.values if amp.active else {}
    return db, values | {at: nearer[at] for at in way.turned if at in nearer}


def scene_of(amp: Amp, name: str) -> Scene:
    """A scene of an amp by its name; "": one that changes nothing."""
    return next((scene for scene in amp.scenes if scene.name == name), Scene(""))


def way_between(
    preset: Preset, amp: Amp, heel: Scene, toe: Scene
) -> Iterator[tuple[Target, Param | None, float, float]]:
    """Every knob that one of two scenes has in its hand, and where it stands in both; a switch has no Param."""
    specs = {spec.uid: spec for spec in (*preset.input, *amp.chain, *preset.output)}
    for at in dict.fromkeys((*heel.values, *toe.values)):
        spec = specs.get(at.uid)
        if spec is not None:
            stand = stands(spec, at.knob)
            param = None if at.knob == ON else kind(spec).param(at.knob)
            yield at, param, heel.values.get(at, stand), toe.values.get(at, stand)


def laid_over(chain: Chain, values: Mapping[Target, float]) -> Chain:
    """A chain with some knobs elsewhere; the very same chain where none of them is its own."""
    uids = {target.uid for target in values}
    if uids.isdisjoint(spec.uid for spec in chain):
        return chain
    return tuple(_set(spec, values) if spec.uid in uids else spec for spec in chain)


def _set(spec: EngineSpec, values: Mapping[Target, float]) -> EngineSpec:
    mine = {target.knob: value for target, value in values.items() if target.uid == spec.uid}
    on = bool(mine.pop(ON, spec.on))
    return replace(spec, on=on, params={**spec.params, **mine})


def difference(before: Preset, now: Preset, amp: int) -> dict[Target, float]:
    """Knobs, switches and the level of an amp and of the ends in `now`, as far as they stand elsewhere in `before`.

    Engines that only one of the two has are no part of it. The level is by how many dB it differs.
    """
    olds = {spec.uid: spec for spec in _heard(before, amp)}
    found: dict[Target, float] = {}
    for spec in _heard(now, amp):
        old = olds.get(spec.uid)
        if old is not None:
            names = (ON, *dict.fromkeys((*old.params, *spec.params)))
            found |= {Target(spec.uid, n): stands(spec, n) for n in names if stands(old, n) != stands(spec, n)}
    was, is_now = before.amp(amp), now.amp(amp)
    if was and is_now and was.level != is_now.level:
        found[Target(amp, LEVEL_KNOB)] = is_now.level - was.level
    return found


def _heard(preset: Preset, amp: int) -> Chain:
    found = preset.amp(amp)
    return (*preset.input, *(found.chain if found else ()), *preset.output)


def with_scene(amp: Amp, scene: Scene) -> Amp:
    """An amp with a scene in place of its one of that name, or behind the others."""
    names = [other.name for other in amp.scenes]
    if scene.name in names:
        scenes = tuple(scene if other.name == scene.name else other for other in amp.scenes)
    else:
        scenes = (*amp.scenes, scene)
    return replace(amp, scenes=scenes)
