"""JACK, as a gig or a capture holds it: our client, its wiring, and a server where none is running.

Every call into libjack is made in a thread of its own (`calls.py`), as a server that hangs never answers.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, TimeoutError

from rig.document.document import OUTS, Wiring
from rig.errors import RigError
from rig.jack import library
from rig.jack.calls import CALL_SECONDS, Calls, NoAnswer
from rig.jack.joined import Joined, Ports, find
from rig.jack.lately import Lately
from rig.jack.look import Look
from rig.jack.metadata import Metadata
from rig.jack.opening import OPEN_SECONDS, Opening
from rig.jack.patchbay import Patchbay, Port, Wire
from rig.jack.server import Server
from rig.native import PlayerRecorder, Rack, inserts
from rig.native.inserts import SIDES

FLAPPING_SECONDS = 3.0  # a server of ours that lives no longer than that is not started again by itself
LOOK_SECONDS = 0.5  # for a server that is looked for while a gig goes on to let us in


def running(server: str | None = None) -> tuple[int, int] | None:
    """(rate in Hz, period in frames) of the JACK server that runs, or None, also where it does not answer."""
    calls = Calls()
    try:
        return calls(_ask_running, server, seconds=OPEN_SECONDS)
    except RigError:
        return None
    finally:
        calls.end()


def _ask_running(server: str | None) -> tuple[int, int] | None:
    client = find("rig-asks", server)
    if client is None:
        return None
    found = client.samplerate, client.blocksize
    client.close()
    return found


class Client:
    """Our JACK client. Starts a server where none runs, and stops it again. Methods are called from one thread.

    ports: ours. Raises RigError when there is no server and none can be started, and NoAnswer where one
    hangs; nothing takes longer than a second but to open and to start a server.
    """

    def __init__(self, name: str = "rig", server: str | None = None, ports: Ports = Ports()) -> None:
        self._ports = ports
        self._asked, self._called = (name, server), ""  # called: when we came first
        self._calls = Calls()
        self._server: Server | None = None
        self._restart = False  # the server that has gone was ours
        self._joined: Joined | None = None
        self._opening: Opening | None = None
        self._leaving: Future[None] | None = None
        self._rack: Rack | PlayerRecorder | None = None
        self._delay = 0  # frames
        self._xruns = 0  # in servers that have gone
        self._block, self._latency = Lately(self._calls), Lately(self._calls)
        self._inserts: dict[int, str] = {}
        self._unplugged: dict[str, tuple[Wire, ...]] = {}  # wires of inserts that have gone, by name
        self._metadata = Metadata()
        self._look: Look | None = None
        self.name, self.rate, self.server = name, 0, self._given()
        opening = self._opening = self._begin(start=True)
        while not (opening.future.done() or opening.overdue):
            with contextlib.suppress(TimeoutError):
                opening.future.exception(0.1)
        try:
            self._take(opening)
        except BaseException:
            self.close()
            raise

    def _given(self) -> str:
        return library.called(self._asked[1])

    def _begin(self, *, start: bool) -> Opening:
        asked = (self._called or self._asked[0], self._asked[1])  # two rigs keep their names: wires lead to those
        return Opening(self._calls, asked, self._ports, start=start, again=self._restart)

    def _take(self, opening: Opening) -> bool:
        """Whether it led into a server. Raises RigError."""
        if opening.overdue:
            raise NoAnswer(f"{self._given()} does not answer: it may hang; end it and start it again")
        self._opening = None
        try:
            joined = opening.future.result(0)
        except library.jack.JackError:
            raise RigError("JACK has gone again") from None
        if joined is None:
            return False
        if opening.server:
            self._server = opening.server
            self._restart = False
        self._joined = joined
        self.name, self.rate = joined.name, joined.rate
        self._called = self._called or joined.name
        self.server = self._server.says if self._server else self._given()
        self._look = Look(joined, self._calls, self._metadata)
        self._block.stale()
        self._latency.stale()
        self._block.ask(lambda: joined.client.blocksize)
        self._calls(self._set_inserts, joined, self._inserts)
        return True

    @property
    def alive(self) -> bool:
        """Whether we are in a server that has not said that it goes."""
        return self._joined is not None and self._joined.alive

    @property
    def running(self) -> bool:
        """Whether JACK is to call what plays, every period."""
        return self.alive and self._joined is not None and self._joined.latency is not None

    @property
    def waits(self) -> bool:
        """Whether a server has still to let us in, or to let us go: to look again costs nothing."""
        return self._opening is not None

    @property
    def goes_silently(self) -> bool:
        """Whether the server does not say that it goes."""
        return library.of_pipewire()

    @property
    def xruns(self) -> int:
        """Periods that were missed, by whomever."""
        return self._xruns + (self._joined.xruns if self._joined else 0)

    def reopen(self, *, start: bool = True) -> bool:
        """After the server has gone: join the one that runs now, and play on. Returns whether we are in one.

        Where it runs at another rate than what played there was made for, nothing plays until `start` is called.
        start: start one where none runs, which goes on in the background where it takes longer than a second, and raise
        RigError where that fails; else looking takes a few milliseconds, and a server of ours that has gone is
        started again. Raises RigError where the server does not answer: then we are without one, as before.
        """
        until = time.monotonic() + (CALL_SECONDS if start else LOOK_SECONDS)
        wait = start or self._opening is None
        while True:
            if self._opening is None:
                self._drop()
                self._opening = self._begin(start=start or self._restart)
            opening = self._opening
            with contextlib.suppress(TimeoutError):
                opening.future.exception(max(0.0, until - time.monotonic()) if wait else 0.0)
            if not opening.future.done() and not opening.overdue:
                return False
            if self._take(opening) or opening.start or not start:
                break
        if self.alive and self._rack and self._rack.rate != self.rate:
            self._rack = None  # a rack of this rate will be another one
        if self.alive and self._rack:
            try:
                self.start(self._rack)
            except RigError:
                self.leave()
                raise
        return self.alive

    @property
    def block(self) -> int:
        """Frames a period; the last known one where JACK has gone."""
        if self.alive and self._joined:
            client = self._joined.client
            return self._block.ask(lambda: client.blocksize)
        return self._block.value

    def frame(self) -> int:
        """The server's frame counter at the start of its period."""
        joined = self._here()
        return self._calls(lambda: joined.client.last_frame_time)

    def _here(self) -> Joined:
        if self._joined is None:
            raise RigError("JACK has gone")
        return self._joined

    def start(self, rack: Rack | PlayerRecorder, seconds: float = CALL_SECONDS) -> None:
        """Let JACK run it from now on. Raises RigError where it goes, or does not answer within so many seconds."""
        self._rack = rack  # what C points at lives as long as we do
        joined = self._here()
        try:
            self._calls(joined.activate, rack, self._delay, seconds=seconds)
        except NoAnswer:
            raise NoAnswer(
                f"{self.server} does not answer: another program may keep it waiting; start the server again"
            ) from None
        except library.jack.JackError:
            raise RigError("JACK has gone again") from None

    def connect(self, wiring: Wiring = Wiring(), *, input: bool = True) -> list[str]:
        """Wire us up: to the ports that the preset names, else to the physical ones. input: also what we listen to.

        Returns what could not be done, a line each; what is connected already stays so. Raises NoAnswer.
        """
        return self._calls(self._connect, self._here(), wiring, input)

    @staticmethod
    def _connect(joined: Joined, wiring: Wiring, input: bool) -> list[str]:
        sources, sinks = joined.physical(inputs=False) if input else [], joined.physical(inputs=True)
        usual = dict(zip(("in", *OUTS), (sources[:1], sinks[:1], sinks[1:2] or sinks[:1]), strict=True))
        ports = {**usual, **wiring.ports}
        wanted: list[Wire] = []
        for name, ours in joined.names.items():
            takes = joined.ports[name].is_input
            wanted += [(other, ours) if takes else (ours, other) for other in ports.get(name, ())]
        return [fault for pair in wanted if (fault := joined.wire(*pair))]

    def ports(self, *, inputs: bool) -> list[str]:
        """Audio ports of others, the physical ones first. inputs: those that take sound, else those that give it."""
        joined = self._here()

        def found() -> list[str]:
            physical = joined.physical(inputs=inputs)
            there = joined.client.get_ports(is_audio=True, is_input=inputs, is_output=not inputs)
            rest = [port.name for port in there if not joined.client.owns(port)]
            return physical + [name for name in rest if name not in physical]

        return self._calls(found)

    @property
    def arrivals(self) -> int:
        """Ports of anybody that have come or gone so far, in this server."""
        return self._joined.port_changes if self._joined else 0

    def midi_ports(self, *, inputs: bool) -> dict[str, tuple[str, ...]]:
        """MIDI ports of others, and what else they are called. inputs: those that take MIDI. Raises NoAnswer."""
        joined = self._here()
        return self._calls(lambda: joined.midi_ports(inputs=inputs))

    def wire(self, ours: str, other: str) -> str | None:
        """Connect one of our ports to one of somebody else's. Returns why not, in one line, or None."""
        joined = self._here()
        name = joined.names[ours]
        ends = (other, name) if ours in (*self._ports.inputs, *self._ports.midi) else (name, other)
        return self._calls(joined.wire, *ends)

    def inserts(self, names: Mapping[int, str]) -> None:
        """Give the places in the table of inserts ports of those names, and no others; at once, or when JACK is back.

        The wires of one that comes back come back, too. Raises NoAnswer.
        """
        self._inserts = dict(names)
        if self.alive and self._joined:
            self._calls(self._set_inserts, self._joined, dict(names))

    def _set_inserts(self, joined: Joined, names: Mapping[int, str]) -> None:
        there = joined.inserts
        gone = [name for name, place in there.items() if names.get(place) != name]
        if gone:
            wires = joined.wires()
            for name in gone:
                own = {joined.names[f"{name}_{side}"] for side in SIDES}
                self._unplugged[name] = tuple(wire for wire in wires if own & {*wire})
                joined.remove_insert(name)
        new = [(place, name) for place, name in names.items() if name not in there]
        for place, name in new:
            joined.add_insert(place, name)
            joined.wire_again(self._unplugged.pop(name, ()))
        if gone or new:
            joined.wired(joined.wires())

    @property
    def _looked(self) -> Look | None:
        """At the server, while we are in one."""
        return self._look if self.alive else None

    def connections(self) -> tuple[Wire, ...]:
        """(from, to) for each wire on our ports."""
        return self._looked.wires() if self._looked else ()

    def there(self) -> tuple[Port, ...]:
        """All ports of the server, without what metadata calls them."""
        return self._looked.ports() if self._looked else ()

    def came(self) -> tuple[str, ...]:
        """The names of ports that have come since the last call."""
        came = self._joined.came if self._joined else deque[str]()
        return tuple(came.popleft() for _ in range(len(came)))

    def patchbay(self) -> Patchbay:
        """All ports and wires of the server."""
        return self._looked.patchbay() if self._looked else Patchbay()

    def patch(self, wire: Wire, there: bool) -> str | None:
        """Make a wire between any two ports, or take it away. Returns why not, or None. Raises NoAnswer."""
        joined = self._here()
        if self._look:
            self._look.soon()
        return self._calls(joined.wire if there else joined.unwire, *wire)

    def latency_ms(self) -> float:
        """Round trip in ms, as the ports report it: from the string to the loudspeaker, without what `delay` adds."""
        joined = self._joined
        if joined is None or not self.running:
            return 0.0
        return 1000.0 * self._latency.ask(joined.latency_frames) / self.rate

    def latency_frames(self, into: str, out: str) -> int:
        """Round trip in frames as JACK reckons it, in at one of our ports and out at another. Raises NoAnswer."""
        return self._calls(self._here().latency_frames, into, out)

    def delay(self, frames: int) -> None:
        """Sound takes so many frames through the rack: JACK is told, for those who record what we play."""
        self._delay = frames
        latency = self._joined.latency if self._joined and self.running else None
        if latency and latency.delay != frames:
            with contextlib.suppress(NoAnswer):  # it is told with the next edit
                self._calls(latency.change, frames)

    def leave(self) -> None:
        """Be without JACK from now on, and wait for nothing: it has gone, or hangs. A server of ours ends."""
        self._drop()
        if self._opening:
            self._opening.give_up(self._calls)
            self._opening = None

    def _drop(self) -> None:
        if self._server:
            self._restart = self._server.age > FLAPPING_SECONDS
            self._server.stop(kill=True)
            self._server = None
        joined, self._joined = self._joined, None
        if joined:
            joined.alive = False
            for place in joined.inserts.values():
                inserts.put(place, None)
            self._xruns += joined.xruns
            self._leaving = self._calls.ask(joined.leave)

    def close(self) -> None:
        """Leave JACK; stop the server if it is ours. Idempotent."""
        server, self._server = self._server, None
        self.leave()
        answered = True
        if self._leaving:
            try:
                self._leaving.exception(CALL_SECONDS)
            except TimeoutError:
                answered = False
        self._leaving, self._restart = None, False
        if server:
            server.stop(kill=not answered)
        self._calls.end()
        self._metadata.end()
