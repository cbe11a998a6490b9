"""Ports and wires of a JACK server: named, connected and disconnected, stored in presets, remembered; two rigs on one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fake_gig import FakeGig
from headless import Headless
from jack_servers import JackServer
from leash import leashed
from test_jack_faults import Others, hears, preset, says
from test_tui import playing
from test_tui import until as until_
from textual.pilot import Pilot

from rig.document.document import Wiring
from rig.errors import RigError
from rig.gig.routing import stored
from rig.jack.client import Client
from rig.jack.metadata import label
from rig.jack.patchbay import Patchbay, Port, in_order
from rig.native import Rack
from rig.tui.routing import RoutingScreen

assert preset  # a fixture
REVERB = ("rig:out_1", "reverb:in")
FLOORBOARD = "a2j:FCB1010 [20] (capture): FCB1010 MIDI 1"


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "wire"),
    [
        ("rig:out_1 reverb:in", REVERB),
        ("reverb:in rig:out_1", REVERB),
        ("out_1 REVERB:in", REVERB),
        (f"{FLOORBOARD} rig:midi_in", (FLOORBOARD, "rig:midi_in")),
        (f"pedals {FLOORBOARD}", (FLOORBOARD, "rig:midi_in")),
        ("reverb:out rig:guitar", ("reverb:out", "rig:in")),
        ("system:capture_1 system:playback_2", ("system:capture_1", "system:playback_2")),
    ],
)
def test_ports_are_called_by_any_of_their_names_spaces_and_all(words, wire):
    gig = FakeGig()
    gig.do(f"connect {words}")
    assert gig.status().message == f"connected {wire[0]} to {wire[1]}"
    assert wire in gig.client.wired
    gig.do(f"connect {words}")
    assert gig.status().message == f"{wire[0]} is connected to {wire[1]}"
    gig.do(f"disconnect {words}")
    assert wire not in gig.client.wired


@pytest.mark.parametrize(
    ("verb", "says"),
    [
        ("connect rig:out_1", "connect: which ports? As in 'connect out_1 reverb:in'; 'list ports' tells them"),
        ("connect nobody nowhere", "no port 'nobody'"),
        ("connect rig:out_1 nobody:in", "no port 'nobody:in'; 'list ports' tells which there are"),
        ("connect rig:out_1 reverb:inn", "no port 'reverb:inn'; did you mean 'reverb:in'?"),
        ("connect rig:out_1 reverb:out", "rig:out_1 and reverb:out both give sound: nothing leads between them"),
        ("connect rig:out_1 rig:midi_in", "rig:out_1 is audio, and rig:midi_in is midi"),
        ("connect a b c", "connect: which ports? As in 'connect out_1 reverb:in'; 'list ports' tells them"),
        ("disconnect", "disconnect: which ports? As in 'disconnect out_1 reverb:in'; 'list ports' tells them"),
        ("disconnect out_1 reverb:in", "JACK has no wire from 'rig:out_1' to 'reverb:in'"),
        ("disconnect reverb:in", "nothing is connected to reverb:in"),
        ("wires", "wires: ''? 'wires store' or 'wires usual'"),
        (f"connect {'x ' * 2400}", "connect: which ports? As in 'connect out_1 reverb:in'; 'list ports' tells them"),
    ],
)
def test_what_is_no_wire_is_refused_in_a_line(verb, says):
    with pytest.raises(RigError) as error:
        FakeGig().do(verb)
    assert str(error.value) == says


def test_all_wires_of_a_port_go_at_once_and_nothing_while_jack_is_gone():
    gig = FakeGig()
    gig.do("connect out_2 system:playback_1")
    gig.do("disconnect system:playback_1")
    assert not any("system:playback_1" in wire for wire in gig.client.wired)
    gig.set(alive=False)
    with pytest.raises(RigError, match=r"^JACK has gone$"):
        gig.do("connect out_1 reverb:in")
    with pytest.raises(RigError, match=r"^JACK has gone: there are no wires now$"):
        gig.do("wires store")


def test_ours_come_first_then_the_hardware_each_in_its_order_with_numbers_counted():
    ports = [Port(f"system:capture_{n}", physical=True) for n in (10, 2)]
    ports += [
        Port("amp:b", order=0),
        Port("amp:a", order=1),
        Port("Amp10:x"),
        Port("Amp9:x"),
        Port("rig:in", ours=True),
    ]
    assert [port.name for port in in_order(ports)] == [
        *("rig:in", "system:capture_2", "system:capture_10", "Amp9:x", "Amp10:x", "amp:b", "amp:a"),
    ]


# --- [jack] -------------------------------------------------------------------------------------------------------


def test_the_wires_as_they_are_go_into_the_preset_and_out_again():
    gig = FakeGig()
    gig.do("connect out_1 reverb:in")
    gig.do(f"connect {FLOORBOARD} midi_in")
    gig.do("disconnect system:capture_1 rig:in")
    gig.do("wires store")
    assert gig.status().message == "Blues is wired as it is now; 'save' writes it"
    assert gig.preset.jack.ports == {
        "in": (),
        "out_1": ("system:playback_1", "reverb:in"),
        "out_2": ("system:playback_2",),
        "midi_in": (FLOORBOARD,),
    }
    assert gig.unsaved
    gig.do("undo")
    assert gig.preset.jack == Wiring()
    gig.do("redo")
    gig.do("wires usual")
    assert gig.preset.jack == Wiring()


def test_a_wire_that_waits_is_stored_too():
    ours = tuple(Port(f"rig:{name}", ours=True) for name in ("out_1", "out_2", "click"))
    wiring = stored("rig", Patchbay(ours, (("rig:out_2", "a:b"),)), [REVERB])
    assert wiring.ports == {"out_1": ("reverb:in",), "out_2": ("a:b",)}
    assert wiring.spelt() == {"out": ["reverb:in", "a:b"]}


# --- the screen ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def routed(gig: FakeGig, size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[RoutingScreen, Pilot]]:
    """The screen, open."""
    async with playing(gig, size=size) as (_, pilot):
        await pilot.press("C")
        await until_(pilot, lambda: isinstance(pilot.app.screen, RoutingScreen))
        yield pilot.app.screen, pilot


async def test_wires_are_made_and_taken_away_by_keys() -> None:
    gig = FakeGig()
    async with routed(gig) as (screen, pilot):
        await pilot.press("right", "down", "down", "down")
        assert "rig:out_1 → system:playback_2: not connected" in screen.note.text()
        await pilot.press("enter")
        assert ("rig:out_1", "system:playback_2") in gig.client.wired
        assert gig.verbs[-1] == "connect rig:out_1 system:playback_2"
        await pilot.press("space")
        assert ("rig:out_1", "system:playback_2") not in gig.client.wired
        await pilot.press("up", "up")
        assert "rig:out_1 → rig:midi_in (Pedals): audio and MIDI don't meet" in screen.note.text()
        await pilot.press("enter")
        assert "rig:out_1 is audio, and rig:midi_in is midi" in screen.note.text()
        assert len(gig.client.wired) == 3
        await pilot.press("left", "x")
        assert "disconnected rig:out_1 from system:playback_1" in screen.note.text()
        assert len(gig.client.wired) == 2
        await pilot.press("m", "3")
        assert gig.muted and gig.amp.name == "Lead"
        await until_(pilot, lambda: "MUTED" in screen.head.text())
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, RoutingScreen)


async def test_wires_are_stored_in_the_preset_and_saved_by_a_key() -> None:
    gig = FakeGig()
    async with routed(gig) as (screen, pilot):
        await pilot.press("x", "s")
        assert gig.verbs[-2:] == ["wires store", "save"]
        assert gig.preset.jack.ports["out_1"] == () and not gig.unsaved
        assert "saved" in screen.note.text()
        await pilot.press("u")
        assert gig.preset.jack == Wiring()


async def test_a_click_picks_a_port_and_another_one_on_it_makes_the_wire() -> None:
    gig = FakeGig()
    async with routed(gig) as (screen, pilot):
        rows = screen.columns.text().splitlines()
        at = next(y for y, row in enumerate(rows) if "reverb" in row and "reverb" in row[40:]) + 1
        await pilot.click("#ports", offset=(45, at))
        assert screen.columns.at == ["rig:out_1", "reverb:in"]
        await pilot.click("#ports", offset=(45, at))
        assert REVERB in gig.client.wired
        await pilot.click("#ports", offset=(5, 3))
        assert screen.columns.at == ["rig:out_2", "reverb:in"] and len(gig.client.wired) == 4


async def test_a_wire_that_waits_is_shown_and_can_be_taken_away() -> None:
    gig = FakeGig()
    gig.do("connect out_1 reverb:in")
    gig.status()
    gig.client.ports = tuple(port for port in gig.client.ports if port.client != "reverb")
    gig.client.wired = tuple(wire for wire in gig.client.wired if wire != REVERB)
    async with routed(gig) as (screen, pilot):
        assert gig.status().waiting == (REVERB,)
        assert "1 waiting" in screen.head.text() and "○ A in gone" in screen.columns.text()
        await pilot.press("right", *["down"] * 9, "enter")
        assert gig.status().waiting == ()
        await until_(pilot, lambda: "gone" not in screen.columns.text())


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
async def test_every_port_of_a_large_studio_is_reached_on_any_screen(size) -> None:
    gig = FakeGig()
    gig.client.ports += tuple(Port(f"desk:channel {n}", takes=True) for n in range(100))
    async with routed(gig, size) as (screen, pilot):
        await pilot.press("right", *["pagedown"] * 12)
        assert screen.columns.at[1] == "reverb:in"
        for _ in range(3):
            await pilot.press("up")
        assert screen.columns.at[1] == "desk:channel 97"
        assert "channel 97" in screen.columns.text()
        assert max(len(line) for line in screen.columns.text().splitlines()) == size[0]
        gig.client.ports = gig.client.ports[:5]
        await until_(pilot, lambda: screen.columns.at[1] == "system:playback_2")
        gig.set(alive=False)
        await until_(pilot, lambda: "JACK IS GONE" in screen.head.text())
        await pilot.press("up", "down", "enter", "x", "s")


# --- with a JACK of its own ---------------------------------------------------------------------------------------


def until(done, seconds: float = 30.0):
    """What it returns once that is something."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


