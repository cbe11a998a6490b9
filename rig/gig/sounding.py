"""How what plays sounds and stands: its chains with their knobs, costs and faults, and the note that is played."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rig.document.corrections import remade
from rig.document.document import EngineSpec
from rig.document.knobs import kind
from rig.document.tunings import A4, Note, nearest
from rig.gig import snapshot
from rig.gig.builder import Place
from rig.gig.fault_log import FaultLog
from rig.gig.snapshot import EngineView
from rig.native import Chain

if TYPE_CHECKING:
    from rig.gig.gig import Gig
    from rig.gig.tuner import Tuner


class Sounding:
    """What is heard of a gig now, as the rack has it."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self._faults_seen = FaultLog()
        self._tuner: Tuner | None = None

    def moved(self) -> None:
        """The gig goes on in another rack."""
        self._faults_seen = FaultLog()

    def latency_ms(self) -> float:
        """Round trip: JACK's, and what the chains that play add. 0 while JACK is gone."""
        through = self.delay if self._gig.client.alive else 0
        return self._gig.client.latency_ms() + 1000.0 * through / self._gig.client.rate

    def path(self) -> list[tuple[Place, tuple[EngineSpec, ...], Chain]]:
        """The chains that play, in order, and the engines that each was built of."""
        return self._gig.reconciler.path(self._gig.preset.uid, self._gig.playing)

    @property
    def delay(self) -> int:
        """Frames that sound takes through the chains that play."""
        return sum(chain.latency for place, _, chain in self.path() if place.stage != "amp" or not self._gig.bypassed)

    def costs(self) -> tuple[tuple[str, float], ...]:
        """The engines of what plays, and the share of a core that each takes, 0..1."""
        return tuple(
            (snapshot.path(self._gig.document, spec.uid, self._gig.playing), cost)
            for _, engines, chain in self.path()
            for spec, cost in zip(engines, chain.costs, strict=True)
            if self._gig.document.engine(spec.uid)
        )

    def reductions(self) -> tuple[tuple[str, float], ...]:
        """By how much engines turn down what is loud, now: their paths, and dB."""
        return tuple(
            (snapshot.path(self._gig.document, spec.uid, self._gig.playing), round(reduction, 1))
            for _, engines, chain in self.path()
            for spec, reduction in zip(engines, chain.reductions, strict=True)
            if reduction is not None and spec.on and self._gig.document.engine(spec.uid)
        )

    def faults(self, input_faults: int) -> tuple[tuple[str, int], ...]:
        """Who was silenced for what is no sound, and how often; `in` is the guitar."""
        found = [("in", input_faults)] if input_faults else []
        for place in self._gig.reconciler.places():
            standing = self._gig.reconciler.chain(place)
            if standing is None:
                continue
            for spec, count in zip(standing[0].engines, standing[1].faults, strict=True):
                if count and self._gig.document.engine(spec.uid):
                    found.append((snapshot.path(self._gig.document, spec.uid, self._gig.playing), count))
        return tuple(found)

    def note(self) -> Note:
        """The note that is played; one without a name for none."""
        if self._tuner is None:
            from rig.gig.tuner import Tuner

            self._tuner = Tuner()
        heard = self._tuner.hear(self._gig.reconciler.rack, not self._gig.tuning)
        return nearest(heard, self._gig.preset.tuning or "", self._gig.preset.a4 or A4) if heard else Note("", 0.0)

    def chain(self) -> tuple[EngineView, ...]:
        """The playing amp's signal path: input chain, amp, output chain, with the knobs as they stand."""
        units = {}
        for _, engines, chain in self.path():
            for i, (spec, unit, faults, cost, out) in enumerate(
                zip(engines, chain.units, chain.faults, chain.costs, chain.left_out, strict=True)
            ):
                about = self._stands_in(spec.uid) if kind(spec).ports else chain.about(i)
                caught = self._faults_seen.lately(chain.address, i, faults)
                units[spec.uid] = (unit, about, caught or bool(out), cost)
        return snapshot.chain(self._gig.document, self._gig.history.saved, self._gig.playing, units)

    def _stands_in(self, uid: int) -> str:
        """What is said of an insert."""
        inserts, client = self._gig.reconciler.inserts, self._gig.client
        return inserts.about(uid, client.rate, client.name, client.connections()) if inserts else ""

    def idle(self, uid: int) -> frozenset[str]:
        """The knobs of an engine that do nothing with what it plays; none while it is to play something else."""
        wanted = self._gig.document.engine(uid)
        for place in self._gig.reconciler.places():
            standing = self._gig.reconciler.chain(place)
            for spec, unit in zip(standing[0].engines, standing[1].units, strict=True) if standing else ():
                if spec.uid == uid and wanted and not remade(spec, wanted):
                    return frozenset(unit.payload.idle)
        return frozenset()
