"""The browser of models and cabinets, with a fake gig: what is listed, what is heard, what is kept."""

from __future__ import annotations

import re
import threading
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fake_gig import PRESETS, FakeGig
from test_tui import playing, seen, until
from textual.events import MouseScrollUp
from textual.pilot import Pilot

from rig import kinds
from rig.document.document import Target
from rig.errors import RigError
from rig.gig.reconciler import Installed
from rig.report.facts import brief
from rig.tui import palette
from rig.tui.ask import AskScreen
from rig.tui.browser import REST_S, BrowserScreen
from rig.tui.canvas import Sheet
from rig.tui.file_list import Where
from rig.tui.file_listing import Entry, homely, look, matching, size
from rig.tui.glances import Glance, Glances, kept

NAMES = ("a clean.nam", "b bad.json", "c crunch 2.nam", "c crunch 10.aidax", "d lstm.json", "e lead.nam")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    models = tmp_path / "models"
    for inner in ("models/Pedals", "models/.hidden", "models/amps"):
        (tmp_path / inner).mkdir(parents=True, exist_ok=True)
    for name in (*NAMES, ".secret.nam", "notes.txt", "ir.wav", "Pedals/green.nam"):
        (models / name).write_bytes((PRESETS / "models" / "studio-nano.json").read_bytes())
    (models / "nowhere.nam").symlink_to(tmp_path / "gone")
    return models


@asynccontextmanager
async def browsing(folder: Path, size: tuple[int, int] = (80, 24), first: str = NAMES[0]):
    """The browser on the folder, with the amp Clean playing its first file."""
    gig = FakeGig(model=folder / first)
    async with playing(gig, size) as (screen, pilot):
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, BrowserScreen) and pilot.app.screen.entry)
        yield pilot.app.screen, pilot, gig, screen


def names(browser: BrowserScreen) -> list[str]:
    return [".." if entry.up else entry.path.name for entry in browser.shelf.entries]


def loads(gig: FakeGig) -> list[str]:
    """The files that were tried, in order."""
    return [Path(verb.split(" ", 2)[2]).name for verb in gig.verbs if verb.startswith("try ")]


async def heard(pilot: Pilot, browser: BrowserScreen, name: str) -> None:
    """Wait until a file plays."""
    await until(pilot, lambda: browser.plays.name == name)


# --- what is listed ----------------------------------------------------------------------------------------------


async def test_folders_stand_first_and_nothing_hidden_or_strange_is_there(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, _):
        assert names(browser) == ["..", "amps", "Pedals", *NAMES]
        assert browser.entry.path == folder / NAMES[0], "what plays is highlighted"
        assert "Clean › model" in browser.where.text()
        assert str(folder)[-30:] in browser.where.text()
        assert "6 files" in browser.where.text()
        line = next(line for line in browser.shelf.text().splitlines() if NAMES[0] in line)
        assert "♪" in line and "plays" in line and size((folder / NAMES[0]).stat().st_size) in line
        await until(pilot, lambda: "GuitarML WaveNet" in browser.about.text())
        await pilot.pause(2 * REST_S)
        assert gig.verbs == [], "looking changes nothing"


async def test_letters_and_digits_find_behind_a_slash_and_switch_no_amp(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, _):
        assert "/ find" in browser.foot.text() and "m mute" in browser.foot.text()
        await pilot.press("x", "q", "s", "slash")
        assert "ctrl+n mute" in browser.foot.text()
        await pilot.press("2")
        assert names(browser) == ["c crunch 2.nam"]
        assert "1 of 6" in browser.where.text()
        await pilot.press("backspace", "m", "space", "C")
        assert names(browser) == [NAMES[0], "c crunch 2.nam"], "every word, in any order and case"
        await pilot.press("q", "question_mark")
        assert names(browser) == []
        assert "nothing here is called 'm Cq?'" in browser.shelf.text()
        await pilot.press(*["backspace"] * 5)
        assert names(browser) == ["..", "amps", "Pedals", *NAMES]
        await pilot.press("c", "escape")
        assert names(browser) == ["..", "amps", "Pedals", *NAMES] and pilot.app.screen is browser
        assert not [verb for verb in gig.verbs if not verb.startswith("try ")]


