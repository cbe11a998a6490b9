"""What `rig info` tells of a model file, and of a folder of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from rig.errors import RigError
from rig.kinds import MODELS
from rig.models.formats import Family, Model
from rig.models.formats.words import in_words, receptive_field, short
from rig.models.library import arrival, constant, loudness_db, read, silent
from rig.models.player import ENGINE
from rig.native import BLOCK, decibels, oversampling
from rig.report.cost import SECONDS, Cost, measure

PLAIN_RATE = 48_000
"""Hz that most models are made for and most sound cards run at."""

GLANCE = 0.02
"""s for which each model of a folder is measured: there may be hundreds."""

TOLD_ELSEWHERE = ("name", "sample_rate", "samplerate", "loudness", "input_level_dbu", "output_level_dbu")
"""What a file may say of itself that has a line of its own."""

Server = tuple[int, int]
"""Rate in Hz, period in frames."""


@dataclass(frozen=True)
class VariantFacts:
    """One of the networks that a file offers by quality: the one for all qualities, 0..1, below `below`."""

    below: float
    name: str
    architecture: str


@dataclass(frozen=True)
class Oversampled:
    """What `oversample` would take: so many times the rate, the share of a core, 0..1, and ms that it comes later."""

    times: int
    share: float
    late_ms: float


@dataclass(frozen=True)
class Played:
    """What playing a model shows. loudness_db: as analysis.loudness_db() has it; loudness_from: "file" or "measured".

    delay: frames at its own rate, delay_ms: the same in ms. polarity: -1 where it turns the signal over, else 1.
    Each is None where it is not clear. dc_db: the constant that it says to silence, in dB of full scale, None for none;
    dc_blocked: whether that is taken away, if nobody says otherwise. oversampled: none where nobody measured it.
    """

    loudness_db: float
    loudness_from: str
    delay: int | None
    delay_ms: float | None
    polarity: int | None
    dc_db: float | None
    dc_blocked: bool
    cost: Cost
    oversampled: tuple[Oversampled, ...] = ()


@dataclass(frozen=True)
class Unplayed:
    """A model that no engine plays. loudness_db: as its file says. fault: why not, in one line."""

    loudness_db: float | None
    fault: str


@dataclass(frozen=True)
class ModelFacts:
    """A model: what it is, what its file adds, what it asks of the rig and what it costs.

    variants: networks by quality, the cheapest first; empty where there is just one.
    receptive_field: frames, None where there is no end of it; receptive_field_ms: at its rate, or at that of its family
    where it states none. sample_rate: Hz, as stated; sample_rate_assumed: that of its
    family, where none is. level: linear. input_dbu, output_dbu: dBu of a full-scale sine.
    loads_in: other players that load it. bytes: of its file. short: its architecture in a few letters, in a folder's
    list only.
    """

    file: Path
    kind: str = field(default="model", init=False)
    name: str
    family: Family
    architecture: str
    variants: tuple[VariantFacts, ...]
    engine: str
    knobs: tuple[str, ...]
    weights: int
    receptive_field: int | None
    receptive_field_ms: float | None
    sample_rate: int | None
    sample_rate_assumed: int | None
    level: float
    input_dbu: float | None
    output_dbu: float | None
    playing: Played | Unplayed
    loads_in: tuple[str, ...]
    bytes: int
    metadata: Mapping[str, object]
    short: str | None = None

    def facts(self) -> dict[str, object]:
        """For JSON: what playing it shows stands among the rest, and is null where no engine plays it."""
        found: dict[str, object] = {}
        for key, value in asdict(self).items():
            if key == "playing":
                found |= _playing(self.playing)
            elif key == "family":
                found[key] = self.family.name
            elif key != "short" or value is not None:
                found[key] = value
        return found


def _playing(playing: Played | Unplayed) -> dict[str, object]:
    shown = (each.name for each in fields(Played) if each.name != "cost")
    said = (*shown, "memory", "cost", "fault")
    if isinstance(playing, Unplayed):
        return {**dict.fromkeys(said), **asdict(playing)}
    cost = asdict(playing.cost)
    return {**dict.fromkeys(said), **asdict(playing), "memory": cost.pop("bytes"), "cost": cost}


@dataclass(frozen=True)
class Unreadable:
    """A model file in a folder that cannot be read. fault: why not, in one line."""

    file: Path
    kind: str = field(default="model", init=False)
    fault: str


@dataclass(frozen=True)
class FolderFacts:
    """The models in a folder and the folders in it. rate, block: Hz and frames a period for which costs are told."""

    file: Path
    kind: str = field(default="folder", init=False)
    rate: int
    block: int
    models: tuple[ModelFacts | Unreadable, ...]

    def facts(self) -> dict[str, object]:
        """For JSON."""
        models = [model.facts() if isinstance(model, ModelFacts) else asdict(model) for model in self.models]
        return {"file": self.file, "kind": self.kind, "rate": self.rate, "block": self.block, "models": models}


def ask() -> Server:
    """What the running JACK server says, or what most do."""
    from rig.jack.client import running

    return running() or (PLAIN_RATE, BLOCK)


def model_facts(
    path: Path, server: Server | None = None, seconds: float = SECONDS, oversampled: bool = False
) -> ModelFacts:
    """What there is to know of a model. Raises RigError where it cannot be read.

    server: for which the cost is told, by default the one that runs. seconds: for which it is measured.
    oversampled: whether that is, too.
    """
    model = read(path)
    reach = receptive_field(model.network)
    return ModelFacts(
        file=path,
        name=model.name,
        family=model.family,
        architecture=model.words or in_words(model.network),
        variants=tuple(
            VariantFacts(variant.limit, variant.model.name, in_words(variant.model.network))
            for variant in model.variants
        ),
        engine=ENGINE,
        knobs=model.knobs,
        weights=model.weights,
        receptive_field=reach,
        receptive_field_ms=1000 * reach / model.rate if reach else None,
        sample_rate=model.sample_rate,
        sample_rate_assumed=None if model.sample_rate else model.rate,
        level=model.level,
        input_dbu=model.input_dbu,
        output_dbu=model.output_dbu,
        playing=_played(path, model, server or ask(), seconds, oversampled),
        loads_in=model.family.players(model),
        bytes=path.stat().st_size,
        metadata={key: value for key, value in model.metadata.items() if key not in TOLD_ELSEWHERE},
    )


def _played(path: Path, model: Model, server: Server, seconds: float, oversampled: bool) -> Played | Unplayed:
    """What playing it shows, or why no engine plays it."""
    try:
        heard, rest = arrival(path), constant(path)
        cost = measure(path, *server, seconds)
    except RigError as error:
        return Unplayed(model.loudness_db, str(error).removeprefix(f"{path}: "))
    return Played(
        loudness_db=loudness_db(path),
        loudness_from="measured" if model.loudness_db is None else "file",
        delay=heard.frames,
        delay_ms=None if heard.frames is None else 1000 * heard.frames / model.rate,
        polarity=heard.polarity,
        dc_db=decibels(abs(rest)) if rest else None,
        dc_blocked=not silent(rest),
        cost=cost,
        oversampled=tuple(_oversampled(path, server, seconds)) if oversampled else (),
    )


def _oversampled(path: Path, server: Server, seconds: float) -> Iterator[Oversampled]:
    rate, own = server[0], read(path).rate
    for times in oversampling.LATE:
        if times > 1:
            share = measure(path, *server, seconds / times, oversample=times).share
            yield Oversampled(times, share, oversampling.late_ms(times, own if rate % own else rate))


def folder_facts(path: Path, progress: Callable[[float], None] = lambda share: None) -> FolderFacts:
    """All models in a folder and the folders in it, by name; files that cannot be read have a fault.

    progress: gets 0..1. Raises RigError where there are none.
    """
    files = sorted(_models(path), key=lambda file: str(file).casefold())
    if not files:
        raise RigError(f"{path}: there are no models in this folder ({', '.join(MODELS)})")
    server = ask()
    found = []
    for i, file in enumerate(files):
        found.append(_glance(file, server))
        progress((i + 1) / len(files))
    return FolderFacts(path, *server, tuple(found))


def _models(folder: Path) -> Iterator[Path]:
    """Model files by their ending; what is hidden is left alone."""
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(at, name) for name in files if not name.startswith(".") and name.lower().endswith(MODELS))


def _glance(path: Path, server: Server) -> ModelFacts | Unreadable:
    try:
        model = read(path)
        return replace(
            model_facts(path, server, GLANCE),
            short=model.architecture if model.words else short(model.network),
        )
    except RigError as error:
        return Unreadable(path, str(error).removeprefix(f"{path}: "))
