"""OSC: verbs as addresses, /rig/amp 2, and answers and events as /rig/done/value 6.0, over UDP.

Whoever reaches the port may command the rig, so files are named on the socket alone, and only it ends a gig.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rig.errors import RigError, cut
from rig.gig.verbs import VERBS
from rig.remote.events import Events
from rig.remote.protocol import Peer, Protocol

if TYPE_CHECKING:
    from pythonosc.osc_message import OscMessage

ROOT = "/rig/"
MOST = 32  # who are told unasked
LEASE_SECONDS = 60.0  # for so long, since they said something last: nobody hangs up in UDP
LOOK_SECONDS = 1.0  # between two looks for who is silent
LARGEST = 60_000  # bytes of a datagram
PORTS = range(1, 1 << 16)
REPLY = "reply"
"""What says at which port of the sender's host answers are heard."""

FILES = {"insert", "keep", "load", "record", "save", "try"}
"""Verbs that take a file, or a folder, or what may be one."""
SONG_FILES = {"add", "save"}

Address = tuple[str, int]
"""Host and port."""


class Told(NamedTuple):
    """Somebody, and until when, as time.monotonic() has it."""

    peer: Peer
    until: float


def missing() -> str:
    """What has to be installed first; "" where nothing has."""
    try:
        import pythonosc  # noqa: F401  asked for, and nothing more
    except ImportError:
        return "--osc takes python-osc: pip install 'rig-live[osc]'"
    return ""


def line_of(address: str, values: Sequence[object]) -> str | None:
    """The line that an OSC message means; None: a key that is let go. Raises RigError.

    What stands behind the verb in the address, and the values, are its words. 1 and 0 switch on and off what takes
    that; where a verb takes no number they are a button that is pressed, and let go.
    """
    parts = [part for part in address.removeprefix(ROOT).split("/") if part]
    if not address.startswith(ROOT) or not parts:
        raise RigError(f"'{cut(address)}' is no address: {ROOT}VERB, as in {ROOT}amp 2")
    verb, *words = parts
    given = [_word(value) for value in values if value is not None]
    known = VERBS.get(verb)
    number = values[0] if len(values) == 1 and isinstance(values[0], (bool, int, float)) else None
    if known and number is not None and number in (0, 1):
        if known.words.startswith("[on|") and not words:
            given = ["on" if number else "off"]
        elif not re.search("[A-Z]", known.words) or words == ["next"] or words == ["prev"]:
            if not number:
                return None
            given = []
    words += given
    if verb == "quit" or (verb in FILES and words) or (verb == "song" and words and words[0] in SONG_FILES):
        raise RigError(f"'{cut(verb)}' is not for OSC: rig send {cut(' '.join([verb, *words]))}")
    return " ".join([verb, *words])


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, (int, str)):
        return " ".join(str(value).split())
    raise RigError("a value is a number, a text or a truth")


class Datagrams(Events):
    """What somebody is told: a message for each fact, those of an event in a bundle. What gets lost is lost."""

    def __init__(self, door: socket.socket, to: Address) -> None:
        super().__init__(None)
        self._door, self.to = door, to

    def say(self, event: str, **facts: object) -> None:
        """Tell it."""
        data = _bundle(event, facts)
        if len(data) > LARGEST:
            data = _bundle("error", {"message": "this is too long for OSC: ask through the socket, by rig send"})
        with contextlib.suppress(OSError):  # nobody is there, or there is no room: never wait
            self._door.sendto(data, socket.MSG_DONTWAIT, self.to)

    def tell(self, event: str, **facts: object) -> None:
        """The same: nothing waits to be read."""
        self.say(event, **facts)


def _bundle(event: str, facts: dict[str, object]) -> bytes:
    from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
    from pythonosc.osc_message_builder import OscMessageBuilder

    bundle = OscBundleBuilder(IMMEDIATELY)
    for key, value in (facts or {"ok": True}).items():
        message = OscMessageBuilder(f"{ROOT}{event}/{key}")
        plain = isinstance(value, (bool, int, float, str))
        message.add_arg(_fitting(value) if plain else json.dumps(value, default=str))
        bundle.add_content(message.build())
    return bundle.build().dgram


