"""The rig on a real JACK server: what is heard is what `rig render` writes; verbs and keys change the sound."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jack
import numpy as np
import pytest
import soundfile
from headless import Headless
from jack_servers import running
from leash import leashed
from networks import guitarml
from test_models import wire

from rig.cli import main
from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.opening import open_gig
from rig.jack.client import Client
from rig.jack.latency import CAPTURE, PLAYBACK
from rig.native import Rack, resampler

RATE = 48_000


class Bench:
    """Another JACK client that plays a signal over and over into the rig and records what comes out of it.

    It is a rack with nothing in it: C in the callback, so that it loses nothing while Python works.
    """

    def __init__(self, server: str, signal: np.ndarray) -> None:
        self.player, self.ear = Rack(RATE), Rack(RATE)
        self.player.loop(signal)
        self.clients = [Client("player", server), Client("ear", server)]
        for rack, client in zip((self.player, self.ear), self.clients, strict=True):
            rack.limit(False)
            rack.begin(open=True)
            client.start(rack)
        self.signal = signal

    def wire(self, rig: str) -> None:
        control = jack.Client("wirer", servername=self.server_name, no_start_server=True)
        control.connect(f"{self.clients[0].name}:out_1", f"{rig}:in")
        control.connect(f"{rig}:out_1", f"{self.clients[1].name}:in")
        control.close()

    def listen(self, seconds: float) -> np.ndarray:
        """The next seconds of the rig's output."""
        self.ear.recorded()
        self.ear.record(True)
        taken, frames = [], 0
        until = time.monotonic() + 3 * seconds + 2
        while frames < seconds * RATE and time.monotonic() < until:
            time.sleep(0.05)
            taken.append(self.ear.recorded()[:, 0].copy())
            frames += len(taken[-1])
        self.ear.record(False)
        return np.concatenate(taken)

    @property
    def xruns(self) -> int:
        return sum(client.xruns for client in self.clients)

    def close(self) -> None:
        for client in self.clients:
            client.close()


@pytest.fixture
def bench(jack_server, request) -> Iterator[Bench]:
    made = Bench(jack_server.name, request.param if hasattr(request, "param") else tone())
    made.server_name = jack_server.name
    yield made
    made.close()


def tone() -> np.ndarray:
    return (0.25 * np.sin(2 * np.pi * 375 * np.arange(RATE) / RATE)).astype(np.float32)


def phrase() -> np.ndarray:
    """Silence for over a second, then something with notes and gaps; whole periods long."""
    rng = np.random.default_rng(7)
    n = 64 * 1500
    t = np.arange(n) / RATE
    notes = sum(np.sin(2 * np.pi * hz * t) / k for k, hz in enumerate((98, 147.2, 247, 391), 1))
    played = 0.2 * notes * np.interp(t, np.linspace(0, n / RATE, 30), rng.random(30) ** 2)
    return np.concatenate([np.zeros(64 * 1200), played]).astype(np.float32)


@contextlib.contextmanager
def gig_on(server: str, *paths: Path, **options) -> Iterator[Gig]:
    gig = open_gig(paths, name="rig-test", server=server, connect=False, **options)
    try:
        yield gig
    finally:
        gig.close()


def write_preset(folder: Path) -> Path:
    """Every engine there is, in two amps."""
    rng = np.random.default_rng(3)
    net = guitarml(rng, channels=8, dilations=(1, 2, 4, 8, 16, 32, 64, 128, 256))
    (folder / "net.json").write_text(json.dumps(net))
    ir = rng.normal(0, 1, 350) * np.exp(
        -np.arange(350) / 100
    )  # a FIR; a longer one's last bit hangs on where its blocks fall
    soundfile.write(folder / "ir.wav", ir / np.abs(ir).max(), RATE, subtype="FLOAT")
    path = folder / "rig.toml"
    path.write_text(
        """
name = "Test"
[input]
chain = [{ engine = "gate", threshold = -60 }]
[[amp]]
name = "Model"
level = -3
chain = [{ engine = "gain", gain = 6 }, { model = "net.json" }, { engine = "eq", bass = 3, presence = -2 }]
[[amp]]
name = "Quiet"
chain = [{ engine = "gain", gain = -30 }]
[output]
chain = [{ ir = "ir.wav" }]
"""
    )
    return path


