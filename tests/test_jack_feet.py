"""Boards on a real JACK server: what feet do is heard in the frame of the press, lights follow, gear is told, boards come
and go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from test_jack import RATE, Bench, gig_on
from test_jack_midi import Board, until

from rig.gig.gig import Gig
from rig.gig.newcomers import SETTLING_SECONDS

FEET = """
name = "Feet"
[[amp]]
name = "Loud"
chain = [{ engine = "gain", gain = 3 }]
[[amp.scene]]
name = "Solo"
set = { gain.gain = -6 }
[[amp]]
name = "Soft"
chain = [{ engine = "gain", gain = -20 }]

[jack]
midi = "FCB*1010"
send = "Time Factor"

[midi]
program = { 0 = "Loud", 1 = "Soft", 2 = "Loud:Solo" }
note = { 36 = "mute" }
wheel = "level"
begin = ["sysex F0 7D 01 F7"]
send = { Loud = "pc 2 12", "Loud:Solo" = ["cc 2 80 127"], Soft = "pc 2 13" }
[midi.cc]
11 = { to = "Loud.gain.gain", from = -12, upto = 3 }
12 = "morph Loud to Loud:Solo"
13 = "scene none"
14 = "next"
15 = "bypass"
16 = "Loud.gain.on"
17 = { to = "Loud.level", from = -12, upto = 0 }
18 = { to = "bypass", hold = true }
"""

STEPS = (
    (b"\xb0\x0b\x40", ""),
    (b"\xb0\x0b\x7f", ""),
    (b"\xb0\x0c\x30", ""),  # between two scenes, and back
    (b"\xb0\x0c\x00", ""),
    (b"\xc0\x01", "c10d"),
    (b"\xc0\x02", "c10c b1507f"),
    (b"\xb0\x0d\x7f", "c10c"),
    (b"\xb0\x0e\x7f", "c10d"),
    (b"\xc0\x00", "c10c"),
    (b"\xb0\x0f\x7f", ""),
    (b"\xb0\x0f\x7f", ""),
    (b"\xb0\x12\x7f", ""),
    (b"\xb0\x12\x00", ""),
    (b"\x90\x24\x7f", ""),
    (b"\x90\x24\x7f", ""),
    (b"\xb0\x10\x7f", ""),
    (b"\xb0\x10\x7f", ""),
    (b"\xb0\x11\x00", ""),
    (b"\xe0\x00\x40", ""),
)
"""What a board says, and what gear is told in the same frame."""


@pytest.fixture
def preset(tmp_path) -> Path:
    path = tmp_path / "feet.toml"
    path.write_text(FEET)
    return path


@pytest.fixture
def boards(jack_server) -> Iterator[Callable[..., Board]]:
    made: list[Board] = []

    def make(name: str = "board") -> Board:
        made.append(Board(jack_server.name, name))
        return made[-1]

    yield make
    for board in made:
        board.close()


def followed(gig: Gig, true: Callable[[], bool]) -> None:
    """Wait, as a gig's loop does, until something is true."""
    until(gig, lambda: bool(gig.install() or gig.status()) and true())


def all_told(gig: Gig) -> None:
    """Wait until whoever has just been connected has been told all, for the second time."""
    end = time.monotonic() + SETTLING_SECONDS + 0.2
    followed(gig, lambda: time.monotonic() > end)


def changes(heard: np.ndarray, still: int = 400) -> list[int]:
    """Where a sound that has stood still begins to change."""
    moved = np.flatnonzero(np.diff(heard)) + 1
    return [int(at) for before, at in zip(np.r_[0, moved[:-1]], moved, strict=True) if at - before > still]


@pytest.mark.parametrize("period", [16, 64, 256, 1024])
def test_what_feet_do_is_heard_in_the_frame_of_the_press(jack_server, boards, preset, period):
    """It waits for what was pressed before to be followed: foresight is one press long."""
    board = boards()
    bench = Bench(jack_server.name, np.full(RATE, 0.1, np.float32))
    bench.server_name = jack_server.name
    board.client.blocksize = period
    try:
        with gig_on(jack_server.name, preset) as gig:
            gig.reconciler.rack.limit(False)
            bench.wire("rig-test")
            board.client.connect("board:out", "rig-test:midi_in")
            board.client.connect("rig-test:midi_send", "board:gear")
            all_told(gig)
            assert [data.hex() for _, data in board.came["gear"][-2:]] == ["f07d01f7", "c10c"]
            board.came["gear"].clear()
            assert gig.client.block == period
            heard = pressed_one_by_one(gig, board, bench)
        frames = np.array([frame for frame, _ in board.events])
        at = np.array(changes(heard))
        assert len(at) == len(frames)
        assert (np.diff(at) == np.diff(frames)).all(), "jitter"
        told = board.came["gear"]
        assert [data.hex() for _, data in told] == [word for _, said in STEPS for word in said.split()]
        sent = np.repeat(frames, [len(said.split()) for _, said in STEPS])
        assert len({frame - due for (frame, _), due in zip(told, sent, strict=True)}) == 1, "jitter"
    finally:
        board.client.blocksize = jack_server.block
        bench.close()


