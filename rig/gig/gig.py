"""A gig: a document, what plays of it, and JACK. What the screen, the headless mode and the tests all hold."""

from __future__ import annotations

import math
import time
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from rig.document import address, edits
from rig.document.corrections import each_preset, remade, taken_back, without_idle
from rig.document.document import LEVEL, USUAL_BOOST, Amp, Document, EngineSpec, Preset, Song, Target, Wiring
from rig.document.file import PresetFile
from rig.document.history import TOGETHER_SECONDS, History
from rig.document.scenes import applied
from rig.document.set_file import SetFile, said_of
from rig.document.tunings import A4
from rig.errors import RigError, cut, did_you_mean, own_fault
from rig.gig import snapshot
from rig.gig.bookmark import Bookmark, BookmarkFile
from rig.gig.builder import Place
from rig.gig.connection import Connection, Recording
from rig.gig.diary import Sound
from rig.gig.file_watcher import FileWatcher
from rig.gig.follower import Follower
from rig.gig.gig_log import GigLog
from rig.gig.headroom import Headroom
from rig.gig.incidents import Incidents
from rig.gig.journal import Journal, Offer, Wanted
from rig.gig.kept import Room
from rig.gig.known_loudness import KnownLoudness
from rig.gig.levels import LevelMeter, Levels
from rig.gig.looping import Looping
from rig.gig.memories import remembering
from rig.gig.pedals import Pedals
from rig.gig.preset_files import PresetFiles
from rig.gig.reader import Reader
from rig.gig.reconciler import Installed, Reconciler, Refused
from rig.gig.set_list import SetList
from rig.gig.snapshot import AmpView, EngineView, News, Outcome, Status
from rig.gig.sounding import Sounding
from rig.gig.takes import Takes
from rig.gig.taps import Taps
from rig.gig.time import Time
from rig.gig.verbs import VERBS
from rig.jack.client import Client
from rig.jack.patchbay import Patchbay
from rig.native import Bound, Rack, decibels

if TYPE_CHECKING:
    pass

FINISH_SECONDS = 2.0
MOST_NAMED = 3  # presets of a set without a name
LONGEST_VERB = 5000  # characters: a path has at most 4096
CLOSE_SECONDS = 0.5  # a fade-out takes a twentieth of a second; JACK may be gone


