"""Recordings: nothing lost while the disk stalls, what is lost is silence in its place, and files that anybody can read."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from leash import leashed

from rig.engine import registry
from rig.errors import RigError
from rig.gig.recorder import Recorder, dry_of, rescued
from rig.gig.wav import WavWriter, header
from rig.native import Chain, Rack, Unit

RATE = 48_000
PERIOD = 64


def rack_of() -> Rack:
    rack = Rack(RATE)
    rack.limit(False)
    rack.begin(open=True)
    return rack


def noise(seconds: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def drained(rack: Rack) -> np.ndarray:
    """All that waits to be written: (frames, 2)."""
    pieces = []
    while len(piece := rack.recorded()):
        pieces.append(piece.copy())
    return np.concatenate([np.empty((0, 3), np.float32), *pieces])


# ---- the ring


def test_a_disk_may_stall_for_twenty_seconds():
    rack = rack_of()
    rack.record(True)
    x = noise(20.0)
    rack.process(x, PERIOD)
    assert rack.record_lost == 0
    taken = drained(rack)
    assert np.array_equal(taken[:, 0], x)
    assert np.array_equal(taken[:, 1], x)


def test_what_is_lost_is_silence_in_its_place():
    """Three times more comes than the ring holds, in between it is emptied in part: all that is there is in its time."""
    rack = rack_of()
    rack.record(True)
    taken, played = [], []
    for i, seconds in enumerate((30.0, 0.5, 31.0, 4.0)):
        x = noise(seconds, seed=i)
        rack.process(x, PERIOD)
        played.append(x)
        if i % 2 == 0:
            taken.append(rack.recorded().copy())
            taken.append(rack.recorded().copy())
    taken.append(drained(rack))
    x, heard = np.concatenate(played), np.concatenate(taken)[:, 0]
    missing = rack.record_missing
    assert len(heard) + missing == len(x)
    lost = heard != x[: len(heard)]
    assert not heard[lost].any()
    assert lost.sum() + missing == rack.record_lost
    assert 25 * RATE < rack.record_lost < 40 * RATE
    starts = np.flatnonzero(np.diff(lost.astype(int)) == 1)
    assert 1 <= len(starts) <= 4, "each loss in one piece"


def test_losses_without_end_take_no_more_room_than_there_is():
    """A disk that writes a little now and then: more holes than can be noted become fewer and longer ones."""
    rack = rack_of()
    rack.record(True)
    x = noise(30.0)
    rack.process(x, PERIOD)
    taken = []
    for i in range(300):
        taken.append(rack.recorded(100).copy())
        rack.process(x[i * 640 : (i + 1) * 640], PERIOD)
    taken.append(drained(rack))
    heard, played = np.concatenate(taken)[:, 0], np.concatenate([x, x[: 300 * 640]])
    assert len(heard) + rack.record_missing == len(played)
    lost = heard != played[: len(heard)]
    assert not heard[lost].any()
    assert lost.sum() + rack.record_missing == rack.record_lost


def test_a_recording_begins_with_nothing_of_the_one_before():
    rack = rack_of()
    rack.record(True)
    rack.process(noise(30.0), PERIOD)
    assert rack.record_lost > 0
    rack.record(False)
    rack.record(True)
    x = noise(1.0, seed=2)
    rack.process(x, PERIOD)
    assert np.array_equal(drained(rack)[:, 0], x)
    assert rack.record_lost == rack.record_missing == 0


# ---- the file


class Disk:
    """Stalls whenever it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.works = threading.Event()
        self.works.set()
        write = WavWriter.write

        def slow(writer: WavWriter, samples: np.ndarray) -> None:
            self.works.wait()
            write(writer, samples)

        monkeypatch.setattr(WavWriter, "write", slow)


@pytest.fixture
def disk(monkeypatch) -> Iterator[Disk]:
    made = Disk(monkeypatch)
    yield made
    made.works.set()


def play(rack: Rack, x: np.ndarray) -> None:
    """As fast as it goes."""
    rack.process(x, PERIOD)


def stop(recorder: Recorder) -> None:
    """And wait for the disk."""
    recorder.stop()
    assert recorder.join(20)


def test_a_recording_is_what_is_heard_though_the_disk_stalls(tmp_path, disk):
    rack = rack_of()
    recorder = Recorder(rack, tmp_path / "take.wav", RATE)
    x = noise(15.0)
    play(rack, x[:RATE])
    disk.works.clear()
    play(rack, x[RATE:])
    disk.works.set()
    stop(recorder)
    taken, rate = soundfile.read(recorder.path, dtype="float32")
    assert rate == RATE
    assert recorder.lost == 0
    assert recorder.fault == ""
    assert np.array_equal(taken, np.stack([x, x], axis=1))


