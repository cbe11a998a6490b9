"""How TOML spells what we write: numbers, strings, lists, keys. Reading is tomli's."""

from __future__ import annotations

import json
import math
import re

DIGITS = 6
"""Significant digits of a number, where they say it all."""


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
