"""The headless mode's own troubles: whoever talks too much, does not listen, or goes; and faults in rig itself."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_gig import FakeGig
from leash import leashed
from random_gigs import Unhurried, files, gig_of

from rig.errors import QUOTED, RigError
from rig.gig.builder import Builder, Place
from rig.gig.verbs import VERBS
from rig.gig.worker import Job, Worker
from rig.remote.commands import LONGEST, Lines
from rig.remote.events import STATUSES, WAITING, Events
from rig.remote.headless import Session

HERE = Path(__file__).parent
GIG = """
import sys
sys.path.insert(0, sys.argv[1])
from fake_gig import FakeGig
from rig.gig.verbs import VERBS, Verb
from rig.remote import headless, protocol
protocol.STATUS_SECONDS = float(sys.argv[2])
def broken(gig, words):
    raise LookupError("nobody thought of this")
VERBS["break"] = Verb("", "", broken)
gig = FakeGig()
gig.close_seconds = 0.0
raise SystemExit(headless.run(lambda progress: gig, debug="--debug" in sys.argv))
"""


def rig(*words: str, every: float = 1.0, **options) -> subprocess.Popen:
    """A headless gig that plays nothing. every: seconds between statuses."""
    command = [sys.executable, "-c", GIG, str(HERE), str(every), *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(leashed(command), **{**pipes, **options})


def up(process: subprocess.Popen, seconds: float = 60.0) -> None:
    """Wait until it heeds SIGTERM, also where nothing that it says can be read."""
    end = time.monotonic() + seconds
    while not caught(process) >> signal.SIGTERM - 1 & 1:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)


def caught(process: subprocess.Popen) -> int:
    """The signals that have a handler, a bit each."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1], 16) for line in text.splitlines() if line.startswith("SigCgt"))


def answers(process: subprocess.Popen, told: bytes) -> list[dict]:
    """What it says to all that, up to its end."""
    out, err = process.communicate(told, timeout=60)
    assert (process.returncode, err) == (0, b"")
    return [event for line in out.splitlines() if (event := json.loads(line))["event"] != "status"]


# --- faults in rig itself ------------------------------------------------------------------------------------------


def test_a_fault_in_rig_itself_is_an_error_and_the_gig_goes_on(monkeypatch):
    gig = FakeGig()
    monkeypatch.setattr(gig.history, "undo", lambda: [][0])
    with pytest.raises(RigError, match="a fault in rig itself: IndexError: list index") as caught:
        gig.do("undo")
    assert isinstance(caught.value.__cause__, IndexError)
    gig.do("next")


@pytest.mark.parametrize("debug", [False, True])
def test_a_headless_rig_answers_a_fault_in_itself_and_plays_on(debug):
    process = rig(*(["--debug"] if debug else []))
    out, err = process.communicate(b'{"id": 1, "do": "break"}\nnext\nquit\n', timeout=30)
    events = [json.loads(line) for line in out.splitlines()]
    wrong = "a fault in rig itself: LookupError: nobody thought of this"
    assert events[1] == {"event": "error", "id": 1, "error": wrong, "message": wrong}
    assert [event["event"] for event in events[2:]] == ["done", "amp", "done", "end"]
    assert (process.returncode, b"in broken" in err) == (0, debug)


