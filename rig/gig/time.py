"""The song's time, as the gig keeps it: whom it follows, what is said of them, and the metronome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rig.document.document import TEMPO
from rig.gig.snapshot import News
from rig.native import LEADS, Meters

if TYPE_CHECKING:
    from rig.gig.gig import Gig

ANOTHER_BPM = 0.5  # by so much a tempo is another one for what is kept
CALLED = {"midi": "the MIDI clock", "jack": "JACK's transport"}


class Time:
    """Methods are called from the gig's thread."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self.clicks = False  # the metronome is on
        self.lead = ""  # how whom we follow is, see Status
        self._follow = gig.preset.follow
        self._bpm = 0.0  # as heard
        self.followed_bpm = 0.0  # of whom we follow, as a preset may have it, for what is kept; 0: nobody is heard
        self.reconcile()

    @property
    def tempo(self) -> float | None:
        """Beats a minute, as whom we follow has it, or the song or its preset; None where nobody says."""
        return round(self._bpm, 1) if self.lead else self._gig.tempo

    def reconcile(self) -> None:
        """The preset's metronome, as it is wanted."""
        wanted = self._gig.preset.metronome
        rack = self._gig.reconciler.rack
        rack.metronome(self.clicks, beats=wanted.beats, level=wanted.level, out=wanted.to == "out")

    def click(self, on: bool) -> None:
        """Switch the metronome on or off."""
        self.clicks = on
        self.reconcile()
        where = "" if self._gig.preset.metronome.to == "out" else f", to {self._gig.client.name}:click"
        self._gig.say(f"metronome on{where}" if on else "metronome off")

    def followed(self) -> str:
        """What `follow` answers."""
        follow = self._gig.preset.follow
        if not follow:
            return "the preset's own tempo"
        port = f"{self._gig.client.name}:midi_in"
        heard = any(sink == port for _, sink in self._gig.client.connections())
        unheard = "" if heard or follow != "midi" else f": nothing is connected to {port}"
        return f"following {CALLED[follow]}{unheard}"

    def look(self, meters: Meters) -> bool:
        """Say so where whom we follow is heard, or not heard any more. To be called often. Whether they have another
        tempo.
        """
        follow, before = self._gig.preset.follow, self.lead
        self.lead, self._bpm = LEADS[meters.lead] if follow else "", meters.tempo
        told = self.followed_bpm
        if not self.lead:
            self.followed_bpm = 0.0
        elif abs(self._bpm - told) >= ANOTHER_BPM:
            self.followed_bpm = min(TEMPO[1], max(TEMPO[0], round(self._bpm, 1)))
        same, self._follow = follow == self._follow, follow
        if follow == "midi" and self.lead != before and same:
            self._tell(before)
        return self.followed_bpm != told

    def _tell(self, before: str) -> None:
        if self.lead == "lost":
            self._gig.tell(News(f"{CALLED['midi']} has gone: on with its tempo, {self.tempo:g}", wrong=True))
        elif self.lead == "heard" and before in ("", "lost"):
            self._gig.tell(News(f"{CALLED['midi']} is {'back' if before else 'heard'}: {self.tempo:g} bpm"))
