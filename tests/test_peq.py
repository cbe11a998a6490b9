"""The parametric equaliser against the analog filters that it stands for."""

from __future__ import annotations

import numpy as np
import pytest

from rig.engine import Payload, registry
from rig.native import Chain, Unit

RATES = (44_100, 48_000, 96_000)
BANDS = {"low": "low_shelf", "mid1": "bell", "mid2": "bell", "mid3": "bell", "high": "high_shelf"}


def peq(rate: int = 48_000, channels: int = 1, **params: float) -> Chain:
    return Chain([Unit(registry()["peq"], Payload(), params)], rate, channels=channels)


def number(knob: str, word: str) -> float:
    found = registry()["peq"].param(knob)
    assert found
    return float(found.choices.index(word))


def heard_db(made: Chain, rate: int, hz: np.ndarray, seconds: float = 1.5) -> np.ndarray:
    """Its magnitude, by its answer to an impulse."""
    x = np.zeros(int(seconds * rate), np.float32)
    x[0] = 1.0
    y = made.process(x).astype(np.float64)
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(y)) + 1e-12)
    return np.interp(hz, np.fft.rfftfreq(len(y), 1 / rate), spectrum)


def analog_db(shape: str, at: float, db: float, q: float, hz: np.ndarray) -> np.ndarray:
    """The cookbook's prototypes, written down again."""
    s, a = 1j * hz / at, 10 ** (db / 40)
    if shape == "bell":
        h = (s * s + s * a / q + 1) / (s * s + s / (a * q) + 1)
    elif shape == "low_shelf":
        h = a * (s * s + np.sqrt(a) / q * s + a) / (a * s * s + np.sqrt(a) / q * s + 1)
    else:
        h = a * (a * s * s + np.sqrt(a) / q * s + 1) / (s * s + np.sqrt(a) / q * s + a)
    return 20 * np.log10(np.abs(h))


def butterworth_db(order: int, at: float, hz: np.ndarray, high: bool) -> np.ndarray:
    x = (at / hz if high else hz / at) ** (2 * order)
    return -10 * np.log10(1 + x)


HZ = np.geomspace(20, 20_000, 400)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("band", ["low", "mid2", "high"])
def test_a_band_is_the_analog_one_up_to_20_khz(band, rate, rng):
    """Within 0.5 dB wherever it is turned to, though bilinear filters are some 10 dB off there; a tenth where most bands are."""
    knobs = [registry()["peq"].param(band + of) for of in ("", "hz", "q")]
    worst = []
    for _ in range(12):
        db, at, q = (
            rng.uniform(k.minimum, k.maximum) if i == 0 else k.minimum * (k.maximum / k.minimum) ** rng.random()
            for i, k in enumerate(knobs)
        )
        made = heard_db(peq(rate, **{band: db, f"{band}hz": at, f"{band}q": q}), rate, HZ)
        worst.append(np.abs(made - analog_db(BANDS[band], at, db, q, HZ)).max())
    assert max(worst) < 0.5
    assert np.median(worst) < 0.1


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    ("word", "order", "passing", "cut_off"), [("12dB", 2, 0.35, 0.45), ("24dB", 4, 0.55, 0.8), ("48dB", 8, 0.55, 1.4)]
)
def test_cuts_are_butterworths_and_as_steep_as_they_say(word, order, passing, cut_off, rate):
    """passing: dB by which it may miss where it takes away 12 dB at most; cut_off: where it takes away up to 40."""
    for at in (20.0, 80.0, 1000.0):
        made = heard_db(peq(rate, lowcut=at, lowslope=number("lowslope", word)), rate, HZ)
        wanted = butterworth_db(order, at, HZ, high=True)
        loud = wanted > -60
        assert np.abs(made - wanted)[loud].max() < 0.2
    for at in (1000.0, 5000.0, 12_000.0):
        made = heard_db(peq(rate, highcut=at, highslope=number("highslope", word)), rate, HZ)
        wanted = butterworth_db(order, at, HZ, high=False)
        assert np.abs(made - wanted)[wanted > -12].max() < passing
        assert np.abs(made - wanted)[wanted > -40].max() < cut_off


def test_all_bands_together_add_up():
    params = {"low": 6.0, "mid1": -4.0, "mid2": 3.0, "mid3": 5.0, "high": -6.0}
    made = heard_db(peq(**params, mid3q=3.0), 48_000, HZ)
    at = {"low": 120.0, "mid1": 250.0, "mid2": 800.0, "mid3": 3000.0, "high": 5000.0}
    q = {"low": 0.7, "mid1": 1.0, "mid2": 1.0, "mid3": 3.0, "high": 0.7}
    wanted = sum(analog_db(BANDS[b], at[b], db, q[b], HZ) for b, db in params.items())
    assert np.abs(made - wanted).max() < 0.2


def test_with_all_bands_at_0_db_it_is_the_input_bit_for_bit(rng):
    x = rng.normal(0, 0.3, (2, 4000)).astype(np.float32)
    assert np.array_equal(peq(channels=2).process(x), x)
    assert peq().memory == 0
    made = peq(mid2=6.0)
    assert not np.array_equal(made.process(x[0]), x[0])
    made.set(0, [p.name for p in registry()["peq"].params].index("mid2"), 0.0)
    made.process(x[0][:960])
    assert np.array_equal(made.process(x[0]), x[0]), "turned back, too"


def test_each_side_is_as_one_alone(rng):
    x = rng.normal(0, 0.3, (2, 4000)).astype(np.float32)
    params = {"mid1": 6.0, "high": -3.0, "lowslope": 2.0}
    pair, alone = peq(channels=2, **params), [peq(**params), peq(**params)]
    for at in range(0, 4000, 100):
        for made in (pair, *alone):
            made.set(0, 5, float(at) / 400 - 5)
        out = pair.process(x[:, at : at + 100])
        for side in range(2):
            assert np.array_equal(out[side], alone[side].process(x[side, at : at + 100]))
    assert pair.channels == 2 and alone[0].channels == 1


@pytest.mark.parametrize(
    "params",
    [
        {"mid1": 12.0, "mid1hz": 40.0, "mid1q": 8.0},
        {"lowslope": 3.0, "lowcut": 30.0},
        {"low": 12.0, "lowhz": 60.0, "mid2": -9.0, "high": 6.0, "highslope": 2.0},
    ],
)
def test_it_remembers_no_longer_than_it_says(params):
    made = peq(**params)
    x = np.zeros(2 * 48_000 + made.memory, np.float32)
    x[0] = 1.0
    y = made.process(x).astype(np.float64)
    assert np.sum(y[made.memory :] ** 2) < 1e-6 * np.sum(y**2)
    assert np.sum(y[made.memory // 4 :] ** 2) > 1e-6 * np.sum(y[1:] ** 2), "nor for much less"


@pytest.mark.parametrize("block", [1, 16, 64])
def test_turned_at_random_it_makes_no_click_however_short_the_blocks(block, rng):
    """A sine stays one: nothing of it lies far above where the bands move it."""
    knobs = registry()["peq"].params
    t = np.arange(48_000) / 48_000
    x = (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    made = peq()
    out = []
    for at in range(0, len(x), block):
        if at % 256 == 0:
            for i in rng.integers(0, len(knobs), 3):
                made.set(0, int(i), float(rng.uniform(knobs[i].minimum, knobs[i].maximum)))
        out.append(made.process(x[at : at + block]))
    y = np.concatenate(out)
    assert np.isfinite(y).all()
    assert np.abs(np.diff(y, 2)).max() < 0.01 * max(1.0, float(np.abs(y).max()))
