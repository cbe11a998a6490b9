"""`rig train`: what happens in order. torch is imported in `run`, not before."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rig.errors import RigError
from rig.files import may_replace
from rig.shipped import DISTRIBUTION
from rig.text import printable
from rig.train import options
from rig.train.settings import CHECKPOINT, Job

add_arguments = options.add_arguments

ENDINGS = (".json", ".nam")
"""Of model files: GuitarML's and Neural Amp Modeler's."""


def _target(path: Path) -> Path:
    if path.suffix not in ENDINGS:
        raise RigError(f"-o '{path}': a model's name ends in .json, or in .nam for Neural Amp Modeler")
    if path.is_dir():
        raise RigError(f"-o '{path}' is a folder; name a file in it")
    if not path.parent.is_dir():
        raise RigError(f"-o '{path}': there is no folder '{path.parent}'")
    return path


def jobs(args: argparse.Namespace) -> list[Job]:
    """What was asked for: one model, one with a knob of several captures, or one of each capture. Raises RigError."""
    first, *rest = args.recordings
    sides = [(path, None) for path in args.recordings] if first.is_dir() else [(first, path) for path in rest]
    if args.knob and len(args.knob) != len(sides):
        raise RigError(
            f"--knob has {len(args.knob)} positions for {len(sides)} captures: give each its own, 0.2,0.5,0.9"
        )
    if args.knob and len(set(args.knob)) < 2:
        raise RigError("--knob needs captures at two positions or more; for one, leave --knob out")
    if args.knob or len(sides) == 1:
        target = _target(args.output)
        if args.format and target.suffix != f".{args.format}":
            raise RigError(f"-o '{target}' and --format {args.format}: name the file '{target.stem}.{args.format}'")
        if args.knob and target.suffix == ".nam":
            raise RigError("--knob: a .nam file has no knob; write a .json")
        return [Job(tuple(sides), target, args.name or target.stem)]
    if args.output.suffix in ENDINGS:
        raise RigError(
            f"-o '{args.output}': {len(sides)} models need a folder; or say with --knob where the knob stood"
        )
    if not args.output.is_dir():
        raise RigError(f"-o '{args.output}': there is no such folder")
    names = [(wet or dry).stem for dry, wet in sides]
    if len(set(names)) < len(names):
        raise RigError(f"two models would be called '{max(names, key=names.count)}': rename a recording")
    ending = args.format or "json"
    return [Job((side,), args.output / f"{name}.{ending}", name) for side, name in zip(sides, names, strict=True)]


def _keep_others(target: Path, args: argparse.Namespace) -> None:
    """Asks before a model, its checkpoint or its picture is written over; a run that goes on is its own."""
    beside = target.with_suffix(CHECKPOINT)
    if args.resume and (not args.resume.name or args.resume.absolute() == beside.absolute()):
        return
    there = [path for path in (target, beside) if path.exists()]
    if there:
        goes_on = "; --resume goes on with it" if beside in there and not args.init else ""
        may_replace(there[0], force=args.force, instead=goes_on)


def _device(wanted: str) -> str:
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    there["gpu"] = there["cuda"] or there["mps"]
    if wanted == "auto" or (wanted == "gpu" and there["gpu"]):
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wanted]:
        raise RigError(f"--device {wanted}: this machine (or this PyTorch) has none; try --device auto")
    return wanted


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets; a second one interrupts at once."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def stop(number: int, frame: object) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def need_torch(who: str) -> None:
    """Raises RigError where PyTorch is missing, with what to do."""
    try:
        import torch  # noqa: F401
    except ImportError:
        raise RigError(f"{who} needs PyTorch: pip install '{DISTRIBUTION}[train]'") from None


def run(args: argparse.Namespace) -> int:
    """Read, learn, export, verify, draw -> 0. Raises RigError, one line; then no model was written but a whole one."""
    wanted = jobs(args)
    for job in wanted:
        for side, path in (pair for dry, wet in job.sides for pair in (("dry", dry), ("wet", wet))):
            if path is not None and not path.exists():  # before the seconds that torch takes
                raise RigError(f"{side} recording: no file '{path}'")
        if not args.dry_run:
            _keep_others(job.target, args)
    need_torch("rig train")
    import torch

    from rig import native  # noqa: F401  (missing after an hour of training would be too late)

    torch.set_num_threads(args.threads)
    device = _device(args.device)
    with _stopping() as stop:
        for job in wanted:
            if not stop.is_set():
                _make(job, args, device, stop)
    return 0


def _make(job: Job, args: argparse.Namespace, device: str, stop: threading.Event) -> None:
    from rig.train import estimate, run

    began = time.monotonic()
    going = run.prepare(job, args, device)
    told: estimate.Estimate | run.Summary
    if args.dry_run:
        told = estimate.estimate(going)
    else:
        result = run.learn(going, stop, picture=not args.no_report, plain=args.plain)
        told = run.Summary.of(going, result, time.monotonic() - began)
    print("\n".join(map(printable, told.lines())), file=sys.stderr)
    if args.json:
        print(json.dumps(told.json()), flush=True)
