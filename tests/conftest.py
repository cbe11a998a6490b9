"""What several tests need: the recordings and models beside the repository, and a JACK server of our own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from rig.engine import Engine

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class JackServer:
    """A running `jackd` on the dummy driver. rate: Hz. block: frames a period."""

    name: str
    rate: int
    block: int


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers in every run."""
    return np.random.default_rng(20191)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of models, recordings and reference outputs beside the repository; skips where there is none."""
    folder = ROOT.parent / "shared"
    if not (folder / "models").is_dir():
        pytest.skip("needs ../shared (models and reference outputs), which lies beside the repository")
    return folder


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Engine]:
    """The engines of tests/engines.c by name, built as another package's would be."""
    from rig import native

    library = tmp_path_factory.mktemp("engines") / "engines.so"
    command = ["cc", "-shared", "-fPIC", "-O1", f"-I{ROOT / 'csrc'}", ROOT / "tests" / "engines.c", "-o", library]
    subprocess.run([*command, "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))

    def find(name: str) -> Engine:
        return native.engine(name, address=ctypes.addressof(ctypes.c_char.in_dll(loaded, f"test_engine_{name}")))

    return find


@contextlib.contextmanager
def jackd(name: str, log: Path, *flags: str, rate: int = 48_000) -> Iterator[JackServer]:
    """A JACK server of that name, 64 frames, no sound card; skips where jackd is not installed. rate: Hz."""
    program = shutil.which("jackd")
    if program is None:
        pytest.skip("needs jackd (Debian: jackd2)")
    server = JackServer(name=name, rate=rate, block=64)
    command = [program, "-n", server.name, "-r", "-t", "5000", *flags, "-d", "dummy"]
    command += ["-r", str(server.rate), "-p", str(server.block)]
    environment = {**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
    try:
        _wait_until_up(server, process, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def jack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JackServer]:
    """A JACK server for this test process that waits for its clients (-S): what they say does not hang on the machine's
    mood. Where being late is the matter, take `impatient_server`.

    One for the whole session: libjack talks to one server name a process. Tests that need a server to come
    or go start their own in a process of its own.
    """
    log = tmp_path_factory.mktemp("jack") / "jackd.log"
    with jackd(f"rig-test-{os.getpid()}", log, "-S") as server:
        yield server


@pytest.fixture
def impatient_server(tmp_path: Path) -> Iterator[JackServer]:
    """A JACK server that goes on without a client that is late, as on stage. For clients in processes of their own."""
    with jackd(f"rig-late-{os.getpid()}", tmp_path / "jackd.log") as server:
        yield server


def _wait_until_up(server: JackServer, process: subprocess.Popen, log: Path, seconds: float = 20) -> None:
    probe = "import jack, sys; jack.Client('rig-test-probe', no_start_server=True, servername=sys.argv[1]).close()"
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        # In a process of its own: libjack talks to one server a process, and this one may have another.
        if subprocess.run([sys.executable, "-c", probe, server.name], capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError(f"jackd did not come up:\n{log.read_text(errors='replace')}")
