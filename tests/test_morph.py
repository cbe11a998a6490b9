"""A pedal between two scenes; scenes, mute and the looper in the frame in which a pedal is pressed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_document import do, files, gig_of, knobs
from test_pedals import PERIODS, RATE, cc

from rig.document.document import Between, Binding, Morph
from rig.document.read import examine, read_preset
from rig.document.writing import rewritten
from rig.engine import registry
from rig.errors import RigError
from rig.gig.gig import Gig

PRESET = """\
name = "Feet"
[[amp]]
name = "Clean"
chain = [
  { id = "boost", engine = "gain", gain = 0, on = false },
  { id = "tone", engine = "eq", bass = 0 },
  { id = "drive", engine = "gain", gain = 0 },
]
[[amp.scene]]
name = "Solo"
level = 6
set = { boost.on = true, tone.bass = 8, drive.gain = -12, "output.last.gain" = 6 }
[[amp.scene]]
name = "Soft"
level = -6
set = { drive.gain = -6 }
[[amp]]
name = "Lead"
chain = [{ engine = "gain", gain = -20 }]
[[amp.scene]]
name = "Loud"
set = { gain.gain = 0 }
[output]
chain = [{ id = "last", engine = "gain", gain = 0 }]

[midi]
program = { 0 = "Clean", 1 = "Lead", 2 = "Clean:Solo", 3 = "Lead:Loud" }
note = { 40 = "morph Clean:Soft to Clean:Solo" }
wheel = "morph Clean to Clean:Solo"

[midi.cc]
1 = "morph Clean to Clean:Solo"
2 = { to = "morph Clean:Soft to Clean:Solo", invert = true, curve = "log" }
10 = "scene 1"
11 = "scene none"
12 = "amp Lead:Loud"
13 = "next"
14 = "mute"
15 = { to = "mute", hold = true }
16 = { to = "boost", hold = true }
17 = "boost"
18 = "bypass"
19 = "panic"
20 = "loop"
21 = "loop stop"
22 = "tuner heard"
23 = "part next"
24 = "song 2"
30 = "Clean.drive.gain"
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    files(tmp_path)
    (tmp_path / "blues.toml").write_text(PRESET)
    return tmp_path


def opened(folder: Path) -> Gig:
    gig = gig_of(folder)
    gig.reconciler.rack.limit(False)
    return gig


def heard(
    gig: Gig, events: list[tuple[int, bytes]], period: int, frames: int = 4096, signal: float = 0.1
) -> np.ndarray:
    """A constant through the gig, with MIDI at its frames; nobody reads it meanwhile."""
    rack, out = gig.reconciler.rack, []
    for at in range(0, frames, period):
        for frame, data in events:
            if at <= frame < at + period:
                rack.hear_midi(frame - at, data)
        out.append(rack.process(np.full(period, signal, np.float32), period)[0])
    return np.concatenate(out)


def standing(gig: Gig) -> dict[str, float]:
    """What the rack has: every knob, and whether the engines are on."""
    found = {}
    for _, engines, chain in gig.sounding.path():
        for i, spec in enumerate(engines):
            found |= {f"{spec.label}.{name}": value for name, value in chain.knobs(i).items()}
            found[f"{spec.label}.on"] = chain.on(i)
    return found


# --- between two scenes -------------------------------------------------------------------------------------------


def test_what_a_preset_says_of_a_pedal_between_scenes(folder):
    preset = read_preset(folder / "blues.toml")
    clean = preset.amps[0].uid
    assert preset.midi.cc[1] == Binding(Morph(clean, "", "Solo"))
    assert preset.midi.cc[2] == Binding(Morph(clean, "Soft", "Solo"), curve="log", invert=True)


