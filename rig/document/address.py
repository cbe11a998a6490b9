"""What a player's words name in a set: "Crunch.gain.gain", "output.cab", "Texas Lead.wavenet my own.nam"."""

from __future__ import annotations

import math
from pathlib import Path

from rig.engine import Param, Setting
from rig.errors import RigError, did_you_mean
from rig.files import unreadable
from rig.gig.loader import LoadedSet, Place

SWITCH = {"on": 1.0, "true": 1.0, "off": 0.0, "false": 0.0}


def places(loaded: LoadedSet, amp: int) -> dict[str, Place]:
    """The chains that a path can name, by its first word in small letters, while `amp` (an index) plays.

    "input" and "output" are those of the playing amp's preset; where two amps have one name, it is the first's.
    """
    preset = loaded.amps[amp].preset
    found = {"input": Place("input", preset), "output": Place("output", preset)}
    for i, named in reversed(list(enumerate(loaded.amps))):
        found[named.name.casefold()] = Place("amp", i)
    return found


def engine(loaded: LoadedSet, amp: int, where: str, label: str) -> tuple[Place, int]:
    """An engine by its chain and label: the chain's place, and its index there. Raises RigError naming the nearest."""
    place = places(loaded, amp).get(where.casefold())
    if place is None:
        raise RigError(f"no amp '{where}'{did_you_mean(where, [amp.name for amp in loaded.amps])}")
    names = [unit.label for unit in loaded.chain(place).units]
    if label not in names:
        hint = did_you_mean(label, names) or f"; there are {', '.join(names) or 'none'}"
        raise RigError(f"{where} has no engine '{label}'{hint}")
    return place, names.index(label)


def knob(loaded: LoadedSet, amp: int, path: str) -> tuple[Place, int, Param | Setting]:
    """A knob or a setting by its path, "Crunch.gain.gain". Raises RigError with the nearest name."""
    parts = path.rsplit(".", 2)
    if len(parts) != 3:
        raise RigError(f"'{path}' names no knob: write amp.engine.knob, as in 'set Crunch.gain.gain 3.5'")
    where, label, name = parts
    place, unit = engine(loaded, amp, where, label)
    kind, payload = loaded.chain(place).units[unit].engine, loaded.chain(place).units[unit].payload
    knobs = {knob.name: knob for knob in (*kind.params, *kind.settings) if knob.name not in payload.idle}
    if name not in knobs:
        hint = did_you_mean(name, knobs) or f"; there are {', '.join(knobs) or 'none'}"
        raise RigError(f"{where}.{label} has no knob '{name}'{hint}")
    return place, unit, knobs[name]


def value(knob: Param | Setting, path: str, text: str) -> float:
    """What a knob is to be turned to: a number in its range, or on and off for a switch. Raises RigError."""
    if isinstance(knob, Setting) and knob.switch and text in SWITCH:
        return SWITCH[text]
    wanted = number(text, f"set {path}")
    if not knob.minimum <= wanted <= knob.maximum:
        raise RigError(f"{path}: {wanted:g} is outside {knob.minimum:g}..{knob.maximum:g} {knob.unit}".rstrip())
    return wanted


def number(text: str, what: str) -> float:
    """A finite number. Raises RigError, which starts with `what`."""
    try:
        wanted = float(text)
    except ValueError:
        wanted = math.nan
    if not math.isfinite(wanted):
        raise RigError(f"{what}: '{text}' is not a number")
    return wanted


def file(loaded: LoadedSet, amp: int, words: str) -> tuple[Place, int, str, Path]:
    """An engine and the file it is to play, "Crunch.wavenet models/lead.nam": place, index, the file's key, its path.

    The file is looked for beside the preset, as those are that the preset names. Raises RigError.
    """
    where, label, name = _split(words, loaded, amp)
    place, unit = engine(loaded, amp, where, label)
    keys = loaded.chain(place).units[unit].engine.files
    if len(keys) != 1:
        raise RigError(f"{where}.{label} plays {'more than one file' if keys else 'no file'}")
    path = (loaded.preset(place).path.parent / Path(name).expanduser()).resolve()
    fault = unreadable(path, keys[0], name)
    if fault:
        raise RigError(fault)
    return place, unit, keys[0], path


def _split(words: str, loaded: LoadedSet, amp: int) -> tuple[str, str, str]:
    """Amp, engine and file; names of amps and of files may have spaces and dots."""
    known = places(loaded, amp)
    cuts = [(words[:i], *words[i + 1 :].partition(" ")[::2]) for i, letter in enumerate(words) if letter == "."]
    for where, label, name in cuts:
        if where.casefold() in known and name.strip():
            labels = [unit.label for unit in loaded.chain(known[where.casefold()]).units]
            if label in labels:
                return where, label, name.strip()
    if not cuts or not cuts[0][2].strip():
        raise RigError("load: what? Write amp.engine and a file, as in 'load Crunch.model models/lead.nam'")
    return cuts[0][0], cuts[0][1], cuts[0][2].strip()


def path(loaded: LoadedSet, place: Place, unit: int) -> str:
    """What an engine is called: "Crunch.wavenet"."""
    where = loaded.amps[place.slot].name if place.stage == "amp" else place.stage
    return f"{where}.{loaded.chain(place).units[unit].label}"
