"""Changes of a preset by chance, as a player may make them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from random_presets import ENGINES, FOLDER, NAMES, Chance

from rig.document.document import (
    ALL,
    COLOURS,
    Amp,
    Binding,
    Chain,
    EngineSpec,
    Metronome,
    Midi,
    Pick,
    Preset,
    identity,
    labels,
)
from rig.engine import Param


class Edits(Chance):
    """Changes a preset. gentle: nothing goes, so that no comment may go either."""

    def __init__(self, random: Random, gentle: bool) -> None:
        super().__init__(random)
        self.gentle = gentle
        steps = [
            self.turn,
            self.turn,
            self.level,
            self.off,
            self.paint,
            self.rename,
            self.move,
            self.insert,
            self.add_amp,
            self.move_amp,
            self.title,
            self.tempo,
            self.tuning,
            self.follow,
            self.solo,
            self.metronome,
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
            self.alone,
            self.wrap,
            self.unset,
            self.unbind,
            self.empty,
            self.elsewhere,
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
        amp = self.random.choice(preset.amps)
        return self.with_amp(preset, amp, level=self.number(-20, 20), louder=self._louder(amp.louder))

    def _louder(self, old: float | None) -> float | None:
        """Another solo offset, or none where that takes no comment away."""
        new = self.louder()
        return self.number(-6, 6) if new is None and old is not None and self.gentle else new

    def paint(self, preset: Preset) -> Preset:
        return self.with_amp(preset, self.random.choice(preset.amps), colour=self.random.choice(("", *COLOURS)))

    def off(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        return self.with_spec(preset, spec, on=False) if spec else preset

    def on(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        return self.with_spec(preset, spec, on=True) if spec else preset

    def file_of(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        if spec is None:
            return preset
        files = (spec.files if self.gentle else {}) | self.files(ENGINES[spec.engine])
        return self.with_spec(preset, spec, files=files)

    def relabel(self, preset: Preset) -> Preset:
        spec = self.spec_of(preset)
        return self.with_spec(preset, spec, label=f"own{identity()}") if spec else preset

    def free_name(self, preset: Preset) -> str | None:
        free = [name for name in NAMES if name not in {amp.name for amp in preset.amps}]
        return self.random.choice(free) if free else None

    def rename(self, preset: Preset) -> Preset:
        name = self.free_name(preset)
        return self.with_amp(preset, self.random.choice(preset.amps), name=name) if name else preset

    def title(self, preset: Preset) -> Preset:
        return replace(preset, name=self.random.choice(NAMES))

    def tempo(self, preset: Preset) -> Preset:
        return replace(preset, tempo=self.number(30, 300))

    def tuning(self, preset: Preset) -> Preset:
        return replace(preset, tuning=self.random.choice(["DADGAD", "E1 A1"]), a4=self.number(400, 450))

    def follow(self, preset: Preset) -> Preset:
        return replace(preset, follow=self.random.choice(["midi", "jack"]))

    def solo(self, preset: Preset) -> Preset:
        return replace(preset, boost=self.number(0, 12), revert_scenes=True)

    def metronome(self, preset: Preset) -> Preset:
        return replace(preset, metronome=replace(preset.metronome, beats=self.random.choice([0, 1, 3, 7, 16])))

    def alone(self, preset: Preset) -> Preset:
        return replace(preset, follow="", metronome=Metronome(), boost=None, revert_scenes=False)

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

        def renamed(binding: Binding) -> Binding:
            return replace(binding, to=Pick(amp.uid, name)) if binding.to == Pick(amp.uid, old.name) else binding

        preset = replace(preset, midi=replace(preset.midi.each(renamed), program=program))
        return self.with_amp(
            preset,
            amp,
            scenes=(
                replace(old, name=name, level=self.number(-9, 9), louder=self._louder(old.louder)),
                *amp.scenes[1:],
            ),
        )

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
        old = preset.midi
        midi = replace(
            more, program={**old.program, **more.program}, cc={**old.cc, **more.cc}, note={**old.note, **more.note}
        )
        midi = replace(midi, wheel=more.wheel or old.wheel, channel=more.channel or old.channel)
        return replace(preset, midi=midi)

    def elsewhere(self, preset: Preset) -> Preset:
        return replace(preset, path=self.random.choice([FOLDER / "deep/x.toml", FOLDER.parent / "y.toml"]))

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

    def there(binding: Binding) -> Binding | None:
        to = binding.to
        found = isinstance(to, str) or (to in picks if isinstance(to, Pick) else to.uid in {ALL, *known})
        return binding if found else None

    return replace(preset, amps=tuple(amps), midi=replace(preset.midi.each(there), program=program))
