"""What there is of JACK and PipeWire on this machine, for `rig doctor`: asked, and left as it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from rig.errors import RigError
from rig.jack import library
from rig.jack.calls import Calls, NoAnswer
from rig.jack.joined import find
from rig.jack.opening import OPEN_SECONDS
from rig.jack.server import drivers

SETTINGS_SECONDS = 1.0  # for PipeWire to tell them


@dataclass(frozen=True)
class ServerFacts:
    """A server that runs. rate: Hz. block: frames a period. inputs, outputs: of a sound card, as JACK calls them."""

    rate: int
    block: int
    realtime: bool
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def period_ms(self) -> float:
        return 1000 * self.block / self.rate


@dataclass(frozen=True)
class Survey:
    """called: the server that rig would play on. server: None where it does not run. hangs: it runs, and is silent.

    servers: JACK's that run. pipewire: whether it runs. library: the libjack that rig takes; "" for none.
    pipewires: whether that is PipeWire's. has_pipewires: whether it is installed. settings: PipeWire's.
    jackd: whether it is installed. arguments: those that the server was started with, where it is a jackd.
    refusal: why rig would start none. card: on which it would.
    """

    called: str
    server: ServerFacts | None = None
    hangs: bool = False
    servers: tuple[str, ...] = ()
    pipewire: bool = False
    library: str = ""
    pipewires: bool = False
    has_pipewires: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    jackd: bool = False
    arguments: tuple[str, ...] = ()
    refusal: str = ""
    card: str = ""


@dataclass(frozen=True)
class Loopback:
    """Out of a sound card and in again through a cable. send, back: the ports at its ends.

    frames, ms: that it takes, measured; told: frames that it takes as JACK reckons.
    """

    send: str
    back: str
    frames: int
    ms: float
    told: int


def survey(server: str | None = None) -> Survey:
    """All of it. server: whom the player means; None: JACK's own."""
    calls, found, hangs, refusal = Calls(), None, False, ""
    try:
        found = calls(_ask, server, seconds=OPEN_SECONDS / 2)
    except NoAnswer:
        hangs = True
    except RigError as error:  # there is no libjack
        refusal = str(error)
    finally:
        calls.end()
    pipewires = library.of_pipewire()
    pipewire = library.pipewire()
    return Survey(
        called=library.called(server),
        server=found,
        hangs=hangs or (found is None and library.jack is not None and library.runs(server)),
        servers=library.servers(),
        pipewire=pipewire,
        library=library.name or "",
        pipewires=pipewires,
        has_pipewires=library.pipewire_library() is not None,
        settings=_settings() if pipewire else {},
        jackd=shutil.which("jackd") is not None,
        arguments=_arguments(server),
        refusal=refusal or ("" if found or hangs else library.refusal(server)),
        card=drivers()[0][1],
    )


def _ask(server: str | None) -> ServerFacts | None:
    client = find("rig-asks", server)
    if client is None:
        return None
    ports = [
        tuple(port.name for port in client.get_ports(is_audio=True, is_physical=True, **{side: True}))
        for side in ("is_output", "is_input")
    ]
    found = ServerFacts(client.samplerate, client.blocksize, bool(client.realtime), *ports)
    client.close()
    return found


def _settings() -> dict[str, str]:
    """PipeWire's, as its own tool tells them; none where that is not there."""
    command = ["pw-metadata", "-n", "settings"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=SETTINGS_SECONDS).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(re.findall(r"key:'(.*?)' value:'(.*?)'", said))


def _arguments(server: str | None, proc: Path = Path("/proc")) -> tuple[str, ...]:
    """Of the jackd that runs as that server."""
    for path in proc.glob("[0-9]*/cmdline"):
        try:
            words = path.read_text(errors="replace").strip("\0").split("\0")
        except OSError:
            continue
        if Path(words[0]).name == "jackd" and _name(words) == library.wanted(server):
            return tuple(words[1:])
    return ()


def _name(words: Sequence[str]) -> str:
    """What a jackd is called, by what it was started with; what follows its driver is the driver's."""
    for word, after in pairwise(words):
        if word in ("-d", "--driver"):
            break
        if word in ("-n", "--name"):
            return after
    return library.DEFAULT
