"""The server dies, hangs, restarts, changes; its sound card goes. On real servers: jackd and PipeWire."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jack_servers import JackName, process_of, reserved_name, running
from pipewire import PipeWire, pipewire

from drills.promises import Finding, Options
from drills.stage import Ear, Stage, on_stage
from rig.jack import library

SECONDS = 1.0  # from the server's being back to sound
SAME_DB = 0.1
OUT = "rig:out_1"
USUAL = "-t", "500"  # ms that jackd gives its clients, where it is not told: tests give them more
AWAY = (0.0, 0.4, 3.3)  # s that a server is gone: at once back, before a look, after several
HANGS = 5.0, 12.0  # s: until it is left, and until it has been for long
GAP_PERIODS = 2.0  # without sound of ours, beside what the server itself pauses


@dataclass(frozen=True)
class Back:
    """seconds: from server to sound. news: what the rig said meanwhile. faults: what is not as it was."""

    seconds: float
    news: Sequence[str]
    faults: Sequence[str]


def back(
    stage: Stage, ear: Ear, level: float, wires: list[list[str]], since: float | None = None, **changed: object
) -> Back:
    """Wait for the sound, and compare. since: when the server was back; None: when it let the ear in."""
    since = ear.event("in")["at"] if since is None else since
    at = ear.event("sound")["at"]
    faults = compared(stage, ear, level, wires, **changed)
    return Back(at - since, tuple(stage.news), faults)


def compared(stage: Stage, ear: Ear, level: float, wires: list[list[str]], **changed: object) -> list[str]:
    """What is not as it was, a second later. changed: of the status, and is to be so."""
    time.sleep(1.0)  # of sound, to be measured
    status = stage.says(alive=True)
    faults = []
    if (status["amp"], status["unsaved"]) != ("Loud", True):
        faults.append(f"{status['amp']} plays")
    if abs(off := ear.level_db() - level) > SAME_DB:
        faults.append(f"the level is {off:+.1f} dB off")
    if (found := stage.wires()) != wires:
        faults.append(f"wires {found}, not {wires}")
    return faults + [f"{key} is {status[key]}" for key, value in changed.items() if status[key] != value]


def finding(what: str, came: Sequence[Back]) -> Finding:
    """Of one fault, tried several times."""
    worst = max(one.seconds for one in came)
    faults = [fault for one in came for fault in one.faults] + ["nothing was said"] * any(not one.news for one in came)
    said = "; ".join(dict.fromkeys(news for one in came for news in one.news))
    measured = f"{worst:.2f} s at worst of {len(came)}; said: {said}"
    if faults:
        measured += f"; BUT {'; '.join(faults)}"
    return Finding(what, f"sound within {SECONDS:g} s, all as it was, said", measured, worst < SECONDS and not faults)


# --- jackd ----------------------------------------------------------------------------------------------------------


def may_be_realtime() -> bool:
    """Whether this machine lets us have real-time scheduling."""
    return subprocess.run(["chrt", "-f", "10", "true"], capture_output=True).returncode == 0


class Jackd:
    """Servers of one name that come and go, and a rig that stays. folder: for logs."""

    def __init__(self, name: JackName, folder: Path) -> None:
        self.program, self.name, self._log = shutil.which("jackd") or "jackd", name, folder / "jackd.log"

    def run(self, **changed: int) -> contextlib.AbstractContextManager[object]:
        return running(self.program, self.name, self._log, *USUAL, realtime=may_be_realtime(), **changed)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        os.kill(process_of(self.name.text), number)

    def connect(self, source: str, sink: str) -> None:
        """As another program does it."""
        self._run("jack_connect", source, sink)

    def period(self, frames: int) -> None:
        """Another one, while it runs."""
        self._run("jack_bufsize", str(frames))

    def _run(self, *command: str) -> None:
        environment = os.environ | {"JACK_DEFAULT_SERVER": self.name.text}
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=20)


def measured(stage: Stage) -> tuple[float, list[list[str]]]:
    """How loud it is, and how it is wired, while all is well."""
    with stage.ear(OUT) as ear:
        ear.event("sound")
        time.sleep(1.0)
        found = ear.level_db(), stage.wires()
        stage.says(connections=sorted([*found[1], [OUT, "ear:in"]]))
        return found


def gone_and_back(
    jackd: Jackd, stage: Stage, away: float, level: float, wires: list[list[str]], **changed: int
) -> Back:
    """It is killed by whoever calls; here is another one."""
    with stage.ear() as ear:
        time.sleep(away)
        with jackd.run(**changed):
            came = back(stage, ear, level, wires, **changed)
            stage.forget()
            jackd.kill()
    return came


@contextlib.contextmanager
def playing(jackd: Jackd, folder: Path, watch: Path) -> Iterator[tuple[Stage, float, list[list[str]]]]:
    """The rig on a server that whoever calls has started: how loud it is, and how it is wired, a wire of others among it."""
    with on_stage(folder, watch, jackd.name.text) as stage:
        jackd.connect("rig:di", "system:playback_2")
        level, wires = measured(stage)
        yield stage, level, wires


def killed(jackd: Jackd, folder: Path, watch: Path) -> Iterator[Finding]:
    """Killed, and started again; with another rate, another period."""
    with contextlib.ExitStack() as stack:
        with jackd.run():
            stage, level, wires = stack.enter_context(playing(jackd, folder, watch))
            stage.forget()
            jackd.kill()
        yield finding(
            "jackd killed and started again", [gone_and_back(jackd, stage, away, level, wires) for away in AWAY]
        )
        yield finding("the same, in periods of 256 frames", [gone_and_back(jackd, stage, 0.4, level, wires, block=256)])
        others = [gone_and_back(jackd, stage, 0.4, level, wires, rate=rate) for rate in (44_100, 48_000)]
        yield finding("the same, at 44.1 kHz, and at 48 again", others)


def hanging(jackd: Jackd, folder: Path, watch: Path) -> Iterator[Finding]:
    """It stands still, and goes on, or is killed then."""
    with contextlib.ExitStack() as stack:
        with jackd.run():
            stage, level, wires = stack.enter_context(playing(jackd, folder, watch))
            for seconds in HANGS:
                stage.forget()
                jackd.kill(signal.SIGSTOP)
                time.sleep(seconds)
                with stage.ear() as ear:
                    since = time.monotonic()
                    jackd.kill(signal.SIGCONT)
                    yield finding(
                        f"jackd stopped for {seconds:g} s, and continued", [back(stage, ear, level, wires, since)]
                    )
            stage.forget()
            jackd.kill(signal.SIGSTOP)
            time.sleep(HANGS[-1])
            jackd.kill()
        yield finding("jackd hangs, is killed and started again", [gone_and_back(jackd, stage, 0.0, level, wires)])


def unplugged(jackd: Jackd, folder: Path, watch: Path) -> Iterator[Finding]:
    """A card's ports go and come back, and the server lives; jackd's dummy driver cannot go, so it is one of a client."""
    with jackd.run(), on_stage(folder, watch, jackd.name.text) as stage, stage.ear(OUT) as ear:
        card = stage.card()
        card.event("in")
        jackd.connect("rig:out_1", "card:playback_1")
        card.event("sound")
        time.sleep(1.0)
        level, wires = ear.level_db(), stage.wires()
        ear.say("forget")
        came = []
        for away in AWAY:
            stage.forget()
            card.end()
            stage.says(connections=[])
            time.sleep(away)
            card = stage.card()
            came.append(back(stage, card, level, wires))
        card.end()
        yield finding("a card unplugged and plugged in again, jackd lives", came)
        yield on("what is heard elsewhere meanwhile", ear)


def on(what: str, ear: Ear, pause: str = "") -> Finding:
    """Whether the sound has gone on, as an ear that was told to forget heard it."""
    facts, period = ear.facts(), 64 / 48
    gap, pause = facts["gap"] / 1e6, facts["pause"] / 1e6
    return Finding(
        what,
        "no stop",
        f"at most {gap:.1f} ms between periods with sound, where the server itself paused {pause:.1f} ms",
        gap <= pause + GAP_PERIODS * period,
    )


def periods(jackd: Jackd, folder: Path, watch: Path) -> Iterator[Finding]:
    """Another period while it plays."""
    with jackd.run(), on_stage(folder, watch, jackd.name.text) as stage, stage.ear(OUT) as ear:
        ear.event("sound")
        ear.say("forget")
        for block in (256, 1024, 32, 64):
            jackd.period(block)
            stage.says(block=block, alive=True)
        yield on("periods of 256, 1024, 32 and 64 frames in turn, jackd", ear)


# --- PipeWire -------------------------------------------------------------------------------------------------------


def through_pipewire(folder: Path, watch: Path) -> Iterator[Finding]:
    """It dies without a word, comes back; changes its quantum, its rate, and loses its sink."""
    with contextlib.ExitStack() as stack:
        with pipewire(folder) as player:
            stage = stack.enter_context(on_stage(folder, watch, "", player.environment))
            level, wires = measured(stage)
            with stage.ear(OUT) as ear:
                ear.event("sound")
                ear.say("forget")
                for quantum in (128, 1024, 256):
                    player.set("clock.force-quantum", quantum)
                    stage.says(block=quantum, alive=True)
                yield on("a quantum of 128, 1024 and 256 frames in turn, PipeWire", ear)
            yield finding(
                "PipeWire at 44.1 kHz, and at 48 again",
                [another_rate(stage, player, level, wires, rate) for rate in (44_100, 48_000)],
            )
            yield from broken_off("a sink that goes and comes back", sink_gone(stage, player, level, wires))
            stage.forget()
            os.kill(player.process, signal.SIGKILL)
        came = []
        for away in AWAY:
            with stage.ear() as ear:
                time.sleep(away)
                with pipewire(folder) as player:
                    came.append(back(stage, ear, level, wires))
                    stage.forget()
                    os.kill(player.process, signal.SIGKILL)
        yield finding("PipeWire killed and started again", came)


def another_rate(stage: Stage, player: PipeWire, level: float, wires: list[list[str]], rate: int) -> Back:
    """It is forced to: how long there is no sound. The ear's wire is one of those that are to come back."""
    stage.forget()
    with stage.ear(OUT) as ear:
        ear.event("sound")
        ear.say("forget")
        player.set("clock.force-rate", rate)
        stage.says(rate=rate, alive=True)
        faults = compared(stage, ear, level, wires)
        return Back(ear.facts()["gap"] / 1e9, tuple(stage.news), faults)


