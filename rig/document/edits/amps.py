"""Edits of amps: which there are, in which order, their names, keys and colours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rig.document.document import (
    AMPS,
    COLOURS,
    INPUT,
    KEYS,
    NAME,
    OUTPUT,
    Amp,
    Document,
    Preset,
    identity,
    pruned,
    with_identities,
)
from rig.document.edits.place import with_amp
from rig.errors import RigError, quoted


def new_amp(document: Document, after: int, name: str, copy: bool = False) -> tuple[Document, int]:
    """A new amp behind another: without an engine, or with copies of all of that one's. Its identity is new, too."""
    preset = document.preset_of(after)
    model = document.amp(after)
    if len(document.stage(after)) >= AMPS:
        raise RigError(f"{'a preset' if document.songs else 'a set'} has at most {AMPS} amps")
    _check_name(preset, name, None)
    new = replace(_copied(model), name=name, key=None) if copy else Amp(name, ())
    at = preset.amps.index(model) + 1
    return document.with_preset(replace(preset, amps=(*preset.amps[:at], new, *preset.amps[at:]))), new.uid


def _copied(amp: Amp) -> Amp:
    """The same amp with identities of its own."""
    fresh = {uid: identity() for uid in (amp.uid, *(spec.uid for spec in amp.chain))}
    return with_identities(Preset(Path(), "", (amp,)), fresh).amps[0]


def rename_amp(document: Document, uid: int, name: str) -> Document:
    """Another name; MIDI and scenes go on pointing at it."""
    preset = document.preset_of(uid)
    _check_name(preset, name, uid)
    return document.with_preset(with_amp(preset, replace(document.amp(uid), name=name)))


def _check_name(preset: Preset, name: str, uid: int | None) -> None:
    if not 1 <= len(name) <= NAME or not name.isprintable() or name != name.strip():
        raise RigError(f"an amp's name has 1 to {NAME} letters")
    if name.casefold() in (INPUT, OUTPUT):
        raise RigError(f"the name '{name}' is taken by the {name.casefold()} chain")
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


def colour(document: Document, uid: int, name: str) -> Document:
    """The colour of an amp on the screen, of COLOURS; "": none of its own."""
    if name and name not in COLOURS:
        raise RigError(f"no colour {quoted(name)}; there are {', '.join(COLOURS)}")
    return document.with_preset(with_amp(document.preset_of(uid), replace(document.amp(uid), colour=name)))
