"""A set's file: followed with --watch, told by `rig info`, rendered; and songs far from the one that plays, saved."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from test_follow import at_once, followed  # noqa: F401
from test_songs import GAIN, SET, at, do, folder, gig_of, ready  # noqa: F401

from rig.cli import main
from rig.gig import set_list
from rig.gig.file_watcher import FileWatcher
from rig.gig.follower import Follower
from rig.gig.gig import Gig


@pytest.fixture
def gig(folder: Path) -> Gig:  # noqa: F811
    """A set that is followed."""
    made = gig_of(folder / "set.toml")
    watcher = FileWatcher()
    watcher.changed(folder.glob("*.toml"))
    made._follower = Follower(made, watcher)
    made.files.written = made._follower.accept
    return made


def names(gig: Gig) -> list[str]:
    return [song.name for song in gig.document.songs]


# --- followed -------------------------------------------------------------------------------------------------------


def test_songs_that_come_go_and_move_in_the_set_are_followed(gig: Gig, folder: Path) -> None:  # noqa: F811
    do(gig, "song Closer")
    gig.settle()
    gig.news()
    (folder / "new.toml").write_text(GAIN.format("Fresh", -1))
    head, opener, _, again, closer = SET.split("[[song]]")
    more = '\nname = "New"\npreset = "new"\nparts = ["Fresh"]\n'
    (folder / "set.toml").write_text("[[song]]".join([head, closer, more, opener, again]))
    assert followed(gig) == [("reloaded set.toml", False)]
    assert names(gig) == ["Closer", "New", "Opener", "Again"]
    assert at(gig)[0] == "Closer" and gig.set_list.view().number == 1, "what plays goes on, and is known again"
    assert not gig.unsaved and not gig.set_list.unsaved
    do(gig, "song next")
    gig.settle()
    assert at(gig)[:2] == ("New", "Fresh")
    do(gig, "undo")
    assert names(gig) == ["Opener", "Ballad", "Again", "Closer"]
    do(gig, "redo", "song move New +1", "save")
    assert (folder / "set.toml").read_text().startswith("# for Friday") and followed(gig) == []


def test_a_fault_in_the_set_is_said_once_and_the_next_version_is_taken(gig: Gig, folder: Path) -> None:  # noqa: F811
    (folder / "set.toml").write_text(SET.replace('"Lead"]', '"Leed"]'))
    ((said, wrong),) = followed(gig)
    assert wrong and said.startswith("set.toml: song 4 'Closer': part 1, in rock.toml: no amp 'Leed'")
    assert names(gig) == ["Opener", "Ballad", "Again", "Closer"] and followed(gig) == []
    (folder / "set.toml").write_text(SET.replace("Ballad", "Slow"))
    assert followed(gig) == [("reloaded set.toml", False)]
    assert names(gig) == ["Opener", "Slow", "Again", "Closer"]


def test_songs_that_were_changed_here_are_not_thrown_away(gig: Gig, folder: Path) -> None:  # noqa: F811
    do(gig, "song move Closer -1")
    (folder / "set.toml").write_text(SET.replace("Ballad", "Slow"))
    ((said, wrong),) = followed(gig)
    assert wrong and "songs were changed here, too: 'save over' writes them over what it says" in said
    assert names(gig) == ["Opener", "Ballad", "Closer", "Again"]
    do(gig, "undo")
    assert followed(gig) == [("reloaded set.toml", False)] and names(gig)[1] == "Slow"


# --- saved far away -------------------------------------------------------------------------------------------------


def test_what_can_not_be_played_is_not_saved_however_far_it_is(
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    rng: np.random.Generator,
) -> None:
    monkeypatch.setattr(set_list, "AMPS", 2)
    (folder / "rock.toml").write_text('[[amp]]\nname = "Lead"\nchain = [{ ir = "cab.wav" }]\n')
    (folder / "set.toml").write_text(SET)
    soundfile.write(folder / "cab.wav", rng.normal(0, 0.1, 64), 48_000)
    (folder / "other.wav").write_bytes((folder / "cab.wav").read_bytes())
    gig = gig_of(folder / "set.toml")
    gig.settle()
    assert ready(gig) == {"blues"}
    text = (folder / "rock.toml").read_text()
    do(gig, f"load rock/Lead.cab {folder / 'other.wav'}", "set rock/Lead.level -2")
    (folder / "other.wav").write_bytes(b"no sound")
    with pytest.raises(Exception, match=r"rock/Lead\.cab can't be played, nothing was saved: .*other\.wav"):
        do(gig, "save")
    assert (folder / "rock.toml").read_text() == text
    do(gig, f"load rock/Lead.cab {folder / 'cab.wav'}", "save")
    assert "level = -2" in (folder / "rock.toml").read_text()


def test_building_beside_the_music_is_nicer_than_the_rest(folder: Path) -> None:  # noqa: F811
    gig = gig_of(folder / "set.toml")
    gig.settle()
    do(gig, "song 2")
    gig.settle()
    thread = gig.reconciler._worker._thread
    assert thread is not None and thread.native_id
    assert os.getpriority(os.PRIO_PROCESS, thread.native_id) > os.getpriority(os.PRIO_PROCESS, 0)


# --- told and rendered ----------------------------------------------------------------------------------------------


def test_info_tells_a_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    assert main(["info", "set.toml"]) == 0
    told = capsys.readouterr().out
    for words in ("Opener", "87", "Clean, Lead, Lead:Solo, Clean", "capo 2", "rock.toml", "gain -12"):
        assert words in told
    assert main(["info", "set.toml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["file", "kind", "name", "songs", "presets"] and found["kind"] == "set"
    assert [song["name"] for song in found["songs"]] == ["Opener", "Ballad", "Again", "Closer"]
    assert [preset["name"] for preset in found["presets"]] == ["blues", "rock"]
    Path("set.toml").write_text(SET.replace('"Lead"]', '"Leed"]'))
    assert main(["info", "set.toml"]) == 1
    assert "song 4 'Closer': part 1, in rock.toml: no amp 'Leed'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "db"),
    [
        ([], 0),
        (["--amp", "Lead:Solo"], 8),
        (["--song", "Closer"], -6),
        (["--song", "2", "--amp", "Wide"], -9),
    ],
)
def test_a_song_of_a_set_is_rendered(folder: Path, words: list[str], db: float) -> None:  # noqa: F811
    soundfile.write("in.wav", 0.1 * np.sin(np.arange(9600) / 10), 48_000, subtype="FLOAT")
    assert main(["render", "set.toml", "in.wav", "out.wav", *words]) == 0
    x, y = (soundfile.read(name)[0][4800:] for name in ("in.wav", "out.wav"))
    assert 20 * np.log10(np.std(y) / np.std(x)) == pytest.approx(db, abs=0.05)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set.toml", "--song", "Opner"], "no song 'Opner'; did you mean 'Opener'?"),
        (["set.toml", "--song", "5"], "no song 5: this set has 4"),
        (["blues.toml", "--song", "1"], "blues.toml is a preset, and has no songs: leave --song out"),
    ],
)
def test_a_song_that_is_not_there(
    folder: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    soundfile.write("in.wav", np.zeros(480), 48_000)
    assert main(["render", words[0], "in.wav", "out.wav", *words[1:]]) == 1
    assert said in capsys.readouterr().err and not Path("out.wav").exists()
