"""OSC: what a message means, and a rig that is told by python-osc as a client."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from fake_gig import FakeGig
from headless import Headless
from jack_servers import JackServer
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket
from test_jack_faults import preset

from rig.cli import main
from rig.errors import RigError
from rig.gig.verbs import VERBS
from rig.remote.osc import FILES, LEASE_SECONDS, MOST, OscServer, line_of
from rig.remote.protocol import Protocol

assert preset  # a fixture


# --- what a message means -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "values", "line"),
    [
        ("/rig/amp", [2], "amp 2"),
        ("/rig/amp", ["Lead:Solo"], "amp Lead:Solo"),
        ("/rig/next", [], "next"),
        ("/rig/next", [1.0], "next"),
        ("/rig/next", [0.0], None),
        ("/rig/next", [True], "next"),
        ("/rig/loop/stop", [1], "loop stop"),
        ("/rig/loop", [0], None),
        ("/rig/song/next", [1.0], "song next"),
        ("/rig/part/prev", [0], None),
        ("/rig/part", [1], "part 1"),
        ("/rig/mute", [1], "mute on"),
        ("/rig/mute", [0.0], "mute off"),
        ("/rig/mute", [False], "mute off"),
        ("/rig/mute", [], "mute"),
        ("/rig/set/Crunch.gain.gain", [3.5], "set Crunch.gain.gain 3.5"),
        ("/rig/set", ["Crunch.gain.gain", 0], "set Crunch.gain.gain 0"),
        ("/rig/level", [0.1], "level 0.1"),
        ("/rig/scene/store", ["Solo\nquit"], "scene store Solo quit"),
        ("/rig/get", ["Crunch.gain.gain"], "get Crunch.gain.gain"),
        ("/rig/nonsense", [1], "nonsense 1"),
        ("/rig/record", [], "record"),
    ],
)
def test_addresses_are_verbs(address, values, line):
    assert line_of(address, values) == line


@pytest.mark.parametrize(
    ("address", "values", "says"),
    [
        ("/amp", [2], "'/amp' is no address: /rig/VERB, as in /rig/amp 2"),
        ("/rig/", [], "'/rig/' is no address: /rig/VERB, as in /rig/amp 2"),
        ("/rig/quit", [], "'quit' is not for OSC: rig send quit"),
        ("/rig/record", ["/etc/x.wav"], "'record' is not for OSC: rig send record /etc/x.wav"),
        ("/rig/song/save", ["x.toml"], "'song' is not for OSC: rig send song save x.toml"),
        ("/rig/amp", [b"\0\1"], "a value is a number, a text or a truth"),
    ],
)
def test_what_is_no_verb_or_names_a_file_is_refused(address, values, says):
    with pytest.raises(RigError) as error:
        line_of(address, values)
    assert str(error.value) == says


def test_every_verb_that_takes_a_file_is_known_as_such():
    taking = {name for name, verb in VERBS.items() if re.search(r"FILE|FOLDER|PRESET|URI", verb.words)}
    assert taking == FILES | {"song"}


# --- over UDP -----------------------------------------------------------------------------------------------------


class Panel:
    """A control surface. port: where it hears."""

    def __init__(self, to: int) -> None:
        self.door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.door.bind(("127.0.0.1", 0))
        self.door.settimeout(30)
        self.to, self.port = ("127.0.0.1", to), self.door.getsockname()[1]

    def raw(self, data: bytes) -> None:
        self.door.sendto(data, self.to)

    def message(self, address: str, *values: object):
        built = OscMessageBuilder(address)
        for value in values:
            built.add_arg(value)
        return built.build()

    def say(self, address: str, *values: object) -> None:
        self.raw(self.message(address, *values).dgram)

    def hear(self) -> dict[str, object]:
        """The next bundle: values by address."""
        return {m.message.address: m.message.params[0] for m in OscPacket(self.door.recv(1 << 16)).messages}

    def hears(self, address: str, *values: object) -> object:
        """The next that comes at that address, if need be one of those values."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = self.hear()
            if address in found and (not values or found[address] in values):
                return found[address]
        raise AssertionError(address)


class Rig:
    """A gig that plays nothing, and is heard at a port."""

    def __init__(self) -> None:
        self.gig, self.now, self.over = FakeGig(), 0.0, False
        self.protocol = Protocol(self.gig, lambda: None)
        self.server = OscServer(self.protocol, ("127.0.0.1", 0), lambda: self.now)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while not self.over:
            self.protocol.turn()
            self.protocol.status(self.gig.status())
            time.sleep(0.005)

    def end(self) -> None:
        self.over = True
        self.thread.join()
        self.server.close()


@pytest.fixture
def rig() -> Iterator[Rig]:
    one = Rig()
    yield one
    one.end()