async def test_through_folders_and_back(folder) -> None:
    async with browsing(folder) as (browser, pilot, _, _):
        await pilot.press("up", "enter")
        assert browser.folder == folder / "Pedals"
        assert browser.entry.path.name == "green.nam"
        await heard(pilot, browser, "green.nam")
        await pilot.press("left")
        assert (browser.folder, browser.entry.path) == (folder, folder / "Pedals"), "where we came from"
        await pilot.press("right", "backspace", "home", "enter")
        assert (browser.folder, browser.entry.path) == (folder.parent, folder)
        await pilot.press("right", "enter")
        assert browser.folder == folder / "amps"
        assert "no model files here" in browser.shelf.text()
        assert names(browser) == [".."]


async def test_the_root_has_nothing_above(folder) -> None:
    async with browsing(folder) as (browser, pilot, _, _):
        await pilot.press(*["left"] * 30)
        assert browser.folder == Path("/")
        assert ".." not in names(browser)


async def test_a_folder_that_cannot_be_read_says_so(folder, monkeypatch) -> None:
    async with browsing(folder) as (browser, pilot, _, _):
        (folder / "amps").rmdir()
        await pilot.press("up", "up", "enter")
        assert "this folder cannot be read: no such file or directory" in browser.shelf.text()
        await pilot.press("left")
        assert browser.folder == folder


async def test_loudness_kind_and_cost_stand_beside_a_model(folder, monkeypatch) -> None:
    monkeypatch.setattr("rig.tui.glances.NICE", 0)  # on a busy machine it would give way for ever
    async with browsing(folder, (100, 24)) as (browser, pilot, _, _):
        await until(pilot, lambda: browser.shelf.text().count(" dB ") >= 5, 60)
        line = next(line for line in browser.shelf.text().splitlines() if NAMES[0] in line)
        assert re.search(r"plays +WaveNet +-8\.3 dB +\d+\.\d %", line)
        (folder / "f.nam").write_text("{")
        await pilot.press("left", "right", "end")
        await pilot.pause(0.3)
        assert "%" not in next(line for line in browser.shelf.text().splitlines() if "f.nam" in line)


def test_one_who_has_gone_before_he_is_told_keeps_nobody_else_from_knowing(tmp_path, monkeypatch) -> None:
    known = Glance("WaveNet", -18.0, 0.1)
    monkeypatch.setattr(Glances, "_look", lambda self, path: known)
    told = []

    def gone() -> None:
        told.append("gone")
        raise RuntimeError("no app any more")

    here = threading.Event()
    Glances(48_000, 64, gone).want([tmp_path / "a.nam"])
    while not told or any(thread.name == "rig-glances" for thread in threading.enumerate()):
        time.sleep(0.01)
    Glances(48_000, 64, here.set).want([tmp_path / "b.nam"])
    assert here.wait(10)
    assert kept(tmp_path / "b.nam") == known


async def test_models_are_measured_by_one_thread_and_only_while_they_are_in_sight(folder, monkeypatch) -> None:
    looked, go_on = [], threading.Event()

    def look(_, path: Path) -> None:
        looked.append(path.name)
        go_on.wait()

    def measuring() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "rig-glances"]

    monkeypatch.setattr(Glances, "_look", look)
    try:
        async with browsing(folder) as (browser, pilot, _, screen):
            await until(pilot, lambda: looked)
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen and not browser.is_attached)
            await pilot.press("o")
            await until(pilot, lambda: pilot.app.screen.query("#shelf") and pilot.app.screen._glances)
            assert len(measuring()) == 1
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)
            await pilot.pause()
    finally:
        go_on.set()
    for thread in measuring():
        thread.join()
    assert looked == [NAMES[0]], "what nobody looks at any more is not measured"


async def test_thousands_of_files(folder) -> None:
    for i in range(3000):
        (folder / f"tone {i}.nam").touch()
    async with browsing(folder) as (browser, pilot, _, _):
        assert "3006 files" in browser.where.text()
        await pilot.press("end")
        assert browser.entry.path.name == "tone 2999.nam", "as a player counts"
        assert "tone 2999.nam" in browser.shelf.text()
        await pilot.press("pageup", "up")
        assert browser.entry.path.name in browser.shelf.text()
        await pilot.press("slash", *"2998")
        assert names(browser) == ["tone 2998.nam"]


# --- what is heard -----------------------------------------------------------------------------------------------


