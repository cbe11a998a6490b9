"""The play screen: shows a gig fifteen times a second, and turns keys into its verbs at once."""

from __future__ import annotations

import time
from functools import cached_property, partial
from typing import ClassVar

from textual import events
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from rig.document import address
from rig.document.document import Document
from rig.gig.gig import Gig
from rig.gig.knob_scale import stands, written_out
from rig.gig.snapshot import AmpView, EngineView, FileView, News, Outcome, ParamView, Status
from rig.tui import bars
from rig.tui.bars import (
    FIELD_KEYS,
    LOCKED_KEYS,
    PLAY_KEYS,
    QUIT_S,
    STAGE_KEYS,
    TUNER_KEYS,
    Banner,
    Foot,
    Head,
    Keys,
    Wires,
)
from rig.tui.canvas import printable
from rig.tui.editing import Editing
from rig.tui.file_listing import homely
from rig.tui.find_amp import Entry, FindScreen, entries, label
from rig.tui.help import HelpScreen
from rig.tui.key_names import KeyNames, own_keys
from rig.tui.keys import AMP_KEYS, AMPS, SCENE_KEYS, TYPING, cased
from rig.tui.knobs import Knobs
from rig.tui.layout import plan, stage_plan
from rig.tui.meters import Meters
from rig.tui.plain import plainer
from rig.tui.signal_chain import SignalChain
from rig.tui.song_line import SongLine
from rig.tui.stage import Stage
from rig.tui.tiles import GONE, Tiles
from rig.tui.tuner import Tuner
from rig.tui.views import EDIT, STAGE, VIEWS, beside

POLL_S = 1 / 15
MOST_NOTE = 4  # lines
NOTED = 22  # lines of a screen on which a song's notes have one of their own
LARGE = 12  # amps: so many have numbers of two digits
SECOND_DIGIT_S = 0.4
HIDDEN = ("pick", "turn", "back", "browse", "add", "remove", "bypass_engine", "move", "learn", "edit")
"""Actions that change what is not to be seen on the stage."""
ON_LOCKED = ("prev", "next", "tuner")
"""Verbs of one word that a locked stage carries out; and all that begin with `scene`, `part` or `song`."""
LEVEL_REST_S = 0.8  # a key that is held comes again sooner, also the first time
CHAIN_S = 1.0  # what engines take, and whether one was caught, changes without an edit

TUNING = {"prev": "tuning prev", "next": "tuning next", "bypass": "tuner heard"}
"""What keys of amps do while one tunes."""


