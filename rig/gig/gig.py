"""A gig: a document, what plays of it, and JACK. What the screen, the headless mode and the tests all hold."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

import numpy as np

from rig.document import merge
from rig.document.corrections import at_path, each_preset, remade, taken_back, without_idle
from rig.document.document import Amp, Document, EngineSpec, Preset
from rig.document.file import PresetFile, open_preset
from rig.document.history import History
from rig.document.scenes import applied
from rig.errors import RigError, did_you_mean
from rig.gig import snapshot
from rig.gig.builder import Place
from rig.gig.file_watcher import FileWatcher
from rig.gig.follower import Follower
from rig.gig.reconciler import Installed, Progress, Reconciler, Refused
from rig.gig.recorder import Recorder
from rig.gig.snapshot import AmpView, EngineView, News, Outcome, Status
from rig.gig.verbs import VERBS
from rig.jack.client import Client
from rig.native import Chain, Rack, decibels
from rig.sound import read, resample

FAULT_SECONDS = 5.0  # for so long an engine that the guard caught is shown as faulty
TUNER_SECONDS = 0.1
REJOIN_SECONDS = 1.0  # between two looks for a JACK that has gone
REFUSED_SECONDS = 10.0  # until the next, where one ran that could not be joined
CLOSE_SECONDS = 0.5  # a fade-out takes a twentieth of a second; JACK may be gone

Recording = tuple[np.ndarray, int]
"""(frames,) float32, and its rate in Hz."""


class Gig:
    """All one needs to play. Methods are called from one thread, the screen's or the headless loop's.

    files: the set's presets. reconciler: has loaded them. playing: an amp's identity.
    source, loop: the name of a recording that plays into the rig, which the wiring shows, and the recording.
    watcher: has seen the set's files as they were before they were loaded; they are followed.
    """

    def __init__(
        self,
        files: Sequence[PresetFile],
        reconciler: Reconciler,
        client: Client,
        playing: int,
        source: str = "",
        loop: Recording | None = None,
        watcher: FileWatcher | None = None,
    ) -> None:
        self.files = {file.preset.uid: file for file in files}
        self.history = History(Document(tuple(file.preset for file in files)))
        self.playing = playing
        self.client = client
        self._reconciler = reconciler
        self._loop = loop
        self._follower = Follower(self, watcher) if watcher else None
        self.bypassed: bool = False
        self.muted: bool = False
        self.tuning: bool = False
        self._recorder: Recorder | None = None
        self._message = ""
        self._clips = (0, 0)
        self._fault_seen: dict[tuple[int, int], tuple[int, float]] = {}
        self._source = ((source, f"{client.name}:in"),) if source else ()
        self._note, self._listen_again = ("", 0.0), 0.0
        self._wired, self._rejoin_at = False, 0.0
        self._returning = False  # JACK is back at another rate, and what is to play there is being built
        self._outcomes: list[Outcome] = []
        client.delay(self._delay())

    # --- what is wanted ---

    @property
    def document(self) -> Document:
        """What the player wants."""
        return self.history.document

    @property
    def amp(self) -> Amp:
        """The amp that plays."""
        return self.document.amp(self.playing)

    @property
    def preset(self) -> Preset:
        """The preset of the amp that plays."""
        return self.document.preset_of(self.playing)

    def do(self, command: str) -> None:
        """Carry out one verb, as the headless mode reads them; see VERBS. What it says is in the next Status.message.

        Raises RigError for an unknown verb, amp or parameter, and for what makes no sense.
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
        self._reconciler.rack.collect()

    def say(self, message: str) -> None:
        """Show a message with the next status."""
        self._message = message

    def edit(self, document: Document, what: str, together: Hashable = None) -> None:
        """Want another document. what: was done, for `undo` to say; see History.do."""
        self.history.do(document, what, time.monotonic(), together)
        self.reconcile()

    def reconcile(self) -> None:
        """Let what plays become what is wanted."""
        amps = [amp.uid for amp in self.document.amps]
        if self.playing not in amps:
            self.playing = self._successor(amps)
        self._reconciler.want(applied(self.document, self.playing), self.playing)
        self._reconciler.rack.level(self.document.level)
        self.client.delay(self._delay())

    def _successor(self, amps: Sequence[int]) -> int:
        """Who plays where the playing amp has gone: the one before it in the document before, as far as it is there."""
        before = [place.owner for place in self._reconciler.places() if place.stage == "amp"]
        at = before.index(self.playing) if self.playing in before else 0
        nearest = sorted(range(len(before)), key=lambda i: (abs(i - at), i))
        return next((before[i] for i in nearest if before[i] in amps), amps[0])

    def play(self, amp: int) -> None:
        """Switch to an amp, by its identity."""
        self.playing = amp
        self.reconcile()

    def accept(self, file: PresetFile, what: str, base: Preset | None = None) -> None:
        """A file was read anew: all that differs from `base`, which is what it said before, is wanted now."""
        uid = file.preset.uid
        base = base or self.files[uid].preset
        ours = next(preset for preset in self.document.presets if preset.uid == uid)
        wired = self.preset.jack
        self.history.do(self.document.with_preset(merge.merged(base, file.preset, ours)), what, time.monotonic())
        self.files[uid] = file
        self.history.save(file.preset)
        self.reconcile()
        if self._wired and self.preset.jack != wired:
            self.wire()

    # --- saving ---

    def compare(self) -> bool:
        """What is saved, or again what was changed. Returns whether what is saved plays now."""
        saved = self.history.ab(time.monotonic())
        self.reconcile()
        return saved

    def save(self, *, over: bool = False) -> None:
        """Write what was changed into the presets' files."""
        changed = self.history.unsaved()
        if not changed:
            raise RigError("all is saved already")
        if self.history.comparing:
            self.compare()
        for preset in changed:
            self._saved(self.files[preset.uid].saved(preset, over=over))
        self._message = f"saved {', '.join(self.files[preset.uid].path.name for preset in changed)}"

    def save_as(self, path: Path, *, over: bool = False) -> None:
        """Write the playing amp's preset into another file, which is its file from then on."""
        uid = self.preset.uid
        file = self.files[uid].saved_as(self.preset, path, over=over)
        self.history.amend(lambda document: at_path(document, uid, path))
        self._saved(file)
        self._message = f"saved {path}"

    def _saved(self, file: PresetFile) -> None:
        self.files[file.preset.uid] = file
        self.history.save(file.preset)
        if self._follower:
            self._follower.accept(file)

    def revert(self) -> None:
        """The playing amp's preset as its file has it now."""
        uid = self.preset.uid
        old = self.files[uid]
        file = old.read_again()
        if self.preset.as_written() == file.preset:
            raise RigError(f"{file.path.name} is as it was saved")
        self.files[uid] = file
        self.history.do(self.document.with_preset(file.preset), "revert", time.monotonic())
        self.history.save(file.preset)
        if self._follower:
            self._follower.accept(file)
        self.reconcile()

    @property
    def unsaved(self) -> bool:
        """Whether something differs from what the files say."""
        return bool(self.history.unsaved())

    # --- what is heard ---

    def open_master(self) -> None:
        """Let it be heard, or not, as mute and tuner say."""
        self._reconciler.rack.open(not (self.muted or self.tuning))

    def bypass(self, on: bool) -> None:
        """The guitar without the amp."""
        self.bypassed = on
        self._reconciler.rack.bypass(on)
        self.client.delay(self._delay())

    def record(self, path: Path | None) -> None:
        """Record what is heard into a new WAV file; None: stop."""
        if self._recorder:
            self._stop_recording()
        elif path is None:
            raise RigError("record: into which file? 'record take.wav', and 'record' again to stop")
        else:
            self._recorder = Recorder(self._reconciler.rack, path, self.client.rate)
            self._message = f"recording into {path}"

    def _stop_recording(self) -> None:
        if self._recorder:
            self._recorder.stop()
            self._message = f"recorded {self._recorder.path}"
            self._recorder = None

    # --- what takes a moment ---

    def install(self) -> tuple[Outcome, ...]:
        """Let in what has been built since the last call, and say what came of it. To be called often."""
        news = self._reconciler.take()
        for item in news:
            if isinstance(item, Refused):
                self._refuse(item)
            else:
                self._installed(item)
        if news:
            self.reconcile()
        if self._returning and not self._reconciler.busy:
            self._return()
        outcomes, self._outcomes = tuple(self._outcomes), []
        return outcomes

    def _installed(self, item: Installed) -> None:
        if item.idle:
            self.history.amend_now(
                lambda document: each_preset(document, lambda p: without_idle(p, item.wish.engines, item.idle))
            )
        if self._follower:
            self._follower.installed(item)
        olds = {spec.uid: spec for spec in item.before}
        for spec in item.wish.engines:
            old = olds.get(spec.uid)
            if (old is None or remade(old, spec)) and _in(self.document, spec.uid):
                self._outcomes.append(snapshot.outcome(self.document, spec, self.playing))

    def _refuse(self, item: Refused) -> None:
        """What cannot be built is taken back, as if it had never been asked for; it is said why."""
        spec = next((spec for spec in item.wish.engines if spec.uid == item.uid), None)
        old = next((spec for spec in item.playing if spec.uid == item.uid), None)
        followed = self._follower is not None and self._follower.refused(item, spec, old)
        if not followed and spec is not None and _in(self.document, item.uid):
            self._outcomes.append(snapshot.outcome(self.document, old or spec, self.playing, item.error))
        elif not followed:
            self._message = item.error
        if spec is not None:
            self.history.amend(lambda document: each_preset(document, lambda p: taken_back(p, spec, old)))

    @property
    def building(self) -> bool:
        """Whether something that was asked for is still to be installed."""
        return self._reconciler.busy

    def settle(self, seconds: float = 30.0) -> tuple[Outcome, ...]:
        """Wait until all that was asked for is built, and install it."""
        outcomes: list[Outcome] = []
        until = time.monotonic() + seconds
        while self._reconciler.busy and time.monotonic() < until:
            self._reconciler.wait(max(0.0, until - time.monotonic()))
            outcomes += self.install()
        return (*outcomes, *self.install())

    @property
    def watching(self) -> bool:
        """Whether the set's files are followed."""
        return self._follower is not None

    def news(self) -> tuple[News, ...]:
        """Look whether files have changed, and say what came of those that had. To be called often, after install()."""
        return self._follower.news() if self._follower else ()

    def refresh(self, path: Path) -> None:
        """A file is asked for: it is read again where it has changed since."""
        if self._reconciler.stale(path):
            self._reconciler.changed([path])

    def changed(self, paths: Iterable[Path]) -> None:
        """Models or cabinets have become others: what plays them is built anew."""
        self._reconciler.changed(paths)
        self.reconcile()

    # --- JACK ---

    def connect(self) -> None:
        """Wire up; where JACK has gone, start it."""
        if not self.client.alive:
            self.client.reopen()
            self._arrived()
        self.wire()

    def wire(self) -> None:
        """Connect as the playing amp's preset says."""
        self._wired = True
        faults = self.client.connect(self.preset.jack, input=not self._source)
        self._message = "; ".join(faults) or "connected"

    def _rejoin(self) -> None:
        """Play on where JACK runs again. What is against it is said, and tried less often."""
        now = time.monotonic()
        if self.client.alive or now < self._rejoin_at:
            return
        self._rejoin_at = now + REJOIN_SECONDS
        try:
            if self.client.reopen(start=False):
                self._arrived()
                if self._wired and not self._returning:
                    self.wire()
        except RigError as error:
            self._message = str(error)
            self._rejoin_at = now + REFUSED_SECONDS

    def _arrived(self) -> None:
        """JACK is back. Where it runs at another rate, all chains are built for that; it is quiet until they are."""
        rate = self.client.rate
        if rate == self._reconciler.rack.rate:
            return
        self._stop_recording()
        rack = Rack(rate)
        if self._loop:
            rack.loop(resample(*self._loop, rate))
        self._reconciler.move(rack)
        self._fault_seen.clear()
        self._clips = (0, 0)
        self._returning = True
        self._message = f"JACK runs at {rate / 1000:g} kHz now: building all amps for it"
        self.reconcile()

    def _return(self) -> None:
        """All is built for the new rate."""
        self._returning = False
        rack = self._reconciler.rack
        rack.bypass(self.bypassed)
        rack.begin(open=False)
        try:
            self.client.start(rack)
        except RigError as error:
            self._message = str(error)
            self.client.close()
            return
        self.open_master()
        if self._wired:
            self.wire()
        self._message = f"playing on at {rack.rate / 1000:g} kHz"

    # --- what is to be seen ---

    @property
    def name(self) -> str:
        """What the set is called."""
        return " + ".join(preset.name for preset in self.document.presets)

    @property
    def amps(self) -> tuple[AmpView, ...]:
        """All amps, in order."""
        return snapshot.amps(self.document)

    def status(self) -> Status:
        """The rack now. Peaks and worst load are since the last call. Where JACK has gone, looks whether it is back."""
        self._rejoin()
        rack = self._reconciler.rack
        rack.collect()
        meters = rack.meters()
        clips, self._clips = self._clips, (meters.in_clips, meters.out_clips)
        note, cents = self._hear() if self.tuning else ("", 0.0)
        amp = self.amp
        return Status(
            amp=[other.uid for other in self.document.amps].index(amp.uid),
            amp_name=amp.name,
            bypassed=self.bypassed,
            muted=self.muted,
            tuner=self.tuning,
            in_db=decibels(meters.in_peak),
            out_db=decibels(meters.out_peak),
            in_clip=meters.in_clips > clips[0],
            out_clip=meters.out_clips > clips[1],
            limiter_db=decibels(meters.limiter),
            level_db=self.document.level,
            load=meters.load,
            xruns=self.client.xruns,
            rate=self.client.rate,
            block=self.client.block,
            latency_ms=self._latency_ms(),
            server=self.client.server,
            connections=self._source + self.client.connections(),
            alive=self.client.alive,
            faults=self._faults(meters.input_faults),
            note=note,
            cents=cents,
            recording=str(self._recorder.path) if self._recorder else "",
            building=self.building,
            message=self._message,
            scene=amp.scene,
            unsaved=self.unsaved,
            comparing=self.history.comparing,
        )

    def _latency_ms(self) -> float:
        """Round trip: JACK's, and what the chains that play add. 0 while JACK is gone."""
        through = self._delay() if self.client.alive else 0
        return self.client.latency_ms() + 1000.0 * through / self.client.rate

    def _heard(self) -> list[tuple[Place, tuple[EngineSpec, ...], Chain]]:
        return self._reconciler.path(self.preset.uid, self.playing)

    def _delay(self) -> int:
        """Frames that sound takes through the chains that play."""
        return sum(chain.latency for place, _, chain in self._heard() if place.stage != "amp" or not self.bypassed)

    def _faults(self, input_faults: int) -> tuple[tuple[str, int], ...]:
        found = [("in", input_faults)] if input_faults else []
        for place in self._reconciler.places():
            standing = self._reconciler.chain(place)
            if standing is None:
                continue
            for spec, count in zip(standing[0].engines, standing[1].faults, strict=True):
                if count and _in(self.document, spec.uid):
                    found.append((snapshot.path(self.document, spec.uid, self.playing), count))
        return tuple(found)

    def _hear(self) -> tuple[str, float]:
        """The note that is played and its cents; looked for ten times a second at most."""
        from rig.gig import tuner

        now = time.monotonic()
        if now >= self._listen_again:
            self._listen_again = now + TUNER_SECONDS
            rate = self.client.rate
            hz = tuner.pitch(self._reconciler.rack.heard(int(tuner.WINDOW * rate)), rate)
            self._note = tuner.note(hz) if hz else ("", 0.0)
        return self._note

    def chain(self) -> tuple[EngineView, ...]:
        """The playing amp's signal path: input chain, amp, output chain, with the knobs as they stand."""
        units = {}
        for _, engines, chain in self._heard():
            for i, (spec, unit, faults, cost) in enumerate(
                zip(engines, chain.units, chain.faults, chain.costs, strict=True)
            ):
                units[spec.uid] = (unit, self._faulty(chain, i, faults), cost)
        return snapshot.chain(self.document, self.history.saved, self.playing, units)

    def idle(self, uid: int) -> frozenset[str]:
        """The knobs of an engine that do nothing with what it plays; none while it is to play something else."""
        wanted = next((spec for preset in self.document.presets for spec in preset.engines() if spec.uid == uid), None)
        for place in self._reconciler.places():
            standing = self._reconciler.chain(place)
            for spec, unit in zip(standing[0].engines, standing[1].units, strict=True) if standing else ():
                if spec.uid == uid and wanted and not remade(spec, wanted):
                    return frozenset(unit.payload.idle)
        return frozenset()

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
        self._reconciler.close()
        rack = self._reconciler.rack
        rack.open(False)
        until = time.monotonic() + CLOSE_SECONDS
        while self.client.alive and not rack.meters().silent and time.monotonic() < until:
            time.sleep(0.005)
        self._stop_recording()
        self.client.close()