async def test_a_file_is_heard_when_it_has_rested_and_kept_with_enter(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, screen):
        for _ in range(2):
            pilot.app.simulate_key("down")  # at once: on a busy machine a file would rest between two presses
        await heard(pilot, browser, "c crunch 2.nam")
        assert loads(gig) == ["c crunch 2.nam"], "what is only passed is not loaded"
        shelf = browser.shelf
        lit = [s for y in range(shelf.size.height) for s in shelf._strip(y) if "c crunch 2.nam" in s.text]
        assert lit[0].style.bgcolor.name == palette.GLOW
        assert "esc: back to this" in browser.shelf.text()
        await pilot.press("enter")
        assert pilot.app.screen is screen
        await seen(pilot, screen.note, "c crunch 2.nam is not saved yet: s saves it")
        assert screen.row.path == "Clean.model.model"
        assert "c crunch 2.nam" in screen.knobs.text()
        assert loads(gig) == ["c crunch 2.nam"]
        assert gig.verbs[-1] == f"load Clean.model.model {folder / 'c crunch 2.nam'}"


async def test_the_level_that_makes_it_as_loud_is_said(folder, monkeypatch) -> None:
    turned: dict[Target, float] = {}
    monkeypatch.setattr("fake_gig.Installed", lambda *said: Installed(*said, turned))
    async with browsing(folder, (100, 40)) as (browser, pilot, gig, screen):
        turned[Target(gig.amp.chain[1].uid, "level")] = -13.8
        await pilot.press("down", "down")
        await heard(pilot, browser, "c crunch 2.nam")
        await pilot.press("enter")
        await seen(pilot, screen.note, "c crunch 2.nam, at level -13.8 dB as loud as before, is not saved yet")
        assert "-13.8" in screen.knobs.text()
        gig.do("undo")
        assert gig.amp.chain[1].params == {} and gig.amp.chain[1].files["model"].name == NAMES[0]


async def test_escape_goes_back_to_what_played_before(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, screen):
        await pilot.press("end", "up")
        await heard(pilot, browser, "d lstm.json")
        assert browser.engine == "Clean.model", "whatever it plays"
        await pilot.press("down")
        await heard(pilot, browser, "e lead.nam")
        await pilot.press("up")
        await heard(pilot, browser, "d lstm.json")
        await pilot.press("escape")
        assert pilot.app.screen is screen
        assert gig.verbs[-1] == f"try Clean.model.model {folder / NAMES[0]}"
        await until(pilot, lambda: NAMES[0] in screen.knobs.text())
        assert NAMES[0] in screen.knobs.text()
        assert "not saved" not in screen.note.text()


async def test_escape_with_nothing_tried_does_nothing(folder) -> None:
    async with browsing(folder) as (_, pilot, gig, screen):
        await pilot.press("escape")
        assert pilot.app.screen is screen
        assert gig.verbs == []


async def test_escape_while_something_is_being_built_goes_back_all_the_same(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, _):
        gig.hold(True)
        await pilot.press("end")
        await until(pilot, lambda: loads(gig) == ["e lead.nam"])
        assert "loading" in browser.shelf.text()
        await pilot.press("escape")
        gig.hold(False)
        await until(pilot, lambda: not gig.building)
        assert loads(gig) == ["e lead.nam", NAMES[0]]
        assert gig.chain()[2].files[0].file == folder / NAMES[0]


async def test_a_bad_file_is_told_and_what_played_plays_on(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, screen):
        await pilot.press("down")
        await until(pilot, lambda: browser.shelf.faults)
        assert browser.plays.name == NAMES[0]
        assert "does not play" in browser.shelf.text()
        assert "the file ends in the middle; copy or export it again" in " ".join(browser.about.text().split())
        await pilot.press("enter", "enter")
        assert pilot.app.screen is browser, "there is nothing to keep"
        await pilot.press("down", "up", "down")
        await heard(pilot, browser, "c crunch 2.nam")
        assert loads(gig) == ["b bad.json", "c crunch 2.nam"], "it is not tried again"
        await pilot.press("enter")
        await seen(pilot, screen.note, "c crunch 2.nam is not saved yet")


async def test_one_at_a_time_and_then_what_is_highlighted_by_then(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, _):
        gig.hold(True)
        await pilot.press("end")
        await until(pilot, lambda: loads(gig) == ["e lead.nam"])
        for _ in range(3):
            await pilot.press("up")
            await pilot.pause(1.5 * REST_S)
        assert loads(gig) == ["e lead.nam"]
        gig.hold(False)
        await heard(pilot, browser, "c crunch 2.nam")
        assert loads(gig) == ["e lead.nam", "c crunch 2.nam"]