class PlayScreen(Editing):
    """A gig, to be played. The app gives it an open one and closes it."""

    BINDINGS: ClassVar = cased(
        [
            *(Binding(key, f"amp({n})", id=f"amp_{n}") for n, key in AMP_KEYS),
            Binding("slash", "find_amp", id="find"),
            Binding("tab", "view(1)", id="view_next"),
            Binding("shift+tab", "view(-1)", id="view_previous"),
            Binding("L", "lock", id="lock"),
            Binding("i", "open('log')", id="messages"),
            Binding("pageup", "verb('song prev')", id="song_previous"),
            Binding("pagedown", "verb('song next')", id="song_next"),
            Binding("comma", "verb('part prev')", id="part_previous"),
            Binding("full_stop", "verb('part next')", id="part_next"),
            Binding("e", "open('set')", id="set"),
            Binding("g", "verb('boost')", id="boost"),
            *(Binding(key, f"verb('scene {n}')", id=f"scene_{n}") for n, key in SCENE_KEYS),
            Binding("left", "verb('prev')", id="previous"),
            Binding("right", "verb('next')", id="next"),
            Binding("left_square_bracket", "level(-1)", id="level_down"),
            Binding("right_square_bracket", "level(1)", id="level_up"),
            Binding("space", "verb('bypass')", id="bypass"),
            Binding("m", "mute", id="mute"),
            Binding("d", "learn", id="learn"),
            Binding("p", "panic", id="panic"),
            Binding("t", "verb('tuner')", id="tuner"),
            Binding("grave_accent", "verb('tap')", id="tap"),
            Binding("n", "verb('metronome')", id="metronome"),
            Binding("f", "verb('follow')", id="follow"),
            Binding("l", "verb('loop')", id="loop"),
            Binding("j", "verb('loop stop')", id="loop_stop"),
            Binding("z", "verb('loop undo')", id="loop_undo"),
            Binding("y", "verb('loop redo')", id="loop_redo"),
            Binding("h", "verb('loop half')", id="loop_half"),
            Binding("w", "verb('loop clear')", id="loop_clear"),
            Binding("k", "verb('keep')", id="keep"),
            Binding("r", "record", id="record"),
            Binding("c", "verb('connect')", id="connect"),
            Binding("question_mark", "help", id="help"),
            Binding("q", "quit", id="quit"),
            *(Binding(f"f{n}", f"amp_typing({n})", id=f"amp_{n}_typing") for n in AMPS),
            Binding("ctrl+n", "mute", id="mute_typing"),
            Binding("ctrl+p", "panic", id="panic_typing"),
        ]
    )

    @classmethod
    def actions(cls) -> tuple[str, ...]:
        """What a player can bind to other keys."""
        known = (binding.id for binding in cls.stage_bindings() if isinstance(binding, Binding))
        return tuple(sorted({name for name in known if name}))

    @classmethod
    def stage_bindings(cls) -> tuple[BindingType, ...]:
        """All of its keys."""
        return (*cls.BINDINGS, *Editing.BINDINGS)

    def __init__(self, gig: Gig) -> None:
        super().__init__(gig)
        self.amps: tuple[AmpView, ...] = ()
        self._shown: tuple[Document, int] | None = None
        self._quit_at = self._level_at = float("-inf")
        self._note_lines = 1
        self._between = False  # two looks at the status
        self.view = EDIT  # or STAGE: which of the two it shows
        self.locked, self._unlock_at = False, float("-inf")
        self._digit = ""  # of an amp's number, its second one is waited for
        self._more: Timer | None = None

        self.head = Head(id="head")
        self.song = SongLine(id="song")
        self.banner = Banner(id="banner")
        self.tiles = Tiles(id="tiles")
        self.path = SignalChain(id="path")
        self.knobs = Knobs(id="knobs")
        self.stage = Stage(id="performance")
        self.tuner = Tuner(id="tuner")
        self.meters = Meters(id="meters")
        self.wires = Wires(id="wires")
        self.foot = Foot(PLAY_KEYS, self.stage_bindings(), id="foot")

    def compose(self) -> ComposeResult:
        yield from (self.head, self.song, self.banner, self.tiles, self.path, self.knobs, self.stage, self.tuner)
        yield from (self.note, self.meters, self.wires, self.foot)

    def on_mount(self) -> None:
        self.note.more, self.wires.connect = self.told("{i} shows it"), self.told("{c}")
        self.song.keys = self.stage.keys = (self.told("{pgup}"), self.told("{pgdn}"))
        self.poll()
        self.set_interval(POLL_S, self._tick)
        self.set_interval(CHAIN_S, self._read_again)

    def on_resize(self) -> None:
        self._lay_out()

    # --- what the gig says -------------------------------------------------------------------------------------

    def told(self, text: str) -> str:
        return plainer(self._names.said(text))

    @cached_property
    def _names(self) -> KeyNames:
        return KeyNames(self.stage_bindings(), own_keys(self.app))

    def _tick(self) -> None:
        """Every other time nothing but the meters moves, where nothing else has to look alive."""
        self._between = not self._between and self.view == EDIT and not self.browser
        status = self.status
        if not self._between or status is None or status.tuner or self.leaving:
            self.poll()
            return
        outcomes = self.beside(self.gig.install) or ()
        if outcomes or not self._is_shown():  # a foot has pressed something
            self.poll(outcomes)
        else:
            self._move_meters(status)

    def _move_meters(self, status: Status) -> None:
        levels = self.beside(self.gig.levels)
        if levels:
            self.meters.take(levels, status.level_db, time.monotonic())

    def poll(self, outcomes: tuple[Outcome, ...] = ()) -> None:
        """Take the gig's status and show what is new in it. outcomes: that were taken just before."""
        if self.leaving:
            return
        now = time.monotonic()
        outcomes += self.beside(self.gig.install) or ()
        news = self.beside(self.gig.news) or ()
        before, self.status = self.status, self.beside(self.gig.status) or self.status
        self.beside(lambda: self._show_news(before, bool(outcomes or news), now))
        self.beside(lambda: self._tell_others(outcomes, news))
        for outcome in outcomes:
            self._tell(outcome, now)
        for item in news:
            self.note.say(printable(item.message), now, item.wrong)
        if self.adding and self.adding.amp != self.gig.playing:
            self.adding.dismiss()
        if self.browser and self.status:
            self.browser.take(self.status, self.gig.playing, outcomes, now)

    def _tell_others(self, outcomes: tuple[Outcome, ...], news: tuple[News, ...]) -> None:
        others = getattr(self.app, "others", None)
        if others is not None:
            others.look(outcomes, news, self.status)

    def _show_news(self, before: Status | None, built: bool, now: float) -> None:
        self._follow(built)
        if self.status is not None:
            self._show(before, self.status, now)

    def _follow(self, built: bool) -> None:
        """Where another document is wanted, or another amp plays, or something has been built: take the path anew."""
        known = self._is_shown()
        if not known:
            self._shown = (self.gig.document, self.gig.playing)
            self.amps = self.gig.amps
        if built or not known:
            self.read_chain()

    def _is_shown(self) -> bool:
        """Whether what is wanted, and the amp that plays, are those that are shown."""
        shown = self._shown
        return shown is not None and self.gig.document is shown[0] and self.gig.playing == shown[1]

    def read_chain(self) -> None:
        """Take the path with its knobs as they stand now."""
        if not self.leaving and self.status is not None:
            self.engines = self.gig.chain()
            self.show_chain()

    def _read_again(self) -> None:
        """What engines take, and whether one was caught, where that is to be seen."""
        if self.view == EDIT:
            self.beside(self.read_chain)

    def show_chain(self) -> None:
        line, status = self.line, self.status
        tuning = status is not None and status.tuner
        hidden = tuning or self.view == STAGE
        if self.field and (line is None or line.path != self.field.path or hidden):
            self.field = None  # another amp plays, the knob has gone, or it is not to be seen
        self.path.show(self.engines, line.engine.path if line else "", bool(status and status.bypassed))
        self.knobs.show(self.engines, line.path if line else "", self.field.text if self.field else None)
        self.note.explain(self._hint() if status and not tuning and self.view == EDIT else "")
        if self.field:
            self.foot.show(FIELD_KEYS, TYPING)
        else:
            self.foot.show(self._keys(tuning), self.stage_bindings())

    def _keys(self, tuning: bool) -> Keys:
        """Those that do something now, for the foot."""
        if self.locked:
            return LOCKED_KEYS
        return TUNER_KEYS if tuning else STAGE_KEYS if self.view == STAGE else PLAY_KEYS

    def _hint(self) -> str:
        line = self.line
        if line is None:
            return ""
        if self.field and isinstance(line.row, ParamView):
            return f"{_range(line.row)}: ↵ takes it, esc leaves it as it is"
        off = "" if line.engine.on else self.told("bypassed, {b} plays it · ")
        if isinstance(line.row, FileView):
            about = f"{line.engine.about}: " if line.engine.about else ""
            return printable(f"{off}{about}{self.told('{o} opens the browser')}  ({homely(line.row.file.parent)})")
        inside = f"{printable(line.engine.inside)} · " if line.engine.inside else ""
        return off + inside + _hint(line.engine, line.row)

    def _show(self, before: Status | None, status: Status, now: float) -> None:
        if before is None or before.tuner != status.tuner or (before.song is None) != (status.song is None):
            self._lay_out()
        self._alarms(before, status, now)
        self._show_banner(status)
        if self.view == STAGE:
            self.stage.take(self.amps, status, _state(status), now)
        else:
            self.tiles.show(self.amps, status.amp, _state(status))
            self.song.take(status.song)
            self.path.take(status)
        self.head.take(status, self.gig.name, self._preset(status.amp), now, self.locked)
        self._move_meters(status)
        self.wires.take(status)
        self.note.tick(now)
        if self.note.lines(self.size.width) != self._note_lines:
            self._lay_out()
        if status.tuner:
            self.tuner.take(status, now)

    def _alarms(self, before: Status | None, status: Status, now: float) -> None:
        if status.message and status.message != self.heard:
            self.note.say(printable(status.message), now, status.wrong)
        self.heard = status.message
        known = dict(before.faults) if before else {}
        for engine, count in status.faults:
            if count > known.get(engine, 0):
                self.note.say(_fault(engine), now, wrong=True)
                self.read_chain()
        if before and (before.bypassed, before.tuner) != (status.bypassed, status.tuner):
            self.show_chain()

    def _tell(self, outcome: Outcome, now: float) -> None:
        if outcome.error and not self.browser:
            self.note.say(printable(f"{outcome.engine}: {outcome.error}"), now, wrong=True)

    def _show_banner(self, status: Status) -> None:
        if not status.alive:
            self.banner.show("JACK IS GONE", self.told("waiting for it, {c} starts one"))
            return
        if status.tuner:
            both = ("TUNER + MUTED", "{t}: tuned, {m}: heard")
            words, way_out = both if status.muted else ("TUNER", "muted: {t} plays on")
            if status.tuner_heard and not status.muted:
                way_out = "heard: {t} goes back"
            self.banner.show(words, self.told(way_out), bars.GO)
            return
        said = [
            (status.muted, "MUTED", "{m} plays on", bars.STOP),
            (status.comparing, "AS SAVED", "{v}: as changed", bars.WARN),
            (status.bypassed, "BYPASS", "{space} plays the amp", bars.COLD),
        ]
        true = [(word, self.told(way_out), colour) for is_so, word, way_out, colour in said if is_so]
        self.banner.show(" + ".join(word for word, _, _ in true), *(true[0][1:] if true else ()))

    def _preset(self, amp: int) -> str:
        return next((view.preset for view in self.amps if view.index == amp), "")

    # --- where things go ---------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        on_stage = self.view == STAGE
        songs = self.gig.document.songs
        noted = self.size.height >= NOTED and any(song.notes for song in songs)
        rows = stage_plan(*self.size) if on_stage else plan(*self.size, song=2 if noted else 1 if songs else 0)
        tuning = self.status is not None and self.status.tuner
        stage = {"tiles": rows.tiles, "path": rows.path, "knobs": rows.knobs}
        heights = vars(rows) | {"tuner": sum(stage.values()) if tuning else 0, "performance": 0}
        if tuning:
            heights |= dict.fromkeys(stage, 0)
        elif on_stage:
            heights |= {"tiles": 0, "performance": rows.tiles}
        self._note_lines = self.note.lines(self.size.width)
        above = "tuner" if tuning else "performance" if on_stage else "knobs"
        more = min(self._note_lines - rows.note, MOST_NOTE - 1, heights[above] - 1)
        if rows.note and more > 0:  # a long message takes lines of what stands above it
            heights |= {"note": rows.note + more, above: heights[above] - more}
        for name, height in heights.items():
            widget = self.query_one(f"#{name}")
            widget.display = height > 0
            widget.styles.height = height

    # --- what the player wants ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key does something now: while one tunes, types a value, or is on stage, none changes what is not to
        be seen; and of a stage that is locked all but those that play rest.
        """
        if self.field:
            return action in ("amp_typing", "mute", "panic")
        if action == "amp_typing":
            return False
        verb = str(parameters[0]) if action in ("verb", "edit") else ""
        tuning = self.status is not None and self.status.tuner
        if self.locked and not _plays(action, verb):
            return False
        if not tuning:
            return self.view == EDIT or action not in HIDDEN or verb == "ab"
        if action == "verb":
            walks = verb in TUNING and not self.locked
            return verb == "tuner" or walks or (verb == "connect" and self.status is not None and not self.status.alive)
        return action in ("amp", "mute", "panic", "level", "turn", "help", "quit", "lock")

    def on_key(self, event: events.Key) -> None:
        """Of a locked stage, a key that rests says why. What else keys do is in Editing, whose on_key comes, too."""
        bound = self._bindings.key_to_bindings.get(event.key, ())
        if self.locked and bound and not any(self._acts(binding.action) for binding in bound):
            self.note.say(self.told("locked: {L} twice unlocks"), time.monotonic(), seconds=QUIT_S, keep=False)

    def _acts(self, action: str) -> bool:
        _, name, parameters = parse(action)
        return self.check_action(name, parameters) is True

    def action_verb(self, verb: str) -> None:
        """Do it; while one tunes, keys that walk amps walk tunings, and the one that bypasses lets one hear."""
        tuning = self.status is not None and self.status.tuner
        heard = self.status is not None and self.status.tuner_heard
        self.do("tuner on" if heard and verb == "bypass" else TUNING.get(verb, verb) if tuning else verb)

    def _reach(self, path: str) -> bool:
        return not self.locked and super()._reach(path)

    def action_turn(self, direction: int, coarse: bool) -> None:
        """Turn the knob; while one tunes it is what A is."""
        if self.status is not None and self.status.tuner:
            self.do(f"a4 {self.status.a4 + direction * (5 if coarse else 1):g}")
        else:
            super().action_turn(direction, coarse)

    def action_type(self) -> None:
        """Type a value; on the stage, go on to the song's next part."""
        if self.view == STAGE:
            self.do("part next")
        elif not self.locked:
            super().action_type()

    def action_record(self) -> None:
        """Record into a file that is named after the moment, or end that."""
        recording = self.status is not None and self.status.recording
        self.do("record" if recording else time.strftime("record take-%Y-%m-%d-%H%M%S.wav"))

    def action_mute(self) -> None:
        self.do("mute")

    def action_panic(self) -> None:
        self.do("panic")

    def action_amp_typing(self, number: int) -> None:
        self.action_amp(number, whole=True)

    def action_quit(self) -> None:
        """Leave; what sounds is not ended by one key that stands beside an amp's."""
        now = time.monotonic()
        if now - self._quit_at <= QUIT_S or self.gig.unsaved or self.status is None or not self.status.alive:
            self.app.call_later(self.app.run_action, "leave")
        else:
            self._quit_at = now
            self.note.say(self.told("{q} again quits"), now, seconds=QUIT_S, keep=False)

    def action_amp(self, number: int, whole: bool = False) -> None:
        """Play the amp of a key. Of a large set, two digits one after the other are a number, unless it is `whole`."""
        first, self._digit = self._digit, ""
        if self._more is not None:
            self._more.stop()
            self._more = None
        if first and not whole:
            if self._amp(f"{first}{number}"):
                self._play(f"{first}{number}")
                return
            self._play(first)
        if not whole and number and self._begins(number):
            self._digit = str(number)
            self._more = self.set_timer(SECOND_DIGIT_S, partial(self.action_amp, number, True))
            self.note.say(f"{number} …", time.monotonic(), seconds=SECOND_DIGIT_S, keep=False)
        else:
            self._play(str(number))

    def _amp(self, name: str) -> AmpView | None:
        return next((amp for amp in self.amps if label(amp) == name), None)

    def _begins(self, digit: int) -> bool:
        """Whether an amp's number begins with it, and there are so many that they need two digits."""
        labels = (label(amp) for amp in self.amps)
        return len(self.amps) >= LARGE and any(len(name) == 2 and name[0] == str(digit) for name in labels)

    def _play(self, name: str) -> None:
        amp = self._amp(name)
        if amp is None:
            self.note.say(f"no amp on key {name}", time.monotonic(), wrong=True, seconds=2.0, keep=False)
        else:
            self._switch(amp.uid)

    def _switch(self, uid: int, scene: str = "") -> None:
        """Play an amp, wherever it stands by now, and put a scene of it on."""
        document, playing = self.gig.document, self.gig.playing
        amps = [amp.uid for amp in document.stage(playing)]
        scene = f":{scene}" if scene else ""
        if uid in amps:
            self.do(f"amp {amps.index(uid) + 1}{scene}")
        elif any(amp.uid == uid for amp in document.amps):
            place = address.Place("amp", document.amp(uid), document.preset_of(uid))
            self.do(f"amp {address.name_of(document, place, playing)}{scene}")
        else:
            self._wrong("that amp has gone")

    def action_find_amp(self) -> None:
        """Find an amp, a scene or a song by letters of its name."""
        song = self.gig.set_list.song
        playing = (self.gig.playing, song.uid if song else 0)
        self.app.push_screen(FindScreen(entries(self.gig.document, self.amps), playing), self._found)

    def _found(self, entry: Entry | None) -> None:
        if entry is None:
            return
        songs = [song.uid for song in self.gig.document.songs]
        if entry.kind != "song":
            self._switch(entry.uid, entry.scene)
        elif entry.uid in songs:
            self.do(f"song {songs.index(entry.uid) + 1}")

    def on_stage_pressed(self, pressed: Stage.Pressed) -> None:
        if pressed.button.uid:
            self._switch(pressed.button.uid)
        else:
            self.do(pressed.button.verb)

    def on_song_line_pressed(self, pressed: SongLine.Pressed) -> None:
        self.do(pressed.verb)

    def on_tiles_picked(self, picked: Tiles.Picked) -> None:
        self._switch(picked.uid)

    def action_level(self, by_db: int) -> None:
        """Louder or softer; a key that is held does not lead beyond 0 dB."""
        if self.status is None:
            return
        now, at = time.monotonic(), self.status.level_db
        held, self._level_at = now - self._level_at < LEVEL_REST_S, now
        if at == 0 < by_db and held:
            self.note.say("stops at 0 dB; after a moment it goes on", now, seconds=2.0, keep=False)
        else:
            self.do(f"level {0.0 if at < 0 < at + by_db else at + by_db:.6g}")

    def action_open(self, name: str) -> None:
        """One of the screens that lie above this one."""
        view = next(view for view in VIEWS if view.name == name)
        if view.open:
            self.app.push_screen(view.open(self))

    def action_view(self, by: int) -> None:
        """The next of the screens that one goes round, or the one before."""
        shown = self.app.screen
        view = beside(shown, self.view, by)
        if shown is not self:
            shown.dismiss()
        if view.open:
            self.action_open(view.name)
            return
        self.view = view.name
        self._lay_out()
        self.poll()
        self.show_chain()

    def action_lock(self) -> None:
        """Lock the stage at once; unlock it when it is asked for twice, one right after the other."""
        now = time.monotonic()
        if self.locked and now - self._unlock_at > QUIT_S:
            self._unlock_at = now
            self.note.say(self.told("{L} again unlocks"), now, seconds=QUIT_S, keep=False)
            return
        self.locked, self._unlock_at = not self.locked, float("-inf")
        said = "locked: amps, scenes, parts, songs, tuner, mute and panic react; {L} twice unlocks"
        self.note.say(self.told(said if self.locked else "unlocked"), now)
        self.poll()
        self.show_chain()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self._names))

    def leave(self) -> None:
        """Take no more keys; say that the sound is fading."""
        self.leaving = True
        self.browser = self.field = None
        self.banner.show("FADING OUT", ground=bars.GLOW)
        self.note.say("fading out", time.monotonic())


