"""Sets: songs and their parts, read, walked, changed and saved; scenes and the boost; what stands ready in the rack."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from random_gigs import Unhurried
from test_rebuild import RATE, Client

from rig.cli import main
from rig.document.document import AMPS
from rig.document.read_set import examine_set, read_set
from rig.document.set_file import open_sources
from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.opening import _first, _loaded
from rig.gig.reconciler import Reconciler
from rig.gig.worker import Worker
from rig.native import Rack
from rig.report.facts import check
from rig.report.set_facts import CheckedSet

GAIN = '[[amp]]\nname = "{}"\nchain = [{{ engine = "gain", gain = {} }}]\n'
SOLO = '[[amp.scene]]\nname = "Solo"\nlevel = 3\nset = { gain.gain = 5 }\n'
SET = """\
# for Friday
name = "Friday"

[[song]]
name = "Opener"              # loud
preset = "blues.toml"
tempo = 87
parts = ["Clean", "Lead", "Lead:Solo", "Clean"]
notes = "capo 2"

# the slow one
[[song]]
name = "Ballad"
preset = "rock"

[[song]]
name = "Again"
preset = "blues.toml"
skip = true

[[song]]
name = "Closer"
preset = "rock.toml"
parts = ["Lead"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of two presets, which have an amp of one name."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    blues = "tempo = 100\n" + GAIN.format("Clean", 0) + GAIN.format("Lead", -3) + SOLO
    (tmp_path / "blues.toml").write_text(blues)
    (tmp_path / "rock.toml").write_text(GAIN.format("Lead", -6) + GAIN.format("Wide", -9) + GAIN.format("Thin", -12))
    (tmp_path / "set.toml").write_text(SET)
    return tmp_path


def gig_of(*paths: Path, worker: type[Worker] = Worker, room: float | None = None) -> Gig:
    """A gig without JACK, its rack running."""
    sources = open_sources(paths)
    first = _first(sources.document)
    reconciler = Reconciler(Rack(RATE), worker, room=room)
    reconciler.load(_loaded(sources, first), first)
    gig = Gig(sources.files, reconciler, Client(), first, songs=sources.songs, set_file=sources.set_file)
    gig.set_list.begin()
    reconciler.rack.limit(False)
    reconciler.rack.begin(open=True)
    return gig


def do(gig: Gig, *commands: str) -> None:
    for command in commands:
        gig.do(command)


def at(gig: Gig) -> tuple[str, str, int]:
    """The song, the amp with its scene, the part."""
    status = gig.status()
    assert status.song is not None
    return status.song.name, f"{status.amp_name}{status.scene and ':'}{status.scene}", status.song.part


def load(gig: Gig) -> None:
    """Until all that is to stand ready does."""
    while gig.loading or gig.building:
        gig.reconciler._worker.wait(10)
        gig.install()


def heard_db(gig: Gig) -> float:
    """By how many dB the rack makes a tone louder, once it has settled."""
    x = (0.01 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
    out, _, _ = gig.reconciler.rack.process(x)
    return round(20 * float(np.log10(np.abs(out[RATE // 2 :]).max() / 0.01)), 1)


# --- read -----------------------------------------------------------------------------------------------------------


def test_a_set_is_read(folder: Path) -> None:
    found = read_set(folder / "set.toml")
    assert found.name == "Friday"
    opener, ballad, again, closer = found.songs
    assert (opener.name, opener.tempo, opener.notes) == ("Opener", 87, "capo 2")
    assert opener.parts == ("Clean", "Lead", "Lead:Solo", "Clean")
    assert [song.preset.name for song in found.songs] == ["blues.toml", "rock.toml"] * 2
    assert ballad.parts == () and again.skip and not closer.skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name = 3\n[[song]]\npreset = 'rock'", "name must be a text in quotes, not a number"),
        ("song = 3", "a song starts with [[song]], in two pairs of brackets"),
        ("song = []", "no song; a set needs at least one [[song]]"),
        ("[[song]]\nname = 'A'", "song 1 'A': no preset; give it one: preset = \"blues.toml\""),
        ("[[song]]\npreset = 3", "song 1: preset must be a path in quotes, not a number"),
        ("[[song]]\npreset = 'rok.toml'", "song 1: no preset file 'rok.toml'; did you mean 'rock.toml'?"),
        ("[[song]]\npreset = 'rock'\ntempo = 900", "song 1: tempo = 900 is out of range: 30 to 300 beats a minute"),
        ("[[song]]\npreset = 'rock'\nparts = 'Lead'", 'song 1: parts = "Lead" must be a list of amps'),
        ("[[song]]\npreset = 'rock'\nnotes = 3", "song 1: notes must be a text in quotes, not a number"),
        ("[[song]]\npreset = 'rock'\nskip = 1", "song 1: skip = 1 must be true or false, without quotes"),
        ("[[song]]\npreset = 'rock'\ntmpo = 90", "song 1: unknown key 'tmpo'; did you mean 'tempo'?"),
        ("[[song]]\npreset = 'rock'\n[[song", "line 3"),
    ],
)
def test_every_fault_of_a_set_is_said(folder: Path, text: str, fault: str) -> None:
    path = folder / "broken.toml"
    _, faults = examine_set(path, text)
    assert len(faults) == 1
    assert faults[0].startswith(f"{path}: ") and fault in faults[0]


def test_a_part_that_is_no_amp_of_its_preset_is_a_fault(folder: Path) -> None:
    (folder / "set.toml").write_text(SET.replace('"Lead:Solo"', '"Lead:Sola"'))
    with pytest.raises(
        RigError, match=r"song 1 'Opener': part 3, in blues.toml: no amp 'Lead:Sola'; did you mean 'Lead:Solo'"
    ):
        open_sources([folder / "set.toml"])


def test_presets_and_folders_make_a_set_and_one_preset_none(folder: Path) -> None:
    assert open_sources([folder / "blues.toml"]).songs == ()
    assert [song.name for song in open_sources([folder]).songs] == ["blues", "rock"]
    both = open_sources([folder / "set.toml", folder / "rock.toml"])
    assert [song.name for song in both.songs] == ["Opener", "Ballad", "Again", "Closer", "rock"]
    assert len(both.files) == 2, "what two name is read once"
    assert both.set_file is None
    with pytest.raises(RigError, match="no preset in this folder"):
        (folder / "empty").mkdir()
        open_sources([folder / "empty"])


# --- walked ---------------------------------------------------------------------------------------------------------


def test_songs_and_parts_are_walked(folder: Path) -> None:
    gig = gig_of(folder / "set.toml")
    assert at(gig) == ("Opener", "Clean", 1)
    do(gig, "part next", "part next")
    assert at(gig) == ("Opener", "Lead:Solo", 3)
    do(gig, "part next")
    assert at(gig) == ("Opener", "Clean", 4)
    with pytest.raises(RigError, match="this is the last part of Opener"):
        gig.do("part next")
    do(gig, "part 2")
    assert at(gig) == ("Opener", "Lead", 2), "a part without a scene puts none on"
    do(gig, "song next")
    assert at(gig) == ("Ballad", "Lead", 1)
    do(gig, "part next")
    assert at(gig) == ("Ballad", "Wide", 2), "a song without parts walks its preset's amps"
    do(gig, "song next")
    assert at(gig) == ("Closer", "Lead", 1), "the one between is passed over"
    with pytest.raises(RigError, match="this is the last song"):
        gig.do("song next")
    do(gig, "song again")
    assert at(gig) == ("Again", "Clean", 1), "unless somebody asks for it"
    do(gig, "song prev", "song prev")
    assert at(gig) == ("Opener", "Clean", 1)
    with pytest.raises(RigError, match=r"no song 'Balad'; did you mean 'Ballad'\?"):
        gig.do("song Balad")
    with pytest.raises(RigError, match="no song 9: this set has 4"):
        gig.do("song 9")


def test_an_amp_that_is_picked_is_the_part_that_it_is(folder: Path) -> None:
    gig = gig_of(folder / "set.toml")
    do(gig, "part 3", "amp Clean")
    assert at(gig) == ("Opener", "Clean", 4), "rather one to come"
    do(gig, "amp rock/Wide")
    assert at(gig) == ("Ballad", "Wide", 2), "of another preset: the next song with it"


def test_names_and_numbers_are_those_of_the_song(folder: Path) -> None:
    gig = gig_of(folder / "set.toml")
    assert [amp.name for amp in gig.amps] == ["Clean", "Lead"]
    do(gig, "amp Lead")
    assert gig.preset.name == "blues"
    do(gig, "song Ballad", "amp 3")
    assert (gig.preset.name, gig.amp.name) == ("rock", "Thin")
    do(gig, "next")
    assert (gig.preset.name, gig.amp.name) == ("rock", "Lead")
    assert [amp.key for amp in gig.amps] == ["1", "2", "3"]
    do(gig, "set Lead.gain.gain -2")
    assert gig.preset.amps[0].chain[0].params == {"gain": -2}, "not the other preset's"
    with pytest.raises(RigError, match="no amp 4: this preset has 3"):
        gig.do("amp 4")


def test_the_first_song_that_is_not_passed_over_begins(folder: Path) -> None:
    (folder / "set.toml").write_text(SET.replace('notes = "capo 2"', "skip = true"))
    assert at(gig_of(folder / "set.toml")) == ("Ballad", "Lead", 1)


def test_two_songs_may_be_alike(folder: Path) -> None:
    (folder / "twice.toml").write_text('[[song]]\npreset = "blues"\n' * 3)
    gig = gig_of(folder / "twice.toml")
    for number in (2, 3):
        gig.do("song next")
        song = gig.status().song
        assert song is not None and song.number == number
    with pytest.raises(RigError, match="3 songs are called 'blues': write their number, 1 or 2 or 3"):
        gig.do("song blues")


def test_tempo_and_notes_are_the_songs(folder: Path) -> None:
    gig = gig_of(folder / "set.toml")
    status = gig.status()
    assert status.song is not None
    assert (status.tempo, status.song.notes, status.song.next) == (87, "capo 2", "Ballad")
    do(gig, "tempo 90")
    assert gig.document.songs[0].tempo == 90 and gig.preset.tempo == 100
    do(gig, "song Again")
    assert gig.status().tempo == 100, "its preset's"
    do(gig, "tempo 101")
    assert gig.preset.tempo == 101


def test_one_preset_has_no_songs(folder: Path) -> None:
    gig = gig_of(folder / "blues.toml")
    assert gig.status().song is None
    for verb in ("song next", "part next", "song 1"):
        with pytest.raises(RigError, match="there are no songs"):
            gig.do(verb)


# --- changed and saved ----------------------------------------------------------------------------------------------


def test_songs_are_moved_skipped_and_added_and_the_file_keeps_its_comments(folder: Path) -> None:
    gig = gig_of(folder / "set.toml")
    do(gig, "song move +1", "song skip Again", "song skip Closer", "song add blues as Encore", "tempo 91")
    assert gig.unsaved
    assert [song.name for song in gig.document.songs] == ["Ballad", "Opener", "Encore", "Again", "Closer"]
    gig.do("save")
    assert not gig.unsaved
    text = (folder / "set.toml").read_text()
    assert text == (
        "# for Friday\n"
        'name = "Friday"\n'
        "\n"
        "# the slow one\n"
        "[[song]]\n"
        'name = "Ballad"\n'
        'preset = "rock"\n'
        "\n"
        "[[song]]\n"
        'name = "Opener"              # loud\n'
        'preset = "blues.toml"\n'
        "tempo = 91\n"
        'parts = ["Clean", "Lead", "Lead:Solo", "Clean"]\n'
        'notes = "capo 2"\n'
        "\n"
        "[[song]]\n"
        'name = "Encore"\n'
        'preset = "blues.toml"\n'
        "\n"
        "[[song]]\n"
        'name = "Again"\n'
        'preset = "blues.toml"\n'
        "\n"
        "[[song]]\n"
        'name = "Closer"\n'
        'preset = "rock.toml"\n'
        'parts = ["Lead"]\n'
        "skip = true\n"
    )
    do(gig, "undo", "undo", "undo", "undo", "undo", "save")
    assert (folder / "set.toml").read_text() == SET, "taken back, not a byte is left"


def test_a_preset_that_is_added_is_read_and_played(folder: Path) -> None:
    (folder / "pop.toml").write_text(GAIN.format("Glass", 3))
    gig = gig_of(folder / "set.toml")
    do(gig, "song add pop.toml")
    do(gig, "song next")
    load(gig)
    assert at(gig) == ("pop", "Glass", 1)
    assert heard_db(gig) == 3
    do(gig, "undo")
    assert "pop" not in [song.name for song in gig.document.songs]
    do(gig, "set Glass.gain.gain 1", "ab", "ab", "save")
    with pytest.raises(RigError, match=r"no preset file 'popp.toml'; did you mean 'pop.toml'"):
        gig.do("song add popp.toml")


def test_an_amp_of_another_name_is_another_part_in_the_file(folder: Path) -> None:
    gig = gig_of(folder / "set.toml")
    do(gig, "rename Clean as Glass", "save")
    assert '["Glass", "Lead", "Lead:Solo", "Glass"]' in (folder / "set.toml").read_text()
    do(gig, "delete Lead", "save")
    assert 'parts = ["Glass", "Glass"]' in (folder / "set.toml").read_text()


def test_presets_become_a_set_when_they_are_saved_as_one(folder: Path) -> None:
    gig = gig_of(folder / "blues.toml", folder / "rock.toml")
    do(gig, "song move +1")
    assert not gig.unsaved, "no file says otherwise"
    do(gig, "song save night.toml", "song skip rock")
    assert gig.unsaved
    gig.do("save")
    assert [(song.name, song.skip) for song in read_set(folder / "night.toml").songs] == [
        ("rock", True),
        ("blues", False),
    ]
    with pytest.raises(RigError, match="is there already"):
        gig.do("song save rock.toml")


def test_a_set_that_somebody_else_has_changed_is_not_written_over_unasked(folder: Path) -> None:
    gig = gig_of(folder / "set.toml")
    (folder / "set.toml").write_text(SET + "# mine\n")
    gig.do("song skip")
    with pytest.raises(RigError, match="changed on disk meanwhile"):
        gig.do("save")
    gig.do("save over")
    assert not gig.unsaved


# --- what stands ready ----------------------------------------------------------------------------------------------


def long_set(folder: Path, songs: int, amps: int) -> Path:
    """So many songs, each with a preset of its own."""
    text = ""
    for number in range(songs):
        (folder / f"p{number}.toml").write_text("".join(GAIN.format(f"Amp {i}", -number) for i in range(amps)))
        text += f'[[song]]\nname = "Song {number}"\npreset = "p{number}.toml"\n'
    (folder / "long.toml").write_text(text)
    return folder / "long.toml"


def ready(gig: Gig) -> set[str]:
    """The presets of whose amps all stand in the rack."""
    standing = {place.owner for place in gig.reconciler.places() if place.stage == "amp"}
    return {preset.name for preset in gig.document.presets if all(amp.uid in standing for amp in preset.amps)}


def test_neighbours_are_loaded_first_and_what_lies_far_is_given_back(folder: Path) -> None:
    gig = gig_of(long_set(folder, 50, 5), worker=Unhurried)
    assert ready(gig) == {"p0"}, "no more is loaded before the first note"
    worker = gig.reconciler._worker
    assert isinstance(worker, Unhurried)
    assert [job.place.owner for job in worker.waiting[:7]].count(gig.document.presets[1].uid) == 2
    assert not gig.building, "nobody waits for that"
    load(gig)
    assert ready(gig) == {f"p{n}" for n in range(AMPS // 5)}
    gig.do("song 31")
    assert gig.building
    load(gig)
    assert ready(gig) == {f"p{n}" for n in range(30 - 5, 30 + 7)}
    assert heard_db(gig) == -30
    standing = {(place.stage, gig.reconciler._standing[place].slot) for place in gig.reconciler.places()}
    assert len(standing) == 12 * 7, "each has a slot of its own"


def test_a_file_of_a_long_set_is_read_anew(folder: Path) -> None:
    gig = gig_of(long_set(folder, 20, 5))
    assert len(gig.document.amps) > AMPS
    (folder / "p0.toml").write_text(GAIN.format("Amp 0", -40) + GAIN.format("Amp 1", 0))
    gig.accept(gig.files[gig.preset.uid].read_again())
    load(gig)
    assert heard_db(gig) == -40 and [amp.name for amp in gig.preset.amps] == ["Amp 0", "Amp 1"]


def test_what_plays_plays_on_whole_until_the_song_is_there(folder: Path) -> None:
    gig = gig_of(long_set(folder, 50, 5), worker=Unhurried)
    gig.do("song 50")
    assert heard_db(gig) == 0
    load(gig)
    assert heard_db(gig) == -49


def test_memory_is_for_the_nearest(folder: Path) -> None:
    gig = gig_of(long_set(folder, 9, 2), room=0.0)
    load(gig)
    assert ready(gig) == {"p0"}
    chains = [gig.reconciler._standing[place].chain.bytes for place in gig.reconciler.places()]
    gig.reconciler.room = 3.5 * sum(chains)
    gig.do("song 5")
    load(gig)
    assert ready(gig) == {"p4", "p5", "p3"}


def test_songs_that_share_a_preset_share_its_chains(folder: Path) -> None:
    (folder / "many.toml").write_text("".join(f'[[song]]\nname = "{n}"\npreset = "blues.toml"\n' for n in range(50)))
    gig = gig_of(folder / "many.toml", worker=Unhurried)
    assert not gig.loading
    before = gig.reconciler.rack.lent
    do(gig, *["song next"] * 49)
    assert not gig.building and gig.reconciler.rack.lent == before


def test_a_preset_with_a_fault_is_said_and_stays_what_it_is(folder: Path) -> None:
    (folder / "torn.json").write_text('{"model": ')
    (folder / "rock.toml").write_text(
        '[[amp]]\nname = "Torn"\nchain = [{ model = "torn.json" }]\n' + GAIN.format("B", 0)
    )
    (folder / "set.toml").write_text('[[song]]\npreset = "blues"\n[[song]]\npreset = "rock"\n')
    gig = gig_of(folder / "set.toml")
    load(gig)
    outcomes = gig.install()
    assert not gig.unsaved, "the preset is as its file says"
    gig.do("song next")
    assert not outcomes, "what was said is said"
    assert ["Torn cannot be played" in news.message for news in gig.news()] == [True]
    load(gig)
    assert heard_db(gig) == 0, "what played plays on"


def test_what_rings_rings_on_into_the_next_song(folder: Path) -> None:
    echo = '[output]\nchain = [{ engine = "delay", time = 400, feedback = 0.5, mix = 0.5 }]\n'
    (folder / "blues.toml").write_text(GAIN.format("Clean", 0) + echo)
    (folder / "rock.toml").write_text(GAIN.format("Dry", 0))
    (folder / "set.toml").write_text('[[song]]\npreset = "blues"\n[[song]]\npreset = "rock"\n')
    gig = gig_of(folder / "set.toml")
    load(gig)
    rack = gig.reconciler.rack
    tone = (0.1 * np.sin(2 * np.pi * 440 * np.arange(RATE // 4) / RATE)).astype(np.float32)
    rack.process(tone)
    gig.do("song next")
    out, _, _ = rack.process(np.zeros(RATE, np.float32))
    late = out[RATE // 5 : RATE // 2]
    assert np.abs(late).max() > 0.02, "the echo of the song before"


# --- scenes and the boost -------------------------------------------------------------------------------------------


def test_scenes_have_numbers_and_undo_leaves_them_on(folder: Path) -> None:
    gig = gig_of(folder / "blues.toml")
    do(gig, "amp Lead", "set Lead.level -1", "scene 1")
    assert gig.amp.scene == "Solo"
    do(gig, "undo")
    assert (gig.amp.scene, gig.amp.level) == ("Solo", 0), "a scene is played, not edited"
    do(gig, "scene 1")
    assert gig.amp.scene == "", "once more: off"
    do(gig, "scene 1", "scene 0")
    assert gig.amp.scene == ""
    with pytest.raises(RigError, match="Lead has no scene 2: it has 1"):
        gig.do("scene 2")
    do(gig, "amp Clean")
    with pytest.raises(RigError, match="Clean has no scene 1: it has none; 'scene store NAME'"):
        gig.do("scene 1")


def test_a_scene_switch_builds_nothing(folder: Path) -> None:
    gig = gig_of(folder / "set.toml", worker=Unhurried)
    load(gig)
    do(gig, "part 2")
    assert heard_db(gig) == -3
    do(gig, "part 3")
    assert not gig.building
    assert heard_db(gig) == 8


@pytest.mark.parametrize("revert", [False, True])
def test_what_is_turned_in_a_scene_is_kept_or_thrown_away(folder: Path, revert: bool) -> None:
    path = folder / "blues.toml"
    path.write_text(("revert_scenes = true\n" if revert else "") + path.read_text())
    gig = gig_of(path)
    do(gig, "amp Lead:Solo", "set Lead.gain.gain 1", "amp Clean", "amp Lead")
    assert gig.amp.active is not None
    assert [*gig.amp.active.values.values()] == [5 if revert else 1]
    assert gig.unsaved != revert
    if revert:
        gig.do("undo")
        assert gig.amp.active and [*gig.amp.active.values.values()] == [1], "it can be taken back"


def test_the_boost_is_a_number_of_db_until_another_amp_is_picked(folder: Path) -> None:
    gig = gig_of(folder / "blues.toml")
    gig.do("boost")
    assert (heard_db(gig), gig.status().boost_db) == (3, 3)
    assert not gig.unsaved, "a solo is no edit"
    do(gig, "boost")
    assert heard_db(gig) == 0
    do(gig, "boost 4.5")
    assert heard_db(gig) == 4.5 and gig.unsaved
    do(gig, "amp Lead")
    assert (heard_db(gig), gig.status().boost_db) == (-3, 0)
    do(gig, "save")
    assert "boost = 4.5" in (folder / "blues.toml").read_text()


def test_a_solo_ends_with_its_song_also_where_the_next_has_the_same_amp(folder: Path) -> None:
    gig = gig_of(folder / "set.toml")
    do(gig, "boost", "song Again")
    assert at(gig)[1] == "Clean" and gig.status().boost_db == 0
    assert heard_db(gig) == 0
    do(gig, "boost", "delete Clean")
    assert (at(gig)[1], gig.status().boost_db) == ("Lead", 0), "nor is it that of an amp that comes in for another"


# --- the bill -------------------------------------------------------------------------------------------------------


def test_a_set_is_checked_with_its_presets_and_has_a_bill(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = check([folder / "set.toml"]).presets
    assert isinstance(found, CheckedSet)
    assert [song.amps for song in found.songs] == [2, 3, 2, 3]
    assert [preset.name for preset in found.presets] == ["blues", "rock"], "each once"
    assert (found.faults, found.bill.amps) == ((), 5)
    assert found.bill.bytes > 0 and found.bill.load is not None
    assert main(["check", str(folder / "set.toml")]) == 0
    told = capsys.readouterr().out
    assert "Ballad" in told and "2 presets, 5 amps" in told
    assert main(["check", "--json", str(folder / "set.toml")]) == 0
    assert '"bill"' in capsys.readouterr().out


def test_all_faults_of_a_set_and_of_its_presets_are_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "set.toml").write_text(SET.replace("87", "8700").replace('"Lead"]', '"Leed"]'))
    (folder / "blues.toml").write_text('[[amp]]\nname = "Clean"\nchain = [{ engine = "gian" }]\n')
    assert main(["check", str(folder / "set.toml")]) == 1
    faults = capsys.readouterr().err
    assert "song 1 'Opener': tempo = 8700 is out of range" in faults
    assert "unknown engine 'gian'" in faults
    assert "song 4 'Closer': part 1, in rock.toml: no amp 'Leed'; did you mean 'Lead'?" in faults


def test_a_set_plays_on_at_another_rate(folder: Path) -> None:
    gig = gig_of(folder / "set.toml")
    load(gig)
    do(gig, "song Closer")
    gig.move(Rack(44_100))
    load(gig)
    gig.reconciler.rack.limit(False)
    gig.reconciler.rack.begin(open=True)
    assert at(gig) == ("Closer", "Lead", 1)
    assert heard_db(gig) == -6
    assert ready(gig) == {"blues", "rock"}
