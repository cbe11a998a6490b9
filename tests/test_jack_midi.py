"""MIDI, its clock and JACK's transport from real JACK clients; the metronome in a port of its own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jack
import numpy as np
import pytest
from test_jack import RATE, Bench, gains, gig_on, tone
from test_song import onsets

from rig.document.read import read_preset
from rig.gig.gig import Gig


class Board:
    """A JACK client that sends MIDI at the frames that it is told, of the server's own count, and notes what comes in."""

    def __init__(self, server: str, name: str = "board") -> None:
        self.client = jack.Client(name, servername=server, no_start_server=True)
        self.port = self.client.midi_outports.register("out")
        self.ins = [self.client.midi_inports.register(name) for name in ("lights", "gear")]
        self.came: dict[str, list[tuple[int, bytes]]] = {port.shortname: [] for port in self.ins}
        self.events: list[tuple[int, bytes]] = []  # in order
        self.sent = 0
        self.clock: float | None = None  # frames from tick to tick
        self._tick = 0.0
        self.client.set_process_callback(self.process)
        self.client.activate()

    def process(self, frames: int) -> None:
        self.port.clear_buffer()
        at = self.client.last_frame_time
        for port in self.ins:
            self.came[port.shortname] += [(at + time, bytes(data)) for time, data in port.incoming_midi_events()]
        due = []
        while self.sent < len(self.events) and self.events[self.sent][0] < at + frames:
            frame, data = self.events[self.sent]
            due.append((max(0, frame - at), data))
            self.sent += 1
        if self.clock:
            self._tick = max(self._tick, at)
            while self._tick < at + frames:
                due.append((int(self._tick) - at, b"\xf8"))
                self._tick += self.clock
        for offset, data in sorted(due, key=lambda event: event[0]):
            self.port.write_midi_event(offset, data)

    def close(self) -> None:
        self.client.deactivate()
        self.client.close()


@pytest.fixture
def board(jack_server) -> Iterator[Board]:
    made = Board(jack_server.name)
    yield made
    made.close()


@contextlib.contextmanager
def playing(server: str, folder: Path) -> Iterator[Gig]:
    with gig_on(server, gains(folder)) as gig:
        yield gig


def until(gig: Gig, true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, gig.status()
        time.sleep(0.05)


def test_events_come_in_at_their_frames(jack_server, board, tmp_path):
    with playing(jack_server.name, tmp_path) as gig:
        board.client.connect("board:out", "rig-test:midi_in")
        start = board.client.last_frame_time + RATE // 4
        offsets = [0, 1, 63, 64, 1000, 1000, 5555]
        board.events = [(start + at, bytes([0xB0, 7, number])) for number, at in enumerate(offsets)]
        until(gig, lambda: gig.status() and len(gig.pedals.log.events) == len(offsets))
        events = list(gig.pedals.log.events)
        assert [event.frame - events[0].frame for event in events] == offsets
        assert [event.data for event in events] == [data for _, data in board.events]
        assert gig.status().midi == "cc 7 6, channel 1"


def test_a_midi_clock_of_another_client_is_followed(jack_server, board, tmp_path):
    with playing(jack_server.name, tmp_path) as gig:
        gig.do("follow midi")
        assert gig.status().message == "following the MIDI clock: nothing is connected to rig-test:midi_in"
        board.client.connect("board:out", "rig-test:midi_in")
        board.clock = RATE * 60 / 133.7 / 24
        until(gig, lambda: gig.status().tempo == 133.7)
        assert gig.status().lead == "heard"
        board.clock = None
        until(gig, lambda: gig.status().lead == "lost")
        assert gig.status().tempo == 133.7


def test_jacks_transport_is_followed(jack_server, board, tmp_path):
    client = board.client

    def timebase(state: int, frames: int, position: object, new: bool) -> None:
        beats = position.frame / RATE * 99 / 60
        position.bar, position.beat, position.tick = int(beats) // 3 + 1, int(beats) % 3 + 1, int(beats % 1 * 1920)
        position.beats_per_bar, position.beat_type, position.ticks_per_beat = 3, 4, 1920
        position.beats_per_minute = 99
        position.valid = jack._lib.JackPositionBBT

    assert client.set_timebase_callback(timebase)
    with playing(jack_server.name, tmp_path) as gig:
        gig.do("follow jack")
        until(gig, lambda: gig.status().lead == "stopped")
        client.transport_frame = 10 * RATE
        client.transport_start()
        until(gig, lambda: gig.status().lead == "heard" and gig.status().tempo == 99)
        before, beat, after = client.transport_frame, gig.status().beat, client.transport_frame
        late = 2 * RATE // 10  # as much as a look may come late on a busy machine
        assert before / RATE * 1.65 - 0.1 < beat < (after + late) / RATE * 1.65 + 0.1
        client.transport_stop()
        until(gig, lambda: gig.status().lead == "stopped")


def test_a_metronome_has_a_port_of_its_own(jack_server, tmp_path):
    bench = Bench(jack_server.name, 0 * tone())
    with playing(jack_server.name, tmp_path) as gig:
        bench.clients[1].wire("in", "rig-test:click")
        for verb in ("tempo 300", "metronome to click", "metronome on"):
            gig.do(verb)
        heard = bench.listen(1.5)
        assert np.abs(np.diff(onsets(heard))[1:] - RATE / 5).max() <= 2
        gig.do("metronome off")
        bench.listen(0.1)
        assert not bench.listen(0.5).any()
    bench.close()


BOUND = """
[midi]
program = { 0 = "Loud", 1 = "Quiet" }
cc = { 11 = "Loud.gain.gain", 64 = "mute" }
"""


def test_a_floorboard_picks_amps_turns_knobs_and_does_verbs(jack_server, board, tmp_path):
    file = gains(tmp_path)
    names = [amp.name for amp in read_preset(file).amps]
    bound = BOUND.replace("Loud", names[0]).replace("Quiet", names[1])
    file.write_text(file.read_text() + bound)
    with gig_on(jack_server.name, file) as gig:
        board.client.connect("board:out", "rig-test:midi_in")
        start = board.client.last_frame_time + RATE // 4
        sent = [b"\xc0\x01", b"\xb0\x0b\x00", b"\xb0\x0b\x7f", b"\xb0\x40\x7f", b"\xb0\x40\x00"]
        board.events = [(start + 1000 * at, data) for at, data in enumerate(sent)]
        until(gig, lambda: gig.status().muted)
        assert gig.amp.name == names[1]
        assert gig.document.amps[0].chain[0].params["gain"] == 40.0
        assert gig.status().midi == "cc 64 0, channel 1"
