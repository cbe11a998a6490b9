"""Edits: pure functions from document to document. What makes no sense is refused in one line (RigError).

Things are named by their identity here; address.py finds it in a player's words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rig.document.document import (
    AMPS,
    INPUT,
    KEYS,
    LEVEL_KNOB,
    NAME,
    ON,
    OUTPUT,
    OUTPUT_LEVEL,
    Amp,
    Chain,
    Document,
    EngineSpec,
    Preset,
    Scene,
    Target,
    identity,
    labels,
    pruned,
    with_each_engine,
    with_identities,
)
from rig.document.knobs import kind
from rig.document.scenes import applied, difference, with_scene
from rig.engine import Engine
from rig.errors import RigError

# --- knobs and files ----------------------------------------------------------------------------------------------


def turn(document: Document, at: Target, value: float, playing: int, saved: EngineSpec | None = None) -> Document:
    """Turn a knob, change a setting, switch an engine (ON), or set an amp's level.

    What a scene that is on has in its hand is turned in the scene. playing: the amp whose scene holds the ends' knobs.
    saved: the engine as its file has it: a knob at its initial is only given where the file gives it.
    """
    preset = document.preset_of(at.uid)
    amp = preset.amp(at.uid)
    if amp is not None and at.knob == LEVEL_KNOB:
        return document.with_preset(_with_amp(preset, replace(amp, level=value)))
    held = _holds(preset, at, playing)
    if held is not None:
        scene = held.active
        assert scene is not None
        turned = replace(scene, values={**scene.values, at: value})
        return document.with_preset(_with_amp(preset, with_scene(held, turned)))
    return _with_engine(document, at.uid, lambda spec: _turned(spec, at.knob, value, saved))


def _turned(spec: EngineSpec, knob: str, value: float, saved: EngineSpec | None) -> EngineSpec:
    if knob == ON:
        return replace(spec, on=bool(value))
    setting, param = kind(spec).setting(knob), kind(spec).param(knob)
    table = "settings" if setting else "params"
    found = {**getattr(spec, table), knob: value}
    initial = setting.initial if setting else param.initial if param else value
    if value == initial and not (saved and knob in getattr(saved, table)):
        del found[knob]
    return replace(spec, params=spec.params if setting else found, settings=found if setting else spec.settings)


def _holds(preset: Preset, at: Target, playing: int) -> Amp | None:
    """The amp whose scene, being on, says where this knob is to stand."""
    for amp in preset.amps:
        if amp.active and at in amp.active.values:
            own = any(spec.uid == at.uid for spec in amp.chain)
            if own or amp.uid == playing:
                return amp
    return None


def load(document: Document, uid: int, key: str, path: Path) -> Document:
    """Have an engine play another file."""
    return _with_engine(document, uid, lambda spec: replace(spec, files={**spec.files, key: path}))


def level(document: Document, db: float) -> Document:
    """How loud all is, in dB; kept within OUTPUT_LEVEL."""
    return replace(document, level=min(OUTPUT_LEVEL[1], max(OUTPUT_LEVEL[0], db)))


# --- chains -------------------------------------------------------------------------------------------------------


def insert(
    document: Document, owner: int, stage: str, before: int | None, engine: Engine, files: Mapping[str, Path]
) -> tuple[Document, int]:
    """A new engine in a chain, before another one, or at its end. Returns the document and the new one's identity.

    owner: the amp, or the preset whose input or output chain `stage` names.
    """
    if engine.branches:
        raise RigError(f"{engine.name} joins two chains of its own: write it into the preset")
    missing = [key for key in engine.files if key not in files]
    if missing:
        raise RigError(f"{engine.name} needs a file: 'insert CHAIN {engine.name} FILE'")
    preset = document.preset_of(owner)
    chain = _chain(preset, owner, stage)
    at = len(chain) if before is None else _index(chain, before)
    branch = "" if before is None else chain[at].branch
    if before is not None and not branch:
        at = _group(chain, at).start
    name = labels([*(spec.engine for spec in chain), engine.name], [*(spec.label for spec in chain), ""])[-1]
    new = EngineSpec(engine.name, files=dict(files), branch=branch, label=name)
    return document.with_preset(_with_chain(preset, owner, stage, (*chain[:at], new, *chain[at:]))), new.uid


def remove(document: Document, uid: int) -> Document:
    """Take an engine out of its chain; one that joins two branches goes with them."""
    preset, owner, stage, chain = _find(document, uid)
    at = _index(chain, uid)
    if chain[at].branch:
        group = _group(chain, next(i for i in range(at, len(chain)) if not chain[i].branch))
        if len(group) == 2:
            joint = chain[group[-1]].label
            raise RigError(f"{joint} would have nothing to mix: remove {joint}")
        gone = range(at, at + 1)
    else:
        gone = _group(chain, at)
    left = tuple(spec for i, spec in enumerate(chain) if i not in gone)
    return document.with_preset(pruned(_with_chain(preset, owner, stage, left)))


def move(document: Document, uid: int, by: int) -> Document:
    """Move an engine by so many places towards the end of its chain or branch (by < 0: the beginning)."""
    preset, owner, stage, chain = _find(document, uid)
    at = _index(chain, uid)
    groups = _siblings(chain, at)
    here = next(i for i, group in enumerate(groups) if at in group)
    there = min(len(groups) - 1, max(0, here + by))
    if there == here:
        raise RigError(f"{chain[at].label} is the {'last' if by > 0 else 'first'} already")
    first, last = groups[0].start, groups[-1].stop
    groups.insert(there, groups.pop(here))
    middle = tuple(chain[i] for group in groups for i in group)
    return document.with_preset(_with_chain(preset, owner, stage, (*chain[:first], *middle, *chain[last:])))


def _siblings(chain: Chain, at: int) -> list[range]:
    """Among what an engine can be moved: those of its branch, one by one; in the trunk each with its branches."""
    side = chain[at].branch
    if not side:
        return [_group(chain, i) for i, spec in enumerate(chain) if not spec.branch]
    first = last = at
    while first > 0 and chain[first - 1].branch == side:
        first -= 1
    while chain[last].branch == side:
        last += 1
    return [range(i, i + 1) for i in range(first, last)]


def _group(chain: Chain, at: int) -> range:
    """An engine of the trunk with the branches that it joins."""
    first = at
    while first > 0 and chain[first - 1].branch:
        first -= 1
    return range(first, at + 1)


# --- amps ---------------------------------------------------------------------------------------------------------


def new_amp(document: Document, after: int, name: str, copy: bool = False) -> tuple[Document, int]:
    """A new amp behind another: without an engine, or with copies of all of that one's. Its identity is new, too."""
    preset = document.preset_of(after)
    model = document.amp(after)
    if len(document.amps) >= AMPS:
        raise RigError(f"a set has at most {AMPS} amps")
    _check_name(preset, name, None)
    new = replace(_copied(model), name=name, key=None) if copy else Amp(name, ())
    at = preset.amps.index(model) + 1
    return document.with_preset(replace(preset, amps=(*preset.amps[:at], new, *preset.amps[at:]))), new.uid


