"""What MIDI is bound to, as the audio thread looks it up: a table, made whole, lent to the rack, and given back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rig.native._c import ffi, lib
from rig.native.chain import Chain

NOTES: int = lib.RIG_BOUND_NOTES
WHEEL: int = lib.RIG_BOUND_WHEEL
NUMBERS: int = lib.RIG_BOUND_NUMBERS
CHANNELS = 16
KINDS: Mapping[str, int] = {
    "verb": lib.RIG_BOUND_VERB,
    "knob": lib.RIG_BOUND_KNOB,
    "level": lib.RIG_BOUND_LEVEL,
    "output": lib.RIG_BOUND_OUTPUT,
    "switch": lib.RIG_BOUND_SWITCH,
    "amp": lib.RIG_BOUND_AMP,
    "bypass": lib.RIG_BOUND_BYPASS,
    "open": lib.RIG_BOUND_OPEN,
    "panic": lib.RIG_BOUND_PANIC,
    "loop": lib.RIG_BOUND_LOOP,
    "send": lib.RIG_BOUND_SEND,
}
PARTS: Mapping[str, int] = {"": 0, "pressed": lib.RIG_PART_PRESSED, "placed": lib.RIG_PART_PLACED}
"""How a part of what an event does is done: as it is pressed, or wherever the pedal goes."""

RELATIVE: Mapping[str, int] = {
    "": 0,
    "twos": lib.RIG_RELATIVE_TWOS,
    "offset": lib.RIG_RELATIVE_OFFSET,
    "sign": lib.RIG_RELATIVE_SIGN,
}
"""How knobs that turn for ever say by how much, by what presets call it; "": a pedal, which says where it stands."""

_serials = itertools.count(1)


@dataclass(frozen=True)
class Bound:
    """One thing that a controller, a note or the pitch wheel does. kind: of KINDS.

    chain, unit, param: whose knob, switch or level it is; param: the slot of an amp, the looper's order. values: heel
    to toe, 128 of them, levels in dB; none of a verb; of what is only ever pressed two: let go, and pressed. plus: dB
    that a chain's level has on top. holds: a switch is on while it is held, else each press turns it over. steps: only
    whole numbers. part: of PARTS, of what stands behind something else. data: what is sent. means: what it is for
    whoever reads the events.
    """

    kind: str
    chain: Chain | None = None
    unit: int = 0
    param: int = 0
    values: Sequence[float] = ()
    plus: float = 0.0
    holds: bool = False
    relative: str = ""
    steps: bool = False
    part: str = ""
    data: bytes = b""
    means: object = None


@dataclass(frozen=True)
class Bank:
    """What program changes do. slots: of amps, by program; None: it is for whoever reads the events to have it made.

    channels: 0 to 15, that are heard. means: as Bound's. parts: what they do besides.
    """

    slots: Mapping[int, int | None]
    channels: frozenset[int] = frozenset(range(CHANNELS))
    means: Mapping[int, object] = field(default_factory=dict)
    parts: Mapping[int, Sequence[Bound]] = field(default_factory=dict)


class Bindings:
    """A table of them. It keeps the chains that it names alive.

    numbers: {(channel 0 to 15, controller, NOTES + note or WHEEL): what it does, one after the other, and its parts}.
    banks: of programs, by what bank select picks; bank: which of them where nobody has selected one.
    """

    def __init__(self, numbers: Mapping[tuple[int, int], Sequence[Bound]], banks: Sequence[Bank], bank: int) -> None:
        self.serial = next(_serials)
        self.bound: list[Bound] = []
        self.banks = tuple(banks)
        self._nexts: list[int] = []
        self._rows: dict[tuple[Bound, ...], int] = {}
        first = ffi.new("uint16_t[]", CHANNELS * NUMBERS)
        for (channel, number), things in numbers.items():
            first[channel * NUMBERS + number] = self._row(things)
        programs, parts = (ffi.new("uint16_t[]", max(1, 128 * len(banks))) for _ in range(2))
        channels = ffi.new("uint16_t[]", max(1, len(banks)))
        for i, each in enumerate(banks):
            channels[i] = sum(1 << channel for channel in each.channels)
            for program, slot in each.slots.items():
                programs[128 * i + program] = lib.RIG_NO_SLOT if slot is None else 1 + slot
                parts[128 * i + program] = self._row(each.parts.get(program, ()))
        said = b"".join(bound.data for bound in self.bound)
        table = ffi.new("rig_binding[]", max(1, len(self.bound)))
        at = 0
        for c, bound, after in zip(table, self.bound, self._nexts, strict=False):
            c.kind, c.next, c.part, c.holds, c.steps = (
                KINDS[bound.kind],
                after,
                PARTS[bound.part],
                bound.holds,
                bound.steps,
            )
            c.relative, c.plus = RELATIVE[bound.relative], bound.plus
            c.unit, c.param = (len(bound.data), at) if bound.data else (bound.unit, bound.param)
            c.chain = bound.chain._c if bound.chain else ffi.NULL
            c.values[0 : len(bound.values)] = list(bound.values)
            at += len(bound.data)
        bytes_ = ffi.new("uint8_t[]", said or b"\0")
        self._keep = (table, first, programs, parts, channels, bytes_)
        self._c = ffi.new("rig_bindings *", (self.serial, len(banks), bank, *self._keep))

    def _row(self, things: Sequence[Bound]) -> int:
        """1 + the number of the first of them; 0: there are none."""
        row = tuple(things)
        if row and row not in self._rows:
            self._rows[row] = len(self.bound) + 1
            self._nexts += [*range(len(self.bound) + 2, len(self.bound) + len(row) + 1), 0]
            self.bound += row
        return self._rows.get(row, 0)

    def parts(self, number: int) -> tuple[Bound, ...]:
        """What is done with a binding, by its number."""
        found = []
        while after := self._nexts[number]:
            number = after - 1
            if not self.bound[number].part:
                break
            found.append(self.bound[number])
        return tuple(found)
