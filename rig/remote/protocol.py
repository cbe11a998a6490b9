"""A gig and all who command it or hear of it: lines in, answers and events out. Verbs are carried out by one thread."""

from __future__ import annotations

import json
import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace

from rig.errors import QUOTED, RigError, own_fault
from rig.gig.beside import Beside
from rig.gig.gig import Gig
from rig.gig.reader import Reader
from rig.gig.snapshot import News, Outcome, Status
from rig.gig.viewer import Look, Viewer
from rig.remote.commands import LONGEST
from rig.remote.events import Events
from rig.remote.questions import METERS, QUESTIONS, QUIET, TUNER, Facts, status_facts, wires_facts

SPELT = 'a line is a verb, or {"id": 1, "do": "amp 2"}'
TOO_LONG = f"a line has at most {LONGEST >> 10} KiB: this one was skipped"
STATUS_SECONDS = 1.0
METERS_SECONDS = 0.1
LOOK_SECONDS = 0.2  # also where nobody wants to know: JACK may have gone without a word, or be back
TURN_SECONDS = 0.02  # for others' verbs, until the gig has its own turn
SAME_BPM = 0.5
OFTEN = {"meters", "changes", "tuner", "wires"}  # topics that take a look at the gig more often


class Peer:
    """Somebody who commands the gig, and is told what their topics are."""

    def __init__(self, events: Events, topics: Iterable[str] = ()) -> None:
        self.events = events
        self.topics = set(topics)
        self.viewer: Viewer | None = None  # once they look as a screen does
        self._reader: Reader | None = None

    def status(self, gig: Gig) -> Status:
        """As it is now, with the peaks since they asked last."""
        self._reader = self._reader or Reader(gig)
        return self._reader.status()

    def look(self, gig: Gig, chain: bool) -> Look:
        """What a screen of theirs has to show anew."""
        self.viewer = self.viewer or Viewer(gig)
        return self.viewer.look(chain)


