"""The song's time: a MIDI clock and JACK's transport that it follows, made up, and the metronome that clicks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from rig.native import Chain, Rack
from rig.native.rack import Transport

RATE = 48_000
START, CONTINUE, STOP, TICK = b"\xfa", b"\xfb", b"\xfc", b"\xf8"
NONE, HEARD, STOPPED, LOST = range(4)

Event = tuple[float, bytes]


def ticks(bpm: float, seconds: float, start: float = 0.0) -> list[float]:
    """When the ticks of a clock come, in frames, from `start` frames on."""
    apart = RATE * 60 / bpm / 24
    return list(np.arange(start, start + seconds * RATE, apart))


def clock(times: Sequence[float]) -> list[Event]:
    return [(time, TICK) for time in times]


def rack_that_follows(whom: str = "midi") -> Rack:
    rack = Rack(RATE)
    rack.begin(open=True)
    rack.follow(whom)
    return rack


def run(rack: Rack, events: Sequence[Event], frames: int, period: int = 256) -> Iterator[tuple[int, float, float]]:
    """Lets so many frames pass: (frame, beat, tempo) after each period, at whose last block it was."""
    due = sorted(((round(time), data) for time, data in events), key=lambda event: event[0])
    while rack.meters().frames < frames:
        at = rack.meters().frames
        while due and due[0][0] < at + period:
            rack.hear_midi(max(0, due[0][0] - at), due[0][1])
            due.pop(0)
        rack.process(np.zeros(period, np.float32), period)
        meters = rack.meters()
        yield meters.frames - min(64, period), meters.beat, meters.tempo


def test_it_goes_by_its_own_tempo():
    rack = rack_that_follows("")
    rack.tempo(90)
    for frame, beat, tempo in run(rack, clock(ticks(150, 2)), RATE):
        assert beat == pytest.approx(frame / RATE * 1.5, abs=1e-9)
        assert tempo == pytest.approx(90)
    assert rack.meters().lead == NONE


@pytest.mark.parametrize("bpm", [40.0, 117.3, 280.0])
def test_a_steady_clock_is_followed_to_the_frame(bpm):
    """From the tick after the start on; where the ticks lie between two frames, too."""
    rack = rack_that_follows()
    first = 1000.4
    for frame, beat, tempo in run(rack, [(first - 10, START), *clock(ticks(bpm, 8, first))], 8 * RATE):
        if frame > first + 3 * RATE:
            assert tempo == pytest.approx(bpm, rel=2e-4)
            assert beat == pytest.approx((frame - first) / RATE * bpm / 60, abs=bpm / 60 * 2 / RATE)
    assert rack.meters().lead == HEARD


@pytest.mark.parametrize("late_ms", [1.0, 5.0])
def test_what_jitters_is_made_smooth(rng, late_ms):
    """Each tick comes early or late by up to so much: song and tempo hardly notice."""
    rack, bpm = rack_that_follows(), 120.0
    times = np.array(ticks(bpm, 30, 960)) + rng.uniform(-late_ms, late_ms, 24 * 60) * RATE / 1000
    passed = list(run(rack, [(0, START), *clock(np.sort(times))], 29 * RATE))
    settled = [(frame, beat, tempo) for frame, beat, tempo in passed if frame > 5 * RATE]
    apart = [beat - (frame - 960) / RATE * bpm / 60 for frame, beat, _ in settled]
    assert np.std(apart) * 500 < 0.25 * late_ms, "in ms: a quarter of what it is"
    assert max(abs(tempo - bpm) for *_, tempo in settled) < 0.08 * late_ms
    told = [tempo for *_, tempo in settled]
    assert np.count_nonzero(np.diff(told)) < 0.02 * late_ms * len(told), "an echo that is a note long stands still"


def test_ticks_that_come_in_bundles_are_followed():
    """As bridges deliver them that know no frames: with the next period of 1024, two of a fast clock at once."""
    rack, bpm = rack_that_follows(), 140.0
    times = [np.ceil(time / 1024) * 1024 for time in ticks(bpm, 30)]
    for frame, _, tempo in run(rack, clock(times), 29 * RATE, 1024):
        if frame > 6 * RATE:
            assert tempo == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize(("before", "after"), [(120, 132), (120, 60), (90, 180), (100, 97)])
def test_another_tempo_is_heard_within_a_beat_or_two(before, after):
    rack = rack_that_follows()
    first, second = ticks(before, 6), ticks(after, 10, 6 * RATE)
    for frame, _, tempo in run(rack, clock(first + second), 14 * RATE):
        if 4 * RATE < frame < 6 * RATE:
            assert tempo == pytest.approx(before, rel=1e-3)
        if frame > 6 * RATE + 2.5 * 60 / min(before, after) * RATE:
            assert tempo == pytest.approx(after, rel=0.01)
    assert rack.meters().tempo == pytest.approx(after, rel=2e-3)


def test_a_clock_that_is_not_heard_any_more_is_gone_on_without():
    """At its last tempo; when it is back, it is where it would be."""
    rack, bpm = rack_that_follows(), 125.0
    times = [time for time in ticks(bpm, 16) if not 5 * RATE < time < 9.3 * RATE]
    beats = []
    for frame, beat, tempo in run(rack, [(0, START), *clock(times)], 15 * RATE):
        beats.append(beat)
        if frame > 3 * RATE:
            assert tempo == pytest.approx(bpm, rel=5e-3)
            assert beat == pytest.approx(frame / RATE * bpm / 60, abs=0.02)
        if 6 * RATE < frame < 9 * RATE:
            assert rack.meters().lead == LOST
    assert rack.meters().lead == HEARD
    assert min(np.diff(beats)) >= 0


def test_a_tick_that_gets_lost_moves_nothing():
    rack, bpm = rack_that_follows(), 120.0
    times = ticks(bpm, 12)
    del times[24 * 8 + 5], times[24 * 12]
    for frame, beat, _ in run(rack, [(0, START), *clock(times)], 11 * RATE):
        if frame > 2 * RATE:
            assert beat == pytest.approx(frame / RATE * 2, abs=0.005)


def test_start_stop_continue_and_the_songs_position():
    rack = rack_that_follows()
    beat = {}
    events = [
        *clock(ticks(120, 12)),  # a beat is 24 000 frames
        (24_000 - 1, START),
        (72_000 - 1, STOP),  # two beats on
        (120_000 - 1, CONTINUE),
        (168_000 - 2, STOP),
        (168_000 - 1, b"\xf2\x10\x01"),  # 144 sixteenths
        (192_000 - 1, CONTINUE),
    ]
    leads = {}
    for frame, now, _ in run(rack, events, 11 * RATE, 64):
        beat[frame], leads[frame] = now, rack.meters().lead
    assert beat[24_000] == pytest.approx(0.0, abs=1e-3)
    assert beat[48_000] == pytest.approx(1.0, abs=1e-3)
    assert (leads[60_032], leads[96_000], leads[144_000]) == (HEARD, STOPPED, HEARD)
    assert beat[120_000] == pytest.approx(2.0, abs=1e-3)
    assert beat[144_000] == pytest.approx(3.0, abs=1e-3)
    assert beat[192_000] == pytest.approx(36.0, abs=1e-3)
    assert beat[240_000] == pytest.approx(38.0, abs=1e-3)


def test_until_a_clock_is_heard_it_is_the_own_tempo():
    rack = rack_that_follows()
    rack.tempo(75)
    assert [tempo for *_, tempo in run(rack, [], RATE)][-1] == pytest.approx(75)
    assert rack.meters().lead == NONE


def test_what_is_random_ends_nothing(rng):
    """No events, however wrong, make a song that is no number, or goes back but by a jump."""
    rack = rack_that_follows()
    for _ in range(400):
        for at in np.sort(rng.integers(0, 256, rng.integers(0, 300))):
            rack.hear_midi(
                int(at), bytes(rng.integers(0, 256, rng.integers(0, 5)).tolist()) if rng.random() < 0.5 else TICK
            )
        rack.process(np.zeros(256, np.float32), 256)
    meters = rack.meters()
    assert np.isfinite(meters.beat) and np.isfinite(meters.tempo) and meters.tempo > 0


# --- JACK's transport ---------------------------------------------------------------------------------------------


def test_jacks_transport_is_followed():
    rack = rack_that_follows("jack")
    rack.tempo(100)
    for at in range(0, 4 * RATE, 256):
        beat = 16 + at / RATE * 88 / 60
        rack.hear_transport(Transport(True, at, beat, 88.0))
        rack.process(np.zeros(256, np.float32), 256)
        assert rack.meters().beat == pytest.approx(beat + 192 / RATE * 88 / 60, abs=1e-6)
    assert rack.meters().tempo == pytest.approx(88)
    assert rack.meters().lead == HEARD
    rack.hear_transport(Transport(False, 4 * RATE, 50, 88.0))
    rack.process(np.zeros(256, np.float32), 256)
    assert rack.meters().lead == STOPPED


@pytest.mark.parametrize(
    ("beat", "bpm"), [(0, 1e-300), (0, np.inf), (0, np.nan), (np.nan, 90), (np.inf, 90), (1e300, 90)]
)
def test_a_transport_that_says_what_cannot_be_is_followed_by_its_frames(beat, bpm):
    """A delay would look for ever for a note's length in it, and a chorus would never find its place again."""
    rack = rack_that_follows("jack")
    rack.hear_transport(Transport(True, 3 * RATE, beat, bpm))
    rack.process(np.zeros(64, np.float32), 64)
    meters = rack.meters()
    assert (meters.tempo, meters.beat) == (120.0, 6.0)


