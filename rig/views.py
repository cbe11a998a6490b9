"""What a gig shows of itself: frozen snapshots, and nothing that takes long to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AmpView:
    """An amp as a tile shows it. key: "1".."9" or None."""

    index: int
    name: str
    key: str | None
    preset: str


@dataclass(frozen=True)
class ParamView:
    """A knob as the screen shows it. path: what the verb `set` takes, e.g. "Crunch.gain.gain"."""

    path: str
    name: str
    unit: str
    help: str
    value: float
    minimum: float
    maximum: float
    initial: float


@dataclass(frozen=True)
class EngineView:
    """An engine of the playing chain. where: "input" | "amp" | "output". fault: the guard caught it lately.

    load: the share of a core that it takes, 0..1.
    """

    name: str
    about: str
    where: str
    params: tuple[ParamView, ...]
    fault: bool = False
    load: float = 0.0


@dataclass(frozen=True)
class Status:
    """A frozen moment of the rack. Levels in dBFS (-120 = silence); peaks are since the last status taken.

    load: share of the period spent in the callback, 0..1, worst since the last status. latency_ms: round trip
    as JACK reports it. limiter_db: gain reduction, 0 or negative. faults: engines the guard caught, with counts.
    """

    amp: int
    amp_name: str
    bypassed: bool
    muted: bool
    tuner: bool
    in_db: float
    out_db: float
    in_clip: bool
    out_clip: bool
    limiter_db: float
    level_db: float
    load: float
    xruns: int
    rate: int
    block: int
    latency_ms: float
    server: str
    connections: tuple[tuple[str, str], ...]
    alive: bool
    faults: tuple[tuple[str, int], ...] = ()
    note: str = ""
    cents: float = 0.0
    recording: str = ""
    message: str = ""
