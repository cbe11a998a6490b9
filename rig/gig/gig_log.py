"""What went wrong in a gig, as it is kept for afterwards: `rig doctor --last` tells it.

A ring in memory, which a thread of its own writes into a small file of its own every now and then. Nobody waits for a
disk: what can't be written is not.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from rig.errors import RigError
from rig.files import read_bytes, reason, whole

TOGETHER_SECONDS = 5.0  # within which incidents that are alike are one
KINDS = 5  # that may come by turns
RING = 500  # incidents; of more, the earliest are told by their number only
GIGS = 20  # of which files are kept
FLUSH_SECONDS, ALIVE_SECONDS = 5.0, 15.0  # after an incident; and without one, so that a killed gig's end is known
ENGINES = 8  # the costliest, in a gig's file
CLOSE_SECONDS = 1.0
LIMIT = 2_000_000  # bytes of such a file
VERSION = 1

XRUN, LATE, OVERLOAD, GUARD, JACK = "xrun", "late", "overload", "guard", "jack"
"""A missed period, by whomever; a callback of ours that took longer than its period; the chain that does not fit; an
engine that gave no number; JACK gone, back, or otherwise."""


@dataclass(frozen=True)
class Incident:
    """at: seconds since 1970. kind: see above. what: in words. count: how many of it, one right after the other.

    preset, amp: that played. load: share of the period that the worst callback around it took, 0..1 and more. mean:
    what playing takes on an average. costs: the costliest engines that played, and their shares of a core.
    """

    at: float
    kind: str
    what: str
    count: int = 1
    preset: str = ""
    amp: str = ""
    load: float = 0.0
    mean: float = 0.0
    costs: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class GigRecord:
    """A gig as its file tells it. began, until: seconds since 1970; until: of its last sign of life. ended: it said so.

    process: its number. rate, block, server: as they were last. played: seconds that each (preset, amp) was heard.
    counts: of incidents, by kind, also of those that the ring has forgotten. costliest: engines, and the highest share
    of a core that each took. worst_load: share of the period.
    """

    began: float
    until: float
    ended: bool
    process: int
    rate: int = 0
    block: int = 0
    server: str = ""
    played: tuple[tuple[str, str, float], ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    costliest: tuple[tuple[str, float], ...] = ()
    worst_load: float = 0.0
    incidents: tuple[Incident, ...] = ()


def folder() -> Path:
    """Where gigs' files lie."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "rig"


