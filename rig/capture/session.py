"""A capture on JACK: listening, the level check, the ping that measures the delay, the take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rig.capture.delay import Delay, find_delay, find_impulses
from rig.capture.levels import Noise, Recent, heard, words
from rig.capture.options import LEVELS_DB
from rig.capture.test_signal import Signal
from rig.errors import RigError
from rig.jack.client import Client
from rig.jack.joined import Ports
from rig.native import PlayerRecorder, PlayerRecorderMeters, Take, decibels, linear

TICK_SECONDS = 0.05
LISTEN_SECONDS = 1.5
QUIET_DB = -40.0  # the peak of an amp's noise
QUIET_SECONDS = 0.5  # without sound, before a ping
TAIL_SECONDS = 0.5  # more than the delay needs
PATIENCE_SECONDS = 1.5  # before "no return signal" is said
BURST_SECONDS = 1.5
PING_SECONDS = 0.5  # between two looks for its answer

LISTEN, CHECK, PING, TAKE = "listening to the silence", "level check", "measuring the delay", "taking"


@dataclass(frozen=True)
class CaptureStatus:
    """What is under way. share: 0..1 of it. seconds: since it began. send_db, return_db: peaks since the last look.

    loudest_db: the return's, of the last seconds. clipped: since the last look. words: what the player should mend.
    heard: whether the return is more than noise.
    """

    phase: str
    share: float
    seconds: float
    level_db: float
    send_db: float
    return_db: float
    loudest_db: float
    clipped: bool
    noise: Noise | None
    words: tuple[str, ...]
    heard: bool = False


Watch = Callable[[CaptureStatus], bool]
"""Called every tick. Whether to go on to the next phase; only the level check asks. Raises to stop it all."""


def clock(seconds: float) -> str:
    """72.3 -> 1:12"""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class MissedPeriod(Exception):
    """The machine was too slow in the middle of a take. seconds: where."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the machine missed a period at {clock(seconds)}")


@dataclass(frozen=True)
class Taken:
    """dry: what was sent. raw: what came back from the same moment on, longer than dry by the delay and a little.

    missed: where the machine was too slow, in seconds.
    """

    dry: np.ndarray
    raw: np.ndarray
    signal: Signal
    level_db: float
    missed: tuple[float, ...] = ()


