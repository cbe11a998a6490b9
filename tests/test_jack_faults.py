"""What goes wrong around JACK: servers that hang, go, come back or never start."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fake_gig import FakeGig
from headless import Headless
from jack_servers import process_of, running
from leash import leashed
from random_gigs import gig_of
from test_rebuild import Client as NoJack

from rig.cli import main
from rig.errors import RigError
from rig.jack import library
from rig.jack.calls import Calls, NoAnswer
from rig.jack.client import FLAPPING_SECONDS, Client
from rig.jack.joined import Joined, Ports
from rig.jack.look import LATE_SECONDS
from rig.jack.opening import Opening
from rig.jack.patchbay import Port
from rig.jack.pulse import Pulse
from rig.jack.server import reason
from rig.jack.wires import Wires
from rig.native import Rack

pytestmark = pytest.mark.patient

HERE = Path(__file__).parent
WIRES = [["rig:out_1", "system:playback_1"], ["rig:out_2", "system:playback_2"], ["system:capture_1", "rig:in"]]


@pytest.fixture
def preset(tmp_path) -> Path:
    path = tmp_path / "plain.toml"
    path.write_text('name = "Plain"\n[[amp]]\nname = "Amp"\nchain = [{ engine = "gain" }]\n')
    return path


def hears(rig: Headless, message: str, event: str = "news") -> None:
    """The next news that says so."""
    while rig.event(event)["message"] != message:
        pass


def says(rig: Headless, **wanted: object) -> dict:
    """The first status that says all that."""
    until = time.monotonic() + 30
    while True:
        found = rig.event("status")
        found["connections"].sort()
        found["waiting"].sort()
        if {key: found[key] for key in wanted} == wanted:
            return found
        assert time.monotonic() < until, found


@contextlib.contextmanager
def stopped(process: int) -> Iterator[None]:
    """It hangs meanwhile."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


# --- a call that hangs --------------------------------------------------------------------------------------------


