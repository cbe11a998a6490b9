"""What is not saved when a rig is killed: kept, offered at the next start, taken or dropped."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fake_gig import FakeGig, opener
from headless import Headless
from test_songs import folder, gig_of  # noqa: F401
from test_tui import until

from rig.document import edits
from rig.document.document import Document, Preset, Target
from rig.document.file import PresetFile, open_preset
from rig.errors import RigError
from rig.gig import journal
from rig.gig.journal import Journal, Offer, left
from rig.tui.app import RigApp
from rig.tui.ask import AskScreen

TEXT = """name = "Two" # mine
[[amp]]
name = "One"
chain = [{ engine = "gain", gain = 6 }] # as loud as that
[[amp]]
name = "Other"
chain = [{ engine = "gain" }]
"""


@pytest.fixture
def preset(tmp_path) -> Path:
    path = tmp_path / "two.toml"
    path.write_text(TEXT)
    return path


def turned(file: PresetFile, gain: float) -> tuple[PresetFile, Preset]:
    amp = file.preset.amps[0]
    document = edits.turn(Document((file.preset,)), Target(amp.chain[0].uid, "gain"), gain, amp.uid)
    return file, document.presets[0]


def kept(where: Path, *unsaved: tuple[PresetFile, Preset]) -> None:
    """What a rig leaves that had these presets."""
    notes = Journal()
    notes.write_into(where)
    notes.note(unsaved)
    notes.close()


def end_of(monkeypatch) -> None:
    """From now on whoever wrote a journal has ended."""
    monkeypatch.setattr(journal, "_started", lambda process: "later")


def test_what_is_not_saved_is_offered_when_its_rig_has_ended(tmp_path, preset, monkeypatch):
    file = open_preset(preset)
    kept(tmp_path, turned(file, 9.0))
    assert left(tmp_path, [preset]) is None, "its rig still runs"
    end_of(monkeypatch)
    assert left(tmp_path, [tmp_path / "another.toml"]) is None
    offer = left(tmp_path, [preset])
    assert offer and [draft.text for draft in offer.drafts] == [TEXT.replace("gain = 6", "gain = 9")]
    assert offer.about == f"unsaved edits of two.toml, from {time.strftime('%H:%M', time.localtime(offer.at))}"
    (left_file,) = tmp_path.glob("unsaved-*")
    assert left_file.stat().st_mode & 0o777 == 0o600
    offer.forget()
    assert left(tmp_path, [preset]) is None and not list(tmp_path.glob("unsaved-*"))


def test_what_was_saved_or_may_go_is_not_kept(tmp_path, preset):
    file = open_preset(preset)
    for last in ("saved", "dropped"):
        notes = Journal()
        notes.write_into(tmp_path)
        notes.note([turned(file, 9.0)])
        end = time.monotonic() + 10
        while not list(tmp_path.glob("unsaved-*")):
            assert time.monotonic() < end
            time.sleep(0.02)
        notes.note([]) if last == "saved" else notes.drop()
        notes.note([turned(file, 3.0)] if last == "dropped" else [])
        assert notes.keeps == (last == "saved")
        notes.close()
        assert not list(tmp_path.glob("unsaved-*")), last


def test_the_latest_of_several_is_offered_and_all_are_dealt_with(tmp_path, preset, monkeypatch):
    file = open_preset(preset)
    for number, gain in enumerate((1.0, 2.0, 3.0)):
        monkeypatch.setattr("rig.gig.journal.time.strftime", lambda *_, number=number: f"unsaved-{number}")
        kept(tmp_path, turned(file, gain))
    monkeypatch.undo()
    end_of(monkeypatch)
    offer = left(tmp_path, [preset])
    assert offer and "gain = 3" in offer.drafts[0].text and len(offer.files) == 3


@pytest.mark.parametrize(
    "spoilt", ["", "{", "[]", '{"started": 1}', '{"process": 1, "started": "x", "at": "y", "drafts": []}']
)
def test_a_spoilt_file_offers_nothing(tmp_path, preset, spoilt):
    (tmp_path / "unsaved-1.json").write_text(spoilt)
    assert left(tmp_path, [preset]) is None


def test_what_is_too_old_goes(tmp_path, preset, monkeypatch):
    kept(tmp_path, turned(open_preset(preset), 9.0))
    end_of(monkeypatch)
    (path,) = tmp_path.glob("unsaved-*")
    path.write_text(json.dumps({**json.loads(path.read_text()), "at": time.time() - 31 * 86400}))
    assert left(tmp_path, [preset]) is None and not path.exists()


def test_edits_come_back_on_top_of_what_the_file_says_by_now(tmp_path, preset, monkeypatch):
    kept(tmp_path, turned(open_preset(preset), 9.0))
    end_of(monkeypatch)
    preset.write_text(TEXT.replace('"Other"', '"Third"'))
    offer = left(tmp_path, [preset])
    assert offer
    document = Document((open_preset(preset).preset,))
    amps = offer.taken(document).presets[0].amps
    assert [amp.name for amp in amps] == ["One", "Third"] and amps[0].chain[0].params["gain"] == 9.0
    assert amps[0].uid == document.amps[0].uid


def test_what_can_no_longer_be_read_is_said_and_stays(tmp_path, preset):
    draft = journal.Draft(preset, TEXT, TEXT.replace('engine = "gain", gain = 6', 'model = "gone.json"'))
    offer = Offer(time.time(), (draft,), ())
    document = Document((open_preset(preset).preset,))
    with pytest.raises(RigError, match=r"cannot be taken: .*gone\.json"):
        offer.taken(document)


def test_songs_of_a_set_come_back_too(folder, monkeypatch):  # noqa: F811
    gig = gig_of(folder / "set.toml")
    before = (folder / "set.toml").read_text()
    gig.journal.write_into(folder)
    for verb in ("song move Opener +1", "song skip Ballad", "set Lead.gain.gain 3"):
        gig.do(verb)
    wanted = [(song.name, song.skip) for song in gig.document.songs]
    gig.close()
    assert (folder / "set.toml").read_text() == before
    end_of(monkeypatch)
    again = gig_of(folder / "set.toml")
    again.offer = left(folder, [folder / name for name in ("blues.toml", "rock.toml", "set.toml")])
    assert again.offer and {draft.path.name for draft in again.offer.drafts} == {"blues.toml", "set.toml"}
    playing, song = again.playing, again.set_list.song
    again.do("recover")
    assert [(song.name, song.skip) for song in again.document.songs] == wanted
    assert again.unsaved and (again.playing, again.set_list.song.uid) == (playing, song.uid)
    again.do("save")
    assert not again.unsaved
    again.close()


# --- the gig --------------------------------------------------------------------------------------------------------


def offered(gig: FakeGig) -> list[bool]:
    """Edits of the fake's preset are offered. Whether they were forgotten."""
    forgotten: list[bool] = []
    file = gig._file
    text = file.text.replace('"gain", gain = 6', '"gain", gain = 9')

    class Left(Offer):
        def forget(self) -> None:
            forgotten.append(True)

    gig.offer = Left(time.time(), (journal.Draft(file.path, file.text, text),), ())
    return forgotten


