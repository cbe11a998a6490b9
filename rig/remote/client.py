"""The other end of the socket: finds a rig that runs, asks it, and hears it."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from rig.errors import RigError, did_you_mean
from rig.remote.server import alive, folder

Event = dict[str, object]
LONGEST = 1 << 24  # bytes of a line; a rig says much less
ANSWER_SECONDS = 30.0  # a save may wait for what is being built


def running() -> dict[str, Path]:
    """The rigs that can be talked to, by name."""
    return {path.stem: path for path in sorted(folder().glob("*.sock"), key=lambda path: path.stem) if alive(path)}


def join(name: str | None = None) -> Line:
    """A line to the rig of that name; None: to the one that runs. Raises RigError."""
    found = running()
    if name is None and len(found) > 1:
        raise RigError(f"{len(found)} rigs run: --name {' or --name '.join(found)}?")
    wanted = name or next(iter(found), None)
    if wanted is None:
        raise RigError("no rig runs that could be told anything; 'rig play' starts one")
    if wanted not in found:
        hint = did_you_mean(wanted, found) or (f"; there are {', '.join(found)}" if found else "; none runs")
        raise RigError(f"no rig '{wanted}' runs{hint}")
    end = socket.socket(socket.AF_UNIX)
    try:
        end.connect(str(found[wanted]))
    except OSError as error:
        raise RigError(f"{found[wanted]}: {error.strerror}") from None
    return Line(end, wanted)


class Line:
    """A line to a rig. name: of it."""

    def __init__(self, end: socket.socket, name: str = "rig") -> None:
        self.end, self.name = end, name
        self._rest = b""
        self._number = 0
        self.over = False  # the rig has ended, or hung up

    def send(self, verb: str) -> int:
        """Ask for something. Returns the id that its answer bears."""
        self._number += 1
        try:
            self.end.sendall(json.dumps({"id": self._number, "do": verb}).encode() + b"\n")
        except OSError:
            self.over = True
        return self._number

    def events(self, seconds: float) -> Iterator[Event]:
        """What is told within `seconds`; as soon as something is, that, and no more is waited for.

        Raises RigError where what is at the other end is no rig.
        """
        if self.over or not select.select([self.end], [], [], max(0.0, seconds))[0]:
            return
        try:
            data = self.end.recv(1 << 16)
        except OSError:
            data = b""
        self.over = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST:
            self._no_rig()
        for line in lines:
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                event = None
            if not isinstance(event, dict) or not isinstance(event.get("event"), str):
                self._no_rig()
            yield event

    def _no_rig(self) -> NoReturn:
        self.over = True
        raise RigError(f"{self.name}: what answers there is no rig")

    def ask(self, verb: str, seconds: float = ANSWER_SECONDS) -> Event:
        """The answer to a verb, of `status` the status. Raises RigError where it is an error, or where none comes."""
        number = self.send(verb)
        until = time.monotonic() + seconds
        while not self.over and time.monotonic() < until:
            for event in self.events(until - time.monotonic()):
                if event.get("id") != number or (verb == "status" and event["event"] == "done"):
                    continue
                if event["event"] == "error":
                    raise RigError(str(event["error"]))
                return event
        raise RigError(f"{self.name} {'has ended' if self.over else 'does not answer'}")
