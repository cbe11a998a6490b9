"""A thread that builds chains while the gig goes on. Of each chain only the latest wish is built."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass

from rig.document.document import EngineSpec
from rig.errors import RigError, own_fault
from rig.gig.builder import Builder, BuildError, ChainSpec, Place, short
from rig.native import Chain

NICE = 5
"""By so much building is nicer than the rest of the process: what waits for a chain waits little longer, what is turned
meanwhile not at all."""


@dataclass(frozen=True)
class Job:
    """A chain to be built. key: what it will be, and no other wish is.

    playing: the chain that it takes over from, where that is of the same engines. like: what one of the engines was, as
    loud as which it is to be.
    """

    place: Place
    wish: ChainSpec
    key: Hashable
    playing: Chain | None
    like: EngineSpec | None = None


@dataclass(frozen=True)
class Built:
    """What came of a job. chain: None where it failed, which `error` says in one line, or where it would sound alike.

    wish: as it was built: the job's, but for a level that makes an engine as loud as it is to be.
    uid: of the engine whose fault it was.
    """

    job: Job
    wish: ChainSpec
    chain: Chain | None = None
    error: str = ""
    uid: int = 0


class Worker:
    """Methods are called from the gig's thread."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._news = threading.Condition()
        self._asked: OrderedDict[Place, Job] = OrderedDict()
        self._now: Job | None = None
        self._built: list[Built] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def ask(self, job: Job) -> None:
        """Have a chain built, in place of another one that was asked for there and has not begun."""
        with self._news:
            self._asked.pop(job.place, None)
            self._asked[job.place] = job
            self._news.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True, name="rig-builder")
            self._thread.start()

    def forget(self, place: Place) -> None:
        """Nothing is to be built there any more."""
        with self._news:
            self._asked.pop(place, None)

    @property
    def busy(self) -> bool:
        """Whether something is being built, or waits to be taken."""
        with self._news:
            return bool(self._now or self._asked or self._built)

    def take(self) -> list[Built]:
        """What has been built since the last call."""
        with self._news:
            built, self._built = self._built, []
        return built

    def order(self, places: Iterable[Place]) -> None:
        """What waits is built in this order."""
        with self._news:
            for place in places:
                if place in self._asked:
                    self._asked.move_to_end(place)

    def wait(self, seconds: float, places: Collection[Place] | None = None) -> bool:
        """Wait until nothing, or nothing of those places, is left to be built; False where that takes longer."""

        def left() -> bool:
            waiting = [*self._asked, *([self._now.place] if self._now else [])]
            return any(places is None or place in places for place in waiting)

        with self._news:
            return self._news.wait_for(lambda: not left(), seconds)

    def close(self) -> None:
        """Begin nothing any more. What is being built just now is dropped."""
        with self._news:
            self._closed = True
            self._asked.clear()
            self._news.notify_all()

    def _work(self) -> None:
        with contextlib.suppress(OSError):  # of this thread alone: keys, and the screen, go first
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.nice(0) + NICE)
        while True:
            with self._news:
                self._news.wait_for(lambda: self._asked or self._closed)
                if self._closed:
                    return
                self._now = self._asked.popitem(last=False)[1]
            built = self._build(self._now)
            with self._news:
                self._now = None
                self._built.append(built)
                del built  # or the chain that it took over from would live until the next one is built
                self._news.notify_all()

    def _build(self, job: Job) -> Built:
        wish = job.wish
        files = [path for spec in wish.engines for path in spec.files.values()]
        try:
            if job.like:
                wish = self._builder.as_loud(wish, job.like)
            return Built(job, wish, self._builder.build(wish, job.playing))
        except BuildError as error:
            return Built(job, wish, error=short(str(error), files), uid=error.uid)
        except RigError as error:
            return Built(job, wish, error=short(str(error), files))
        except Exception as error:  # the thread lives on, and so does the gig
            return Built(job, wish, error=own_fault(error))