@pytest.mark.parametrize(
    "said, fault",
    [
        ('"morph Clean"', "morph 'Clean' must be 'morph Lead to Lead:Solo'"),
        ('"morph Clean to Lead"', "a pedal goes between two scenes of one amp"),
        ('"morph Clean to Clean"', "a pedal goes between two scenes of one amp"),
        ('"morph Clean to Clean:Solos"', "no amp 'Clean:Solos'; did you mean 'Clean:Solo'?"),
        ('{ to = "morph Clean to Clean:Solo", hold = true }', "hold is not for a pedal between two scenes"),
        ('{ to = "morph Clean to Clean:Solo", relative = "twos" }', "relative is not for a pedal between two scenes"),
        ('{ to = "morph Clean to Clean:Solo", upto = 3 }', "upto is for a knob that turns"),
    ],
)
def test_faults_of_such_a_pedal(folder, said, fault):
    file = folder / "blues.toml"
    file.write_text(PRESET.replace('1 = "morph Clean to Clean:Solo"', f"1 = {said}", 1).replace("\n11 = ", "\n111 = "))
    found = examine(file)[1]
    assert len(found) == 1 and fault in found[0]


def test_names_with_the_word_that_parts_them(folder):
    file = folder / "blues.toml"
    text = PRESET.replace('"Solo"', '"up to 11"').replace("Clean:Solo", "Clean:up to 11")
    file.write_text(text)
    preset = read_preset(file)
    assert preset.midi.cc[1].to == Morph(preset.amps[0].uid, "", "up to 11")


@pytest.mark.parametrize("place", [0, 1, 40, 63, 64, 100, 127])
def test_each_knob_goes_its_own_way_and_switches_change_in_the_middle(folder, place):
    gig = opened(folder)
    heard(gig, [(5, cc(1, place))], 64)
    before = standing(gig)
    gig.install()
    share = place / 127
    for now in (before, standing(gig)):
        assert now["tone.bass"] == pytest.approx(8 * share) or now is before
        assert now["boost.on"] == (place >= 64) or now is before
    assert standing(gig)["drive.gain"] == pytest.approx(-12 * share)
    assert standing(gig)["last.gain"] == pytest.approx(6 * share)
    assert gig.amp.scene == ("Solo" if place >= 64 else "")
    assert gig.amp.between == Between("", "Solo", place)
    assert not gig.unsaved, "it is played, not edited"
    level = gig.reconciler.chain(gig.sounding.path()[1][0])[0].level
    assert level == pytest.approx(6 * share)


def test_a_pedal_between_scenes_is_heard_from_its_frame_on_alike_at_every_period(folder):
    events = [(77, cc(1, 30)), (500, cc(1, 100)), (505, cc(1, 127)), (1301, cc(1, 64)), (2100, cc(1, 63))]
    outs = []
    for period in PERIODS:
        outs.append(heard(opened(folder), events, period))
    for out in outs[1:]:
        assert np.array_equal(out, outs[0])
    still = heard(opened(folder), [], 64)
    assert np.array_equal(outs[0][:77], still[:77]) and outs[0][77] != still[77]


def test_what_follows_changes_nothing_in_what_the_rack_has_done(folder):
    """The document comes to what the rack plays already: where all is as the rack left it, nothing is written again."""
    gig = opened(folder)
    rng = np.random.default_rng(5)
    for _ in range(40):
        wheel = int(rng.integers(16384))
        data = bytes([0xE0, wheel & 127, wheel >> 7]), *(cc(number, int(rng.integers(128))) for number in (1, 2, 30))
        heard(gig, [(3, data[rng.integers(4)])], 64, 256)
        here = heard(gig, [], 64, 1024)[-1]
        gig.install()
        assert heard(gig, [], 64, 1024)[-1] == pytest.approx(here, rel=1e-5)


def test_a_pedal_that_moves_on_is_not_turned_back(folder):
    gig = opened(folder)
    rack = gig.reconciler.rack
    heard(gig, [(0, cc(1, 20))], 64, 256)
    late, rack.midi = rack.midi(), lambda: late  # they have been read, and now it is moved on
    heard(gig, [(0, cc(1, 127))], 64, 256)
    here = heard(gig, [], 64, 2048)[-1]
    gig.pedals.look()
    del rack.midi
    assert heard(gig, [], 64, 2048)[-1] == here
    gig.pedals.look()
    assert gig.amp.between.place == 127 and heard(gig, [], 64, 2048)[-1] == pytest.approx(here, rel=1e-6)


