"""The set-up that `make` does: what it says where something is missing, and that a broken-off step is taken again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from leash import leashed

ROOT = Path(__file__).resolve().parent.parent


def fetched(*command: str, **around: str) -> subprocess.CompletedProcess[str]:
    command = leashed(["sh", str(ROOT / ".ci/fetch"), *command])
    return subprocess.run(command, env={**os.environ, **around}, capture_output=True, text=True, timeout=120)


def test_without_a_network_one_line_says_so(tmp_path):
    pip = (
        sys.executable,
        "-m",
        "pip",
        "install",
        "--isolated",
        "--target",
        str(tmp_path),
        "--retries",
        "1",
        "--no-deps",
    )
    done = fetched(*pip, "--index-url", "http://127.0.0.1:9/simple", "rig-is-not-there")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "rig: this step needs the network once, and found none; what is done stays done\n"


def test_any_other_fault_is_shown_whole():
    done = fetched("sh", "-c", "echo one; echo two >&2; exit 3")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "one\ntwo\n")
    assert fetched("echo", "chatter").stdout == ""


@pytest.fixture
def bare(tmp_path) -> Path:
    """A folder of programs with Python and a compiler, but no jackd and no sudo; apt-get is there to be named."""
    for name in ("sh", "env", "id", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or pytest.skip(f"needs {name}"))
    for name, does in (("cc", "exit 0"), ("apt-get", "echo called >&2; exit 1"), ("id", "echo 1000")):
        (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def system(path: Path, *goals: str, **around: str) -> subprocess.CompletedProcess[str]:
    around = {**os.environ, "PATH": str(path), "PYTHON": sys.executable, **around}
    return subprocess.run(
        leashed(["/bin/sh", str(ROOT / ".ci/system"), *goals]), env=around, capture_output=True, text=True, timeout=60
    )


def test_whoever_may_not_install_is_told_the_whole_command(bare):
    done = system(bare, "test")
    assert done.returncode == 1
    right = "rig: please install first, as root: apt-get update; apt-get install --no-install-recommends "
    assert done.stderr.startswith(right)
    assert "jackd2" in done.stderr.split()


def test_where_pipewire_does_the_sound_its_libjack_is_what_playing_needs(bare):
    for name, does in (("pipewire-pulse", "exit 0"), ("looked", "echo lacks=\\'jack pipewire\\'")):
        (bare / name).write_text(f"#!/bin/sh\n{does}\n")
        (bare / name).chmod(0o755)
    looked = str(bare / "looked")
    assert system(bare, "play", PYTHON=looked).stderr.split()[-1:] == ["pipewire-jack"]
    assert system(bare, "test", PYTHON=looked).stderr.split()[-1:] == ["jackd2"]
    (bare / "looked").write_text("#!/bin/sh\necho lacks=jack\n")
    assert (system(bare, "play", PYTHON=looked).returncode, system(bare, "test", PYTHON=looked).returncode) == (0, 1)


def test_what_only_reads_needs_no_sound(bare):
    done = system(bare, "lint")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def checkout(tmp_path) -> Path:
    """What make reads, and an environment whose set-up was broken off: pip is there, the build's tools are not."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "csrc").mkdir()
    for name in ("pyproject.toml", "setup.py", "constraints.txt"):
        (tmp_path / name).touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "pip").write_text(f"#!{programs}/python\n")
    runs(programs / "python", True)
    return tmp_path


def runs(python: Path, has_packages: bool) -> None:
    """An environment's Python that finds its packages, or does not."""
    python.write_text(f"#!/bin/sh\nexit {int(not has_packages)}\n")
    python.chmod(0o755)


def planned(checkout: Path, *goals: str) -> str:
    theirs = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "TRAIN", "TORCH_INDEX")  # of a make above us
    around = {name: value for name, value in os.environ.items() if name not in theirs}
    command = leashed(["make", "-n", "-C", str(checkout), *goals])
    return subprocess.run(command, env=around, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_set_up_that_was_broken_off_is_taken_up_again(checkout):
    venv = checkout / ".venv"
    (venv / ".play").touch()
    assert "setuptools>=77" in planned(checkout, "play"), "a stamp that is older than the tools counts for nothing"
    assert not (venv / ".play").exists()
    (venv / ".made").touch()
    (venv / ".tools").touch()
    plan = planned(checkout, "test")
    assert "setuptools>=77" not in plan
    assert plan.count("build_ext") == 1


def all_done(checkout: Path) -> None:
    (checkout / "rig" / "native").mkdir(parents=True)
    (checkout / "rig" / "native" / "_c.abi3.so").touch()
    for stamp in (".made", ".tools", ".built", ".play"):
        (checkout / ".venv" / stamp).touch()


def test_a_folder_that_was_moved_is_set_up_anew(checkout):
    all_done(checkout)
    assert "-m venv" not in planned(checkout, "play")
    moved = checkout.rename(checkout.with_name("moved"))
    plan = planned(moved, "play")
    assert "-m venv --clear" in plan and "setuptools>=77" in plan and "--editable ." in plan


def test_under_another_python_all_is_set_up_anew(checkout):
    all_done(checkout)
    runs(checkout / ".venv" / "bin" / "python", False)
    plan = planned(checkout, "play")
    assert "-m venv --clear" in plan and "setuptools>=77" in plan and "--editable ." in plan
    assert not list((checkout / ".venv").glob(".[a-z]*"))


def test_tests_after_play_build_nothing_anew(checkout):
    all_done(checkout)
    assert "build_ext" not in planned(checkout, "test")


def test_without_pytorch_none_is_fetched(checkout):
    assert " torch\n" in planned(checkout, "test")
    without = planned(checkout, "test", "TRAIN=no")
    assert " torch\n" not in without
    assert ".[test]" in without
    assert "--index-url 'file:///cpu' torch\n" in planned(checkout, "test", "TORCH_INDEX=file:///cpu")
