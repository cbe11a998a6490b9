"""Ports by what is in their names: a board is known by its own, whatever number it has got today.

"FCB1010" is found in `a2j:FCB1010 [20] (capture): FCB1010 MIDI 1`, in PipeWire's
`Midi-Bridge:FCB1010:(capture_0) MIDI 1` and, where `jackd -X seq` calls it `system:midi_capture_3`, in what else that
is called. `*` stands for anything; capitals don't matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence


def named(ports: Mapping[str, Sequence[str]], patterns: Iterable[str]) -> list[str]:
    """Those in whose name, or in what else they are called, one of the patterns is found."""
    wanted = [re.compile(".*".join(map(re.escape, pattern.strip().split("*"))), re.IGNORECASE) for pattern in patterns]
    return [
        port for port, others in ports.items() if any(each.search(name) for each in wanted for name in (port, *others))
    ]