def best_pass(heard: np.ndarray, right: np.ndarray) -> float:
    """The smallest error, over all places where `right` may lie in `heard`."""
    n = 1 << int(np.ceil(np.log2(len(heard) + len(right))))
    match = np.fft.irfft(np.fft.rfft(heard, n) * np.fft.rfft(right, n).conj(), n)[: len(heard) - len(right) + 1]
    errors = []
    for _ in range(3):
        at = int(np.argmax(match))
        errors.append(float(np.abs(heard[at : at + len(right)] - right).max()))
        match[max(0, at - 100) : at + 100] = -np.inf
    return min(errors)


@pytest.mark.slow
@pytest.mark.parametrize("bench", [phrase()], indirect=True, ids=["phrase"])
def test_live_is_render_sample_for_sample(jack_server, bench, tmp_path):
    path = write_preset(tmp_path)
    soundfile.write(tmp_path / "in.wav", bench.signal, RATE, subtype="FLOAT")
    assert main(["render", str(path), str(tmp_path / "in.wav"), str(tmp_path / "out.wav"), "--block", "64"]) == 0
    rendered = soundfile.read(tmp_path / "out.wav", dtype="float32")[0]
    played = rendered[64 * 1150 :]
    assert np.std(played) > 0.003
    with gig_on(jack_server.name, path):
        bench.wire("rig-test")
        errors = []
        for _ in range(4):  # a machine that stumbles gets another try; sound that differs does not
            errors.append(best_pass(bench.listen(2.2 * len(bench.signal) / RATE), played))
            if errors[-1] == 0.0:
                return
    raise AssertionError(f"live and rendered differ by {errors}")


