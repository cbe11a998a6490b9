"""A preset's chains: engines with their files, knobs and settings, and the branches that run side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rig.document.document import ENGINES, INPUT, NAME, ON, OUTPUT, Chain, EngineSpec, labels
from rig.document.read_values import Values, shown, suggest, toml_kind
from rig.engine import Engine, named
from rig.errors import RigError, did_you_mean
from rig.files import spelled, unreadable
from rig.shipped import named_by

PLUGIN, PLUGIN_PARAMS = PLUGIN_KEYS = ("plugin", "params")
"""What an engine that runs a plug-in says of that: which, and the table of its knobs."""

ENGINE_ID = r"[^\W\d][\w-]*"
"""How an engine may be called: letters, digits, _ and -, a letter first."""


class ChainReader(Values):
    """Reads chains."""

    def chain(self, table: Mapping[str, object], place: str, owner: str) -> Chain:
        """owner: what "Amp.engine.param" starts with."""
        if "chain" not in table:
            if owner not in (INPUT, OUTPUT):
                self.fault(place, 'no chain; give it one: chain = [{ engine = "gain" }]')
            return ()
        specs = tuple(islice(self.specs(table["chain"], "chain", place), ENGINES + 1))
        if len(specs) > ENGINES:
            self.fault(place, f"more engines than {ENGINES}, which is the most that a chain has")
        if None in specs:
            self.torn.add(owner)
        return self.labelled([spec for spec in specs if spec is not None], place)

    def labelled(self, specs: Sequence[EngineSpec], place: str) -> Chain:
        """A chain whose engines have names: as the file gives them, else what kind they are."""
        seen: set[str] = set()
        for spec in specs:
            if spec.label in seen:
                self.fault(place, f"two engines have the id '{spec.label}'")
            seen.add(spec.label or " ")
        names = labels((spec.engine for spec in specs), [spec.label for spec in specs])
        return tuple(replace(spec, label=name) for spec, name in zip(specs, names, strict=True))

    def specs(self, listed: object, key: str, place: str, branch: str = "") -> Iterator[EngineSpec | None]:
        """A list's engines in order, those of branches before the one that mixes them; None for each with a fault."""
        if not isinstance(listed, list):
            self.fault(place, f"{key} must be a list of engines, not {toml_kind(listed)}")
            return
        for i, entry in enumerate(listed, 1):
            at = f"{place}, {branch}, engine {i}" if branch else f"{place}, engine {i}"
            for side in self.split(entry, at, branch):
                yield from self.specs(entry[side], side, at, side)
            yield self.spec(entry, at, branch)

    def split(self, entry: object, place: str, branch: str) -> Sequence[str]:
        """Which branches an entry has."""
        if not isinstance(entry, dict):
            return ()
        engine = named(str(entry.get("engine")), self.engines)
        if engine is None or not engine.branches:
            return ()
        found = [side for side in engine.branches if side in entry]
        if branch:
            self.fault(place, f"no {engine.name} within a branch; put one after the other")
            return ()
        if not any(entry[side] for side in found):
            self.fault(place, f'{engine.name} has nothing to mix: a = [{{ model = "..." }}], b = [{{ model = "..." }}]')
        return found

    def spec(self, entry: object, place: str, branch: str) -> EngineSpec | None:
        if not isinstance(entry, dict):
            name = entry if isinstance(entry, str) else "gain"
            self.fault(place, f'must be written {{ engine = "{name}" }}, not {toml_kind(entry)}')
            return None
        before = len(self.faults)
        engine = self.engine(entry, place)
        if engine is None:
            return None
        knobs = {} if engine.plays else {param.name: param for param in engine.params}
        settings = {setting.name: setting for setting in engine.settings}
        known = (*engine.file_keys, *engine.branches, *knobs, *settings)
        params = self.plugin_params(entry, engine, place) if engine.plays else {}
        files: dict[str, Path] = {}
        settled: dict[str, float] = {}
        for key, value in entry.items():
            if key in engine.file_keys:
                files[key] = self.file(key, value, place)
            elif key in knobs:
                params[key] = self.within(value, engine.name, knobs[key], place)
            elif key in settings:
                settled[key] = self.setting(value, engine.name, settings[key], place)
            elif key not in ("engine", "id", ON, *(PLUGIN_KEYS if engine.plays else ())) and key not in engine.branches:
                self.fault(place, f"{engine.name} has no '{key}'{suggest(key, known)}")
        for key in engine.files:
            if key not in files:
                self.fault(place, f'{engine.name} needs a file: {key} = "..."')
        label, on = self.id(entry, place), self.on(entry, place)
        if len(self.faults) > before:
            return None
        return EngineSpec(engine.name, params, files, settled, branch, on, label)

    def plugin(self, entry: Mapping[str, object], engine: Engine, place: str) -> Engine | None:
        """The engine of the plug-in that `entry` names."""
        uri = entry.get(PLUGIN)
        if not isinstance(uri, str):
            self.fault(place, f'{engine.name} needs a plug-in: plugin = "http://..."')
            return None
        assert engine.plugin
        try:
            return engine.plugin(uri)
        except RigError as error:
            self.fault(place, str(error))
            return None

    def plugin_params(self, entry: Mapping[str, object], engine: Engine, place: str) -> dict[str, float]:
        """A plug-in's knobs, which stand in a table of their own: they may be called as its other keys are."""
        knobs = {param.name: param for param in engine.params}
        params: dict[str, float] = {}
        for name, value in self.table(entry, PLUGIN_PARAMS, place).items():
            if name in knobs:
                params[name] = self.within(value, engine.word, knobs[name], place)
            else:
                self.fault(place, f"{engine.about} has no knob '{name}'{suggest(name, knobs)}")
        return params

    def id(self, entry: Mapping[str, object], place: str) -> str:
        """How the file calls this engine, or ""."""
        label = entry.get("id", "")
        if label == "" and "id" not in entry:
            return ""
        if isinstance(label, str) and re.fullmatch(ENGINE_ID, label) and len(label) <= NAME:
            return label
        self.fault(place, f'id = {shown(label)} must be letters, digits, _ and -, a letter first, as in id = "boost"')
        return ""

    def on(self, entry: Mapping[str, object], place: str) -> bool:
        return self.truth(entry, ON, place, True)

    def engine(self, entry: Mapping[str, object], place: str) -> Engine | None:
        """The engine that `entry` names, or that alone reads the files it names."""
        if "engine" in entry:
            name = entry["engine"]
            if not isinstance(name, str):
                self.fault(place, f"engine must be a text in quotes, not {toml_kind(name)}")
            elif (engine := named(name, self.engines)) is None:
                self.fault(place, f"unknown engine '{name}'{suggest(name, self.engines)}")
            else:
                return self.plugin(entry, engine, place) if engine.plugin else engine
            return None
        fitting = [e for e in self.engines.values() if e.files and set(e.files) <= set(entry)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            self.fault(place, f'which engine? It may be {" or ".join(e.name for e in fitting)}; write engine = "..."')
            return None
        file_keys = {key for e in self.engines.values() for key in e.files}
        near = (did_you_mean(key, {"engine", *file_keys}) for key in entry)
        hint = next(filter(None, near), '; name one: engine = "gain"')
        self.fault(place, f"no engine{hint}")
        return None

    def file(self, key: str, value: object, place: str) -> Path:
        """Where a chain's file lies; it is looked for beside the preset."""
        if not isinstance(value, str):
            self.fault(place, f"{key} must be a path in quotes, not {toml_kind(value)}")
            return self.path
        try:
            given = named_by(self.path, Path(value).expanduser())
            given = spelled(given) if self.files else given
            path = given.resolve()
        except (OSError, RuntimeError, ValueError):
            self.fault(place, f"{key} = {shown(value)} is no path")
            return self.path
        fault = unreadable(given, key, value) if self.files else ""
        if fault:
            self.fault(place, fault)
        return path
