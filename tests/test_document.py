"""The document: what words name in it, what edits do to it, how they are taken back, and how it is kept in its file."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_gigs import files
from test_rebuild import RATE, Client

from rig import shipped
from rig.document import address
from rig.document.document import Amp, Binding, Document, Preset, Target, alike
from rig.document.file import open_preset
from rig.document.history import STEPS, TOGETHER_SECONDS, History
from rig.document.read import read_preset
from rig.document.scenes import applied
from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.reconciler import Reconciler
from rig.native import Rack

BLUES = """\
name = "Blues" # slow
[[amp]]
name = "Clean"
level = -5.50   # as loud as the others
chain = [
  { engine = "gain", gain = 3 }, # turn this one
  { engine = "wavenet", model = "one.json" },
  { id = "tone", engine = "eq", bass = 1.5 },
]
[[amp.scene]]
name = "Solo"
level = 3
set = { tone.bass = 4, "output.cab.level" = -2 }

[[amp]]
name = "Lead"
chain = [{ engine = "gain" }, { engine = "gain", gain = 6 }]

[output]
chain = [{ ir = "a.wav" }]

[midi]
program = { 0 = "Clean", 1 = "Clean:Solo" }
cc = { 11 = "Clean.gain.gain", 12 = "Lead.gain2.gain", 13 = "Clean.level" }
"""
ROCK = BLUES.replace('"Blues"', '"Rock"')


@pytest.fixture
def folder(tmp_path) -> Path:
    files(tmp_path)
    (tmp_path / "blues.toml").write_text(BLUES)
    (tmp_path / "rock.toml").write_text(ROCK)
    return tmp_path


def gig_of(folder: Path, *names: str) -> Gig:
    opened = [open_preset(folder / f"{name}.toml") for name in names or ("blues",)]
    document = Document(tuple(file.preset for file in opened))
    reconciler = Reconciler(Rack(RATE))
    reconciler.load(document, document.amps[0].uid)
    reconciler.rack.begin(open=True)
    return Gig(opened, reconciler, Client(), document.amps[0].uid)


def do(gig: Gig, *verbs: str) -> None:
    for words in verbs:
        gig.do(words)
    assert not any(outcome.error for outcome in gig.settle())


def labels(gig: Gig) -> list[str]:
    return [spec.label for spec in gig.amp.chain]


def knobs(gig: Gig) -> dict[str, float]:
    return {param.path: param.value for engine in gig.chain() for param in engine.params}


# --- what words name ----------------------------------------------------------------------------------------------


def test_one_name_in_two_presets_is_refused_with_what_to_write(folder):
    gig = gig_of(folder, "blues", "rock")
    with pytest.raises(RigError, match=r"2 amps are called 'clean': write Blues/Clean or Rock/Clean"):
        gig.do("amp clean")
    gig.do("amp rock/clean")
    assert (gig.amp.name, gig.preset.name) == ("Clean", "Rock")
    do(gig, "set Clean.gain.gain -6")
    assert gig.document.presets[0].amps[0].chain[0].params == {"gain": 3}, "Blues' Clean is another amp"
    assert gig.document.presets[1].amps[0].chain[0].params == {"gain": -6}
    assert "Rock/Clean.gain.gain" in knobs(gig), "what the screen sends names one"
    do(gig, "set Blues/Clean.gain.gain 1", "set Blues/output.cab.level -1", "set output.cab.level -3")
    assert [preset.output[0].params["level"] for preset in gig.document.presets] == [-1, -3]


def test_presets_of_one_name_are_told_apart_by_their_numbers(folder):
    (folder / "rock.toml").write_text(BLUES)
    gig = gig_of(folder, "blues", "rock")
    assert [amp.path for amp in gig.amps] == ["1/Clean", "1/Lead", "2/Clean", "2/Lead"]
    gig.do("amp 2/Lead")
    assert gig.status().amp == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("amp ²", "no amp '²'"),
        ("amp 99999999999999999999", "no amp 999999999: this set has 2"),
        ("load Clean.model \0", "is no path"),
        ("load Clean.model ~nosuchuser/x", "is no path"),
        ("set Clean.gain.gain nan", "'nan' is not a number"),
        ("set Clean.gian.gain 3", "Clean has no engine 'gian'; did you mean 'gain'?"),
        ("set Clean.gain.gian 3", "Clean.gain has no knob 'gian'; did you mean 'gain'?"),
        ("set Clean.gain.gain 99", "outside -60..40 dB"),
        ("set Clean.level 99", "outside -60..24 dB"),
        ("set Clean 3", "names no knob"),
        ("on", "on: which engine?"),
        ("off Clean.nothing", "no engine 'nothing'"),
        ("insert Clean", "insert: which engine?"),
        ("insert Clean flux", "no engine 'flux'"),
        ("insert Nobody eq", "no amp 'Nobody'"),
        ("insert Clean cab", "cab needs a file"),
        ("insert Clean cab nowhere.wav", "no ir file 'nowhere.wav'"),
        ("insert Clean eq a.wav", "eq plays no file"),
        ("insert Clean blend", "write it into the preset"),
        ("remove", "remove: which engine?"),
        ("remove Clean.eq9", "no engine 'eq9'"),
        ("move Clean.gain -1", "gain is the first already"),
        ("move Clean.tone 1", "tone is the last already"),
        ("move Clean.tone x", "'x' is not a number"),
        ("move Clean -1", "Clean is the first amp of Blues already"),
        ("new Clean", "Blues has an amp called 'Clean' already"),
        ("new", "1 to 40 letters"),
        ("new input", "taken by the input chain"),
        ("rename Clean as " + "x" * 41, "1 to 40 letters"),
        ("key Clean 0", "'0' is none of 1 to 9"),
        ("key Clean", "which amp, which digit?"),
        ("scene Sol", "Clean has no scene 'Sol'; did you mean 'Solo'?"),
        ("scene store Loud", "turn something first"),
        ("undo", "nothing to undo"),
        ("redo", "nothing to redo"),
        ("ab", "all is as it was saved"),
        ("save", "all is saved already"),
        ("revert", "blues.toml is as it was saved"),
        ("save wherever", "'save', 'save over', 'save as FILE'"),
        ("level loud", "'loud' is not a number"),
        ("mute perhaps", "neither on nor off"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_and_changes_nothing(folder, words, said):
    gig = gig_of(folder)
    before = gig.document
    with pytest.raises(RigError) as error:
        gig.do(words)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert gig.document is before
    assert not gig.building


# --- identity -----------------------------------------------------------------------------------------------------


def test_names_stay_with_their_engines_whatever_moves_and_whatever_they_play(folder):
    gig = gig_of(folder)
    do(gig, "amp Lead", "move Lead.gain2 -1", "insert Lead.gain2 gain", "remove Lead.gain")
    assert labels(gig) == ["gain3", "gain2"]
    (spec,) = (spec for spec in gig.amp.chain if spec.label == "gain2")
    assert gig.preset.midi.cc[12] == Binding(Target(spec.uid, "gain"))
    do(gig, "save")
    again = read_preset(folder / "blues.toml")
    assert [spec.label for spec in again.amps[1].chain] == ["gain3", "gain2"], "in the file, too"
    assert again.midi.cc[12].to.uid == again.amps[1].chain[1].uid


def test_what_points_at_a_thing_follows_its_name_and_goes_with_it(folder):
    gig = gig_of(folder)
    do(gig, "rename Clean as Glass", "save")
    text = (folder / "blues.toml").read_text()
    assert '0 = "Glass", 1 = "Glass:Solo"' in text
    assert '11 = "Glass.gain.gain"' in text and '13 = "Glass.level"' in text
    do(gig, "remove Glass.gain", "remove Glass.tone", "scene delete Solo")
    assert sorted(gig.preset.midi.cc) == [12, 13]
    assert sorted(gig.preset.midi.program) == [0]
    do(gig, "undo", "undo")
    assert [at.knob for at in gig.preset.amps[0].scenes[0].values] == ["bass", "level"]
    do(gig, "undo")
    assert sorted(gig.preset.midi.cc) == [11, 12, 13], "all comes back"
    do(gig, "delete Glass", "save")
    again = read_preset(folder / "blues.toml")
    assert (sorted(again.midi.cc), again.midi.program) == ([12], {})


def test_a_copy_is_an_amp_of_its_own(folder):
    gig = gig_of(folder)
    do(gig, "copy Clean", "set Clean 2.tone.bass -3", "scene Solo")
    assert gig.amp.name == "Clean 2"
    assert knobs(gig)["Clean 2.tone.bass"] == 4
    do(gig, "scene none", "amp Clean")
    assert knobs(gig)["Clean.tone.bass"] == 1.5
    assert [amp.name for amp in gig.amps] == ["Clean", "Clean 2", "Lead"]
    do(gig, "delete Clean 2")
    assert gig.amp.name == "Clean"


def test_a_copy_may_be_given_a_name_whichever_amp_it_is_of(folder):
    gig = gig_of(folder)
    do(gig, "copy as Glass", "copy Lead as  Loud")
    assert [amp.name for amp in gig.amps] == ["Clean", "Glass", "Lead", "Loud"]


# --- scenes -------------------------------------------------------------------------------------------------------


def test_a_scene_is_laid_over_and_holds_what_is_turned_of_its_own(folder):
    gig = gig_of(folder)
    do(gig, "amp Clean:Solo")
    assert (knobs(gig)["Clean.tone.bass"], knobs(gig)["output.cab.level"]) == (4, -2)
    do(gig, "set Clean.tone.bass 5", "set Clean.tone.mid 2")
    do(gig, "scene none")
    assert (knobs(gig)["Clean.tone.bass"], knobs(gig)["Clean.tone.mid"]) == (1.5, 2)
    do(gig, "scene solo")
    assert knobs(gig)["Clean.tone.bass"] == 5
    gig.do("amp Lead")
    assert knobs(gig)["output.cab.level"] == 0, "the other amp's scene holds it no longer"


def test_what_was_turned_becomes_a_scene_and_the_amp_is_as_before(folder):
    gig = gig_of(folder)
    do(gig, "set Clean.tone.treble 3", "off Clean.gain", "set Clean.level -2", "set output.cab.level -4")
    do(gig, "scene store Loud")
    scene = gig.amp.active
    assert (scene.name, scene.level, len(scene.values)) == ("Loud", 3.5, 3)
    assert gig.amp.level == -5.5
    heard = applied(gig.document, gig.playing).amp(gig.playing)
    assert (heard.level, heard.chain[0].on) == (-2.0, False)
    do(gig, "save")
    again = read_preset(folder / "blues.toml")
    assert alike(again, gig.preset)
    assert [scene.name for scene in again.amps[0].scenes] == ["Solo", "Loud"]
    assert again.amps[0].level == -5.5


# --- history ------------------------------------------------------------------------------------------------------


def test_a_turned_knob_is_one_step_and_another_knob_the_next(folder):
    gig = gig_of(folder)
    for i in range(40):
        gig.do(f"set Clean.gain.gain {i / 10}")
    gig.do("set Clean.tone.bass 3")
    gig.do("undo")
    assert knobs(gig)["Clean.gain.gain"] == 3.9
    gig.do("undo")
    assert knobs(gig)["Clean.gain.gain"] == 3
    assert not gig.unsaved
    gig.do("redo")
    assert knobs(gig)["Clean.gain.gain"] == 3.9
    gig.do("set Clean.gain.gain 1")
    with pytest.raises(RigError, match="nothing to redo"):
        gig.do("redo")


def test_turned_again_later_is_a_step_of_its_own_and_turned_back_is_none(folder):
    preset = open_preset(folder / "blues.toml").preset
    history = History(Document((preset,)))
    documents = [Document((preset,), level=-i) for i in range(STEPS + 20)]
    history.do(documents[1], "a", 0.0, "knob")
    history.do(documents[2], "b", TOGETHER_SECONDS - 0.1, "knob")
    history.do(documents[3], "c", 3 * TOGETHER_SECONDS, "knob")
    assert [history.undo(), history.undo()] == ["c", "b"]
    assert history.document.level == 0
    history.do(documents[0], "nothing", 0.0, "knob")
    history.do(documents[1], "a", 0.0, "knob")
    history.undo()
    history.do(documents[1], "a", 0.0, "knob")
    history.do(documents[0], "b", 0.1, "knob")
    with pytest.raises(RigError):
        history.undo()
    for i, document in enumerate(documents[1:], 1):
        history.do(document, str(i), 0.0)
    for _ in range(STEPS):
        history.undo()
    with pytest.raises(RigError):
        history.undo()


def test_ab_lets_one_hear_what_is_saved_and_loses_nothing(folder):
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain 9", "insert Clean eq", "scene Solo")
    do(gig, "ab")
    assert knobs(gig)["Clean.gain.gain"] == 3
    assert labels(gig) == ["gain", "model", "tone"]
    assert gig.amp.scene == "Solo", "the scene stays on"
    assert gig.unsaved and gig.status().comparing
    do(gig, "ab")
    assert knobs(gig)["Clean.gain.gain"] == 9
    assert labels(gig) == ["gain", "model", "tone", "eq2"]
    do(gig, "ab", "save")
    assert [spec.label for spec in read_preset(folder / "blues.toml").amps[0].chain] == ["gain", "model", "tone", "eq2"]


def test_tried_on_is_one_step_and_put_back_is_none(folder):
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain 1", "try Clean.model two.json", "try Clean.model driven.json")
    assert gig.amp.chain[1].files["model"].name == "driven.json"
    do(gig, "try Clean.model one.json", "undo")
    assert knobs(gig)["Clean.gain.gain"] == 3
    do(gig, "try Clean.model two.json", "load Clean.model two.json", "try Clean.model driven.json", "undo")
    assert gig.amp.chain[1].files["model"].name == "two.json", "what was kept is a step of its own"


def test_what_cannot_be_built_is_gone_from_the_history_too(folder):
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain 1")
    gig.do("load Clean.model torn.json")
    (outcome,) = gig.settle()
    assert "torn.json" in outcome.error
    assert outcome.files[0].file.name == "one.json"
    gig.do("insert Clean cab noise.wav")
    (outcome,) = gig.settle()
    assert "noise.wav" in outcome.error
    assert labels(gig) == ["gain", "model", "tone"]
    do(gig, "undo")
    assert knobs(gig)["Clean.gain.gain"] == 3
    assert not gig.unsaved


def test_a_knob_that_another_model_lacks_is_not_saved(folder):
    gig = gig_of(folder)
    do(gig, "load Clean.model driven.json", "set Clean.model.drive 0.7", "set Clean.model.level 2")
    with pytest.raises(RigError, match=r"outside 0\.\.1"):
        gig.do("set Clean.model.drive 3")
    do(gig, "load Clean.model two.json")
    with pytest.raises(RigError, match=r"Clean\.model has no knob 'drive' with what it plays"):
        gig.do("set Clean.model.drive 0.1")
    do(gig, "save")
    assert gig_of(folder).amp.chain[1].params == {"level": 2.0}
    do(gig, "undo")
    assert knobs(gig)["Clean.model.drive"] == 0.7


# --- saving -------------------------------------------------------------------------------------------------------


def test_only_what_was_changed_is_changed_in_the_file(folder):
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain -4.5", "off Clean.tone", "key Lead 7", "save")
    expected = (
        BLUES.replace("gain = 3 }", "gain = -4.5 }")
        .replace('engine = "eq", bass = 1.5 }', 'engine = "eq", bass = 1.5, on = false }')
        .replace('name = "Lead"\n', 'name = "Lead"\nkey = "7"\n')
    )
    assert (folder / "blues.toml").read_text() == expected
    do(gig, "undo", "undo", "undo", "save")
    assert (folder / "blues.toml").read_text() == BLUES


@pytest.mark.parametrize("text", [BLUES.replace("\n", "\r\n"), "\ufeff" + BLUES, BLUES.rstrip(), BLUES + "# end"])
def test_line_ends_byte_order_marks_and_ends_stay(folder, text):
    path = folder / "blues.toml"
    path.write_bytes(text.encode())
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain 4", "save")
    assert path.read_bytes() == text.replace("gain = 3", "gain = 4").encode()


def test_a_link_stays_a_link_and_permissions_stay(folder):
    real = folder / "real.toml"
    (folder / "blues.toml").rename(real)
    real.chmod(0o640)
    (folder / "blues.toml").symlink_to("real.toml")
    do(gig_of(folder), "set Clean.gain.gain 4", "save")
    assert (folder / "blues.toml").is_symlink()
    assert "gain = 4" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert not [path for path in folder.iterdir() if ".part" in path.name]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written_is_said(folder):
    (folder / "blues.toml").chmod(0o444)
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain 4")
    with pytest.raises(RigError, match=r"can't be saved: permission denied; 'save as FILE'"):
        gig.do("save")
    assert gig.unsaved


def test_a_folder_that_is_gone_is_said_and_nothing_is_lost(folder):
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain 4")
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(RigError, match=r"can't be saved: no such file or directory; 'save as FILE' saves elsewhere"):
        gig.do("save")
    assert gig.unsaved
    folder.with_name("elsewhere").rename(folder)
    do(gig, "save")


def test_a_file_that_somebody_else_has_changed_is_not_overwritten_unasked(folder):
    path = folder / "blues.toml"
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain 4")
    path.write_text(BLUES.replace("bass = 1.5", "bass = -1"))
    with pytest.raises(RigError, match="changed on disk meanwhile: 'save over' writes over that, 'revert' takes it"):
        gig.do("save")
    do(gig, "revert")
    assert (knobs(gig)["Clean.gain.gain"], knobs(gig)["Clean.tone.bass"]) == (3, -1)
    assert not gig.unsaved
    do(gig, "undo")
    assert knobs(gig)["Clean.gain.gain"] == 4, "that can be undone, too"
    path.write_text(BLUES)
    do(gig, "save over")
    assert alike(read_preset(path), gig.preset)


def test_saved_elsewhere_it_finds_its_files_and_stays_there(folder):
    gig = gig_of(folder)
    (folder / "mine").mkdir()
    do(gig, "set Clean.gain.gain 4")
    with pytest.raises(RigError, match="is there already"):
        gig.do(f"save as {folder / 'rock.toml'}")
    do(gig, f"save as {folder / 'mine' / 'new.toml'}")
    again = read_preset(folder / "mine" / "new.toml")
    assert again.amps[0].chain[1].files["model"] == folder / "one.json"
    assert (folder / "blues.toml").read_text() == BLUES
    assert not gig.unsaved
    do(gig, "set Clean.gain.gain 5", "save")
    assert "gain = 5" in (folder / "mine" / "new.toml").read_text()
    do(gig, "undo", "undo")
    assert gig.preset.path.name == "new.toml"


@pytest.fixture
def installed(folder, tmp_path, monkeypatch):
    """What ships, as in an installed rig, and the folder of the player's own presets, which is not there yet."""
    presets = tmp_path / "site-packages" / "rig" / "presets"
    shutil.copytree(folder, presets)
    monkeypatch.setattr(shipped, "_PACKAGE", presets.parent)
    monkeypatch.setattr(shipped, "PRESETS", presets)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(presets.parent)
    return presets, tmp_path / "config" / "rig" / "presets"