class Gig:
    """All one needs to play. Methods are called from one thread, the screen's or the headless loop's.

    files: the set's presets. reconciler: has loaded them. playing: an amp's identity.
    source, loop: the name of a recording that plays into the rig, which the wiring shows, and the recording.
    watcher: has seen the set's files as they were before they were loaded; they are followed.
    room: the memory that the rack was given, and that another one will be given. songs: of the set, the first of which
    plays; set_file: that says so.
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
        room: Room | None = None,
        songs: Sequence[Song] = (),
        set_file: SetFile | None = None,
    ) -> None:
        self.history = History(Document(tuple(file.preset for file in files), songs=tuple(songs)))
        self.files = PresetFiles(files, self.history)
        self.playing = self._picked = playing
        self.set_list = SetList(self, set_file)
        self.boosted: bool = False
        self.tried = 0  # the engine that files were tried for last, its identity
        self._amps = [amp.uid for amp in self.document.amps]  # as they were when reconciled last
        self._wirings = self._wired_as()  # as well
        self.client = client
        self.reconciler = reconciler
        self.connection: Connection = Connection(self, client, source, loop)
        self._follower = Follower(self, watcher) if watcher else None
        if self._follower:
            self.files.written = self._follower.accept
        self.bypassed: bool = False
        self.muted: bool = False
        self.tuning = self.heard_tuning = False
        self.room = room or Room(0.0, 0.0)
        self.takes: Takes = Takes(self)
        self.looping = Looping(self)
        self.sounding = Sounding(self)
        self.level_meter = LevelMeter(self)
        self._alarms: list[News] = []
        self._message, self._wrong = "", False
        self._clips = (0, 0)
        self.taps = Taps()
        self.time = Time(self)
        self.incidents: Incidents = Incidents(self, GigLog())
        self.headroom: Headroom = Headroom(self)
        self.bookmark = BookmarkFile()
        self.journal = Journal()
        self.offer: Offer | None = None  # what was left unsaved by a rig that was killed
        self.pedals = Pedals(self)
        self.listening = False  # somebody is wired to our MIDI input
        self.readers: WeakSet[Reader] = WeakSet()
        self._loudness = KnownLoudness()
        self._outcomes: list[Outcome] = []
        self._level: float | None = None  # as it was written last
        self.set_list.picked()
        self.pedals.reconcile()
        client.delay(self.sounding.delay)
        reconciler.rack.loop_beats(self.looping.on_beats)
        self.takes.note()
        self.bookmark.note(self._where())

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

        Raises RigError for an unknown verb, amp or parameter, for what makes no sense, and for a fault in rig itself:
        no verb ends a gig.
        """
        try:
            self._do(command)
        except RigError:
            raise
        except Exception as error:
            raise RigError(own_fault(error)) from error

    def _do(self, command: str) -> None:
        if len(command) > LONGEST_VERB:
            raise RigError(f"a verb has at most {LONGEST_VERB} characters; this one has {len(command)}")
        name, _, rest = command.strip().partition(" ")
        verb = VERBS.get(name)
        if verb is None:
            raise RigError(f"no verb '{cut(name)}'{did_you_mean(name, VERBS) or '; there are ' + ', '.join(VERBS)}")
        rest = rest.strip()
        if rest and not verb.words:
            raise RigError(f"'{name}' stands alone")
        self.pedals.look()
        self.say("")
        verb.do(self, rest)
        self.reconciler.rack.collect()

    def say(self, message: str, wrong: bool = False) -> None:
        """Answer a verb: with the next status. wrong: it tells of something that is."""
        self._message, self._wrong = message, wrong

    @property
    def message(self) -> str:
        """What the last verb has to say, or ""."""
        return self._message

    def tell(self, news: News) -> None:
        """Say what nobody asked for: with the next news()."""
        self._alarms.append(news)

    def edit(
        self,
        document: Document,
        what: str,
        together: Hashable = None,
        within: float = TOGETHER_SECONDS,
        playing: int | None = None,
    ) -> None:
        """Want another document. what: was done, for `undo` to say; see History.do. playing: the amp of it to play."""
        if playing is not None and playing != self.playing:
            self._picked, self.boosted = playing, False
        self.history.do(document, what, time.monotonic(), together, within)
        self.reconcile()

    def reconcile(self) -> None:
        """Let what plays become what is wanted."""
        amps, playing = [amp.uid for amp in self.document.amps], self.playing
        if self._picked in amps:
            self.playing = self._picked
        elif self.playing not in amps:
            self.playing = self._successor(amps)
        if self.playing != playing:
            self.boosted = False
            self.set_list.picked()
        self._amps = amps
        near = applied(self.set_list.near(), self.playing)
        near = near.with_preset(self.as_heard(near.preset_of(self.playing)))
        near = each_preset(near, self.headroom.lightened)
        self.reconciler.want(near, self.playing, self._before_tries())
        if self.document.level != self._level:
            self._level = self.document.level
            self.reconciler.rack.level(self._level)
        self.pedals.reconcile()
        if self.reconciler.inserts:
            self.client.inserts(self.reconciler.inserts.names)
        self.time.reconcile()
        self.reconciler.rack.loop_beats(self.looping.on_beats)
        self.takes.note()
        self.bookmark.note(self._where())
        self.client.delay(self.sounding.delay)
        before, self._wirings = self._wirings, self._wired_as()
        if self.connection.wired and self.preset.jack != before.get(self.preset.uid, self.preset.jack):
            self.connection.rewire()  # but an amp of another preset is played with the wires as they are

    def _where(self) -> Bookmark:
        song, saved = self.set_list.song, self.set_list.file
        return Bookmark(
            (str(saved.path.absolute()),) if saved else (),
            song.name if song else "",
            self.document.number(song) if song else 0,
            Sound(self.preset, self.playing).called,
            self.document.level,
        )

    def resume(self, last: Bookmark) -> None:
        """Be where the player was, as far as that is there still: the amp and the output's level, which is no edit."""
        self.history.amend_now(partial(edits.level, db=last.level))
        self.reconcile()
        try:
            self.do(f"amp {last.amp}")
        except RigError as error:
            self.tell(News(f"not as it was left: {error}", wrong=True))

    def as_heard(self, preset: Preset) -> Preset:
        """The preset that plays, at the song's tempo, and its amp as loud as it is in a solo."""
        if self.boost_db:
            amps = (
                replace(amp, level=min(LEVEL[1], amp.level + self.boost_db)) if amp.uid == self.playing else amp
                for amp in preset.amps
            )
            preset = replace(preset, amps=tuple(amps))
        return preset if preset.tempo == self.tempo else replace(preset, tempo=self.tempo)

    @property
    def tempo(self) -> float | None:
        """Beats a minute, of the song that plays or of its preset; None where neither says."""
        return self.set_list.tempo

    @property
    def boost_db(self) -> float:
        """By how much the amp that plays is louder than it is."""
        usual = USUAL_BOOST if self.preset.boost is None else self.preset.boost
        return usual if self.boosted else 0.0

    def _wired_as(self) -> dict[int, Wiring]:
        """What each preset says of it."""
        return {preset.uid: preset.jack for preset in self.document.presets}

    def try_file(self, uid: int, key: str, path: Path) -> None:
        """Let an engine play another file, as loud as the one before its first try, which comes back as it was.

        Its `level` is turned for that, in the same step of undo; one try after the other is one step, too.
        """
        run = ("try", uid)
        before = self.history.before(run)
        back = before is not None and address.engine_at(before, uid)[1].files[key] == path
        self.tried = uid
        wanted = before if before is not None and back else edits.load(self.document, uid, key, path)
        self.edit(wanted, f"load {path.name}", run, math.inf)

    def _before_tries(self) -> EngineSpec | None:
        """While files are tried for an engine: what it was before."""
        before = self.history.before(("try", self.tried))
        return applied(before, self.playing).engine(self.tried) if before else None

    def heard(self, at: Target, value: float, bound: Bound) -> None:
        """MIDI has turned a knob, or a level, to where an edit is about to have it."""
        if bound.chain:
            self.reconciler.heard(at, value, bound.chain, bound.plus)
        else:
            self._level = value

    def tap(self, at: float) -> None:
        """The tempo, by two taps or more. at: when this one was, as time.monotonic() has it."""
        bpm = self.taps.tap(at)
        if bpm:
            self.play_at(bpm)
        else:
            self.say("tap again, in time")

    def play_at(self, bpm: float) -> None:
        """The song's own tempo, where it has one, else its preset's."""
        song = self.set_list.song
        if song is not None and song.tempo:
            self.edit(edits.song_tempo(self.document, song.uid, bpm), f"tempo {bpm:g}", ("tempo", song.uid))
        else:
            self.edit(edits.tempo(self.document, self.preset.uid, bpm), f"tempo {bpm:g}", ("tempo", self.preset.uid))
        self.say(f"tempo {self.tempo:g}")

    def _successor(self, amps: Sequence[int]) -> int:
        """Who plays until the playing amp comes back: the nearest that is left, rather the one before it."""
        at = self._amps.index(self.playing)
        nearest = sorted(range(len(self._amps)), key=lambda i: (abs(i - at), i))
        return next((self._amps[i] for i in nearest if self._amps[i] in amps), amps[0])

    def play(self, amp: int, scene: str | None = None) -> None:
        """Play an amp, by its identity, and put one of its scenes on; "": none; None: it stays as it is.

        A solo is over then, and where its preset says so, what was turned in the scene that is left is as saved.
        """
        scene = self.document.amp(amp).scene if scene is None else scene
        if (amp, scene) != (self.playing, self.amp.scene):
            self.boosted = False
            self._leave_scene()
        if scene != self.document.amp(amp).scene:
            self.history.amend_now(partial(edits.recall_scene, uid=amp, name=scene))
        self._picked = self.playing = amp
        self.set_list.picked()
        self.reconcile()
        if fault := self.reconciler.fault(self.preset.uid, amp):
            self.tell(News(f"{self.amp.name} cannot be played: {fault}", wrong=True))
        elif self.reconciler.slot(Place("amp", amp)) is None:
            self.tell(News(f"{self.amp.name} is still being made; until then what played plays on"))

    def _leave_scene(self) -> None:
        if self.amp.active and self.preset.revert_scenes:
            left = edits.revert_scene(self.document, self.playing, self.saved_preset)
            self.history.do(left, f"leave {self.amp.scene}", time.monotonic())

    @property
    def saved_preset(self) -> Preset:
        """The preset that plays, as its file has it."""
        return next(preset for preset in self.history.saved if preset.uid == self.preset.uid)

    def accept(self, file: PresetFile, base: Preset | None = None) -> None:
        """A preset was read anew; see PresetFiles.accept."""
        self.back_to_changed()
        self.files.accept(file, f"reload {file.path.name}", base)
        self.reconcile()

    @property
    def unsaved(self) -> bool:
        """Whether something differs from what the files say."""
        return bool(self.history.unsaved()) or self.set_list.unsaved

    def compare(self) -> bool:
        """What is saved, or again what was changed. Returns whether what is saved plays now."""
        saved = self.history.ab(time.monotonic())
        self.reconcile()
        return saved

    def back_to_changed(self) -> None:
        """Where what is saved is heard: what was changed plays again, and what comes next is done to that."""
        if self.history.comparing:
            self.compare()

    # --- what is heard ---

    def open_master(self) -> None:
        """Let it be heard, or not, as mute and tuner say."""
        self.reconciler.rack.open(self.open)
        self.takes.note()

    @property
    def open(self) -> bool:
        """Whether it is to be heard."""
        return not (self.muted or (self.tuning and not self.heard_tuning))

    def move(self, rack: Rack) -> None:
        """All is to be built anew for another rack, of another rate, which is not heard yet."""
        for part in (self.takes, self.looping, self.sounding):
            part.moved()
        rack.bypass(self.bypassed)
        self.reconciler.move(rack)
        self.headroom.moved()
        self._level = None
        self._clips = (0, 0)
        self.reconcile()

    def bypass(self, on: bool) -> None:
        """The guitar without the amp."""
        self.bypassed = on
        self.reconciler.rack.bypass(on)
        self.client.delay(self.sounding.delay)
        self.takes.note()

    # --- what takes a moment ---

    def install(self) -> tuple[Outcome, ...]:
        """Let in what has been built since the last call, and say what came of it. To be called often."""
        self.pedals.look()
        news = self.reconciler.take()
        for item in news:
            if isinstance(item, Refused):
                self._refuse(item)
            else:
                self._installed(item)
        if news:
            self.reconcile()
        if not self.reconciler.busy:
            self.connection.built()
            self.takes.note()
        outcomes, self._outcomes = tuple(self._outcomes), []
        return outcomes

    def _installed(self, item: Installed) -> None:
        for target, level in item.turned.items():
            saved = self.history.saved_engine(target.uid)
            self.history.amend_now(partial(edits.turn, at=target, value=level, playing=self.playing, saved=saved))
        if item.idle:
            self.history.amend_now(
                lambda document: each_preset(document, lambda p: without_idle(p, item.wish.engines, item.idle))
            )
        if self._follower:
            self._follower.installed(item)
        if item.before is None:
            return
        olds = {spec.uid: spec for spec in item.before}
        for spec in item.wish.engines:
            old = olds.get(spec.uid)
            if (old is None or remade(old, spec)) and self.document.engine(spec.uid):
                self._outcomes.append(snapshot.outcome(self.document, spec, self.playing))

    def _refuse(self, item: Refused) -> None:
        """What cannot be built is taken back, as if it had never been asked for; it is said why.

        An engine that played once, and plays no longer, is not for us to take away: its file may come back; nor is one
        that its preset has had, and that nobody has heard yet.
        """
        spec, old = item.spec, item.old
        followed = self._follower is not None and self._follower.refused(item)
        if not followed and spec is not None and self.document.engine(spec.uid):
            self._outcomes.append(snapshot.outcome(self.document, old or spec, self.playing, item.error))
        elif not followed:
            self.tell(News(item.error, wrong=True))
        as_saved = spec is not None and old is None and spec == self.history.saved_engine(spec.uid)
        if spec is not None and (old is not None or not item.known) and (followed or not as_saved):
            self.history.amend(lambda document: each_preset(document, lambda p: taken_back(p, spec, old)))

    @property
    def loading(self) -> bool:
        """Whether presets that do not play yet are being built, beside the music."""
        return self.reconciler.loading

    @property
    def building(self) -> bool:
        """Whether something that was asked for is still to be installed."""
        return self.reconciler.busy

    def settle(self, seconds: float = 30.0) -> tuple[Outcome, ...]:
        """Wait until all that was asked for is built, and install it."""
        outcomes: list[Outcome] = []
        until = time.monotonic() + seconds
        while self.reconciler.busy and time.monotonic() < until:
            self.reconciler.wait(max(0.0, until - time.monotonic()))
            outcomes += self.install()
        return (*outcomes, *self.install())

    def finish(self) -> None:
        """Wait a moment for what is being built: only what can be played is saved. RigError where it takes longer."""
        outcomes = self.settle(FINISH_SECONDS)
        self._outcomes.extend(outcomes)
        if self.building:
            raise RigError("something is still being built; save again in a moment")

    def remember(self) -> tuple[Path, ...]:
        """What engines have learnt beside their knobs goes into files, which they name. Returns those."""
        document, written = remembering(self.document, self.reconciler)
        for path in written:
            self.refresh(path)
        if written:
            self.edit(document, "what was learnt")
            self.finish()
        return written

    @property
    def watching(self) -> bool:
        """Whether the set's files are followed."""
        return self._follower is not None

    def news(self) -> tuple[News, ...]:
        """What nobody asked for: what goes wrong, how JACK is, and what came of files that have changed, in order.

        To be called often, after install(), and a last time after close().
        """
        alarms, self._alarms = tuple(self._alarms), []
        return alarms + (self._follower.news() if self._follower else ())

    def refresh(self, path: Path) -> None:
        """A file is asked for: it is read again where it has changed since."""
        if self.reconciler.stale(path):
            self.reconciler.changed([path])

    def changed(self, paths: Iterable[Path]) -> None:
        """Models or cabinets have become others: what plays them is built anew."""
        self.reconciler.changed(paths)
        self.reconcile()

    # --- what is to be seen ---

    @property
    def name(self) -> str:
        """What the set is called."""
        if self.set_list.file:
            return self.set_list.file.said.name
        presets = self.document.presets
        return f"{len(presets)} presets" if len(presets) > MOST_NAMED else " + ".join(preset.name for preset in presets)

    @property
    def amps(self) -> tuple[AmpView, ...]:
        """The amps that keys and numbers pick now, in order: where there are songs, those of the preset that plays."""
        stand_out = self._loudness.stand_out(self.document)
        return snapshot.amps(self.document, self.playing, stand_out, self.headroom.too_much)

    def status(self) -> Status:
        """The rack now. Where JACK has gone, looks whether it is back.

        Peaks and worst load are since the last call, whoever called: who is to miss none is a Reader.
        """
        status = self.measured()
        for reader in self.readers:
            reader.hear(status)
        return status

    def measured(self) -> Status:
        """The same, for `status` to hand to all readers."""
        rack = self.reconciler.rack
        meters = rack.meters()
        self.connection.look(meters.callbacks)
        self._watch_inserts()
        self.pedals.look()
        self.listening = any(sink == f"{self.client.name}:midi_in" for _, sink in self.client.connections())
        if self.time.look(meters):
            self.takes.note()
        self.takes.look()
        if rack is not self.reconciler.rack:  # JACK is back, at another rate
            rack = self.reconciler.rack
            meters = rack.meters()
        rack.collect()
        clips, self._clips = self._clips, (meters.in_clips, meters.out_clips)
        self.headroom.look(meters)
        loop = self.looping.view()
        self.looping.look(loop)
        note = self.sounding.note()
        amp = self.amp
        self._note_unsaved()
        status = Status(
            amp=[other.uid for other in self.document.stage(self.playing)].index(amp.uid),
            amp_name=amp.name,
            bypassed=self.bypassed,
            muted=self.muted,
            tuner=self.tuning,
            tuner_heard=self.tuning and self.heard_tuning,
            in_db=decibels(meters.in_peak),
            out_db=decibels(meters.out_peak),
            in_clip=meters.in_clips > clips[0],
            out_clip=meters.out_clips > clips[1],
            limiter_db=decibels(meters.limiter),
            level_db=self.document.level,
            load=meters.load,
            load_mean=meters.load_mean,
            relief=self.headroom.relief,
            left_out=self.headroom.left_out,
            xruns=self.client.xruns,
            rate=self.client.rate,
            block=self.client.block,
            latency_ms=self.sounding.latency_ms(),
            server=self.client.server,
            connections=self.connection.source + self.client.connections(),
            alive=self.client.alive and not self.connection.stalled,
            faults=self.sounding.faults(meters.input_faults),
            note=note.name,
            cents=round(note.cents, 2),
            string=note.string,
            tuning=self.preset.tuning or "",
            a4=self.preset.a4 or A4,
            recording=self.takes.path,
            building=self.building,
            message=self._message,
            wrong=self._wrong,
            scene=amp.scene,
            unsaved=self.unsaved,
            comparing=self.history.comparing,
            unheard=self.connection.unheard,
            tempo=self.time.tempo,
            song=self.set_list.view(),
            boost_db=self.boost_db,
            follow=self.preset.follow,
            lead=self.time.lead,
            beat=meters.beat,
            metronome=self.time.clicks,
            midi=self.pedals.log.latest,
            client=self.client.name,
            learning=self.pedals.learning is not None,
            offered=self.offer.about if self.offer else "",
            waiting=self.connection.waiting,
            loop=loop,
            kept=round(self.takes.kept / self.reconciler.rack.rate, 2),
            reductions=self.sounding.reductions(),
        )
        self.incidents.look(status, meters.load_mean, time.time())
        return status

    def levels(self) -> Levels:
        """What meters show, which may be taken oftener than the status."""
        return self.level_meter.take()

    def chain(self) -> tuple[EngineView, ...]:
        """The playing amp's signal path: input chain, amp, output chain, with the knobs as they stand."""
        return self.sounding.chain()

    def _watch_inserts(self) -> None:
        """They take a period, or longer, as is measured; where it is another time now they are built anew."""
        inserts, client = self.reconciler.inserts, self.client
        if not inserts or not inserts.names or not client.alive:
            return
        if inserts.look(client.block, client.name, client.connections(), time.monotonic()):
            self.reconciler.inserts_changed()
            self.reconcile()

    def _note_unsaved(self) -> None:
        unsaved: list[Wanted] = [(self.files[preset.uid], preset) for preset in self.history.unsaved()]
        if self.set_list.file and self.set_list.unsaved:
            unsaved.append((self.set_list.file, said_of(self.document, self.set_list.file)))
        self.journal.note(unsaved)

    @property
    def patchbay(self) -> Patchbay:
        """All ports and wires of the JACK server now."""
        return self.client.patchbay()

    # --- life ---

    def close(self) -> None:
        """Fade out, disconnect, stop the server we started. Idempotent."""
        self._follower = None
        self.reconciler.close()
        rack = self.reconciler.rack
        rack.open(False)
        until = time.monotonic() + CLOSE_SECONDS
        sounds = self.client.alive and not self.connection.stalled
        while sounds and self.client.alive and not rack.meters().silent and time.monotonic() < until:
            time.sleep(0.005)
        self.takes.close()
        self.client.close()
        self.bookmark.close()
        self._note_unsaved()
        self.journal.close()
        self.incidents.log.close()
