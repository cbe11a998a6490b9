"""How far one key press turns a knob, and how its value is written."""

from __future__ import annotations

import math
import re

from rig.gig.snapshot import ParamView

_PROPORTIONAL = {"hz", "khz", "ms", "s"}
_SIZES = {"hz": ("hz", 1.0), "k": ("hz", 1e3), "khz": ("hz", 1e3), "ms": ("s", 1e-3), "s": ("s", 1.0)}
_NUMBER = re.compile(r"([-+]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+))\s*(.*)")


def turn(param: ParamView, direction: int, coarse: bool = False) -> float:
    """The value after one press. direction: +1 or -1.

    Decibels move by 0.5 (coarse 3), times and frequencies by a semitone's ratio (coarse: a third), anything else
    by a hundredth of its range (coarse: a tenth), or by the knob's own step (coarse: ten). Fine steps land on round
    values; the range is never left. A switch and a choice go one further.
    """
    if param.values:
        at = min(range(len(param.values)), key=lambda i: abs(param.values[i] - param.value)) + direction
        return param.values[min(len(param.values) - 1, max(0, at))]
    if param.switch or param.choices:
        return min(param.maximum, max(param.minimum, round(param.value) + direction))
    span = param.maximum - param.minimum
    unit = param.unit.lower()
    if _by_ratio(param) and not param.step:
        value = _proportional(param.value, direction, 4 if coarse else 1, span)
    else:
        fine, wide = (0.5, 3.0) if unit.startswith("db") else (span / 100, span / 10)
        if param.step:
            fine, wide = param.step, 10 * param.step
        if coarse:
            value = param.value + direction * wide
        else:
            place = param.value / fine
            near = math.floor(place + 1e-4) + 1 if direction > 0 else math.ceil(place - 1e-4) - 1
            value = near * fine
    return min(param.maximum, max(param.minimum, value))


def _by_ratio(param: ParamView) -> bool:
    """Whether its values are heard, and spread, by ratio."""
    return param.curve == "by ratio" or (not param.curve and param.unit.lower() in _PROPORTIONAL)


def _proportional(value: float, direction: int, semitones: int, span: float) -> float:
    step = abs(value) * (2 ** (semitones / 12) - 1)
    if direction < 0:
        step = abs(value) * (1 - 2 ** (-semitones / 12))
    return _round(value + direction * max(step, semitones * span / 1000))


def _round(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")


def place(param: ParamView, value: float) -> float:
    """Where `value` stands on the knob's travel, 0..1; by ratio, or evenly: see engine.Param.curve."""
    span = param.maximum - param.minimum
    if span <= 0:
        return 0.0
    share = min(1.0, max(0.0, (value - param.minimum) / span))
    if not _by_ratio(param):
        return share
    if param.minimum > 0:
        return math.log1p(share * span / param.minimum) / math.log1p(span / param.minimum)
    return share ** (1 / 3)


def value_at(param: ParamView, share: float) -> float:
    """The value at a place on the knob's travel, 0..1, to three figures: `place` turned round."""
    share = min(1.0, max(0.0, share))
    if param.values:
        return param.values[round(share * (len(param.values) - 1))]
    if share in (0.0, 1.0):
        return param.maximum if share else param.minimum
    span = param.maximum - param.minimum
    if not _by_ratio(param):
        step = param.step or (0.1 if param.unit.lower().startswith("db") else span / 200)
        value = round((param.minimum + share * span) / step) * step
    elif param.minimum > 0:
        value = _round(param.minimum * math.exp(share * math.log1p(span / param.minimum)))
    else:
        value = _round(param.minimum + span * share**3)
    if param.switch or param.choices:
        value = round(value)
    return min(param.maximum, max(param.minimum, value))


def written(value: float, unit: str, signed: bool = False) -> str:
    """A value as the screen writes it: '+6.0 dB', '850 Hz', '2.40 kHz', '0.35'."""
    sign = "+" if signed and value > 0 else ""
    if unit.lower().startswith("db"):
        return f"{sign}{value + 0.0:.1f} {unit}"
    if unit == "Hz" and abs(value) >= 1000:
        return f"{sign}{value / 1000:.2f} kHz"
    size = abs(value)
    places = 0 if size >= 100 else 1 if size >= 10 else 2
    return f"{sign}{value:.{places}f} {unit}".rstrip()


def words(param: ParamView) -> tuple[str, ...]:
    """What a knob's values 0, 1, ... are called; () where they are numbers."""
    return param.choices or (("off", "on") if param.switch else ())


def written_out(param: ParamView) -> tuple[str, ...]:
    """All that a knob can be, as the screen writes it; () where that is any number of a range."""
    return tuple(stands(param, value) for value in param.values) or words(param)


def stands(param: ParamView, value: float | None = None) -> str:
    """Where a knob stands, or another value of it, as the screen writes it."""
    value = param.value if value is None else value
    called = words(param)
    if called:
        return called[min(len(called) - 1, max(0, round(value)))]
    if param.values:
        return f"{value:g}"
    return written(value, param.unit, is_bipolar(param))


def meant(param: ParamView, typed: str) -> str:
    """What was typed, as the verb `set` takes it: a number, or for a word, as far as it is told from others, its place.

    A comma is a point, too. A unit may follow, as the screen writes it; what is not understood comes in one piece.
    """
    text = typed.strip()
    called = [word.casefold() for word in words(param)]
    found = [i for i, word in enumerate(called) if word.startswith(text.casefold())]
    whole = [i for i in found if called[i] == text.casefold()]
    if len(whole or found) == 1:
        return str((whole or found)[0])
    number = None if called else _NUMBER.fullmatch(text)
    ratio = _ratio(number[2].casefold(), param.unit.casefold()) if number else None
    if number is None or ratio is None:
        return "".join(text.split())
    digits = number[1].replace(",", ".")
    return digits if ratio == 1.0 else f"{float(digits) * ratio:.6g}"


def _ratio(typed: str, unit: str) -> float | None:
    """How many of a knob's units the one is that was typed, both in small letters; None where they do not compare."""
    if typed in ("", unit):
        return 1.0
    one, other = _SIZES.get(typed), _SIZES.get(unit)
    return one[1] / other[1] if one and other and one[0] == other[0] else None


def is_bipolar(param: ParamView) -> bool:
    """Whether zero lies inside the range, so that the bar grows from it."""
    return param.minimum < 0.0 < param.maximum