@pytest.mark.patient
def test_our_ports_say_what_they_are_for_as_long_as_they_are_there(jack_server: JackServer, monkeypatch):
    """JACK's database is one for all servers of a user, whose ports have the same numbers: other tests' rigs write it, too."""
    client, removed = Client("described", jack_server.name), []
    try:
        client.start(Rack(client.rate))
        joined = client._joined
        until(lambda: client.connections() == () and joined.described)
        wanted = {
            "in": "Guitar",
            "out_1": "Left",
            "out_2": "Right",
            "di": "Dry guitar",
            "click": "Click",
            "midi_in": "Pedals",
            "midi_out": "Lights",
            "midi_send": "Other gear",
        }

        def told() -> bool:
            joined._described.clear()
            client.connections()
            client._metadata.ask()
            ports = [port for port in client.patchbay().ports if port.ours]
            return {port.short: port.pretty for port in ports} == wanted and [port.order for port in ports] == [
                *range(len(wanted))
            ]

        until(told)
        monkeypatch.setattr(joined.client, "remove_properties", lambda port: removed.append(port.shortname))
    finally:
        client.close()
    assert sorted(removed) == sorted(wanted)


def test_ports_of_inserts_are_called_by_the_insert():
    assert (label("pedals_send_1"), label("my_fx_return_2"), label("in"), label("other")) == (
        *("pedals: send 1", "my_fx: return 2", "Guitar", ""),
    )


