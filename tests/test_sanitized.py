"""Racks by chance under the compilers' sanitizers: a short form of `python tests/sanitized.py`, which checks every kernel, too."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from compiler import CSRC
from leash import leashed
from sanitized import ADDRESS, SLOW, WAYS, engines, program, run, written

from rig.engine import registry


@pytest.fixture(scope="module")
def given(made) -> Path:
    """What tests/chances.c plays."""

    def make(new: Path) -> None:
        new.mkdir()
        written(engines(new), new / "engines")

    return made.once("chances", make) / "engines"


def test_every_engine_is_played(tmp_path):
    played = {engine.name for engine, _ in engines(tmp_path)}
    assert played == {name for name, engine in registry().items() if not engine.plugin}


@pytest.mark.slow
def test_no_engine_reads_or_writes_where_it_should_not(compiler, given):
    """The address and undefined behaviour sanitizers. The kernels go without them here: see tests/setups.c."""
    done = run(program(compiler, ADDRESS, plain=(*SLOW, "sse2")), given, 3, 1)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert "racks" in done.stdout


OURS = tuple(path.stem for path in CSRC.rglob("*.c"))
SLEEPS = """
#include <stdlib.h>
static void callback(void) __attribute__((nonblocking));
static void *volatile kept;
static void callback(void) { kept = malloc(100); }
int main(void) { callback(); return 0; }
"""


@pytest.mark.slow
def test_the_callback_does_nothing_that_could_wait(compiler, given, tmp_path):
    """clang's realtime sanitizer, which looks at what libc is asked for wherever that is."""
    way = WAYS["realtime"]
    if way.command is None:
        pytest.skip(
            "no clang here that knows -fsanitize=realtime: from version 20 on (Debian: clang-22, libclang-rt-22-dev)"
        )
    (tmp_path / "sleeps.c").write_text(SLEEPS)
    wrong = compiler.program(
        "sleeps",
        [compiler.object(tmp_path / "sleeps.c", *way.flags, command=way.command)],
        *way.flags,
        command=way.command,
    )
    found = subprocess.run(leashed([wrong]), capture_output=True, text=True)
    assert found.returncode != 0 and "malloc" in found.stderr, "it would have found that"
    done = run(program(compiler, way, plain=OURS), given, 3, 1)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert "racks" in done.stdout
