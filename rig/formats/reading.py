"""What every family's reader needs: JSON, numbers and sizes from a file that may be anything."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from rig.errors import RigError, did_you_mean
from rig.files import read_text

FILE_LIMIT = 256 << 20
"""Bytes. The largest models seen are under 10 MB."""

CHANNELS = TAPS = 1024
LAYERS = 1000
WEIGHTS = 1 << 24
RECEPTIVE_FIELD = 1 << 20
MEMORY = 1 << 26
"""Floats that a network may remember: its receptive field times its channels. 256 MB, far more than a sound needs."""


class Fault(Exception):
    """What is wrong with a file's content. The reader that knows the path turns it into a RigError."""


def read_json(path: Path) -> object:
    """The file's content. Raises RigError, one line, whatever the file holds."""
    text = read_text(path, "model", FILE_LIMIT)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if not text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
            raise RigError(f"{path}: the file ends in the middle; copy or export it again") from None
        raise RigError(f"{path}: no valid JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise RigError(f"{path}: nested too deeply for a model") from None
    except ValueError as error:
        raise RigError(f"{path}: no valid JSON: {error}") from None


def table(value: object, what: str) -> Mapping[str, object]:
    """`value` where it is a JSON object."""
    if not isinstance(value, dict):
        raise Fault(f"{what} must be an object {{...}}, not {kind(value)}")
    return value


def listing(value: object, what: str) -> Sequence[object]:
    """`value` where it is a JSON list."""
    if not isinstance(value, list):
        raise Fault(f"{what} must be a list [...], not {kind(value)}")
    return value


def integer(value: object, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`; 16, 16.0 and "16" are all 16."""
    number_ = number(value, what)
    if number_ != int(number_):
        raise Fault(f"{what} is {_short(value)}, which is no whole number")
    if not low <= number_ <= high:
        raise Fault(f"{what} is {_short(value)}; {low} to {high} is possible")
    return int(number_)


def number(value: object, what: str) -> float:
    """A finite number, written as a number or as a string."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Fault(f"{what} must be a number, not {kind(value)}")
    try:
        result = float(value)
    except (ValueError, OverflowError):
        raise Fault(f"{what} is {_short(value)}, which is no number we can use") from None
    if not math.isfinite(result):
        raise Fault(f"{what} is {_short(value)}, which is no number we can use")
    return result


def choice(value: object, what: str, known: Iterable[str]) -> str:
    """`value` where it is one of `known`."""
    known = list(known)
    if not isinstance(value, str) or value not in known:
        near = did_you_mean(value, known) if isinstance(value, str) else ""
        raise Fault(f"unknown {what} {_short(value)}{near or '; known: ' + ', '.join(known)}")
    return value


def weights(data: object, shape: tuple[int, ...], what: str, why: str) -> np.ndarray:
    """A flat list of numbers or strings as a float32 array of `shape`, finite and C-contiguous.

    what: names the list ("layer 3 W_conv"). why: says where its size comes from ("16 channels x 3 taps gated").
    The count is checked before anything is made of the list.
    """
    data = listing(data, what)
    count = math.prod(shape)
    if len(data) != count:
        raise Fault(f"{what} has {len(data)} numbers, {why} need {count}")
    if not set(map(type, data)) <= {float, int, str}:
        odd = next(i for i, value in enumerate(data) if type(value) not in (float, int, str))
        raise Fault(f"{what}, number {odd + 1}: must be a number, not {kind(data[odd])}")
    try:
        doubles = np.fromiter(map(float, data), np.float64, count)
    except (ValueError, OverflowError):
        doubles = None
    if doubles is None:
        for i, value in enumerate(data):
            number(value, f"{what}, number {i + 1}")
        raise Fault(f"{what} holds what is no number")
    with np.errstate(over="ignore"):
        floats = doubles.astype(np.float32)
    if not np.isfinite(floats).all():
        odd = int(np.flatnonzero(~np.isfinite(floats))[0])
        raise Fault(f"{what}, number {odd + 1} is {_short(data[odd])}, which is no number we can use")
    return floats.reshape(shape)


def check_sizes(channels: int, receptive_field: int, count: int) -> None:
    """Refuse a network that declares more than any machine should set aside for one."""
    if count > WEIGHTS:
        raise Fault(f"the sizes it declares need {count} weights; at most {WEIGHTS} are possible")
    if receptive_field > RECEPTIVE_FIELD:
        raise Fault(f"its receptive field is {receptive_field} samples; at most {RECEPTIVE_FIELD} are possible")
    if receptive_field * channels > MEMORY:
        raise Fault(f"{channels} channels over a receptive field of {receptive_field} samples are too much to remember")


def kind(value: object) -> str:
    """What JSON calls the type of `value`."""
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "an object")


def _short(value: object) -> str:
    """`value` as a message shows it: on one line and not long."""
    try:
        text = repr(value) if isinstance(value, (str, float, bool)) else json.dumps(value)
    except ValueError:
        text = "too large a number"
    return text if len(text) <= 40 else text[:37] + "..."
