"""What a rig says, in short plain sentences: for a screen reader, a braille line, and whoever types `rig send`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rig.gig.knob_scale import stands
from rig.gig.snapshot import ParamView
from rig.text import printable

Facts = Mapping[str, Any]
IN_TUNE_CENTS = 2.0
ASIDE = {"event", "id", "ok"}


def spoken(event: Facts) -> list[str]:
    """An event or an answer, a line for each thing; none where there is nothing to say."""
    say = EVENTS.get(str(event["event"]), _other)
    return [printable(line) for line in say(event) if line]


def number(value: float) -> str:
    """As one says it: no exponent, no needless places."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def plainly(value: object) -> str:
    """Any value in words."""
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plainly(inner)}" for key, inner in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(plainly, value)) or "none"
    return str(value)


def view(facts: Facts) -> ParamView:
    """A knob of a list, as the gig has it."""
    tuples = {key: tuple(value) for key, value in facts.items() if isinstance(value, list)}
    return ParamView(**{**facts, **tuples})


def knob(of: ParamView) -> str:
    """A knob and where it stands."""
    return f"{of.path}: {stands(of)}"


def amp(facts: Facts) -> str:
    """An amp of a list."""
    scene = f", scene {facts['scene']}" if facts["scene"] else ""
    scenes = f", scenes {', '.join(facts['scenes'])}" if facts["scenes"] and not scene else ""
    more = f", takes {round(100 * facts['too_much'])} percent of the period" if facts.get("too_much") else ""
    return f"{facts['path'] or facts['name']}{', plays' if facts['plays'] else ''}{scene}{scenes}{_loud(facts)}{more}"


def _loud(facts: Facts) -> str:
    lu = facts.get("stands_out", 0.0)
    return f", {number(abs(lu))} dB {'louder' if lu > 0 else 'softer'} than the others" if lu else ""


def song(facts: Facts) -> str:
    """A song of a list."""
    notes = f", {facts['notes']}" if facts["notes"] else ""
    return f"{facts['name']}{', passed over' if facts['skip'] else ''}{notes}"


def port(facts: Facts) -> str:
    """A port of a list."""
    pretty = f", {facts['pretty']}" if facts["pretty"] else ""
    return f"{facts['name']}{pretty}: {facts['kind']}, {'takes' if facts['takes'] else 'gives'}"


def wire(facts: Facts) -> str:
    """A wire of a list."""
    return f"{facts['from']} to {facts['to']}{'' if facts['stands'] else ', waits'}"


def engine(facts: Facts) -> str:
    """An engine of a list."""
    files = ", ".join(file.rpartition("/")[2] for file in facts["files"].values())
    branch = f", branch {facts['branch']}" if facts["branch"] else ""
    return f"{facts['path']}{f', {files}' if files else ''}{branch}{'' if facts['on'] else ', bypassed'}"


def status(facts: Facts) -> str:
    """How things are, in one line, on request."""
    gone = "" if facts["alive"] else ", JACK is gone"
    said = "".join(f", {said}" for name, said in STATES.items() if facts[name])
    return meters(facts) + gone + said + "".join(f", {engine} is left out" for engine, _ in facts["left_out"])


STATES = {
    "muted": "muted",
    "bypassed": "bypassed",
    "recording": "recording",
    "comparing": "as saved",
    "unheard": "nobody connected to our outputs",
    "unsaved": "not saved",
}


def meters(facts: Facts) -> str:
    """Levels and load."""
    level = ", ".join(
        f"{what} {'silent' if db <= -100 else f'{number(round(db))} dB'}{', clipped' if clipped else ''}"
        for what, db, clipped in (
            ("in", facts["in_db"], facts["in_clip"]),
            ("out", facts["out_db"], facts["out_clip"]),
        )
    )
    limited = f", limiter {number(round(facts['limiter_db'], 1))} dB" if facts["limiter_db"] <= -0.1 else ""
    return f"{level}{limited}, load {round(100 * facts['load'])} percent, {plainly(facts['xruns'])} xruns"


def note(facts: Facts) -> str:
    """The note that is played: "E2, 3 cents flat"."""
    if not facts["note"]:
        return ""
    cents = round(facts["cents"])
    if abs(facts["cents"]) < IN_TUNE_CENTS:
        return f"{facts['note']}, in tune"
    return f"{facts['note']}, {abs(cents)} {'cent' if abs(cents) == 1 else 'cents'} {'flat' if cents < 0 else 'sharp'}"


# --- events -------------------------------------------------------------------------------------------------------


def _ready(event: Facts) -> Iterator[str]:
    yield f"{event['amp']} plays, of {len(event['amps'])} amps"


def _done(event: Facts) -> Iterator[str]:
    if "list" in event:
        for row in event["list"]:
            yield _row(row)
    elif "value" in event:
        word = event.get("word")
        yield word or f"{plainly(event['value'])} {event.get('unit', '')}".rstrip()
    elif "topics" in event:
        yield plainly(event["topics"])
    else:
        yield str(event.get("message", ""))