def test_a_scene_that_is_picked_ends_the_way(folder):
    gig = opened(folder)
    heard(gig, [(0, cc(1, 90))], 64, 256)
    gig.install()
    do(gig, "scene Solo")
    assert gig.amp.between is None and standing(gig)["tone.bass"] == 8
    do(gig, "scene none")
    heard(gig, [(0, cc(1, 10))], 64, 256)
    gig.install()
    do(gig, "next", "prev")
    assert gig.amp.between, "an amp comes back as it was left"
    do(gig, "set Clean.drive.gain -3")
    assert standing(gig)["drive.gain"] == -3, "what is turned stands there"
    heard(gig, [(0, cc(1, 20))], 64, 256)
    gig.install()
    assert standing(gig)["drive.gain"] == pytest.approx(-3 + (-12 + 3) * 20 / 127), "until the pedal goes on"
    do(gig, "undo")
    assert gig.amp.between.place == 20, "which undo does not touch"


def test_morph_by_hand(folder):
    gig = opened(folder)
    do(gig, "morph Clean:Soft to Clean:Solo 50")
    assert standing(gig)["drive.gain"] == pytest.approx(-9)
    assert gig.status().between == "Soft to Solo, 50 %"
    do(gig, "morph Clean to Clean:Solo 0%")
    assert gig.amp.scene == "" and standing(gig)["drive.gain"] == 0
    for words in ("morph", "morph 50", "morph Clean to Clean:Solo 101", "morph Clean to Clean:Solo"):
        with pytest.raises(RigError):
            gig.do(words)
    do(gig, "scene delete Solo")
    assert standing(gig)["drive.gain"] == 0 and gig.status().between == ""
    assert 1 not in gig.preset.midi.cc, "nor is it left in a pedal"


def test_the_other_way_round_and_along_a_curve(folder):
    gig = opened(folder)
    heard(gig, [(0, cc(2, 0))], 64, 256)
    gig.install()
    assert gig.amp.scene == "Solo" and standing(gig)["drive.gain"] == -12
    heard(gig, [(0, cc(2, 64))], 64, 256)
    gig.install()
    assert -12 < standing(gig)["drive.gain"] < -11, "slow at the heel"


def test_it_is_saved_and_learnt(folder):
    file = folder / "blues.toml"
    gig = opened(folder)
    do(gig, "learn morph Clean:Soft to Clean:Solo")
    heard(gig, [(0, cc(99, 3))], 64, 64)
    gig.install()
    assert [news.message for news in gig.news()] == ["cc 99 does morph Clean:Soft to Clean:Solo from now on"]
    do(gig, "rename Clean as Cream", "save")
    text = file.read_text()
    assert '99 = "morph Cream:Soft to Cream:Solo"' in text and '1 = "morph Cream to Cream:Solo"' in text
    before = read_preset(file)
    assert rewritten(text, before, before, registry()) == text


# --- in the frame of the press ------------------------------------------------------------------------------------


PRESSES = [
    b"\xc0\x02",  # a scene of the amp that plays
    b"\xc0\x01",  # another amp
    b"\xc0\x03",  # and its scene
    cc(10, 127),
    cc(12, 127),
    cc(13, 127),
    cc(14, 127),
    cc(15, 127),
    cc(16, 127),
    cc(17, 127),
    cc(18, 127),
    cc(22, 127),
]


@pytest.mark.parametrize("data", PRESSES, ids=lambda data: data.hex())
def test_a_press_is_heard_from_its_frame_on_at_every_period(folder, data):
    quiet = heard(prepared(folder, data), [], 64)
    outs = [heard(prepared(folder, data), [(333, data)], period) for period in PERIODS]
    for out in outs[1:]:
        assert np.array_equal(out, outs[0])
    if data == cc(22, 127):
        assert not outs[0][:333].any() and outs[0][-1] == pytest.approx(0.1)
    else:
        assert np.array_equal(outs[0][:333], quiet[:333]) and outs[0][333] != quiet[333]


