"""How fit the machine is for a small period, by what Linux says in /proc, /sys and /etc: for `rig doctor`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

OK, NOTE, WRONG, STOP = "ok", "note", "wrong", "stop"
"""Well; worth knowing where there are xruns; what costs dropouts; what keeps `rig play` from playing at all."""

ENOUGH_PRIORITY = 10  # what jackd takes by itself
LOCKED_MB = 512  # with a model, ten minutes that are kept, and Python
SLEEPY_US = 100  # until a core that slept does something again: a tenth of a short period
RAW_MB_S = 12 * 48_000 / 1e6  # of a recording: two channels and the dry one, four bytes each
SHORT_MIN = 60.0  # of recording

SYS_NICE, IPC_LOCK = 23, 14  # <linux/capability.h>
UNDER_VOLTAGE, SLOWED, HAD_UNDER_VOLTAGE = 0x1, 0xE, 0x10000  # of a Raspberry Pi's firmware
INTERRUPTED_BY = ("xhci", "ehci", "uhci", "ohci", "dwc", "snd")  # the interrupts that sound comes by

RELOGIN = "then log out and in again"


@dataclass(frozen=True)
class Finding:
    """check: what was looked at. verdict: OK, NOTE, WRONG or STOP. what: how it is. do: what mends it."""

    check: str
    verdict: str
    what: str
    do: str = ""


@dataclass(frozen=True)
class Machine:
    """A Linux as its files tell of it. root: where they lie. user: who plays."""

    root: Path = field(default_factory=lambda: Path("/"))
    user: str = "root"

    def text(self, path: str) -> str:
        """A small file, stripped; "" where there is none, or it is not ours to read."""
        try:
            return (self.root / path).read_text(errors="replace").strip().strip("\0")
        except OSError:
            return ""

    def number(self, path: str) -> int | None:
        """A file that holds one."""
        text = self.text(path)
        return int(text) if re.fullmatch(r"-?\d+", text) else None

    def find(self, pattern: str) -> list[Path]:
        """Files whose paths match, relative to the root."""
        try:
            return sorted(path.relative_to(self.root) for path in self.root.glob(pattern))
        except OSError:
            return []

    @cached_property
    def pi(self) -> bool:
        """Whether it is a Raspberry Pi."""
        return "Raspberry Pi" in self.text("proc/device-tree/model")

    def limit(self, name: str) -> float:
        """One of this process's limits, as /proc calls it; infinity for none."""
        found = re.search(rf"^{name}\s+(\S+)", self.text("proc/self/limits"), re.M)
        return float(found[1].replace("unlimited", "inf")) if found else 0.0

    def may(self, capability: int) -> bool:
        """Whether this process has a capability, as root's have."""
        found = re.search(r"^CapEff:\s*([0-9a-f]+)", self.text("proc/self/status"), re.M)
        return bool(found and int(found[1], 16) >> capability & 1)

    @cached_property
    def groups(self) -> dict[str, tuple[int, bool]]:
        """All groups: their numbers, and whether the player is a member."""
        lines = [line.split(":") for line in self.text("etc/group").splitlines()]
        return {
            line[0]: (int(line[2]), self.user in line[3].split(","))
            for line in lines
            if len(line) == 4 and line[2].isdecimal()
        }

    def in_session(self, group: str) -> bool:
        """Whether this process is in a group: one that was joined since is not, until the next login."""
        found = re.search(r"^Groups:(.*)$", self.text("proc/self/status"), re.M)
        number, _ = self.groups.get(group, (-1, False))
        return bool(found and str(number) in found[1].split())

    def granted(self, item: str) -> list[str]:
        """Whom /etc/security grants a limit: "@audio", "*", a user."""
        files = ["etc/security/limits.conf", *map(str, self.find("etc/security/limits.d/*.conf"))]
        lines = [line.partition("#")[0].split() for file in files for line in self.text(file).splitlines()]
        return list(dict.fromkeys(line[0] for line in lines if len(line) == 4 and line[2] == item and line[3] != "0"))


def findings(machine: Machine) -> tuple[Finding, ...]:
    """All that is to be said of it, the weightiest first as far as playing goes."""
    looks = (priority, memory, governor, boost, sleep, interrupts, power, usb)
    return tuple(finding for look in looks for finding in look(machine))


