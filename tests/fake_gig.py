"""A gig without a sound: believable values, a record of every verb. `python tests/fake_gig.py` shows the screen with it."""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.snapshot import AmpView, EngineView, FileView, News, Outcome, ParamView, Status

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


def _param(path: str, unit: str, help: str, value: float, span: tuple[float, float], initial: float) -> ParamView:
    return ParamView(path, path.rpartition(".")[2], unit, help, value, *span, initial)


def chain_of(amp: str, model: Path) -> tuple[EngineView, ...]:
    """The path of one amp, knobs at believable places."""
    gate = EngineView(
        "gate",
        "Closes when you do not play",
        "input",
        (
            _param("input.gate.threshold", "dB", "Below this level the gate closes", -70, (-100, 0), -80),
            _param("input.gate.ratio", "", "What is left when it is closed", 0.1, (0, 1), 0.1),
            _param("input.gate.attack", "ms", "How fast it opens", 5, (0.1, 100), 5),
            _param("input.gate.hold", "ms", "How long it stays open", 10, (0, 500), 10),
            _param("input.gate.release", "ms", "How fast it closes", 50, (1, 1000), 50),
        ),
    )
    own = (
        EngineView(
            "gain",
            "Louder or softer",
            "amp",
            (_param(f"{amp}.gain.gain", "dB", "Drives the amp harder", 6, (-24, 24), 0),),
        ),
        EngineView("wavenet", "A captured amp", "amp", (), files=(FileView(f"{amp}.wavenet", "model", model),)),
        EngineView(
            "eq",
            "Four bands",
            "amp",
            (
                _param(f"{amp}.eq.bass", "dB", "Below 200 Hz", 1.5, (-8, 8), 0),
                _param(f"{amp}.eq.mid", "dB", "200 Hz to 2 kHz", 0, (-8, 8), 0),
                _param(f"{amp}.eq.treble", "dB", "2 to 5 kHz", -1, (-8, 8), 0),
                _param(f"{amp}.eq.presence", "dB", "Above 5 kHz", 2.5, (-8, 8), 0),
            ),
        ),
    )
    out = (
        EngineView(
            "cab",
            "A loudspeaker",
            "output",
            (_param("output.cab.level", "dB", "Its loudness", 0, (-24, 24), 0),),
            files=(FileView("output.cab", "ir", PRESETS / "cabs" / "open-1x12.wav"),),
        ),
    )
    return (gate, *own, *out)


