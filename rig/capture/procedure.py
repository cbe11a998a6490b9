"""A capture from beginning to end, for whoever shows it: plain lines, a screen, or a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rig.capture.delay import Delay
from rig.capture.measure import Measured, longer, measure
from rig.capture.session import CaptureStatus, MissedPeriod, Session
from rig.capture.test_signal import Signal


class CaptureView(Protocol):
    """Who shows a capture and decides. May raise out of every call to stop it."""

    def say(self, line: str) -> None:
        """Something was done."""

    def show(self, status: CaptureStatus) -> bool:
        """Twenty times a second. Whether the level check may end."""

    def again(self, why: str) -> bool:
        """A period was missed. True: take it again; False: take it again, and to its end whatever is missed."""

    def keep(self, measured: Measured) -> bool:
        """A take was made. Whether it is the one; if not, it is taken again."""


@dataclass(frozen=True)
class Captured:
    """measured: the take that was kept. ping: the delay as measured before it. takes: how many it took."""

    measured: Measured
    signal: Signal
    ping: Delay | None
    takes: int


def capture(session: Session, make: Callable[[], Signal], wait: float, view: CaptureView) -> Captured:
    """Listen, check the levels, measure the delay, take, measure. `session` has been started.

    make: the signal, a few seconds' work. wait: seconds within which the return comes. Raises RigError where nothing
    useful came of it.
    """
    view.say("making the test signal")
    signal = make()
    session.listen(wait, view.show)
    session.check(signal, view.show)
    ping = session.ping(signal, wait, view.show)
    view.say(_delay_line(ping, session.rate, wait))
    tail, takes, strict = ping.frames / session.rate if ping else wait, 0, True
    while True:
        takes += 1
        try:
            measured = measure(session.take(signal, tail, view.show, strict=strict), session.rate)
        except MissedPeriod as missed:
            strict = view.again(str(missed))
            continue
        if view.keep(measured):
            return Captured(measured, signal, ping, takes)


def _delay_line(ping: Delay | None, rate: int, wait: float) -> str:
    if ping is None:
        return (
            f"nothing clear came back within {wait:g} s: the take will tell; what is later takes --wait {longer(wait)}"
        )
    return f"the return is {ping.frames} samples ({ping.frames / rate * 1000:.1f} ms) late"
