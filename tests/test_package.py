"""What is shipped: a source distribution that builds, a wheel that plays by itself, and how a player names what is in it."""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import soundfile
from leash import leashed

from rig.errors import RigError
from rig.shipped import DEMO, INCLUDE, PRESETS, find_preset, find_take

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = sorted(path.stem for path in PRESETS.glob("*.toml"))
NOT_OURS = shutil.ignore_patterns(".*", "build", "dist", "captures", "*.egg-info", "*.so", "__pycache__")
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


# ---- names


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A working folder, and the player's own presets."""
    here, own = tmp_path / "here", tmp_path / "config" / "rig" / "presets"
    here.mkdir()
    own.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return here, own


def test_a_preset_is_looked_for_here_then_among_ones_own_then_among_those_that_ship(places):
    here, own = places
    assert find_preset(Path("blues")) == PRESETS / "blues.toml"
    assert find_preset(Path("blues.toml")) == PRESETS / "blues.toml"
    (own / "blues.toml").write_text("")
    assert find_preset(Path("blues")) == own / "blues.toml"
    (here / "blues.toml").write_text("")
    assert find_preset(Path("blues")) == Path("blues.toml")
    (here / "blues").mkdir()
    assert find_preset(Path("blues")) == Path("blues.toml"), "a folder is no preset"


def test_a_path_means_itself(places):
    for path in ("presets/blues.toml", "./none/blues", "/blues.toml", "a.nam", "none.toml", ".", ".."):
        assert find_preset(Path(path)) == Path(path)


def test_a_name_that_is_nowhere_is_told_with_those_that_are_there(places):
    _, own = places
    (own / "mine.toml").write_text("[[amp]]")
    with pytest.raises(
        RigError, match=rf"^no preset 'bluse' here, in {own} or among those that ship; did you mean 'blues"
    ):
        find_preset(Path("bluse"))
    names = ", ".join(sorted([*SHIPPED, "mine"]))
    with pytest.raises(RigError, match=rf"those that ship; there are {names}$"):
        find_preset(Path("zzz"))


def test_the_demo_take_has_a_name(places):
    here, _ = places
    assert find_take(Path("demo")) == DEMO
    assert find_take(Path("demo.wav")) == Path("demo.wav")
    (here / "demo").write_text("")
    assert find_take(Path("demo")) == Path("demo")
    assert soundfile.info(DEMO).samplerate == 48_000
    assert (INCLUDE / "rig_engine.h").is_file()


# ---- distributions


def built(kind: str, source: Path, into: Path) -> None:
    """Let the build back end work on a folder. Needs no network: the tools are those of this environment."""
    command = leashed([sys.executable, "-c", BUILD, f"build_{kind}", str(into)])
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


@pytest.fixture(scope="session")
def sdist(made) -> Path:
    def make(folder: Path) -> None:
        checkout = folder / "checkout"
        shutil.copytree(ROOT, checkout, ignore=NOT_OURS, symlinks=True)
        shutil.copytree(ROOT / ".ci", checkout / ".ci")
        built("sdist", checkout, folder)
        shutil.rmtree(checkout)

    return only(made.once("sdist", make), "*.tar.gz")


@pytest.fixture(scope="session")
def wheel(made, sdist) -> Path:
    """Of what the source distribution holds, and nothing else."""

    def make(folder: Path) -> None:
        folder.mkdir()
        subprocess.run(["tar", "-xf", sdist, "-C", folder], check=True)
        source = folder / sdist.name.removesuffix(".tar.gz")
        built("wheel", source, folder)
        shutil.rmtree(source)

    return only(made.once("wheel", make), "*.whl")


@pytest.fixture(scope="session")
def installed(made, wheel) -> Path:
    """The wheel in a folder of its own, as an installer lays it out."""

    def make(folder: Path) -> None:
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(folder)

    return made.once("installed", make)