def test_what_ships_is_saved_as_the_players_own_and_played_from_then_on(installed):
    presets, own = installed
    gig = gig_of(presets)
    do(gig, "set Clean.gain.gain 4", "save")
    assert gig.status().message == f"saved {own / 'blues.toml'}, your own from now on"
    assert (presets / "blues.toml").read_text() == BLUES and not gig.unsaved
    assert (own / "blues.toml").read_text() == BLUES.replace("gain = 3", "gain = 4"), "its files are named as they were"
    assert shipped.find_preset(Path("blues")) == own / "blues.toml"
    again = read_preset(own / "blues.toml")
    assert again.amps[0].chain[1].files["model"] == presets / "one.json"
    do(gig, "set Clean.gain.gain 5", "save")
    assert gig.status().message == "saved blues.toml"
    gig = gig_of(own)
    do(gig, "load Clean.model two.json", "save")
    assert read_preset(own / "blues.toml").amps[0].chain[1].files["model"] == presets / "two.json"
    (own / "one.json").write_bytes((presets / "one.json").read_bytes())
    do(gig, "load Clean.model one.json", "save")
    assert read_preset(own / "blues.toml").amps[0].chain[1].files["model"] == own / "one.json", (
        "what is ours comes first"
    )
    gig = gig_of(own)
    do(gig, f"load Clean.model {presets / 'one.json'}", "save")
    assert read_preset(own / "blues.toml").amps[0].chain[1].files["model"] == presets / "one.json"


