"""Files that are tried one after the other play as loud as what they take the place of, and leave nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from random_gigs import Unhurried, gig_of
from test_rebuild import RATE

from rig.document.read import read_preset
from rig.errors import RigError
from rig.gig.gig import Gig
from rig.models import analysis
from rig.sound import read

MODELS = Path(__file__).resolve().parent.parent / "presets" / "models"
STRUM = read(MODELS.parent / "demo.flac")[0][: 2 * RATE, 0]
PRESET = """
name = "Test"
[[amp]]
name = "Clean"
level = -20
chain = [{ engine = "gain", gain = 3 }, { model = "soft.json", level = 1.5 }, { engine = "eq", bass = 2 }]
[[amp.scene]]
name = "Solo"
set = { "model.level" = 4.0 }
[output]
chain = [{ ir = "small.wav" }]
"""


@pytest.fixture
def folder(tmp_path, rng) -> Path:
    """Two models, the one 14 dB louder than the other by what its file asks for, one that distorts; two cabinets."""
    clean = json.loads((MODELS / "small-combo-clean.json").read_text())
    for name, model, gain in (("soft", clean, 1.0), ("loud", clean, 10 ** (14 / 20))):
        (tmp_path / f"{name}.json").write_text(json.dumps({**model, "level_adjust": gain}))
    (tmp_path / "lead.json").write_bytes((MODELS / "stack-lead.json").read_bytes())
    (tmp_path / "torn.json").write_text((tmp_path / "soft.json").read_text()[:300])
    for name, frames in (("small", 20), ("large", 90)):
        response = rng.normal(0, 1, 400) * np.exp(-np.arange(400) / frames)
        soundfile.write(tmp_path / f"{name}.wav", response / np.abs(response).max(), RATE, subtype="FLOAT")
    (tmp_path / "set.toml").write_text(PRESET)
    return tmp_path


def heard(gig: Gig) -> np.ndarray:
    """A strum, once what was before has gone."""
    gig.settle()
    gig.reconciler.rack.process(np.zeros(RATE, np.float32))
    for place in gig.reconciler.places():
        gig.reconciler.chain(place)[1].prewarm()
    return gig.reconciler.rack.process(STRUM)[0]


def loud(gig: Gig) -> float:
    return 10 * float(np.log10(np.mean(np.square(heard(gig)))))


def level(gig: Gig, path: str) -> float:
    return next(knob.value for view in gig.chain() for knob in view.params if knob.path == f"{path}.level")


def undone(gig: Gig) -> int:
    """How much there is to undo."""
    for steps in range(100):
        try:
            gig.do("undo")
        except RigError:
            return steps
    raise AssertionError


def test_what_is_tried_is_as_loud_as_what_was_there(folder):
    gig = gig_of(folder / "set.toml")
    before = loud(gig)
    gig.do("load Clean.model loud.json")
    assert loud(gig) - before == pytest.approx(14, abs=1), "else there is nothing to match"
    gig.do("undo")
    assert loud(gig) == before
    for name, most in (("loud", 0.3), ("lead", 2), ("loud", 0.3)):  # dB; one that distorts hears noise otherwise
        gig.do(f"try Clean.model {name}.json")
        assert abs(loud(gig) - before) < most, name
    assert level(gig, "Clean.model") == pytest.approx(1.5 - 14, abs=0.2)
    gig.do("try output.cab large.wav")
    assert abs(loud(gig) - before) < 1


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_what_no_loudspeaker_plays_is_not_loud(rate):
    hiss = 0.5 * np.cos(2 * np.pi * 12_000 / rate * np.arange(8192)).astype(np.float32)
    plain = analysis.guitar_db(lambda x: x, rate)
    assert plain == pytest.approx(analysis.PROBE_DB, abs=0.5)
    assert analysis.guitar_db(lambda x: x + 1 + hiss[: len(x)], rate) == pytest.approx(plain, abs=0.2)
    assert analysis.guitar_db(lambda x: 2 * x, rate) == pytest.approx(plain + 6.02, abs=0.01)


def test_what_was_there_comes_back_bit_for_bit_with_nothing_to_undo(folder):
    gig = gig_of(folder / "set.toml")
    document, before = gig.document, heard(gig)
    for name in ("loud", "torn", "lead"):
        gig.do(f"try Clean.model {name}.json")
        gig.settle()
    gig.do("try Clean.model soft.json")
    np.testing.assert_array_equal(heard(gig), before)
    assert gig.document == document and not gig.unsaved
    assert undone(gig) == 0


def test_what_is_chosen_is_what_was_heard_and_one_step_of_undo(folder):
    gig = gig_of(folder / "set.toml")
    before = heard(gig)
    for name in ("lead", "loud"):
        gig.do(f"try Clean.model {name}.json")
        gig.settle()
    tried = heard(gig)
    gig.do("load Clean.model loud.json")
    np.testing.assert_array_equal(heard(gig), tried)
    gig.do("save")
    saved = read_preset(folder / "set.toml").amps[0].chain[1]
    assert (saved.files["model"].name, saved.params["level"]) == ("loud.json", level(gig, "Clean.model"))
    gig.do("undo")
    np.testing.assert_array_equal(heard(gig), before)
    assert undone(gig) == 0


def test_a_file_that_does_not_play_leaves_the_level_of_the_one_before(folder):
    gig = gig_of(folder / "set.toml")
    gig.do("try Clean.model loud.json")
    tried = heard(gig)
    gig.do("try Clean.model torn.json")
    np.testing.assert_array_equal(heard(gig), tried)
    gig.do("try Clean.model lead.json")
    gig.do("try Clean.model loud.json")  # before the other one was there
    np.testing.assert_array_equal(heard(gig), tried)


def test_a_knob_of_an_engine_waits_for_its_other_file(folder):
    """The level of a soft model must not meet a loud one while the soft one is being built."""
    gig = gig_of(folder / "set.toml", Unhurried)
    worker = gig.reconciler._worker
    gig.do("try Clean.model loud.json")
    worker._built.append(worker._build(worker.waiting.pop()))
    tried = heard(gig)
    gig.do("undo")
    np.testing.assert_allclose(heard(gig), tried, atol=1e-6)
    gig.do("set Clean.gain.gain -3")
    assert np.abs(heard(gig) - tried).max() > 1e-4, "the others are turned at once"


def test_a_scene_that_holds_the_level_goes_on_holding_it(folder):
    gig = gig_of(folder / "set.toml")
    gig.do("scene Solo")
    before = loud(gig)
    gig.do("try Clean.model loud.json")
    assert abs(loud(gig) - before) < 1
    assert gig.amp.chain[1].params["level"] == 1.5
    assert level(gig, "Clean.model") == pytest.approx(4 - 14, abs=0.2)


def test_in_a_branch_and_behind_a_silent_gate(folder):
    text = PRESET.replace(
        '{ model = "soft.json", level = 1.5 }',
        '{ engine = "blend", mix = 0, a = [{ model = "soft.json" }], b = [{ engine = "gain" }] }',
    )
    (folder / "set.toml").write_text(text.replace('"model.level" = 4.0', '"blend.mix" = 0'))
    gig = gig_of(folder / "set.toml")
    before = loud(gig)
    gig.do("try Clean.model loud.json")
    assert abs(loud(gig) - before) < 1
    (folder / "set.toml").write_text(PRESET.replace('"gain", gain = 3', '"gate", threshold = 0'))
    gig = gig_of(folder / "set.toml")
    gig.do("try Clean.model loud.json")
    gig.settle()
    assert level(gig, "Clean.model") == 1.5, "nobody hears how loud it is"