def pressed_one_by_one(gig: Gig, board: Board, bench: Bench) -> np.ndarray:
    """The steps at odd frames. Returns what was heard meanwhile."""
    rng = np.random.default_rng(11)
    heard: list[np.ndarray] = []

    def quiet(seconds: float) -> None:
        frames, end = 0, time.monotonic() + 20
        while frames < seconds * RATE and time.monotonic() < end:
            gig.install()
            heard.append(bench.ear.recorded()[:, 0].copy())
            frames += len(heard[-1])
            time.sleep(0.01)

    bench.ear.record(True)
    quiet(0.2)
    for number, (data, _) in enumerate(STEPS, 1):
        board.events.append((board.client.last_frame_time + 4096 + int(rng.integers(1000)), data))
        followed(gig, lambda number=number: len(gig.pedals.log.events) == number)
        quiet(0.15)
    bench.ear.record(False)
    return np.concatenate(heard)[RATE // 10 :]


def lights(board: Board) -> dict[str, str]:
    """What a board shows: by status and number what it was told last."""
    return {data.hex()[:-2]: data.hex()[-2:] for _, data in board.came["lights"]}


def test_boards_that_come_and_go_are_connected_by_name_and_lit(jack_server, boards, preset):
    with gig_on(jack_server.name, preset) as gig:
        gig.do("connect")
        followed(gig, lambda: True)
        gig.do("mute")
        for _ in range(2):  # the cable is pulled, and put in again
            board = boards("FCB-1010")
            followed(gig, lambda board=board: lights(board).get("9024") == "7f")
            assert ("FCB-1010:out", "rig-test:midi_in") in gig.client.connections()
            gig.do("amp Soft")
            followed(gig, lambda board=board: lights(board).get("c0") == "01")
            gig.do("amp Loud")
            gear = boards("Time Factor")
            followed(gig, lambda gear=gear: [data.hex() for _, data in gear.came["gear"]][-2:] == ["f07d01f7", "c10c"])
            board.close()
            gear.close()
            followed(gig, lambda: not any("1010" in end for wire in gig.client.connections() for end in wire))
        said = [news.message for news in gig.news()]
        assert said.count("FCB-1010:out is connected to midi_in") == 2


def test_a_wire_that_somebody_took_away_stays_away(jack_server, boards, preset):
    with gig_on(jack_server.name, preset) as gig:
        gig.do("connect")
        board = boards("FCB1010")
        wire = ("FCB1010:out", "rig-test:midi_in")
        followed(gig, lambda: wire in gig.client.connections())
        board.client.disconnect(*wire)
        followed(gig, lambda: wire not in gig.client.connections())
        another = boards("Time Factor")
        followed(gig, lambda: another.came["gear"])
        assert wire not in gig.client.connections()


def test_a_board_that_says_again_what_it_is_told_turns_nothing(jack_server, boards, preset):
    control = boards()
    with gig_on(jack_server.name, preset) as gig:
        control.client.connect("rig-test:midi_out", "rig-test:midi_in")
        control.client.connect("rig-test:midi_out", "board:lights")
        followed(gig, lambda: lights(control).get("9024") == "00")
        all_told(gig)
        gig.do("mute")
        gig.do("set Loud.gain.gain -1.3")
        followed(gig, lambda: (lights(control).get("9024"), lights(control).get("b00b")) == ("7f", "5b"))
        count = len(control.came["lights"])
        for _ in range(10):
            gig.install()
            time.sleep(0.03)
        assert gig.muted and gig.document.amps[0].chain[0].params["gain"] == -1.3
        assert len(control.came["lights"]) == count
        assert not gig.pedals.log.events, "all of it came back, and was known"


def test_more_lights_than_a_period_has_room_for_are_lit_one_after_the_other(jack_server, boards, preset):
    board = boards()
    board.client.blocksize = 16
    try:
        with gig_on(jack_server.name, preset) as gig:
            board.client.connect("rig-test:midi_out", "board:lights")
            followed(gig, lambda: bool(board.came["lights"]))
            all_told(gig)
            board.came["lights"].clear()
            wanted = [bytes([0xB0, n % 128, n // 128]) for n in range(400)]
            assert all(gig.reconciler.rack.say("midi_out", data) for data in wanted)
            until(gig, lambda: len(board.came["lights"]) >= len(wanted))
            assert [data for _, data in board.came["lights"]] == wanted
    finally:
        board.client.blocksize = jack_server.block