@pytest.mark.parametrize("where", ["status", "news", "install"])
def test_what_fails_beside_the_sound_is_said_once_and_the_gig_goes_on(where):
    code = GIG.replace("gig.close_seconds", f"gig.{where} = lambda: [][0]; gig.close_seconds")
    command = [sys.executable, "-c", code, str(HERE), "0.05"]
    process = subprocess.Popen(leashed(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    while b'"error"' not in (line := process.stdout.readline()):
        assert line
    time.sleep(0.5)  # for ten more statuses
    events = [json.loads(line) for line in process.communicate(b"next\nquit\n", timeout=30)[0].splitlines()]
    said = [event["event"] for event in events]
    assert "error" not in said
    assert said[-2:] == ["done", "end"] and ("amp" in said or where == "install")


# --- whoever talks too much ----------------------------------------------------------------------------------------


def test_lines_are_what_split_makes_of_them_however_they_come():
    rng = random.Random(5)
    for _ in range(200):
        lines = ["x" * rng.choice((0, 1, 7, LONGEST - 1, LONGEST, LONGEST + 1)) for _ in range(rng.randrange(1, 6))]
        data = "\n".join([*lines, ""]).encode()
        found, reader = [], Lines()
        while data:
            n = rng.choice((1, 5, 4096, LONGEST))
            found += reader.feed(data[:n])
            data = data[n:]
            assert len(reader._rest) <= LONGEST
        assert found == [line if len(line) <= LONGEST else None for line in lines if line]


def test_a_line_that_is_too_long_is_refused_and_the_next_one_carried_out():
    events = answers(rig(), b"x" * 10_000_000 + b"\nnext\nquit\n")
    assert [event["event"] for event in events] == ["ready", "error", "done", "amp", "done", "end"]
    assert events[1]["error"] == "a line has at most 64 KiB: this one was skipped"


def memory_mib(process: subprocess.Popen) -> int:
    text = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS")) >> 10


def test_a_stdin_without_end_takes_no_memory_and_signals_still_end_it():
    with Path("/dev/zero").open("rb") as zero:
        process = rig(stdin=zero)
        assert b"ready" in process.stdout.readline()
        assert b"64 KiB" in process.stdout.readline()
        before = memory_mib(process)
        time.sleep(1.5)
        assert memory_mib(process) - before < 20
        process.terminate()
        assert process.wait(10) == 0


def test_a_flood_of_verbs_does_not_hold_up_a_signal():
    process = rig(stdout=subprocess.DEVNULL)
    up(process)

    def talk() -> None:
        try:
            while True:
                process.stdin.write(b"next\n" * 10_000)
        except OSError:
            pass

    threading.Thread(target=talk, daemon=True).start()
    time.sleep(1.5)
    process.terminate()
    assert process.wait(10) == 0


@pytest.mark.parametrize("length", [300, 4900, 6000])
def test_an_error_quotes_little_of_what_was_sent(length):
    gig = FakeGig()
    for verb in VERBS:
        for words in ("{}", "Clean.{}", "{}.x 1", "Clean.gain.{} 1", "Clean.gain.gain {}", "Clean.model {}", "1{}"):
            digit = "1" if words == "1{}" else "y"
            if verb in ("record", "save"):
                continue
            try:
                gig.do(f"{verb} {words.format(digit * length)}")
            except RigError as error:
                assert digit * (QUOTED + 1) not in str(error), verb
                assert "fault in rig itself" not in str(error)
    with pytest.raises(RigError) as caught:
        gig.do("z" * length)
    assert len(str(caught.value)) < 600


def test_dots_and_spaces_without_end_take_no_time():
    gig = FakeGig()
    began = time.monotonic()
    for words in (". " * 2400, "a/" * 2400, ".x" * 2400, "Clean.gain " * 400):
        for verb in ("load", "insert", "set", "amp"):
            with pytest.raises(RigError):
                gig.do(f"{verb} {words}")
    assert time.monotonic() - began < 30


# --- whoever does not listen, or has gone --------------------------------------------------------------------------


def test_nobody_who_reads_holds_up_neither_verbs_nor_signals():
    process = rig(every=0.0)
    up(process)
    time.sleep(2)
    process.stdin.write(b'{"id": "here", "do": "next"}\n')
    process.stdin.flush()
    time.sleep(0.5)
    process.terminate()
    began = time.monotonic()
    time.sleep(0.5)
    out = process.stdout.read()
    assert process.wait(10) == 0
    assert time.monotonic() - began < 10
    events = [json.loads(line) for line in out.splitlines()]
    assert {"event": "done", "id": "here", "ok": True} in events
    dropped = [event for event in events if event["event"] == "dropped"]
    assert sum(event["status"] for event in dropped) > 10
    assert not any(event["other"] for event in dropped)
    assert events[-1]["event"] == "end"


def test_a_rig_that_nobody_ever_reads_ends():
    process = rig(every=0.0)
    up(process)
    time.sleep(1)
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()


def test_a_closed_stdout_does_not_end_the_gig():
    process = rig(every=0.05)
    process.stdout.readline()
    process.stdout.close()
    time.sleep(0.5)
    process.stdin.write(b"next\n")
    process.stdin.flush()
    time.sleep(0.5)
    assert process.poll() is None
    process.stdin.write(b"quit\n")
    process.stdin.flush()
    assert process.wait(10) == 0
    assert process.stderr.read() == b""


@pytest.mark.parametrize("words", [">&-", ">/dev/full", "<&- >&-", "2>&-"])
def test_neither_a_full_disk_nor_a_missing_stream_is_a_fault(words):
    line = f'exec {sys.executable} -c "$0" {HERE} 0.05 {words}'
    process = subprocess.Popen(
        leashed(["sh", "-c", line, GIG]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    up(process)
    time.sleep(1)
    assert process.poll() is None
    process.terminate()
    assert process.communicate(timeout=10)[1] == b""
    assert process.returncode == 0


def test_what_is_not_read_is_bounded_and_counted():
    reading, writing = os.pipe()
    events = Events(writing)
    for i in range(300):
        events.tell("status", number=i, text="x" * 1000)
    for i in range(5000):
        events.say("done", id=i, text="x" * 1000)
    assert events._bytes <= WAITING and len(events._unasked) <= STATUSES
    heard: list[dict] = []

    def read() -> None:
        with os.fdopen(reading) as file:
            heard.extend(map(json.loads, file))

    thread = threading.Thread(target=read)
    thread.start()
    events.close()
    events.say("end")
    events.close()
    os.close(writing)
    thread.join(10)
    told = [event for event in heard if event["event"] == "dropped"]
    dropped = {kind: sum(event[kind] for event in told) for kind in ("status", "other")}
    kept = {name: sum(event["event"] == name for event in heard) for name in ("status", "done")}
    assert (kept["status"] + dropped["status"], kept["done"] + dropped["other"]) == (300, 5000)
    ids = [event["id"] for event in heard if event["event"] == "done"]
    assert ids == sorted(set(ids)), "in order, whatever was dropped while the writer was not at its turn"
    assert heard[-1] == {"event": "end"}


def test_a_stdout_that_does_not_wait_is_written_when_somebody_reads_at_last(monkeypatch):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    events, waits = Events(writing), 0
    full = threading.Event()

    def sleep(seconds: float) -> None:
        nonlocal waits
        waits += 1
        if waits == 5000:  # as long as it takes to fetch a coffee
            full.set()
        if waits > 5000:
            select.select([], [writing], [], 5)

    monkeypatch.setattr("rig.remote.events.time.sleep", sleep)
    for i in range(100):
        events.say("done", id=i, text="x" * 1000)
    assert full.wait(20)
    heard = b""
    while heard.count(b"\n") < 100:
        assert select.select([reading], [], [], 5)[0], "nothing is said any more"
        heard += os.read(reading, 1 << 16)
    assert [json.loads(line)["id"] for line in heard.splitlines()] == list(range(100))
    os.close(reading)
    os.close(writing)


# --- the end -------------------------------------------------------------------------------------------------------


class Slow(Unhurried):
    """Takes five seconds."""

    def wait(self, seconds: float) -> bool:
        return seconds > 5 and super().wait(seconds)


@pytest.mark.parametrize(("file", "saved", "said"), [("two.json", 1, "engine"), ("torn.json", 0, "error")])
def test_what_takes_long_to_be_built_is_waited_for_and_saved(tmp_path, monkeypatch, file, saved, said):
    monkeypatch.setattr("rig.gig.gig.FINISH_SECONDS", 0.0)
    files(tmp_path)
    path = tmp_path / "set.toml"
    path.write_text('[[amp]]\nname = "A"\nchain = [{ model = "one.json" }]\n')
    verbs = [[f"load A.model {file}"], ["quit"]]
    commands = SimpleNamespace(wait=lambda seconds: verbs.pop(0), wake=lambda: None, stopping=False)
    told: list[str] = []
    events = SimpleNamespace(say=lambda event, **_: told.append(event), tell=lambda *_, **__: None, close=lambda: None)
    assert Session(gig_of(path, Slow), commands, events, False).run(save=True) == 0
    assert path.read_text().count("two") == saved
    assert told == ["ready", "done", "done", said, *["done"] * saved, "end"]


# --- 2000 loads ----------------------------------------------------------------------------------------------------


def test_of_many_loads_of_one_slot_only_the_last_is_built():
    began, release, built = threading.Event(), threading.Event(), []

    class Slow(Builder):
        def __init__(self) -> None:
            pass

        def build(self, wish, playing):
            began.set()
            release.wait(30)
            built.append(wish.number)

    class Wish:
        engines = ()

        def __init__(self, number: int) -> None:
            self.number = number

    worker = Worker(Slow())
    place = Place("amp", 1)
    for number in range(2000):
        worker.ask(Job(place, Wish(number), number, None))
        if number == 0:
            began.wait(30)
    release.set()
    assert worker.wait(30)
    worker.close()
    assert built == [0, 1999]
