"""Changing the sound from the screen: each key does its verb, the selection follows, and nothing is lost by quitting."""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_gig import PRESETS, FakeGig, opener
from test_rebuild import RATE, chain_of, folder, gig_of, guitar  # noqa: F401
from test_tui import playing, seen, until

from rig.document.document import Document
from rig.document.history import History
from rig.engine import registry
from rig.errors import RigError
from rig.gig.knob_scale import meant, stands, turn, value_at
from rig.gig.snapshot import EngineView, ParamView
from rig.tui.add import GROUPS, AddScreen, offers
from rig.tui.ask import AskScreen
from rig.tui.chooser import ChooserScreen
from rig.tui.knobs import Knobs
from rig.tui.play import PlayScreen
from rig.tui.selection import Picked, find, lines, slot_at, slots
from rig.tui.signal_chain import SignalChain
from rig.tui.tiles import Tiles

CAB = PRESETS / "cabs" / "closed-4x12.wav"


async def typed(pilot, text: str) -> None:
    """Press what it takes to type a text."""
    await pilot.press(*({"-": "minus", ".": "full_stop", " ": "space"}.get(letter, letter) for letter in text))


# --- keys become verbs -------------------------------------------------------------------------------------------

VERBS = {
    "x": ["remove Clean.gain"],
    "x u": ["remove Clean.gain", "undo"],
    "x u U": ["remove Clean.gain", "undo", "redo"],
    "> <": ["move Clean.gain +1", "move Clean.gain -1"],
    "b b": ["toggle Clean.gain", "toggle Clean.gain"],
    "= v v": ["set Clean.gain.gain 6.5", "ab", "ab"],
    "= s": ["set Clean.gain.gain 6.5", "save"],
    "enter 1 2 enter": ["set Clean.gain.gain 12"],
    "enter - 1 , 2 5 enter": ["set Clean.gain.gain -1.25"],
    "enter 1 2 backspace backspace backspace 7 enter": ["set Clean.gain.gain 7"],
    "enter 1 2 escape": [],
    "enter enter": [],
    "enter m 2 q space ? escape m": ["mute"],
    "a e q enter": ["insert Clean.model eq"],
    "a enter escape": [],
    "a down enter": ["insert Clean.model gain"],
    "a escape b": ["toggle Clean.gain"],
    "a tab e q enter": ["insert Clean.eq eq"],
    "a shift+tab e q enter": ["insert Clean.gain eq"],
    "up a g a t e enter": ["insert input gate"],
    "2 x": ["amp 2", "remove Crunch.gain"],
}


@pytest.mark.slow
async def test_each_key_is_its_verb() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        for keys, verbs in VERBS.items():
            gig.start_over()
            screen._picked.clear()
            screen.poll()
            names = {"<": "less_than_sign", ">": "greater_than_sign", "-": "minus", ",": "comma", "?": "question_mark"}
            await pilot.press(*(names.get(key, key) for key in keys.split()))
            assert (keys, gig.verbs) == (keys, verbs)
            await pilot.press("escape")
            assert pilot.app.screen is screen


async def test_the_amp_itself_can_be_turned_but_not_removed() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press(*["down"] * 9)
        assert screen.row.path == "Clean.level"
        await pilot.press("x", "b", "less_than_sign")
        assert gig.verbs == []
        assert "pick an engine" in screen.note.text()
        await pilot.press("=")
        assert gig.amp.level == 0.5
        await pilot.press("a", *"gain", "enter")
        assert [spec.label for spec in gig.amp.chain] == ["gain", "model", "eq", "gain2"], "at the end of the amp"


# --- what is selected --------------------------------------------------------------------------------------------


async def test_a_knob_that_shapes_the_tone_is_selected_first() -> None:
    gig = FakeGig()
    gig.do("remove Clean.gain")
    async with playing(gig) as (screen, _):
        assert [row.name for row in screen.engines[1].rows] == ["model", "normalize", "oversample", "level"]
        assert screen.row.path == "Clean.eq.bass"
        gig.do("remove Clean.eq")
        screen.poll()
        assert screen.row.path == "Clean.model.level", "rather than a setting"


