"""The rig without a screen: commands on stdin, one JSON object a line on stdout. Only "quit" and signals end it."""

from __future__ import annotations

import dataclasses
import json
import time
import traceback
from collections.abc import Callable

from rig.errors import RigError
from rig.gig.beside import Beside
from rig.gig.gig import Gig
from rig.gig.reconciler import Progress
from rig.gig.snapshot import Outcome, Status
from rig.remote.commands import LONGEST, Commands
from rig.remote.events import Events, stdout

SPELT = 'a line is a verb, or {"id": 1, "do": "amp 2"}'
TOO_LONG = f"a line has at most {LONGEST >> 10} KiB: this one was skipped"
STATUS_SECONDS = 1.0
WATCHING_SECONDS = 0.1
BUILDING_SECONDS = 0.02  # while something is built, or MIDI may come in, so often do we look


class Left(Exception):
    """Raised out of `progress` when a signal comes while the gig is still being opened."""


def run(open_gig: Callable[[Progress], Gig], *, save: bool = False, debug: bool = False) -> int:
    """Play a gig until "quit", SIGTERM, SIGINT or SIGHUP; each fades out first. Returns the exit status.

    save: what was changed is saved in the end; else it is told in the last line, and lost. 1 where it can't be saved.
    debug: the traceback of a fault in rig itself goes to stderr.
    """
    commands, events = Commands(), Events(stdout())

    def progress(step: str, share: float | None) -> None:
        if commands.stopping:
            raise Left

    try:
        gig = open_gig(progress)
    except Left:
        return 0
    return _Session(gig, commands, events, debug).run(save)


def _facts(status: Status) -> dict[str, object]:
    facts = dataclasses.asdict(status)
    facts["amp"] = facts.pop("amp_name")
    facts["number"] = status.amp + 1
    for key, value in facts.items():
        if isinstance(value, float):
            facts[key] = round(value, 4)
    return facts


class _Session:
    """A gig, whoever commands it, and whoever listens."""

    def __init__(self, gig: Gig, commands: Commands, events: Events, debug: bool) -> None:
        self._gig, self._commands, self._debug = gig, commands, debug
        self._events, self._say = events, events.say
        self._amp = gig.playing
        song = gig.set_list.song
        self._song = (song.uid if song else 0, gig.set_list.part)
        self._beside = Beside(self._faulty)

    def run(self, save: bool) -> int:
        """Returns the exit status."""
        gig, status = self._gig, 0
        try:
            client = gig.client
            songs = {"songs": [song.name for song in gig.document.songs]} if gig.document.songs else {}
            amps = [amp.name for amp in gig.amps]
            self._say("ready", rate=client.rate, block=client.block, amps=amps, amp=gig.amp.name, **songs)
            self._play()
            if save:
                self._beside(self._settle)
            if save and gig.unsaved:
                status = 0 if self._do("save", {}) else 1
            lost = [preset.name for preset in gig.history.unsaved()]
            lost += [gig.name] if gig.set_list.unsaved else []
        finally:
            gig.close()
        self._beside(self._follow)
        self._say("end", unsaved=lost)
        self._events.close()
        return status

    def _play(self) -> None:
        gig = self._gig
        due = time.monotonic() + STATUS_SECONDS
        while True:
            self._beside(self._follow)
            soon = gig.building or gig.loading or gig.listening
            patience = BUILDING_SECONDS if soon else WATCHING_SECONDS if gig.watching else STATUS_SECONDS
            for command in self._commands.wait(min(patience, due - time.monotonic())):
                verb, asked = self._read(command)
                if verb == "quit":
                    self._say("done", **asked, ok=True)
                    return
                if verb:
                    self._do(verb, asked)
                self._beside(self._look)
            self._beside(self._look)
            if time.monotonic() >= due:
                self._beside(lambda: self._events.tell_status(**_facts(gig.status())))
                due = time.monotonic() + STATUS_SECONDS

    def _read(self, line: str | None) -> tuple[str, dict[str, object]]:
        """A line's verb, and the id that the answer is to bear; a line that is none is answered, and reads as ""."""
        if line is None:
            self._say("error", error=TOO_LONG, message=TOO_LONG)
            return "", {}
        if not line.startswith("{"):
            return line, {}
        try:
            given = json.loads(line)
        except (ValueError, RecursionError):
            given = {}
        asked = {"id": given["id"]} if "id" in given else {}
        command = given.get("do")
        if not isinstance(command, str):
            self._say("error", **asked, error=SPELT, message=SPELT)
            return "", asked
        return command.strip(), asked

    def _do(self, command: str, asked: dict[str, object]) -> bool:
        """Carry out a verb, and answer. Returns whether it was done."""
        try:
            self._gig.do(command)
        except RigError as error:
            self._say("error", **asked, error=str(error), message=str(error))
            if error.__cause__:
                self._trace(error)
            return False
        self._say("done", **asked, ok=True)
        if command == "status":
            self._beside(lambda: self._say("status", **_facts(self._gig.status())))
        return True

    def _look(self) -> None:
        """Say which amp plays, where it is another one, and what came of what was built."""
        for outcome in self._gig.install():
            self._tell(outcome)
        gig, before = self._gig, self._amp
        if gig.playing != before:
            self._amp = gig.playing
            number = [amp.uid for amp in gig.document.stage(gig.playing)].index(gig.playing) + 1
            self._say("amp", amp=gig.amp.name, number=number)
        song, part = gig.set_list.song, gig.set_list.part
        if song is not None and (song.uid, part) != self._song:
            self._song = (song.uid, part)
            self._say("song", song=song.name, number=gig.document.number(song), part=part + 1)

    def _settle(self) -> None:
        """Only what has been built can be saved."""
        for outcome in self._gig.settle():
            self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        if outcome.error:
            self._say("error", message=f"{outcome.engine}: {outcome.error}")
        else:
            files = {view.name: str(view.file) for view in outcome.files}
            self._say("engine", engine=outcome.engine, files=files, settings=dict(outcome.settings))

    def _follow(self) -> None:
        for news in self._gig.news():
            self._say("error" if news.wrong else "reloaded" if news.reloaded else "news", message=news.message)

    def _faulty(self, fault: str, error: Exception) -> None:
        self._say("error", message=fault)
        self._trace(error)

    def _trace(self, error: Exception) -> None:
        if self._debug:
            traceback.print_exception(error)
