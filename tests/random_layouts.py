"""The text of a preset, written in any of the ways that TOML has."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from random_presets import ENGINES, FOLDER, Chance

from rig import toml
from rig.document.document import (
    Amp,
    Binding,
    Chain,
    EngineSpec,
    Metronome,
    Morph,
    Pick,
    Preset,
    Scene,
    Target,
    Wiring,
    labels,
)


class Layout(Chance):
    """Writes a preset in one of the ways that TOML has. comments: those that it wrote."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.comments: list[str] = []
        self.newline = random.choice(["\n", "\n", "\r\n"])

    def text(self, preset: Preset) -> str:
        root = [f"{self.key('name')} = {self.string(preset.name)}"] if preset.name != "night" or self.some() else []
        root += [] if preset.tempo is None else [f"{self.key('tempo')} = {self.spelt(preset.tempo)}"]
        root += [] if preset.tuning is None else [f"{self.key('tuning')} = {self.string(preset.tuning)}"]
        root += [] if preset.a4 is None else [f"{self.key('a4')} = {self.spelt(preset.a4)}"]
        root += [] if preset.boost is None else [f"{self.key('boost')} = {self.spelt(preset.boost)}"]
        root += [f"{self.key('revert_scenes')} = true"] if preset.revert_scenes else []
        root += [f"{self.key('follow')} = {self.string(preset.follow)}"] if preset.follow else []
        tables: list[list[str]] = []
        if preset.metronome != Metronome():
            m = preset.metronome
            said = [f"beats = {m.beats}", f"level = {self.spelt(m.level)}", f"to = {self.string(m.to)}"]
            tables.append(["[metronome]", *self.shuffled(said)])
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
        above += [self.noted(), ""] if self.some(0.07) else []
        above += [self.noted()] if self.some(0.1) else []
        return [*above, ("  " if self.some(0.05) else "") + line + self.comment(0.1)]

    def noted(self) -> str:
        """A comment unlike any other."""
        words = self.random.choice(["loud", "[[amp]]", "x = 3", "{}]", "ü"])
        self.comments.append(f"# {len(self.comments)} is {words}.")
        return self.comments[-1]

    def comment(self, p: float) -> str:
        """Behind something, perhaps."""
        return f" {self.noted()}" if self.some(p) else ""

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
            return f"[{space}{self.random.choice([', ', ', ', ',']).join(entries)}{space}]"
        lines = ["[" + self.comment(0.1)]
        last = self.some(0.7)
        for i, entry in enumerate(entries):
            lines += [""] * self.some(0.05) + (["  " + self.noted()] if self.some(0.15) else [])
            comma = "," if last or i < len(entries) - 1 else ""
            if comma and self.some(0.05):
                comma = f" {self.noted()}\n  ,"
            lines.append(f"  {entry}{comma}{self.comment(0.2)}")
        lines += ["  " + self.noted()] if self.some(0.1) else []
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
        told = {
            key: ports[0] if isinstance(ports, list) and len(ports) == 1 and self.some() else ports
            for key, ports in jack.spelt().items()
        }
        return [
            f"{key} = {self.string(ports)}"
            if isinstance(ports, str)
            else f"{key} = {self.array([self.string(port) for port in ports], self.some(0.2))}"
            for key, ports in told.items()
        ]

    def lines(self, texts: tuple[str, ...]) -> str:
        """A list of texts, or one alone."""
        if len(texts) == 1 and self.some():
            return self.string(texts[0])
        return self.array([self.string(text) for text in texts], False)  # of one that changes, comments inside go

    def amp_pairs(self, amp: Amp) -> list[tuple[str, str]]:
        pairs = [("name", self.string(amp.name))]
        pairs += [("key", self.string(amp.key))] if amp.key else []
        pairs += [("colour", self.string(amp.colour))] if amp.colour else []
        pairs += [("louder", self.spelt(amp.louder))] if amp.louder is not None else []
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
        pairs = [("name", self.string(scene.name)), *([("level", self.spelt(scene.level))] if scene.level else [])]
        return pairs + ([("louder", self.spelt(scene.louder))] if scene.louder is not None else [])

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

        def words(to: Target | Pick | Morph | str) -> str:
            if isinstance(to, str):
                return to
            if isinstance(to, Morph):
                ends = (names[to.amp] + (f":{scene}" if scene else "") for scene in (to.heel, to.toe))
                return f"morph {' to '.join(ends)}"
            if isinstance(to, Pick):
                return f"amp {names[to.amp]}" + (f":{to.scene}" if to.scene else "")
            owner, spec, chain = owners.get(to.uid, ("", None, ()))
            if spec is None:
                return f"{names[to.uid]}.level" if to.uid else "level"
            return f"{owner}.{self.called(spec, chain)}.{to.knob}"

        def pedal(binding: Binding) -> str:
            more: dict[str, object] = {"from": binding.low, "upto": binding.high, "curve": binding.curve or None}
            more |= {"invert": binding.invert or None, "hold": binding.hold or None}
            more["relative"] = binding.relative or None
            said = {key: toml.value(value) for key, value in more.items() if value is not None}
            if not said and self.some(0.8):
                return self.string(words(binding.to))
            return self.table([("to", self.string(words(binding.to))), *said.items()])

        tables_of = {"program": {n: self.string(w) for n, w in program.items()}}
        tables_of |= {key: {n: pedal(b) for n, b in getattr(preset.midi, key).items()} for key in ("cc", "note")}
        said = {
            key: {f"0{n}" if n < 100 and self.some(0.1) else str(n): raw for n, raw in of.items()}
            for key, of in tables_of.items()
            if of
        }
        rest = {"channel": str(preset.midi.channel)} if preset.midi.channel else {}
        rest |= {"wheel": pedal(preset.midi.wheel)} if preset.midi.wheel else {}
        rest |= {"begin": self.lines(preset.midi.begin)} if preset.midi.begin else {}
        way = self.random.randint(0, 3) if said else 4
        sent = [
            (json.dumps(names[pick.amp] + (f":{pick.scene}" if pick.scene else "")), self.lines(texts))
            for pick, texts in preset.midi.send.items()
        ]
        if sent and way in (1, 2, 3) and self.some():
            tables.append(["[midi.send]", *(f"{name} = {raw}" for name, raw in sent)])
        elif sent:
            rest["send"] = self.table(sent)
        root += [f"{self.key('midi', key)} = {raw}" for key, raw in rest.items() if way in (0, 4)]
        said_first = self.statements(list(rest.items())) if way not in (0, 4) else []
        if not said:
            return
        if way == 0:
            root += [f"{self.key('midi', key, n)} = {w}" for key, of in said.items() for n, w in of.items()]
        elif way == 1:
            tables.append(
                ["[midi]", *said_first, *(f"{key} = {self.table(list(of.items()))}" for key, of in said.items())]
            )
        elif way == 2:
            tables.append(["[midi]", *said_first] if said_first else [])
            tables.append(
                [line for key, of in said.items() for line in (f"[midi.{key}]", *self.statements(list(of.items())))]
            )
        else:
            tables.append(
                ["[midi]", *said_first, *(f"{key}.{n} = {w}" for key, of in said.items() for n, w in of.items())]
            )
