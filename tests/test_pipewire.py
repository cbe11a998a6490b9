"""The rig on a real PipeWire, through its libjack, which Debian keeps where the linker does not look."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from headless import Headless
from leash import leashed
from pipewire import PipeWire, pipewire

from rig.jack import library

WIRES = [["rig:out_1", "card:playback_FL"], ["rig:out_2", "card:playback_FR"]]


@pytest.fixture
def player() -> Iterator[PipeWire]:
    """A PipeWire that runs; skips where it is not installed, or its libjack is not."""
    if not (shutil.which("pipewire") and shutil.which("pw-metadata") and library.pipewire_library()):
        pytest.skip("needs PipeWire and its libjack (Debian: pipewire pipewire-bin pipewire-jack)")
    with tempfile.TemporaryDirectory(prefix="rig-pw-") as folder, pipewire(Path(folder)) as made:
        yield made


def says(rig: Headless, **wanted: object) -> dict:
    """The first status that says all that."""
    until = time.monotonic() + 30
    while True:
        found = rig.event("status")
        if {key: found[key] for key in wanted} == wanted:
            return found
        assert time.monotonic() < until, found


def test_the_rig_plays_through_a_pipewire_that_the_linker_does_not_find(player, tmp_path):
    """Beside it no server is started; another rate or quantum is noticed, and what is asked for after that is heard."""
    path = tmp_path / "plain.toml"
    path.write_text('name = "Plain"\n[[amp]]\nname = "Amp"\nchain = [{ engine = "gain" }]\n')
    rig = Headless(path, env=player.environment)
    ready = rig.event("ready")
    assert (ready["rate"], ready["block"]) == (48_000, 256)
    says(rig, connections=WIRES, unheard=False, server="PipeWire", message="connected")
    player.set("clock.force-quantum", 128)
    says(rig, block=128, alive=True)
    player.set("clock.force-rate", 44_100)
    while rig.event("news")["message"] != "playing on at 44.1 kHz":
        pass
    says(rig, rate=44_100, connections=WIRES, alive=True)
    rig.say("quit")
    assert rig.end() == (0, "")


def test_a_pipewire_that_dies_without_a_word_is_left_and_the_next_one_joined(player, tmp_path):
    path = tmp_path / "plain.toml"
    path.write_text('name = "Plain"\n[[amp]]\nname = "Amp"\nchain = [{ engine = "gain" }]\n')
    rig = Headless(path, env=player.environment)
    says(rig, connections=WIRES, alive=True)
    os.kill(player.process, signal.SIGKILL)
    says(rig, alive=False, connections=[])
    with pipewire(player.folder):
        says(rig, connections=WIRES, alive=True)
        rig.say("quit")
        assert rig.end() == (0, "")


def test_a_pipewire_of_another_name_is_none(player, tmp_path):
    path = tmp_path / "plain.toml"
    path.write_text('name = "Plain"\n[[amp]]\nname = "Amp"\nchain = [{ engine = "gain" }]\n')
    code, said = Headless(path, "--server", "typo", env=player.environment).end()
    assert (code, said.count("\n")) == (1, 1)
    assert "no JACK server 'typo' runs;" in said and "PipeWire (without --server)" in said


def test_the_doctor_knows_pipewire_and_its_quantum(player):
    player.set("clock.force-quantum", 128)
    command = leashed([sys.executable, "-m", "rig", "doctor", "--json"])
    done = subprocess.run(command, env=player.environment, capture_output=True, text=True, timeout=60)
    found = {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["libjack"]["what"] == "PipeWire's: rig plays on PipeWire"
    assert found["JACK"]["what"].startswith("PipeWire: 48 kHz, periods of 128 frames, 2.7 ms")
    assert found["PipeWire"]["verdict"] == "ok" and found["PipeWire"]["what"].endswith("fixed to 128")