def run(
    installed: Path, where: Path, *words: object, through: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """A command of the installed rig, in a folder where nothing else of ours is."""
    around = {**os.environ, "PYTHONPATH": str(installed), "XDG_CONFIG_HOME": str(where)}
    command = leashed([*through, sys.executable, "-m", "rig", *map(str, words)])
    return subprocess.run(command, cwd=where, env=around, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_the_source_distribution_has_all_that_make_needs(sdist):
    with tarfile.open(sdist) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    wanted = [
        "Makefile",
        "constraints.txt",
        ".ci/run",
        ".ci/system",
        "csrc/build.py",
        "README.md",
    ]
    wanted += ["engines/gain.py", "csrc/engines/gain.c", "presets/blues.toml", "presets/recipes/models.py", "LICENSE"]
    assert set(wanted) <= names
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "csrc").rglob("*.[chi]*") if path.is_file()} <= names


@pytest.mark.slow
def test_a_wheel_brings_one_package_and_all_that_ships(wheel):
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        metadata = email.message_from_bytes(packed.read(next(name for name in names if name.endswith("/METADATA"))))
    assert {name.split("/")[0] for name in names} == {
        "rig",
        f"{wheel.name.split('-')[0]}-{metadata['Version']}.dist-info",
    }
    shipped = [
        "rig/py.typed",
        "rig/engines/gain.py",
        "rig/presets/demo.flac",
        "rig/include/rig_engine.h",
        "rig/tui/rig.tcss",
    ]
    for folder in ("presets", "presets/models", "presets/cabs"):
        shipped += [f"rig/{path.relative_to(ROOT)}" for path in (ROOT / folder).iterdir() if path.is_file()]
    assert set(shipped) <= names
    assert not [name for name in names if "recipes" in name or name.endswith(("build.py", ".c"))]
    assert "-abi3-" in wheel.name, "one wheel for all Pythons"
    assert metadata["Name"] == "rig-live"
    assert [link for link in re.findall(r"\]\(([^)]*)\)", metadata.get_payload()) if ":" not in link] == []
    assert "screen.svg" not in metadata.get_payload()


@pytest.mark.slow
def test_every_header_that_an_engine_may_want_comes_along_and_needs_nothing_else(installed):
    include = installed / "rig" / "include"
    wanted = {path.name for path in (ROOT / "csrc").glob("*.h") if not path.with_suffix(".c").exists()}
    assert {path.name for path in include.iterdir()} == wanted
    for name in sorted(wanted):
        strictly = ("-std=c11", "-Wall", "-Werror", "-Wno-unused-function")
        command = ["cc", "-fsyntax-only", *strictly, f"-I{include}", "-xc", "-"]
        done = subprocess.run(command, input=f'#include "{name}"\n', capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), name


@pytest.mark.slow
def test_an_installed_wheel_plays_what_ships(installed, tmp_path):
    done = run(installed, tmp_path, "check", *SHIPPED)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(installed) in done.stdout
    done = run(installed, tmp_path, "render", "blues", "demo", "out.wav")
    assert (done.returncode, done.stderr) == (0, "")
    assert soundfile.info(tmp_path / "out.wav").frames == soundfile.info(DEMO).frames
    done = run(installed, tmp_path, "render", "bluse", "demo", "out.wav")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


@pytest.mark.slow
def test_an_installed_wheel_plays_on_a_processor_without_avx(installed, tmp_path):
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        pytest.skip("needs an emulator (Debian: qemu-user)")
    take, rate = soundfile.read(DEMO, frames=9600, dtype="float32")
    soundfile.write(tmp_path / "in.wav", take, rate, subtype="FLOAT")
    through = (emulator, "-cpu", "Nehalem")
    done = run(installed, tmp_path, "render", "practice", "in.wav", "out.wav", through=through)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    os.environ["RIG_ISA"] = "sse2"
    try:
        run(installed, tmp_path, "render", "practice", "in.wav", "here.wav")
    finally:
        del os.environ["RIG_ISA"]
    there, here = (soundfile.read(tmp_path / name)[0] for name in ("out.wav", "here.wav"))
    assert abs(there - here).max() < 1e-6
