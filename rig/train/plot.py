"""Curves in braille: two dots by four in a letter, so that a small corner of a terminal holds a whole run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # row, column -> bit of U+2800
AXIS = 7  # letters before the curve


@dataclass(frozen=True)
class Curve:
    """Positive values, evenly spaced; those that are none leave a gap."""

    values: Sequence[float]
    style: Style


def plot(curves: Sequence[Curve], width: int, height: int, axis: Style) -> list[Text]:
    """Lines of `width` letters, `height` of them, on a logarithmic scale that fits all curves; later ones cover."""
    heard = [v for curve in curves for v in curve.values if v > 0 and math.isfinite(v)]
    low, high = _bounds(heard)
    columns = max(width - AXIS, 4)
    cells: dict[tuple[int, int], tuple[int, Style]] = {}
    for curve in curves:
        own: set[tuple[int, int]] = set()
        for x, y in _points(curve.values, 2 * columns, 4 * height, low, high):
            place = (y // 4, x // 2)
            bits = cells[place][0] if place in own else 0
            own.add(place)
            cells[place] = (bits | DOTS[y % 4][x % 2], curve.style)
    lines = []
    for row in range(height):
        line = Text(_label(row, height, low, high) if heard else " " * AXIS, axis)
        for column in range(columns):
            bits, style = cells.get((row, column), (0, axis))
            line.append(chr(0x2800 + bits) if bits else " ", style)
        lines.append(line)
    return lines


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    """Decimal logarithms of the scale's ends, at least half a decade apart."""
    if not values:
        return -2.0, 0.0
    low, high = math.log10(min(values)), math.log10(max(values))
    spare = max(0.5 - (high - low), 0.0) / 2
    return low - spare, high + spare


def _points(values: Sequence[float], columns: int, rows: int, low: float, high: float) -> list[tuple[int, int]]:
    """Dots of the polygon through the values."""
    step = (columns - 1) / max(len(values) - 1, 1)
    points, last = [], None
    for i, value in enumerate(values):
        if not (value > 0 and math.isfinite(value)):
            last = None
            continue
        here = (i * step, (high - math.log10(value)) / (high - low) * (rows - 1))
        points += _line(last or here, here)
        last = here
    return [(min(max(x, 0), columns - 1), min(max(y, 0), rows - 1)) for x, y in points]


def _line(a: tuple[float, float], b: tuple[float, float]) -> list[tuple[int, int]]:
    steps = max(math.ceil(max(abs(b[0] - a[0]), abs(b[1] - a[1]))), 1)
    return [
        (round(a[0] + (b[0] - a[0]) * i / steps), round(a[1] + (b[1] - a[1]) * i / steps)) for i in range(steps + 1)
    ]


def _label(row: int, height: int, low: float, high: float) -> str:
    """The value beside the top, middle and bottom rows."""
    if row not in (0, height // 2, height - 1):
        return " " * AXIS
    share = row / max(height - 1, 1)
    return f"{10 ** (high + (low - high) * share):.2g}".rjust(AXIS - 1) + " "
