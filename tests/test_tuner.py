"""The tuner: every string from a bass's low B up, to a tenth of a cent, and soon."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from test_rebuild import folder, gig_of  # noqa: F401

from rig.document.tunings import TUNINGS, nearest, spelt, strings
from rig.errors import RigError
from rig.gig.tuner import SPANS, pitch

RATE = 48_000
STIFF = 1e-4  # of a wound low string: its tenth partial is 8 cents sharp


def string(
    hz: float, rng, seconds: float = 0.4, rate: int = RATE, stiff: float = 0.0, first: float = 1.0
) -> np.ndarray:
    """A plucked string: twelve partials, each dying away faster than the one below, in noise 60 dB down.

    hz: of the first partial; first: how strong that is.
    """
    t = np.arange(int(seconds * rate)) / rate
    x = 1e-3 * rng.normal(size=t.size)
    for n in range(1, 13):
        partial = n * hz * np.sqrt((1 + stiff * n**2) / (1 + stiff))
        if partial < 0.4 * rate:
            strength = (first if n == 1 else 1.0) / n * np.exp(-t / 1.5 * np.sqrt(n))
            x += strength * np.sin(2 * np.pi * (partial * t + rng.uniform()))
    return (0.2 * x).astype(np.float32)


def cents(hz: float | None, right: float) -> float:
    assert hz is not None
    return 1200 * np.log2(hz / right)


LOW = {"B0": 30.868, "E1": 41.203, "F#1": 46.249, "B1": 61.735, "E2": 82.407, "A2": 110.0, "D3": 146.83}
HIGH = {"G3": 196.0, "E4": 329.63, "E5": 659.26, "A5": 880.0, "E6": 1318.5, "F6": 1396.9}


@pytest.mark.parametrize("stiff", [0.0, STIFF])
@pytest.mark.parametrize("name", LOW | HIGH)
def test_a_steady_string_is_read_to_a_tenth_of_a_cent(name, stiff, rng):
    for _ in range(5):
        right = (LOW | HIGH)[name] * 2 ** rng.uniform(-0.03, 0.03)
        assert abs(cents(pitch(string(right, rng, stiff=stiff), RATE), right)) < 0.1


@pytest.mark.parametrize("rate", [44_100, 88_200, 96_000, 192_000])
def test_at_other_rates_too(rate, rng):
    for right in (41.2, 82.4, 440.0):
        span = min(SPANS[0], 24_576 / rate)  # what the rack remembers
        got = cents(pitch(string(right, rng, span, rate), rate), right)
        assert abs(got) < (0.1 if span * right > 11 else 1.0), "a few periods of a low string"


@pytest.mark.parametrize("name", LOW)
def test_a_low_string_whose_fundamental_is_faint_is_not_taken_for_its_octave(name, rng):
    right = LOW[name]
    assert abs(cents(pitch(string(right, rng, first=0.05), RATE), right)) < 0.2
    assert abs(cents(pitch(string(right, rng, first=0.0), RATE), right)) < 0.2, "read from its period"


@pytest.mark.parametrize("name", [name for name, hz in (LOW | HIGH).items() if hz > 80])
def test_a_note_is_read_before_80_ms_have_passed(name, rng):
    right = (LOW | HIGH)[name]
    before = string(97.0, rng, 0.35)
    x = np.concatenate([0.01 * before, string(right, rng, 0.05)])  # and 25 ms until somebody looks
    assert abs(cents(pitch(x, RATE), right)) < 10


def test_silence_and_noise_are_no_note(rng):
    assert pitch(np.zeros(RATE, np.float32), RATE) is None
    assert pitch(1e-4 * string(110.0, rng), RATE) is None
    for _ in range(20):
        assert pitch(rng.normal(0, 0.1, int(0.4 * RATE)), RATE) is None
    assert pitch(np.ones(3), RATE) is None


def test_the_names_of_notes_and_what_a_is():
    assert nearest(440.0) == ("A4", 0.0, 0)
    assert nearest(82.4069).name == "E2" and abs(nearest(82.4069).cents) < 0.01
    note = nearest(440.0, a4=442.0)
    assert note.name == "A4" and note.cents == pytest.approx(-7.85, abs=0.01)


def test_in_a_tuning_the_nearest_string_is_meant():
    note = nearest(77.0, "drop D")
    assert (note.name, note.string) == ("D2", 6) and note.cents == pytest.approx(82.6, abs=0.1)
    assert nearest(320.0, "drop D").string == 1
    assert nearest(61.0, "8 strings")[::2] == ("B1", 7)
    assert nearest(30.9, "bass 5 strings")[::2] == ("B0", 5)


def test_tunings_go_up_string_by_string_and_are_known_by_name():
    for name in TUNINGS:
        notes = strings(name)
        assert all(low < high for low, high in itertools.pairwise(notes))
        assert strings(name.upper()) == notes and spelt(name.upper()) == name
    assert len(strings("8 strings")) == 8


def test_a_tuning_may_be_notes():
    assert strings("Eb2 A♭2 db3") == (39, 44, 49)
    assert spelt("eb2  Bb2") == "D#2 A#2"
    assert spelt("") == "" and strings("") == ()
    with pytest.raises(RigError, match="there is no tuning 'drob D'; did you mean 'drop D'"):
        strings("drob D")
    with pytest.raises(RigError, match="there is no tuning 'H2 E2'; there are standard, "):
        spelt("H2 E2")


def test_how_a_guitar_is_tuned_is_kept_in_the_preset(folder):  # noqa: F811
    gig, _ = gig_of(folder)
    gig.do("tuning drop d")
    gig.do("a4 442")
    assert (gig.preset.tuning, gig.preset.a4) == ("drop D", 442.0)
    gig.do("save")
    assert 'tuning = "drop D"\na4 = 442\n[[amp]]' in (folder / "set.toml").read_text()
    gig.do("tuning next")
    assert gig.preset.tuning == "drop C#"
    gig.do("tuning chromatic")
    assert gig.preset.tuning is None
    gig.do("undo")
    assert gig.preset.tuning == "drop D", "walking through them is one step"
    with pytest.raises(RigError, match="no tuning 'drip D'"):
        gig.do("tuning drip D")


def test_what_is_played_is_told_while_one_plays_and_while_one_tunes(folder, rng):  # noqa: F811
    gig, rack = gig_of(folder)
    gig.do("tuning drop D")
    rack.process(string(73.5, rng, 0.5))
    status = gig.status()
    assert (status.note, status.string, status.tuning) == ("D2", 6, "drop D") and status.cents == pytest.approx(
        1.98, abs=0.3
    )
    gig.do("tuner")
    rack.process(string(73.5, rng, 0.5))
    assert not rack.process(string(73.5, rng, 0.1))[0].any(), "silent"
    gig.do("tuner heard")
    rack.process(string(73.5, rng, 0.5))
    assert rack.process(string(73.5, rng, 0.1))[0].any()
    assert (gig.status().tuner, gig.status().tuner_heard) == (True, True)
    gig.do("tuner")
    assert not gig.status().tuner
