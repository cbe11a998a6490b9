"""Twice and four times the rate: the half-band filters, and what aliases of models and of `drive` then."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
from test_lstm import build, model_of

from rig.document.file import open_preset
from rig.engine import Payload, registry
from rig.engines.model import payload
from rig.errors import RigError
from rig.gig.gain_staging import arranged
from rig.native import Chain, Unit, oversampling
from rig.shipped import PRESETS

RATE = 48_000
TIMES = (1, 2, 4)
HEARD = 18_000  # Hz up to which the filters leave a sound as it is
HZ = 5003.0  # of the sine that aliases: its overtones fold beside each other


@pytest.fixture(scope="module")
def halfband(compiler) -> ctypes.CDLL:
    """csrc/halfband.h."""
    library = ctypes.CDLL(str(compiler.library("halfband")))
    for name in ("halfband_up", "halfband_down"):
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32]
    return library


def run(way, x: np.ndarray, ratio: float, block: int = 64) -> np.ndarray:
    """A signal up or down, `block` frames of the slow rate at a time."""
    out = np.zeros(round(len(x) * ratio), np.float32)
    step = block if ratio > 1 else round(block / ratio)
    for at in range(0, len(x), step):
        part = np.ascontiguousarray(x[at : at + step])
        made = np.zeros(round(len(part) * ratio), np.float32)
        way(part.ctypes.data, made.ctypes.data, min(len(part), len(made)))
        out[round(at * ratio) : round(at * ratio) + len(made)] = made
    return out


def response(halfband: ctypes.CDLL, times: int, up: bool, size: int = 1 << 14) -> tuple[np.ndarray, np.ndarray]:
    """Hz and dB of one way at the fast rate: where a frequency goes to on the way down, where it comes from going up."""
    taps = np.zeros(129 * times)
    halfband.halfband_begin(times)
    if up:
        taps[: 128 * times] = run(halfband.halfband_up, np.eye(1, 128, dtype=np.float32)[0], times) / times
    else:
        for k in range(times):
            halfband.halfband_begin(times)
            y = run(halfband.halfband_down, np.eye(1, 128 * times, k, dtype=np.float32)[0], 1 / times)
            taps[times - k :: times][:128] = y
    return np.fft.rfftfreq(size, 1 / (times * RATE)), 20 * np.log10(np.abs(np.fft.rfft(taps, size)) + 1e-12)


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("times", TIMES[1:])
def test_what_is_heard_stays_and_images_are_98_db_down(halfband, times, up):
    hz, db = response(halfband, times, up)
    folded = np.abs(hz - RATE * np.round(hz / RATE))  # where a frequency lies when the rate is RATE
    assert np.abs(db[hz <= HEARD]).max() < 0.001
    assert db[(folded <= HEARD) & (hz > HEARD)].max() < -98


@pytest.mark.parametrize("times", TIMES)
def test_both_ways_are_late_by_what_is_said_and_of_linear_phase(halfband, times):
    late = halfband.halfband_begin(times)
    up = run(halfband.halfband_up, np.eye(1, 256, 100, dtype=np.float32)[0], times)
    y = run(halfband.halfband_down, up, 1 / times)
    at = 100 + oversampling.LATE[times]
    assert late == oversampling.LATE[times] and np.argmax(np.abs(y)) == at
    assert y[at + 1 : at + 60] == pytest.approx(y[at - 59 : at][::-1], abs=1e-7)


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("block", [1, 3, 37])
def test_the_size_of_a_block_changes_nothing(halfband, rng, times, block):
    x = rng.normal(0, 0.3, 1000).astype(np.float32)
    ways = []
    for size in (64, block):
        halfband.halfband_begin(times)
        up = run(halfband.halfband_up, x, times, size)
        ways.append((up, run(halfband.halfband_down, up, 1 / times, size)))
    assert all(np.array_equal(a, b) for a, b in zip(*ways, strict=True))


# ---- models


def load(path: Path, times: int, rate: int = RATE) -> Payload:
    engine = registry()["model"]
    return engine.load({"model": path}, engine.settled({"oversample": times}), rate)


def played(made: Payload, rate: int = RATE, engine: str = "model", **params: float) -> Chain:
    chain = Chain([Unit(registry()[engine], made, params)], rate)
    chain.prewarm()
    return chain


def spectrum(chain: Chain, hz: float = HZ, amplitude: float = 0.5, rate: int = RATE) -> np.ndarray:
    """(rate / 2 + 1,): what a sine becomes, a bin a hertz."""
    t = np.arange(3 * rate // 2) / rate
    y = chain.process((amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32))[rate // 2 :].astype(np.float64)
    return np.abs(np.fft.rfft(y)) / rate


def aliases(found: np.ndarray, hz: float = HZ) -> float:
    """The loudest of what is no overtone, in dB re the loudest that is one, 20 Hz to 20 kHz."""
    own = np.zeros(len(found), bool)
    own[:: round(hz)] = True
    heard = (np.arange(len(found)) >= 20) & (np.arange(len(found)) <= 20_000)
    return float(20 * np.log10(found[heard & ~own].max() / found[heard & own].max()))


@pytest.mark.parametrize(
    ("name", "at_most"),
    [
        ("studio-nano", (-21, -38, -61)),
        ("green-drive", (-18, -34, -59)),
        ("small-combo-crunch", (-17, -23, -41)),
        ("stack-lead", (-12, -22, -29)),
    ],
)
def test_what_a_model_makes_of_5_khz_aliases_less(name, at_most):
    for times, db in zip(TIMES, at_most, strict=True):
        found = aliases(spectrum(played(load(PRESETS / "models" / f"{name}.json", times), drive=1.0)))
        assert found < db, f"{times} times the rate"


def test_the_overtones_that_are_no_aliases_stay_as_they_are():
    """Each network hears every n-th frame: what is heard of it is the same, at whichever rate, but for what folds."""
    plain, twice, four = (spectrum(played(load(PRESETS / "models/studio-nano.json", n)), 997.0)[::997] for n in TIMES)
    here = slice(1, 1 + HEARD // 997)
    heard = plain[here] > 1e-4 * plain.max()
    for other in (twice, four):
        assert 20 * np.log10(other[here][heard] / plain[here][heard]) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("name", ["A2.nam", "wavenet_a2_max.nam"])
def test_an_a2_model_brings_no_images(shared, name):
    """Others' players hear of A2 what stretched filters mirror above the rate; here it is gone with all that lies there."""
    path = shared / "models/nam" / name
    plain, twice, four = (aliases(spectrum(played(load(path, n)))) for n in TIMES)
    assert twice < plain - 10 and four < plain - 18
    plain, twice, four = (spectrum(played(load(path, n)), 997.0, 0.3) for n in TIMES)
    own = plain[997:HEARD:997]
    heard = own > 1e-3 * own.max()
    for other in (twice, four):
        assert 20 * np.log10(other[997:HEARD:997][heard] / own[heard]) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("times", TIMES[1:])
