"""An engine in a package of its own, made in an empty folder of what CONTRIBUTING.md says and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from leash import leashed

GUIDE = Path(__file__).resolve().parent.parent / "CONTRIBUTING.md"
FILE = re.compile(r"^`([\w./]+)` [^\n]*:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RATE = 48_000


def written(folder: Path, old: bool = False) -> Path:
    """The guide's package in a folder; old: its C is of another age."""
    guide = GUIDE.read_text().partition("### In a package of your own")[2].partition("\n## ")[0]
    files = dict(FILE.findall(guide))
    assert set(files) == {"pyproject.toml", "setup.py", "rig_fold/fold.c", "rig_fold/__init__.py"}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(".abi = RIG_ABI", ".abi = 1") if old else text)
    return folder


@pytest.fixture
def installed(tmp_path):
    """The folder that the guide's package, or an old one, is installed in."""

    def install(old: bool = False) -> Path:
        source, into = written(tmp_path / "source", old), tmp_path / "installed"
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
        command = leashed([*pip, "--target", str(into), str(source)])
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
        return into

    return install


def rig(into: Path, *words: object) -> subprocess.CompletedProcess[str]:
    around = {**os.environ, "PYTHONPATH": str(into)}
    command = leashed([sys.executable, "-m", "rig", *map(str, words)])
    return subprocess.run(command, cwd=into.parent, env=around, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_the_package_of_the_guide_plays(installed, tmp_path):
    into = installed()
    engines = {each["name"]: each for each in json.loads(rig(into, "engines", "--json").stdout)}
    assert engines["fold"]["about"] == "folds the wave over"
    assert [knob["name"] for knob in engines["fold"]["params"]] == ["drive"]
    (tmp_path / "fold.toml").write_text('[[amp]]\nname = "Fold"\nlevel = -6\nchain = [{ engine = "fold", drive = 20 }]')
    x = np.random.default_rng(5).uniform(-0.9, 0.9, RATE // 4).astype(np.float32)
    soundfile.write(tmp_path / "in.wav", x, RATE, "FLOAT")
    done = rig(into, "render", "fold.toml", "in.wav", "out.wav", "--bits", "32")
    assert (done.returncode, done.stderr) == (0, "")
    out, _ = soundfile.read(tmp_path / "out.wav", dtype="float32")
    assert np.corrcoef(out, np.sin(10 * x))[0, 1] > 0.999, "but for the DC blocker"


@pytest.mark.slow
def test_one_of_another_age_is_left_out_in_one_line(installed):
    into = installed(old=True)
    done = rig(into, "engines", "--json")
    assert done.returncode == 0
    assert "fold" not in {each["name"] for each in json.loads(done.stdout)}
    (line,) = done.stderr.splitlines()
    assert "rig-fold" in line and "built for ABI 1" in line and "rebuild its package" in line
