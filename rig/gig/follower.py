"""`rig play --watch`: presets and the files that they name are followed while the gig goes on.

What changed is worked out here and built by rig.gig.builder's thread. What cannot be built is said, and what
played plays on.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

from rig.document.preset import Preset
from rig.errors import RigError
from rig.gig.builder import Builder, Built, Part, Renewal, Reread, Wish
from rig.gig.file_watcher import Watch
from rig.gig.loader import LoadedSet, Place
from rig.gig.snapshot import News
from rig.models.library import read
from rig.native import STAGES, Chain, Unit

LOOK_SECONDS = 0.1
AGAIN_SECONDS = 1.0  # a preset with a fault may lack no more than a file that is still to come


class Follower:
    """Follows a set's files. Methods are called from the gig's thread.

    watch: has seen the files as they were before they were loaded.
    """

    def __init__(self, watch: Watch, loaded: LoadedSet, builder: Builder) -> None:
        self._watch = watch
        self._builder = builder
        self._wanted = list(loaded.presets)  # as last read
        self._built = {place: _wish(loaded, place, self._wanted) for place in _places(loaded)}  # what each chain plays
        self._due: set[Path] = set()  # changed, and not yet dealt with
        self._read: set[int] = set()  # presets, too
        self._faults: dict[int, tuple[str, float]] = {}  # of presets: what was said, and when to try again
        self._news: dict[str, News] = {}
        self._look_again = 0.0

    def news(self, loaded: LoadedSet) -> tuple[News, ...]:
        """Look for changes, and say what came of those that have been dealt with, each once."""
        if self._builder.busy:
            return ()
        said, self._news = tuple(self._news.values()), {}
        if time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + LOOK_SECONDS
            self._look(loaded)
        return said

    def note(self, paths: Iterable[Path]) -> None:
        """Files that are about to be read."""
        self._due |= self._watch.changed(paths)

    def take(self, built: Built) -> None:
        """What came of a change that this class asked for."""
        change = built.change
        if isinstance(change, Reread):
            self._watch.accept(change.path, built.stamp)
            self._take_preset(change.preset, built)
        elif built.error:
            self._say(f"{built.error}; what played plays on", wrong=True)
        else:
            self._built[change.place] = change.wish
            self._say(change.reason or _again(built.units, change.changed))

    def _take_preset(self, number: int, built: Built) -> None:
        if built.preset is None:
            before, _ = self._faults.get(number, ("", 0.0))
            if built.error != before:
                self._say(f"{built.error}; what played plays on", wrong=True)
            self._faults[number] = (built.error, time.monotonic() + AGAIN_SECONDS)
        else:
            self._faults.pop(number, None)
            self._wanted[number] = built.preset
            self._read.add(number)

    def _say(self, message: str, wrong: bool = False) -> None:
        self._news[message] = News(message, wrong)

    # --- what is to be done ---

    def _look(self, loaded: LoadedSet) -> None:
        """Nothing is being built just now, so that the chains of `loaded` are the last ones."""
        presets = [preset.path for preset in self._wanted]
        self.note({*presets, *(path for place in self._built for path in self._files(loaded, place))})
        changed = [i for i, path in enumerate(presets) if path in self._due]
        again = [i for i, (_, when) in self._faults.items() if time.monotonic() >= when]
        self._due -= set(presets)
        for i in dict.fromkeys(changed + again):
            if i in changed:
                self._faults.pop(i, None)
            self._builder.ask(Reread(i, presets[i]))
        if changed or again:
            return  # first what they say
        concerned = [place for place in self._built if self._concerned(loaded, place)]
        asked = {_preset_of(loaded, place) for place in concerned if self._renew(loaded, place)}
        for i in self._read - asked:
            self._say(_reloaded(loaded.presets[i], self._wanted[i]))
        self._due, self._read = set(), set()

    def _files(self, loaded: LoadedSet, place: Place) -> set[Path]:
        """What a chain plays, and what it is to play."""
        parts = (*loaded.chain(place).units, *_wish(loaded, place, self._wanted, self._built.get(place)).specs)
        return {path for part in parts for path in part.files.values()}

    def _concerned(self, loaded: LoadedSet, place: Place) -> bool:
        return _preset_of(loaded, place) in self._read or not self._due.isdisjoint(self._files(loaded, place))

    def _renew(self, loaded: LoadedSet, place: Place) -> bool:
        """Turn a chain's knobs as its preset now says, or have it built anew where that is not enough: True."""
        chain, was = loaded.chain(place), self._built[place]
        wish = _wish(loaded, place, self._wanted, was)
        parts = tuple(_parts(was, wish, chain, self._due))
        whole = [part.origin for part in parts] == list(range(len(chain.units)))
        if whole and wish.dbu == was.dbu and not any(part.again for part in parts):
            _turn(chain, parts)
            self._builder.level(place, chain, wish.level)
            self._built[place] = wish
            return False
        preset = _preset_of(loaded, place)
        reason = _reloaded(loaded.presets[preset], self._wanted[preset]) if preset in self._read else ""
        knobs = tuple(map(chain.knobs, range(len(chain.units))))
        self._builder.ask(Renewal(place, parts, wish, knobs, frozenset(self._due), reason))
        return True


