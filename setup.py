"""What pyproject.toml cannot say: which folders beside rig/ ship inside it, and how the C is built."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

# They keep their places in the repository. Inside the package nobody else's `engines` or `presets` can be in their way.
FOLDERS = {"rig.engines": "engines", "rig.presets": "presets", "rig.include": "csrc"}
SCRIPTS = ("setup.py", "csrc/build.py")


def newer(made: Path, sources: list[str]) -> bool:
    """Whether a file is there, and was made after all that it is made of."""
    return made.exists() and all(Path(source).stat().st_mtime <= made.stat().st_mtime for source in sources)


class BuildPy(build_py):
    """Ships the headers of csrc/, not the scripts that build it."""

    def find_package_modules(self, package: str, package_dir: str) -> list[Any]:
        return [] if package == "rig.include" else super().find_package_modules(package, package_dir)


class BuildExt(build_ext):
    """Compiles the files side by side, only those that changed, and says how far it is."""

    def build_extensions(self) -> None:
        one, whole = self.compiler._compile, self.compiler.compile
        mine, lock, done = threading.local(), threading.Lock(), [0, 0]
        shared = [*SCRIPTS, *{header for extension in self.extensions for header in extension.depends}]

        def work(made: str, source: str, *how: Any) -> None:
            if self.force or not newer(Path(made), [source, *shared]):
                one(made, source, *how)
            with lock:
                done[0] += 1
                end = "\r" if sys.stderr.isatty() and done[0] < done[1] else "\n"
                print(f"rig: compiled {done[0]} of {done[1]} files", end=end, file=sys.stderr, flush=True)

        def compile_one(*file: Any) -> None:
            with lock:
                done[1] += 1
            mine.jobs.append(pool.submit(work, *file))

        def compile_all(*args: Any, **kwargs: Any) -> list[str]:
            mine.jobs: list[Future[None]] = []
            objects: list[str] = whole(*args, **kwargs)
            for job in mine.jobs:
                job.result()
            return objects

        self.parallel = len(self.extensions)  # threads that wait for the pool's, and link
        self.compiler._compile, self.compiler.compile = compile_one, compile_all
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            super().build_extensions()

    def build_extension(self, ext: Extension) -> None:
        there = Path(self.get_ext_filename(self.get_ext_fullname(ext.name)))
        if self.editable_mode and newer(there, [*ext.sources[1:], *ext.depends, *SCRIPTS]):  # the first is cffi's
            target = Path(self.get_ext_fullpath(ext.name))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(there, target)  # `make` has built it where it belongs
        else:
            super().build_extension(ext)


def readme() -> str:
    """The README for where its relative links lead nowhere: without its picture, links as plain words."""
    text = re.sub(r"!\[[^]]*\]\([^)]*\)\n+", "", Path("README.md").read_text(encoding="utf-8"))
    return re.sub(r"\[([^]]*)\]\((?!\w+:)[^)]*\)", r"\1", text)


setup(
    packages=[*find_packages(include=["rig", "rig.*"]), *FOLDERS],
    package_dir=FOLDERS,
    cffi_modules=["csrc/build.py:ffi"],
    cmdclass={"build_py": BuildPy, "build_ext": BuildExt},
    options={"bdist_wheel": {"py_limited_api": "cp310"}},  # cffi's modules load in any Python from there on
    long_description=readme(),
    long_description_content_type="text/markdown",
)
