"""What all layers of a WaveNet share: the buffers whose past no convolution asks for, and the condition."""

from __future__ import annotations

from rig.models.formats.network import Film
from rig.models.program.steps import SCALE, Rows, Steps, bias_of, kernel_of


class Blocks:
    """condition: what modulates the layers and is mixed into them."""

    def __init__(self, steps: Steps, condition: Rows) -> None:
        self.steps, self.condition = steps, condition
        self.named: dict[str, int] = {}

    def block(self, name: str, rows: int) -> int:
        """The buffer for that purpose, with room for so many rows."""
        if name not in self.named:
            self.named[name] = self.steps.buffer(rows)
        index = self.named[name]
        self.steps.rows[index] = max(rows, self.steps.rows[index])
        return index

    def film(self, film: Film | None, to: int, rows: int) -> None:
        """Modulates rows in place, where there is a film."""
        if film:
            made = self.block("film", film.conv.outs)
            self.steps.conv(made, kernel_of(film.conv), bias_of(film.conv), self.condition)
            self.steps.step(SCALE, to, rows, source=made, how=int(film.shift))
