"""Ports and wires of the JACK server, as a player names them, and what makes and takes away wires."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rig.document import edits
from rig.document.document import OUTS, Wiring
from rig.errors import RigError, cut, did_you_mean
from rig.jack.patchbay import Patchbay, Port, Wire

if TYPE_CHECKING:
    from rig.gig.gig import Gig

WHICH = "{0}: which ports? As in '{0} out_1 reverb:in'; 'list ports' tells them"


def connect(gig: Gig, words: str) -> None:
    """Make a wire between two ports; no words: those of the preset."""
    if not words:
        gig.connection.connect()
        return
    source, sink = _ends(gig, words, "connect")
    if (source, sink) in gig.client.patchbay().wires:
        gig.say(f"{source} is connected to {sink}")
        return
    gig.connection.patch(source, sink, True)
    gig.say(f"connected {source} to {sink}")


def disconnect(gig: Gig, words: str) -> None:
    """Take a wire away, also one that waits for a port that has gone; of one port, all its wires."""
    patchbay = gig.client.patchbay()
    wires = (*patchbay.wires, *gig.connection.waiting)
    one = _port(patchbay, words) or next((end for wire in wires for end in wire if end == words), None)
    if one:
        found = [wire for wire in wires if one in wire]
        if not found:
            raise RigError(f"nothing is connected to {one}")
    else:
        waits = [wire for wire in gig.connection.waiting if words in (" ".join(wire), " ".join(reversed(wire)))]
        found = waits or [_ends(gig, words, "disconnect")]
    for source, sink in found:
        gig.connection.patch(source, sink, False)
    gig.say("; ".join(f"disconnected {source} from {sink}" for source, sink in found))


def wires(gig: Gig, words: str) -> None:
    """What the preset says of them: as they are now, or nothing."""
    if words == "usual":
        wanted = Wiring()
    elif words == "store":
        wanted = stored(gig.client.name, gig.client.patchbay(), gig.connection.waiting)
    else:
        raise RigError(f"wires: '{cut(words)}'? 'wires store' or 'wires usual'")
    gig.edit(edits.wiring(gig.document, gig.preset.uid, wanted), f"wires {words}")
    what = "is wired as it is now" if words == "store" else "is wired to the hardware"
    gig.say(f"{gig.preset.name} {what}; 'save' writes it")


def stored(name: str, patchbay: Patchbay, waiting: Iterable[Wire]) -> Wiring:
    """The wires on our ports as they are now, for a preset. name: ours. Raises RigError where JACK has gone."""
    ours = [port for port in patchbay.ports if port.ours]
    if not ours:
        raise RigError("JACK has gone: there are no wires now")
    found = dict.fromkeys((*patchbay.wires, *waiting))
    ports = {port.short: tuple(_others(port.name, found)) for port in ours}
    return Wiring({port: others for port, others in ports.items() if others or port in ("in", *OUTS)})


def _others(port: str, wires: Iterable[Wire]) -> Iterable[str]:
    return (sink if source == port else source for source, sink in wires if port in (source, sink))


def _ends(gig: Gig, words: str, verb: str) -> Wire:
    """The two ports that are named, in whatever order: (who gives, who takes). Names have spaces, too."""
    patchbay = gig.client.patchbay()
    if not gig.client.alive:
        raise RigError("JACK has gone")
    parts = words.split(" ")
    pairs = [(" ".join(parts[:i]), " ".join(parts[i:])) for i in range(1, len(parts))]
    found = {(a, b) for left, right in pairs if (a := _port(patchbay, left)) and (b := _port(patchbay, right))}
    if len(found) != 1:
        raise RigError(_unclear(patchbay, pairs, verb))
    one, other = (patchbay.names[name] for name in next(iter(found)))
    if fault := between(one, other):
        raise RigError(fault)
    return (other.name, one.name) if one.takes else (one.name, other.name)


def between(one: Port, other: Port) -> str:
    """Why no wire can lead from one to the other, in whatever direction; "" where one can."""
    if one.takes == other.takes:
        what = "take" if one.takes else "give"
        return f"{one.name} and {other.name} both {what} sound: nothing leads between them"
    return "" if one.kind == other.kind else f"{one.name} is {one.kind}, and {other.name} is {other.kind}"


def _unclear(patchbay: Patchbay, pairs: list[tuple[str, str]], verb: str) -> str:
    """Why words don't name two ports."""
    for left, right in pairs:
        for known, other in ((left, right), (right, left)):
            if _port(patchbay, known):
                hint = did_you_mean(other, patchbay.names) or "; 'list ports' tells which there are"
                return f"no port '{cut(other)}'{hint}"
    if len(pairs) == 1:
        return f"no port '{cut(pairs[0][0])}'{did_you_mean(pairs[0][0], patchbay.names)}"
    return WHICH.format(verb)


def _port(patchbay: Patchbay, words: str) -> str:
    """The full name of the only port that is called so; "" where none is, or several are."""
    words = words.strip()
    if words in patchbay.names:
        return words
    found: tuple[Port, ...] = patchbay.called.get(words.casefold(), ())
    return found[0].name if len(found) == 1 else ""
