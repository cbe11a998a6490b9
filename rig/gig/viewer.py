"""What a screen sees of a gig: all of it at first, then what has changed, in frozen snapshots that can be sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from rig.gig.beside import Beside
from rig.gig.incidents import words
from rig.gig.reader import Reader, together
from rig.gig.snapshot import AmpView, EngineView, News, Outcome, SongRow, Status

if TYPE_CHECKING:
    from rig.gig.gig import Gig

KEPT = 100  # of what happened, for a screen that does not look


@dataclass(frozen=True)
class SetView:
    """What is there to be played. title: of the gig. playing: the amp's identity. amps: those that keys pick now.

    preset: the file of the one that plays.
    """

    title: str
    playing: int
    amps: tuple[AmpView, ...]
    songs: tuple[SongRow, ...]
    preset: Path


@dataclass(frozen=True)
class Look:
    """A look at a gig. set, chain: None where they are as at the last look. outcomes, news: since then.

    status: None where a fault of ours is in the way.
    """

    status: Status | None
    set: SetView | None = None
    chain: tuple[EngineView, ...] | None = None
    outcomes: tuple[Outcome, ...] = ()
    news: tuple[News, ...] = ()


@dataclass(frozen=True)
class Wrong:
    """What went wrong. at: seconds since 1970."""

    at: float
    about: str


@dataclass(frozen=True)
class Tally:
    """How often what went wrong since the gig began, by kind: see gig_log. worst_load: share of the period."""

    counts: tuple[tuple[str, int], ...]
    worst_load: float


class Viewer:
    """The eyes of one screen. Methods are called from the gig's thread."""

    def __init__(self, gig: Gig) -> None:
        self._gig, self._reader = gig, Reader(gig)
        self._known: tuple[object, ...] = ()  # what the set and the path were made of
        self._set: SetView | None = None
        self._chain: tuple[EngineView, ...] | None = None
        self._outcomes: deque[Outcome] = deque(maxlen=KEPT)
        self._news: deque[News] = deque(maxlen=KEPT)
        self.beside = Beside(lambda fault, error: self._news.append(News(fault, wrong=True)))

    def hear(self, outcomes: Iterable[Outcome], news: Iterable[News]) -> None:
        """What came of what was built, and what nobody asked for."""
        self._outcomes.extend(outcomes)
        self._news.extend(news)

    @property
    def up_to_date(self) -> bool:
        """Whether the last look has shown the document and the amp that are wanted now."""
        gig, known = self._gig, self._known
        return bool(known) and known[0] is gig.document and known[1] == gig.playing

    def look(self, chain: bool = False) -> Look:
        """What there is to be seen. chain: the path is read anew, whether or not the document is another one."""
        gig, outcomes = self._gig, tuple(self._outcomes)
        status = self.beside(self._reader.status)
        known = (gig.document, gig.playing, gig.name, status.faults if status else ())
        same = len(self._known) == len(known) and all(a is b or a == b for a, b in zip(known, self._known, strict=True))
        self._known = known
        seen = self.beside(self._seen) if chain or not same else None  # what amps cost, too, which no edit changes
        path = self.beside(gig.chain) if chain or outcomes or not same else None
        news = tuple(self._news)
        self._outcomes.clear()
        self._news.clear()
        look = Look(
            status,
            seen if seen != self._set else None,
            path if path != self._chain else None,
            outcomes,
            news,
        )
        self._set, self._chain = seen or self._set, self._chain if path is None else path
        return look

    def _seen(self) -> SetView:
        gig = self._gig
        return SetView(gig.name, gig.playing, gig.amps, gig.set_list.rows(), gig.preset.path)


def wrong(gig: Gig) -> tuple[Wrong, ...]:
    """What went wrong, in words, and was not said by a screen itself."""
    found = (Wrong(one.at, words(one)) for one in gig.incidents.log.incidents)
    return tuple(one for one in found if one.about)


def tally(gig: Gig) -> Tally:
    """Of the gig's log."""
    record = gig.incidents.log.record
    return Tally(tuple(record.counts.items()), record.worst_load)


def joined(looks: Sequence[Look]) -> Look:
    """Several looks, one after the other, as one."""
    statuses = [look.status for look in looks if look.status]
    sets = [look.set for look in looks if look.set]
    chains = [look.chain for look in looks if look.chain is not None]
    return Look(
        reduce(together, statuses) if statuses else None,
        sets[-1] if sets else None,
        chains[-1] if chains else None,
        tuple(outcome for look in looks for outcome in look.outcomes),
        tuple(item for look in looks for item in look.news),
    )
