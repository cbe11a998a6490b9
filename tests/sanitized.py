"""All of our C at random settings, under the compilers' sanitizers: what tests/chances.c plays, written and built here.

`python tests/sanitized.py --seconds 600` builds it in each way that this machine's compilers know, every kernel included, and plays
it for so long in all, a seed of its own each time. It ends with 1 where one of them found something.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from compiler import HERE, Compiler
from made import Made
from networks import guitarml, keras, nam_array, nam_lstm, nam_wavenet

from rig.engine import Engine, Payload, registry
from rig.native import Chain, Unit

RATE, OTHER_RATE = 48_000, 44_100
PERIOD = 64
LIGHT = ("-fno-tree-pta", "-fno-tree-loop-optimize")
"""The checks are the same, gcc takes a third of the time."""
SLOW = ("avx512", "avx2")
"""Kernels that take minutes to compile with checks in them."""


@dataclass(frozen=True)
class Way:
    """A compiler and what it is to look for. command: a name, or names of which the first that is there is taken."""

    commands: tuple[str, ...]
    flags: tuple[str, ...]
    level: str = "-O2"

    @property
    def command(self) -> str | None:
        """The compiler; None where there is none that can link such a program."""
        for command in self.commands:
            if shutil.which(command):
                with tempfile.TemporaryDirectory() as folder:
                    source = Path(folder) / "x.c"
                    source.write_text("int main(void) { return 0; }\n")
                    found = subprocess.run(
                        [command, *self.flags, source, "-o", source.with_suffix("")], capture_output=True
                    )
                if found.returncode == 0:
                    return command
        return None


CLANGS = ("clang", *(f"clang-{version}" for version in range(30, 13, -1)))
ADDRESS = Way(("cc",), ("-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", *LIGHT), "-O1")
WAYS = {
    "address": ADDRESS,
    "memory": Way(CLANGS, ("-g1", "-fsanitize=memory", "-fno-sanitize-recover=all"), "-O1"),
    "realtime": Way(CLANGS, ("-g1", "-fsanitize=realtime"), "-O1"),
}
"""What is not initialised, and what may not happen in a process callback, only clang finds; the latter from version 20 on."""


# --- engines with what their files become --------------------------------------------------------------------------


def engines(folder: Path) -> Iterator[tuple[Engine, Payload]]:
    """All that need no plug-in, with files of several kinds. folder: where those may be written."""
    rng = np.random.default_rng(11)
    known = registry()
    for engine in known.values():
        if not engine.files and not engine.branches and not engine.plugin and not engine.ports:
            yield engine, engine.load({}, {one.name: one.initial for one in engine.settings}, RATE)
    yield known["blend"], Payload(ints=(1, 100, 1), waits=(0, 100))
    yield known["insert"], Payload(ints=(0, PERIOD))
    for times in (1, 2, 4):
        yield known["drive"], known["drive"].load({}, {"oversample": float(times)}, RATE)
    for number, shape in enumerate(((1, 1), (1, 700), (2, 9000), (1, 40_000))):
        path = folder / f"{number}.wav"
        soundfile.write(
            path,
            (rng.normal(0, 0.3, shape[::-1])) * np.exp(-np.arange(shape[1])[:, None] / (shape[1] / 5)),
            RATE,
            subtype="FLOAT",
        )
        both = {"ir": path, "ir2": folder / "0.wav"} if number == 2 else {"ir": path}
        yield known["cab"], known["cab"].load(both, {"align": 1.0}, RATE)
    for number, content in enumerate(networks(rng)):
        path = folder / f"{number}.json"
        path.write_text(json.dumps(content))
        settings = {one.name: one.initial for one in known["model"].settings}
        settings |= {"oversample": (1.0, 2.0, 4.0)[number % 3], "rate": (0.0, float(OTHER_RATE))[number % 2]}
        yield known["model"], known["model"].load({"model": path}, settings, RATE)
    gain = known["gain"]
    for rate in (OTHER_RATE, 96_000, 12_345):
        yield gain, replace(gain.load({}, {}, RATE), rate=rate)


def networks(rng: np.random.Generator) -> Iterator[dict]:
    """Small ones of every family and of both kinds."""
    for activation in ("gated", "tanh", "softgated", "linear"):
        yield guitarml(
            rng,
            channels=int(rng.integers(1, 20)),
            dilations=(1, 2, 4, 60),
            activation=activation,
            inputs=int(rng.integers(1, 3)),
        )
    yield nam_wavenet(rng, nam_array(8, taps=[6, 15, 2], head=(1, 16, True), activation="ReLU"))
    yield nam_wavenet(
        rng,
        nam_array(4, conditions=2, bottleneck=4, gating="blended", secondary="Softsign"),
        condition=nam_wavenet(rng, nam_array(3, head=(2, 1, True))),
    )
    yield nam_lstm(rng, hidden=9, layers=2)
    yield keras(rng, [{"type": "gru", "size": 5}, {"type": "dense", "size": 1}], inputs=2)
    yield keras(
        rng,
        [
            {"type": "conv1d", "size": 4, "kernel_size": 3, "dilation": 2, "activation": "tanh"},
            {"type": "lstm", "size": 3},
            {"type": "dense", "size": 1},
        ],
    )


def written(given: Iterator[tuple[Engine, Payload]], path: Path) -> Path:
    """Engines as tests/chances.c reads them, mounted as a chain would mount them."""
    from rig.native._c import ffi

    with path.open("wb") as file:
        for engine, payload in given:
            unit, keep = Unit(engine, payload), []
            setup, mount = ffi.new("rig_setup *"), ffi.new("rig_mount *")
            Chain._fill(setup, unit, RATE, keep)
            Chain._mount(mount, unit, RATE, keep)
            head = [len(payload.ints), len(payload.arrays), mount.channels, mount.latency, mount.late, *mount.waits]
            gains = [setup.rate, setup.constant, mount.gain_in, mount.gain_out]
            file.write(engine.name.encode().ljust(16, b"\0"))
            file.write(np.array(head, np.uint32).tobytes() + np.array(gains, np.float32).tobytes())
            file.write(np.array(payload.ints, np.int32).tobytes())
            for array in payload.arrays:
                file.write(np.uint32(np.size(array)).tobytes() + np.ascontiguousarray(array, np.float32).tobytes())
            for change in (mount.there, mount.back):
                count = (change.rows + 1) * change.taps
                taps = bytes(ffi.buffer(change.filter, 4 * count)) if count else b""
                file.write(np.array([change.up, change.down, change.rows, change.taps], np.uint32).tobytes() + taps)
    return path


# --- the program ---------------------------------------------------------------------------------------------------


def program(compiler: Compiler, way: Way, plain: Sequence[str] = (), jobs: int = 1) -> Path:
    """tests/chances.c with all of our C. plain: kernels that go without the checks."""
    table = compiler.made.once("engines.c", lambda new: new.write_text(_table()))
    how = {"command": way.command or "cc", "level": way.level, "plain": plain, "more": (table,), "jobs": jobs}
    return compiler.linked(HERE / "chances.c", *way.flags, **how)


def _table() -> str:
    """C that finds engines by name, as csrc/build.py makes it."""
    sys.path.insert(0, str(HERE.parent / "csrc"))
    from build import table

    return table()


def run(program: Path, given: Path, seconds: int, seed: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1", "RTSAN_OPTIONS": "halt_on_error=true"}
    return subprocess.run(
        [program, given, str(seconds), str(seed)], capture_output=True, text=True, errors="replace", env=environment
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for all together, once they are built (default: 60)")
    parser.add_argument("--only", choices=WAYS, action="append", help="that way, or those")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: another one each time")
    arguments = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compiler = Compiler(Made(folder))
        given = written(engines(folder), folder / "engines")
        names = [name for name in arguments.only or WAYS if WAYS[name].command]
        for name in arguments.only or WAYS:
            if name not in names:
                print(f"{name}: no compiler here that knows -fsanitize={name}", flush=True)
        for name in names:
            built = program(compiler, WAYS[name], jobs=len(os.sched_getaffinity(0)))
            done = run(built, given, max(1, arguments.seconds // len(names)), arguments.seed)
            print(
                f"{name} ({WAYS[name].command}): {done.stdout.strip()}, {'fine' if done.returncode == 0 else 'WRONG'}",
                flush=True,
            )
            if done.returncode:
                wrong = 1
                print(done.stderr[-8000:], flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