def test_a_call_that_hangs_is_given_up_and_the_next_one_at_once():
    calls, release = Calls(), threading.Event()
    assert calls(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        calls(lambda: 1 // 0)
    with pytest.raises(NoAnswer):
        calls(release.wait, seconds=0.01)
    with pytest.raises(NoAnswer):
        calls(lambda: 4, seconds=1000.0)
    release.set()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(NoAnswer):
            assert calls(lambda: 5) == 5
            break
    else:
        raise AssertionError("it never answers again")
    calls.end()


def test_a_pulse_that_stands_still_is_told_from_a_look_too_soon_and_from_a_sleep_of_ours():
    pulse = Pulse()
    assert pulse.look(0, 0.0, 0.01) == 0.0
    assert pulse.look(9, 0.1, 0.01) == 0.0
    assert pulse.look(9, 0.5, 0.01) == 0.0, "too soon"
    assert pulse.look(9, 0.7, 0.01) == pytest.approx(0.6)
    assert pulse.look(10, 0.8, 0.01) == 0.0
    assert pulse.look(10, 500.0, 0.01) == 0.0, "we were away"
    assert pulse.look(10, 501.0, 0.01) == pytest.approx(1.0)
    assert Pulse().look(5, 0.0, 1.0) == 0.0


class Clock:
    """Time that passes when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("rig.gig.connection.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


def test_a_jack_that_calls_no_more_is_said_and_after_a_while_left(clock):
    gig, left = FakeGig(), []
    client, meters = gig.client, gig.reconciler.rack.meters()
    gig.reconciler.rack.meters = lambda: meters
    client.running, client.leave = True, lambda: left.append(clock.now)

    def after(seconds: float, moves: bool) -> tuple[bool, str]:
        end = clock.now + seconds
        while clock.now < end:
            clock.now += 0.1
            meters.callbacks += moves
            status = gig.status()
        return status.alive, " ".join(news.message for news in gig.news())

    assert after(3, True) == (True, "")
    assert after(0.4, False) == (True, "")
    assert after(0.4, False) == (False, "JACK does not answer")
    assert after(0.1, True) == (True, "JACK answers again")
    assert after(2, False) == (False, "JACK does not answer")
    assert not left
    after(4, False)
    assert left


def test_a_server_that_goes_without_a_word_is_left_as_soon_as_it_calls_no_more(clock):
    """PipeWire: there may be another one already."""
    gig, left = FakeGig(), []
    client, meters = gig.client, gig.reconciler.rack.meters()
    gig.reconciler.rack.meters = lambda: meters
    client.running, client.leave, client.goes_silently = True, lambda: left.append(clock.now), True
    for moves in (0, 0, 1, 1):
        clock.now += 1.0
        meters.callbacks += moves
        gig.status()
    assert not left
    began = clock.now
    while not left and clock.now < began + 10:
        clock.now += 0.1
        gig.status()
    assert left == [pytest.approx(began + 0.6)]


def test_a_server_that_does_not_let_us_in_yet_is_looked_at_often_and_spoken_of_rarely(clock):
    gig, looks = FakeGig(), []
    gig.set(alive=False)

    def reopen(start: bool) -> bool:
        looks.append(clock.now)
        raise NoAnswer("it may hang")

    gig.client.reopen, gig.client.waits = reopen, True
    said = []
    for _ in range(55):
        clock.now += 0.1
        gig.status()
        said += [news.message for news in gig.news()]
    assert said == ["it may hang"]
    assert len(looks) > 10
    looks.clear()
    gig.client.waits = False
    for _ in range(55):
        clock.now += 0.1
        gig.status()
    assert len(looks) == 1, "one that refuses us is not asked again and again"


@pytest.mark.slow
def test_a_server_that_hangs_is_said_and_joined_again_when_it_is_well_or_another_one_runs(jackd, jack_name, preset):
    log = preset.with_name("jackd.log")
    with running(jackd, jack_name, log):
        rig = Headless(preset, "--server", jack_name.text)
        says(rig, alive=True, connections=WIRES)
        with stopped(process_of(jack_name.text)):
            hears(rig, "JACK does not answer", "error")
            says(rig, alive=False, connections=WIRES)
        hears(rig, "JACK answers again")
        says(rig, alive=True)
        with stopped(process_of(jack_name.text)):
            says(rig, alive=False, connections=[])
            rig.say("set Amp.gain.gain 3")
            rig.event("done")
        says(rig, alive=True, connections=WIRES)
        with stopped(process_of(jack_name.text)):
            says(rig, alive=False, connections=[])
            os.kill(process_of(jack_name.text), signal.SIGKILL)
    with running(jackd, jack_name, log):
        says(rig, alive=True, connections=WIRES, unsaved=True)
        rig.say("quit")
        assert rig.end() == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["quit", "signal", "late"])
def test_a_rig_ends_though_its_server_hangs(jackd, jack_name, preset, way):
    with running(jackd, jack_name, preset.with_name("jackd.log")):
        rig = Headless(preset, "--server", jack_name.text)
        says(rig, alive=True)
        with stopped(process_of(jack_name.text)):
            if way == "late":
                says(rig, alive=False, connections=[])
            if way == "signal":
                rig.process.terminate()
            else:
                rig.say("quit")
            assert rig.end() == (0, "")


def test_a_start_against_a_server_that_hangs_says_so(jackd, jack_name, preset):
    with running(jackd, jack_name, preset.with_name("jackd.log")), stopped(process_of(jack_name.text)):
        rig = Headless(preset, "--server", jack_name.text)
        code, said = rig.end()
    assert (code, said.count("\n")) == (1, 1)
    assert f"JACK server '{jack_name.text}' does not answer" in said


# --- a server of our own ------------------------------------------------------------------------------------------


def ends(process: int, seconds: float = 10) -> bool:
    """Whether it is gone within seconds."""
    until = time.monotonic() + seconds
    while (there := Path(f"/proc/{process}").exists()) and time.monotonic() < until:
        time.sleep(0.01)
    return not there


def test_a_rig_that_is_killed_leaves_no_server_behind(jack_name, preset):
    rig = Headless(preset, "--server", jack_name.text, alone=True)
    rig.event("ready")
    server = process_of(jack_name.text)
    assert server
    rig.process.kill()
    rig.process.wait()
    assert ends(server)


IN_A_THREAD = """
import sys, threading, time
sys.path.insert(0, sys.argv[2])
from alone import alone
from rig.jack.client import Client
alone()
clients = []
thread = threading.Thread(target=lambda: clients.append(Client("rig", sys.argv[1])))
thread.start()
thread.join()
time.sleep(1)
print(clients[0]._server.alive, clients[0].alive)
clients[0].close()
"""


def test_a_server_outlives_the_thread_that_opened_the_gig(jack_name):
    """As the screen opens it; Linux tells a child when the thread that started it ends."""
    command = [sys.executable, "-c", IN_A_THREAD, jack_name.text, str(HERE)]
    done = subprocess.run(leashed(command), capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("True True\n", "")
    assert not process_of(jack_name.text)


@pytest.mark.slow
def test_a_server_of_ours_that_is_killed_is_started_again(jack_name, preset):
    rig = Headless(preset, "--server", jack_name.text, alone=True)
    says(rig, alive=True, connections=WIRES)
    time.sleep(FLAPPING_SECONDS)
    first = process_of(jack_name.text)
    os.kill(first, signal.SIGKILL)
    assert ends(first)
    while process_of(jack_name.text) in (0, first):
        rig.event("status")
    assert "started by rig" in says(rig, alive=True, connections=WIRES)["server"]
    rig.say("quit")
    assert rig.end() == (0, "")
    assert not process_of(jack_name.text)


# --- wires --------------------------------------------------------------------------------------------------------

A, B, C = ("rig:out_1", "reverb:in"), ("rig:di", "tape:in"), ("rig:out_2", "reverb:in")
OURS = [Port(f"rig:{name}", ours=True) for name in ("out_1", "out_2", "di")] + [Port("rig:in", takes=True, ours=True)]
REVERB, TAPE = Port("reverb:in", takes=True), Port("tape:in", takes=True)


class Memory:
    """Wires, told as a gig tells them."""

    def __init__(self) -> None:
        self.wires, self.now = Wires(), 100.0

    def look(self, found: tuple = (), ports: tuple = (REVERB, TAPE), came: tuple = (), name: str = "rig") -> list:
        ours = [replace(port, name=f"{name}:{port.short}") for port in OURS]
        due = self.wires.look(found, [*ours, *ports], came, name, self.now)
        for wire in due:
            self.wires.made(wire)
        return sorted(due)

    def after(self, seconds: float, *given: object, **more: object) -> list:
        self.now += seconds
        return self.look(*given, **more)


def test_wires_that_went_with_jack_are_told_from_those_that_somebody_took_away():
    memory = Memory()
    memory.look((A, B, C))
    memory.after(1, (A, B))
    memory.after(2, (A, B))
    memory.after(9, (A,))
    memory.after(0.3, ())
    memory.wires.went()
    assert sorted(memory.wires.waiting) == [B, A], "they went with JACK; the third somebody took away"
    assert memory.after(20) == [B, A]
    assert not memory.wires.waiting
    memory.after(1, (A, B))
    memory.after(1, ())
    memory.after(2, ())
    memory.wires.went()
    assert memory.after(1) == [], "somebody took all away"
    memory.after(1, (A, B))
    memory.after(1, (B,))
    memory.after(0.1, (B, C))
    memory.wires.went()
    assert memory.after(1) == [B, C], "JACK was well when somebody took one away: they made another one since"


def test_wires_that_went_with_jack_come_back_under_the_name_that_we_have_then():
    memory = Memory()
    memory.look((A, B))
    memory.wires.went()
    assert memory.after(1, name="rig-01") == [("rig-01:di", "tape:in"), ("rig-01:out_1", "reverb:in")]


def test_a_rig_that_gets_the_name_of_another_is_not_wired_to_itself():
    memory, other = Memory(), Port("rig-01:in", takes=True)
    memory.look((("rig:out_1", "rig-01:in"),), (other,))
    memory.wires.went()
    assert memory.after(1, (), (), name="rig-01") == [], "rig-01:in is our own now"
    assert memory.wires.waiting == (("rig-01:out_1", "rig-01:in"),)


def test_wires_come_back_with_a_client_however_quickly_that_is_back():
    memory = Memory()
    memory.look((A, B))
    assert memory.after(1, (B,), (TAPE,)) == []
    assert memory.after(99, (B,), (TAPE,)) == []
    assert memory.wires.waiting == (A,)
    assert memory.after(1, (B,)) == [A]
    memory.after(1, (A, B))
    assert memory.after(0.01, (B,), came=("reverb:in",)) == [A], "it went and came between two looks"
    memory.after(1, (A, B))
    memory.after(1, (B,))
    memory.after(2, (B,))
    memory.after(1, (B,), (TAPE,))
    assert memory.after(1, (B,)) == [], "somebody took it away before the client went"
    memory.after(1, (A, B))
    memory.after(1, (B,), (TAPE,))
    assert memory.wires.drop(A)
    assert memory.after(1, (B,)) == [], "somebody took it away while the client was gone"


def test_what_a_preset_wants_waits_until_it_wants_something_else():
    memory = Memory()
    memory.look((B,), (TAPE,))
    memory.wires.expect([(OURS[0], "reverb:in"), (OURS[3], "guitar:out")], [*OURS, TAPE])
    assert memory.after(60, (B,), (TAPE,)) == []
    assert memory.wires.waiting == (A, ("guitar:out", "rig:in"))
    memory.wires.expect([(OURS[0], "reverb:in")], [*OURS, TAPE])
    assert memory.after(1, (B,), (REVERB, TAPE, Port("guitar:out"))) == [A]
    memory.after(1, (A, B))
    memory.wires.expect([], [*OURS, REVERB, TAPE])
    memory.after(1, (B,), (TAPE,))
    assert memory.wires.waiting == (A,), "it has stood since"


def test_a_wire_that_jack_refuses_is_tried_again_and_not_all_the_time():
    memory = Memory()
    memory.look((A,))
    memory.after(1, (), (TAPE,))
    tries = [bool(memory.wires.look((), [*OURS, REVERB], (), "rig", 200 + n / 8)) for n in range(20)]
    assert tries.count(True) == 10


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Port("reverb:in", takes=True), Port("reverb-01:in", takes=True)),
        (Port("reverb-01:in", takes=True), Port("reverb:in", takes=True)),
        (
            Port("a2j:FCB1010 [20] (playback): MIDI 1", "midi", takes=True),
            Port("a2j:FCB1010 [24] (playback): MIDI 1", "midi", takes=True),
        ),
        (
            Port("system:midi_playback_1", "midi", True, True, aliases=("alsa_midi:FCB1010 MIDI 1 (in)",)),
            Port("system:midi_playback_4", "midi", True, True, aliases=("alsa_midi:FCB1010 MIDI 1 (in)",)),
        ),
        (
            Port("system:playback_1", takes=True, physical=True, aliases=("alsa_pcm:hw:0:in1",)),
            Port("system:playback_1", takes=True, physical=True, aliases=("alsa_pcm:hw:1:in1",)),
        ),
    ],
)
def test_a_device_is_known_again_whatever_number_it_has(before, after):
    memory, wire = Memory(), ("rig:di", before.name)
    memory.look((wire,), (before,))
    memory.after(1, (), ())
    assert memory.after(1, (), (after,)) == [("rig:di", after.name)]
    assert not memory.wires.waiting
    memory.after(1, (("rig:di", after.name),), (after,))
    assert not memory.wires.waiting


@pytest.mark.parametrize(
    ("before", "beside", "after"),
    [
        (Port("reverb:in", takes=True), (Port("reverb-01:in", takes=True),), ()),
        (Port("reverb:in", takes=True), (), (Port("reverb-01:in"), Port("delay:in", takes=True))),
        (Port("reverb:in", takes=True), (), (Port("reverb:in", "midi", takes=True),)),
        (Port("reverb:in", takes=True), (), (Port("reverb-01:in", takes=True), Port("reverb-02:in", takes=True))),
        (
            Port("system:midi_playback_1", "midi", True, True, aliases=("alsa_midi:FCB1010 MIDI 1 (in)",)),
            (),
            (Port("system:midi_playback_1", "midi", True, True, aliases=("alsa_midi:Keys MIDI 1 (in)",)),),
        ),
    ],
)
def test_another_device_or_client_is_not_taken_for_the_one_that_went(before, beside, after):
    memory, wire = Memory(), ("rig:di", before.name)
    memory.look((wire,), (before, *beside))
    assert memory.after(1, (), (*beside, *after)) == []
    assert memory.wires.waiting == (wire,)
    assert memory.after(1, (), (*beside, before)) == [wire]


class Others:
    """Ports and wires of other programs."""

    def __init__(self, server: str) -> None:
        self.server = server

    def run(self, code: str) -> None:
        """In a process of its own: libjack talks to one server a process. It has `client`."""
        begin = "import jack, sys; client = jack.Client('other', no_start_server=True, servername=sys.argv[1]);"
        done = subprocess.run(leashed([sys.executable, "-c", begin + code, self.server]), timeout=30)
        assert done.returncode == 0

    @contextlib.contextmanager
    def reverb(self) -> Iterator[None]:
        """A program with ports of its own, that makes no wires."""
        code = "import jack, sys, time; c = jack.Client('reverb', no_start_server=True, servername=sys.argv[1]);"
        code += "c.inports.register('in'); c.set_process_callback(lambda frames: None); c.activate();"
        code += "print(flush=True); time.sleep(600)"
        command = leashed([sys.executable, "-c", code, self.server], signal.SIGKILL)
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            process.stdout.readline()
            yield
        finally:
            process.kill()
            process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("flags", [[], ["--no-connect"]])
def test_wires_that_others_made_come_back_and_no_others(jackd, jack_name, preset, flags):
    log, others = preset.with_name("jackd.log"), Others(jack_name.text)
    mine = [["rig:di", "system:playback_2"], ["rig:out_1", "reverb:in"]]
    with contextlib.ExitStack() as programs:  # they outlive the server
        with running(jackd, jack_name, log):
            programs.enter_context(others.reverb())
            rig = Headless(preset, "--server", jack_name.text, *flags)
            says(rig, alive=True, connections=[] if flags else WIRES, unheard=bool(flags))
            others.run("".join(f"client.disconnect(*{wire});" for wire in ([] if flags else WIRES)))
            says(rig, alive=True, connections=[], unheard=True)
            others.run("".join(f"client.connect(*{wire});" for wire in mine))
            says(rig, connections=mine, unheard=False)
        says(rig, alive=False)
    with running(jackd, jack_name, log):
        hears(rig, "connected as before, but reverb:in is not there yet", "error")
        assert says(rig, alive=True, connections=mine[:1])["unheard"]
        with others.reverb():
            hears(rig, "connected again: reverb:in")
            says(rig, alive=True, connections=mine)
            rig.say("quit")
            assert rig.end() == (0, "")


def test_a_wire_that_jack_tells_of_before_it_has_it_is_seen_a_little_later(jack_server, monkeypatch):
    """On a busy machine, or with long periods: no other change may ever come."""
    client, there = Client("early", jack_server.name), []
    try:
        monkeypatch.setattr(client._joined, "wires", lambda: tuple(there))
        client._joined.on_wiring(None, None, True)
        assert client.connections() == ()
        there.append(A)
        assert client.connections() == ()
        now = time.monotonic()
        monkeypatch.setattr("rig.jack.look.time.monotonic", lambda: now + LATE_SECONDS)
        assert client.connections() == (A,)
    finally:
        client.close()


def test_what_nobody_hears_is_said():
    gig = FakeGig()
    gig.client.connect = lambda wiring, input: []
    gig.set(connections=(("system:capture_1", "rig:in"), ("rig:di", "tape:in")))
    gig.do("connect")
    assert (gig.status().message, gig.status().unheard) == ("nothing hears rig: no playback ports", True)
    assert gig.status().wrong, "it is said in red"
    gig.set(connections=(("rig:out_2", "system:playback_2"),))
    gig.do("connect")
    assert (gig.status().message, gig.status().unheard, gig.status().wrong) == ("connected", False, False)


def test_a_preset_that_wires_otherwise_while_jack_is_gone_is_heeded_when_it_is_back(clock):
    gig, asked = FakeGig(), []
    gig.do("connect")
    gig.status()
    gig.set(alive=False)
    gig.connection.rewire()
    gig.client.connect = lambda wiring, input: asked.append(wiring) or []

    def reopen(start: bool) -> bool:
        gig.client.alive = True
        return True

    gig.client.reopen = reopen
    clock.now += 2
    assert gig.status().alive
    assert asked == [gig.preset.jack]


# --- another rate -------------------------------------------------------------------------------------------------


class Rejoined(NoJack):
    """JACK that comes back at another rate, and goes again before it runs what was built for it."""

    alive, rate = False, 44_100

    def reopen(self, start: bool = True) -> bool:
        self.alive = True
        return True

    def start(self, rack: Rack) -> None:
        raise RigError("JACK has gone again")

    def leave(self) -> None:
        self.alive = False


def test_jack_that_goes_while_the_amps_are_built_for_its_rate_finds_them_open_when_it_is_back(clock, preset):
    gig = gig_of(preset, client=Rejoined())
    gig.status()
    gig.settle()
    assert (gig.client.alive, gig.reconciler.rack.rate) == (False, 44_100)
    clock.now += 20
    assert gig.status().alive, "and JACK runs the rack that it was to run"
    heard, _, _ = gig.reconciler.rack.process(0.1 * np.sin(0.1 * np.arange(4410, dtype=np.float32)))
    assert np.abs(heard[-1000:]).max() == pytest.approx(0.1, rel=0.01)


class Server:
    """As much of a way into a server as a client asks for, and of our place there."""

    def __init__(self, rate: int) -> None:
        self.name, self.rate, self.client = "rig", rate, SimpleNamespace(blocksize=64)
        self.alive, self.latency, self.xruns, self.runs = True, None, 0, None
        self.start, self.overdue, self.server = False, False, None
        self.inserts: dict[int, str] = {}

    def opening(self, calls: Calls, *_: object, **__: object) -> Server:
        self.future = calls.ask(lambda: self)
        return self

    def activate(self, rack: Rack, delay: int) -> None:
        if self.runs:
            raise RigError("JACK does not take our process callback")
        self.runs, self.told = rack, [delay]
        self.latency = SimpleNamespace(delay=delay, change=self.change)

    def change(self, delay: int) -> None:
        self.latency.delay = delay
        self.told.append(delay)

    def leave(self) -> None:
        pass


def test_a_rack_of_the_rate_before_the_last_is_not_run_again(monkeypatch):
    """48, 44.1 and again 48 kHz: by then the gig builds another."""
    servers = [Server(rate) for rate in (48_000, 44_100, 48_000)]
    coming = iter(servers)
    monkeypatch.setattr("rig.jack.client.Opening", lambda *given, **more: next(coming).opening(*given, **more))
    client = Client()
    client.start(Rack(48_000))
    for server in servers[:2]:
        server.alive = False
        assert client.reopen(start=False)
    rack = Rack(48_000)
    client.start(rack)
    assert servers[2].runs is rack
    client.close()


def test_what_a_server_that_hangs_may_call_again_lives_as_long_as_our_place_there(monkeypatch):
    """By then the gig may run another rack, in another server."""
    monkeypatch.setattr("rig.jack.joined._register", lambda *given: {})
    monkeypatch.setattr("rig.jack.joined.Latency", lambda *given: None)
    joined = object.__new__(Joined)
    joined.ports, joined._may_insert = {}, False
    joined.client = SimpleNamespace(_ptr=library.load(None)._ffi.NULL, activate=lambda: None)
    called = ("samplerate", "xrun", "port_connect", "port_registration", "port_rename", "property_change", "shutdown")
    for name in called:
        setattr(joined.client, f"set_{name}_callback", lambda function, **more: None)
    rack = Rack(48_000)
    joined.activate(rack, 0)
    there = weakref.ref(rack)
    del rack
    gc.collect()
    assert there() is not None
    del joined
    gc.collect()
    assert there() is None


def test_jack_is_told_of_a_delay_when_it_is_another(monkeypatch):
    server = Server(48_000)
    monkeypatch.setattr("rig.jack.client.Opening", lambda *given, **more: server.opening(*given, **more))
    client, asked = Client(), []
    client.start(Rack(48_000))
    ask = client._calls.ask
    monkeypatch.setattr(client._calls, "ask", lambda *given: asked.append(given) or ask(*given))
    for frames in (0, 0, 7, 7, 7, 0):
        client.delay(frames)
    assert server.told == [0, 7, 0]
    assert len(asked) == 2, "no edit has to wait for JACK"
    client.close()


# --- which server, and which libjack ---------------------------------------------------------------------------------

SOCKETS = """Num       RefCount Protocol Flags    Type St Inode Path
00000000904b4bc9: 00000002 00000000 00010000 0001 01 496698 /dev/shm/jack_stu_dio_{uid}_0
00000000904b4bca: 00000002 00000000 00010000 0001 01 496699 /dev/shm/jack-{uid}/first/jack_0
00000000e88ab916: 00000003 00000000 00000000 0001 03 496054 /dev/shm/jack_gone_{uid}_0
00000000e88ab917: 00000002 00000000 00010000 0001 01 496055 /dev/shm/jack_theirs_{other}_0
00000000768eb361: 00000002 00000000 00010000 0001 01 494488 /run/user/1000/pipewire-0
00000000768eb362: 00000002 00000000 00000000 0002 01 494489
"""


@pytest.fixture
def sockets(monkeypatch, tmp_path) -> Path:
    """What the kernel lists; PipeWire's folder, which is empty."""
    path = tmp_path / "unix"
    path.write_text(SOCKETS.format(uid=os.getuid(), other=os.getuid() + 1))
    monkeypatch.setattr(library, "SOCKETS", path)
    monkeypatch.setattr(library, "jack", None)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("PIPEWIRE_RUNTIME_DIR", "PIPEWIRE_REMOTE", "JACK_DEFAULT_SERVER"):
        monkeypatch.delenv(name, raising=False)
    return path


@contextlib.contextmanager
def listening(path: Path) -> Iterator[None]:
    """Somebody answers at that socket."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()
        yield


def test_the_servers_that_run_are_known_and_one_that_does_not_is_named_beside_them(sockets, monkeypatch):
    assert library.servers() == ("first", "stu_dio")
    assert library.refusal("typo") == (
        "no JACK server 'typo' runs; 'first' and 'stu_dio' do: take --server, or start it: jackd -n typo -d alsa"
    )
    assert library.refusal(None).startswith("no JACK server 'default' runs; 'first' and 'stu_dio' do:")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "other")
    assert library.refusal(None).startswith("no JACK server 'other' runs;")
    sockets.write_text("")
    assert library.refusal("typo") == "", "one is started where none runs"
    sockets.unlink()
    assert library.servers() == ()


def test_pipewires_libjack_is_taken_where_pipewire_runs_and_the_jack_server_does_not(sockets, monkeypatch, tmp_path):
    ours = tmp_path / "libjack.so.0"
    monkeypatch.setattr("ctypes.util.find_library", lambda name: "libjack.so.0")
    monkeypatch.setattr(library, "pipewire_library", lambda: ours)
    assert library._choice(None) == "libjack.so.0", "neither runs"
    (tmp_path / "pipewire-0").touch()
    assert library._choice(None) == "libjack.so.0", "it has left its socket"
    (tmp_path / "pipewire-0").unlink()
    with listening(tmp_path / "pipewire-0"), listening(tmp_path / "second"):
        assert library._choice(None) == library._choice("default") == library._choice("second") == str(ours)
        assert library._choice("first") == "libjack.so.0", "a JACK server of that name runs"
        assert library._choice("typo") == "libjack.so.0"
        assert "'stu_dio' and PipeWire (without --server) do" in library.refusal("typo")
        monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
        assert library._choice("first") == str(ours), "there is no other"
        monkeypatch.setattr(library, "pipewire_library", lambda: None)
        assert "PipeWire" not in library.refusal("typo")
        assert library.missing() == "PipeWire runs: install pipewire-jack, and rig plays through that"
        with pytest.raises(RigError, match="no libjack here: install pipewire-jack"):
            library.load(None)
    assert library.missing() == ""


def test_a_server_that_does_not_run_is_not_started_beside_others(jack_server, preset):
    command = [sys.executable, "-m", "rig", "play", "--headless", preset, "--server", "rig-test-typo"]
    done = subprocess.run(leashed(command), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "no JACK server 'rig-test-typo' runs" in done.stderr and f"'{jack_server.name}'" in done.stderr


def test_a_server_that_is_only_just_there_is_waited_for(monkeypatch):
    """No other is started, and none refused: that would say that it does not run."""
    came = iter([None, None, SimpleNamespace()])
    monkeypatch.setattr(library, "servers", lambda: ("ours",))
    monkeypatch.setattr("rig.jack.opening.find", lambda name, server: next(came))
    monkeypatch.setattr("rig.jack.opening.Joined", lambda client, *ports: client)
    calls = Calls()
    assert Opening(calls, ("rig", "ours"), Ports((), (), ()), start=True).future.result(10)
    monkeypatch.setattr("rig.jack.opening.find", lambda name, server: None)
    monkeypatch.setattr("rig.jack.opening.OPEN_SECONDS", 0.1)
    with pytest.raises(RigError, match=r"^JACK server 'ours' runs, but lets nobody in: start it again$"):
        Opening(calls, ("rig", "ours"), Ports((), (), ()), start=True).future.result(10)
    calls.end()


def test_a_server_that_cannot_have_the_card_is_no_silent_one_where_pipewire_has_it(monkeypatch):
    """What is said instead leads somewhere."""
    monkeypatch.setattr(library, "load", lambda server: None)
    monkeypatch.setattr(library, "refusal", lambda server: "")
    monkeypatch.setattr(library, "missing", lambda: "PipeWire runs")
    monkeypatch.setattr("rig.jack.opening.find", lambda name, server: None)
    monkeypatch.setattr("rig.jack.opening.drivers", lambda: [(["nonsense"], "Card"), (["dummy"], "no sound card")])
    monkeypatch.setattr("rig.jack.opening.shutil.which", lambda name: name)
    tried = []

    class Busy:
        alive = False

        def __init__(self, name: str | None, driver: list[str], says: str) -> None:
            tried.append(says)

        def why(self) -> str:
            return "the card is busy"

        def stop(self) -> None:
            pass

    monkeypatch.setattr("rig.jack.opening.Server", Busy)
    calls = Calls()
    opening = Opening(calls, ("rig", None), Ports((), (), ()), start=True)
    with pytest.raises(RigError, match=r"^jackd does not start: the card is busy; PipeWire runs$"):
        opening.future.result(10)
    assert tried == ["Card (jackd started by rig)"]
    monkeypatch.setattr("rig.jack.opening.shutil.which", lambda name: None)
    with pytest.raises(RigError, match=r"^PipeWire runs$"):
        Opening(calls, ("rig", None), Ports((), (), ()), start=True).future.result(10)
    calls.end()


# --- names, and servers that do not start -------------------------------------------------------------------------

BANNER = """jackdmp 1.9.21
Copyright 2001-2005 Paul Davis and others.
Copyright 2016-2022 Filipe Coelho.
jackdmp comes with ABSOLUTELY NO WARRANTY
This is free software, and you are welcome to redistribute it
under certain conditions; see the file COPYING for details
"""


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "it does not say why"),
        (BANNER, "it does not say why"),
        (BANNER + 'Unknown driver "nonsense"\n', 'Unknown driver "nonsense"'),
        (
            BANNER + "JACK server starting in realtime mode with priority 10\n"
            "ALSA: Cannot open PCM device alsa_pcm for playback. Falling back to capture-only mode\n"
            "Cannot initialize driver\nJackServer::Open failed with -1\nFailed to open server\n",
            "ALSA: Cannot open PCM device alsa_pcm for playback. Falling back to capture-only mode",
        ),
        (BANNER + "Failed to open server\n", "Failed to open server"),
    ],
)
def test_a_server_that_does_not_start_is_asked_for_its_reason_and_not_for_its_banner(said, why):
    assert reason(said) == why


@pytest.mark.parametrize("name", ["", "a:b", "x" * 64, "x" * 5000, " rig", "a\tb"])
def test_a_name_that_jack_does_not_take_is_wrong_use(name, preset, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["play", str(preset), "--headless", "--name", name])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.count("\n") == 1 and "is no name for JACK: 1 to 63 letters, and no colon" in said
    assert len(said) < 400
