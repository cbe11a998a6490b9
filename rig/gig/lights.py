"""A floorboard's lights: what each pedal does is said back to it, where it stands now, in the pedal's own messages.

A switch gets 127 while it is on and 0 while it is off, a knob the place at which a pedal would turn it to where it
stands, an amp's or a scene's pedal 127 while that plays, and a program change goes back as the program that plays. What
has come from the board itself is not said again, so that two that tell each other come to rest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from rig.document.document import ALL, LEVEL_KNOB, ON, Binding, Document, Midi, Morph, Pick, Target
from rig.document.knobs import AMP_LEVEL, kind, stands
from rig.document.scenes import applied
from rig.engine import Param
from rig.gig.newcomers import Newcomers
from rig.gig.pedal_table import OUTPUT, along, channels, programs
from rig.native import MidiEvent

if TYPE_CHECKING:
    from rig.gig.gig import Gig

PORT = "midi_out"
CC, NOTE, PROGRAM, WHEEL = 0xB0, 0x90, 0xC0, 0xE0
LIT, DARK = 127, 0
TOP = 16383
"""Of the pitch wheel."""

Key = tuple[int, ...]
"""A message's status, and the number of a controller or a note."""


class Lights:
    """Methods are called from the gig's thread."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self._newcomers = Newcomers(gig, PORT)
        self._told: dict[Key, bytes] = {}  # what the board knows
        self._channel = 0  # of what came last
        self._seen: object = None  # what the lights that were told last hang on

    def came(self, event: MidiEvent) -> None:
        """The board has said something, and knows that; but many switch the lights of switches by themselves."""
        status, data = event.data[0] & 0xF0, event.data
        if status not in (CC, NOTE, PROGRAM, WHEEL, 0x80):
            return
        self._channel = data[0] & 15
        if not self._newcomers.there:
            return
        key = (NOTE | data[0] & 15, data[1]) if status == 0x80 else _key(data)
        if status == PROGRAM and event.bound is None:
            return  # it picks nothing here, and may stay
        if status == PROGRAM or self._is_knob(key):
            self._told[key] = data
        else:
            self._told.pop(key, None)
        self._seen = None

    def _is_knob(self, key: Key) -> bool:
        bound = {key: binding for key, binding in self._bound() if not binding.relative}
        to = bound[key].to if key in bound else ""
        return isinstance(to, Morph) or (isinstance(to, Target) and to.knob != ON)

    def look(self) -> None:
        """Say what has changed since the last call; all of it to a board that has just been connected."""
        if self._newcomers.look():
            self._told, self._seen = {}, None
        if not self._newcomers.there:
            return
        hangs_on = self._hangs_on()
        if hangs_on == self._seen:
            return
        self._seen = hangs_on
        rack = self._gig.reconciler.rack
        for key, message in self._wanted().items():
            if self._told.get(key) != message and rack.say(PORT, message):
                self._told[key] = message

    def _hangs_on(self) -> object:
        gig = self._gig
        loop = gig.looping.view()
        return (
            *(gig.document, gig.playing, gig.pedals.own, self._channel, gig.set_list.part, gig.set_list.song),
            *(gig.muted, gig.tuning, gig.heard_tuning, gig.bypassed, gig.boosted, gig.time.clicks),
            *(gig.history.comparing, gig.looping.beats, loop.state, loop.half, bool(loop.layers)),
        )

    # --- what is to be lit ---

    def _wanted(self) -> dict[Key, bytes]:
        gig = self._gig
        found: dict[Key, bytes] = {}
        heard = applied(Document((gig.preset,), gig.document.level), gig.playing)
        for key, binding in self._bound():
            place = self._place(binding, heard)
            if place is not None:
                found[key] = _message(key, place)
        channel = self._channels(gig.preset.midi)
        for number, pick in programs(gig.preset).items():
            exactly = pick == (gig.playing, gig.amp.scene)
            if exactly or (pick == (gig.playing, "") and (PROGRAM | channel,) not in found):
                found[PROGRAM | channel,] = bytes((PROGRAM | channel, number))
        return found

    def _bound(self) -> Iterator[tuple[Key, Binding]]:
        """What is bound, the player's own pedals last, as they go before a preset's."""
        for midi in (self._gig.preset.midi, self._gig.pedals.own):
            channel = self._channels(midi)
            yield from (((CC | channel, number), binding) for number, binding in midi.cc.items())
            yield from (((NOTE | channel, number), binding) for number, binding in midi.note.items())
            if midi.wheel:
                yield (WHEEL | channel,), midi.wheel

    def _channels(self, midi: Midi) -> int:
        """Where a board is told: on the channel that is heard; where all are, on that of what came last."""
        heard = channels(midi)
        return self._channel if self._channel in heard else heard[0]

    def _place(self, binding: Binding, heard: Document) -> float | None:
        """Where a pedal is to stand, 0..127; None: nobody can say."""
        gig, to = self._gig, binding.to
        if isinstance(to, str):
            lit = self._lit(to)
            return None if lit is None else LIT if lit else DARK
        if isinstance(to, Pick):
            return LIT if gig.playing == to.amp and to.scene in ("", gig.amp.scene) else DARK
        if isinstance(to, Morph):
            return self._between(to, binding)
        return self._turned(to, binding, heard)

    def _between(self, to: Morph, binding: Binding) -> float | None:
        amp = self._gig.document.amp(to.amp)
        way = amp.between
        ends = (to.toe, to.heel) if binding.invert else (to.heel, to.toe)
        if way and (way.heel, way.toe) == ends:
            return way.place
        if way and (way.toe, way.heel) == ends:
            return LIT - way.place
        return LIT * ends.index(amp.scene) if way is None and amp.scene in ends else None

    def _turned(self, to: Target, binding: Binding, heard: Document) -> float | None:
        """The place of a knob, or whether an engine is on."""
        if to.uid == ALL:
            return _nearest(OUTPUT, binding, heard.level)
        amp = next((amp for amp in heard.amps if amp.uid == to.uid), None)
        if amp and to.knob == LEVEL_KNOB:
            return _nearest(AMP_LEVEL, binding, self._gig.document.amp(to.uid).level)
        spec = heard.engine(to.uid)
        if spec is None:
            return None
        if to.knob == ON:
            return LIT if spec.on else DARK
        param = kind(spec).param(to.knob)
        return _nearest(param, binding, stands(spec, to.knob)) if param else None

    def _lit(self, words: str) -> bool | None:
        """Whether what a verb switches, or picks, is on; None: it is nothing that is on or off."""
        gig = self._gig
        verb, _, rest = words.partition(" ")
        switches: Mapping[str, bool] = {
            "mute": gig.muted,
            "tuner": gig.tuning,
            "bypass": gig.bypassed,
            "boost": gig.boosted,
            "metronome": gig.time.clicks,
            "ab": gig.history.comparing,
        }
        if verb in switches and rest in ("", "on", "heard"):
            return switches[verb] and (rest != "heard" or gig.heard_tuning)
        if verb == "follow" and rest:
            return (gig.preset.follow or "off") == rest
        if verb == "loop":
            return self._loop_lit(rest)
        if verb == "scene" and rest:
            number = [scene.name for scene in gig.amp.scenes].index(gig.amp.scene) + 1 if gig.amp.active else 0
            return rest.casefold() == (gig.amp.scene or "none").casefold() or (rest.isdecimal() and int(rest) == number)
        if verb == "part" and rest.isdecimal():
            return int(rest) == gig.set_list.part + 1
        if verb == "song" and rest not in ("", "next", "prev"):
            song = gig.set_list.song
            return song is not None and rest.casefold() in (song.name.casefold(), str(gig.document.number(song)))
        return None

    def _loop_lit(self, order: str) -> bool | None:
        loop = self._gig.looping.view()
        lit = {
            "": loop.state not in ("empty", "stopped"),
            "stop": loop.state == "stopped",
            "half": loop.half,
            "undo": loop.layers > 1,
            "redo": loop.undone > 0,
            "beats": self._gig.looping.beats,
        }
        return lit.get(order)


def _key(data: bytes) -> Key:
    return (data[0],) if data[0] & 0xF0 in (PROGRAM, WHEEL) else (data[0], data[1])


def _message(key: Key, place: float) -> bytes:
    if key[0] & 0xF0 == WHEEL:
        value = round(place * TOP / LIT)
        return bytes((key[0], value & 127, value >> 7))
    return bytes((*key, round(place)))


def _nearest(param: Param, binding: Binding, value: float) -> float:
    low = param.minimum if binding.low is None else binding.low
    high = param.maximum if binding.high is None else binding.high
    return _place_of(param, *((high, low) if binding.invert else (low, high)), binding.curve, value)


@lru_cache(1024)
def _place_of(param: Param, low: float, high: float, curve: str, value: float) -> float:
    """The place, 0..127, at which a pedal would turn a knob to where it stands; between two of them, as a wheel can."""
    values = along(param, low, high, curve)
    rising = values if values[-1] >= values[0] else values[::-1]
    at = bisect_left(rising, value)
    if at <= 0:
        place = 0.0
    elif at >= len(rising):
        place = float(LIT)
    else:
        step = rising[at] - rising[at - 1]
        place = at - 1 + (value - rising[at - 1]) / step if step else float(at)
    return place if rising is values else LIT - place
