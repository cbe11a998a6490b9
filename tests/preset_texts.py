"""Presets by chance: any preset, written in any way that TOML has, and changed by any steps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

from rig.document.document import (
    Amp,
    Chain,
    EngineSpec,
    Midi,
    Pick,
    Preset,
    Scene,
    Target,
    Wiring,
    identity,
    labels,
)
from rig.engine import Engine, Param, Payload, Setting

FOLDER = Path("/nowhere/presets")
ENGINES = {
    engine.name: engine
    for engine in (
        Engine("gain", "Louder.", (Param("gain", "dB", "how much", -60, 60, 0),)),
        Engine("eq", "Tone.", (Param("bass", "dB", "", -8, 8, 0), Param("treble", "dB", "", -8, 8, 0))),
        Engine("tremolo", "Wobble.", (Param("shape", "", "", 0, 2, 0, ("sine", "square", "ramp")),)),
        Engine(
            "model",
            "An amp.",
            (Param("level", "dB", "", -24, 24, 0),),
            files=("model",),
            settings=(
                Setting("quality", "", "", 0, 1, 1),
                Setting("normalize", "", "", 0, 1, 0, switch=True),
                Setting("voice", "", "", 0, 1, 0, choices=("dark", "bright")),
            ),
            aliases=("wavenet", "lstm"),
        ),
        Engine("cab", "A cabinet.", (Param("level", "dB", "", -24, 24, 0),), files=("ir",)),
        Engine("blend", "Two.", (Param("mix", "", "", 0, 1, 0.5),), join=lambda *_: Payload()),
    )
}
NAMES = (
    "Clean",
    "Lead",
    'Say "hi"',
    "O'Neil",
    "Ünï",
    "a.b",
    "back\\slash",
    "#7",
    "Crunch 2",
    "tab-x",
    "\u2028x".strip(),
)
FILES = ("models/a.json", "b.json", "../cabs/c.wav", "../../d e.wav", "/far/away/f.wav", "models/~x.json")


# ---- a preset


class Chance:
    """Random parts of presets."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def some(self, p: float = 0.5) -> bool:
        return self.random.random() < p

    def number(self, low: float, high: float) -> float:
        value = self.random.uniform(low, high)
        return self.random.choice([float(round(value)), round(value, 1), round(value, 3), value])

    def value(self, knob: Param | Setting) -> float:
        if knob.choices or getattr(knob, "switch", False):
            return float(self.random.randint(0, len(knob.choices) - 1 if knob.choices else 1))
        return self.number(knob.minimum, knob.maximum)

    def file(self) -> Path:
        return (FOLDER / self.random.choice(FILES)).resolve()

    def spec(self, branch: str = "", kinds: tuple[str, ...] = ("gain", "eq", "tremolo", "model", "cab")) -> EngineSpec:
        engine = ENGINES[self.random.choice(kinds)]
        return EngineSpec(
            engine.name,
            {p.name: self.value(p) for p in engine.params if self.some()},
            {key: self.file() for key in engine.files},
            {s.name: self.value(s) for s in engine.settings if self.some(0.3)},
            branch,
            self.some(0.8),
            self.random.choice(["boost", "solo", "x-1"]) if self.some(0.3) else "",
        )

    def chain(self, longest: int = 4) -> Chain:
        found: list[EngineSpec] = []
        for _ in range(self.random.randint(0, longest)):
            if self.some(0.2):
                found += self.blend()
            else:
                found.append(self.spec())
        return labelled(tuple(found))

    def blend(self) -> list[EngineSpec]:
        a = [self.spec("a") for _ in range(self.random.randint(1, 2))]
        b = [self.spec("b") for _ in range(self.random.randint(0, 2))]
        return [*a, *b, self.spec(kinds=("blend",))]

    def amp(self, name: str, key: str | None) -> Amp:
        return Amp(name, self.chain(), self.number(-20, 20) if self.some() else 0.0, key)

    def scene(self, name: str, amp: Amp, preset: Preset) -> Scene:
        values = {}
        for spec in (*amp.chain, *preset.input, *preset.output):
            for param in ENGINES[spec.engine].params:
                if self.some(0.3):
                    values[Target(spec.uid, param.name)] = self.value(param)
            if self.some(0.3):
                values[Target(spec.uid, "on")] = float(self.some())
        return Scene(name, self.number(-9, 9) if self.some() else 0.0, values)

    def preset(self) -> Preset:
        names = self.random.sample(NAMES, 3)
        amps = tuple(
            self.amp(name, str(i) if self.some() else None)
            for i, name in enumerate(names[: self.random.randint(1, 3)], 1)
        )
        preset = Preset(
            FOLDER / "night.toml", self.random.choice(["night", *NAMES]), amps, self.chain(2), self.chain(2)
        )
        with_scenes = tuple(
            replace(
                amp,
                scenes=tuple(self.scene(name, amp, preset) for name in ("Solo", "Quiet")[: self.random.randint(0, 2)]),
            )
            for amp in amps
        )
        preset = replace(preset, amps=with_scenes, dbu=self.number(-10, 20) if self.some(0.3) else None)
        return replace(preset, jack=self.wiring(), midi=self.midi(preset))

    def wiring(self) -> Wiring:
        outputs = (("x:1",), ("x:1", "x:2"), None)
        return Wiring("system:in" if self.some(0.3) else None, self.random.choice(outputs) if self.some(0.4) else None)

    def midi(self, preset: Preset) -> Midi:
        picks = [Pick(amp.uid, scene) for amp in preset.amps for scene in ("", *(s.name for s in amp.scenes))]
        targets = [Target(amp.uid, "level") for amp in preset.amps]
        targets += [Target(spec.uid, p.name) for spec in preset.engines() for p in ENGINES[spec.engine].params]
        numbers = self.random.sample(range(128), 6)
        return Midi(
            {n: self.random.choice(picks) for n in numbers[:2] if self.some()},
            {n: self.random.choice(targets) for n in numbers[2:] if self.some()},
        )


