"""Our place in a JACK server, as long as it lasts. It is for the thread that calls libjack.

The only place that touches jack-client's private names, in `_register` and `Joined.activate`: its Python callbacks cost
dropouts, so the process callback is a C function; and it has no calls for latency.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rig.errors import RigError
from rig.jack import library
from rig.jack.calls import NoAnswer
from rig.jack.latency import CAPTURE, PLAYBACK, Latency
from rig.jack.metadata import INTEGER, ORDER, PRETTY, label
from rig.jack.patchbay import AUDIO, MIDI, Port, Wire
from rig.native import PlayerRecorder, Rack, inserts
from rig.native.inserts import SIDES

if TYPE_CHECKING:
    import jack

LET_GO_SECONDS = 0.5  # for the callback to have had a period; it has stopped, where it doesn't

CAME = 1024  # ports whose coming is known, until somebody asks

CALLS = {
    "get_buffer": "jack_port_get_buffer",
    "midi_count": "jack_midi_get_event_count",
    "midi_get": "jack_midi_event_get",
    "midi_clear": "jack_midi_clear_buffer",
    "midi_write": "jack_midi_event_write",
    "transport": "jack_transport_query",
}
"""What a process callback of ours may call, and libjack's names for it."""


def _address(pointer: object) -> int:
    """Where something of jack-client's points at."""
    return int(library.jack._ffi.cast("uintptr_t", pointer))


def _register(
    client: jack.Client, runs: Rack | PlayerRecorder, ports: dict[str, jack.OwnPort], inserts: bool
) -> dict[str, int]:
    """Make the C function of a rack or a player_recorder the client's process callback. Returns the ports' addresses.

    Uses jack._lib, jack._ffi, client._ptr and port._ptr.
    """
    calls = {name: _address(getattr(library.jack._lib, called)) for name, called in CALLS.items()}
    pointers = {name: _address(port._ptr) for name, port in ports.items()}
    own = {name: pointers[name] for name in pointers if not name.endswith(SIDES)}
    function, argument = runs.callback({**calls, "client": _address(client._ptr), "inserts": int(inserts)}, own)
    failed = library.jack._lib.jack_set_process_callback(
        client._ptr, library.jack._ffi.cast("JackProcessCallback", function), library.jack._ffi.cast("void *", argument)
    )
    if failed:
        raise RigError("JACK does not take our process callback")
    return pointers


def find(name: str, server: str | None) -> jack.Client | None:
    """A client of the server that runs; None where none does. Raises RigError where there is no libjack."""
    jack = library.load(server)
    try:
        return jack.Client(name, no_start_server=True, servername=library.asked_for(server))
    except jack.JackOpenError:
        return None


class Ports(NamedTuple):
    """The names of ours. midi, midi_out: those that MIDI comes in at, and goes out. inserts: whether there may be more,
    for inserts, which one client of a process can have.
    """

    inputs: Sequence[str] = ("in",)
    outputs: Sequence[str] = ("out_1", "out_2", "di", "click")
    midi: Sequence[str] = ("midi_in",)
    midi_out: Sequence[str] = ("midi_out", "midi_send")
    inserts: bool = False


