"""The screen of a rig that another process plays: attached, left, killed; in a browser; and what others miss of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fake_gig import FakeGig
from leash import leashed
from test_remote import HERE, PLAIN, Served, Terminal, runtime, served  # noqa: F401
from textual.pilot import Pilot

from rig.cli import main
from rig.errors import RigError
from rig.gig.rig import LocalRig
from rig.gig.snapshot import EngineView, News, Outcome, Status
from rig.gig.viewer import Look, Viewer, joined
from rig.remote import client
from rig.remote.distant import RemoteRig
from rig.remote.frozen import freeze, thaw
from rig.tui.ask import AskScreen
from rig.tui.attached import AttachedApp
from rig.tui.find_amp import FindScreen
from rig.tui.log import LogScreen
from rig.tui.play import PlayScreen
from rig.tui.routing import RoutingScreen


@asynccontextmanager
async def attached(name: str | None = None, size: tuple[int, int] = (100, 30)):
    """The app on a rig that runs, and the pilot that presses its keys."""
    app = AttachedApp(RemoteRig(client.join(name)))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, PlayScreen) and app.screen.status and app.screen.engines)
        yield app, pilot


async def until(pilot: Pilot, true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something to become true, or fail."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        await pilot.pause(0.02)


def looks(rig: RemoteRig, done: Callable[[Look], object], seconds: float = 10.0) -> Look:
    """All that is seen until something is."""
    seen: list[Look] = []
    end = time.monotonic() + seconds
    while not (seen and done(joined(seen))):
        assert time.monotonic() < end, "it is not seen"
        seen.append(rig.look())
        time.sleep(0.01)
    return joined(seen)


# --- what a screen sees ---------------------------------------------------------------------------------------------


def test_what_a_screen_sees_is_the_same_behind_the_socket():
    gig = FakeGig(12)
    gig.set(connections=(("a", "b"),), reductions=(("Clean.gain", -3.0),), tempo=None)
    look = Viewer(gig).look()
    assert look.set and look.chain and look.status
    look = replace(look, outcomes=(Outcome("Clean.gain", error="no"),), news=(News("the sky is blue"),))
    assert freeze(Look, json.loads(json.dumps(thaw(look)))) == look


def test_of_what_has_not_changed_nothing_is_told_again():
    gig = FakeGig()
    viewer = Viewer(gig)
    assert viewer.look().set
    again = viewer.look()
    assert (again.set, again.chain) == (None, None)
    gig.do("set Clean.gain.gain 9")
    turned = viewer.look()
    assert turned.set is None and turned.chain
    gig.do("amp 2")
    assert [view.path for view in viewer.look().chain or ()][1] == "Crunch.gain"


def test_a_rig_of_another_version_is_said():
    with pytest.raises(RigError, match="of another version"):
        freeze(Look, {"status": {"amp": 1}})


def test_all_who_look_see_every_peak(served):  # noqa: F811
    rigs = [RemoteRig(client.join()) for _ in range(2)]
    for rig in rigs:
        looks(rig, lambda look: look.status)
    served.gig.set(out_db=-1.0, out_clip=True)
    time.sleep(0.1)  # a look or two
    served.gig.set(out_db=-40.0, out_clip=False)
    for rig in rigs:
        seen = looks(rig, lambda look: look.status and look.status.out_db > -2)
        assert seen.status and seen.status.out_clip
    for rig in rigs:
        rig.close()


def test_the_screen_of_the_gig_itself_misses_no_peak_that_others_have_asked_for():
    gig = FakeGig()
    here = LocalRig(gig)
    here.look()
    gig.set(in_db=-0.5, in_clip=True)
    assert gig.status().in_clip
    gig.set(in_db=-60.0, in_clip=False)
    status = here.look().status
    assert status and status.in_clip and status.in_db == -0.5
    status = here.look().status
    assert status and not status.in_clip and status.in_db == -60


def test_a_rig_that_is_busy_is_said_and_holds_no_screen_up(served, monkeypatch):  # noqa: F811
    monkeypatch.setattr("rig.remote.distant.SLOW_SECONDS", 0.3)
    rig = RemoteRig(client.join())
    looks(rig, lambda look: look.chain)
    hung = threading.Event()
    monkeypatch.setattr(served.protocol, "turn", lambda: hung.wait(30))
    seen = looks(rig, lambda look: look.news)
    assert [item.message for item in seen.news] == ["rig does not answer"]
    began = time.monotonic()
    assert rig.look().news == () and time.monotonic() - began < 1, "said once"
    monkeypatch.undo()
    hung.set()
    looks(rig, lambda look: look.status)
    rig.close()


# --- the screen -----------------------------------------------------------------------------------------------------


async def test_every_key_does_on_an_attached_screen_what_it_does_on_the_rigs_own(served):  # noqa: F811
    gig = served.gig
    async with attached() as (app, pilot):
        screen = app.screen
        for keys, verbs in {
            "2": ["amp 2"],
            "1 =": ["amp 1", "set Clean.gain.gain 6.5"],
            "u": ["undo"],
            "m m": ["mute", "mute"],
            "]": ["level -2"],
            "d d": ["learn Clean.gain.gain", "learn off"],
            "s": ["save"],
        }.items():
            gig.verbs.clear()
            await pilot.press(*keys.split())
            assert (keys, gig.verbs) == (keys, verbs)
        assert "all is saved already" in screen.note.text()
        await pilot.press("slash", *"lead")
        assert isinstance(app.screen, FindScreen)
        await pilot.press("enter")
        await until(pilot, lambda: screen.status.amp_name == "Lead")
        assert gig.amp.name == "Lead"
        gig.tell(News("the sky is blue"))
        await until(pilot, lambda: "the sky is blue" in screen.note.text())
        await pilot.press("o")
        await until(pilot, lambda: app.screen is screen.browser)
        gig.verbs.clear()
        await pilot.press("down")
        await until(pilot, lambda: gig.verbs)
        assert gig.verbs[0].startswith("try Lead.model.model ")
        await pilot.press("escape")
        assert app.screen is screen


async def test_stage_lock_views_and_themes_are_there_on_an_attached_screen(served, monkeypatch):  # noqa: F811
    monkeypatch.setattr("rig.tui.themed.keep", lambda theme: None)
    served.gig.do("colour Clean sky")
    async with attached() as (app, pilot):
        play = app.screen
        await until(pilot, lambda: play.amps[0].colour == "sky")
        assert play.rig.levels() is None and play.rig.tally().counts == ()
        before = app.theme
        await pilot.press("ctrl+t")
        assert app.theme != before
        await pilot.press("shift+tab", "L", "space", "ctrl+t", "2")
        assert play.view == "stage" and play.locked
        await until(pilot, lambda: served.gig.amp.name == "Crunch" and "2 Crunch" in play.stage.text())
        assert not served.gig.bypassed
        await pilot.press("L", "L", "tab", "tab", "tab")
        await until(pilot, lambda: isinstance(app.screen, RoutingScreen))
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        await until(pilot, lambda: "nothing went wrong" in str(app.screen.query_one("#counts").render()))
        await pilot.press("tab")
        assert app.screen is play and play.view == "stage"


def test_the_meters_of_the_gigs_own_screen_move_between_two_looks():
    gig = FakeGig()
    rig = LocalRig(gig)
    assert rig.levels() is None, "nothing was looked at yet"
    rig.look()
    gig.set(out_db=-3.0)
    levels = rig.levels()
    assert levels and levels.out_db == -3.0
    gig.do("amp 2")
    assert rig.levels() is None, "there is more to be seen"
    assert rig.look().set and rig.levels()


async def test_two_screens_show_what_either_does(served):  # noqa: F811
    one, other = RemoteRig(client.join()), None
    async with attached() as (app, pilot):
        other = app.screen
        one.do("amp Crunch")
        one.do("set Crunch.gain.gain 9")
        await until(pilot, lambda: other.status.amp_name == "Crunch" and other.param and other.param.value == 9)
        await pilot.press("m")
        assert looks(one, lambda look: look.status and look.status.muted)
    one.close()


@pytest.mark.parametrize("keys", ["ctrl+d", "q d", "ctrl+c ctrl+c"])
async def test_who_leaves_the_screen_ends_nothing(served, keys):  # noqa: F811
    async with attached() as (app, pilot):
        await pilot.press("2", *keys.split())
        await until(pilot, lambda: app.return_value is not None)
    assert (app.return_value, app.ended) == (0, False)
    assert not served.protocol.left and not served.gig.closed
    assert client.join().ask("get amp")["value"] == "Crunch"


async def test_the_rig_is_ended_from_an_attached_screen_and_asks_what_becomes_of_edits(served):  # noqa: F811
    async with attached() as (app, pilot):
        await pilot.press("=", "q")
        assert isinstance(app.screen, AskScreen)
        await pilot.press("q")
        await until(pilot, lambda: "not saved yet" in str(app.screen.query_one("#card").border_title))
        await pilot.press("q")
        await until(pilot, lambda: app.return_value is not None)
    assert (app.return_value, app.ended) == (0, True)
    assert served.protocol.left


async def test_a_rig_that_ends_ends_the_screens_that_are_attached(runtime):  # noqa: F811
    playing = Served(FakeGig())
    async with attached() as (app, pilot):
        playing.close()
        await until(pilot, lambda: app.return_value is not None)
    assert (app.return_value, app.ended) == (0, True)


async def test_a_key_while_the_rig_has_gone_is_said_and_ends_nothing_else(runtime):  # noqa: F811
    playing = Served(FakeGig())
    async with attached() as (app, pilot):
        playing.close()
        for key in ("slash", "escape", "o", "s", "i", "escape", "="):
            await pilot.press(key)
        await until(pilot, lambda: app.return_value is not None)
    assert app.return_value == 0


# --- in a real terminal ---------------------------------------------------------------------------------------------

ATTACH = "import sys; from rig.cli import main; raise SystemExit(main(['attach']))"


def test_neither_a_killed_screen_nor_a_closed_terminal_ends_what_plays_in_the_background(runtime):  # noqa: F811
    rig = Terminal(runtime, PLAIN.format(room="background", what="run"))
    rig.expect("plays in the background")
    assert rig.end() == 0
    try:
        for how in ("kill", "hang up", "leave"):
            screen = Terminal(runtime, ATTACH)
            screen.expect("┏")
            os.write(screen._file, b"2")
            end = time.monotonic() + 20
            while client.join().ask("get amp")["value"] != "Crunch":
                assert time.monotonic() < end
            if how == "kill":
                screen.process.kill()
            elif how == "hang up":
                screen.process.send_signal(signal.SIGHUP)
            else:
                os.write(screen._file, b"\x04")
                screen.expect("rig plays on: 'rig attach' comes back to it")
            assert screen.end() == (-signal.SIGKILL if how == "kill" else 0)
            assert client.join().ask("get amp")["value"] == "Crunch"
            client.join().ask("amp 1")
    finally:
        client.join().send("quit")
    end = time.monotonic() + 10
    while client.running():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- in a browser ---------------------------------------------------------------------------------------------------


def test_a_browser_gets_the_screen_from_this_machine_alone(served, monkeypatch, capsys):  # noqa: F811
    made: list[tuple[str, str, int]] = []

    class Server:
        def __init__(self, command: str, host: str, port: int, title: str) -> None:
            made.append((command, host, port))

        def serve(self) -> None:
            pass

    textual_serve = pytest.importorskip("textual_serve.server", reason="textual-serve is not installed")
    monkeypatch.setattr(textual_serve, "Server", Server)
    assert main(["attach", "--web"]) == 0
    assert main(["attach", "--web", "0.0.0.0:9000"]) == 0
    command = f"{sys.executable} -m rig attach --name rig"
    assert made == [(command, "127.0.0.1", 8000), (command, "0.0.0.0", 9000)]
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8000" in said and said.count("there is no password") == 1


def test_without_textual_serve_it_is_said_what_to_install(served, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert main(["attach", "--web"]) == 1
    assert "pip install 'rig-live[web]'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "port", "0", "70000", "localhost:"])
def test_a_port_that_is_none_is_wrong_use(text):
    with pytest.raises(SystemExit):
        main(["attach", f"--web={text}"])


def test_the_screen_is_drawn_for_a_browser(served):  # noqa: F811
    """As textual-serve runs it: packets over pipes, no terminal."""
    environment = {
        **os.environ,
        "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
        "COLUMNS": "90",
        "ROWS": "30",
    }
    command = leashed([sys.executable, "-m", "rig", "attach"])
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    with process:
        seen = b""
        while "┏".encode() not in seen and (data := process.stdout.read1(4096)):
            seen += data
        assert b"__GANGLION__" in seen and "┏".encode() in seen
        process.terminate()
    assert served.gig.amp.name == "Clean" and not served.protocol.left


# --- systemd --------------------------------------------------------------------------------------------------------


def test_the_unit_that_ships_starts_the_program_that_printed_it(capsys, tmp_path):
    assert main(["unit"]) == 0
    unit = capsys.readouterr().out
    assert f"ExecStart={sys.executable} -m rig play --daemon --resume\n" in unit
    assert "Type=notify\n" in unit and "KillMode=mixed\n" in unit
    preset = tmp_path / "100 % $mine.toml"
    preset.write_text((HERE.parent / "presets" / "blues.toml").read_text())
    assert main(["unit", str(preset)]) == 0
    assert f'--daemon "{tmp_path.resolve()}/100 %% $$mine.toml"\n' in capsys.readouterr().out


def test_systemd_is_told_when_it_plays_and_it_plays_in_the_process_that_was_started(runtime):  # noqa: F811
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(runtime / "notify"))
        systemd.settimeout(90)
        code = PLAIN.format(room="background", what="run")
        environment = {**os.environ, "NOTIFY_SOCKET": str(runtime / "notify")}
        process = subprocess.Popen(leashed([sys.executable, "-c", code, str(HERE)]), env=environment)
        assert systemd.recv(4096).startswith(b"READY=1\nSTATUS=Blues plays")
        assert list(client.running()) == ["rig"]
        process.terminate()
        assert systemd.recv(4096) == b"STOPPING=1"
        assert process.wait(20) == 0


def test_views_that_screens_show_can_be_sent():
    """Each field of theirs is one that `freeze` makes again."""
    gig = FakeGig()
    for view in (gig.status(), *gig.chain(), *gig.amps):
        kind: type[Status | EngineView] = type(view)
        assert freeze(kind, json.loads(json.dumps(thaw(view)))) == view
    assert Path("a") == freeze(Path, thaw(Path("a")))


def test_a_rig_that_never_answers_holds_a_key_up_once(served, monkeypatch):  # noqa: F811
    rig = RemoteRig(client.join())
    looks(rig, lambda look: look.chain)
    monkeypatch.setattr("rig.remote.distant.DO_SECONDS", 0.2)
    hung = threading.Event()
    monkeypatch.setattr(served.protocol, "turn", lambda: hung.wait(30))
    with pytest.raises(RigError, match="rig does not answer"):
        rig.do("amp 2")
    rig.look()
    sent = rig._line._number
    monkeypatch.setattr("rig.remote.distant.DO_SECONDS", 60)
    for _ in range(50):
        rig.look(chain=True)
    assert rig._line._number <= sent + 3, "nothing piles up"
    hung.set()
    rig.close()