def level_db(x: np.ndarray) -> float:
    return float(20 * np.log10(np.std(x[-RATE // 4 :]) + 1e-9))


def gains(folder: Path) -> Path:
    path = folder / "gains.toml"
    amps = [("Loud", 0), ("Soft", -20), ("Softer", -40)]
    path.write_text(
        'name = "Gains"\n'
        + "".join(f'[[amp]]\nname = "{name}"\nchain = [{{ engine = "gain", gain = {db} }}]\n' for name, db in amps)
    )
    return path


@pytest.mark.slow
async def test_keys_change_the_sound(jack_server, bench, tmp_path):
    from rig.tui.app import RigApp

    path = gains(tmp_path)

    def opened(progress):
        return open_gig([path], name="rig-test", server=jack_server.name, connect=False, progress=progress)

    async def heard() -> float:
        return level_db(await asyncio.to_thread(bench.listen, 0.5))

    app = RigApp(opened)
    async with app.run_test(size=(100, 32)) as pilot:
        while app.gig is None:
            await pilot.pause(0.05)
        bench.wire("rig-test")
        loud = await heard()
        assert loud == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.1)
        await pilot.press("2")
        assert await heard() == pytest.approx(loud - 20, abs=0.1)
        await pilot.press("right")
        assert await heard() == pytest.approx(loud - 40, abs=0.1)
        await pilot.press("left", "left")
        assert await heard() == pytest.approx(loud, abs=0.1)
        await pilot.press("3", "space")
        assert await heard() == pytest.approx(loud, abs=0.1), "bypassed"
        await pilot.press("space", "1", "[")
        assert await heard() == pytest.approx(loud - 1, abs=0.1)
        await pilot.press("m")
        assert await heard() < -150
        await pilot.press("m", "]")
        assert await heard() == pytest.approx(loud, abs=0.1)
        await pilot.press("q")


ENDINGS = {"model": "json", "ir": "wav"}


def swap_preset(folder: Path, key: str) -> Path:
    """An amp that plays one of two files, "one" and "two", and two that no engine plays: "bad" and "torn"."""
    rng, ending = np.random.default_rng(11), ENDINGS[key]
    for i, name in enumerate(("one", "two")):
        if key == "model":
            net = guitarml(rng, channels=6 + 2 * i, dilations=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
            (folder / f"{name}.json").write_text(json.dumps(net))
        else:
            ir = rng.normal(0, 1, 500) * np.exp(-np.arange(500) / 60)
            soundfile.write(folder / f"{name}.wav", ir / np.abs(ir).max(), RATE, subtype="FLOAT")
    (folder / f"bad.{ending}").write_text('{"activation": "gated"}')
    (folder / f"torn.{ending}").write_bytes((folder / f"one.{ending}").read_bytes()[:40])
    path = folder / "swap.toml"
    path.write_text(
        f"""
name = "Swap"
[[amp]]
name = "Crunch"
chain = [{{ engine = "gain", gain = -6 }}, {{ {key} = "one.{ending}" }}, {{ engine = "gain", gain = -20 }}]
"""
    )
    return path


def far_from_a_fade(heard: np.ndarray, cycle: int = 128, fade: int = 480) -> float:
    """How far a recording is from an equal-power fade between what it begins and what it ends with, against its peak.

    The input is a tone of `cycle` frames, so that whatever plays gives a sound of `cycle` frames over and over.
    """
    n = len(heard)
    before = np.resize(heard[:cycle], n)
    after = np.resize(np.roll(heard[-cycle:], n % cycle), n)
    rise = np.sin((np.arange(fade) + 0.5) / fade * np.pi / 2)
    first = int(np.flatnonzero(np.abs(heard - before) > 1e-4 * np.abs(before).max())[0])
    errors = []
    for start in range(max(0, first - 20), first + 1):
        up = np.concatenate([np.zeros(start), rise, np.ones(n)])[:n]
        down = np.concatenate([np.ones(start), rise[::-1], np.zeros(n)])[:n]
        errors.append(np.abs(heard - down * before - up * after).max())
    return float(min(errors) / np.abs(heard).max())


def fades(bench: Bench, gig: Gig, change: Callable[[int], None]) -> bool:
    """Whether what is heard fades from one sound to the other while change(i) is made; `i` counts the tries.

    A machine that stumbles gets four. The rack is bare: its DC blocker takes a while to learn another constant.
    """
    gig.reconciler.rack.limit(False)
    errors = []
    for i in range(4):
        bench.ear.recorded()
        bench.ear.record(True)
        time.sleep(0.3)
        change(i)
        time.sleep(0.5)
        bench.ear.record(False)
        errors.append(far_from_a_fade(bench.ear.recorded()[:, 0]))
        if errors[-1] < 1e-3:
            return True
    print("off by", errors)
    return False


@pytest.mark.parametrize("key", ["model", "ir"])
def test_another_file_fades_in_while_the_sound_goes_on(jack_server, bench, tmp_path, key):
    with gig_on(jack_server.name, swap_preset(tmp_path, key)) as gig:
        bench.wire("rig-test")
        bench.listen(0.3)

        def change(i: int) -> None:
            gig.do(f"load Crunch.{gig.chain()[1].name} {('two', 'one')[i % 2]}.{ENDINGS[key]}")
            assert [outcome.error for outcome in gig.settle()] == [""]

        assert fades(bench, gig, change)
        assert level_db(bench.listen(0.3)) > -60


def replaced(file: Path, content: bytes) -> None:
    """As `rig train` writes: beside it, then renamed."""
    file.with_suffix(".new").write_bytes(content)
    file.with_suffix(".new").replace(file)


@pytest.mark.parametrize("key", ["model", "ir"])
def test_a_file_that_is_replaced_fades_in_while_the_sound_goes_on(jack_server, bench, tmp_path, key):
    preset = swap_preset(tmp_path, key)
    one, two = (tmp_path / f"{name}.{ENDINGS[key]}" for name in ("one", "two"))
    contents = [two.read_bytes(), one.read_bytes()]
    with gig_on(jack_server.name, preset, watch=True) as gig:
        bench.wire("rig-test")
        bench.listen(0.3)

        def change(i: int) -> None:
            replaced(one, contents[i % 2])
            told, until = (), time.monotonic() + 10
            while not told and time.monotonic() < until:
                gig.install()
                told = gig.news()
                time.sleep(0.02)
            assert [(news.message, news.wrong) for news in told] == [(f"reloaded {one.name}", False)]

        assert fades(bench, gig, change)


def test_headless_follows_preset_and_model(jack_server, bench, tmp_path):
    path = swap_preset(tmp_path, "model")
    rig = Headless(path, "--watch", "--server", jack_server.name, "--name", "rig-test", "--no-connect")
    rig.event("ready")
    bench.wire("rig-test")
    one = level_db(bench.listen(0.5))
    text = path.read_text()
    replaced(path, text.replace("gain = -6", "gain = -6, gian = 1").encode())
    assert "swap.toml: amp 1 'Crunch', engine 1: gain has no 'gian'" in rig.event("error")["message"]
    assert level_db(bench.listen(0.5)) == pytest.approx(one, abs=0.1)
    replaced(path, text.replace("gain = -20", "gain = -10").encode())
    assert rig.event("reloaded") == {"event": "reloaded", "message": "reloaded swap.toml"}
    assert level_db(bench.listen(0.5)) == pytest.approx(one + 10, abs=0.1)
    replaced(tmp_path / "one.json", (tmp_path / "two.json").read_bytes())
    assert rig.event("reloaded")["message"] == "reloaded one.json"
    assert abs(level_db(bench.listen(0.5)) - one - 10) > 1, "another sound"
    rig.say("quit")
    assert rig.end() == (0, "")


@pytest.mark.parametrize("key", ["model", "ir"])
def test_a_bad_file_changes_nothing_that_is_heard(jack_server, bench, tmp_path, key):
    with gig_on(jack_server.name, swap_preset(tmp_path, key)) as gig:
        bench.wire("rig-test")
        bench.listen(0.3)
        for _ in range(4):
            bench.ear.recorded()
            bench.ear.record(True)
            for name in ("bad", "torn"):
                gig.do(f"load Crunch.{gig.chain()[1].name} {name}.{ENDINGS[key]}")
                (outcome,) = gig.settle()
                assert outcome.error.partition(":")[0] == f"{name}.{ENDINGS[key]}"
            time.sleep(0.3)
            bench.ear.record(False)
            heard = bench.ear.recorded()[:, 0]
            assert len(heard) > RATE // 8
            if np.abs(heard - np.resize(heard[:128], len(heard))).max() < 1e-4 * np.abs(heard).max():
                return
    raise AssertionError("the sound changed")


@pytest.mark.slow
async def test_the_browser_lets_one_hear_and_go_back(jack_server, bench, tmp_path):
    from rig.tui.app import RigApp

    path = swap_preset(tmp_path, "model")

    def opened(progress):
        return open_gig([path], name="rig-test", server=jack_server.name, connect=False, progress=progress)

    async def heard() -> float:
        return level_db(await asyncio.to_thread(bench.listen, 0.5))

    app = RigApp(opened)
    async with app.run_test(size=(100, 32)) as pilot:
        while app.gig is None:
            await pilot.pause(0.05)
        bench.wire("rig-test")
        one = await heard()
        await pilot.press("o", "down")
        await pilot.pause(0.5)
        assert "torn.json" in app.screen.about.text()
        assert "the file ends in the middle" in app.screen.about.text()
        assert await heard() == pytest.approx(one, abs=0.1), "plays on"
        await pilot.press("down")
        await pilot.pause(0.5)
        assert app.screen.plays == tmp_path / "two.json"
        two = await heard()
        assert abs(two - one) > 1
        await pilot.press("escape")
        await pilot.pause(0.5)
        assert await heard() == pytest.approx(one, abs=0.1)
        await pilot.press("o", "end", "enter")
        await pilot.pause(0.5)
        assert "not saved yet" in app.screen.note.text()
        assert await heard() == pytest.approx(two, abs=0.1)
        await pilot.press("q")


def test_headless_loads_and_says_what_came_of_it(jack_server, bench, tmp_path):
    path = swap_preset(tmp_path, "ir")
    rig = Headless(path, "--server", jack_server.name, "--name", "rig-test", "--no-connect")
    rig.event("ready")
    bench.wire("rig-test")
    one = level_db(bench.listen(0.5))
    rig.say("load Crunch.cab two.wav")
    assert rig.event("engine") == {
        "event": "engine",
        "engine": "Crunch.cab",
        "files": {"ir": str(tmp_path / "two.wav")},
        "settings": {"align": 0},
    }
    two = level_db(bench.listen(0.5))
    assert abs(two - one) > 1, "another sound"
    rig.say("load Crunch.cab nowhere.wav")
    assert "no ir file 'nowhere.wav'" in rig.event("error")["message"]
    rig.say("load Crunch.cab bad.wav")
    assert rig.event("error")["message"].startswith("Crunch.cab: bad.wav: ")
    assert level_db(bench.listen(0.5)) == pytest.approx(two, abs=0.1)
    rig.say("load Crunch.cab one.wav")
    rig.event("engine")
    assert level_db(bench.listen(0.5)) == pytest.approx(one, abs=0.1)
    rig.say("quit")
    assert rig.end() == (0, "")


def test_headless_verbs_change_the_sound(jack_server, bench, tmp_path):
    rig = Headless(gains(tmp_path), "--server", jack_server.name, "--name", "rig-test", "--no-connect", "--amp", "Soft")
    ready = rig.event("ready")
    assert ready == {"event": "ready", "rate": RATE, "block": 64, "amps": ["Loud", "Soft", "Softer"], "amp": "Soft"}
    bench.wire("rig-test")
    soft = level_db(bench.listen(0.5))
    rig.say("amp 1")
    assert rig.event("amp")["amp"] == "Loud"
    assert level_db(bench.listen(0.5)) == pytest.approx(soft + 20, abs=0.1)
    rig.say("amp softer")
    assert rig.event("amp")["amp"] == "Softer"
    assert level_db(bench.listen(0.5)) == pytest.approx(soft - 20, abs=0.1)
    rig.say("next")
    assert rig.event("amp")["amp"] == "Loud"
    rig.say("set Loud.gain.gain -26")
    assert level_db(bench.listen(0.5)) == pytest.approx(soft - 6, abs=0.1)
    rig.say("bypass")
    assert level_db(bench.listen(0.5)) == pytest.approx(soft + 20, abs=0.1)
    rig.say("tuner")
    rig.say("status")
    rig.event("status")
    assert level_db(bench.listen(0.5)) < -150
    rig.say('{"id": "tuned", "do": "status"}')
    while rig.event("done").get("id") != "tuned":  # what it had said by itself until then is old
        pass
    status = rig.event("status")
    assert status["tuner"] is True
    assert status["note"] == "F#4"
    assert status["cents"] == pytest.approx(23.2, abs=0.5)
    rig.say("tuner off")
    rig.say(f"record {tmp_path / 'take.wav'}")
    time.sleep(1.0)
    rig.say("amp Nobody")
    assert "Nobody" in rig.event("error")["message"]
    rig.say("set Loud.gain.volume 3")
    assert "volume" in rig.event("error")["message"]
    rig.say("quit")
    assert rig.end() == (0, "")
    take, rate = soundfile.read(tmp_path / "take.wav")
    assert rate == RATE
    assert len(take) > RATE / 2
    assert level_db(take[RATE // 4 : RATE // 2, 0]) == pytest.approx(soft + 20, abs=0.1)


def test_what_a_killed_rig_was_recording_is_finished_when_it_is_started_again(impatient_server, tmp_path):
    words = (gains(tmp_path), "--server", impatient_server.name, "--no-connect")
    rig = Headless(*words, "--record", "take.wav", cwd=tmp_path)
    rig.event("status")
    rig.process.kill()
    rig.process.wait()
    assert not list(tmp_path.glob("take*"))
    rig = Headless(*words, cwd=tmp_path)
    assert rig.event("news")["message"] == "finished what was broken off: take.wav"
    rig.say("quit")
    assert rig.end() == (0, "")
    assert soundfile.info(tmp_path / "take.wav").frames > 0
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.patient
def test_headless_answers_with_the_id_that_was_given_and_keeps_what_was_changed(jack_server, tmp_path):
    path = gains(tmp_path)
    before = path.read_text()
    for flags in ([], ["--save-on-quit"]):
        rig = Headless(path, "--server", jack_server.name, "--no-connect", *flags)
        rig.event("ready")
        rig.say('{"id": 7, "do": "set Loud.gain.gain -3"}')
        assert rig.event("done") == {"event": "done", "id": 7, "ok": True}
        rig.say('{"id": "a", "do": "set Loud.gain.gain louder"}')
        answer = rig.event("error")
        assert (answer["id"], "not a number" in answer["error"]) == ("a", True)
        for line in ('{"id": 9}', '{"do": 3}', "{", "[]"):
            rig.say(line)
            rig.event("error")
        rig.say("insert Loud eq")
        assert rig.event("engine")["engine"] == "Loud.eq"
        while not rig.event("status")["unsaved"]:
            rig.say("status")
        rig.say('{"id": 8, "do": "quit"}')
        end = rig.event("end")
        assert rig.end() == (0, "")
        assert end["unsaved"] == ([] if flags else ["Gains"])
        assert (path.read_text() == before) == (not flags)
    assert "gain = -3" in path.read_text()


@pytest.mark.patient
def test_headless_answers_every_line_of_a_file(jack_server, tmp_path):
    script = tmp_path / "commands"
    script.write_text("amp 3\nstatus\namp nobody\nquit\n")
    with script.open() as stdin:
        command = [sys.executable, "-m", "rig", "play", "--headless", gains(tmp_path), "--server", jack_server.name]
        done = subprocess.run(leashed(command), stdin=stdin, capture_output=True, text=True, timeout=30)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == [
        "ready",
        *("done", "amp"),
        *("done", "status"),
        "error",
        "done",
        "end",
    ]
    assert events[4]["amp"] == "Softer"
    assert done.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_fade_out_and_end_with_0(jack_server, bench, tmp_path, number):
    rig = Headless(gains(tmp_path), "--server", jack_server.name, "--name", "rig-test", "--no-connect")
    rig.event("ready")
    bench.wire("rig-test")
    bench.listen(0.2)
    bench.ear.record(True)
    time.sleep(0.1)
    rig.process.send_signal(number)
    assert rig.end() == (0, "")
    time.sleep(0.1)
    heard = bench.ear.recorded()[:, 0]
    bench.ear.record(False)
    last = int(np.flatnonzero(heard)[-1])
    steepest = 0.25 * 2 * np.pi * 375 / RATE
    assert np.abs(np.diff(heard[max(0, last - 4000) : last + 10])).max() < 1.1 * steepest, "no click at the end"


def commands() -> list[str]:
    """The command lines of all that runs on this machine."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            lines.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return lines


@pytest.mark.patient
def test_a_server_is_started_where_none_runs_and_stopped_again(jack_name, tmp_path):
    name = jack_name.text
    rig = Headless(gains(tmp_path), "--server", name, alone=True)
    rig.event("ready")
    assert [line for line in commands() if f"jackd -n {name}" in line]
    status = rig.event("status")
    assert "started by rig" in status["server"]
    assert ["rig:out_1", "system:playback_1"] in status["connections"]
    assert ["system:capture_1", "rig:in"] in status["connections"]
    assert status["latency_ms"] > 0
    rig.say("quit")
    assert rig.end() == (0, "")
    assert not [line for line in commands() if name in line]


@pytest.mark.patient
@pytest.mark.slow
def test_the_rig_plays_on_when_jack_comes_back(jackd, jack_name, tmp_path):
    log = tmp_path / "jackd.log"
    wires = [["rig:out_1", "system:playback_1"], ["rig:out_2", "system:playback_2"], ["system:capture_1", "rig:in"]]

    def wait_for(**wanted: object) -> None:
        """A status that says all that."""
        until = time.monotonic() + 20
        while True:
            found = rig.event("status")
            found["connections"].sort()
            if {key: found[key] for key in wanted} == wanted:
                return
            assert time.monotonic() < until, str({key: found[key] for key in ("message", *wanted)})

    with running(jackd, jack_name, log):
        rig = Headless(gains(tmp_path), "--server", jack_name.text)
        rig.event("ready")
        wait_for(alive=True, connections=wires)
    wait_for(alive=False, connections=[])
    rig.say("amp 2")  # while it is away
    with running(jackd, jack_name, log):
        wait_for(alive=True, connections=wires, amp="Soft")
    wait_for(alive=False)
    with running(jackd, jack_name, log, rate=44_100):
        wait_for(alive=True, rate=44_100, connections=wires, amp="Soft")
        rig.say("set Soft.gain.gain -3")
        wait_for(alive=True, unsaved=True)
    wait_for(alive=False)
    with running(jackd, jack_name, log):
        wait_for(alive=True, rate=RATE, connections=wires, amp="Soft", unsaved=True)
    rig.say("quit")
    assert rig.end() == (0, "")


def test_jack_is_told_how_long_sound_takes_through_the_amp_that_plays(jack_server, bench, tmp_path, rng):
    """A model at a rate of its own has resamplers around it, a capture may be late by itself, and an engine takes its time;
    programs that record us line up by what JACK says.
    """
    wire(tmp_path, 147, sample_rate=44_100).rename(tmp_path / "own.json")
    (tmp_path / "two.toml").write_text(
        'name = "Two"\n[[amp]]\nname = "Now"\nchain = [{ engine = "gain" }]\n'
        '[[amp]]\nname = "Late"\nchain = [{ engine = "wavenet", model = "own.json" }, { engine = "pitch" }]\n'
    )
    rig = Headless(tmp_path / "two.toml", "--server", jack_server.name, "--name", "rig-told", "--no-connect")
    rig.event("ready")
    bench.wire("rig-told")
    player, ear = bench.clients
    late = resampler.around(44_100, RATE).latency + 160 + 288

    def ways() -> np.ndarray:
        return np.array([ear._joined.latency.of("in", CAPTURE), player._joined.latency.of("out_1", PLAYBACK)])

    before = ways()

    def told(more: int) -> bool:
        until = time.monotonic() + 5
        while (ways() != before + more).any() and time.monotonic() < until:
            time.sleep(0.02)
        return bool((ways() == before + more).all())

    assert told(0)
    rig.say("amp 2")
    assert told(late)
    rig.say("bypass on")
    assert told(0)
    rig.say("bypass off")
    assert told(late)
    rig.say("quit")
    assert rig.end() == (0, "")


def test_the_private_names_of_jack_client_are_there(jack_server):
    client = jack.Client("names", servername=jack_server.name, no_start_server=True)
    port = client.inports.register("in")
    assert int(jack._ffi.cast("uintptr_t", jack._lib.jack_port_get_buffer))
    assert callable(jack._lib.jack_set_process_callback)
    assert jack._ffi.typeof("JackProcessCallback").kind == "function"
    assert int(jack._ffi.cast("uintptr_t", client._ptr))
    assert int(jack._ffi.cast("uintptr_t", port._ptr))
    client.close()


@pytest.mark.parametrize("call", ["activate", "set_xrun_callback"])
def test_a_server_that_comes_back_and_fails_leaves_the_rig_waiting(jack_server, monkeypatch, call):
    client = Client("flapping", jack_server.name)
    try:
        client.start(Rack(client.rate))
        client._joined.on_shutdown(0, "")

        def fail(*_: object) -> None:
            raise jack.JackErrorCode("no server", -1)

        with monkeypatch.context() as broken:
            broken.setattr(jack.Client, call, fail)
            with pytest.raises(RigError):
                client.reopen(start=False)
        assert not client.alive
        assert client.reopen(start=False)
        assert client.alive
    finally:
        client.close()


def test_a_server_that_does_not_answer_is_said(jack_server, monkeypatch):
    """As a synchronous one that another program keeps waiting."""

    def silent(_: jack.Client) -> None:
        raise jack.JackErrorCode("Error activating JACK client", -1)

    monkeypatch.setattr(jack.Client, "activate", silent)
    client = Client("waiting", jack_server.name)
    try:
        with pytest.raises(RigError, match=r"does not answer.*start the server again"):
            client.start(Rack(client.rate))
    finally:
        client.close()