async def test_the_selection_goes_where_the_engine_goes() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("greater_than_sign")
        assert screen.path.text().index("model") < screen.path.text().index("gain")
        assert screen.row.path == "Clean.gain.gain"
        await pilot.press("a", *"gate", "enter")
        assert screen.row.path == "Clean.gate.threshold", "what was added"
        await pilot.press("x")
        assert screen.row.path == "Clean.eq.bass", "what took its place"
        assert "removed Clean.gate" in screen.note.text()
        await pilot.press("u")
        assert screen.row.path == "Clean.gate.threshold", "what came back"
        gig.do("rename Sparkle")
        screen.poll()
        assert screen.row.path == "Sparkle.gate.threshold"


async def test_the_last_engine_of_all_can_go() -> None:
    gig = FakeGig(1)
    async with playing(gig) as (screen, pilot):
        await pilot.press(*["down"] * 20)
        await pilot.press("x")
        assert [spec.label for spec in gig.preset.output] == []
        assert screen.row.path == "Clean.level"
        await pilot.press("a", "tab", *"eq", "enter")
        assert [spec.label for spec in gig.preset.output] == ["eq"], "tab leads to chains that are empty, too"
        assert screen.row.path == "output.eq.bass"


async def test_what_has_gone_is_not_reached_by_a_late_click() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("2")
        for late in (
            Knobs.Picked("Clean.model.model", 0.9),
            Knobs.Picked("Clean.eq.bass", 0.9),
            Knobs.Turned("Clean.gain.gain", 1),
            SignalChain.Picked("Clean.gain"),
        ):
            screen.post_message(late)
        await pilot.pause()
        assert gig.verbs == ["amp 2"] and screen.row.path == "Crunch.gain.gain"
        screen.post_message(Knobs.Turned("Crunch.eq.bass", 1))
        await pilot.pause()
        assert gig.verbs[1:] == ["set Crunch.eq.bass 2"]


# --- what a player sees ------------------------------------------------------------------------------------------


async def test_a_bypassed_engine_is_in_parentheses() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("b")
        assert "(gain)" in screen.path.text() and "(gain)" in screen.knobs.text()
        assert "Clean.gain is bypassed" in screen.note.text()
        screen.note.hush()
        assert "bypassed, b plays it" in screen.note.text()
        await pilot.press("b")
        assert "(gain)" not in screen.path.text() + screen.knobs.text()


async def test_what_differs_from_the_preset_is_marked() -> None:
    async with playing(FakeGig()) as (screen, pilot):
        assert "saved +6.0 dB" in screen.note.text()
        assert "*" not in screen.knobs.text() and "┿" not in screen.knobs.text()
        await pilot.press("plus")
        assert "+9.0 dB*" in screen.knobs.text() and "┿" in screen.knobs.text()
        await pilot.press("backspace")
        assert "+6.0 dB " in screen.knobs.text()


async def test_the_value_is_typed_in_its_place() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("enter")
        await typed(pilot, "99")
        assert " 99▏" in screen.knobs.text()
        assert "↵ takes it" in screen.note.text()
        await pilot.press("enter")
        assert "outside -60..40 dB" in screen.note.text()
        assert " 99▏" in screen.knobs.text(), "to be put right"
        await pilot.press("backspace", "enter")
        assert "+9.0 dB" in screen.knobs.text() and "▏" not in screen.knobs.text()
        assert gig.verbs[-1] == "set Clean.gain.gain 9"


async def test_another_amp_ends_the_typing() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("enter", "9")
        gig.do("amp 2")  # a foot switch
        await until(pilot, lambda: screen.field is None)
        await pilot.press("enter")
        assert gig.verbs == ["amp 2"]


async def test_the_tuner_ends_the_typing() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("enter", "9")
        gig.do("tuner")  # a pedal
        await until(pilot, lambda: "T U N E R" in screen.banner.text())
        assert screen.field is None and "t play on" in screen.foot.text()
        await pilot.press("t")
        assert gig.verbs == ["tuner", "tuner"] and "+6.0 dB" in screen.knobs.text()


