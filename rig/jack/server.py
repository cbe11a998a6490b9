"""A JACK server of our own, where none runs. It ends when we do, however we end."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from rig.leash import leashed

START_SECONDS = 6.0
STOP_SECONDS = 1.5
PERIOD, RATE = 128, 48000  # of a server that we start: 2.7 ms a period


# What jackd says of itself, and what only follows from what it said before.
BANNER = re.compile(
    r"^(jackdmp |copyright|this is free|under certain|jack server starting|self-connect|no message)", re.I
)
FOLLOWS = re.compile(r"jackserver::open|failed to open server|cannot initialize driver|released audio card", re.I)
FAULT = re.compile(r"error|cannot|can't|could not|fail|unknown|invalid|no such|busy|already|not found|unable", re.I)


def reason(said: str) -> str:
    """Why a server did not start, from all that it said: the first complaint that is none of a complaint before it."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not BANNER.match(line.strip())]
    faults = [line for line in lines if FAULT.search(line)]
    told = [line for line in faults if not FOLLOWS.search(line)] or faults or lines[-1:]
    return told[0] if told else "it does not say why"


class Server:
    """A JACK server that we started, and that we stop. Made in a thread that lives as long as we do."""

    def __init__(self, name: str | None, driver: list[str], says: str) -> None:
        self.says = says
        self._began = time.monotonic()
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115  closed in stop()
        naming = ["-n", name] if name else []
        command = ["jackd", *naming, "-d", *driver]
        # Told to end, a server waits for its clients; ours would have been killed with us.
        self._process = subprocess.Popen(
            leashed(command, signal.SIGKILL),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._began

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def why(self) -> str:
        """Why it did not start, as far as it says."""
        self._log.seek(0)
        return reason(self._log.read())

    def stop(self, *, kill: bool = False) -> None:
        """End it, by force where it does not end by itself. kill: it is known not to. Idempotent."""
        if self._log.closed:
            return
        self._process.kill() if kill else self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # the kernel keeps it: nothing is left to be done
                self._process.wait(STOP_SECONDS)
        self._log.close()


def drivers() -> list[tuple[list[str], str]]:
    """What a server of ours can run on, the best first, and how the screen calls it."""
    found = []
    cards = Path("/proc/asound/cards")
    text = cards.read_text() if cards.exists() else ""
    for line in text.splitlines():
        number, bracket, rest = line.strip().partition(" [")
        if bracket and number.isdigit():
            name = rest.split("]")[0].strip()
            found.append((["alsa", "-d", f"hw:{number}", "-r", str(RATE), "-p", str(PERIOD)], name))
    found.append((["dummy", "-r", str(RATE), "-p", str(PERIOD)], "no sound card"))
    return found
