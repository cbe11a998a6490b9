"""Edits of engines: knobs, files, and which stand in a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rig.document.document import (
    BAR,
    BOOST,
    CLICK_LEVEL,
    ENGINES,
    LEVEL_KNOB,
    ON,
    OUTPUT_LEVEL,
    TEMPO,
    Amp,
    Chain,
    Document,
    EngineSpec,
    Metronome,
    Preset,
    Target,
    labels,
    pruned,
)
from rig.document.edits.place import chain_of, find_engine, index_of, with_amp, with_chain, with_engine
from rig.document.knobs import kind
from rig.document.scenes import with_scene
from rig.document.tunings import A4_RANGE, spelt
from rig.engine import Engine
from rig.errors import RigError


def turn(document: Document, at: Target, value: float, playing: int, saved: EngineSpec | None = None) -> Document:
    """Turn a knob, change a setting, switch an engine (ON), or set an amp's level.

    What a scene that is on has in its hand is turned in the scene. playing: the amp whose scene holds the ends' knobs.
    saved: the engine as its file has it: a knob at its initial is only given where the file gives it.
    """
    preset = document.preset_of(at.uid)
    amp = preset.amp(at.uid)
    if amp is not None and at.knob == LEVEL_KNOB:
        return document.with_preset(with_amp(preset, replace(amp, level=value)))
    held = _holds(preset, at, playing)
    if held is not None:
        scene = held.active
        assert scene is not None
        turned = replace(scene, values={**scene.values, at: value})
        document = document.with_preset(with_amp(preset, with_scene(held, turned)))
    else:
        document = with_engine(document, at.uid, lambda spec: _turned(spec, at.knob, value, saved))
    return _off_the_way(document, at)


def _off_the_way(document: Document, at: Target) -> Document:
    """A knob that was turned stands there, and no more on the way between two scenes, until that goes on."""
    preset = document.preset_of(at.uid)
    for amp in preset.amps:
        way = amp.between
        if way and at not in way.turned:
            amp = replace(amp, between=way._replace(turned=(*way.turned, at)))
            document = document.with_preset(with_amp(document.preset_of(amp.uid), amp))
    return document


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
    return with_engine(document, uid, lambda spec: replace(spec, files={**spec.files, key: path}))


def unload(document: Document, uid: int, key: str) -> Document:
    """Have an engine do without a file that it need not have. Raises RigError."""
    chain = find_engine(document, uid)[3]
    spec = chain[index_of(chain, uid)]
    if key not in kind(spec).optional:
        raise RigError(f"{spec.label} cannot do without its {key}")
    if key not in spec.files:
        raise RigError(f"{spec.label} has no {key}")
    left = {name: path for name, path in spec.files.items() if name != key}
    return with_engine(document, uid, lambda spec: replace(spec, files=left))


def level(document: Document, db: float) -> Document:
    """How loud all is, in dB; kept within OUTPUT_LEVEL."""
    return replace(document, level=min(OUTPUT_LEVEL[1], max(OUTPUT_LEVEL[0], db)))


def tempo(document: Document, uid: int, bpm: float) -> Document:
    """How fast a preset's songs are, in beats a minute; kept within TEMPO."""
    preset = document.preset_of(uid)
    return document.with_preset(replace(preset, tempo=min(TEMPO[1], max(TEMPO[0], bpm))))


def boost(document: Document, uid: int, db: float) -> Document:
    """By how many dB a preset's solos are louder; kept within BOOST."""
    preset = document.preset_of(uid)
    return document.with_preset(replace(preset, boost=min(BOOST[1], max(BOOST[0], db))))


def tuning(document: Document, uid: int, text: str) -> Document:
    """How a preset's guitar is tuned, see tunings.py; "" or "chromatic": nobody says. Raises RigError."""
    preset = document.preset_of(uid)
    return document.with_preset(replace(preset, tuning=(spelt(text) or None) if text != "chromatic" else None))


