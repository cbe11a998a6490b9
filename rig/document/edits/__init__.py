"""Edits: pure functions from document to document. What makes no sense is refused in one line (RigError).

Things are named by their identity here; address.py finds it in a player's words.
"""

from rig.document.edits.amps import delete_amp, key, move_amp, new_amp, rename_amp
from rig.document.edits.engines import a4, insert, level, load, move, remove, tempo, tuning, turn, unload
from rig.document.edits.scenes import delete_scene, recall_scene, store_scene

__all__ = [
    "a4",
    "delete_amp",
    "delete_scene",
    "insert",
    "key",
    "level",
    "load",
    "move",
    "move_amp",
    "new_amp",
    "recall_scene",
    "remove",
    "rename_amp",
    "store_scene",
    "tempo",
    "tuning",
    "turn",
    "unload",
]
