"""How a preset's engines, files and names are spelt in its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rig import toml
from rig.document.document import (
    ALL,
    FOOT_VERBS,
    INPUT,
    LEVEL_KNOB,
    ON,
    OUTPUT,
    Amp,
    Chain,
    EngineSpec,
    Morph,
    Pick,
    Preset,
    Target,
)
from rig.document.knobs import called
from rig.document.read_chains import PLUGIN, PLUGIN_PARAMS
from rig.document.read_midi import MORPH, MidiReader
from rig.engine import Engine
from rig.errors import RigError
from rig.shipped import seen_among_shipped

STEPS_UP = 2
"""Folders above the preset's, up to which a file is written with ../ and not from the root."""


@dataclass(frozen=True)
class Node:
    """An engine of a chain, and those of the branches that it mixes."""

    spec: EngineSpec
    sides: Mapping[str, Sequence[Node]] = field(default_factory=dict)


def nested(chain: Chain) -> list[Node]:
    """A chain as a file has it. Raises RigError for a branch that nothing mixes."""
    nodes = []
    pending: dict[str, list[Node]] = {}
    for spec in chain:
        if spec.branch:
            pending.setdefault(spec.branch, []).append(Node(spec))
        else:
            nodes.append(Node(spec, pending))
            pending = {}
    if pending:
        raise RigError("a branch ends in no engine that mixes it")
    return nodes


@dataclass(frozen=True)
class Spelling:
    """Spells for a preset in `folder`."""

    engines: Mapping[str, Engine]
    folder: Path

    def of(self, spec: EngineSpec) -> Engine:
        """Raises RigError for an engine that nobody has."""
        try:
            return self.engines[spec.engine]
        except KeyError:
            raise RigError(f"there is no engine '{spec.engine}'") from None

    def order(self, spec: EngineSpec) -> tuple[str, ...]:
        """The keys of its table, as they follow each other."""
        engine = self.of(spec)
        knobs = (*(param.name for param in engine.params), *(setting.name for setting in engine.settings))
        if engine.plays:
            return ("id", "engine", PLUGIN, *engine.file_keys, PLUGIN_PARAMS, ON)
        return ("id", "engine", *engine.file_keys, *engine.branches, *knobs, ON)

    def keys(self, spec: EngineSpec) -> dict[str, str]:
        """What its table says, in order, without the engine's name and its id, and a plug-in's knobs."""
        said = {key: toml.string(self.file(path)) for key, path in spec.files.items()}
        if not self.of(spec).plays:
            said |= {name: self.knob(spec, name, value) for name, value in {**spec.params, **spec.settings}.items()}
        if not spec.on:
            said[ON] = "false"
        return {key: said[key] for key in sorted(said, key=self.order(spec).index)}

    def params(self, spec: EngineSpec) -> dict[str, str]:
        """What the table of a plug-in's knobs says, in their order; {} for any other engine."""
        engine = self.of(spec)
        given = (param.name for param in engine.params if param.name in spec.params)
        return {name: self.knob(spec, name, spec.params[name]) for name in given} if engine.plays else {}

    def head(self, spec: EngineSpec) -> dict[str, str]:
        """Which engine it is."""
        engine = self.of(spec)
        plays = {PLUGIN: toml.string(engine.plays)} if engine.plays else {}
        return {"engine": toml.string(engine.word), **plays}

    def whole(self, spec: EngineSpec) -> dict[str, str]:
        """What a new table says: its files tell what plays them, where nothing else does."""
        said, knobs = self.keys(spec), self.params(spec)
        if knobs:
            said[PLUGIN_PARAMS] = f"{{ {', '.join(f'{name} = {raw}' for name, raw in knobs.items())} }}"
        reading = [name for name, engine in self.engines.items() if engine.files and set(engine.files) <= set(said)]
        if reading == [spec.engine]:
            return said
        said = {**self.head(spec), **said}
        return {key: said[key] for key in sorted(said, key=self.order(spec).index)}

    def knob(self, spec: EngineSpec, name: str, value: float) -> str:
        """The value of its switch, or of a parameter or a setting: a truth, a word or a number."""
        engine = self.of(spec)
        knob = engine.param(name) or engine.setting(name)
        if name == ON or (knob is not None and getattr(knob, "switch", False)):
            return toml.value(bool(value))
        if knob is None:
            raise RigError(f"{spec.label} has no '{name}'")
        if not knob.choices:
            return toml.number(value)
        if value not in range(len(knob.choices)):
            raise RigError(f"{spec.label} {name} has no choice {value:g}")
        return toml.string(knob.choices[int(value)])

    def file(self, path: Path) -> str:
        """Seen from the preset's folder, where that is near."""
        path, folder = path.resolve(), self.folder.resolve()
        if shipped := seen_among_shipped(folder, path):
            return shipped.as_posix()
        for steps, above in enumerate((folder, *folder.parents)[: STEPS_UP + 1]):
            if path.is_relative_to(above) and (steps == 0 or above != above.parent):
                seen = "../" * steps + path.relative_to(above).as_posix()
                return path.as_posix() if seen.startswith("~") else seen  # which would be somebody's home
        return path.as_posix()


