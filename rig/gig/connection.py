"""The gig's place in JACK: wired as the preset says, and found again when JACK comes back, at whatever rate."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rig.document.document import OUTS
from rig.errors import RigError
from rig.gig.snapshot import News
from rig.jack.client import Client
from rig.jack.patchbay import Wire
from rig.jack.pulse import Pulse
from rig.jack.wires import Wires
from rig.native import Rack
from rig.sound import resample

if TYPE_CHECKING:
    from rig.gig.gig import Gig

REJOIN_SECONDS = 0.3  # between two looks for a JACK that has gone
REFUSED_SECONDS = 10.0  # until the next, where one ran that could not be joined
GONE_SECONDS = 5.0  # without a sign of life; less than that, and a server that is busy would be left
AGAIN_SECONDS = 10.0  # until what is against it is said again, where it is the same
STALLED = News("JACK does not answer", wrong=True)
CONNECTED = News("connected")

Recording = tuple[np.ndarray, int]
"""(frames,) float32, and its rate in Hz."""


class Connection:
    """Methods are called from the gig's thread.

    source, loop: the name of a recording that plays into the rig, which the wiring shows, and the recording.
    """

    def __init__(self, gig: Gig, client: Client, source: str = "", loop: Recording | None = None) -> None:
        self._gig, self._client = gig, client
        self._loop = loop
        self.source = ((source, f"{client.name}:in"),) if source else ()
        self.wired = False
        self.stalled = False  # JACK calls us no more, but hasn't said that it goes
        self._pulse = Pulse()
        self._wires = Wires()
        self._called = -1  # how often JACK had called when we looked last
        self._due = False  # somebody asked to be wired while JACK was gone
        self._rejoin_at = 0.0
        self._said, self._said_at = "", 0.0  # what was against it
        self._building = False  # JACK is back at another rate, and what is to play there is being built

    def connect(self) -> None:
        """Wire up; where JACK has gone, start it, and what others had wired comes back, too. Raises RigError."""
        if self._client.alive:
            wired = self.wire()
            self._gig.say(wired.message, wired.wrong)
            return
        self.wired = self._due = True
        if self._client.reopen():
            self._arrived()
            if not self._building:
                self._wire_again()
        else:
            self._gig.say("JACK is being started")
            self._rejoin_at = 0.0

    def rewire(self) -> None:
        """The preset's wiring is another one. While JACK is gone: connect so when it is back. What fails is said."""
        if not self._client.alive:
            self._wires.forget()
            return
        try:
            self._gig.tell(self.wire())
        except RigError as error:
            self._gig.tell(News(str(error), wrong=True))

    def wire(self) -> News:
        """Connect as the playing amp's preset says; whom it names and isn't there is connected when they come.

        Returns what came of it. Raises RigError.
        """
        self.wired = True
        wiring = self._gig.preset.jack
        faults = self._client.connect(wiring, input=not self.source)
        there = {port.name: port for port in self._client.there()}
        ours = {port.short: port for port in there.values() if port.ours}
        wanted = [(ours[name], other) for name in ours.keys() & wiring.ports.keys() for other in wiring.ports[name]]
        self._wires.expect((wire for wire in wanted if wire[1] not in there), tuple(there.values()))
        named = OUTS[0] in wiring.ports or OUTS[1] in wiring.ports
        unheard = self._unheard("the preset names no outputs" if named else "no playback ports")
        said = "; ".join(faults) or unheard
        return News(said, wrong=True) if said else CONNECTED

    def _wire_again(self) -> None:
        """JACK is back: connect as it was; where nothing is known of that, as the preset says."""
        known, stood, due = self._wires.told, len(self._wires), self._due
        self._due = False
        if self.wired and (due or not known):
            self._gig.tell(self.wire())
        if not stood:
            return
        self._mend(time.monotonic())
        ends = ", ".join(self._others(self._wires.waiting))
        if ends:
            self._gig.tell(News(f"connected as before, but {ends} is not there yet", wrong=self.unheard))
        elif not due:
            unheard = self._unheard("as before")
            self._gig.tell(News(unheard or "connected as before", wrong=bool(unheard)))

    def _mend(self, now: float) -> list[Wire]:
        """Look at our wires, and make those again that can be. Returns these. Raises NoAnswer."""
        client, wires = self._client, self._wires
        due = wires.look(client.connections(), client.there(), client.came(), client.name, now)
        made = [wire for wire in due if not client.patch(wire, True)]
        for wire in made:
            wires.made(wire)
        return made

    @property
    def waiting(self) -> tuple[Wire, ...]:
        """Wires that stood, and stand again as soon as whom they lead to is back."""
        return self._wires.waiting

    def patch(self, source: str, sink: str, there: bool) -> None:
        """Make a wire between any two ports, or take one away, which does not come back then. Raises RigError."""
        known = not there and self._wires.drop((source, sink))
        fault = None if known and not self._stands(source, sink) else self._client.patch((source, sink), there)
        if fault:
            raise RigError(fault)

    def _stands(self, source: str, sink: str) -> bool:
        return (source, sink) in self._client.connections()

    def _others(self, wires: Sequence[Wire]) -> list[str]:
        """The ports at the other ends of wires."""
        ours = f"{self._client.name}:"
        return list(dict.fromkeys(sink if source.startswith(ours) else source for source, sink in wires))

    def _unheard(self, why: str) -> str:
        return f"nothing hears {self._client.name}: {why}" if self.unheard else ""

    @property
    def unheard(self) -> bool:
        """Whether JACK is there and nobody is connected to our outputs."""
        outputs = [f"{self._client.name}:out_1", f"{self._client.name}:out_2"]
        return self._client.alive and not any(source in outputs for source, _ in self._client.connections())

    def look(self, callbacks: int) -> None:
        """Play on where JACK runs again. What is against it is said, and tried less often.

        callbacks: how often JACK has called the rack so far.
        """
        now = time.monotonic()
        if self._client.running:
            self._watch(callbacks, now)
        if self._client.alive:
            called, self._called = callbacks != self._called, callbacks
            if not self._building and (called or not self._client.running):  # one that goes calls no more
                with contextlib.suppress(RigError):  # it will be looked at again
                    if made := self._mend(now):
                        self._gig.tell(News(f"connected again: {', '.join(self._others(made))}"))
        else:
            self._wires.went()
            if now >= self._rejoin_at:
                self._rejoin(now)

    def _watch(self, callbacks: int, now: float) -> None:
        """A JACK that hangs says nothing; it only calls no more. After a while it has gone as if it had said so."""
        still = self._pulse.look(callbacks, now, self._client.block / self._client.rate)
        if still and not self.stalled:
            self._gig.tell(STALLED)
        elif self.stalled and not still:
            self._gig.tell(News("JACK answers again"))
        self.stalled = still > 0.0
        # PipeWire does not say that it goes; to leave one that was only slow costs less than to stay in a dead one.
        if still > (0.0 if self._client.goes_silently and self._pulse.moved else GONE_SECONDS):
            self._rejoin_at = now + (REJOIN_SECONDS if self._pulse.moved else REFUSED_SECONDS)
            self._client.leave()

    def _rejoin(self, now: float) -> None:
        self.stalled = False
        self._rejoin_at = now + REJOIN_SECONDS
        try:
            if self._client.reopen(start=False):
                self._arrived()
                if not self._building:
                    self._wire_again()
        except RigError as error:
            self._refused(str(error), now)

    def _refused(self, why: str, now: float) -> None:
        """It is said, and tried less often; but one that does not let us in yet is looked at as before."""
        if not self._client.waits:
            self._rejoin_at = now + REFUSED_SECONDS
        if why != self._said or now - self._said_at >= AGAIN_SECONDS:
            self._said, self._said_at = why, now
            self._gig.tell(News(why, wrong=True))

    def _arrived(self) -> None:
        """JACK is back. Where it runs at another rate, all chains are built for that; it is quiet until they are."""
        self._pulse, self.stalled, self._said = Pulse(), False, ""
        rate = self._client.rate
        if rate == self._gig.reconciler.rack.rate:
            return
        rack = Rack(rate)
        for fault in self._gig.room.take(rack):
            self._gig.tell(News(fault, wrong=True))
        if self._loop:
            rack.loop(resample(*self._loop, rate))
        self._building = True
        self._gig.move(rack)
        self._gig.tell(News(f"JACK runs at {rate / 1000:g} kHz now: building all amps for it"))

    def built(self) -> None:
        """Nothing is left to be built. Where that was waited for, it plays."""
        if not self._building:
            return
        self._building = False
        rack = self._gig.reconciler.rack
        rack.begin(open=False)
        self._gig.open_master()  # it opens once it runs, now or when JACK has come back
        try:
            self._client.start(rack)
        except RigError as error:
            self._gig.tell(News(str(error), wrong=True))
            self._client.leave()
            return
        self._gig.tell(News(f"playing on at {rack.rate / 1000:g} kHz"))
        try:
            self._wire_again()
        except RigError as error:
            self._gig.tell(News(str(error), wrong=True))