async def test_a_choice_is_in_words() -> None:
    gig = FakeGig()
    gain = next(engine for engine in gig.chain() if engine.name == "gain")
    voice = replace(
        gain.params[0], minimum=0, maximum=2, value=0, saved=0, initial=1, unit="", choices=("dark", "Plain", "bright")
    )
    gig.chain = lambda: (replace(gain, params=(voice,)),)
    async with playing(gig) as (screen, pilot):
        assert "dark  Plain  bright" in screen.knobs.text()
        assert "dark, Plain, bright, saved dark" in screen.note.text()
        await pilot.press("=")
        await pilot.press("minus", "delete")
        await pilot.press("enter")
        await typed(pilot, "br")
        await pilot.press("enter")
        assert gig.verbs == ["set Clean.gain.gain 1", "set Clean.gain.gain 1", "set Clean.gain.gain 2"]


async def test_enter_on_a_file_opens_the_browser() -> None:
    async with playing(FakeGig()) as (screen, pilot):
        await pilot.press("down", "enter")
        assert screen.browser is not None and pilot.app.screen is screen.browser
        assert screen.browser.engine == "Clean.model"


async def test_amps_come_and_go_and_change_their_names() -> None:
    gig = FakeGig(2)
    async with playing(gig) as (screen, pilot):
        for verb, names in {
            "copy Clean as Hot": ["Clean", "Hot", "Crunch"],
            "rename Crunch as Loud": ["Clean", "Hot", "Loud"],
            "delete Clean": ["Hot", "Loud"],
        }.items():
            gig.do(verb)
            await until(pilot, lambda names=names: [amp.name for amp in screen.tiles.amps] == names)
        await pilot.press("2")
        assert gig.amp.name == "Loud"


async def test_a_scene_is_named_on_its_tile() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        gig.do("set Clean.gain.gain 9")
        gig.do("scene store Solo")
        await seen(pilot, screen.tiles, " Solo ")
        gig.do("scene none")
        await until(pilot, lambda: "Solo" not in screen.tiles.text())


async def test_what_is_saved_plays_with_a_banner() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("v")
        assert "all is as it was saved" in screen.note.text()
        await pilot.press("plus", "v")
        assert "A S   S A V E D" in screen.banner.text() and "v: as changed" in screen.banner.text()
        assert "+6.0 dB" in screen.knobs.text()
        await pilot.press("m")
        assert "M U T E D   +   A S   S A V E D    m plays on" in screen.banner.text()
        await pilot.press("m", "v")
        assert screen.banner.text().strip() == ""
        assert "+9.0 dB" in screen.knobs.text()
        await pilot.press("u")
        assert "undone: Clean.gain.gain 9" in screen.note.text(), "to listen is nothing to be undone"


async def test_nothing_is_asked_of_the_gig_that_has_not_changed(monkeypatch) -> None:
    monkeypatch.setattr("rig.tui.play.CHAIN_S", 3600.0)  # what is looked at by the clock does not count
    gig = FakeGig(12)
    async with playing(gig) as (screen, pilot):
        asked: list[str] = []
        chain, amps = gig.chain, type(gig).amps.fget

        class Counting(type(gig)):
            amps = property(lambda self: asked.append("amps") or amps(self))

        gig.__class__ = Counting
        gig.chain = lambda: asked.append("chain") or chain()
        for _ in range(50):
            screen.poll()
        assert asked == []
        await pilot.press("=")
        assert sorted(asked) == ["amps", "chain"]


# --- adding ------------------------------------------------------------------------------------------------------


async def test_the_list_of_engines_is_found_by_typing() -> None:
    async with playing(FakeGig()) as (_, pilot):
        await pilot.press("a")
        add = pilot.app.screen
        assert isinstance(add, AddScreen)
        names = [name for _, group in GROUPS for name in group]
        assert sorted(names) == [
            engine.name for engine in registry().values() if not (engine.branches or engine.plugin)
        ]
        assert [offer.engine.name for offer in add.shown] == names
        assert add.query_one("#card").border_title == "add behind Clean.gain"
        await pilot.press(*"tone", "space", *"softer")
        assert [offer.engine.name for offer in add.shown] == ["gain"]
        await pilot.press("z", "enter")
        assert add.shown == () and pilot.app.screen is add