async def test_enter_before_it_plays_waits_until_it_does(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, screen):
        gig.hold(True)
        await pilot.press("end", "enter")
        await pilot.pause(2 * REST_S)
        assert pilot.app.screen is browser
        gig.hold(False)
        await until(pilot, lambda: pilot.app.screen is screen)
        await seen(pilot, screen.note, "e lead.nam is not saved yet")
        assert loads(gig) == ["e lead.nam"]


async def test_enter_on_a_bad_file_stays(folder) -> None:
    async with browsing(folder) as (browser, pilot, _, _):
        await pilot.press("down", "enter")
        await until(pilot, lambda: browser.shelf.faults)
        await pilot.pause(2 * REST_S)
        assert pilot.app.screen is browser


async def test_a_file_that_has_vanished_is_told(folder) -> None:
    async with browsing(folder) as (browser, pilot, _, _):
        (folder / "e lead.nam").unlink()
        await pilot.press("end")
        await until(pilot, lambda: browser.shelf.faults)
        assert "no model file" in browser.about.text()


async def test_what_is_not_heard_is_said(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, _):
        assert "MUTED" not in browser.where.text()
        gig.set(muted=True)
        await until(pilot, lambda: "MUTED" in browser.where.text())


@pytest.mark.parametrize("folder", ["~/models/nam/high gain", "~/モデル/高い"])
def test_what_is_not_heard_is_said_however_narrow_the_terminal_is(folder) -> None:
    where = Where()
    where.engine, where.folder, where.silent = "Crunch.wavenet", folder, "MUTED"
    for columns in range(9, 80):
        sheet = Sheet(columns, 2)
        where.paint(sheet)
        line = sheet.plain().splitlines()[0]
        assert line.endswith(" MUTED   ")
        assert "Crunch › wavenet " in line or columns < 29
        assert folder in line or ("…" in line and line.split()[-2][-1] == folder[-1]) or columns < 35


# --- coming and going --------------------------------------------------------------------------------------------


async def test_it_opens_for_the_engine_that_is_selected(folder) -> None:
    gig = FakeGig(model=folder / NAMES[0])
    async with playing(gig) as (screen, pilot):
        await pilot.press(*["down"] * 11)
        assert screen.row.path == "output.cab.level"
        await pilot.press("o")
        browser = pilot.app.screen
        assert names(browser) == ["..", "closed-4x12.wav", "open-1x12.wav"]
        await until(pilot, lambda: "48 kHz · mono" in browser.about.text())
        await pilot.press("up")
        await heard(pilot, browser, "closed-4x12.wav")
        assert gig.verbs == [f"try output.cab.ir {PRESETS / 'cabs' / 'closed-4x12.wav'}"]


async def test_without_a_file_there_is_nothing_to_browse() -> None:
    gig = FakeGig()
    gig.do("remove Clean.model")
    gig.do("remove output.cab")
    async with playing(gig) as (screen, pilot):
        await pilot.press("o")
        assert pilot.app.screen is screen
        assert "no engine here plays a file" in screen.note.text()


async def test_an_amp_that_is_switched_from_elsewhere_closes_it(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, screen):
        await pilot.press("end")
        await heard(pilot, browser, "e lead.nam")
        gig.do("amp 2")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert loads(gig) == ["e lead.nam"], "what plays is left as it is"


@pytest.mark.parametrize("first", ["", "d lstm.json"])
async def test_what_was_never_heard_is_not_kept(folder, first: str) -> None:
    async with browsing(folder) as (browser, pilot, gig, screen):
        if first:
            await pilot.press("end", "up")
            await heard(pilot, browser, first)
        gig.hold(True)
        await pilot.press("end")
        await until(pilot, lambda: loads(gig)[-1:] == ["e lead.nam"])
        await pilot.press("2")
        await until(pilot, lambda: pilot.app.screen is screen)
        gig.hold(False)
        await until(pilot, lambda: not gig.building)
        assert gig.document.amps[0].chain[1].files["model"].name == (first or NAMES[0])
        assert gig.unsaved == bool(first)
        assert (f"{first} is not saved yet" in screen.note.text()) == bool(first)


async def test_a_question_above_it_stays_whatever_amp_plays(folder) -> None:
    async with browsing(folder) as (browser, pilot, _, screen):
        await pilot.press("end")
        await heard(pilot, browser, "e lead.nam")
        await pilot.press("ctrl+c")
        question = pilot.app.screen
        assert isinstance(question, AskScreen)
        await pilot.press("2")
        screen.poll()
        assert pilot.app.screen is question, "it is for the player to answer"
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert screen.browser is None
        await pilot.press("ctrl+c")
        assert isinstance(pilot.app.screen, AskScreen) and not screen.leaving, "it is asked again"