def a4(document: Document, uid: int, hz: float) -> Document:
    """What a preset's guitar is tuned to, in Hz; kept within A4_RANGE."""
    preset = document.preset_of(uid)
    return document.with_preset(replace(preset, a4=min(A4_RANGE[1], max(A4_RANGE[0], hz))))


def follow(document: Document, uid: int, whom: str) -> Document:
    """Whose time a preset's songs go by: of FOLLOW, or "" for its own tempo."""
    return document.with_preset(replace(document.preset_of(uid), follow=whom))


def metronome(document: Document, uid: int, settings: Metronome) -> Document:
    """A preset's metronome, its numbers kept within BAR and CLICK_LEVEL."""
    beats, level = min(BAR[1], max(BAR[0], settings.beats)), min(CLICK_LEVEL[1], max(CLICK_LEVEL[0], settings.level))
    preset = document.preset_of(uid)
    return document.with_preset(replace(preset, metronome=replace(settings, beats=beats, level=level)))


def insert(
    document: Document, owner: int, stage: str, before: int | None, engine: Engine, files: Mapping[str, Path]
) -> tuple[Document, int]:
    """A new engine in a chain, before another one, or at its end. Returns the document and the new one's identity.

    owner: the amp, or the preset whose input or output chain `stage` names.
    """
    if engine.plugin:
        raise RigError(f"{engine.name} runs a plug-in: 'insert CHAIN {engine.name} URI'; rig engines --lv2 lists them")
    if engine.branches:
        raise RigError(f"{engine.name} joins two chains of its own: write it into the preset")
    missing = [key for key in engine.files if key not in files]
    if missing:
        raise RigError(f"{engine.name} needs a file: 'insert CHAIN {engine.name} FILE'")
    preset = document.preset_of(owner)
    chain = chain_of(preset, owner, stage)
    at = len(chain) if before is None else index_of(chain, before)
    branch = "" if before is None else chain[at].branch
    if before is not None and not branch:
        at = _group(chain, at).start
    if len(chain) >= ENGINES:
        raise RigError(f"a chain has at most {ENGINES} engines")
    name = labels([*(spec.engine for spec in chain), engine.name], [*(spec.label for spec in chain), ""])[-1]
    new = EngineSpec(engine.name, files=dict(files), branch=branch, label=name)
    return document.with_preset(with_chain(preset, owner, stage, (*chain[:at], new, *chain[at:]))), new.uid


def remove(document: Document, uid: int) -> Document:
    """Take an engine out of its chain; one that joins two branches goes with them."""
    preset, owner, stage, chain = find_engine(document, uid)
    at = index_of(chain, uid)
    if chain[at].branch:
        group = _group(chain, next(i for i in range(at, len(chain)) if not chain[i].branch))
        if len(group) == 2:
            joint = chain[group[-1]].label
            raise RigError(f"{joint} would have nothing to mix: remove {joint}")
        gone = range(at, at + 1)
    else:
        gone = _group(chain, at)
    left = tuple(spec for i, spec in enumerate(chain) if i not in gone)
    return document.with_preset(pruned(with_chain(preset, owner, stage, left)))


def move(document: Document, uid: int, by: int) -> Document:
    """Move an engine by so many places towards the end of its chain or branch (by < 0: the beginning)."""
    preset, owner, stage, chain = find_engine(document, uid)
    at = index_of(chain, uid)
    groups = _siblings(chain, at)
    here = next(i for i, group in enumerate(groups) if at in group)
    there = min(len(groups) - 1, max(0, here + by))
    if there == here:
        raise RigError(f"{chain[at].label} is the {'last' if by > 0 else 'first'} already")
    first, last = groups[0].start, groups[-1].stop
    groups.insert(there, groups.pop(here))
    middle = tuple(chain[i] for group in groups for i in group)
    return document.with_preset(with_chain(preset, owner, stage, (*chain[:first], *middle, *chain[last:])))


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