def _places(loaded: LoadedSet) -> Iterator[Place]:
    return (Place(stage, slot) for stage in STAGES for slot in range(len(loaded.chains(stage))))


def _preset_of(loaded: LoadedSet, place: Place) -> int:
    return loaded.amps[place.slot].preset if place.stage == "amp" else place.slot


def _wish(loaded: LoadedSet, place: Place, presets: Sequence[Preset], was: Wish | None = None) -> Wish:
    """What a preset says of a chain; `was` where it no longer knows the amp by its name."""
    preset = presets[_preset_of(loaded, place)]
    if place.stage != "amp":
        return Wish(getattr(preset, place.stage), 0.0, preset.dbu)
    name = loaded.amps[place.slot].name.casefold()
    amp = next((amp for amp in preset.amps if amp.name.casefold() == name), None)
    return Wish(amp.chain, amp.level, preset.dbu) if amp else was


def _parts(was: Wish, wish: Wish, chain: Chain, due: set[Path]) -> Iterator[Part]:
    """The engines of a chain as the preset now has them. What it says as before stays as the player left it."""
    kinds = [[(spec.engine, spec.branch) for spec in specs] for specs in (was.specs, wish.specs)]
    blocks = SequenceMatcher(None, *kinds, autojunk=False).get_matching_blocks()
    origins = {block.b + k: block.a + k for block in blocks for k in range(block.size)}
    for i, spec in enumerate(wish.specs):
        at = origins.get(i)
        if at is None:
            yield Part(spec, spec.params, None, again=True)
            continue
        old, unit = was.specs[at], chain.units[at]
        knobs = _merged(chain.knobs(at), old.params, spec.params)
        settings = _merged(unit.settings, old.settings, spec.settings)
        if spec.files != old.files:
            yield Part(replace(spec, settings=settings), knobs, at, again=True)
        else:
            again = settings != unit.settings or not due.isdisjoint(unit.files.values())
            yield Part(replace(unit, settings=settings), knobs, at, again)


def _merged(now: Mapping, old: Mapping, new: Mapping) -> dict:
    """How things stand, with what differs between two versions of the preset as the new one says it."""
    changed = {key for key in (*old, *new) if old.get(key) != new.get(key)}
    return {
        **{key: value for key, value in now.items() if key not in changed},
        **{k: new[k] for k in changed & set(new)},
    }


def _turn(chain: Chain, parts: Sequence[Part]) -> None:
    for i, part in enumerate(parts):
        for k, param in enumerate(chain.units[i].engine.params):
            value = part.knobs.get(param.name, param.initial)
            if value != chain.get(i, k):
                chain.set(i, k, value)


def _reloaded(before: Preset, now: Preset) -> str:
    """What is said of a preset that was read anew: `before` is how it was when the gig began."""
    olds, news = ({amp.name.casefold(): amp for amp in preset.amps} for preset in (before, now))
    wait = [f"amp '{amp.name}'" for name, amp in news.items() if name not in olds]
    wait += [f"amp '{amp.name}', which is gone" for name, amp in olds.items() if name not in news]
    wait += ["keys"] if any(news[name].key != amp.key for name, amp in olds.items() if name in news) else []
    wait += ["[jack]"] if now.jack != before.jack else []
    return f"reloaded {now.path.name}" + (f"; after a restart: {', '.join(wait)}" if wait else "")


def _again(units: Iterable[Unit], changed: Collection[Path]) -> str:
    """ "reloaded lead.json: ESR 0.0123"."""
    told = {}
    for key, path in (item for unit in units for item in unit.files.items() if item[1] in changed):
        esr = None
        with suppress(RigError):  # gone by now
            esr = read(path).metadata.get("esr") if key == "model" else None
        told[path] = f"{path.name}: ESR {esr:.4f}" if isinstance(esr, float) else path.name
    return f"reloaded {', '.join(told.values())}"
