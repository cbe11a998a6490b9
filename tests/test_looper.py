"""The looper: what was played comes again to the sample, with no click, and layers come off and go back on."""

from __future__ import annotations

import numpy as np
import pytest

from rig.errors import RigError
from rig.gig.snapshot import LoopView
from rig.native import BLOCK, HISTORY, LoopState, Rack
from rig.native.looper import LAYERS

RATE = 48_000
FADE = 480
WINDOW = np.sin((np.arange(FADE) + 0.5) / FADE * np.pi / 2) ** 2
"""What fades in; what fades out is the rest to 1."""


class Looping:
    """A rack of nothing but a looper, and what is heard of it beside the guitar."""

    def __init__(self, seconds: float = 20.0, period: int = 64, rate: int = RATE) -> None:
        self.rack = Rack(rate)
        self.rack.looper(seconds)
        self.rack.limit(False)
        self.rack.begin(open=True)
        self.period = period

    def play(self, x: np.ndarray, *orders: str) -> np.ndarray:
        """Orders, and then a guitar: what the loop adds to it."""
        for order in orders:
            self.rack.loop_order(order)
        out, _, di = self.rack.process(x, self.period)
        assert np.array_equal(out, di), "the dry guitar has the loop, so that it can be played through another amp"
        return di - x.astype(np.float32)

    def quiet(self, frames: int, *orders: str) -> np.ndarray:
        return self.play(np.zeros(frames, np.float32), *orders)

    @property
    def state(self) -> LoopState:
        return self.rack.loop_state()


def noise(frames: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, frames).astype(np.float32)


def seamed(x: np.ndarray, frames: int) -> np.ndarray:
    """The loop that is made of the first frames, and a fade's worth of what followed."""
    loop = x[:frames].astype(np.float64)
    loop[:FADE] = loop[:FADE] * WINDOW + x[frames : frames + FADE] * (1 - WINDOW)
    return loop


def near(a: np.ndarray, b: np.ndarray, within: float = 5e-6) -> bool:
    return a.shape == b.shape and bool(np.abs(a - b).max() < within)


@pytest.mark.parametrize("period", [1, 37, 64, 1024])
def test_a_loop_comes_again_to_the_sample(period):
    loop = Looping(period=period)
    frames = 30_000
    x = noise(frames + 4096)
    assert not loop.play(x[:frames], "").any()
    assert loop.state.state == "recording"
    assert loop.state.at == frames
    first = loop.play(x[frames:], "")
    assert near(first[:FADE], x[:FADE] * WINDOW)
    assert near(first[FADE:], x[FADE:4096])
    later = loop.quiet(3 * frames)
    assert near(later, np.tile(seamed(x, frames), 4)[4096 : 4096 + 3 * frames])
    assert (loop.state.state, loop.state.frames, loop.state.layers) == ("playing", frames, 1)


def test_a_note_goes_through_the_seam_as_if_there_were_none():
    loop = Looping()
    frames = 48_000
    x = (0.3 * np.sin(2 * np.pi * 100 * np.arange(frames + FADE) / RATE)).astype(np.float32)
    loop.play(x[:frames], "")
    loop.play(x[frames:], "")
    heard = loop.quiet(3 * frames)
    assert np.abs(np.diff(heard, 2)).max() < 1.05 * np.abs(np.diff(x, 2)).max()


def test_layers_add_up_come_off_and_go_back_on_without_a_click():
    loop = Looping()
    frames = 9600
    base, second = noise(frames + FADE), noise(frames, 2)
    loop.play(base[:frames], "")
    loop.play(base[frames:], "")
    loop.quiet(frames - FADE)  # at its beginning
    loop.play(second, "")
    assert loop.state.state == "overdubbing"
    loop.quiet(frames, "")  # fades the rest of the layer out
    ramp = np.minimum(1.0, np.arange(1, frames + 1) / FADE)
    one, two = seamed(base, frames), second * ramp
    assert near(loop.quiet(frames), one + two)
    assert (loop.state.state, loop.state.layers, loop.state.most) == ("playing", 2, 2)
    gone = loop.quiet(frames, "undo")
    assert near(gone, one + two * np.maximum(0.0, 1 - np.arange(1, frames + 1) / FADE), 1e-5)
    assert near(loop.quiet(frames), one)
    assert (loop.state.layers, loop.state.most) == (1, 2)
    back = loop.quiet(frames, "redo")
    assert near(back[FADE:], (one + two)[FADE:])
    assert near(loop.quiet(frames), one + two)