async def test_what_is_ready_while_a_question_is_open_is_kept_after_it(folder) -> None:
    async with browsing(folder) as (browser, pilot, gig, screen):
        gig.hold(True)
        await pilot.press("end", "enter", "ctrl+c")
        question = pilot.app.screen
        gig.hold(False)
        await heard(pilot, browser, "e lead.nam")
        screen.poll()
        assert pilot.app.screen is question
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert gig.verbs[-1] == f"load Clean.model.model {folder / 'e lead.nam'}"


async def test_clicks_and_the_wheel(folder) -> None:
    async with browsing(folder) as (browser, pilot, _, screen):
        row = names(browser).index("e lead.nam")
        await pilot.click("#shelf", offset=(10, row))
        await heard(pilot, browser, "e lead.nam")
        await pilot._post_mouse_events([MouseScrollUp], "#shelf", offset=(10, 3))
        assert browser.shelf.at == row - 3
        await pilot.click("#shelf", offset=(10, row))
        await pilot.click("#shelf", offset=(10, row))
        assert pilot.app.screen is screen


async def test_quitting_from_the_browser_fades_out(folder) -> None:
    async with browsing(folder) as (_, pilot, gig, screen):
        await pilot.press("ctrl+c")
        await until(pilot, lambda: gig.closed == 1)
        assert screen.banner.words == "FADING OUT"


@pytest.mark.parametrize("dimensions", [(80, 24), (40, 12), (20, 6), (200, 60)])
async def test_it_fits_any_terminal(folder, dimensions) -> None:
    async with browsing(folder, dimensions) as (browser, pilot, _, _):
        await pilot.press("down")
        await until(pilot, lambda: browser.shelf.faults)
        for other in ((1, 1), (300, 20), dimensions):
            await pilot.resize_terminal(*other)
            await pilot.press("up", "down")
        assert browser.region.bottom >= browser.foot.region.bottom
        assert "b bad" in browser.shelf.text()


# --- pure parts --------------------------------------------------------------------------------------------------


def test_a_folder_is_read_or_says_why_not(tmp_path) -> None:
    with pytest.raises(RigError, match="no such file or directory"):
        look(tmp_path / "nowhere", "model")
    (tmp_path / "A.WAV").touch()
    (tmp_path / "b.flac").touch()
    (tmp_path / "c.nam").touch()
    assert [entry.path.name for entry in look(tmp_path, "ir")] == ["A.WAV", "b.flac"]
    assert len(look(tmp_path, "else")) == 3, "an engine of another package may read anything"


@pytest.mark.parametrize(("key", "endings"), [("model", kinds.MODELS), ("ir", kinds.SOUNDS)])
def test_all_that_can_be_played_is_listed(tmp_path, key, endings) -> None:
    for ending in endings:
        (tmp_path / f"one{ending}").touch()
    assert {entry.path.suffix for entry in look(tmp_path, key)} == set(endings)


def test_names_that_are_no_text_do_not_harm(tmp_path) -> None:
    entries = tuple(Entry(tmp_path, name, False) for name in ("\udcff.nam", "x\x1b[2J.nam", "é.nam"))
    assert len(matching(entries, "NAM")) == 3


def test_a_file_in_a_few_words(shared) -> None:
    assert brief(shared / "models" / "nam" / "lstm.nam") == (
        "Neural Amp Modeler LSTM · 70 weights · 48 kHz · -37.8 dB loud",
        "Darkglass Electronics · Microtubes 900 v2 · amp · clean · Steve",
    )
    assert brief(PRESETS / "cabs" / "open-1x12.wav")[0].startswith("WAV ")
    assert brief(PRESETS / "cabs" / "open-1x12.wav")[1] == "as a cabinet: 1470 taps"
    with pytest.raises(RigError):
        brief(PRESETS / "README.md")


def test_sizes_and_paths_are_written_as_a_player_reads_them(monkeypatch, tmp_path) -> None:
    assert [size(n) for n in (12, 1500, 183_400, 1_250_000)] == ["12 B", "2 kB", "183 kB", "1.2 MB"]
    monkeypatch.setenv("HOME", str(tmp_path))
    assert homely(tmp_path / "models") == "~/models"
    assert homely(Path("/usr")) == "/usr"
