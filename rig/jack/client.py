"""JACK: the client, its wiring, and a server where none is running.

The only place that touches jack-client's private names, in `_register` and `Client.start`: its Python callbacks cost
dropouts, so the process callback is a C function; and it has no calls for latency.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import jack

from rig.document.document import Wiring
from rig.errors import RigError
from rig.jack.latency import CAPTURE, PLAYBACK, Latency
from rig.native import PlayerRecorder, Rack

START_SECONDS = 6.0
PERIOD, RATE = 128, 48000  # of a server that we start: 2.7 ms a period

# libjack writes to stderr whatever it likes; a screen does not survive that.
jack.set_error_function(lambda message: None)
jack.set_info_function(lambda message: None)


def _address(pointer: object) -> int:
    """Where something of jack-client's points at."""
    return int(jack._ffi.cast("uintptr_t", pointer))


def _register(client: jack.Client, runs: Rack | PlayerRecorder, ports: dict[str, jack.OwnPort]) -> dict[str, int]:
    """Make the C function of a rack or a player_recorder the client's process callback. Returns the ports' addresses.

    Uses jack._lib, jack._ffi, client._ptr and port._ptr.
    """
    address = _address(jack._lib.jack_port_get_buffer)
    pointers = {name: _address(port._ptr) for name, port in ports.items()}
    function, argument = runs.callback(address, pointers)
    failed = jack._lib.jack_set_process_callback(
        client._ptr, jack._ffi.cast("JackProcessCallback", function), jack._ffi.cast("void *", argument)
    )
    if failed:
        raise RigError("JACK does not take our process callback")
    return pointers


def _connect(name: str, server: str | None) -> jack.Client | None:
    try:
        return jack.Client(name, no_start_server=True, servername=server)
    except jack.JackOpenError:
        return None


def running(server: str | None = None) -> tuple[int, int] | None:
    """(rate in Hz, period in frames) of the JACK server that runs, or None."""
    client = _connect("rig-asks", server)
    if client is None:
        return None
    found = client.samplerate, client.blocksize
    client.close()
    return found


class Server:
    """A JACK server that we started, and that we stop."""

    def __init__(self, name: str | None, driver: list[str], says: str) -> None:
        self.says = says
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed in stop()
        naming = ["-n", name] if name else []
        command = ["jackd", *naming, "-d", *driver]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def why(self) -> str:
        """The last word of the server."""
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read().splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def _drivers() -> list[tuple[list[str], str]]:
    """What a server of ours can run on, the best first, and how the screen calls it."""
    found = []
    cards = Path("/proc/asound/cards")
    text = cards.read_text() if cards.exists() else ""
    for line in text.splitlines():
        number, bracket, rest = line.strip().partition(" [")
        if bracket and number.isdigit():
            name = rest.split("]")[0].strip()
            found.append((["alsa", "-d", f"hw:{number}", "-r", str(RATE), "-p", str(PERIOD)], name))
    found.append((["dummy", "-r", str(RATE), "-p", str(PERIOD)], "no sound card"))
    return found


def _start(name: str, server: str | None) -> tuple[jack.Client, Server]:
    if not shutil.which("jackd"):
        raise RigError(
            "no JACK server is running and jackd is not installed: start one, or install jackd2 ('make play' does)"
        )
    why = ""
    for driver, says in _drivers():
        started = Server(server, driver, f"{says} (jackd started by rig)")
        until = time.monotonic() + START_SECONDS
        while started.alive and time.monotonic() < until:
            client = _connect(name, server)
            if client:
                return client, started
            time.sleep(0.05)
        why = started.why()
        started.stop()
    raise RigError(f"jackd does not start: {why}")


