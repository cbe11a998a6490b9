"""Presets by chance, of a few engines, whose files are nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

from rig.document.document import (
    ALL,
    MIDI_CURVES,
    MIDI_RELATIVE,
    Amp,
    Binding,
    Chain,
    EngineSpec,
    Metronome,
    Midi,
    Morph,
    Pick,
    Preset,
    Scene,
    Target,
    Wiring,
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
        Engine("cab", "A cabinet.", (Param("level", "dB", "", -24, 24, 0),), files=("ir",), optional=("ir2",)),
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
    "tab-x 2",
)
FILES = ("models/a.json", "b.json", "../cabs/c.wav", "../../d e.wav", "/far/away/f.wav", "models/~x.json")


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

    def files(self, engine: Engine) -> dict[str, Path]:
        """For all keys that it needs, and some that it can do without."""
        return {key: self.file() for key in engine.file_keys if key in engine.files or self.some(0.3)}

    def spec(self, branch: str = "", kinds: tuple[str, ...] = ("gain", "eq", "tremolo", "model", "cab")) -> EngineSpec:
        engine = ENGINES[self.random.choice(kinds)]
        return EngineSpec(
            engine.name,
            {p.name: self.value(p) for p in engine.params if self.some()},
            self.files(engine),
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
        return Amp(name, self.chain(), self.number(-20, 20) if self.some() else 0.0, key, louder=self.louder())

    def louder(self) -> float | None:
        return self.number(-6, 6) if self.some(0.3) else None

    def scene(self, name: str, amp: Amp, preset: Preset) -> Scene:
        values = {}
        for spec in (*amp.chain, *preset.input, *preset.output):
            for param in ENGINES[spec.engine].params:
                if self.some(0.3):
                    values[Target(spec.uid, param.name)] = self.value(param)
            if self.some(0.3):
                values[Target(spec.uid, "on")] = float(self.some())
        return Scene(name, self.number(-9, 9) if self.some() else 0.0, values, self.louder())

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
        tempo = self.number(40, 200) if self.some(0.3) else None
        tuning = self.random.choice(["drop D", "bass", "D2 A2"]) if self.some(0.2) else None
        a4 = self.number(390, 470) if self.some(0.2) else None
        preset = replace(preset, jack=self.wiring(), midi=self.midi(preset), tempo=tempo, tuning=tuning, a4=a4)
        follow = self.random.choice(["midi", "jack"]) if self.some(0.3) else ""
        boost = self.number(0, 12) if self.some(0.3) else None
        preset = replace(preset, boost=boost, revert_scenes=self.some(0.3))
        return replace(preset, follow=follow, metronome=self.metronome() if self.some(0.3) else Metronome())

    def metronome(self) -> Metronome:
        return Metronome(self.random.randint(0, 16), self.number(-40, 0), self.random.choice(["out", "click"]))

    def wiring(self) -> Wiring:
        ports: dict[str, tuple[str, ...]] = {}
        for name in ("in", "out_1", "out_2", "di", "click", "midi_in", "pedals_send_1"):
            if self.some(0.3):
                ports[name] = tuple(self.random.sample(["x:1", "x:2", "y z:1 (a)"], self.random.randint(0, 2)))
        midi = self.random.choice((("FCB1010",), ("a2j:*Soft Step", "X"), ()))
        return Wiring(ports, midi, ("Time Factor",) if self.some(0.2) else ())

    def midi(self, preset: Preset) -> Midi:
        picks = [Pick(amp.uid, scene) for amp in preset.amps for scene in ("", *(s.name for s in amp.scenes))]
        targets: list[Target | Pick | Morph | str] = [Target(amp.uid, "level") for amp in preset.amps]
        targets += [Target(spec.uid, p.name) for spec in preset.engines() for p in ENGINES[spec.engine].params]
        numbers = self.random.sample(range(128), 6)
        targets += [Target(ALL, "level"), *picks, "tap", "loop stop"]
        targets += [
            Morph(a.amp, *self.random.sample((a.scene, b.scene), 2))
            for a in picks
            for b in picks
            if a.amp == b.amp and a < b
        ]
        more: list[Binding] = []
        for _ in range(8):
            binding = Binding(self.random.choice(targets), hold=self.some(0.2), invert=self.some(0.2))
            if isinstance(binding.to, Morph):
                binding = replace(binding, hold=False, curve=self.random.choice(MIDI_CURVES))
            elif self.some(0.3):
                binding = replace(
                    binding, curve=self.random.choice(MIDI_CURVES), relative=self.random.choice(MIDI_RELATIVE)
                )
            if binding.to == (ALL, "level") and self.some():
                binding = replace(binding, low=self.number(-60, 0), high=self.number(0, 20))
            more.append(binding)
        return Midi(
            {n: self.random.choice(picks) for n in numbers[:2] if self.some()},
            {n: binding for n, binding in zip(numbers[2:], more, strict=False) if self.some()},
            {n: binding for n, binding in zip(numbers[:3], more[4:], strict=False) if self.some()},
            more[7] if self.some(0.3) else None,
            self.random.randint(1, 16) if self.some(0.3) else None,
            self.said() if self.some(0.3) else (),
            {pick: self.said() for pick in picks if self.some(0.3)},
        )

    def said(self) -> tuple[str, ...]:
        number = self.random.randint(0, 127)
        said = (f"pc 2 {number}", f"cc 16 7 {number}", "sysex f0 00 20 33 f7", f"bank 1 {number}", "start")
        return tuple(self.random.sample(said, self.random.randint(1, 3)))


def labelled(chain: Chain) -> Chain:
    """With labels, unlike each other."""
    seen: set[str] = set()
    given = []
    for spec in chain:
        given.append("" if spec.label in seen else spec.label)
        seen.add(spec.label)
    names = labels((spec.engine for spec in chain), given)
    return tuple(replace(spec, label=name) for spec, name in zip(chain, names, strict=True))
