"""The knobs of a document's engines: which there are, where they stand, what a player's words turn them to."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from rig.document.document import LEVEL, LEVEL_KNOB, ON, Chain, EngineSpec
from rig.engine import Engine, Param, Setting, named, registry, word_of
from rig.errors import RigError, cut, did_you_mean

Knob = Param | Setting

AMP_LEVEL = Param(LEVEL_KNOB, "dB", "how loud the amp is, after its chain", *LEVEL, 0.0)
SWITCH = Setting(ON, "", "off: it is bypassed", 0.0, 1.0, 1.0, switch=True)
PROPORTIONAL = ("hz", "khz", "ms", "s")
SWITCHED = {"on": 1.0, "true": 1.0, "off": 0.0, "false": 0.0}


def kind(spec: EngineSpec) -> Engine:
    """What an engine of a document is an instance of."""
    return registry()[spec.engine]


def stands(spec: EngineSpec, name: str) -> float:
    """Where a parameter, a setting or the switch of an engine stands; KeyError where it has none of that name."""
    if name == ON:
        return float(spec.on)
    initial = kind(spec).initials[name]
    return spec.params.get(name, spec.settings.get(name, initial))


def knob_of(spec: EngineSpec, name: str, where: str) -> Knob:
    """A knob or a setting of an engine that is called `where`. Raises RigError with the nearest name."""
    knobs = {knob.name: knob for knob in knobs_of(spec)}
    if name not in knobs:
        hint = did_you_mean(name, knobs) or f"; there are {', '.join(knobs) or 'none'}"
        raise RigError(f"{cut(where)} has no knob '{cut(name)}'{hint}")
    return knobs[name]


def called(chain: Chain, label: str, engines: Mapping[str, Engine] | None = None) -> EngineSpec | None:
    """An engine of a chain by its label, or by its place among those of a kind: "wavenet2" is the second model."""
    for spec in chain:
        if spec.label == label:
            return spec
    parts = re.fullmatch(r"(.*?)([0-9]{0,3})", label)
    if parts is None:
        return None
    engine, number = named(parts[1], engines), int(parts[2] or 1)
    alike = [spec for spec in chain if engine and word_of(spec.engine) == engine.name]
    return alike[number - 1] if 1 <= number <= len(alike) else None


def knobs_of(spec: EngineSpec) -> tuple[Knob, ...]:
    """All that can be set of an engine: parameters, settings, and its switch."""
    return (*kind(spec).params, *kind(spec).settings, SWITCH)


def value(knob: Knob, path: str, text: str) -> float:
    """What a knob is to be turned to: a number in its range, a word, on and off for a switch. Raises RigError."""
    if isinstance(knob, Setting) and knob.switch and text in SWITCHED:
        return SWITCHED[text]
    if text in knob.choices:
        return float(knob.choices.index(text))
    if knob.choices and not re.fullmatch(r"[0-9]+", text):
        hint = f"{', '.join(knob.choices)}{did_you_mean(text, knob.choices)}"
        raise RigError(f"{cut(path)}: '{cut(text)}' is none of {hint}")
    wanted = number(text, f"set {path}")
    if not knob.minimum <= wanted <= knob.maximum:
        raise RigError(f"{path}: {wanted:g} is outside {knob.minimum:g}..{knob.maximum:g} {knob.unit}".rstrip())
    if isinstance(knob, Setting) and knob.values and wanted not in knob.values:
        raise RigError(f"{path}: {wanted:g} is none of {', '.join(f'{one:g}' for one in knob.values)}")
    return wanted


SHAPES = {"linear": lambda s: s, "log": lambda s: (81**s - 1) / 80, "antilog": lambda s: 1 - (81 ** (1 - s) - 1) / 80}
"""How a pedal's travel is spread; a tenth of a log one's way lies in its first half, as of a volume pot's."""


def by_ratio(param: Param) -> bool:
    """Whether a knob's values are heard, and spread, by ratio."""
    return param.curve == "by ratio" or (not param.curve and param.unit.lower() in PROPORTIONAL)


def travel(param: Param, share: float, low: float, high: float, curve: str = "") -> float:
    """Where a knob stands after a share, 0..1, of a way from low to high. curve: of SHAPES, or "": the knob's own."""
    if share in (0.0, 1.0):
        value = high if share else low
    elif curve or not by_ratio(param):
        value = low + (high - low) * (SHAPES[curve](share) if curve else share)
    elif low > 0 and high > 0:
        value = low * (high / low) ** share
    else:
        value = low + (high - low) * (share**3 if low <= high else 1 - (1 - share) ** 3)
    return float(round(value)) if param.choices else value


FLIPS = 64
"""The place of a pedal, of 127, from which on what has no way between is as at the toe."""


def on_the_way(param: Param | None, heel: float, toe: float, place: float, curve: str = "") -> float:
    """Where a knob stands between two values, at a pedal's place, 0..127; None: a switch.

    As the rack has it: straight from one of the 128 places to the next. A switch, or a word, changes in the middle.
    """
    if param is None or param.choices:
        return toe if place >= FLIPS else heel
    at, rest = divmod(place, 1.0)
    value = travel(param, at / 127, heel, toe, curve)
    return value + rest * (travel(param, (at + 1) / 127, heel, toe, curve) - value) if rest else value


def number(text: str, what: str) -> float:
    """A finite number. Raises RigError, which starts with `what`."""
    try:
        wanted = float(text)
    except ValueError:
        wanted = math.nan
    if not math.isfinite(wanted):
        raise RigError(f"{cut(what)}: '{cut(text)}' is not a number")
    return wanted