def _fitting(value: Any) -> Any:
    """Whole numbers have 32 bits in OSC."""
    return float(value) if isinstance(value, int) and not -(1 << 31) <= value < 1 << 31 else value


class OscServer:
    """Listens from now on, until `close`. at: as it is bound. Raises OSError where that can't be."""

    def __init__(self, protocol: Protocol, at: Address, clock: Callable[[], float] = time.monotonic) -> None:
        self._protocol, self._clock = protocol, clock
        family, kind, proto, _, place = socket.getaddrinfo(*at, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)[0]
        self._door = socket.socket(family, kind, proto)
        try:
            self._door.bind(place)
        except OSError:
            self._door.close()
            raise
        self.at: Address = self._door.getsockname()[:2]
        self._told: dict[Address, Told] = {}
        self._ports: dict[str, int] = {}  # where a host hears its answers
        self._closed = False
        self._thread = threading.Thread(target=self._listen, daemon=True, name="rig-osc")
        self._thread.start()

    def _listen(self) -> None:
        self._door.settimeout(LOOK_SECONDS)
        while not self._closed:
            data, sender = b"", None
            with contextlib.suppress(OSError):  # nobody said anything, or was not there to be told
                data, sender = self._door.recvfrom(1 << 16)
            if sender and not self._closed:
                self._hear(data, sender[:2])
            self._forget(self._clock())

    def _hear(self, data: bytes, sender: Address) -> None:
        now = self._clock()
        to = (sender[0], self._ports.get(sender[0], sender[1]))
        told = self._told.get(to)
        peer = told.peer if told else Peer(Datagrams(self._door, to))
        try:
            for message in _messages(data):
                self._obey(message, peer, sender)
        except RigError as error:
            peer.events.say("error", message=str(error))
        self._keep(to, peer, now)

    def _obey(self, message: OscMessage, peer: Peer, sender: Address) -> None:
        values = list(message.params)
        if message.address == f"{ROOT}{REPLY}":
            self._reply(values, peer, sender)
            return
        line = line_of(message.address, values)
        if line is not None:
            self._protocol.ask(line, peer)

    def _reply(self, values: Sequence[object], peer: Peer, sender: Address) -> None:
        """Answers for that host go to another port from now on."""
        port = values[0] if len(values) == 1 else None
        if not isinstance(port, int) or port not in PORTS:
            raise RigError(f"{REPLY}: a port, as in {ROOT}{REPLY} 9001")
        if len(self._ports) >= MOST:
            del self._ports[next(iter(self._ports))]
        self._ports[sender[0]] = port
        peer.events.say("done", ok=True)

    def _keep(self, to: Address, peer: Peer, now: float) -> None:
        """Who has subscribed to something is told, until they are silent for too long."""
        known = self._told.pop(to, None)
        if peer.topics:
            self._told[to] = Told(peer, now + LEASE_SECONDS)
            if not known:
                self._protocol.join(peer)
        elif known:
            self._protocol.part(peer)
        while len(self._told) > MOST:
            self._protocol.part(self._told.pop(next(iter(self._told))).peer)

    def _forget(self, now: float) -> None:
        for to in [to for to, told in self._told.items() if now >= told.until]:
            self._protocol.part(self._told.pop(to).peer)

    def close(self) -> None:
        """Nobody is heard any more."""
        self._closed = True
        with contextlib.suppress(OSError), socket.socket(self._door.family, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self.at)
        self._thread.join(1.0)
        for told in self._told.values():
            self._protocol.part(told.peer)
        self._door.close()


def _messages(data: bytes) -> Iterator[OscMessage]:
    """Those of a datagram; those of a bundle at once, whatever its time says. Raises RigError."""
    from pythonosc.osc_packet import OscPacket

    try:
        packet = OscPacket(data)
    except Exception as error:  # its own, struct's, Unicode's, RecursionError
        raise RigError("this is no OSC: a message, or a bundle of messages") from error
    yield from (timed.message for timed in packet.messages)
