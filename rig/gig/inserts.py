"""Which place and which ports the inserts of a set have: they keep them for as long as they are wanted."""

from __future__ import annotations

from rig.document.document import Document, EngineSpec
from rig.document.knobs import kind
from rig.engine import Payload
from rig.errors import RigError
from rig.jack.joined import Wire
from rig.native.inserts import INSERTS, SIDES


class Inserts:
    """Methods are called from the gig's thread, `payload` from the one that builds.

    period: frames that what is sent takes to come back.
    """

    def __init__(self, period: int) -> None:
        self.period = period
        self.names: dict[int, str] = {}  # of the ports, by place
        self._places: dict[int, int] = {}  # by the engine's identity

    def want(self, document: Document) -> None:
        """Give the inserts of a document their places, as far as there are any."""
        specs = [spec for preset in document.presets for spec in preset.engines() if kind(spec).ports]
        there = {spec.uid for spec in specs}
        for uid in [uid for uid in self._places if uid not in there]:
            del self.names[self._places.pop(uid)]
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

    def payload(self, spec: EngineSpec) -> Payload:
        """What csrc/engines/insert.c asks for. Raises RigError where there is no place left."""
        place = self._places.get(spec.uid)
        if place is None:
            raise RigError(f"a set has at most {INSERTS} inserts")
        return Payload(ints=(place, self.period), delay=self.period)

    def about(self, uid: int, rate: int, client: str, wires: tuple[Wire, ...]) -> str:
        """What the screen says of one: its ports, and how long it takes, or that it only passes through."""
        place = self._places.get(uid)
        if place is None:
            return ""
        name, ends = self.names[place], {end for wire in wires for end in wire}
        wired = [f"{client}:{name}_{side}" in ends for side in SIDES]
        if any(wired[:2]) and any(wired[2:]):
            return f"{name}_send, {name}_return: {1000 * self.period / rate:.1f} ms"
        missing = "send" if not any(wired[:2]) else "return"
        return f"passes through: nothing is connected to {name}_{missing}"
