"""JACK servers for tests: on the dummy driver, each with a name that no other has, gone when the tests are."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leash import leashed

from rig.jack.library import servers


@dataclass(frozen=True)
class JackName:
    """A server's name, ours as long as the lock is open here or in a server."""

    text: str
    lock: int


@dataclass(frozen=True)
class JackServer:
    """A running `jackd` on the dummy driver. rate: Hz. block: frames a period."""

    name: str
    rate: int
    block: int


@contextlib.contextmanager
def reserved_name(stem: str = "rig-test") -> Iterator[JackName]:
    """A name that no other test's server has, on this machine, while we hold it: the first that is free.

    They are used again and again: what a killed server leaves (files in /dev/shm) is taken over by the next one of
    its name, and by no other.
    """
    _free_places(stem)
    for number in itertools.count():
        path = Path(tempfile.gettempdir(), f"{stem}-{os.getuid()}-{number:02}.lock")
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            name = JackName(f"{stem}-{number:02}", lock.fileno())
            try:
                yield name
            finally:
                _clear(name)
            return


def _clear(name: JackName) -> None:
    """Remove what clients that were killed have left: their semaphores, which no server removes."""
    for file in Path("/dev/shm").glob(f"jack_sem.{os.getuid()}_{name.text}_*"):
        file.unlink(missing_ok=True)


REGISTRY = Path("/dev/shm/jack-shm-registry")
HEADER, PLACES, PLACE = struct.Struct("=IHxxiiii"), 8, struct.Struct("=i256s4x")  # jack_shm_header_t, of jackd2


def _free_places(stem: str) -> None:
    """Let go of the places in JACK's registry that killed servers of tests have kept.

    There are eight on a machine. And where another program has got the number of the process that was killed, JACK
    takes that for the server, and starts none of that name.
    """
    with contextlib.suppress(FileNotFoundError), REGISTRY.open("r+b") as file:
        magic, *_, length, _ = HEADER.unpack(file.read(HEADER.size))
        if (magic, length) != (0x4A41434B, HEADER.size + PLACES * PLACE.size):
            return
        for number in range(PLACES):
            file.seek(HEADER.size + number * PLACE.size)
            process, name = PLACE.unpack(file.read(PLACE.size))
            if name.startswith(f"jack-{os.getuid()}:{stem}-".encode()) and not _is_jackd(process):
                file.seek(HEADER.size + number * PLACE.size)
                file.write(bytes(PLACE.size))


def _is_jackd(process: int) -> bool:
    with contextlib.suppress(OSError):
        return b"jackd\0" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False


@contextlib.contextmanager
def running(
    program: str, name: JackName, log: Path, *flags: str, rate: int = 48_000, block: int = 64, realtime: bool = False
) -> Iterator[JackServer]:
    """A JACK server of that name, no sound card. program: the path of jackd. rate: Hz. block: frames a period."""
    server = JackServer(name=name.text, rate=rate, block=block)
    command = [program, "-n", server.name, "-R" if realtime else "-r", "-t", "5000", *flags, "-d", "dummy"]
    command += ["-r", str(server.rate), "-p", str(server.block)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            leashed(command, signal.SIGKILL),  # asked to end, one whose clients were killed waits for them
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"},
            pass_fds=[name.lock],  # should it outlive us by a moment, the name is still its own
        )
    try:
        _wait_until_up(server, process, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(2)  # it ends at once, or waits for clients that were killed
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_up(server: JackServer, process: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    probe = "import jack, sys; jack.Client('rig-test-probe', no_start_server=True, servername=sys.argv[1]).close()"
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if server.name not in servers():
            time.sleep(0.02)
            continue
        # In a process of its own: libjack talks to one server a process, and this one may have another.
        if subprocess.run([sys.executable, "-c", probe, server.name], capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError(f"jackd did not come up:\n{log.read_text(errors='replace')}")


def process_of(name: str) -> int:
    """The process of the server of that name; 0 where there is none."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            if f"jackd\0-n\0{name}\0".encode() in file.read_bytes():
                return int(file.parent.name)
    return 0
