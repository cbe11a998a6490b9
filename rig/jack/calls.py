"""Calls into libjack, in a thread of their own, so that a server that hangs never holds up whoever asks."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, TimeoutError
from typing import Any, TypeVar

from rig.errors import RigError

CALL_SECONDS = 1.0  # a server that is well answers within a few periods

Result = TypeVar("Result")


class NoAnswer(RigError):
    """JACK has not answered in time; the call may still come to its end."""


class Calls:
    """Made one after the other, in the order they were asked for. Methods are called from one thread.

    While one hangs, whoever asks for another is told so at once: a gig waits once for a server that hangs.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._late: Future[Any] | None = None

    def ask(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Have it called, and don't wait."""
        if self._thread is None:
            # A daemon: the program must be able to end while this one hangs.
            self._thread = threading.Thread(target=_work, args=(self._asked,), daemon=True, name="rig-jack")
            self._thread.start()
        future: Future[Result] = Future()
        self._asked.put((future, lambda: function(*arguments)))
        self._late = future
        return future

    def __call__(self, function: Callable[..., Result], *arguments: Any, seconds: float = CALL_SECONDS) -> Result:
        """What it returns or raises. Raises NoAnswer where that takes longer."""
        if self._late is not None and not self._late.done():
            raise NoAnswer("JACK does not answer")
        try:
            return self.ask(function, *arguments).result(seconds)
        except TimeoutError:
            raise NoAnswer("JACK does not answer") from None

    def end(self) -> None:
        """After what has been asked for the thread ends; the next call begins another."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread, self._asked, self._late = None, queue.SimpleQueue(), None


def _work(asked: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]) -> None:
    while (job := asked.get()) is not None:
        future, function = job
        try:
            future.set_result(function())
        except BaseException as error:  # it is for whoever asked
            future.set_exception(error)
        del job, future, function  # or what they hold would live until the next call
