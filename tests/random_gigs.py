"""Random presets, random verbs, and builds that are ready in any order: what tests of the document and the reconciler share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import soundfile
from networks import guitarml
from test_rebuild import RATE, Client

from rig.document.document import Document
from rig.document.file import open_preset
from rig.engine import registry
from rig.errors import RigError
from rig.gig.builder import Builder, Place
from rig.gig.file_watcher import FileWatcher
from rig.gig.gig import Gig
from rig.gig.reconciler import Reconciler
from rig.gig.worker import Job, Worker
from rig.native import Rack

MODELS, CABS = ("one.json", "two.json", "driven.json"), ("a.wav", "b.wav")
BROKEN = {"model": "torn.json", "ir": "noise.wav"}
KNOBS = {
    "gain": {"gain": (-12, 6)},
    "eq": {"bass": (-8, 8), "mid": (-8, 8), "treble": (-8, 8)},
    "gate": {"threshold": (-100, -60), "release": (5, 50)},
    "cab": {"level": (-12, 6)},
    "model": {"level": (-6, 6)},
    "blend": {"mix": (0, 1)},
}
WANTED = (
    *("set", "set", "set", "level", "amp level", "toggle", "load", "insert", "remove", "move", "store", "scene"),
    *(
        "try",
        "try",
        "amp",
        "new",
        "copy",
        "rename",
        "delete",
        "move amp",
        "key",
        "undo",
        "undo",
        "redo",
        "ab",
        "revert",
    ),
)
NAMES = ("Clean", "Crunch", "Mk.II", "Texas Lead", "AC/30", "Ü")


def files(folder: Path) -> None:
    """Models and cabinets, whole and broken ones."""
    rng = np.random.default_rng(5)
    for name, channels, inputs in zip(MODELS, (2, 3, 2), (1, 1, 2), strict=True):
        net = guitarml(rng, channels=channels, dilations=(1, 2), inputs=inputs)
        (folder / name).write_text(json.dumps(net))
    for name in CABS:
        soundfile.write(folder / name, rng.normal(0, 0.3, 24) * np.exp(-np.arange(24) / 6), RATE, subtype="FLOAT")
    (folder / "torn.json").write_text((folder / "one.json").read_text()[:200])
    (folder / "noise.wav").write_bytes(b"no sound")


def value(random: Random, span: Sequence[float]) -> str:
    return f"{random.uniform(*span):.{random.choice((0, 1, 3))}f}"


def engine(random: Random, kinds: Sequence[str]) -> str:
    """An engine as a preset writes it."""
    kind = random.choice(kinds)
    said = [] if random.random() < 0.8 else [f'id = "{kind}-{random.randrange(10**9)}"']
    if kind == "model":
        said.append(f'model = "{random.choice(MODELS[:2])}"')
    elif kind == "cab":
        said.append(f'ir = "{random.choice(CABS)}"')
        said += [f'ir2 = "{random.choice(CABS)}"'] if random.random() < 0.2 else []
    else:
        said.insert(0, f'engine = "{kind}"')
    said += [f"{k} = {value(random, span)}" for k, span in KNOBS[kind].items() if random.random() < 0.5]
    if random.random() < 0.2:
        said.append("on = false")
    if kind == "blend":
        sides = (", ".join(chain(random, ("gain", "eq", "cab"), 1, 2)) for _ in "ab")
        said += [f"{side} = [{inner}]" for side, inner in zip("ab", sides, strict=True)]
    return f"{{ {', '.join(said)} }}"


def chain(random: Random, kinds: Sequence[str], least: int, most: int) -> list[str]:
    return [engine(random, kinds) for _ in range(random.randint(least, most))]


def preset(random: Random) -> str:
    """The text of a preset, in one of several layouts, comments in between."""
    lines = [f'name = "{random.choice(("Blues", "Rock"))}" # of the night', ""]
    if random.random() < 0.3:
        lines += ["[input]", "dbu = 12.5" if random.random() < 0.5 else "# no dbu", 'chain = [{ engine = "gate" }]', ""]
    for name in random.sample(NAMES, random.randint(1, 3)):
        lines += ["[[amp]]", f'name = "{name}"']
        lines += [f'key = "{random.randint(1, 9)}"'] if random.random() < 0.2 and "key" not in str(lines) else []
        lines += [f"level = {value(random, (-12, 6))}"] if random.random() < 0.6 else []
        inner = chain(random, tuple(KNOBS), 0, 4)
        if random.random() < 0.5:
            lines += ["chain = [", *(f"  {entry}, # {i}. of {len(inner)}" for i, entry in enumerate(inner, 1)), "]"]
        else:
            lines.append(f"chain = [{', '.join(inner)}]")
        lines.append("# the next one")
    lines += ["[output]", f"chain = [{', '.join(chain(random, ('cab', 'eq', 'gain'), 0, 2))}]", ""]
    return "\n".join(lines)


class Unhurried(Worker):
    """Builds nothing by itself: what has been asked for is ready when the test says so, in any order."""

    def __init__(self, builder: Builder) -> None:
        super().__init__(builder)
        self.waiting: list[Job] = []

    def ask(self, job: Job) -> None:
        self.waiting = [other for other in self.waiting if other.place != job.place or random_keep(other)] + [job]

    def forget(self, place: Place) -> None:
        self.waiting = [job for job in self.waiting if job.place != place]

    def ready(self, random: Random, most: int) -> None:
        """Some of what waits is built now; one of a place before a later one of the same place."""
        for _ in range(min(most, len(self.waiting))):
            job = random.choice(self.waiting)
            first = next(other for other in self.waiting if other.place == job.place)
            self.waiting.remove(first)
            self._built.append(self._build(first))

    @property
    def busy(self) -> bool:
        return bool(self.waiting or self._built)

    def wait(self, seconds: float) -> bool:
        self.ready(Random(0), len(self.waiting))
        return True


def random_keep(job: Job) -> bool:
    """A job may have begun when another one is asked for: every other one has."""
    return hash(job.key) % 2 == 0


def gig_of(
    path: Path, worker: type[Worker] = Worker, watcher: FileWatcher | None = None, client: Client | None = None
) -> Gig:
    """A gig without JACK, its rack running."""
    file = open_preset(path)
    document = Document((file.preset,))
    reconciler = Reconciler(Rack(RATE), worker)
    reconciler.load(document, document.amps[0].uid)
    gig = Gig([file], reconciler, client or Client(), document.amps[0].uid, watcher=watcher)
    reconciler.rack.limit(False)
    reconciler.rack.begin(open=True)
    return gig


def verb(random: Random, gig: Gig, wanted_kinds: Sequence[str] = WANTED) -> str:
    """Something that a player may ask for, now and then something that makes no sense."""
    amp = random.choice(gig.amps).path
    views = [view for view in gig.chain() if view.stands]
    view = random.choice(views) if views else None
    kind = random.choice(wanted_kinds)
    if kind in ("undo", "redo", "ab", "revert"):
        return kind
    if kind == "level":
        return f"level {random.randint(-20, 6)}"
    if kind == "amp":
        return f"amp {random.randint(1, len(gig.amps) + 1)}"
    if kind == "amp level":
        return f"set {amp}.level {value(random, (-20, 6))}"
    if kind == "new":
        return f"new New {random.randint(1, 3)}"
    if kind == "copy":
        return f"copy {amp}"
    if kind == "rename":
        return f"rename {amp} as {random.choice(NAMES)}"
    if kind == "delete":
        return f"delete {amp}"
    if kind == "move amp":
        return f"move {amp} {random.choice((-2, -1, 1, 2))}"
    if kind == "key":
        return f"key {amp} {random.choice('1234567890')}"
    if kind == "store":
        return f"scene store {random.choice(('Solo', 'Quiet'))}"
    if kind == "scene":
        return f"scene {random.choice(['none', *(scene.name for scene in gig.amp.scenes)])}"
    if view is None or kind == "insert":
        name = random.choice(("gain", "eq", "gate", "cab", "model", "blend"))
        engine = registry()[name]
        where = view.path if view and random.random() < 0.7 else random.choice((amp, "input", "output"))
        file = f" {wanted(random, engine.files[0])}" if engine.files else ""
        return f"insert {where} {name}{file}"
    if kind in ("load", "try") and view.files and view.files[0].name == "ir" and random.random() < 0.4:
        way = random.choice((kind, "unload"))
        return f"{way} {view.path}.ir2" + (f" {wanted(random, 'ir')}" if way == kind else "")
    if kind in ("load", "try") and view.files:
        return f"{kind} {view.path} {wanted(random, view.files[0].name)}"
    if kind == "toggle":
        return f"toggle {view.path}"
    if kind == "remove":
        return f"remove {view.path}"
    if kind == "move":
        return f"move {view.path} {random.choice((-2, -1, 1, 2))}"
    knobs = [param for param in view.params if param.name in ("drive", *KNOBS[registry_name(gig, view.path)])]
    if not knobs:
        return f"set {view.path}.nothing 3"
    knob = random.choice(knobs)
    span = KNOBS[registry_name(gig, view.path)].get(knob.name, (0, 1))
    return f"set {knob.path} {value(random, span)}"


def registry_name(gig: Gig, path: str) -> str:
    from rig.document import address

    return address.engine(gig.document, path, gig.playing)[1].engine


def wanted(random: Random, key: str) -> str:
    """A file, now and then a broken one."""
    if random.random() < 0.25:
        return BROKEN[key]
    return random.choice(MODELS if key == "model" else CABS)


def play_around(random: Random, gig: Gig, steps: int) -> list[str]:
    """Random verbs while the rack runs and builds come when they come. Returns what was done, for a failure to tell."""
    worker = gig.reconciler._worker
    assert isinstance(worker, Unhurried)
    done = []
    x = np.random.default_rng(1).normal(0, 0.1, 1000).astype(np.float32)
    for _ in range(steps):
        words = verb(random, gig)
        done.append(words)
        try:
            gig.do(words)
        except RigError as error:
            assert "\n" not in str(error)
            done[-1] += f"   # {error}"
        if random.random() < 0.5:
            worker.ready(random, random.randint(1, 3))
            gig.install()
        if random.random() < 0.5:
            gig.reconciler.rack.process(x[: random.choice((64, 300, 1000))])
        gig.status()
    return done
