"""Cabinets: responses of any length, stereo ones, two in one, and what is not a part of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from rig import native
from rig.engine import Payload, registry
from rig.native import BLOCK, Chain, Rack, Unit

RATE = 48_000
CAB = registry()["cab"]
SIZES = (64, 1, 37, 64, 5, 48, 16)


def cab(*responses: np.ndarray, ints: tuple[int, ...] = (), channels: int | None = None, **params: float) -> Chain:
    """A chain of it. responses: channels of taps, as its C expects them."""
    return Chain([Unit(CAB, Payload(responses, ints, channels=channels), params)], RATE)


def pair(one: np.ndarray, two: np.ndarray, **params: float) -> Chain:
    """Two mono responses in one."""
    return cab(one, two, ints=(1, 1), channels=2, **params)


def room(rng: np.random.Generator, taps: int) -> np.ndarray:
    return (rng.normal(0, 1, taps) * np.exp(-4 * np.arange(taps) / taps)).astype(np.float32)


def convolved(x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """In float64, the first len(x) frames."""
    size = 1 << (len(x) + len(h) - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(x.astype(np.float64), size) * np.fft.rfft(h.astype(np.float64), size))[: len(x)]


def in_blocks(made: Chain, x: np.ndarray, sizes: tuple[int, ...] = SIZES) -> np.ndarray:
    out, at, i = [], 0, 0
    while at < x.shape[-1]:
        out.append(made.process(x[..., at : at + sizes[i % len(sizes)]]))
        at, i = at + sizes[i % len(sizes)], i + 1
    return np.concatenate(out, axis=-1)


# ---- any length


@pytest.mark.parametrize("taps", [384, 385, 448, 449, 2048, 2049, 4100, 5000, 36_000])
def test_it_is_the_convolution_however_long_it_is(rng, taps):
    h, x = room(rng, taps), rng.normal(0, 0.3, 40_000).astype(np.float32)
    exact = convolved(x, h)
    for name in native.isas():
        native.use_isa(name)
        y = cab(h).process(x)
        assert np.abs(y - exact).max() < 2e-6 * np.abs(exact).max(), name
    native.use_isa(native.isas()[0])


@pytest.mark.parametrize("taps", [200, 3000, 36_000])
def test_the_size_of_a_block_changes_no_bit(rng, taps):
    h, x = room(rng, taps), rng.normal(0, 0.3, 6000).astype(np.float32)
    assert np.array_equal(in_blocks(cab(h), x), cab(h).process(x))


def test_each_tap_comes_at_once_and_at_its_time(rng):
    """In all three sections and where one goes over into the next, from any place in a block."""
    h = room(rng, 50_000)
    for at in (0, 1, 63, 100):
        x = np.zeros(len(h) + at, np.float32)
        x[at] = 1.0
        assert np.abs(in_blocks(cab(h), x, (64, 64, 50))[at:] - h).max() < 1e-6 * np.abs(h).max()


def test_ten_seconds_are_played_to_the_end(rng):
    h = room(rng, 10 * RATE)
    x = np.zeros(len(h) + 1000, np.float32)
    x[0] = 1.0
    y = cab(h).process(x)
    assert np.abs(y[: len(h)] - h).max() < 1e-6 * np.abs(h).max()
    assert np.abs(y[len(h) :]).max() < 1e-6 * np.abs(h).max()


def test_after_its_tail_it_is_silent_to_the_last_bit(rng):
    made = cab(room(rng, 9000))
    made.process(rng.normal(0, 0.3, 20_000).astype(np.float32))
    rest = made.process(np.zeros(9000 + 2 * 2048, np.float32))
    assert np.abs(rest[:1000]).max() > 0.1 and not rest[9000 + 2048 :].any()


def test_begun_anew_it_remembers_nothing(rng):
    h, x = room(rng, 40_000), rng.normal(0, 0.3, 5000).astype(np.float32)
    made, fresh = cab(h), cab(h).process(x)
    made.process(rng.normal(0, 0.3, 70_000).astype(np.float32))
    made.reset()
    assert np.array_equal(made.process(x), fresh)
    broken = np.full(100, np.nan, np.float32)
    made.process(broken)
    assert made.faults[0], "the guard has let it begin anew"
    made.process(np.zeros(RATE, np.float32))
    made.reset()
    assert np.array_equal(made.process(x), fresh)


# ---- what is long rings on


def test_what_the_history_need_not_hold_rings_on(rng):
    assert cab(room(rng, 8192)).memory == 8191
    assert cab(room(rng, 8193)).memory == 0


def rack(*amps: Chain) -> Rack:
    made = Rack(RATE)
    for slot, amp in enumerate(amps):
        amp.prewarm()
        made.offer("amp", slot, amp)
    made.limit(False)
    made.begin(open=True)
    return made


@pytest.mark.parametrize("taps", [2000, RATE])
def test_a_switch_leaves_a_long_one_ringing_as_if_nothing_had_been_switched(rng, taps):
    h = room(rng, taps)
    x = np.zeros(RATE, np.float32)
    x[5] = 1.0
    head = RATE // 20 // BLOCK * BLOCK
    made, never = rack(cab(h), cab(np.array([0.5], np.float32))), rack(cab(h))
    assert np.array_equal(made.process(x[:head])[0], never.process(x[:head])[0])
    made.play(1)
    after, wanted = made.process(x[head:])[0], never.process(x[head:])[0]
    if taps == RATE:
        assert np.abs(wanted).max() > 0.05
        assert np.abs(after - wanted).max() < 1e-3 * np.abs(wanted).max()
    else:
        assert not after[RATE // 50 :].any(), "a cabinet is a part of the amp's sound, and goes with it"


def test_an_amp_with_a_cabinet_comes_as_if_it_had_always_run(rng):
    x = rng.normal(0, 0.2, RATE).astype(np.float32)
    h = room(rng, 5000)
    made = rack(cab(np.array([0.5], np.float32)), cab(h))
    made.process(x[: RATE // 2])
    made.play(1)
    after = made.process(x[RATE // 2 :])[0]
    settled = made.meters().fade_frame - RATE // 2 + RATE // 100
    assert settled < RATE // 4
    exact = convolved(x, h)[RATE // 2 :]
    assert np.abs(after - exact)[settled:].max() < 3e-6 * np.abs(exact).max()


# ---- two channels


IR = np.r_[0.9, -0.5, 0.3, np.geomspace(0.1, 1e-3, 500)]
OTHER = np.r_[0.2, 0.7, -0.4, np.geomspace(0.1, 1e-3, 400), np.zeros(100)]


def written(path: Path, *channels: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, np.stack(channels, 1), rate, subtype="FLOAT")
    return path


def load(rate: int = RATE, align: bool = False, **files: Path) -> Payload:
    return CAB.load(files, {"align": align}, rate)


def test_a_stereo_response_makes_two_channels_each_with_its_own(tmp_path, rng):
    found = load(ir=written(tmp_path / "ir.wav", IR, OTHER))
    assert (found.channels, len(found.arrays), found.about) == (2, 2, "ir, 503 taps, stereo")
    balance = [np.linalg.norm(h) for h in found.arrays]
    assert balance[0] / balance[1] == pytest.approx(np.linalg.norm(IR) / np.linalg.norm(OTHER), rel=1e-6)
    assert Chain([Unit(CAB, found)], RATE).channels == 2
    made = Chain([Unit(CAB, found)], RATE, channels=2)
    x = rng.normal(0, 0.3, (2, 2000)).astype(np.float32)
    for side, heard, h in zip(x, made.process(x), found.arrays, strict=True):
        assert np.allclose(heard, convolved(side, h), atol=1e-5)


@pytest.mark.parametrize(
    ("channels", "made"),
    [
        ((IR,), 1),
        ((IR, IR), 1),
        ((IR, 0 * IR), 1),
        ((0 * IR, IR), 1),
        ((IR, OTHER), 2),
        ((IR, OTHER, IR, OTHER), 2),
        ((IR, OTHER, 2 * IR), 2),
    ],
)
def test_how_many_channels_it_makes_is_known_before_it_is_loaded(tmp_path, channels, made):
    path = written(tmp_path / "ir.wav", *channels)
    assert load(ir=path).channels == made
    assert CAB.channels_with
    assert CAB.channels_with({"ir": path}, {"align": 0}) == made
    assert CAB.channels_with({"ir": path, "ir2": path}, {"align": 0}) == 2 == load(ir=path, ir2=path).channels
    assert CAB.channels_with({"ir": tmp_path / "nowhere.wav"}, {"align": 0}) == 1


def test_what_is_left_out_of_many_channels_is_said(tmp_path):
    path = written(tmp_path / "ir.wav", IR, OTHER, 2 * IR)
    assert load(ir=path).about == "ir, 503 taps, stereo, channels 1 and 2 of 3 only"


# ---- two in one


ONE, TWO = np.array([1.0, 0.5], np.float32), np.array([0.25, -0.5, 0.125], np.float32)


def answer(**params: float) -> np.ndarray:
    """Of two short responses, to an impulse: (2, frames)."""
    x = np.zeros((2, 2000), np.float32)
    x[:, 0] = 1.0
    return pair(ONE, TWO, **params).process(x)


def placed(h: np.ndarray, at: int = 0) -> np.ndarray:
    return np.r_[np.zeros(at), h, np.zeros(2000 - at - len(h))]


def test_two_are_mixed_by_level_and_polarity():
    y = answer(level1=-6.0, level2=6.0, polarity2=1.0)
    wanted = 10 ** (-6 / 20) * placed(ONE) - 10 ** (6 / 20) * placed(TWO)
    assert np.allclose(y, wanted, atol=1e-6)
    assert np.array_equal(answer()[0], (placed(ONE) + placed(TWO)).astype(np.float32)), "as they are"


@pytest.mark.parametrize("pan", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_a_pan_moves_one_of_them_and_keeps_its_power(pan):
    left, right = answer(level2=-40.0, pan1=pan) - 10 ** (-40 / 20) * placed(TWO)
    gains = left[0], right[0]
    assert sum(np.square(gains)) == pytest.approx(2.0, abs=1e-5)
    assert gains == pytest.approx((np.sqrt(1 - pan), np.sqrt(1 + pan)), abs=1e-5)


def test_a_delay_is_what_it_says():
    for ms, frames in ((0.02, 1), (1.0, 48), (20.0, 960)):
        assert np.allclose(answer(delay2=ms), placed(ONE) + placed(TWO, frames), atol=1e-6)


def test_two_microphones_stay_as_far_apart_as_they_were_recorded(tmp_path):
    near = written(tmp_path / "near.wav", np.r_[np.zeros(100), IR])
    far = written(tmp_path / "far.wav", np.r_[np.zeros(148), OTHER])
    kept = load(ir=near, ir2=far)
    assert kept.about == "near, 503 taps + far, 403 taps, ir2 begins 1 ms later"
    assert [int(np.flatnonzero(h)[0]) for h in kept.arrays] == [0, 48]
    assert (kept.lead, kept.ints, kept.channels) == (100, (1, 1), 2)
    turned = load(ir=far, ir2=near)
    assert [int(np.flatnonzero(h)[0]) for h in turned.arrays] == [48, 0]
    aligned = load(ir=near, ir2=far, align=True)
    assert [int(np.flatnonzero(h)[0]) for h in aligned.arrays] == [0, 0]
    assert aligned.about.endswith(", aligned")


def test_two_that_begin_too_far_apart_for_one_recording_are_aligned_and_that_is_said(tmp_path):
    near = written(tmp_path / "near.wav", IR)
    other = written(tmp_path / "other.wav", np.r_[np.zeros(RATE // 2), OTHER])
    found = load(ir=near, ir2=other)
    assert found.about.endswith("aligned: ir2 begins 500 ms later, too long for one recording")
    assert [int(np.flatnonzero(h)[0]) for h in found.arrays] == [0, 0]


def test_two_are_about_as_loud_as_one(tmp_path, rng):
    paths = [written(tmp_path / f"{i}.wav", h) for i, h in enumerate((IR, OTHER, IR[::-1].copy(), -IR))]
    x = rng.normal(0, 0.1, RATE).astype(np.float32)

    def loud(**files: Path) -> float:
        y = Chain([Unit(CAB, load(**files))], RATE).process(np.stack([x, x]))
        band = np.abs(np.fft.rfft(y))[:, 80:5000] ** 2 / np.arange(80, 5000)
        return float(10 * np.log10(band.sum() + 1e-9))

    alone = loud(ir=paths[0])
    assert loud(ir=paths[0], ir2=paths[0]) == pytest.approx(alone, abs=0.1), "the same twice"
    assert loud(ir=paths[0], ir2=paths[1]) == pytest.approx(alone, abs=1.5)
    assert loud(ir=paths[0], ir2=paths[3]) < -60 + alone, "what cancels is left to the knob of its polarity"


def test_of_one_response_there_is_nothing_to_mix(tmp_path):
    path = written(tmp_path / "ir.wav", IR)
    assert {"level1", "pan2", "align"} < set(load(ir=path).idle)
    assert load(ir=path, ir2=path).idle == ()


# ---- cuts


def gain_db(hz: float, **params: float) -> float:
    t = np.arange(RATE) / RATE
    x = np.sin(2 * np.pi * hz * t).astype(np.float32)
    y = cab(np.ones(1, np.float32), **params).process(x)
    return float(20 * np.log10(np.std(y[RATE // 2 :]) / np.std(x[RATE // 2 :])))


@pytest.mark.parametrize("hz", [30, 80, 160, 1000])
def test_the_low_cut_is_a_butterworth(hz):
    wanted = -10 * np.log10(1 + (80 / hz) ** 4)
    assert gain_db(hz, lowcut=80.0) == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize("hz", [500, 2000, 4000, 8000])
def test_the_high_cut_is_a_butterworth(hz):
    w = np.tan(np.pi * np.array([hz, 4000]) / RATE)  # the bilinear transform's
    wanted = -10 * np.log10(1 + (w[0] / w[1]) ** 4)
    assert gain_db(hz, highcut=4000.0) == pytest.approx(wanted, abs=0.1)


def test_cuts_that_are_off_change_no_bit(rng):
    x = rng.normal(0, 0.3, 8000).astype(np.float32)
    one = np.ones(1, np.float32)
    assert np.array_equal(cab(one).process(x), x)
    turned = cab(one)
    low, high = (next(i for i, p in enumerate(CAB.params) if p.name == name) for name in ("lowcut", "highcut"))
    turned.set(0, low, 300.0)
    turned.set(0, high, 2000.0)
    assert not np.array_equal(turned.process(x), x)
    turned.set(0, low, CAB.params[low].minimum)
    turned.set(0, high, CAB.params[high].maximum)
    turned.process(np.resize(x, RATE))
    assert np.array_equal(turned.process(x), x), "and when they are turned back there is nothing left of them"


def test_turned_at_random_it_makes_no_click(rng):
    x = (0.3 * np.sin(2 * np.pi * 220 * np.arange(3 * RATE) / RATE)).astype(np.float32)
    soft = np.hanning(40).astype(np.float32) / 20
    made = pair(soft, np.roll(soft, 3))
    out = []
    for at in range(0, len(x), 64):
        for i, param in enumerate(CAB.params):
            if rng.random() < 0.2:
                value = float(rng.uniform(param.minimum, param.maximum))
                made.set(0, i, float(rng.choice([value, param.initial])) if not param.choices else round(value))
        out.append(made.process(np.stack([x, x])[:, at : at + 64]))
    y = np.concatenate(out, axis=1)
    assert np.isfinite(y).all()
    assert np.abs(np.diff(y, 2)).max() < 0.05 * max(1.0, float(np.abs(y).max())), "no step in it"


# ---- what is no part of a response


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_half_a_second_of_hiss_before_it_makes_no_cabinet_hiss(tmp_path, rng, rate):
    hiss, ir = rng.normal(0, 10 ** (-70 / 20), rate // 2), np.convolve(IR, np.hanning(16) / 8)
    found = load(ir=written(tmp_path / "ir.wav", np.r_[hiss, ir], rate=rate))
    clean = load(ir=written(tmp_path / "clean.wav", ir, rate=rate))
    assert found.about == f"ir, {len(found.arrays[0])} taps, hiss before it cut off"
    assert abs(len(found.arrays[0]) - len(clean.arrays[0])) < RATE // 1000
    assert found.lead == pytest.approx(RATE // 2, abs=RATE // 1000)
    spectra = [np.abs(np.fft.rfft(each.arrays[0], 4096)) for each in (found, clean)]
    assert np.abs(spectra[0] - spectra[1]).max() < 0.01 * spectra[1].max()


def test_hum_and_a_click_before_it_are_no_sound(tmp_path, rng):
    hum = 10 ** (-55 / 20) * np.sin(2 * np.pi * 50 * np.arange(12_000) / RATE) + rng.normal(0, 1e-4, 12_000)
    hum[3000] += 0.02
    assert load(ir=written(tmp_path / "ir.wav", np.r_[hum, IR])).lead == 12_000


def test_noise_before_one_channel_takes_nothing_from_the_other(tmp_path, rng):
    early, late = np.r_[np.zeros(100), IR], np.r_[np.zeros(140), OTHER][: len(IR) + 100]
    found = load(ir=written(tmp_path / "ir.wav", early, late))
    assert found.lead == 100
    assert [int(np.flatnonzero(h)[0]) for h in found.arrays] == [0, 40], "their distance is kept"


@pytest.mark.parametrize(("seconds", "noise_db"), [(0.3, -60), (0.3, -50), (1.0, -65)])
def test_hiss_behind_it_is_no_room(tmp_path, rng, seconds, noise_db):
    frames = 3 * RATE
    decay = rng.normal(0, 0.3, frames) * 10 ** (-3 * np.arange(frames) / RATE / seconds)
    decay[0] = 1.0
    path = written(tmp_path / "ir.wav", decay + rng.normal(0, 10 ** (noise_db / 20), frames))
    found = load(ir=path)
    meets = seconds * (-noise_db - 10) / 60 * RATE
    assert 0.8 * meets < len(found.arrays[0]) < 1.4 * meets
    assert found.about.endswith("hiss behind it cut off")


def test_a_room_that_dies_away_is_kept_to_the_end(tmp_path, rng):
    for seconds in (0.5, 2.0, 6.0):
        frames = round(min(seconds, 3.0) * RATE)
        decay = rng.normal(0, 0.3, frames) * 10 ** (-3 * np.arange(frames) / RATE / seconds)
        decay[0] = 1.0
        found = load(ir=written(tmp_path / "ir.wav", decay))
        assert len(found.arrays[0]) == pytest.approx(frames, rel=0.01)
        assert "hiss" not in found.about
