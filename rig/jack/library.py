"""Which libjack we talk through: JACK's, or PipeWire's, which Debian keeps where the linker does not look.

A process has one of them for good. It is chosen, by what runs, when a server is looked for the first time, and
jack-client is not imported before.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import os
import re
import socket
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any

from rig.errors import RigError, cut

SOCKETS = Path("/proc/net/unix")
LISTENS = "00010000"  # __SO_ACCEPTCON, <linux/net.h>
ANSWER_SECONDS = 0.5
DEFAULT = "default"
IN_PIPEWIRE = Path("pipewire-0.3/jack/libjack.so.0")

jack: Any = None
"""jack-client, as soon as load() has found it a libjack."""
name: str | None = None
"""Of that libjack, for dlopen()."""

_loading = threading.Lock()


def load(server: str | None) -> Any:
    """jack-client, with the libjack of the server of that name. Raises RigError where there is none.

    server: None is the one that JACK takes for its own.
    """
    global jack, name
    with _loading:
        if jack is None:
            taken = "jack" in sys.modules  # by somebody else
            chosen = ctypes.util.find_library("jack") if taken else _choice(server)
            jack = _imported(chosen)
            name = chosen
            # libjack writes to stderr whatever it likes; a screen does not survive that.
            jack.set_error_function(lambda message: None)
            jack.set_info_function(lambda message: None)
    return jack


def _choice(server: str | None) -> str | None:
    """PipeWire's where that runs and the JACK server does not; else the linker's, which may be PipeWire's, too."""
    linkers = ctypes.util.find_library("jack")
    pipewires = pipewire_library()
    if pipewires and (linkers is None or (not runs(server) and pipewire(wanted(server)))):
        return str(pipewires)
    return linkers


def _imported(library: str | None) -> Any:
    if library is None:
        raise RigError(f"there is no libjack here: install {'pipewire-jack' if pipewire() else 'jackd2'}")
    find = ctypes.util.find_library
    ctypes.util.find_library = lambda name: library if name == "jack" else find(name)  # all that jack-client asks
    try:
        import jack
    finally:
        ctypes.util.find_library = find
    return jack


def of_pipewire() -> bool:
    """Whether the libjack that was loaded is PipeWire's, which knows no other server."""
    return jack is not None and "PipeWire" in jack.version_string()


def wanted(server: str | None) -> str:
    """The name of the server that a player means."""
    return server or os.environ.get("JACK_DEFAULT_SERVER") or DEFAULT


def asked_for(server: str | None) -> str | None:
    """What libjack is to be asked for, where a player names a server, or none."""
    return None if of_pipewire() and server == DEFAULT else server


def called(server: str | None) -> str:
    """How we call the server that a player means."""
    return "PipeWire" if of_pipewire() else f"JACK server '{cut(wanted(server))}'"


def servers() -> tuple[str, ...]:
    """The names of the JACK servers of ours that run, be they well or not."""
    place = re.compile(rf"/dev/shm/jack_(.+)_{os.getuid()}_0|/dev/shm/jack-{os.getuid()}/(.+)/jack_0")
    try:
        lines = [line.split(maxsplit=7) for line in SOCKETS.read_text(errors="replace").splitlines()]
    except OSError:
        return ()
    listening = [line[7] for line in lines if len(line) == 8 and line[3] == LISTENS]
    return tuple(sorted({found[1] or found[2] for path in listening if (found := place.fullmatch(path))}))


def runs(server: str | None) -> bool:
    """Whether the JACK server that a player means does, be it well or not."""
    return wanted(server) in servers()


def pipewire(name: str = DEFAULT) -> bool:
    """Whether PipeWire runs; with another name than JACK's default, whether the PipeWire of that name does."""
    folder = os.environ.get("PIPEWIRE_RUNTIME_DIR") or os.environ.get("XDG_RUNTIME_DIR")
    place = name if name != DEFAULT else os.environ.get("PIPEWIRE_REMOTE") or "pipewire-0"
    if not folder:
        return False
    with socket.socket(socket.AF_UNIX) as door, contextlib.suppress(OSError, ValueError):
        door.settimeout(ANSWER_SECONDS)
        door.connect(str(Path(folder, place)))
        return True
    return False


def pipewire_library() -> Path | None:
    """PipeWire's libjack, in the places where distributions put it."""
    triplet = sysconfig.get_config_var("MULTIARCH")
    folders = [Path("/usr/lib", triplet)] if triplet else []
    folders += [Path("/usr/lib64"), Path("/usr/lib"), Path("/usr/local/lib")]
    return next((path for folder in folders if (path := folder / IN_PIPEWIRE).exists()), None)


def refusal(server: str | None) -> str:
    """Why we start no server, where the one that a player means does not run, in one line; "" where we may."""
    name = cut(wanted(server))
    if of_pipewire() and server and pipewire():
        return f"PipeWire runs, but none called '{name}': leave out --server"
    if of_pipewire():
        return "PipeWire does not run, and its libjack finds nothing else: systemctl --user start pipewire"
    there = [f"'{cut(other)}'" for other in servers()]
    there += ["PipeWire (without --server)"] * bool(pipewire() and pipewire_library())
    if not there:
        return ""
    play = f"{' and '.join(there)} {'do' if len(there) > 1 else 'does'}"
    return f"no JACK server '{name}' runs; {play}: take --server, or start it: jackd -n {name} -d alsa"


def missing() -> str:
    """What would let us play through a PipeWire that runs and whose libjack is not here; "" where there is none."""
    if pipewire() and not pipewire_library() and not of_pipewire():
        return "PipeWire runs: install pipewire-jack, and rig plays through that"
    return ""