class Session:
    """Our client with its ports `send` and `return`. Raises RigError where there is no JACK."""

    def __init__(self, level_db: float, server: str | None = None) -> None:
        self.client = Client("rig-capture", server, ports=Ports(("return",), ("send",), (), ()))
        self.rate = self.client.rate
        self.noise: Noise | None = None
        self._player = PlayerRecorder(self.rate)
        self._clips = 0
        self.set_level(level_db)

    def start(self, send: str, back: str) -> None:
        """Run, wired to two ports: who takes what we send, and who gives the return. Raises RigError."""
        self.client.start(self._player)
        for ours, other in (("send", send), ("return", back)):
            if fault := self.client.wire(ours, other):
                raise RigError(f"{fault}; `jack_lsp` lists the ports there are")
        self.send, self.back = send, back

    def set_level(self, db: float) -> None:
        """Of the loudest sample that is sent, in dB of full scale."""
        self.level_db = min(max(db, LEVELS_DB[0]), LEVELS_DB[1])
        self._player.level(linear(self.level_db))

    def close(self) -> None:
        """Fade out, and leave JACK."""
        self._player.level(0.0)
        time.sleep(2 * TICK_SECONDS)
        self.client.close()

    # --- phases ----------------------------------------------------------------------------------------------------

    def listen(self, wait: float, watch: Watch) -> None:
        """Send nothing for a while, to know the noise.

        wait: seconds within which what comes back grows quiet: what somebody sent before may still be on its way.
        """
        frames, until = round(LISTEN_SECONDS * self.rate), time.monotonic() + wait
        self.noise = None
        while self.noise is None or (self.noise.peak_db > QUIET_DB and time.monotonic() < until):
            take = self._put(np.zeros(1), frames, loop=False)
            while take.at < frames:
                self._tick(watch, LISTEN, take.at / frames, take.at)
            self.noise = Noise.of(self._heard(take), self.rate)

    def check(self, signal: Signal, watch: Watch) -> None:
        """Play the loudest part over and over until `watch` says that the levels are right."""
        loop = signal.audio[signal.loop]
        take = self._put(loop, 1, loop=True)
        recent = Recent(max(len(loop) / self.rate, 2.0))
        go_on = False
        while not go_on:
            go_on = self._tick(watch, CHECK, min(take.at / len(loop), 1.0), take.at, recent)
        self._silence()

    def ping(self, signal: Signal, wait: float, watch: Watch) -> Delay | None:
        """Send two impulses and a little of the loudest part; None where neither is back within `wait` seconds."""
        lead, loud = signal.audio[: signal.lead], signal.audio[signal.loop][: round(BURST_SECONDS * self.rate)]
        play = np.concatenate([lead, loud])
        frames = len(play) + round(wait * self.rate)
        self._until_quiet(QUIET_SECONDS, wait, watch)
        take = self._put(play, frames, loop=False)
        due = len(lead)
        while take.at < frames:
            self._tick(watch, PING, take.at / frames, take.at)
            if take.at < due:
                continue
            due += round(PING_SECONDS * self.rate)
            found = find_impulses(take.heard(), *signal.impulses, self.rate)
            if found is None and take.at > len(play):  # a noise gate swallows impulses, but not a loud phrase
                found = find_delay(play, take.heard(), self.rate)
            if found and found.frames >= 0:
                self._silence()
                return found
        return None

    def take(self, signal: Signal, tail: float, watch: Watch, *, strict: bool) -> Taken:
        """Play it all and record, and `tail` seconds more.

        strict: raises MissedPeriod as soon as the machine was too slow; else the take only says where.
        """
        frames = len(signal.audio) + round((tail + TAIL_SECONDS) * self.rate)
        self._until_quiet(tail + QUIET_SECONDS, tail + QUIET_SECONDS, watch)
        level_db, xruns, missed = self.level_db, self.client.xruns, []
        take = self._put(signal.audio, frames, loop=False)
        recent = Recent(signal.seconds + tail + 60)
        while take.at < frames:
            self._tick(watch, TAKE, take.at / frames, take.at, recent)
            if self.client.xruns > xruns:
                xruns = self.client.xruns
                missed.append(take.at / self.rate)
                if strict:
                    self._silence()
                    raise MissedPeriod(missed[0])
        raw = self._heard(take)
        self._player.put(None)
        return Taken(signal.audio * np.float32(linear(level_db)), raw, signal, level_db, tuple(missed))

    # --- the player and recorder ----------------------------------------------------------------------------------

    def _put(self, play: np.ndarray, heard_frames: int, *, loop: bool) -> Take:
        take = Take(play, heard_frames, loop=loop)
        self._player.put(take)
        return take

    def _heard(self, take: Take) -> np.ndarray:
        """Raises RigError where something in the loop is broken."""
        back = take.heard()
        if not np.isfinite(back).all():
            raise RigError(f"'{self.back}' gives samples that are not numbers: restart what plays there")
        return back

    def _silence(self) -> None:
        """Fade out, then stop what plays: an amp that is turned up forgives no thump."""
        self._player.level(0.0)
        time.sleep(2 * TICK_SECONDS)
        self._player.put(None)
        time.sleep(2 * TICK_SECONDS)
        self.set_level(self.level_db)

    def _until_quiet(self, hold: float, most: float, watch: Watch) -> None:
        """What was sent may still be on its way, or ring: wait until nothing was heard for `hold` seconds.

        An amp that is never quiet is waited for `most` seconds longer.
        """
        threshold = linear(self.noise.peak_db) * 4 + 1e-5 if self.noise else 1e-3
        quiet_since, until = time.monotonic(), time.monotonic() + hold + most + 1
        while (now := time.monotonic()) < until and now < quiet_since + hold:
            meters = self._meters()
            if meters.return_peak > threshold:
                quiet_since = now
            self._show(watch, PING, 0.0, 0, meters, None)
            time.sleep(TICK_SECONDS)

    def _tick(self, watch: Watch, phase: str, share: float, at: int, recent: Recent | None = None) -> bool:
        time.sleep(TICK_SECONDS)
        return self._show(watch, phase, share, at, self._meters(), recent)

    def _meters(self) -> PlayerRecorderMeters:
        if not self.client.alive:
            raise RigError("JACK has gone: start it again, and take it again")
        return self._player.meters()

    def _show(
        self, watch: Watch, phase: str, share: float, at: int, meters: PlayerRecorderMeters, recent: Recent | None
    ) -> bool:
        clipped, self._clips = meters.clips > self._clips, meters.clips
        said: tuple[str, ...] = ()
        loudest, is_heard = decibels(meters.return_peak), False
        if recent:
            recent.update(time.monotonic(), meters.return_peak, meters.clips)
            loudest = recent.peak_db
            is_heard = heard(loudest, self.noise or Noise())
            if is_heard or at > PATIENCE_SECONDS * self.rate:
                said = words(loudest, recent.clips, self.noise or Noise())
        status = CaptureStatus(
            phase, min(share, 1.0), at / self.rate, self.level_db, decibels(meters.send_peak),
            decibels(meters.return_peak), loudest, clipped, self.noise, said, is_heard,
        )  # fmt: skip
        return bool(watch(status))
