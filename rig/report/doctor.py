"""Whether one can play here, what would make it better, and how: what `rig doctor` finds."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rig.files import reason
from rig.jack.survey import Loopback, ServerFacts, Survey
from rig.report.fits import PERIODS, Fit
from rig.report.machine import NOTE, OK, STOP, WRONG, Finding, Machine, disk
from rig.report.machine import findings as of_machine

LATE_MS = 6.0  # of a period, from which on it is felt
SMALL = (40, 9)  # columns and lines, below which the screen leaves out what one needs
INSTALL = "sudo apt install jackd2 (Raspberry Pi OS: the same), and answer yes to real-time priority"


@dataclass(frozen=True)
class Diagnosis:
    """What was found. fits: in the order of what was asked for."""

    findings: tuple[Finding, ...]
    fits: tuple[Fit, ...] = ()
    loopback: Loopback | None = None

    def with_fits(self, fits: tuple[Fit, ...], server: ServerFacts | None) -> Diagnosis:
        """And what was measured of presets and models. server: that runs."""
        return replace(self, findings=(*self.findings, *(of_fit(fit, server) for fit in fits)), fits=fits)

    def with_loopback(self, found: Loopback) -> Diagnosis:
        """And what was measured through a cable."""
        return replace(self, findings=(*self.findings, of_loopback(found)), loopback=found)

    def without_loopback(self, why: str) -> Diagnosis:
        """And that it could not be measured. why: "what: do"."""
        what, _, do = why.rpartition(": ")
        return replace(self, findings=(*self.findings, Finding("latency", WRONG, what or do, do if what else "")))

    @property
    def ok(self) -> bool:
        """Whether one can play."""
        return not any(finding.verdict == STOP for finding in self.findings)

    def facts(self) -> dict[str, object]:
        """For JSON."""
        return {
            "ok": self.ok,
            "findings": [asdict(finding) for finding in self.findings],
            "fits": [fit.facts() for fit in self.fits],
            "loopback": self.loopback and asdict(self.loopback),
        }


def diagnosis(seen: Survey) -> tuple[Finding, ...]:
    """All findings about this machine but those that are measured."""
    machine = Machine(user=_user())
    return (*of_machine(machine), *audio(seen), *_disk(Path.cwd()), *terminal(os.environ, _size(), _encoding()))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # nobody has that number
        return str(os.getuid())


def _disk(folder: Path) -> Iterator[Finding]:
    try:
        yield disk(shutil.disk_usage(folder).free, str(folder))
    except OSError as error:
        yield Finding("disk", WRONG, f"{folder}: {reason(error)}", "start rig in another folder")


def _size() -> tuple[int, int] | None:
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
    except OSError:
        return None


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or ""


# --- JACK and PipeWire ------------------------------------------------------------------------------------------------


def audio(seen: Survey) -> Iterator[Finding]:
    """What rig would play on, and how that is set."""
    yield from _library(seen)
    if seen.server:
        yield from _server(seen, seen.server)
    elif seen.hangs:
        do = "end it (killall jackd), and start it again"
        yield Finding("JACK", STOP, f"{seen.called} runs, and does not answer", do)
    elif not seen.library:
        pass  # that was said
    elif seen.refusal:
        what, _, do = seen.refusal.partition(": ")
        yield Finding("JACK", STOP, what, do)
    elif seen.jackd:
        yield Finding("JACK", OK, f"no server runs: rig play starts jackd on {seen.card}")
    else:
        yield Finding("JACK", STOP, "no server runs, and there is no jackd to start", INSTALL)


def _library(seen: Survey) -> Iterator[Finding]:
    if not seen.library:
        do = "sudo apt install pipewire-jack" if seen.pipewire else INSTALL
        yield Finding("libjack", STOP, "none is installed", do)
    elif seen.pipewires:
        yield Finding("libjack", OK, "PipeWire's: rig plays on PipeWire")
    elif seen.pipewire and not seen.has_pipewires:
        do = "sudo apt install pipewire-jack"
        verdict = OK if seen.server else WRONG
        what = "JACK's; PipeWire runs, too, and has the sound card, but not its libjack"
        yield Finding("libjack", verdict, what, "" if seen.server else do)
    elif seen.pipewire:
        yield Finding("libjack", OK, "JACK's, as a JACK server runs; without one rig plays on PipeWire")
    else:
        yield Finding("libjack", OK, "JACK's")


def _server(seen: Survey, server: ServerFacts) -> Iterator[Finding]:
    late = server.period_ms > LATE_MS
    smaller = "stop it, and start it with -p 128, or -p 64"
    if seen.pipewires:
        smaller = "pw-metadata -n settings 0 clock.force-quantum 128"
    what = f"{seen.called}: {server.rate / 1000:g} kHz, periods of {server.block} frames, {server.period_ms:.1f} ms"
    what += ", with real-time priority" if server.realtime else ""
    yield Finding("JACK", NOTE if late else OK, what, f"for less delay: {smaller}" if late else "")
    if not server.realtime:
        do = "start it with -R, once the priority above is granted"
        yield Finding("JACK", WRONG, "the server runs without real-time priority", do)
    if not server.outputs:
        do = f"play on a sound card: {'plug one in' if seen.pipewires else 'jackd -d alsa -d hw:CARD'}"
        yield Finding("JACK", WRONG, "the server has no ports of a sound card", do)
    driver = seen.arguments[seen.arguments.index("-d") + 1 :] if "-d" in seen.arguments else ()
    if driver[:1] == ("dummy",):
        yield Finding("JACK", WRONG, "the server plays on no sound card (-d dummy)", "start it with -d alsa -d hw:CARD")
    if driver[:1] == ("alsa",) and "USB" in seen.card and ("-n" not in driver or driver[driver.index("-n") + 1] == "2"):
        yield Finding(
            "JACK", NOTE, "two periods in the sound card", "where there are xruns: start it with -n 3, as USB wants"
        )
    if {"-s", "--softmode"} & {*seen.arguments[: len(seen.arguments) - len(driver)], *driver}:
        yield Finding("JACK", NOTE, "the server is started with -s: it does not say when it is late", "leave -s out")
    if seen.pipewires:
        yield from _pipewire(seen.settings)


def _pipewire(settings: Mapping[str, str]) -> Iterator[Finding]:
    """clock.quantum is what is taken where nobody asks; rig does not ask."""
    quantum, least, forced = (settings.get(f"clock.{name}", "") for name in ("quantum", "min-quantum", "force-quantum"))
    if not quantum:
        return
    what = f"quantum {quantum}, at least {least or '?'}"
    if forced not in ("", "0"):
        yield Finding("PipeWire", OK, f"{what}, fixed to {forced}")
    else:
        do = "pw-metadata -n settings 0 clock.force-quantum 64, after each start; 0 lets it go again"
        yield Finding("PipeWire", NOTE, f"{what}, and other programs change it while you play", do)


# --- the rest ---------------------------------------------------------------------------------------------------------


def terminal(environ: Mapping[str, str], size: tuple[int, int] | None, encoding: str) -> Iterator[Finding]:
    """Whether the screen can be drawn here. size: columns and lines; None where this is no terminal."""
    kind = environ.get("TERM", "")
    over = " over ssh" if environ.get("SSH_CONNECTION") else ""
    if size is None:
        do = "take a terminal (over ssh: ssh -t), or rig play --headless"
        yield Finding("terminal", NOTE, f"none{over}: the screen can't be drawn", do)
    elif kind in ("", "dumb"):
        yield Finding("terminal", WRONG, f"TERM is '{kind}': it can't draw", "export TERM=xterm-256color")
    else:
        columns, lines = size
        rich = environ.get("COLORTERM") in ("truecolor", "24bit")
        colours = "all colours" if rich else "16 colours" if kind == "linux" else "256 colours"
        small = columns < SMALL[0] or lines < SMALL[1]
        what = f"{kind}{over}, {columns} x {lines}, {colours}"
        do = f"make it larger than {SMALL[0]} x {SMALL[1]}" if small else ""
        yield Finding("terminal", WRONG if small else OK, what, do)
    if encoding.lower().replace("-", "") not in ("utf8", ""):
        do = "export LANG=C.UTF-8"
        yield Finding("terminal", WRONG, f"its letters are {encoding}, and the screen's are UTF-8", do)


def of_fit(fit: Fit, server: ServerFacts | None) -> Finding:
    """A fit in a sentence, by the period that the server has, if one runs."""
    called = f"{fit.name} ({fit.amp})" if fit.amp else fit.name
    if fit.fault:
        return Finding(
            "fit", WRONG, f"{fit.name} does not play: {fit.fault}", f"rig check {fit.name} lists all its faults"
        )
    if fit.smallest is None:
        do = "lower its model's quality, or take a smaller model"
        return Finding("fit", WRONG, f"{called} does not fit even into {PERIODS[-1]} frames", do)
    share = fit.shares[PERIODS.index(fit.smallest)]
    what = f"{called} fits from {fit.smallest} frames on, and leaves {100 * (1 - share):.0f} % of the period"
    if server and server.block < fit.smallest:
        return Finding(
            "fit", WRONG, f"{what}; {server.block} run", f"take a period of {fit.smallest}, or a lower quality"
        )
    return Finding("fit", OK, what)


def of_loopback(found: Loopback) -> Finding:
    """What was measured beside what JACK believes."""
    what = f"{found.ms:.1f} ms ({found.frames} frames) from {found.send} to {found.back}"
    off = found.frames - found.told
    if abs(off) <= 1:
        return Finding("latency", OK, f"{what}, as JACK says")
    do = f"tell jackd, for those who record what rig plays: -I {max(0, off) // 2} -O {max(0, off) - max(0, off) // 2}"
    return Finding("latency", NOTE, f"{what}; JACK says {found.told}", do if off > 0 else "")
