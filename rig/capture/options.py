"""The options of `rig capture`. Imports nothing that takes time: every command of rig reads them."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

LEVEL_DB = -1.0  # of the loudest sample that is sent, in dB of full scale
LEVELS_DB = (-60.0, 0.0)
SECONDS = 180.0  # of the test signal
LEAST_SECONDS = 8.0


def _between(low: float, high: float, unit: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"'{text}' is no number of {unit} from {low:g} to {high:g}")
        return value

    return read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every option of `rig capture`."""
    add = parser.add_argument
    wanted = "the folder to write: dry.wav, wet.wav, capture.toml"
    add("-o", "--output", type=Path, required=True, metavar="DIR", help=wanted)
    add("--send", metavar="PORT", help="the JACK port that leads to the amp (default: asks)")
    add("--return", dest="back", metavar="PORT", help="the JACK port that the amp comes back on (default: asks)")
    add("--name", help="what the amp is called (default: the folder's name)")
    add("--dry", type=Path, metavar="FILE", help="play this recording instead of our own test signal")
    add(
        "--level", type=_between(*LEVELS_DB, "decibels"), default=LEVEL_DB, metavar="DB",
        help=f"of the loudest sample sent, dB of full scale (default: {LEVEL_DB:g})",
    )  # fmt: skip
    add(
        "--wait", type=_between(0.1, 3600, "seconds"), default=10.0, metavar="S",
        help="within which the return comes; more, for a device that is later (default: 10)",
    )  # fmt: skip
    add("--retry", type=int, choices=range(10), default=2, metavar="N", help="with --yes: more takes, if one fails")
    add("--server", metavar="NAME", help="the JACK server to use, one that runs (default: JACK's own)")
    add("--force", "--overwrite", action="store_true", help="write over the capture that the folder may hold")
    add("--yes", action="store_true", help="no screen, no questions: check, take, save")
    add("--plain", action="store_true", help="no screen: plain lines, for a screen reader; asks for ports, no more")
    add("--json", action="store_true", help="end with one line of JSON on stdout")
    add("--seconds", type=_between(LEAST_SECONDS, SECONDS, "seconds"), default=SECONDS, help=argparse.SUPPRESS)
