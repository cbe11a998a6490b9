"""The rig without a screen: commands on stdin, one JSON object a line on stdout."""

from __future__ import annotations

import dataclasses
import json
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Iterator

from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.reconciler import Progress
from rig.gig.snapshot import Outcome, Status

SPELT = 'a line is a verb, or {"id": 1, "do": "amp 2"}'
STATUS_SECONDS = 1.0
WATCHING_SECONDS = 0.1
BUILDING_SECONDS = 0.02  # while something is built, so often do we look whether it is ready


def _say(event: str, **facts: object) -> None:
    print(json.dumps({"event": event, **facts}), flush=True)


def _facts(status: Status) -> dict[str, object]:
    facts = dataclasses.asdict(status)
    facts["amp"] = facts.pop("amp_name")
    facts["number"] = status.amp + 1
    for key, value in facts.items():
        if isinstance(value, float):
            facts[key] = round(value, 4)
    return facts


class _Commands:
    """Lines from stdin and signals, as they come. A closed stdin is no reason to stop playing."""

    def __init__(self) -> None:
        self._stop_read, self._stop_write = os.pipe()
        os.set_blocking(self._stop_write, False)
        self._select = selectors.DefaultSelector()
        self._select.register(self._stop_read, selectors.EVENT_READ)
        self._rest = b""
        try:
            self._select.register(sys.stdin, selectors.EVENT_READ)
        except (PermissionError, ValueError):  # a plain file or /dev/null: all of it is there at once
            self._rest = sys.stdin.buffer.read() if sys.stdin and not sys.stdin.closed else b""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: os.write(self._stop_write, b"."))

    def wait(self, seconds: float) -> Iterator[str]:
        """The commands that come within `seconds`; a signal reads as "quit"."""
        ready = [] if b"\n" in self._rest else self._select.select(max(0.0, seconds))
        for key, _ in ready:
            if key.fd == self._stop_read:
                yield "quit"
                return
            data = os.read(key.fd, 4096)
            if not data:
                self._select.unregister(key.fileobj)
            self._rest += data or b"\n"
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            if line.strip():
                yield line.decode(errors="replace").strip()


def run(open_gig: Callable[[Progress], Gig], *, save: bool = False) -> int:
    """Play a gig until "quit", SIGTERM, SIGINT or SIGHUP; each fades out first. Returns the exit status.

    save: what was changed is saved in the end; else it is told in the last line, and lost. 1 where it can't be saved.
    """
    commands = _Commands()
    gig = open_gig(lambda step, share: None)
    status = 0
    try:
        now = gig.status()
        _say("ready", rate=now.rate, block=now.block, amps=[a.name for a in gig.amps], amp=now.amp_name)
        _play(gig, commands)
        if save and gig.unsaved:
            status = 0 if _do(gig, "save", {}) else 1
        lost = [preset.name for preset in gig.history.unsaved()]
    finally:
        gig.close()
    _say("end", unsaved=lost)
    return status


def _read(line: str) -> tuple[str, dict[str, object]]:
    """A line's verb, and the id that the answer is to bear; a line that is none is answered, and reads as ""."""
    if not line.startswith("{"):
        return line, {}
    try:
        given = json.loads(line)
    except ValueError:
        given = {}
    asked = {"id": given["id"]} if "id" in given else {}
    command = given.get("do")
    if not isinstance(command, str):
        _say("error", **asked, error=SPELT, message=SPELT)
        return "", asked
    return command.strip(), asked


def _do(gig: Gig, command: str, asked: dict[str, object]) -> bool:
    """Carry out a verb, and answer. Returns whether it was done."""
    try:
        gig.do(command)
    except RigError as error:
        _say("error", **asked, error=str(error), message=str(error))
        return False
    _say("done", **asked, ok=True)
    if command == "status":
        _say("status", **_facts(gig.status()))
    return True


def _tell(outcome: Outcome) -> None:
    if outcome.error:
        _say("error", message=f"{outcome.engine}: {outcome.error}")
    else:
        files = {view.name: str(view.file) for view in outcome.files}
        _say("engine", engine=outcome.engine, files=files, settings=dict(outcome.settings))


def _tell_amp(gig: Gig, before: int) -> int:
    """Say which amp plays, where it is another one; its identity."""
    if gig.playing != before:
        number = [amp.uid for amp in gig.document.amps].index(gig.playing) + 1
        _say("amp", amp=gig.amp.name, number=number)
    return gig.playing


def _play(gig: Gig, commands: _Commands) -> None:
    amp = gig.playing
    due = time.monotonic() + STATUS_SECONDS
    while True:
        patience = BUILDING_SECONDS if gig.building else WATCHING_SECONDS if gig.watching else STATUS_SECONDS
        for command in commands.wait(min(patience, due - time.monotonic())):
            verb, asked = _read(command)
            if verb == "quit":
                _say("done", **asked, ok=True)
                return
            if verb:
                _do(gig, verb, asked)
            amp = _tell_amp(gig, amp)
            for outcome in gig.install():
                _tell(outcome)
        for outcome in gig.install():
            _tell(outcome)
        for news in gig.news():
            _say("error" if news.wrong else "reloaded", message=news.message)
        amp = _tell_amp(gig, amp)
        if time.monotonic() >= due:
            _say("status", **_facts(gig.status()))
            due = time.monotonic() + STATUS_SECONDS
