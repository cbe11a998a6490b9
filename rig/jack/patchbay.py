"""All ports and wires of a JACK server, as a patchbay shows them: values, asked for in joined.py."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

Wire = tuple[str, str]
"""(from, to), two ports' full names."""

AUDIO, MIDI = "audio", "midi"
NUMBER = re.compile(r"-\d+(?=:)|(?<=[ :])\[\d+\]|\bhw:\d+")  # what JACK, a2jmidid and ALSA count by what came when


@dataclass(frozen=True)
class Port:
    """name: its full one, "system:capture_1". kind: AUDIO or MIDI. takes: sound or MIDI; else it gives.

    pretty: what metadata calls it, or "". JACK 2 keeps those of all servers of a user together, by numbers that each
    counts by itself, and those of programs that were killed: a name to show beside the real one, never in its place.
    order: among its client's ports, by metadata. aliases: other names. physical: of hardware. ours: of our own client.
    """

    name: str
    kind: str = AUDIO
    takes: bool = False
    physical: bool = False
    ours: bool = False
    aliases: tuple[str, ...] = ()
    pretty: str = ""
    order: int | None = None

    @property
    def client(self) -> str:
        """Whose it is."""
        return self.name.partition(":")[0]

    @property
    def short(self) -> str:
        """Its name without its client's."""
        return self.name.partition(":")[2]


@dataclass(frozen=True)
class Patchbay:
    """ports: ours first, then the hardware's, then other programs'. wires: between any of them."""

    ports: tuple[Port, ...] = ()
    wires: tuple[Wire, ...] = ()

    @cached_property
    def names(self) -> Mapping[str, Port]:
        """The ports, by their full names."""
        return {port.name: port for port in self.ports}

    @cached_property
    def called(self) -> Mapping[str, tuple[Port, ...]]:
        """Ports by all that a player may call them, in small letters: full names, aliases, pretty ones, ours alone."""
        found: dict[str, list[Port]] = {}
        for port in self.ports:
            words = {port.name, *port.aliases, *([port.short] if port.ours else [])}
            words |= {port.pretty, f"{port.client}:{port.pretty}"} if port.pretty else set()
            for word in words:
                found.setdefault(word.casefold(), []).append(port)
        return {word: tuple(ports) for word, ports in found.items()}


def in_order(ports: Iterable[Port]) -> tuple[Port, ...]:
    """As a patchbay lists them: by client, and there as metadata says, else by name, numbers counted as such."""

    def place(port: Port) -> tuple[object, ...]:
        order = (port.order is None, port.order or 0)
        return (not port.ours, not port.physical, *_counted(port.client), "", *order, *_counted(port.short))

    return tuple(sorted(ports, key=place))


def _counted(name: str) -> tuple[tuple[bool, int, str], ...]:
    return tuple((part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name))


def found_again(port: Port, there: Iterable[Port], beside: Container[str] = ()) -> Port | None:
    """The port that was `port` before its client, its device or the server went; None where it isn't there, or unclear.

    By an alias, which names hardware; by its name, but MIDI hardware, which JACK numbers as it comes; else by its name
    without what was counted: "reverb-01:in" for "reverb:in", "a2j:FCB1010 [24] ..." for "a2j:FCB1010 [20] ...", where
    that is none of those that were there `beside` it.
    """
    alike = [other for other in there if (other.kind, other.takes, other.ours) == (port.kind, port.takes, port.ours)]
    same = [other for other in alike if {*port.aliases} & {*other.aliases}]
    if len(same) == 1:
        return same[0]
    named = next((other for other in alike if other.name == port.name), None)
    if named and not (port.kind == MIDI and port.aliases and named.aliases and not same):
        return named
    bare = NUMBER.sub("", port.name)
    new = [other for other in alike if other is not named and other.name not in beside]
    counted = [other for other in new if NUMBER.sub("", other.name) == bare]
    return counted[0] if len(counted) == 1 and not port.ours else None
