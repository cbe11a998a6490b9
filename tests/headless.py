"""`rig play --headless` in a process of its own."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from pathlib import Path

from leash import leashed

ALONE = Path(__file__).with_name("alone.py")


class Headless:
    """A rig that is told verbs, and whose events are read. alone: it starts a server, whatever others run."""

    def __init__(self, *arguments: str | Path, alone: bool = False, **options) -> None:
        program = [str(ALONE)] if alone else ["-m", "rig"]
        scarce = ("--keep", "0.1", "--loop", "0.1")  # many run at once
        command = [sys.executable, *program, "play", "--headless", *scarce, *map(str, arguments)]
        self.process = subprocess.Popen(
            leashed(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            **options,
        )

    def event(self, name: str, seconds: float = 20.0) -> dict:
        """The next event of that name."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if select.select([self.process.stdout], [], [], 0.1)[0]:
                line = self.process.stdout.readline()
                if not line:
                    break
                event = json.loads(line)
                if event["event"] == name:
                    return event
        ended = self.process.poll()
        self.process.kill()
        raise AssertionError(f"no {name}: {ended}, {self.process.stderr.read()}")

    def say(self, command: str) -> None:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        _, err = self.process.communicate(timeout=15)
        return self.process.returncode, err