def labelled(chain: Chain) -> Chain:
    """With labels, unlike each other."""
    seen: set[str] = set()
    given = []
    for spec in chain:
        given.append("" if spec.label in seen else spec.label)
        seen.add(spec.label)
    names = labels((spec.engine for spec in chain), given)
    return tuple(replace(spec, label=name) for spec, name in zip(chain, names, strict=True))


# ---- its text


class Layout(Chance):
    """Writes a preset in one of the ways that TOML has. comments: those that it wrote."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.comments: list[str] = []
        self.newline = random.choice(["\n", "\n", "\r\n"])

    def text(self, preset: Preset) -> str:
        root = [f"{self.key('name')} = {self.string(preset.name)}"] if preset.name != "night" or self.some() else []
        tables: list[list[str]] = []
        ends = [("input", preset.input, preset.dbu), ("output", preset.output, None)]
        for name, chain, dbu in ends:
            self.end(root, tables, name, chain, dbu)
        amps: list[str] = []
        if self.some(0.2):
            entries = [self.amp_inline(amp, preset) for amp in preset.amps]
            root.append(f"amp = {self.array(entries, True)}")
        else:
            for amp in preset.amps:
                amps += self.amp(amp, preset)
        tables.append(amps)
        self.midi(root, tables, preset)
        if preset.jack != Wiring():
            tables.append(["[jack]", *self.shuffled(self.jack(preset.jack))])
        self.random.shuffle(tables)
        self.random.shuffle(root)
        lines: list[str] = []
        for line in [*root, *(line for table in tables for line in table)]:
            lines += self.around(line)
        text = "\n".join(lines) + ("\n" if self.some(0.8) else "")
        return text.replace("\n", self.newline)

    def around(self, line: str) -> list[str]:
        """A statement or a header, with what may stand around it."""
        above = [""] if line.startswith("[") and self.some(0.8) else [""] * self.some(0.1)
        above += [self.comment(), ""] if self.some(0.07) else []
        above += [self.comment()] if self.some(0.1) else []
        return [*above, ("  " if self.some(0.05) else "") + line + (" " + self.comment() if self.some(0.1) else "")]

    def comment(self) -> str:
        self.comments.append(
            f"# {len(self.comments)} is {self.random.choice(['loud', '[[amp]]', 'x = 3', '{}]', 'ü'])}."
        )
        return self.comments[-1]

    def shuffled(self, lines: list[str]) -> list[str]:
        self.random.shuffle(lines)
        return lines

    def key(self, *names: str) -> str:
        return self.random.choice([".", ".", " . "]).join(
            json.dumps(n, ensure_ascii=False) if self.some(0.1) or not n.isascii() else n for n in names
        )

    def string(self, text: str) -> str:
        if "'" not in text and text.isprintable() and self.some(0.3):
            return f"'{text}'"
        return json.dumps(text, ensure_ascii=self.some(0.2))

    def spelt(self, value: float) -> str:
        if value == int(value):
            return self.random.choice([f"{int(value)}", f"{value:.1f}", f"{value:.2f}", f"{value:+.0f}"])
        return repr(value)

    def knob(self, engine: str, name: str, value: float) -> str:
        knob = ENGINES[engine].param(name) or ENGINES[engine].setting(name)
        if knob is None or getattr(knob, "switch", False):
            return "true" if value else "false"
        return self.string(knob.choices[int(value)]) if knob.choices else self.spelt(value)

    # -- chains

    def pairs(self, spec: EngineSpec, chain: Chain) -> list[tuple[str, str]]:
        """The keys of an engine that are no branches."""
        found = [(key, self.string(self.seen(path))) for key, path in spec.files.items()]
        found += [(k, self.knob(spec.engine, k, v)) for k, v in {**spec.params, **spec.settings}.items()]
        found += [] if spec.files and self.some() else [("engine", self.string(self.kind(spec.engine)))]
        if not spec.on or self.some(0.05):
            found.append(("on", "true" if spec.on else "false"))
        natural = labels([s.engine for s in chain])[chain.index(spec)]
        if spec.label != natural or self.some(0.1) or any(s.label in ("boost", "solo", "x-1") for s in chain):
            found.append(("id", self.string(spec.label)))
        if self.some():
            self.random.shuffle(found)
        return found

    def kind(self, engine: str) -> str:
        return self.random.choice([engine, *ENGINES[engine].aliases])

    def called(self, spec: EngineSpec, chain: Chain) -> str:
        """How scenes and MIDI name an engine: by its label, or by its place among those of its kind."""
        kinds = [other.uid for other in chain if other.engine == spec.engine]
        name = self.kind(spec.engine) + str(kinds.index(spec.uid) + 1 if spec.uid != kinds[0] else "")
        return name if self.some(0.2) and all(name != other.label for other in chain) else spec.label

    def seen(self, path: Path) -> str:
        for up, above in enumerate((FOLDER, FOLDER.parent)):
            if path.is_relative_to(above):
                return "../" * up + path.relative_to(above).as_posix()
        return str(path)

    def nodes(self, chain: Chain) -> list[tuple[EngineSpec, dict[str, list[EngineSpec]]]]:
        found, pending = [], {}
        for spec in chain:
            if spec.branch:
                pending.setdefault(spec.branch, []).append(spec)
            else:
                found.append((spec, pending))
                pending = {}
        return found

    def engine_inline(self, spec: EngineSpec, sides: dict[str, list[EngineSpec]], chain: Chain) -> str:
        pairs = self.pairs(spec, chain)
        for side in sides if spec.engine == "blend" else ():
            inner = [self.engine_inline(other, {}, chain) for other in sides[side]]
            pairs.insert(self.random.randint(0, len(pairs)), (side, self.array(inner, self.some(0.2))))
        return self.table([(self.key(k), v) for k, v in pairs])

    def table(self, pairs: list[tuple[str, str]]) -> str:
        equals, comma, space = self.random.choice(
            [(" = ", ", ", " "), (" = ", ", ", " "), ("=", ",", ""), (" =", " , ", "")]
        )
        return "{" + space + comma.join(f"{k}{equals}{v}" for k, v in pairs) + space + "}"

    def array(self, entries: list[str], wide: bool) -> str:
        """On one line, or on several with comments."""
        if not wide:
            space = self.random.choice(["", "", " "])
            return f"[{space}{self.random.choice([', ', ', ', ','])}".join([""] * 0) or (
                "[" + space + self.random.choice([", ", ", ", ","]).join(entries) + space + "]"
            )
        lines = ["[" + (" " + self.comment() if self.some(0.1) else "")]
        last = self.some(0.7)
        for i, entry in enumerate(entries):
            lines += [""] * self.some(0.05) + ["  " + self.comment()] * self.some(0.15)
            comma = "," if last or i < len(entries) - 1 else ""
            early = self.some(0.05) and comma
            lines.append(
                f"  {entry}"
                + (f" {self.comment()}\n  ," if early else comma)
                + (" " + self.comment() if self.some(0.2) else "")
            )
        lines += ["  " + self.comment()] * self.some(0.1)
        return "\n".join([*lines, "]"])

    def chain_lines(self, path: tuple[str, ...], chain: Chain) -> list[str]:
        """[[headers]]."""
        found = []
        for spec, sides in self.nodes(chain):
            pairs = self.pairs(spec, chain)
            blocks = []
            for side in sides:
                if self.some():
                    blocks += [
                        line
                        for other in sides[side]
                        for line in (f"[[{'.'.join(path)}.{side}]]", *self.statements(self.pairs(other, chain)))
                    ]
                else:
                    inner = [self.engine_inline(other, {}, chain) for other in sides[side]]
                    pairs.append((side, self.array(inner, self.some())))
            found += [f"[[{'.'.join(path)}]]", *self.statements(pairs), *blocks]
        return found

    def statements(self, pairs: list[tuple[str, str]]) -> list[str]:
        width = max((len(k) for k, _ in pairs), default=0) if self.some(0.2) else 0
        return [f"{self.key(k):{width}} = {v}" for k, v in pairs]

    def chain_array(self, chain: Chain, wide: bool) -> str:
        return self.array([self.engine_inline(spec, sides, chain) for spec, sides in self.nodes(chain)], wide)

    # -- tables

    def end(self, root: list[str], tables: list[list[str]], name: str, chain: Chain, dbu: float | None) -> None:
        pairs = [] if dbu is None else [("dbu", self.spelt(dbu))]
        if not chain and not pairs and self.some(0.7):
            return
        way = self.random.randint(0, 3)
        if way == 0 and chain:
            tables.append([f"[{name}]", *self.statements(pairs), *self.chain_lines((name, "chain"), chain)])
            return
        pairs.append(("chain", self.chain_array(chain, way != 3 and self.some(0.6))))
        if way == 1:
            root += [f"{self.key(name, k)} = {v}" for k, v in pairs]
        elif way == 3:
            root.append(f"{self.key(name)} = {self.table(pairs)}")
        else:
            tables.append([f"[{name}]", *self.shuffled(self.statements(pairs))])

    def jack(self, jack: Wiring) -> list[str]:
        lines = [f"in = {self.string(jack.input)}"] if jack.input else []
        if jack.outputs and len(jack.outputs) == 1 and self.some():
            lines.append(f"out = {self.string(jack.outputs[0])}")
        elif jack.outputs:
            lines.append(f"out = {self.array([self.string(port) for port in jack.outputs], self.some(0.2))}")
        return lines

    def amp_pairs(self, amp: Amp) -> list[tuple[str, str]]:
        pairs = [("name", self.string(amp.name))]
        pairs += [("key", self.string(amp.key))] if amp.key else []
        return pairs + ([("level", self.spelt(amp.level))] if amp.level or self.some(0.2) else [])

    def amp_inline(self, amp: Amp, preset: Preset) -> str:
        pairs = [*self.amp_pairs(amp), ("chain", self.chain_array(amp.chain, False))]
        if amp.scenes:
            pairs.append(("scene", self.array([self.scene_inline(s, amp, preset) for s in amp.scenes], False)))
        return self.table(pairs)

    def amp(self, amp: Amp, preset: Preset) -> list[str]:
        pairs, blocks = self.amp_pairs(amp), list[str]()
        if amp.chain and self.some(0.3):
            blocks += self.chain_lines(("amp", "chain"), amp.chain)
        else:
            pairs.append(("chain", self.chain_array(amp.chain, self.some(0.6))))
        if amp.scenes and self.some(0.3):
            scenes = [self.scene_inline(scene, amp, preset) for scene in amp.scenes]
            pairs.append(("scene", self.array(scenes, self.some(0.6))))
        else:
            for scene in amp.scenes:
                blocks += self.scene(scene, amp, preset)
        return ["[[amp]]", *self.statements(pairs), *blocks]

    def values(self, scene: Scene, amp: Amp, preset: Preset) -> list[tuple[tuple[str, ...], str]]:
        chains = (("", amp.chain), ("input", preset.input), ("output", preset.output))
        specs = {spec.uid: (where, spec, chain) for where, chain in chains for spec in chain}
        found = []
        for target, value in scene.values.items():
            where, spec, chain = specs[target.uid]
            raw = self.knob(spec.engine, target.knob, value)
            found.append(((*([where] if where else []), self.called(spec, chain), target.knob), raw))
        return found

    def scene_pairs(self, scene: Scene) -> list[tuple[str, str]]:
        return [("name", self.string(scene.name)), *([("level", self.spelt(scene.level))] if scene.level else [])]

    def scene_inline(self, scene: Scene, amp: Amp, preset: Preset) -> str:
        return self.table([*self.scene_pairs(scene), ("set", self.set_inline(self.values(scene, amp, preset)))])

    def set_inline(self, values: list[tuple[tuple[str, ...], str]]) -> str:
        if self.some():
            return self.table([(json.dumps(".".join(names)), raw) for names, raw in values])
        if self.some(0.7):
            return self.table([(self.key(*names), raw) for names, raw in values])
        tree: dict = {}
        for names, raw in values:
            at = tree
            for name in names[:-1]:
                at = at.setdefault(name, {})
            at[names[-1]] = raw
        return self.inner(tree)

    def inner(self, tree: dict) -> str:
        return self.table([(self.key(k), v if isinstance(v, str) else self.inner(v)) for k, v in tree.items()])

    def scene(self, scene: Scene, amp: Amp, preset: Preset) -> list[str]:
        values, lines = self.values(scene, amp, preset), ["[[amp.scene]]", *self.statements(self.scene_pairs(scene))]
        way = self.random.randint(0, 3)
        if way == 0:
            return [*lines, f"set = {self.set_inline(values)}"]
        if way == 1:
            return [*lines, *(f"{self.key('set', *names)} = {raw}" for names, raw in values)]
        if way == 2:
            return [*lines, "[amp.scene.set]", *(f'"{".".join(names)}" = {raw}' for names, raw in values)]
        for names, raw in sorted(values):
            header = f"[amp.scene.set.{self.key_plain(names[:-1])}]"
            lines += [*([] if header in lines else [header]), f"{names[-1]} = {raw}"]
        return lines

    def key_plain(self, names: tuple[str, ...]) -> str:
        return ".".join(json.dumps(name) if not name.isascii() else name for name in names)

    def midi(self, root: list[str], tables: list[list[str]], preset: Preset) -> None:
        names = {amp.uid: amp.name for amp in preset.amps}
        owners = {s.uid: (names.get(uid, stage), s, chain) for uid, stage, chain in preset.chains() for s in chain}
        program = {n: names[p.amp] + (f":{p.scene}" if p.scene else "") for n, p in preset.midi.program.items()}
        cc = {}
        for n, target in preset.midi.cc.items():
            owner, spec, chain = owners.get(target.uid, ("", None, ()))
            cc[n] = (
                f"{names[target.uid]}.level" if spec is None else f"{owner}.{self.called(spec, chain)}.{target.knob}"
            )
        said = {
            key: {f"0{n}" if n < 100 and self.some(0.1) else str(n): self.string(w) for n, w in of.items()}
            for key, of in (("program", program), ("cc", cc))
            if of
        }
        way = self.random.randint(0, 3)
        if not said:
            return
        if way == 0:
            root += [f"{self.key('midi', key, n)} = {w}" for key, of in said.items() for n, w in of.items()]
        elif way == 1:
            tables.append(["[midi]", *(f"{key} = {self.table(list(of.items()))}" for key, of in said.items())])
        elif way == 2:
            tables.append(
                [line for key, of in said.items() for line in (f"[midi.{key}]", *self.statements(list(of.items())))]
            )
        else:
            tables.append(["[midi]", *(f"{key}.{n} = {w}" for key, of in said.items() for n, w in of.items())])


# ---- changes


class Edits(Chance):
    """Changes a preset. gentle: nothing goes, so that no comment may go either."""

    def __init__(self, random: Random, gentle: bool) -> None:
        super().__init__(random)
        steps = [
            self.turn,
            self.turn,
            self.level,
            self.off,
            self.rename,
            self.move,
            self.insert,
            self.add_amp,
            self.move_amp,
            self.title,
            self.relabel,
            self.file_of,
            self.add_scene,
            self.rename_scene,
            self.bind,
        ]
        rough = [
            self.forget,
            self.on,
            self.remove,
            self.remove_amp,
            self.remove_scene,
            self.rewire,
            self.wrap,
            self.unset,
            self.unbind,
            self.empty,
        ]
        self.steps = steps if gentle else [*steps, *rough]

    def changed(self, preset: Preset, times: int) -> Preset:
        for _ in range(times):
            preset = self.random.choice(self.steps)(preset)
        return preset

    def chains(self, preset: Preset) -> list[tuple[int, str, Chain]]:
        return [found for found in preset.chains() if found[2]]

    def with_chain(self, preset: Preset, place: tuple[int, str], chain: Chain) -> Preset:
        uid, stage = place
        if stage != "amp":
            changed = replace(preset, **{stage: chain})
        else:
            changed = replace(preset, amps=tuple(replace(a, chain=chain) if a.uid == uid else a for a in preset.amps))
        return whole(changed)

    def with_spec(self, preset: Preset, spec: EngineSpec, **fields: object) -> Preset:
        for uid, stage, chain in preset.chains():
            if any(other.uid == spec.uid for other in chain):
                new = tuple(replace(s, **fields) if s.uid == spec.uid else s for s in chain)
                return self.with_chain(preset, (uid, stage), new)
        return preset

    def with_amp(self, preset: Preset, amp: Amp, **fields: object) -> Preset:
        return whole(replace(preset, amps=tuple(replace(a, **fields) if a.uid == amp.uid else a for a in preset.amps)))

    def spec_of(self, preset: Preset) -> EngineSpec | None:
        specs = list(preset.engines())
        return self.random.choice(specs) if specs else None

    def turn(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        if spec is None:
            return preset
        engine = ENGINES[spec.engine]
        knob = self.random.choice([*engine.params, *engine.settings])
        field = "params" if isinstance(knob, Param) else "settings"
        return self.with_spec(preset, spec, **{field: {**getattr(spec, field), knob.name: self.value(knob)}})

    def forget(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        return self.with_spec(preset, spec, params={}, settings={}) if spec else preset

    def level(self, preset: Preset) -> Preset:
        return self.with_amp(preset, self.random.choice(preset.amps), level=self.number(-20, 20))

    def off(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        return self.with_spec(preset, spec, on=False) if spec else preset

    def on(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        return self.with_spec(preset, spec, on=True) if spec else preset

    def file_of(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        return self.with_spec(preset, spec, files={key: self.file() for key in spec.files}) if spec else preset

    def relabel(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        return self.with_spec(preset, spec, label=f"own{self.random.randint(0, 99)}") if spec else preset

    def free_name(self, preset: Preset) -> str | None:
        free = [name for name in NAMES if name not in {amp.name for amp in preset.amps}]
        return self.random.choice(free) if free else None

    def rename(self, preset: Preset) -> Preset:
        name = self.free_name(preset)
        return self.with_amp(preset, self.random.choice(preset.amps), name=name) if name else preset

    def title(self, preset: Preset) -> Preset:
        return replace(preset, name=self.random.choice(NAMES))

    def move(self, preset: Preset) -> Preset:
        """Whole nodes of a chain change places."""
        found = self.chains(preset)
        if not found:
            return preset
        uid, stage, chain = self.random.choice(found)
        nodes, pending = [], []
        for spec in chain:
            pending.append(spec)
            if not spec.branch:
                nodes.append(pending)
                pending = []
        self.random.shuffle(nodes)
        return self.with_chain(preset, (uid, stage), tuple(spec for node in nodes for spec in node))

    def insert(self, preset: Preset) -> Preset:
        uid, stage, chain = self.random.choice(list(preset.chains()))
        at = self.random.choice([0, len(chain), *(i + 1 for i, s in enumerate(chain) if not s.branch)])
        new = self.blend() if self.some(0.2) else [self.spec()]
        taken = {spec.label for spec in chain}
        new = [
            replace(s, label=f"n{identity()}") if s.label in taken or self.some(0.2) else replace(s, label="")
            for s in new
        ]
        joined = (*chain[:at], *new, *chain[at:])
        names = labels((s.engine for s in joined), [s.label for s in joined])
        return self.with_chain(
            preset, (uid, stage), tuple(replace(s, label=n) for s, n in zip(joined, names, strict=True))
        )

    def remove(self, preset: Preset) -> Preset:
        found = self.chains(preset)
        if not found:
            return preset
        uid, stage, chain = self.random.choice(found)
        gone = self.random.choice(chain)
        left = tuple(spec for spec in chain if spec.uid != gone.uid)
        if gone.engine == "blend":
            left = tuple(replace(s, branch="") for s in left) if not any(s.engine == "blend" for s in left) else chain
        elif gone.branch:
            left = left if sum(bool(s.branch) for s in left) and not self.lone(chain, gone) else chain
        return self.with_chain(preset, (uid, stage), left)

    def lone(self, chain: Chain, gone: EngineSpec) -> bool:
        """Whether its blend would have nothing left to mix."""
        near: list[EngineSpec] = []
        for spec in chain:
            near.append(spec)
            if not spec.branch:
                if any(s.uid == gone.uid for s in near):
                    return len(near) == 2
                near = []
        return False

    def wrap(self, preset: Preset) -> Preset:
        """An engine becomes a branch of a new blend."""
        found = [
            (uid, stage, chain, i)
            for uid, stage, chain in preset.chains()
            for i, s in enumerate(chain)
            if not s.branch and s.engine != "blend"
        ]
        if not found:
            return preset
        uid, stage, chain, i = self.random.choice(found)
        inside = (
            replace(chain[i], branch=self.random.choice("ab")),
            EngineSpec("blend", {"mix": 0.25}, label=f"n{identity()}"),
        )
        return self.with_chain(preset, (uid, stage), (*chain[:i], *inside, *chain[i + 1 :]))

    def empty(self, preset: Preset) -> Preset:
        uid, stage, _ = self.random.choice(list(preset.chains()))
        return self.with_chain(preset, (uid, stage), ())

    def add_amp(self, preset: Preset) -> Preset:
        name = self.free_name(preset)
        if name is None:
            return preset
        amp = self.amp(name, None)
        amp = replace(amp, scenes=(self.scene("Solo", amp, preset),) if self.some() else ())
        at = self.random.randint(0, len(preset.amps))
        return replace(preset, amps=(*preset.amps[:at], amp, *preset.amps[at:]))

    def move_amp(self, preset: Preset) -> Preset:
        return replace(preset, amps=tuple(self.random.sample(preset.amps, len(preset.amps))))

    def remove_amp(self, preset: Preset) -> Preset:
        gone = self.random.randrange(len(preset.amps))
        amps = tuple(amp for i, amp in enumerate(preset.amps) if i != gone)
        return whole(replace(preset, amps=amps)) if amps else preset

    def add_scene(self, preset: Preset) -> Preset:
        amp = self.random.choice(preset.amps)
        new = self.scene(f"Scene {identity()}", amp, preset)
        at = self.random.randint(0, len(amp.scenes))
        return self.with_amp(preset, amp, scenes=(*amp.scenes[:at], new, *amp.scenes[at:]))

    def remove_scene(self, preset: Preset) -> Preset:
        amp = self.random.choice(preset.amps)
        return self.with_amp(preset, amp, scenes=amp.scenes[1:])

    def rename_scene(self, preset: Preset) -> Preset:
        amp = self.random.choice(preset.amps)
        if not amp.scenes or not amp.scenes[0].values:  # by which it is known
            return preset
        old, name = amp.scenes[0], f"Scene {identity()}"
        program = {n: Pick(p.amp, name) if p == Pick(amp.uid, old.name) else p for n, p in preset.midi.program.items()}
        preset = replace(preset, midi=replace(preset.midi, program=program))
        return self.with_amp(preset, amp, scenes=(replace(old, name=name, level=self.number(-9, 9)), *amp.scenes[1:]))

    def unset(self, preset: Preset) -> Preset:
        amp = self.random.choice(preset.amps)
        new = tuple(
            replace(scene, values={t: v for t, v in scene.values.items() if self.some()}) for scene in amp.scenes
        )
        return self.with_amp(preset, amp, scenes=new)

    def rewire(self, preset: Preset) -> Preset:
        return replace(preset, jack=self.wiring(), dbu=self.number(-9, 9) if self.some() else None)

    def bind(self, preset: Preset) -> Preset:
        more = self.midi(preset)
        midi = Midi({**preset.midi.program, **more.program}, {**preset.midi.cc, **more.cc})
        return replace(preset, midi=midi)

    def unbind(self, preset: Preset) -> Preset:
        return replace(preset, midi=self.midi(preset) if self.some() else Midi())


def whole(preset: Preset) -> Preset:
    """Without what points at what is gone."""
    shared = {spec.uid for spec in (*preset.input, *preset.output)}
    amps = []
    for amp in preset.amps:
        near = shared | {spec.uid for spec in amp.chain}
        scenes = (replace(s, values={t: v for t, v in s.values.items() if t.uid in near}) for s in amp.scenes)
        amps.append(replace(amp, scenes=tuple(scenes)))
    picks = {Pick(amp.uid, scene) for amp in amps for scene in ("", *(s.name for s in amp.scenes))}
    known = {spec.uid for spec in preset.engines()} | {amp.uid for amp in amps}
    program = {n: pick for n, pick in preset.midi.program.items() if pick in picks}
    cc = {n: target for n, target in preset.midi.cc.items() if target.uid in known}
    return replace(preset, amps=tuple(amps), midi=Midi(program, cc))
