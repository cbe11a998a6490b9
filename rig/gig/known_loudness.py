"""How loud amps are, as it was measured before the gig: kept, so that the screen marks those that stand out.

It is not measured while one plays: what is heard then tells as much of the hand as of the amp, and what plays amps
beside the music takes the time that the music may need. `rig check` measures them all with the same take.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median

from rig import cache
from rig.document.document import Amp, Chain, Document, Preset
from rig.document.scenes import laid_over
from rig.files import Stamp

KEPT = "loudness"
MOST = 4000
"""Amps and scenes of which it is kept, the latest."""

OUT = 2.0
"""LU, that an amp is louder or softer than the others before it is called out: what --match leaves is far below it."""


EVEN = frozenset(
    ("cab", "chorus", "dc", "delay", "eq", "flanger", "gain", "pan", "peq", "phaser", "reverb", "tremolo", "volume")
)
"""Engines out of which a dB more comes where a dB more goes in."""


def key(preset: Preset, amp: Amp) -> str:
    """What the loudness of an amp with the scene that is on hangs on: the chains with their files as they are; its
    level only where what stands behind the amps bends it, as a compressor does.
    """
    scene = amp.active
    values = scene.values if scene else {}
    chains = (laid_over(chain, values) for chain in (preset.input, amp.chain, preset.output))
    bent = any(spec.on and spec.engine not in EVEN for spec in preset.output)
    told = repr((preset.dbu, preset.tempo, level(amp) if bent else None, [_told(chain) for chain in chains]))
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _told(chain: Chain) -> list[tuple[object, ...]]:
    return [(s.engine, s.branch, s.on, *map(_sorted, (s.params, s.settings)), _files(s.files)) for s in chain]


def _sorted(values: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items())


def _files(files: Mapping[str, Path]) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for name, path in sorted(files.items()):
        with contextlib.suppress(OSError):
            stat = path.stat()
            found.append((name, str(path.absolute()), stat.st_size, stat.st_mtime_ns))
    return found


def level(amp: Amp) -> float:
    """dB, of the amp and the scene that is on."""
    return amp.level + (amp.active.level if amp.active else 0.0)


def meant(amp: Amp) -> float:
    """dB, by which the amp, with the scene that is on, is meant to be louder than the others."""
    return amp.active.meant if amp.active else amp.louder or 0.0


def keep(measured: Iterable[tuple[Preset, Amp, float]]) -> None:
    """Amps, each with the scene that is on, and their LUFS."""
    told = {key(preset, amp): [level(amp), loud] for preset, amp, loud in measured}
    known = {name: value for name, value in cache.kept(KEPT).items() if name not in told}
    cache.keep(KEPT, dict([*known.items(), *told.items()][-MOST:]))


class KnownLoudness:
    """What is kept, as it is now: also what `rig check` measures beside a gig."""

    def __init__(self) -> None:
        self._seen: Stamp | None = None
        self._kept: Mapping[str, object] = {}
        self._keys: dict[tuple[int, str], tuple[Preset, Amp, str]] = {}
        self._out: tuple[Document | None, dict[int, float]] = (None, {})

    def look(self) -> None:
        """Read it where it has changed."""
        seen = cache.stamp(KEPT)
        if seen != self._seen:
            self._seen, self._kept = seen, cache.kept(KEPT)
            self._keys.clear()
            self._out = (None, {})

    def lufs(self, preset: Preset, amp: Amp) -> float | None:
        """How loud an amp is with the scene that is on, its level as it is now; None: nobody knows."""
        if not self._kept:
            return None
        found = self._kept.get(self._key(preset, amp))
        if not (isinstance(found, list) and len(found) == 2 and all(isinstance(v, (int, float)) for v in found)):
            return None
        return float(found[1]) + level(amp) - float(found[0])

    def _key(self, preset: Preset, amp: Amp) -> str:
        """Its key; files are looked at once for each amp as it stands."""
        at = (amp.uid, amp.scene)
        known = self._keys.get(at)
        if known and _alike(known[0], preset) and _sounds_alike(known[1], amp):
            return known[2]
        self._keys[at] = (preset, amp, key(preset, amp))
        return self._keys[at][2]

    def stand_out(self, document: Document) -> dict[int, float]:
        """By how many LU amps are louder (below 0: softer) than the set's, by identity: those that are so by more than
        OUT, beside what they are meant to be.
        """
        self.look()
        if self._out[0] is not document:
            self._out = (document, self._standing_out(document) if self._kept else {})
        return self._out[1]

    def _standing_out(self, document: Document) -> dict[int, float]:
        known = {}
        for preset in document.presets:
            for amp in preset.amps:
                loud = self.lufs(preset, amp)
                if loud is not None:
                    known[amp.uid] = loud - meant(amp)
        return out_of(known)


def out_of(loud: Mapping[int, float]) -> dict[int, float]:
    """Of loudnesses in LUFS those that are more than OUT beside the median, and by how many LU."""
    if len(loud) < 2:
        return {}
    middle = median(loud.values())
    return {uid: lufs - middle for uid, lufs in loud.items() if abs(lufs - middle) > OUT}


def _sounds_alike(old: Amp, new: Amp) -> bool:
    return old.chain is new.chain and old.active is new.active and old.level == new.level


def _alike(old: Preset, new: Preset) -> bool:
    """Whether what stands around the amps of a preset is the same."""
    return old.input is new.input and old.output is new.output and (old.dbu, old.tempo) == (new.dbu, new.tempo)
