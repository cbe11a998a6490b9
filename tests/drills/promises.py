"""What a drill finds, and the page that keeps it."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rig.report.bench import machine

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "promises.md"


@dataclass(frozen=True)
class Finding:
    """One promise, and what came of it. promised, measured: in words, with units."""

    promise: str
    promised: str
    measured: str
    held: bool

    @property
    def verdict(self) -> str:
        return "held" if self.held else "NOT HELD"

    def __str__(self) -> str:
        return f"{self.verdict:8} {self.promise}: promised {self.promised}; measured {self.measured}"


@dataclass(frozen=True)
class Options:
    """minutes: of a soak. folder: for what a drill makes. library: of watch.c."""

    minutes: float
    reloads: int
    folder: Path
    watch: Path


@dataclass(frozen=True)
class Drill:
    """name: as `make drills ARGS=` calls it; the page has a table of that name. run: yields its findings as they come."""

    name: str
    what: str
    run: Callable[[Options], Iterator[Finding]]


def where() -> str:
    """The machine, in one line."""
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "") if Path("/etc/os-release").exists() else ""
    return (
        f"{machine()}, {os.cpu_count()} cores, {system or platform.system()}, Linux {platform.release().split('-')[0]}"
    )


def table(findings: Iterable[Finding], how: str) -> str:
    """As the page has it. how: on what machine, when."""
    rows = [f"| {one.promise} | {one.promised} | {one.measured} | {one.verdict} |" for one in findings]
    return "\n".join([f"Measured {how}.", "", "| | promised | measured | |", "|---|---|---|---|", *rows])


def written(page: str, name: str, text: str) -> str:
    """The page with another table of a drill. Raises ValueError where it has no place for one."""
    place = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.S)
    if not place.search(page):
        raise ValueError(f"{PAGE.name} has no place <!-- {name} -->")
    return place.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page, count=1)


def keep(drill: Drill, findings: Sequence[Finding], options: str = "") -> None:
    """Put them into the page."""
    day = time.strftime("%d %B %Y").lstrip("0")
    how = f"{day}, {where()}{f'; {options}' if options else ''}"
    PAGE.write_text(written(PAGE.read_text(), drill.name, table(findings, how)))
