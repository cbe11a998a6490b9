"""What only makes a signal louder or softer: volume, pan; and what takes the constant out of it: dc."""

from __future__ import annotations

import numpy as np
import pytest

from rig.engine import Payload, registry
from rig.native import Chain, Unit

RATE = 48_000


def chain(name: str, channels: int = 1, rate: int = RATE, **params: float) -> Chain:
    return Chain([Unit(registry()[name], Payload(), params)], rate, channels=channels)


def ones(frames: int = 64) -> np.ndarray:
    return np.ones(frames, np.float32)


def index(name: str, knob: str) -> int:
    return [param.name for param in registry()[name].params].index(knob)


# ---- volume


def test_volume_is_in_db_and_silent_at_its_bottom(rng):
    x = rng.normal(0, 0.3, 640).astype(np.float32)
    assert np.array_equal(chain("volume").process(x), x), "as it comes it changes nothing"
    assert np.allclose(chain("volume", level=-6.0).process(x), x * 10 ** (-6 / 20), rtol=1e-6)
    assert chain("volume", level=-59.9).process(x).any()
    assert not chain("volume", level=-60.0).process(x).any()
    assert not chain("volume", pedal=0.0).process(x).any()


def test_a_volume_pedals_travel_is_as_an_audio_taper():
    def db(pedal: float, taper: float = 0.0) -> float:
        return float(20 * np.log10(chain("volume", pedal=pedal, taper=taper).process(ones())[-1]))

    assert [db(p) for p in (1.0, 0.5, 0.25)] == pytest.approx([0.0, -18.06, -36.12], abs=0.01)
    assert [db(p, 1.0) for p in (1.0, 0.5, 0.25)] == pytest.approx([0.0, -6.02, -12.04], abs=0.01)


@pytest.mark.parametrize("block", [1, 16, 64])
def test_a_pedal_that_is_swept_in_steps_is_heard_as_a_line(block):
    """128 steps in half a second, as MIDI has them, from heel to toe and back: no zipper, and the ends are the ends."""
    made, out, knob = chain("volume", pedal=0.0), [], index("volume", "pedal")
    for at in range(0, RATE, block):
        where = 1 - abs(2 * at / RATE - 1)
        made.set(0, knob, round(where * 127) / 127)
        out.append(made.process(ones(block)))
    y = np.concatenate(out)
    assert np.abs(np.diff(y)).max() < 4e-4, "a step itself is up to 0.023"
    made.set(0, knob, 1.0)
    made.process(ones(4800))
    assert np.array_equal(made.process(ones()), ones())
    made.set(0, knob, 0.0)
    made.process(ones(4800))
    assert not made.process(ones()).any()


# ---- pan


def sides(left: float, right: float, **params: float) -> tuple[float, float]:
    out = chain("pan", channels=2, **params).process(np.stack([left * ones(), right * ones()]))
    return float(out[0, -1]), float(out[1, -1])


def test_pan_keeps_the_power_and_leaves_the_middle_alone(rng):
    x = rng.normal(0, 0.3, (2, 640)).astype(np.float32)
    assert np.array_equal(chain("pan", channels=2).process(x), x)
    for pan in np.linspace(-1, 1, 9):
        left, right = sides(1.0, 1.0, pan=float(pan))
        assert left**2 + right**2 == pytest.approx(2.0, rel=1e-5)
        assert np.degrees(np.arctan2(right, left)) == pytest.approx(45 * (1 + pan), abs=1e-3)
    assert sides(1.0, 1.0, pan=-1.0) == pytest.approx((2**0.5, 0.0), abs=1e-6)


def test_of_a_mono_signal_pan_makes_two_sides():
    made = chain("pan", pan=1.0)
    assert made.channels == 2
    left, right = made.process(np.stack([ones(), ones()]))
    assert left[-1] == pytest.approx(0.0, abs=1e-6) and right[-1] == pytest.approx(2**0.5)


def test_balance_turns_down_the_far_side_only():
    assert sides(0.5, 0.25, balance=0.0) == (0.5, 0.25)
    assert sides(0.5, 0.25, balance=-1.0) == (0.5, 0.0)
    assert sides(0.5, 0.25, balance=1.0) == (0.0, 0.25)
    assert sides(0.5, 0.25, balance=0.5) == pytest.approx((0.5 * np.cos(np.pi / 4), 0.25))


def test_width_goes_from_mono_past_stereo():
    assert sides(0.5, 0.1, width=0.0) == pytest.approx((0.3, 0.3))
    assert sides(0.5, 0.1, width=1.0) == (0.5, np.float32(0.1))
    assert sides(0.5, 0.1, width=2.0) == pytest.approx((0.7, -0.1))


@pytest.mark.parametrize("block", [1, 64])
def test_pan_turned_at_random_makes_no_step(block, rng):
    made, out = chain("pan", channels=2), []
    knobs = registry()["pan"].params
    for at in range(0, RATE // 2, block):
        if at % 512 == 0:
            i = int(rng.integers(3))
            made.set(0, i, float(rng.uniform(knobs[i].minimum, knobs[i].maximum)))
        out.append(made.process(np.stack([0.5 * ones(block), -0.3 * ones(block)])))
    assert np.abs(np.diff(np.hstack(out))).max() < 0.02, "the whole way at once would be 1.5"


# ---- dc


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("cut", [7.0, 30.0])
def test_dc_takes_what_is_constant_and_of_lows_what_a_one_pole_takes(cut, rate):
    made = chain("dc", rate=rate, cut=cut)
    x = np.zeros(4 * rate, np.float32)
    x[0] = 1.0
    y = np.abs(np.fft.rfft(made.process(x).astype(np.float64)))
    hz = np.fft.rfftfreq(4 * rate, 1 / rate)
    for at in (cut / 2, cut, 41.0, 82.4, 1000.0, 10_000.0):
        heard = float(np.interp(at, hz, y))
        assert 20 * np.log10(heard) == pytest.approx(-10 * np.log10(1 + (cut / at) ** 2), abs=0.03)
    made.reset()
    constant = made.process(np.full(2 * rate, 0.5, np.float32))
    assert not constant[-100:].any(), "to the last bit"


def test_dc_of_each_side_is_its_own(rng):
    x = rng.normal(0, 0.1, (2, RATE)).astype(np.float32) + np.array([[0.3], [-0.2]], np.float32)
    made = chain("dc", channels=2)
    made.process(x)
    y = made.process(x)
    assert np.abs(y.mean(axis=1)).max() < 2e-3
    assert chain("dc").channels == 1


def test_dc_turned_makes_no_step(rng):
    t = np.arange(RATE) / RATE
    x = (0.3 + 0.3 * np.sin(2 * np.pi * 110 * t)).astype(np.float32)
    made = chain("dc")
    made.process(x)
    out = []
    for at in range(0, RATE, 64):
        made.set(0, 0, float(rng.uniform(2, 40)))
        out.append(made.process(x[at : at + 64]))
    assert np.abs(np.diff(np.concatenate(out), 2)).max() < 2e-3, "it bends by what it moves in a frame, no more"


def test_dc_remembers_no_longer_than_it_says():
    made = chain("dc", cut=10.0)
    y = made.process(np.full(RATE, 0.5, np.float32))
    assert abs(y[made.memory]) == pytest.approx(0.5 * np.exp(-7), rel=0.02)