class GigLog:
    """The log of one gig. Methods are called from the gig's thread, and take no longer than it takes to note a thing.

    clock: seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.path: Path | None = None
        self.fault = ""  # why it is not written, in one line
        self._clock, self._turn, self._news, self._done = clock, threading.Lock(), threading.Event(), threading.Event()
        self._record = GigRecord(began=clock(), until=clock(), ended=False, process=os.getpid())
        self._ring: deque[Incident] = deque(maxlen=RING)
        self._counts: Counter[str] = Counter()
        self._played: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._costs: dict[str, float] = {}
        self._thread: threading.Thread | None = None

    def write_into(self, folder: Path) -> None:
        """From now on it is in a file there, too; the folder is made where there is none."""
        name = time.strftime("gig-%Y-%m-%d-%H%M%S", time.localtime(self._record.began))
        self.path = folder / f"{name}-{os.getpid()}.json"
        self._news.set()  # it is written at once, and again soon
        self._thread = threading.Thread(target=self._write, args=(self.path,), daemon=True, name="rig-log")
        self._thread.start()

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """The latest, in order."""
        with self._turn:
            return tuple(self._ring)

    def note(self, incident: Incident) -> None:
        """It has happened."""
        with self._turn:
            self._counts[incident.kind] += incident.count
            near = range(len(self._ring) - 1, max(len(self._ring) - 1 - KINDS, -1), -1)
            at = next((i for i in near if _one(self._ring[i], incident)), None)
            if at is None:
                self._ring.append(incident)
            else:
                before = self._ring[at]
                worse = max(before, incident, key=lambda one: one.load)
                self._ring[at] = replace(worse, at=before.at, count=before.count + incident.count)
        self._news.set()

    def played(self, preset: str, amp: str, seconds: float, costs: Iterable[tuple[str, float]], load: float) -> None:
        """So long an amp was heard; so much of a core its engines took, and of its period the worst callback."""
        with self._turn:
            self._played[preset, amp] += seconds
            for engine, share in costs:
                self._costs[engine] = max(share, self._costs.get(engine, 0.0))
            self._record = replace(self._record, worst_load=max(load, self._record.worst_load))

    def server(self, name: str, rate: int, block: int) -> None:
        """On which it plays."""
        with self._turn:
            self._record = replace(self._record, server=name, rate=rate, block=block)

    @property
    def record(self) -> GigRecord:
        """All of it so far."""
        with self._turn:
            costliest = sorted(self._costs.items(), key=lambda item: -item[1])[:ENGINES]
            return replace(
                self._record,
                until=self._clock(),
                played=tuple((preset, amp, round(s, 1)) for (preset, amp), s in self._played.items()),
                counts=dict(self._counts),
                costliest=tuple((engine, round(share, 4)) for engine, share in costliest),
                incidents=tuple(self._ring),
            )

    def close(self) -> None:
        """It ended well. Waits a moment for it to be written."""
        with self._turn:
            self._record = replace(self._record, ended=True)
        self._done.set()
        self._news.set()
        if self._thread:
            self._thread.join(CLOSE_SECONDS)

    def _write(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _forget(path.parent)
            while not self._done.is_set():
                write(self.record, path)
                self._news.wait(ALIVE_SECONDS)
                self._news.clear()
                self._done.wait(FLUSH_SECONDS)  # more may follow
            write(self.record, path)
        except OSError as error:
            self.fault = f"no log of this gig: {path}: {reason(error)}"


def _one(a: Incident, b: Incident) -> bool:
    """Whether two are one that goes on."""
    same = (a.kind, a.what, a.preset, a.amp) == (b.kind, b.what, b.preset, b.amp)
    return same and 0 <= b.at - a.at < TOGETHER_SECONDS


def _forget(folder: Path) -> None:
    """The oldest gigs, so that with this one there are as many as are kept; and what killed ones have half written."""
    for old in sorted(folder.glob("gig-*.json"))[: 1 - GIGS]:
        old.unlink(missing_ok=True)
    for part in folder.glob(".*.part"):
        with contextlib.suppress(FileNotFoundError):  # it has become a whole one
            if time.time() - part.stat().st_mtime > ALIVE_SECONDS:
                part.unlink()


def write(record: GigRecord, path: Path) -> None:
    """Only its owner may read what somebody played. Raises OSError."""
    text = json.dumps({"version": VERSION, **asdict(record)})
    with whole(path) as part:
        part.touch(mode=0o600)
        part.write_text(text, encoding="utf-8")


def latest(folder: Path) -> Path:
    """The last gig's file. Raises RigError where there is none."""
    found = sorted(folder.glob("gig-*.json"))
    if not found:
        raise RigError(f"no gig was played yet: there is no log in {folder}")
    return found[-1]


def read(path: Path) -> GigRecord:
    """A gig's file. Raises RigError."""
    try:
        found = json.loads(read_bytes(path, LIMIT))
        found["incidents"] = tuple(
            Incident(**{**one, "costs": tuple((str(engine), float(share)) for engine, share in one["costs"])})
            for one in found["incidents"]
        )
        found["played"] = tuple((str(preset), str(amp), float(seconds)) for preset, amp, seconds in found["played"])
        found["costliest"] = tuple((str(engine), float(share)) for engine, share in found["costliest"])
        return GigRecord(**{one.name: found[one.name] for one in fields(GigRecord)})
    except OSError as error:
        raise RigError(f"{path}: {reason(error)}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RigError(f"{path}: this is no log of a gig, or one of another rig") from None
