"""What `rig info` tells of a model file, and of a folder of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from rig.errors import RigError
from rig.models.compatibility import players
from rig.models.formats import Model
from rig.models.formats.words import in_words, receptive_field, short
from rig.models.library import arrival, loudness_db, read
from rig.models.player import ENGINE
from rig.native import BLOCK
from rig.report.cost import SECONDS, measure

PLAIN_RATE = 48_000
"""Hz that most models are made for and most sound cards run at."""

MODELS = (".json", ".nam", ".aidax")

FAMILY_RATE = 44_100
"""Hz at which the GuitarML family was trained; its files state none."""

GLANCE = 0.02
"""s for which each model of a folder is measured: there may be hundreds."""

TOLD_ELSEWHERE = ("name", "sample_rate", "samplerate", "loudness", "input_level_dbu", "output_level_dbu")
"""What a file may say of itself that has a line of its own."""

Server = tuple[int, int]
"""Rate in Hz, period in frames."""


def ask() -> Server:
    """What the running JACK server says, or what most do."""
    from rig.jack.client import running

    return running() or (PLAIN_RATE, BLOCK)


def model_facts(path: Path, server: Server | None = None, seconds: float = SECONDS) -> dict[str, object]:
    """A model: what it is, what its file adds, what it asks of the rig and what it costs. Raises RigError.

    server: for which the cost is told, by default the one that runs. seconds: for which it is measured.
    """
    model = read(path)
    field = receptive_field(model.network)
    rate = model.sample_rate or (FAMILY_RATE if model.family == "guitarml" else PLAIN_RATE)
    return {
        "file": str(path),
        "kind": "model",
        "name": model.name,
        "family": model.family,
        "architecture": in_words(model.network),
        "variants": [
            {"below": variant.limit, "name": variant.model.name, "architecture": in_words(variant.model.network)}
            for variant in model.variants
        ],
        "engine": ENGINE,
        "knobs": list(model.knobs),
        "weights": model.weights,
        "receptive_field": field,
        "receptive_field_ms": 1000 * field / rate if field else None,
        "sample_rate": model.sample_rate,
        "level": model.level,
        "input_dbu": model.input_dbu,
        "output_dbu": model.output_dbu,
        **_played(path, model, server or ask(), seconds),
        "loads_in": list(players(model)),
        "bytes": path.stat().st_size,
        "metadata": {key: value for key, value in model.metadata.items() if key not in TOLD_ELSEWHERE},
    }


def _played(path: Path, model: Model, server: Server, seconds: float) -> dict[str, object]:
    """What playing it shows: loudness, delay, polarity, memory and cost; why not where no engine plays it."""
    found: dict[str, object] = dict.fromkeys(
        ("loudness_db", "loudness_from", "delay", "delay_ms", "polarity", "memory", "cost", "fault")
    )
    try:
        heard = arrival(path)
        cost = measure(path, *server, seconds)
    except RigError as error:
        return {**found, "loudness_db": model.loudness_db, "fault": str(error).removeprefix(f"{path}: ")}
    return {
        **found,
        "loudness_db": loudness_db(path),
        "loudness_from": "measured" if model.loudness_db is None else "file",
        "delay": heard.frames,
        "delay_ms": 1000 * heard.frames / (model.sample_rate or PLAIN_RATE),
        "polarity": heard.polarity,
        "memory": cost.bytes,
        "cost": {"rate": cost.rate, "block": cost.block, "share": cost.share},
    }


def folder_facts(path: Path, progress: Callable[[float], None] = lambda share: None) -> dict[str, object]:
    """All models in a folder and the folders in it, by name; files that cannot be read have a fault.

    progress: gets 0..1. Raises RigError where there are none.
    """
    files = sorted(_models(path), key=lambda file: str(file).casefold())
    if not files:
        raise RigError(f"{path}: there are no models in this folder ({', '.join(MODELS)})")
    server, found = ask(), []
    for i, file in enumerate(files):
        found.append(_glance(file, server))
        progress((i + 1) / len(files))
    return {"file": str(path), "kind": "folder", "rate": server[0], "block": server[1], "models": found}


def _models(folder: Path) -> Iterator[Path]:
    """Model files by their ending; what is hidden is left alone."""
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(at, name) for name in files if not name.startswith(".") and name.lower().endswith(MODELS))


def _glance(path: Path, server: Server) -> dict[str, object]:
    try:
        return {**model_facts(path, server, GLANCE), "short": short(read(path).network)}
    except RigError as error:
        return {"file": str(path), "kind": "model", "fault": str(error).removeprefix(f"{path}: ")}
