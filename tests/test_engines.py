"""The engines one by one: what each does to a signal."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from leash import leashed

from rig import native
from rig.engine import Payload, Setting, _found, named, registry
from rig.errors import RigError
from rig.native import Chain, Unit, UnitError

RATE = 48_000
ROOT = Path(__file__).resolve().parent.parent


def chain(name: str, *arrays: np.ndarray, **params: float) -> Chain:
    return Chain([Unit(registry()[name], Payload(arrays), params)], RATE)


def sine(hz: float, seconds: float, amplitude: float = 0.5) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def test_gain_is_exact_and_ramps_when_it_is_turned(rng):
    x = rng.normal(0, 0.3, 640).astype(np.float32)
    c = chain("gain", gain=6.0)
    assert np.allclose(c.process(x), x * 10 ** (6 / 20), rtol=1e-6)
    c.set(0, 0, -60.0)
    ones = c.process(np.ones(128, np.float32))
    assert np.all(np.diff(ones[:64]) < 0), "a turned knob moves in a line, without a step"
    assert ones[64:] == pytest.approx(0.001, rel=1e-3)


def test_eq_flat_is_the_input_bit_for_bit(rng):
    x = rng.normal(0, 0.3, 4000).astype(np.float32)
    assert np.array_equal(chain("eq").process(x), x)


@pytest.mark.parametrize(
    ("band", "inside", "outside"),
    [("bass", 40, 3000), ("mid", 700, 15000), ("treble", 3200, 60), ("presence", 15000, 100)],
)
def test_eq_bands_act_where_they_say(band, inside, outside):
    def gain_db(hz: float) -> float:
        x = sine(hz, 0.5)
        y = chain("eq", **{band: 8.0}).process(x)
        return float(20 * np.log10(np.std(y[RATE // 4 :]) / np.std(x[RATE // 4 :])))

    assert gain_db(inside) > 4.0
    assert abs(gain_db(outside)) < 1.6, "one-poles are gentle, but must not move the other end"
    assert gain_db(inside) > gain_db(outside) + 3


def test_gate_is_open_for_notes_and_shut_for_hiss(rng):
    hiss = rng.normal(0, 1e-4, RATE).astype(np.float32)
    x = np.concatenate([hiss, sine(110, 1.0), hiss, hiss])
    y = chain("gate", threshold=-60.0, ratio=20.0).process(x)
    assert np.abs(y[RATE // 2 : RATE]).max() == 0.0
    assert np.array_equal(y[RATE + 480 : 2 * RATE], x[RATE + 480 : 2 * RATE]), "an open gate touches nothing"
    assert np.abs(y[3 * RATE :]).max() == 0.0


def test_gate_listens_to_the_input_of_the_rack_wherever_it_stands():
    signal, key = sine(110, 0.5), np.zeros(RATE // 2, np.float32)
    assert np.abs(chain("gate").process(signal, key)).max() == 0.0
    noise_behind_a_loud_guitar = chain("gate").process(signal * 1e-4, sine(110, 0.5))
    assert np.abs(noise_behind_a_loud_guitar[4800:]).max() == pytest.approx(0.5e-4, rel=0.01)


def test_gate_times(rng):
    x = np.concatenate([np.full(RATE // 10, 0.5), np.zeros(RATE // 2)]).astype(np.float32)
    steady = np.full_like(x, 0.25)
    c = chain("gate", threshold=-20.0, ratio=20.0, attack=10.0, hold=100.0, release=200.0)
    y = np.concatenate([c.process(steady[i : i + 64], x[i : i + 64]) for i in range(0, len(x), 64)])
    opened = int(np.argmax(y > 0.2499))
    assert opened == pytest.approx(0.010 * RATE, rel=0.02)
    falls = int(np.argmax(y[opened + 100 :] < 0.2499)) + opened + 100 - RATE // 10
    until_threshold = 0.020 * np.log(0.5 / 0.1)
    assert falls == pytest.approx((0.100 + until_threshold) * RATE, rel=0.05)
    shut = int(np.flatnonzero(y)[-1]) - RATE // 10 - falls
    assert shut == pytest.approx(0.200 * RATE, rel=0.1)


def echoes(frames: int = RATE, tempo: float = 120.0, **params: float) -> np.ndarray:
    """The delay's answer to an impulse on the left, a sample of 1 at 10: (2, frames)."""
    x = np.zeros((2, frames), np.float32)
    x[0, 10] = 1.0
    made = Chain([Unit(registry()["delay"], Payload(), {"mix": 1.0, "tone": 16_000.0, **params})], RATE, channels=2)
    return made.process(x, tempo=tempo)


