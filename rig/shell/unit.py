"""The systemd unit by which a rig plays as soon as its user is there; and what such a rig tells systemd."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

UNIT = Path(__file__).with_name("rig.service")
START = "ExecStart=rig play --daemon --resume"


def unit(presets: Sequence[Path] = (), program: Sequence[str] = (sys.executable, "-m", "rig")) -> str:
    """The unit that ships, with the program that runs now. presets: what it plays; none: what was played last."""
    words = [*program, "play", "--daemon", *(map(str, presets) if presets else ("--resume",))]
    return UNIT.read_text(encoding="utf-8").replace(START, f"ExecStart={' '.join(map(_quoted, words))}")


def _quoted(word: str) -> str:
    r"""As systemd reads it: `%` and `$` mean something there, and so do spaces, quotes and backslashes."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return text if text and not set(text) & set(" \t\"'\\;") else f'"{text}"'


def awaited() -> bool:
    """Whether systemd has started this process and waits to hear that it plays."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def notify(state: str) -> None:
    """Tell systemd, where it listens: `READY=1`, see sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.connect("\0" + address[1:] if address.startswith("@") else address)
            end.send(state.encode())
