"""What a player can pick on the path of an amp, line by line, and where an engine can be put in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rig.document.document import INPUT, LEVEL_KNOB, OUTPUT
from rig.gig.snapshot import EngineView, FileView, ParamView

Key = tuple[str, bool, str, str]


class Line(NamedTuple):
    """A file or a knob of an engine; an engine that has neither is a line, too."""

    engine: EngineView
    row: FileView | ParamView | None = None

    @property
    def path(self) -> str:
        """As verbs call it: "Crunch.eq.bass"."""
        return self.row.path if self.row else self.engine.path

    @property
    def key(self) -> Key:
        """What tells it from the other lines of its amp, whatever that is called."""
        return (*mark(self.engine), self.row.name if self.row else "")


class Picked(NamedTuple):
    """What was picked, and how far down the path it was: where it goes, what comes to stand there is picked."""

    key: Key | None
    at: int


class Slot(NamedTuple):
    """Where an engine can be put in. target: as `insert` has it. words: for a player. behind: that engine's path."""

    target: str
    words: str
    behind: str = ""


def mark(engine: EngineView) -> tuple[str, bool, str]:
    """What tells an engine from the others of its amp's path."""
    return engine.where, engine.stands, engine.name


def lines(engines: Sequence[EngineView]) -> tuple[Line, ...]:
    """All that can be picked, in the order of the signal."""
    return tuple(Line(engine, row) for engine in engines for row in engine.rows or (None,))


def find(choices: Sequence[Line], picked: Picked | None) -> int:
    """The place of what was picked; at first, of a knob that shapes the amp's tone. -1 where there is nothing."""
    if picked is None:
        return min(range(len(choices)), key=lambda i: _strangeness(choices[i]), default=-1)
    here = (i for i, line in enumerate(choices) if line.key == picked.key)
    return next(here, min(picked.at, len(choices) - 1))


def _strangeness(line: Line) -> int:
    """How far a line is from what a player turns first."""
    if line.engine.where != "amp":
        return 4
    if not isinstance(line.row, ParamView) or not line.engine.stands:
        return 3
    return 2 if line.row.setting else int(line.row.name == LEVEL_KNOB)


def slots(engines: Sequence[EngineView]) -> tuple[Slot, ...]:
    """All places where an engine can go, in the order of the signal."""
    amp = next((engine for engine in engines if not engine.stands), None)
    names = {INPUT: INPUT, "amp": amp.path if amp else "", OUTPUT: OUTPUT}
    found: list[Slot] = []
    for where, name in names.items():
        found += _slots(name, [engine for engine in engines if engine.stands and engine.where == where])
    return tuple(found)


def _slots(name: str, chain: Sequence[EngineView]) -> list[Slot]:
    found: list[Slot] = []
    sides: list[Slot] = []  # in the branches that the next engine of the trunk joins
    trunk: EngineView | None = None
    side: EngineView | None = None
    for engine in chain:
        if engine.branch:
            before = side if side and side.branch == engine.branch else None
            sides.append(_slot(engine.path, before, f"branch {engine.branch} of {name}"))
            side = engine
        else:
            found += [_slot(engine.path, trunk, name), *sides]
            trunk, side, sides = engine, None, []
    return [*found, _slot(name, trunk, name)]


def _slot(target: str, before: EngineView | None, chain: str) -> Slot:
    return Slot(target, f"behind {before.path}", before.path) if before else Slot(target, f"first in {chain}")


def slot_at(places: Sequence[Slot], line: Line | None) -> int:
    """The place behind the engine of a line; at the end of a branch, the one before it; of the amp itself, the last."""
    if line is None:
        return 0
    engine = line.engine
    for i, slot in enumerate(places):
        if engine.stands and slot.behind == engine.path:
            return i
    return next((i for i, slot in enumerate(places) if slot.target == engine.path), 0)
