"""What a slow wave, a pedal or the playing moves: phaser, flanger, wah; and how all that wavers keeps the song's time."""

from __future__ import annotations

import numpy as np
import pytest

from rig.engine import Payload, registry
from rig.native import Chain, Unit

RATE = 48_000
STAGES = (4, 6, 8, 10, 12)


def made(name: str, channels: int = 2, sample_rate: int = RATE, through: bool = False, **params: float) -> Chain:
    engine = registry()[name]
    payload = engine.load({}, {"through": 1.0}, sample_rate) if through else Payload()
    return Chain([Unit(engine, payload, params)], sample_rate, channels=channels)


def choice(name: str, knob: str, word: str) -> float:
    param = registry()[name].param(knob)
    assert param
    return float(param.choices.index(word))


def sine(hz: float, seconds: float, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def impulse(frames: int, channels: int = 2) -> np.ndarray:
    x = np.zeros((channels, frames), np.float32)
    x[:, 0] = 1.0
    return x


def at(h: np.ndarray, hz: np.ndarray, rate: int = RATE) -> np.ndarray:
    """What a response does to some tones: complex."""
    return np.exp(-2j * np.pi / rate * np.outer(hz, np.arange(len(h)))) @ h.astype(float)


# --- the phaser ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("stages", STAGES)
def test_phaser_notches_lie_where_the_all_passes_turn_the_sound_over(stages, rate):
    """N first-order all-passes at fc are at half a turn where tan(pi f / rate) = tan(pi fc / rate) tan((2k + 1) pi / 2N)."""
    params = {"centre": 700.0, "depth": 0.0, "stages": float(STAGES.index(stages)), "mix": 0.5}
    odd = (2 * np.arange(stages // 2) + 1) * np.pi / 2 / stages
    notches = rate / np.pi * np.arctan(np.tan(np.pi * 700 / rate) * np.tan(odd))
    for feedback in (-0.5, 0.0, 0.5, 0.9):
        h = made("phaser", sample_rate=rate, **params, feedback=feedback).process(impulse(rate // 2))[0]
        assert np.abs(at(h, notches, rate)).max() < 1e-3, "feedback leaves them where they are"
        between = np.sqrt(notches[1:] * notches[:-1])
        assert np.abs(at(h, between, rate)).min() > 0.3


@pytest.mark.parametrize("feedback", [-0.9, 0.0, 0.3, 0.9])
def test_phaser_is_what_the_formula_says(feedback):
    h = made("phaser", depth=0.0, feedback=feedback, mix=0.5).process(impulse(RATE // 5))[0]
    hz = np.geomspace(30, 20_000, 40)
    t = np.tan(np.pi * 700 / RATE)
    a, late = (t - 1) / (t + 1), np.exp(-2j * np.pi * hz / RATE)
    row = ((a + late) / (1 + a * late)) ** 4
    wanted = (1 + (row - feedback) / (1 - feedback * row)) / np.sqrt(2 - 2 * feedback)
    assert np.abs(at(h, hz) - wanted).max() < 1e-3
    vibrato = made("phaser", depth=0.0, feedback=feedback, mix=1.0).process(impulse(RATE // 5))[0]
    assert np.abs(at(vibrato, hz)) == pytest.approx(1.0, abs=1e-3), "without the guitar no tone is louder"


def test_phaser_notches_go_up_and_down_as_often_as_it_says():
    """One that stands on a tone in the middle of its way meets it twice in each turn."""
    tone = 700 * np.tan(np.pi / 8)
    y = made("phaser", rate=2.0, feedback=0.0, spread=0.0).process(np.stack([sine(tone, 1.2)] * 2))[0]
    size = RATE // 200
    loud = np.abs(y[: len(y) // size * size]).reshape(-1, size).max(axis=1)
    dips = [i for i in range(5, len(loud) - 5) if loud[i] == loud[i - 5 : i + 6].min() and loud[i] < 0.1]
    assert np.array(dips) / 200 == pytest.approx([0.25, 0.5, 0.75, 1.0], abs=0.01)


def test_another_number_of_stages_is_faded_to():
    x = np.stack([sine(330, 1.0)] * 2)
    knob = registry()["phaser"].params.index(registry()["phaser"].param("stages"))
    chain, always = made("phaser"), made("phaser", stages=4.0).process(x)
    first = chain.process(x[:, : RATE // 4])
    chain.set(0, knob, 2.0)
    chain.process(x[:, RATE // 4 : RATE // 4 + 64])
    chain.set(0, knob, 4.0)  # while it fades to 8 it is to be 12
    y = np.hstack([first, x[:, RATE // 4 : RATE // 4 + 64], chain.process(x[:, RATE // 4 + 64 :])])
    assert np.allclose(y[:, RATE // 2 :], always[:, RATE // 2 :], atol=1e-4)


# --- the flanger --------------------------------------------------------------------------------------------------


def test_flanger_is_a_comb_whose_teeth_its_delay_places():
    params = {"delay": 2.0, "depth": 0.0, "feedback": 0.0, "mix": 0.5}
    teeth = (2 * np.arange(4) + 1) / (2 * 0.002)
    plain, inverted = (made("flanger", **params, invert=float(i)).process(impulse(RATE // 5))[0] for i in (0, 1))
    assert np.abs(at(plain, teeth)).max() < 0.01 and np.abs(at(inverted, teeth - 250)).max() < 0.01
    assert np.abs(at(plain, teeth - 250)).min() > 1.41 and np.abs(at(inverted, teeth)).min() > 1.41


@pytest.mark.parametrize("feedback", [-0.8, 0.6])
def test_flanger_feeds_its_copy_back_either_way(feedback):
    h = made("flanger", delay=5.0, depth=0.0, feedback=feedback, mix=1.0).process(impulse(RATE // 10))[0]
    heard = [float(h[240 * n]) for n in range(1, 5)]
    assert heard == pytest.approx([np.sqrt(1 - feedback**2) * feedback**n for n in range(4)], rel=1e-3)
    assert not h[:240].any()


def test_flanger_goes_as_far_and_as_often_as_it_says():
    x = np.zeros((2, 2 * RATE), np.float32)
    x[:, ::1200] = 1.0
    y = made("flanger", delay=1.0, depth=6.0, rate=1.0, feedback=0.0, mix=1.0, spread=1.0).process(x)
    late = np.abs(y).reshape(2, -1, 1200).argmax(axis=2) / 48
    heard = np.arange(late.shape[1]) * 1200 / RATE + late / 1000
    assert late[0] == pytest.approx(4 + 3 * np.sin(2 * np.pi * heard[0]), abs=0.05)
    assert late[1] == pytest.approx(4 - 3 * np.sin(2 * np.pi * heard[1]), abs=0.05), "the other side goes against it"


def test_flanger_goes_through_zero(rng):
    """Where the guitar waits, a copy that is turned over cancels it as it overtakes it, twice in each turn."""
    noise = rng.normal(0, 0.2, 2 * RATE).astype(np.float32)
    params = {"rate": 1.0, "depth": 4.0, "feedback": 0.0, "mix": 0.5, "spread": 0.0, "invert": 1.0}
    y = made("flanger", through=True, **params).process(np.stack([noise] * 2))[0]
    loud = np.sqrt((y.reshape(-1, 12) ** 2).mean(axis=1))
    crossings = [2000, 4000, 6000]  # of 4000 in a second
    assert all(loud[i - 2 : i + 2].min() < 0.1 * loud.mean() for i in crossings)
    assert all(loud[i + 700 : i + 1300].min() > 0.3 * loud.mean() for i in crossings[:2])


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("knobs", [{}, {"depth": 10.0, "delay": 10.0}])
def test_flanger_waits_as_long_as_it_says_whatever_its_knobs(rate, knobs):
    chain = made("flanger", sample_rate=rate, through=True, mix=0.0, **knobs)
    assert chain.latency == pytest.approx(0.005 * rate, abs=4)
    assert int(np.argmax(chain.process(impulse(rate // 10))[0])) == chain.latency
    assert made("flanger", sample_rate=rate, **knobs).latency == 0


# --- the wah ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("position", [0.0, 0.3, 0.7, 1.0])
def test_wah_resonates_where_and_as_sharply_as_the_pedal_stands(position, rate):
    hz = np.fft.rfftfreq(1 << 18, 1 / rate)
    h = made("wah", 1, rate, position=position).process(impulse(rate // 2, 1)[0])
    gain = np.abs(np.fft.rfft(h, 1 << 18))
    peak = hz[gain.argmax()]
    assert peak == pytest.approx(450 * (2200 / 450) ** position, rel=0.01)
    band = hz[gain > gain.max() / np.sqrt(2)]
    assert peak / (band[-1] - band[0]) == pytest.approx(2 ** (3 - 2 * position), rel=0.03)
    sharper = made("wah", 1, rate, position=position, resonance=2.0).process(impulse(rate // 2, 1)[0])
    gains = np.abs(np.fft.rfft(sharper, 1 << 18))
    assert gains.max() == pytest.approx(gain.max(), rel=0.02), "sharper is no louder"
    assert np.sum(gains > gains.max() / np.sqrt(2)) < 0.6 * len(band)


def test_a_pedal_that_moves_in_coarse_steps_makes_no_click():
    x = sine(220, 2.0)
    chain, out = made("wah", 1, position=0.0), []
    for i in range(0, len(x), 64):
        chain.set(0, 0, (i // 2400 % 9) / 8)  # a step each 50 ms, and back from the toe to the heel at once
        out.append(chain.process(x[i : i + 64]))
    y = np.concatenate(out)[RATE // 10 :]
    spectrum = np.abs(np.fft.rfft(y * np.blackman(len(y))))
    hz = np.fft.rfftfreq(len(y), 1 / RATE)
    assert spectrum[hz > 2000].max() < 1e-4 * spectrum.max()


@pytest.mark.parametrize(("follow", "start", "goes_to"), [("up", 0.2, 1.0), ("down", 0.8, 0.0)])
def test_wah_follows_how_hard_one_plays(follow, start, goes_to):
    """It hears what came into the rack: there a steady 0.1, then nothing; a tone beside it says where the pedal is."""
    params = {"position": start, "sense": 20.0, "attack": 1.0, "release": 300.0}
    tone = sine(1000, 2.0, 0.01)
    key = np.r_[np.full(RATE, 0.1), np.zeros(RATE)].astype(np.float32)
    y = made("wah", 1, **params, follow=choice("wah", "follow", follow)).process(tone, key)

    def loud(signal: np.ndarray, second: float) -> float:
        return float(np.std(signal[int((second - 0.01) * RATE) : int((second + 0.01) * RATE)]))

    for second, level in ((0.9, np.tanh(1.0)), (1.15, np.tanh(1.0) * np.exp(-0.5)), (1.3, np.tanh(1.0) * np.exp(-1.0))):
        stands = made("wah", 1, position=start + level * (goes_to - start)).process(tone)
        assert loud(y, second) == pytest.approx(loud(stands, second), rel=0.03)


def test_wah_moves_both_sides_alike(rng):
    x = rng.normal(0, 0.2, (2, RATE // 2)).astype(np.float32)
    both = made("wah", follow=1.0).process(x)
    alone = made("wah", 1, follow=1.0).process(x[1], x[0])
    assert np.array_equal(both[1], alone)


# --- all that wavers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["phaser", "flanger"])
def test_spread_makes_two_sides_of_one(name, rng):
    x = np.stack([rng.normal(0, 0.1, RATE).astype(np.float32)] * 2)
    assert made(name, 1).channels == 2
    left, right = made(name, spread=0.0).process(x)
    assert np.array_equal(left, right)
    left, right = made(name, spread=1.0).process(x)
    assert np.corrcoef(left, right)[0, 1] < 0.95


@pytest.mark.parametrize("name", ["phaser", "flanger"])
@pytest.mark.parametrize("feedback", [-0.9, 0.0, 0.5, 0.9])
def test_what_is_fed_back_makes_it_little_louder(name, feedback, rng):
    """Of pink noise; by itself a feedback of 0.9 would add 7 dB, and 20 where it rings."""
    spectrum = np.fft.rfft(rng.normal(0, 1, (2, 4 * RATE))) / np.sqrt(np.maximum(80, np.arange(2 * RATE + 1)))
    pink = np.fft.irfft(spectrum).astype(np.float32)
    for mix in (0.3, 0.5, 1.0):
        y = made(name, feedback=feedback, mix=mix).process(pink)
        assert abs(20 * np.log10(np.std(y) / np.std(pink))) < 5.0


@pytest.mark.parametrize("name", ["phaser", "flanger", "wah"])
def test_no_setting_makes_it_run_away_and_it_forgets_when_it_says(name, rng):
    engine = registry()[name]
    x = rng.uniform(-1, 1, (2, RATE)).astype(np.float32)
    chain = made(name, **({"feedback": 0.9} if name != "wah" else {"resonance": 3.0}))
    loudest = 0.0
    for i in range(0, RATE, 64):
        for k, param in enumerate(engine.params):
            if rng.random() < 0.1 and param.name not in ("note", "mix"):
                ends = (param.minimum, param.maximum)
                chain.set(0, k, float(rng.choice(ends) if rng.random() < 0.5 else rng.uniform(*ends)))
        loudest = max(loudest, float(np.abs(chain.process(x[:, i : i + 64])).max()))
    assert loudest < 12.0
    chain.process(np.zeros((2, chain.memory + RATE // 5), np.float32))
    assert np.abs(chain.process(np.zeros((2, 64), np.float32))).max() < 1e-3 * loudest


@pytest.mark.parametrize("name", ["chorus", "flanger", "phaser", "tremolo"])
def test_a_note_is_as_often_as_the_songs_tempo_says(name):
    x = np.stack([sine(330, 1.0)] * 2)
    free = made(name, rate=1.5).process(x)
    in_time = made(name, rate=9.0, note=choice(name, "note", "1/4")).process(x, tempo=90.0)
    assert np.allclose(free, in_time, atol=1e-3)
    slow = made(name, note=choice(name, "note", "2/1")).process(x, tempo=240.0)
    assert np.allclose(slow, made(name, rate=0.5).process(x), atol=1e-3)


@pytest.mark.parametrize("name", ["chorus", "flanger", "phaser", "tremolo"])
def test_another_note_is_glided_to_and_then_in_step_with_the_song(name):
    x = np.stack([sine(330, 2.0)] * 2)
    knob = registry()[name].params.index(registry()[name].param("note"))
    half, quarter = (choice(name, "note", word) for word in ("1/2", "1/4"))
    chain, always = made(name, note=half), made(name, note=quarter)
    first = chain.process(x[:, : RATE // 3])
    chain.set(0, knob, quarter)
    y = np.hstack([first, chain.process(x[:, RATE // 3 :])])
    wanted = always.process(x)
    bend = np.abs(np.diff(y, 2))[:, RATE // 4 :].max()
    assert bend < 2.0 * np.abs(np.diff(wanted, 2))[:, RATE // 4 :].max(), "no step in it"
    assert np.allclose(y[:, RATE:], wanted[:, RATE:], atol=2e-3)


@pytest.mark.parametrize("name", ["chorus", "flanger", "phaser", "tremolo", "wah"])
@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_in_stereo_and_in_time_the_size_of_a_block_changes_nothing_either(name, rate, rng):
    x = rng.normal(0, 0.3, (2, 4000)).astype(np.float32)
    in_time = {"note": choice(name, "note", "1/16")} if name != "wah" else {"follow": 1.0}
    whole = made(name, sample_rate=rate, **in_time).process(x, tempo=93.0)
    for block in (1, 64, 100):
        chain = made(name, sample_rate=rate, **in_time)
        parts = [chain.process(x[:, at : at + block], tempo=93.0) for at in range(0, 4000, block)]
        assert np.abs(np.hstack(parts) - whole).max() < 1e-6