def test_what_is_dubbed_round_and_round_adds_up_in_one_layer():
    loop = Looping()
    frames = 9600
    loop.play(np.zeros(frames, np.float32), "")
    loop.quiet(1000, "")
    x = noise(3 * frames, 3)
    loop.play(x, "")
    loop.quiet(frames, "")
    heard = loop.quiet(frames)
    dubbed = np.zeros(frames)
    for i in range(3 * frames):
        dubbed[(1000 + i) % frames] += x[i] * min(1.0, (i + 1) / FADE)
    assert near(heard, np.roll(dubbed, -(1000 % frames)), 1e-5)
    assert loop.state.layers == 2
    assert not loop.quiet(2 * frames, "undo")[FADE:].any()


def test_another_layer_takes_the_place_of_those_that_were_taken_off():
    loop = Looping()
    frames = 9600
    loop.play(np.zeros(frames, np.float32), "")
    loop.quiet(frames, "")
    for seed in (1, 2, 3):
        loop.play(noise(frames, seed), "")
        loop.quiet(frames, "")
    assert loop.state.layers == 4
    loop.quiet(frames, "undo", "undo")
    x = noise(frames, 4)
    loop.play(x, "")
    loop.quiet(frames, "")
    assert (loop.state.layers, loop.state.most) == (3, 3)
    expected = noise(frames, 1) + x
    assert near(loop.quiet(frames)[FADE:], expected[FADE:])


def test_undo_gives_a_layer_up_that_is_just_being_played_and_a_recording():
    loop = Looping()
    loop.play(noise(5000), "")
    loop.quiet(100, "undo")
    assert loop.state.state == "empty"
    loop.play(np.zeros(9600, np.float32), "")
    loop.quiet(9600, "")
    loop.play(noise(5000), "")
    loop.quiet(FADE, "undo")
    assert loop.state.state == "playing"
    assert not loop.quiet(20_000).any()
    loop.quiet(9600, "undo")
    assert loop.state.layers == 1, "the first layer is cleared, not undone"


def test_stop_and_play_from_the_beginning():
    loop = Looping()
    frames = 9600
    x = noise(frames + FADE)
    loop.play(x[:frames], "")
    loop.play(x[frames:], "")
    heard = loop.quiet(2000, "stop")
    assert near(heard[:FADE], x[FADE : 2 * FADE] * (1 - np.arange(1, FADE + 1) / FADE))
    assert not heard[FADE:].any()
    assert loop.state.state == "stopped"
    again = loop.quiet(2 * frames, "")
    ramp = np.minimum(1.0, np.arange(1, frames + 1) / FADE)
    assert near(again[:frames], seamed(x, frames) * ramp)
    assert near(again[frames:], seamed(x, frames))


def test_a_recording_that_is_stopped_is_a_loop_that_waits():
    loop = Looping()
    x = noise(9600)
    loop.play(x, "")
    loop.quiet(9600, "stop")
    assert (loop.state.state, loop.state.frames) == ("stopped", 9600)
    assert near(loop.quiet(9600, "")[FADE:], x[FADE:])


def test_clear_leaves_nothing_and_the_next_loop_begins_anew():
    loop = Looping()
    loop.play(noise(9600), "")
    loop.quiet(9600, "")
    loop.play(noise(9600), "")
    heard = loop.quiet(9600, "clear")
    assert not heard[FADE:].any()
    assert loop.state == LoopState(room=loop.state.room)
    x = noise(5000, 5)
    loop.play(x, "")
    assert near(loop.quiet(5000, "")[FADE:], x[FADE:])


def test_orders_that_come_at_once_are_all_obeyed():
    """Each waits for the fade of the one before, and none is cut off."""
    loop = Looping()
    loop.play(noise(9600), "")
    loop.quiet(9600, "", "", "", "undo", "redo", "half", "half", "stop", "", "stop")
    assert (loop.state.state, loop.state.layers, loop.state.slow) == ("stopped", 2, False)
    loop.quiet(9600, "half", "", "half", "", "half", "stop", "half", "clear", "")
    assert loop.state.state == "recording"


# ---- half speed


def sine(hz: float, frames: int) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(frames) / RATE)).astype(np.float32)


@pytest.mark.parametrize("hz", [200, 5000, 16_000])
def test_at_half_speed_a_note_is_an_octave_lower_and_nothing_else(hz):
    loop = Looping()
    frames = 48_000
    x = sine(hz, frames + FADE)
    loop.play(x[:frames], "")
    loop.play(x[frames:], "")
    loop.quiet(frames - FADE)
    heard = loop.quiet(2 * frames, "half")
    assert loop.state.slow
    assert near(heard, 0.3 * np.sin(np.pi * hz * np.arange(2 * frames) / RATE), 3e-4)
    assert near(loop.quiet(frames, "half"), x[:frames])


