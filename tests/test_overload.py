"""What plays takes longer than its period: less is played, in the stated order, until it fits, and all again when there is room."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from compiler import CSRC, HERE

RATE = 48_000
AMP = 1
FULL, ROOM = 0.95, 0.8  # of the period: what takes more does not fit; what is left takes at most
NONE, TAILS, SWITCHES, ENGINES = range(4)
SOON = 0.15  # s: from the first late period to the last


@dataclass(frozen=True)
class Ran:
    """x, y: (frames,). took: (periods,) share of each. relief: (periods,). left_out: (periods,) bits."""

    x: np.ndarray
    y: np.ndarray
    took: np.ndarray
    relief: np.ndarray
    left_out: np.ndarray
    tails: int

    @property
    def late(self) -> int:
        """Periods that took longer than they may."""
        return int((self.took > 1).sum())

    @property
    def out(self) -> list[int]:
        """The engines that are left out in the end."""
        return [i for i in range(64) if int(self.left_out[-1]) >> i & 1]

    def steepest(self) -> float:
        """The largest step from frame to frame: where the input is a constant, a click."""
        return float(np.abs(np.diff(self.y)).max())


@dataclass
class Stage:
    """A rack whose amps take as long as they are told."""

    c: ctypes.CDLL
    rack: int
    chains: list[tuple[int, int]]
    period: int
    heard: int = 0

    def amp(self, *engines: tuple[float, ...], live: float = 1.0) -> None:
        """Engines as (load, gain, memory, rings, breaks, anew), see tests/overload.c."""
        params = np.array([(*e, *(1.0, 0.0, 0.0, 0.0, 0.0)[len(e) - 1 :]) for e in engines], np.float32)
        chain = self.c.test_chain(len(engines), params.ctypes.data_as(ctypes.c_void_p), ctypes.c_float(live))
        self.c.rig_rack_offer(self.rack, AMP, len(self.chains), chain)
        self.chains.append((chain, len(engines)))

    def begin(self) -> None:
        self.c.rig_rack_limit(self.rack, 0)
        self.c.rig_rack_begin(self.rack, 1)

    def play(self, amp: int) -> None:
        self.heard = amp
        self.c.rig_rack_play(self.rack, amp)

    def set(self, engine: int, value: float, param: int = 0) -> None:
        self.c.rig_chain_set(self.chains[self.heard][0], engine, param, ctypes.c_float(value))

    def broken(self, engine: int) -> bool:
        """Whether it is not tried any more."""
        return self.c.rig_chain_left_out(self.chains[self.heard][0], engine) == 2

    def switch(self, engine: int, on: bool) -> None:
        self.c.rig_chain_switch(self.chains[self.heard][0], engine, on)

    def run(self, seconds: float, slow: float = 1.0, x: np.ndarray | float = 0.1) -> Ran:
        periods = max(1, round(seconds * RATE / self.period))
        signal = np.full(periods * self.period, x, np.float32) if np.ndim(x) == 0 else np.asarray(x, np.float32)
        y, took = np.zeros_like(signal), np.zeros(periods, np.float32)
        relief, left_out, tails = np.zeros(periods, np.uint32), np.zeros(periods, np.uint64), ctypes.c_uint32()
        chain, n = self.chains[self.heard]
        arrays = [a.ctypes.data_as(ctypes.c_void_p) for a in (signal, y, took, relief, left_out)]
        self.c.test_run(self.rack, chain, n, ctypes.c_float(slow), self.period, periods, *arrays, ctypes.byref(tails))
        return Ran(signal, y, took, relief, left_out, tails.value)


@pytest.fixture(scope="session")
def library(compiler) -> ctypes.CDLL:
    flags = ("-O1", "-fPIC", "-include", str(HERE / "virtual_clock.h"))
    sources = [HERE / "overload.c", *(path for path in sorted(CSRC.glob("rack/*.c")) if path.stem != "bench")]
    c = ctypes.CDLL(str(compiler.program("overload.so", [compiler.object(s, *flags) for s in sources], "-shared")))
    c.rig_rack_new.restype = c.test_chain.restype = ctypes.c_void_p
    pointer, number = ctypes.c_void_p, ctypes.c_uint32
    c.rig_rack_offer.argtypes = (pointer, number, number, pointer)
    c.rig_rack_offer.restype = pointer
    c.rig_rack_begin.argtypes = c.rig_rack_limit.argtypes = c.rig_rack_relieve.argtypes = (pointer, ctypes.c_int)
    c.rig_rack_play.argtypes = (pointer, number)
    c.rig_rack_free.argtypes = c.rig_chain_free.argtypes = (pointer,)
    c.rig_chain_set.argtypes = (pointer, number, number, ctypes.c_float)
    c.rig_chain_left_out.argtypes = c.rig_chain_faults.argtypes = (pointer, number)
    c.rig_rack_panic.argtypes = (pointer,)
    c.rig_chain_switch.argtypes = (pointer, number, ctypes.c_int)
    c.test_run.argtypes = (pointer, pointer, number, ctypes.c_float, number, number, *[pointer] * 6)
    return c


@pytest.fixture
def stage(library) -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(period: int = 64) -> Stage:
        made.append(Stage(library, library.rig_rack_new(RATE), [], period))
        return made[-1]

    yield make
    for one in made:
        library.rig_rack_free(one.rack)
        for chain, _ in one.chains:
            library.rig_chain_free(chain)


def test_what_fits_is_left_alone(stage):
    rig = stage()
    rig.amp((0.5,), (0.4,))
    rig.begin()
    ran = rig.run(3.0)
    assert not ran.relief.any()
    assert not ran.left_out.any()
    assert np.array_equal(ran.y, ran.x)


@pytest.mark.parametrize("period", [16, 64, 256, 1024])
@pytest.mark.parametrize("loads", [(0.6, 0.5), (0.1, 3.0), (0.3,) * 60, (2.0, 2.0, 0.5)])
def test_what_does_not_fit_is_left_out_the_costliest_first_until_the_rest_fits(stage, loads, period):
    rig = stage(period)
    rig.amp(*((load,) for load in loads), live=100.0)  # nobody knew before
    rig.begin()
    ran = rig.run(2.0)
    assert ran.relief[-1] == ENGINES
    assert ran.late <= max(SOON * RATE / period, 12)
    after = ran.took[len(ran.took) // 2 :]
    assert np.median(after) <= ROOM
    assert after.max() <= FULL, "also where it is tried what they take by now"
    kept = [load for i, load in enumerate(loads) if i not in ran.out]
    assert min(loads[i] for i in ran.out) >= max(kept, default=0.0)
    assert sum(kept) + min(loads[i] for i in ran.out) > ROOM, "no more than it takes"


def test_leaving_out_and_coming_back_do_not_click(stage):
    rig = stage()
    rig.amp((0.2, 3.0), (0.6, 2.0, 400.0), (0.1, 1.0))
    rig.begin()
    rig.run(1.0)
    over, calm = rig.run(3.0, slow=2.0), rig.run(5.0)
    assert over.out == [1]
    assert calm.out == []
    assert calm.relief[-1] == NONE
    assert over.steepest() < 0.1 * 6 * 2 / 480
    assert calm.steepest() < 0.1 * 6 * 2 / 480
    assert calm.y[-1] == pytest.approx(0.1 * 3 * 2.1, rel=1e-4), "all is as before"
    assert calm.late == 0


def test_what_comes_back_has_heard_all_that_it_remembers(stage):
    """In the middle of the music, as if it had never been away."""
    rig = stage()
    rig.amp((0.6, 1.0, 8000.0), (0.2,))
    rig.begin()
    rig.run(3.0, slow=2.0)
    x = np.random.default_rng(0).normal(0, 0.1, 5 * RATE).astype(np.float32)
    ran = rig.run(5.0, x=x)
    wanted = x[-RATE:] + np.float32(0.1) * x[-RATE - 8000 : -8000]
    np.testing.assert_allclose(ran.y[-RATE:], wanted, atol=1e-6)


def test_what_is_off_anyhow_goes_before_what_is_heard(stage):
    rig = stage()
    rig.amp((0.5, 3.0), (0.3, 2.0))
    rig.begin()
    rig.run(0.5)
    rig.switch(1, False)
    rig.run(0.5)
    ran = rig.run(2.0, slow=1.4)
    assert ran.out == [1]
    assert np.allclose(ran.y, 0.3), "nobody hears it"


def test_tails_end_before_any_engine_is_left_out(stage):
    rig = stage()
    rig.amp((0.3,), (0.4, 1.0, 100.0, 1.0))
    rig.amp((0.5,))
    rig.begin()
    rig.run(1.0)
    rig.play(1)
    ran = rig.run(3.0, slow=1.2)  # 0.6 and a tail of 0.48
    assert TAILS in ran.relief
    assert ENGINES not in ran.relief
    assert ran.tails == 1
    assert ran.steepest() < 0.1 / 16, "with a fade"
    assert ran.took[-1] < 0.65
    assert ran.relief[-1] == NONE, "there is room for others"


def test_hearing_the_past_takes_no_more_than_there_is_left(stage):
    """One that is as dear as the one that plays: its past is heard in what time is left, and it is heard in the end."""
    rig = stage()
    rig.amp((0.93, 1.0, 4000.0))
    rig.amp((0.93, -1.0, 4000.0))
    rig.begin()
    rig.run(1.0)
    rig.play(1)
    ran = rig.run(2.0)
    assert ran.late <= SOON * RATE / 64
    assert ENGINES not in ran.relief
    assert ran.y[-1] == pytest.approx(-0.09, abs=1e-4)


def test_one_that_is_known_not_to_fit_is_fitted_before_it_is_heard(stage):
    """Sixty large models: no period is late, and the amp is heard, as far as there is time for it."""
    rig = stage()
    rig.amp((0.05,))
    rig.amp(*((0.3, 1.0, 200.0),) * 60, (0.1, -1.0))
    rig.begin()
    rig.run(1.0)
    rig.play(1)
    ran = rig.run(3.0)
    assert ran.late == 0
    assert len(ran.out) == 58
    assert 60 not in ran.out
    assert ran.y[-1] == pytest.approx(-0.1 * 1.1**2, abs=1e-3)
    rig.play(0)
    ran = rig.run(3.0)
    assert ran.relief[-1] == NONE


def test_it_does_not_come_and_go(stage):
    """A machine that has time for it one second in two: it is tried less and less often."""
    rig = stage()
    rig.amp((0.6, 2.0), (0.1,))
    rig.begin()
    changes, late = [], []
    for i in range(120):
        ran = rig.run(1.0, slow=1.0 if i % 2 else 1.6)
        changes.append(int((np.diff(ran.left_out.astype(np.int64)) != 0).sum()))
        late.append(ran.late)
    assert sum(changes[60:]) <= 6
    assert sum(late[60:]) <= 3 * SOON * RATE / 64


def test_one_that_took_too_long_once_is_tried_again_in_pieces_that_fit(stage):
    """What it takes is learnt anew without a late period, and when it fits it comes back."""
    rig = stage()
    rig.amp((1.5, 2.0), (0.1,))
    rig.begin()
    rig.run(5.0)
    still = rig.run(30.0)
    assert still.out == [0]
    assert still.late == 0, "tried in pieces"
    rig.set(0, 0.5)
    ran = rig.run(70.0)
    assert ran.late == 0
    assert ran.out == []
    assert ran.y[-1] == pytest.approx(0.2)


@pytest.mark.parametrize("disturbed", [3, 7])
def test_a_disturbed_callback_now_and_then_leaves_nothing_out(stage, disturbed):
    rig = stage()
    rig.amp((0.5, 2.0), (0.2,))
    rig.begin()
    for _ in range(300):
        assert not rig.run(64 / RATE, slow=9.0).left_out.any()
        assert not rig.run((disturbed - 1) * 64 / RATE).left_out.any()


def test_who_wants_all_to_be_played_gets_it(stage, library):
    rig = stage()
    rig.amp((1.5, 2.0))
    library.rig_rack_relieve(rig.rack, 0)
    rig.begin()
    ran = rig.run(3.0)
    assert not ran.left_out.any()
    assert ran.late == len(ran.took)


@pytest.mark.parametrize("seed", range(25))
def test_whatever_it_is_it_fits_in_the_end_and_all_comes_back(stage, seed):
    """Random amps, machines that get slower and faster, switches in between."""
    rng = np.random.default_rng(seed)
    rig = stage(int(rng.choice([16, 64, 128, 512])))
    for _ in range(3):
        n = int(rng.integers(1, 8))
        loads = rng.dirichlet(np.ones(n)) * rng.uniform(0.1, 0.75)
        rig.amp(*((load, 1.0, float(rng.integers(0, 3000)), float(rng.random() < 0.2)) for load in loads))
    rig.begin()
    for _ in range(4):
        rig.play(int(rng.integers(3)))
        rig.run(float(rng.uniform(0.01, 1.0)), slow=float(rng.choice([1.0, 2.0, 4.0, 20.0])))
    slow = rig.run(6.0, slow=3.0)
    assert (slow.took[-len(slow.took) // 6 :] <= 1.0).all(), "late in the end"
    calm = rig.run(70.0)
    assert calm.out == []
    assert calm.relief[-1] == NONE
    assert calm.late == 0
    assert np.isfinite(calm.y).all()


# ---- the guard, which is not to become the overload


@pytest.mark.parametrize("anew", [0.0, 0.2, 0.9, 4.0, 40.0])
@pytest.mark.parametrize("breaks", [1.0, 1500.0, 2000.0, 5000.0])
def test_one_that_breaks_again_and_again_takes_a_twentieth_of_a_core_for_that(stage, anew, breaks):
    """anew: ms that beginning anew takes, three periods and thirty. The sound goes on."""
    rig = stage()
    rig.amp((0.2, 1.0, 0.0, 0.0, breaks, anew), (0.1, 2.0))
    rig.begin()
    rig.run(0.5)
    ran = rig.run(10.0)
    guarded = np.maximum(ran.took - 0.3, 0).sum() / len(ran.took)
    assert guarded <= 1 / 20 + 0.005
    assert np.allclose(ran.y, 0.2), "the other plays on"


@pytest.mark.parametrize(("anew", "breaks"), [(4.0, 1.0), (0.1, 1500.0)])
def test_one_that_breaks_eight_times_in_a_row_is_not_tried_any_more(stage, library, anew, breaks):
    """Where beginning anew is dear, or it is heard before it breaks again; until a panic, or it is switched off and on."""
    rig = stage()
    rig.amp((0.2, 3.0, 0.0, 0.0, breaks, anew))
    rig.begin()
    rig.run(4.0)
    assert rig.broken(0)
    assert rig.c.rig_chain_faults(rig.chains[0][0], 0) <= 10
    after = rig.run(5.0)
    assert after.late == 0
    assert np.allclose(after.y, 0.1)
    rig.set(0, 0.0, param=4)  # what broke it has gone, but who would know?
    assert np.allclose(rig.run(1.0).y, 0.1)
    rig.switch(0, False)
    rig.run(0.1)
    rig.switch(0, True)
    assert rig.run(0.2).y[-1] == pytest.approx(0.3)
    rig.set(0, breaks, param=4)
    rig.run(4.0)
    assert rig.broken(0)
    rig.set(0, 0.0, param=4)
    library.rig_rack_panic(rig.rack)
    assert rig.run(0.2).y[-1] == pytest.approx(0.3)


def test_one_that_a_loud_input_breaks_is_heard_again_however_long_that_was(stage):
    rig = stage()
    rig.amp((0.2, 3.0, 0.0, 0.0, 1500.0, 0.1))
    rig.begin()
    rig.run(20.0, x=2.0)
    assert not rig.broken(0)
    rig.set(0, 0.0, param=4)
    ran = rig.run(0.2)
    assert np.allclose(ran.y[RATE // 10 :], 0.3)