def test_verbs_are_carried_out_and_answered_and_events_go_to_who_subscribed(rig):
    one, other = Panel(rig.server.at[1]), Panel(rig.server.at[1])
    one.say("/rig/amp", 3)
    assert one.hear() == {"/rig/done/ok": True}
    assert rig.gig.amp.name == "Lead"
    one.say("/rig/get", "Clean.gain.gain")
    answer = one.hear()
    assert (answer["/rig/done/value"], answer["/rig/done/unit"]) == (6.0, "dB")
    one.say("/rig/subscribe", "amps", "changes")
    assert one.hear()["/rig/done/topics"] == '["amps", "changes"]'
    other.say("/rig/amp", "Fuzz")
    assert other.hear() == {"/rig/done/ok": True}
    assert one.hears("/rig/amp/amp") == "Fuzz"
    other.say("/rig/mute", 1.0)
    assert one.hears("/rig/changed/muted") is True
    other.say("/rig/amp", "Nobody")
    assert "no amp 'Nobody'" in other.hears("/rig/error/message")
    bundle = OscBundleBuilder(IMMEDIATELY)
    for message in (other.message("/rig/amp", 1), other.message("/rig/set/Clean.gain.gain", 9.5)):
        bundle.add_content(message)
    other.raw(bundle.build().dgram)
    other.hears("/rig/done/ok")
    other.hears("/rig/done/ok")
    assert (rig.gig.amp.name, rig.gig.amp.chain[0].params["gain"]) == ("Clean", 9.5)


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"amp 2\n", b"/rig/amp", b"/rig/amp\0\0\0\0,i\0\0", b"#bundle\0" + b"\xff" * 40]
)
def test_garbage_is_refused_in_a_line_and_harms_nobody(rig, data):
    panel = Panel(rig.server.at[1])
    panel.raw(data)
    panel.say("/rig/amp", 2)
    found = panel.hear()
    if "/rig/error/message" in found:
        assert "\n" not in found["/rig/error/message"]
        found = panel.hear()
    assert found == {"/rig/done/ok": True}


def test_a_flood_of_garbage_and_of_senders_is_survived(rig):
    noise = Panel(rig.server.at[1])
    for n in range(3000):
        noise.raw(bytes((n * 7 + i * i) % 256 for i in range(n % 97)))
    panels = [Panel(rig.server.at[1]) for _ in range(MOST + 5)]
    for panel in panels:
        for _ in range(100):  # what comes while there is no room is lost
            panel.say("/rig/subscribe", "amps")
            panel.door.settimeout(0.5)
            try:
                panel.hears("/rig/done/topics")
                break
            except TimeoutError:
                continue
    assert len(rig.server._told) == len(rig.protocol._peers) == MOST
    for panel in panels:
        panel.door.close()
    rig.gig.do("amp 2")
    last = Panel(rig.server.at[1])
    last.say("/rig/get", "amp")
    assert last.hears("/rig/done/value") == "Crunch"


def test_answers_go_to_another_port_where_one_says_so_and_nobody_is_told_for_ever(rig):
    panel, ear = Panel(rig.server.at[1]), Panel(0)
    panel.say("/rig/reply", "there")
    assert panel.hear() == {"/rig/error/message": "reply: a port, as in /rig/reply 9001"}
    panel.say("/rig/reply", ear.port)
    panel.hears("/rig/done/ok")
    panel.say("/rig/subscribe", "amps")
    ear.hears("/rig/done/topics")
    panel.say("/rig/amp", 2)
    assert ear.hears("/rig/amp/amp") == "Crunch"
    assert len(rig.protocol._peers) == 1
    rig.now += LEASE_SECONDS - 1
    panel.say("/rig/amp", 3)
    ear.hears("/rig/amp/amp", "Lead")
    rig.now += LEASE_SECONDS
    until = time.monotonic() + 30
    while rig.protocol._peers and time.monotonic() < until:
        time.sleep(0.01)
    assert not rig.protocol._peers


@pytest.mark.patient
def test_play_with_osc(jack_server: JackServer, preset):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rig = Headless(preset, "--server", jack_server.name, "--name", "osc", "--osc", str(port))
    while rig.event("news")["message"] != f"OSC is heard at 127.0.0.1:{port}":
        pass
    panel = Panel(port)
    panel.say("/rig/set/Amp.gain.gain", 3.5)
    assert panel.hear() == {"/rig/done/ok": True}
    rig.say("get Amp.gain.gain")
    assert rig.event("done")["value"] == 3.5
    rig.say("quit")
    assert rig.end() == (0, "")


@pytest.mark.parametrize("text", ["", "x", "0", "65536", "localhost", ":-1", "9" * 5000])
def test_what_is_no_port_is_wrong_use(text, preset, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["play", str(preset), "--headless", "--osc", text])
    assert ended.value.code == 2
    assert "is no port: 9000, or HOST:9000" in capsys.readouterr().err


def test_without_python_osc_it_is_said_how_to_get_it(preset, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pythonosc", None)
    assert main(["play", str(preset), "--headless", "--osc", "9000"]) == 1
    assert capsys.readouterr().err == "rig: --osc takes python-osc: pip install 'rig-live[osc]'\n"
