"""The inserts of a set: which place and which ports each has, and how late it is what comes back."""

from __future__ import annotations

from collections import deque
from statistics import median_low

import numpy as np

from rig.document.document import Document, EngineSpec
from rig.document.knobs import kind
from rig.engine import Payload
from rig.errors import RigError
from rig.jack.patchbay import Wire
from rig.native.inserts import INSERTS, SIDES, heard

LOOK_SECONDS = 1.0  # between two measurements
HEARD = 24_000  # frames that one hears
LATEST = 8192  # frames: what comes later isn't found
WHITE = 0.7  # how far all frequencies are made to count alike
SILENT = 1e-4  # RMS: softer, and nothing is to be found in it
NEAR = 48  # frames around what was found that are no other place
CLEAR = 2.0  # times as likely must it be as any other place
LOOKS, SPREAD = 5, 2  # so many must have found the same, but for so many frames


def lag(sent: np.ndarray, came: np.ndarray) -> int | None:
    """Frames by which what came back is later than what was sent, (frames,) each; None where that isn't clear.

    Source: Knapp, Carter, "The generalized correlation method for estimation of time delay", IEEE Trans. ASSP 24, 1976.
    """
    if min(np.sqrt(np.mean(np.square(sent))), np.sqrt(np.mean(np.square(came)))) < SILENT:
        return None
    size, window = 1 << (2 * len(sent) - 1).bit_length(), np.hanning(len(sent))
    cross = np.fft.rfft(came * window, size) * np.fft.rfft(sent * window, size).conj()
    likely = np.abs(np.fft.irfft(cross / (np.abs(cross) + 1e-12) ** WHITE, size)[:LATEST])
    found = int(np.argmax(likely))
    best = likely[found]
    likely[max(0, found - NEAR) : found + NEAR + 1] = 0.0
    return found if best > CLEAR * likely.max() else None


class Inserts:
    """Methods are called from the gig's thread, `payload` from the one that builds.

    period: frames, JACK's, which is how late it is what comes back of a client that adds nothing to it.
    """

    def __init__(self, period: int) -> None:
        self.period = period
        self.names: dict[int, str] = {}  # of the ports, by place
        self._places: dict[int, int] = {}  # by the engine's identity
        self._found: dict[int, deque[int]] = {}  # what was measured lately, by place
        self._late: dict[int, int] = {}  # what came of it
        self._look_at = 0.0

    def want(self, document: Document) -> None:
        """Give the inserts of a document their places, as far as there are any."""
        specs = [spec for preset in document.presets for spec in preset.engines() if kind(spec).ports]
        there = {spec.uid for spec in specs}
        for uid in [uid for uid in self._places if uid not in there]:
            gone = self._places.pop(uid)
            del self.names[gone]
            self._forget(gone)
        for spec in specs:
            free = (place for place in range(INSERTS) if place not in self.names)
            place = self._places.get(spec.uid, next(free, None))
            if place is not None and spec.uid not in self._places:
                self._places[spec.uid] = place
                self.names[place] = self._name(spec.label)

    def _name(self, label: str) -> str:
        taken, name, number = set(self.names.values()), label, 1
        while name in taken:
            number += 1
            name = f"{label}{number}"
        return name

    def wait(self, uid: int) -> int:
        """Frames that an insert takes."""
        return self._late.get(self._places.get(uid, -1), self.period)

    def payload(self, spec: EngineSpec) -> Payload:
        """What csrc/engines/insert.c asks for. Raises RigError where there is no place left."""
        place = self._places.get(spec.uid)
        if place is None:
            raise RigError(f"a set has at most {INSERTS} inserts")
        wait = self.wait(spec.uid)
        return Payload(ints=(place, wait), delay=wait)

    def look(self, period: int, client: str, wires: tuple[Wire, ...], now: float) -> bool:
        """Whether any takes another time than before, as JACK's period is another one or as was measured.

        To be called often. wires: all of ours. Where wires come it is measured anew.
        """
        before = dict(self._late)
        if period != self.period:
            self.period = period
            for place in self.names:
                self._forget(place)
            return True
        for place in self.names:
            if self._missing(place, client, wires):
                self._found.pop(place, None)  # what is heard next may be somebody else
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            for place in self.names:
                if not self._missing(place, client, wires) and len(self._found.get(place, ())) < LOOKS:
                    self._measure(place)
        return {place: late for place, late in self._late.items() if late != self.period} != {
            place: late for place, late in before.items() if late != self.period
        }

    def _measure(self, place: int) -> None:
        late = lag(*heard(place, HEARD))
        if late is None:
            return
        found = self._found.setdefault(place, deque(maxlen=LOOKS))
        if found and abs(late - median_low(found)) > SPREAD:
            found.clear()
        found.append(late)
        if len(found) == LOOKS:
            self._late[place] = median_low(found)

    def _forget(self, place: int) -> None:
        self._found.pop(place, None)
        self._late.pop(place, None)

    def _missing(self, place: int, client: str, wires: tuple[Wire, ...]) -> str:
        """ "send" or "return", where nobody is connected there; "" where somebody stands in it."""
        ends = {end for wire in wires for end in wire}
        wired = [f"{client}:{self.names[place]}_{side}" in ends for side in SIDES]
        return "send" if not any(wired[:2]) else "" if any(wired[2:]) else "return"

    def about(self, uid: int, rate: int, client: str, wires: tuple[Wire, ...]) -> str:
        """What the screen says of one: its ports, and how long it takes, or that it only passes through."""
        place = self._places.get(uid)
        if place is None:
            return ""
        name, missing = self.names[place], self._missing(place, client, wires)
        if missing:
            return f"passes through: nothing is connected to {name}_{missing}"
        measured = ", measured" if place in self._late else ""
        return f"{name}_send, {name}_return: {1000 * self.wait(uid) / rate:.1f} ms{measured}"
