"""What every family's reader needs: JSON, numbers and sizes from a file that may be anything. Faults raise Fault."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

import numpy as np

from rig.errors import RigError, did_you_mean
from rig.files import read_text

FILE_LIMIT = 16 << 20
"""Bytes. The largest models seen are under 1 MB."""
VALUES = 1 << 19
LISTS = 1 << 16
"""Values, and lists and objects, in a file. Read, they take up to 80 and 300 bytes each."""

DEPTH = 64
"""Lists in lists, and so on. Four conditions in two containers are 30 deep."""

CHANNELS = TAPS = 1024
LAYERS = 1000
WEIGHTS = 1 << 19
"""More than one processor core plays in time: at 48 kHz these are 25 thousand million multiplications a second."""
RECEPTIVE_FIELD = 1 << 20
MEMORY = 1 << 24
"""Floats that a network may remember: its receptive field times its channels. 64 MB, far more than a sound needs."""
LOUDEST = 1000.0
"""The largest linear gain a file may ask for: +60 dB."""
WRITTEN = {float, int, str}
"""What files write numbers as."""


class Fault(Exception):
    """What is wrong with a file's content. The reader that knows the path turns it into a RigError."""


def read_json(path: Path) -> object:
    """The file's content. Raises RigError, one line, whatever the file holds."""
    text = read_text(path, "model", FILE_LIMIT)
    if text.count(",") + text.count(":") > VALUES or text.count("[") + text.count("{") > LISTS:
        raise RigError(f"{path}: more than {VALUES} values or {LISTS} lists, which is too much for a model")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if not text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
            raise RigError(f"{path}: the file ends in the middle; copy or export it again") from None
        raise RigError(f"{path}: no valid JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise RigError(f"{path}: nested too deeply for a model") from None
    except ValueError as error:
        raise RigError(f"{path}: no valid JSON: {error}") from None
    if _is_deep(content):
        raise RigError(f"{path}: nested too deeply for a model")
    return content


def _is_deep(content: object) -> bool:
    """Whether more than DEPTH lists and objects lie in each other: who walks through them could run out of stack."""
    level = [content]
    for _ in range(DEPTH + 1):
        level = [value for part in level for value in _inside(part) if isinstance(value, (dict, list))]
        if not level:
            return False
    return True


def _inside(content: object) -> Iterable[object]:
    """What an object or a list holds; anything else holds nothing."""
    if isinstance(content, dict):
        return content.values()
    return content if isinstance(content, list) else ()


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


def required(values: Mapping[str, object], key: str, what: str = "") -> object:
    """The value of a key that must be there. what: whose key it is, for the message ("layer 3")."""
    if key not in values:
        raise Fault(f"{what}{': ' if what else ''}'{key}' is missing")
    return values[key]


def optional(values: Mapping[str, object], key: str, default: object) -> object:
    """The value of a key, or the default where it is missing or null."""
    value = values.get(key)
    return default if value is None else value


def flag(value: object, what: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Fault(f"{what} must be true or false, not {kind(value)}")
    return value


def integer(value: object, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`; 16, 16.0 and "16" are all 16."""
    number_ = number(value, what)
    if number_ != int(number_):
        raise Fault(f"{what} is {short(value)}, which is no whole number")
    if not low <= number_ <= high:
        raise Fault(f"{what} is {short(value)}; {low} to {high} is possible")
    return int(number_)


def number(value: object, what: str) -> float:
    """A finite number, written as a number or as a string."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Fault(f"{what} must be a number, not {kind(value)}")
    try:
        result = float(value)
    except (ValueError, OverflowError):
        raise Fault(f"{what} is {short(value)}, which is no number we can use") from None
    if not math.isfinite(result):
        raise Fault(f"{what} is {short(value)}, which is no number we can use")
    return result


def single(value: object, what: str) -> float:
    """A number that float32 holds too."""
    result = number(value, what)
    if abs(result) > np.finfo(np.float32).max:
        raise Fault(f"{what} is {short(value)}, which is no number we can use")
    return result


def gain(value: object, what: str) -> float:
    """A linear gain of at most LOUDEST."""
    level = number(value, what)
    if abs(level) > LOUDEST:
        raise Fault(f"{what} is {level:g}; at most {LOUDEST:g} is possible")
    return level


def gain_db(value: object, what: str) -> float:
    """A gain in dB as a linear one."""
    level_db = number(value, what)
    if level_db > 20 * math.log10(LOUDEST):
        raise Fault(f"{what} is {level_db:g} dB; at most {20 * math.log10(LOUDEST):g} is possible")
    return 10 ** (level_db / 20)


def sample_rate(*said: object) -> int | None:
    """Hz, by the first of several values that names a rate: a number, or one in quotes, above 0; else None.

    Raises Fault where that is outside 1000 to 1 000 000 Hz.
    """
    for value in said:
        try:
            hz = number(value, "sample_rate")
        except Fault:
            continue
        if hz > 0:
            return integer(round(hz), "sample_rate", 1000, 1_000_000)
    return None


def metadata(value: object) -> Mapping[str, object]:
    """What a file says of itself, where it is an object: the sound does not hang on it."""
    return value if isinstance(value, dict) else {}


def title(value: object, path: Path) -> str:
    """What the file calls itself, where a screen can show it; else the name of the file."""
    if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= 200:
        return value.strip()
    return path.stem


def knobs(inputs: int, names: Sequence[object] = ()) -> tuple[str, ...]:
    """Names of the inputs beside the guitar, unless the file has them: "drive", "knob2", ..."""
    given = [value.strip() for value in names if isinstance(value, str) and value.strip() and value.isprintable()]
    if len(given) == inputs - 1 and len(set(given)) == len(given):
        return tuple(given)
    return tuple("drive" if i == 1 else f"knob{i}" for i in range(1, inputs))


def decibels(value: object) -> float | None:
    """A level of the metadata, in dB; None where it is missing or no level: the sound does not hang on it."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -200 <= value <= 200:
        return None
    return float(value)


def choice(value: object, what: str, known: Iterable[str]) -> str:
    """`value` where it is one of `known`."""
    known = list(known)
    if not isinstance(value, str) or value not in known:
        near = did_you_mean(value, known) if isinstance(value, str) and len(value) <= 100 else ""
        raise Fault(f"unknown {what} {short(value)}{near or '; known: ' + ', '.join(known)}")
    return value


def weights(data: object, shape: tuple[int, ...], what: str, why: str) -> np.ndarray:
    """A flat list of numbers or strings as a float32 array of `shape`, finite and C-contiguous.

    what: names the list ("layer 3 W_conv"). why: says where its size comes from ("16 channels x 3 taps gated").
    The count is checked before anything is made of the list.
    """
    listed = listing(data, what)
    count = math.prod(shape)
    if len(listed) != count:
        raise Fault(f"{what} has {len(listed)} numbers, {why} need {count}")
    return numbers(listed, what).reshape(shape)


def nested(data: object, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Lists in lists of that shape as a float32 array, finite and C-contiguous. what: names them ("layer 1 kernel")."""
    values = [data]
    for depth, size in enumerate(shape):
        inner: list[object] = []
        for value in values:
            row = listing(value, what)
            if len(row) != size:
                sizes = " x ".join(map(str, shape))
                raise Fault(f"{what} must be {sizes} numbers; a list at depth {depth + 1} has {len(row)}")
            inner += row
        values = inner
    return numbers(values, what).reshape(shape)


def numbers(data: object, what: str) -> np.ndarray:
    """A flat list of numbers or strings as float32, finite. what: names the list."""
    listed = listing(data, what)
    if not _writes_numbers(listed):
        odd = next(i for i, value in enumerate(listed) if type(value) not in WRITTEN)
        raise Fault(f"{what}, number {odd + 1}: must be a number, not {kind(listed[odd])}")
    try:
        doubles = np.fromiter(map(float, listed), np.float64, len(listed))
    except (ValueError, OverflowError):
        odd = next(i for i, value in enumerate(listed) if not _is_float(value))
        raise Fault(f"{what}, number {odd + 1} is {short(listed[odd])}, which is no number we can use") from None
    with np.errstate(over="ignore"):
        floats = doubles.astype(np.float32)
    if not np.isfinite(floats).all():
        odd = int(np.flatnonzero(~np.isfinite(floats))[0])
        raise Fault(f"{what}, number {odd + 1} is {short(listed[odd])}, which is no number we can use")
    return floats


def _writes_numbers(values: Sequence[object]) -> TypeGuard[Sequence[float | str]]:
    """Whether all of them may be numbers: a truth is none, though Python takes it for one."""
    return set(map(type, values)) <= WRITTEN


def _is_float(value: float | str) -> bool:
    try:
        return math.isfinite(float(value))
    except (ValueError, OverflowError):
        return False


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


def short(value: object) -> str:
    """`value` as a message shows it: on one line and not long."""
    if value is None or isinstance(value, (list, dict)):
        return kind(value)
    try:
        text = repr(value)
    except ValueError:
        text = "too large a number"
    return text if len(text) <= 40 else text[:37] + "..."
