"""`rig train`: its options, and what happens in order. torch is imported in `run`, not before."""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rig.errors import RigError
from rig.train.settings import SIZES, Settings, Size

SEGMENT_SECONDS = 0.085
MINUTES = 10.0
BATCH = {"cpu": 1, "cuda": 8, "mps": 8}
LARGEST = Size(64, 14, 8, 16)


def _between(kind: type, low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            what = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"'{text}' is not {what} from {low:g} to {high:g}")
        return value

    return read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every option of `rig train`."""
    sizes = ", ".join(f"{k} {v.channels} ch x {v.depth * v.repeats}" for k, v in SIZES.items())
    add = parser.add_argument
    add("dry", type=Path, metavar="DRY", help="what went into the amp: WAV or FLAC")
    add("wet", type=Path, metavar="WET", help="what came out of it, at the same rate")
    add("-o", "--output", type=Path, required=True, metavar="MODEL.json", help="the model to write")
    add("--name", help="what the model is called (default: the file's name)")
    add("--size", choices=tuple(SIZES), help=f"{sizes} layers (default: standard)")
    add(
        "--minutes",
        type=_between(float, 0.001, 1e5),
        metavar="M",
        help=f"time to train (default: {MINUTES:g}, or --epochs)",
    )
    add(
        "--epochs",
        type=_between(int, 1, 10**6),
        metavar="N",
        help="times through the recording; ends where --minutes does not",
    )
    add("--resume", action="store_true", help="go on from the checkpoint next to the model, exactly")
    add(
        "--channels",
        type=_between(int, 1, LARGEST.channels),
        metavar="N",
        help="width of the network, instead of the size's",
    )
    add("--depth", type=_between(int, 1, LARGEST.depth), metavar="N", help="dilations 1, 2, 4 ... 2^(N-1)")
    add("--repeats", type=_between(int, 1, LARGEST.repeats), metavar="N", help="times that the dilations are repeated")
    add("--kernel-size", type=_between(int, 2, LARGEST.kernel_size), metavar="N", help="taps of each convolution")
    add(
        "--segment", type=_between(float, 0.001, 60), metavar="SECONDS",
        help=f"length of a training example, in seconds (default: {SEGMENT_SECONDS})",
    )  # fmt: skip
    add("--batch-size", type=_between(int, 1, 4096), metavar="N", help="examples a step (default: 1; on a GPU 8)")
    add(
        "--learning-rate",
        type=_between(float, 1e-7, 1),
        metavar="R",
        help=f"at its highest (default: {Settings.learning_rate})",
    )
    add(
        "--normalize", action=argparse.BooleanOptionalAction, default=None,
        help="bring both sides to mean 0 and deviation 1 for training; the exported model takes and gives raw levels "
        "either way (default: yes)",
    )  # fmt: skip
    add(
        "--device", choices=("auto", "cpu", "gpu", "cuda", "mps"), default="cpu", help="where to compute (default: cpu)"
    )
    add(
        "--threads",
        type=_between(int, 1, 256),
        default=1,
        metavar="N",
        help="threads for PyTorch's own operations; the C layer takes one (default: 1)",
    )
    add("--seed", type=_between(int, 0, 2**31 - 1), metavar="N", help="same seed, same model (default: 0)")
    add("--no-report", action="store_true", help="no picture next to the model")
    add("--json", action="store_true", help="end with one line of JSON on stdout")


def _device(wanted: str) -> str:
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    there["gpu"] = there["cuda"] or there["mps"]
    if wanted == "auto" or (wanted == "gpu" and there["gpu"]):
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wanted]:
        raise RigError(f"--device {wanted}: this machine (or this PyTorch) has none; try --device auto")
    return wanted


def _asked(args: argparse.Namespace, sample_rate: int) -> dict[str, object]:
    """The settings that were given on the command line, and only those."""
    given = {
        "segment": round(args.segment * sample_rate) if args.segment is not None else None,
        "normalize": args.normalize,
        "batch_size": args.batch_size,
        "learning_rate": args.learning_rate,
        "seed": args.seed,
    }
    return {key: value for key, value in given.items() if value is not None}


def _size(args: argparse.Namespace, base: Size) -> Size:
    base = SIZES[args.size] if args.size else base
    given = {key: getattr(args, key) for key in ("channels", "depth", "repeats", "kernel_size")}
    return replace(base, **{key: value for key, value in given.items() if value is not None})


def _limits(args: argparse.Namespace, before: Settings | None) -> dict[str, object]:
    if args.epochs is None and args.minutes is None:
        return {"epochs": before.epochs, "minutes": before.minutes} if before else {"epochs": None, "minutes": MINUTES}
    return {"epochs": args.epochs, "minutes": args.minutes}


def _fresh(args: argparse.Namespace, sample_rate: int, device: str) -> Settings:
    asked = {"segment": round(SEGMENT_SECONDS * sample_rate), "batch_size": BATCH[device], **_asked(args, sample_rate)}
    return Settings(size=_size(args, SIZES["standard"]), device=device, **_limits(args, None), **asked)


def _resumed(args: argparse.Namespace, before: Settings, sample_rate: int, device: str) -> Settings:
    """The checkpoint's settings; the limits and the device may change, all else must agree where it is given."""
    if _size(args, before.size) != before.size:
        raise RigError(f"--resume: the checkpoint's network is {before.size}; leave the size's options out")
    for key, value in _asked(args, sample_rate).items():
        if getattr(before, key) != value:
            option = key.replace("_", "-")
            raise RigError(
                f"--resume: the checkpoint was trained with {option} {getattr(before, key)}; leave --{option} out"
            )
    return replace(before, device=device, **_limits(args, before))


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


