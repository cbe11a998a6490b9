"""The screen, with a fake gig: keys become verbs, the gig's state becomes what a player sees, and it always ends well."""

from __future__ import annotations

import asyncio
import fcntl
import math
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_gig import NAMES, FakeGig, opener
from textual.events import MouseScrollUp
from textual.pilot import Pilot

from rig.document.document import AMPS
from rig.engine import registry
from rig.errors import RigError
from rig.gig.knob_scale import place, turn, value_at, written
from rig.gig.snapshot import AmpView, LoopView, News, ParamView
from rig.tui import block_font, key_file, palette
from rig.tui.app import RigApp
from rig.tui.ballistics import SILENCE_DB, Ballistics, Worst, deflection
from rig.tui.bars import together, wiring
from rig.tui.canvas import Patch, Sheet, fit, wrapped
from rig.tui.find_amp import found
from rig.tui.help import KEYS, HelpScreen
from rig.tui.layout import plan
from rig.tui.loading import LoadingScreen
from rig.tui.play import PlayScreen
from rig.tui.tiles import Tiles, arrange
from rig.tui.tuner import Tuner

HERE = Path(__file__).resolve().parent


@asynccontextmanager
async def playing(gig: FakeGig, size: tuple[int, int] = (80, 24)):
    """The app on its play screen, and the pilot that presses its keys."""
    app = RigApp(opener(gig))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, PlayScreen) and app.screen.status is not None)
        await pilot.pause()
        yield app.screen, pilot


