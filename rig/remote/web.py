"""The screen of a rig in a browser: textual-serve runs `rig attach` for each one who opens the page."""

from __future__ import annotations

import ipaddress
import shlex
import sys

from rig.errors import RigError
from rig.remote import client


def command(name: str, theme: str | None = None) -> str:
    """What is run for each one, as a shell reads it."""
    worn = ["--theme", theme] if theme else []
    return shlex.join([sys.executable, "-m", "rig", "attach", "--name", name, *worn])


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(name: str | None, host: str, port: int, theme: str | None = None) -> None:
    """Until ctrl+c; the rig plays on. Raises RigError where no rig runs, or textual-serve is missing."""
    try:
        from textual_serve.server import Server
    except ImportError:
        raise RigError("rig attach --web needs textual-serve: pip install 'rig-live[web]'") from None
    line = client.join(name)
    line.end.close()
    print(f"{line.name} is in your browser at http://{host}:{port} until ctrl+c", flush=True)
    if not _loopback(host):
        print("whoever can reach that address plays your rig, and reads your folders: there is no password", flush=True)
    Server(command(line.name, theme), host=host, port=port, title="rig").serve()
