"""What others can ask beside the verbs, which is answered at once; and what they can be told of unasked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from rig.document import address
from rig.document.document import LEVEL_KNOB
from rig.document.knobs import stands
from rig.document.scenes import applied
from rig.document.tunings import TUNINGS
from rig.engine import registry
from rig.errors import RigError, cut, did_you_mean
from rig.gig import snapshot, unsaved
from rig.gig.gig import Gig
from rig.gig.snapshot import EngineView, Status
from rig.gig.verbs import VERBS
from rig.gig.viewer import tally, wrong
from rig.remote.frozen import thaw

if TYPE_CHECKING:
    from rig.remote.protocol import Peer

Facts = dict[str, object]
"""What an answer says beside that it is one."""

TOPICS: dict[str, str] = {
    "amps": "which amp plays: the event `amp`",
    "changes": "what became different in the status, meters and tuner left aside: `changed`",
    "engines": "what came of files and engines that were asked for: `engine`, or an `error`",
    "meters": "levels and load, ten times a second: `meters`",
    "news": "what nobody asked for: `news`, `reloaded`, or an `error`",
    "songs": "which song and which of its parts play: `song`",
    "status": "all of the status, once a second: `status`",
    "tuner": "the note that is played, when it is another one or moves by a cent: `tuner`",
    "wires": "wires and ports of the JACK server, when they are others: `wires`",
}
"""What one can subscribe to, and the events that come then."""

EVENTS: dict[str, str] = {
    "ready": "it plays: rate, block, amps, the amp",
    "done": "the answer to a line that was carried out",
    "error": "the answer to one that was not; or, unasked, a fault",
    "amp": "another amp plays",
    "song": "another song, or another part",
    "engine": "an engine, a file or a setting that was asked for is heard now",
    "news": "what nobody asked for",
    "reloaded": "a file that changed is played anew",
    "status": "how things are",
    "changed": "what of the status is different now",
    "meters": "levels and load",
    "tuner": "the note that is played",
    "wires": "wires or ports of the JACK server have come or gone",
    "dropped": "how much was not told, because nobody read",
    "end": "the last line: what is not saved, and whether the next start offers it",
}
"""All that is ever said, by the name of the event."""

METERS = ("in_db", "out_db", "in_clip", "out_clip", "limiter_db", "load", "xruns")
TUNER = ("note", "cents", "string")
QUIET = (*METERS, *TUNER, "load_mean", "beat", "kept", "reductions", "latency_ms", "message", "wrong", "building")
"""What moves by itself, or is told otherwise: no change."""


def status_facts(status: Status) -> Facts:
    """As JSON has it: the amp by its name and its number, from 1; numbers to four places."""
    facts = dataclasses.asdict(status)
    facts["amp"] = facts.pop("amp_name")
    facts["number"] = status.amp + 1
    for key, value in facts.items():
        if isinstance(value, float):
            facts[key] = round(value, 4)
    return facts


@dataclasses.dataclass(frozen=True)
class Question:
    """What others can ask. words: what follows it, for help and errors."""

    words: str
    help: str
    answer: Callable[[Gig, Peer, str], Facts]


def _help(gig: Gig, peer: Peer, words: str) -> Facts:
    known = _verbs()
    if words and words not in [row["verb"] for row in known]:
        names = [str(row["verb"]) for row in known]
        raise RigError(f"no verb '{cut(words)}'{did_you_mean(words, names) or '; there are ' + ', '.join(names)}")
    return {"list": [row for row in known if words in ("", row["verb"])]}


def _verbs() -> list[Facts]:
    both: dict[str, tuple[str, str]] = {name: (verb.words, verb.help) for name, verb in VERBS.items()}
    both |= {name: (question.words, question.help) for name, question in QUESTIONS.items()}
    return [{"verb": name, "words": words, "help": about} for name, (words, about) in both.items()]


# --- get ----------------------------------------------------------------------------------------------------------


def _get(gig: Gig, peer: Peer, words: str) -> Facts:
    if not words:
        raise RigError("get: what? A knob's path, as in 'get Crunch.gain.gain', or a word of the status, as 'get load'")
    facts = status_facts(peer.status(gig))
    if words in facts:
        return {"value": facts[words]}
    if words == LEVEL_KNOB:
        return {"value": gig.document.level, "unit": "dB"}
    found = address.split_file(gig.document, words, gig.playing)
    if found is not None and not found[3]:
        file = found[1].files.get(found[2])
        return {"value": str(file) if file else None}
    if "." not in words:
        hint = did_you_mean(words, facts) or f"; there are {', '.join(facts)}, and paths of knobs"
        raise RigError(f"the status has no '{cut(words)}'{hint}")
    return _knob(gig, words)


def _knob(gig: Gig, path: str) -> Facts:
    target, knob = address.knob(gig.document, path, gig.playing)
    if knob.name == LEVEL_KNOB and any(amp.uid == target.uid for amp in gig.document.amps):
        value = gig.document.amp(target.uid).level
    else:
        value = stands(address.engine_at(applied(gig.document, gig.playing), target.uid)[1], knob.name)
    facts: Facts = {"value": value, "unit": knob.unit, "minimum": knob.minimum, "maximum": knob.maximum}
    if knob.choices:
        facts["word"] = knob.choices[round(value)]
    return facts


# --- list ---------------------------------------------------------------------------------------------------------


def _list(gig: Gig, peer: Peer, words: str) -> Facts:
    what, _, rest = words.partition(" ")
    found = LISTS.get(what)
    if found is None:
        hint = did_you_mean(what, LISTS) or f"; there are {', '.join(LISTS)}"
        raise RigError(f"list: '{cut(what)}' is nothing that can be listed{hint}" if what else f"list: what{hint}")
    return {"list": found(gig, rest.strip())}


def _amps(gig: Gig, words: str) -> list[Facts]:
    """Those that keys and numbers pick now, or all."""
    if words == "all":
        return thaw(snapshot.all_amps(gig.document, gig.playing))
    return [
        {
            "number": view.index + 1,
            "name": view.name,
            "path": view.path,
            "key": view.key,
            "preset": view.preset,
            "scenes": list(view.scenes),
            "scene": view.scene,
            "plays": view.uid == gig.playing,
            "stands_out": view.stands_out,
            "too_much": view.too_much,
        }
        for view in gig.amps
    ]


def _scenes(gig: Gig, words: str) -> list[Facts]:
    amp = address.amp(gig.document, words, gig.playing) if words else gig.amp
    return [{"name": scene.name, "plays": scene.name == amp.scene} for scene in amp.scenes]


def _chain(gig: Gig, words: str) -> tuple[EngineView, ...]:
    """The path of an amp, of the one that plays, or one of its engines."""
    amp = gig.amp
    if words and not any(words == engine.path for engine in gig.chain()):
        amp = address.amp(gig.document, words, gig.playing)
    playing = amp.uid == gig.playing
    path = gig.chain() if playing else snapshot.chain(gig.document, gig.history.saved, amp.uid, {})
    one = tuple(engine for engine in path if engine.stands and engine.path == words)
    return one or path


def _engines(gig: Gig, words: str) -> list[Facts]:
    return [
        {
            "path": engine.path,
            "about": engine.about,
            "on": engine.on,
            "branch": engine.branch,
            "files": {file.name: str(file.file) for file in engine.files},
            "knobs": {knob.name: knob.value for knob in engine.params},
        }
        for engine in _chain(gig, words)
        if engine.stands
    ]


def _knobs(gig: Gig, words: str) -> list[Facts]:
    return [dataclasses.asdict(knob) for engine in _chain(gig, words) for knob in engine.params]


def _kinds(gig: Gig, _: str) -> list[Facts]:
    return [{"name": name, "about": engine.about, "files": list(engine.files)} for name, engine in registry().items()]


def _presets(gig: Gig, _: str) -> list[Facts]:
    plays = gig.preset.uid
    return [{"name": p.name, "file": str(p.path), "plays": p.uid == plays} for p in gig.document.presets]


def _ports(gig: Gig, _: str) -> list[Facts]:
    ports = gig.patchbay.ports
    return [{**dataclasses.asdict(port), "about": port.pretty} for port in ports]


def _wires(gig: Gig, words: str) -> list[Facts]:
    """Ours first; those that wait for a port at the end."""
    patchbay = gig.patchbay
    names = [port.name for port in patchbay.ports if port.ours]
    wires = sorted(patchbay.wires, key=lambda wire: not any(end in names for end in wire))
    rows = [(wire, True) for wire in wires] + [(wire, False) for wire in gig.connection.waiting]
    return [{"from": source, "to": sink, "stands": stands} for (source, sink), stands in rows]


def wires_facts(gig: Gig) -> Facts:
    """Of the server, as an event tells them."""
    patchbay = gig.patchbay
    ports = [port.name for port in patchbay.ports]
    return {"wires": patchbay.wires, "waiting": gig.connection.waiting, "ports": ports}


def _named(rows: Mapping[str, str]) -> Callable[[Gig, str], list[Facts]]:
    return lambda gig, _: [{"name": name, "about": about} for name, about in rows.items()]


LISTS: dict[str, Callable[[Gig, str], list[Facts]]] = {
    "amps": _amps,
    "files": lambda gig, _: thaw(snapshot.all_files(gig.document, gig.playing)),
    "incidents": lambda gig, _: thaw(wrong(gig)),
    "tally": lambda gig, _: thaw((tally(gig),)),
    "unsaved": lambda gig, _: thaw(unsaved.unsaved(gig)),
    "scenes": _scenes,
    "engines": _engines,
    "knobs": _knobs,
    "kinds": _kinds,
    "presets": _presets,
    "patchbay": lambda gig, _: thaw((gig.patchbay,)),
    "ports": _ports,
    "wires": _wires,
    "songs": lambda gig, _: [dataclasses.asdict(row) for row in gig.set_list.rows()],
    "tunings": _named(TUNINGS),
    "topics": _named(TOPICS),
    "verbs": lambda gig, _: _verbs(),
}
"""What can be listed."""


# --- screens ------------------------------------------------------------------------------------------------------


def _look(gig: Gig, peer: Peer, words: str) -> Facts:
    if words not in ("", "chain"):
        raise RigError(f"look: '{cut(words)}'? Alone, or 'look chain'")
    return {"look": thaw(peer.look(gig, bool(words)))}


# --- subscriptions ------------------------------------------------------------------------------------------------


def _subscribe(gig: Gig, peer: Peer, words: str) -> Facts:
    peer.topics |= _topics(words)
    return {"topics": sorted(peer.topics)}


def _unsubscribe(gig: Gig, peer: Peer, words: str) -> Facts:
    peer.topics -= _topics(words) if words else peer.topics
    return {"topics": sorted(peer.topics)}


def _topics(words: str) -> set[str]:
    for topic in words.split():
        if topic not in TOPICS:
            hint = did_you_mean(topic, TOPICS) or f"; there are {', '.join(TOPICS)}"
            raise RigError(f"no topic '{cut(topic)}'{hint}")
    return set(words.split())


QUESTIONS: dict[str, Question] = {
    "help": Question("[VERB]", "what can be said", _help),
    "get": Question("PATH", "where a knob stands, which file is played, or one word of the status", _get),
    "list": Question("|".join(LISTS), "what there is; scenes, engines and knobs of an amp: list knobs Crunch", _list),
    "look": Question("[chain]", "all that a screen shows, then what is new; chain: the engines as they are now", _look),
    "subscribe": Question("TOPIC...", "be told, unasked, of " + ", ".join(TOPICS), _subscribe),
    "unsubscribe": Question("[TOPIC...]", "be told no longer; alone: of nothing", _unsubscribe),
}
