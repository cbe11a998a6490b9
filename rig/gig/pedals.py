"""MIDI: what it is bound to, as the rack looks it up, and what came of it, as the document has it.

The rack turns knobs and picks amps in the frame in which an event comes. Here the document follows: what was turned is
an edit, so that screen, save and undo know of it; scenes and verbs are done here, too.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rig.document import address, edits
from rig.document.document import (
    ALL,
    LEVEL_KNOB,
    Between,
    Binding,
    Document,
    Midi,
    Morph,
    Pick,
    Preset,
    Target,
    Wiring,
    pruned,
)
from rig.document.read_midi import read_midi, read_pedal
from rig.document.writing.spelling import Names
from rig.engine import registry
from rig.errors import RigError
from rig.gig.boards import Boards
from rig.gig.lights import Lights
from rig.gig.midi_log import MidiLog
from rig.gig.pedal_table import PROGRAMS, PedalTable, Way, channels
from rig.gig.snapshot import News
from rig.native import Bindings, Bound, MidiEvent

if TYPE_CHECKING:
    from rig.gig.gig import Gig

STALLED_SECONDS = 0.2
"""JACK's clock and ours never are so far apart, unless it did not call."""

BANK_SELECT = (0, 32)
CHANNEL_MODE = 120
"""Controllers from there on are none of a pedal."""

HALF = 64
PRESSED, LET_GO = 1.0, 0.0


def own_file() -> Path:
    """Where a player's own pedals are, which every preset has."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "rig" / "midi.toml"


class Turned(NamedTuple):
    """A knob where a pedal has turned it to, or a way between two scenes and the pedal's place."""

    bound: Bound
    value: float
    parts: Sequence[Bound] = ()