def test_delay_echoes_at_its_time_each_softer_by_its_feedback():
    left, right = echoes(time=100.0, feedback=0.5)
    sums = [left[10 + 4800 * n : 10 + 4800 * n + 200].sum() for n in range(1, 5)]
    assert left[10] == 0.0 and left[10 + 4800] == 1.0 and not right.any()
    assert sums == pytest.approx([1.0, 0.5, 0.25, 0.125], rel=1e-3), "the low-pass lets 0 Hz through"
    assert np.array_equal(np.flatnonzero(np.abs(left) > 0.05)[:2], [4810, 9610])


def test_delay_keeps_the_songs_time():
    note = registry()["delay"].param("note")
    assert note
    for word, beats in (("1/4", 1.0), ("1/8.", 0.75), ("1/8", 0.5), ("1/4t", 2 / 3)):
        left, _ = echoes(note=note.choices.index(word), tempo=90.0, feedback=0.0)
        assert int(np.argmax(np.abs(left))) - 10 == pytest.approx(beats * 60 / 90 * RATE, abs=1)
    left, _ = echoes(3 * RATE, note=note.choices.index("1/1"), tempo=60.0, feedback=0.0)
    assert int(np.argmax(left)) - 10 == 2 * RATE, "four seconds are too long for it; two are in time still"


def test_delay_goes_from_side_to_side():
    left, right = echoes(time=50.0, feedback=0.5, pingpong=1.0)
    at = [(10 + 2400 * n, n) for n in range(1, 5)]
    heard = [(left[i : i + 100].sum(), right[i : i + 100].sum()) for i, _ in at]
    assert heard[0] == pytest.approx((0.5, 0.0), abs=1e-3) and heard[1] == pytest.approx((0.0, 0.25), abs=1e-3)
    assert heard[2] == pytest.approx((0.125, 0.0), abs=1e-3) and heard[3] == pytest.approx((0.0, 0.0625), abs=1e-3)


def test_delay_mix_goes_from_the_guitar_alone_to_echoes_alone():
    for mix, dry, wet in ((0.0, 1.0, 0.0), (0.25, 1.0, 0.5), (0.5, 1.0, 1.0), (1.0, 0.0, 1.0)):
        left, _ = echoes(time=100.0, feedback=0.0, mix=mix)
        assert (left[10], left[4810]) == pytest.approx((dry, wet))


