"""What is done beside the sound, by whoever shows a gig or commands it: a fault there is said, and the gig goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rig.errors import RigError, own_fault

Result = TypeVar("Result")


class Beside:
    """Takes steps of which none ends a gig. tell: what goes wrong is told to, in one line, each fault once."""

    def __init__(self, tell: Callable[[str, Exception], None]) -> None:
        self._tell = tell
        self._told: set[str] = set()

    def __call__(self, step: Callable[[], Result]) -> Result | None:
        """What it returns; None where it fails."""
        try:
            return step()
        except Exception as error:
            fault = str(error) if isinstance(error, RigError) else own_fault(error)
            if fault not in self._told:
                self._told.add(fault)
                self._tell(fault, error)
            return None
