"""A model file -> one neutral description: architecture and float32 weights. One module a family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from rig.errors import RigError
from rig.models.formats.network import Network


@dataclass(frozen=True)
class Variant:
    """One of the networks that a file offers by quality: the one for all qualities below `limit`."""

    limit: float
    model: Model


@dataclass(frozen=True)
class Model:
    """A model file, read.

    name: what a player calls it. family: "guitarml", "nam", "keras" or "proteus". architecture: as the family calls it
    ("WaveNet", "LSTM", ...). network: at full quality.
    knobs: names of the inputs beside the guitar, each 0..1. sample_rate: Hz, None where the file names none.
    level: linear output factor (`level_adjust`), 1.0 where there is none.
    loudness_db: as its metadata say. input_dbu, output_dbu: the levels of a full-scale sine at the device, where known.
    weights: numbers that the network has in the file. variants: networks by quality, the cheapest first; empty where
    there is just one.
    metadata: what the file says of itself beyond the network (esr, date, gear, ...).
    """

    path: Path
    name: str
    family: str
    architecture: str
    network: Network
    knobs: tuple[str, ...] = ()
    sample_rate: int | None = None
    level: float = 1.0
    loudness_db: float | None = None
    input_dbu: float | None = None
    output_dbu: float | None = None
    weights: int = 0
    variants: tuple[Variant, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)

    def at(self, quality: float) -> Model:
        """The variant for a quality of 0..1; itself where there is just one."""
        for variant in self.variants:
            if quality < variant.limit or variant is self.variants[-1]:
                return variant.model
        return self


def load_model(path: Path) -> Model:
    """Read a model file; the family is found from its content, whatever it is called.

    Raises RigError, one line that names the file and the fault.
    """
    from rig.models.formats.reading import Fault, read_json, table

    path = Path(path)
    content = read_json(path)
    try:
        file = table(content, "a model file")
        return _family(file).parse(file, path)
    except Fault as fault:
        raise RigError(f"{path}: {fault}") from None


def _family(file: Mapping[str, object]) -> ModuleType:
    """The module that reads a file with these keys. One key is enough: its reader then says what lacks."""
    from rig.models.formats import guitarml, keras, nam, proteus
    from rig.models.formats.reading import Fault

    for module in (nam, proteus, keras, guitarml):
        if any(key in file for key in module.KEYS):
            return module
    raise Fault(
        "no model that rig knows: not GuitarML ('variables'), Neural Amp Modeler ('architecture'), "
        "AIDA-X ('layers') or Proteus ('state_dict')"
    )
