"""Edits of what MIDI is bound to, and of wires."""

from __future__ import annotations

from dataclasses import replace

from rig.document.document import Binding, Document, Wiring


def bind(document: Document, uid: int, key: str, number: int, binding: Binding) -> Document:
    """Have a controller ("cc"), a note ("note") or the pitch wheel ("wheel") of a preset do something else."""
    preset = document.preset_of(uid)
    midi = preset.midi
    if key == "wheel":
        midi = replace(midi, wheel=binding)
    elif key == "cc":
        midi = replace(midi, cc={**midi.cc, number: binding})
    else:
        midi = replace(midi, note={**midi.note, number: binding})
    return document.with_preset(replace(preset, midi=midi))


def wiring(document: Document, uid: int, wires: Wiring) -> Document:
    """Have a preset be wired otherwise."""
    return document.with_preset(replace(document.preset_of(uid), jack=wires))
