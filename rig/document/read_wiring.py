"""[jack]: whom our ports are wired to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rig.document.document import OUTS, Wiring
from rig.document.read_midi import BOARDS, MidiReader
from rig.document.read_values import Values, shown

JACK = ("in", "out", *OUTS, "di", "click", "midi_in", "midi_out", "midi_send", *BOARDS)
"""The keys, but the ports of inserts, which are called as those are."""

INSERTS = re.compile(r".+_(send|return)_[12]")
PAIR = 'is no pair of ports; write it as ["system:playback_1", "system:playback_2"]'


def wiring(reader: MidiReader, table: Mapping[str, object]) -> Wiring:
    """What the table says; faults are noted."""
    reader.known({key: value for key, value in table.items() if not INSERTS.fullmatch(key)}, "jack", JACK)
    ports: dict[str, tuple[str, ...]] = {}
    for key, value in table.items():
        if key in BOARDS:
            continue
        given = [value] if isinstance(value, str) else value
        one = isinstance(value, str) or not isinstance(value, list)
        if key == "out":
            ports |= _outs(reader, value, given)
        elif isinstance(given, list) and all(map(_port, given)):
            ports[key] = tuple(dict.fromkeys(map(str, given)))
        else:
            usual = '"system:capture_1"' if one else '["system:capture_1", "system:capture_2"]'
            said = f"is {'no port' if one else 'no list of ports'}; write it as {usual}"
            reader.fault("jack", f"{key} = {shown(value)} {said}")
    if "out" in table and any(key in table for key in OUTS):
        reader.fault("jack", f"out stands beside {' and '.join(key for key in OUTS if key in table)}: one of both")
    return Wiring(ports, *reader.boards(table))


def _outs(reader: Values, value: object, given: object) -> dict[str, tuple[str, ...]]:
    """One port for both of ours, or one for each."""
    if not (isinstance(given, list) and 1 <= len(given) <= 2 and all(map(_port, given))):
        reader.fault("jack", f"out = {shown(value)} {PAIR}")
        return {}
    return dict(zip(OUTS, ((given[0],), (given[-1],)), strict=True))


def _port(value: object) -> bool:
    """Whether `value` can be a JACK port's full name."""
    return isinstance(value, str) and bool(re.fullmatch(r"[^:]+:.+", value))
