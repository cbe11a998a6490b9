"""A gig: set + rack + client, and the table of verbs. What the screen, the headless mode and the tests all hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rig.document import address
from rig.document import preset as presets
from rig.engine import Param, Setting
from rig.errors import RigError, did_you_mean
from rig.gig.builder import Builder, Built, Change, install
from rig.gig.file_watcher import Watch
from rig.gig.follower import Follower
from rig.gig.loader import LoadedSet, Place, Progress, load_set
from rig.gig.recorder import Recorder
from rig.gig.snapshot import AmpView, EngineView, FileView, News, Outcome, ParamView, Status
from rig.jack.client import Client
from rig.native import Chain, Rack, Unit, decibels
from rig.sound import read, resample

LEVELS = (-60.0, 20.0)  # dB, of the rack's output
FAULT_SECONDS = 5.0  # for so long an engine that the guard caught is shown as faulty
TUNER_SECONDS = 0.1
REJOIN_SECONDS = 1.0  # between two looks for a JACK that has gone
REFUSED_SECONDS = 10.0  # until the next, where one ran that could not be joined
CLOSE_SECONDS = 0.5  # a fade-out takes a twentieth of a second; JACK may be gone


@dataclass(frozen=True)
class Verb:
    """What a player can ask for. words: what follows the verb, for help and errors."""

    words: str
    help: str
    do: Callable[[Gig, str], None]


class Gig:
    """All one needs to play. Methods are called from one thread, the screen's or the headless loop's.

    source: the name of a recording that plays into the rig, which the wiring shows. watch: has seen the set's files as
    they were before they were loaded; they are followed.
    """

    def __init__(
        self, loaded: LoadedSet, rack: Rack, client: Client, source: str = "", watch: Watch | None = None
    ) -> None:
        self._loaded = loaded
        self._rack = rack
        self._client = client
        self._builder = Builder(loaded, client.rate)
        self._follower = Follower(watch, loaded, self._builder) if watch else None
        self._amp = 0
        self._bypassed = self._muted = self._tuner = False
        self._level = 0.0
        self._recorder: Recorder | None = None
        self._message = ""
        self._clips = (0, 0)
        self._fault_seen: dict[tuple[int, int], tuple[int, float]] = {}
        client.delay(self._delay())
        self._source = ((source, f"{client.name}:in"),) if source else ()
        self._note, self._listen_again = ("", 0.0), 0.0
        self._wired, self._rejoin_at = False, 0.0
        self.name = " + ".join(preset.name for preset in loaded.presets)
        self.amps = tuple(
            AmpView(i, amp.name, amp.key, loaded.presets[amp.preset].name) for i, amp in enumerate(loaded.amps)
        )

    # --- verbs ---

    def do(self, command: str) -> None:
        """Carry out one verb, as the headless mode reads them; see VERBS. What it says is in the next Status.message.

        Raises RigError for an unknown verb, amp or parameter, and for a value that is no number or out of range.
        """
        name, _, rest = command.strip().partition(" ")
        verb = VERBS.get(name)
        if verb is None:
            raise RigError(f"no verb '{name}'{did_you_mean(name, VERBS) or '; there are ' + ', '.join(VERBS)}")
        rest = rest.strip()
        if rest and not verb.words:
            raise RigError(f"'{name}' stands alone")
        self._message = ""
        verb.do(self, rest)
        self._rack.collect()

    def say(self, message: str) -> None:
        """Show a message with the next status."""
        self._message = message

    @property
    def amp(self) -> int:
        """The index of the amp that plays."""
        return self._amp

    def _play(self, which: str) -> None:
        if not which:
            raise RigError("amp: which? A number or a name")
        self._switch(self._loaded.find(which))

    def _step(self, by: int) -> None:
        self._switch((self._amp + by) % len(self.amps))

    def _switch(self, amp: int) -> None:
        self._amp = amp
        self._rack.play(amp)
        self._client.delay(self._delay())

    def _set(self, words: str) -> None:
        path, _, text = words.rpartition(" ")
        place, unit, knob = address.knob(self._loaded, self._amp, path.strip())
        value = address.value(knob, path.strip(), text)
        if isinstance(knob, Setting):
            self._change(place, unit, settings={knob.name: value})
        else:
            chain = self._loaded.chain(place)
            chain.set(unit, chain.units[unit].engine.params.index(knob), value)

    def _load(self, words: str) -> None:
        place, unit, key, file = address.file(self._loaded, self._amp, words)
        self._change(place, unit, files={key: file})

    def _set_level(self, text: str) -> None:
        value = address.number(text, "level")
        self._level = min(LEVELS[1], max(LEVELS[0], value))
        self._rack.level(self._level)

    def _bypass(self, text: str) -> None:
        self._bypassed = _switched(self._bypassed, text, "bypass")
        self._rack.bypass(self._bypassed)
        self._client.delay(self._delay())

    def _mute(self, text: str) -> None:
        self._muted = _switched(self._muted, text, "mute")
        self._rack.open(not (self._muted or self._tuner))

    def _tune(self, text: str) -> None:
        self._tuner = _switched(self._tuner, text, "tuner")
        self._rack.open(not (self._muted or self._tuner))

    def _connect(self, _: str = "") -> None:
        if not self._client.alive:
            self._client.reopen()
        self._wire()

    def _wire(self) -> None:
        self._wired = True
        wiring = self._loaded.presets[self._loaded.amps[self._amp].preset].jack
        faults = self._client.connect(wiring, input=not self._source)
        self._message = "; ".join(faults) or "connected"

    def _record(self, text: str) -> None:
        if self._recorder:
            self._stop_recording()
        elif not text:
            raise RigError("record: into which file? 'record take.wav', and 'record' again to stop")
        else:
            self._recorder = Recorder(self._rack, Path(text), self._client.rate)
            self._message = f"recording into {text}"

    def _stop_recording(self) -> None:
        if self._recorder:
            self._recorder.stop()
            self._message = f"recorded {self._recorder.path}"
            self._recorder = None

    # --- what takes a moment ---

    def _change(self, place: Place, unit: int, **what: Mapping) -> None:
        chain = self._loaded.chain(place)
        if self._builder.reshapes(place):
            raise RigError("this chain is just being built as its preset says; try again in a moment")
        if self._follower:
            self._follower.note(what.get("files", {}).values())
        self._builder.ask(Change(place, unit, knobs=tuple(map(chain.knobs, range(len(chain.units)))), **what))

    def install(self) -> tuple[Outcome, ...]:
        """Let in what has been built since the last call, and say what came of it. To be called often."""
        outcomes = []
        for built in self._builder.take():
            if isinstance(built.change, Change):
                outcomes.append(self._install(built))
            else:
                self._renew(built)
        return tuple(outcomes)

    @property
    def watching(self) -> bool:
        """Whether the set's files are followed."""
        return self._follower is not None

    def news(self) -> tuple[News, ...]:
        """Look whether files have changed, and say what came of those that had. To be called often, after install()."""
        return self._follower.news(self._loaded) if self._follower else ()

    def _renew(self, built: Built) -> None:
        if built.chain:
            self._put(built)
        self._follower.take(built)

    @property
    def building(self) -> bool:
        """Whether something that was asked for is still to be installed."""
        return self._builder.busy

    def settle(self, seconds: float = 30.0) -> tuple[Outcome, ...]:
        """Wait until all that was asked for is built, and install it."""
        self._builder.wait(seconds)
        return self.install()

    def _put(self, built: Built) -> None:
        self._loaded = install(built, self._loaded, self._rack)
        self._client.delay(self._delay())

    def _install(self, built: Built) -> Outcome:
        place, unit = built.change.place, built.change.unit
        asked = address.path(self._loaded, place, unit)
        self._put(built)
        now = self._loaded.chain(place).units[unit]
        engine = address.path(self._loaded, place, unit)
        return Outcome(asked, engine, _files(engine, now), tuple(now.engine.settled(now.settings).items()), built.error)

    # --- what is to be seen ---

    def status(self) -> Status:
        """The rack now. Peaks and worst load are since the last call. Where JACK has gone, looks whether it is back."""
        self._rejoin()
        self._rack.collect()
        meters = self._rack.meters()
        clips, self._clips = self._clips, (meters.in_clips, meters.out_clips)
        note, cents = self._hear() if self._tuner else ("", 0.0)
        return Status(
            amp=self._amp,
            amp_name=self.amps[self._amp].name,
            bypassed=self._bypassed,
            muted=self._muted,
            tuner=self._tuner,
            in_db=decibels(meters.in_peak),
            out_db=decibels(meters.out_peak),
            in_clip=meters.in_clips > clips[0],
            out_clip=meters.out_clips > clips[1],
            limiter_db=decibels(meters.limiter),
            level_db=self._level,
            load=meters.load,
            xruns=self._client.xruns,
            rate=self._client.rate,
            block=self._client.block,
            latency_ms=self._latency_ms(),
            server=self._client.server,
            connections=self._source + self._client.connections(),
            alive=self._client.alive,
            faults=self._faults(meters.input_faults),
            note=note,
            cents=cents,
            recording=str(self._recorder.path) if self._recorder else "",
            building=self.building,
            message=self._message,
        )

    def _rejoin(self) -> None:
        """Play on where JACK runs again. What is against it, such as another rate, is said, and tried less often."""
        now = time.monotonic()
        if self._client.alive or now < self._rejoin_at:
            return
        self._rejoin_at = now + REJOIN_SECONDS
        try:
            if self._client.reopen(start=False) and self._wired:
                self._wire()
        except RigError as error:
            self._message = str(error)
            self._rejoin_at = now + REFUSED_SECONDS

    def _latency_ms(self) -> float:
        """Round trip: JACK's, and what the chains that play add. 0 while JACK is gone."""
        through = self._delay() if self._client.alive else 0
        return self._client.latency_ms() + 1000.0 * through / self._client.rate

    def _delay(self) -> int:
        """Frames that sound takes through the chains that play."""
        amp = self._loaded.amps[self._amp]
        chains = [self._loaded.inputs[amp.preset], self._loaded.outputs[amp.preset]]
        return sum(chain.latency for chain in chains + ([] if self._bypassed else [amp.chain]))

    def _faults(self, input_faults: int) -> tuple[tuple[str, int], ...]:
        found = [("in", input_faults)] if input_faults else []
        for where, place in address.places(self._loaded, self._amp).items():
            chain = self._loaded.chain(place)
            for unit, count in zip(chain.units, chain.faults, strict=True):
                if count:
                    found.append((f"{where}.{unit.label}", count))
        return tuple(found)

    def _hear(self) -> tuple[str, float]:
        """The note that is played and its cents; looked for ten times a second at most."""
        from rig.gig import tuner

        now = time.monotonic()
        if now >= self._listen_again:
            self._listen_again = now + TUNER_SECONDS
            rate = self._client.rate
            hz = tuner.pitch(self._rack.heard(int(tuner.WINDOW * rate)), rate)
            self._note = tuner.note(hz) if hz else ("", 0.0)
        return self._note

    def chain(self) -> tuple[EngineView, ...]:
        """The playing amp's signal path: input chain, amp, output chain, with the knobs as they stand."""
        preset = self._loaded.amps[self._amp].preset
        places = (Place("input", preset), Place("amp", self._amp), Place("output", preset))
        return tuple(view for place in places for view in self._views(place))

    def _views(self, place: Place) -> list[EngineView]:
        chain = self._loaded.chain(place)
        faults, costs = chain.faults, chain.costs
        views = []
        for i, unit in enumerate(chain.units):
            path = address.path(self._loaded, place, i)
            now = unit.engine.settled({**unit.settings, **self._builder.asked(place, i)})
            stand = {**now, **chain.knobs(i)}
            shown = (*(setting for setting in unit.engine.settings if setting.on_screen), *unit.engine.params)
            shown = (knob for knob in shown if knob.name not in unit.payload.idle)
            knobs = tuple(_knob(f"{path}.{knob.name}", knob, stand[knob.name]) for knob in shown)
            faulty = self._faulty(chain, i, faults[i])
            about, load = unit.payload.about, round(costs[i], 3)
            views.append(
                EngineView(unit.label, about, place.stage, knobs, faulty, load, _files(path, unit), unit.branch)
            )
        return views

    def _faulty(self, chain: Chain, unit: int, count: int) -> bool:
        """Whether the guard caught this engine within the last seconds."""
        now = time.monotonic()
        before, when = self._fault_seen.get((chain.address, unit), (0, -FAULT_SECONDS))
        if count > before:
            when = now
        self._fault_seen[chain.address, unit] = (count, when)
        return now - when < FAULT_SECONDS

    # --- life ---

    def close(self) -> None:
        """Fade out, disconnect, stop the server we started. Idempotent."""
        self._builder.close()
        self._rack.open(False)
        until = time.monotonic() + CLOSE_SECONDS
        while self._client.alive and not self._rack.meters().silent and time.monotonic() < until:
            time.sleep(0.005)
        self._stop_recording()
        self._client.close()


