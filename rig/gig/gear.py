"""What other gear is told: as a preset, a song, an amp or a scene begins, and when it has just been plugged in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from rig.document.document import Pick
from rig.document.messages import all_messages
from rig.gig.foresight import Ahead
from rig.gig.newcomers import Newcomers
from rig.native import Bound

if TYPE_CHECKING:
    from rig.gig.gig import Gig

PORT = "midi_send"


class Playing(NamedTuple):
    """What plays: identities, and the scene. song: 0 where there is none."""

    preset: int
    song: int
    pick: Pick


class Gear:
    """Methods are called from the gig's thread."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self._told: Playing | None = None  # what gear was told of last
        self._newcomers = Newcomers(gig, PORT)

    def look(self) -> None:
        """Tell what has begun since the last call; all of it where somebody has just been connected."""
        if self._newcomers.look():
            self._told = None
        now = self._now()
        rack = self._gig.reconciler.rack
        if now != self._told:
            before, self._told = self._told, now
            for data in self._said(before, now):
                rack.say(PORT, data)

    def _now(self) -> Playing:
        gig = self._gig
        song = gig.set_list.song
        return Playing(gig.preset.uid, song.uid if song else 0, Pick(gig.playing, gig.amp.scene))

    def _said(self, before: Playing | None, now: Playing) -> tuple[bytes, ...]:
        """All that begins, the whole before its parts. Where a scene ends the amp begins again."""
        document = self._gig.document
        midi = document.preset_of(now.preset).midi
        song = document.song(now.song)
        said: list[str] = []
        if before is None or before.preset != now.preset:
            said += midi.begin
        if song and (before is None or before.song != now.song):
            said += song.send
        if before is None or before.pick.amp != now.pick.amp or not now.pick.scene:
            said += midi.send.get(Pick(now.pick.amp), ())
        if now.pick.scene:
            said += midi.send.get(now.pick, ())
        return all_messages(said)

    # --- what the rack tells by itself ---

    def parts(self, to: Ahead) -> Iterator[Bound]:
        """What gear is to be told in the frame in which a pedal picks an amp."""
        gig = self._gig
        preset = gig.document.preset_of(to.amp).uid
        now = self._told or self._now()
        if preset != now.preset and not to.song:
            return  # which song that makes shows then
        scene = gig.document.amp(to.amp).scene if to.scene is None else to.scene
        then = Playing(preset, to.song or now.song, Pick(to.amp, scene))
        if then != now:
            for data in self._said(now, then):
                yield Bound("send", data=data, part="pressed", means=then)

    def told(self, playing: object) -> None:
        """The rack has told what plays now."""
        assert isinstance(playing, Playing)
        self._told = playing