def test_delay_ducks_while_one_plays():
    x = np.concatenate([sine(220, 1.0), np.zeros(RATE, np.float32)])
    loud, ducked = (chain("delay", time=300.0, mix=0.5, feedback=0.0, duck=duck).process(x) - x for duck in (0.0, 12.0))
    while_playing, after = slice(RATE // 2, RATE), slice(RATE + RATE // 5, RATE + RATE // 4)
    assert np.std(ducked[while_playing]) / np.std(loud[while_playing]) == pytest.approx(10 ** (-12 / 20), rel=0.02)
    assert np.std(ducked[after]) / np.std(loud[after]) > 0.5


def test_delay_loses_what_is_above_its_tone_in_each_echo():
    hz = 4000.0
    keep = abs((a := 1 - np.exp(-2 * np.pi * 1000 / RATE)) / (1 - (1 - a) * np.exp(-2j * np.pi * hz / RATE)))
    left, _ = echoes(time=100.0, feedback=0.9, tone=1000.0)
    spectra = [np.abs(np.fft.rfft(left[10 + 4800 * n : 10 + 4800 * (n + 1)])) for n in (1, 2)]
    at = round(hz * 4800 / RATE)
    assert spectra[1][at] / spectra[0][at] == pytest.approx(0.9 * keep, rel=0.01)


@pytest.mark.parametrize("name", ["chorus", "comp", "delay", "drive", "flanger", "phaser", "reverb", "tremolo", "wah"])
def test_turned_at_random_it_makes_no_click(name, rng):
    """A sine stays one: what lies far above it is no more than where nothing is turned, but for what knobs rightly do."""
    engine = registry()[name]
    loud = 1e-4 if name == "drive" else 0.3  # what is driven stays no sine
    x = sine(220, 3.0, loud)
    made = Chain([Unit(engine, engine.load({}, engine.settled({}), RATE), {"mix": 0.5})], RATE)
    out = []
    for at in range(0, len(x), 64):
        for i, param in enumerate(engine.params):
            if rng.random() < 0.2 and param.name != "wobble":
                made.set(0, i, float(rng.uniform(param.minimum, param.maximum)))
        out.append(made.process(x[at : at + 64]))
    y = np.concatenate(out)
    assert np.isfinite(y).all()
    assert np.abs(np.diff(y, 2)).max() < 0.05 * max(loud / 0.3, float(np.abs(y).max())), "no step in it"


def steady_db(made: Chain, db: float, hz: float = 1000.0) -> float:
    """The gain that a sine of that peak comes to, in dB."""
    x = sine(hz, 1.5, 10 ** (db / 20))
    y = made.process(x)
    return float(20 * np.log10(np.std(y[RATE:]) / np.std(x[RATE:])))


@pytest.mark.parametrize("detector", [0.0, 1.0])
@pytest.mark.parametrize(
    ("db", "knee", "expected"),
    [(-40, 0, 0.0), (-24, 0, 0.0), (-14, 0, -7.5), (-4, 0, -15.0), (-24, 12, -1.125), (-4, 12, -15.0), (-31, 12, 0.0)],
)
def test_comp_holds_down_what_is_too_loud_by_its_ratio(detector, db, knee, expected):
    """Threshold -24, ratio 4: above it one dB for four; within the knee a parabola (eq. 4)."""
    made = chain("comp", threshold=-24.0, ratio=4.0, knee=float(knee), gain=0.0, detector=detector, release=1000.0)
    assert steady_db(made, db) == pytest.approx(expected, abs=0.25)


def test_comp_attacks_and_lets_go_in_its_times():
    quiet, loud = sine(1000, 1.0, 0.01), sine(1000, 1.0, 0.5)
    x = np.concatenate([quiet, loud, quiet])
    made = chain("comp", threshold=-26.0, ratio=20.0, knee=0.0, gain=0.0, attack=20.0, release=200.0)
    y = made.process(x)
    size = RATE // 1000
    gain = 20 * np.log10(np.abs(y).reshape(-1, size).max(axis=1) / np.abs(x).reshape(-1, size).max(axis=1))
    down = gain[1900:2000].mean()
    assert down == pytest.approx(-(20 * np.log10(0.5) + 26) * 0.95, abs=0.3)
    attack = int(np.argmax(gain[1000:] < down * (1 - np.exp(-1))))
    release = int(np.argmax(gain[2000:] > down * np.exp(-1)))
    assert attack == pytest.approx(20, abs=4) and release == pytest.approx(220, abs=25), "the attack's time on top"


def test_comp_does_not_hear_below_its_lowcut_and_mixes_the_guitar_in():
    params = {"threshold": -40.0, "ratio": 10.0, "gain": 0.0, "release": 1000.0}
    assert steady_db(chain("comp", **params), -10, 80) < -20
    assert steady_db(chain("comp", lowcut=500.0, **params), -10, 80) > -14
    mixed = steady_db(chain("comp", mix=0.5, **params), -10)
    whole = steady_db(chain("comp", **params), -10)
    assert mixed == pytest.approx(20 * np.log10(0.5 + 0.5 * 10 ** (whole / 20)), abs=0.1)


def test_comp_holds_both_sides_by_the_louder():
    x = np.stack([sine(300, 1.0, 0.8), sine(440, 1.0, 0.02)])
    made = Chain([Unit(registry()["comp"], Payload(), {"threshold": -30.0, "gain": 0.0})], RATE, channels=2)
    y = made.process(x)
    gains = [np.std(side[RATE // 2 :]) / np.std(was[RATE // 2 :]) for side, was in zip(y, x, strict=True)]
    assert gains[0] == pytest.approx(gains[1], rel=0.03) and gains[0] < 0.2
    alone = Chain([Unit(registry()["comp"], Payload(), {"threshold": -30.0, "gain": 0.0})], RATE)
    assert alone.channels == 1, "of one channel it makes one"


def test_what_holds_the_sound_down_says_by_how_much():
    comp, gate, gain = registry()["comp"], registry()["gate"], registry()["gain"]
    params = {"threshold": -24.0, "ratio": 4.0, "knee": 0.0, "release": 1000.0}
    made = Chain(
        [Unit(comp, Payload(), params), Unit(gate, Payload(), {"threshold": -30.0}), Unit(gain)], RATE, channels=2
    )
    assert (comp.reduces, gate.reduces, gain.reduces) == (True, True, False)
    made.process(np.stack([sine(1000, 1.0, 10 ** (-4 / 20)), sine(1000, 1.0, 0.001)]))
    assert made.reductions == (pytest.approx(-15.0, abs=0.25), 0.0, None), "of two sides the one that is held down more"
    made.process(np.zeros((2, 4 * RATE), np.float32))
    assert made.reductions == (pytest.approx(0.0, abs=0.3), -100.0, None)


def test_tremolo_comes_and_goes_as_often_and_as_far_as_it_says():
    x = np.full((2, 2 * RATE), 0.5, np.float32)
    made = Chain([Unit(registry()["tremolo"], Payload(), {"rate": 5.0, "depth": 0.8})], RATE, channels=2)
    left, right = made.process(x)
    assert np.array_equal(left, right)
    assert (left.max(), left[2400:].min()) == pytest.approx((0.5, 0.1), abs=0.002)
    spectrum = np.abs(np.fft.rfft(left - left.mean()))
    assert np.argmax(spectrum) / 2 == 5.0
    at_tempo = Chain([Unit(registry()["tremolo"], Payload(), {"note": 11.0, "depth": 0.8})], RATE, channels=2)
    eighths = at_tempo.process(x, tempo=90.0)[0]
    assert np.argmax(np.abs(np.fft.rfft(eighths - eighths.mean()))) / 2 == 3.0


def test_tremolo_pans_with_even_power_and_swaps_lows_for_highs():
    x = np.stack([sine(440, 2.0)] * 2)
    tremolo = registry()["tremolo"]
    y = Chain([Unit(tremolo, Payload(), {"kind": 2.0, "depth": 1.0, "rate": 2.0})], RATE, channels=2).process(x)
    assert np.allclose(y[0] ** 2 + y[1] ** 2, 2 * x[0] ** 2, atol=1e-4)
    quarter = slice(RATE // 8 - 2400, RATE // 8 + 2400)
    assert np.std(y[1][quarter]) > 10 * np.std(y[0][quarter]), "at the end of its way it is on one side"
    harmonic = Unit(tremolo, Payload(), {"kind": 1.0, "depth": 1.0, "rate": 2.0})
    low, high = (Chain([harmonic], RATE, channels=2).process(np.stack([sine(hz, 1.0)] * 2))[0] for hz in (100, 6000))
    early, late = slice(RATE // 8 - 1200, RATE // 8 + 1200), slice(3 * RATE // 8 - 1200, 3 * RATE // 8 + 1200)
    assert np.std(low[early]) > 3 * np.std(low[late]) and np.std(high[late]) > 3 * np.std(high[early])


def test_chorus_copies_are_as_late_as_it_says_and_no_louder_for_being_many():
    x = np.zeros((2, RATE // 4), np.float32)
    x[:, 0] = 1.0
    params = {"depth": 0.0, "delay": 10.0, "mix": 1.0}
    for voices in range(3):
        made = Chain([Unit(registry()["chorus"], Payload(), {**params, "voices": float(voices)})], RATE, channels=2)
        left, _ = made.process(x)
        assert int(np.argmax(np.abs(left))) == 480
    wide = Chain([Unit(registry()["chorus"], Payload(), {"mix": 1.0})], RATE, channels=2)
    noise = np.random.default_rng(3).normal(0, 0.1, 4 * RATE).astype(np.float32)
    y = wide.process(np.stack([noise, noise]))
    assert np.std(y) == pytest.approx(np.std(noise), rel=0.15)
    assert np.corrcoef(y)[0, 1] < 0.5, "the sides waver apart"


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("chorus", {"mix": 1.0, "voices": 0.0, "depth": 2.0}),
        ("chorus", {"mix": 1.0, "voices": 0.0, "depth": 4.0, "rate": 1.0}),
        ("flanger", {"mix": 1.0, "depth": 4.0, "rate": 1.0, "feedback": 0.0}),
        ("phaser", {"mix": 1.0, "depth": 4.0, "rate": 5.0, "feedback": 0.5}),
        ("delay", {"mix": 1.0, "time": 20.0, "feedback": 0.0, "wobble": 2.0, "tone": 16000.0}),
    ],
)
def test_a_wavering_copy_of_a_sine_is_one(name, params):
    """What interpolation adds to a sine of 5 kHz lies 60 dB below it: its images are outside the band that wavering fills."""
    x = sine(5000, 2.0)
    y = Chain([Unit(registry()[name], Payload(), params)], RATE, channels=2).process(np.stack([x, x]))[0][RATE // 2 :]
    spectrum = np.abs(np.fft.rfft(y * np.blackman(len(y))))
    hz = np.fft.rfftfreq(len(y), 1 / RATE)
    assert spectrum[np.abs(hz - 5000) > 400].max() < 1e-3 * spectrum.max()


def decay(y: np.ndarray, hz: float) -> float:
    """Seconds until an answer, (2, frames), around `hz` is 60 dB softer: Schroeder's integral (1965), from -5 to -35 dB."""
    spectrum, bins = np.fft.rfft(y, 1 << 19), np.fft.rfftfreq(1 << 19, 1 / RATE)
    band = np.fft.irfft(spectrum * np.exp(-0.5 * (np.log2(np.maximum(bins, 1) / hz) / 0.15) ** 2))[:, : y.shape[1]]
    left = np.cumsum((band**2).sum(axis=0)[::-1])[::-1]
    db = 10 * np.log10(left / left[0] + 1e-30)
    return 2.0 * float(np.argmax(db < -35) - np.argmax(db < -5)) / RATE


def answer(space: int, seconds: float, **params: float) -> np.ndarray:
    """The reverb's alone, to an impulse on both sides: (2, frames)."""
    engine = registry()["reverb"]
    payload = engine.load({}, {"space": space}, RATE)
    x = np.zeros((2, int(seconds * RATE)), np.float32)
    x[:, 0] = 1.0
    return Chain([Unit(engine, payload, {"mix": 1.0, "predelay": 0.0, **params})], RATE, channels=2).process(x)


@pytest.mark.parametrize("space", [0, 1, 2])
@pytest.mark.parametrize(("seconds", "treble"), [(1.0, 1.0), (2.0, 0.4), (6.0, 0.6)])
def test_reverb_decays_as_it_says(space, seconds, treble):
    y = answer(space, 1.3 * seconds, decay=seconds, treble=treble)
    assert decay(y, 200) == pytest.approx(seconds, rel=0.1)
    assert decay(y, 5000) == pytest.approx(seconds * treble, rel=0.15)


def stands_out(side: np.ndarray, second: float, seconds: float) -> float:
    """By how much the loudest tone of a late answer, undone its decay, stands above those around it, in power.

    Of noise the highest of 5 000 is some 12 times the mean.
    """
    frames = 1 << 16
    late = side[int(second * RATE) :][:frames] * np.exp(np.arange(frames) * 6.9 / seconds / RATE) * np.hanning(frames)
    power = np.abs(np.fft.rfft(late)) ** 2
    band = power[round(200 * frames / RATE) : round(4000 * frames / RATE)]
    local = np.convolve(band, np.ones(201) / 201, "same")
    return float((band[200:-200] / local[200:-200]).max())


@pytest.mark.parametrize(("space", "seconds"), [(0, 1.5), (0, 6.0), (1, 4.0), (1, 10.0), (2, 6.0), (2, 20.0)])
def test_reverb_is_dense_smooth_and_wide(space, seconds):
    y = answer(space, 1.0 + 0.6 * seconds, decay=seconds, treble=0.8)
    for side in y:
        window = side[RATE // 2 : RATE // 2 + 4800]  # Abel & Huang, "A simple, robust measure of echo density", 2006
        outside = np.mean(np.abs(window - window.mean()) > window.std()) / 0.3173
        assert outside == pytest.approx(1.0, abs=0.12), "as many echoes as noise has"
        assert stands_out(side, 0.5, seconds) < 30, "no tone stands out"
        assert stands_out(side, 1.0 + 0.6 * seconds - 1.4, seconds) < 30, "nor does one ring longer than the others"
    assert abs(np.corrcoef(y[0, RATE // 10 :], y[1, RATE // 10 :])[0, 1]) < 0.2


@pytest.mark.parametrize(("space", "ms"), [(0, 100), (1, 100), (2, 200)])
def test_reverb_soon_has_as_many_echoes_as_noise(space, ms):
    """Abel & Huang's measure over windows of 20 ms."""
    for side in answer(space, 0.5, decay=3.0, treble=1.0):
        window = side[RATE * ms // 1000 :][:960]
        assert np.mean(np.abs(window - window.mean()) > window.std()) / 0.3173 > 0.85


def test_reverb_is_as_loud_however_long_it_rings(rng):
    x = rng.normal(0, 0.1, (2, 4 * RATE)).astype(np.float32)
    engine = registry()["reverb"]

    def level(space: int, seconds: float) -> float:
        unit = Unit(engine, engine.load({}, {"space": space}, RATE), {"mix": 1.0, "decay": seconds, "treble": 1.0})
        return float(20 * np.log10(np.std(Chain([unit], RATE, channels=2).process(x)[:, 2 * RATE :]) / np.std(x)))

    levels = [level(space, seconds) for space in (0, 1, 2) for seconds in (0.6, 1.5, 3.0)]
    assert max(levels) - min(levels) < 3.0


def test_reverb_begins_after_its_predelay():
    early, late = (answer(0, 1.0, predelay=ms)[0] for ms in (0.0, 50.0))
    assert int(np.flatnonzero(late)[0]) - int(np.flatnonzero(early)[0]) == 2400
    early, late = (np.convolve(side, np.hanning(96))[:6000] for side in (early, late))  # long waves: those waver little
    assert np.corrcoef(early[:1500], late[2400:3900])[0, 1] > 0.9, "the same room, but for what wavers"


@pytest.mark.parametrize("taps", [1, 2, 63, 64, 65, 500, 8191, 8192])
def test_cab_is_the_convolution_without_latency(rng, taps):
    h = (rng.normal(0, 1, taps) * np.exp(-np.arange(taps) / (taps / 5 + 1))).astype(np.float32)
    x = rng.normal(0, 0.3, 20_000).astype(np.float32)
    exact = np.convolve(x.astype(np.float64), h)[: len(x)]
    for name in native.isas():
        native.use_isa(name)
        c = chain("cab", h)
        y, at = [], 0
        for n in np.tile((64, 1, 37, 64, 5), len(x)):
            y.append(c.process(x[at : at + n]))
            at += n
            if at >= len(x):
                break
        assert np.abs(np.concatenate(y) - exact).max() < 1e-5 * np.abs(exact).max() * max(1, taps / 500)
    native.use_isa(native.isas()[0])


def test_cab_reads_any_rate_trims_and_normalises(tmp_path):
    from rig.engines.cab import response

    rate = 44_100
    t = np.arange(4000) / rate
    ir = 0.01 * np.exp(-t * 400) * np.sin(2 * np.pi * 900 * t)
    path = tmp_path / "ir.flac"
    soundfile.write(path, np.concatenate([np.zeros(300), ir, np.zeros(5000)]), rate, subtype="PCM_24")
    slow, fast = response(path, 44_100), response(path, 96_000)
    assert len(slow) < 2000, "silence at both ends is cut off"
    assert len(fast) / len(slow) == pytest.approx(96 / 44.1, rel=0.05)

    def at_900(h: np.ndarray, rate: int) -> float:
        return float(np.abs(np.sum(h * np.exp(-2j * np.pi * 900 * np.arange(len(h)) / rate))))

    assert at_900(slow, 44_100) == pytest.approx(at_900(fast, 96_000), rel=0.02)
    louder = tmp_path / "louder.wav"
    soundfile.write(louder, 50 * np.concatenate([np.zeros(300), ir]), rate, subtype="FLOAT")
    assert np.abs(response(louder, 44_100)[:1000] - slow[:1000]).max() < 1e-3 * np.abs(slow).max()


def test_cab_refuses_silence(tmp_path):
    from rig.engines.cab import response

    path = tmp_path / "nothing.wav"
    soundfile.write(path, np.zeros(100), 48_000)
    with pytest.raises(RigError, match="silent"):
        response(path, 48_000)


def cab_of(path, *channels: np.ndarray, rate: int = RATE) -> Payload:
    soundfile.write(path, np.stack(channels, 1), rate, subtype="FLOAT")
    return registry()["cab"].load({"ir": path}, {}, rate)


IR = np.r_[0.9, -0.5, 0.3, np.geomspace(0.1, 1e-3, 500)]


@pytest.mark.parametrize("frames", [100, 4800, 24_000])
@pytest.mark.parametrize("noise_db", [-70, -50, -35])
def test_noise_before_the_sound_is_no_sound(tmp_path, rng, frames, noise_db):
    """Else it delays what is played, and where there is much of it, no sound is left."""
    noise = rng.normal(0, 10 ** (noise_db / 20) / 3, frames)
    found = cab_of(tmp_path / "ir.wav", np.r_[noise, IR])
    assert found.lead == frames
    clean = cab_of(tmp_path / "clean.wav", IR)
    assert clean.lead == 0
    assert np.allclose(found.arrays[0][:500], clean.arrays[0][:500], atol=1e-6)


def test_a_sound_that_grows_is_no_noise(tmp_path):
    """A filter of linear phase rings before its peak as it does behind it."""
    t = np.arange(-400, 401)
    found = cab_of(tmp_path / "ir.wav", np.sinc(t / 6) * np.hanning(801))
    assert np.argmax(np.abs(found.arrays[0])) > 350


def test_what_is_played_of_a_cabinet_is_said(tmp_path, rng):
    other, long = IR[::-1].copy(), np.r_[IR, 0.01 * np.ones(24_000)]
    silent = np.zeros_like(IR)
    path = tmp_path / "ir.wav"
    assert cab_of(path, IR).about == "ir, 503 taps"
    assert cab_of(path, IR, IR).about == cab_of(path, IR, silent).about == "ir, 503 taps"
    assert cab_of(path, IR, other).about == "ir, 503 taps, stereo"
    assert cab_of(path, IR, other, other, other).about == "ir, 503 taps, stereo"
    assert cab_of(path, IR, other, 2 * other, IR).about == "ir, 503 taps, stereo, channels 1 and 2 of 4 only"
    assert cab_of(path, long).about == cab_of(path, long, rate=96_000).about == "ir, 24503 taps"


def test_a_cabinet_whose_left_side_is_silent_plays_the_right(tmp_path, rng):
    for nothing in (np.zeros_like(IR), rng.normal(0, 1e-5, IR.size)):
        right = cab_of(tmp_path / "ir.wav", nothing, IR)
        assert np.array_equal(right.arrays[0], cab_of(tmp_path / "mono.wav", IR).arrays[0])


def test_an_engine_that_its_files_do_not_fit_is_refused():
    with pytest.raises(RigError, match="cab"):
        chain("cab", np.zeros(0, np.float32))
    with pytest.raises(RigError, match="model"):
        chain("model")


def test_the_engine_of_a_chain_that_would_not_start_is_named():
    gain, cab = Unit(registry()["gain"], label="gain"), Unit(registry()["cab"], label="cab")
    with pytest.raises(UnitError, match=r"^engine cab: its files don't make sense to it$") as caught:
        Chain([gain, cab, gain], RATE)
    assert caught.value.label == "cab"


@pytest.mark.parametrize(
    "name", [name for name, engine in registry().items() if not (engine.files or engine.join or engine.plugin)]
)
def test_the_size_of_a_block_changes_nothing(name, rng):
    x = (rng.normal(0, 0.3, 4000) * np.repeat(rng.random(40) ** 4, 100)).astype(np.float32)
    knobs = {p.name: (p.initial + p.maximum) / 2 for p in registry()[name].params}
    engine = registry()[name]
    payload = engine.load({}, engine.settled({}), RATE)

    def made() -> Chain:
        return Chain([Unit(engine, payload, knobs)], RATE)

    whole = made().process(x)
    for block in (1, 3, 37, 1000):
        c = made()
        parts = [c.process(x[at : at + block]) for at in range(0, len(x), block)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_every_parameter_is_documented_and_in_range():
    for engine in registry().values():
        for param in engine.params:
            assert param.minimum <= param.initial <= param.maximum
            assert param.help


def test_an_engine_is_found_by_its_name_and_by_older_ones():
    assert named("model") is named("wavenet") is named("lstm") is registry()["model"]
    assert named("gain") is registry()["gain"]
    assert named("wavenot") is None
    assert not {"wavenet", "lstm"} & set(registry()), "each engine stands there once"
    own = {"amp": dataclasses.replace(registry()["gain"], name="amp", aliases=("lstm",))}
    assert named("lstm", own) is own["amp"]
    assert named("gain", own) is None


def test_two_engines_cannot_share_a_name(monkeypatch):
    twin = dataclasses.replace(registry()["gain"], name="lstm")
    point = SimpleNamespace(name="twin", dist=None, load=lambda: twin)
    monkeypatch.setattr("rig.engine.entry_points", lambda group: [point])
    with pytest.raises(RigError, match="two engines are called 'lstm'"):
        _found.__wrapped__()


PLUG_INS = {
    "gone": "'gone' of the package broken: ModuleNotFoundError: No module named 'not_there'",
    "quits": "'quits' of the package broken: SystemExit: 3",
    "number": "'number' of the package broken: broken_plug_ins:number is no Engine, but 7",
    "no_c": "'no_c' of the package broken: engine 'no_c' has no C: rig_engine_no_c in csrc/engines/no_c.c",
}


def test_a_plug_in_that_fails_is_left_out_and_named_once(tmp_path):
    """Each command goes on with the other engines."""
    (tmp_path / "broken_plug_ins.py").write_text("""
import sys
from rig import native
number = 7
def __getattr__(name):
    if name == "gone":
        import not_there
    if name == "quits":
        sys.exit(3)
    return native.engine(name)
""")
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    points = "".join(f"{name} = broken_plug_ins:{name}\n" for name in PLUG_INS)
    (info / "entry_points.txt").write_text(f"[rig.engines]\n{points}")
    around = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = leashed([sys.executable, "-m", "rig", *words])
        return subprocess.run(command, env=around, capture_output=True, text=True, timeout=60)

    done = run("engines")
    assert done.returncode == 0, done.stderr
    assert "gain" in done.stdout
    said = done.stderr.splitlines()
    for line, why in zip(said, PLUG_INS.values(), strict=True):
        assert line.startswith(f"rig: left out the plug-in {why}")
        assert why.partition(": ")[2] in " ".join(done.stdout.split())
    done = run("check", str(ROOT / "presets" / "practice.toml"), "--json")
    assert (done.returncode, done.stderr.splitlines()) == (0, said)
    assert [plug_in["why"] in line for plug_in, line in zip(json.loads(done.stdout)["skipped"], said, strict=True)]


def test_an_engine_without_its_c_is_named():
    with pytest.raises(RigError, match=r"^engine 'nothing' has no C: rig_engine_nothing in csrc/engines/nothing\.c"):
        native.engine("nothing")


def test_an_engine_that_joins_chains_keeps_to_their_rate():
    gain, blend = registry()["gain"], registry()["blend"]
    joins = Unit(blend, Payload(ints=(0, 0, 0), rate=44_100))
    with pytest.raises(RigError, match="engine blend: one that joins two chains runs at their rate, 48000 Hz; it asks"):
        Chain([Unit(gain, branch="a"), Unit(gain, branch="b"), joins], RATE)


def test_a_knob_may_be_chosen_by_a_word(foreign, rng):
    engine = foreign("clip")
    gain, shape = engine.params
    assert gain.choices == () and (gain.curve, gain.step) == ("by ratio", 0.25)
    assert (shape.choices, shape.minimum, shape.maximum, shape.initial) == (("off", "soft", "hard"), 0, 2, 1)
    x = rng.normal(0, 1, 64).astype(np.float32)
    for word, right in (("off", 2 * x), ("soft", np.tanh(2 * x)), ("hard", np.clip(2 * x, -1, 1))):
        played = Chain([Unit(engine, params={"gain": 2.0, "shape": shape.choices.index(word)})], RATE).process(x)
        assert np.allclose(played, right, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("most", "'off|soft|hard'; their values are 0 to 2 and one of them at first, not 0 to 3, at first 1"),
        ("least", "'off|soft|hard'; their values are 0 to 2 and one of them at first, not -1 to 2, at first 1"),
        ("initial", "'off|soft|hard'; their values are 0 to 2 and one of them at first, not 0 to 2, at first 0.5"),
        ("words", "'off||off'; they must be two words or more, each another one"),
        ("number", "'off'; they must be two words or more, each another one"),
    ],
)
def test_choices_that_are_no_values_are_refused(foreign, name, message):
    with pytest.raises(RigError) as caught:
        foreign(name)
    assert str(caught.value) == f"engine '{name}', shape: its choices are {message}"


def test_the_choices_of_a_setting_are_held_to_the_same():
    setting = Setting("side", "", "", 0, 2, 0, choices=("left", "right"))
    with pytest.raises(RigError, match=r"engine 'gain', side: its choices are 'left\|right'; their values are 0 to 1"):
        native.engine("gain", settings=(setting,))


def test_an_engine_built_for_an_older_rig_is_refused_in_one_line(foreign):
    with pytest.raises(RigError) as caught:
        foreign("old")
    line = r"engine 'old' was built for ABI \d+, this rig has \d+: rebuild its package"
    assert re.fullmatch(line, str(caught.value))
