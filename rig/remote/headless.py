"""The rig without a screen: it plays, and does what stdin, the socket and signals say, until one says "quit"."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rig.gig.gig import Gig
from rig.gig.reconciler import Progress
from rig.remote.commands import Commands
from rig.remote.events import Events, stdout
from rig.remote.protocol import Peer, Protocol, unsaved
from rig.remote.server import Server, serving

WATCHING_SECONDS = 0.1
BUILDING_SECONDS = 0.02  # while something is built, or MIDI may come in, so often do we look
TOPICS = ("amps", "engines", "news", "songs", "status")  # what stdout is told of, unasked


class Left(Exception):
    """Raised out of `progress` when a signal comes while the gig is still being opened."""


def run(
    open_gig: Callable[[Progress], Gig], *, save: bool = False, debug: bool = False, osc: tuple[str, int] | None = None
) -> int:
    """Play a gig until "quit", SIGTERM, SIGINT or SIGHUP; each fades out first. Returns the exit status.

    Commands on stdin, one JSON object a line on stdout. save: what was changed is saved in the end; else it is told in
    the last line, and lost. 1 where it can't be saved. debug: the traceback of a fault in rig itself goes to stderr.
    osc: where OSC is heard, too.
    """
    return play(open_gig, Commands(sys.stdin), Events(stdout()), save=save, debug=debug, osc=osc)


def play(
    open_gig: Callable[[Progress], Gig],
    commands: Commands,
    events: Events,
    *,
    save: bool = False,
    debug: bool = False,
    osc: tuple[str, int] | None = None,
    opened: Callable[[Gig, Server], None] = lambda gig, server: None,
) -> int:
    """The same, commanded and heard by whom one likes. opened: called when it plays, and others can talk to it."""

    def progress(step: str, share: float | None) -> None:
        if commands.stopping:
            raise Left

    try:
        gig = open_gig(progress)
    except Left:
        return 0
    session = Session(gig, commands, events, debug)
    with serving(gig, session.protocol, osc) as server:
        opened(gig, server)
        return session.run(save)


class Session:
    """A gig, whoever commands it, and whoever listens."""

    def __init__(self, gig: Gig, commands: Commands, events: Events, debug: bool) -> None:
        self._gig, self._commands = gig, commands
        self.protocol = Protocol(gig, commands.wake, debug)
        self._peer = Peer(events, TOPICS)
        self.protocol.join(self._peer)

    def run(self, save: bool) -> int:
        """Returns the exit status."""
        gig, status, protocol = self._gig, 0, self.protocol
        try:
            protocol.ready(self._peer)
            self._play()
            if save:
                protocol.beside(lambda: protocol.built(gig.settle()))  # only what has been built can be saved
            if save and gig.unsaved:
                status = 0 if protocol.do("save", self._peer, {}) else 1
            lost = unsaved(gig)
            if not self._commands.stopping:  # somebody has said "quit"
                gig.journal.drop()
        finally:
            gig.close()
        protocol.beside(self._follow)
        protocol.close(lost)
        self._peer.events.close()
        return status

    def _play(self) -> None:
        gig, protocol = self._gig, self.protocol
        while True:
            protocol.beside(self._follow)
            soon = gig.building or gig.loading or gig.listening
            patience = BUILDING_SECONDS if soon else WATCHING_SECONDS if gig.watching else protocol.patience()
            for command in self._commands.wait(min(patience, protocol.patience())):
                protocol.hear(command, self._peer)
                if protocol.left:
                    return
            protocol.turn()
            if protocol.left:
                return
            protocol.beside(lambda: protocol.built(gig.install()))
            if protocol.patience() <= 0:
                protocol.beside(lambda: protocol.status(gig.status()))

    def _follow(self) -> None:
        self.protocol.news(self._gig.news())