def test_a_model_is_later_by_the_filters(rate, times):
    """At any rate of JACK's: by `times` times that, or times its own where it is resampled around."""
    path = PRESETS / "models/studio-nano.json"
    plain, more = load(path, 1, rate), load(path, times, rate)
    assert more.delay - plain.delay == oversampling.LATE[times] and more.rate == plain.rate
    late = round(oversampling.LATE[times] * rate / (plain.rate or rate))
    t = np.arange(rate // 10) / rate
    x = (0.01 * np.sin(2 * np.pi * 400 * t) * np.hanning(len(t))).astype(np.float32)
    y, z = (played(made, rate).process(x).astype(np.float64) for made in (plain, more))
    y, z = y - y[0], z - z[0]
    assert z[late:] == pytest.approx(y[: len(y) - late], abs=0.02 * np.abs(y).max())


@pytest.mark.parametrize("times", TIMES[1:])
def test_in_a_blend_the_plain_one_waits_for_it(times):
    model, blend, path = registry()["model"], registry()["blend"], PRESETS / "models/studio-nano.json"
    sides = [Unit(model, load(path, n), label=side, branch=side) for n, side in ((1, "a"), (times, "b"))]
    units = arranged([*sides, Unit(blend, label="blend")], RATE)
    assert units[-1].payload.waits == (oversampling.LATE[times], 0)
    assert Chain(units, RATE).latency == Chain(sides[1:], RATE).latency


@pytest.mark.parametrize("times", TIMES[1:])
def test_lstms_take_turns_and_begin_anew_as_after_silence(rng, times):
    made = payload(model_of(build(rng, 1, ("lstm", 6), ("conv", 1))), 1, times)
    chain = played(made, 2000)
    silence = np.zeros(4096, np.float32)
    settled = chain.process(silence)
    assert np.ptp(settled) < 1e-6 < abs(settled[0]), "it has a constant that neither filter begins with a step of"
    x = rng.normal(0, 0.3, 1000).astype(np.float32)
    first = chain.process(x)
    chain.reset()
    assert chain.process(x) == pytest.approx(first, abs=1e-5)


@pytest.mark.parametrize("times", TIMES[1:])
def test_a_newcomer_that_has_heard_its_memory_is_as_if_it_had_always_run(rng, times):
    path = PRESETS / "models/studio-nano.json"
    old, new = (played(load(path, times)) for _ in range(2))
    x = rng.normal(0, 0.1, 8192).astype(np.float32)
    heard = old.process(x)
    at = (8192 - 1024 - new.memory) // 64 * 64
    assert np.array_equal(new.process(x[at:])[-1024:], heard[-1024:])


@pytest.mark.parametrize("times", TIMES[1:])
def test_blocks_of_any_size_make_the_same_of_a_model(rng, times):
    x = rng.normal(0, 0.1, 2000).astype(np.float32)
    made = load(PRESETS / "models/studio-nano.json", times)
    whole = played(made).process(x)
    for block in (1, 7, 50):
        chain = played(made)
        parts = [chain.process(x[at : at + block]) for at in range(0, len(x), block)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_without_it_a_model_is_as_it_was():
    path = PRESETS / "models/studio-nano.json"
    engine = registry()["model"]
    assert engine.settled({})["oversample"] == 1
    made = load(path, 1)
    assert (made.ints[1], made.about) == (1, "studio-nano")
    assert load(path, 2).about == "studio-nano, 0.5 ms late for oversampling"


def test_a_preset_says_it_with_a_number(tmp_path):
    text = (
        f'[[amp]]\nname = "Amp"\nchain = [{{ model = "{PRESETS / "models/studio-nano.json"}", oversample = VALUE }}]\n'
    )
    path = tmp_path / "p.toml"
    path.write_text(text.replace("VALUE", "2"))
    (spec,) = open_preset(path).preset.amps[0].chain
    assert spec.settings == {"oversample": 2.0}
    for wrong in ("3", "0", '"2x"', "2.5"):
        path.write_text(text.replace("VALUE", wrong))
        with pytest.raises(RigError, match=r"oversample = .* must be one of 1, 2, 4"):
            open_preset(path)


# ---- drive


def driven(times: int, rate: int = RATE, **params: float) -> Chain:
    engine = registry()["drive"]
    return played(engine.load({}, {"oversample": times}, rate), rate, "drive", **{"level": 0.0, **params})


@pytest.mark.parametrize("character", [0, 1, 2])
def test_what_drive_makes_of_5_khz_aliases_less(character):
    """At full drive each curve makes a square of it, and nothing aliases more."""
    for drive, at_most in ((20.0, (-28, -44, -57)), (60.0, (-27, -43, -52))):
        for times, db in zip(TIMES, at_most, strict=True):
            made = driven(times, drive=drive, character=character, tight=20.0, tone=16_000.0)
            assert aliases(spectrum(made)) < db, f"{times} times the rate"


CURVES = (
    lambda u: u / np.sqrt(1 + u * u),
    lambda u: np.clip(u, -1, 1),
    lambda u: ((u + 0.5) / np.sqrt(1 + (u + 0.5) ** 2) - 0.5 / np.sqrt(1.25)) * 1.25**1.5,
)


@pytest.mark.parametrize("character", [0, 1, 2])
@pytest.mark.parametrize("times", TIMES)
def test_drive_bends_a_slow_sine_by_its_curve(character, times):
    """Without a drive all frequencies come to the curve as they are; its roof is a quarter of full scale."""
    t = np.arange(RATE) / RATE
    x = 0.8 * np.sin(2 * np.pi * 40 * t)
    y = driven(times, drive=0.0, character=character, tone=16_000.0).process(x.astype(np.float32))
    bent = np.fft.rfft(0.25 * CURVES[character](x / 0.25))
    hz = np.fft.rfftfreq(RATE, 1 / RATE)
    right = np.fft.irfft(bent * hz / (hz - 7j))  # what takes the constant away turns the lowest ones a little
    assert y[RATE // 2 :].mean() == pytest.approx(0.0, abs=1e-4)
    assert y[RATE // 2 :] == pytest.approx(np.roll(right, oversampling.LATE[times])[RATE // 2 :], abs=0.005)


def test_drive_leaves_the_lows_below_tight():
    def gain_db(hz: float, **params: float) -> float:
        t = np.arange(RATE) / RATE
        x = (1e-4 * np.sin(2 * np.pi * hz * t)).astype(np.float32)
        y = driven(4, drive=20.0, tone=16_000.0, **params).process(x)
        return float(20 * np.log10(np.std(y[RATE // 2 :]) / np.std(x[RATE // 2 :])))

    for hz, tight in ((50, 1000), (720, 720), (3000, 300), (100, 20)):
        r = hz / tight
        assert gain_db(hz, tight=tight) == pytest.approx(20 * np.log10(abs((1 + 10j * r) / (1 + 1j * r))), abs=0.15)


@pytest.mark.parametrize("times", TIMES)
def test_drive_mixes_the_guitar_in_when_it_is_there(times):
    x = np.zeros(256, np.float32)
    x[10] = 1e-3
    y = driven(times, mix=0.0).process(x)
    assert np.array_equal(np.flatnonzero(y), [10 + oversampling.LATE[times]]) and y.max() == np.float32(1e-3)


@pytest.mark.parametrize("character", [0, 1, 2])
def test_drive_is_silent_after_the_guitar(character, rng):
    made = driven(4, drive=60.0, character=character)
    assert not made.process(np.zeros(4096, np.float32)).any()
    made.process(rng.normal(0, 0.3, 4096).astype(np.float32))
    made.reset()
    assert not made.process(np.zeros(4096, np.float32)).any()


def test_drive_takes_what_is_far_too_loud_and_what_is_hardly_there(rng):
    for loud in (1e-30, 1e3):
        made = driven(4, drive=60.0, character=1)
        y = made.process((loud * rng.normal(0, 1, 4096)).astype(np.float32))
        assert np.isfinite(y).all() and not any(made.faults)