class Client:
    """Our JACK client. Starts a server where none runs, and stops it again.

    inputs, outputs: our ports. Raises RigError when there is no server and none can be started.
    """

    def __init__(
        self,
        name: str = "rig",
        server: str | None = None,
        inputs: Sequence[str] = ("in",),
        outputs: Sequence[str] = ("out_1", "out_2", "di"),
    ) -> None:
        self.xruns = 0
        self._inputs, self._outputs = inputs, outputs
        self._asked = (name, server)
        self._server: Server | None = None
        self._rack: Rack | PlayerRecorder | None = None
        self._latency: Latency | None = None
        self._delay = 0  # frames
        self._open()

    def _open(self, start: bool = True) -> None:
        name, server = self._asked
        client = _connect(name, server)
        if client is None and not start:
            return
        if client is None:
            client, self._server = _start(name, server)
        self._client = client
        self.alive = True
        self.rate = client.samplerate  # Hz
        self._block = client.blocksize
        given = server or os.environ.get("JACK_DEFAULT_SERVER", "default")
        self.server = self._server.says if self._server else f"JACK server '{given}'"
        self._ports = {name: client.inports.register(name) for name in self._inputs}
        self._ports |= {name: client.outports.register(name) for name in self._outputs}
        self._wires: tuple[tuple[str, str], ...] = ()
        self._changes, self._seen = 0, -1  # of the wiring; what `_wires` knows of

    def reopen(self, *, start: bool = True) -> bool:
        """After the server has gone: join the one that runs now, and play on. Returns whether there is one.

        Where it runs at another rate than what played there was made for, nothing plays until `start` is called.
        start: start one where none runs, and raise RigError where that fails; else looking takes a few milliseconds.
        Raises RigError where the server does not answer: then we are without one, as before.
        """
        self.close()
        try:
            self._open(start)
            if self.alive and self._rack and self._rack.rate == self.rate:
                self.start(self._rack)
        except jack.JackError:
            self.close()
            raise RigError("JACK has gone again") from None
        except RigError:
            self.close()
            raise
        return self.alive

    @property
    def name(self) -> str:
        return self._client.name

    @property
    def block(self) -> int:
        """Frames a period; the last known one where JACK has gone."""
        if self.alive:
            self._block = self._client.blocksize
        return self._block

    def frame(self) -> int:
        """The server's frame counter at the start of its period."""
        return self._client.last_frame_time

    def start(self, rack: Rack | PlayerRecorder) -> None:
        """Let JACK run it from now on. Raises RigError where the server does not answer."""
        self._rack = rack  # what C points at lives as long as we do
        pointers = _register(self._client, rack, self._ports)
        ins, outs = (("in",), ("out_1", "out_2")) if isinstance(rack, Rack) else ((), ())
        self._latency = Latency(_address(self._client._ptr), pointers, ins, outs, self._delay)
        self._client.set_xrun_callback(self._on_xrun)
        self._client.set_port_connect_callback(self._on_wiring)
        self._client.set_shutdown_callback(self._on_shutdown)
        try:
            self._client.activate()
        except jack.JackError:
            raise RigError(
                f"{self.server} does not answer: another program may keep it waiting; start the server again"
            ) from None

    def _on_xrun(self, delay: float) -> None:
        self.xruns += 1

    def _on_wiring(self, *_: object) -> None:
        self._changes += 1

    def _on_shutdown(self, status: object, reason: str) -> None:
        self.alive = False

    def connect(self, wiring: Wiring = Wiring(), *, input: bool = True) -> list[str]:
        """Wire us up: to the ports that the preset names, else to the physical ones. input: also what we listen to.

        Returns what could not be done, a line each; what is connected already stays so.
        """
        wanted: list[tuple[str, str]] = []
        if wiring.input is not None:
            wanted.append((wiring.input, self._ports["in"].name))
        elif input:
            sources = self._client.get_ports(is_audio=True, is_physical=True, is_output=True)
            wanted += [(port.name, self._ports["in"].name) for port in sources[:1]]
        ours = [self._ports["out_1"].name, self._ports["out_2"].name]
        if wiring.outputs is not None:
            sinks = list(wiring.outputs)
        else:
            sinks = [p.name for p in self._client.get_ports(is_audio=True, is_physical=True, is_input=True)[:2]]
        if len(sinks) == 1:
            sinks *= 2
        wanted += list(zip(ours, sinks, strict=False))
        return [fault for pair in wanted if (fault := self._wire(*pair))]

    def ports(self, *, inputs: bool) -> list[str]:
        """Audio ports of others, the physical ones first. inputs: those that take sound, else those that give it."""
        asked = {"is_audio": True, "is_input": inputs, "is_output": not inputs}
        physical = [port.name for port in self._client.get_ports(is_physical=True, **asked)]
        rest = [port.name for port in self._client.get_ports(**asked) if not self._client.owns(port)]
        return physical + [name for name in rest if name not in physical]

    def wire(self, ours: str, other: str) -> str | None:
        """Connect one of our ports to one of somebody else's. Returns why not, in one line, or None."""
        port = self._ports[ours]
        return self._wire(other, port.name) if port.is_input else self._wire(port.name, other)

    def _wire(self, source: str, sink: str) -> str | None:
        try:
            if sink not in (port.name for port in self._client.get_all_connections(source)):
                self._client.connect(source, sink)
        except jack.JackError:
            return f"JACK has no way from '{source}' to '{sink}'"
        return None

    def connections(self) -> tuple[tuple[str, str], ...]:
        """(from, to) for each wire on our ports, asked for anew only when a wire somewhere has changed."""
        if not self.alive:
            return ()
        if self._seen != self._changes:
            self._seen = self._changes  # first, so that a change while we ask makes us ask again
            found = []
            for port in self._ports.values():
                for other in self._client.get_all_connections(port):
                    found.append((other.name, port.name) if port.is_input else (port.name, other.name))
            self._wires = tuple(found)
        return self._wires

    def latency_ms(self) -> float:
        """Round trip in ms, as the ports report it: from the string to the loudspeaker, without what `delay` adds."""
        if not self.alive or not self._latency:
            return 0.0
        return 1000.0 * (self._latency.of("in", CAPTURE) + self._latency.of("out_1", PLAYBACK)) / self.rate

    def delay(self, frames: int) -> None:
        """Sound takes so many frames through the rack: JACK is told, for those who record what we play."""
        self._delay = frames
        if self.alive and self._latency:
            self._latency.change(frames)

    def close(self) -> None:
        """Leave JACK; stop the server if it is ours. Idempotent."""
        if self._client is not None:
            with contextlib.suppress(jack.JackError):
                self._client.deactivate()
                self._client.close()
            self._client = None
        self.alive = False
        if self._server:
            self._server.stop()
            self._server = None
