"""What a model file becomes, and what its family is: all that the rest of the house must know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rig.models.formats.network import Network


def _nobody(model: Model) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Family:
    """Model files of one kind. Made once, in the family's module, and named once, in `rig.models.formats.FAMILIES`.

    name: what --json calls it. title: what players call it. keys: of its files; a file is of the family that has most
    of its keys there. The first is what a message names.
    parse: (a file's content, its path) -> Model. Raises Fault.
    rate: Hz for which those of its files are made that name none.
    settles: its players let a model hear silence before the first note; else it starts from zeros, as its trainers do.
    players: (model) -> the names of other programs that load its file.
    """

    name: str
    title: str
    keys: tuple[str, ...]
    parse: Callable[[Mapping[str, object], Path], Model] = field(repr=False)
    rate: int
    settles: bool = True
    players: Callable[[Model], tuple[str, ...]] = field(default=_nobody, repr=False)


@dataclass(frozen=True)
class Variant:
    """One of the networks that a file offers by quality: the one for all qualities below `limit`."""

    limit: float
    model: Model


@dataclass(frozen=True)
class Model:
    """A model file, read.

    name: what a player calls it. architecture: as the family calls it ("WaveNet", "LSTM", ...).
    network: at full quality. knobs: names of the inputs beside the guitar, each 0..1.
    sample_rate: Hz, None where the file names none.
    level: linear output factor (`level_adjust`), 1.0 where there is none.
    loudness_db: as its metadata say. input_dbu, output_dbu: the levels of a full-scale sine at the device, where known.
    weights: numbers that the network has in the file. variants: networks by quality, the cheapest first; empty where
    there is just one.
    words: the network in a line, where it is played as one of another kind.
    metadata: what the file says of itself beyond the network (esr, date, gear, ...).
    """

    path: Path
    name: str
    family: Family
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
    words: str = ""
    metadata: Mapping[str, object] = field(default_factory=dict)

    def at(self, quality: float) -> Model:
        """The variant for a quality of 0..1; itself where there is just one."""
        for variant in self.variants:
            if quality < variant.limit or variant is self.variants[-1]:
                return variant.model
        return self

    @property
    def rate(self) -> int:
        """Hz for which it was made: as its file says, or else as files of its family are."""
        return self.sample_rate or self.family.rate
