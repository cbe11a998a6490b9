"""A PipeWire for tests: in a folder of its own, with a sink that nobody hears, and no session manager."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leash import leashed

CONFIGURATION = """
context.properties = {
    core.daemon = true
    core.name = pipewire-0
    support.dbus = false
    default.clock.rate = 48000
    default.clock.allowed-rates = [ 44100 48000 ]
    default.clock.quantum = 256
    default.clock.min-quantum = 64
}
context.spa-libs = {
    audio.convert.* = audioconvert/libspa-audioconvert
    support.* = support/libspa-support
}
context.modules = [
    { name = libpipewire-module-protocol-native }
    { name = libpipewire-module-metadata }
    { name = libpipewire-module-spa-node-factory }
    { name = libpipewire-module-client-node }
    { name = libpipewire-module-access }
    { name = libpipewire-module-adapter }
    { name = libpipewire-module-link-factory }
]
context.objects = [
    { factory = metadata args = { metadata.name = default } }
    { factory = spa-node-factory args = {
        factory.name = support.node.driver
        node.name = Dummy-Driver
        node.group = pipewire.dummy
        priority.driver = 10000
    } }
    { factory = adapter args = { %s } }
]
"""
CARD = """
factory.name = support.null-audio-sink
node.name = "card"
media.class = "Audio/Sink"
audio.position = [ FL FR ]
priority.driver = 20000
adapter.auto-port-config = { mode = dsp monitor = true position = preserve }
"""
"""A sink, as PipeWire is told of it."""


@dataclass(frozen=True)
class PipeWire:
    """One that runs. folder: where its socket is. process: its number. environment: of whoever is to find it."""

    folder: Path
    process: int = 0

    @property
    def environment(self) -> dict[str, str]:
        gone = ("PIPEWIRE_RUNTIME_DIR", "PIPEWIRE_REMOTE", "PIPEWIRE_PROPS", "JACK_DEFAULT_SERVER")
        kept = {key: value for key, value in os.environ.items() if key not in gone}
        return kept | {"XDG_RUNTIME_DIR": str(self.folder)}

    @property
    def listens(self) -> bool:
        """Whether it lets programs in; one that was killed has left its socket."""
        with socket.socket(socket.AF_UNIX) as door:
            return door.connect_ex(str(self.folder / "pipewire-0")) == 0

    def set(self, name: str, value: object) -> None:
        """One of its settings: clock.force-rate, clock.force-quantum; 0 is as configured."""
        self._run("pw-metadata", "-n", "settings", "0", name, str(value))

    def unplug(self) -> None:
        """Its sink goes; it lives on."""
        self._run("pw-cli", "destroy", "card")

    def plug(self) -> None:
        """The sink is back."""
        self._run("pw-cli", "create-node", "adapter", f"{{ {CARD} object.linger = true }}")

    def _run(self, *command: str) -> None:
        subprocess.run(command, env=self.environment, capture_output=True, check=True, timeout=20)


@contextlib.contextmanager
def pipewire(folder: Path) -> Iterator[PipeWire]:
    """One in that folder, whose path must be short: it is a socket's."""
    configuration = folder / "pipewire.conf"
    configuration.write_text(CONFIGURATION % CARD)
    process = subprocess.Popen(
        leashed(["pipewire", "-c", configuration], signal.SIGKILL),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=PipeWire(folder).environment,
    )
    made = PipeWire(folder, process.pid)
    try:
        until = time.monotonic() + 20
        while not made.listens:
            assert process.poll() is None and time.monotonic() < until, "PipeWire does not start"
            time.sleep(0.02)
        yield made
    finally:
        process.terminate()
        process.wait(10)
