"""What several tests need: the recordings and models beside the repository, and a JACK server of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

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
def jack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JackServer]:
    """A JACK server for this test process, 48 kHz, 64 frames, no sound card.

    One for the whole session: libjack talks to one server name a process. Tests that need a server to come
    or go start their own in a process of its own.
    """
    jackd = shutil.which("jackd")
    if jackd is None:
        pytest.skip("needs jackd (Debian: jackd2)")
    server = JackServer(name=f"rig-test-{os.getpid()}", rate=48_000, block=64)
    log = tmp_path_factory.mktemp("jack") / "jackd.log"
    command = [jackd, "-n", server.name, "-S", "-r", "-t", "5000", "-d", "dummy"]
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


def _wait_until_up(server: JackServer, process: subprocess.Popen, log: Path, seconds: float = 20) -> None:
    import jack

    jack.set_error_function(lambda message: None)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            jack.Client("rig-test-probe", no_start_server=True, servername=server.name).close()
            return
        except jack.JackOpenError:
            time.sleep(0.1)
    raise RuntimeError(f"jackd did not come up:\n{log.read_text(errors='replace')}")
