"""The last minutes: always in memory, written as they were heard, and played again from what was written beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import tomli
from test_rebuild import RATE, Client

from rig.cli import main
from rig.document.document import Document
from rig.document.file import open_preset
from rig.errors import RigError
from rig.gig import replay
from rig.gig.gig import Gig
from rig.gig.kept import SPARE_SECONDS, Keeper, Room
from rig.gig.reconciler import Reconciler
from rig.gig.wav import WavWriter
from rig.native import Rack, Transport

PRESET = """
name = "Test"
# a comment that stays
[[amp]]
name = "Loud"
chain = [{ engine = "gain", gain = 6 }, { engine = "eq" }]
[[amp.scene]]
name = "Solo"
level = 3
[[amp]]
name = "Soft"
chain = [{ engine = "gain", gain = -20 }]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set.toml").write_text(PRESET)
    return tmp_path


class Playing:
    """A gig that keeps its last minutes, and a guitar."""

    def __init__(self, folder: Path, minutes: float = 1.0) -> None:
        file = open_preset(folder / "set.toml")
        self.rack, room = Rack(RATE), Room(minutes, 0.5)
        assert room.take(self.rack) == []
        document = Document((file.preset,))
        reconciler = Reconciler(self.rack)
        reconciler.load(document, document.amps[0].uid)
        self.gig = Gig([file], reconciler, Client(), document.amps[0].uid, room=room)
        self.rack.begin(open=True)
        self.random = np.random.default_rng(1)
        self.heard, self.dry = np.empty((0, 2), np.float32), np.empty(0, np.float32)
        self._hear(np.zeros(RATE // 10, np.float32))  # as JACK does before the first note

    def play(self, seconds: float, *verbs: str) -> None:
        """Verbs, and then the guitar."""
        for verb in verbs:
            self.gig.do(verb)
            self.gig.settle()
        self._hear(self.random.normal(0, 0.05, int(seconds * RATE)).astype(np.float32))

    def _hear(self, x: np.ndarray) -> None:
        left, right, dry = self.rack.process(x)
        self.heard = np.concatenate([self.heard, np.stack([left, right], axis=1)])
        self.dry = np.concatenate([self.dry, dry])

    def keep(self, words: str = "") -> Path:
        """What was written."""
        self.gig.do(f"keep {words}")
        keeper = self.gig.takes.keeper
        assert keeper.join(20)
        self.gig.status()
        ((news),) = self.gig.news()
        assert not news.wrong, news
        assert str(keeper.path) in news.message
        return keeper.path


def sound(path: Path) -> np.ndarray:
    audio, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE
    return audio


def test_what_was_heard_and_the_dry_guitar_are_written_bit_for_bit(folder):
    it = Playing(folder)
    it.play(2.0)
    kept = it.keep()
    assert kept.parent.resolve() == folder
    assert np.array_equal(sound(kept / "wet.wav"), it.heard)
    assert np.array_equal(sound(kept / "dry.wav"), it.dry)


def test_only_the_last_minutes_are_kept(folder):
    it = Playing(folder, minutes=0.05)
    for _ in range(8):
        it.play(2.0)
    assert it.gig.status().kept == pytest.approx(3.0)
    kept = it.keep()
    assert np.array_equal(sound(kept / "wet.wav"), it.heard[-3 * RATE :])
    assert np.array_equal(sound(kept / "dry.wav"), it.dry[-3 * RATE :])


def test_nothing_that_was_kept_is_written_over(folder):
    it = Playing(folder)
    it.play(0.1)
    first = it.keep()
    before = (first / "dry.wav").read_bytes()
    it.play(0.1)
    second = it.keep()
    assert second != first
    assert (first / "dry.wav").read_bytes() == before
    (folder / "there").mkdir()
    assert it.keep("there").parent == Path("there")


def test_it_is_played_again_with_all_that_was_changed_meanwhile(folder):
    """Amps, scenes, knobs, engines, levels, bypass and mute, whatever was saved or not: the same sound, to the bit."""
    it = Playing(folder)
    it.play(1.0)
    it.play(1.5, "amp Soft")
    it.play(1.5, "set Soft.gain.gain -10")
    it.play(1.5, "amp Loud:Solo", "level -6")
    it.play(1.5, "insert Loud gain", "set Loud.gain2.gain -12")
    it.play(1.5, "bypass")
    it.play(1.5, "bypass", "mute")
    it.play(1.5, "mute", "copy Loud as Mine")
    kept = it.keep()
    assert main(["render", str(kept), "again.wav"]) == 0
    again = sound(folder / "again.wav")
    assert again.shape == it.heard.shape
    assert not np.flatnonzero((again != it.heard).any(axis=1)).tolist()[:9]
    assert "# a comment that stays" in (kept / "1-set.toml").read_text()
    assert (folder / "set.toml").read_text() == PRESET
    assert [change.amp for change in replay.changes(kept)][:3] == ["Loud", "Soft", "Soft"]


def test_a_knob_that_is_being_turned_is_one_change(folder):
    it = Playing(folder)
    it.play(1.5)
    for gain in range(20):
        it.play(0.1, f"set Loud.gain.gain {gain / 10}")
    it.play(1.5)
    kept = it.keep()
    found = replay.changes(kept)
    assert [round(change.at, 1) for change in found] == [0.0, 3.5]
    assert main(["render", str(kept), "again.wav"]) == 0
    assert np.array_equal(sound(folder / "again.wav")[4 * RATE :], it.heard[4 * RATE :])


def test_what_was_changed_before_the_last_minutes_is_heard_from_their_beginning(folder):
    it = Playing(folder, minutes=0.05)
    it.play(1.0)
    it.play(4.0, "amp Soft")
    kept = it.keep()
    (change,) = replay.changes(kept)
    assert (change.at, change.amp) == (0.0, "Soft")
    assert len(tomli.loads((kept / change.preset).read_text())["amp"]) == 2


def test_whose_time_it_went_by_is_written_as_a_tempo(folder):
    (folder / "set.toml").write_text('tempo = 120\nfollow = "jack"\n' + PRESET)
    it = Playing(folder)
    it.play(0.5)
    for bpm in (90.0, 90.2, 400.0):
        it.rack.hear_transport(Transport(rolling=True, bpm=bpm))
        it.play(0.5)
        it.gig.status()
        it.play(1.2)
    kept = it.keep()
    said = [tomli.loads((kept / change.preset).read_text()) for change in replay.changes(kept)]
    assert [(preset["tempo"], "follow" in preset) for preset in said] == [(120, True), (90, False), (300, False)]
    assert main(["render", str(kept), "again.wav"]) == 0


def test_the_loop_is_part_of_the_dry_guitar(folder):
    it = Playing(folder)
    it.play(0.5, "loop")
    it.play(1.0, "loop")
    it.play(1.0, "amp Soft")
    kept = it.keep()
    assert main(["render", str(kept), "again.wav"]) == 0
    assert np.array_equal(sound(folder / "again.wav"), it.heard)


def test_a_disk_that_is_slower_than_the_guitar_is_said(folder, monkeypatch):
    it = Playing(folder, minutes=0.05)
    it.play(20.0)
    write = WavWriter.write

    def slow(writer: WavWriter, samples: np.ndarray) -> None:
        it.play(SPARE_SECONDS)  # so much is played meanwhile
        monkeypatch.setattr(WavWriter, "write", write)
        write(writer, samples)

    monkeypatch.setattr(WavWriter, "write", slow)
    before = it.heard[-3 * RATE :]
    it.gig.do("keep")
    keeper = it.gig.takes.keeper
    assert keeper.join(20)
    assert keeper.fault == ""
    assert np.array_equal(sound(keeper.path / "wet.wav"), before)

    def slower(writer: WavWriter, samples: np.ndarray) -> None:
        it.play(SPARE_SECONDS + 2.5)
        monkeypatch.setattr(WavWriter, "write", write)
        write(writer, samples)

    monkeypatch.setattr(WavWriter, "write", slower)
    before = it.heard[-3 * RATE :]
    it.gig.status()
    it.gig.do("keep")
    keeper = it.gig.takes.keeper
    assert keeper.join(20)
    assert "the disk is too slow; the first " in keeper.fault
    taken = sound(keeper.path / "wet.wav")
    lost = ~taken.any(axis=1)
    assert 1.0 * RATE < lost.sum() < 1.3 * RATE, (
        "2.5 s from the beginning, less the piece of 1.4 s that was taken before"
    )
    assert np.array_equal(taken[~lost], before[~lost])


def test_a_full_disk_is_said_beforehand_and_while_it_fills(folder, monkeypatch):
    it = Playing(folder)
    it.play(1.0)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(WavWriter, "write", full)
        it.gig.do("keep")
        keeper = it.gig.takes.keeper
        assert keeper.join(20)
    it.gig.status()
    ((news),) = it.gig.news()
    assert news.wrong
    assert "no space left on device" in news.message
    monkeypatch.setattr("os.statvfs", lambda path: type("Disk", (), {"f_bavail": 1, "f_frsize": 4096})())
    with pytest.raises(RigError, match=r"has no room for \d+ MB"):
        it.gig.do("keep")


def test_one_is_written_at_a_time(folder, monkeypatch):
    it = Playing(folder)
    it.play(0.1)
    monkeypatch.setattr(Keeper, "ended", False)
    it.gig.do("keep")
    it.gig.takes.keeper.join(20)
    with pytest.raises(RigError, match="still being written"):
        it.gig.do("keep")


def test_where_nothing_is_kept_that_is_said(folder):
    it = Playing(folder, minutes=0.0)
    it.play(0.1)
    with pytest.raises(RigError, match="'rig play --keep MINUTES' keeps the last ones"):
        it.gig.do("keep")
    it = Playing(folder)
    it.play(0.1)
    with pytest.raises(RigError, match=r"nothing can be written in /.*no such file"):
        it.gig.do("keep nowhere")


def test_unless_asked_for_more_they_take_an_eighth_of_the_memory_at_most(monkeypatch):
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1 << 18}.get)
    assert 210 < Room().seconds(RATE) < 230, "a Raspberry Pi of 1 GB"
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1 << 21}.get)
    assert Room().seconds(RATE) == 600
    assert Room(20).seconds(RATE) == 1200
    assert Room(0).seconds(RATE) == 0


@pytest.mark.parametrize(
    "text", ["", "change = 3", "[[change]]\nat = 0", '[[change]]\nat = "x"\npreset = "a"\namp = "b"']
)
def test_a_list_that_says_nothing_is_said(folder, text, capsys):
    (folder / "kept").mkdir()
    (folder / "kept" / "kept.toml").write_text(text)
    soundfile.write(folder / "kept" / "dry.wav", np.zeros(100), RATE)
    assert main(["render", "kept", "again.wav"]) == 1
    assert "kept.toml: " in capsys.readouterr().err


def test_render_says_what_it_lacks(folder, capsys):
    assert main(["render", "set.toml", "again.wav"]) == 1
    assert "which recording is to be played? rig render set.toml IN OUT" in capsys.readouterr().err
    it = Playing(folder)
    it.play(0.1)
    kept = it.keep()
    assert main(["render", str(kept), "again.wav", "--amp", "Soft"]) == 1
    assert "says itself what was played" in capsys.readouterr().err
