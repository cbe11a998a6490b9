"""pitch: that it shifts by what it says, keeps chords together, and is as late as it says."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from test_blend import blend

from rig.cli import main
from rig.engine import Payload, registry
from rig.native import Chain, Unit

RATE = 48_000
LATE = 288  # frames: 6 ms
E2 = 82.41


def unit(semitones: float, mix: float = 1.0, align: bool = True, branch: str = "") -> Unit:
    params = {"semitones": semitones, "mix": mix}
    return Unit(registry()["pitch"], Payload(ints=(int(align),)), params, branch=branch)


def chain(semitones: float, mix: float = 1.0, rate: int = RATE, align: bool = True, channels: int = 1) -> Chain:
    return Chain([unit(semitones, mix, align)], rate, channels=channels)


def strings(notes: Sequence[float], seconds: float, rate: int = RATE, ratio: float = 1.0) -> np.ndarray:
    """Notes, each of ten partials, as loud as a guitar: (frames,) float32. ratio: they are shifted by, beforehand."""
    t = np.arange(round(seconds * rate)) / rate
    sound = sum(
        np.sin(2 * np.pi * hz * n * ratio * t + n * n + hz) / n
        for hz in notes
        for n in range(1, 11)
        if hz * n * ratio < 0.4 * rate
    )
    return (0.1 * sound).astype(np.float32)


def ratio(semitones: float) -> float:
    return 2 ** (semitones / 12)


def spectrum(y: np.ndarray) -> np.ndarray:
    """Of the last second, at every Hz: what lies 3 Hz beside a partial is 90 dB softer."""
    y = y[-RATE:].astype(np.float64)
    x = 2 * np.pi * np.arange(RATE) / RATE
    return np.abs(np.fft.rfft(y * (0.35875 - 0.48829 * np.cos(x) + 0.14128 * np.cos(2 * x) - 0.01168 * np.cos(3 * x))))


def cents(y: np.ndarray, hz: float) -> float:
    """By how much a partial is beside `hz`: by the turn of its phase in a second and a half."""
    z = y * np.exp(-2j * np.pi * hz * np.arange(len(y)) / RATE)
    width = RATE // 2
    window = np.hanning(width)
    turns = [np.angle(np.dot(z[at : at + width], window)) for at in range(RATE // 2, len(y) - width, RATE // 20)]
    slope = np.polyfit(np.arange(len(turns)) / 20, np.unwrap(turns), 1)[0] / (2 * np.pi)
    return float(1200 * np.log2(1 + slope / hz))


# ---- what it plays


@pytest.mark.parametrize("semitones", [-24, -12, -2, 0.5, 7, 24])
@pytest.mark.parametrize("hz", [E2, 196.0, 659.3], ids=["E2", "G3", "E5"])
def test_a_note_is_shifted_to_the_cent(hz, semitones):
    y = chain(semitones).process(strings([hz], 2.5))
    assert abs(cents(y, hz * ratio(semitones))) < 1.0


@pytest.mark.parametrize("semitones", [-12, -2, 7])
def test_a_note_has_its_partials_and_no_others(semitones):
    power = spectrum(chain(semitones).process(strings([E2], 2.0))) ** 2
    partials = np.array([E2 * n * ratio(semitones) for n in range(1, 11)])
    wanted = np.abs(np.arange(len(power))[:, None] - partials).min(axis=1) < 5
    assert 10 * np.log10(power[~wanted].sum() / power[wanted].sum()) < -50


@pytest.mark.parametrize(("semitones", "least"), [(-1, 20), (-2, 20), (-5, 15), (-12, 12), (12, 10)])
@pytest.mark.parametrize("notes", [(0, 7, 12), (0, 7, 12, 16, 19, 24)], ids=["power", "major"])
def test_a_chord_keeps_its_partials(notes, semitones, least):
    """Tempered, a chord has no period: it leaps by what is nearest to one."""
    hz = [E2 * ratio(note) for note in notes]
    power = spectrum(chain(semitones).process(strings(hz, 3.0))) ** 2
    partials = np.array([each * n * ratio(semitones) for each in hz for n in range(1, 11)])
    wanted = np.abs(np.arange(len(power))[:, None] - partials).min(axis=1) < 5
    assert 10 * np.log10(power[wanted].sum() / power[~wanted].sum()) > least
    for each in hz:
        assert abs(cents(chain(semitones).process(strings([each], 2.5)), each * ratio(semitones))) < 1.0


@pytest.mark.parametrize("semitones", [-12, -2, 12])
def test_a_note_stays_as_loud(semitones):
    y = chain(semitones).process(strings([110.0], 2.0))[RATE:]
    loud = np.sqrt(np.mean(y.astype(np.float64).reshape(20, -1) ** 2, axis=1))  # over 50 ms
    expected = np.sqrt(np.mean(strings([110.0], 1.0, ratio=ratio(semitones)).astype(np.float64) ** 2))
    assert np.abs(20 * np.log10(loud / expected)).max() < 0.5


def test_cents_come_on_top():
    x = strings([196.0], 2.5)
    made = Chain([Unit(registry()["pitch"], Payload(ints=(1,)), {"semitones": -2.0, "cents": 30.0})], RATE)
    assert abs(cents(made.process(x), 196.0 * ratio(-1.7))) < 1.0
    most = Chain([Unit(registry()["pitch"], Payload(ints=(1,)), {"semitones": 24.0, "cents": 100.0})], RATE)
    assert np.array_equal(most.process(x), chain(24).process(x))


def test_what_would_fold_is_left_out():
    t = np.arange(RATE) / RATE
    y = chain(12).process((0.3 * np.sin(2 * np.pi * 15_000 * t)).astype(np.float32))
    assert np.sqrt(np.mean(y[RATE // 2 :] ** 2)) < 10 ** (-40 / 20) * 0.3 / np.sqrt(2)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_not_shifted_it_is_the_guitar_later_bit_for_bit(rng, rate):
    x = rng.normal(0, 0.2, rate // 2).astype(np.float32)
    made = chain(0, rate=rate)
    late = made.latency
    assert late == pytest.approx(0.006 * rate, abs=1)
    assert np.array_equal(made.process(x)[late:], x[:-late])


# ---- when


@pytest.mark.parametrize("before", [0.0, 1.0], ids=["silence", "a chord"])
@pytest.mark.parametrize(
    ("semitones", "rate"),
    [(-2, 44_100), (-12, 96_000), (7, 96_000), *((semitones, RATE) for semitones in (-12, -5, -2, -1, 1, 5, 7, 12))],
)
def test_what_is_struck_is_as_late_as_it_says(semitones, before, rate):
    """Where the sound reaches a third of what it comes to, against the same note shifted beforehand."""
    at = rate // 2
    made = chain(semitones, rate=rate)

    def struck(shift: float) -> np.ndarray:
        sound = 0.2 * before * strings([110.0, 164.8, 277.2], 1.0, rate, shift)
        sound[at:] += strings([146.8, 220.0, 293.7], 0.5, rate, shift)
        return sound

    def begins(y: np.ndarray) -> int:
        power = np.convolve(y.astype(np.float64) ** 2, np.ones(rate // 500), "valid")
        return int(np.argmax(power[at - rate // 100 :] > 0.33 * np.median(power[at + rate // 50 : at + rate // 5])))

    heard, expected = begins(made.process(struck(1.0))), begins(struck(ratio(semitones)))
    assert abs(heard - expected - made.latency) <= 0.0015 * rate


def test_nothing_is_heard_twice_of_what_is_struck():
    """Lower, a click comes once; higher, there is more to be played than has come."""
    for semitones in (-12, -2):
        x = np.zeros(RATE, np.float32)
        x[RATE // 2 : RATE // 2 + 24] = 0.5
        y = np.abs(chain(semitones).process(x))
        loud = np.flatnonzero(y > 0.1)
        assert np.ptp(loud) < 240, semitones


def test_it_falls_silent_when_the_playing_stops():
    x = strings([E2], 1.0)
    x[RATE // 2 :] = 0.0
    y = chain(-12).process(x)
    assert np.abs(y[RATE // 2 + RATE // 25 :]).max() < 1e-4  # within 40 ms


# ---- the guitar beside it


def test_the_guitar_in_the_mix_waits_unless_it_is_told_not_to(rng):
    x = rng.normal(0, 0.2, 4000).astype(np.float32)
    assert np.array_equal(chain(-12, mix=0.0).process(x)[LATE:], x[:-LATE])
    assert np.array_equal(chain(-12, mix=0.0, align=False).process(x), x)
    assert np.allclose(chain(0, mix=0.5).process(x)[LATE:], 2 * x[:-LATE], atol=1e-6)


def test_a_blend_lets_the_other_branch_wait(rng):
    x = rng.normal(0, 0.2, 4000).astype(np.float32)
    units = blend(unit(0, branch="a"), Unit(registry()["gain"], branch="b"))
    made = Chain(units, RATE)
    assert made.latency == LATE
    assert np.allclose(made.process(x)[LATE:], x[:-LATE], atol=1e-6)
    assert units[-1].payload.about == f"b waits {LATE} frames"


def test_what_time_an_engine_takes_is_said():
    made = chain(-2)
    assert (made.latency, made.late(0), made.about(0)) == (LATE, LATE, "6.0 ms late")
    made.switch(0, False)
    assert (made.latency, made.late(0)) == (0, LATE)


def test_an_engine_at_a_rate_of_its_own_is_as_late_in_seconds():
    half = Chain([Unit(registry()["pitch"], Payload(ints=(1,), rate=24_000), {"semitones": 0.0})], RATE)
    wire = Chain([Unit(registry()["gain"], Payload(rate=24_000))], RATE)
    assert half.latency == wire.latency + LATE


# ---- how it behaves


def test_both_sides_leap_together():
    """What is alike on both sides stays so, however they differ in level."""
    x = strings([110.0, 138.6, 164.8], 1.0)
    left, right = chain(-3, channels=2).process(np.stack([x, -0.5 * x]))
    assert np.allclose(right, -0.5 * left, atol=1e-6)
    assert np.abs(left).max() > 0.1


@pytest.mark.parametrize("semitones", [-12, -2, 7, 24])
def test_the_size_of_a_block_and_a_reset_change_nothing(rng, semitones):
    x = strings([110.0, 138.6], 0.4) + rng.normal(0, 1e-3, round(0.4 * RATE)).astype(np.float32)
    made = chain(semitones)
    whole = made.process(x)
    made.reset()
    sizes = iter(rng.integers(1, 65, len(x)))
    pieces, at = [], 0
    while at < len(x):
        size = int(next(sizes))
        pieces.append(made.process(x[at : at + size]))
        at += size
    assert np.array_equal(np.concatenate(pieces), whole)


def test_turned_at_random_it_does_not_click(rng):
    """A low sine has no step of its own; nor has what comes of it, at any shift."""
    t = np.arange(2 * RATE) / RATE
    x = (0.3 * np.sin(2 * np.pi * 200 * t)).astype(np.float32)
    made = chain(0)
    y = []
    for at in range(0, len(x), 64):
        if at % 256 == 0:
            made.set(0, 0, float(rng.uniform(-24, 24)))
        y.append(made.process(x[at : at + 64]))
    bend = np.diff(np.concatenate(y).astype(np.float64), 2)
    assert np.abs(bend).max() < 3 * 0.3 * (2 * np.pi * 200 * 4 / RATE) ** 2  # of the sine at its quickest
    assert np.abs(np.concatenate(y)).max() < 0.6


def test_turned_back_to_nothing_it_stands_where_it_did(rng):
    made = chain(0)
    x = rng.normal(0, 0.2, 3 * RATE).astype(np.float32)
    for at, semitones in ((0, -7.0), (RATE, 5.0), (2 * RATE, 0.0)):
        made.set(0, 0, semitones)
        y = made.process(x[at : at + RATE])
    assert np.array_equal(y[-RATE // 2 :], x[-RATE // 2 - LATE : -LATE])


def test_check_says_how_late_an_amp_is(tmp_path, capsys):
    preset = tmp_path / "late.toml"
    preset.write_text(
        '[input]\nchain = [{ engine = "pitch", semitones = -1 }]\n'
        '[[amp]]\nname = "Once"\nchain = []\n[[amp]]\nname = "Twice"\nchain = [{ engine = "pitch", cents = 5 }]\n'
    )
    assert main(["check", "--json", str(preset)]) == 0
    (checked,) = json.loads(capsys.readouterr().out)["presets"]
    assert [amp["latency_ms"] for amp in checked["amps"]] == [6.0, 12.0]
    assert checked["input"][0]["about"] == "6.0 ms late"
    assert main(["check", str(preset)]) == 0
    said = capsys.readouterr().out
    assert "pitch 6.0 ms late, semitones -1" in said and "12.0 ms late" in said
