"""The options of `rig train`, and the settings that they come to. Needs no torch, so that --help is quick."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

from rig.errors import RigError
from rig.train.settings import LARGEST, LOSSES, SIZES, Settings, Size

Value = TypeVar("Value")
SEGMENT_SECONDS = 0.085
MINUTES = 10.0
BATCH = {"cpu": 1, "cuda": 8, "mps": 8}
SHAPE = ("channels", "depth", "repeats", "kernel_size")


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


def _positions(text: str) -> tuple[float, ...]:
    return tuple(_between(float, 0, 1)(part) for part in text.split(","))


class _Recordings(argparse.Action):
    """DRY and at least one WET, or captures, each a folder."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        assert isinstance(values, list)  # of paths, as the option asks for
        folders = [path.is_dir() for path in values]
        if not folders[0] and len(values) < 2:
            parser.error(f"what came out of the amp is missing: rig train {values[0]} WET -o MODEL.json")
        if folders[0] and not all(folders):
            parser.error("either DRY and WET recordings, or captures, each a folder; not both")
        setattr(namespace, self.dest, values)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every option of `rig train`."""
    add = parser.add_argument
    add(
        "recordings", type=Path, nargs="+", action=_Recordings, metavar="RECORDING",
        help="DRY WET: what went into the amp and what came out of it, WAV or FLAC at one rate; or a folder that "
        "rig capture made. DRY WET WET ... makes several models, one after the other, or with --knob one with a knob",
    )  # fmt: skip
    add(
        "-o", "--output", type=Path, required=True, metavar="MODEL",
        help="the model to write, .json or, for Neural Amp Modeler, .nam, with a preset (.toml), a picture (.png) and "
        "a checkpoint beside it; a folder for several models",
    )  # fmt: skip
    add("--format", choices=("json", "nam"), help="what to write into a folder (default: json)")
    add("--name", help="what the model is called (default: the file's name)")
    add(
        "--knob", type=_positions, default=(), metavar="P,P,...",
        help="where the amp's drive knob stood for each WET, 0 to 1: makes one model with a drive knob",
    )  # fmt: skip
    add(
        "--delay", type=_between(int, -(10**9), 10**9), metavar="SAMPLES",
        help="by which WET is later than DRY (negative: earlier), where it cannot be heard, as behind an octaver "
        "(default: it is looked for, however long it is)",
    )  # fmt: skip
    add("--force", action="store_true", help="write over the model that may be there, with its checkpoint and picture")
    add("--dry-run", action="store_true", help="only say how long it would take and what playing it would cost")
    add("--no-report", action="store_true", help="no picture next to the model")
    add("--plain", action="store_true", help="no curves: a plain line an epoch, for a screen reader")
    add("--json", action="store_true", help="end with one line of JSON on stdout")
    _when(parser.add_argument_group("from where to where"))
    _what(parser.add_argument_group("the network"))
    _how(parser.add_argument_group("how it learns"))


def _when(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--minutes", type=_between(float, 0.001, 1e5), metavar="M",
        help=f"time to train (default: {MINUTES:g}, or --epochs)")  # fmt: skip
    add("--epochs", type=_between(int, 1, 10**6), metavar="N",
        help="times through the recording; ends where --minutes does not")  # fmt: skip
    add("--target", type=_between(float, 1e-6, 1), metavar="ESR",
        help="end as soon as the plain ESR is as good as this: 0.02 is very close")  # fmt: skip
    add("--init", type=Path, metavar="MODEL", help="start from this model's weights, in its size")
    add("--resume", type=Path, nargs="?", const=Path(), metavar="FILE.checkpoint",
        help="go on exactly where a checkpoint was written (default: the one next to the model)")  # fmt: skip


def _what(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    sizes = ", ".join(f"{k} {v.channels} ch x {v.depth * v.repeats}" for k, v in SIZES.items())
    add("--size", choices=tuple(SIZES), help=f"{sizes} layers (default: standard)")
    add("--channels", type=_between(int, 1, LARGEST.channels), metavar="N",
        help="width of the network, instead of the size's")  # fmt: skip
    add("--depth", type=_between(int, 1, LARGEST.depth), metavar="N", help="dilations 1, 2, 4 ... 2^(N-1)")
    add("--repeats", type=_between(int, 1, LARGEST.repeats), metavar="N", help="times that the dilations are repeated")
    add("--kernel-size", type=_between(int, 2, LARGEST.kernel_size), metavar="N", help="taps of each convolution")


def _how(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--loss", choices=LOSSES,
        help="what is minimised: emphasised, the ESR with its treble raised; plain, without; stft, emphasised "
        "and the distance between spectrograms (default: emphasised)")  # fmt: skip
    add("--segment", type=_between(float, 0.001, 60), metavar="SECONDS",
        help=f"length of a training example, in seconds (default: {SEGMENT_SECONDS})")  # fmt: skip
    add("--batch-size", type=_between(int, 1, 4096), metavar="N", help="examples a step (default: 1; on a GPU 8)")
    add("--learning-rate", type=_between(float, 1e-7, 1), metavar="R",
        help=f"at its highest (default: {Settings.learning_rate})")  # fmt: skip
    add("--normalize", action=argparse.BooleanOptionalAction, default=None,
        help="bring both sides to mean 0 and deviation 1 for training; the exported model takes and gives raw levels "
        "either way (default: yes)")  # fmt: skip
    add(
        "--device", choices=("auto", "cpu", "gpu", "cuda", "mps"), default="cpu", help="where to compute (default: cpu)"
    )
    add("--threads", type=_between(int, 1, 256), default=1, metavar="N",
        help="threads; same number and same seed, same model (default: 1)")  # fmt: skip
    add("--seed", type=_between(int, 0, 2**31 - 1), metavar="N", help="same seed, same model (default: 0)")


def _chosen(args: argparse.Namespace, base: Settings, sample_rate: int) -> Settings:
    """base, but for what the command line says of how to learn."""

    def given(value: Value | None, otherwise: Value) -> Value:
        return otherwise if value is None else value

    return replace(
        base,
        segment=base.segment if args.segment is None else round(args.segment * sample_rate),
        normalize=given(args.normalize, base.normalize),
        batch_size=given(args.batch_size, base.batch_size),
        learning_rate=given(args.learning_rate, base.learning_rate),
        seed=given(args.seed, base.seed),
        loss=given(args.loss, base.loss),
        knob=args.knob or base.knob,
    )


def _size(args: argparse.Namespace, base: Size) -> Size:
    base = SIZES[args.size] if args.size else base
    given = {key: getattr(args, key) for key in SHAPE}
    return replace(base, **{key: value for key, value in given.items() if value is not None})


def _limited(args: argparse.Namespace, base: Settings) -> Settings:
    """base, but for what the command line says of when to end: epochs and minutes go together."""
    target = base.target if args.target is None else args.target
    if args.epochs is None and args.minutes is None:
        return replace(base, target=target)
    return replace(base, epochs=args.epochs, minutes=args.minutes, target=target)


def fresh(args: argparse.Namespace, sample_rate: int, device: str, initial: Size | None = None) -> Settings:
    """For a run from the beginning. initial: the size of the model that it starts from. Raises RigError."""
    size = _size(args, initial or SIZES["standard"])
    if initial is not None and size != initial:
        raise RigError(f"--init: the network of '{args.init}' is {initial}; leave the size's options out")
    base = Settings(
        size=size,
        segment=round(SEGMENT_SECONDS * sample_rate),
        batch_size=BATCH[device],
        minutes=MINUTES,
        device=device,
        init=args.init.name if args.init else None,
    )
    return _limited(args, _chosen(args, base, sample_rate))


def resumed(args: argparse.Namespace, before: Settings, sample_rate: int, device: str) -> Settings:
    """The checkpoint's settings; the limits and the device may change, all else must agree where it is given."""
    if args.init:
        raise RigError("--resume goes on with the checkpoint's weights; leave --init out")
    if _size(args, before.size) != before.size:
        raise RigError(f"--resume: the checkpoint's network is {before.size}; leave the size's options out")
    was, asked = asdict(before), asdict(_chosen(args, before, sample_rate))
    for key, value in was.items():
        if asked[key] != value:
            option = key.replace("_", "-")
            raise RigError(f"--resume: the checkpoint was trained with {option} {value}; leave --{option} out")
    return _limited(args, replace(before, device=device))
