"""A gig without a sound: a real document and the real verbs, on a rack, a JACK and files that only pretend.

`python tests/fake_gig.py` shows the screen with it.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rig.document.document import Document, EngineSpec
from rig.document.file import PresetFile
from rig.document.read import examine_text
from rig.document.tunings import Note
from rig.engine import Payload
from rig.engines.cab import MIXED
from rig.gig.builder import ChainSpec, Place, Versions
from rig.gig.gig import Gig
from rig.gig.levels import Levels
from rig.gig.reconciler import Installed, Refused, wishes
from rig.gig.snapshot import News, Status
from rig.jack.patchbay import Patchbay, Port, in_order
from rig.native import LoopState, MidiEvent

PRESETS = Path(__file__).resolve().parent.parent / "presets"

NAMES = (
    "Clean",
    "Crunch",
    "Lead",
    "Fuzz",
    "Rhythm",
    "Texas Lead",
    "Doom",
    "Edge",
    "Solo",
    "Jazz Box",
    "Metal",
    "Ambient",
)
WIRED = (
    ("system:capture_1", "rig:in"),
    ("rig:out_1", "system:playback_1"),
    ("rig:out_2", "system:playback_2"),
)
PORTS = (
    *(Port(f"system:capture_{n}", physical=True) for n in (1, 2)),
    *(Port(f"system:playback_{n}", takes=True, physical=True) for n in (1, 2)),
    Port("rig:in", takes=True, ours=True, pretty="Guitar", order=0),
    *(Port(f"rig:{name}", ours=True, order=n) for n, name in enumerate(("out_1", "out_2", "di", "click"), 1)),
    Port("rig:midi_in", "midi", takes=True, ours=True, pretty="Pedals", order=5),
    Port("a2j:FCB1010 [20] (capture): FCB1010 MIDI 1", "midi"),
    Port("reverb:in", takes=True),
    Port("reverb:out"),
)
HEARD = {"in_db": -18.2, "out_db": -12.0, "limiter_db": 0.0, "load": 0.06}
IDLE = {"model": ("quality", "compensation", "drive", "knob2", "knob3", "knob4"), "cab": (*MIXED, "align")}

AMP = """
[[amp]]
name = "{name}"
chain = [
  {{ engine = "gain", gain = 6 }},
  {{ model = "{model}" }},
  {{ engine = "eq", bass = 1.5, treble = -1, presence = 2.5 }},
]
"""
ENDS = """
name = "Blues"
[input]
chain = [{{ engine = "gate", threshold = -60, attack = 5, release = 50 }}]
[output]
chain = [{{ ir = "{ir}" }}]
"""


@dataclass(frozen=True)
class FakeFile(PresetFile):
    """Lies in no folder. touched: somebody else has written it."""

    touched: bool = False

    def changed_elsewhere(self) -> bool:
        return self.touched

    def read_again(self) -> FakeFile:
        return replace(self, touched=False)

    def _written(self, preset) -> FakeFile:
        return replace(self, preset=preset.as_written(), touched=False)


class FakeClient:
    """JACK, as much of it as a gig asks for."""

    name, rate, block = "rig", 48_000, 64
    server = "JACK, dummy driver, started by rig"

    def __init__(self) -> None:
        self.alive, self.xruns, self.wired = True, 0, WIRED
        self.running = False  # as far as anybody is to watch over it
        self.ports = PORTS
        self.waits = self.goes_silently = False

    def latency_ms(self) -> float:
        return 2.7

    def delay(self, frames: int) -> None:
        pass

    def connections(self) -> tuple[tuple[str, str], ...]:
        return self.wired

    def connect(self, wiring: object, input: bool) -> tuple[str, ...]:
        self.wired = WIRED
        return ()

    def patch(self, wire: tuple[str, str], there: bool) -> str | None:
        if not there and wire not in self.wired:
            return f"JACK has no wire from '{wire[0]}' to '{wire[1]}'"
        self.wired = tuple(other for other in self.wired if other != wire) + ((wire,) if there else ())
        return None

    def there(self) -> tuple[Port, ...]:
        return self.ports

    def came(self) -> tuple[str, ...]:
        return ()

    def patchbay(self) -> Patchbay:
        return Patchbay(in_order(self.ports), self.wired) if self.alive else Patchbay()

    def reopen(self, start: bool = True) -> bool:
        self.alive = start
        return start

    def close(self) -> None:
        pass


class FakeRack:
    """Takes what it is told."""

    rate = 48_000
    kept = 0

    def loop_state(self) -> LoopState:
        return LoopState()

    def meters(self) -> SimpleNamespace:
        return SimpleNamespace(
            callbacks=0,
            in_peak=0.0,
            out_peak=0.0,
            in_clips=0,
            out_clips=0,
            limiter=1.0,
            load=0.0,
            load_mean=0.0,
            relief=0,
            tails_ended=0,
            settled=True,
            input_faults=0,
            silent=True,
            **self.time,
        )

    def __init__(self) -> None:
        self.time = {"lead": 0, "tempo": 120.0, "beat": 0.0}  # as the rack would have it

    def midi(self) -> list[MidiEvent]:
        return []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


class FakeReconciler:
    """What is wanted plays as soon as it is asked for, unless it is `held`; a file with "bad" in its name never does."""

    def __init__(self, document: Document) -> None:
        self.rack = FakeRack()
        self.inserts = None
        self.held = self.loading = False
        self.caught: dict[int, int] = {}  # by the guard, for each engine
        self.takes: dict[int, float] = {}  # shares of the period, the same
        self.left_out: dict[int, str] = {}  # and why
        self._versions = Versions()
        self._standing = wishes(document, self._versions)
        self._asked: dict[Place, ChainSpec] = {}

    def want(self, document: Document, playing: int, like: EngineSpec | None = None) -> None:
        wanted = wishes(document, self._versions)
        self._standing = {place: wish for place, wish in self._standing.items() if place in wanted}
        self._asked = {place: wish for place, wish in wanted.items() if _built(wish) != self._built_at(place)}
        self._standing |= {place: wish for place, wish in wanted.items() if place not in self._asked}

    def _built_at(self, place: Place) -> list | None:
        return _built(self._standing[place]) if place in self._standing else None

    def take(self) -> tuple[Installed | Refused, ...]:
        if self.held:
            return ()
        asked, self._asked = self._asked, {}
        return tuple(self._take(place, wish) for place, wish in asked.items())

    def _take(self, place: Place, wish: ChainSpec) -> Installed | Refused:
        before = self._standing[place].engines if place in self._standing else None
        for spec in wish.engines:
            for file in spec.files.values():
                if "bad" in file.name:
                    error = f"{file.name}: the file ends in the middle; copy or export it again"
                    old = next((other for other in before or () if other.uid == spec.uid), None)
                    return Refused(place, wish, spec, error, old, False)
        self._standing[place] = wish
        return Installed(place, wish, before, {})

    def chain(self, place: Place) -> tuple[ChainSpec, SimpleNamespace] | None:
        wish = self._standing.get(place)
        if wish is None:
            return None
        units = [SimpleNamespace(payload=Payload(idle=IDLE.get(spec.engine, ()))) for spec in wish.engines]
        faults = [self.caught.get(spec.uid, 0) for spec in wish.engines]
        costs, reductions = [0.0] * len(units), [None] * len(units)
        return wish, SimpleNamespace(
            units=units,
            faults=faults,
            costs=costs,
            reductions=reductions,
            usual=[self.takes.get(spec.uid, 0.0) for spec in wish.engines],
            left_out=[self.left_out.get(spec.uid, "") for spec in wish.engines],
            latency=0,
            address=place,
            about=lambda unit: "",
        )

    def slot(self, place: Place) -> int | None:
        return list(self._standing).index(place) if place in self._standing else None

    def path(self, preset: int, amp: int) -> list[tuple[Place, tuple[EngineSpec, ...], SimpleNamespace]]:
        places = (Place("input", preset), Place("amp", amp), Place("output", preset))
        found = ((place, self.chain(place)) for place in places)
        return [(place, standing[0].engines, standing[1]) for place, standing in found if standing]

    def places(self) -> Iterator[Place]:
        return iter(self._standing)

    @property
    def busy(self) -> bool:
        return bool(self._asked)

    def fault(self, preset: int, amp: int) -> str:
        return ""

    def stale(self, path: Path) -> bool:
        return False

    def prove(self, preset: object, saved: object) -> None:
        pass

    def close(self) -> None:
        pass


def _built(wish: ChainSpec) -> list:
    """What takes a build, as far as the fake knows."""
    return [(spec.uid, spec.files, spec.settings) for spec in wish.engines]


class FakeGig(Gig):
    """Notes every verb, and carries it out on its document. `lively`: its levels move as if somebody played.

    model: the file that the amps play.
    """

    def __init__(
        self,
        amps: int = 4,
        lively: bool = False,
        diary: Path | None = None,
        model: Path = PRESETS / "models" / "small-combo-clean.json",
    ) -> None:
        self.diary, self.lively = diary, lively
        self.closed, self.close_seconds = 0, 0.05
        self._pluck = -30.0
        self._random = random.Random(1)
        names = [NAMES[i % len(NAMES)] + (" II" if i >= len(NAMES) else "") for i in range(amps)]
        text = ENDS.format(ir=PRESETS / "cabs" / "open-1x12.wav")
        text += "".join(AMP.format(name=name, model=model) for name in names)
        path = PRESETS / "fake.toml"
        preset, faults = examine_text(path, text)
        assert preset and not faults, faults
        self._file = FakeFile(path, text, preset, None, (text, preset))
        self.start_over()

    def start_over(self) -> None:
        """Everything as it was at first, no verb recorded."""
        reconciler = FakeReconciler(Document((self._file.preset,)))
        super().__init__([self._file], reconciler, FakeClient(), self._file.preset.amps[0].uid)
        self.sounding.note = lambda: Note("", 0.0)
        self.history.amend_now(lambda document: replace(document, level=-3.0))
        self.verbs: list[str] = []
        self.told: tuple[News, ...] = ()
        self.said: dict[str, object] = dict(HEARD)

    def set(self, **changes: object) -> None:
        """Change what the next status says."""
        for name, value in changes.items():
            if name in ("alive", "xruns"):
                setattr(self.client, name, value)
            elif name == "connections":
                self.client.wired = value
            elif name in ("muted", "bypassed"):
                setattr(self, name, value)
            elif name == "message":
                self.say(value)
            else:
                self.said[name] = value

    def hold(self, held: bool) -> None:
        """While held, nothing that takes a build is ready."""
        self.reconciler.held = held

    def fault(self, engine: str) -> None:
        """Let the guard catch an engine of the amp that plays."""
        uid = next(spec.uid for spec in self.amp.chain if spec.label == engine)
        self.reconciler.caught[uid] = self.reconciler.caught.get(uid, 0) + 1

    def touch(self) -> None:
        """Somebody else writes the preset's file."""
        uid = self.preset.uid
        self.files[uid] = replace(self.files[uid], touched=True)

    def do(self, command: str) -> None:
        self.verbs.append(command)
        super().do(command)

    def news(self) -> tuple[News, ...]:
        said, self.told = self.told, ()
        return said + super().news()

    def measured(self) -> Status:
        if self.lively:
            self._strum()
        return replace(super().measured(), **self.said)

    def levels(self) -> Levels:
        said = self.measured()
        return Levels(said.in_db, said.out_db, said.in_clip, said.out_clip, said.limiter_db)

    def _strum(self) -> None:
        if self._random.random() < 0.08:
            self._pluck = self._random.uniform(-16, -4)
        self._pluck -= 0.6
        self.set(
            in_db=max(-75.0, self._pluck),
            out_db=-120.0 if self.muted or self.tuning else min(-0.1, max(-62.0, self._pluck * 0.7 + 3)),
            limiter_db=min(0.0, -(self._pluck + 6)),
            in_clip=self._pluck > -4.5,
            load=0.06 + 0.02 * self._random.random(),
            note="E",
            cents=18 * math.sin(time.monotonic() / 2),
        )

    def close(self) -> None:
        time.sleep(self.close_seconds)
        self.closed += 1
        if self.diary and self.closed == 1:
            self.diary.write_text("closed\n")


def opener(gig: Gig, seconds: float = 0.0, steps: int = 8) -> Callable[[Callable[[str, float], None]], Gig]:
    """An open_gig that takes its time and reports on it."""

    def open_gig(progress: Callable[[str, float], None]) -> Gig:
        for step in range(steps):
            progress(f"Loading {NAMES[step % len(NAMES)]}", step / steps)
            time.sleep(seconds / steps)
        return gig

    return open_gig


def main() -> int:
    """Show the screen."""
    from rig.tui.app import RigApp

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amps", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long loading takes")
    parser.add_argument("--still", action="store_true", help="levels do not move")
    parser.add_argument("--diary", type=Path, help="write here that the gig was closed")
    parser.add_argument("--unsaved", action="store_true", help="a knob has been turned")
    args = parser.parse_args()
    gig = FakeGig(args.amps, lively=not args.still, diary=args.diary)
    if args.unsaved:
        gig.do("set Clean.gain.gain 9")
    app = RigApp(opener(gig, args.seconds))
    app.run()
    if app.failure:
        print(app.failure, file=sys.stderr)
    print(f"closed {gig.closed}")
    return app.return_value or 0


if __name__ == "__main__":
    raise SystemExit(main())