class Joined:
    """Our client there and its ports. `name`, `rate`, `names`, `alive`, `came`, `xruns` and changes are for any thread.

    changes: of wires and ports, counted; port_changes: of ports; told_changes: of metadata. came: names of ports that
    have come.
    """

    def __init__(self, client: jack.Client, ports: Ports) -> None:
        self.client = client
        self.name: str = client.name
        self.rate: int = client.samplerate  # Hz
        self.ports = {name: client.inports.register(name) for name in ports.inputs}
        self.ports |= {name: client.outports.register(name) for name in ports.outputs}
        self.ports |= {name: client.midi_inports.register(name) for name in ports.midi}
        self.ports |= {name: client.midi_outports.register(name) for name in ports.midi_out}
        self.names = {name: str(port.name) for name, port in self.ports.items()}
        self.alive, self.changes, self.xruns = True, 0, 0
        self.port_changes, self.told_changes = 0, 0
        self.came: deque[str] = deque(maxlen=CAME)
        self._described: set[str] = set()  # those that metadata names
        self.latency: Latency | None = None
        self._runs: Rack | PlayerRecorder | None = None  # lives as long as JACK may call it
        self._may_insert = ports.inserts
        self.inserts: dict[str, int] = {}  # their places, by name
        self._ends: Counter[str] = Counter()  # how many wires there are on each of their ports

    def add_insert(self, place: int, name: str) -> None:
        """Give a place in the table of inserts ports of that name."""
        for side in SIDES:
            register = (self.client.outports if side.startswith("send") else self.client.inports).register
            port = self.ports[f"{name}_{side}"] = register(f"{name}_{side}")
            self.names[f"{name}_{side}"] = str(port.name)
        self.inserts[name] = place
        inserts.put(place, [_address(self.ports[f"{name}_{side}"]._ptr) for side in SIDES])

    def remove_insert(self, name: str) -> None:
        """Take them away, when the callback has let go of them."""
        inserts.put(self.inserts.pop(name), None)
        until, since = time.monotonic() + LET_GO_SECONDS, inserts.periods()
        while self.alive and self.latency and inserts.periods() == since and time.monotonic() < until:
            time.sleep(0.001)
        for side in SIDES:
            del self.names[f"{name}_{side}"]
            port = self.ports.pop(f"{name}_{side}")
            if f"{name}_{side}" in self._described:
                self._described.remove(f"{name}_{side}")
                self.client.remove_properties(port)
            port.unregister()

    def wired(self, wires: Sequence[Wire]) -> None:
        """Tell the callback which of the inserts' ports somebody is connected to. wires: all of ours."""
        self._ends = Counter(end for wire in wires for end in wire)
        for name in self.inserts:
            self._wire_insert(name)

    def _wire_insert(self, name: str) -> None:
        inserts.wire(self.inserts[name], [self._ends[f"{self.name}:{name}_{side}"] > 0 for side in SIDES])

    def activate(self, rack: Rack | PlayerRecorder, delay: int) -> None:
        """Let JACK run it. delay: frames that sound takes through it. Raises NoAnswer."""
        self._runs = rack
        pointers = _register(self.client, rack, self.ports, self._may_insert)
        ins, outs = (("in",), ("out_1", "out_2")) if isinstance(rack, Rack) else ((), ())
        self.latency = Latency(_address(self.client._ptr), pointers, ins, outs, delay)
        self.client.set_samplerate_callback(self.on_rate)
        self.client.set_xrun_callback(self.on_xrun)
        self.client.set_port_connect_callback(self.on_wiring)
        self.client.set_port_registration_callback(self.on_port, only_available=False)
        with contextlib.suppress(library.jack.JackError):  # PipeWire has none
            self.client.set_port_rename_callback(self.on_name, only_available=False)
        with contextlib.suppress(library.jack.JackError):
            self.client.set_property_change_callback(self.on_metadata)
        self.client.set_shutdown_callback(self.on_shutdown)
        try:
            self.client.activate()
        except library.jack.JackError:
            raise NoAnswer("JACK does not answer") from None

    def on_rate(self, rate: int) -> None:
        """PipeWire may change it while it runs. What plays is made for one rate: it has to be joined anew."""
        if rate != self.rate:
            self.alive = False

    def on_xrun(self, delay: float) -> None:
        self.xruns += 1

    def on_wiring(self, a: jack.Port | None, b: jack.Port | None, connected: bool) -> None:
        """An insert's return is not heard any more as soon as its wire has gone."""
        self.changes += 1
        ends = [str(port.name) for port in (a, b) if port is not None] if self.inserts else []
        for end in ends:
            self._ends[end] += 1 if connected else -1
            name = end.removeprefix(f"{self.name}:").rsplit("_", 2)[0]
            if end.startswith(f"{self.name}:") and name in self.inserts:
                self._wire_insert(name)

    def on_port(self, port: jack.Port | None, there: bool) -> None:
        """One has come, or goes."""
        if port is not None and there:
            self.came.append(str(port.name))
        self.port_changes += 1
        self.changes += 1

    def on_name(self, *_: object) -> None:
        self.port_changes += 1
        self.changes += 1

    def on_metadata(self, *_: object) -> None:
        self.told_changes += 1

    def on_shutdown(self, status: object, reason: str) -> None:
        self.alive = False

    def wires(self) -> tuple[Wire, ...]:
        """What is connected to our ports."""
        found = []
        for port in self.ports.values():
            for other in self.client.get_all_connections(port):
                found.append((other.name, port.name) if port.is_input else (port.name, other.name))
        return tuple(found)

    def all_ports(self) -> tuple[tuple[Port, int], ...]:
        """Of everybody, with their UUIDs."""
        found = []
        for port in self.client.get_ports():
            kind, takes = MIDI if port.is_midi else AUDIO, bool(port.is_input)
            ours = bool(self.client.owns(port))
            told = Port(str(port.name), kind, takes, bool(port.is_physical), ours, tuple(port.aliases))
            found.append((told, int(port.uuid)))
        return tuple(found)

    def all_wires(self) -> tuple[Wire, ...]:
        """Between whomever."""
        sources = self.client.get_ports(is_output=True)
        return tuple((str(a.name), str(b.name)) for a in sources for b in self.client.get_all_connections(a))

    def describe(self) -> None:
        """Tell what our ports are for, and their order, to whoever shows them."""
        for order, (name, port) in enumerate(self.ports.items()):
            if name not in self._described:
                self._described.add(name)
                with contextlib.suppress(ValueError, RuntimeError):  # no libjack must have it
                    self.client.set_property(port, ORDER, str(order), INTEGER)
                    if label(name):
                        self.client.set_property(port, PRETTY, label(name), "text/plain")

    @property
    def described(self) -> bool:
        """Whether metadata tells of all our ports."""
        return self._described >= self.ports.keys()

    def unwire(self, source: str, sink: str) -> str | None:
        """Take a wire away. Returns why not, in one line, or None."""
        try:
            self.client.disconnect(source, sink)
        except library.jack.JackError:
            return f"JACK has no wire from '{source}' to '{sink}'"
        return None

    def wire(self, source: str, sink: str) -> str | None:
        """Connect two ports. Returns why not, in one line, or None."""
        try:
            if sink not in (port.name for port in self.client.get_all_connections(source)):
                self.client.connect(source, sink)
        except library.jack.JackError:
            return f"JACK has no way from '{source}' to '{sink}'"
        return None

    def has(self, wire: Wire) -> bool:
        """Whether both its ends are there."""
        return {port.name for port in self.client.get_ports()}.issuperset(wire)

    def wire_again(self, wires: Sequence[Wire]) -> tuple[Wire, ...]:
        """Connect those whose two ends are there. Returns the others."""
        ready = [wire for wire in wires if self.has(wire)]
        return tuple(wire for wire in wires if wire not in ready or self.wire(*wire))

    def midi_ports(self, *, inputs: bool) -> dict[str, tuple[str, ...]]:
        """Those of others, and what else they are called. inputs: those that take MIDI."""
        found = self.client.get_ports(is_midi=True, is_input=inputs, is_output=not inputs)
        return {port.name: tuple(port.aliases) for port in found if not self.client.owns(port)}

    def physical(self, *, inputs: bool) -> list[str]:
        """The sound card's ports. inputs: those that take sound."""
        found = self.client.get_ports(is_audio=True, is_physical=True, is_input=inputs, is_output=not inputs)
        return [port.name for port in found]

    def latency_frames(self, into: str = "in", out: str = "out_1") -> int:
        """Round trip, in at one of our ports and out at another."""
        assert self.latency
        return self.latency.of(into, CAPTURE) + self.latency.of(out, PLAYBACK)

    def leave(self) -> None:
        """Where the server has gone that is as good."""
        for name in self._described & self.ports.keys():
            with contextlib.suppress(Exception):  # what it is called goes with it; else others' ports would get it
                self.client.remove_properties(self.ports[name])
        with contextlib.suppress(library.jack.JackError):
            self.client.deactivate()
            self.client.close()