async def test_what_another_amp_plays_is_not_added_to() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("a", "e", "f2")
        assert pilot.app.screen is screen and gig.verbs == ["amp 2"], "the list is closed"
        await pilot.press("a", *"cab", "enter", "1")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert gig.verbs == ["amp 2", "amp 1"]
        await pilot.press("a", *"eq", "enter")
        assert gig.verbs[2:] == ["insert Clean.model eq"]


async def test_an_amp_is_played_wherever_it_stands_by_then() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("slash", *"lead")
        gig.do("move Lead -2")
        await pilot.press("enter")
        assert gig.amp.name == "Lead"
        screen.post_message(Tiles.Picked(gig.amps[3].uid))
        gig.do("move Fuzz -1")
        await pilot.pause()
        assert gig.amp.name == "Fuzz"
        gone = gig.amps[0].uid
        gig.do("delete Lead")
        screen.post_message(Tiles.Picked(gone))
        await pilot.pause()
        assert gig.amp.name == "Fuzz"
        assert "that amp has gone" in [said.message for said in screen.note.kept]


def test_engines_that_join_branches_are_left_out() -> None:
    assert "blend" not in {offer.engine.name for offer in offers()}


async def test_an_engine_that_plays_a_file_comes_with_it() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("a", *"cab", "enter")
        chooser = pilot.app.screen
        assert isinstance(chooser, ChooserScreen)
        assert chooser.folder == CAB.parent, "where the preset's cabinets are"
        await until(pilot, lambda: "48 kHz · mono" in chooser.about.text())
        await pilot.press("home", "down")
        await pilot.pause(0.3)
        assert gig.verbs == [], "nothing is heard before it is chosen"
        await pilot.press("enter")
        assert pilot.app.screen is screen
        assert gig.verbs == [f"insert Clean.model cab {CAB}"]
        assert screen.line.engine.path == "Clean.cab"
        await pilot.press("u")
        assert "cab" not in [spec.label for spec in gig.amp.chain]


async def test_no_file_no_engine() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("a", *"cab", "enter", "escape")
        assert pilot.app.screen is screen and gig.verbs == []


