"""What MIDI is bound to, as the rack looks it up: a table made of the document, of a player's own pedals, and of what
verbs are about to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rig.document.document import (
    ALL,
    LEVEL_KNOB,
    ON,
    OUTPUT_LEVEL,
    Binding,
    EngineSpec,
    Midi,
    Morph,
    Pick,
    Preset,
    Target,
)
from rig.document.knobs import AMP_LEVEL, kind, on_the_way, stands, travel
from rig.document.scenes import heard, loud, scene_of, way_between
from rig.engine import Param
from rig.gig.builder import ChainSpec, Place, asked_db
from rig.gig.foresight import Ahead, ahead, boosted_level, open_then, preset_then
from rig.native import NOTES, WHEEL, Bank, Bindings, Bound, Chain
from rig.native.looper import ORDERS

if TYPE_CHECKING:
    from rig.gig.gig import Gig

PROGRAMS = 128
TRAVEL = 128
OUTPUT = Param(LEVEL_KNOB, "dB", "how loud all is", *OUTPUT_LEVEL, 0.0)
SWITCHES = ("boost", "bypass", "metronome", "mute", "tuner")
"""The verbs that can be held down."""

ROUNDING = 9
"""Digits, of dB."""

Row = tuple[Bound, ...]
"""What one pedal does, and its parts."""


class Way(NamedTuple):
    """Between which scenes of an amp a pedal goes, from heel to toe."""

    amp: int
    heel: str
    toe: str
    curve: str


class PedalTable:
    """Holds the rack's table to what is wanted. Methods are called from the gig's thread."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self._made_for: object = None
        self._engines: dict[int, tuple[EngineSpec, Chain, int]] = {}
        self._amps: dict[int, tuple[ChainSpec, Chain]] = {}

    def reconcile(self, own: Midi) -> None:
        """Let it be what the document and the player's own pedals ask for; nothing that is still being built."""
        gig = self._gig
        self._look_around()
        numbers: dict[tuple[int, int], Row] = {}
        playing = gig.preset
        for each in (playing.midi, own):  # the player's own pedals go before a preset's
            for number, binding in numbered(each):
                row = self._row(binding)
                if row is not None:
                    numbers.update({(channel, number): row for channel in channels(each)})
        banks = [self._bank(preset, playing) for preset in gig.document.presets]
        bank = [preset.uid for preset in gig.document.presets].index(playing.uid)
        made_for = (gig.reconciler.rack, numbers, banks, bank)
        if made_for != self._made_for:
            self._made_for = made_for
            gig.reconciler.rack.bind(Bindings(numbers, banks, bank))

    def _look_around(self) -> None:
        """Which chains stand, and which engines are in them."""
        self._engines, self._amps = {}, {}
        reconciler = self._gig.reconciler
        for place in reconciler.places():
            standing = reconciler.chain(place)
            if standing is None:
                continue
            if place.stage == "amp":
                self._amps[place.owner] = standing
            for i, spec in enumerate(standing[0].engines):
                self._engines[spec.uid] = spec, standing[1], i

    def _bank(self, preset: Preset, playing: Preset) -> Bank:
        """What programs do in a preset; where it says nothing they count its amps. Of the one that plays, all of it."""
        picks = programs(preset)
        slots = {number: self._gig.reconciler.slot(Place("amp", pick.amp)) for number, pick in picks.items()}
        here = picks.items() if preset is playing else ()
        parts = {number: self._picked(_ahead(pick))[1:] for number, pick in here}
        return Bank(slots, frozenset(channels(preset.midi)), picks, parts)

    def _row(self, binding: Binding) -> Row | None:
        """As the rack has it; None while that is not there."""
        to = binding.to
        if isinstance(to, Pick):
            return _meaning(to, self._picked(_ahead(to)))
        if isinstance(to, Morph):
            heel, toe = (to.toe, to.heel) if binding.invert else (to.heel, to.toe)
            way = Way(to.amp, heel, toe, binding.curve)
            return (Bound("verb", means=way), *self._between(way))
        if isinstance(to, Target):
            return self._knob(to, binding)
        return self._verb(to, binding.hold)

    # --- knobs ---

    def _knob(self, to: Target, binding: Binding) -> Row | None:
        if to.knob == ON and to.uid in self._engines:
            _, chain, i = self._engines[to.uid]
            values = (float(binding.invert), *(0.0,) * (TRAVEL - 1))
            return (Bound("switch", chain, i, values=values, holds=binding.hold, means=to),)
        found = self._turned(to)
        if found is None:
            return None
        bound, param = found
        low = param.minimum if binding.low is None else binding.low
        high = param.maximum if binding.high is None else binding.high
        values = along(param, high, low, binding.curve) if binding.invert else along(param, low, high, binding.curve)
        return (replace(bound, values=values, relative=binding.relative, steps=bool(param.choices)),)

    def _turned(self, to: Target) -> tuple[Bound, Param] | None:
        """Where the rack has a knob or a level, and what knob it is."""
        if to == (ALL, LEVEL_KNOB):
            return Bound("output", means=to), OUTPUT
        if to.uid in self._engines:
            spec, chain, i = self._engines[to.uid]
            names = [param.name for param in kind(spec).params]
            at = names.index(to.knob)
            return Bound("knob", chain, i, at, means=to), kind(spec).params[at]
        if to.uid in self._amps and to.knob == LEVEL_KNOB:
            wish, chain = self._amps[to.uid]
            more = wish.level - self._gig.document.amp(to.uid).level  # of its scene, and a boost
            plus = round(asked_db(wish.engines, chain.units) + more, ROUNDING)
            return Bound("level", chain, plus=plus, means=to), AMP_LEVEL
        return None

    # --- amps and scenes ---

    def _picked(self, to: Ahead) -> Row:
        """An amp that is about to play, and what is turned with it."""
        slot = self._gig.reconciler.slot(Place("amp", to.amp))
        if slot is None:
            return (Bound("verb"),)
        return (Bound("amp", param=slot), *self._turned_with(to), *self._gig.gear.parts(to))

    def _turned_with(self, to: Ahead) -> Iterator[Bound]:
        """All that stands elsewhere when an amp, or a scene, has been picked."""
        gig = self._gig
        preset = gig.document.preset_of(to.amp)
        if not (gig.boosted or any(amp.scenes for amp in preset.amps)):
            return
        now, then = preset_then(gig, to)
        olds = {spec.uid: spec for spec in now.engines()}
        for new in then.engines():
            old = olds[new.uid]
            if old is not new and new.uid in self._engines:
                yield from self._changed(old, new)
        for before, after in zip(now.amps, then.amps, strict=True):
            if before.level != after.level:
                yield from self._level(after.uid, after.level)

    def _changed(self, old: EngineSpec, new: EngineSpec) -> Iterator[Bound]:
        _, chain, i = self._engines[new.uid]
        for at, param in enumerate(kind(new).params):
            value = stands(new, param.name)
            if value != stands(old, param.name):
                means = Target(new.uid, param.name)
                yield Bound(
                    "knob", chain, i, at, (value, value), steps=bool(param.choices), part="pressed", means=means
                )
        if old.on != new.on:
            yield Bound("switch", chain, i, values=(new.on, new.on), part="pressed", means=Target(new.uid, ON))

    def _level(self, amp: int, *values: float, holds: bool = False) -> Iterator[Bound]:
        """An amp's level goes there, in dB, with all that is on top of it. values: let go, and pressed."""
        if amp in self._amps:
            wish, chain = self._amps[amp]
            plus, means = round(asked_db(wish.engines, chain.units), ROUNDING), Target(amp, LEVEL_KNOB)
            yield Bound("level", chain, values=(values * 2)[:2], plus=plus, holds=holds, part="pressed", means=means)

    def _between(self, to: Way) -> Iterator[Bound]:
        """All knobs that differ between two scenes; those of the ends while their amp plays."""
        gig = self._gig
        preset = gig.document.preset_of(to.amp)
        amp = gig.document.amp(to.amp)
        heel, toe = (scene_of(amp, name) for name in (to.heel, to.toe))
        own = {spec.uid for spec in amp.chain}
        for at, param, start, end in way_between(preset, amp, heel, toe):
            if start == end or at.uid not in self._engines or not (at.uid in own or to.amp == gig.playing):
                continue
            spec, chain, i = self._engines[at.uid]
            steps = param is None or bool(param.choices)
            unit = 0 if param is None else kind(spec).params.index(param)
            values = between(param, start, end, to.curve)
            name = "switch" if param is None else "knob"
            yield Bound(name, chain, i, unit, values, steps=steps, part="placed", means=at)
        if heel.level != toe.level and to.amp in self._amps:
            wish, chain = self._amps[to.amp]
            base = round(wish.level - heard(preset, amp)[0], ROUNDING)  # with a boost
            values = tuple(loud(base + db) for db in between(AMP_LEVEL, heel.level, toe.level, to.curve))
            plus = round(asked_db(wish.engines, chain.units), ROUNDING)
            yield Bound("level", chain, values=values, plus=plus, part="placed", means=Target(to.amp, LEVEL_KNOB))

    # --- verbs ---

    def _verb(self, words: str, holds: bool) -> Row:
        """A verb, as far as the rack can do it by itself."""
        gig = self._gig
        holds = holds and words in SWITCHES
        verb, _, rest = words.partition(" ")
        if to := ahead(gig, words):
            return _meaning(words, self._picked(to))
        if verb in ("mute", "tuner"):
            let_go, pressed = (open_then(gig, words, on if holds else None) for on in (False, True))
            if let_go is not None and pressed is not None:
                return (Bound("open", values=(let_go, pressed), holds=holds, means=words),)
        if words in ("bypass", "bypass on", "bypass off"):
            on = True if holds else rest == "on" if rest else not gig.bypassed
            return (Bound("bypass", values=(0.0, on), holds=holds, means=words),)
        if words in ("boost", "boost on", "boost off"):
            on = True if holds else rest == "on" if rest else not gig.boosted
            off, up = boosted_level(gig, False), boosted_level(gig, on)
            return (Bound("verb", holds=holds, means=words), *self._level(gig.playing, off, up, holds=holds))
        if words == "panic":
            return (Bound("panic", means=words),)
        if verb == "loop" and rest in ORDERS and gig.reconciler.rack.loop_state().room:
            return (Bound("loop", param=ORDERS[rest], means=words),)
        return (Bound("verb", holds=holds, means=words),)


