"""A gig while chains are still being built: who plays meanwhile, what is said, and what is kept."""

from __future__ import annotations

import errno
import shutil
import threading
from pathlib import Path
from random import Random

import numpy as np
import pytest
from random_gigs import Unhurried, files, gig_of
from test_rebuild import RATE, Client

from rig.document.document import AMPS, Document, Wiring
from rig.engine import registry
from rig.errors import RigError
from rig.gig import follower
from rig.gig.builder import Place
from rig.gig.connection import Connection
from rig.gig.fault_log import FaultLog
from rig.gig.file_watcher import FileWatcher
from rig.gig.gig import Gig
from rig.gig.opening import open_gig
from rig.gig.wav import WavWriter
from rig.native import Rack

PRESET = """
name = "Test"
[[amp]]
name = "Loud"
chain = [{ engine = "gain", gain = 6 }, { engine = "eq" }]
[[amp]]
name = "Soft"
chain = [{ engine = "gain", gain = -20 }, { engine = "eq" }]
"""
X = 0.1 * np.sin(0.05 * np.arange(RATE // 2, dtype=np.float32))


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Files are looked at whenever a gig is asked for news."""
    monkeypatch.setattr(follower, "LOOK_SECONDS", 0.0)


@pytest.fixture
def folder(tmp_path) -> Path:
    files(tmp_path)
    (tmp_path / "set.toml").write_text(PRESET)
    return tmp_path


def unhurried(folder: Path, **more) -> Gig:
    return gig_of(folder / "set.toml", Unhurried, **more)


def watched(folder: Path) -> Gig:
    watcher = FileWatcher()
    watcher.changed([folder / "set.toml"])
    return unhurried(folder, watcher=watcher)


def followed(gig: Gig) -> list[str]:
    """What is said until nothing is left to be done."""
    said = []
    for _ in range(6):  # seen, come to rest, read, built, told
        gig.settle()
        said += [news.message for news in gig.news()]
    return said


def do(gig: Gig, *verbs: str) -> None:
    for words in verbs:
        gig.do(words)


def heard(gig: Gig) -> np.ndarray:
    """What is heard in the end."""
    return gig.reconciler.rack.process(X)[0][-4096:]


# --- who plays meanwhile ------------------------------------------------------------------------------------------


def test_an_amp_that_is_heard_is_heard_until_its_successor_is_built(folder):
    gig = unhurried(folder)
    loud = heard(gig)
    do(gig, "copy Loud as Mine", "delete Loud")
    np.testing.assert_array_equal(heard(gig), loud)
    do(gig, "set Mine.gain.gain -20")
    gig.settle()
    soft = heard(gig)
    assert np.abs(soft).max() < np.abs(loud).max() / 2
    do(gig, "copy Mine", "delete Mine", "amp Soft")
    np.testing.assert_allclose(heard(gig), soft, atol=1e-6)
    gig.settle()
    assert {place.owner for place in gig.reconciler.places() if place.stage == "amp"} == {
        amp.uid for amp in gig.document.amps
    }, "and no longer"


def test_a_full_set_has_room_for_the_amp_that_is_heard_until_its_successor_is_built(folder):
    amp = '[[amp]]\nname = "{}"\nchain = [{{ engine = "gain", gain = 6 }}]\n'
    (folder / "set.toml").write_text("".join(map(amp.format, range(AMPS - 1))))
    gig = unhurried(folder)
    loud = heard(gig)
    do(gig, "copy 1 as Mine", "delete 1", "copy Mine as Other", "amp Mine")
    worker = gig.reconciler._worker
    mine, other = worker.waiting
    for first in (other, mine):
        worker.waiting = [first]
        worker.ready(Random(0), 1)
        if first is other:
            gig.install()
            np.testing.assert_array_equal(heard(gig), loud)
    gig.settle()
    assert all(gig.reconciler.chain(Place("amp", amp.uid)) for amp in gig.document.amps)
    np.testing.assert_allclose(heard(gig), loud, atol=1e-6)


def test_an_amp_that_goes_and_comes_back_plays_again(folder):
    gig = unhurried(folder)
    do(gig, "copy Loud as Mine", "ab")
    assert gig.amp.name == "Loud"
    do(gig, "ab")
    assert gig.amp.name == "Mine"
    do(gig, "undo")
    assert gig.amp.name == "Loud"
    do(gig, "redo")
    assert gig.amp.name == "Mine"
    do(gig, "delete Mine", "amp Soft", "undo")
    assert gig.amp.name == "Soft", "what was picked last"


def test_what_was_built_for_an_amp_that_went_is_not_taken_for_what_is_built_for_it_now(folder):
    """The same model in another file sounds alike: that is what the first build says, of a chain that stands no more."""
    shutil.copy(folder / "one.json", folder / "same.json")
    (folder / "set.toml").write_text(PRESET.replace('{ engine = "eq" }', '{ model = "one.json" }'))
    gig = unhurried(folder)
    worker = gig.reconciler._worker
    do(gig, "load Soft.model same.json", "insert Loud gain")
    worker.ready(Random(0), 2)
    do(gig, "delete Soft", "undo")
    gig.install()
    gig.settle()
    assert not gig.building
    assert all(gig.reconciler.chain(Place("amp", amp.uid)) for amp in gig.document.amps)
    assert len(gig.reconciler.chain(Place("amp", gig.document.amps[0].uid))[0].engines) == 3


@pytest.mark.parametrize("words", ["load Loud.cab", "try Loud.cab", "insert Loud cab"])
def test_a_file_that_was_exported_anew_is_heard_as_it_is_now(folder, words):
    (folder / "set.toml").write_text(PRESET.replace('{ engine = "eq" }', '{ ir = "a.wav" }'))
    gig = unhurried(folder)
    gig.do("load Loud.cab b.wav")
    gig.settle()
    shutil.copy(folder / "b.wav", folder / "a.wav")
    gig.do(f"{words} a.wav")
    gig.settle()
    cab = gig.reconciler.chain(Place("amp", gig.playing))[1].units[-1]
    np.testing.assert_array_equal(
        cab.payload.arrays[0], registry()["cab"].load({"ir": folder / "b.wav"}, cab.engine.settled({}), RATE).arrays[0]
    )


def test_a_verb_that_edits_and_plays_heads_for_what_it_has_made_at_once(folder):
    (folder / "set.toml").write_text(PRESET + '[[amp.scene]]\nname = "Solo"\nset = { gain.gain = -3 }\n')
    gig, headed = unhurried(folder), []
    want = gig.reconciler.want

    def noted(document: Document, playing: int, *more: object) -> None:
        amp = document.amp(playing)
        headed.append((amp.name, amp.chain[0].params["gain"]))
        want(document, playing, *more)

    gig.reconciler.want = noted
    do(gig, "amp Soft:Solo", "copy Loud as Mine", "amp Soft")
    assert headed == [("Soft", -3), ("Mine", 6), ("Soft", -3)]


# --- what is kept -------------------------------------------------------------------------------------------------


def test_a_file_that_is_changed_while_what_is_saved_is_heard_takes_nothing_from_what_was_changed(folder):
    gig = watched(folder)
    do(gig, "set Soft.gain.gain -3", "ab")
    (folder / "set.toml").write_text(PRESET.replace("gain = 6", "gain = 1"))
    followed(gig)
    assert [amp.chain[0].params["gain"] for amp in gig.document.amps] == [1, -3]
    assert gig.unsaved
    assert not gig.status().comparing
    do(gig, "ab", "revert")
    assert [amp.chain[0].params["gain"] for amp in gig.document.amps] == [1, -20]


# --- what is said -------------------------------------------------------------------------------------------------


def said(gig: Gig) -> list[tuple[str, bool]]:
    return [(news.message, news.wrong) for news in gig.news()]


class AnotherRate(Client):
    """JACK that is back at another rate."""

    alive, rate = False, 44_100

    def reopen(self, start: bool = True) -> bool:
        self.alive = True
        return True

    def start(self, rack: Rack) -> None:
        pass

    def wire_again(self, wires: tuple) -> tuple:
        return ()


def test_a_recording_that_jack_ends_by_coming_back_at_another_rate_is_said_beside_that(folder):
    gig = unhurried(folder)
    gig.do(f"record {folder / 'take.wav'}")
    gig.client, gig.connection = AnotherRate(), Connection(gig, AnotherRate())
    recorder = gig.takes.recorder
    gig.status()
    assert recorder.join(20)
    gig.status()
    gig.settle()
    gig.do("level -3")
    assert said(gig) == [
        ("JACK runs at 44.1 kHz now: building all amps for it", False),
        (f"recorded {folder / 'take.wav'}", False),
        ("playing on at 44.1 kHz", False),
    ]


def test_a_recording_that_cannot_be_finished_in_the_end_is_said(folder, monkeypatch):
    gig = unhurried(folder)
    gig.do(f"record {folder / 'take.wav'}")

    def gone(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", gone)
        gig.close()
    ((message, wrong),) = said(gig)
    assert wrong and "take.wav: input/output error; what there is lies in" in message


def test_a_recording_that_still_has_to_be_written_is_said_when_it_is(folder, monkeypatch):
    gig, works = unhurried(folder), threading.Event()
    write = WavWriter.write
    monkeypatch.setattr(WavWriter, "write", lambda *given: works.wait(20) and write(*given))
    gig.do(f"record {folder / 'take.wav'}")
    heard(gig)
    gig.do("record")
    with pytest.raises(RigError, match=r"take\.wav is still being written"):
        gig.do(f"record {folder / 'next.wav'}")
    assert (gig.status().recording, said(gig)) == ("", [])
    works.set()
    assert gig.takes.finishing.join(20)
    gig.do(f"record {folder / 'next.wav'}")
    assert said(gig) == [(f"recorded {folder / 'take.wav'}", False)]
    gig.close()
    assert said(gig) == [(f"recorded {folder / 'next.wav'}", False)]


def test_all_that_is_to_be_said_of_a_start_is_said(folder, monkeypatch):
    class Jack(Client):
        def __init__(self, *_: object) -> None:
            pass

        def start(self, rack: Rack, seconds: float) -> None:
            pass

        def inserts(self, names: dict[int, str]) -> None:
            pass

        def connect(self, wiring: Wiring, input: bool) -> list[str]:
            return [f"JACK has no way from 'rig:out_1' to '{wiring.outputs[0]}'"]

    monkeypatch.setattr("rig.gig.opening.Client", Jack)
    text = PRESET + '[jack]\nout = ["nobody:in"]\n[midi]\nprogram = { 0 = "Loud" }\n'
    (folder / "set.toml").write_text(text)
    gig = open_gig([folder / "set.toml"], record=folder / "take.wav")
    assert gig.status().message == f"recording into {folder / 'take.wav'}"
    assert said(gig) == [
        ("JACK has no way from 'rig:out_1' to 'nobody:in'", True),
    ], "what is wrong last: a screen has a line for it"
    gig.close()


def test_a_chain_where_another_one_lay_has_faults_of_its_own(monkeypatch):
    monkeypatch.setattr("rig.gig.fault_log.time.monotonic", lambda: now)
    log, now = FaultLog(), 100.0
    assert log.lately(1, 0, 1000)
    assert not log.lately(1, 0, 0), "the next chain, at the same address"
    assert log.lately(1, 0, 3)
    now += 60
    assert not log.lately(1, 0, 3)
    assert log.lately(1, 0, 2), "and the next"


def test_a_recording_goes_where_the_home_is(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    gig = unhurried(folder)
    gig.do("record ~/take.wav")
    assert gig.status().recording == str(folder / "take.wav")
    gig.do("record")
    for words in ("record ~nosuchuser/take.wav", "save as ~nosuchuser/set.toml"):
        with pytest.raises(RigError, match=r"'~nosuchuser/.*' is no path"):
            gig.do(words)
    assert gig.takes.finishing.join(20)