async def test_an_engine_that_cannot_be_built_is_told_and_gone(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").touch()
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        screen.do(f"insert Clean.model cab {tmp_path / 'bad.wav'}")
        await seen(pilot, screen.note, "Clean.cab: bad.wav: the file ends in the middle")
        assert "cab" not in [spec.label for spec in gig.amp.chain]
        assert screen.path.text().count("cab") == 1


# --- saving and quitting -----------------------------------------------------------------------------------------


async def test_the_head_says_what_is_unsaved() -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        assert "unsaved" not in screen.head.text()
        await pilot.press("=")
        assert "Blues   ● unsaved" in screen.head.text()
        await pilot.press("s")
        assert "unsaved" not in screen.head.text()
        assert "saved fake.toml" in screen.note.text()
        await pilot.press("u")
        assert "● unsaved" in screen.head.text()


@pytest.mark.parametrize(("key", "verbs"), [("o", ["save over"]), ("t", ["revert"]), ("escape", [])])
async def test_a_file_that_somebody_else_has_changed_is_asked_about(key: str, verbs: list[str]) -> None:
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("=")
        gig.touch()
        await pilot.press("s")
        assert isinstance(pilot.app.screen, AskScreen)
        gig.verbs.clear()
        await pilot.press("m", "M", key.upper() if len(key) == 1 else key)
        assert pilot.app.screen is screen
        assert gig.verbs == ["mute", "mute", *verbs]
        assert gig.unsaved == (not verbs)


@asynccontextmanager
async def asked(*keys: str):
    """A gig with something unsaved, and the question that quitting asks."""
    gig = FakeGig()
    async with playing(gig) as (screen, pilot):
        await pilot.press("2", "=", *keys)
        assert isinstance(pilot.app.screen, AskScreen)
        assert not screen.leaving and gig.closed == 0
        gig.verbs.clear()
        yield gig, screen, pilot


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_quitting_asks_what_becomes_of_what_is_unsaved(key: str) -> None:
    async with asked(key) as (gig, screen, pilot):
        card = pilot.app.screen.query_one("#card Static").render().plain
        assert "fake.toml: Crunch" in card and "Clean" not in card
        gig.set(in_db=-3.0)
        await until(pilot, lambda: screen.status.in_db == -3.0)  # it goes on
        await pilot.press("m", "2", "escape")
        assert pilot.app.screen is screen and gig.verbs == ["mute", "amp 2"], "what plays is played on, unanswered"
        await pilot.press("=")
        assert gig.verbs[2:] == ["set Crunch.gain.gain 7"]


@pytest.mark.parametrize(("key", "saved"), [("s", True), ("q", False), ("ctrl+c", False)])
async def test_the_answer_ends_it(key: str, saved: bool) -> None:
    async with asked("q") as (gig, screen, pilot):
        await pilot.press(key)
        await until(pilot, lambda: gig.closed)
        assert screen.banner.words == "FADING OUT"
        assert gig.unsaved != saved


async def test_what_cannot_be_saved_is_told_and_asked_again() -> None:
    async with asked("q") as (gig, _, pilot):
        do = gig.do

        def refuse(command: str) -> None:
            if command == "save":
                raise RigError("fake.toml can't be saved: no space left on device")
            do(command)

        gig.do = refuse
        await pilot.press("s")
        await pilot.pause()
        assert "no space left" in pilot.app.screen.query_one("#card Static").render().plain
        assert gig.closed == 0
        await pilot.press("q")
        await until(pilot, lambda: gig.closed)


async def test_quitting_over_what_somebody_else_has_changed() -> None:
    gig = FakeGig()
    async with playing(gig) as (_, pilot):
        await pilot.press("=")
        gig.touch()
        await pilot.press("q", "s")
        assert gig.closed == 0 and gig.unsaved, "s would write over it"
        await pilot.press("o")
        await until(pilot, lambda: gig.closed)
        assert not gig.unsaved


async def test_quitting_from_the_browser_asks_too() -> None:
    async with asked("o", "ctrl+c") as (gig, screen, pilot):
        await pilot.press("escape")
        assert pilot.app.screen is screen.browser
        await pilot.press("ctrl+c", "ctrl+c")
        await until(pilot, lambda: gig.closed)
        assert screen.banner.words == "FADING OUT"


@pytest.mark.parametrize("keys", ["a", "slash", "i", "question_mark", "o", "a c a b enter", "= q"])
async def test_whatever_is_open_closes_once(keys: str) -> None:
    async with playing(FakeGig()) as (screen, pilot):
        await pilot.press(*keys.split())
        above = pilot.app.screen
        assert above is not screen
        above.dismiss()
        above.dismiss()  # a key that was held
        await pilot.pause()
        assert pilot.app.screen is screen
        above.dismiss()
        assert pilot.app.screen is screen


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
@pytest.mark.parametrize("keys", ["a", "question_mark", "= q", "enter 1"])
async def test_whatever_is_open_fits(size: tuple[int, int], keys: str) -> None:
    async with playing(FakeGig(), size) as (screen, pilot):
        await pilot.press(*keys.split())
        for other in ((20, 6), (1, 1), size):
            await pilot.resize_terminal(*other)
            await pilot.pause()
        if pilot.app.screen is not screen:
            card = pilot.app.screen.query_one("#card").region
            assert pilot.app.screen.region.contains_region(card)
        await pilot.press("escape")
        assert pilot.app.screen is screen


# --- with a real gig, offline ------------------------------------------------------------------------------------


async def test_what_was_changed_is_heard_and_taken_back(folder: Path, rng: np.random.Generator) -> None:  # noqa: F811
    from rig.tui.app import RigApp

    x = guitar(rng, RATE // 2)
    gig, rack = gig_of(folder)
    before = rack.process(x)[0][-RATE // 8 :]

    async def heard(pilot) -> np.ndarray:
        while gig.building:
            await pilot.pause(0.02)
        await pilot.pause(0.1)
        return (await asyncio.to_thread(lambda: [rack.process(x)[0] for _ in range(3)][-1]))[-RATE // 8 :]

    async with RigApp(opener(gig)).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, PlayScreen) and pilot.app.screen.status)
        screen = pilot.app.screen
        assert screen.row.path == "Texas Lead.gain.gain"
        await pilot.press("a", *"gain", "enter", "enter", "minus", "6", "enter")
        assert [unit.label for unit in chain_of(gig).units] in (["gain", "cab"], ["gain", "gain2", "cab"])
        softer = await heard(pilot)
        assert [unit.label for unit in chain_of(gig).units] == ["gain", "gain2", "cab"]
        assert 20 * math.log10(np.std(softer) / np.std(before)) == pytest.approx(-6, abs=0.1)
        await pilot.press("b")
        assert np.std(await heard(pilot)) == pytest.approx(np.std(before), rel=0.01)
        await pilot.press("u", "u", "u")
        assert np.std(await heard(pilot)) == pytest.approx(np.std(before), rel=0.01)
        assert [unit.label for unit in chain_of(gig).units] == ["gain", "cab"]
        assert "unsaved" not in screen.head.text()
        await pilot.press("up", "x")
        assert np.std(await heard(pilot)) == pytest.approx(np.std(before) / 2, rel=0.01)
        await pilot.press("v")
        assert np.std(await heard(pilot)) == pytest.approx(np.std(before), rel=0.01)


async def test_what_was_tried_in_the_browser_and_left_leaves_nothing_to_undo(folder: Path) -> None:  # noqa: F811
    from rig.tui.app import RigApp

    gig, _ = gig_of(folder)
    async with RigApp(opener(gig)).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, PlayScreen) and pilot.app.screen.status)
        await pilot.press("o")
        browser = pilot.app.screen
        await pilot.press("end")
        await until(pilot, lambda: browser.plays.name == "two.wav")
        await pilot.press("home", "down")
        await until(pilot, lambda: browser.shelf.faults)
        assert browser.entry.name == "bad.wav"
        await pilot.press("escape")
        with pytest.raises(RigError, match="nothing to undo"):
            gig.do("undo")
        await pilot.press("o", "end")
        await until(pilot, lambda: pilot.app.screen.plays.name == "two.wav")
        await pilot.press("enter", "u")
        assert [view.file.name for engine in gig.chain() for view in engine.files] == ["one.wav", "one.wav"]
        with pytest.raises(RigError, match="nothing to undo"):
            gig.do("undo")


