"""Whether a plug-in can be trusted with the gig: it is tried in a process of its own before ours loads it.

What came of it is kept until the plug-in's files change.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from rig import cache
from rig.errors import RigError
from rig.lv2.plugin import Plugin

SECONDS = 30.0
"""What takes longer hangs: a second of noise takes one."""

BYTES = 2 << 30
"""What takes more memory is no effect."""

LOOK_SECONDS = 0.02
CHILD = "rig.lv2.trial"

KEPT = "lv2-verdicts"
"""What they are kept as."""

_known: dict[str, str] = {}
_trying = threading.Lock()


def try_out(plugin: Plugin) -> None:
    """Have a plug-in tried, where nobody has since its files are as they are.

    Raises RigError where it crashes, hangs, takes too much memory or makes what is no sound.
    """
    with _trying:
        if plugin.uri not in _known:
            _known[plugin.uri] = _verdict(plugin)
    if why := _known[plugin.uri]:
        raise RigError(f"{plugin.name}: {why}; it was tried with a second of noise, and is not played")


def _verdict(plugin: Plugin) -> str:
    """Why it cannot be trusted, or ""."""
    stamp, known = _stamp(plugin), cache.kept(KEPT).get(plugin.uri)
    if isinstance(known, dict) and known.get("stamp") == stamp and isinstance(known.get("why"), str):
        return str(known["why"])
    why = _tried(plugin.uri)
    cache.keep(KEPT, {**cache.kept(KEPT), plugin.uri: {"stamp": stamp, "why": why}})
    return why


def _stamp(plugin: Plugin) -> list[object]:
    """What is another when a plug-in is."""
    parts = sorted(plugin.bundle.iterdir()) if plugin.bundle.is_dir() else [plugin.library]
    found = [part.stat() for part in {*parts, plugin.library} if part.exists()]
    return [str(plugin.bundle), max(each.st_mtime_ns for each in found) if found else 0]


def _tried(uri: str) -> str:
    """What comes of a plug-in in a process of its own."""
    nothing = subprocess.DEVNULL
    command = [sys.executable, "-m", CHILD, uri]
    with subprocess.Popen(
        command, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing, start_new_session=True
    ) as child:
        end = time.monotonic() + SECONDS
        while child.poll() is None:
            why = "it hangs" if time.monotonic() > end else ""
            if _memory(child.pid) > BYTES:
                why = f"it takes more than {BYTES >> 30} GB of memory"
            if why:
                child.kill()
                return why
            time.sleep(LOOK_SECONDS)
        said = child.stdout.read().decode(errors="replace").strip() if child.stdout else ""
    if child.returncode < 0:
        with contextlib.suppress(ValueError):
            return f"it crashes ({signal.Signals(-child.returncode).name})"
    return "" if said == "fine" else said or f"it ends the program (status {child.returncode})"


def _memory(pid: int) -> int:
    """Bytes of memory that a process holds."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
