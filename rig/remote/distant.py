"""A rig in another process, for a screen here: verbs and looks go over the socket, and what comes back is kept."""

from __future__ import annotations

import time
from typing import Any, TypeVar

from rig.errors import RigError
from rig.gig.snapshot import AmpView, FileView, News
from rig.gig.unsaved import Unsaved
from rig.gig.viewer import Look, Tally, Wrong, joined
from rig.jack.patchbay import Patchbay, Port
from rig.remote.client import Event, Line
from rig.remote.frozen import freeze

DO_SECONDS = 5.0  # for a verb; a save waits two for what is being built
SLOW_SECONDS = 2.0  # without an answer, until that is said
MOST_LOOKS = 3  # that are on their way
Row = TypeVar("Row")


class RemoteRig:
    """line: to a rig that runs. Leaving it ends nothing.

    A look does not wait, but for one right after a verb: it gives what has come meanwhile, and asks for more when all
    that was asked for has come, so that a rig that is busy holds no screen up.
    """

    ours = False

    def __init__(self, line: Line) -> None:
        self._line = line
        self._answers: dict[int, Event] = {}
        self._looks: dict[int, float] = {}  # that are on their way, and since when
        self._wanted = 0  # the look that comes after a verb
        self._number = 0  # what is asked, and not answered yet
        self._slow = False

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._line.over

    def do(self, command: str) -> None:
        self._number = self._line.send(command)
        self._wanted = self._ask_look("chain")
        self._answer()

    def look(self, chain: bool = False) -> Look:
        if chain and len(self._looks) < MOST_LOOKS:
            self._ask_look("chain")
        self._hear(0.0)
        wanted, self._wanted = self._wanted, 0
        self._wait(wanted)
        come = [number for number in self._looks if number in self._answers]
        looks = [freeze(Look, _value(self._answers.pop(number))["look"]) for number in come]
        since = min(self._looks.values(), default=time.monotonic())
        self._looks = {number: at for number, at in self._looks.items() if number not in come}
        if not self._looks and not self.over:
            self._ask_look("")
        was, self._slow = self._slow, not come and time.monotonic() - since > SLOW_SECONDS
        said = [News(f"{self._line.name} does not answer", wrong=True)] if self._slow and not was else []
        return joined([*looks, Look(None, news=tuple(said))])

    def levels(self) -> None:
        """Only a look tells them."""

    def _ask_look(self, words: str) -> int:
        number = self._line.send(f"look {words}")
        self._looks[number] = time.monotonic()
        return number

    # --- what is asked --------------------------------------------------------------------------------------------

    def all_amps(self) -> tuple[AmpView, ...]:
        return self._list("amps all", AmpView)

    def all_files(self) -> tuple[FileView, ...]:
        return self._list("files", FileView)

    def unsaved(self) -> tuple[Unsaved, ...]:
        return self._list("unsaved", Unsaved)

    def incidents(self) -> tuple[Wrong, ...]:
        return self._list("incidents", Wrong)

    def tally(self) -> Tally:
        return self._list("tally", Tally)[0]

    def patchbay(self) -> Patchbay:
        ports = self._list("ports", Port)
        self._number = self._line.send("list wires")
        wires = tuple((row["from"], row["to"]) for row in self._answer()["list"] if row["stands"])
        return Patchbay(ports, wires)

    def _list(self, what: str, kind: type[Row]) -> tuple[Row, ...]:
        self._number = self._line.send(f"list {what}")
        return tuple(freeze(kind, row) for row in self._answer()["list"])

    def close(self) -> None:
        self._line.end.close()

    # --- what comes back ------------------------------------------------------------------------------------------

    def _answer(self) -> Any:
        """To what was asked last. Raises RigError where it is an error, or where none comes."""
        number = self._number
        self._wait(number)
        self._number = 0
        if number not in self._answers:
            raise RigError(f"{self._line.name} {'has ended' if self.over else 'does not answer'}")
        return _value(self._answers.pop(number))

    def _wait(self, number: int) -> None:
        """For an answer; for a look that has been given, or for none, not at all."""
        until = time.monotonic() + DO_SECONDS
        while self._awaited(number) and not self.over and time.monotonic() < until:
            self._hear(until - time.monotonic())

    def _awaited(self, number: int) -> bool:
        asked = number in self._looks or (number and number == self._number)
        return bool(asked) and number not in self._answers

    def _hear(self, seconds: float) -> None:
        for event in self._line.events(seconds):
            number = event.get("id")
            if isinstance(number, int) and self._awaited(number):
                self._answers[number] = event


def _value(answer: Any) -> Any:
    if answer["event"] == "error":
        raise RigError(str(answer["error"]))
    return answer