def test_what_ships_is_not_saved_over_the_players_own_unasked(installed):
    presets, own = installed
    gig = gig_of(presets)
    own.mkdir(parents=True)
    (own / "blues.toml").write_text(BLUES)
    do(gig, "set Clean.gain.gain 4")
    with pytest.raises(RigError, match="is there already"):
        gig.do("save")
    assert (own / "blues.toml").read_text() == BLUES and gig.unsaved
    do(gig, "save over")
    assert "gain = 4" in (own / "blues.toml").read_text() and (presets / "blues.toml").read_text() == BLUES
    own.rename(own.with_name("other"))
    own.write_text("no folder")
    gig = gig_of(presets)
    do(gig, "set Clean.gain.gain 4")
    with pytest.raises(RigError, match=r"can't be saved: .*; 'save as FILE' saves elsewhere"):
        gig.do("save")


def test_in_a_clone_what_ships_is_the_players_own(folder, monkeypatch):
    monkeypatch.setattr(shipped, "PRESETS", folder)
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain 4", "save")
    assert "gain = 4" in (folder / "blues.toml").read_text()


def test_what_a_path_is_called_finds_it_again(folder):
    gig = gig_of(folder, "blues", "rock")
    for amp in gig.document.amps:
        gig.play(amp.uid)
        for view in gig.chain():
            for param in view.params:
                target, knob = address.knob(gig.document, param.path, gig.playing)
                assert knob.name == param.name
                owner = amp.uid if not view.stands else address.engine(gig.document, view.path, gig.playing)[1].uid
                assert target.uid == owner


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32).map(Random))
def test_whatever_things_are_called_a_name_finds_what_it_is_the_name_of(random):
    words = (
        "Clean",
        "clean",
        "1",
        "2",
        "03",
        "Outputs",
        "Blues",
        "Rock",
        "1/Clean",
        "Rock/Clean",
        "Rock/output",
        "2/1",
    )
    presets = []
    for _ in range(random.randint(1, 4)):
        names = {name.casefold(): name for name in random.sample(words, random.randint(1, 5))}
        presets.append(Preset(Path(), random.choice(words), tuple(Amp(name, ()) for name in names.values())))
    document = Document(tuple(presets))
    for playing in document.amps:
        for place in address.places(document):
            name = address.name_of(document, place, playing.uid)
            found = address.chain(document, name, playing.uid)
            assert (found.stage, found.owner.uid) == (place.stage, place.owner.uid), name
            if place.stage == "amp":
                assert address.amp(document, name).uid == place.owner.uid, name


