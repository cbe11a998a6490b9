"""The Python end of watch.c: a process callback that times itself, and may listen."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler import Compiler

from rig.jack import library

BINS, PER_PERIOD, LATE = 8000, 1000, 4096
SOURCE = Path(__file__).with_name("watch.c")
NEAR = 4  # periods within which two clients are late by the same cause


class _Watch(ctypes.Structure):
    """`watch` in watch.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("real", "arg", "client", "cycle", "time", "buffer", "port")),
        *((name, ctypes.c_uint64) for name in ("callbacks", "missed", "late", "own")),
        ("took", ctypes.c_uint64 * BINS),
        ("ended", ctypes.c_uint64 * BINS),
        *((name, ctypes.c_uint64) for name in ("heard", "first", "silence", "longest", "called", "pause", "gap")),
        ("power", ctypes.c_double),
        ("frame", ctypes.c_uint32),
        ("late_at", ctypes.c_uint32 * LATE),
    )


@dataclass(frozen=True)
class Shares:
    """Of a period."""

    p50: float
    p99: float
    p999: float
    worst: float

    def __str__(self) -> str:
        return " / ".join(f"{100 * share:.1f} %" for share in (self.p50, self.p99, self.p999, self.worst))


def shares(bins: list[int]) -> Shares:
    """Of callbacks counted by thousandths of a period; each at the upper end of its bin."""
    total, levels, found = sum(bins), [0.5, 0.99, 0.999, 1.0], []
    seen = 0
    for at, count in enumerate(bins):
        seen += count
        while levels and seen >= levels[0] * total and total:
            levels.pop(0)
            found.append((at + 1) / PER_PERIOD)
    return Shares(*(found or [0.0] * 4))


def build(compiler: Compiler) -> Path:
    """watch.c as a shared library."""
    return compiler.program("watch.so", [compiler.object(SOURCE, "-O2", "-fPIC")], "-shared")


class Watch:
    """One, as the audio thread fills it. path: of the shared library."""

    def __init__(self, path: Path) -> None:
        self._c = _Watch()
        self._library = ctypes.CDLL(str(path))
        self.process: int = ctypes.cast(self._library.watch_process, ctypes.c_void_p).value or 0
        self.address = ctypes.addressof(self._c)

    def stand_in(self, client: int, port: int | None = None, real: tuple[int, int] | None = None) -> tuple[int, int]:
        """(function, argument) for jack_set_process_callback, as addresses.

        client, port: jack_client_t and jack_port_t; port: what is listened to. real: the callback that is watched.
        """
        jack = ctypes.CDLL(library.name)
        for name, called in {
            "cycle": "jack_get_cycle_times",
            "time": "jack_get_time",
            "buffer": "jack_port_get_buffer",
        }.items():
            setattr(self._c, name, ctypes.cast(getattr(jack, called), ctypes.c_void_p).value)
        self._c.real, self._c.arg = real or (None, None)
        self._c.client, self._c.port = client, port
        return self.process, self.address

    def around(self, owner: type) -> None:
        """Stand in for the process callback of `owner`, a Rack."""
        real = owner.callback  # type: ignore[attr-defined]

        def callback(rack: Any, jack: Any, ports: Any) -> tuple[int, int]:
            return self.stand_in(jack["client"], real=real(rack, jack, ports))

        owner.callback = callback  # type: ignore[attr-defined]

    def forget(self) -> None:
        """All counts begin anew."""
        self._library.watch_forget(ctypes.byref(self._c))

    @property
    def first(self) -> float:
        """When the first sound was heard, in seconds of time.monotonic(); 0.0: none yet."""
        return self._c.first / 1e9

    def facts(self) -> dict[str, Any]:
        """All counts, for JSON."""
        c = self._c
        names = ("callbacks", "missed", "late", "own", "longest", "pause", "gap", "power", "frame", "first", "heard")
        found = {name: getattr(c, name) for name in names}
        took, ended = shares(list(c.took)), shares(list(c.ended))
        return found | {"took": vars(took), "ended": vars(ended), "late_at": list(c.late_at[: min(c.late, LATE)])}


def alone(ours: list[int], theirs: list[int], block: int) -> int:
    """How many of our late callbacks had none of theirs within NEAR periods. Both: the server's frames.

    Of the latest LATE that each remembers, those that are older than any that the other does are left out.
    """
    since = min(theirs, default=0) if len(theirs) == LATE else 0
    return sum(all(abs(frame - other) > NEAR * block for other in theirs) for frame in ours if frame >= since)
