"""Capturing: the test signal, delays of any length, every fault in its order, and a take from a real JACK server."""

from __future__ import annotations

import json
import threading
import time
import weakref
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import jack
import numpy as np
import pytest
import soundfile
import tomli
from textual.drivers.linux_driver import LinuxDriver

from rig.capture import (
    checks,
    command,
    delay,
    levels,
    procedure,
    sound_checks,
    storage,
    synthetic_guitar,
    test_signal,
    text_view,
)
from rig.capture.delay import Delay, find_delay, find_impulses
from rig.capture.measure import measure
from rig.capture.pair import Pair, Repeat, Side
from rig.capture.session import CHECK, LISTEN, PING, TAKE, CaptureStatus, MissedPeriod, Session, Taken
from rig.capture.timing_checks import repeatability
from rig.cli import main
from rig.errors import RigError
from rig.native import PlayerRecorder, Take
from rig.train import capture
from rig.tui.canvas import Sheet
from rig.tui.capture import CaptureApp, Heading, Panel
from rig.tui.driver import StageDriver

RATE = 16_000


def take(rng: np.random.Generator, seconds: float = 70.0) -> np.ndarray:
    """Something with attacks and decays, long enough to say nothing about -> (frames,) float32."""
    frames = int(seconds * RATE)
    noise = np.convolve(rng.normal(size=frames), [0.4, 0.3, 0.2, 0.1], "same")
    return (0.2 * noise * np.exp(-(np.arange(frames) % (RATE // 4)) / (RATE // 12))).astype(np.float32)


def amp(dry: np.ndarray) -> np.ndarray:
    heard = np.convolve(dry, [0.6, 0.3, -0.2, 0.1])[: len(dry)]
    return (0.4 * np.tanh(3 * heard)).astype(np.float32)


def late(x: np.ndarray, frames: int) -> np.ndarray:
    return np.pad(x, (frames, 0))[: len(x)] if frames >= 0 else np.pad(x[-frames:], (0, -frames))


# ---- the signal


@pytest.fixture(scope="module")
def whole() -> test_signal.Signal:
    """Three minutes, as they are played."""
    return test_signal.test_signal(48_000)


@pytest.mark.parametrize(("rate", "seconds"), [(48_000, 180.0), (44_100, 20.0), (RATE, 8.0)])
def test_the_signal_is_as_long_as_asked_and_just_reaches_full_scale(whole, rate, seconds):
    made = whole if seconds == test_signal.SECONDS else test_signal.test_signal(rate, seconds)
    assert made.seconds == pytest.approx(seconds, abs=0.01)
    assert np.abs(made.audio).max() == pytest.approx(1.0)
    assert np.isfinite(made.audio).all()


def test_the_signal_begins_with_two_impulses_in_silence_and_ends_as_it_began():
    made = test_signal.test_signal(RATE, 12)
    lead = made.audio[: int(test_signal.LEAD_SECONDS * RATE)]
    assert tuple(np.flatnonzero(lead)) == made.impulses
    start, frames = made.repeat.start, made.repeat.frames
    assert start + frames == len(made.audio)
    np.testing.assert_array_equal(made.audio[:frames], made.audio[start:])
    assert frames > len(lead) + RATE


def test_most_of_the_signal_is_a_guitar(whole):
    """Where it is said to be one there are no sweeps and no noise: nothing that lies as high."""
    low, high = whole.played
    assert high == whole.repeat.start and high - low > 0.6 * len(whole.audio)
    spectra = [np.abs(np.fft.rfft(part.astype(np.float64))) ** 2 for part in (whole.audio[:low], whole.audio[low:high])]
    air = [spectrum[len(spectrum) // 2 :].sum() / spectrum.sum() for spectrum in spectra]  # above 12 kHz
    assert air[1] < 0.01 * air[0]


def test_the_signal_is_the_same_every_time():
    np.testing.assert_array_equal(test_signal.test_signal(RATE, 10).audio, test_signal.test_signal(RATE, 10).audio)


def test_the_signal_is_loud_and_soft_and_has_every_pitch(whole):
    made = whole
    blocks = made.audio[: len(made.audio) // 4800 * 4800].reshape(-1, 4800)
    levels = 20 * np.log10(np.sqrt(np.mean(np.square(blocks, dtype=np.float64), axis=1)) + 1e-9)
    for least in range(-60, -6, 6):  # dB: some of the take in each six
        assert np.count_nonzero((levels >= least) & (levels < least + 6)) >= 10
    spectrum = np.abs(np.fft.rfft(made.audio)) ** 2
    edges = (40 * 2.0 ** np.arange(0, 9.1) * len(made.audio) / 48_000).astype(int)  # octaves from 40 Hz to 20 kHz
    power = np.array([spectrum[a:b].sum() for a, b in pairwise(edges)])
    assert 10 * np.log10(power.min() / power.max()) > -20


@pytest.mark.parametrize("key", [40, 57, 76])
def test_strings_are_in_tune_and_hard_ones_are_brighter(key):
    soft, hard = synthetic_guitar._string(key, False, 48_000)
    spectrum = np.abs(np.fft.rfft(hard[:96_000]))
    hz = 440 * 2 ** ((key - 69) / 12)
    near = slice(int(2 * hz * 0.97), int(2 * hz * 1.03) + 1)
    assert (near.start + spectrum[near].argmax()) / 2 == pytest.approx(hz, abs=0.5)
    attacks = [np.abs(np.fft.rfft(tone[:4800])) for tone in (soft, hard)]
    dark, bright = (float(attack @ np.arange(len(attack)) / attack.sum()) for attack in attacks)
    assert bright > 1.2 * dark


def test_any_recording_can_be_the_signal(tmp_path, rng):
    soundfile.write(tmp_path / "my.wav", np.stack([take(rng, 12), take(rng, 12)], 1), RATE, subtype="FLOAT")
    own, _ = soundfile.read(tmp_path / "my.wav", dtype="float32")
    made = test_signal.from_file(tmp_path / "my.wav", RATE)
    lead = int(test_signal.LEAD_SECONDS * RATE)
    np.testing.assert_array_equal(made.audio[lead : lead + len(own)], own[:, 0])
    np.testing.assert_array_equal(made.audio[made.repeat.start :], made.audio[: made.repeat.frames])


# ---- delays


@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("delay", [0, 1, 64, 3001, 5 * RATE + 13, 31 * RATE + 7])
def test_impulses_give_the_delay_to_the_sample(rng, delay, polarity):
    made = test_signal.test_signal(RATE, 8)
    wet = np.pad(polarity * amp(made.audio), (delay, RATE))
    wet += 1e-4 * rng.normal(size=len(wet))
    assert find_impulses(wet, *made.impulses, RATE) == Delay(delay, polarity)


def test_no_impulses_no_delay(rng):
    made = test_signal.test_signal(RATE, 8)
    gated = amp(made.audio)
    gated[: RATE + RATE // 2] = 0
    assert find_impulses(gated + 1e-4 * rng.normal(size=len(gated)), *made.impulses, RATE) is None
    assert find_impulses(np.zeros(8 * RATE), *made.impulses, RATE) is None


@pytest.mark.parametrize(("seconds", "polarity"), [(0, -1), (3, 1), (-3, -1), (-25, 1), (61, -1)])
def test_correlation_finds_a_delay_of_any_length(rng, seconds, polarity):
    dry = take(rng)
    frames = seconds * RATE + (17 if seconds >= 0 else -17)
    assert find_delay(dry, polarity * late(amp(dry), frames), RATE) == Delay(frames, polarity)


def song(rng: np.random.Generator, bars: int = 16, apart: int = 2) -> np.ndarray:
    """A riff of two seconds, over and over, to the sample; each bar has its own loudness, and every third its own end.

    -> (frames,) float32.
    """
    riff = take(rng, apart)
    played = [riff * np.float32(rng.uniform(0.3, 1.0)) for _ in range(bars)]
    for bar in played[::3]:
        bar[len(riff) // 2 :] = take(rng, apart)[len(riff) // 2 :]
    return np.concatenate(played)


@pytest.mark.parametrize("seconds", [2.2, -2.2, 3, -3, 12, -4, 20])
def test_a_riff_that_comes_again_is_not_the_delay(rng, seconds):
    dry = song(rng)
    frames = round(seconds * RATE)
    assert find_delay(dry, late(amp(dry), frames), RATE) == Delay(frames, 1)


@pytest.mark.parametrize("start", [0, 9, 16])
def test_a_wet_side_that_holds_a_part_of_the_riffs_is_found(rng, start):
    dry = song(rng)
    wet = amp(dry)[start * RATE + 105 : (start + 12) * RATE]
    assert find_delay(dry, wet, RATE) == Delay(-start * RATE - 105, 1)
    part = dry[start * RATE + 105 : (start + 12) * RATE]
    assert find_delay(part, amp(dry), RATE) == Delay(start * RATE + 105, 1)


def test_a_long_take_is_searched_at_a_lower_rate_and_found_to_the_sample(rng, monkeypatch):
    dry = song(rng)
    monkeypatch.setattr(delay, "SEARCHED", 2 * len(dry) // 4)
    assert find_delay(dry, amp(dry)[7 * RATE + 3 : 20 * RATE], RATE) == Delay(-7 * RATE - 3, 1)


@pytest.mark.parametrize("other", ["the same riff, played anew", "another take", "noise", "a tone"])
def test_what_does_not_belong_together_has_no_delay(rng, other):
    dry, wet = song(rng, 12), take(rng, 24)
    if other.startswith("the same"):
        notes = [dry[at : at + RATE // 2] for at in range(0, len(dry), RATE // 2)]
        wet = np.concatenate([late(note, int(rng.integers(-320, 320))) for note in notes])
    elif other == "noise":
        wet = rng.normal(size=len(dry)) * 0.1
    elif other == "a tone":
        wet = 0.3 * np.sin(np.arange(len(dry)) * 0.17)
    assert find_delay(dry, amp(wet), RATE) is None


# ---- checks


def test_the_checks_are_in_the_order_in_which_faults_hide_faults():
    names = "rate length clipping silence alignment clocks polarity repeatability dropouts hum offset ringing dynamics"
    assert [check.__name__ for check in checks.CHECKS] == names.split()


def pair(dry: np.ndarray, wet: np.ndarray, **other: object) -> Pair:
    return Pair(Side("dry", dry, RATE), Side("wet", wet, RATE), **other)


def found(pair: Pair) -> list[str]:
    return [finding.check for finding in checks.check(pair)]


def test_a_good_pair_has_no_findings(rng):
    dry = take(rng)
    assert found(pair(dry, amp(dry))) == []


def test_all_faults_at_once_are_named_in_order(rng):
    dry = take(rng, 40)
    dry[20 * RATE : 25 * RATE] = dry[: 5 * RATE]
    repeat = Repeat(20 * RATE, 5 * RATE)
    wet = -late(np.clip(12 * amp(dry), -1, 1), 3 * RATE)
    wet[23 * RATE : 28 * RATE] *= 0.7
    spoilt = Pair(Side("dry", dry, RATE, channels=6), Side("wet", wet[:-99], RATE, channels=2), repeat)
    assert found(spoilt) == ["rate"] * 2 + ["length"] * 2 + ["clipping", "alignment", "polarity", "repeatability"]


def test_a_fatal_fault_is_the_last_that_is_named(rng):
    dry = take(rng)
    assert found(Pair(Side("dry", dry, RATE), Side("wet", 0 * dry, 48_000))) == ["rate"]
    assert found(pair(dry, 0 * dry)) == ["silence"]
    assert found(pair(dry[:100], 0 * dry)) == ["length", "length"]


def test_what_changes_from_one_time_to_the_next_is_named(rng):
    dry = take(rng, 64)
    dry[-4 * RATE :] = dry[: 4 * RATE]
    repeat = Repeat(60 * RATE, 4 * RATE)
    assert found(pair(dry, amp(dry), repeat=repeat)) == []
    wet = amp(dry)
    wet[60 * RATE :] *= 0.7
    (finding,) = checks.check(pair(dry, wet, repeat=repeat))
    assert finding.check == "repeatability" and "ESR 0.090" in str(finding) and not finding.fatal


@pytest.mark.parametrize("slip", [64, -7])
def test_a_take_that_slipped_is_of_no_use(rng, slip):
    dry = take(rng, 64)
    dry[-4 * RATE :] = dry[: 4 * RATE]
    wet = amp(dry)
    wet[30 * RATE :] = late(wet[30 * RATE :], slip)
    *_, finding = checks.check(pair(dry, wet, repeat=Repeat(60 * RATE, 4 * RATE)))
    assert finding.check == "clocks" and finding.fatal
    assert f"{abs(slip)} samples {'came twice' if slip > 0 else 'are lost'} in wet at 0:30." in str(finding)
    short, again = pair(dry[: 8 * RATE], wet[: 8 * RATE]), late(wet[: 4 * RATE], slip)  # where no piece can tell
    short.wet.audio[4 * RATE :], short.repeat = again, Repeat(4 * RATE, 4 * RATE)
    (finding,) = repeatability(short)
    assert finding.fatal and f"{abs(slip)} samples {'late' if slip > 0 else 'early'}" in str(finding)


def test_little_in_common_is_said(rng):
    dry = take(rng, 90)
    findings = [str(one) for one in checks.check(pair(dry, late(amp(dry), 60 * RATE)))]
    assert "only 30.0 s are played on both sides" in findings[-1]


# ---- files


def written(tmp_path: Path, dry: np.ndarray, wet: np.ndarray, subtype: str = "FLOAT", rate: int = RATE) -> Path:
    for name, audio in (("dry", dry), ("wet", wet)):
        soundfile.write(tmp_path / f"{name}.wav", audio, rate, subtype=subtype)
    return tmp_path


def test_a_capture_folder_is_read_as_its_two_files_are(tmp_path, rng):
    dry = take(rng, 5)
    storage.write(tmp_path / "amp", dry, amp(dry), RATE, {"name": "Amp", "repeat": {"start": 4 * RATE, "frames": 99}})
    taken = capture.read(tmp_path / "amp")
    np.testing.assert_array_equal(taken.dry, dry)
    np.testing.assert_array_equal(taken.wet, amp(dry))
    assert taken.sample_rate == RATE
    assert storage.read(tmp_path / "amp").repeat == Repeat(4 * RATE, 99)
    assert taken.played is None
    same = capture.read(tmp_path / "amp" / "dry.wav", tmp_path / "amp" / "wet.wav")
    np.testing.assert_array_equal(taken.wet, same.wet)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda amp: (amp / "wet.wav").unlink(), "holds no wet.wav"),
        (lambda amp: (amp / "capture.toml").write_text("[repeat]\nstart = 'x'\nframes = 1"), "capture.toml: "),
        (lambda amp: (amp / "capture.toml").write_text("= 1"), "capture.toml: "),
        (lambda amp: (amp / "capture.toml").write_text("impulses = [inf, 3]"), "[inf, 3] are no two frames of a take"),
        (lambda amp: (amp / "capture.toml").write_text("impulses = [-9, 3]"), "[-9, 3] are no two frames"),
        (lambda amp: (amp / "capture.toml").write_text(f"played = [0, 1{'0' * 40}]"), "no two frames"),
        (lambda amp: (amp / "capture.toml").write_text("[repeat]\nstart = 1e9\nframes = 2"), "no two frames"),
        (lambda amp: (amp / "capture.toml").write_text("repeat = 7"), "capture.toml: "),
        (lambda amp: amp.rename(amp.with_name("ampere")), "no such capture file; did you mean 'ampere'"),
    ],
)
def test_a_broken_folder_is_one_line(tmp_path, rng, spoil, said):
    dry = take(rng, 2)
    storage.write(tmp_path / "amp", dry, amp(dry), RATE, {})
    spoil(tmp_path / "amp")
    with pytest.raises(RigError) as error:
        capture.read(tmp_path / "amp")
    assert said in str(error.value) and "\n" not in str(error.value)


def test_8_bits_are_refused(tmp_path, rng):
    dry = take(rng, 3)
    written(tmp_path, dry, amp(dry), "PCM_U8")
    with pytest.raises(RigError, match=r"has 8 bits.*16 bits or more"):
        capture.read(tmp_path / "dry.wav", tmp_path / "wet.wav")


def test_192_khz_is_brought_down(tmp_path):
    t = np.arange(192_000 * 2) / 192_000
    dry = (0.5 * np.sin(2 * np.pi * 440 * t) * (t % 0.5 < 0.4)).astype(np.float32)
    written(tmp_path, dry, 0.5 * dry, rate=192_000)
    taken = capture.read(tmp_path / "dry.wav", tmp_path / "wet.wav")
    assert (taken.sample_rate, len(taken.dry)) == (48_000, 96_000)
    assert "192000 Hz: brought down to 48000 Hz" in taken.notes[0]
    storage.write(
        tmp_path / "amp",
        dry,
        0.5 * dry,
        192_000,
        {"impulses": [400, 800], "played": [40, 8000], "repeat": {"start": 4000, "frames": 80}},
    )
    brought = storage.read(tmp_path / "amp")
    checks.check(brought)
    assert (brought.impulses, brought.played, brought.repeat) == ((100, 200), (10, 2000), Repeat(1000, 20))
    at = np.arange(4_800, 14_400)
    np.testing.assert_allclose(taken.dry[at], 0.5 * np.sin(2 * np.pi * 440 * at / 48_000), atol=1e-3)


def test_six_channels_3_seconds_late_and_upside_down(tmp_path, rng):
    dry = take(rng, 20)
    wet = np.stack([-late(amp(dry), 3 * RATE)] + [take(rng, 20)] * 5, 1)
    written(tmp_path, dry, wet)
    taken = capture.read(tmp_path / "dry.wav", tmp_path / "wet.wav")
    assert taken.delay == 3 * RATE
    np.testing.assert_array_equal(taken.wet, -amp(dry)[: -3 * RATE])
    first, _, third, fourth = taken.notes
    assert "wet has 6 channels" in first
    assert f"{3 * RATE} samples (3000.0 ms) late: removed" in third
    assert "upside down" in fourth


def test_a_folder_is_not_overwritten_by_accident(tmp_path, rng):
    storage.refuse(tmp_path / "new" / "amp", force=False)
    assert not (tmp_path / "new").exists()
    dry = take(rng, 1)
    storage.write(tmp_path / "amp", dry, dry, RATE, {})
    with pytest.raises(RigError, match=r"dry.wav' is there already.*--force"):
        storage.refuse(tmp_path / "amp", force=False)
    (tmp_path / "amp" / "dry.wav").unlink()
    with pytest.raises(RigError, match=r"wet.wav' is there already"):
        storage.refuse(tmp_path / "amp", force=False)
    storage.refuse(tmp_path / "amp", force=True)
    with pytest.raises(RigError, match="is a file"):
        storage.refuse(tmp_path / "amp" / "wet.wav", force=True)


def test_capture_toml_says_what_it_was_given(tmp_path):
    facts = {
        "name": 'A "loud" Ämp\\ \x7f\n',
        "clips": 0,
        "noise_floor_db": -80.5,
        "ok": True,
        "nothing": None,
        "at": [1, 2],
    }
    text = storage.toml({**facts, "repeat": {"start": 3, "frames": 4}})
    del facts["nothing"]
    assert tomli.loads(text) == {**facts, "repeat": {"start": 3, "frames": 4}}


# ---- levels


def tone(hz: float, db: float, seconds: float = 1.5) -> np.ndarray:
    return 10 ** (db / 20) * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


@pytest.mark.parametrize("mains", [50, 60])
def test_hum_is_told_from_noise(rng, mains):
    hiss = 1e-4 * rng.normal(size=int(1.5 * RATE))
    assert levels.Noise.of(hiss, RATE).hum == 0
    humming = levels.Noise.of(hiss + tone(mains, -50) + tone(3 * mains, -56), RATE)
    assert humming.hum == mains
    assert humming.hum_db == pytest.approx(-52, abs=1.5)  # RMS
    assert any(f"hum at {mains} Hz" in line for line in levels.words(-10, 0, humming))


QUIET = levels.Noise(-90, -80)


@pytest.mark.parametrize(
    ("peak_db", "clips", "noise", "said"),
    [
        (-100, 0, QUIET, "no return signal: is the amp on standby?"),
        (-78, 0, QUIET, "no return signal"),
        (0, 3, QUIET, "too hot: 3 clips"),
        (-0.5, 0, QUIET, "hot: -0.5 dB"),
        (-41, 0, QUIET, "soft: -41 dB"),
        (-10, 0, levels.Noise(-40, -30), "noise at -40 dB"),
        (-10, 0, QUIET, ""),
    ],
)
def test_levels_in_plain_words(peak_db, clips, noise, said):
    assert " ".join(levels.words(peak_db, clips, noise)).startswith(said)
    assert bool(said) == bool(levels.words(peak_db, clips, noise))


def test_what_is_mended_is_forgotten():
    recent = levels.Recent(4.0)
    recent.update(0.0, 0.5, 0)
    recent.update(1.0, 1.0, 3)
    assert (recent.clips, recent.peak_db) == (3, 0)
    for second in range(2, 8):
        recent.update(float(second), 0.5, 3)
    assert recent.clips == 0
    assert recent.peak_db == pytest.approx(-6.02, abs=0.01)


# ---- the player_recorder


def test_the_player_recorder_plays_and_records_in_step(rng):
    player_recorder = PlayerRecorder(RATE)
    play, back = rng.normal(size=100).astype(np.float32) / 8, rng.normal(size=256).astype(np.float32) / 8
    take = Take(play, 150, loop=False)
    player_recorder.level(1.0)
    player_recorder.process(np.zeros(64, np.float32))  # the level has arrived
    player_recorder.put(take)
    sent = np.concatenate([player_recorder.process(back[at : at + 64]) for at in range(0, 256, 64)])
    np.testing.assert_array_equal(sent[:100], play)
    assert not sent[100:].any()
    np.testing.assert_array_equal(take.heard(), back[:150])
    assert take.at == 256


def test_a_loop_plays_on_and_keeps_the_latest(rng):
    player_recorder = PlayerRecorder(RATE)
    play, back = rng.normal(size=48).astype(np.float32) / 8, rng.normal(size=320).astype(np.float32) / 8
    player_recorder.level(0.5)
    player_recorder.process(np.zeros(64, np.float32))
    take = Take(play, 100, loop=True)
    player_recorder.put(take)
    sent = np.concatenate([player_recorder.process(back[at : at + 64]) for at in range(0, 320, 64)])
    np.testing.assert_array_equal(sent, 0.5 * np.resize(play, 320))
    np.testing.assert_array_equal(take.heard(), back[-100:])
    np.testing.assert_array_equal(take.heard(7), back[-7:])


def test_the_player_recorder_meters_peaks_and_counts_clips():
    player_recorder = PlayerRecorder(RATE)
    back = np.zeros(64, np.float32)
    back[[3, 9, 10]] = -1.0, 1.0, 0.5
    player_recorder.process(back)
    meters = player_recorder.meters()
    assert (meters.return_peak, meters.clips, meters.send_peak) == (1.0, 2, 0.0)
    player_recorder.process(0.25 * back)
    assert (player_recorder.meters().return_peak, player_recorder.meters().clips) == (0.25, 2)


@pytest.mark.parametrize("again", ["silence", "the take that ran"])
def test_a_take_that_was_to_run_is_kept_until_what_came_after_it_runs(again):
    """Also where that is the same as what came before it: the audio thread may be in the one between."""
    player_recorder = PlayerRecorder(RATE)
    before = None if again == "silence" else Take(np.ones(8), 8, loop=True)
    between = Take(np.ones(8), 8, loop=True)
    gone = weakref.ref(between)
    player_recorder.put(before)
    player_recorder.process(np.zeros(8, np.float32))
    player_recorder.put(between)
    player_recorder.put(before)
    del between
    player_recorder.collect()
    assert gone() is not None
    player_recorder.process(np.zeros(8, np.float32))
    player_recorder.collect()
    assert gone() is None


def test_a_reel_is_kept_until_the_deck_has_let_go_of_it():
    player_recorder = PlayerRecorder(RATE)
    first, second = Take(np.ones(8), 8, loop=True), Take(np.ones(8), 8, loop=True)
    gone = weakref.ref(first)
    player_recorder.put(first)
    player_recorder.process(np.zeros(8, np.float32))
    player_recorder.put(second)
    del first
    assert gone() is not None  # the audio thread may be in it
    player_recorder.process(np.zeros(8, np.float32))
    player_recorder.collect()
    assert gone() is None


# ---- on JACK


def joined(name: str, server: str) -> jack.Client:
    """A client. A server on a busy machine does not always let one in at once: rig tries again, and so do we."""
    until = time.monotonic() + 10
    while True:
        try:
            return jack.Client(name, servername=server, no_start_server=True)
        except jack.JackOpenError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


class Device:
    """A JACK client that gives back what it hears, frames later and at another level. In Python: the server waits.

    haste: the server's periods follow each other as fast as they are done (JACK's freewheeling), not as they would sound.
    """

    def __init__(self, server: str, frames: int, gain: float, haste: bool) -> None:
        self._client = joined("device", server)
        back, heard = self._client.outports.register("out"), self._client.inports.register("in")
        block = self._client.blocksize
        line, at = np.zeros(frames + block, np.float32), 0

        @self._client.set_process_callback
        def process(_: int) -> None:
            nonlocal at
            here = np.arange(at, at + block)
            line[(here + frames) % len(line)] = heard.get_array()
            back.get_array()[:] = np.float32(gain) * line[here % len(line)]
            at += block

        self._client.activate()
        self._haste = haste
        if haste:
            self._client.set_freewheel(True)

    def close(self) -> None:
        if self._haste:
            self._client.set_freewheel(False)
        self._client.deactivate()
        self._client.close()


@pytest.fixture
def device(jack_server):
    """Makes an amp on the server that is late by any number of frames."""
    made = []

    def start(frames: int, gain: float = 0.5, haste: bool = True) -> None:
        made.append(Device(jack_server.name, frames, gain, haste))

    yield start
    for one in made:
        one.close()


def run(server, tmp_path: Path, *more: str, send: str = "device:in", back: str = "device:out") -> int:
    words = ["capture", "-o", tmp_path / "taken", "--server", server.name, "--send", send, "--return", back]
    return main([*map(str, words), "--yes", "--retry", "0", "--seconds", "8", "--json", *more])


@pytest.mark.patient  # the server waits for both its clients
@pytest.mark.slow
@pytest.mark.parametrize(("delay", "gain", "haste"), [(777, 0.5, False), (0, 1.0, True), (3 * 48_000 + 5, -0.25, True)])
def test_a_take_through_jack_is_the_device_to_the_sample(jack_server, device, tmp_path, capsys, delay, gain, haste):
    device(delay, gain, haste)
    assert run(jack_server, tmp_path, "--name", "My amp") == 0
    out, err = capsys.readouterr()
    facts = json.loads(out.splitlines()[-1])
    more = facts["delay_frames"] - delay  # JACK adds whole periods
    assert more % jack_server.block == 0 and 0 <= more <= 4 * jack_server.block
    assert (facts["delay_confirmed"], facts["polarity"], facts["clips"]) == (True, np.sign(gain), 0)
    assert facts["repeatability_esr"] == 0
    assert ("upside down" in err) == (gain < 0)
    dry, _ = soundfile.read(tmp_path / "taken" / "dry.wav", dtype="float32")
    wet, _ = soundfile.read(tmp_path / "taken" / "wet.wav", dtype="float32")
    assert len(dry) == len(wet) == 8 * 48_000
    assert 20 * np.log10(np.abs(dry).max()) == pytest.approx(-1, abs=0.01)
    np.testing.assert_array_equal(wet, np.float32(gain) * dry)
    said = tomli.loads((tmp_path / "taken" / "capture.toml").read_text())
    assert said["name"] == "My amp" and said["delay_frames"] == facts["delay_frames"]
    assert (said["send"], said["return"]) == ("device:in", "device:out")
    assert capture.read(tmp_path / "taken").delay == 0


@pytest.mark.patient
def test_an_amp_on_standby_is_said_and_nothing_is_written(jack_server, tmp_path, capsys):
    assert run(jack_server, tmp_path, "--wait", "1", send="system:playback_1", back="system:capture_1") == 1
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith("rig: no return signal") and "standby" in line
    assert not (tmp_path / "taken").exists()


@pytest.mark.patient
@pytest.mark.parametrize(
    ("send", "said"), [("sytem:playback_1", "did you mean 'system:playback_1'"), ("x", "there are system:")]
)
def test_a_port_that_is_not_there_is_named(jack_server, tmp_path, capsys, send, said):
    assert run(jack_server, tmp_path, send=send) == 1
    assert said in capsys.readouterr().err


@pytest.mark.patient
@pytest.mark.slow
def test_an_own_recording_can_be_played(jack_server, device, tmp_path, rng, capsys):
    device(99)
    soundfile.write(tmp_path / "my.wav", take(rng, 3), RATE, subtype="FLOAT")
    assert run(jack_server, tmp_path, "--dry", str(tmp_path / "my.wav")) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["signal"] == "my.wav"
    dry, rate = soundfile.read(tmp_path / "taken" / "dry.wav", dtype="float32")
    wet, _ = soundfile.read(tmp_path / "taken" / "wet.wav", dtype="float32")
    assert rate == 48_000 and len(dry) > 6 * rate
    np.testing.assert_array_equal(wet, np.float32(0.5) * dry)


# ---- a flow, without JACK


class FakeSession:
    """A session whose amp inverts, misses a period in its first take, and says so."""

    rate, level_db = RATE, -1.0
    send, back = "amp:in", "amp:out"
    client = SimpleNamespace(server="a server")

    def __init__(self) -> None:
        self.takes: list[bool] = []

    def set_level(self, db: float) -> None:
        self.level_db = db

    def _show(self, watch, phase: str, share: float = 0.0) -> bool:
        return watch(
            CaptureStatus(
                phase,
                share,
                1.0,
                self.level_db,
                -1.0,
                -9.0,
                -8.0,
                False,
                levels.Noise(-90, -80),
                ("too hot: 3 clips",),
                True,
            )
        )

    def listen(self, wait, watch) -> None:
        self._show(watch, LISTEN)

    def check(self, made, watch) -> None:
        while not self._show(watch, CHECK, 1.0):
            time.sleep(0.01)

    def ping(self, made, wait, watch):
        self._show(watch, PING)
        return Delay(5, -1)

    def take(self, made, tail, watch, *, strict: bool) -> Taken:
        self.takes.append(strict)
        self._show(watch, TAKE, 0.5)
        if len(self.takes) == 1:
            raise MissedPeriod(72.3)
        dry = made.audio * np.float32(0.5)
        return Taken(dry, np.pad(-dry, (5, 100)), made, self.level_db)


class Deck:
    """A session's player and client, without JACK: the return comes from a list of levels, one for each listening."""

    rate, alive, server = RATE, True, "a server"
    meters = staticmethod(lambda: SimpleNamespace(clips=0, send_peak=0.0, return_peak=0.0))
    level = staticmethod(lambda gain: None)

    def __init__(self, peaks: list[float]) -> None:
        self.peaks = peaks

    def put(self, take: Take) -> None:
        peak = self.peaks.pop(0)
        take._heard[:] = peak
        take._c.at = len(take._heard)


def test_what_was_sent_before_is_no_noise(monkeypatch):
    """A device that is seconds late still gives back what an earlier try has played."""
    for peaks, wait, left in (([0.5, 0.3, 1e-4, 0.5], 60.0, 1), ([0.5, 1e-4], 0.0, 1)):
        deck = Deck(list(peaks))
        session = Session.__new__(Session)
        session.client, session._player, session.rate, session._clips, session.level_db = deck, deck, RATE, 0, -1.0
        session.listen(wait, lambda status: False)
        assert len(deck.peaks) == left
        assert session.noise.peak_db == pytest.approx(20 * np.log10(peaks[-1 - left]), abs=0.1)


def taken(raw: np.ndarray, made: test_signal.Signal) -> Taken:
    return Taken(made.audio * np.float32(0.5), raw.astype(np.float32), made, -6.0)


def test_a_return_that_is_later_than_what_was_waited_for_is_told_to_wait():
    made = test_signal.test_signal(RATE, 8)
    raw = np.pad(made.audio * 0.3, (12 * RATE, 0))[: len(made.audio) + round(10.5 * RATE)]
    assert str(measure(taken(raw, made), RATE).fatal) == (
        "the return is 12.0 s late, and its end was not waited for: take it again with --wait 30"
    )
    assert measure(taken(np.pad(made.audio * 0.3, (12 * RATE, RATE)), made), RATE).fatal is None


@pytest.mark.parametrize(("clips", "fatal"), [(3, None), (9, None), (20, True)])
def test_a_handful_of_clips_is_said_and_more_spoil_a_take(clips, fatal):
    made = test_signal.test_signal(RATE, 8)
    raw = np.pad(made.audio * 0.3, (50, RATE))
    raw[3 * RATE : 3 * RATE + clips] = 1.0
    found = measure(taken(raw, made), RATE)
    said = [one for one in found.findings if one.check == "clipping"]
    assert bool(said) == (clips > sound_checks.CLIPS) and bool(found.fatal) == bool(fatal)
    if fatal:
        with pytest.raises(RigError, match=r"wet clips \(20 samples at full scale\): turn the return down"):
            text_view.TextView(1.0, retries=0).keep(found)


def test_where_nothing_comes_back_waiting_is_spoken_of():
    view = text_view.TextView(10.0, retries=0)
    quiet = CaptureStatus(CHECK, 1.0, 10.1, -1.0, -1.0, -99.0, -99.0, False, QUIET, ())
    with pytest.raises(RigError, match=r"within 10 s: is the amp on standby.* seconds late takes --wait 20"):
        view.show(quiet)


@pytest.mark.parametrize("plain", [False, True])
def test_plain_lines_draw_no_bar_on_a_terminal(monkeypatch, capsys, plain):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    view = command._view(SimpleNamespace(wait=1.0, retry=0, plain=plain))
    view.show(CaptureStatus(TAKE, 0.5, 10.1, -1.0, -1.0, -99.0, -99.0, False, QUIET, ()))
    said = capsys.readouterr().err
    assert (said == f"{TAKE}: 50 %\n") == plain and ("━" in said) != plain


def test_a_missed_period_is_asked_about_and_taken_again():
    session, view = FakeSession(), text_view.TextView(1.0, retries=2)
    done = procedure.capture(session, lambda: test_signal.test_signal(RATE, 8), 1.0, view)
    assert (done.takes, session.takes) == (2, [True, True])
    assert (done.measured.delay, done.measured.polarity, done.measured.confirmed) == (5, -1, True)
    session = FakeSession()
    procedure.capture(session, lambda: test_signal.test_signal(RATE, 8), 1.0, text_view.TextView(1.0, retries=0))
    assert session.takes == [True, False]


async def until(pilot, true, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        await pilot.pause(0.02)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_screen_leads_from_levels_to_a_take(size):
    session = FakeSession()

    def work(view):
        return procedure.capture(session, lambda: test_signal.test_signal(RATE, 8), 1.0, view)

    app = CaptureApp(work, session, Heading("My amp", "a server", "amp:in", "amp:out"))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "too hot: 3 clips" in app.panel.text())
        assert "My amp" in app.panel.text() and "amp:out" in app.panel.text() and "go on" in app.panel.text()
        await pilot.press("down", "down")
        await until(pilot, lambda: session.level_db == -3.0 or "send level -3" in app.panel.text())
        await pilot.press("enter")
        await until(pilot, lambda: "missed a period at 1:12" in app.panel.text())
        await pilot.press("r")
        await until(pilot, lambda: "upside down" in app.panel.text())
        assert "5 samples" in app.panel.text() and "keep it" in app.panel.text()
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value.takes == 2 and app.error is None


def test_a_question_is_wrapped_by_columns():
    panel, sheet = Panel(Heading("My amp", "a server", "amp:in", "amp:out")), Sheet(40, 24)
    panel.question = "アンプの音 " * 20
    panel.paint(sheet)
    assert sheet.plain().count("アンプの音") == 20


@pytest.mark.parametrize("how", ["q", "the terminal has gone"])
async def test_quitting_the_screen_ends_the_work(how):
    session, ended = FakeSession(), threading.Event()

    def work(view):
        try:
            return procedure.capture(session, lambda: test_signal.test_signal(RATE, 8), 1.0, view)
        finally:
            ended.set()

    app = CaptureApp(work, session, Heading("My amp", "a server", "amp:in", "amp:out"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "too hot" in app.panel.text())
        if how == "q":
            await pilot.press("q")
        else:
            app.terminal_closed()
        await until(pilot, lambda: not app.is_running)
    assert ended.is_set() and app.return_value is None and app.error is None and session.takes == []


def test_a_screen_hears_that_its_terminal_has_gone(monkeypatch):
    def gone(driver):
        raise OSError("input/output error")

    monkeypatch.setattr(LinuxDriver, "run_input_thread", gone)
    driver, told = StageDriver.__new__(StageDriver), []
    driver._app = CaptureApp(None, FakeSession(), Heading("My amp", "a server", "amp:in", "amp:out"))
    monkeypatch.setattr(driver._app, "call_from_thread", told.append)
    driver.run_input_thread()
    assert told == [driver._app.terminal_closed]