class Pedals:
    """What MIDI does in a gig. Methods are called from the gig's thread.

    own, own_wiring: the player's own pedals, and which boards those are.
    """

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self.log = MidiLog()
        self.own, self.own_wiring = Midi(), Wiring()
        self._table = PedalTable(gig)
        self.lights = Lights(gig)
        self.boards = Boards(gig)
        self._looking = False
        self.learning: Target | Pick | Morph | str | None = None  # what the next pedal that is moved is to do
        self._began = -math.inf  # when the rack's frame 0 was

    def read_own(self, path: Path) -> None:
        """The player's own pedals; what is wrong with them is told."""
        self.own, self.own_wiring, faults = read_midi(path)
        for fault in faults:
            self._gig.tell(News(fault, wrong=True))
        self.reconcile()

    # --- what is bound ---

    def reconcile(self) -> None:
        """Let the rack's table be what is wanted."""
        self._table.reconcile(self.own)

    # --- learning ---

    def learn(self, words: str) -> None:
        """The next pedal that is moved does that; "off": none. Raises RigError."""
        self.learning = None
        if words == "off":
            self._gig.say("no pedal is waited for")
            return
        preset = self._gig.preset
        to = read_pedal(words, preset)
        self.learning = to
        used = [name for name, binding in _told(preset.midi) if binding.to == to]
        already = f"; {', '.join(used)} {'do' if len(used) > 1 else 'does'} it already" if used else ""
        self._gig.say(f"move the pedal that is to do {words}{already}; 'learn off' for none")

    def _learn(self, event: MidiEvent) -> None:
        """Bind what is being learnt to what was moved, where that is a pedal."""
        gig, to, found = self._gig, self.learning, _moved(event)
        midi = gig.preset.midi
        if to is None or found is None or (event.data[0] & 15) not in channels(midi):
            return
        key, number = found
        if event.data[-1] < HALF and not isinstance(to, Target | Morph):
            return  # it is let go
        called = _called(key, number)
        names = Names(gig.preset, registry())
        own = dict(_told(self.own)).get(called)
        if not _has(gig.preset, to):
            self.learning = None
            gig.tell(News(f"{called} learns nothing: what it was to do is not in {gig.preset.name}", wrong=True))
            return
        if own:
            gig.tell(
                News(f"{called} is one of your own pedals, for {names.controlled(own.to)}: another one", wrong=True)
            )
            return
        self.learning = None
        before = dict(_told(midi)).get(called)
        instead = f", and no more {names.controlled(before.to)}" if before and before.to != to else ""
        gig.edit(edits.bind(gig.document, gig.preset.uid, key, number, Binding(to)), f"learn {called}")
        gig.tell(News(f"{called} does {names.controlled(to)} from now on{instead}"))

    # --- what came of it ---

    def look(self) -> None:
        """Let the document follow what has come in since the last call, and lights and other gear follow that. To be
        called often.
        """
        if self._looking:  # a verb that was pressed
            return
        self._looking = True
        try:
            rack = self._gig.reconciler.rack
            turned: dict[Target | Way, Turned] = {}
            for event in self.log.read(rack):
                if self.learning is not None and not event.more:
                    self._learn(event)
                if not event.more:
                    self.lights.came(event)
                table = rack.bindings(event.table) if event.bound is not None else None
                if table is not None:
                    self._follow(event, table, turned)
            self._turn(turned)
        finally:
            self._looking = False
        self.boards.look()
        self._gig.gear.look()
        self.lights.look()

    def _follow(self, event: MidiEvent, table: Bindings, turned: dict[Target | Way, Turned]) -> None:
        assert event.bound is not None
        if event.data[0] & 0xF0 == 0xC0:
            bank, program = divmod(event.bound, PROGRAMS)
            self._turn(turned)
            self._pressed_parts(table.banks[bank].parts.get(program, ()), 1)
            self._pick(table.banks[bank].means[program])
            return
        bound, parts = table.bound[event.bound], table.parts(event.bound)
        means = bound.means
        if isinstance(means, Target):
            turned[means] = Turned(bound, float(str(np.float32(event.value))))
        elif isinstance(means, Way):
            if not _ends(event):
                turned[means] = Turned(bound, _place(event), parts)
        else:
            self._turn(turned)
            let_go = bound.holds and event.value == LET_GO
            if event.value == PRESSED or let_go:
                self._pressed_parts(parts, 0 if let_go else 1)
            if isinstance(means, Pick):
                if event.value == PRESSED:
                    self._pick(means)
            else:
                self._press(bound, event)

    def _pressed_parts(self, parts: Sequence[Bound], at: int) -> None:
        """What the rack has done with a press; at: 1 as it was pressed, 0 as it was let go."""
        for part in parts:
            if isinstance(part.means, Target):
                self._gig.heard(part.means, float(part.values[at]), part)
            elif part.kind == "send":
                self._gig.gear.told(part.means)

    def _pick(self, pick: object) -> None:
        """An amp that the rack has gone to already, and a scene."""
        gig = self._gig
        assert isinstance(pick, Pick)
        amp = next((amp for amp in gig.document.amps if amp.uid == pick.amp), None)
        gig.reconciler.heads_for(pick.amp if amp else None)
        if amp is None:
            gig.reconcile()
        else:
            gig.play(amp.uid, pick.scene if pick.scene and amp.has_scene(pick.scene) else None)

    def _press(self, bound: Bound, event: MidiEvent) -> None:
        gig, words = self._gig, str(bound.means)
        pressed = event.value == PRESSED
        if bound.holds:
            if event.value in (PRESSED, LET_GO):
                self._do(f"{words} {'on' if pressed else 'off'}")
        elif pressed and words == "tap":
            gig.tap(self._moment(event))
        elif pressed and bound.kind == "loop":
            gig.looping.pressed()
        elif pressed and bound.kind == "panic":
            gig.say("silenced; all begins anew")
        elif pressed:
            if bound.kind == "amp":
                gig.reconciler.went_to(bound.param)
            self._do(words)

    def _moment(self, event: MidiEvent) -> float:
        """When it came in, as time.monotonic() has it: as far from others as there are frames between them."""
        rack = self._gig.reconciler.rack
        began = time.monotonic() - rack.frames / rack.rate
        if abs(began - self._began) > STALLED_SECONDS:
            self._began = began
        return self._began + event.frame / rack.rate

    def _do(self, words: str) -> None:
        """A verb; what it cannot do is told."""
        try:
            self._gig.do(words)
        except RigError as error:
            self._gig.tell(News(f"MIDI: {error}", wrong=True))
            self._gig.reconcile()  # the rack may have done more

    def _turn(self, turned: dict[Target | Way, Turned]) -> None:
        """Knobs that were turned already become edits, all of them one step of undo while feet go on."""
        gig, document = self._gig, self._gig.document
        what = ""
        for at, (bound, value, _) in turned.items():
            if not isinstance(at, Target):
                continue
            gig.heard(at, value, bound)
            if at.uid == ALL:
                document, name = edits.level(document, value), LEVEL_KNOB
            else:
                name = _name(document, at, gig.playing)
                if not name:
                    continue
                saved = gig.history.saved_engine(at.uid)
                document = edits.turn(document, at, value, gig.playing, saved)
            what = f"{name} {value:.4g} by MIDI"
        ways = [(way, place, parts) for way, (_, place, parts) in turned.items() if isinstance(way, Way)]
        turned.clear()
        if what:
            gig.edit(document, what, "midi")
        for way, place, parts in ways:
            self._go(way, place, parts)

    def _go(self, way: Way, place: float, parts: Sequence[Bound]) -> None:
        """An amp stands somewhere else between two scenes, which is no edit."""
        amp = next((amp for amp in self._gig.document.amps if amp.uid == way.amp), None)
        if amp is None or not (amp.has_scene(way.heel) and amp.has_scene(way.toe)):
            return
        for part in parts:
            if isinstance(part.means, Target):
                self._gig.heard(part.means, _value(part, place), part)
        self._gig.morph(way.amp, Between(way.heel, way.toe, place, way.curve))