class FakeGig(Gig):
    """Does what verbs say to frozen dataclasses. `lively`: its levels move as if somebody played.

    model: the file that the amps play; one with "bad" in its name does not load, with "lstm" takes another engine.
    held: while True, what is loaded is not ready.
    """

    def __init__(
        self,
        amps: int = 4,
        lively: bool = False,
        diary: Path | None = None,
        model: Path = PRESETS / "models" / "small-combo-clean.json",
    ) -> None:
        self.model, self.held = model, False
        self.diary = diary
        self.name = "Blues"
        names = [NAMES[i % len(NAMES)] + (" II" if i >= len(NAMES) else "") for i in range(amps)]
        self.amps = tuple(AmpView(i, n, str(i + 1) if i < 9 else None, "Blues") for i, n in enumerate(names))
        self.closed = 0
        self.close_seconds = 0.05
        self.lively = lively
        self._pluck = -30.0
        self._random = random.Random(1)
        self.start_over()

    def start_over(self) -> None:
        """Everything as it was at first, no verb recorded."""
        names = [amp.name for amp in self.amps]
        self.verbs: list[str] = []
        self.chains = {name: chain_of(name, self.model) for name in names}
        self.loading: list[tuple[str, Path]] = []
        self.told: tuple[News, ...] = ()
        self.now = Status(
            amp=0,
            amp_name=names[0],
            bypassed=False,
            muted=False,
            tuner=False,
            in_db=-18.2,
            out_db=-12.0,
            in_clip=False,
            out_clip=False,
            limiter_db=0.0,
            level_db=-3.0,
            load=0.06,
            xruns=0,
            rate=48000,
            block=64,
            latency_ms=2.7,
            server="JACK, dummy driver, started by rig",
            connections=WIRED,
            alive=True,
        )

    def set(self, **changes: object) -> None:
        """Change what the next status says."""
        self.now = replace(self.now, **changes)

    def fault(self, engine: str) -> None:
        """Let the guard catch an engine."""
        for name, engines in self.chains.items():
            self.chains[name] = tuple(replace(e, fault=e.fault or e.name == engine) for e in engines)
        self.set(faults=((f"{self.now.amp_name}.{engine}", 1),))

    def do(self, command: str) -> None:
        self.verbs.append(command)
        self.set(message="")
        verb, _, rest = command.partition(" ")
        toggles = {"bypass": "bypassed", "mute": "muted", "tuner": "tuner"}
        if verb in toggles:
            self.set(**{toggles[verb]: not getattr(self.now, toggles[verb])})
        elif verb == "amp":
            self._play(int(rest) - 1)
        elif verb in ("next", "prev"):
            self._play((self.now.amp + (1 if verb == "next" else -1)) % len(self.amps))
        elif verb == "set":
            self._turn(*rest.rsplit(" ", 1))
        elif verb == "load":
            self._load(rest)
        elif verb == "level":
            self.set(level_db=min(20.0, max(-60.0, float(rest))))
        elif verb == "connect":
            self.set(alive=True, connections=WIRED, message="connected")
        else:
            raise RigError(f"no verb '{verb}'")

    def _play(self, index: int) -> None:
        if not 0 <= index < len(self.amps):
            raise RigError(f"no amp {index + 1}: there are {len(self.amps)}")
        self.set(amp=index, amp_name=self.amps[index].name)

    def _turn(self, path: str, value: str) -> None:
        for name, engines in self.chains.items():
            self.chains[name] = tuple(
                replace(
                    engine,
                    params=tuple(replace(p, value=float(value)) if p.path == path else p for p in engine.params),
                )
                for engine in engines
            )

    def _load(self, words: str) -> None:
        where, _, rest = words.partition(".")
        label, _, name = rest.partition(" ")
        if not any(f"{where}.{label}" == view.engine for e in self.chain() for view in e.files):
            raise RigError(f"{where} has no engine '{label}'")
        if not Path(name).is_file():
            raise RigError(f"no model file '{name}'")
        self.loading.append((f"{where}.{label}", Path(name)))

    def install(self) -> tuple[Outcome, ...]:
        if self.held:
            return ()
        ready, self.loading = self.loading, []
        return tuple(self._outcome(*job) for job in ready)

    def _outcome(self, asked: str, file: Path) -> Outcome:
        if "bad" in file.name:
            return Outcome(asked, asked, error=f"{file.name}: the file ends in the middle; copy or export it again")
        where = asked.rpartition(".")[0]
        now = asked if where in ("input", "output") else f"{where}.{'lstm' if 'lstm' in file.name else 'wavenet'}"
        for amp, engines in self.chains.items():
            self.chains[amp] = tuple(
                replace(e, name=now.rpartition(".")[2], files=(replace(e.files[0], engine=now, file=file),))
                if [view.engine for view in e.files] == [asked]
                else e
                for e in engines
            )
        return Outcome(asked, now, (FileView(now, "model", file),))

    def news(self) -> tuple[News, ...]:
        said, self.told = self.told, ()
        return said

    def status(self) -> Status:
        if self.lively:
            self._strum()
        return self.now

    def _strum(self) -> None:
        if self._random.random() < 0.08:
            self._pluck = self._random.uniform(-16, -4)
        self._pluck -= 0.6
        heard = self.now.muted or self.now.tuner
        self.set(
            in_db=max(-75.0, self._pluck),
            out_db=-120.0 if heard else min(-0.1, max(-62.0, self._pluck * 0.7 + 3)),
            limiter_db=min(0.0, -(self._pluck + 6)),
            in_clip=self._pluck > -4.5,
            load=0.06 + 0.02 * self._random.random(),
            note="E",
            cents=18 * math.sin(time.monotonic() / 2),
        )

    def chain(self) -> tuple[EngineView, ...]:
        return self.chains[self.amps[self.now.amp].name]

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
    args = parser.parse_args()
    gig = FakeGig(args.amps, lively=not args.still, diary=args.diary)
    app = RigApp(opener(gig, args.seconds))
    app.run()
    if app.failure:
        print(app.failure, file=sys.stderr)
    print(f"closed {gig.closed}")
    return app.return_value or 0


if __name__ == "__main__":
    raise SystemExit(main())