@pytest.mark.patient
@pytest.mark.slow
def test_a_client_that_goes_and_comes_finds_its_wires_and_every_way_to_command_tells(impatient_server, preset):
    name = impatient_server.name
    rig, others = Headless(preset, "--server", name, "--name", "wired"), Others(name)
    says(rig, alive=True)
    rig.say("subscribe wires")
    assert rig.event("wires")["waiting"] == []
    with others.reverb():
        until(lambda: "reverb:in" in rig.event("wires")["ports"])
        rig.say("connect out_1 reverb:in")
        assert rig.event("done")["message"] == "connected wired:out_1 to reverb:in"
        until(lambda: ["wired:out_1", "reverb:in"] in rig.event("wires")["wires"])
        rig.say("list wires")
        assert {"from": "wired:out_1", "to": "reverb:in", "stands": True} in rig.event("done")["list"]
    until(lambda: rig.event("wires")["waiting"] == [["wired:out_1", "reverb:in"]])
    with others.reverb():
        hears(rig, "connected again: reverb:in")
        rig.say("list wires")
        assert {"from": "wired:out_1", "to": "reverb:in", "stands": True} in rig.event("done")["list"]
    until(lambda: rig.event("wires")["waiting"])
    rig.say("disconnect wired:out_1 reverb:in")
    rig.event("done")
    until(lambda: not rig.event("wires")["waiting"])
    with others.reverb():
        until(lambda: "reverb:in" in rig.event("wires")["ports"])
        for _ in range(3):
            assert ["wired:out_1", "reverb:in"] not in rig.event("status")["connections"]
    rig.say("quit")
    assert rig.end() == (0, "")


