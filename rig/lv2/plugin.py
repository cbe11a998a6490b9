"""What is written of a plug-in: what it is, its ports, and why it could not be played."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rig import cache
from rig.errors import RigError, did_you_mean
from rig.lv2.lilv import CORE, LV2, World, lock, number, world

FEATURES = {
    f"{LV2}ext/urid#map",
    f"{LV2}ext/urid#unmap",
    f"{LV2}ext/options#options",
    f"{LV2}ext/buf-size#boundedBlockLength",
    f"{LV2}ext/worker#schedule",
    f"{LV2}ext/log#log",
    f"{CORE}isLive",
    f"{CORE}hardRTCapable",
    f"{CORE}inPlaceBroken",
    f"{LV2}ext/state#loadDefaultState",
    f"{LV2}ext/state#threadSafeRestore",
}
"""What rig can do, of what a plug-in may require."""

RINGS = ("Delay", "Reverb")
"""Classes of plug-ins that say something after their input has fallen silent."""

EVENT_BYTES = 8192
"""Room for the events of a block, where a port does not ask for more."""

GROUPS = f"{LV2}ext/port-groups#"
UNITS = f"{LV2}extensions/units#"
_UNITS = {
    "db": "dB",
    "hz": "Hz",
    "khz": "kHz",
    "ms": "ms",
    "s": "s",
    "pc": "%",
    "semitone12TET": "st",
    "cent": "ct",
    "bpm": "bpm",
    "degree": "°",
    "beat": "beats",
    "oct": "oct",
}


@dataclass(frozen=True)
class Port:
    """A port. kind: "audio", "control", "events" or "cv", else what its class is called.

    minimum, maximum, initial: of a control that comes in. points: its values that have names.
    side_chain: what it hears is not what the plug-in changes. means: what it is designated to, the URI's last word.
    size: bytes, of events.
    """

    symbol: str
    name: str
    kind: str
    comes_in: bool
    minimum: float = 0.0
    maximum: float = 1.0
    initial: float = 0.0
    unit: str = ""
    points: tuple[tuple[float, str], ...] = ()
    props: frozenset[str] = frozenset()
    means: str = ""
    side_chain: bool = False
    size: int = EVENT_BYTES

    @property
    def optional(self) -> bool:
        """Whether it may be connected to nothing."""
        return "connectionOptional" in self.props


@dataclass(frozen=True)
class Plugin:
    """An installed plug-in. kind: its class, in a word. rings: by its class.

    remembers: whether it has a state beside its controls. files: of that, what names a
    file: (preset key, URI).
    """

    uri: str
    name: str
    author: str
    kind: str
    rings: bool
    library: Path
    bundle: Path
    requires: tuple[str, ...]
    ports: tuple[Port, ...]
    remembers: bool = False
    files: tuple[tuple[str, str], ...] = ()

    def audio(self, *, comes_in: bool) -> int:
        """Its channels in, without side-chains, or out."""
        return sum(
            port.kind == "audio" and port.comes_in == comes_in and not (comes_in and port.side_chain)
            for port in self.ports
        )

    def refused(self) -> str:
        """Why it cannot be played, in a few words; "" where it can, as far as what is written of it tells."""
        lacking = [feature for feature in self.requires if feature not in FEATURES]
        if lacking:
            return f"it requires {lacking[0]}, which rig does not have"
        for port in self.ports:
            if port.kind not in ("audio", "control", "events") and not port.optional:
                what = "control voltage" if port.kind == "cv" else port.kind
                return f"its port '{port.symbol}' is for {what}, which rig does not have"
        ins, outs = self.audio(comes_in=True), self.audio(comes_in=False)
        if not (ins and outs):
            return f"it has no audio {'output' if ins else 'input'}"
        if ins > 2 or outs > 2:
            return f"it has {ins} audio inputs and {outs} outputs; rig plays those of one or two"
        return ""


@dataclass(frozen=True)
class Named:
    """A plug-in, before anybody has looked at its ports."""

    uri: str
    name: str
    kind: str

    def fits(self, words: str) -> bool:
        """Whether each word is found in what it is called."""
        said = f"{self.uri} {self.name} {self.kind}".casefold()
        return all(word in said for word in words.casefold().split())


NAMES = "lv2-names"


def installed(words: str = "") -> tuple[Named, ...]:
    """All plug-ins by name, or those that fit. To read hundreds takes seconds, once. Raises RigError without lilv."""
    with lock:
        all_of = world()
        handles = list(all_of.plugins())
    known, told = cache.kept(NAMES), dict[str, object]()
    found = []
    for handle in handles:
        with lock:  # others who want one need not wait for all
            uri, manifest = all_of.uri(handle), Path(all_of.bundle(handle)) / "manifest.ttl"
            stamp = manifest.stat().st_mtime_ns if manifest.exists() else 0
            told[uri] = said = known.get(uri)
            if not (isinstance(said, list) and len(said) == 4 and said[:2] == [str(manifest), stamp]):
                told[uri] = said = [str(manifest), stamp, all_of.name(handle), all_of.kind(handle)]
        found.append(Named(uri, str(said[2]), str(said[3])))
    if told != known:
        cache.keep(NAMES, told)
    return tuple(sorted((p for p in found if p.fits(words)), key=lambda p: (p.name.casefold(), p.uri)))


def plugin(uri: str) -> Plugin:
    """What is written of the plug-in of that URI. Raises RigError where none is installed."""
    with lock:
        all_of = world()
        handle = all_of.find(uri)
        if handle is None:
            hint = did_you_mean(uri, [all_of.uri(other) for other in all_of.plugins()])
            raise RigError(f"no LV2 plug-in '{uri}' is installed{hint or '; rig engines --lv2 lists those that are'}")
        kind = all_of.kind(handle)
        remembers = f"{LV2}ext/state#interface" in all_of.said(handle, f"{CORE}extensionData")
        return Plugin(
            uri=uri,
            name=all_of.name(handle) or uri,
            author=all_of.author(handle),
            kind=kind,
            rings=kind in RINGS,
            library=Path(all_of.library(handle)),
            bundle=Path(all_of.bundle(handle)),
            requires=all_of.required(handle),
            ports=tuple(_port(all_of, handle, port) for port in all_of.ports(handle)),
            remembers=remembers,
            files=tuple(sorted(_files(all_of, handle))) if remembers else (),
        )


def _port(all_of: World, plugin: Any, port: Any) -> Port:
    classes = [uri.rpartition("#")[2] for uri in all_of.classes(plugin, port)]

    def said(what: str) -> tuple[str, ...]:
        return all_of.port_said(plugin, port, what)

    kinds = {"AudioPort": "audio", "ControlPort": "control", "AtomPort": "events", "CVPort": "cv"}
    found = next((kinds[each] for each in classes if each in kinds), None)
    kind = found or next((each for each in classes if each not in ("InputPort", "OutputPort", "Port")), "nothing known")
    props = frozenset(uri.rpartition("#")[2].rpartition("/")[2] for uri in said(f"{CORE}portProperty"))
    means = next(iter(said(f"{CORE}designation")), "").rpartition("#")[2]
    symbol, name = all_of.symbol(plugin, port), all_of.port_name(plugin, port)
    comes_in = "InputPort" in classes
    if kind == "events":
        asked = next(map(number, said(f"{LV2}ext/resize-port#minimumSize")), None) or 0
        size = max(EVENT_BYTES, (math.ceil(asked) + 7) // 8 * 8)
        return Port(symbol, name, kind, comes_in, props=props, means=means, size=size)
    if kind != "control" or not comes_in:
        groups = said(f"{GROUPS}group")
        beside = "isSideChain" in props or any(all_of.said_of(group, f"{GROUPS}sideChainOf") for group in groups)
        return Port(symbol, name, kind, comes_in, props=props, means=means, side_chain=beside)
    points = tuple(all_of.points(plugin, port))
    low, high, start = (next(map(number, said(f"{CORE}{each}")), None) for each in ("minimum", "maximum", "default"))
    minimum, maximum, initial = _range(low, high, start, points, "toggled" in props)
    unit = next(iter(said(f"{UNITS}unit")), "").rpartition("#")[2]
    return Port(symbol, name, kind, comes_in, minimum, maximum, initial, _UNITS.get(unit, ""), points, props, means)


def _range(
    low: float | None, high: float | None, start: float | None, points: tuple[tuple[float, str], ...], toggled: bool
) -> tuple[float, float, float]:
    """A range that is one, whatever is written."""
    numbers = [value for value, _ in points] + [each for each in (start,) if each is not None]
    numbers = [each for each in numbers if math.isfinite(each)]
    if toggled:
        low, high = 0.0, 1.0
    least = low if low is not None and math.isfinite(low) else min([0.0, *numbers])
    most = high if high is not None and math.isfinite(high) else max([1.0, *numbers])
    if not least < most:
        least, most = min(least, most), max(least, most) + (least == most)
    first = start if start is not None and math.isfinite(start) else least
    return least, most, min(most, max(least, first))


def _files(all_of: World, plugin: Any) -> Iterator[tuple[str, str]]:
    """The properties that can be written and are paths, by the last word of their URI."""
    for uri in all_of.said(plugin, f"{LV2}ext/patch#writable"):
        ranges = all_of.said_of(uri, "http://www.w3.org/2000/01/rdf-schema#range")
        if f"{LV2}ext/atom#Path" in ranges:
            yield uri.rpartition("#")[2].rpartition("/")[2], uri
