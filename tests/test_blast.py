"""Engines that blast, offset and break again and again: nothing but sound leaves the rack, and the next amp is heard at once."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from rig.engine import Payload, registry
from rig.native import BLOCK, Chain, Rack, Unit

RATE = 48_000
SOON = RATE // 10  # frames


def unit(name: str, **params: float) -> Unit:
    return Unit(registry()[name], params=params)


def tone(seconds: float, level: float = 0.3, hz: float = 220.0) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def rack_of(*amps: Chain) -> Rack:
    rack = Rack(RATE)
    for i, chain in enumerate(amps):
        chain.prewarm()
        rack.offer("amp", i, chain)
    rack.begin(open=True)
    return rack


def level_db(x: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(x, dtype=np.float64))) + 1e-12))


def sound(*signals: np.ndarray) -> bool:
    """Whether all that is heard is numbers within the ceiling."""
    return all(np.isfinite(x).all() and np.abs(x).max() <= 1.0 for x in signals)


GAINS = {
    "alone": {},
    "the amp's level": {"level": 24.0},
    "the rack's level": {"rack": 20.0},
    "a gain": {"behind": 40.0},
    "an equaliser and all levels": {"eq": 8.0, "level": 24.0, "rack": 20.0},
    "levels beyond numbers": {"level": 780.0, "rack": 780.0},
}


@pytest.mark.parametrize("value", [3e38, -3e38, 9.9e5, 999.0, 50.0, np.inf])
@pytest.mark.parametrize("gains", GAINS)
@pytest.mark.parametrize("once", [0, 1])
def test_after_a_blast_the_next_amp_is_heard_at_once(foreign, value, gains, once):
    gain = GAINS[gains]
    units = [Unit(foreign("blast"), params={"value": value, "once": once})]
    units += [unit("gain", gain=gain["behind"])] if "behind" in gain else []
    units += [unit("eq", bass=gain["eq"], presence=gain["eq"])] if "eq" in gain else []
    rack = rack_of(Chain(units, RATE, gain.get("level", 0.0)), Chain([unit("gain")], RATE))
    rack.level(gain.get("rack", 0.0))
    assert sound(*rack.process(tone(1.0)))
    rack.level(0.0)
    rack.play(1)
    played = tone(0.5)
    after = rack.process(played)
    assert sound(*after)
    soon = after[0][SOON : 2 * SOON]
    assert level_db(soon) > level_db(played) - 12, "it is heard"
    assert level_db(after[0][-SOON:]) == pytest.approx(level_db(played), abs=0.5)


@pytest.mark.parametrize("value", [3e38, 9.9e5, 2000.0])
def test_a_level_that_no_music_has_is_a_fault(foreign, value):
    chain = Chain([Unit(foreign("blast"), params={"value": value}), unit("gain", gain=-6.0)], RATE)
    x = tone(0.1)
    out = chain.process(x)
    assert chain.faults[0] >= 1
    assert chain.faults[1] == 0
    assert np.allclose(out, x * 10 ** (-6 / 20), rtol=1e-5), "its input passes it by"


def test_our_own_knobs_at_their_most_are_no_fault():
    """A loud guitar into a boost, into another input: still what somebody may want before a model."""
    chain = Chain([unit("gain", gain=40.0), unit("gain", gain=12.0)], RATE)
    chain.process(tone(0.1, 1.0))
    assert chain.faults == (0, 0)


def test_an_input_that_blasts_is_silence(rng):
    rack = rack_of(Chain([unit("gain")], RATE))
    x = tone(1.0)
    x[5000] = 9.9e5
    out, _, di = rack.process(x)
    assert sound(out, di)
    assert rack.meters().input_faults == 1
    assert level_db(out[5000 + SOON : 5000 + 2 * SOON]) == pytest.approx(level_db(x[-SOON:]), abs=0.1)


# ---- what is constant


def blocked(x: np.ndarray, hz: float = 7.0) -> np.ndarray:
    """A one-pole high-pass in float64 that begins at rest where the signal is."""
    rest, out = float(x[0]), np.empty(len(x))
    share = 1 - np.exp(-2 * np.pi * hz / RATE)
    for i, v in enumerate(x.astype(np.float64)):
        out[i] = v - rest
        rest += share * (v - rest)
    return out


def test_what_is_constant_does_not_leave_the_rack(foreign):
    for value in (0.9, -0.9, 0.01, 5.0):
        rack = rack_of(Chain([Unit(foreign("blast"), params={"value": value})], RATE))
        out = rack.process(np.zeros(RATE, np.float32))[0]
        assert np.abs(out).max() == 0.0, "a rack that begins does not thump"
        rack.bypass(True)
        out = rack.process(np.zeros(RATE, np.float32))[0]
        assert not out[-SOON:].any()


def test_the_blocker_takes_nothing_that_is_music(rng):
    x = (rng.normal(0, 0.05, RATE) + 0.2).astype(np.float32)
    rack = rack_of(Chain([], RATE))
    for period in (64, 100, 7):
        rack = rack_of(Chain([], RATE))
        assert np.abs(rack.process(x, period)[0] - blocked(x)).max() < 1e-7
    for hz in (41.2, 82.4):
        out = rack_of(Chain([], RATE)).process(tone(1.0, hz=hz))[0]
        assert level_db(out[RATE // 2 :]) == pytest.approx(level_db(tone(1.0, hz=hz)[RATE // 2 :]), abs=0.15)


def test_two_racks_with_other_pasts_come_to_the_same_bits(rng, foreign):
    """So that what is played live is what `rig render` writes."""
    racks = [rack_of(Chain([unit("eq", bass=4.0), Unit(foreign("bend"))], RATE)) for _ in range(2)]
    racks[0].process(rng.normal(0.1, 0.2, RATE).astype(np.float32))
    for rack in racks:
        rack.process(np.zeros(2 * RATE, np.float32))
    x = rng.normal(0, 0.1, RATE).astype(np.float32)
    np.testing.assert_array_equal(racks[0].process(x)[0], racks[1].process(x)[0])


def test_without_its_limiter_a_rack_is_bare(foreign):
    rack = rack_of(Chain([Unit(foreign("blast"), params={"value": 0.9})], RATE))
    rack.limit(False)
    assert (rack.process(np.zeros(1000, np.float32))[0] == np.float32(0.9)).all()


def test_opening_and_muting_a_constant_is_no_thump(foreign):
    rack = rack_of(Chain([Unit(foreign("blast"), params={"value": 0.9})], RATE))
    for on in (False, True, False, True):
        rack.open(on)
        assert not rack.process(np.zeros(RATE // 4, np.float32))[0].any()


# ---- what breaks again and again


def resets(foreign) -> ctypes.c_uint:
    return ctypes.c_uint.in_dll(foreign.library, "test_engine_resets")


@pytest.mark.parametrize("rate", [0, 44_100])
def test_what_breaks_in_every_block_is_left_alone_for_longer_up_to_80_ms(foreign, rate):
    chain = Chain([Unit(foreign("broken"), Payload(rate=rate))], RATE)
    rack = rack_of(chain)
    count = resets(foreign)
    first, before = count.value, chain.faults[0]
    x = tone(10.0)
    out = rack.process(x)[0]
    assert count.value - first <= 10 / 0.08 + 4, "in ten seconds, not once in each of 7 500 blocks"
    assert count.value - first >= 10 / (0.08 + BLOCK / RATE), "and no later than that"
    assert chain.faults[0] - before == count.value - first, "each is counted"
    error = np.abs(out - blocked(x))[RATE // 10 :]
    assert error.max() < (0.05 if rate else 1e-6), "the sound goes on; filters may let a block out before it breaks"


def test_what_breaks_now_and_then_is_heard_again_at_once(foreign):
    chain = Chain([Unit(foreign("nan"), params={"when": 100}), unit("gain", gain=6.0)], RATE)
    chain.process(tone(10.0))
    assert chain.faults[0] == 10 * RATE // BLOCK // 100


@pytest.mark.parametrize("seconds", [0.01, 0.1, 0.5, 5.0])
def test_it_plays_again_within_a_tenth_of_a_second_of_what_broke_it(foreign, seconds):
    chain = Chain([Unit(foreign("touchy"))], RATE)
    loud, quiet = tone(seconds, 0.9), tone(2.0, 0.4)
    chain.process(loud)
    faults = chain.faults[0]
    assert 1 <= faults <= seconds / 0.08 + 5
    out = chain.process(quiet)
    assert np.allclose(out[SOON:], 0.5 * quiet[SOON:])
    assert chain.faults[0] == faults
    quiet[0] = 0.9
    out = chain.process(quiet)
    assert chain.faults[0] == faults + 1
    assert np.allclose(out[-RATE:], 0.5 * quiet[-RATE:]), "one fault after a while of peace is forgiven at once"
