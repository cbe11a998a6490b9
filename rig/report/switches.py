"""What going to each amp of a preset takes, before it is pressed: for `rig check`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from rig.native import Chain, expected_switch, time_chains

SECONDS = 0.06
"""For which a chain is measured, a block a period."""

BLOCKS = 16  # at least, whatever the period


@dataclass(frozen=True)
class SwitchFacts:
    """Going to an amp, from that of its preset from which it takes longest.

    rate, block: Hz, and frames in a period. load: share of it that the amp takes, 0..1, with what stands around it.
    ms: from the key to the end of the fade. silent_ms: of it, where a period has no time for both amps at once.
    """

    rate: int
    block: int
    load: float
    ms: float
    silent_ms: float

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def measured(chain: Chain, block: int, rate: int) -> float:
    """Share of the period that a chain takes where it runs once a period: the median."""
    frames = max(BLOCKS, round(SECONDS * rate / block)) * block
    noise = np.random.default_rng(0).normal(0.0, 0.1, frames).astype(np.float32)
    return float(np.median(time_chains([chain], noise, block, block / rate))) * rate / block


def switches(around: Sequence[Chain], amps: Sequence[Chain], block: int, rate: int) -> tuple[SwitchFacts, ...]:
    """Going to each of a preset's amps. around: the chains before and behind them all."""
    costs = [measured(chain, block, rate) for chain in amps]
    rest = sum(measured(chain, block, rate) for chain in around)

    def to(i: int) -> SwitchFacts:
        others = [cost for j, cost in enumerate(costs) if j != i] or costs
        ways = [expected_switch(rate, block, amps[i].memory, rest + now, now, costs[i]) for now in others]
        way = max(ways, key=lambda way: (way.wait, way.silence))
        return SwitchFacts(rate, block, rest + costs[i], 1000 * (way.wait + way.fade) / rate, 1000 * way.silence / rate)

    return tuple(map(to, range(len(amps))))