def _switched(now: bool, text: str, what: str) -> bool:
    """A switch that turns over, or goes where "on" or "off" says."""
    if text not in ("", "on", "off"):
        raise RigError(f"{what}: '{text}' is neither on nor off")
    return text == "on" if text else not now


def _knob(path: str, knob: Param | Setting, value: float) -> ParamView:
    switch = isinstance(knob, Setting) and knob.switch
    return ParamView(path, knob.name, knob.unit, knob.help, value, knob.minimum, knob.maximum, knob.initial, switch)


def _files(path: str, unit: Unit) -> tuple[FileView, ...]:
    return tuple(FileView(path, key, file) for key, file in unit.files.items())


def _nothing(gig: Gig, _: str) -> None:
    """For the verbs that whoever reads commands carries out itself."""


VERBS: dict[str, Verb] = {
    "amp": Verb("N|NAME", "play that amp", Gig._play),
    "next": Verb("", "play the next amp", lambda gig, _: gig._step(+1)),
    "prev": Verb("", "play the amp before", lambda gig, _: gig._step(-1)),
    "set": Verb("AMP.ENGINE.KNOB VALUE", "turn a knob, or change a setting", Gig._set),
    "load": Verb("AMP.ENGINE FILE", "play another model or cabinet", Gig._load),
    "level": Verb("DB", "output level", Gig._set_level),
    "bypass": Verb("[on|off]", "the guitar without the amp", Gig._bypass),
    "mute": Verb("[on|off]", "silence", Gig._mute),
    "tuner": Verb("[on|off]", "silence, and the note that is played", Gig._tune),
    "connect": Verb("", "wire up again", Gig._connect),
    "record": Verb("FILE.wav", "record what is heard; again to stop", Gig._record),
    "status": Verb("", "say how things are", _nothing),
    "quit": Verb("", "fade out and end", _nothing),
}


