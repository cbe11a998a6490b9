"""What a gig shows of itself: frozen snapshots, and nothing that takes long to import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class AmpView:
    """An amp as a tile shows it. key: "1".."9" or None."""

    index: int
    name: str
    key: str | None
    preset: str


@dataclass(frozen=True)
class FileView:
    """A file that an engine plays. engine: what the verb `load` takes, "Crunch.wavenet". name: its key, "model"."""

    engine: str
    name: str
    file: Path

    @property
    def path(self) -> str:
        """As a knob's: "Crunch.wavenet.model"."""
        return f"{self.engine}.{self.name}"


@dataclass(frozen=True)
class ParamView:
    """A knob as the screen shows it, or a setting, which takes a moment to be heard.

    path: what the verb `set` takes, e.g. "Crunch.gain.gain". switch: it is either 0 or 1.
    """

    path: str
    name: str
    unit: str
    help: str
    value: float
    minimum: float
    maximum: float
    initial: float
    switch: bool = False


@dataclass(frozen=True)
class EngineView:
    """An engine of the playing chain. where: "input" | "amp" | "output". fault: the guard caught it lately.

    load: the share of a core that it takes, 0..1. branch: "a" or "b" beside the trunk; the next engine that is in
    neither joins the two.
    """

    name: str
    about: str
    where: str
    params: tuple[ParamView, ...]
    fault: bool = False
    load: float = 0.0
    files: tuple[FileView, ...] = ()
    branch: str = ""

    @property
    def rows(self) -> tuple[FileView | ParamView, ...]:
        """All that a player can pick: its files, then its knobs."""
        return self.files + self.params


@dataclass(frozen=True)
class Outcome:
    """What came of a file or a setting that somebody asked for.

    asked: the engine's path at that time; engine: its path now, which is another where the file took another engine.
    files: what it plays now. error: why it plays on as before, in one line; "" where all went well.
    """

    asked: str
    engine: str
    files: tuple[FileView, ...] = ()
    settings: tuple[tuple[str, float], ...] = ()
    error: str = ""


@dataclass(frozen=True)
class News:
    """What came of a file that changed, in one line. wrong: it cannot be played, and what played plays on."""

    message: str
    wrong: bool = False


@dataclass(frozen=True)
class Status:
    """A frozen moment of the rack. Levels in dBFS (-120 = silence); peaks are since the last status taken.

    load: share of the period spent in the callback, 0..1, worst since the last status. latency_ms: round trip
    as JACK reports it, and what engines at rates of their own add. limiter_db: gain reduction, 0 or negative.
    faults: engines the guard caught, with counts. building: something that was asked for is being built.
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
    building: bool = False
    message: str = ""