def test_nobody_waits_for_the_disk_when_a_recording_ends(tmp_path, disk):
    rack = rack_of()
    recorder = Recorder(rack, tmp_path / "take.wav", RATE)
    disk.works.clear()
    x = noise(1.0)
    play(rack, x)
    recorder.stop()
    assert not recorder.ended
    assert not recorder.path.exists()
    play(rack, x)
    disk.works.set()
    assert recorder.join(20)
    assert np.array_equal(soundfile.read(recorder.path, dtype="float32")[0][:, 0], x)


def test_a_disk_that_does_not_come_back_is_not_waited_for_in_the_end(tmp_path, disk):
    recorder = Recorder(rack_of(), tmp_path / "take.wav", RATE)
    disk.works.clear()
    play(recorder._rack, noise(0.1))
    recorder.stop()
    assert not recorder.join(0.0)
    assert recorder.fault.startswith(f"{recorder.path}: the disk is too slow; what there is lies in .take.wav.")


@pytest.mark.parametrize("ends", ["after the disk has come back", "with the loss"])
def test_a_loss_is_said_at_once_and_is_silence_in_the_file(tmp_path, disk, ends):
    rack = rack_of()
    recorder = Recorder(rack, tmp_path / "take.wav", RATE)
    disk.works.clear()
    x = noise(30.0)
    play(rack, x)
    lost = recorder.lost
    assert 5 * RATE < lost < 10 * RATE
    if ends == "with the loss":
        threading.Timer(0.5, disk.works.set).start()
    else:
        disk.works.set()
        time.sleep(1.0)
        after = noise(1.0, seed=2)
        play(rack, after)
        x = np.concatenate([x, after])
    stop(recorder)
    assert recorder.lost == lost
    taken = soundfile.read(recorder.path, dtype="float32")[0][:, 0]
    assert len(taken) == len(x)
    assert (taken != x).sum() == lost
    assert not taken[taken != x].any()


def test_recordings_count_on_and_write_over_nothing(tmp_path):
    rack = rack_of()
    (tmp_path / "take.wav").write_bytes(b"the best solo ever")
    names = []
    for _ in range(3):
        recorder = Recorder(rack, tmp_path / "take.wav", RATE)
        play(rack, noise(0.1))
        stop(recorder)
        names.append(recorder.path.name)
        assert soundfile.info(recorder.path).frames == RATE // 10
    assert names == ["take-2.wav", "take-3.wav", "take-4.wav"]
    assert (tmp_path / "take.wav").read_bytes() == b"the best solo ever"
    recorder = Recorder(rack, tmp_path / "other.wav", RATE)
    (tmp_path / "other.wav").write_bytes(b"came meanwhile")
    stop(recorder)
    assert recorder.path.name == "other-2.wav"
    assert (tmp_path / "other.wav").read_bytes() == b"came meanwhile"


