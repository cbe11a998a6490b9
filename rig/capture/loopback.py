"""How long sound takes through a cable from an output back to an input: what `rig doctor --loopback` measures."""

from __future__ import annotations

from rig.capture import ports
from rig.capture.session import CaptureStatus, Session
from rig.capture.test_signal import impulses
from rig.errors import RigError
from rig.jack.survey import Loopback

LEVEL_DB = -20.0  # of two impulses: heard through a cable, and no harm where it is a loudspeaker
WAIT_SECONDS = 0.5


def measure(server: str | None, send: str | None = None, back: str | None = None) -> Loopback:
    """Send two impulses, and hear when they come back. Raises RigError where they don't.

    send, back: who takes what we send, and who gives it back; None: the sound card's first ports.
    """
    session = Session(LEVEL_DB, server)
    try:
        session.start(*ports.choose(session.client, send, back, ask=False))
        found = session.ping(impulses(session.rate), WAIT_SECONDS, _on)
        if found is None:
            way = f"from {session.send} to {session.back}"
            raise RigError(f"nothing comes back {way}: put a cable there, and turn both up")
        told = session.client.latency_frames("return", "send")
        return Loopback(session.send, session.back, found.frames, 1000 * found.frames / session.rate, told)
    finally:
        session.close()


def _on(status: CaptureStatus) -> bool:
    return True