@pytest.mark.parametrize("hz", [200, 5000])
def test_what_is_dubbed_at_half_speed_is_an_octave_higher_later_and_at_its_place(hz):
    loop = Looping()
    frames = 48_000
    loop.play(np.zeros(frames, np.float32), "")
    loop.quiet(frames, "")
    loop.quiet(2 * frames, "half")
    x = sine(hz, 2 * frames)
    loop.play(x, "")
    heard = loop.quiet(2 * frames, "")
    assert near(heard[2000:-2000], x[2000:-2000], 3e-4)
    fast = loop.quiet(frames, "half")
    assert near(fast[1000:-1000], x[::2][1000:-1000], 3e-4)


def test_what_would_be_heard_as_another_note_is_filtered_from_a_layer_at_half_speed():
    loop = Looping()
    frames = 48_000
    loop.play(np.zeros(frames, np.float32), "")
    loop.quiet(frames, "")
    loop.quiet(2 * frames, "half")
    loop.play(sine(17_000, 2 * frames), "")
    heard = loop.quiet(2 * frames, "")
    assert np.abs(heard[2000:-2000]).max() < 0.3 * 10 ** (-60 / 20)


# ---- beats


BEAT = RATE * 60 // 120


@pytest.mark.parametrize("late", [-9000, -1, 0, 1, 9000])
@pytest.mark.parametrize("off", [-7000, 0, 7000])
def test_a_loop_begins_and_ends_on_the_nearest_beat(late, off):
    """late: frames by which the player presses the key after the beat, to begin; off: the same to end."""
    loop = Looping()
    loop.rack.loop_beats(True)
    x = noise(12 * BEAT)
    start, end = 2 * BEAT + late, 6 * BEAT + off
    loop.play(x[:start])
    loop.play(x[start:end], "")
    loop.play(x[end : 8 * BEAT], "")
    assert (loop.state.state, loop.state.frames) == ("playing", 4 * BEAT)
    heard = loop.quiet(4 * BEAT)
    expected = seamed(x[2 * BEAT :], 4 * BEAT)
    assert near(heard[: 2 * BEAT], expected[2 * BEAT :])
    assert near(heard[2 * BEAT :], expected[: 2 * BEAT])


def test_a_loop_of_beats_is_played_again_on_a_beat():
    loop = Looping()
    loop.rack.loop_beats(True)
    x = noise(4 * BEAT)
    loop.play(x[: 2 * BEAT], "")
    loop.play(x[2 * BEAT : 3 * BEAT], "")
    loop.quiet(5000, "stop")
    heard = loop.quiet(2 * BEAT, "")
    assert not heard[: BEAT - 5000].any()
    assert near(heard[BEAT - 5000 + FADE :], x[FADE : BEAT + 5000])


def test_a_recording_that_waits_for_its_beat_can_be_called_off():
    loop = Looping()
    loop.rack.loop_beats(True)
    loop.quiet(BEAT - 6400)
    loop.quiet(640, "")
    assert loop.state.waits
    loop.quiet(640, "stop")
    assert (loop.state.state, loop.state.waits) == ("empty", False)