def test_the_verb_takes_them_in_one_step_of_undo_or_drops_them():
    gig = FakeGig()
    offered(gig)
    assert gig.status().offered.startswith("unsaved edits of fake.toml")
    gig.do("recover")
    assert gig.message.endswith("'undo' takes that back")
    assert gig.unsaved and all(amp.chain[0].params["gain"] == 9 for amp in gig.document.amps)
    assert gig.status().offered == ""
    gig.do("undo")
    assert not gig.unsaved
    with pytest.raises(RigError, match="nothing was left unsaved"):
        gig.do("recover")
    forgotten = offered(gig)
    gig.do("recover drop")
    assert not gig.unsaved and forgotten == [True]


@asynccontextmanager
async def asked(gig: FakeGig):
    """The play screen below the question, and the pilot."""
    app = RigApp(opener(gig))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        yield app.screen_stack[-2], pilot


@pytest.mark.parametrize(("key", "gain", "forgotten"), [("y", 9, 0), ("n", 6, 1), ("escape", 6, 0)])
async def test_the_screen_asks_what_becomes_of_them(key, gain, forgotten) -> None:
    gig = FakeGig()
    gone = offered(gig)
    async with asked(gig) as (screen, pilot):
        await pilot.press("2")
        assert gig.amp.name == "Crunch", "one can play meanwhile"
        await pilot.press(key)
        assert pilot.app.screen is screen
        assert gig.document.amps[0].chain[0].params["gain"] == gain
        assert len(gone) == forgotten
        await pilot.pause(0.2)
        assert pilot.app.screen is screen, "asked once"


async def test_who_was_asked_need_not_answer_when_another_hand_has() -> None:
    gig = FakeGig()
    offered(gig)
    async with asked(gig) as (screen, pilot):
        gig.do("recover drop")
        await until(pilot, lambda: pilot.app.screen is screen)


# --- real processes -------------------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path, monkeypatch) -> Path:
    """Where rigs keep what is not saved."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "rig"


def edited(preset: Path, server: str) -> Headless:
    """A rig that plays and whose preset is not saved."""
    rig = Headless(preset, "--server", server)
    rig.event("ready")
    rig.say("set One.gain.gain 9")
    rig.event("done")
    return rig


def test_a_rig_that_is_killed_offers_what_was_not_saved_at_the_next_start(impatient_server, preset, state):
    rig = edited(preset, impatient_server.name)
    end = time.monotonic() + 20
    while not list(state.glob("unsaved-*.json")):
        assert time.monotonic() < end
        time.sleep(0.05)
    rig.process.kill()
    rig.end()
    assert preset.read_text() == TEXT
    rig = Headless(preset, "--server", impatient_server.name)
    while "unsaved edits of two.toml" not in (said := rig.event("news")["message"]):
        pass
    assert "'recover' takes them, 'recover drop' drops them" in said
    for verb in ("recover", "save", "quit"):
        rig.say(verb)
        rig.event("done")
    assert rig.end()[0] == 0
    assert preset.read_text() == TEXT.replace("gain = 6", "gain = 9")
    assert not list(state.glob("unsaved-*"))


@pytest.mark.parametrize(("way", "kept"), [("SIGTERM", True), ("quit", False)])
def test_a_rig_that_is_told_to_end_keeps_what_nobody_has_thrown_away(jack_server, preset, state, way, kept):
    rig = edited(preset, jack_server.name)
    rig.say("quit") if way == "quit" else rig.process.terminate()
    end = rig.event("end")
    assert (end["unsaved"], end["kept"]) == (["Two"], kept)
    assert rig.end()[0] == 0
    assert bool(list(state.glob("unsaved-*"))) == kept
