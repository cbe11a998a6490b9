"""What JACK says of the time to and from us, and is told of the time that sound takes through us.

Other programs line up by it what they record: https://jackaudio.org/api/group__LatencyFunctions.html. jack-client has
none of these calls, so they are made on libjack itself; JACK asks in a thread that is not the audio's.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence

from rig.jack import library

CAPTURE, PLAYBACK = 0, 1  # JackLatencyCallbackMode: since a port's sound came in, until it goes out


class _Range(ctypes.Structure):
    """jack_latency_range_t, in frames."""

    _fields_ = (("least", ctypes.c_uint32), ("most", ctypes.c_uint32))


class Latency:
    """Of a client's ports. Registers with JACK, which has to happen before the client is activated.

    client: the address of the jack_client_t. ports: their names and addresses. inputs, outputs: between which sound
    takes `delay` frames, as JACK was told last; with none of them JACK is left to its own guess.
    """

    def __init__(
        self, client: int, ports: Mapping[str, int], inputs: Sequence[str], outputs: Sequence[str], delay: int
    ) -> None:
        self._jack = ctypes.CDLL(library.name)
        self._client, self._ports = client, ports
        self._inputs, self._outputs = inputs, outputs
        self.delay = delay
        self._late = library.of_pipewire()  # PipeWire waits for itself where its callback is told something (0.3.65)
        self._due: list[int] = []
        self._asked = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)(self._answer)  # lives as long as we do
        if inputs and outputs:
            self._jack.jack_set_latency_callback(ctypes.c_void_p(client), self._asked, None)

    def of(self, port: str, mode: int) -> int:
        """In frames, the longest way. To be called often: it tells what could not be told when it was asked for."""
        while self._due:
            self._tell(self._due.pop(0))
        return self._range(port, mode).most

    def change(self, delay: int) -> None:
        """Sound takes so many frames through us from now on; JACK tells everyone."""
        self.delay = delay
        self._jack.jack_recompute_total_latencies(ctypes.c_void_p(self._client))

    def _range(self, port: str, mode: int) -> _Range:
        found = _Range()
        self._jack.jack_port_get_latency_range(ctypes.c_void_p(self._ports[port]), mode, ctypes.byref(found))
        return found

    def _answer(self, mode: int, _: object) -> None:
        if not self._late:
            self._tell(mode)
        elif mode not in self._due:
            self._due.append(mode)

    def _tell(self, mode: int) -> None:
        known, told = (self._inputs, self._outputs) if mode == CAPTURE else (self._outputs, self._inputs)
        ranges = [self._range(port, mode) for port in known]
        ours = _Range(min(r.least for r in ranges) + self.delay, max(r.most for r in ranges) + self.delay)
        for port in told:
            self._jack.jack_port_set_latency_range(ctypes.c_void_p(self._ports[port]), mode, ctypes.byref(ours))