def _in(document: Document, uid: int) -> bool:
    return any(spec.uid == uid for preset in document.presets for spec in preset.engines())


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
    watcher = FileWatcher()
    watcher.changed(map(Path, paths))
    files = [open_preset(Path(path)) for path in paths]
    watcher.changed(path for file in files for path in file.preset.files)
    recording = read(Path(di)) if di else None
    loop = (recording[0][:, 0], recording[1]) if recording else None
    progress("Looking for JACK", 0.0)
    client = Client(name, server)
    try:
        document = Document(tuple(file.preset for file in files))
        first = document.amps[0].uid
        reconciler = Reconciler(Rack(client.rate))
        reconciler.load(document, first, progress)
        source = Path(di).name if di else ""
        gig = Gig(files, reconciler, client, first, source, loop, watcher if watch else None)
        if loop:
            reconciler.rack.loop(resample(*loop, client.rate))
        if amp is not None:
            gig.do(f"amp {amp}")
        reconciler.rack.begin(open=False)
        client.start(reconciler.rack)
        if connect:
            gig.do("connect")
        if record:
            gig.do(f"record {record}")
        if any(preset.midi.program or preset.midi.cc for preset in document.presets):
            gig.say("[midi] is read, but not played yet")
        reconciler.rack.open()
    except BaseException:
        client.close()
        raise
    return gig
