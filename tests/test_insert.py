"""Another application inside a chain: a JACK made up of buffers, so that each frame is known; and a real one."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rig import shipped
from rig.document.document import Document
from rig.document.read import examine_text
from rig.engine import Payload, registry
from rig.errors import RigError
from rig.gig.inserts import Inserts, lag
from rig.gig.render import render
from rig.native import Chain, Rack, Unit, inserts

RATE = 48_000
PERIOD = 128

BUFFER = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)(lambda port, frames: port)
PROCESS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p)

App = Callable[[np.ndarray], np.ndarray]
"""What another application makes of a period: (2, frames) -> (2, frames)."""


class World:
    """A rack in a callback whose ports are rows of memory, and who stands in its insert."""

    def __init__(self, period: int = PERIOD, app: App = lambda x: x) -> None:
        self.rack, self.period, self.app = Rack(RATE), period, app
        self.rack.limit(False)
        self.sent: list[np.ndarray] = []
        self.rows = np.zeros((8, period), np.float32)
        names = ("in", "out_1", "out_2", "di")
        addresses = [row.ctypes.data for row in self.rows]
        get_buffer = ctypes.cast(BUFFER, ctypes.c_void_p).value
        jack = {"get_buffer": get_buffer, "inserts": 1}
        function, self.argument = self.rack.callback(jack, dict(zip(names, addresses, strict=False)))
        self.process = PROCESS(function)
        self.process(period, self.argument)  # nobody is left of the test before
        inserts.put(0, addresses[4:])

    def play(self, x: np.ndarray) -> np.ndarray:
        """What is heard, (2, frames), while the insert is wired as it is."""
        heard = []
        for at in range(0, len(x) - self.period + 1, self.period):
            self.rows[0] = x[at : at + self.period]
            self.process(self.period, self.argument)
            self.sent.append(self.rows[4:6].copy())
            heard.append(self.rows[1:3].copy())
            self.rows[6:8] = self.app(self.rows[4:6]) if self.wired else 0.0
        return np.concatenate(heard, axis=1)

    wired = False

    def wire(self, on: bool) -> None:
        """Both ways, and the callback is told."""
        self.wired = on
        inserts.wire(0, [on, False, on, False])

    def close(self) -> None:
        self.wire(False)
        inserts.put(0, None)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def chain(channels: int = 1, wait: int = PERIOD, before: tuple[Unit, ...] = (), **params: float) -> Chain:
    unit = Unit(registry()["insert"], Payload(ints=(0, wait), delay=wait), params)
    return Chain([*before, unit], RATE, channels=channels)


def noise(rng: np.random.Generator, seconds: float = 0.5) -> np.ndarray:
    return rng.normal(0, 0.1, int(seconds * RATE) // PERIOD * PERIOD).astype(np.float32)


def later(x: np.ndarray, frames: int = PERIOD) -> np.ndarray:
    return np.concatenate([np.zeros(frames, np.float32), x])[: len(x)]


def test_what_nobody_stands_in_passes_through_a_period_later(world, rng):
    world.rack.offer("amp", 0, chain())
    world.rack.begin(open=True)
    x = noise(rng)
    left, right = world.play(x)
    assert np.array_equal(left, later(x))
    assert np.array_equal(right, left)
    assert np.array_equal(np.concatenate(world.sent, axis=1)[0], x), "it is sent all the same"


def test_after_a_panic_what_the_other_application_rings_with_is_not_heard(world, rng):
    ringing = [np.zeros((2, PERIOD), np.float32)]

    def app(x: np.ndarray) -> np.ndarray:
        ringing[0] = 0.99 * ringing[0] + x
        return ringing[0]

    world.app = app
    world.rack.offer("amp", 0, chain(ring=0.5))
    world.rack.begin(open=True)
    world.wire(True)
    world.play(noise(rng))
    world.rack.panic()
    silence = world.play(np.zeros(RATE // PERIOD * PERIOD, np.float32))
    assert np.abs(silence[:, 0]).max() > 0.01, "it was loud"
    assert not silence[:, RATE // 100 : RATE // 2].any()
    assert np.abs(ringing[0]).max() > 1e-3, "it still rings"
    ringing[0][:] = 0.0
    world.app = lambda x: -0.5 * x
    x = noise(rng)
    assert np.allclose(world.play(x)[0, PERIOD:], -0.5 * later(x)[PERIOD:], atol=1e-6), "and then it is heard as before"


def test_an_application_that_breaks_once_is_heard_again_when_its_time_to_ring_is_over(world, rng):
    broken = [False]
    world.app = lambda x: np.full_like(x, np.nan) if broken[0] else -x
    made = chain(ring=0.1)
    world.rack.offer("amp", 0, made)
    world.rack.begin(open=True)
    world.wire(True)
    world.play(noise(rng))
    broken[0] = True
    assert np.isfinite(world.play(noise(rng, 0.05))).all()
    broken[0] = False
    world.play(np.zeros(RATE // PERIOD * PERIOD, np.float32))
    x = noise(rng)
    assert np.allclose(world.play(x)[0], -later(x), atol=1e-6)
    assert made.faults == (1,)


def test_who_stands_in_it_is_heard_instead(world, rng):
    world.app = lambda x: -0.5 * x
    world.rack.offer("amp", 0, chain())
    world.rack.begin(open=True)
    world.wire(True)
    x = noise(rng)
    assert np.allclose(world.play(x)[0], -0.5 * later(x), atol=1e-6)


def test_one_channel_is_sent_to_both_and_heard_from_both(world, rng):
    world.app = lambda x: np.stack([0.2 * x[0], 0.6 * x[1]])
    world.rack.offer("amp", 0, chain())
    world.rack.begin(open=True)
    world.wire(True)
    inserts.wire(0, [True, True, True, True])
    x = noise(rng)
    assert np.allclose(world.play(x)[0], 0.4 * later(x), atol=1e-6)
    sent = np.concatenate(world.sent, axis=1)
    assert np.array_equal(sent[0], sent[1])


def test_two_channels_stay_two(world, rng):
    """And one that comes back is heard on both sides."""
    wide = Unit(registry()["delay"], Payload(), {"time": 5.0, "feedback": 0.0, "mix": 0.5, "pingpong": 1.0})
    world.rack.offer("amp", 0, chain(before=(wide,)))
    world.rack.begin(open=True)
    x = noise(rng)
    left, right = world.play(x)
    assert not np.array_equal(left, right)
    world.wire(True)
    inserts.wire(0, [True] * 4)
    world.play(x[: RATE // 10])
    world.sent.clear()
    heard = world.play(x)
    sent = np.concatenate(world.sent, axis=1)
    assert np.allclose(heard[:, PERIOD:], sent[:, :-PERIOD], atol=1e-6)
    inserts.wire(0, [True, True, True, False])
    world.play(x[: RATE // 10])
    left, right = world.play(x)
    assert np.array_equal(left, right)


def test_a_wire_that_comes_or_goes_does_not_click(world, rng):
    """The callback is told of it some periods later; a tone goes on where it was, as it waits as long."""
    world.rack.offer("amp", 0, chain())
    world.rack.begin(open=True)
    tone = (0.5 * np.sin(2 * np.pi * 220 * np.arange(6 * PERIOD) / RATE)).astype(np.float32)
    long = (0.5 * np.sin(2 * np.pi * 220 * np.arange(400 * PERIOD) / RATE)).astype(np.float32)
    steepest, heard, at = np.abs(np.diff(tone)).max(), [], 0
    for n in range(60):
        if n % 4 == 1:
            world.wired = n % 8 == 1
        if n % 4 == 2:
            world.wire(n % 8 == 2)
        heard.append(world.play(long[at : at + 6 * PERIOD])[0])
        at += 6 * PERIOD
    joined = np.concatenate(heard)
    assert np.abs(np.diff(joined)).max() < 1.5 * steepest
    assert np.abs(joined[PERIOD * 6 * 3 : PERIOD * 6 * 5]).max() > 0.49


def test_a_chain_that_is_built_anew_takes_over_the_ports(world, rng):
    """Of two that are heard for a moment one has what comes back; what is sent never doubles."""
    world.app = lambda x: 0.5 * x
    world.wire(True)
    world.rack.offer("amp", 0, chain())
    world.rack.begin(open=True)
    tone = (0.5 * np.sin(2 * np.pi * 220 * np.arange(400 * PERIOD) / RATE)).astype(np.float32)
    heard = [world.play(tone[: 40 * PERIOD])[0]]
    for n in range(1, 9):
        world.rack.offer("amp", 0, chain(before=(Unit(registry()["gain"], Payload(), {}),) * (n % 3)))
        heard.append(world.play(tone[40 * PERIOD * n : 40 * PERIOD * (n + 1)])[0])
    joined = np.concatenate(heard)
    settled = joined[-20 * PERIOD :]
    assert np.allclose(settled, 0.5 * later(tone)[len(joined) - 20 * PERIOD : len(joined)], atol=1e-5)
    assert np.abs(joined).max() < 0.25 * 1.45, "as between any two amps"
    sent = np.concatenate(world.sent, axis=1)[0]
    assert np.abs(sent).max() < 0.5 * 1.45
    for x in (joined, sent):
        assert np.abs(np.diff(x[PERIOD:])).max() < 3 * np.abs(np.diff(tone)).max()


def test_what_rings_in_the_application_rings_on_after_a_switch(world):
    """And the send of an amp that does not play is silent."""
    echoes = [np.zeros((2, PERIOD), np.float32)] * 40

    def echo(x: np.ndarray) -> np.ndarray:
        echoes.append(x.copy())
        return echoes.pop(0)

    world.app = echo
    world.wire(True)
    world.rack.offer("amp", 0, chain(ring=1.0))
    world.rack.offer("amp", 1, Chain((), RATE))
    world.rack.begin(open=True)
    x = np.zeros(20 * PERIOD, np.float32)
    x[100] = 1.0
    world.play(x)
    world.rack.play(1)
    heard = world.play(np.zeros(400 * PERIOD, np.float32))[0]
    assert heard.max() == pytest.approx(1.0, abs=1e-3)
    assert np.argmax(heard) == 21 * PERIOD + 100
    world.sent.clear()
    world.play(np.full(20 * PERIOD, 0.5, np.float32))
    assert not np.concatenate(world.sent, axis=1).any()


def test_who_is_not_heard_sends_nothing(world, rng):
    """One that is warmed, or hears the past, or plays by itself."""
    world.rack.offer("amp", 0, Chain((), RATE))
    world.rack.begin(open=True)
    other = chain()
    other.prewarm()
    other.process(noise(rng))
    world.play(noise(rng))
    assert not np.concatenate(world.sent, axis=1).any()


@pytest.mark.parametrize("period", [16, 64, 96, 1024])
def test_any_period_will_do(rng, period):
    made = World(period)
    made.wire(True)
    made.rack.offer("amp", 0, chain(wait=period))
    made.rack.begin(open=True)
    x = noise(rng)[: 20 * 1024 // period * period]
    assert np.allclose(made.play(x)[0], later(x, period)[: len(x)], atol=1e-6)
    made.close()


def test_in_a_blend_the_other_branch_waits(world, rng):
    """So that a wire in one branch adds up with the guitar in the other."""
    from rig.gig.gain_staging import arranged

    insert = Unit(registry()["insert"], Payload(ints=(0, PERIOD), delay=PERIOD), branch="a")
    units = arranged([insert, Unit(registry()["gain"], branch="b"), Unit(registry()["blend"])], RATE)
    assert units[-1].payload.waits == (0, PERIOD)
    world.rack.offer("amp", 0, Chain(units, RATE))
    world.rack.begin(open=True)
    world.wire(True)
    x = noise(rng)
    assert np.allclose(world.play(x)[0], later(x), atol=1e-6)
    assert Chain(units, RATE).latency == PERIOD


@pytest.mark.parametrize("late", [0, 64, 1024, 7000])
def test_how_late_it_is_what_comes_back_is_found(late, rng):
    """Of a guitar through a distortion, too; not of what is drowned in a room, or silent."""
    guitar, _ = soundfile.read(shipped.DEMO, dtype="float32")
    sent = guitar[100_000:124_000]

    def came(x: np.ndarray) -> np.ndarray:
        return np.concatenate([np.zeros(late), x])[: len(sent)]

    assert lag(sent, came(sent)) == late
    assert abs(lag(sent, came(np.tanh(-40 * sent))) - late) <= 1
    room = rng.normal(0, 1, 20_000) * np.exp(-np.arange(20_000) / 5000)
    assert lag(sent, np.convolve(sent, room)[: len(sent)]) is None
    assert lag(sent, 0 * sent) is None


def test_it_waits_as_long_as_was_measured_a_few_times(monkeypatch):
    preset, _ = examine_text(Path("a.toml"), '[[amp]]\nname = "A"\nchain = [{ engine = "insert" }]\n')
    found, wires = Inserts(64), (("rig:insert_send_1", "app:in"), ("app:out", "rig:insert_return_1"))
    found.want(Document((preset,)))
    spec = preset.amps[0].chain[0]
    assert found.names == {0: "insert"}
    now, lags = 0.0, iter([None, 64, 500, 300, 301, 300, 300, 299])
    monkeypatch.setattr("rig.gig.inserts.heard", lambda place, frames: (None, None))
    monkeypatch.setattr("rig.gig.inserts.lag", lambda sent, came: next(lags))
    changed = []
    for _ in range(8):
        now += 1.0
        changed.append(found.look(64, "rig", wires, now))
        assert not found.look(64, "rig", wires, now), "not so often"
    assert changed == [False] * 7 + [True]
    assert found.payload(spec).delay == 300
    assert found.about(spec.uid, RATE, "rig", wires) == "insert_send, insert_return: 6.2 ms, measured"
    assert not found.look(64, "rig", wires, now + 1), "that will do"
    assert found.about(spec.uid, RATE, "rig", wires[:1]) == "passes through: nothing is connected to insert_return"
    assert found.look(128, "rig", wires, now + 1)
    assert found.payload(spec).delay == 128


def test_a_set_has_room_for_sixteen():
    chain = ", ".join(['{ engine = "insert" }'] * 17)
    preset, _ = examine_text(Path("a.toml"), f'[[amp]]\nname = "A"\nchain = [{chain}]\n')
    found = Inserts(64)
    found.want(Document((preset,)))
    assert [found.payload(spec).ints[0] for spec in preset.amps[0].chain[:16]] == list(range(16))
    with pytest.raises(RigError, match="at most 16 inserts"):
        found.payload(preset.amps[0].chain[16])


def test_rendered_it_passes_through_and_says_so(tmp_path: Path, rng, capsys):
    (tmp_path / "a.toml").write_text('[[amp]]\nname = "A"\nchain = [{ engine = "insert", id = "loop" }]\n')
    x = noise(rng)
    soundfile.write(tmp_path / "in.wav", x, RATE, subtype="FLOAT")
    render(tmp_path / "a.toml", tmp_path / "in.wav", tmp_path / "out.wav")
    out, _ = soundfile.read(tmp_path / "out.wav", dtype="float32")
    assert np.abs(out - x).max() < 0.02, "but for the limiter's DC blocker"
    assert "loop passes through: no other application stands in it here" in capsys.readouterr().err
