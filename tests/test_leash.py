"""A test run that is killed leaves nothing running, and no name of a server taken."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jack_servers
import pytest
from jack_servers import process_of, reserved_name, running
from leash import leashed

HERE = Path(__file__).parent
STEM = "rig-leash"  # of names that no other test's run takes from under us
BEGIN = """
import subprocess, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from jack_servers import process_of, reserved_name, running
from leash import leashed
"""
SLEEP = BEGIN + "subprocess.Popen(leashed(['sleep', '600'])); print('started', flush=True); time.sleep(600)"
JACKD = (
    BEGIN
    + """
import jack
with reserved_name(sys.argv[4]) as name, running(sys.argv[2], name, Path(sys.argv[3]), "-S") as server:
    client = jack.Client("player", servername=name.text, no_start_server=True)
    client.set_process_callback(lambda frames: None)
    client.activate()
    print(name.text, flush=True)
    time.sleep(600)
"""
)


def started(code: str, *words: str | Path) -> tuple[subprocess.Popen, str]:
    """A process that starts another, and what it said then. Both hold its output open."""
    command = [sys.executable, "-c", code, HERE, *words]
    process = subprocess.Popen(leashed(command), stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def ended(process: subprocess.Popen, seconds: float = 10) -> bool:
    """Whether the process and what it started are gone within seconds: nobody holds its output open then."""
    process.wait(seconds)
    with process.stdout as output:
        return bool(select.select([output], [], [], seconds)[0]) and output.read() == ""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_what_a_killed_process_had_started_ends_with_it(number):
    process, said = started(SLEEP)
    assert said == "started"
    process.send_signal(number)
    assert ended(process)


def test_without_the_leash_it_would_have_stayed():
    process, said = started(SLEEP.replace("leashed(['sleep', '600'])", "['sleep', '2']"))
    assert said == "started"
    process.kill()
    process.wait(10)
    assert not select.select([process.stdout], [], [], 0.5)[0]
    assert ended(process)


def test_what_is_started_when_its_parent_has_gone_ends_at_once():
    command = leashed(["sleep", "600"], signal.SIGKILL)
    command[command.index(str(os.getpid()))] = "1"
    assert subprocess.run(command, timeout=10).returncode == -signal.SIGKILL


@pytest.fixture
def held_back() -> Iterator[None]:
    """SIGPIPE and SIGTERM do not reach us, as libjack leaves the first."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGPIPE, signal.SIGTERM))
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_a_leashed_program_heeds_all_signals(held_back):
    process = subprocess.Popen(leashed(["sleep", "600"]))
    process.terminate()
    assert process.wait(10) == -signal.SIGTERM
    process = subprocess.Popen(leashed(["yes"]), stdout=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(10) == -signal.SIGPIPE


def gone(process: int, seconds: float = 10) -> bool:
    """Whether it is within seconds."""
    end = time.monotonic() + seconds
    while (there := Path(f"/proc/{process}").exists()) and time.monotonic() < end:
        time.sleep(0.01)
    return not there


def left(name: str) -> list[str]:
    """What a server has left for all to trip over."""
    return [file.name for file in Path("/dev/shm").iterdir() if f"_{name}_" in file.name]


def test_a_place_that_a_killed_server_kept_is_free_though_another_program_has_its_number(monkeypatch, tmp_path):
    """JACK would take that for the server, and start none of its name."""
    ours = f"jack-{os.getuid()}:rig-test-".encode()
    places = [(os.getpid(), ours + b"00"), (2**22 + 1, ours + b"01"), (os.getpid(), b"jack-0:default"), (0, b"")]
    header = jack_servers.HEADER.pack(0x4A41434B, 0, 1, 70744, 2136, 268)
    registry = tmp_path / "registry"
    monkeypatch.setattr(jack_servers, "REGISTRY", registry)
    registry.write_bytes(
        header + b"".join(jack_servers.PLACE.pack(*place) for place in [*places, *[places[3]] * 4]) + b"rest"
    )
    with reserved_name():
        left = [jack_servers.PLACE.pack(*place) for place in [*[places[3]] * 2, places[2], *[places[3]] * 5]]
        assert registry.read_bytes() == header + b"".join(left) + b"rest"
    registry.write_bytes(other := b"of another JACK" * 500)
    with reserved_name():
        assert registry.read_bytes() == other


@pytest.mark.patient
def test_a_server_with_clients_ends_with_the_run_and_the_next_takes_over_what_it_leaves(jackd, tmp_path):
    """As JACK has places for eight servers on a machine."""
    process, name = started(JACKD, jackd, tmp_path / "theirs.log", STEM)
    server = process_of(name)
    assert server
    with reserved_name(STEM) as another:
        assert another.text != name, "two processes, two names"
    process.kill()
    process.wait()
    assert gone(server) and left(name)
    with reserved_name(STEM) as again, running(jackd, again, tmp_path / "ours.log", "-S"):
        assert again.text <= name, "the first that is free"
    assert not left(again.text)