def _ends(event: MidiEvent) -> bool:
    """Whether it is a note that ends."""
    return event.data[0] & 0xF0 == 0x80 or (event.data[0] & 0xF0 == 0x90 and not event.data[2])


def _place(event: MidiEvent) -> float:
    """Where between 0 and 127 a pedal stands, as the rack has it."""
    if event.data[0] & 0xF0 != 0xE0:
        return float(event.data[2])
    return (event.data[1] + 128 * event.data[2]) * 127 / 16383


def _value(bound: Bound, place: float) -> float:
    """Where a pedal's place takes a knob; see rig.document.knobs.on_the_way."""
    at, rest = divmod(place, 1.0)
    value = float(bound.values[int(at)])
    return value + rest * (bound.values[int(at) + 1] - value) if rest and not bound.steps else value


def _moved(event: MidiEvent) -> tuple[str, int] | None:
    """Which controller ("cc"), note or wheel it was; None for what no pedal sends, and for a note that ends."""
    kind = event.data[0] & 0xF0
    if kind == 0xB0 and event.data[1] not in BANK_SELECT and event.data[1] < CHANNEL_MODE:
        return "cc", event.data[1]
    if kind == 0x90 and event.data[2]:
        return "note", event.data[1]
    return ("wheel", 0) if kind == 0xE0 else None


def _called(key: str, number: int) -> str:
    return "the pitch wheel" if key == "wheel" else f"{key} {number}"


def _told(midi: Midi) -> Iterator[tuple[str, Binding]]:
    """What is bound, by what it is called."""
    for key in ("cc", "note"):
        yield from ((_called(key, number), binding) for number, binding in getattr(midi, key).items())
    if midi.wheel:
        yield _called("wheel", 0), midi.wheel


def _has(preset: Preset, to: Target | Pick | Morph | str) -> bool:
    """Whether a pedal of a preset can do that."""
    wanted = Midi(cc={0: Binding(to)})
    return pruned(replace(preset, midi=wanted)).midi == wanted


def _name(document: Document, target: Target, playing: int) -> str:
    """What a knob is called; "" where it is gone."""
    amp = next((amp for amp in document.amps if amp.uid == target.uid), None)
    if amp:
        return f"{amp.name}.{target.knob}"
    try:
        return f"{address.path_of(document, target.uid, playing)}.{target.knob}"
    except KeyError:
        return ""