def prepared(folder: Path, data: bytes) -> Gig:
    gig = opened(folder)
    do(gig, "tuner on" if data == cc(22, 127) else "set Clean.drive.gain -1")
    heard(gig, [], 64)
    return gig


@pytest.mark.parametrize("data", PRESSES, ids=lambda data: data.hex())
def test_the_rack_has_done_what_the_verb_comes_to(folder, data):
    """What is heard does not change any more when the document follows."""
    gig = opened(folder)
    heard(gig, [(333, data)], 64, 8192)
    here = heard(gig, [], 64)[-1]
    gig.install()
    assert heard(gig, [], 64, 8192)[-1] == pytest.approx(here, rel=1e-5)


def test_pressed_twice_before_anybody_looks_it_is_as_pressed_twice(folder):
    gig = opened(folder)
    for data in (cc(13, 127), cc(13, 0)) * 2:
        heard(gig, [(0, data)], 64, 64)
    gig.install()
    heard(gig, [], 64, 8192)
    assert gig.amp.name == "Clean"
    assert gig.reconciler.rack.meters().playing == gig.reconciler.slot(gig.sounding.path()[1][0])
    for data in (cc(14, 127), cc(14, 0)) * 2:
        heard(gig, [(0, data)], 64, 64)
    gig.install()
    assert not gig.muted and heard(gig, [], 64, 8192)[-1] != 0


def test_a_knob_that_is_turned_behind_a_scene_stays_where_it_is_turned_to(folder):
    gig = opened(folder)
    heard(gig, [(0, b"\xc0\x02"), (100, cc(30, 127))], 64)
    gig.install()
    assert standing(gig)["drive.gain"] == registry()["gain"].param("gain").maximum
    assert knobs(gig)["Clean.drive.gain"] == registry()["gain"].param("gain").maximum


def test_held_down(folder):
    gig = opened(folder)
    base = heard(gig, [], 64)[-1]
    for number, of in ((15, 0.0), (16, 10 ** (3 / 20))):
        assert heard(gig, [(0, cc(number, 127))], 64, 8192)[-1] == pytest.approx(base * of)
        gig.install()
        assert heard(gig, [(0, cc(number, 0))], 64, 8192)[-1] == pytest.approx(base)
        gig.install()
    assert not gig.muted and not gig.boosted


def test_a_panic_by_foot(folder):
    gig = opened(folder)
    out = heard(gig, [(500, cc(19, 127))], 1024)
    assert out[499] != 0 and out[500] != out[499]
    assert not out[500 + RATE // 100 : 1024].any(), "silent within 10 ms"
    gig.install()
    assert gig.message == "silenced; all begins anew"


def test_a_loop_is_as_long_as_from_press_to_press_at_every_period(folder):
    lengths = set()
    for period in PERIODS:
        gig = opened(folder)
        gig.reconciler.rack.looper(2.0)
        do(gig, "scene none")  # the table knows of the looper now
        heard(gig, [(101, cc(20, 127)), (200, cc(20, 0)), (9000, cc(20, 127)), (9001, cc(20, 0))], period, 16384)
        gig.install()
        lengths.add(gig.reconciler.rack.loop_state().frames)
        assert gig.message == "the loop plays"
        heard(gig, [(5, cc(21, 127))], period, 1024)
        gig.install()
        assert gig.message == "the loop stands still"
    assert lengths == {9000 - 101}


def test_what_feet_cannot_do_is_told(folder):
    gig = opened(folder)
    for number, said in ((20, "there is no memory for it"), (23, "there are no songs"), (24, "there are no songs")):
        heard(gig, [(0, cc(number, 127)), (1, cc(number, 0))], 64, 64)
        gig.install()
        (news,) = gig.news()
        assert said in news.message and news.wrong
