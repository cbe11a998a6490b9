"""What is not saved, in a few words."""

from __future__ import annotations

from rig.document.document import INPUT, OUTPUT, Preset
from rig.gig.gig import Gig


def unsaved(gig: Gig) -> list[str]:
    """A line for each preset that differs from its file, "blues.toml: Crunch, output", and for the set."""
    saved = {preset.uid: preset for preset in gig.history.saved}
    changed = gig.history.unsaved()
    lines = [f"{preset.path.name}: {', '.join(differing(saved[preset.uid], preset))}" for preset in changed]
    songs = gig.set_list
    return [*lines, f"{songs.file.path.name}: its songs"] if songs.file and songs.unsaved else lines


def differing(saved: Preset, now: Preset) -> list[str]:
    """Which of its amps and chains are others now, came, or went."""
    olds = {amp.uid: amp for amp in saved.amps}
    found = [name for name in (INPUT, OUTPUT) if getattr(saved, name) != getattr(now, name)]
    for amp in now.amps:
        old = olds.pop(amp.uid, None)
        if old is None:
            found.append(f"{amp.name} (new)")
        elif old != amp:
            found.append(amp.name if amp.name == old.name else f"{amp.name} (was {old.name})")
    found += [f"{amp.name} (deleted)" for amp in olds.values()]
    return found or ["the order of its amps" if saved.amps != now.amps else "its settings"]


def on_disk(gig: Gig) -> list[str]:
    """The files to be saved that somebody else has written since."""
    files = (gig.files[preset.uid] for preset in gig.history.unsaved())
    found = [file.path.name for file in files if file.changed_elsewhere()]
    songs = gig.set_list
    mine = songs.file if songs.unsaved else None
    return [*found, mine.path.name] if mine and mine.changed_elsewhere() else found
