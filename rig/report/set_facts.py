"""What `rig info` and `rig check` tell of a set: songs, what is wrong with their presets, what all of it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rig.document.read import read_preset
from rig.document.read_set import SetText, examine_set, read_set, songs_of
from rig.document.read_values import FILE_LIMIT
from rig.errors import RigError
from rig.files import read_text
from rig.report.preset_facts import PresetFacts, preset_facts

if TYPE_CHECKING:
    from rig.report.facts import CheckedPreset


@dataclass(frozen=True)
class SongFacts:
    """A song of a set, as its file has it. preset: the file. amps: how many it has."""

    name: str
    preset: Path
    tempo: float | None
    parts: tuple[str, ...]
    notes: str
    skip: bool
    amps: int

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class SetFacts:
    """A set that can be read. presets: those that its songs play, each once."""

    file: Path
    kind: str = field(default="set", init=False)
    name: str
    songs: tuple[SongFacts, ...]
    presets: tuple[PresetFacts, ...]

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return {
            "file": self.file,
            "kind": self.kind,
            "name": self.name,
            "songs": [song.facts() for song in self.songs],
            "presets": [preset.facts() for preset in self.presets],
        }


def set_facts(path: Path) -> SetFacts:
    """A set: its songs, and the presets that they play. Raises RigError with the first fault."""
    said = read_set(path)
    played = dict.fromkeys(song.preset for song in said.songs)
    read = {preset: read_preset(preset) for preset in played}
    faults = songs_of(said, read)[1]
    if faults:
        raise RigError(faults[0])
    amps = {preset: len(found.amps) for preset, found in read.items()}
    return SetFacts(path, said.name, _songs(said, amps), tuple(map(preset_facts, played)))


def _songs(said: SetText, amps: Mapping[Path, int]) -> tuple[SongFacts, ...]:
    return tuple(SongFacts(s.name, s.preset, s.tempo, s.parts, s.notes, s.skip, amps[s.preset]) for s in said.songs)


@dataclass(frozen=True)
class Bill:
    """What a set takes. bytes: of memory, that its chains work in. seconds: to load all of it.

    load: share of a period that the dearest amp takes, with what stands around it, 0..1; whose: "Blues/Lead".
    None, "": nobody measured. amps: of all its presets.
    """

    amps: int
    bytes: int
    seconds: float
    load: float | None = None
    whose: str = ""

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class CheckedSet:
    """A set as it would be loaded. presets: those that its songs play, each once. faults: its own and theirs.

    name: None where it is no TOML at all.
    """

    file: Path
    kind: str = field(default="set", init=False)
    name: str | None = None
    songs: tuple[SongFacts, ...] = ()
    presets: tuple[CheckedPreset, ...] = ()
    bill: Bill = Bill(0, 0, 0.0)
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return {
            "file": self.file,
            "kind": self.kind,
            "name": self.name,
            "songs": [song.facts() for song in self.songs],
            "presets": [preset.facts() for preset in self.presets],
            "bill": self.bill.facts(),
            "faults": self.faults,
            "warnings": self.warnings,
        }


def check_set(path: Path, check: Callable[[Path], CheckedPreset]) -> CheckedSet:
    """Load all presets of a set, each once. check: what is found of one."""
    try:
        said, faults = examine_set(path, read_text(path, "preset", FILE_LIMIT))
    except RigError as error:
        return CheckedSet(path, faults=(str(error),))
    if said is None:
        return CheckedSet(path, faults=faults)
    checked = {preset: check(preset) for preset in dict.fromkeys(song.preset for song in said.songs)}
    presets = tuple(checked.values())
    songs = _songs(said, {preset: len(found.amps) for preset, found in checked.items()})
    theirs = [fault for preset in presets for fault in preset.faults]
    warnings = tuple(warning for preset in presets for warning in preset.warnings)
    return CheckedSet(
        path, said.name, songs, presets, _bill(presets), (*faults, *theirs, *_parts(said, checked)), warnings
    )


def _parts(said: SetText, checked: Mapping[Path, CheckedPreset]) -> tuple[str, ...]:
    """The parts that name what is not there, in the presets that can be read."""
    whole = {path: read_preset(path) for path, preset in checked.items() if not preset.faults}
    return songs_of(said, whole)[1]


def _bill(presets: tuple[CheckedPreset, ...]) -> Bill:
    amps = [(preset, amp) for preset in presets for amp in preset.amps]
    costs = [(amp.switch.load, f"{preset.name}/{amp.name}") for preset, amp in amps if amp.switch]
    load, whose = max(costs) if costs else (None, "")
    return Bill(len(amps), sum(p.bytes for p in presets), sum(p.seconds for p in presets), load, whose)