def sink_gone(stage: Stage, player: PipeWire, level: float, wires: list[list[str]]) -> Iterator[Finding]:
    """Heard behind the sink."""
    came = []
    for away in AWAY:
        stage.forget()
        player.unplug()
        stage.says(unheard=True)
        time.sleep(away)
        with stage.ear("card:monitor_FL") as ear:
            player.plug()
            came.append(back(stage, ear, level, wires, ear.event("wired")["at"]))
    yield finding("a sink that goes and comes back, PipeWire lives", came)


def broken_off(what: str, drill: Iterator[Finding]) -> Iterator[Finding]:
    """What it finds; where what it waits for never comes, that is a finding, too."""
    try:
        yield from drill
    except (TimeoutError, OSError, subprocess.SubprocessError) as error:
        yield Finding(what, "an end", f"broken off: {error}", False)


def run(options: Options) -> Iterator[Finding]:
    """All of it. Yields nothing of what is not installed."""
    with reserved_name("rig-drill") as name:
        jackd = Jackd(name, options.folder)
        if shutil.which("jackd"):
            for drill in (killed, hanging, unplugged, periods):
                yield from broken_off(drill.__name__, drill(jackd, options.folder, options.watch))
    if shutil.which("pipewire") and library.pipewire_library():
        with tempfile.TemporaryDirectory(prefix="rig-pw-") as folder:  # a socket's path is short
            yield from broken_off("PipeWire", through_pipewire(Path(folder), options.watch))
