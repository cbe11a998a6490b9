"""Which presets and models fit into which period on this machine, and how much room they leave: for `rig doctor`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rig.document.document import Document
from rig.document.read import read_preset
from rig.document.read_set import is_set, read_set
from rig.errors import RigError
from rig.gig.render import load
from rig.kinds import PRESET, kind_of
from rig.native import Chain
from rig.report.cost import measure
from rig.report.switches import measured

RATE = 48_000  # Hz, where no server runs
PERIODS = (32, 64, 128, 256)
SECONDS = 0.06  # for which a model is measured
ROOM = 0.7
"""Share of the period up to which an amp fits with room for a switch, a tail and a bad moment."""


@dataclass(frozen=True)
class Fit:
    """A preset's costliest amp, or a model. amp: "" of a model. shares: of the period, 0..1, for each of PERIODS.

    fault: why it does not play at all; then there are no shares.
    """

    name: str
    amp: str = ""
    shares: tuple[float, ...] = ()
    fault: str = ""

    @property
    def smallest(self) -> int | None:
        """The smallest period from which on it fits."""
        fitting = [share <= ROOM for share in self.shares]
        return next((PERIODS[i] for i in range(len(fitting)) if all(fitting[i:])), None)

    def facts(self) -> dict[str, object]:
        """For JSON."""
        shares = dict(zip(map(str, PERIODS), self.shares, strict=False))
        return {**asdict(self), "shares": shares, "smallest": self.smallest}


def fits(paths: Sequence[Path], rate: int, progress: Callable[[float], None] = lambda share: None) -> tuple[Fit, ...]:
    """Measure presets, those of sets, and models at `rate` Hz. progress: gets 0..1."""
    found: list[Fit] = []
    wanted = list(dict.fromkeys(paths))
    for i, path in enumerate(wanted):  # a set's presets are appended on the way
        try:
            if is_set(path):
                wanted += [one for one in _presets(path) if one not in wanted]
            else:
                found.append(_preset(path, rate) if kind_of(path) is PRESET else _model(path, rate))
        except RigError as error:
            found.append(Fit(path.stem, fault=str(error)))
        progress((i + 1) / len(wanted))
    return tuple(found)


def _presets(path: Path) -> list[Path]:
    """Those that a set's songs play, each once."""
    return list(dict.fromkeys(song.preset for song in read_set(path).songs))


def _model(path: Path, rate: int) -> Fit:
    return Fit(path.name, shares=tuple(measure(path, rate, block, SECONDS).share for block in PERIODS))


def _preset(path: Path, rate: int) -> Fit:
    """By its costliest amp, with the chains around it; which that is is measured at one period."""
    preset = read_preset(path)
    loaded = load(Document((preset,)), preset.amps[0].uid, rate)
    costs: dict[tuple[int, int], float] = {}

    def share(amp: int, block: int) -> float:
        return sum(cost(chain, block) for _, _, chain in loaded.path(preset.uid, amp))

    def cost(chain: Chain, block: int) -> float:
        key = chain.address, block
        if key not in costs:
            costs[key] = measured(chain, block, rate)
        return costs[key]

    amp = max(preset.amps, key=lambda amp: share(amp.uid, PERIODS[1]))
    return Fit(preset.name, amp.name, tuple(share(amp.uid, block) for block in PERIODS))
