"""What is not saved, in a few words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rig.document.document import INPUT, OUTPUT, Preset

if TYPE_CHECKING:
    from rig.gig.gig import Gig


@dataclass(frozen=True)
class Unsaved:
    """A file to be written. about: what of it: "Crunch, output". elsewhere: somebody else has changed it meanwhile."""

    name: str
    about: str
    elsewhere: bool


def unsaved(gig: Gig) -> tuple[Unsaved, ...]:
    """The presets that differ from their files, and the set."""
    return tuple(_unsaved(gig))


def _unsaved(gig: Gig) -> Iterator[Unsaved]:
    saved = {preset.uid: preset for preset in gig.history.saved}
    for preset in gig.history.unsaved():
        elsewhere = gig.files[preset.uid].changed_elsewhere()
        yield Unsaved(preset.path.name, ", ".join(differing(saved[preset.uid], preset)), elsewhere)
    songs = gig.set_list
    if songs.file and songs.unsaved:
        yield Unsaved(songs.file.path.name, "its songs", songs.file.changed_elsewhere())


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