@pytest.mark.patient
@pytest.mark.slow
def test_whom_a_preset_names_is_connected_when_they_come(impatient_server, preset):
    preset.write_text(preset.read_text() + '[jack]\nout = "reverb:in"\n')
    rig = Headless(preset, "--server", impatient_server.name)
    says(rig, alive=True, unheard=True, waiting=[["rig:out_1", "reverb:in"], ["rig:out_2", "reverb:in"]])
    with Others(impatient_server.name).reverb():
        says(rig, unheard=False, waiting=[])
        rig.say("quit")
        assert rig.end() == (0, "")


@pytest.mark.patient
@pytest.mark.slow
def test_two_rigs_on_one_server_have_names_wires_and_sockets_of_their_own(
    jackd, jack_name, preset, tmp_path, monkeypatch
):
    from jack_servers import running

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with running(jackd, jack_name, tmp_path / "jackd.log"):
        one = Headless(preset, "--server", jack_name.text)
        says(one, alive=True, client="rig")
        two = Headless(preset, "--server", jack_name.text, "--no-connect")
        says(two, alive=True, client="rig-01", connections=[])
        one.say("connect out_1 rig-01:in")
        assert one.event("done")["ok"]
        lead = ["rig:out_1", "rig-01:in"]
        until(lambda: two.event("status")["connections"] == [lead])
        assert sorted(path.name for path in (tmp_path / "rig").glob("*.sock")) == ["rig-01.sock", "rig.sock"]
        for client in ("rig", "rig-01"):
            asked = [sys.executable, "-m", "rig", "send", "--name", client, "get", "client"]
            assert subprocess.run(leashed(asked), capture_output=True, text=True).stdout == f"{client}\n"
    for rig in (one, two):
        says(rig, alive=False)
    with running(jackd, jack_name, tmp_path / "jackd.log"):
        says(two, alive=True, client="rig-01", connections=[lead])
        says(one, alive=True, client="rig")
        until(lambda: lead in one.event("status")["connections"])
        for rig in (one, two):
            rig.say("quit")
            assert rig.end() == (0, "")
