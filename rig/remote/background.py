"""A rig that plays on when its terminal closes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from rig.gig.gig import Gig
from rig.gig.reconciler import Progress
from rig.remote import headless
from rig.remote.commands import Commands
from rig.remote.events import Events
from rig.remote.server import Server
from rig.shell import unit


def run(
    open_gig: Callable[[Progress], Gig], *, save: bool = False, debug: bool = False, osc: tuple[str, int] | None = None
) -> int:
    """Play a gig in a process of its own, which others command. Returns, when it plays, the exit status: 0.

    Where it can't be opened, the process says why as any other does, and its exit status is returned. To be called
    while this process has one thread. Started by systemd, it is a process of its own already, and plays in that.
    """
    if unit.awaited():
        return _for_systemd(open_gig, save=save, debug=debug)
    told, tell = os.pipe()
    child = os.fork()
    if child:
        return _waited_for(child, told, tell)
    os.setsid()
    os.close(told)

    def opened(gig: Gig, server: Server) -> None:
        name = server.path.stem if server.path else gig.client.name
        os.write(tell, name.encode())
        os.close(tell)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for file in (0, 1, 2):
            os.dup2(nowhere, file)

    return headless.play(open_gig, Commands(None), Events(None), save=save, debug=debug, osc=osc, opened=opened)


def _for_systemd(open_gig: Callable[[Progress], Gig], *, save: bool, debug: bool) -> int:
    def opened(gig: Gig, server: Server) -> None:
        unit.notify(f"READY=1\nSTATUS={gig.name} plays")

    status = headless.play(open_gig, Commands(None), Events(None), save=save, debug=debug, opened=opened)
    unit.notify("STOPPING=1")
    return status


def _waited_for(child: int, told: int, tell: int) -> int:
    """Until the child plays, which is said, or has ended."""
    os.close(tell)
    try:
        name = os.read(told, 4096).decode()
    except KeyboardInterrupt:
        os.kill(child, signal.SIGTERM)
        raise
    if not name:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or 1
    print(f"{name} plays in the background: 'rig attach' talks to it, 'rig send quit' ends it")
    return 0
