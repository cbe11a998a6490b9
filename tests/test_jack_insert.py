"""Inserts on a real JACK server: their ports, who is wired to them, and what becomes of them when the server goes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jack
import numpy as np
import pytest
from headless import Headless
from jack_servers import running
from test_jack import RATE, Bench, gig_on, level_db, tone
from test_jack_faults import says

from rig.engine import Payload, registry
from rig.gig.gig import Gig
from rig.jack.client import Client
from rig.native import Chain, Rack, Unit

PRESET = """
[[amp]]
name = "Through"
chain = [{ engine = "insert", id = "loop" }]
[[amp]]
name = "Mixed"
chain = [{ engine = "blend", mix = 0.5, a = [{ engine = "insert", id = "loop" }], b = [] }]
"""


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    (tmp_path / "loop.toml").write_text(PRESET)
    return tmp_path / "loop.toml"


@pytest.fixture
def bench(jack_server, request) -> Iterator[Bench]:
    made = Bench(jack_server.name, request.param)
    made.server_name = jack_server.name
    yield made
    made.close()


@pytest.fixture
def control(jack_server) -> Iterator[jack.Client]:
    client = jack.Client("wirer", servername=jack_server.name, no_start_server=True)
    client.activate()
    yield client
    client.blocksize = jack_server.block
    client.close()


@pytest.fixture
def app(jack_server) -> Iterator[str]:
    """A client that halves what it hears."""
    rack, client = Rack(RATE), Client("app", jack_server.name)
    rack.limit(False)
    rack.offer("amp", 0, Chain([Unit(registry()["gain"], Payload(), {"gain": -6.0206})], RATE))
    rack.begin(open=True)
    client.start(rack)
    yield client.name
    client.close()


def until(gig: Gig, true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while True:
        gig.install()
        gig.status()
        if true():
            return
        assert time.monotonic() < end, [(view.path, view.about) for view in gig.chain()]
        time.sleep(0.05)


def about(gig: Gig) -> str:
    return next(view.about for view in gig.chain() if view.name == "loop")


def ports(control: jack.Client) -> list[str]:
    return [port.shortname for port in control.get_ports("rig-test:") if "loop" in port.name]


def lag(bench: Bench, gig: Gig) -> int:
    """Frames from the dry port to the output: both are heard at once, and what is heard is like itself then."""
    bench.clients[1].wire("in", "rig-test:di")
    heard = bench.listen(0.5)
    spectrum = np.abs(np.fft.rfft(heard[: RATE // 4], RATE)) ** 2
    return int(np.argmax(np.fft.irfft(spectrum)[20:4000])) + 20


def noise() -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.1, RATE).astype(np.float32)


@pytest.mark.parametrize("bench", [noise()], indirect=True, ids=["noise"])
def test_another_client_stands_in_it_and_its_delay_is_what_is_said(jack_server, bench, control, app, preset):
    with gig_on(jack_server.name, preset) as gig:
        sides = ("send_1", "send_2", "return_1", "return_2")
        assert sorted(ports(control)) == sorted(f"{name}_{side}" for name in ("loop", "loop2") for side in sides)
        bench.wire("rig-test")
        assert about(gig) == "passes through: nothing is connected to loop_send"
        dry = level_db(bench.listen(0.5))
        control.connect("rig-test:loop_send_1", f"{app}:in")
        control.connect(f"{app}:out_1", "rig-test:loop_return_1")
        until(gig, lambda: about(gig).startswith("loop_send, loop_return: 1.3 ms"))
        bench.listen(0.2)
        assert level_db(bench.listen(0.5)) == pytest.approx(dry - 6, abs=0.3)
        assert gig.status().latency_ms - gig.client.latency_ms() == pytest.approx(64 / 48, abs=0.01)
        assert lag(bench, gig) == 64
        control.blocksize = 256
        until(gig, lambda: about(gig).startswith("loop_send, loop_return: 5.3 ms") and not gig.building)
        until(gig, lambda: about(gig) == "loop_send, loop_return: 5.3 ms, measured")
        bench.listen(0.2)
        assert lag(bench, gig) == 256
        control.disconnect(f"{app}:out_1", "rig-test:loop_return_1")
        until(gig, lambda: about(gig) == "passes through: nothing is connected to loop_return")


@pytest.mark.parametrize("bench", [noise()], indirect=True, ids=["noise"])
def test_what_a_client_takes_beside_the_period_is_measured_and_waited_for(jack_server, bench, control, preset):
    rack, client = Rack(RATE), Client("late", jack_server.name)
    rack.limit(False)
    late = {"time": 5.0, "feedback": 0.0, "mix": 1.0, "tone": 16000.0}
    rack.offer("amp", 0, Chain([Unit(registry()["delay"], Payload(), late)], RATE))
    rack.begin(open=True)
    client.start(rack)
    with gig_on(jack_server.name, preset, amp="Mixed") as gig:
        bench.wire("rig-test")
        control.connect("rig-test:loop2_send_1", "late:in")
        control.connect("late:out_1", "rig-test:loop2_return_1")
        until(gig, lambda: about(gig) == "loop2_send, loop2_return: 6.3 ms, measured")
        gig.settle()
        until(gig, lambda: gig.status().latency_ms - gig.client.latency_ms() == pytest.approx(304 / 48, abs=0.03))
        bench.listen(0.2)
        assert abs(lag(bench, gig) - 304) <= 1
    client.close()


@pytest.mark.parametrize("bench", [tone()], indirect=True, ids=["tone"])
def test_in_a_blend_nothing_cancels(jack_server, bench, control, app, preset):
    with gig_on(jack_server.name, preset, amp="Mixed") as gig:
        bench.wire("rig-test")
        bench.listen(0.3)
        dry = level_db(bench.listen(0.5))
        control.connect("rig-test:loop2_send_1", f"{app}:in")
        control.connect(f"{app}:out_1", "rig-test:loop2_return_1")
        until(gig, lambda: about(gig).startswith("loop2_send"))
        bench.listen(0.3)
        assert level_db(bench.listen(0.5)) == pytest.approx(dry + 20 * np.log10(0.75), abs=0.1)


def test_ports_and_wires_go_with_it_and_come_back_with_it(jack_server, control, app, preset):
    with gig_on(jack_server.name, preset) as gig:
        control.connect("rig-test:loop_send_1", f"{app}:in")
        control.connect(f"{app}:out_1", "rig-test:loop_return_1")
        until(gig, lambda: about(gig).startswith("loop_send"))
        gig.do("remove Through.loop")
        gig.settle()
        assert all(port.startswith("loop2") for port in ports(control))
        gig.do("undo")
        gig.settle()
        until(gig, lambda: len(ports(control)) == 8 and about(gig).startswith("loop_send"))
        gig.do("insert Through insert")
        gig.settle()
        assert "insert2_send_1" in [port.shortname for port in control.get_ports("rig-test:")]


@pytest.mark.patient
def test_they_come_back_with_the_server(jackd, jack_name, tmp_path, preset):
    wires = [["rig:loop_send_1", "system:playback_1"], ["system:capture_2", "rig:loop_return_1"]]
    with running(jackd, jack_name, tmp_path / "first.log"):
        rig = Headless(preset, "--server", jack_name.text, "--no-connect")
        rig.event("ready")
        wirer = "import jack, sys; c = jack.Client('wirer', servername=sys.argv[1]); c.activate()"
        wirer += "".join(f"; c.connect('{a}', '{b}')" for a, b in wires) + "; c.close()"
        subprocess.run([sys.executable, "-c", wirer, jack_name.text], check=True)
        says(rig, connections=wires)
    with running(jackd, jack_name, tmp_path / "second.log"):
        says(rig, alive=True, connections=wires)
    rig.say("quit")
    assert rig.end() == (0, "")