def open_gig(
    paths: Sequence[Path],
    *,
    name: str = "rig",
    server: str | None = None,
    connect: bool = True,
    di: Path | None = None,
    record: Path | None = None,
    amp: str | None = None,
    watch: bool = False,
    progress: Progress = lambda step, share: None,
) -> Gig:
    """Load a set, warm it, and let it sound.

    paths: presets. name, server: of our JACK client, and of the server it looks for. di: a recording that plays into
    the rig in place of a guitar. watch: follow the presets and their files. Raises RigError; then nothing is
    left running.
    """
    progress("Reading presets", 0.0)
    seen = Watch()
    seen.changed(map(Path, paths))
    chosen = [presets.load(Path(path)) for path in paths]
    seen.changed(path for preset in chosen for path in preset.files)
    recording = read(Path(di)) if di else None
    progress("Looking for JACK", 0.0)
    client = Client(name, server)
    try:
        loaded = load_set(chosen, client.rate, progress)
        rack = Rack(client.rate)
        loaded.enter(rack)
        gig = Gig(loaded, rack, client, source=Path(di).name if di else "", watch=seen if watch else None)
        if recording:
            rack.loop(resample(recording[0][:, 0], recording[1], client.rate))
        if amp is not None:
            gig.do(f"amp {amp}")
        rack.begin(open=False)
        client.start(rack)
        if connect:
            gig.do("connect")
        if record:
            gig.do(f"record {record}")
        if any(preset.midi.program or preset.midi.cc for preset in chosen):
            gig.say("[midi] is read, but not played yet")
        rack.open()
    except BaseException:
        client.close()
        raise
    return gig
