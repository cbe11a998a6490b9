"""Sound files are read as far as their use needs: a header that promises more costs neither time nor memory."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rig.capture import checks, test_signal
from rig.engine import registry
from rig.errors import RigError
from rig.gig.render import render
from rig.report.facts import facts
from rig.sound import CABINET, CAPTURE, RECORDING, Use, read


def cab(path: Path) -> object:
    return registry()["cab"].load({"ir": path}, {}, 48_000)


def capture(path: Path) -> object:
    return checks.read_pair(path, path)


def played(path: Path) -> object:
    return test_signal.from_file(path, 48_000)


def rendered(path: Path) -> object:
    return render(Path("none.toml"), path, path.with_name("out.wav"))


READERS = (cab, capture, played, rendered, facts)


def wav(path: Path, rate: int = 48_000, frames: int = 480, channels: int = 1) -> Path:
    """A small file; its header may say any rate."""
    soundfile.write(path, np.full((frames, channels), 0.1), 48_000, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", rate)
    path.write_bytes(content)
    return path


def flac(path: Path, frames: int) -> Path:
    """A small file whose header says so many frames: 36 bits of it, behind magic, block header and sizes."""
    soundfile.write(path, np.full(480, 0.1), 48_000, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    content[21] = content[21] & 0xF0 | frames >> 32
    content[22:26] = struct.pack(">I", frames & 0xFFFFFFFF)
    path.write_bytes(content)
    return path


def fault(reader, path: Path) -> str:
    with pytest.raises(RigError) as caught:
        reader(path)
    found = re.fullmatch(r"(?:(?:dry|wet) recording: )?(.*?\.(?:wav|flac)): (.*)", str(caught.value))
    assert found
    assert found[1] == str(path)
    return found[2]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("rate", [0, 1, 441, 7999, 384_001, 4_800_000, 2**31 - 1])
def test_a_rate_that_no_sound_has(tmp_path, reader, rate):
    said = fault(reader, wav(tmp_path / "a.wav", rate))
    # libsndfile itself refuses no rate at all
    assert said in (f"its header says {rate} Hz; a sound has 8000 to 384000 Hz", fault(read, tmp_path / "a.wav"))
    assert "sound" in said


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("frames", [10**9, 2**36 - 1])
def test_more_frames_than_anybody_recorded(tmp_path, reader, frames):
    said = fault(reader, flac(tmp_path / "a.flac", frames))
    assert said.startswith(f"its header says {frames / 48_000:.0f} s; a c") or "MB" in said or "a recording has" in said


def test_each_use_has_its_length(tmp_path):
    long = wav(tmp_path / "a.wav", frames=11 * 48_000)
    assert fault(cab, long) == "its header says 11 s; a cabinet has at most 10 s"
    assert len(read(long, CAPTURE)[0]) == len(read(long, RECORDING)[0]) == 11 * 48_000
    assert facts(long).cabinet is None
    assert fault(capture, flac(tmp_path / "a.flac", 3601 * 48_000)) == (
        "its header says 3601 s; a capture has at most 3600 s"
    )


def test_each_use_has_its_memory(tmp_path):
    """All channels count."""
    path = wav(tmp_path / "a.wav", frames=300_000, channels=4)
    with pytest.raises(RigError, match="it would take 4 MB of memory; a test takes at most 3 MB"):
        read(path, Use("a test", 10, 1_000_000))
    assert read(path, CABINET)[0].shape == (300_000, 4)


WEIGH = """
import sys
from pathlib import Path
from rig.engine import registry
from rig.errors import RigError
for path in sys.argv[1:]:
    try:
        registry()["cab"].load({"ir": Path(path)}, {}, 48_000)
    except RigError as error:
        print(error)
print(next(line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmHWM')).split()[1])
"""


def test_no_header_takes_more_than_200_mb(tmp_path):
    paths = [
        wav(tmp_path / "slow.wav", rate=1, frames=20_000),
        flac(tmp_path / "long.flac", 10**9),
        flac(tmp_path / "endless.flac", 2**36 - 1),
        wav(tmp_path / "eight.wav", rate=8_000, frames=80_000),
    ]
    command = [sys.executable, "-c", WEIGH, *map(str, paths)]
    *lines, peak_kib = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(lines) == 3
    assert int(peak_kib) < 200 * 1024
