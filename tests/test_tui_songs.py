"""Songs, parts, scenes and the set on the screen: keys pressed as a player does."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_songs import at, folder, gig_of, long_set
from test_tui import playing, until

from rig.document.read_set import read_set
from rig.gig.gig import Gig

__all__ = ["folder"]


@pytest.fixture
def gig(folder: Path) -> Gig:
    return gig_of(folder / "set.toml")


async def test_keys_walk_songs_parts_and_scenes(gig: Gig) -> None:
    async with playing(gig, (120, 36)) as (screen, pilot):
        text = screen.song.text()
        assert all(word in text for word in ("1/4", "Opener", "Clean", "Lead:Solo", "capo 2", "next Ballad"))
        assert "87 bpm" in screen.head.text()
        await pilot.press("full_stop")
        assert at(gig) == ("Opener", "Lead", 2)
        await pilot.press("f1")
        assert at(gig) == ("Opener", "Lead:Solo", 3)
        assert "Solo" in screen.tiles.text()
        await pilot.press("exclamation_mark")
        assert at(gig) == ("Opener", "Lead", 2), "shift and a digit, too; once more: off"
        await pilot.press("at")
        assert "Lead has no scene 2" in screen.note.text()
        await pilot.press("pagedown")
        assert at(gig) == ("Ballad", "Lead", 1)
        assert "2/4 Ballad" in screen.song.text()
        assert [amp.name for amp in screen.tiles.amps] == ["Lead", "Wide", "Thin"]
        await pilot.press("3")
        assert at(gig) == ("Ballad", "Thin", 3)
        await pilot.press("comma", "pageup")
        assert at(gig) == ("Opener", "Clean", 1)
        await pilot.press("pageup")
        assert "this is the first song" in screen.note.text()


async def test_f_keys_play_amps_while_a_value_is_typed(gig: Gig) -> None:
    async with playing(gig) as (screen, pilot):
        await pilot.press("enter", "f2")
        assert at(gig) == ("Opener", "Lead", 2)
        assert screen.field is None


async def test_a_boost_is_one_key_and_told(gig: Gig) -> None:
    async with playing(gig) as (screen, pilot):
        await pilot.press("g")
        assert "BOOST +3" in screen.tiles.text()
        await pilot.press("g")
        assert "BOOST" not in screen.tiles.text()


async def test_amps_scenes_and_songs_are_found_by_letters(gig: Gig) -> None:
    async with playing(gig) as (_, pilot):
        await pilot.press("slash", *"clos", "enter")
        assert at(gig) == ("Closer", "Lead", 1)
        await pilot.press("slash", *"solo", "enter")
        assert at(gig)[1] == "Lead:Solo" and gig.preset.name == "blues"
        await pilot.press("slash", *"wide", "enter")
        assert at(gig) == ("Ballad", "Wide", 2), "of another preset: the next song with it"


async def test_songs_are_moved_skipped_added_and_saved_in_a_list(gig: Gig, folder: Path) -> None:
    async with playing(gig) as (screen, pilot):
        await pilot.press("e", "greater_than_sign", "down", "space", "a", *"rock", "enter")
        assert [(song.name, song.skip) for song in gig.document.songs] == [
            ("Ballad", False),
            ("Opener", False),
            ("rock", False),
            ("Again", False),
            ("Closer", False),
        ]
        await pilot.press("enter")
        assert at(gig)[0] == "rock"
        assert pilot.app.screen is screen
        await pilot.press("e", "x", "s", "escape")
        assert [song.name for song in read_set(folder / "set.toml").songs] == ["Ballad", "Opener", "Again", "Closer"]


async def test_only_presets_are_offered_as_songs(gig: Gig, folder: Path) -> None:
    (folder / "keys.toml").write_text('mute = "m"\n')
    (folder / "odd.toml").write_bytes(b"\xff\xfe")
    async with playing(gig) as (_, pilot):
        await pilot.press("e", "a")
        assert {"blues", "rock"} <= set(pilot.app.screen.shown)
        assert not {"keys", "odd", "set"} & set(pilot.app.screen.shown)


async def test_the_list_goes_with_what_is_picked(folder: Path) -> None:
    async with playing(gig_of(long_set(folder, 50, 1))) as (_, pilot):
        await pilot.press("e", *["down"] * 30)
        await until(pilot, lambda: pilot.app.screen.query_one("OptionList").scroll_offset.y > 5)
        await pilot.press("greater_than_sign", "enter")
        await until(pilot, lambda: "32/50 Song 30" in pilot.app.screen.song.text())


async def test_one_preset_has_a_set_when_a_song_is_added(folder: Path) -> None:
    gig = gig_of(folder / "blues.toml")
    async with playing(gig) as (screen, pilot):
        assert screen.song.size.height == 0 or not screen.song.display
        await pilot.press("pagedown")
        assert "there are no songs" in screen.note.text()
        await pilot.press("e", "a", *"rock", "enter", "escape")
        assert [song.name for song in gig.document.songs] == ["blues", "rock"]
        assert "1/2 blues" in screen.song.text()


async def test_a_set_that_is_not_saved_is_asked_about(gig: Gig) -> None:
    async with playing(gig) as (_, pilot):
        gig.do("song skip")
        await pilot.press("q")
        await pilot.pause()
        assert "set.toml" in str(pilot.app.screen.query_one("#card Static").render())
        await pilot.press("escape")
