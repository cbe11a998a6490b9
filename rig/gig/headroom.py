"""What the period has time for: which engines are left out and why, which amps won't fit, and when it gets tight.

The rack decides what to leave out and when it comes back (csrc/rack/overload.h). Here it is said, and a model that is
left out is built at its lightest, in the background, until there is room again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rig.document.corrections import remade
from rig.document.document import EngineSpec, Preset, with_each_engine
from rig.document.knobs import kind
from rig.gig import snapshot
from rig.gig.gig_log import GUARD, OVERLOAD, Incident
from rig.gig.snapshot import News
from rig.native import FULL, RELIEFS, RETURN, Chain, Meters

if TYPE_CHECKING:
    from rig.gig.gig import Gig

TIGHT, LOOSE = 0.7, 0.6  # of the period: from which on it is said that it gets tight, and until which it is not again
TIGHT_SECONDS = 2.0  # for which it must be
AGAIN_SECONDS = 10.0  # until the same is said again
STUCK_SECONDS = 5.0  # for which an amp has stood, and is not heard
HEAVIER_SECONDS = 30.0, 960.0  # until a model is tried as it is wanted again: at first, and at most
LIGHTEST = {"quality": 0.0, "oversample": 1.0}
"""Settings of engines that take time, where they take the least."""

NAMED = 3  # engines, in one line


@dataclass(frozen=True)
class Lightened:
    """An engine that plays at its lightest. share: of a core, that it takes as it is wanted."""

    spec: EngineSpec
    share: float


class Headroom:
    """Looks at what plays. Methods are called from the gig's thread."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self.incidents: list[Incident] = []  # for the log, until they are taken
        self._relieves = True
        self.relief = ""
        self.left_out: tuple[tuple[str, str], ...] = ()
        self._out: dict[int, str] = {}  # engines, and why
        self._amp = 0  # for which that is so
        self._lightened: dict[int, Lightened] = {}
        self._heavier, self._wait = math.inf, HEAVIER_SECONDS[0]
        self._tails = 0
        self._tight_since = self._unsettled_since = math.inf
        self._tight = self._stuck = False
        self._said: dict[str, float] = {}

    def relieve(self, on: bool) -> None:
        """Leave out what the period has no time for, or play all of it, whatever comes of that."""
        self._relieves = on
        self._gig.reconciler.rack.relieve(on)

    def moved(self) -> None:
        """The gig goes on in another rack, which is there by now."""
        self.relieve(self._relieves)
        self._out, self._tails = {}, 0
        self._tight_since = self._unsettled_since = math.inf

    def look(self, meters: Meters) -> None:
        """To be called with each status."""
        now = time.monotonic()
        before, self.relief = RELIEFS.index(self.relief), RELIEFS[meters.relief]
        self._look_out(now)
        if meters.tails_ended > self._tails:
            self._warn("overload: what rang on was ended, so that what plays fits into the period", now)
        self._tails = meters.tails_ended
        if self.relief == "switches" and meters.relief > before:
            self._warn("overload: there is little time for switches: they take longer, or have a gap", now)
        self._look_ahead(meters.load_mean, now)
        self._look_stuck(meters.settled, now)
        self._heavier_again(meters.load_mean, now)

    # --- what is left out ---

    def _look_out(self, now: float) -> None:
        playing, out, units = self._gig.playing, {}, {}
        for _, engines, chain in self._gig.sounding.path():
            for i, (spec, why) in enumerate(zip(engines, chain.left_out, strict=True)):
                units[spec.uid] = (chain, i)
                if why and self._gig.document.engine(spec.uid):
                    out[spec.uid] = why
        before, self._out = (self._out if playing == self._amp else {}), out
        self._amp = playing
        self.left_out = tuple((self._path(uid), why) for uid, why in out.items())
        if out == before:
            return
        new = [uid for uid in out if out[uid] != before.get(uid)]
        self._say_overload([uid for uid in new if out[uid] == "time"])
        for uid in new:
            if out[uid] == "broken":
                self._say_broken(uid)
        back = [uid for uid in before if uid not in out and uid in units]
        if back and "time" in (before[uid] for uid in back):
            self._gig.tell(News(f"there is room again: {self._names(back)} {_plays(back)}"))
        self._lighten([uid for uid in new if out[uid] == "time"], units)

    def _say_overload(self, out: Sequence[int]) -> None:
        if not out:
            return
        what = f"{self._names(out)} {'is' if len(out) == 1 else 'are'} left out"
        takes = self.takes(self._gig.playing)
        why = f"{self._gig.amp.name} takes {100 * takes:.0f} % of the period" if takes > FULL else "time is short"
        self._gig.tell(News(f"overload: {what}; {why}: lower a model's quality, or take a longer period", wrong=True))
        self.incidents.append(Incident(0.0, OVERLOAD, what))

    def _say_broken(self, uid: int) -> None:
        path = self._path(uid)
        self._gig.tell(
            News(
                f"{path} breaks again and again, and is left out: panic, or switching it off and on, tries it again",
                wrong=True,
            )
        )
        self.incidents.append(Incident(0.0, GUARD, f"{path}, left out for good"))

    def _names(self, uids: Sequence[int]) -> str:
        paths = [self._path(uid) for uid in uids]
        more = len(paths) - NAMED
        return ", ".join(paths[:NAMED]) + (f" and {more} more" if more > 0 else "")

    def _path(self, uid: int) -> str:
        return snapshot.path(self._gig.document, uid, self._gig.playing)

    # --- what would take less ---

    def lightened(self, preset: Preset) -> Preset:
        """A preset as it is built: what would not fit at its lightest."""

        def lighter(spec: EngineSpec) -> EngineSpec:
            was = self._lightened.get(spec.uid)
            return spec if was is None or remade(was.spec, spec) else _lightest(spec)

        return with_each_engine(preset, lighter) if self._lightened else preset

    def _lighten(self, uids: Sequence[int], units: dict[int, tuple[Chain, int]]) -> None:
        """Ask for engines that are left out at their lightest, where there is such a thing."""
        asked = False
        for uid in uids:
            chain, unit = units[uid]
            spec = self._gig.document.engine(uid)
            if spec is None or uid in self._lightened or not _can_be_lighter(spec, chain.units[unit].payload.idle):
                continue
            self._lightened[uid] = Lightened(spec, chain.usual[unit])
            asked = True
        if asked:
            self._heavier = time.monotonic() + self._wait
            self._wait = min(2 * self._wait, HEAVIER_SECONDS[1])
            self._gig.tell(News(f"{self._names(list(self._lightened))} will be played at the lowest quality"))
            self._gig.reconcile()

    def _heavier_again(self, mean: float, now: float) -> None:
        """As it is wanted again, where that fits by what it took."""
        if now < self._heavier:
            return
        self._heavier = now + self._wait
        plays = {spec.uid for _, engines, _ in self._gig.sounding.path() for spec in engines}
        for uid, was in list(self._lightened.items()):
            spec = self._gig.document.engine(uid)
            if spec is None or remade(was.spec, spec):
                del self._lightened[uid]
            elif uid in plays and not self._out and mean + was.share <= RETURN:
                del self._lightened[uid]
                self._gig.tell(News(f"there is room again: {self._path(uid)} plays at its full quality"))
                self._gig.reconcile()
                break
        if not self._lightened:
            self._heavier = math.inf

    # --- what will not fit ---

    def takes(self, amp: int) -> float:
        """Share of the period that an amp takes, with the chains around it, as far as that is known; 0: it is not."""
        preset = self._gig.document.preset_of(amp)
        return sum(sum(chain.usual) for _, _, chain in self._gig.reconciler.path(preset.uid, amp))

    def too_much(self, amp: int) -> float:
        """The same in tenths where it is more than there is; else 0."""
        takes = self.takes(amp)
        return round(takes, 1) if takes > FULL else 0.0

    def _look_ahead(self, mean: float, now: float) -> None:
        """Say it when it gets tight."""
        if mean < TIGHT or self.relief:
            self._tight_since = math.inf
            self._tight = self._tight and mean >= LOOSE
            return
        self._tight_since = min(self._tight_since, now)
        if not self._tight and now - self._tight_since >= TIGHT_SECONDS:
            self._tight = True
            what = f"{self._gig.amp.name} takes {100 * mean:.0f} % of the period"
            self._gig.tell(News(f"{what}: little is left for a switch or a bad moment", wrong=True))

    def _look_stuck(self, settled: bool, now: float) -> None:
        """An amp that was picked, and that is not heard for long."""
        stands = len(self._gig.sounding.path()) == len(("input", "amp", "output"))
        if settled or not stands or not self._gig.client.alive:
            self._unsettled_since, self._stuck = math.inf, False
            return
        self._unsettled_since = min(self._unsettled_since, now)
        if not self._stuck and now - self._unsettled_since >= STUCK_SECONDS:
            self._stuck = True
            name = self._gig.amp.name
            self._gig.tell(News(f"{name} does not get through its catching up; what played plays on", wrong=True))

    def _warn(self, message: str, now: float) -> None:
        if now - self._said.get(message, -math.inf) >= AGAIN_SECONDS:
            self._gig.tell(News(message, wrong=True))
            self.incidents.append(Incident(0.0, OVERLOAD, message.removeprefix("overload: ")))
        self._said[message] = now


def _plays(uids: Sequence[int]) -> str:
    return "plays" if len(uids) == 1 else "play"


def _lighter(spec: EngineSpec) -> Iterator[tuple[str, float]]:
    """The settings that take less than they do."""
    settings = kind(spec).settled(spec.settings)
    return ((name, least) for name, least in LIGHTEST.items() if settings.get(name, least) > least)


def _can_be_lighter(spec: EngineSpec, idle: Sequence[str]) -> bool:
    return any(name not in idle for name, _ in _lighter(spec))


def _lightest(spec: EngineSpec) -> EngineSpec:
    return replace(spec, settings={**spec.settings, **dict(_lighter(spec))})
