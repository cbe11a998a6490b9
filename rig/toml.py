"""How TOML is read, whoever wrote it, and how it spells what we write: numbers, strings, lists, keys."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomli

from rig.errors import RigError

DIGITS = 6
"""Significant digits of a number, where they say it all."""

DEPTH = 64
"""Tables and lists in each other; whoever walks through them could run out of stack."""

BITS = 1000
"""Of a whole number: more than a float holds, or Python writes."""


def read(text: str, path: Path, kind: str) -> dict[str, Any]:
    """What a file's text says, whatever it holds. kind: what it is to be, for the message ("preset").

    Raises RigError: one line that names the file, the place in it, and the fault.
    """
    try:
        content = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        parts = re.fullmatch(r"(.*?)(?: \(at (.*)\))?", str(error), re.DOTALL)
        what, place = parts.groups() if parts else (str(error), "")
        place = re.sub(r"^end of document$", f"line {len(text.splitlines())}, the end of the file", place or "")
        raise RigError(f"{path}: {place + ': ' if place else ''}{' '.join(what.split())}") from None
    except RecursionError:
        raise RigError(f"{path}: nested too deeply for a {kind}") from None
    except ValueError:  # of Python's int(), which takes no more than some thousand digits
        raise RigError(f"{path}: a number has hundreds of digits") from None
    level: list[object] = [content]
    for _ in range(DEPTH):
        level = [value for part in level for value in _inside(part)]
        if any(isinstance(value, int) and value.bit_length() > BITS for value in level):  # in hexadecimal
            raise RigError(f"{path}: a number has hundreds of digits")
    if level:
        raise RigError(f"{path}: nested too deeply for a {kind}")
    return content


def _inside(content: object) -> Iterable[object]:
    """What a table or a list holds; anything else holds nothing."""
    if isinstance(content, dict):
        return content.values()
    return content if isinstance(content, list) else ()


def value(of: object) -> str:
    """A string, a truth, a number, or a list of them on one line. Raises TypeError for anything else."""
    if isinstance(of, str):
        return string(of)
    if isinstance(of, bool):
        return "true" if of else "false"
    if isinstance(of, (int, float)):
        return number(of)
    if isinstance(of, (list, tuple)):
        return f"[{', '.join(map(value, of))}]"
    raise TypeError(f"no TOML for {of!r}")


def number(of: float) -> str:
    """As short as it can be and still read as the same number: 3, -5.5, 0.35; inf and nan are TOML, too."""
    if isinstance(of, int) or (math.isfinite(of) and of == int(of) and abs(of) < 1e15):
        return str(int(of))
    short = f"{of:.{DIGITS}g}"
    return short if float(short) == of else repr(float(of))


def string(text: str) -> str:
    """A basic string. What JSON escapes, TOML does alike; it escapes one more, the control character 0x7F."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(*parts: str) -> str:
    """A key, dotted where it has several parts; quotes where it cannot do without."""
    return ".".join(part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else string(part) for part in parts)
