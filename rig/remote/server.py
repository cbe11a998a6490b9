"""A socket that only its user can open: the lines of the headless mode, for many clients at once."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.snapshot import News
from rig.remote.commands import Lines
from rig.remote.events import Events
from rig.remote.protocol import Peer, Protocol

MOST = 32  # clients
CHUNK = 1 << 12
RUNTIME = Path("/run/user")
FULL_SECONDS = 0.2  # between two tries where no more files can be opened


def folder() -> Path:
    """Where sockets lie: $XDG_RUNTIME_DIR/rig, or where systemd has it, whoever has logged in and however; else in a
    folder of the user's own among those that pass.
    """
    if given := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(given) / "rig"
    usual = RUNTIME / str(os.getuid())
    with contextlib.suppress(OSError):
        if usual.stat().st_uid == os.getuid():
            return usual / "rig"
    return Path(tempfile.gettempdir()) / f"rig-{os.getuid()}"


class Server:
    """Serves whom it is given, and whoever comes to its socket. path: of that, once it is there."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._listener: socket.socket | None = None
        self.path: Path | None = None

    def listen(self, name: str) -> None:
        """Listen from now on. name: of our client in JACK. Raises RigError where no socket can be made."""
        try:
            self.path, self._listener = _bound(name)
        except OSError as error:
            raise RigError(f"no socket for other programs: {folder()}: {error.strerror or error}") from None
        threading.Thread(target=self._listen, args=(self._listener,), daemon=True, name="rig-socket").start()

    def _listen(self, listener: socket.socket) -> None:
        while not self._closed:
            try:
                client = listener.accept()[0]
            except OSError:
                time.sleep(FULL_SECONDS)
                continue
            with self._lock:
                welcome = len(self._clients) < MOST and not self._closed
            if welcome:
                self.add(client)
            else:
                client.close()

    def add(self, client: socket.socket) -> None:
        """Serve somebody who is connected already."""
        thread = threading.Thread(target=self._serve, args=(client,), daemon=True, name="rig-client")
        with self._lock:
            self._clients[client] = thread
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        peer, lines = Peer(Events(client.fileno())), Lines()
        self._protocol.join(peer)
        with contextlib.suppress(OSError):  # it has gone
            while data := client.recv(CHUNK):
                for line in lines.feed(data):
                    self._protocol.ask(line, peer)
                if peer.events.gone:
                    break
            for line in lines.feed(b"\n"):
                self._protocol.ask(line, peer)
        self._protocol.part(peer)
        peer.events.end(lambda: _hang_up(client))
        client.close()
        with self._lock:
            del self._clients[client]

    def close(self) -> None:
        """Let everybody read what was said to them, for a moment; then nobody is served any more."""
        self._closed = True
        if self.path and self._listener:
            self.path.unlink(missing_ok=True)
            _hang_up(self._listener)
        with self._lock:
            threads = tuple(self._clients.items())
        for client, _ in threads:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RD)
        until = time.monotonic() + 2.0
        for _, thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        if self._listener:
            self._listener.close()


@contextlib.contextmanager
def serving(gig: Gig, protocol: Protocol, osc: tuple[str, int] | None = None) -> Iterator[Server]:
    """A server for as long as a gig plays. osc: where OSC is heard, too. What can't be had is said, and it plays."""
    server = Server(protocol)
    try:
        server.listen(gig.client.name)
    except RigError as error:
        gig.tell(News(str(error), wrong=True))
    with contextlib.ExitStack() as beside:
        beside.callback(server.close)
        if osc:
            _listen_to_osc(gig, protocol, osc, beside)
        yield server


def _listen_to_osc(gig: Gig, protocol: Protocol, at: tuple[str, int], open: contextlib.ExitStack) -> None:
    from rig.remote.osc import OscServer

    try:
        listener = OscServer(protocol, at)
    except OSError as error:
        gig.tell(News(f"no OSC at {at[0]}:{at[1]}: {(error.strerror or str(error)).lower()}", wrong=True))
        return
    open.callback(listener.close)
    gig.tell(News(f"OSC is heard at {listener.at[0]}:{listener.at[1]}"))


def _bound(name: str) -> tuple[Path, socket.socket]:
    """A socket that listens, and where: NAME.sock or, where another rig of that name runs, NAME-2.sock ..."""
    where = folder()
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = where.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
        raise OSError(None, "it is not ours")
    where.chmod(0o700)
    holder = os.open(where, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)  # two that start at once
        stem, number = name.replace("/", "_").replace("\0", "_").lstrip("."), 1
        while True:
            path = where / (f"{stem}.sock" if number == 1 else f"{stem}-{number}.sock")
            if not alive(path):
                path.unlink(missing_ok=True)
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(str(path))
                path.chmod(0o600)
                listener.listen(MOST)
                return path, listener
            number += 1
    finally:
        os.close(holder)


def alive(path: Path) -> bool:
    """Whether a rig listens there."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))
        return True
    return False


def _hang_up(client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
