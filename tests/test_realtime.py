"""What the audio thread must not do: allocate, lock, wait for Python. Proved on a real JACK server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import bundles
import numpy as np
import pytest
import soundfile
from compiler import CSRC
from leash import leashed
from networks import guitarml

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


@pytest.fixture
def preset(tmp_path, rng, compiler, monkeypatch) -> Path:
    """Two amps with every engine there is, and something that plays; with LV2 plug-ins where there is lilv."""
    plug_ins = ""
    if bundles.has_lilv():
        bundles.install(tmp_path / "lv2", compiler.library("plugins"))
        monkeypatch.setenv("LV2_PATH", str(tmp_path / "lv2"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        named = (("worker", "{ number = 4 }"), ("state", "{}"), ("events", "{}"), ("echo", "{}"))
        entry = '{{ engine = "lv2", plugin = "urn:rig-test:{}", params = {} }},'
        plug_ins = " ".join(entry.format(*each) for each in named)
    for name, channels in (("a", 4), ("b", 7)):
        net = guitarml(rng, channels=channels, dilations=(1, 2, 4, 8, 16, 32, 64, 128))
        (tmp_path / f"{name}.json").write_text(json.dumps(net))
    soundfile.write(tmp_path / "ir.wav", np.hanning(400), 48_000)
    decay = rng.normal(0, 0.2, (48_000, 2)) * np.exp(-np.arange(48_000) / 8000)[:, None]
    soundfile.write(tmp_path / "room.wav", decay, 48_000, subtype="FLOAT")
    soundfile.write(tmp_path / "demo.wav", 0.2 * rng.normal(0, 1, 96_000), 48_000)
    path = tmp_path / "all.toml"
    path.write_text(
        """
name = "All"
[input]
chain = [{ engine = "gate" }]
[[amp]]
name = "A"
chain = [
  { engine = "comp" }, { engine = "pitch" }, { engine = "gain" }, { engine = "wah", follow = "up" }, { model = "a.json" },
  { engine = "eq", bass = 3 }, { engine = "chorus" }, { engine = "phaser" },
]
[[amp.scene]]
name = "Loud"
set = { gain.gain = 3, eq.bass = 5, comp.on = false }
[[amp]]
name = "B"
chain = [{ engine = "gain" }, { model = "b.json" }, PLUG_INS { engine = "gate" }, { engine = "delay" }]
[output]
chain = [{ ir = "ir.wav", ir2 = "room.wav", lowcut = 80 }, { engine = "tremolo" }, { engine = "flanger" }, { engine = "reverb" }]
[midi]
program = { 0 = "A:Loud", 1 = "B" }
cc = { 11 = "morph A to A:Loud", 12 = "loop" }
send = { A = "pc 1 5", B = ["cc 1 7 1", "sysex 7D 01"] }
""".replace("PLUG_INS", plug_ins)
    )
    return path


def trapped(jack_server, trap: Path, *more: Path, script: str = "trapped.py") -> dict[str, int]:
    command = [sys.executable, HERE / script, trap, jack_server.name, *more]
    environment = {**os.environ, "LD_PRELOAD": str(trap)}
    done = subprocess.run(leashed(command), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_audio_thread_neither_allocates_nor_locks(jack_server, compiler, preset):
    """While amps are switched, knobs turned, chains replaced, loops played, and what is heard kept and recorded."""
    counts = trapped(jack_server, compiler.library("trap"), preset)
    assert counts.pop("callbacks") > 500
    assert counts == {"allocations": 0, "frees": 0, "locks": 0}


def test_neither_does_that_of_a_capture(jack_server, compiler):
    """While what it plays is exchanged, and its level turned."""
    counts = trapped(jack_server, compiler.library("trap"), script="trapped_capture.py")
    assert counts.pop("callbacks") > 500
    assert counts == {"allocations": 0, "frees": 0, "locks": 0}


def test_the_trap_would_have_caught_it(jack_server, compiler, preset):
    counts = trapped(jack_server, compiler.library("trap"), preset, compiler.library("engines"))
    assert counts["allocations"] > 100
    assert counts["frees"] > 100


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
