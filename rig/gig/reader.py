"""Who looks at a gig's levels: each sees all that peaked since it looked last, however many others look, too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rig.gig.snapshot import Status

if TYPE_CHECKING:
    from rig.gig.gig import Gig


class Reader:
    """One of them, for as long as it is kept. Methods are called from the gig's thread."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self._kept: Status | None = None
        gig.readers.add(self)

    def hear(self, status: Status) -> None:
        """Somebody has looked; the rack counts its peaks anew from there."""
        self._kept = status if self._kept is None else together(self._kept, status)

    def take(self) -> Status | None:
        """What the others have seen since the last call; None where nobody has looked."""
        kept, self._kept = self._kept, None
        return kept

    def status(self) -> Status:
        """The rack now. Peaks, clips and the worst load are since the last call."""
        status = self._gig.status()
        return self.take() or status


def together(before: Status, status: Status) -> Status:
    """The later of two, with the peaks of both."""
    return replace(
        status,
        in_db=max(before.in_db, status.in_db),
        out_db=max(before.out_db, status.out_db),
        in_clip=before.in_clip or status.in_clip,
        out_clip=before.out_clip or status.out_clip,
        limiter_db=min(before.limiter_db, status.limiter_db),
        load=max(before.load, status.load),
    )
