"""What `rig check --match` does to presets: their amps and scenes made equally loud, and what it tells of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rig.document.document import Preset
from rig.document.file import PresetFile, open_preset
from rig.document.read_set import is_set, read_set
from rig.document.set_file import spread
from rig.errors import RigError
from rig.files import reason
from rig.gig.known_loudness import keep
from rig.gig.level_match import KNEE_DB, TARGET, Match, Take, matched
from rig.kinds import MODEL, kind_of
from rig.shipped import find_preset, own_copy


@dataclass(frozen=True)
class MatchFacts:
    """An amp or a scene, "Lead:Solo". was, level: dB before and now. before, lufs: its loudness before and now.

    meant: dB by which it is meant to be louder than the others. peak_db: dBFS, now, before the limiter.
    fault: why it is not as loud as it is to be.
    """

    name: str
    was: float
    level: float
    before: float | None
    lufs: float | None
    meant: float
    peak_db: float
    fault: str = ""

    @property
    def limited(self) -> bool:
        """Whether the limiter has something to do."""
        return self.peak_db > KNEE_DB


@dataclass(frozen=True)
class MatchedPreset:
    """A preset and its amps and scenes. name: None where it cannot be read. saved: into which file, if into one."""

    file: Path
    kind: str = field(default="preset", init=False)
    name: str | None = None
    amps: tuple[MatchFacts, ...] = ()
    saved: Path | None = None
    faults: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether a level is another one."""
        return any(amp.was != amp.level for amp in self.amps)

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class MatchReport:
    """target: LUFS. apart: LU between the loudest and the softest, beside what they are meant to be; None of fewer
    than two. dry: nothing was written.
    """

    target: float
    dry: bool
    presets: tuple[MatchedPreset, ...]

    @property
    def apart(self) -> float | None:
        heard = [amp.lufs - amp.meant for one in self.presets for amp in one.amps if amp.lufs is not None]
        return max(heard) - min(heard) if len(heard) > 1 else None

    @property
    def ok(self) -> bool:
        return not any(one.faults for one in self.presets)

    def facts(self) -> dict[str, object]:
        """For JSON."""
        presets = [one.facts() for one in self.presets]
        return {"ok": self.ok, "target": self.target, "dry_run": self.dry, "apart": self.apart, "presets": presets}


def match(
    sources: Sequence[Path],
    take: Take,
    target: float = TARGET,
    *,
    dry: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> MatchReport:
    """Make the amps and scenes of presets, of folders of them and of sets equally loud. dry: only say what would be
    done. Raises RigError for what is none of these.
    """
    paths = list(dict.fromkeys(path.resolve() for path in _presets(sources)))
    found = []
    for i, path in enumerate(paths):

        def show(share: float, i: int = i) -> None:
            progress((i + share) / len(paths))

        found.append(_match(path, take, target, dry, show))
    return MatchReport(target, dry, tuple(found))


def _presets(sources: Sequence[Path]) -> Iterator[Path]:
    for path in spread([find_preset(source) for source in sources]):
        if is_set(path):
            yield from (song.preset for song in read_set(path).songs)
        elif path.is_file() and kind_of(path) is MODEL:
            raise RigError(f"{path}: a model has no level of its own: --match is for presets and sets")
        else:
            yield path


def _match(path: Path, take: Take, target: float, dry: bool, progress: Callable[[float], None]) -> MatchedPreset:
    name = None
    try:
        file = open_preset(path)
        name = file.preset.name
        preset, matches = matched(file.preset, take, target, progress)
        saved = None if dry or preset == file.preset else _saved(file, preset)
    except RigError as error:
        said = str(error)
        return MatchedPreset(path, name, faults=(said if str(path) in said else f"{path}: {said}",))
    if not dry:
        _remember(preset, matches)
    faults = tuple(f"{path}: {match.name}: {match.fault}" for match in matches if match.fault)
    return MatchedPreset(path, name, tuple(map(_facts, matches)), saved, faults)


def _facts(match: Match) -> MatchFacts:
    heard = (match.before.lufs, match.now.lufs)
    return MatchFacts(match.name, match.was, match.level, *heard, match.meant, match.now.peak_db, match.fault)


def _saved(file: PresetFile, preset: Preset) -> Path:
    """Write it into its file, or where that ships and is nobody's, into one of the player's own."""
    own = own_copy(file.path)
    if own is None:
        return file.saved(preset).path
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RigError(f"{own} can't be saved: {reason(error)}") from None
    return file.saved_as(preset, own).path


def _remember(preset: Preset, matches: Sequence[Match]) -> None:
    """Keep how loud they are, for the screen."""
    amps = {amp.uid: amp for amp in preset.amps}
    keep(
        (preset, replace(amps[match.pick.amp], scene=match.pick.scene), match.now.lufs)
        for match in matches
        if match.now.lufs is not None
    )
