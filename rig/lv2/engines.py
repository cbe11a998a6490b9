"""A plug-in as an engine: its knobs, and what C is told of it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rig.engine import STATE, Engine, Param, Payload
from rig.errors import RigError
from rig.lv2 import state, verdicts
from rig.lv2.lilv import lock
from rig.lv2.plugin import Plugin, Port, plugin
from rig.native import Chain, Unit
from rig.native import lv2 as c

NAME = "lv2"

TAKEN = ("on",)
"""What an engine's own switch is called."""

TOGGLED = ("off", "on")

ON = Param("on", "", "whether it is on", 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class _Knob:
    """A control port that is a knob. points: what its words are to the plug-in."""

    param: Param
    points: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Made:
    """A plug-in, as C is told of it, and its engine."""

    plugin: Plugin
    told: c.PlugIn
    engine: Engine

    def payload(self, files: Mapping[str, Path]) -> Payload:
        """What its engine is made from. Raises RigError naming file and fault, or the library that does not load."""
        found = self.plugin
        remembered = state.read(files[STATE], found.uri) if STATE in files else {}
        remembered |= {key: state.path_property(files[name]) for name, key in found.files if name in files}
        return Payload(ints=(*self.told.open(), *state.numbers(remembered)), about=found.name)


def engine(uri: str) -> Engine:
    """The engine of an installed plug-in. Raises RigError where there is none, or one that cannot be played."""
    return _made(uri).engine


def untried(uri: str) -> Unit:
    """The same, to be played by whoever wants to know how that goes. Raises RigError."""
    made = _made(uri)
    return Unit(made.engine, made.payload({}))


_all: dict[str, _Made] = {}


def _made(uri: str) -> _Made:
    """Whoever asks again waits for nobody."""
    if uri not in _all:
        with lock:
            _all[uri] = _all.get(uri) or _make(uri)
    return _all[uri]


def _make(uri: str) -> _Made:
    found = plugin(uri)
    if why := found.refused():
        raise RigError(f"{found.name}: {why}")
    knobs = dict(_knobs(found))
    switch = next((i for i, port in enumerate(found.ports) if _is_knob(port) and port.means == "enabled"), None)
    places = {port: number for number, port in enumerate([*knobs, *([] if switch is None else [switch])])}
    ins, outs = found.audio(comes_in=True), found.audio(comes_in=False)
    connections = list(_connections(found, knobs, places))
    told = c.PlugIn(uri, str(found.library), f"{found.bundle}/", connections, ins, outs, found.rings)
    params = tuple(knob.param for knob in knobs.values())
    name = f"{NAME} {uri}"
    descriptor = c.Descriptor(name, found.name, [*params, *([] if switch is None else [ON])], outs)

    def load(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
        verdicts.try_out(found)
        return made.payload(files)

    files = (*(name for name, _ in found.files), *([STATE] if found.remembers else []))
    engine = Engine(
        name,
        found.name,
        params,
        load=load,
        address=descriptor.address,
        channels=outs,
        optional=files,
        switched_by=None if switch is None else places[switch],
        keeps=(told, descriptor),
        remembered=functools.partial(_remembered, uri) if found.remembers else None,
    )
    made = _Made(found, told, engine)
    return made


def _remembered(uri: str, chain: Chain, unit: int, path: Path) -> str:
    kept = c.state(chain, unit, path.with_suffix(""))
    return state.written(state.of_numbers(kept), uri, path.parent) if kept else ""


# --- knobs ---


def _is_knob(port: Port) -> bool:
    return port.kind == "control" and port.comes_in and port.means not in ("freeWheeling", "beatsPerMinute")


def _knobs(found: Plugin) -> Iterator[tuple[int, _Knob]]:
    """By the numbers of their ports. As many as an engine may have, less one for its switch."""
    count = 0
    for number, port in enumerate(found.ports):
        if not _is_knob(port) or port.means == "enabled" or "notOnGUI" in port.props or count == c.MOST_KNOBS - 1:
            continue
        count += 1
        yield number, _knob(port)


def _knob(port: Port) -> _Knob:
    name = f"{port.symbol}_" if port.symbol in TAKEN else port.symbol
    title = port.name or port.symbol
    help = title if re.sub(r"\W+", "_", title).casefold() == name.casefold() else f"{title}, written {name}"
    choices, points = _choices(port)
    if len(choices) > 1:
        nearest = min(range(len(points)), key=lambda i: abs(points[i] - port.initial))
        plain = points == tuple(range(len(points)))
        param = Param(name, "", help, 0.0, len(choices) - 1, nearest, choices, title=title)
        return _Knob(param, () if plain else points)
    curve = "by ratio" if "logarithmic" in port.props and port.minimum > 0 else "evenly" if port.unit else ""
    step = 1.0 if "integer" in port.props else 0.0
    low, high, first = port.minimum, port.maximum, port.initial
    return _Knob(Param(name, port.unit, help, low, high, first, curve=curve, step=step, title=title))


def _choices(port: Port) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """A word for each value that it can have, unlike any other; none where it is a number."""
    if "toggled" in port.props:
        return TOGGLED, (0.0, 1.0)
    every = "integer" in port.props and len(port.points) == port.maximum - port.minimum + 1
    if not every and "enumeration" not in port.props:
        return (), ()
    words: list[str] = []
    for _, label in port.points:
        word = re.sub(r"[\s|]+", "-", label.strip()) or "?"
        same = sum(other == word or other.startswith(f"{word}~") for other in words)
        words.append(f"{word}~{same + 1}" if same else word)
    return tuple(words), tuple(value for value, _ in port.points)


# --- connections ---


def _connections(found: Plugin, knobs: Mapping[int, _Knob], places: Mapping[int, int]) -> Iterator[c.Connection]:
    channels = {True: 0, False: 0}
    for number, port in enumerate(found.ports):
        if number in places:
            knob = knobs.get(number)
            points = knob.points if knob else ()
            yield c.Connection(c.KNOB, places[number], times_rate="sampleRate" in port.props, points=points)
        elif port.kind == "audio" and port.comes_in and port.side_chain:
            yield c.Connection(c.KEY)
        elif port.kind == "audio":
            yield c.Connection(c.IN if port.comes_in else c.OUT, channels[port.comes_in])
            channels[port.comes_in] += 1
        elif port.kind == "control":
            yield _number(port)
        elif port.kind == "events":
            yield c.Connection(c.EVENTS if port.comes_in else c.TOLD, port.size)
        else:
            yield c.Connection(c.OPEN)


def _number(port: Port) -> c.Connection:
    """A control that is no knob."""
    if not port.comes_in:
        late = "reportsLatency" in port.props or port.means == "latency"
        return c.Connection(c.LATENCY if late else c.UNHEARD)
    if port.means == "beatsPerMinute":
        return c.Connection(c.TEMPO)
    return c.Connection(c.FIXED, value=port.initial)