def test_a_full_disk_is_said_and_what_was_recorded_is_kept(tmp_path):
    rack = rack_of()
    recorder = Recorder(rack, tmp_path / "take.wav", RATE)
    x = noise(3.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_003, hard))  # in the middle of a sample
    try:
        play(rack, x)
        until = time.monotonic() + 10
        while not recorder.fault and time.monotonic() < until:
            time.sleep(0.01)
        assert recorder.fault == f"{recorder.path}: file too large; the 2.6 s until then are kept"
        play(rack, x)
        stop(recorder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    taken = soundfile.read(recorder.path, dtype="float32")[0][:, 0]
    assert len(taken) == (1_000_003 - len(header(RATE, 2, 0))) // 8
    assert np.array_equal(taken, x[: len(taken)])
    assert "file too large" in recorder.fault
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take-dry.wav", "take.wav"]


def test_the_dry_guitar_is_recorded_beside_what_is_heard(tmp_path):
    """Both begin and end at the same frame."""
    rack = Rack(RATE)
    rack.offer("amp", 0, Chain([Unit(registry()["gain"], params={"gain": 6.0})], RATE))
    rack.limit(False)
    rack.begin(open=True)
    recorder = Recorder(rack, tmp_path / "take.wav", RATE)
    x = noise(1.0)
    left, _, _ = rack.process(x, PERIOD)
    stop(recorder)
    assert np.array_equal(soundfile.read(tmp_path / "take.wav", dtype="float32")[0][:, 0], left)
    assert np.array_equal(soundfile.read(tmp_path / "take-dry.wav", dtype="float32")[0], x)
    assert not np.array_equal(left, x)


def test_a_dry_file_is_not_written_over_either(tmp_path):
    (tmp_path / "take-dry.wav").write_bytes(b"the best solo ever")
    recorder = Recorder(rack_of(), tmp_path / "take.wav", RATE)
    stop(recorder)
    assert (tmp_path / "take-dry.wav").read_bytes() == b"the best solo ever"
    assert {path.name for path in tmp_path.iterdir()} == {"take-dry.wav", "take-2.wav", "take-2-dry.wav"}


def test_a_flac_is_what_is_heard_to_24_bits(tmp_path):
    rack = rack_of()
    recorder = Recorder(rack, tmp_path / "take.FLAC", RATE)
    x = noise(3.0)
    play(rack, x)
    stop(recorder)
    for path, channels in ((recorder.path, 2), (dry_of(recorder.path), 1)):
        assert (soundfile.info(path).format, soundfile.info(path).frames) == ("FLAC", len(x))
        taken = soundfile.read(path, dtype="float32", always_2d=True)[0]
        assert np.abs(taken - np.stack([x] * channels, axis=1)).max() <= 2**-24


def test_a_flac_on_a_full_disk_keeps_its_whole_blocks(tmp_path):
    rack = rack_of()
    recorder = Recorder(rack, tmp_path / "take.flac", RATE)
    x = noise(5.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_001, hard))
    try:
        for at in range(0, len(x), RATE // 4):
            play(rack, x[at : at + RATE // 4])
            written = recorder._writers[0].frames
            until = time.monotonic() + 10
            while not recorder.fault and recorder._writers[0].frames == written and time.monotonic() < until:
                time.sleep(0.005)
        stop(recorder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert "file too large; the " in recorder.fault
    taken = soundfile.read(recorder.path, dtype="float32")[0][:, 0]
    assert RATE < len(taken) < 4 * RATE
    assert np.abs(taken - x[: len(taken)]).max() <= 2**-24


def test_what_room_the_disk_has_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("os.statvfs", lambda path: SimpleNamespace(f_bavail=1000, f_frsize=48_000))
    recorder = Recorder(rack_of(), tmp_path / "take.wav", RATE)
    until = time.monotonic() + 10
    while recorder.room is None and time.monotonic() < until:
        time.sleep(0.005)
    stop(recorder)
    assert recorder.room == pytest.approx(1000 / 12)


def test_a_disk_that_has_gone_at_the_end_is_said(tmp_path, monkeypatch):
    rack = rack_of()
    recorder = Recorder(rack, tmp_path / "take.wav", RATE)
    play(rack, noise(0.1))

    def gone(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", gone)
        stop(recorder)
    assert "input/output error" in recorder.fault
    assert "\n" not in recorder.fault
    after = Recorder(rack, tmp_path / "take.wav", RATE)
    stop(after)
    assert after.path.name == "take-2.wav", "the first is not written over"
    (found,) = rescued(tmp_path)
    assert soundfile.info(found).frames == RATE // 10
    assert found.name == "take.wav"


def test_a_file_that_cannot_be_made_is_said(tmp_path):
    for path, said in (
        (tmp_path / "take.mp3", "recordings are .wav or .flac files"),
        (tmp_path / "no" / "t.wav", "can't be"),
    ):
        with pytest.raises(RigError, match=said):
            Recorder(rack_of(), path, RATE)


# ---- what any program can read


def test_the_file_is_a_wav_that_no_program_complains_about(tmp_path):
    path = tmp_path / "take.wav"
    writer = WavWriter(path, RATE, 2)
    x = np.stack([noise(0.5), noise(0.5, seed=2)], axis=1)
    writer.write(x[:1000])
    writer.write(x[1000:])
    writer.close()
    assert soundfile.info(path).format == "WAV"
    assert np.array_equal(soundfile.read(path, dtype="float32")[0], x)
    if sox := shutil.which("sox"):
        done = subprocess.run([sox, path, "-n", "stat"], capture_output=True, text=True)
        assert done.returncode == 0
        assert "WARN" not in done.stderr
    content = path.read_bytes()
    tag, size = struct.unpack("<4sI", content[48:56])
    assert (tag, size) == (b"fmt ", 18), "all but integers have a size of an extension"
    assert struct.unpack("<I", content[4:8])[0] == len(content) - 8


@pytest.mark.parametrize("frames", [536_870_880, 536_870_912, 700_000_000])
def test_what_outgrows_four_gigabytes_is_rf64_to_the_last_frame(tmp_path, frames):
    path = tmp_path / "long.wav"
    head, last = header(RATE, 2, frames), np.float32([[0.25, -0.25]])
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + 8 * frames)  # takes no room
        file.seek(-8, 2)
        file.write(last.tobytes())
    assert len(head) == len(header(RATE, 2, 1))
    with soundfile.SoundFile(path) as file:
        assert file.format == ("RF64" if frames > 536_870_880 else "WAV")
        assert file.frames == frames
        file.seek(frames - 1)
        assert np.array_equal(file.read(dtype="float32", always_2d=True), last)


def test_a_recording_becomes_rf64_as_it_outgrows_four_gigabytes(tmp_path):
    """All but its beginning and its end is a hole in the file, which takes no room."""
    path = tmp_path / "long.wav"
    writer = WavWriter(path, RATE, 2)
    x = np.stack([noise(0.5), noise(0.5, seed=2)], axis=1)
    writer.write(x)
    most = len(header(RATE, 2, 0)) + (1 << 32) - 8 * len(x)
    os.lseek(writer._fd, most - writer.bytes, os.SEEK_CUR)
    writer.bytes = most
    for fits in (True, False):
        with soundfile.SoundFile(path) as file:
            assert (file.format == "WAV") == fits
        writer.write(x)
    frames = writer.frames
    writer.close()
    with soundfile.SoundFile(path) as file:
        assert (file.format, file.frames) == ("RF64", frames)
        assert np.array_equal(file.read(len(x), dtype="float32"), x)
        file.seek(frames - len(x))
        assert np.array_equal(file.read(dtype="float32"), x)


# ---- what a killed recording leaves

KILLED = """
import os, signal, sys, time
from pathlib import Path
import numpy as np
from rig.gig.recorder import Recorder
from rig.native import Rack
rack = Rack(48_000)
rack.limit(False)
rack.begin(open=True)
recorder = Recorder(rack, Path(sys.argv[1]), 48_000)
rack.process(np.linspace(-0.5, 0.5, 48_000, dtype=np.float32))
while min(writer.frames for writer in recorder._writers) < 43_000:
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""


def kill(path: Path) -> None:
    command = leashed([sys.executable, "-c", KILLED, path])
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), done.stderr


def test_what_a_killed_recording_left_is_found_and_can_be_read(tmp_path):
    kill(tmp_path / "take.wav")
    kill(tmp_path / "take.wav")
    (tmp_path / ".set.toml.12.part").write_text("no recording")
    (tmp_path / ".wet.wav.12.part").write_bytes(b"RIFF another program's")
    rack = rack_of()
    running = Recorder(rack, tmp_path / "take.wav", RATE)
    play(rack, noise(0.1))
    found = rescued(tmp_path)
    assert [path.name for path in found] == ["take-2.wav", "take-3.wav"], "the first is to be that of the one that runs"
    for path in found:
        taken, rate = soundfile.read(path, dtype="float32")
        assert rate == RATE
        assert np.array_equal(taken[:, 0], np.linspace(-0.5, 0.5, RATE, dtype=np.float32))
    assert rescued(tmp_path) == ()
    stop(running)
    assert running.path.name == "take.wav"
    assert soundfile.info(running.path).frames == RATE // 10
    takes = {"take.wav", "take-2.wav", "take-3.wav"}
    assert {dry_of(Path(name)).name for name in takes} <= {path.name for path in tmp_path.iterdir()}
    left = {path.name for path in tmp_path.iterdir()} - takes - {dry_of(Path(name)).name for name in takes}
    assert left == {".set.toml.12.part", ".wet.wav.12.part"}


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_what_is_killed_can_be_read_as_it_lies(tmp_path, ending):
    """Also by who has no rig at hand: the header tells of all but the last moment."""
    kill(tmp_path / f"take.{ending}")
    parts = list(tmp_path.iterdir())
    assert len(parts) == 2
    for part in parts:
        plain = part.rename(tmp_path / f"plain.{ending}")
        taken = soundfile.read(plain, dtype="float32", always_2d=True)[0]
        assert len(taken) > 43_000
        assert np.abs(taken[:, 0] - np.linspace(-0.5, 0.5, RATE, dtype=np.float32)[: len(taken)]).max() <= 2**-23
        plain.rename(part)
    assert [path.name for path in rescued(tmp_path)] == [f"take.{ending}"]
    assert {path.name for path in tmp_path.iterdir()} == {f"take.{ending}", f"take-dry.{ending}"}
    assert soundfile.info(tmp_path / f"take-dry.{ending}").frames > 43_000


def test_what_was_left_of_four_gigabytes_is_rescued_too(tmp_path):
    head, frames = header(RATE, 2, 0), 600_000_000
    part = tmp_path / ".long.wav.1.part"
    with part.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + 8 * frames + 5)
    (path,) = rescued(tmp_path)
    assert soundfile.info(path).frames == frames
    assert path.stat().st_size == len(head) + 8 * frames


def test_a_rescue_that_was_killed_is_made_good(tmp_path):
    part = tmp_path / ".take.wav.1.part"
    part.write_bytes(header(RATE, 1, 100) + bytes(400))
    (path,) = rescued(tmp_path)
    assert soundfile.info(path).frames == 100


def test_what_holds_nothing_or_lies_nowhere_is_no_trouble(tmp_path):
    (tmp_path / ".take.wav.1.part").write_bytes(header(RATE, 2, 0))
    assert rescued(tmp_path) == ()
    assert rescued(tmp_path / "no folder") == ()