# --- pure parts --------------------------------------------------------------------------------------------------


def test_what_is_tried_is_one_step_however_long_it_is_heard() -> None:
    a, b, c = (Document((), level) for level in (0.0, 1.0, 2.0))
    history = History(a)
    history.do(b, "load b", 0.0, "try", math.inf)
    history.do(c, "load c", 1000.0, "try", math.inf)
    assert history.undo() == "load c"
    assert history.document is a


def engine(name: str, where: str = "amp", branch: str = "", *knobs: str) -> EngineView:
    owner = "Clean" if where == "amp" else where
    path = f"{owner}.{name}"
    params = tuple(ParamView(f"{path}.{knob}", knob, "", "", 0, 0, 1, 0) for knob in knobs)
    return EngineView(name, "", where, params, branch=branch, path=path)


AMP = EngineView("amp", "Clean", "amp", (), path="Clean", stands=False)


def test_an_engine_without_knobs_can_be_picked() -> None:
    path = (engine("gain", "amp", "", "gain"), engine("phase"), AMP)
    assert [line.path for line in lines(path)] == ["Clean.gain.gain", "Clean.phase", "Clean"]
    assert find(lines(path), None) == 0
    assert find((), None) == find((), Picked(None, 3)) == -1


def test_places_along_a_path() -> None:
    path = (engine("gate", "input"), engine("gain"), AMP)
    assert [(slot.target, slot.words) for slot in slots(path)] == [
        ("input.gate", "first in input"),
        ("input", "behind input.gate"),
        ("Clean.gain", "first in Clean"),
        ("Clean", "behind Clean.gain"),
        ("output", "first in output"),
    ]
    assert [slots(path)[slot_at(slots(path), line)].target for line in lines(path)] == ["input", "Clean", "Clean"]