class Protocol:
    """All but `join`, `part` and `ask` are called from the gig's thread.

    wake: called from any thread where somebody waits for `turn`. debug: tracebacks of our own faults go to stderr.
    """

    def __init__(self, gig: Gig, wake: Callable[[], None], debug: bool = False) -> None:
        self._gig, self._wake, self._debug = gig, wake, debug
        self._peers: tuple[Peer, ...] = ()
        self._asked: queue.SimpleQueue[tuple[str | None, Peer, threading.Event]] = queue.SimpleQueue()
        self._amp = gig.playing
        song = gig.set_list.song
        self._song = (song.uid if song else 0, gig.set_list.part)
        self.beside = Beside(self._faulty)
        self.left = False  # somebody has said "quit"
        self._closed = False
        self._status, self._meters = Reader(gig), Reader(gig)  # for those topics
        self._known: Facts = {}
        self._note: tuple[object, ...] = ()
        self._wires: Facts = {}
        self._due = time.monotonic() + STATUS_SECONDS
        self._meters_due = self._look_due = 0.0
        self._lock = threading.Lock()

    # --- who is there ---------------------------------------------------------------------------------------------

    def join(self, peer: Peer) -> None:
        """Somebody is there."""
        with self._lock:
            self._peers = (*self._peers, peer)

    def part(self, peer: Peer) -> None:
        """Somebody has gone."""
        with self._lock:
            self._peers = tuple(other for other in self._peers if other is not peer)

    def ask(self, line: str | None, peer: Peer) -> None:
        """Have a line carried out by the gig's thread, and wait for that: nobody has more than one that waits."""
        answered = threading.Event()
        self._asked.put((line, peer, answered))
        self._wake()
        while not self._closed and not answered.wait(0.1):
            pass

    def turn(self) -> None:
        """Carry out what others wait for, for a moment."""
        until = time.monotonic() + TURN_SECONDS
        while not self._closed:
            try:
                line, peer, answered = self._asked.get_nowait()
            except queue.Empty:
                return
            self.hear(line, peer)
            answered.set()
            if time.monotonic() >= until:
                self._wake()
                return

    def close(self, unsaved: list[str]) -> None:
        """Nothing is carried out any more, and everybody hears that."""
        self._closed = True
        self._say(None, "end", unsaved=unsaved, kept=self._gig.journal.keeps)

    # --- what is asked --------------------------------------------------------------------------------------------

    def hear(self, line: str | None, peer: Peer) -> None:
        """Carry out a line, and answer it. None: it was too long."""
        read = self._read(line, peer)
        if read is None:
            return
        verb, asked = read
        name, _, words = verb.partition(" ")
        if verb == "quit":
            peer.events.say("done", **asked, ok=True)
            self.left = True
        elif name in QUESTIONS:
            self._answer(lambda: QUESTIONS[name].answer(self._gig, peer, words.strip()), peer, asked)
        else:
            if self._wanted("changes") and not self._known:
                self.beside(lambda: self._changes(self._gig.status()))  # what they are changes of
            self.do(verb, peer, asked)
            self.beside(self._look)

    def _read(self, line: str | None, peer: Peer) -> tuple[str, Facts] | None:
        """A line's verb, and the id that the answer is to bear; a line that is none is answered, and reads as None."""
        if line is None:
            peer.events.say("error", error=TOO_LONG, message=TOO_LONG)
            return None
        if not line.startswith("{"):
            return line, {}
        try:
            given = json.loads(line, parse_constant=_no_number)
            asked = {"id": given["id"]} if "id" in given and len(json.dumps(given["id"])) <= QUOTED else {}
        except (ValueError, RecursionError):
            given, asked = {}, {}
        command = given.get("do")
        if not isinstance(command, str) or len(asked) < ("id" in given):
            peer.events.say("error", **asked, error=SPELT, message=SPELT)
            return None
        return command.strip(), asked

    def do(self, verb: str, peer: Peer, asked: Facts) -> bool:
        """Carry out a verb, and answer. Returns whether it was done."""
        if not self._answer(lambda: self._done(verb), peer, asked):
            return False
        if verb == "status":
            self.beside(lambda: peer.events.say("status", **asked, **status_facts(peer.status(self._gig))))
        return True

    def _done(self, verb: str) -> Facts:
        self._gig.do(verb)
        return {"message": self._gig.message} if self._gig.message else {}

    def _answer(self, work: Callable[[], Facts], peer: Peer, asked: Facts) -> bool:
        try:
            facts = work()
        except Exception as error:
            fault = str(error) if isinstance(error, RigError) else own_fault(error)
            peer.events.say("error", **asked, error=fault, message=fault)
            if error.__cause__ or not isinstance(error, RigError):
                self._trace(error)
            return False
        peer.events.say("done", **asked, ok=True, **facts)
        return True

    # --- what is told ---------------------------------------------------------------------------------------------

    def _say(self, topic: str | None, event: str, **facts: object) -> None:
        for peer in self._peers:
            if topic is None or topic in peer.topics:
                peer.events.say(event, **facts)

    def _tell(self, topic: str, **facts: object) -> None:
        for peer in self._peers:
            if topic in peer.topics:
                peer.events.tell(topic, **facts)

    def ready(self, peer: Peer) -> None:
        """Tell somebody that it plays."""
        gig, client = self._gig, self._gig.client
        songs = {"songs": [song.name for song in gig.document.songs]} if gig.document.songs else {}
        amps = [amp.name for amp in gig.amps]
        peer.events.say("ready", rate=client.rate, block=client.block, amps=amps, amp=gig.amp.name, **songs)

    def _look(self) -> None:
        """Say what a verb has come to."""
        self.built(self._gig.install())
        if self._wanted("changes"):
            self._changes(self._gig.status())

    def _wanted(self, topic: str) -> bool:
        return any(topic in peer.topics for peer in self._peers)

    def built(self, outcomes: Iterable[Outcome]) -> None:
        """Say what came of what was built, and which amp and which song play, where those are others."""
        outcomes = tuple(outcomes)
        for viewer in self._viewers():
            viewer.hear(outcomes, ())
        for outcome in outcomes:
            if outcome.error:
                self._say("engines", "error", message=f"{outcome.engine}: {outcome.error}")
            else:
                files = {view.name: str(view.file) for view in outcome.files}
                self._say("engines", "engine", engine=outcome.engine, files=files, settings=dict(outcome.settings))
        gig, before = self._gig, self._amp
        if gig.playing != before:
            self._amp = gig.playing
            number = [amp.uid for amp in gig.document.stage(gig.playing)].index(gig.playing) + 1
            self._say("amps", "amp", amp=gig.amp.name, number=number)
        song, part = gig.set_list.song, gig.set_list.part
        if song is not None and (song.uid, part) != self._song:
            self._song = (song.uid, part)
            self._say("songs", "song", song=song.name, number=gig.document.number(song), part=part + 1)

    def news(self, news: Iterable[News]) -> None:
        """Say what nobody asked for."""
        news = tuple(news)
        for viewer in self._viewers():
            viewer.hear((), news)
        for item in news:
            self._say("news", "error" if item.wrong else "reloaded" if item.reloaded else "news", message=item.message)

    def _viewers(self) -> list[Viewer]:
        return [peer.viewer for peer in self._peers if peer.viewer]

    def patience(self) -> float:
        """Seconds until the next look at the status is due."""
        often = any(peer.topics & OFTEN for peer in self._peers)
        due = min(self._due, self._look_due)
        return (min(due, self._meters_due) if often else due) - time.monotonic()

    def status(self, status: Status) -> None:
        """Somebody has looked at the gig: tell whoever is due to be told."""
        self._look_due = time.monotonic() + LOOK_SECONDS
        if not self._peers:
            self._status.take()
            self._meters.take()
            self._known = {}
            return
        now = time.monotonic()
        if now >= self._meters_due:
            self._meters_due = now + METERS_SECONDS
            facts = status_facts(self._meters.take() or status)
            self._wiring()
            self._tell("meters", **{name: facts[name] for name in METERS})
            self._changes(status)
            note = (status.note, round(status.cents) if status.note else 0)
            if note != self._note:
                self._note = note
                self._tell("tuner", **{name: facts[name] for name in TUNER})
        if now >= self._due:
            self._due = now + STATUS_SECONDS
            self._tell("status", **status_facts(self._status.take() or status))

    def _changes(self, status: Status) -> None:
        known, self._known = self._known, _lasting(status, self._known)
        facts = status_facts(status)
        changed = {key: facts[key] for key, value in self._known.items() if value != known.get(key)}
        if known and changed:
            self._say("changes", "changed", **changed)

    def _wiring(self) -> None:
        """What is connected to what, where that is another thing now; as it is, when the first one wants to know."""
        known, self._wires = self._wires, wires_facts(self._gig) if self._wanted("wires") else {}
        if self._wires and known != self._wires:
            self._say("wires", "wires", **self._wires)

    def _faulty(self, fault: str, error: Exception) -> None:
        self._say("news", "error", message=fault)
        self._trace(error)

    def _trace(self, error: Exception) -> None:
        if self._debug:
            traceback.print_exception(error)


def unsaved(gig: Gig) -> list[str]:
    """What is not saved, by name: presets, and the set."""
    return [preset.name for preset in gig.history.unsaved()] + ([gig.name] if gig.set_list.unsaved else [])


def _lasting(status: Status, known: Facts) -> Facts:
    """What of a status does not move by itself. known: the same of the one before.

    A tempo that is followed is another one where it differs by SAME_BPM.
    """
    facts = {key: value for key, value in status_facts(status).items() if key not in QUIET}
    facts["loop"] = replace(status.loop, at=0.0)
    before = known.get("tempo")
    if status.lead and status.tempo and isinstance(before, float) and abs(status.tempo - before) < SAME_BPM:
        facts["tempo"] = before
    return facts


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number in JSON")