async def until(pilot: Pilot, true, seconds: float = 30.0) -> None:
    """Wait for something to become true, or fail."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        await pilot.pause(0.01)


async def seen(pilot: Pilot, widget, words: str) -> None:
    """Wait for a widget to show some words."""
    await until(pilot, lambda: words in widget.text())


# --- keys become verbs -------------------------------------------------------------------------------------------


VERBS = {
    "2": ["amp 2"],
    "4 1": ["amp 4", "amp 1"],
    "right": ["next"],
    "left": ["prev"],
    "space": ["bypass"],
    "m": ["mute"],
    "t": ["tuner"],
    "p": ["panic"],
    "tab tab": ["tap", "tap"],
    "l": ["loop"],
    "j": ["loop stop"],
    "z y": ["loop undo", "loop redo"],
    "h w": ["loop half", "loop clear"],
    "k": ["keep"],
    "c": ["connect"],
    "]": ["level -2"],
    "[ [": ["level -4", "level -5"],
    "=": ["set Clean.gain.gain 6.5"],
    "minus": ["set Clean.gain.gain 5.5"],
    "+": ["set Clean.gain.gain 9"],
    "_": ["set Clean.gain.gain 3"],
    "= =": ["set Clean.gain.gain 6.5", "set Clean.gain.gain 7"],
    "= backspace": ["set Clean.gain.gain 6.5", "set Clean.gain.gain 6"],
    "= delete": ["set Clean.gain.gain 6.5", "set Clean.gain.gain 0"],
    "backspace": [],
    "2 =": ["amp 2", "set Crunch.gain.gain 6.5"],
    "down = down = up up": ["set Clean.model.normalize 1"],
    "up minus": ["set input.gate.highcut 18900"],
}


async def test_each_key_is_its_verb() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        for keys, verbs in VERBS.items():
            gig.start_over()
            screen.poll()
            screen.read_chain()
            await pilot.press(*keys.split())
            assert (keys, gig.verbs) == (keys, verbs)


async def test_a_level_key_that_is_held_stops_at_0_db(monkeypatch) -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        monkeypatch.setattr("rig.tui.play.LEVEL_REST_S", math.inf)
        screen.do("level -2.5")
        await pilot.press(*["right_square_bracket"] * 6)
        assert gig.document.level == 0
        assert "stops at 0 dB" in screen.note.text()
        monkeypatch.setattr("rig.tui.play.LEVEL_REST_S", 0.0)
        await pilot.press("right_square_bracket")
        assert gig.document.level == 1
        monkeypatch.setattr("rig.tui.play.LEVEL_REST_S", math.inf)
        await pilot.press(*["right_square_bracket"] * 20)
        assert gig.document.level == 20
        await pilot.press(*["left_square_bracket"] * 22)
        assert gig.document.level == -2, "down there is no stop"


@pytest.mark.parametrize("where", ["install", "news", "status", "chain"])
async def test_a_fault_in_the_gig_is_said_once_and_neither_gig_nor_screen_ends(where, monkeypatch) -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        with monkeypatch.context() as broken:
            broken.setattr(gig, where, lambda: [][0])
            await until(pilot, lambda: "a fault in rig itself: IndexError" in screen.note.text())
            for _ in range(3):
                screen.poll()
                screen.beside(screen.read_chain)
            await pilot.press("2")
            assert gig.verbs == ["amp 2"], "keys are heeded"
        assert [said.wrong for said in screen.note.kept if "IndexError" in said.message] == [True], "said once"
        await pilot.press("3")
        screen.poll()
        assert screen.status.amp == 2 and not gig.closed, "all is shown again"


async def test_while_tuning_only_keys_that_show_what_they_do_do_something() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("t")
        assert "t play on" in screen.foot.text() and "undo" not in screen.foot.text()
        await pilot.press("o", "a", "x", "b", "u", "v", "s", "c", "down", "backspace", "enter", "f2")
        assert pilot.app.screen is screen and gig.verbs == ["tuner"]
        gig.verbs[1:] = []
        await pilot.press("m", "2", "[", "p", "tab")
        assert gig.verbs[1:] == ["mute", "amp 2", "level -4", "panic"]
        assert "T U N E R   +   M U T E D" in screen.banner.text()
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("escape", "m", "t", "=")
        assert gig.verbs[-1] == "set Crunch.gain.gain 6.5"
        assert "undo" in screen.foot.text()


MUTED_UNDER = ["question_mark", "o", "= q", "o slash a", "a", "enter", "a c a b enter"]


@pytest.mark.parametrize("keys", MUTED_UNDER)
async def test_mute_panic_and_amps_work_whatever_is_open(keys: str) -> None:
    gig = FakeGig()
    async with playing(gig) as (_, pilot):
        await pilot.press(*keys.split())
        text = keys in ("o slash a", "a", "enter")
        top = pilot.app.screen
        await pilot.press("ctrl+n" if text else "m")
        assert gig.muted
        await pilot.press("ctrl+n" if text else "M", "ctrl+p" if text else "p", "f3" if text else "3")
        assert not gig.muted and gig.amp.name == "Lead"
        assert pilot.app.screen is top or keys.startswith(("o", "a")), "what was open for an amp closes with it"
        assert [verb for verb in gig.verbs if not verb.startswith(("set", "try"))] == ["mute", "mute", "panic", "amp 3"]


async def test_the_footer_tells_the_tuner_at_80_columns() -> None:
    async with playing(FakeGig()) as (screen, _):
        for key in ("1-9 amp", "m mute", "t tuner", "? help", "q quit"):
            assert key in screen.foot.text()


async def test_the_tempo_is_tapped_and_told(monkeypatch) -> None:
    gig = FakeGig()
    async with playing(gig, (100, 24)) as (screen, pilot):
        assert "bpm" not in screen.head.text()
        for now in (1.0, 1.5, 2.0):
            with monkeypatch.context() as clock:
                clock.setattr("rig.gig.verbs.time", SimpleNamespace(monotonic=lambda now=now: now))
                screen.action_verb("tap")
            if now == 1.0:
                assert "tap again, in time" in screen.note.text()
        assert "Blues   120 bpm   ● unsaved" in screen.head.text()
        await pilot.press("u")
        await until(pilot, lambda: "bpm" not in screen.head.text())
        gig.do("tempo 84.5")
        await seen(pilot, screen.head, "84.5 bpm   ● unsaved")
        await pilot.resize_terminal(40, 24)
        await until(pilot, lambda: "bpm" not in screen.head.text())
        assert "●" in screen.head.text(), "what there is room for"


async def test_whom_the_song_follows_is_told_and_how_they_are() -> None:
    gig = FakeGig()
    async with playing(gig, (150, 24)) as (screen, pilot):
        await pilot.press("f", "n")
        assert gig.verbs == ["follow", "metronome"]
        await seen(pilot, screen.head, "midi not heard · click   ● unsaved")
        gig.reconciler.rack.time |= {"lead": 1, "tempo": 93.04}
        await seen(pilot, screen.head, "93 bpm · midi · click")
        await seen(pilot, screen.note, "the MIDI clock is heard: 93 bpm")
        gig.reconciler.rack.time |= {"lead": 3}
        await seen(pilot, screen.head, "93 bpm · midi lost · click")
        await seen(pilot, screen.note, "the MIDI clock has gone: on with its tempo, 93")
        await pilot.press("f")
        await seen(pilot, screen.head, "jack")
        await pilot.press("f", "n")
        await until(pilot, lambda: "bpm" not in screen.head.text() and "click" not in screen.head.text())


async def test_what_the_looper_does_is_told_in_the_head() -> None:
    gig = FakeGig()
    async with playing(gig, (110, 24)) as (screen, pilot):
        assert "LOOP" not in screen.head.text()
        for loop, told in (
            (LoopView("recording", waits=True), "LOOP REC  on the beat"),
            (LoopView("recording", at=3.24), "LOOP REC  3.2 s"),
            (LoopView("playing", 1.0, 8.0, 1), "LOOP  1.0 / 8.0 s"),
            (LoopView("overdubbing", 2.0, 8.0, 2), "LOOP DUB  2.0 / 8.0 s ×2"),
            (LoopView("playing", 2.0, 8.0, 2, half=True), "LOOP  2.0 / 8.0 s ×2 ½"),
            (LoopView("stopped", 2.0, 8.0, 2), "LOOP  8.0 s ×2"),
        ):
            gig.set(loop=loop, recording="take.wav")
            await seen(pilot, screen.head, told)
            assert " REC " in screen.head.text()
        await pilot.resize_terminal(60, 24)
        await until(pilot, lambda: "48 kHz" not in screen.head.text())
        gig.set(loop=LoopView())
        await until(pilot, lambda: "LOOP" not in screen.head.text())


async def test_one_key_begins_a_recording_named_after_the_moment_and_ends_it(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    gig = FakeGig()
    async with playing(gig) as (_, pilot):
        monkeypatch.setattr(gig.takes, "record", lambda path: gig.set(recording=str(path or "")))
        await pilot.press("r")
        assert re.fullmatch(r"record take-20\d\d-\d\d-\d\d-\d{6}\.wav", gig.verbs[0])
        await pilot.press("r")
        assert gig.verbs[1:] == ["record"]


async def test_caps_lock_changes_nothing_but_redo() -> None:
    gig = FakeGig()
    async with playing(gig) as (_, pilot):
        await pilot.press("M", "M", "B", "u", "U", "T", "T", "P")
        assert gig.verbs == ["mute", "mute", "toggle Clean.gain", "undo", "redo", "tuner", "tuner", "panic"]


async def test_keys_of_the_players_own(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    assert key_file.read(file, ()) == {}
    file.write_text(
        'layout = "azerty"\nmute = ["k", "f12"]\namp_10 = "0"\namp_0 = "à"\npanic = "h"\ntap = "y"\nbypass = "comma"'
    )
    with pytest.raises(RigError, match="no key 'comma'"):
        key_file.read(file, PlayScreen.actions())
    file.write_text(file.read_text().replace("comma", ","))
    gig = FakeGig(11)
    app = RigApp(opener(gig), key_file.read(file, PlayScreen.actions()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, PlayScreen) and app.screen.status is not None)
        await pilot.press("ampersand", "é", "apostrophe", "minus", "è", "underscore", "ç", "0", "3")
        assert gig.verbs == [f"amp {n}" for n in (1, 2, 4, 6, 7, 8, 9, 10, 3)]
        await pilot.press("k", "K", "m", "f12", "equals_sign", "right_parenthesis", "degree_sign", "semicolon", "comma")
        assert gig.verbs[9:] == [
            *["mute"] * 3,
            "set Lead.gain.gain 6.5",
            "set Lead.gain.gain 6",
            "set Lead.gain.gain 3",
            "level -4",
            "bypass",
        ]
        await pilot.press("y", "p", "tab", "question_mark", "ampersand", "k", "h")
        assert gig.verbs[-4:] == ["tap", "amp 1", "mute", "panic"], "on every screen"


def test_key_files_that_are_shown_can_be_read(tmp_path: Path) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    shown = "layout" + readme.partition("```\nlayout")[2].partition("```")[0]
    for text in (shown, key_file.__doc__.partition("\n\n")[2]):
        (tmp_path / "keys.toml").write_text(text)
        assert key_file.read(tmp_path / "keys.toml", PlayScreen.actions())["amp_10"] == "f10"


def test_every_amp_of_the_largest_set_can_have_a_key() -> None:
    assert {f"amp_{n}" for n in range(1, AMPS + 1)} <= {*PlayScreen.actions()}


async def test_foot_and_help_tell_the_players_own_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('layout = "azerty"\nmute = ["k", "f12"]\nmute_typing = "f11"\nsave = "x"\nquit = "f10"')
    gig = FakeGig()
    app = RigApp(opener(gig), key_file.read(file, PlayScreen.actions()))
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, PlayScreen) and app.screen.status is not None)
        screen = app.screen
        told = screen.foot.text()
        for words in ("1-9 amp", ") = turn", "k mute", "x save", "F10 quit", "t tuner", "? help"):
            assert words in told, told
        assert "remove" not in told, "its key saves now"
        await pilot.click("#foot", offset=(told.index("k mute"), 0))
        await until(pilot, lambda: gig.verbs == ["mute"])
        assert "k plays on" in screen.banner.text()
        await pilot.click("#foot", offset=(told.index(") ="), 0))
        await pilot.click("#foot", offset=(told.index(") =") + 2, 0))
        await until(pilot, lambda: gig.verbs[1:] == ["set Clean.gain.gain 5.5", "set Clean.gain.gain 6"])
        await pilot.press("question_mark")
        card = "\n".join(part.render().plain for part in app.screen.query("#card Static"))
        for words in (" k  mute", "; :  output level", "° +  turn it a lot", "x  save", "F10  fade out"):
            assert words in card, card
        assert "remove the engine" not in card
        assert "k, 1-9 play on" in app.screen.query_one("#card").border_subtitle
        await pilot.press("escape", "enter")
        assert "↵ takes it" in screen.foot.text() and "F11 mute" in screen.foot.text()
        await pilot.press("escape", "o")
        assert "k mute" in app.screen.foot.text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mut = 'k'", "no action 'mut'; did you mean 'mute'?"),
        ("mute = 3", 'a key is a text, as in mute = "k"'),
        ("mute = 'k'\nsave = 'k'", "key 'k' is bound to mute and to save"),
        ("layout = 'dvorak'", "no layout 'dvorak'; known: azerty, qwertz"),
        ("mute = ", "Invalid value"),
        ("mute = 'f99'", "no key 'f99'"),
    ],
)
def test_faults_of_a_key_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "keys.toml").write_text(text)
    with pytest.raises(RigError, match=re.escape(said)):
        key_file.read(tmp_path / "keys.toml", PlayScreen.actions())


def test_the_linux_console_gets_what_its_fonts_have() -> None:
    with Terminal(TERM="linux") as terminal:
        assert terminal.read("╔".encode())
        os.write(terminal.fd, b"a")
        terminal.read(b"never", 0.5)
        os.write(terminal.fd, b"\x1b")
        terminal.read(b"never", 0.5)
        os.write(terminal.fd, b"?")
        terminal.read(b"never", 1.0)
        terminal.read(b"keys")
        drawn = terminal.output.decode(errors="ignore")
        assert "█" in drawn and not set(drawn) & set("▀▄▏▎▍▌▋▊▉┏╭╱♪↵…")
        os.write(terminal.fd, b"\x03")
        assert terminal.status() == 0


async def test_knob_at_its_end_says_nothing_to_the_gig() -> None:
    gig = FakeGig()
    async with playing(gig) as (_, pilot):
        await pilot.press(*["+"] * 12)
        assert gig.verbs[-1] == "set Clean.gain.gain 40"
        count = len(gig.verbs)
        await pilot.press("+", "=")
        assert len(gig.verbs) == count


async def test_picking_walks_the_whole_path_and_stops_at_its_ends() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        paths = [row.path for engine in gig.chain() for row in engine.rows]
        assert "Clean.model.model" in paths
        await pilot.press(*["up"] * len(paths))
        assert screen.row.path == paths[0]
        walked = [screen.row.path]
        for _ in range(len(paths)):
            screen.action_pick(1)
            walked.append(screen.row.path)
        assert list(dict.fromkeys(walked)) == paths


async def test_each_amp_remembers_its_knob() -> None:
    async with playing(FakeGig()) as (screen, pilot):
        await pilot.press(*["down"] * 6, "2")
        assert screen.param.path == "Crunch.gain.gain"
        await pilot.press("1")
        assert screen.param.path == "Clean.eq.mid"


async def test_ends_of_a_knob_survive_being_written() -> None:
    """0.1 as C holds it is a little more than the text 0.1, which the gig would refuse."""
    gig = FakeGig()
    low = 0.10000000149011612
    gate = gig.chain()[0]
    path = (replace(gate, params=(replace(gate.params[2], minimum=low, initial=low),)),)
    gig.chain = lambda: path
    async with playing(gig) as (_, pilot):
        await pilot.press("delete")
        assert float(gig.verbs[0].split()[-1]) == low


async def test_an_answer_is_shown_each_time() -> None:
    async with playing(FakeGig()) as (screen, pilot):
        for _ in range(2):
            await pilot.press("c")
            assert "connected" in screen.note.text()
            screen.note.tick(float("inf"))
            assert "connected" not in screen.note.text()


async def test_amp_without_that_key_is_said() -> None:
    gig = FakeGig(3)
    async with playing(gig) as (screen, pilot):
        await pilot.press("7")
        assert gig.verbs == []
        assert screen.note.text().strip().endswith("  no amp on key 7")
        assert "how hard the next engine is driven" in screen.note.text(), "the knob's help stays"


async def test_amps_from_ten_on_have_two_digits() -> None:
    gig = FakeGig(12)
    async with playing(gig) as (_, pilot):
        await pilot.press("3")
        assert gig.verbs == ["amp 3"], "no number of two digits begins so"
        await pilot.press("1", "2")
        assert gig.verbs[1:] == ["amp 12"]
        await pilot.press("1", "0", "1", "5")
        assert gig.verbs[2:] == ["amp 10", "amp 1", "amp 5"], "there is no 15"
        await pilot.press("1")
        assert gig.verbs[5:] == []
        await until(pilot, lambda: gig.verbs[5:] == ["amp 1"])
        await pilot.press("question_mark", "1", "1")
        assert gig.verbs[6:] == ["amp 11"], "whatever is open"


async def test_eleven_amps_need_no_second_digit() -> None:
    gig = FakeGig(11)
    async with playing(gig) as (_, pilot):
        await pilot.press("1", "2")
        assert gig.verbs == ["amp 1", "amp 2"]


async def test_an_amp_is_found_by_letters_of_its_name() -> None:
    gig = FakeGig(12)
    async with playing(gig) as (screen, pilot):
        await pilot.press("slash", *"txld", "enter")
        assert gig.verbs == ["amp 6"] and pilot.app.screen is screen
        await pilot.press("slash", *"m", "down", "enter", "slash", "escape")
        assert gig.verbs == ["amp 6", "amp 5"], "Metal first, then rhythM"


def test_the_nearest_name_comes_first() -> None:
    names = ("Solo Lead", "Lead", "Clean", "Old Edge", "Texas Lead")
    amps = [AmpView(i, name, None, "Rock", name) for i, name in enumerate(names)]
    assert [amp.name for amp in found(amps, "le")] == ["Lead", "Solo Lead", "Texas Lead", "Clean", "Old Edge"]
    assert [amp.name for amp in found(amps, "tl")] == ["Texas Lead"]
    assert [amp.name for amp in found(amps, "3")] == ["Clean"]
    assert found(amps, "xyz") == () and len(found(amps, "")) == 5 and len(found(amps, "rock l")) == 3


def several() -> tuple[AmpView, ...]:
    """Amps of two presets."""
    presets = ("Vienna by night", "Rock of the Ages")
    return tuple(AmpView(i, NAMES[i], str(i + 1), presets[i // 3], NAMES[i]) for i in range(6))


async def test_presets_of_a_set_are_told_apart() -> None:
    gig = FakeGig(6)
    async with playing(gig) as (screen, pilot):
        assert "Blues" not in screen.tiles.text()
        screen.amps = several()
        gig.bypassed = True
        await until(pilot, lambda: "BYPASS" in screen.tiles.text())
        assert "Vienna" in screen.tiles.text() and "Rock" in screen.tiles.text()
        assert "Vienna by night" in screen.head.text()
        gig.do("amp 5")
        screen._shown = (gig.document, gig.playing)
        await until(pilot, lambda: "Rock of the Ages" in screen.head.text())


async def test_click_plays_an_amp() -> None:
    gig = FakeGig(4)
    async with playing(gig, (120, 36)) as (_, pilot):
        await pilot.click("#tiles", offset=(100, 5))
        await until(pilot, lambda: gig.verbs == ["amp 4"])


async def test_the_mouse_turns_and_picks() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        row, first, after, *_ = next(s for s in screen.knobs._sliders if s[3] == "Clean.gain.gain")
        await pilot.click("#knobs", offset=(after - 1, row))
        await until(pilot, lambda: gig.verbs == ["set Clean.gain.gain 40"])
        await pilot.click("#knobs", offset=(first, row))
        await until(pilot, lambda: gig.verbs[1:] == ["set Clean.gain.gain -60"])
        await pilot._post_mouse_events([MouseScrollUp], "#knobs", offset=(first, row))
        await until(pilot, lambda: gig.verbs[2:] == ["set Clean.gain.gain -59.5"])
        first = next(place[0] for place in screen.path._places if place[2] == "Clean.eq")
        await pilot.click("#path", offset=(first + 1, (screen.path.size.height - 1) // 2))
        await until(pilot, lambda: screen.row.path == "Clean.eq.bass")
        await pilot.press("enter")
        await pilot.click("#path", offset=(8, (screen.path.size.height - 1) // 2))
        assert screen.row.path == "Clean.eq.bass", "a value is being typed"
        await pilot.press("escape")


@pytest.mark.parametrize(("words", "more", "verbs"), [("m mute", 3, ["mute"]), ("- =", 2, ["set Clean.gain.gain 6.5"])])
async def test_a_click_on_a_key_of_the_foot_presses_it(words: str, more: int, verbs: list[str]) -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.click("#foot", offset=(screen.foot.text().index(words) + more, 0))
        await until(pilot, lambda: gig.verbs == verbs)


def test_places_on_a_knob_are_its_values() -> None:
    for param in (
        knob(0, "dB", -60, 40),
        knob(0, "Hz", 20, 20000),
        knob(0, "ms", 0, 500),
        knob(0, "", 0, 1),
        replace(knob(1, "", 1, 1000), curve="by ratio"),
    ):
        for share in (0.0, 0.1, 0.5, 0.77, 1.0):
            assert place(param, value_at(param, share)) == pytest.approx(share, abs=0.006)


async def test_no_line_of_the_help_wraps_at_80_columns() -> None:
    async with playing(FakeGig()) as (_, pilot):
        await pilot.press("question_mark")
        card = pilot.app.screen.query_one("#card")
        for column in pilot.app.screen.query("#card Static"):
            assert column.size.height == len(column.render().plain.splitlines())
            assert max(map(len, column.render().plain.splitlines())) <= column.size.width
        assert card.max_scroll_y == 0


async def test_keys_the_help_names_are_bound() -> None:
    async with playing(FakeGig()) as (screen, pilot):
        bound = set(screen._bindings.key_to_bindings)
        for key in ("1", "9", "left", "right", "up", "down", "minus", "equals_sign", "underscore", "plus", "backspace"):
            assert key in bound
        for key in (
            "delete",
            "enter",
            "space",
            "question_mark",
            "less_than_sign",
            "greater_than_sign",
            *"abcdhjklmoqrstuUvwxyz",
        ):
            assert key in bound
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        card = "\n".join(part.render().plain for part in pilot.app.screen.query("#card Static"))
        assert all(what in card for _, what in KEYS)
        await pilot.press("escape")
        assert pilot.app.screen is screen


# --- the gig's state becomes what a player sees -------------------------------------------------------------------


def tile_styles(screen: PlayScreen) -> dict[str, set[str]]:
    """Ground colours inside each tile, by amp name."""
    tiles = screen.tiles
    out = {}
    for index, x, y, width, height in tiles._places:
        grounds = set()
        for row in range(y + 1, y + height - 1):
            strip = tiles.render_lines(tiles.size.region)[row].crop(x + 1, x + width - 1)
            grounds |= {segment.style.bgcolor.name for segment in strip}
        out[tiles.amps[index].name] = grounds
    return out


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60), (40, 12)])
async def test_only_the_playing_tile_is_lit(size: tuple[int, int]) -> None:
    async with playing(FakeGig(3), size) as (screen, pilot):
        for key, name in (("2", "Crunch"), ("3", "Lead"), ("1", "Clean")):
            await pilot.press(key)
            lit = [amp for amp, grounds in tile_styles(screen).items() if grounds == {palette.GLOW}]
            assert lit == [name]
            assert "┏" in screen.tiles.text()


@pytest.mark.parametrize("count", [1, 3, 5, 9, 12])
async def test_every_amp_can_be_seen(count: int) -> None:
    gig = FakeGig(count)
    async with playing(gig) as (screen, pilot):
        for index in range(count):
            gig.do(f"amp {index + 1}")
            await until(pilot, lambda index=index: screen.tiles.playing == index)
            await pilot.pause()
            assert index in {place[0] for place in screen.tiles._places}
            x, y, width, height = next(p[1:] for p in screen.tiles._places if p[0] == index)
            assert x >= 0 and y >= 0 and x + width <= 80 and y + height <= screen.tiles.size.height


async def test_a_switch_by_another_hand_is_shown() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        gig.do("amp 3")  # MIDI, say
        await until(pilot, lambda: screen.tiles.playing == 2)
        assert screen.engines[1].params[0].path == "Lead.gain.gain"


async def test_a_knob_turned_by_another_hand_is_shown() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        gig.do("set Clean.gain.gain -12")
        await seen(pilot, screen.knobs, "-12.0 dB")


@pytest.mark.parametrize(("key", "word"), [("space", "BYPASS"), ("m", "MUTED"), ("t", "TUNER")])
async def test_what_silences_is_said_large(key: str, word: str) -> None:
    async with playing(FakeGig()) as (screen, pilot):
        assert screen.banner.text().strip() == ""
        await pilot.press(key)
        assert " ".join(word) in screen.banner.text()
        if key != "t":
            assert word in screen.tiles.text()
        await pilot.press(key)
        assert screen.banner.text().strip() == ""


async def test_tuner_takes_the_stage() -> None:
    gig = FakeGig()
    gig.set(note="A", cents=-12.0)
    async with playing(gig) as (screen, pilot):
        await pilot.press("t")
        await seen(pilot, screen.tuner, "-12 cents flat")
        assert block_font.draw("A", 3)[0].strip() in screen.tuner.text()
        assert not screen.tiles.display
        gig.set(cents=1.0)
        await seen(pilot, screen.tuner, "in tune")
        gig.set(note="", cents=0.0)
        await seen(pilot, screen.tuner, "play one string")
        await pilot.press("t")
        assert screen.tiles.display and not screen.tuner.display


async def test_the_tuner_has_keys_of_its_own() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("t", "right", "right", "right", "right", "=", "+", "-")
        assert gig.verbs[1:] == ["tuning next"] * 4 + ["a4 441", "a4 446", "a4 445"]
        await seen(pilot, screen.tuner, "drop D · A = 445 Hz · silent")
        await pilot.press("left", "space")
        await seen(pilot, screen.tuner, "whole step down · A = 445 Hz")
        assert gig.verbs[-2:] == ["tuning prev", "tuner heard"] and "silent" not in screen.tuner.text()
        await seen(pilot, screen.banner, "heard: t goes back")
        await pilot.press("space")
        await seen(pilot, screen.tuner, "silent")
        await pilot.press("t", "t")
        await seen(pilot, screen.tuner, "silent")


async def test_a_strip_of_the_tuner_is_always_there() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        assert "┼" not in screen.head.text()
        for cents, strip in ((-8.2, "E2 ──●─┼────   -8"), (20.4, "E2 ────┼───●  +20"), (-77, "E2 ●───┼────  -77")):
            gig.set(note="E2", cents=cents)
            await seen(pilot, screen.head, strip)
        gig.set(cents=0.4)
        await seen(pilot, screen.head, "E2 ────●────   ok")
        await pilot.press("t")
        assert "E2" not in screen.head.text()
        await pilot.press("t")
    async with playing(gig, size=(60, 20)) as (screen, pilot):
        await seen(pilot, screen.head, "E2 ────●────   ok")
        assert "Blues" in screen.head.text()


def test_the_strobe_drifts_as_far_as_the_string_is_off() -> None:
    tuner, sheet = Tuner(), Sheet(80, 16)
    status = FakeGig().status()

    def bands(cents: float, seconds: float) -> str:
        start = tuner._at
        for step in range(round(seconds * 20)):
            tuner.take(replace(status, note="E2", cents=cents, tuner=True), start + (step + 1) / 20)
        tuner._strobe(sheet, 0, palette.PLAIN)
        return sheet.plain().splitlines()[0][4:-5]

    tuner._at = 0.0
    first = bands(0.0, 1.0)
    assert bands(0.0, 3.0) == first and first.startswith("████    ████    ")
    assert bands(2.0, 1.0)[2:] == first[:-2], "sharp: to the right"
    assert bands(-2.0, 1.0) == first
    assert bands(-0.1, 10.0)[:-1] == first[1:], "a tenth of a cent is seen"


async def test_path_and_knobs() -> None:
    async with playing(FakeGig()) as (screen, pilot):
        path = screen.path.text()
        order = [path.index(name) for name in ("in", "gate", "gain", "model", "eq", "cab", "out")]
        assert order == sorted(order)
        assert "how hard the next engine is driven" in screen.note.text()
        await pilot.press(*["down"] * 5, "=")
        assert "+2.0 dB" in screen.knobs.text()
        assert "below 200 Hz" in screen.note.text()


async def test_the_path_shows_by_how_much_the_sound_is_held_down() -> None:
    gig = FakeGig()
    gig.set(reductions=(("input.gate", 0.0),))
    async with playing(gig, size=(160, 40)) as (screen, pilot):
        await seen(pilot, screen.path, "gate     - dB")
        gig.set(reductions=(("input.gate", -6.25),))
        await seen(pilot, screen.path, "gate  -6.2 dB")
        gig.set(reductions=(("input.gate", -100.0),))
        await seen(pilot, screen.path, "gate    -∞ dB")
        before = screen.path.text()
        gig.set(reductions=(("input.gate", -12.5),))
        await seen(pilot, screen.path, "gate -12.5 dB")
        assert screen.path.text().index("cab") == before.index("cab"), "the path does not jump"


async def test_a_fault_is_named_in_red() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        assert "FAULT" not in screen.path.text()
        gig.fault("model")
        await seen(pilot, screen.path, "model FAULT")
        assert "Clean.model gave no number" in screen.note.text()
        segments = [s for strip in screen.path._strips for s in strip if "model" in s.text]
        assert segments[0].style.bgcolor.name == palette.STOP


async def test_error_from_a_verb_is_shown_and_survived() -> None:
    gig = FakeGig()

    def refuse(command: str) -> None:
        raise RigError("amp 2 'Crunch' is not loaded")

    gig.do = refuse
    async with playing(gig) as (screen, pilot):
        for key in ("2", "=", "space", "backspace", "]", "right"):
            await pilot.press(key)
        assert "amp 2 'Crunch' is not loaded" in screen.note.text()
        assert screen.tiles.playing == 0


async def test_what_came_of_files_that_changed_is_said() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        gig.told = (News("reloaded lead.json: ESR 0.0123"),)
        await seen(pilot, screen.note, "reloaded lead.json: ESR 0.0123")
        gig.told = (News("set.toml: line 3: no = there; what played plays on", wrong=True),)
        await seen(pilot, screen.note, "line 3: no = there; what played plays on")


LONG = "amp 2 'Crunch', engine 1: no model file 'models/crunch.jsn' in /home/someone/music/rigs; did you mean 'crunch.json'?"


async def test_what_is_wrong_is_said_in_red() -> None:
    gig = FakeGig()
    gig.client.connect = lambda wiring, input: []
    async with playing(gig) as (screen, pilot):
        await pilot.press("c")
        gig.set(connections=())
        await pilot.press("c")
        said = [(said.message, said.wrong) for said in screen.note.kept]
        assert said == [("connected", False), ("nothing hears rig: no playback ports", True)]
        await seen(pilot, screen.wires, "no output")


async def test_a_long_message_is_read_to_its_end() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        gig.told = (News(LONG, wrong=True),)
        await seen(pilot, screen.note, "did you mean")
        await until(pilot, lambda: " ".join(screen.note.text().split()) == LONG)
        assert screen.region.bottom == screen.foot.region.bottom
        assert screen.knobs.size.height == plan(80, 24).knobs - 1
        screen.note.hush()
        await until(pilot, lambda: screen.knobs.size.height == plan(80, 24).knobs)
        gig.told = (News("word " * 100 + "end", wrong=True),)
        await seen(pilot, screen.note, "i shows it")
        await pilot.press("t")
        gig.told = (News(LONG, wrong=True),)
        await until(pilot, lambda: " ".join(screen.note.text().split()) == LONG)


async def test_what_was_said_lately_can_be_read_again() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        for number in range(60):
            screen.note.say(f"message {number} [b]", 0.0, wrong=number % 2 == 0)
        await pilot.press("7", "q")
        assert "message" not in screen.note.text()
        await pilot.press("i", "m")
        assert gig.muted
        card = pilot.app.screen.query_one("#card Static").render().plain.splitlines()
        assert len(card) == 50
        assert [line.split("  ")[1] for line in (card[0], card[-1])] == ["message 59 [b]", "message 10 [b]"]
        assert time.strftime("%H:") in card[0]
        await pilot.press("pagedown", "i")
        assert pilot.app.screen is screen


async def test_what_went_wrong_stands_among_what_was_said() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        screen.note.say("said before", time.monotonic())
        gig.set(xruns=3, load=0.42)
        await until(pilot, lambda: gig.incidents.log.incidents)
        screen.note.say("said after", time.monotonic())
        await pilot.press("i")
        card = pilot.app.screen.query_one("#card Static").render().plain
        assert [line.split("  ")[1][:16] for line in card.splitlines()] == [
            "said after",
            "3 periods missed",
            "said before",
        ]


def test_words_longer_than_a_line_are_cut() -> None:
    assert wrapped("a bb " + "c" * 12 + " d", 5) == ["a bb", "ccccc", "ccccc", "cc d"]
    assert wrapped("", 5) == [""] and wrapped("日本語", 4) == ["日本", "語"] and wrapped("日", 1) == ["日"]


async def test_machine_is_shown() -> None:
    gig = FakeGig()
    gig.set(xruns=3, load=0.42, message="started jackd on the dummy driver")
    async with playing(gig) as (screen, pilot):
        head = screen.head.text()
        for words in ("Blues", "48 kHz / 64", "2.7 ms", "42 %", "xruns 3"):
            assert words in head
        assert "started jackd" in screen.note.text()
        assert "system:capture_1" in screen.wires.text()
        gig.set(connections=())
        await seen(pilot, screen.wires, "no input: press c")
        assert "no output: press c" in screen.wires.text()
        gig.set(alive=False)
        await seen(pilot, screen.banner, "J A C K   I S   G O N E")
        await pilot.press("c")
        assert screen.banner.text().strip() == ""


async def test_meters_show_level_peak_and_clip() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        assert "-18.2" in screen.meters.text() and "-12.0" in screen.meters.text()
        assert "CLIP" not in screen.meters.text()
        gig.set(in_clip=True, in_db=0.0, limiter_db=-2.1)
        await seen(pilot, screen.meters, "CLIP")
        gig.set(in_clip=False, in_db=-60.0)
        await pilot.pause(0.2)
        lines = screen.meters.text().splitlines()
        assert "CLIP" in lines[0] and "0.0 dBFS" in lines[0]
        assert "limiter -2.1" in screen.meters.text()


def shown(app: RigApp) -> list[list[str]]:
    """What Textual would paint, cell by cell."""
    return [list("".join(segment.text for segment in strip)) for strip in app.screen._compositor.render_strips()]


async def test_what_moves_is_written_by_itself_where_it_stands(monkeypatch) -> None:
    gig = FakeGig(lively=True)
    async with playing(gig) as (screen, pilot):
        app, written = pilot.app, []
        monkeypatch.setattr(app, "_display", lambda _, patch: written.append(patch))
        screen.poll()
        terminal = shown(app)
        written.clear()
        before = [list(line) for line in terminal]
        for _ in range(30):
            screen.poll()
        patches = [patch for patch in written if isinstance(patch, Patch)]
        for patch in patches:
            text = re.sub(r"\x1b\[[\d;]*m", "", patch.render_segments(app.console))
            for y, x, piece in re.findall(r"\x1b\[(\d+);(\d+)H([^\x1b]*)", text):
                terminal[int(y) - 1][int(x) - 1 : int(x) - 1 + len(piece)] = piece
        assert terminal == shown(app) != before
        assert sum(len(patch._regions) for patch in patches) < 30 * 10, "not the whole of it"
        await pilot.press("question_mark")
        written.clear()
        gig.set(in_db=-50.0)
        gig.lively = False
        screen.poll()
        assert not any(isinstance(patch, Patch) for patch in written), "the help lies over it"


async def test_resizing_never_breaks() -> None:
    gig = FakeGig(12, lively=True)
    async with playing(gig) as (screen, pilot):
        for size in ((200, 60), (40, 12), (120, 36), (20, 6), (300, 20), (1, 1), (80, 24)):
            await pilot.resize_terminal(*size)
            gig.do("next")
            await pilot.press("t")
            gig.do("tuner")
            await pilot.pause(0.05)
        assert screen.foot.size.width == 80
        assert screen.region.bottom == screen.foot.region.bottom


# --- coming and going ---------------------------------------------------------------------------------------------


async def test_loading_shows_how_far_it_is() -> None:
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    def open_gig(progress):
        progress("Loading Crunch", 0.4)
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(5)
        return FakeGig()

    app = RigApp(open_gig)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LoadingScreen))
        bar = app.screen.query_one("#loading")
        await seen(pilot, bar, "Loading Crunch")
        assert "40 %" in bar.text()
        gate.set()
        await until(pilot, lambda: isinstance(app.screen, PlayScreen))


async def test_loading_failure_ends_with_its_line() -> None:
    def open_gig(progress):
        raise RigError("presets/blues.toml: amp 2 'Crunch': no model file")

    app = RigApp(open_gig)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.failure is not None)
    assert app.failure == "presets/blues.toml: amp 2 'Crunch': no model file"
    assert app.return_value == 1
    assert isinstance(app.error, RigError)


async def test_quit_while_loading_stops_it() -> None:
    stopped = []

    def open_gig(progress):
        try:
            for _ in range(500):
                progress("Loading", 0.1)
                time.sleep(0.01)
        except BaseException as left:
            stopped.append(type(left).__name__)
            raise
        return FakeGig()

    app = RigApp(open_gig)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, LoadingScreen))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: stopped)
    assert app.failure is None and app.return_value == 0
    assert stopped == ["Left"]


@pytest.mark.parametrize("key", ["q q", "Q q", "ctrl+c", "ctrl+q"])
async def test_quit_closes_once_and_says_so(key: str) -> None:
    gig = FakeGig()
    said = []
    close = gig.close
    async with playing(gig) as (screen, pilot):
        gig.close = lambda: (said.append(screen.banner.words), close())
        await pilot.press(*key.split())
        await until(pilot, lambda: gig.closed)
        assert gig.verbs == []
    assert said[0] == "FADING OUT"
    assert pilot.app.return_value == 0


async def test_one_q_beside_an_amp_key_does_not_end_the_show() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("q")
        assert screen.note.text().strip().endswith("  q again quits")
        screen._quit_at -= 2.5
        await pilot.press("q")
        await pilot.pause(0.1)
        assert gig.closed == 0 and not screen.leaving
        gig.set(alive=False)
        await until(pilot, lambda: not screen.status.alive)
        screen._quit_at = float("-inf")
        await pilot.press("q")
        await until(pilot, lambda: gig.closed)


async def test_second_ctrl_c_does_not_cut_the_fade_short() -> None:
    gig = FakeGig()
    gig.close_seconds = 0.3
    async with playing(gig) as (_, pilot):
        await pilot.press("ctrl+c", "ctrl+c", "q")
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert gig.closed == 1


async def test_gig_is_closed_when_the_screen_crashes() -> None:
    gig = FakeGig()
    with pytest.raises(ZeroDivisionError):
        async with playing(gig) as (screen, pilot):
            screen.call_later(lambda: 1 / 0)
            await pilot.pause(0.2)
    await asyncio.sleep(0.1)
    assert gig.closed


# --- in a real terminal -------------------------------------------------------------------------------------------


class Terminal:
    """A pseudo-terminal with the demo of the fake gig in it."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # pragma: no cover
            os.environ.update({"TERM": "xterm-256color", **environment})
            os.execv(sys.executable, [sys.executable, str(HERE / "fake_gig.py"), "--seconds", "0.1", *arguments])
        self.output = b""
        self.open = True
        self.resize(80, 24)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self.open:
            os.close(self.fd)
        self.open = False

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def fill(self) -> None:
        """Take nothing, and have whole screens written until no more fits."""
        for more in range(24):
            self.resize(240 + more, 80)
            os.kill(self.pid, signal.SIGWINCH)
            time.sleep(0.05)

    def read(self, until: bytes, seconds: float = 30.0) -> bool:
        """Read until some bytes came, the terminal closed, or time is up."""
        end = time.monotonic() + seconds
        while until not in self.output and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    self.output += os.read(self.fd, 65536)
                except OSError:
                    break
        return until in self.output

    def status(self, seconds: float = 30.0) -> int:
        """Wait for the end; the exit status."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError("it did not end")


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "qq", "\x03"])
def test_ends_well_in_a_terminal(how: str) -> None:
    with Terminal() as terminal:
        before = termios.tcgetattr(terminal.fd)
        assert terminal.read("┏".encode())
        assert not termios.tcgetattr(terminal.fd)[3] & termios.ECHO
        if how.startswith("SIG"):
            os.kill(terminal.pid, getattr(signal, how))
        else:
            os.write(terminal.fd, how.encode())
        assert terminal.read(b"closed 1")
        assert b"\x1b[?1049l" in terminal.output  # back from the alternate screen
        assert b"\x1b[?25h" in terminal.output  # the cursor is shown
        assert terminal.status() == 0
        assert termios.tcgetattr(terminal.fd)[3] == before[3]


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "\x03\x03", "qq"])
def test_only_a_key_is_asked_about_what_is_unsaved(how: str) -> None:
    with Terminal("--unsaved") as terminal:
        assert terminal.read(b"unsaved")
        if how.startswith("SIG"):
            os.kill(terminal.pid, getattr(signal, how))
        else:
            os.write(terminal.fd, how[0].encode())
            assert terminal.read(b"quit without saving")
            os.write(terminal.fd, how[1].encode())
        assert terminal.read(b"closed 1")
        assert terminal.status() == 0


def test_closed_terminal_ends_with_a_fade(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    with Terminal("--diary", str(diary), "--unsaved") as terminal:
        assert terminal.read("┏".encode())
        terminal.close()
        assert terminal.status() == 0
    assert diary.read_text() == "closed\n"


def test_terminal_that_has_just_stopped_taking_does_not_hold_up_the_end() -> None:
    with Terminal("--still", NO_COLOR="1") as terminal:
        assert terminal.read("┏".encode())
        terminal.resize(240, 80)
        os.kill(terminal.pid, signal.SIGWINCH)
        time.sleep(0.3)
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.status() == 0


def test_terminal_that_takes_nothing_does_not_hold_up_the_end() -> None:
    with Terminal(NO_COLOR="1") as terminal:
        assert terminal.read("┏".encode())
        terminal.fill()
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.status() == 0


# --- pure parts ---------------------------------------------------------------------------------------------------


def test_meter_rises_at_once_and_falls_slowly() -> None:
    meter = Ballistics()
    assert meter.update(-6.0, False, 0.0).level_db == -6.0
    levels = [meter.update(SILENCE_DB, False, t / 25).level_db for t in range(1, 26)]
    assert all(a > b for a, b in pairwise(levels))
    assert levels[-1] == pytest.approx(-30.0)  # 24 dB in a second
    assert meter.update(-3.0, False, 1.1).level_db == -3.0


def test_meter_peak_is_held_then_falls() -> None:
    meter = Ballistics()
    meter.update(-6.0, False, 0.0)
    assert meter.update(-60.0, False, 1.49).peak_db == -6.0
    assert meter.update(-60.0, False, 2.5).peak_db == pytest.approx(-6.0 - 18.0 * 1.0)
    assert meter.update(-10.0, False, 2.6).peak_db == -10.0
    assert meter.update(-60.0, False, 3.9).peak_db == -10.0


def test_meter_peak_is_the_same_at_any_poll_rate() -> None:
    slow, fast = Ballistics(), Ballistics()
    slow.update(-6.0, False, 0.0)
    for tick in range(0, 301):
        end = fast.update(-6.0 if tick == 0 else -120.0, False, tick / 100)
    assert slow.update(-120.0, False, 3.0).peak_db == pytest.approx(end.peak_db)


def test_meter_remembers_a_clip() -> None:
    meter = Ballistics()
    assert meter.update(0.0, True, 0.0).clipped
    assert meter.update(-60.0, False, 2.9).clipped
    assert not meter.update(-60.0, False, 3.1).clipped


def test_meter_never_falls_below_silence() -> None:
    meter = Ballistics()
    meter.update(-100.0, False, 0.0)
    reading = meter.update(-200.0, False, 60.0)
    assert reading.level_db == reading.peak_db == SILENCE_DB


def test_worst_load_stays_readable() -> None:
    worst = Worst(1.0)
    assert worst.update(0.1, 0.0) == 0.1
    assert worst.update(0.9, 0.1) == 0.9
    assert worst.update(0.1, 1.0) == 0.9
    assert worst.update(0.2, 1.2) == 0.2


def test_meter_law_rises_and_knows_its_ends() -> None:
    values = [deflection(db / 10) for db in range(-900, 100)]
    assert values == sorted(values)
    assert deflection(-120) == 0.0 and deflection(20) == 1.0
    assert deflection(0) == pytest.approx(100 / 107.5)


def knob(value: float, unit: str, low: float, high: float) -> ParamView:
    return ParamView("a.b.c", "c", unit, "", value, low, high, low)


@pytest.mark.parametrize(
    ("param", "direction", "coarse", "value"),
    [
        (knob(0, "dB", -24, 24), 1, False, 0.5),
        (knob(0, "dB", -24, 24), -1, True, -3.0),
        (knob(1.3, "dB", -24, 24), 1, False, 1.5),
        (knob(1.3, "dB", -24, 24), -1, False, 1.0),
        (knob(23, "dB", -24, 24), 1, True, 24.0),
        (knob(0.5, "", 0, 1), 1, False, 0.51),
        (knob(0.5, "", 0, 1), -1, True, 0.4),
        (knob(1000, "Hz", 20, 20000), 1, False, 1060.0),
        (knob(1000, "Hz", 20, 20000), -1, True, 794.0),
        (knob(0, "ms", 0, 500), 1, False, 0.5),
        (knob(0.3, "ms", 0, 500), -1, False, 0.0),
        (replace(knob(100, "", 1, 1000), curve="by ratio"), 1, False, 106.0),
        (replace(knob(100, "Hz", 0, 1000), curve="evenly"), 1, False, 110.0),
        (replace(knob(0.4, "", -24, 24), step=1.0), 1, False, 1.0),
        (replace(knob(0, "", -24, 24), step=1.0), -1, True, -10.0),
    ],
)
def test_steps(param: ParamView, direction: int, coarse: bool, value: float) -> None:
    assert turn(param, direction, coarse) == pytest.approx(value)


def test_a_press_lands_every_engines_knobs_on_round_values() -> None:
    knobs = [(name, each) for name, engine in registry().items() for each in (*engine.params, *engine.settings)]
    for name, each in knobs:
        low, high, curve, step = each.minimum, each.maximum, getattr(each, "curve", ""), getattr(each, "step", 0.0)
        shown = ParamView("", each.name, each.unit, "", each.initial, low, high, each.initial, choices=each.choices)
        for direction in (-1, 1):
            value = turn(replace(shown, curve=curve, step=step), direction)
            assert value == pytest.approx(float(f"{value:.3g}"), abs=1e-9), (name, each.name, value)


@pytest.mark.parametrize("unit", ["dB", "Hz", "ms", "", "%"])
def test_every_knob_reaches_both_ends(unit: str) -> None:
    low, high = (20.0, 20000.0) if unit == "Hz" else (0.0, 100.0)
    value = low
    for direction, end in ((1, high), (-1, low)):
        for _ in range(1000):
            value = turn(ParamView("", "", unit, "", value, low, high, low), direction)
        assert value == end


def test_values_are_written_as_a_player_reads_them() -> None:
    assert written(6, "dB", signed=True) == "+6.0 dB"
    assert written(-0.0, "dB", signed=True) == "0.0 dB"
    assert written(-70, "dB") == "-70.0 dB"
    assert written(2400, "Hz") == "2.40 kHz"
    assert written(850, "Hz") == "850 Hz"
    assert written(0.35, "") == "0.35"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_plan_fills_the_screen(width: int) -> None:
    for height in range(9, 120):
        rows = plan(width, height)
        assert rows.total == height
        assert rows.tiles >= 3 and rows.knobs >= 1 and rows.meters >= 2


@pytest.mark.parametrize("size", [(80, 10), (40, 5), (200, 30), (120, 14)])
def test_tiles_fit(size: tuple[int, int]) -> None:
    for count in range(1, 13):
        grid = arrange(NAMES[:count], *size)
        assert grid.rows * grid.tile_height <= size[1]
        assert size[0] // grid.columns >= 12 and grid.tile_height >= 3


def test_three_amps_get_block_letters_at_80x24() -> None:
    assert arrange(NAMES[:3], 80, plan(80, 24).tiles).face.name == 1


def test_letters() -> None:
    assert block_font.draw("I") == ["█", "█", "▀"]
    assert block_font.draw("L", 2) == ["██    "] * 4 + ["██████"]
    assert block_font.spell("Été") == "ETE"
    assert block_font.spell("日本") is None
    assert all(len(line) == block_font.columns("AMP 9", 3) for line in block_font.draw("AMP 9", 3))


def test_nothing_that_is_drawn_moves_the_cursor() -> None:
    sheet = Sheet(24, 1)
    escape = "a\x1b]0;x\x07\x9b2J\u202eb\n日"
    sheet.put(0, 0, escape, palette.PLAIN)
    assert sheet.plain().rstrip() == "a·]0;x··2J·b·日"
    sheet = Sheet(24, 1)
    sheet.put_right(24, 0, escape, palette.PLAIN)
    assert sheet.plain().endswith("a·]0;x··2J·b·日")
    assert fit("\x1b" * 30, 5) == "\x1b" * 4 + "…"


async def test_a_message_with_an_escape_sequence_is_only_text() -> None:
    gig = FakeGig()
    gig.told = (News("\x1b]0;hacked\x07.toml: no such file", wrong=True),)
    async with playing(gig) as (screen, pilot):
        await seen(pilot, screen.note, "·]0;hacked·.toml: no such file")


def test_wide_letters_keep_their_columns() -> None:
    sheet = Sheet(6, 1)
    assert sheet.put(0, 0, "日本語日", palette.PLAIN) == 8
    assert sheet.plain() == "日本語"
    assert sheet.strip(0).cell_length == 6
    assert fit("日本語", 5) == "日本…"


def test_wiring() -> None:
    pairs = (("cap:1", "rig:in"), ("rig:out_1", "play:left_1"), ("rig:out_2", "play:left_2"), ("rig:di", "rec:in_1"))
    pairs += (("rig:loop_send_1", "pedals:in"), ("pedals:out_1", "rig:loop_return_1"))
    assert wiring(pairs, "rig") == (["cap:1"], ["play:left_1", "play:left_2"])
    assert together(["a:p_1", "a:p_2", "b:x"]) == "a:p_1 _2, b:x"


def test_no_idle_amp_is_in_larger_letters_than_the_one_that_plays() -> None:
    """ "Lead" fits in block letters where "Crunch" does not."""
    tiles = Tiles()
    tiles.amps = tuple(
        AmpView(i, name, str(i + 1), "Blues") for i, name in enumerate(("Crunch", "Lead", "Edge", "Push"))
    )
    mixed = 0
    for width in range(60, 120, 2):
        for tiles.playing in (0, 1):
            sheet = Sheet(width, 9)
            tiles.paint(sheet)
            crunch, lead = ("Crunch" in sheet.plain(), "Lead" in sheet.plain())
            mixed += crunch and not lead
            assert lead or not crunch or tiles.playing == 1, "Crunch plays in plain text, Lead stands in block letters"
    assert mixed, "where the amp that plays has the larger letters"


async def test_what_silences_the_amp_is_told_by_more_than_a_colour() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        tiles = screen.tiles
        assert "╱" not in tiles.text()
        await pilot.press("m")
        await pilot.pause()
        assert "╱" in tiles.text() and "MUTED" in tiles.text()
        await pilot.press("m")
        gig.set(alive=False)
        await pilot.pause(0.2)
        assert "╱" not in tiles.text()
        assert tiles.state == "JACK IS GONE"


async def test_a_pedal_is_learnt_for_the_knob_that_is_picked() -> None:
    async with playing(FakeGig()) as (screen, pilot):
        await pilot.press("d")
        assert screen.gig.pedals.learning is not None
        assert "move the pedal" in screen.note.text()
        await pilot.press("d")
        assert screen.gig.pedals.learning is None, "a key that was hit by chance binds no pedal later"
