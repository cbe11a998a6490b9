"""`rig play` alone: what it offers, how one chooses; and `--resume`: what comes back."""

from __future__ import annotations

import io
import json
import stat
import time
from pathlib import Path

import pytest
from test_songs import at, do, gig_of
from test_songs import folder as folder

from rig.choice import choose, offers
from rig.cli import main
from rig.document.read_set import read_set
from rig.document.set_file import open_sources
from rig.errors import RigError
from rig.gig import bookmark
from rig.gig.bookmark import Bookmark, BookmarkFile
from rig.gig.opening import _first
from rig.shipped import PRESETS


def chosen(typed: str, last: list[Path]) -> tuple[list[Path], str]:
    out = io.StringIO()
    return choose(offers(), last, io.StringIO(typed), out), out.getvalue()


def test_what_is_offered_is_found_by_its_name(folder):
    own = folder / "config" / "rig" / "presets"
    own.mkdir(parents=True)
    for name in ("rock", "mine", "funk"):
        (own / f"{name}.toml").write_text((folder / "rock.toml").read_text())
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (folder / "broken.toml").write_text("[[amp]]\nname = \n")  # check says what is wrong with it, once it is chosen
    (folder / "set.toml").rename(folder / "friday.toml")
    found = [(offer.name, offer.about) for offer in offers()]
    assert found[:6] == [
        ("blues", "here"), ("broken", "here"), ("friday", "a set, here"), ("rock", "here"), ("funk", "yours"), ("mine", "yours"),
    ]  # fmt: skip
    assert found[6:] == [
        (path.stem, "") for path in sorted(PRESETS.glob("*.toml")) if path.stem not in ("blues", "rock", "funk")
    ]


def test_a_number_a_name_or_enter_chooses(folder):
    assert chosen("1\n", [])[0] == [Path("blues.toml")]
    assert chosen("Ambient\n", [])[0] == [PRESETS / "ambient.toml"]
    last = [folder / "set.toml"]
    paths, said = chosen("\n", last)
    assert paths == last and "Enter for what was played last, set:" in said
    assert " 1  blues     here\n" in said and "\x1b" not in said


def test_what_is_not_there_is_asked_again(folder):
    paths, said = chosen("\n0\n99\nambeint\n²\n2\n", [])
    assert paths == [Path("rock.toml")]
    assert "There is no '99' here; there are 1 to" in said and "did you mean 'ambient'?" in said and "Enter" not in said
    with pytest.raises(RigError, match="nothing was chosen"):
        chosen("", [])


def test_play_alone_plays_what_is_chosen(folder, monkeypatch):
    played = []
    monkeypatch.setattr("sys.stdin", io.StringIO("rock\n"))
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True, raising=False)
    monkeypatch.setattr("rig.gig.opening.open_gig", lambda paths, **options: played.append(paths))
    monkeypatch.setattr("rig.remote.plain.play", lambda opened, debug, osc: opened(None) or 0)
    assert main(["play", "--plain"]) == 0
    assert played == [[Path("rock.toml")]]


# ---- what was played last


def said(**otherwise: object) -> str:
    """A file that says where the player was, with something in it that is not as it should be."""
    return json.dumps({"sources": ["x"], "song": "", "number": 0, "amp": "", "level": 0, **otherwise})


def test_song_amp_scene_and_level_come_back_and_nothing_is_unsaved(folder):
    kept = folder / "state"
    gig = gig_of(folder / "set.toml")
    gig.bookmark.write_into(kept, [folder / "set.toml"])
    do(gig, "song Again", "amp Lead:Solo", "level -7", "mute on")
    gig.close()
    last = bookmark.read(kept)
    assert last == Bookmark((str(folder / "set.toml"),), "Again", 3, "Lead:Solo", -7.0)
    document = open_sources(last.paths).document
    assert document.preset_of(_first(document, last)).name == "blues"

    gig = gig_of(folder / "set.toml")
    gig.set_list.begin(last)
    gig.resume(last)
    assert at(gig)[:2] == ("Again", "Lead:Solo")
    assert (gig.document.level, gig.muted, gig.unsaved) == (-7.0, False, False)
    with pytest.raises(RigError):
        do(gig, "undo")
    gig.close()


def test_a_song_that_moved_is_found_and_what_has_gone_is_said(folder):
    songs = open_sources([folder / "set.toml"]).songs
    assert Bookmark(song="Closer", number=1).song_of(songs) is songs[3]
    assert Bookmark(song="Gone", number=1).song_of(songs) is None
    gig = gig_of(folder / "set.toml")
    last = Bookmark(("x",), "Gone", 9, "Gone", -3.0)
    gig.set_list.begin(last)
    gig.resume(last)
    assert at(gig)[:2] == ("Opener", "Clean") and gig.document.level == -3.0
    assert any("not as it was left: no amp 'Gone'" in news.message for news in gig.news())
    gig.close()


def test_what_was_saved_as_a_set_is_what_was_played(folder):
    gig = gig_of(folder / "blues.toml", folder / "rock.toml")
    gig.bookmark.write_into(folder / "state", [folder / "blues.toml", folder / "rock.toml"])
    do(gig, "song save friday.toml", "next")
    gig.close()
    last = bookmark.read(folder / "state")
    assert last.paths == (folder / "friday.toml",)
    assert len(read_set(last.paths[0]).songs) == 2


def test_it_is_private_and_written_now_and_then(folder, monkeypatch):
    monkeypatch.setattr(bookmark, "EVERY_SECONDS", 0.001)
    file = BookmarkFile()
    file.write_into(folder / "state", [Path("blues.toml")])
    file.note(Bookmark(amp="Lead"))
    until = time.monotonic() + 30
    while (found := bookmark.read(folder / "state")) is None or found.amp != "Lead":
        assert time.monotonic() < until
        time.sleep(0.002)
    assert found.sources == (str(folder / "blues.toml"),)
    file.close()
    assert stat.S_IMODE((folder / "state" / bookmark.NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "state").stat().st_mode) == 0o700


def test_a_disk_that_refuses_is_in_nobodys_way(folder):
    (folder / "state").write_text("a file")
    file = BookmarkFile()
    file.write_into(folder / "state", [Path("blues.toml")])
    file.close()
    assert bookmark.read(folder / "state") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "3",
        "{}",
        said(sources=[]),
        said(sources="x"),
        said(sources=["a\0b"]),
        said(level=float("nan")),
        said(number="x"),
        said(number=float("inf")),
    ],
)
def test_what_nobody_can_read_is_as_if_nothing_had_been_played(folder, monkeypatch, capsys, text):
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    (folder / "rig").mkdir()
    (folder / "rig" / bookmark.NAME).write_text(text)
    assert main(["play", "--resume"]) == 1
    assert "nothing was played yet" in capsys.readouterr().err


def test_resume_opens_what_was_played(folder, monkeypatch, capsys):
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    last = Bookmark((str(folder / "set.toml"),), "Ballad", 2, "Wide", -2.0)
    bookmark.write(last, folder / "rig")
    opened = []
    monkeypatch.setattr("rig.gig.opening.open_gig", lambda paths, **options: opened.append((paths, options["resume"])))
    monkeypatch.setattr("rig.remote.headless.run", lambda opened, save, debug, osc: opened(None) or 0)
    assert main(["play", "--resume", "--headless"]) == 0
    assert opened == [([folder / "set.toml"], last)]
    assert main(["play", "blues", "--resume"]) == 1
    assert "leave the presets out" in capsys.readouterr().err
