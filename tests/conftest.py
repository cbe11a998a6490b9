"""What several tests need: the recordings and models beside the repository, and JACK servers of our own; and how the tests
share the machine (`make test` runs them side by side)."""

from __future__ import annotations

import os

# One thread for each of the processes that share the cores: before numpy and torch count them, and for what tests start, too.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

os.environ["LV2_PATH"] = os.devnull  # no plug-in of this machine has a say, but where a test asks for it
import tempfile  # noqa: E402

for _kind in ("STATE", "CACHE"):  # not the player's own
    os.environ.setdefault(f"XDG_{_kind}_HOME", f"{tempfile.gettempdir()}/rig-test-{_kind.lower()}-{os.getuid()}")

import sys  # noqa: E402

if os.environ.get("RIG_TRAIN") == "no":  # `make test TRAIN=no`: as if there were no PyTorch, also where there is
    sys.modules["torch"] = None  # type: ignore[assignment]

import ctypes  # noqa: E402
import fcntl  # noqa: E402
import shutil  # noqa: E402
import signal  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

import leash  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from budget import budget  # noqa: E402
from compiler import Compiler  # noqa: E402
from jack_servers import JackName, JackServer, reserved_name, running  # noqa: E402
from made import Made  # noqa: E402

from rig.engine import Engine  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"test_kernel", "test_lstm", "test_engines", "test_rates"}
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
SECONDS, SLOW_SECONDS = 120, 300
"""For one test: many times what it takes, also on a busy machine. One that takes longer has run away."""
STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    if WORKER:  # no test outlives the run; a signal that one of them might handle would not do
        leash.tie(os.getppid(), signal.SIGKILL)
        config.stash[STDERR] = os.dup(2)  # before it is captured


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for something."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives each test the marks that follow from what it uses."""
    for item in items:
        if "jackd" in item.fixturenames:
            item.add_marker("jack")
        if hasattr(item.module, "torch"):
            item.add_marker("train")
        if item.module.__name__ in KERNEL:
            item.add_marker("kernel")
    if WORKER:
        in_turn(items)


def in_turn(items: list[pytest.Item]) -> None:
    """Long ones first, so that no worker is left alone with one, those that only wait between those that work; and those that
    need quiet when the others have done.
    """
    seen: Counter[tuple[bool, bool]] = Counter()

    def turn(item: pytest.Item) -> tuple[bool, bool, int]:
        slow, waits = marked(item, "slow"), marked(item, "patient")
        seen[slow, waits] += 1
        return needs_quiet(item), not slow, seen[slow, waits]

    items.sort(key=turn)


def marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


def needs_quiet(item: pytest.Item) -> bool:
    """Whether no other test may run beside it: what it says hangs on being in time."""
    return marked(item, "jack") and not marked(item, "patient")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Tests share the machine, but those that need it to themselves. None runs for ever."""
    if not WORKER:  # somebody may sit there with a debugger
        return (yield)
    with Path(__file__).open() as turn:  # closed, it is unlocked; so it is when a worker dies
        fcntl.flock(turn, fcntl.LOCK_EX if needs_quiet(item) else fcntl.LOCK_SH)
        with budget(SLOW_SECONDS if marked(item, "slow") else SECONDS, stderr=item.config.stash[STDERR]):
            return (yield)


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
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What is made once in a run, for whichever worker asks first."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if WORKER else folder) / "made"  # each worker has a folder in the run's
    folder.mkdir(exist_ok=True)
    return Made(folder)


@pytest.fixture(scope="session")
def compiler(made: Made) -> Compiler:
    """Compiles C, each file once in a run."""
    return Compiler(made)


@pytest.fixture(scope="session")
def foreign(compiler: Compiler) -> Callable[[str], Engine]:
    """The engines of tests/engines.c by name, built as another package's would be."""
    from rig import native

    loaded = ctypes.CDLL(str(compiler.library("engines")))

    def find(name: str) -> Engine:
        return native.engine(name, address=ctypes.addressof(ctypes.c_char.in_dll(loaded, f"test_engine_{name}")))

    find.library = loaded  # what else it tells
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
def own_name(jackd: str) -> Iterator[JackName]:
    """The one name that servers of this test process have: libjack talks to one server name a process."""
    with reserved_name() as name:
        yield name


@pytest.fixture(scope="module")
def jack_server(jackd: str, own_name: JackName, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JackServer]:
    """A JACK server for this test process that waits for its clients (-S): what they say does not hang on the machine's
    mood. Where being late is the matter, take `impatient_server`.

    One for a module's tests. Those that need a server to come or go start their own for a process of its own.
    """
    log = tmp_path_factory.mktemp("jack") / "jackd.log"
    with running(jackd, own_name, log, "-S") as server:
        yield server


@pytest.fixture
def impatient_server(jackd: str, jack_name: JackName, tmp_path: Path) -> Iterator[JackServer]:
    """A JACK server that goes on without a client that is late, as on stage. For clients in processes of their own."""
    with running(jackd, jack_name, tmp_path / "jackd.log") as server:
        yield server
