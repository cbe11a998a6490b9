"""Builds rig.native._c: every C file here; cffi reads the headers. Needs no JACK headers."""

from __future__ import annotations

import re
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
FLAGS = [
    "-std=gnu11",
    "-O3",
    "-g1",  # lines for a debugger; all that it could know takes half the time and nine tenths of the file
    "-fno-math-errno",
    "-ffp-contract=off",
    "-pthread",
    "-Wall",
    "-Wextra",
    "-Wno-psabi",
    "-Wno-unused-parameter",
    "-Wno-missing-field-initializers",  # what a table leaves out is 0
]
HEADERS = (
    "rig_engine.h",
    "rack/rack.h",
    "rack/player_recorder.h",
    "rack/bench.h",
    "network/kernels/isa.h",
    "lv2/lv2.h",
    "training/gated_stack.h",
)


def engines() -> list[str]:
    """The engines' names: one file each in csrc/engines."""
    return sorted(path.stem for path in (HERE / "engines").glob("*.c"))


def definitions() -> str:
    """The headers as cffi reads them: numeric #defines kept, all other preprocessor lines dropped."""
    lines = []
    for header in HEADERS:
        for line in (HERE / header).read_text().splitlines():
            if not line.startswith("#") or re.match(r"#define \w+ \d+\b", line):
                lines.append(line)
    return "\n".join(lines)


def table() -> str:
    """C that finds our own engines by name, so that adding one takes a file and no list."""
    declared = "\n".join(f"extern const rig_engine rig_engine_{name};" for name in engines())
    addresses = ", ".join(f"&rig_engine_{name}" for name in engines())
    return f"""
#include <string.h>
#include "rack/player_recorder.h"
#include "rack/bench.h"
#include "network/kernels/isa.h"
#include "lv2/lv2.h"
#include "training/gated_stack.h"
{declared}
static const rig_engine *const built_in[] = {{{addresses}}};

const rig_engine *rig_engine_named(const char *name)
{{
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; ++i)
        if (!strcmp(built_in[i]->name, name)) return built_in[i];
    return NULL;
}}
"""


def sources() -> list[str]:
    """All C files, relative to the project (setuptools insists)."""
    parts = ("", "rack", "engines", "network", "network/kernels", "lv2", "training")
    folders = (HERE / part for part in parts)
    found = (path for folder in folders for path in folder.glob("*.c"))
    return sorted(str(path.relative_to(HERE.parent)) for path in found)


ffi = FFI()
ffi.cdef(definitions())
ffi.set_source(
    "rig.native._c",
    table(),
    sources=sources(),
    include_dirs=[str(HERE.relative_to(HERE.parent))],
    depends=sorted(str(path.relative_to(HERE.parent)) for path in HERE.rglob("*") if path.suffix in (".h", ".inc")),
    extra_compile_args=FLAGS,
    libraries=["m", "dl", "pthread"],
)
