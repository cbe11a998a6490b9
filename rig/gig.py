"""A gig: set + rack + client, and the table of verbs. What the screen, the headless mode and the tests all hold."""

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
    """An engine of the playing chain. where: "input" | "amp" | "output". fault: the guard caught it lately."""

    name: str
    about: str
    where: str
    params: tuple[ParamView, ...]
    fault: bool = False


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


class Gig:
    """All one needs to play. Methods are called from one thread (the screen's or the headless loop's), never from JACK's."""

    name: str
    amps: tuple[AmpView, ...]

    def do(self, command: str) -> None:
        """Carry out one verb, as the headless mode reads them: "amp 2", "amp Crunch", "next", "prev",
        "set Crunch.gain.gain 3.5", "level -3", "bypass", "mute", "tuner", "connect", "record FILE", "quit".
        Raises RigError for an unknown verb, amp, parameter or a value that is no number."""
        raise NotImplementedError

    def status(self) -> Status:
        """The rack now. Peaks and worst load are since the last call."""
        raise NotImplementedError

    def chain(self) -> tuple[EngineView, ...]:
        """The playing amp's signal path: input chain, amp, output chain, with the knobs as they stand."""
        raise NotImplementedError

    def close(self) -> None:
        """Fade out, disconnect, stop the server we started. Idempotent."""
        raise NotImplementedError
