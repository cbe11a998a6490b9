"""Hours at 64 frames, pressed by everything else on the machine: what the callback takes, and what memory and files do."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headless import Headless
from jack_servers import reserved_name, running
from leash import leashed

from drills.faults import may_be_realtime
from drills.promises import ROOT, Finding, Options
from drills.screen import Screen
from drills.stage import PATIENCE, Ear, Lines
from drills.watching import Shares, alone

TROUBLED = Path(__file__).with_name("troubled.py")
PRESET = ROOT / "presets" / "blues.toml"
AMPS = "123"
BLOCK = 64
SECOND_MINUTE = 120.0  # s: from here on memory is to stay
GROWTH_KB = (
    4096  # caches that fill, and what malloc does not give back: less than a period's worth a minute would be a leak
)
STRESS = ("stress-ng", "--cpu", "0", "--vm", "1", "--vm-bytes", "64M", "--hdd", "1", "--hdd-bytes", "16M", "--quiet")
WARM = 10  # reloads, after which memory is to stay


def read(figures: Path) -> dict[str, Any]:
    return json.loads(figures.read_text())  # type: ignore[no-any-return]


@contextlib.contextmanager
def stress(folder: Path) -> Iterator[None]:
    """All cores busy, memory and disk, too; nothing where stress-ng is not installed."""
    if not shutil.which(STRESS[0]):
        yield
        return
    process = subprocess.Popen(
        leashed([*STRESS, "--temp-path", str(folder)]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def screen(options: Options, server: str) -> Iterator[Finding]:
    """The screen, switching each second, beside an idle client."""
    figures = options.folder / "figures.json"
    command = [sys.executable, str(TROUBLED), str(options.watch), str(figures), "play", str(PRESET), "--di", "demo"]
    environment = os.environ | {"XDG_STATE_HOME": str(options.folder / "state")}
    idle = Ear(options.watch, server, name="idle")
    shown = Screen([*command, "--keep", "1", "--loop", "1", "--server", server], environment)
    try:
        idle.event("in")
        until = time.monotonic() + PATIENCE
        while not (figures.exists() and read(figures)["settled"]):
            shown.watch(0.5)
            if time.monotonic() > until:
                raise TimeoutError("the screen does not play")
        idle.say("forget")
        with stress(options.folder):
            began, second = time.monotonic(), None
            for turn in range(int(60 * options.minutes)):
                shown.press(AMPS[turn % len(AMPS)])
                shown.watch(max(0.0, began + turn + 1 - time.monotonic()))
                if second is None and time.monotonic() - began >= min(SECOND_MINUTE, 30 * options.minutes):
                    second = read(figures)
            ours, theirs = read(figures), idle.facts()
    finally:
        idle.end()
        shown.end()
    yield from judged(ours, theirs)
    if second:
        yield grown(
            "memory and files on the screen", second, ours, f"after {options.minutes:g} minutes as in the second"
        )


def judged(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Finding]:
    """Late callbacks, and what they take. Both: facts of watch.c."""
    callbacks = ours["callbacks"]
    only = alone(ours["late_at"], theirs["late_at"], BLOCK)
    its = alone(theirs["late_at"], ours["late_at"], BLOCK)
    measured = (
        f"of {callbacks} callbacks {ours['late']} ended late and {ours['missed']} were missed; the idle client's: "
        f"{theirs['late']} and {theirs['missed']}; {only} of ours where its was in time, {its} the other way round; {ours['own']} where our own work took a period"
    )
    yield Finding("late callbacks, beside an idle C client", "our own work makes none late", measured, ours["own"] == 0)
    took = Shares(**ours["took"])
    yield Finding(
        "a callback's share of the period", "p99 below 70 %", f"p50 / p99 / p99.9 / worst: {took}", took.p99 < 0.7
    )
    ended, others = Shares(**ours["ended"]), Shares(**theirs["ended"])
    measured = f"p50 / p99 / p99.9 / worst: {ended}; the idle client's: {others}"
    held = ended.p99 - others.p99 <= took.p99
    yield Finding(
        "when a callback ends, after the period's start",
        "p99 no later than the idle client's and our own work",
        measured,
        held,
    )


def grown(what: str, before: dict[str, int], after: dict[str, int], when: str) -> Finding:
    """before, after: facts of troubled.py."""
    more, files = after["kb"] - before["kb"], after["files"] - before["files"]
    measured = f"{before['kb'] / 1024:.1f} -> {after['kb'] / 1024:.1f} MB, {before['files']} -> {after['files']} files"
    return Finding(what, f"{when}, to {GROWTH_KB >> 10} MB", measured, more <= GROWTH_KB and files <= 0)


def process_facts(number: int) -> dict[str, int]:
    """Of another process: kB of its own, and its files."""
    status = Path(f"/proc/{number}/status").read_text()
    anonymous = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return {"kb": int(anonymous.split()[1]), "files": len(list(Path(f"/proc/{number}/fd").iterdir()))}


def reloads(options: Options, server: str) -> Iterator[Finding]:
    """A preset whose models are exchanged on disk, again and again, as it is followed."""
    folder = options.folder / "reloaded"
    shutil.copytree(ROOT / "presets", folder, ignore=shutil.ignore_patterns("recipes"))
    preset = folder / PRESET.name
    text = preset.read_text()
    rig = Headless(preset, "--di", "demo", "--watch", "--server", server)
    lines, ten = Lines(rig.process, "the rig"), None
    try:
        lines.first(lambda said: said["event"] == "ready")
        for turn in range(options.reloads):
            new = preset.with_suffix(".new")
            other = "small-combo-crunch" if turn % 2 else "class-a-edge"
            new.write_text(text.replace("models/small-combo-clean.json", f"models/{other}.json"))
            new.replace(preset)
            lines.first(lambda said: said["event"] == "reloaded", PATIENCE)
            if turn + 1 == WARM:
                ten = process_facts(rig.process.pid)
        after = process_facts(rig.process.pid)
    finally:
        rig.process.kill()
        rig.process.wait()
    if ten:
        yield grown("memory and files of reloads", ten, after, f"after {options.reloads} as after {WARM}")


def run(options: Options) -> Iterator[Finding]:
    """Both, on a real-time server of 64 frames where the machine allows it."""
    program = shutil.which("jackd")
    if not program:
        return
    with reserved_name("rig-drill") as name:
        log = options.folder / "jackd.log"
        for part in (screen, reloads):
            with running(program, name, log, block=BLOCK, realtime=may_be_realtime()) as server:
                try:
                    yield from part(options, server.name)
                except TimeoutError as error:
                    yield Finding(part.__name__, "an end", f"broken off: {error}", False)
