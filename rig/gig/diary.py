"""What was heard when: which preset stood how, and which of its amps played, at which frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rig.document.document import Preset

RUN_SECONDS = 1.0  # a knob that is turned again sooner is still being turned
MOST = 200  # changes that are written down; of more, the earliest are not


@dataclass(frozen=True)
class Sound:
    """All that decides what a guitar sounds like, but what rings.

    amp: its identity. level: dB. open: neither muted nor tuned.
    """

    preset: Preset
    amp: int
    level: float = 0.0
    bypassed: bool = False
    open: bool = True

    @property
    def called(self) -> str:
        """What `--amp` takes: "Lead:Solo"; its number where a preset has two of a name."""
        amp = self.preset.amp(self.amp)
        assert amp, "it is one of the preset's"
        names = [other.name.casefold() for other in self.preset.amps]
        known = names.count(amp.name.casefold()) == 1 and ":" not in amp.name
        name = amp.name if known else str([other.uid for other in self.preset.amps].index(self.amp) + 1)
        return f"{name}:{amp.scene}" if amp.scene else name


@dataclass(frozen=True)
class Entry:
    """From that frame on it sounds so."""

    frame: int
    sound: Sound


class Diary:
    """Notes what changes, and forgets what nobody can ask for any more."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def note(self, frame: int, sound: Sound, oldest: int = 0) -> None:
        """From `frame` on it sounds so. oldest: the frame before which nothing is kept."""
        while len(self._entries) > 1 and self._entries[1].frame <= oldest:
            del self._entries[0]
        last = self._entries[-1] if self._entries else None
        if last and last.sound == sound:
            return
        if last and last.frame >= frame:
            self._entries[-1] = Entry(last.frame, sound)
        else:
            self._entries.append(Entry(frame, sound))

    def between(self, start: int, end: int, rate: int) -> tuple[Entry, ...]:
        """What was heard from frame to frame, the first at `start`. What was turned in one go is one change."""
        inside = [entry for entry in self._entries if entry.frame < end]
        before = [entry for entry in inside if entry.frame <= start][-1:]
        entries = [replace(entry, frame=start) for entry in before] + [e for e in inside if e.frame > start]
        return tuple(_joined(entries, int(RUN_SECONDS * rate))[-MOST:])


def _joined(entries: Sequence[Entry], frames: int) -> list[Entry]:
    """Without those that another of the same amp follows so soon, in which nothing but knobs stand elsewhere."""
    kept: list[Entry] = []
    for entry in entries:
        last = kept[-1] if kept else None
        turned = last and len(kept) > 1 and entry.frame - last.frame < frames and _alike(last.sound, entry.sound)
        if turned:
            kept.pop()
        kept.append(entry)
    return kept


def _alike(a: Sound, b: Sound) -> bool:
    """Whether knobs alone make the difference."""
    same = (a.amp, a.bypassed, a.open) == (b.amp, b.bypassed, b.open) and a.preset.uid == b.preset.uid
    return same and _made(a.preset) == _made(b.preset)


def _made(preset: Preset) -> object:
    """What of a preset takes a build."""
    return [
        (uid, stage, [(spec.uid, spec.engine, spec.files, spec.settings, spec.on) for spec in chain])
        for uid, stage, chain in preset.chains()
    ]
