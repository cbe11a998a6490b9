"""A preset read anew: what of it is what was there before, and what somebody else has changed beside what we did."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TypeVar

from rig.document.document import Amp, Chain, EngineSpec, Preset, free_name, labels, pruned, with_identities
from rig.document.knobs import kind

Item = TypeVar("Item", Amp, EngineSpec)
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
    was, now = ([(spec.engine, spec.branch) for spec in chain] for chain in (before, read))
    for block in SequenceMatcher(a=was, b=now, autojunk=False).get_matching_blocks():
        for old, new in zip(before[block.a :][: block.size], read[block.b :][: block.size], strict=True):
            uids[new.uid] = old.uid


def merged(base: Preset, theirs: Preset, ours: Preset) -> Preset:
    """Ours, with all that differs between `base` and `theirs` as theirs has it. All three share identities.

    What either has added is there, what either has removed is not; where an order differs, theirs is taken.
    """
    return _unlike(
        replace(
            ours,
            name=_either(base.name, theirs.name, ours.name),
            input=_chain(base.input, theirs.input, ours.input),
            amps=_sequence(base.amps, theirs.amps, ours.amps, _amp, bool),
            output=_chain(base.output, theirs.output, ours.output),
            jack=_either(base.jack, theirs.jack, ours.jack),
            midi=_either(base.midi, theirs.midi, ours.midi),
            dbu=_either(base.dbu, theirs.dbu, ours.dbu),
            tempo=_either(base.tempo, theirs.tempo, ours.tempo),
            tuning=_either(base.tuning, theirs.tuning, ours.tuning),
            a4=_either(base.a4, theirs.a4, ours.a4),
            boost=_either(base.boost, theirs.boost, ours.boost),
            revert_scenes=_either(base.revert_scenes, theirs.revert_scenes, ours.revert_scenes),
            follow=_either(base.follow, theirs.follow, ours.follow),
            metronome=_either(base.metronome, theirs.metronome, ours.metronome),
        ),
        theirs,
    )


def _unlike(preset: Preset, theirs: Preset) -> Preset:
    """No two amps of one name or one key, nor two engines of a chain of one label: theirs keep it."""
    first = {amp.uid for amp in theirs.amps}
    names: set[str] = set()
    keys: set[str] = set()
    found: dict[int, Amp] = {}
    for amp in sorted(preset.amps, key=lambda amp: amp.uid not in first):
        name = amp.name if amp.name.casefold() not in names else free_name(names, amp.name)
        key = amp.key if amp.key not in keys else None
        found[amp.uid] = replace(amp, name=name, key=key, chain=_labelled(amp.chain, theirs))
        names.add(name.casefold())
        keys.update(key or "")
    amps = tuple(found[amp.uid] for amp in preset.amps)
    return pruned(
        replace(preset, amps=amps, input=_labelled(preset.input, theirs), output=_labelled(preset.output, theirs))
    )


def _labelled(chain: Chain, theirs: Preset) -> Chain:
    """Labels of theirs stay; another one that has the same gets the next that is free."""
    first = {spec.uid: spec.label for spec in theirs.engines()}
    given = [first.get(spec.uid, "") for spec in chain]
    taken = set(given)
    for i, spec in enumerate(chain):
        if not given[i] and spec.label not in taken:
            given[i] = spec.label
            taken.add(spec.label)
    names = labels((spec.engine for spec in chain), given)
    if all(spec.label == name for spec, name in zip(chain, names, strict=True)):
        return chain
    return tuple(replace(spec, label=name) for spec, name in zip(chain, names, strict=True))


def _amp(base: Amp, theirs: Amp, ours: Amp) -> Amp:
    made = replace(
        ours,
        name=_either(base.name, theirs.name, ours.name),
        chain=_chain(base.chain, theirs.chain, ours.chain),
        level=_either(base.level, theirs.level, ours.level),
        key=_either(base.key, theirs.key, ours.key),
        scenes=_either(base.scenes, theirs.scenes, ours.scenes),
        louder=_either(base.louder, theirs.louder, ours.louder),
    )
    return made if made.active else replace(made, scene="")


def _chain(base: Chain, theirs: Chain, ours: Chain) -> Chain:
    return _sequence(base, theirs, ours, _engine, _joined)


def _joined(chain: Chain) -> bool:
    """Whether branch a and then branch b lead to an engine that joins them, and nothing else is joined."""
    sides = ""
    for spec in chain:
        if spec.branch:
            sides += spec.branch
        elif bool(sides) != bool(kind(spec).branches) or sides != "".join(sorted(sides)):
            return False
        else:
            sides = ""
    return not sides


def _engine(base: EngineSpec, theirs: EngineSpec, ours: EngineSpec) -> EngineSpec:
    return replace(
        ours,
        engine=_either(base.engine, theirs.engine, ours.engine),
        params=_table(base.params, theirs.params, ours.params),
        files=_table(base.files, theirs.files, ours.files),
        settings=_table(base.settings, theirs.settings, ours.settings),
        branch=_either(base.branch, theirs.branch, ours.branch),
        on=_either(base.on, theirs.on, ours.on),
        label=_either(base.label, theirs.label, ours.label),
    )


def _either(base: T, theirs: T, ours: T) -> T:
    return theirs if theirs != base else ours


def _table(base: Mapping[K, V], theirs: Mapping[K, V], ours: Mapping[K, V]) -> dict[K, V]:
    """How things stand with us, with what differs between two versions of the file as the new one says it."""
    changed = {key for key in (*base, *theirs) if base.get(key) != theirs.get(key)}
    kept = {key: value for key, value in ours.items() if key not in changed}
    return {**kept, **{key: theirs[key] for key in theirs if key in changed}}


def _sequence(
    base: tuple[Item, ...],
    theirs: tuple[Item, ...],
    ours: tuple[Item, ...],
    merge: Callable[[Item, Item, Item], Item],
    possible: Callable[[tuple[Item, ...]], bool],
) -> tuple[Item, ...]:
    """Amps or engines. Where what both have changed is not possible together, those that theirs has."""
    olds, news, mine = ({item.uid: item for item in items} for items in (base, theirs, ours))

    def merged(items: Sequence[Item]) -> tuple[Item, ...]:
        return tuple(
            merge(olds[item.uid], news[item.uid], mine[item.uid])
            if item.uid in olds and item.uid in news and item.uid in mine
            else item
            for item in items
        )

    found = merged(ours if list(olds) == list(news) else _together(olds, theirs, ours))
    return found if possible(found) else merged(theirs)


def _together(olds: Collection[int], theirs: Sequence[Item], ours: Sequence[Item]) -> list[Item]:
    """Theirs without what we have removed; what we have added stands behind what it stood behind."""
    mine = {item.uid for item in ours}
    found = [item for item in theirs if item.uid in mine or item.uid not in olds]
    at = 0
    for item in ours:
        uids = [other.uid for other in found]
        if item.uid in uids:
            at = uids.index(item.uid) + 1
        elif item.uid not in olds:
            found.insert(at, item)
            at += 1
    return found