@pytest.mark.parametrize("name", ["Output", "INPUT", "input"])
def test_no_amp_is_called_as_an_end_is(folder, name):
    with pytest.raises(RigError, match=f"the name '{name}' is taken by the {name.lower()} chain"):
        gig_of(folder).do(f"rename {name}")
    path = folder / "blues.toml"
    path.write_text(BLUES.replace('"Lead"', f'"{name}"'))
    with pytest.raises(RigError, match=f"amp 2 '{name}': the name '{name}' is taken by the {name.lower()} chain"):
        open_preset(path)


def test_a_number_is_a_place_before_it_is_a_name(folder):
    gig = gig_of(folder)
    do(gig, "rename Clean as 2", "amp 2", "rename 1")
    assert [amp.path for amp in gig.amps] == ["Blues/2", "Blues/1"]
    for view in gig.chain():
        if view.name == "gain":
            gig.do(f"set {view.path}.gain -6")
    assert [amp.chain[0].params.get("gain") for amp in gig.document.amps] == [3, -6]


def test_what_cannot_be_played_is_not_saved(folder):
    gig = gig_of(folder)
    gig.do("set Clean.gain.gain 4")
    gig.do("load Clean.model torn.json")
    gig.do("save")
    (outcome,) = gig.install()
    assert "torn.json" in outcome.error
    assert (folder / "blues.toml").read_text() == BLUES.replace("gain = 3", "gain = 4")
    gig.do("load Clean.model torn.json")
    gig.do("set Clean.gain.gain 5")
    gig.do("ab")
    gig.do("save")
    assert (folder / "blues.toml").read_text() == BLUES.replace("gain = 3", "gain = 5")


