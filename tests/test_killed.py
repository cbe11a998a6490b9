"""A rig that is killed leaves nothing behind: no server of its own, no port, no half of a file, no name taken."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jack
import pytest
from headless import ALONE, Headless
from jack_servers import process_of
from leash import leashed
from test_remote import runtime  # noqa: F401

from rig import files
from rig.remote import client

PRESET = Path(__file__).parent.parent / "presets" / "blues.toml"
SCARCE = ("--keep", "0.1", "--loop", "0.1")


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something to become true, or fail."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def process_behind(line: client.Line) -> int:
    """Who listens at the other end."""
    return struct.unpack("3i", line.end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def test_a_rig_in_the_background_that_is_killed_leaves_neither_its_server_nor_its_name(jack_name, runtime):  # noqa: F811
    command = [sys.executable, ALONE, "play", PRESET, "--daemon", "--server", jack_name.text, *SCARCE]
    for time_of_it in ("first", "again"):
        ran = subprocess.run(leashed(command), capture_output=True, text=True, timeout=120)
        assert (ran.returncode, ran.stderr) == (0, ""), time_of_it
        line = client.join()
        assert line.name == "rig", "the socket that was left is replaced"
        process, server = process_behind(line), process_of(jack_name.text)
        assert server
        os.kill(process, signal.SIGKILL)
        until(lambda server=server: not Path(f"/proc/{server}").exists())
        assert (runtime / "rig" / "rig.sock").exists() and not client.running()


def test_a_rig_that_is_killed_leaves_no_port(impatient_server, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    rig = Headless(PRESET, "--server", impatient_server.name, "--name", "killed")
    rig.event("ready")
    looking = jack.Client("looking", servername=impatient_server.name, no_start_server=True)
    with looking:
        assert looking.get_ports("killed:")
        rig.process.kill()
        rig.end()
        until(lambda: not looking.get_ports("killed:"))


WRITE = """
import os, signal, sys
from pathlib import Path
from rig.files import whole
with whole(Path(sys.argv[1])) as part:
    part.write_text("half of")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_that_was_being_written_is_as_it_was_and_the_half_goes_with_the_next_start(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text("whole")
    subprocess.run(leashed([sys.executable, "-c", WRITE, str(path)]), timeout=30)
    (half,) = tmp_path.glob(".*.part")
    assert path.read_text() == "whole" and half.read_text() == "half of"
    mine = files.part_of(path)
    mine.write_text("is being written")
    another = tmp_path / ".three.toml.1234567890.part"
    another.write_text("of another file")
    files.sweep(path)
    assert not half.exists() and mine.exists() and another.exists()


@pytest.mark.parametrize("name", ["a*b.toml", "[x].toml"])
def test_a_name_with_signs_in_it_is_swept_like_any_other(tmp_path, name):
    half = tmp_path / f".{name}.1234567890.part"
    half.write_text("")
    files.sweep(tmp_path / name)
    assert not half.exists()
