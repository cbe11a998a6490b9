"""What the audio thread must not do: allocate, lock, wait for Python. Proved on a real JACK server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import hour
import pytest
from compiler import CSRC
from hour import trapped
from leash import leashed

from rig.engine import registry

HERE = Path(__file__).parent

HARMLESS = {"memcpy", "memset", "memmove", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}
HARMLESS |= {
    "cos",
    "cosf",
    "cosh",
    "exp",
    "exp2f",
    "expf",
    "expm1f",
    "fabsf",
    "floor",
    "fmax",
    "fmaxf",
    "fmin",
    "fminf",
    "log10f",
    "log2f",
    "logf",
    "pow",
    "powf",
    "sin",
    "sincos",
    "sincosf",
    "sinf",
    "tan",
    "tanf",
    "tanhf",
}


NOTHING = {"allocations": 0, "frees": 0, "locks": 0, "syscalls": 0}


def did(counts: dict[str, int]) -> dict[str, int]:
    """What the audio thread did that it must not do; first: the number of its first system call."""
    assert counts["callbacks"] > 500
    if not counts["catches"]:
        warnings.warn("this kernel tells nobody of system calls: only memory and locks were watched", stacklevel=2)
    return {what: count for what, count in counts.items() if what in NOTHING or (what == "first" and count >= 0)}


@pytest.fixture
def night(tmp_path, compiler) -> tuple[Path, dict[str, str]]:
    """A set with every engine there is, and what the environment must say for it."""
    environment = hour.written(tmp_path, compiler.library("plugins"))
    return tmp_path / "night.toml", environment


def test_the_night_has_every_engine():
    named = set(re.findall(r'engine = "(\w+)"', hour.PRESET)) | {"model", "cab", "lv2"}
    assert named == set(registry())


@pytest.mark.slow
def test_the_audio_thread_neither_allocates_nor_locks_nor_asks_the_system(jack_server, compiler, night):
    """While amps and songs are switched, knobs turned, chains replaced, loops played, what is heard kept and recorded, under a
    storm of MIDI. An hour of it: `python tests/hour.py`.
    """
    path, environment = night
    counts = trapped(jack_server.name, compiler.library("trap"), path, 24, environment=environment)
    assert did(counts) == NOTHING


def test_neither_does_that_of_a_capture(jack_server, compiler):
    """While what it plays is exchanged, and its level turned."""
    assert did(trapped(jack_server.name, compiler.library("trap"), script="trapped_capture.py")) == NOTHING


def test_the_trap_would_have_caught_it(jack_server, compiler, night):
    path, environment = night
    trap = compiler.library("trap")
    counts = trapped(jack_server.name, trap, path, 0, compiler.library("engines"), environment=environment)
    assert counts["allocations"] > 100
    assert counts["frees"] > 100
    assert not counts["catches"] or counts["syscalls"] > 100


PICKING = ("kernels", "recurrent")
"""Find the machine's instruction set by its name, when an engine is made."""


@pytest.mark.parametrize(
    "source",
    [
        *sorted(CSRC.glob("*.c")),
        *sorted(CSRC.glob("engines/*.c")),
        *sorted(CSRC.glob("network/**/*.c")),
        CSRC / "rack" / "resample.c",
    ],
    ids=lambda p: p.stem,
)
def test_engines_call_nothing_that_could_wait(source, compiler):
    """What each engine's object file wants from outside is arithmetic, or the project's own."""
    listed = subprocess.run(
        ["nm", "-u", compiler.object(source, "-O2")], check=True, capture_output=True, text=True
    ).stdout
    wanted = set(re.findall(r"\bU (\S+)", listed))
    allowed = HARMLESS | ({"strcmp", "__cpu_model", "__cpu_indicator_init"} if source.stem in PICKING else set())
    assert {name for name in wanted if not name.startswith("rig_")} <= allowed


def busy(server, callback: str) -> dict[str, int]:
    """What tests/busy.py saw: a process of its own, because libjack talks to one server a process."""
    command = [sys.executable, HERE / "busy.py", server.name, callback]
    done = subprocess.run(leashed(command), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def missed(seen: dict[str, int], block: int) -> float:
    """Periods that the server ran without the client, beyond what it skipped itself: an xrun costs it one or two."""
    return seen["frames"] / block - seen["callbacks"] - 2 * seen["xruns"]


def test_a_busy_interpreter_costs_no_period(impatient_server):
    """Three seconds of pure Python that never lets go of the interpreter, at 64 frames."""
    seen = busy(impatient_server, "c")
    assert seen["frames"] > 2.5 * impatient_server.rate, "the server ran on"
    assert missed(seen, impatient_server.block) <= 3, seen


def test_a_python_callback_would_have_lost_them(impatient_server):
    seen = busy(impatient_server, "python")
    assert missed(seen, impatient_server.block) > 1000, seen
