"""Decibels and factors."""

from __future__ import annotations

import numpy as np


def linear(db: float) -> float:
    """Decibels as a factor."""
    return float(10.0 ** (db / 20.0))


def decibels(gain: float, floor: float = -120.0) -> float:
    """A factor as decibels, not below `floor`."""
    return float(max(floor, 20.0 * np.log10(gain))) if gain > 0.0 else floor
