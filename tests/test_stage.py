"""The stage: what a player sees on it and can press, the screens that tab goes round, the lock, the themes, no colours."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from fake_gig import FakeGig
from test_tui import Terminal, playing, until
from textual.pilot import Pilot

from rig.document.document import COLOURS, Song
from rig.document.tunings import Note
from rig.errors import RigError
from rig.tui import block_font, palette
from rig.tui.app import RigApp
from rig.tui.log import LogScreen, counted
from rig.tui.play import PlayScreen
from rig.tui.set_screen import SetScreen
from rig.tui.stage import Button, wrong
from rig.tui.themed import chosen, kept
from rig.tui.themes import CONTRAST, DARK, LIGHT, SAFE, THEMES
from rig.tui.views import VIEWS

SIZES = ((60, 20), (80, 24), (120, 40), (300, 90))


def in_songs(amps: int = 5) -> FakeGig:
    """A gig of three songs, the second of which plays, with a scene for its third amp."""
    gig = FakeGig(amps)
    gig.do("amp Lead")
    gig.do("set Lead.gain.gain 9")
    gig.do("scene store Solo")
    gig.do("scene none")
    preset = gig.document.presets[0].uid
    songs = (Song("Opener", preset), Song("Ballad", preset, tempo=72.0, notes="capo 2"), Song("Closer", preset))
    gig.history.amend_now(lambda document: replace(document, songs=songs))
    gig.do("song 2")
    gig.verbs.clear()
    return gig


async def on_stage(screen: PlayScreen, pilot: Pilot) -> None:
    await pilot.press("shift+tab")
    assert screen.view == "stage" and pilot.app.screen is screen


# --- what it shows ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_stage_tells_all_a_player_needs(size: tuple[int, int]) -> None:
    gig = in_songs()
    gig.sounding.note = lambda: Note("E", 12.0, 6)  # type: ignore[method-assign]
    gig.set(load=0.83, beat=4.1, note="E", cents=12.0)
    async with playing(gig, size) as (screen, pilot):
        await on_stage(screen, pilot)
        await pilot.press("3")
        text = screen.stage.text()
        for word in ("72 bpm", "2/3 Ballad", "Opener", "Closer", "1 Clean", "3 Lead", "E", "sharp", "load 83 %"):
            assert word in text, word
        assert "capo 2" in text and "1 Solo" in text
        scales = [scale for scale in range(1, 20) if block_font.draw("LEAD", scale)[0].strip() in text]
        assert max(scales) >= 2, "letters of at least twice the smallest size"
        assert " in " in screen.meters.text() and " out " in screen.meters.text()


async def test_the_name_is_as_large_as_the_terminal_allows() -> None:
    async with playing(FakeGig(3), SIZES[0]) as (screen, pilot):
        await on_stage(screen, pilot)
        scales = []
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            width, height = screen.stage.size
            fits = [s for s in range(1, 41) if block_font.draw("CLEAN", s)[0] in screen.stage.text()]
            scales.append(max(fits))
            larger = block_font.columns("CLEAN", scales[-1] + 1), block_font.lines(scales[-1] + 1)
            assert larger[0] > width - 4 or larger[1] > height - 6, f"{size}: a larger one would fit"
        assert scales == sorted(set(scales)), scales


async def test_a_scene_stands_below_the_name_in_letters_of_its_own() -> None:
    gig = in_songs()
    async with playing(gig, (120, 40)) as (screen, pilot):
        await on_stage(screen, pilot)
        await pilot.press("3", "f1")
        text = screen.stage.text()
        scale = next(s for s in range(20, 0, -1) if block_font.draw("LEAD", s)[0].strip() in text)
        assert any(block_font.draw("SOLO", s)[0].strip() in text for s in range(1, scale)), "smaller than the amp"


async def test_the_tempo_pulses() -> None:
    gig = in_songs()
    gig.set(tempo=72.0, beat=4.9)
    async with playing(gig) as (screen, pilot):
        await on_stage(screen, pilot)
        assert "· 72 bpm" in screen.stage.text()
        gig.set(beat=5.02)
        await until(pilot, lambda: "● 72 bpm" in screen.stage.text())


def test_what_is_wrong_is_told_in_words() -> None:
    status = FakeGig().status()
    assert wrong(status, 0.3) == ()
    assert wrong(status, 0.7) == ("load 70 %",)
    assert wrong(replace(status, alive=False), 0.0) == ("JACK is gone",)
    assert "no input" in wrong(replace(status, connections=()), 0.0)
    assert "midi clock lost" in wrong(replace(status, follow="midi", lead="lost"), 0.0)


async def test_what_mutes_and_bypasses_is_told_by_words_and_hatching() -> None:
    async with playing(FakeGig(3)) as (screen, pilot):
        await on_stage(screen, pilot)
        await pilot.press("m")
        assert "╱" in screen.stage.text() and "MUTED" in screen.stage.text()
        await pilot.press("m", "space")
        assert "╱" not in screen.stage.text() and "BYPASS" in screen.stage.text()


async def test_any_size_and_any_number_of_amps_can_be_drawn() -> None:
    gig = in_songs(12)
    async with playing(gig) as (screen, pilot):
        await on_stage(screen, pilot)
        for size in ((60, 20), (20, 6), (1, 1), (40, 12), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.press("right")
            await pilot.pause()
        assert str(gig.status().amp + 1) in screen.stage.text()
        assert not screen.note.kept or "fault in rig" not in screen.note.kept[-1].message


# --- what can be pressed ------------------------------------------------------------------------------------------


async def test_mouse_and_finger_press_every_button() -> None:
    gig = in_songs()
    async with playing(gig, (120, 40)) as (screen, pilot):
        await on_stage(screen, pilot)
        await pilot.press("3")
        pressed: set[str] = set()
        while True:
            left = [place for place in screen.stage.places if _told(place.button) not in pressed]
            if not left:
                break
            gig.verbs.clear()
            place = min(left, key=lambda place: not place.button.verb.startswith("scene"))  # before another amp plays
            said = _told(place.button)
            pressed.add(said)
            await pilot.click(screen.stage, offset=(place.x + place.width // 2, place.y + place.height // 2))
            if place.button.uid:
                assert gig.playing == place.button.uid
            else:
                assert gig.verbs[-1] == place.button.verb
        assert {"song next", "song prev", "part 1", "part 5", "scene 1", "part next"} <= pressed
        assert sum(said.isdigit() for said in pressed) == 5, "all amps"


def _told(button: Button) -> str:
    return button.verb or str(button.uid)


async def test_songs_and_parts_are_pressed_on_the_line_below_the_head() -> None:
    gig = in_songs()
    async with playing(gig, (100, 30)) as (screen, pilot):
        text = screen.song.text().splitlines()[0]
        await pilot.click(screen.song, offset=(text.index("Crunch") + 1, 0))
        await pilot.click(screen.song, offset=(text.index("Closer") + 1, 0))
        assert gig.verbs == ["part 2", "song next"]


async def test_enter_goes_on_to_the_next_part() -> None:
    gig = in_songs()
    async with playing(gig) as (screen, pilot):
        await on_stage(screen, pilot)
        await pilot.press("enter", "enter")
        assert gig.amp.name == "Lead" and screen.field is None


async def test_keys_that_change_what_is_not_to_be_seen_do_nothing() -> None:
    gig = in_songs()
    async with playing(gig) as (screen, pilot):
        await on_stage(screen, pilot)
        await pilot.press("=", "x", "b", "a", "o", "u", "backspace", "down", "d")
        assert gig.verbs == [] and pilot.app.screen is screen
        await pilot.press("m", "g", "]", "l")
        assert gig.verbs == ["mute", "boost", "level -2", "loop"]


# --- tab ----------------------------------------------------------------------------------------------------------


async def test_tab_goes_round_the_screens_and_back() -> None:
    gig = in_songs()
    async with playing(gig) as (screen, pilot):
        await on_stage(screen, pilot)
        seen = []
        for _ in VIEWS:
            top = pilot.app.screen
            seen.append(screen.view if top is screen else type(top).__name__)
            await pilot.press("tab")
        assert pilot.app.screen is screen and screen.view == "stage", "once round"
        assert seen[:3] == ["stage", "edit", "SetScreen"] and seen[-1] == "LogScreen"
        assert len(pilot.app.screen_stack) == 2 or pilot.app.screen is screen
        for name in reversed(seen):
            await pilot.press("shift+tab")
            top = pilot.app.screen
            assert name == (screen.view if top is screen else type(top).__name__)


async def test_the_set_is_played_by_two_presses_of_a_finger() -> None:
    gig = in_songs()
    async with playing(gig) as (screen, pilot):
        await pilot.press("e")
        card = pilot.app.screen
        assert isinstance(card, SetScreen)
        options = card.query_one("OptionList")
        await pilot.click(options, offset=(8, 2))
        assert gig.verbs == []
        await pilot.click(options, offset=(8, 2))
        assert gig.verbs == ["song 3"] and pilot.app.screen is screen
        await pilot.press("e")
        foot = pilot.app.screen.query_one("Foot")
        await pilot.click(foot, offset=(foot.text().index("skip") + 1, 0))
        assert gig.verbs[-1] == "song skip 3"


async def test_the_log_counts_and_lists_what_went_wrong() -> None:
    gig = FakeGig()
    async with playing(gig, (80, 24)) as (_, pilot):
        gig.set(xruns=2)
        gig.fault("model")
        await until(pilot, lambda: len(gig.incidents.log.incidents) >= 2)
        await pilot.press("i")
        log = pilot.app.screen
        assert isinstance(log, LogScreen)
        counts = log.query_one("#counts").render().plain
        assert "2 periods missed" in counts and "1 fault of an engine" in counts
        assert "2 periods missed" in log.query_one("#said").render().plain
        assert "esc close" in log.query_one("Foot").text()


def test_counts_are_said() -> None:
    assert counted({}, 0.1) == "nothing went wrong · worst load 10 %"
    assert counted({"xrun": 1, "jack": 3}, 0.5) == "1 period missed · 3 changes of JACK · worst load 50 %"


# --- the lock -----------------------------------------------------------------------------------------------------


async def test_a_locked_stage_lets_only_those_keys_pass_that_play() -> None:
    gig = in_songs()
    async with playing(gig) as (screen, pilot):
        await pilot.press("L")
        assert screen.locked and "LOCKED" in screen.head.text()
        await pilot.press(
            "=", "x", "space", "g", "l", "k", "c", "s", "]", "f", "n", "`", "v", "tab", "q", "q", "ctrl+t"
        )
        await pilot.press("question_mark", "e", "i", "o", "a", "enter", "u")
        assert gig.verbs == [] and pilot.app.screen is screen and not gig.closed and palette.theme is DARK
        assert "unlocks" in screen.note.text()
        await pilot.press("2", "right", "f1", "pagedown", "pageup", "full_stop", "comma", "t", "t", "m", "p")
        assert gig.verbs == [
            *("amp 2", "next", "scene 1", "song next", "song prev", "part next", "part prev"),
            *("tuner", "tuner", "mute", "panic"),
        ]


async def test_the_mouse_turns_no_knob_of_a_locked_stage() -> None:
    gig = FakeGig()
    async with playing(gig, (100, 30)) as (screen, pilot):
        await pilot.press("L")
        await pilot.click(screen.knobs, offset=(60, 1))
        await pilot.click(screen.path, offset=(20, 1))
        assert gig.verbs == []
        await pilot.click(screen.tiles, offset=(60, 2))
        assert [verb.split()[0] for verb in gig.verbs] == ["amp"]


async def test_while_one_tunes_a_locked_stage_keeps_tuning_and_pitch() -> None:
    gig = FakeGig()
    async with playing(gig) as (_, pilot):
        await pilot.press("L", "t", "right", "=", "]", "t")
        assert gig.verbs == ["tuner", "tuner"]


async def test_unlocking_takes_two_presses_one_right_after_the_other(monkeypatch) -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("L", "L")
        assert screen.locked, "the second one asks"
        screen._unlock_at = float("-inf")  # long ago
        await pilot.press("L")
        assert screen.locked
        await pilot.press("L")
        assert not screen.locked and "LOCKED" not in screen.head.text()
        await pilot.press("l")
        assert gig.verbs == ["loop"], "the small letter is another key"


async def test_feet_and_other_programs_are_not_locked_out() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("L")
        gig.do("set Clean.gain.gain 9")
        gig.do("bypass")
        await until(pilot, lambda: screen.status.bypassed)


# --- themes -------------------------------------------------------------------------------------------------------


def grounds(app: RigApp) -> set[str]:
    strips = app.screen._compositor.render_strips()
    return {s.style.bgcolor.name for strip in strips for s in strip if s.style and s.style.bgcolor}


async def test_a_key_changes_the_theme_and_it_is_kept(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with playing(FakeGig()) as (_, pilot):
        seen = [palette.theme.name]
        for _ in range(3):
            await pilot.press("ctrl+t")
            await pilot.pause()
            seen.append(palette.theme.name)
            assert palette.STAGE in grounds(pilot.app)
        assert seen == list(THEMES)
        await pilot.press("slash", "ctrl+t")
        await pilot.pause()
        assert palette.theme is DARK, "also where letters are text, and round"
        await pilot.press("escape", "ctrl+t", "ctrl+t")
    assert kept().read_text() == "light\n" and chosen() is LIGHT


def test_which_theme_is_on(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert chosen() is DARK
    kept().parent.mkdir(parents=True)
    kept().write_text("contrast\n")
    assert chosen() is CONTRAST
    monkeypatch.setenv("RIG_THEME", "light")
    assert chosen() is LIGHT and chosen("colour-blind") is SAFE
    with pytest.raises(RigError, match=r"no theme 'lihgt'.*light"):
        chosen("lihgt")
    monkeypatch.delenv("RIG_THEME")
    kept().write_bytes(b"\xff\xfe")
    assert chosen() is DARK, "whatever lies there"


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
def test_colours_of_amps_are_told_apart(theme) -> None:
    assert len(theme.amps) == len(COLOURS) == len(set(theme.amps))


async def test_an_amp_has_the_colour_that_its_preset_says() -> None:
    gig = FakeGig(3)
    gig.do("colour Crunch blue")
    assert gig.document.presets[0].amps[1].colour == "blue"
    async with playing(gig) as (screen, pilot):
        await pilot.press("2")
        blue = palette.amp("blue")
        assert blue in grounds(pilot.app) and blue != palette.GLOW
        await on_stage(screen, pilot)
        assert blue in grounds(pilot.app)
        await pilot.press("3")
        assert screen.stage.amp.colour == ""
        screen.do("colour blau")
        assert "no colour 'blau'" in screen.note.text()
        screen.do("colour red")
        assert gig.amp.colour == "red"
        screen.do("colour none")
        assert gig.amp.colour == ""


# --- terminals of few colours, and of none -------------------------------------------------------------------------

SGR = re.compile(rb"\x1b\[([\d;:]*)m")


def codes(output: bytes) -> set[int]:
    """All numbers in what sets colours and the like."""
    found = (number for part in SGR.findall(output) for number in re.split(rb"[;:]", part))
    return {int(number or 0) for number in found}


def walked(**environment: str) -> bytes:
    """What a terminal gets while several screens are opened on it."""
    with Terminal("--still", **environment) as terminal:
        assert terminal.read("┏".encode() if environment["TERM"] != "linux" else "╔".encode())
        for key, words in (
            (b"?", b"next screen"),
            (b"?\t", b"no songs"),
            (b"\t", b"routing"),
            (b"\t", b"worst load"),
            (b"im", b"M U T E D"),
        ):
            os.write(terminal.fd, key)
            if words:
                assert terminal.read(words, 30)
        os.write(terminal.fd, b"\x03")
        terminal.read(b"never", 1.0)
        terminal.status()
        return terminal.output


def test_with_no_color_not_one_colour_is_sent() -> None:
    sent = codes(walked(TERM="xterm-256color", NO_COLOR="1"))
    assert {number for number in sent if 30 <= number <= 49 or 90 <= number <= 107} == set()
    assert {1, 7} <= sent, "bold, and reversed in place of grounds"


def test_the_linux_console_gets_its_sixteen_colours() -> None:
    sent = codes(walked(TERM="linux", COLORTERM=""))
    assert 38 not in sent and 48 not in sent
    assert {number for number in sent if 100 <= number <= 107} == set(), "as a ground it has eight"
    assert {number for number in sent if 30 <= number <= 37}


def test_what_stands_out_without_colours() -> None:
    from rig.tui.uncoloured import uncoloured

    assert uncoloured(palette.on(palette.GLOW), palette.STAGE).reverse
    assert uncoloured(palette.ink(palette.BRIGHT, palette.LIT), palette.STAGE).reverse
    assert not uncoloured(palette.ink(palette.BRIGHT, palette.PANEL), palette.STAGE).reverse
    assert uncoloured(palette.STRONG, palette.STAGE).bold and uncoloured(palette.STRONG, palette.STAGE).color is None
