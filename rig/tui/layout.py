"""How many lines each part of the play screen gets, for every size of terminal."""

from __future__ import annotations

from dataclasses import dataclass, replace

LARGE = 24  # lines of a screen, from which on the stage has a banner


@dataclass(frozen=True)
class Plan:
    """Lines of each part, top to bottom; 0 leaves a part out."""

    head: int
    song: int
    banner: int
    tiles: int
    path: int
    knobs: int
    note: int
    meters: int
    wires: int
    foot: int

    @property
    def total(self) -> int:
        return sum(vars(self).values())


def plan(width: int, height: int, song: int = 0) -> Plan:
    """The parts' lines, adding up to `height` where it is 9 or more. A wide screen needs few lines for its knobs.

    song: how many lines a song wants; the tiles give them, as long as they keep five.
    """
    rows = _plan(width, height)
    song = min(song, max(0, rows.tiles - 5))
    return replace(rows, song=song, tiles=rows.tiles - song)


def stage_plan(width: int, height: int) -> Plan:
    """The same for the stage, whose lines are called `tiles` here: no path, no knobs, and no line that can wait; on a
    small screen no banner either, as the amp's tile says it, too.
    """
    rows = _plan(width, height)
    if height < LARGE:
        rows = replace(rows, banner=0, meters=2, tiles=rows.tiles + rows.banner + rows.meters - 2)
    elif rows.banner > 1:
        rows = replace(rows, banner=1, tiles=rows.tiles + rows.banner - 1)
    given = rows.path + rows.knobs + rows.wires
    return replace(rows, path=0, knobs=0, wires=0, tiles=rows.tiles + given)


def _plan(width: int, height: int) -> Plan:
    if height < 16:
        note = 1 if height >= 11 else 0
        tiles = max(3, height - 6 - note)
        return Plan(1, 0, 0, tiles, 1, 1, note, 2, 0, 1)
    if height < 34:
        meters = 3 if height >= 20 else 2
        path = 2 if height >= 22 else 1
        spare = height - 5 - meters - path
        knobs = max(2, min(9, spare - max(5, round(spare * 0.55))))
        return Plan(1, 0, 1, spare - knobs, path, knobs, 1, meters, 1, 1)
    spare = height - 1 - 3 - 3 - 2 - 5 - 2 - 1
    knobs = max(8, min(8 if width >= 150 else 14, round(spare * 0.45)))
    return Plan(1, 0, 3, spare - knobs, 3, knobs, 2, 5, 2, 1)
