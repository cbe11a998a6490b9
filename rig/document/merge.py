"""A preset read anew: what of it is what was there before, and what somebody else has changed beside what we did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TypeVar

from rig.document.document import Amp, Chain, EngineSpec, Preset, pruned, with_identities

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


def recognised(read: Preset, before: Preset) -> Preset:
    """A preset as read, its amps and engines with the identities that they had in `before`.

    Amps are known by their names, one that is called otherwise by its place; engines by their kinds and order.
    """
    uids = {read.uid: before.uid}
    _engines(uids, read.input, before.input)
    _engines(uids, read.output, before.output)
    for amp, old in _amps(read.amps, before.amps):
        uids[amp.uid] = old.uid
        _engines(uids, amp.chain, old.chain)
    return with_identities(read, uids)


def _amps(read: Sequence[Amp], before: Sequence[Amp]) -> list[tuple[Amp, Amp]]:
    olds = {amp.name.casefold(): amp for amp in before}
    pairs = [(amp, olds[amp.name.casefold()]) for amp in read if amp.name.casefold() in olds]
    known = {amp.uid for amp, _ in pairs} | {old.uid for _, old in pairs}
    pairs += [(a, b) for a, b in zip(read, before, strict=False) if known.isdisjoint((a.uid, b.uid))]
    return pairs


def _engines(uids: dict[int, int], read: Chain, before: Chain) -> None:
    kinds = [[(spec.engine, spec.branch) for spec in chain] for chain in (before, read)]
    for block in SequenceMatcher(None, *kinds, autojunk=False).get_matching_blocks():
        for old, new in zip(before[block.a :][: block.size], read[block.b :][: block.size], strict=True):
            uids[new.uid] = old.uid


def merged(base: Preset, theirs: Preset, ours: Preset) -> Preset:
    """Ours, with all that differs between `base` and `theirs` as theirs has it. All three share identities."""
    chains = {
        name: _chain(getattr(base, name), getattr(theirs, name), getattr(ours, name)) for name in ("input", "output")
    }
    amps = _sequence(base.amps, theirs.amps, ours.amps, _amp)
    named = ("name", "jack", "midi", "dbu")
    plain = {name: _either(*(getattr(preset, name) for preset in (base, theirs, ours))) for name in named}
    return pruned(replace(ours, amps=amps, **chains, **plain))


def _amp(base: Amp, theirs: Amp, ours: Amp) -> Amp:
    named = ("name", "level", "key", "scenes")
    plain = {name: _either(*(getattr(amp, name) for amp in (base, theirs, ours))) for name in named}
    made = replace(ours, chain=_chain(base.chain, theirs.chain, ours.chain), **plain)
    return made if made.active else replace(made, scene="")


def _chain(base: Chain, theirs: Chain, ours: Chain) -> Chain:
    return _sequence(base, theirs, ours, _engine)


def _engine(base: EngineSpec, theirs: EngineSpec, ours: EngineSpec) -> EngineSpec:
    tables = ("params", "files", "settings")
    named = ("engine", "branch", "on", "label")
    plain = {name: _either(*(getattr(spec, name) for spec in (base, theirs, ours))) for name in named}
    tabled = {name: _table(*(getattr(spec, name) for spec in (base, theirs, ours))) for name in tables}
    return replace(ours, **plain, **tabled)


def _either(base: T, theirs: T, ours: T) -> T:
    return theirs if theirs != base else ours


def _table(base: Mapping[K, V], theirs: Mapping[K, V], ours: Mapping[K, V]) -> dict[K, V]:
    """How things stand with us, with what differs between two versions of the file as the new one says it."""
    changed = {key for key in (*base, *theirs) if base.get(key) != theirs.get(key)}
    kept = {key: value for key, value in ours.items() if key not in changed}
    return {**kept, **{key: theirs[key] for key in theirs if key in changed}}


def _sequence(base: Sequence, theirs: Sequence, ours: Sequence, merge) -> tuple:
    """Amps or engines: which there are and in which order as theirs has it where it has changed that, else as ours."""
    order = {item.uid: item for item in _either(_Order(base), _Order(theirs), _Order(ours)).items}
    olds, news, mine = ({item.uid: item for item in items} for items in (base, theirs, ours))
    found = []
    for uid, item in order.items():
        if uid in olds and uid in news and uid in mine:
            item = merge(olds[uid], news[uid], mine[uid])
        found.append(item)
    return tuple(found)


class _Order:
    """Items that are told apart by their identities alone."""

    def __init__(self, items: Iterable) -> None:
        self.items = tuple(items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Order) and [i.uid for i in self.items] == [i.uid for i in other.items]

    __hash__ = None  # type: ignore[assignment]