def _plays(action: str, verb: str) -> bool:
    """Whether a locked stage lets it pass: amps, scenes, parts, songs, the tuner, mute and panic."""
    if action == "verb":
        return verb in ON_LOCKED or verb.startswith(("scene ", "part ", "song "))
    return action in ("amp", "find_amp", "mute", "panic", "lock") or (action == "type" and not verb)


def _state(status: Status) -> str:
    if not status.alive:
        return GONE
    if status.muted or (status.tuner and not status.tuner_heard):
        return "MUTED"
    return "BYPASS" if status.bypassed else f"BOOST {status.boost_db:+g}" if status.boost_db else ""


def _fault(engine: str) -> str:
    """What the guard did. "in" is what JACK gave us."""
    if engine == "in":
        return "the input was no number; it was silenced"
    return f"{engine} gave no number; it was reset, and its input passed through"


def _hint(engine: EngineView, knob: ParamView | None) -> str:
    if knob is None:
        return f"{engine.name} has nothing to turn"
    whose = "initially" if knob.saved is None else "saved"
    return f"{knob.help or f'{engine.name} {knob.name}'}  ({_range(knob)}, {whose} {stands(knob, knob.preset)})"


def _range(param: ParamView) -> str:
    called = written_out(param)
    return ", ".join(called) or " … ".join(stands(param, end) for end in (param.minimum, param.maximum))
