"""`rig convert`: GuitarML's JSON <-> Neural Amp Modeler's `.nam`, where the networks allow it, and proved by ear."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np

from rig import __version__
from rig.errors import RigError
from rig.files import reason, whole
from rig.models import analysis
from rig.models.convert.to_guitarml import guitarml_file, to_guitarml
from rig.models.convert.to_nam import to_nam
from rig.models.formats import Family, Model, guitarml, load_model, nam
from rig.models.formats.network import LayerArray
from rig.models.formats.reading import Fault, listing
from rig.models.library import settled

ENDINGS = {".nam": nam.FAMILY, ".json": guitarml.FAMILY}
TOLERANCE = 1e-4
"""Of full scale: by how much two files that are the same model may differ, in the arithmetic of float32."""


def convert(source: Path, target: Path) -> tuple[str, ...]:
    """Write the model in `source` as the kind of file that the ending of `target` says, whole or not at all.

    Returns notes for the player. Raises RigError where the networks don't allow it or the two don't sound the same.
    """
    model = load_model(source)
    family = ENDINGS.get(target.suffix.lower())
    if family is None:
        raise RigError(f"{target}: a model's name ends in .nam (Neural Amp Modeler) or .json (GuitarML)")
    if not target.parent.is_dir():
        raise RigError(f"{target}: there is no folder '{target.parent}'")
    if model.family is family:
        raise RigError(f"{source}: is such a file already")
    if model.family not in ENDINGS.values():
        raise RigError(f"{source}: only GuitarML's and Neural Amp Modeler's models are converted into each other")
    try:
        text = to_text(model, target)
    except Fault as fault:
        raise RigError(f"{source}: {fault}") from None
    try:
        with whole(target) as part:
            part.write_text(text)
            difference = apart(model, load_model(part))
            if not difference <= TOLERANCE:
                raise RigError(f"{source}: converted, it sounds {difference:.2g} of full scale different: not written")
    except OSError as error:
        raise RigError(f"cannot write '{target}': {reason(error)}") from None
    return (*_notes(model, family), f"the two differ by {difference:.1g} of full scale")


def to_text(model: Model, target: Path) -> str:
    """The file that `target` is to be, by its ending, as text. Raises Fault."""
    if ENDINGS[target.suffix.lower()] is nam.FAMILY:
        return json.dumps(to_nam(model, _nam_metadata(model), model.rate), separators=(",", ":"))
    return guitarml_text(guitarml_file(to_guitarml(model), _guitarml_metadata(model)))


def trained_text(array: LayerArray, metadata: Mapping[str, object], target: Path) -> str:
    """Layers as GuitarML has them, which `rig train` has made, as the text of `target`, by its ending. Raises RigError.

    metadata: what the file is to say of itself.
    """
    if ENDINGS[target.suffix.lower()] is guitarml.FAMILY:
        return guitarml_text(guitarml_file(array, metadata))
    try:
        return to_text(guitarml.described(array, metadata, target), target)
    except Fault as fault:
        raise RigError(f"{target}: {fault}") from None


def guitarml_text(file: Mapping[str, object]) -> str:
    """Compact, a line a variable, so that git can diff it."""
    head = {key: value for key, value in file.items() if key != "variables"}
    lines = ",\n".join(
        json.dumps(variable, separators=(",", ":")) for variable in listing(file["variables"], "variables")
    )
    return json.dumps(head, separators=(",", ":"))[:-1] + ',\n"variables":[\n' + lines + "\n]}\n"


def apart(a: Model, b: Model) -> float:
    """The largest difference between two models on noise, once both have settled, levels included; 1 is full scale."""
    noise = np.random.default_rng(0).normal(0.0, 0.1, 1 << 14).astype(np.float32)
    return float(np.abs(a.level * settled(a)(noise) - b.level * settled(b)(noise)).max())


def _notes(model: Model, family: Family) -> list[str]:
    notes = []
    if model.level != 1.0:
        notes.append(f"level_adjust {model.level:g} is part of the network now")
    if model.sample_rate is None:
        notes.append(f"no sample rate was stated: {model.rate} Hz, as {model.family.title}'s files are made for")
    if model.variants:
        notes.append("the best of its networks was taken")
    return notes


def _nam_metadata(model: Model) -> dict[str, object]:
    loudness = analysis.loudness_db(settled(model)) + 20 * float(np.log10(abs(model.level) or 1e-6))
    found = {key: value for key, value in model.metadata.items() if key != "sample_rate"}
    return {
        **found,
        "name": model.name,
        "date": _date(found.get("date")),
        "loudness": loudness,
        "input_level_dbu": model.input_dbu,
        "output_level_dbu": model.output_dbu,
        "written_by": f"rig {__version__}",
    }


def _guitarml_metadata(model: Model) -> dict[str, object]:
    """What the file said, in our own words for it; nothing that would be read as part of the network."""
    found = {key: value for key, value in model.metadata.items() if key not in ("version", *guitarml.NETWORK)}
    return {**found, "name": model.name, "sample_rate": model.rate}


def _date(said: object) -> dict[str, int]:
    """Neural Amp Modeler's dates are tables."""
    try:
        day = date.fromisoformat(said if isinstance(said, str) else "")
    except ValueError:
        day = date.today()
    return {"year": day.year, "month": day.month, "day": day.day, "hour": 0, "minute": 0, "second": 0}
