"""The MIDI that comes in, as it came: for whoever shows it, or learns from it."""

from __future__ import annotations

from collections import deque

from rig.native import MidiEvent, Rack

KEPT = 64
CLOCK, SENSING = 0xF8, 0xFE

VOICES = {
    0x80: "note {} off",
    0x90: "note {} {}",
    0xA0: "pressure of note {} {}",
    0xB0: "cc {} {}",
    0xC0: "program {}",
    0xD0: "pressure {}",
}
SYSTEM = {0xF2: "song position", 0xF3: "song {}", 0xFA: "start", 0xFB: "continue", 0xFC: "stop", 0xFF: "reset"}


def words(data: bytes) -> str:
    """An event, as "cc 11 64, channel 1"; of one that we don't know its bytes."""
    kind, numbers = data[0] & 0xF0, data[1:]
    if kind == 0xE0 and len(data) == 3:
        return f"pitch wheel {numbers[0] + 128 * numbers[1] - 8192:+d}, channel {(data[0] & 15) + 1}"
    form = VOICES.get(kind) or SYSTEM.get(data[0])
    if form is None or form.count("{}") > len(numbers):
        return data.hex(" ")
    return form.format(*numbers) + (f", channel {(data[0] & 15) + 1}" if kind < 0xF0 else "")


class MidiLog:
    """The latest events, but the ticks of clocks and what only says that a cable is there."""

    def __init__(self) -> None:
        self.events: deque[MidiEvent] = deque(maxlen=KEPT)

    def read(self, rack: Rack) -> tuple[MidiEvent, ...]:
        """Those that have come since the last call, once for each thing that they are bound to."""
        new = tuple(event for event in rack.midi() if event.data[0] not in (CLOCK, SENSING))
        self.events.extend(event for event in new if not event.more)
        return new

    @property
    def latest(self) -> str:
        """The last one, in words; "" where there was none."""
        return words(self.events[-1].data) if self.events else ""
