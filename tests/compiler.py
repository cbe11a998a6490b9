"""The project's C and the tests', compiled: each file once in a run, for whichever worker asks first."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from made import Made

HERE = Path(__file__).resolve().parent
CSRC = HERE.parent / "csrc"
FLAGS = ("-std=gnu11", "-fno-math-errno", "-ffp-contract=off", "-Wno-psabi", f"-I{CSRC}")


@dataclass(frozen=True)
class Compiler:
    """made: where what it compiles lies."""

    made: Made

    def object(self, source: Path, *flags: str, command: str = "cc") -> Path:
        """A C file as an object file. flags: those that FLAGS lacks, as the optimisation's."""
        return self._made([command, *FLAGS, *flags, "-c", str(source)], f"{source.stem}.o")

    def library(self, name: str) -> Path:
        """A C file of the tests as a shared library, for LD_PRELOAD or ctypes."""
        command = ["cc", *FLAGS, "-shared", "-fPIC", "-O1", str(HERE / f"{name}.c"), "-lm", "-ldl", "-lpthread"]
        return self._made(command, f"{name}.so")

    def linked(
        self,
        source: Path,
        *flags: str,
        command: str = "cc",
        level: str = "-O2",
        plain: Iterable[str] = (),
        more: Iterable[Path] = (),
        jobs: int = 1,
    ) -> Path:
        """A C file with all of our C around it, as a program of its own.

        plain: files of ours that cc makes, without the flags. more: C files besides. jobs: compilers at a time.
        """

        def made(file: Path) -> Path:
            if file.stem in plain:
                return self.object(file, "-O2")
            return self.object(file, level, *flags, command=command)

        with ThreadPoolExecutor(jobs) as pool:
            objects = list(
                pool.map(made, (source, *more, *sorted(CSRC.rglob("*.c"), key=lambda file: -file.stat().st_size)))
            )
        return self.program(source.stem, objects, *flags, command=command)

    def program(self, name: str, objects: Iterable[Path], *flags: str, command: str = "cc") -> Path:
        """Object files as a program."""
        return self._made([command, *flags, *map(str, objects), "-lm"], name)

    def _made(self, command: list[str], name: str) -> Path:
        key = hashlib.sha256(repr(command).encode()).hexdigest()[:16]
        return self.made.once(f"{key}-{name}", lambda new: subprocess.run([*command, "-o", new], check=True))
