"""A way into a JACK server: the one that runs, or one of our own. It takes its time, while a gig goes on."""

from __future__ import annotations

import contextlib
import shutil
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

from rig.errors import RigError
from rig.jack import library
from rig.jack.calls import Calls
from rig.jack.joined import Joined, Ports, find
from rig.jack.server import START_SECONDS, Server, drivers

if TYPE_CHECKING:
    import jack

OPEN_SECONDS = 4.0  # for a server to let us in; one that hangs never does


class Opening:
    """A way into a server, made in the thread of the calls. start: one is started where none runs.

    again: the one that has gone was ours, and is started beside any others.
    """

    def __init__(
        self, calls: Calls, asked: tuple[str, str | None], ports: Ports, *, start: bool, again: bool = False
    ) -> None:
        self.start, self.again = start, again
        self.server: Server | None = None
        self.given_up = False
        self._asked, self._ports = asked, ports
        self._until = time.monotonic() + OPEN_SECONDS
        self.future: Future[Joined | None] = calls.ask(self._open)

    @property
    def overdue(self) -> bool:
        """Whether it hangs."""
        return not self.future.done() and time.monotonic() > self._until

    def give_up(self, calls: Calls) -> None:
        """Whatever comes of it, it is not wanted any more."""
        self.given_up = True
        if self.server:
            self.server.stop(kill=True)
        calls.ask(self._undo)

    def _undo(self) -> None:
        with contextlib.suppress(Exception):
            if joined := self.future.result(0):
                joined.leave()
        if self.server:
            self.server.stop(kill=True)

    def _open(self) -> Joined | None:
        client = find(*self._asked)
        if client is None and self.start:
            client = self._awaited()
        if client is None and self.start and not self.given_up:
            client = self._start()
        return None if client is None else Joined(client, self._ports)

    def _awaited(self) -> jack.Client | None:
        """The server that is asked for, where it runs by now, or does not let anybody in yet."""
        name, server = self._asked
        while library.runs(server) and not self.given_up:
            if client := find(name, server):
                return client
            if time.monotonic() > self._until:
                raise RigError(f"{library.called(server)} runs, but lets nobody in: start it again")
            time.sleep(0.05)
        return None

    def _start(self) -> jack.Client | None:
        name, server = self._asked
        if not self.again and (refusal := library.refusal(server)):
            raise RigError(refusal)
        missing = library.missing()
        if not shutil.which("jackd"):
            raise RigError(missing or "no JACK server runs and jackd is not installed: start one, or install jackd2")
        why = ""
        for driver, says in drivers():
            if why and missing and driver[0] == "dummy":
                break  # there is a card, and PipeWire has it: whoever plays wants to be heard
            self._until = time.monotonic() + START_SECONDS + OPEN_SECONDS
            self.server = Server(server, driver, f"{says} (jackd started by rig)")
            until = time.monotonic() + START_SECONDS
            while self.server.alive and time.monotonic() < until and not self.given_up:
                client = find(name, server)
                if client:
                    return client
                time.sleep(0.05)
            if self.given_up:
                return None
            why = self.server.why()
            self.server.stop()
        self.server = None
        raise RigError(f"jackd does not start: {why}" + (f"; {missing}" if missing else ""))
