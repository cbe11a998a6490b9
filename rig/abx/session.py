"""`rig abx` on JACK: two sounds over and over, single keys, lines that a screen reader reads well."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rig.abx.sounds import Pair
from rig.abx.trials import Trials
from rig.errors import RigError, did_you_mean
from rig.jack.client import Client
from rig.jack.joined import Ports
from rig.keys import Keys
from rig.native import PlayerRecorder, Take
from rig.sound import resample
from rig.text import printable

WAIT_SECONDS = 0.2  # for a key, between two looks at JACK
FADE_SECONDS = 0.1

HELP = "a, b, x: hear it. 1: X is A. 2: X is B. r: from the beginning. q: end."


class Player:
    """Our client, whose output `send` has one of two sounds. Raises RigError where there is no JACK."""

    def __init__(self, sounds: Pair, server: str | None = None) -> None:
        self.client = Client("rig-abx", server, ports=Ports(("return",), ("send",), ()))
        self._sounds = sounds
        self._player = PlayerRecorder(self.client.rate)
        self._take: Take | None = None

    def start(self, outputs: Sequence[str]) -> None:
        """Play A, from the beginning, wired to these ports; none: to the first two of the sound card."""
        takes = self.client.ports(inputs=True)
        for port in outputs:
            if port not in takes:
                raise RigError(f"--out: JACK has no port '{port}'{did_you_mean(port, takes)}")
        self.client.start(self._player)
        self.again()
        self._player.level(1.0)
        for port in outputs or takes[:2]:
            if fault := self.client.wire("send", port):
                raise RigError(fault)

    def again(self) -> None:
        """From the beginning."""
        a, b = (resample(x, self._sounds.rate, self.client.rate) for x in (self._sounds.a, self._sounds.b))
        self._take = Take(a, 1, loop=True, other=b)
        self._player.put(self._take)

    def turn(self, which: str) -> None:
        """Hear "a" or "b", where the other is."""
        self._player.turn(float(which == "b"))

    def look(self) -> None:
        """Raises RigError where JACK has gone."""
        self._player.collect()
        if not self.client.alive:
            raise RigError("JACK has gone in the middle of the test")

    def close(self) -> None:
        """Fade out, and leave JACK."""
        self._player.level(0.0)
        time.sleep(FADE_SECONDS)
        self.client.close()


@contextmanager
def playing(sounds: Pair, server: str | None, outputs: Sequence[str]) -> Iterator[Player]:
    """While entered they are heard."""
    player = Player(sounds, server)
    try:
        player.start(outputs)
        yield player
    finally:
        player.close()


def ask(trials: Trials, turn: Callable[[str], None], key: Callable[[], str], again: Callable[[], None]) -> None:
    """Ask trial after trial, until `q`. key: the next, "" where none came. turn: hear "a" or "b"."""
    _say(HELP)
    _say(f"Trial 1 of {trials.count}. X plays.")
    turn(trials.x)
    while not trials.over:
        pressed = key()
        if pressed in ("a", "b"):
            turn(pressed)
            _say(f"{pressed.upper()} plays.")
        elif pressed == "x":
            turn(trials.x)
            _say("X plays.")
        elif pressed in ("1", "2"):
            trials.answer("ab"[int(pressed) - 1])
            said = f"X is {'AB'[int(pressed) - 1]}, you say."
            if not trials.over:
                turn(trials.x)
                said += f" Trial {trials.number} of {trials.count}. X plays."
            _say(said)
        elif pressed == "r":
            again()
            _say("From the beginning.")
        elif pressed == "q":
            return
        elif pressed:
            _say(HELP)


def run(trials: Trials, sounds: Pair, server: str | None, outputs: Sequence[str]) -> None:
    """Play and ask. Without a terminal each line on stdin is a key, and the end of stdin is `q`."""
    with playing(sounds, server, outputs) as player, Keys() as keys:

        def key() -> str:
            player.look()
            if keys.there:
                return keys.pressed(WAIT_SECONDS)
            line = sys.stdin.readline()
            return line.strip()[:1].lower() if line else "q"

        ask(trials, player.turn, key, player.again)


def _say(line: str) -> None:
    print(printable(line), flush=True)
