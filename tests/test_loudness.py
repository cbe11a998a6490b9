"""Loudness as ITU-R BS.1770 measures it: what the standard states, and pyloudnorm."""

from __future__ import annotations

import numpy as np
import pytest

from rig.loudness import lufs
from rig.shipped import DEMO
from rig.sound import read


def sine(hz: float, db: float, seconds: float, rate: int = 48_000) -> np.ndarray:
    return 10 ** (db / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_a_full_scale_sine_is_where_the_standard_has_it(rate):
    assert lufs(sine(997, 0, 2, rate), rate) == pytest.approx(-3.01, abs=0.02)


def test_the_gates_leave_out_what_is_soft_beside_the_rest():
    """As EBU Tech 3341, cases 3 and 4, has them, in one channel: 3 dB less."""
    middle = [sine(1000, -36, 4), sine(1000, -23, 20), sine(1000, -36, 4)]
    edges = [sine(1000, -72, 4)]
    assert lufs(np.concatenate(middle), 48_000) == pytest.approx(-26.0, abs=0.1)
    assert lufs(np.concatenate([*edges, *middle, *edges]), 48_000) == pytest.approx(-26.0, abs=0.1)


def test_silence_and_what_is_too_short_have_no_loudness():
    assert lufs(np.zeros(48_000), 48_000) is None
    assert lufs(sine(1000, -80, 1), 48_000) is None
    assert lufs(sine(1000, 0, 0.39), 48_000) is None


def test_it_is_what_pyloudnorm_finds(rng):
    pyloudnorm = pytest.importorskip("pyloudnorm")
    meter = pyloudnorm.Meter(
        48_000, "DeMan"
    )  # whose filters are those of the standard; its usual ones lie 0.04 dB beside
    take, rate = read(DEMO)
    assert rate == 48_000
    sounds = [
        take[: 5 * rate, 0],
        4 * take[5 * rate : 8 * rate, 0] ** 3,
        np.cumsum(rng.normal(0, 1e-3, 3 * rate)),
        rng.normal(0, 0.1, rate),
    ]
    for x in sounds:
        assert lufs(x, rate) == pytest.approx(meter.integrated_loudness(x), abs=1e-3)
    two = np.stack([sounds[0], np.roll(sounds[0], 4800) / 2])
    assert lufs(two, rate) == pytest.approx(meter.integrated_loudness(two.T) - 10 * np.log10(2), abs=1e-3), (
        "of one side, in the mean"
    )