class Names:
    """What a preset's text calls what has an identity, and what its words name."""

    def __init__(self, preset: Preset, engines: Mapping[str, Engine]) -> None:
        self.preset = preset
        self.engines = engines
        self.amps = {amp.uid: amp.name for amp in preset.amps}
        self.ends = {INPUT: preset.input, OUTPUT: preset.output}
        self.specs: dict[int, EngineSpec] = {}
        self.owners: dict[int, tuple[int, str]] = {}
        for uid, stage, chain in preset.chains():
            for spec in chain:
                self.specs[spec.uid] = spec
                self.owners[spec.uid] = uid, self.amps.get(uid, stage)

    def spec(self, target: Target) -> EngineSpec:
        """Raises RigError where its engine is gone."""
        if target.uid not in self.specs:
            raise RigError(f"the engine whose {target.knob} is meant is gone")
        return self.specs[target.uid]

    def in_scene(self, amp: Amp, target: Target) -> str:
        """ "boost.on", "output.delay.mix"."""
        spec = self.spec(target)
        uid, owner = self.owners[target.uid]
        if uid in self.amps and uid != amp.uid:
            raise RigError(f"a scene of '{amp.name}' sets a knob of '{owner}'")
        return f"{spec.label}.{target.knob}" if uid == amp.uid else f"{owner}.{spec.label}.{target.knob}"

    def controlled(self, to: Target | Pick | Morph | str) -> str:
        """ "Crunch.gain.gain", "Crunch.level", "level", "amp Lead:Solo", "morph Lead to Lead:Solo", "tap"."""
        if isinstance(to, str):
            return to
        if isinstance(to, Morph):
            return f"{MORPH} {self.picked(Pick(to.amp, to.heel))} to {self.picked(Pick(to.amp, to.toe))}"
        if isinstance(to, Pick):
            return f"amp {self.picked(to)}"
        if to.uid == ALL:
            return LEVEL_KNOB
        if to.knob == LEVEL_KNOB and to.uid in self.amps:
            return f"{self.amps[to.uid]}.{LEVEL_KNOB}"
        return f"{self.owners.get(to.uid, (0, ''))[1]}.{self.spec(to).label}.{to.knob}"

    def picked(self, pick: Pick) -> str:
        """ "Lead", "Lead:Solo"."""
        if pick.amp not in self.amps:
            raise RigError("the amp that a program picks is gone")
        return f"{self.amps[pick.amp]}:{pick.scene}" if pick.scene else self.amps[pick.amp]

    def meant_in_scene(self, amp: Amp, path: str) -> Target | None:
        """What a scene's path names; an engine may be called by its kind, too."""
        where, label, knob = ["", *path.split(".")][-3:] if path.count(".") in (1, 2) else ("?", "", "")
        return self._meant({"": amp.chain, **self.ends}.get(where, ()), label, knob)

    def meant_by_controller(self, words: str) -> Target | Pick | Morph | str | None:
        """What a controller's words name."""
        if words == LEVEL_KNOB:
            return Target(ALL, LEVEL_KNOB)
        for amp in self.preset.amps:
            if words == f"{amp.name}.{LEVEL_KNOB}":
                return Target(amp.uid, LEVEL_KNOB)
        where, label, knob = ["", "", *words.rsplit(".", 2)][-3:]
        chains = {**self.ends, **{amp.name: amp.chain for amp in self.preset.amps}}
        target = self._meant(chains.get(where, ()), label, knob)
        verb, _, rest = words.partition(" ")
        if target or verb not in FOOT_VERBS:
            return target
        if verb == MORPH:
            way = MidiReader(self.preset.path, self.engines).morph(rest, self.preset.amps)
            return way if isinstance(way, Morph) else None
        return self.meant_by_program(rest.strip()) if verb == "amp" else words

    def meant_by_program(self, words: str) -> Pick | None:
        """What a program's words name."""
        picks = [Pick(amp.uid, scene) for amp in self.preset.amps for scene in ("", *(s.name for s in amp.scenes))]
        return next((pick for pick in picks if self.picked(pick) == words), None)

    def _meant(self, chain: Chain, label: str, knob: str) -> Target | None:
        spec = called(chain, label, self.engines)
        return Target(spec.uid, knob) if spec else None