# --- what has played is not taken away ----------------------------------------------------------------------------


def test_another_rate_is_the_same_document_in_another_rack(folder):
    gig = gig_of(folder)
    do(gig, "set Clean.gain.gain 4", "copy Clean", "amp Lead")
    before = gig.document
    gig.move(Rack(44_100))
    gig.settle()
    assert gig.document is before
    assert gig.reconciler.rack.rate == 44_100
    assert len(list(gig.reconciler.places())) == 5
    assert gig.reconciler.path(gig.preset.uid, gig.document.amps[0].uid)[1][2].get(0, 0) == 4


def test_a_file_that_is_gone_when_all_is_built_anew_stays_wanted(folder):
    gig = gig_of(folder)
    before = gig.document
    (folder / "one.json").rename(folder / "away.json")
    gig.move(Rack(44_100))
    (outcome,) = gig.settle()
    assert "one.json" in outcome.error
    assert gig.document is before
    (folder / "away.json").rename(folder / "one.json")
    gig.move(Rack(RATE))
    assert not any(outcome.error for outcome in gig.settle())
    assert list(labels(gig)) == ["gain", "model", "tone"]


def test_when_the_playing_amp_goes_its_neighbour_plays(folder):
    gig = gig_of(folder)
    do(gig, "amp Clean", "new Middle")
    assert gig.amp.name == "Middle"
    do(gig, "undo")
    assert gig.amp.name == "Clean"
    do(gig, "redo", "amp Middle", "delete Middle")
    assert gig.amp.name == "Clean"