def _copied(amp: Amp) -> Amp:
    """The same amp with identities of its own."""
    fresh = {uid: identity() for uid in (amp.uid, *(spec.uid for spec in amp.chain))}
    return with_identities(Preset(Path(), "", (amp,)), fresh).amps[0]


def free_name(preset: Preset, name: str) -> str:
    """A name that no amp of the preset has: "Crunch 2"."""
    taken = {amp.name.casefold() for amp in preset.amps}
    numbers = (f"{name[: NAME - 3]} {number}" for number in range(2, AMPS + 3))
    return next(found for found in numbers if found.casefold() not in taken)


def rename_amp(document: Document, uid: int, name: str) -> Document:
    """Another name; MIDI and scenes go on pointing at it."""
    preset = document.preset_of(uid)
    _check_name(preset, name, uid)
    return document.with_preset(_with_amp(preset, replace(document.amp(uid), name=name)))


def _check_name(preset: Preset, name: str, uid: int | None) -> None:
    if not 1 <= len(name) <= NAME or not name.isprintable() or name != name.strip():
        raise RigError(f"an amp's name has 1 to {NAME} letters")
    if name in (INPUT, OUTPUT):
        raise RigError(f"the name '{name}' is taken by the {name} chain")
    if any(amp.name.casefold() == name.casefold() and amp.uid != uid for amp in preset.amps):
        raise RigError(f"{preset.name} has an amp called '{name}' already")


