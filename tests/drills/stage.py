"""What the drills put on: a preset that sounds without a pause, the rig that plays it, and ears beside it."""

from __future__ import annotations

import contextlib
import json
import math
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import soundfile
from headless import Headless
from leash import leashed

EAR = Path(__file__).with_name("ear.py")
PATIENCE = 60.0  # s, for what is to come
PRESET = """
name = "Drill"
[[amp]]
name = "Quiet"
chain = [{ engine = "gain", gain = -20 }]
[[amp]]
name = "Loud"
chain = [{ engine = "gain" }]
"""
EDIT = "set Loud.gain.gain -7.5"


def preset(folder: Path) -> tuple[Path, Path]:
    """A preset, and a tone without an end to play through it."""
    made, tone = folder / "drill.toml", folder / "tone.wav"
    made.write_text(PRESET)
    soundfile.write(tone, 0.2 * np.sin(2 * np.pi * 220 / 48_000 * np.arange(48_000 * 2)), 48_000, subtype="FLOAT")
    return made, tone


class Lines:
    """JSON lines of a process, as they come. what: it is called in errors."""

    def __init__(self, process: subprocess.Popen[str], what: str) -> None:
        self._what, self._said = what, queue.SimpleQueue[tuple[float, dict[str, Any] | None]]()
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def _read(self, lines: IO[str]) -> None:
        for line in lines:
            self._said.put((time.monotonic(), json.loads(line)))
        self._said.put((time.monotonic(), None))

    def first(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE) -> dict[str, Any]:
        """The first that is wanted, of all that have not been read yet. Raises TimeoutError."""
        return self.timed(lambda at, said: wanted(said), seconds)

    def timed(self, wanted: Callable[[float, dict[str, Any]], bool], seconds: float = PATIENCE) -> dict[str, Any]:
        """The same, by when it was said, too."""
        until, last = time.monotonic() + seconds, None
        while (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                at, last = self._said.get(timeout=left)
                if last is None:
                    break
                if wanted(at, last):
                    return last
        raise TimeoutError(f"{self._what} said last: {str(last)[:1500]}")


class Ear:
    """Another client of the server; see ear.py. port: see there."""

    def __init__(self, watch: Path, server: str, port: str = "", name: str = "ear", **options: Any) -> None:
        command = [sys.executable, str(EAR), str(watch), name, server, *([port] if port else [])]
        self.process = subprocess.Popen(
            leashed(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None, text=True, **options
        )
        self._lines = Lines(self.process, name)
        self.event("waits")

    def event(self, name: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The next event of that name. Raises TimeoutError."""
        return self._lines.first(lambda said: said["event"] == name, seconds)

    def say(self, what: str) -> None:
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()

    def facts(self) -> dict[str, Any]:
        """All that it has counted."""
        self.say("facts")
        return self.event("facts")

    def level_db(self) -> float:
        """Of what it hears, RMS."""
        return 10 * math.log10(max(self.facts()["power"], 1e-20))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


class Stage:
    """A rig that plays the second amp, edited. watch: the shared library. environment: of all that is started.

    news: all that it has said unasked.
    """

    def __init__(self, rig: Headless, watch: Path, server: str, environment: dict[str, str] | None) -> None:
        self.watch, self.server, self.environment = watch, server, environment
        self.news: list[str] = []
        self._rig, self._lines = rig, Lines(rig.process, "the rig")

    def do(self, verb: str) -> None:
        self._rig.say(verb)
        self._first(lambda at, said: said["event"] == "done")

    def ready(self) -> None:
        self._first(lambda at, said: said["event"] == "ready")

    def says(self, seconds: float = PATIENCE, **wanted: object) -> dict[str, Any]:
        """The first status from now on that says all that. Raises TimeoutError."""
        now = time.monotonic()

        def said(at: float, said: dict[str, Any]) -> bool:
            return said["event"] == "status" and at >= now and all(said[key] == value for key, value in wanted.items())

        return self._first(said, seconds)

    def forget(self) -> None:
        """What has been said until now is no news any more."""
        self.says()
        self.news.clear()

    def wires(self, seconds: float = PATIENCE) -> list[list[str]]:
        """On our ports, without the ears'."""
        found = self.says(seconds, alive=True)["connections"]
        return sorted(wire for wire in found if not wire[1].startswith("ear"))

    def _first(self, wanted: Callable[[float, dict[str, Any]], bool], seconds: float = PATIENCE) -> dict[str, Any]:
        def noted(at: float, said: dict[str, Any]) -> bool:
            if said["event"] == "status":
                said["connections"].sort()
            if said["event"] in ("news", "error"):
                self.news.append(said["message"])
            return wanted(at, said)

        return self._lines.timed(noted, seconds)

    @contextlib.contextmanager
    def ear(self, port: str = "in") -> Iterator[Ear]:
        """One that waits for the server, and hears a port; `in`, whom the rig wires, as it has been wired to it before."""
        ear = Ear(self.watch, self.server, port, env=self.environment)
        try:
            yield ear
        finally:
            ear.end()

    def card(self) -> Ear:
        """A sound card, whose ports go when it is ended."""
        return Ear(self.watch, self.server, "playback_1", "card", env=self.environment)


@contextlib.contextmanager
def on_stage(folder: Path, watch: Path, server: str, environment: dict[str, str] | None = None) -> Iterator[Stage]:
    """The rig, playing on a server that runs. server: its name; "": PipeWire."""
    made, tone = preset(folder)
    more = ["--server", server] if server else []
    rig = Headless(made, "--di", tone, *more, env=environment)
    stage = Stage(rig, watch, server, environment)
    try:
        stage.ready()
        stage.do("amp 2")
        stage.do(EDIT)
        stage.says(alive=True, amp="Loud", unsaved=True, unheard=False)
        yield stage
    finally:
        rig.process.kill()
        rig.process.wait()
