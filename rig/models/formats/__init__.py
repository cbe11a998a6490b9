"""A model file -> one neutral description: architecture and float32 weights. One module a family."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rig.errors import RigError
from rig.models.formats import guitarml, keras, nam, proteus, smartamppro
from rig.models.formats.model import Family, Model, Variant
from rig.models.formats.reading import Fault, read_json, table

__all__ = ["FAMILIES", "Family", "Model", "Variant", "load_model"]

FAMILIES: tuple[Family, ...] = (nam.FAMILY, proteus.FAMILY, keras.FAMILY, smartamppro.FAMILY, guitarml.FAMILY)
"""All that can be read. A file that could just as well be of two is of the first."""


def load_model(path: Path) -> Model:
    """Read a model file; the family is found from its content, whatever it is called.

    Raises RigError, one line that names the file and the fault.
    """
    path = Path(path)
    content = read_json(path)
    try:
        file = table(content, "a model file")
        return _family(file).parse(file, path)
    except Fault as fault:
        raise RigError(f"{path}: {fault}") from None


def _family(file: Mapping[str, object]) -> Family:
    """The family that has most of its keys in a file, of two that have them all the one with more: others may be notes.

    Its reader then says what lacks.
    """

    def there(family: Family) -> tuple[float, int]:
        count = sum(key in file for key in family.keys)
        return count / len(family.keys), count

    found = max(FAMILIES, key=there)
    if any(there(found)):
        return found
    known = [f"{family.title} ('{family.keys[0]}')" for family in FAMILIES]
    raise Fault(f"no model that rig knows: not {', '.join(known[:-1])} or {known[-1]}")
