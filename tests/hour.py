"""An hour of playing pressed into minutes, its audio thread in the trap: a set with every engine there is, two songs, scenes, pedals,
loops, recordings, plug-ins and an insert, under a storm of MIDI.

`python tests/hour.py` starts a JACK server of its own and plays it; `--rounds 200` is a short one. It ends with 1 where the audio
thread did what it must not do.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import bundles
import numpy as np
import soundfile
from compiler import HERE, Compiler
from jack_servers import reserved_name, running
from leash import leashed
from made import Made
from networks import guitarml

ROUNDS = 3000
"""Of a switch, a chain made anew, a dozen verbs, and every fourth time six edits: more than an hour's."""

PRESET = """
name = "All"
tempo = 100
[input]
chain = [{ engine = "gate" }]
[[amp]]
name = "A"
chain = [
  { engine = "comp" }, { engine = "pitch" }, { engine = "gain" }, { engine = "wah", follow = "up" }, { model = "a.json" },
  { engine = "eq", bass = 3 }, { engine = "chorus" }, { engine = "phaser" }, { engine = "drive", oversample = 4 },
]
[[amp.scene]]
name = "Solo"
level = 3
set = { gain.gain = 6, eq.on = false, output.reverb.mix = 0.5 }
[[amp]]
name = "B"
chain = [
  { engine = "gain" }, { model = "b.json", oversample = 2 }, PLUG_INS { engine = "gate" }, { engine = "insert", id = "pedals" },
  { engine = "blend", a = [{ engine = "peq" }], b = [{ engine = "pan" }, { engine = "volume" }] }, { engine = "delay" },
]
[output]
chain = [{ ir = "ir.wav", ir2 = "room.wav", lowcut = 80 }, { engine = "tremolo" }, { engine = "flanger" }, { engine = "dc" }, { engine = "reverb" }]
[midi]
cc = { 11 = "A.gain.gain", 12 = "output.reverb.mix", 13 = "level", 64 = "tap" }
program = { 0 = "A", 1 = "B", 2 = "A:Solo" }
note = { 36 = "loop", 37 = "A.eq.on" }
"""
SET = """
name = "Night"
[[song]]
name = "One"
preset = "all.toml"
parts = ["A", "A:Solo", "B"]
[[song]]
name = "Two"
preset = "all.toml"
tempo = 140
parts = ["B", "A"]
"""


PLUGINS = (("worker", "{ number = 4 }"), ("state", "{}"), ("events", "{}"), ("echo", "{}"))


def written(folder: Path, library: Path) -> dict[str, str]:
    """Writes the set and its files: night.toml, and demo.wav, which plays in place of a guitar.

    library: of the plug-ins, which are in it where there is lilv. Returns what the environment must say for them.
    """
    rng = np.random.default_rng(20191)
    environment = {"XDG_CACHE_HOME": str(folder), "XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    plug_ins = ""
    if bundles.has_lilv():
        bundles.install(folder / "lv2", library)
        environment["LV2_PATH"] = str(folder / "lv2")
        entry = '{{ engine = "lv2", plugin = "{}", params = {} }},'
        plug_ins = " ".join(entry.format(bundles.uri(name), params) for name, params in PLUGINS)
    for name, channels in (("a", 4), ("b", 7)):
        net = guitarml(rng, channels=channels, dilations=(1, 2, 4, 8, 16, 32, 64, 128))
        (folder / f"{name}.json").write_text(json.dumps(net))
    soundfile.write(folder / "ir.wav", np.hanning(400), 48_000)
    decay = rng.normal(0, 0.2, (48_000, 2)) * np.exp(-np.arange(48_000) / 8000)[:, None]
    soundfile.write(folder / "room.wav", decay, 48_000, subtype="FLOAT")
    soundfile.write(folder / "demo.wav", 0.2 * rng.normal(0, 1, 96_000), 48_000)
    (folder / "all.toml").write_text(PRESET.replace("PLUG_INS", plug_ins))
    (folder / "night.toml").write_text(SET)
    return environment


def trapped(
    server: str, trap: Path, *more: object, script: str = "trapped.py", environment: dict[str, str] | None = None
) -> dict[str, int]:
    """What a program that plays under the trap tells of its audio thread."""
    command = [sys.executable, HERE / script, trap, server, *map(str, more)]
    around = {**os.environ, **(environment or {}), "LD_PRELOAD": str(trap)}
    done = subprocess.run(leashed(command), env=around, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    arguments = parser.parse_args()
    jackd = shutil.which("jackd")
    if jackd is None:
        print("it needs jackd (Debian: jackd2)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name, reserved_name() as own:
        folder = Path(name)
        compiler = Compiler(Made(folder))
        environment = written(folder, compiler.library("plugins"))
        with running(jackd, own, folder / "jackd.log", "-S") as server:
            counts = trapped(
                server.name, compiler.library("trap"), folder / "night.toml", arguments.rounds, environment=environment
            )
    print(f"{counts.pop('callbacks')} callbacks: {counts}")
    return any(counts[what] for what in ("allocations", "frees", "locks", "syscalls"))


if __name__ == "__main__":
    sys.exit(main())
