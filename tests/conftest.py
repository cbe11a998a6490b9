"""What several tests need: the recordings and models beside the repository, and JACK servers of our own."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from compiler import Compiler
from jack_servers import JackName, JackServer, reserved_name, running

from rig.engine import Engine

ROOT = Path(__file__).resolve().parent.parent
WORKER = os.environ.get("PYTEST_XDIST_WORKER")


@pytest.fixture(autouse=True)
def any_core() -> Iterator[None]:
    """Lets go of the core that `rig bench` keeps to: what comes after it would be tied to the same one."""
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


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
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Compiler:
    """Compiles C, each file once in a run."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if WORKER else folder) / "compiled"  # each worker has a folder in the run's
    folder.mkdir(exist_ok=True)
    return Compiler(folder)


@pytest.fixture(scope="session")
def foreign(compiler: Compiler) -> Callable[[str], Engine]:
    """The engines of tests/engines.c by name, built as another package's would be."""
    from rig import native

    loaded = ctypes.CDLL(str(compiler.library("engines")))

    def find(name: str) -> Engine:
        return native.engine(name, address=ctypes.addressof(ctypes.c_char.in_dll(loaded, f"test_engine_{name}")))

    return find


@pytest.fixture(scope="session")
def jackd() -> str:
    """The path of jackd; skips where there is none. All that starts a server asks for it, which is what makes a test `jack`."""
    program = shutil.which("jackd")
    if program is None:
        pytest.skip("needs jackd (Debian: jackd2)")
    return program


@pytest.fixture
def jack_name(jackd: str) -> Iterator[JackName]:
    """A name for servers that come and go while one process looks on, or that the rig starts itself."""
    with reserved_name() as name:
        yield name


@pytest.fixture(scope="session")
def jack_server(jackd: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JackServer]:
    """A JACK server for this test process that waits for its clients (-S): what they say does not hang on the machine's
    mood. Where being late is the matter, take `impatient_server`.

    One for the whole session: libjack talks to one server name a process. Tests that need a server to come
    or go start their own for a process of its own.
    """
    log = tmp_path_factory.mktemp("jack") / "jackd.log"
    with reserved_name() as name, running(jackd, name, log, "-S") as server:
        yield server


@pytest.fixture
def impatient_server(jackd: str, jack_name: JackName, tmp_path: Path) -> Iterator[JackServer]:
    """A JACK server that goes on without a client that is late, as on stage. For clients in processes of their own."""
    with running(jackd, jack_name, tmp_path / "jackd.log") as server:
        yield server