def delete_amp(document: Document, uid: int) -> Document:
    """Take an amp away, and the MIDI programs that pick it."""
    preset = document.preset_of(uid)
    if len(preset.amps) == 1:
        raise RigError(f"{document.amp(uid).name} is the only amp of {preset.name}; a preset needs one")
    left = replace(preset, amps=tuple(amp for amp in preset.amps if amp.uid != uid))
    return document.with_preset(pruned(left))


def move_amp(document: Document, uid: int, by: int) -> Document:
    """Move an amp by so many places within its preset."""
    preset = document.preset_of(uid)
    amps = list(preset.amps)
    here = next(i for i, amp in enumerate(amps) if amp.uid == uid)
    there = min(len(amps) - 1, max(0, here + by))
    if here == there:
        raise RigError(f"{amps[here].name} is the {'last' if by > 0 else 'first'} amp of {preset.name} already")
    amps.insert(there, amps.pop(here))
    return document.with_preset(replace(preset, amps=tuple(amps)))


def key(document: Document, uid: int, digit: str | None) -> Document:
    """The key that picks an amp; None: the next one that is free. Another amp of the preset that has it loses it."""
    if digit is not None and (len(digit) != 1 or digit not in KEYS):
        raise RigError(f"key: '{digit[:20]}' is none of 1 to 9")
    preset = document.preset_of(uid)
    amps = (
        replace(amp, key=digit) if amp.uid == uid else replace(amp, key=None) if digit and amp.key == digit else amp
        for amp in preset.amps
    )
    return document.with_preset(replace(preset, amps=tuple(amps)))


# --- scenes -------------------------------------------------------------------------------------------------------


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
    same = next((scene.name for scene in amp.scenes if scene.name.casefold() == name.casefold()), name)
    preset = _as_saved(preset, saved, found)
    was = saved.amp(uid)
    stored = with_scene(document.amp(uid), Scene(same, db, found))
    chain = (preset.amp(uid) or amp).chain
    new = replace(stored, chain=chain, scene=same, level=was.level if was else amp.level)
    return document.with_preset(_with_amp(preset, new))


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
    return document.with_preset(_with_amp(preset, replace(document.amp(uid), scene=name)))


def delete_scene(document: Document, uid: int, name: str) -> Document:
    """Take a scene away, and the MIDI programs that pick it."""
    preset, amp = document.preset_of(uid), document.amp(uid)
    scenes = tuple(scene for scene in amp.scenes if scene.name != name)
    amp = replace(amp, scenes=scenes, scene="" if amp.scene == name else amp.scene)
    return document.with_preset(pruned(_with_amp(preset, amp)))


# --- how all of them are done -------------------------------------------------------------------------------------


def _find(document: Document, uid: int) -> tuple[Preset, int, str, Chain]:
    """The preset, the owner, the stage and the chain in which an engine stands."""
    preset = document.preset_of(uid)
    for owner, stage, chain in preset.chains():
        if any(spec.uid == uid for spec in chain):
            return preset, owner, stage, chain
    raise KeyError(uid)


def _index(chain: Sequence[EngineSpec], uid: int) -> int:
    return next(i for i, spec in enumerate(chain) if spec.uid == uid)


def _chain(preset: Preset, owner: int, stage: str) -> Chain:
    return next(chain for uid, name, chain in preset.chains() if (uid, name) == (owner, stage))


def _with_chain(preset: Preset, owner: int, stage: str, chain: Chain) -> Preset:
    if stage == INPUT:
        return replace(preset, input=chain)
    if stage == OUTPUT:
        return replace(preset, output=chain)
    amp = preset.amp(owner)
    assert amp is not None
    return _with_amp(preset, replace(amp, chain=chain))


def _with_amp(preset: Preset, amp: Amp) -> Preset:
    return replace(preset, amps=tuple(amp if other.uid == amp.uid else other for other in preset.amps))


def _with_engine(document: Document, uid: int, change: Callable[[EngineSpec], EngineSpec]) -> Document:
    preset, owner, stage, chain = _find(document, uid)
    chain = tuple(change(spec) if spec.uid == uid else spec for spec in chain)
    return document.with_preset(_with_chain(preset, owner, stage, chain))
