"""Edits: pure functions from document to document. What makes no sense is refused in one line (RigError).

Things are named by their identity here; address.py finds it in a player's words.
"""

from rig.document.edits.amps import colour, delete_amp, key, move_amp, new_amp, rename_amp
from rig.document.edits.engines import (
    a4,
    boost,
    follow,
    insert,
    level,
    load,
    metronome,
    move,
    remove,
    tempo,
    tuning,
    turn,
    unload,
)
from rig.document.edits.pedals import bind, wiring
from rig.document.edits.scenes import delete_scene, morph, recall_scene, revert_scene, store_scene
from rig.document.edits.songs import move_song, new_song, remove_song, skip_song, song_tempo

__all__ = [
    "a4",
    "bind",
    "boost",
    "colour",
    "delete_amp",
    "delete_scene",
    "follow",
    "insert",
    "key",
    "level",
    "load",
    "metronome",
    "morph",
    "move",
    "move_amp",
    "move_song",
    "new_amp",
    "new_song",
    "recall_scene",
    "remove",
    "remove_song",
    "rename_amp",
    "revert_scene",
    "skip_song",
    "song_tempo",
    "store_scene",
    "tempo",
    "tuning",
    "turn",
    "unload",
    "wiring",
]
