"""A capture told in plain lines, for scripts and pipes; and what is told at the end, however it was shown."""

from __future__ import annotations

import sys
from pathlib import Path

from rig.capture.levels import NOTHING_HEARD
from rig.capture.measure import Measured, longer
from rig.capture.procedure import Captured
from rig.capture.session import CHECK, TAKE, CaptureStatus
from rig.errors import RigError
from rig.text import printable

EVERY = 10  # percent of a take, where no bar can be drawn
PASSES = 1.0  # of the check's loop, before it is judged


class TextView:
    """A view without questions. What goes wrong for good is raised. live: a bar is drawn, on a line that moves."""

    def __init__(self, wait: float, retries: int, live: bool = False) -> None:
        self._wait, self._left, self._live = wait, retries, live
        self._told = -1

    def say(self, line: str) -> None:
        self._clear()
        print(printable(line), file=sys.stderr, flush=True)

    def show(self, status: CaptureStatus) -> bool:
        if status.phase == TAKE:
            self._progress(status)
        if status.phase != CHECK:
            return False
        if status.share >= PASSES and status.heard:
            self.say(f"levels: send {status.level_db:.1f} dB, return {status.loudest_db:.1f} dB at its loudest")
            for line in status.words or ("levels are good",):
                self.say(line)
            return True
        if not status.heard and status.seconds > self._wait:
            raise RigError(f"no return signal within {self._wait:g} s: {NOTHING_HEARD} {longer(self._wait)}")
        return False

    def again(self, why: str) -> bool:
        self._left, self._told = self._left - 1, -1
        self.say(f"{why}: taking it again" + ("" if self._left > 0 else ", to its end"))
        return self._left > 0

    def keep(self, measured: Measured) -> bool:
        self._clear()
        if measured.fatal:
            raise RigError(str(measured.fatal))
        return True

    def _progress(self, status: CaptureStatus) -> None:
        percent = int(100 * status.share)
        if self._live and percent != self._told:
            self._told = percent
            bar = "━" * (percent * 40 // 100)
            sys.stderr.write(f"\r{status.phase} {bar:─<40} {percent:3d} %  return {status.return_db:6.1f} dB ")
            sys.stderr.flush()
        elif not self._live and percent // EVERY != self._told // EVERY:
            self._told = percent
            self.say(f"{status.phase}: {percent} %")

    def _clear(self) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")


def lines(measured: Measured, rate: int) -> list[tuple[str, str]]:
    """What was measured, as (what, how much)."""
    agreed = "impulses and correlation agree" if measured.confirmed else "unconfirmed"
    return [
        ("delay", f"{measured.delay} samples, {measured.delay / rate * 1000:.1f} ms ({agreed})"),
        ("polarity", "as sent" if measured.polarity > 0 else "upside down, as behind many amps"),
        ("loudest", f"{measured.peak_db:.1f} dB" + (f", {measured.clips} clips" if measured.clips else ", no clips")),
        (
            "noise",
            f"{measured.noise.rms_db:.0f} dB" + (f", hum at {measured.noise.hum} Hz" if measured.noise.hum else ""),
        ),
        ("repeats", f"within ESR {measured.repeatability:.2g}"),
    ]


def tell(captured: Captured, output: Path, rate: int) -> None:
    """What was captured, what to think about, and what to type next."""
    for what, how in lines(captured.measured, rate):
        print(f"{what:9s} {how}", file=sys.stderr)
    for finding in captured.measured.findings:
        print(finding, file=sys.stderr)
    done = f"{output}: captured. Now: rig train {output} -o {output.name}.json"
    print(printable(done), file=sys.stderr, flush=True)
