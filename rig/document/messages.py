"""What other gear is told, in a player's words: "pc 2 12" is program 12 on channel 2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from rig.errors import RigError, cut, did_you_mean

LONGEST = 256
"""Bytes of a message."""

MESSAGES = 64
"""That something sends as it begins."""

CHANNELS = (1, 16)
SEVEN, FOURTEEN, WHEEL = (0, 127), (0, 16383), (-8192, 8191)

Range = tuple[int, int]


def _bank(channel: int, number: int) -> tuple[bytes, ...]:
    return bytes((0xB0 | channel, 0, number >> 7)), bytes((0xB0 | channel, 32, number & 127))


def _wheel(channel: int, value: int) -> tuple[bytes, ...]:
    return (bytes((0xE0 | channel, (value + 8192) & 127, (value + 8192) >> 7)),)


KINDS: Mapping[str, tuple[str, tuple[Range, ...], Callable[..., tuple[bytes, ...]]]] = {
    "pc": ("CHANNEL PROGRAM", (CHANNELS, SEVEN), lambda channel, n: (bytes((0xC0 | channel, n)),)),
    "cc": ("CHANNEL NUMBER VALUE", (CHANNELS, SEVEN, SEVEN), lambda channel, n, v: (bytes((0xB0 | channel, n, v)),)),
    "note": ("CHANNEL NUMBER SPEED", (CHANNELS, SEVEN, SEVEN), lambda channel, n, v: (bytes((0x90 | channel, n, v)),)),
    "bank": ("CHANNEL NUMBER", (CHANNELS, FOURTEEN), _bank),
    "wheel": ("CHANNEL VALUE", (CHANNELS, WHEEL), _wheel),
    "start": ("", (), lambda: (b"\xfa",)),
    "continue": ("", (), lambda: (b"\xfb",)),
    "stop": ("", (), lambda: (b"\xfc",)),
}
"""What follows each word, within what, and its bytes; channels count from 0 there. "sysex F0 ... F7" is one more."""


@lru_cache(1024)
def messages(words: str) -> tuple[bytes, ...]:
    """The MIDI messages that a player's words come to. Raises RigError."""
    kind, _, rest = " ".join(words.split()).partition(" ")
    if kind == "sysex":
        return (_exclusive(words, rest),)
    if kind not in KINDS:
        known = ", ".join((*KINDS, "sysex"))
        raise RigError(f"'{cut(words)}' is no message{did_you_mean(kind, KINDS) or f'; there are {known}'}")
    form, ranges, made = KINDS[kind]
    numbers = rest.split()
    if len(numbers) != len(ranges) or not all(re.fullmatch("-?[0-9]{1,5}", number) for number in numbers):
        raise RigError(f"'{cut(words)}' must be '{kind}{' ' if form else ''}{form}' in whole numbers")
    for number, (low, high), name in zip(map(int, numbers), ranges, form.split(), strict=True):
        if not low <= number <= high:
            raise RigError(f"'{cut(words)}': {name.lower()} {number} is not within {low} to {high}")
    values = [int(number) for number in numbers]
    return made(values[0] - 1, *values[1:]) if values else made()


def _exclusive(words: str, rest: str) -> bytes:
    """Bytes for one maker's gear, with or without the F0 and F7 around them."""
    text = rest.replace(" ", "")
    if not re.fullmatch("([0-9A-Fa-f]{2})+", text):
        raise RigError(f"'{cut(words)}' must be 'sysex F0 ... F7': bytes of two hexadecimal digits")
    data = bytes.fromhex(text)
    inner = data[data[:1] == b"\xf0" : len(data) - (data[-1:] == b"\xf7")]
    if not inner or max(inner) > 0x7F:
        raise RigError(f"'{cut(words)}': between F0 and F7 stand bytes from 00 to 7F")
    if len(inner) > LONGEST - 2:
        raise RigError(f"'{cut(words)}' has {len(inner) + 2} bytes; {LONGEST} is the most")
    return b"\xf0" + inner + b"\xf7"


def all_messages(said: Iterable[str]) -> tuple[bytes, ...]:
    """Those of several lines, in order. Raises RigError."""
    return tuple(message for words in said for message in messages(words))