def _row(row: Facts) -> str:
    if "verb" in row:
        return f"{row['verb']} {row['words']}".rstrip() + f": {row['help']}"
    if "minimum" in row:
        return knob(view(row))
    if "knobs" in row:
        return engine(row)
    if "takes" in row:
        return port(row)
    if "stands" in row:
        return wire(row)
    if "skip" in row:
        return f"{row['number']} {song(row)}"
    if "number" in row:
        return f"{row['number']} {amp(row)}"
    if "ports" in row:
        return f"{len(row['ports'])} ports, {len(row['wires'])} wires"
    if "counts" in row:
        return ", ".join(
            [*(f"{kind} {count}" for kind, count in row["counts"]), f"load {100 * row['worst_load']:.0f} %"]
        )
    if "at" in row:
        return f"{time.strftime('%H:%M:%S', time.localtime(row['at']))} {row['about']}"
    if "engine" in row:
        return f"{row['engine']}.{row['name']}: {row['file']}"
    about = next((str(row[key]) for key in ("about", "file") if row.get(key)), "")
    return f"{row['name']}{', plays' if row.get('plays') else ''}{f': {about}' if about else ''}"


def _error(event: Facts) -> Iterator[str]:
    yield f"error: {event['message']}"


def _news(event: Facts) -> Iterator[str]:
    yield str(event["message"])


def _amp(event: Facts) -> Iterator[str]:
    yield f"{event['number']} {event['amp']}"


def _song(event: Facts) -> Iterator[str]:
    yield f"song {event['number']} {event['song']}" + (f", part {event['part']}" if event["part"] else "")


def _engine(event: Facts) -> Iterator[str]:
    files = ", ".join(str(file).rpartition("/")[2] for file in event["files"].values())
    yield f"{event['engine']} plays {files}" if files else f"{event['engine']} is in"


def _changed(event: Facts) -> Iterator[str]:
    for key, value in event.items():
        say = CHANGES.get(key)
        if say:
            yield say(value)


def _either(yes: str, no: str) -> Callable[[Any], str]:
    return lambda value: yes if value else no


CHANGES: dict[str, Callable[[Any], str]] = {
    "alive": _either("JACK is back", "JACK is gone"),
    "boost_db": lambda db: f"solo: {number(db)} dB louder" if db else "boost is off",
    "bypassed": _either("bypass: the dry guitar", "bypass off"),
    "comparing": _either("A: as saved", "B: as changed"),
    "faults": lambda faults: ", ".join(f"{engine} gave no number, {number(count)} times" for engine, count in faults),
    "follow": lambda whom: f"follows {whom}" if whom else "follows nobody",
    "level_db": lambda db: f"level {number(db)} dB",
    "metronome": _either("metronome on", "metronome off"),
    "muted": _either("muted", "mute off"),
    "recording": lambda file: f"recording into {file}" if file else "recording ended",
    "offered": lambda about: f"{about}: recover takes them, recover drop drops them" if about else "",
    "scene": lambda name: f"scene {name}" if name else "no scene",
    "tempo": lambda bpm: f"tempo {number(bpm)}" if bpm else "no tempo",
    "tuner": _either("tuner on", "tuner off"),
    "tuner_heard": _either("heard while tuning", ""),
    "waiting": lambda wires: "; ".join(f"{a} to {b} waits: it comes back with its port" for a, b in wires),
    "unheard": _either("nobody is connected to our outputs", "outputs are connected"),
}
"""What is said where something of the status is another."""


def _status(event: Facts) -> Iterator[str]:
    for key, value in event.items():
        if key not in ASIDE:
            yield f"{key}: {plainly(value)}"


def _meters(event: Facts) -> Iterator[str]:
    yield meters(event)


def _tuner(event: Facts) -> Iterator[str]:
    yield note(event)


def _wires(event: Facts) -> Iterator[str]:
    yield f"{len(event['wires'])} wires between {len(event['ports'])} ports, {len(event['waiting'])} wait"


def _dropped(event: Facts) -> Iterator[str]:
    yield "some of what was said is lost: nobody read it" if event["other"] else ""


def _end(event: Facts) -> Iterator[str]:
    if event["unsaved"]:
        became = "offered at the next start" if event["kept"] else "lost"
        yield f"not saved, and {became}: {', '.join(event['unsaved'])}"
    yield "the rig has ended"


def _other(event: Facts) -> Iterator[str]:
    yield str(event["event"])


EVENTS: dict[str, Callable[[Facts], Iterator[str]]] = {
    "ready": _ready,
    "done": _done,
    "error": _error,
    "amp": _amp,
    "song": _song,
    "engine": _engine,
    "news": _news,
    "reloaded": _news,
    "status": _status,
    "changed": _changed,
    "meters": _meters,
    "tuner": _tuner,
    "wires": _wires,
    "dropped": _dropped,
    "end": _end,
}