@lru_cache(4096)
def along(param: Param, low: float, high: float, curve: str) -> tuple[float, ...]:
    """Where a knob stands at each place of a pedal."""
    return tuple(travel(param, i / (TRAVEL - 1), low, high, curve) for i in range(TRAVEL))


@lru_cache(4096)
def between(param: Param | None, heel: float, toe: float, curve: str) -> tuple[float, ...]:
    """The same on the way from one scene to another."""
    return tuple(on_the_way(param, heel, toe, i, curve) for i in range(TRAVEL))


def programs(preset: Preset) -> dict[int, Pick]:
    """What programs pick in a preset: as it says, else they count its amps."""
    return dict(preset.midi.program) or dict(enumerate(Pick(amp.uid) for amp in preset.amps[:PROGRAMS]))


def numbered(midi: Midi) -> Iterator[tuple[int, Binding]]:
    """What is bound, by its number among those of a channel."""
    yield from midi.cc.items()
    yield from ((NOTES + number, binding) for number, binding in midi.note.items())
    if midi.wheel:
        yield WHEEL, midi.wheel


def channels(midi: Midi) -> range:
    """0 to 15, that are heard."""
    return range(16) if midi.channel is None else range(midi.channel - 1, midi.channel)


def _ahead(pick: Pick) -> Ahead:
    return Ahead(pick.amp, pick.scene or None)


def _meaning(means: object, row: Sequence[Bound]) -> Row:
    return (replace(row[0], means=means), *row[1:])