# --- recording ----------------------------------------------------------------------------------------------------


def test_a_recording_that_goes_wrong_is_an_alarm_and_has_ended(folder, monkeypatch):
    gig = gig_of(folder)
    (folder / "take.wav").write_bytes(b"somebody's")
    gig.do(f"record {folder / 'take.wav'}")
    assert gig.status().recording.endswith("take-2.wav"), "the one that is there stays"
    assert gig.news() == ()
    monkeypatch.setattr(type(gig.takes.recorder), "lost", 24_000)
    gig.status()
    assert [(news.message, news.wrong) for news in gig.news()] == [
        ("the disk is too slow: 0.5 s of the recording are silence", True)
    ]
    gig.status()
    assert gig.news() == (), "said once"
    for room, said in ((700.0, None), (599.0, "9:59 min"), (300.0, None), (59.0, "59 s"), (30.0, None)):
        gig.takes.recorder.room = room
        monkeypatch.setattr(gig.takes.recorder, "_room", lambda room=room: room)
        gig.status()
        more = [f"the disk has room for {said} more of the recording"] if said else []
        assert [news.message for news in gig.news()] == more
    monkeypatch.setattr(type(gig.takes.recorder), "ended", True)
    gig.takes.recorder.fault = "no space left on device"
    assert gig.status().recording == ""
    assert [(news.message, news.wrong) for news in gig.news()] == [
        ("not recording any more: no space left on device", True)
    ]
    assert (folder / "take.wav").read_bytes() == b"somebody's"