def _target(path: Path) -> Path:
    if path.suffix != ".json":
        raise RigError(f"-o '{path}': a model's name ends in .json")
    if path.is_dir():
        raise RigError(f"-o '{path}' is a folder; name a file in it")
    if not path.parent.is_dir():
        raise RigError(f"-o '{path}': there is no folder '{path.parent}'")
    return path


def run(args: argparse.Namespace) -> int:
    """Read, learn, export, verify, draw -> 0. Raises RigError, one line; then nothing was written but a checkpoint."""
    began = time.monotonic()
    target = _target(args.output)
    for side in ("dry", "wet"):
        if not getattr(args, side).exists():  # before the seconds that torch takes
            raise RigError(f"{side} recording: no file '{getattr(args, side)}'")
    try:
        import torch
    except ImportError:
        raise RigError("rig train needs PyTorch: pip install 'rig[train]'") from None
    from rig import native  # noqa: F401  (missing after an hour of training would be too late)
    from rig.train import capture, checkpoint, data, finish, loop
    from rig.train.progress import Progress

    torch.set_num_threads(args.threads)
    taken = capture.read(args.dry, args.wet)
    for note in taken.notes:
        print(note, file=sys.stderr)
    device, mark, saved = _device(args.device), checkpoint.fingerprint(taken), checkpoint.path_for(target)
    if args.resume:
        before, dump = checkpoint.settings_in(saved, mark)
        settings = _resumed(args, before, taken.sample_rate, device)
        state = checkpoint.restore(settings, dump)
    else:
        settings = _fresh(args, taken.sample_rate, device)
        state = loop.begin(settings)
    ready = data.prepare(taken, settings.size.receptive_field, settings.segment, settings.normalize)
    progress = Progress(settings.epochs, state)
    progress.say(
        f"{len(taken.dry) / taken.sample_rate:.1f} s at {taken.sample_rate} Hz, {settings.size.channels} channels x "
        f"{len(settings.size.dilations)} layers, receptive field "
        f"{settings.size.receptive_field / taken.sample_rate * 1000:.0f} ms"
    )
    with _stopping() as stop:

        def after_epoch(state: loop.State, epoch: loop.Epoch) -> None:
            if (
                not stop.is_set()
            ):  # an epoch cut short is judged, but a resumed run begins where the last whole one ended
                checkpoint.save(saved, state, settings, mark)
            progress.epoch(epoch, loop.share_done(state, ready, settings))

        loop.train(state, ready, settings, stop.is_set, progress.step, after_epoch, progress.say)
        progress.close()
        if stop.is_set():
            progress.say("stopped: exporting the best epoch")
        result = finish.finish(target, args.name or target.stem, state, ready, taken, settings, not args.no_report)
    progress.say(
        f"{target}: ESR {result.esr:.4f} plain, {result.esr_preemphasis:.4f} pre-emphasised, on held-out audio "
        f"(epoch {result.epoch} of {len(state.history)}); the C engine agrees within {result.difference:.1g}"
    )
    if args.json:
        line = {
            "model": str(target),
            "esr": result.esr,
            "esr_preemphasis": result.esr_preemphasis,
            "epochs": len(state.history),
            "seconds": round(time.monotonic() - began, 3),
        }
        print(json.dumps(line), flush=True)
    return 0
