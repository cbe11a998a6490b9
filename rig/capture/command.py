"""`rig capture`: the wiring, the work, and what is written at the end."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Callable

from rig import __version__
from rig.capture import ports, storage, test_signal, text_view
from rig.capture.procedure import Captured, CaptureView, capture
from rig.capture.session import Session

Drive = Callable[[Callable[[CaptureView], Captured], Session, str], Captured]
"""Runs the work with a view of its own, and returns what came of it: (work, session, name)."""


def asks(args: argparse.Namespace) -> bool:
    """Whether somebody is there to answer."""
    return not args.yes and sys.stdin.isatty() and sys.stdout.isatty()


def _view(args: argparse.Namespace) -> text_view.TextView:
    return text_view.TextView(args.wait, args.retry, live=sys.stderr.isatty() and not args.plain)


def run(args: argparse.Namespace, drive: Drive | None = None) -> int:
    """Capture, write, tell. drive: a screen; else plain lines. Raises RigError, one line; then nothing was written."""
    storage.refuse(args.output, force=args.force)
    name = args.name or args.output.resolve().name
    if args.dry:
        test_signal.from_file(args.dry, 48000)  # what is wrong with it is said before anything is wired
    session = Session(args.level, args.server)

    def make() -> test_signal.Signal:
        return (
            test_signal.from_file(args.dry, session.rate)
            if args.dry
            else test_signal.test_signal(session.rate, args.seconds)
        )

    def work(view: CaptureView) -> Captured:
        return capture(session, make, args.wait, view)

    try:
        session.start(*ports.choose(session.client, args.send, args.back, ask=drive is not None or asks(args)))
        captured = drive(work, session, name) if drive else work(_view(args))
        facts = facts_of(captured, session, name)
    finally:
        session.close()
    storage.write(args.output, captured.measured.dry, captured.measured.wet, session.rate, facts)
    text_view.tell(captured, args.output, session.rate)
    if args.json:
        print(json.dumps({"capture": str(args.output), **facts}, ensure_ascii=False), flush=True)
    return 0


def facts_of(captured: Captured, session: Session, name: str) -> dict[str, object]:
    """What capture.toml says."""
    found, taken = captured.measured, captured.signal
    return {
        "name": name,
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "rig": __version__,
        "rate": session.rate,
        "send": session.send,
        "return": session.back,
        "server": session.client.server,
        "signal": taken.about,
        "level_db": round(session.level_db, 2),
        "peak_db": round(found.peak_db, 2),
        "delay_frames": found.delay,
        "delay_confirmed": found.confirmed,
        "polarity": found.polarity,
        "clips": found.clips,
        "noise_floor_db": round(found.noise.rms_db, 2),
        "hum_hz": found.noise.hum,
        "repeatability_esr": float(f"{found.repeatability:.3g}"),
        "missed_periods": found.missed,
        "takes": captured.takes,
        "findings": [str(finding) for finding in found.findings],
        "impulses": list(taken.impulses),
        "played": list(taken.played),
        "repeat": {"start": taken.repeat.start, "frames": taken.repeat.frames},
    }
