"""Takes with faults that training would learn, or fail on: each is named, and mended where that can be done."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from captures import RATE, amp, guitar

from rig import sound
from rig.capture import answer, blemishes, checks
from rig.capture.course import course
from rig.capture.pair import Pair, Side
from rig.train import capture

SECONDS = 40.0


@pytest.fixture(scope="module")
def dry() -> np.ndarray:
    """Notes, soft and loud, with rests, (frames,)."""
    rng = np.random.default_rng(3)
    x = guitar(rng, SECONDS)
    at = 0
    while at < len(x):
        frames = int(rng.uniform(0.2, 1.2) * RATE)
        x[at : at + frames] *= 10 ** (rng.uniform(-30, 0) / 20) * np.exp(-np.arange(len(x[at : at + frames])) / RATE)
        at += frames
    return x


@pytest.fixture(scope="module")
def wet(dry) -> np.ndarray:
    return amp(dry) - amp(np.zeros(1, np.float32))[0]


def pair(dry: np.ndarray, wet: np.ndarray) -> Pair:
    return Pair(Side("dry", dry, RATE), Side("wet", wet.astype(np.float32), RATE))


def said(pair: Pair) -> list[str]:
    return [str(finding) for finding in checks.check(pair)]


def esr(one: Pair) -> float:
    """Of what the amp makes of dry, to which wet should be equal."""
    wanted = amp(one.dry.audio) - amp(np.zeros(1, np.float32))[0]
    return float(np.sum((one.wet.audio - wanted) ** 2) / np.sum(wanted**2))


def explained(one: Pair, taps: int = 32) -> float:
    """ESR of the best short filter of what wet should be: parts of a frame do not count."""
    wanted = amp(one.dry.audio) - amp(np.zeros(1, np.float32))[0]
    rows = np.lib.stride_tricks.sliding_window_view(wanted, taps)
    heard = one.wet.audio[taps // 2 : taps // 2 + len(rows)]
    filtered = rows @ np.linalg.solve(rows.T @ rows + 1e-9 * np.eye(taps), rows.T @ heard)
    return float(np.sum((heard - filtered) ** 2) / np.sum(heard**2))


# --- time ---------------------------------------------------------------------------------------------------------


def test_nothing_is_said_of_a_good_take(dry, wet):
    assert all(line.startswith("only 40.0 s long") for line in said(pair(dry, wet)))
    found = course(dry, wet, RATE)
    assert (found.drift, found.steps) == (0.0, ()) and found.share > 0.9


@pytest.mark.parametrize("ppm", [20, -60, 250])
def test_clocks_that_run_apart_are_made_one(dry, wet, ppm):
    late = np.pad(sound.resample(wet, RATE, RATE * (1 + ppm * 1e-6)), (37, 0))
    mended = pair(dry, late)
    frames = min(len(dry), len(late) - 37)
    before = explained(pair(dry[:frames], late[37 : 37 + frames]))
    lines = [line for line in said(mended) if "clock" in line]
    assert f"{abs(ppm):.0f}." in lines[0] or f"{abs(ppm) - 1}.9" in lines[0], lines
    assert f"ppm {'fast' if ppm > 0 else 'slow'} against dry's: corrected" in lines[0]
    assert explained(mended) < min(0.01, before / 3)


@pytest.mark.parametrize("frames", [-1000, -13, 300])
def test_a_piece_that_is_lost_or_came_twice_is_found_and_the_rest_brought_together(dry, wet, frames):
    at = 19 * RATE
    torn = np.concatenate([wet[:at], wet[at - frames :]])
    mended = pair(dry, torn)
    lines = [line for line in said(mended) if " at 0:1" in line]
    what = "came twice" if frames > 0 else "are lost"
    assert len(lines) == 1 and lines[0].startswith(f"{abs(frames)} samples {what} in wet at 0:1"), lines
    assert float(lines[0].partition("0:")[2][:4]) == pytest.approx(19.0, abs=0.15)
    assert esr(mended) < 1e-3
    assert len(mended.dry.audio) > len(dry) - RATE


def test_both_at_once(dry, wet):
    torn = np.concatenate([wet[: 12 * RATE], wet[12 * RATE + 256 : 27 * RATE], wet[27 * RATE + 512 :]])
    mended = pair(dry, sound.resample(torn, RATE, RATE * (1 + 30e-6)))
    lines = said(mended)
    assert [line.partition(" in wet")[0] for line in lines if "lost" in line] == [
        "256 samples are lost",
        "512 samples are lost",
    ]
    assert explained(mended) < 0.01


def test_a_take_that_is_torn_again_and_again_is_refused(dry, wet, monkeypatch):
    monkeypatch.setattr("rig.capture.timing_checks.MOST_STEPS", 1)
    torn = np.concatenate([wet[: 12 * RATE], wet[12 * RATE + 256 : 27 * RATE], wet[27 * RATE + 512 :]])
    *_, last = checks.check(pair(dry, torn))
    assert last.fatal and last.what.startswith("256 samples are lost in wet at 0:1")
    assert last.what.endswith(" and in 1 more place") and "take it again" in last.do


def test_a_rate_that_the_file_has_wrong_is_found(dry, wet, monkeypatch):
    monkeypatch.setattr("rig.capture.timing_checks.RATES", (RATE, 44_100, 14_700, 8000))
    wrong = sound.resample(wet[: 20 * RATE], RATE, 14_700)  # and called 16 000
    found = pair(dry[: 20 * RATE], wrong)
    assert any("runs as if recorded at 14700 Hz, though its file says 16000 Hz" in line for line in said(found))
    assert explained(found) < 0.01


def test_what_is_known_better_is_left_as_it_is(dry, wet, tmp_path):
    for name, audio in (("dry", dry), ("wet", np.pad(wet, (400, 0)))):
        soundfile.write(tmp_path / f"{name}.wav", audio, RATE, subtype="FLOAT")
    taken = capture.read(tmp_path / "dry.wav", tmp_path / "wet.wav", delay=390)
    assert taken.delay == 390


# --- sound --------------------------------------------------------------------------------------------------------


def test_dropouts_are_left_out(dry, wet):
    torn = wet.copy()
    loud = int(np.abs(wet[5 * RATE : 30 * RATE]).argmax()) + 5 * RATE
    torn[loud : loud + 100] = 0
    assert blemishes.dropouts(torn, RATE) == [(loud, loud + 100)]
    mended, before = pair(dry, torn), esr(pair(dry, torn))
    assert any(line.startswith("wet drops out at 0:") and "left out" in line for line in said(mended))
    assert esr(mended) < 0.1 * before


def test_one_sided_clipping_below_full_scale(dry, wet):
    cut = np.minimum(wet, 0.3 * wet.max())
    assert any("wet is cut off above" in line for line in said(pair(dry, cut)))
    assert any("wet is cut off below" in line for line in said(pair(dry, -cut)))


def test_floats_beyond_full_scale(dry, wet):
    loud = dry * (2.0 / np.abs(dry).max())
    assert any("dry goes 6.0 dB over full scale" in line for line in said(pair(loud, wet)))


def test_an_offset_is_said(dry, wet):
    lines = said(pair(dry, wet - np.float32(0.0141)))
    assert any("wet has an offset of -0.014" in line and "-37 dBFS" in line for line in lines)


@pytest.mark.parametrize("hz", [50, 60])
def test_hum_is_told_from_notes(dry, wet, hz):
    t = np.arange(len(dry)) / RATE
    hum = sum(np.sin(2 * np.pi * hz * 1.0004 * k * t + k) / k for k in range(1, 7)) * 0.003
    assert any(f"wet hums, at {hz} Hz and above, -5" in line for line in said(pair(dry, wet + hum)))


def test_an_echo_and_a_reverb(dry, wet, rng):
    echo = wet + 0.3 * np.pad(wet, (int(0.38 * RATE), 0))[: len(wet)]
    assert any("answers again after 380 ms (-1" in line and "a delay is on" in line for line in said(pair(dry, echo)))
    tail = rng.normal(size=RATE) * np.exp(-np.arange(RATE) / (0.2 * RATE))
    size = len(wet) + len(tail)
    room = np.fft.irfft(np.fft.rfft(wet, size) * np.fft.rfft(0.3 * tail / np.linalg.norm(tail), size))[: len(wet)]
    found = answer.ringing(dry, wet + room, RATE)
    assert found and found.seconds is None
    assert any("rings on" in line and "a reverb is on" in line for line in said(pair(dry, wet + room)))


def compressed(x: np.ndarray) -> np.ndarray:
    """4 to 1 above -30 dB of its peak, and half a second to come back."""
    gain, level, peaks = [], 0.0, np.abs(x[: len(x) // 16 * 16]).reshape(-1, 16).max(axis=1)
    for peak in peaks:
        level = max(float(peak), level * float(np.exp(-16 / (0.5 * RATE))))
        gain.append(min(1.0, (level / (0.03 * float(peaks.max())) + 1e-9) ** -0.75))
    return x * np.interp(np.arange(len(x)), 16 * np.arange(len(gain)), gain)


def test_what_a_model_cannot_remember_is_said(dry, wet):
    assert any("a slow compressor is on" in line for line in said(pair(dry, compressed(wet))))
    around = np.lib.stride_tricks.sliding_window_view(np.pad(np.abs(wet), 200), 401).max(axis=1)
    gated = np.where(around > 0.02 * around.max(), wet, 0)
    assert any("a noise gate is on" in line for line in said(pair(dry, gated)))