def priority(machine: Machine) -> Iterator[Finding]:
    """Whether the audio thread may go before all others."""
    allowed = machine.limit("Max realtime priority")
    if machine.may(SYS_NICE) or allowed >= ENOUGH_PRIORITY:
        what = "any" if machine.may(SYS_NICE) else f"up to {allowed:g}"
        yield Finding("real-time priority", OK, f"{machine.user} may have it, {what}")
    else:
        what = f"{machine.user} may not have it: every other program interrupts the sound"
        yield Finding("real-time priority", WRONG, what, _granting(machine, "rtprio", "95"))


def memory(machine: Machine) -> Iterator[Finding]:
    """Whether what plays may be kept in memory."""
    allowed = machine.limit("Max locked memory") / 2**20
    if machine.may(IPC_LOCK) or allowed >= LOCKED_MB:
        what = "as much as there is" if machine.may(IPC_LOCK) or allowed == float("inf") else f"{allowed:.0f} MB"
        yield Finding("locked memory", OK, what)
    else:
        what = f"{allowed:.0f} MB: what plays may be swapped out, and is late when it is needed again"
        yield Finding("locked memory", WRONG, what, _granting(machine, "memlock", "unlimited"))


def _granting(machine: Machine, item: str, value: str) -> str:
    """How the player comes by a limit."""
    granted = machine.granted(item)
    names = [name.lstrip("@") for name in granted if name.startswith("@")]
    groups = [name for name in names if name in machine.groups]
    mine = [name for name in groups if machine.groups[name][1]]
    if any(not machine.in_session(name) for name in mine):
        return f"log out and in again: {machine.user} is in the group '{mine[0]}', but was not when this session began"
    if mine or machine.user in granted or "*" in granted:
        return "log in anew: /etc/security grants it, and this session lacks it (over ssh, sshd wants 'UsePAM yes')"
    if groups:
        group = "audio" if "audio" in groups else groups[0]
        return f"sudo adduser {machine.user} {group}, {RELOGIN}"
    line = f"echo '@audio - {item} {value}' | sudo tee -a /etc/security/limits.d/audio.conf"
    if machine.groups.get("audio", (0, False))[1]:
        return f"{line}, {RELOGIN}"
    return f"{line} && sudo adduser {machine.user} audio, {RELOGIN}"


def governor(machine: Machine) -> Iterator[Finding]:
    """Whether the cores run at full speed."""
    found = sorted({machine.text(str(path)) for path in machine.find(f"{CPUS}/cpu[0-9]*/cpufreq/scaling_governor")})
    if not found:
        return
    if found == ["performance"]:
        yield Finding("processor speed", OK, "performance")
        return
    what = f"governor {', '.join(found)}: a core that idles between two periods is slowed down, and late"
    do = f"echo performance | sudo tee /{CPUS}/cpu*/cpufreq/scaling_governor, after each start of the machine"
    yield Finding("processor speed", WRONG, what, do)


CPUS = "sys/devices/system/cpu"


def boost(machine: Machine) -> Iterator[Finding]:
    """Whether cores may run faster for a while: more time in each period, but not the same time in all."""
    no_turbo, boosts = machine.number(f"{CPUS}/intel_pstate/no_turbo"), machine.number(f"{CPUS}/cpufreq/boost")
    if no_turbo is None and boosts is None:
        return
    switch, off = ("intel_pstate/no_turbo", 0) if no_turbo is not None else ("cpufreq/boost", 1)
    if no_turbo == 1 or (no_turbo is None and boosts == 0):
        do = f"where amps cost too much: echo {off} | sudo tee /{CPUS}/{switch}"
        yield Finding("boost", NOTE, "off: slower, but all periods alike", do)
    else:
        yield Finding("boost", OK, "on")


def sleep(machine: Machine) -> Iterator[Finding]:
    """How long a core takes to wake up."""
    states = []
    for path in machine.find(f"{CPUS}/cpu0/cpuidle/state*"):
        takes, name = machine.number(f"{path}/latency"), machine.text(f"{path}/name")
        if takes is not None and machine.number(f"{path}/disable") != 1:
            states.append((takes, name))
    if not states:
        return
    takes, name = max(states)
    if takes < SLEEPY_US:
        yield Finding("processor sleep", OK, f"a core wakes up within {takes} µs")
    else:
        what = f"a core that sleeps deepest ({name}) takes {takes} µs to wake up"
        do = f"where there are xruns at a low load: sudo cpupower idle-set -D {SLEEPY_US} (package linux-cpupower)"
        yield Finding("processor sleep", NOTE, what, do)


