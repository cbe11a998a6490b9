"""MIDI: what it is bound to, as the rack looks it up, and what came of it, as the document has it.

The rack turns knobs and picks amps in the frame in which an event comes. Here the document follows: what was turned is
an edit, so that screen, save and undo know of it; scenes and verbs are done here, too.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rig.document import address, edits
from rig.document.document import (
    ALL,
    LEVEL_KNOB,
    ON,
    OUTPUT_LEVEL,
    Binding,
    Document,
    Midi,
    Pick,
    Preset,
    Target,
    pruned,
)
from rig.document.knobs import AMP_LEVEL, kind, travel
from rig.document.read_midi import read_midi, read_pedal
from rig.document.writing.spelling import Names
from rig.engine import Param, registry
from rig.errors import RigError
from rig.gig.builder import Place, asked_db
from rig.gig.midi_log import MidiLog
from rig.gig.snapshot import News
from rig.native import NOTES, WHEEL, Bank, Bindings, Bound, MidiEvent

if TYPE_CHECKING:
    from rig.gig.gig import Gig

PROGRAMS = 128
TRAVEL = 128
OUTPUT = Param(LEVEL_KNOB, "dB", "how loud all is", *OUTPUT_LEVEL, 0.0)
SWITCHES = ("boost", "bypass", "metronome", "mute", "tuner")
"""The verbs that can be held down."""

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


class Pedals:
    """What MIDI does in a gig. Methods are called from the gig's thread."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self.log = MidiLog()
        self.own = Midi()
        self._made_for: object = None
        self._looking = False
        self.learning: Target | Pick | str | None = None  # what the next pedal that is moved is to do
        self._began = -math.inf  # when the rack's frame 0 was

    def read_own(self, path: Path) -> None:
        """The player's own pedals; what is wrong with them is told."""
        self.own, faults = read_midi(path)
        for fault in faults:
            self._gig.tell(News(fault, wrong=True))
        self.reconcile()

    # --- what is bound ---

    def reconcile(self) -> None:
        """Let the rack's table be what is wanted."""
        gig = self._gig
        midi = gig.preset.midi
        things = dict(self._things(gig.document, {*_targets(midi), *_targets(self.own)}))
        banks = [self._bank(preset) for preset in gig.document.presets]
        rack = gig.reconciler.rack
        made_for = (rack, midi, self.own, things, banks, gig.preset.uid)
        if made_for == self._made_for:
            return
        self._made_for = made_for
        numbers: dict[tuple[int, int], list[Bound]] = {}
        for each in (midi, self.own):  # the player's own pedals go before a preset's
            for number, binding in _numbered(each):
                bound = self._bound(binding, things)
                for channel in _channels(each) if bound else ():
                    numbers[channel, number] = [bound] if bound else []
        bank = [preset.uid for preset in gig.document.presets].index(gig.preset.uid)
        rack.bind(Bindings(numbers, banks, bank))

    def _things(self, document: Document, targets: set[Target]) -> Iterator[tuple[Target, tuple[Bound, Param]]]:
        """Where the rack has a knob, and what knob it is; none that is still being built."""
        reconciler = self._gig.reconciler
        for place in [*reconciler.places()] if targets else ():
            standing = reconciler.chain(place)
            if standing is None:
                continue
            wish, chain = standing
            for target in targets:
                if target == (place.owner, LEVEL_KNOB):
                    more = wish.level - document.amp(target.uid).level  # of its scene, and a boost
                    plus = round(asked_db(wish.engines, chain.units) + more, 9)
                    yield target, (Bound("level", chain, plus=plus), AMP_LEVEL)
            for i, spec in enumerate(wish.engines):
                names = [param.name for param in kind(spec).params]
                for target in targets:
                    if target.uid == spec.uid and target.knob == ON:
                        yield target, (Bound("switch", chain, i), AMP_LEVEL)
                    elif target.uid == spec.uid:
                        param = names.index(target.knob)
                        yield target, (Bound("knob", chain, i, param), kind(spec).params[param])
        yield Target(ALL, LEVEL_KNOB), (Bound("output"), OUTPUT)

    def _bound(self, binding: Binding, things: Mapping[Target, tuple[Bound, Param]]) -> Bound | None:
        """As the rack has it; None while that is not there."""
        to = binding.to
        if isinstance(to, str):
            return Bound("verb", holds=binding.hold, means=to)
        if isinstance(to, Pick):
            slot = self._gig.reconciler.slot(Place("amp", to.amp))
            return Bound("verb" if slot is None else "amp", param=slot or 0, means=to)
        if to not in things:
            return None
        bound, param = things[to]
        low = param.minimum if binding.low is None else binding.low
        high = param.maximum if binding.high is None else binding.high
        if binding.invert:
            low, high = high, low
        values = tuple(travel(param, i / (TRAVEL - 1), low, high, binding.curve) for i in range(TRAVEL))
        if bound.kind == "switch":
            values = (float(binding.invert), *(0.0,) * (TRAVEL - 1))
        return Bound(
            bound.kind,
            bound.chain,
            bound.unit,
            bound.param,
            values,
            bound.plus,
            binding.hold,
            binding.relative,
            bool(param.choices),
            means=to,
        )

    def _bank(self, preset: Preset) -> Bank:
        """What programs do in a preset; where it says nothing they count its amps."""
        picks = preset.midi.program or dict(enumerate(Pick(amp.uid) for amp in preset.amps[:PROGRAMS]))
        slots = {number: self._gig.reconciler.slot(Place("amp", pick.amp)) for number, pick in picks.items()}
        return Bank(slots, frozenset(_channels(preset.midi)), picks)

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
        if to is None or found is None or (event.data[0] & 15) not in _channels(midi):
            return
        key, number = found
        if event.data[-1] < HALF and not isinstance(to, Target):
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
        """Let the document follow what has come in since the last call. To be called often."""
        if self._looking:  # a verb that was pressed
            return
        self._looking = True
        try:
            rack = self._gig.reconciler.rack
            turned: dict[Target, tuple[float, Bound]] = {}
            for event in self.log.read(rack):
                if self.learning is not None and not event.more:
                    self._learn(event)
                table = rack.bindings(event.table) if event.bound is not None else None
                if table is not None:
                    self._follow(event, table, turned)
            self._turn(turned)
        finally:
            self._looking = False

    def _follow(self, event: MidiEvent, table: Bindings, turned: dict[Target, tuple[float, Bound]]) -> None:
        assert event.bound is not None
        if event.data[0] & 0xF0 == 0xC0:
            bank, program = divmod(event.bound, PROGRAMS)
            self._turn(turned)
            self._pick(table.banks[bank].means[program])
            return
        bound = table.bound[event.bound]
        if isinstance(bound.means, Pick):
            if event.value == PRESSED:
                self._turn(turned)
                self._pick(bound.means)
        elif isinstance(bound.means, str):
            self._turn(turned)
            self._press(bound, event)
        else:
            assert isinstance(bound.means, Target)
            turned[bound.means] = float(str(np.float32(event.value))), bound

    def _pick(self, pick: object) -> None:
        """An amp that the rack has gone to already, and a scene."""
        gig = self._gig
        assert isinstance(pick, Pick)
        amp = next((amp for amp in gig.document.amps if amp.uid == pick.amp), None)
        gig.reconciler.heads_for(pick.amp if amp else None)
        if amp is None:
            gig.reconcile()
        else:
            gig.play(amp.uid, pick.scene if any(scene.name == pick.scene for scene in amp.scenes) else None)

    def _press(self, bound: Bound, event: MidiEvent) -> None:
        gig, words = self._gig, str(bound.means)
        pressed = event.value == PRESSED
        if bound.holds and words in SWITCHES:
            if event.value in (PRESSED, LET_GO):
                self._do(f"{words} {'on' if pressed else 'off'}")
        elif pressed and words == "tap":
            gig.tap(self._moment(event))
        elif pressed:
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

    def _turn(self, turned: dict[Target, tuple[float, Bound]]) -> None:
        """Knobs that were turned already become edits, all of them one step of undo while feet go on."""
        gig, document = self._gig, self._gig.document
        what = ""
        for target, (value, bound) in turned.items():
            gig.heard(target, value, bound)
            if target.uid == ALL:
                document, name = edits.level(document, value), LEVEL_KNOB
            else:
                name = _name(document, target, gig.playing)
                if not name:
                    continue
                saved = gig.history.saved_engine(target.uid)
                document = edits.turn(document, target, value, gig.playing, saved)
            what = f"{name} {value:.4g} by MIDI"
        turned.clear()
        if what:
            gig.edit(document, what, "midi")


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


def _has(preset: Preset, to: Target | Pick | str) -> bool:
    """Whether a pedal of a preset can do that."""
    wanted = Midi(cc={0: Binding(to)})
    return pruned(replace(preset, midi=wanted)).midi == wanted


def _targets(midi: Midi) -> Iterator[Target]:
    for _, binding in _numbered(midi):
        if isinstance(binding.to, Target):
            yield binding.to


def _numbered(midi: Midi) -> Iterator[tuple[int, Binding]]:
    """What is bound, by its number among those of a channel."""
    yield from midi.cc.items()
    yield from ((NOTES + number, binding) for number, binding in midi.note.items())
    if midi.wheel:
        yield WHEEL, midi.wheel


def _channels(midi: Midi) -> range:
    return range(16) if midi.channel is None else range(midi.channel - 1, midi.channel)


def _name(document: Document, target: Target, playing: int) -> str:
    """What a knob is called; "" where it is gone."""
    amp = next((amp for amp in document.amps if amp.uid == target.uid), None)
    if amp:
        return f"{amp.name}.{target.knob}"
    try:
        return f"{address.path_of(document, target.uid, playing)}.{target.knob}"
    except KeyError:
        return ""
