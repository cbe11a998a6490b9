"""The gate: its curve, its two thresholds, and what it listens to."""

from __future__ import annotations

import numpy as np
import pytest

from rig.engine import Payload, registry
from rig.native import Chain, Unit

RATE = 48_000
NEW = {"hysteresis": 0.0, "lowcut": 20.0, "highcut": 20_000.0}


def gate(rate: int = RATE, **params: float) -> Chain:
    return Chain([Unit(registry()["gate"], Payload(), params)], rate)


def tone(hz: float, db: float | np.ndarray, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    return (10 ** (np.asarray(db) / 20) * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def gain_db(made: Chain, key: np.ndarray) -> np.ndarray:
    """What the gate does while it hears `key`, in dB, frame by frame."""
    return 20 * np.log10(made.process(np.full(len(key), 0.5, np.float32), key) / 0.5 + 1e-7)


def steady(key_db: float, hz: float = 1000.0, **params: float) -> float:
    return float(np.median(gain_db(gate(**params), tone(hz, key_db))[RATE // 2 :]))


@pytest.mark.parametrize("ratio", [2.0, 4.0])
def test_below_the_threshold_it_takes_by_its_ratio(ratio):
    params = {"threshold": -40.0, "ratio": ratio, "hold": 0.0}
    for db in (-30.0, -41.0, -45.0, -50.0):
        wanted = min(0.0, (db + 40.0) * (ratio - 1))
        assert steady(db, **params) == pytest.approx(wanted, abs=0.35 * (ratio - 1)), "the follower falls between peaks"


def test_at_their_initials_the_newer_knobs_change_nothing(rng):
    """What the first gate did, written down again."""
    frames = 20_000
    key = (rng.normal(0, 0.1, frames) * np.repeat(rng.random(40) ** 4, frames // 40)).astype(np.float32)
    x = rng.normal(0, 0.3, frames).astype(np.float32)
    y = gate(threshold=-40.0, ratio=6.0, attack=2.0, hold=5.0, release=40.0).process(x, key)
    peak, gain, held, wanted = 0.0, -100.0, 1e9, np.empty(frames)
    fall, threshold = np.exp(-1 / (20 * 48)), 10 ** (-40 / 20)
    for i in range(frames):
        peak = max(abs(float(key[i])), peak * fall)
        held = 0.0 if peak >= threshold else held + 1
        below = 20 * np.log10(max(peak, 1e-9) / threshold)
        to = 0.0 if held < 5 * 48 else max(-100.0, below * 5)
        gain = min(to, gain + 100 / (2 * 48)) if to > gain else max(to, gain - 100 / (40 * 48))
        wanted[i] = x[i] * (10 ** (gain / 20) if gain > -100 else 0.0)
    assert np.abs(y - wanted).max() < 1e-4


def test_it_opens_at_the_threshold_and_closes_below_it_by_the_hysteresis():
    seconds = 4.0
    db = np.interp(np.linspace(0, 1, int(seconds * RATE)), [0, 0.5, 1], [-60, -20, -60])
    key = tone(2000.0, db, seconds)
    for hysteresis in (0.0, 6.0, 12.0):
        gain = gain_db(gate(threshold=-40.0, ratio=20.0, hold=0.0, release=5.0, attack=0.1, hysteresis=hysteresis), key)
        half = len(db) // 2
        opened, closed = db[int(np.argmax(gain > -0.01))], db[half + int(np.argmax(gain[half:] < -0.01))]
        assert opened == pytest.approx(-40.0, abs=0.3)
        assert closed == pytest.approx(-40.0 - hysteresis, abs=0.5)


def test_a_note_that_wavers_around_the_threshold_does_not_chatter(rng):
    """It dies away and beats by 4 dB all the while: without hysteresis the gate opens and closes over and over."""
    seconds = 3.0
    t = np.arange(int(seconds * RATE)) / RATE
    key = tone(220.0, -30.0 - 6.0 * t + 2.0 * np.sin(2 * np.pi * 6 * t), seconds)

    def closings(hysteresis: float) -> int:
        params = {"threshold": -38.0, "ratio": 20.0, "hold": 0.0, "release": 5.0, "attack": 0.1}
        open_ = gain_db(gate(**params, hysteresis=hysteresis), key) > -0.01
        return int(np.sum(open_[:-1] & ~open_[1:]))

    assert closings(0.0) > 4
    assert closings(5.0) == 1


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_it_does_not_listen_outside_its_band(rate):
    """12 dB an octave: what is 24 dB above the threshold opens it only within two octaves of the band."""
    params = {"threshold": -40.0, "ratio": 20.0, "attack": 0.1, "lowcut": 200.0, "highcut": 2000.0}

    def opens(hz: float, db: float) -> bool:
        return bool(gain_db(gate(rate, **params), tone(hz, db, rate=rate))[rate // 2 :].max() > -0.01)

    assert opens(600.0, -39.0) and not opens(600.0, -41.0)
    assert not opens(50.0, -18.0) and opens(50.0, -14.0), "hum two octaves below"
    assert not opens(8000.0, -18.0) and opens(8000.0, -12.0), "a pick two octaves above"
    assert opens(200.0, -36.5) and not opens(200.0, -37.5), "3 dB at its end"


def test_its_band_shapes_only_what_it_listens_to(rng):
    x = rng.normal(0, 0.3, RATE // 2).astype(np.float32)
    made = gate(lowcut=300.0, highcut=3000.0, attack=0.1)
    y = made.process(x, tone(800.0, -10.0, 0.5))
    assert np.array_equal(y[4800:], x[4800:])


def test_it_remembers_no_longer_than_it_says(rng):
    params = {"threshold": -50.0, "ratio": 20.0, "hysteresis": 6.0, "lowcut": 30.0}
    made, fresh = gate(**params), gate(**params)
    x = np.ones(2 * RATE, np.float32)
    loud, soft = tone(110.0, -3.0), tone(110.0, -70.0)
    y = made.process(x, np.concatenate([loud, soft]))[RATE:]
    z = fresh.process(x[:RATE], soft)
    assert made.memory < RATE
    assert np.abs(y - z)[made.memory :].max() < 1e-3


def test_turned_at_random_it_makes_no_click(rng):
    knobs = registry()["gate"].params
    made, out = gate(attack=10.0), []  # in 1 ms an opening gate is as quick as a click
    x, key = tone(220.0, -10.0, 3.0), tone(220.0, -45.0, 3.0)
    for at in range(0, len(x), 64):
        for i, knob in enumerate(knobs):
            if knob.name in NEW and rng.random() < 0.2:
                made.set(0, i, float(rng.uniform(knob.minimum, knob.maximum)))
        out.append(made.process(x[at : at + 64], key[at : at + 64]))
    assert np.abs(np.diff(np.concatenate(out), 2)).max() < 0.05 * 10 ** (-10 / 20)