@pytest.mark.parametrize("rate", [RATE, 4 * RATE])
@pytest.mark.parametrize("bpm", [30, 120])
def test_of_what_was_played_since_a_beat_long_ago_the_loop_has_what_is_remembered(rate, bpm):
    """At 192 kHz half a beat is longer than that; before it the loop is silent, and still begins on the beat."""
    loop = Looping(rate=rate)
    loop.rack.tempo(bpm)
    loop.rack.loop_beats(True)
    beat, fade = rate * 60 // bpm, rate // 100
    start, end = beat + beat * 2 // 5, 3 * beat
    x = noise(end)
    loop.play(x[:start])
    loop.play(x[start:end], "")
    loop.quiet(fade, "")
    assert (loop.state.state, loop.state.frames) == ("playing", 2 * beat)
    loop.quiet(2 * beat - fade)
    heard = loop.quiet(2 * beat)
    silent = max(0, beat * 2 // 5 - (HISTORY - BLOCK))
    assert not heard[fade:silent].any()
    assert near(heard[silent + fade :], x[beat + silent + fade : end])
    rise = np.sin((np.arange(fade) + 0.5) / fade * np.pi / 2)
    assert not silent or near(heard[silent : silent + fade], x[beat + silent : beat + silent + fade] * rise)


def test_what_waits_for_its_beat_to_be_played_again_is_called_off_at_once():
    loop = Looping()
    loop.rack.loop_beats(True)
    loop.play(noise(2 * BEAT), "")
    loop.quiet(6400, "")
    loop.quiet(640, "stop")
    for order, state in (("stop", "stopped"), ("clear", "empty")):
        loop.quiet(640, "")
        assert (loop.state.state, loop.state.waits) == ("playing", True)
        assert not loop.quiet(640, order).any()
        assert (loop.state.state, loop.state.waits) == (state, False)


# ---- its room


def test_a_recording_that_fills_the_room_becomes_a_loop():
    loop = Looping(seconds=1.0)
    x = noise(2 * RATE)
    heard = loop.play(x, "")
    assert loop.state.state == "playing"
    assert RATE - 64 <= loop.state.frames <= RATE
    assert loop.state.full
    n = loop.state.frames
    assert near(heard[n + FADE : 2 * n], x[FADE:n])
    loop.quiet(1000, "")
    assert loop.state.state == "playing", "another layer finds no room"


def test_of_beats_a_recording_that_fills_the_room_keeps_whole_ones():
    loop = Looping(seconds=1.3)
    loop.rack.loop_beats(True)
    loop.play(noise(2 * RATE), "")
    assert (loop.state.state, loop.state.frames) == ("playing", 2 * BEAT)


def test_a_loop_has_so_many_layers():
    loop = Looping()
    loop.play(np.zeros(4800, np.float32), "")
    loop.quiet(4800, "")
    for _ in range(LAYERS + 3):
        loop.quiet(4800, "")
        loop.quiet(4800, "")
    assert loop.state.layers == LAYERS
    assert loop.state.full


def test_a_rack_without_a_looper_loops_nothing():
    loop = Looping(seconds=0.0)
    assert not loop.play(noise(9600), "").any()
    assert loop.state == LoopState()


# ---- in the rack


def test_a_loop_goes_through_the_amp_that_plays_and_the_tuner_hears_the_guitar_alone():
    from rig.engine import registry
    from rig.native import Chain, Unit

    loop = Looping()
    for slot, gain in enumerate((0.0, -20.0)):
        loop.rack.offer("amp", slot, Chain([Unit(registry()["gain"], params={"gain": gain})], RATE))
    loop.rack.begin(open=True)
    x = noise(9600)
    loop.rack.loop_order("")
    loop.rack.process(x)
    loop.rack.loop_order("")
    loop.rack.process(np.zeros(9600, np.float32))
    loop.rack.play(1)
    out, _, di = loop.rack.process(np.zeros(19_200, np.float32))
    assert near(out[9600:], 0.1 * di[9600:], 1e-5)
    assert di.std() > 0.05
    assert not loop.rack.heard(9600).any()
    assert loop.rack.meters().in_peak > 0.1
    loop.rack.process(di)
    assert np.array_equal(loop.rack.heard(9600), di[-9600:])


def test_panic_stops_the_loop():
    loop = Looping()
    loop.play(noise(9600), "")
    loop.quiet(9600, "")
    loop.rack.panic()
    out = loop.rack.process(np.zeros(9600, np.float32))[0]
    assert not out[600:].any()
    assert loop.state.state == "stopped"
    assert loop.quiet(9600, "").any()


def test_more_orders_than_can_wait_are_refused():
    loop = Looping()
    with pytest.raises(RigError, match="while JACK does not call"):
        for _ in range(100):
            loop.rack.loop_order("half")


def test_any_orders_at_any_time_never_click(rng):
    """On a slow sine: whatever is ordered, the loop never jumps further than fades allow."""
    loop = Looping(seconds=30)
    step = np.abs(np.diff(0.1 * np.sin(2 * np.pi * 50 * np.arange(960) / RATE))).max()
    words = ["", "", "", "stop", "undo", "redo", "half", "clear"]
    at, last = 0, 0.0
    for _ in range(400):
        frames = int(rng.integers(1, 40)) * 64
        x = (0.1 * np.sin(2 * np.pi * 50 * (at + np.arange(frames)) / RATE)).astype(np.float32)
        at += frames
        heard = loop.play(x, *rng.choice(words, int(rng.integers(0, 3))))
        jump = np.abs(np.diff(heard, prepend=last)).max()
        last = heard[-1]
        layers = max(1, loop.state.most) + 1
        assert jump < 0.1 * layers * (3 / FADE) + 3 * step * layers


# ---- as a player asks for it


@pytest.fixture
def gig(tmp_path):
    from test_kept import PRESET, Playing

    (tmp_path / "set.toml").write_text(PRESET.replace("# a", "tempo = 120\n# a"))
    return Playing(tmp_path)


def said(playing, words: str, seconds: float = 0.5) -> str:
    """What a verb says, and then the guitar goes on."""
    playing.play(seconds, words)
    return playing.gig.status().message


def test_one_verb_goes_round_as_the_switch_of_a_looper_does(gig):
    assert said(gig, "loop beats off") == "loops begin and end when you say"
    assert said(gig, "loop") == "recording a loop"
    assert gig.gig.status().loop.state == "recording"
    assert said(gig, "loop", 1.0) == "the loop plays"
    loop = gig.gig.status().loop
    assert (loop.state, loop.seconds, loop.layers) == ("playing", 0.5, 1)
    assert said(gig, "loop") == "playing over it: layer 2"
    assert said(gig, "loop") == "the loop plays"
    assert said(gig, "loop half") == "the loop plays at half speed"
    assert gig.gig.status().loop.half
    assert said(gig, "loop half") == "the loop plays as it was played"
    assert said(gig, "loop undo") == "layer 2 is off; 'loop redo' puts it back"
    assert gig.gig.status().loop.undone == 1
    assert said(gig, "loop redo") == "layer 2 is back"
    assert said(gig, "loop stop") == "the loop stands still"
    assert said(gig, "loop stop") == "the loop plays"
    assert gig.gig.status().loop.state == "playing"
    assert said(gig, "loop clear") == "the loop is gone"
    assert gig.gig.status().loop == LoopView(there=True)


def test_where_the_preset_has_a_tempo_a_loop_has_whole_beats(gig):
    gig.play(0.3)
    assert said(gig, "loop", 2.1) == "recording a loop from the nearest beat on"
    said(gig, "loop")
    assert gig.gig.status().loop.seconds == 2.0
    said(gig, "loop stop")
    assert said(gig, "loop stop", 0.0) == "the loop plays from the next beat on"
    gig.gig.do("loop beats off")
    gig.gig.do("loop clear")
    gig.play(0.1)
    said(gig, "loop", 0.77)
    said(gig, "loop")
    assert gig.gig.status().loop.seconds == 0.77


@pytest.mark.parametrize(
    ("before", "words", "says"),
    [
        ([], "loop undo", "nothing is looped yet; 'loop' begins"),
        ([], "loop stop", "nothing is looped yet; 'loop' begins"),
        (["loop"], "loop half", "'loop' once more ends the recording"),
        (["loop", "loop"], "loop undo", "no layer is left to take off; 'loop clear' ends the loop"),
        (["loop beats on", "loop"], "loop", "it waits for the beat; 'loop stop' calls it off"),
        (["loop", "loop"], "loop redo", "no layer was taken off"),
        ([], "loop unod", "loop: 'unod'"),
        ([], "loop beats maybe", "'maybe' is neither on nor off"),
        ([], "loop undo now", "loop: 'undo now'"),
    ],
)
def test_what_makes_no_sense_is_said(gig, before, words, says):
    gig.gig.do("loop beats off")
    for verb in before:
        gig.play(0.18, verb)
    with pytest.raises(RigError, match=says):
        gig.gig.do(words)


def test_a_loop_that_leaves_no_room_for_another_layer_says_so(gig):
    gig.gig.do("loop beats off")
    gig.play(20.0, "loop")
    gig.play(0.1, "loop")
    with pytest.raises(RigError, match="no room for another layer; 'loop undo' takes the last one off"):
        gig.gig.do("loop")


def test_a_recording_that_fills_the_memory_is_said_and_none_that_ends(gig):
    gig.gig.do("loop beats off")
    gig.play(1.0, "loop")
    gig.gig.status()
    gig.gig.do("loop")
    gig.gig.status()
    gig.play(1.0)
    gig.gig.status()
    assert gig.gig.news() == ()
    gig.play(0.1, "loop clear")
    gig.gig.status()
    gig.play(1.0, "loop")
    gig.gig.status()
    gig.play(30.0)
    gig.gig.status()
    assert [news.message for news in gig.gig.news()] == ["the looper's memory is full: the loop plays, 30 s long"]


def test_without_a_looper_that_is_said(tmp_path):
    from test_rebuild import gig_of

    (tmp_path / "set.toml").write_text('[[amp]]\nname = "A"\nchain = [{ engine = "gain" }]\n')
    gig, _ = gig_of(tmp_path)
    with pytest.raises(RigError, match="'rig play --loop MINUTES' sets some aside"):
        gig.do("loop")
