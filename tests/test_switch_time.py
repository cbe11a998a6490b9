"""A switch in a time of its own: engines take exactly as long as they are told, so that what a callback takes is no chance."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from compiler import CSRC, HERE

from rig import native

RATE = 48_000
FADE = RATE // 100  # frames
WHEN = 100  # the period in which the other amp is picked
BOTH = 0.75  # of the period: two amps that take more together are not cross-faded
SLACK = 0.01  # of the period, for pieces of whole frames


class Scenario(ctypes.Structure):
    """See tests/switch.c."""

    _fields_ = (
        ("load", ctypes.c_float * 2),
        ("share", ctypes.c_float * 2),
        ("memory", ctypes.c_uint32),
        ("live", ctypes.c_float),
        ("period", ctypes.c_uint32),
        ("periods", ctypes.c_uint32),
        ("when", ctypes.c_uint32),
        ("around", ctypes.c_float),
        ("back", ctypes.c_uint32),
        ("disturbed", ctypes.c_uint32),
    )


@dataclass(frozen=True)
class Switched:
    """x, y: (frames,) what came in and went out. took: of each period. ms: from the key to the end of the fade."""

    x: np.ndarray
    y: np.ndarray
    took: np.ndarray
    ms: float
    period: int

    @property
    def loads(self) -> tuple[float, float]:
        """Shares of the period that the amps take by themselves, before the switch and after it."""
        return float(np.median(self.took[:WHEN])), float(self.took[-1])

    @property
    def goal(self) -> float:
        """What the dearest callback of the switch may take."""
        loads = self.loads
        most = max(0.6, max(loads) + 0.2)
        return SLACK + (max(most, sum(loads)) if sum(loads) <= BOTH else most)

    @property
    def worst(self) -> float:
        """Share of the period that the dearest callback of the switch took."""
        return float(self.took[WHEN:].max())

    def gap_ms(self) -> float:
        """The longest silence."""
        silent = np.concatenate([[0], (self.y == 0).astype(int), [0]])
        edges = np.flatnonzero(np.diff(silent))
        return 1000 * float(max(edges[1::2] - edges[::2], default=0)) / RATE


@pytest.fixture(scope="session")
def switch(compiler) -> Callable[..., Switched]:
    """Switch from an amp of one load to one of another."""
    flags = ("-O1", "-fPIC", "-include", str(HERE / "virtual_clock.h"))
    sources = [HERE / "switch.c", *(path for path in sorted(CSRC.glob("rack/*.c")) if path.stem != "bench")]
    objects = [compiler.object(source, *flags) for source in sources]
    library = ctypes.CDLL(str(compiler.program("switch.so", objects, "-shared")))

    def run(now: float, then: float, memory=4000, period=64, live=1.0, around=0.0, back=0, disturbed=0) -> Switched:
        periods = WHEN + 40_000 // period
        x = np.random.default_rng(0).normal(0, 0.1, periods * period).astype(np.float32)
        y, took, settled = np.zeros_like(x), np.zeros(periods, np.float32), np.zeros(periods, np.uint32)
        share = (0.5, -0.5)
        given = Scenario((now, then), share, memory, live, period, periods, WHEN, around, back, disturbed)
        library.test_switch(ctypes.byref(given), *(a.ctypes.data_as(ctypes.c_void_p) for a in (x, y, took, settled)))
        assert not (settled == 2).any(), "the meter shows what a callback took, all of it"
        assert settled[-1] == 1, "it has come to its end"
        end = WHEN + back + int(np.argmax(settled[WHEN + back :] == 1))
        wanted = x.copy()
        wanted[memory:] += np.float32(share[0 if back else 1]) * x[:-memory]
        after = slice((end + 1) * period, None)
        if (now if back else then) <= BOTH:
            assert np.array_equal(y[after], wanted[after]), "it is where it would be had it always run"
        return Switched(x, y, took, 1000 * (end - WHEN) * period / RATE, period)

    return run


@pytest.mark.parametrize("load", [0.01, 0.1, 0.2, 0.3, 0.38, 0.41, 0.5, 0.62, 0.7])
@pytest.mark.parametrize("period", [16, 64, 512])
def test_no_callback_of_a_switch_goes_beyond_what_it_may(switch, load, period):
    """60 % of the period, or a fifth above the amp; a cross-fade takes what both take."""
    switched = switch(load, load, period=period)
    assert switched.worst <= switched.goal


@pytest.mark.parametrize(("now", "then"), [(0.05, 0.62), (0.62, 0.05), (0.2, 0.5), (0.5, 0.2), (0.4, 0.6), (0.7, 0.7)])
def test_it_is_the_dearer_one_that_counts(switch, now, then):
    switched = switch(now, then)
    assert switched.worst <= switched.goal


def test_what_fits_is_cross_faded_and_what_does_not_is_faded_out_and_in(switch):
    fits, parts = switch(0.3, 0.3), switch(0.6, 0.6)
    assert fits.gap_ms() < 0.1
    assert 10 < parts.gap_ms() < 1000 * (4000 + 3 * 64) / RATE
    out = slice(WHEN * 64, WHEN * 64 + FADE)
    fall = np.sin((np.arange(FADE) + 0.5)[::-1] / FADE * np.pi / 2)
    before = parts.x + 0.5 * np.concatenate([np.zeros(4000, np.float32), parts.x[:-4000]])
    assert np.abs(parts.y[out] - fall * before[out]).max() < 1e-6


@pytest.mark.parametrize("load", [0.05, 0.2, 0.38, 0.62, 0.7])
def test_a_switch_is_over_when_the_newcomer_could_have_heard_it_all_in_real_time(switch, load):
    """What it remembers and two fades, at the very most; sooner where there is time."""
    remembers = 1000 * 4000 / RATE
    assert switch(load, load).ms <= remembers + 25
    assert load > 0.2 or switch(load, load).ms <= remembers / 1.5 + 15


@pytest.mark.parametrize(("now", "then"), [(0.05, 0.05), (0.2, 0.2), (0.3, 0.4), (0.62, 0.1), (0.62, 0.62), (0.2, 0.7)])
def test_how_long_it_takes_is_known_before(switch, now, then):
    """To a piece a period, which is what the pace is rounded to, and some periods that are tried out and rounded up."""
    switched, told = switch(now, then), native.expected_switch(RATE, 64, 4000, now, now, then)
    assert switched.ms == pytest.approx(1000 * (told.wait + told.fade) / RATE, rel=0.25, abs=3000 * 64 / RATE)
    assert (told.silence > 0) == (now + then > BOTH)
    if told.silence:
        assert switched.gap_ms() == pytest.approx(1000 * told.silence / RATE, rel=0.25, abs=3000 * 64 / RATE)


@pytest.mark.parametrize("load", [0.2, 0.38, 0.62])
def test_one_disturbed_callback_in_seven_changes_nothing(switch, load):
    """Of the time of one disturbed callback nobody learns anything."""
    switched = switch(load, load, disturbed=7)
    quiet = np.arange(len(switched.took)) % 7 != 6
    assert switched.took[WHEN:][quiet[WHEN:]].max() <= switched.goal
    assert switched.ms < 1000 * 4000 / RATE + 75


@pytest.mark.parametrize("load", [0.1, 0.2, 0.3])
def test_what_is_dearer_live_than_when_it_was_made_is_found_out_before_it_is_heard(switch, load):
    """Two and a half times as dear: with caches that others have used meanwhile."""
    switched = switch(load, load, live=2.5)
    assert switched.worst <= switched.goal


@pytest.mark.parametrize(("load", "around"), [(0.1, 0.02), (0.3, 0.03), (0.05, 0.2), (0.6, 0.02)])
def test_where_the_output_chain_changes_too_one_waits_for_the_other(switch, load, around):
    """Both want the time that is left: neither is late, so that nothing is faded out that could have been cross-faded."""
    switched = switch(load, load, around=around)
    assert switched.worst <= max(0.61, load + around + 0.21, 2 * (load + around) if 2 * (load + around) <= BOTH else 0)
    assert (switched.gap_ms() > 1) == (2 * (load + around) > BOTH)


@pytest.mark.parametrize("seed", range(30))
def test_whoever_changes_his_mind_at_any_moment_gets_what_he_wants(switch, seed):
    """Also while one fades out, and in the silence."""
    rng = np.random.default_rng(seed)
    now, then, around = rng.uniform(0.01, 0.7, 3) * (1, 1, 0.1)
    period, memory = int(rng.choice([16, 40, 64, 256])), int(rng.integers(1, 8000))
    back, disturbed = int(rng.integers(1, 8000) // period + 1), int(rng.choice([0, 5]))
    switched = switch(now, then, memory, period, around=around, back=back, disturbed=disturbed)
    assert switched.ms < 4 * (1000 * memory / RATE + 75)


@pytest.mark.parametrize("then", [0.8, 0.95, 1.3])
def test_one_that_hardly_fits_alone_is_heard_all_the_same(switch, then):
    switched = switch(0.1, then)
    assert switched.ms < 1000 * 4000 / RATE + 100
    assert switched.worst <= then + 0.2 + SLACK