def test_a_transport_that_names_no_tempo_goes_by_ours():
    rack = rack_that_follows("jack")
    rack.tempo(100)
    rack.process(np.zeros(RATE, np.float32))
    rack.hear_transport(Transport(True, 3 * RATE))
    rack.process(np.zeros(64, np.float32), 64)
    assert rack.meters().tempo == pytest.approx(100)
    assert rack.meters().beat == pytest.approx(5.0, abs=1e-6)


# --- the ring -----------------------------------------------------------------------------------------------------


def test_each_event_goes_on_a_ring_at_its_frame():
    rack = rack_that_follows("")
    rack.process(np.zeros(1000, np.float32))
    sent = [(3, b"\xc0\x05"), (3, b"\xb0\x0b\x40"), (60, TICK), (61, b"\xf0\x7e\x00\xf7"), (63, b"\x90\x24\x7f")]
    for at, data in sent:
        rack.hear_midi(at, data)
    rack.process(np.zeros(64, np.float32), 64)
    assert [(event.frame - 1000, event.data) for event in rack.midi()] == [one for one in sent if len(one[1]) < 4]
    assert rack.midi() == []


def test_what_nobody_reads_is_counted():
    rack = rack_that_follows("")
    for number in range(1500):
        rack.hear_midi(0, bytes([0xB0, number % 128, number // 128]))
        if number % 100 == 99:
            rack.process(np.zeros(64, np.float32), 64)
    assert [event.data[1] + 128 * event.data[2] for event in rack.midi(2000)] == list(range(1024))
    assert rack.meters().midi_lost == 476


# --- the metronome ------------------------------------------------------------------------------------------------


def clicking(bpm: float = 120, **settings: object) -> Rack:
    rack = rack_that_follows("")
    rack.tempo(bpm)
    rack.metronome(True, **settings)
    return rack


def onsets(x: np.ndarray) -> np.ndarray:
    """Where sound begins after silence."""
    sounds = np.abs(x) > 1e-6
    quiet = np.convolve(sounds, np.ones(1000), "full")[: len(x)] - sounds == 0
    return np.flatnonzero(sounds & quiet)


@pytest.mark.parametrize("period", [64, 1000])
def test_it_clicks_on_each_beat_to_the_frame(period):
    rack = clicking(137.0)
    left, right, di = rack.process(np.zeros(10 * RATE, np.float32), period)
    beats = np.ceil(np.arange(23) * RATE * 60 / 137)
    assert np.abs(onsets(left) - beats).max() <= 2, "a click rises from nothing"
    assert np.array_equal(left, right)
    assert not di.any()
    assert np.abs(left).max() <= 1


def test_the_first_beat_of_a_bar_sounds_otherwise():
    def pitch(at: int) -> float:
        piece = left[at : at + 1200]
        return np.argmax(np.abs(np.fft.rfft(piece, RATE)))

    rack = clicking(beats=3)
    left, _, _ = rack.process(np.zeros(5 * RATE, np.float32))
    high = [pitch(at) > 1300 for at in onsets(left)]
    assert high == [True, False, False] * 3 + [True]
    rack.metronome(False)
    rack.process(np.zeros(RATE // 3, np.float32))
    rack.metronome(True, beats=2)
    left, _, _ = rack.process(np.zeros(3 * RATE, np.float32))
    assert [pitch(at) > 1300 for at in onsets(left)][:4] == [True, False, True, False], "counted from where it begins"


def test_no_click_is_wider_than_a_click():
    rack = clicking(60, level=0.0)
    left, _, _ = rack.process(np.zeros(RATE, np.float32))
    spectrum = np.abs(np.fft.rfft(left[:4096])) ** 2
    hz = np.fft.rfftfreq(4096, 1 / RATE)
    assert spectrum[hz > 8000].sum() < 1e-6 * spectrum.sum()
    assert spectrum[hz < 100].sum() < 1e-3 * spectrum.sum()


def test_it_goes_and_comes_without_a_jump(rng):
    """While a click sounds, too."""
    rack = clicking(300, level=0.0)
    steepest = np.abs(np.diff(rack.process(np.zeros(RATE, np.float32))[0])).max()
    found = []
    for n in range(300):
        rack.metronome(n % 2 == 1, level=[0.0, -6.0][n % 3 % 2], out=n % 5 != 0)
        found.append(rack.process(np.zeros(int(rng.integers(64, 900)), np.float32), 64)[0])
    assert np.abs(np.diff(np.concatenate(found))).max() < 1.3 * steepest


def test_no_recording_has_it():
    rack = clicking()
    rack.record(True)
    left, _, _ = rack.process(np.zeros(RATE, np.float32))
    assert np.abs(left).max() > 0.5
    recorded = rack.recorded()
    assert len(recorded) == RATE and not recorded.any()


def test_mute_takes_it_from_the_outputs():
    rack = clicking()
    rack.open(False)
    rack.process(np.zeros(RATE // 10, np.float32))
    assert not rack.process(np.zeros(RATE, np.float32))[0].any()


def test_what_plays_keeps_every_bit_between_clicks(rng):
    x = rng.normal(0, 0.1, RATE).astype(np.float32)
    plain = rack_that_follows("").process(x)[0]
    left = clicking(60).process(x)[0]
    assert np.array_equal(plain[2000:], left[2000:])


def test_the_count_goes_on_through_a_switch():
    rack = clicking()
    for slot in range(2):
        rack.offer("amp", slot, Chain((), RATE))
    found = []
    for n in range(40):
        rack.play(n % 2)
        found.append(rack.process(np.zeros(6000, np.float32))[0])
    assert np.abs(onsets(np.concatenate(found)) - np.arange(10) * 24_000).max() <= 2


def test_it_is_silent_while_whom_it_follows_has_stopped():
    rack = rack_that_follows("jack")
    rack.metronome(True)
    rack.hear_transport(Transport(False, 0, 0, 120.0))
    assert not rack.process(np.zeros(2 * RATE, np.float32), 2 * RATE)[0].any()
    rack.hear_transport(Transport(True, 0, 7.5, 120.0, 3))
    left, _, _ = rack.process(np.zeros(2 * RATE, np.float32), 2 * RATE)
    assert list(onsets(left) // 10) == [1200, 3600, 6000, 8400]


def test_a_clock_that_starts_is_clicked_from_its_first_tick():
    rack = rack_that_follows()
    rack.metronome(True)
    found = []
    events = [(60_000, START), *clock(ticks(120, 6, 10_000))]
    due = sorted(events, key=lambda event: event[0])
    for at in range(0, 5 * RATE, 64):
        while due and due[0][0] < at + 64:
            rack.hear_midi(round(due[0][0]) - at, due.pop(0)[1])
        found.append(rack.process(np.zeros(64, np.float32), 64)[0])
    heard = onsets(np.concatenate(found))
    first = heard[heard > 59_000]
    assert first[0] in range(60_000, 60_004), "the first tick after the start"
    assert np.abs(np.diff(first) - 24_000).max() <= 2
