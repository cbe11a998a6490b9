"""Runs the drills by name, prints what they find, and keeps it in docs/promises.md."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from compiler import Compiler
from made import Made

from drills import faults, soak
from drills.promises import Drill, Options, keep
from drills.watching import build

DRILLS = (
    Drill("server", "the server dies, hangs, restarts, changes; its sound card goes", faults.run),
    Drill("soak", "64 frames beside a busy machine, an amp a second; memory and files", soak.run),
)


def main(arguments: Sequence[str]) -> int:
    """Returns 1 where a promise is not held."""
    options = _parser().parse_args(arguments)
    chosen = [drill for drill in DRILLS if not options.drills or drill.name in options.drills]
    broken = 0
    with tempfile.TemporaryDirectory(prefix="rig-drill-") as name:
        folder = Path(name)
        watch = build(Compiler(Made(folder)))
        for drill in chosen:
            print(f"{drill.name}: {drill.what}", flush=True)
            found = []
            for finding in drill.run(Options(options.minutes, options.reloads, folder, watch)):
                print(f"  {finding}", flush=True)
                found.append(finding)
            broken += sum(not finding.held for finding in found)
            if options.keep:
                keep(drill, found)
    print(f"{broken} not held" if broken else "all held")
    return int(broken > 0)


def _parser() -> argparse.ArgumentParser:
    names = [drill.name for drill in DRILLS]
    parser = argparse.ArgumentParser(
        prog="make drills", description="Do what a bad night does, and measure what comes of it."
    )
    parser.add_argument("drills", nargs="*", metavar="NAME", help=f"of {', '.join(names)} (default: all)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the soak (default: 10; an evening: 60)")
    parser.add_argument("--reloads", type=int, default=1000, help="of presets in the soak (default: 1000)")
    parser.add_argument("--keep", action="store_true", help="write the figures into docs/promises.md")
    return parser