def test_places_in_branches() -> None:
    branched = [
        engine("a1", "amp", "a"),
        engine("a2", "amp", "a"),
        engine("b1", "amp", "b"),
        engine("blend"),
        engine("eq"),
    ]
    path = (engine("gain"), *branched, AMP)
    places = slots(path)
    assert [(slot.target, slot.words) for slot in places if slot.target.startswith("Clean")] == [
        ("Clean.gain", "first in Clean"),
        ("Clean.blend", "behind Clean.gain"),
        ("Clean.a1", "first in branch a of Clean"),
        ("Clean.a2", "behind Clean.a1"),
        ("Clean.b1", "first in branch b of Clean"),
        ("Clean.eq", "behind Clean.blend"),
        ("Clean", "behind Clean.eq"),
    ]
    targets = {line.engine.name: places[slot_at(places, line)].target for line in lines(path)}
    assert targets == {
        "gain": "Clean.blend",
        "a1": "Clean.a2",
        "a2": "Clean.a2",  # at the end of a branch, before it
        "b1": "Clean.b1",
        "blend": "Clean.eq",
        "eq": "Clean",
        "amp": "Clean",
    }


VOICE = ParamView("a.b.c", "c", "", "", 1, 0, 2, 0, choices=("room", "Hall", "hall of mirrors"))
SWITCH = ParamView("a.b.c", "c", "", "", 0, 0, 1, 0, switch=True)
TIMES = ParamView("a.b.c", "c", "", "", 2, 1, 4, 1, setting=True, values=(1, 2, 4))
NUMBER = ParamView("a.b.c", "c", "dB", "", 0, -6, 6, 0)
TONE = ParamView("a.b.c", "c", "Hz", "", 500, 20, 20_000, 500)
TIME = ParamView("a.b.c", "c", "ms", "", 380, 1, 2000, 380)
DECAY = ParamView("a.b.c", "c", "s", "", 1.6, 0.2, 20, 1.6)
RATIO = ParamView("a.b.c", "c", ":1", "", 4, 1, 20, 4)


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (VOICE, "ROOM", "0"),
        (VOICE, "hall", "1"),
        (VOICE, "hall o", "2"),
        (VOICE, "ha", "ha"),  # two begin so: the gig says which there are
        (VOICE, "plate", "plate"),
        (SWITCH, "on", "1"),
        (SWITCH, "of", "0"),
        (SWITCH, "1", "1"),
        (TIMES, "4", "4"),
        (TIMES, "3", "3"),  # the gig says which there are
        (VOICE, "hall of", "2"),
        (VOICE, "a hall", "ahall"),
        (NUMBER, " -1,5 ", "-1.5"),
        (NUMBER, "+3.0 dB", "+3.0"),
        (NUMBER, "3db", "3"),
        (NUMBER, "3 Hz", "3Hz"),  # the gig says that it is no number
        (NUMBER, "- 3", "-3"),
        (TONE, "2.40 kHz", "2400"),
        (TONE, "850 Hz", "850"),
        (TONE, "2,4k", "2400"),
        (TIME, "1.2 s", "1200"),
        (TIME, ".5ms", ".5"),
        (DECAY, "800 ms", "0.8"),
        (RATIO, "4:1", "4"),
        (RATIO, "4.00 :1", "4.00"),
        (NUMBER, "", ""),
    ],
)
def test_what_is_meant_by_what_is_typed(param: ParamView, text: str, value: str) -> None:
    assert meant(param, text) == value


@pytest.mark.parametrize("param", [VOICE, SWITCH, TIMES, NUMBER, TONE, TIME, DECAY, RATIO])
def test_a_value_can_be_typed_as_the_screen_writes_it(param: ParamView) -> None:
    for share in (0.0, 0.2, 0.5, 0.9, 1.0):
        value = value_at(param, share)
        assert float(meant(param, stands(param, value))) == pytest.approx(value, rel=0.01, abs=0.05)


def test_choices_are_stepped_through_and_end() -> None:
    assert stands(VOICE) == "Hall"
    assert [turn(VOICE, direction, coarse) for direction in (-1, 1) for coarse in (False, True)] == [0, 0, 2, 2]
    assert turn(replace(VOICE, value=2), 1) == 2
    assert [turn(SWITCH, direction) for direction in (-1, 1)] == [0, 1]
    assert [turn(replace(TIMES, value=value), by) for value in TIMES.values for by in (-1, 1)] == [1, 2, 1, 4, 2, 4]
    assert [value_at(TIMES, share) for share in (0.0, 0.5, 1.0)] == [1, 2, 4]
    assert [stands(TIMES, value) for value in TIMES.values] == ["1", "2", "4"]