def interrupts(machine: Machine) -> Iterator[Finding]:
    """Whether the sound card's interrupt can go before others."""
    threads = "threadirqs" in machine.text("proc/cmdline").split()
    if machine.text("sys/kernel/realtime") == "1":
        yield Finding("interrupts", OK, "a real-time kernel")
    elif threads:
        yield Finding("interrupts", OK, "in threads, which can be given a priority (threadirqs)")
    else:
        edit = "add threadirqs to the line in /boot/firmware/cmdline.txt"
        if not machine.pi:
            edit = "add threadirqs to GRUB_CMDLINE_LINUX in /etc/default/grub, sudo update-grub"
        what = "not in threads: a disk or a network may hold up the sound card's"
        yield Finding(
            "interrupts", NOTE, what, f"where there are xruns: {edit}, restart, and sudo apt install rtirq-init"
        )
    for line in machine.text("proc/interrupts").splitlines():
        number, _, rest = line.strip().partition(":")
        users = [user.strip() for user in rest.split("  ")[-1].split(",")]
        users[0] = users[0].rpartition(" ")[2]
        if number.isdecimal() and len(users) > 1 and any(user.startswith(INTERRUPTED_BY) for user in users):
            what = f"number {number} is shared by {', '.join(users)}: each waits for the others"
            yield Finding("interrupts", NOTE, what, "where there are xruns: plug the sound card into another USB port")


def power(machine: Machine) -> Iterator[Finding]:
    """Whether a Raspberry Pi has slowed itself down."""
    path = "sys/devices/platform/soc/soc:firmware/get_throttled"
    text = machine.text(path)
    if not machine.pi or not re.fullmatch(r"(0x)?[0-9a-fA-F]+", text):
        return
    bits = int(text, 16)
    if bits & (UNDER_VOLTAGE | HAD_UNDER_VOLTAGE):
        when = "has too low a voltage" if bits & UNDER_VOLTAGE else "had too low a voltage since it was started"
        do = "take the Raspberry Pi's own power supply, or a hub with one for the sound card"
        yield Finding("power", WRONG, f"the board {when}, and slows down", do)
    elif bits & SLOWED:
        yield Finding("power", WRONG, "the board is too hot, and slows down", "give it a heat sink and a fan")
    else:
        yield Finding("power", OK, "enough, and cool")


def usb(machine: Machine) -> Iterator[Finding]:
    """The sound cards, and how those at USB are plugged in."""
    cards = list(re.finditer(r"^\s*(\d+) \[(.*?)\s*\]: (\S+) - (.*)$", machine.text("proc/asound/cards"), re.M))
    if not cards:
        yield Finding(
            "sound card", WRONG, "none: what rig plays, nobody hears", "plug it in, and look: cat /proc/asound/cards"
        )
    for card in cards:
        number, driver, called = card[1], card[3], card[4].strip()
        if driver != "USB-Audio":
            yield Finding("sound card", OK, f"{called} ({driver})")
            continue
        stream = machine.text(f"proc/asound/card{number}/stream0").partition("\n")[0]
        device = f"sys/class/sound/card{number}/device/.."
        if "full speed" in stream or machine.text(f"{device}/speed") == "12":
            what, do = (
                f"{called} runs at USB's full speed, 12 Mbit/s",
                "where there are xruns: take a period of 128 or more",
            )
            yield Finding("sound card", NOTE, what, do)
        else:
            yield Finding("sound card", OK, f"{called} (USB)")
        if (
            machine.text(f"{device}/power/control") == "auto"
            and machine.number(f"{device}/power/autosuspend_delay_ms") != -1
        ):
            what = f"{called} may be put to sleep to save power"
            yield Finding(
                "sound card", NOTE, what, f"echo on | sudo tee /sys/class/sound/card{number}/device/../power/control"
            )


def disk(free: int, where: str) -> Finding:
    """free: bytes, in the folder where recordings are written."""
    minutes = free / 1e6 / RAW_MB_S / 60
    hours = f"{minutes / 60:.0f} h" if minutes >= 120 else f"{minutes:.0f} min"
    what = f"room for {hours} of recording in {where}"
    if minutes >= SHORT_MIN:
        return Finding("disk", OK, what)
    return Finding("disk", WRONG, what, "make room, or start rig in a folder of another disk")
