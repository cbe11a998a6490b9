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

from rig.gig.knob_scale import stands, written_out
from rig.gig.rig import Rig
from rig.gig.snapshot import AmpView, EngineView, FileView, Outcome, ParamView, Status
from rig.gig.viewer import Look
from rig.tui import bars
from rig.tui.ask import AskScreen
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
            Binding("C", "open('routing')", id="routing"),
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

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._quit_at = self._level_at = float("-inf")
        self._note_lines = 1
        self._between = False  # two looks at the status
        self.view = EDIT  # or STAGE: which of the two it shows
        self.locked, self._unlock_at = False, float("-inf")
        self._digit = ""  # of an amp's number, its second one is waited for
        self._more: Timer | None = None
        self._offered: AskScreen | None = None

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
        """Every other time nothing but the meters moves, where they can by themselves and nothing else has to."""
        self._between = not self._between and self.view == EDIT and not self.browser
        status = self.status
        levels = None
        if self._between and status is not None and not status.tuner and not self.leaving:
            levels = self.beside(self.rig.levels)
        if levels and status:
            self.meters.take(levels, status.level_db, time.monotonic())
        else:
            self.poll()

    def poll(self, chain: bool = False) -> None:
        """Take the gig's status and show what is new in it."""
        if self.leaving:
            return
        now = time.monotonic()
        look = self.beside(lambda: self.rig.look(chain))
        if look is None:
            return
        before, self.status = self.status, look.status or self.status
        self.set_view = look.set or self.set_view
        self.engines = self.engines if look.chain is None else look.chain
        self.beside(lambda: self._show(before, look, now))
        for outcome in look.outcomes:
            self._tell(outcome, now)
        for item in look.news:
            self.note.say(printable(item.message), now, item.wrong)
        self._offer(self.status)
        if self.adding and self.adding.amp != self.set_view.playing:
            self.adding.dismiss()
        if self.browser and self.status:
            self.browser.take(self.status, self.set_view.playing, look.outcomes, now)

    def _offer(self, status: Status | None) -> None:
        """What a rig that was killed has left unsaved, asked about once; another screen may have answered meanwhile."""
        offered = status.offered if status else ""
        if offered and self._offered is None:
            answers = [("y", "take them"), ("n", "drop them"), ("escape", "ask again at the next start")]
            self._offered = AskScreen("not saved last time", (f"There are {offered}.",), answers)
            self.app.push_screen(self._offered, self._recover)
        elif self._offered is not None and self._offered.on_top and not offered:
            self._offered.dismiss("")

    def _recover(self, answer: str | None) -> None:
        verb = {"y": "recover", "n": "recover drop"}.get(answer or "")
        if verb:
            self.do(verb)

    @property
    def amps(self) -> tuple[AmpView, ...]:
        """Those of the tiles."""
        return self.set_view.amps

    def _read_again(self) -> None:
        """What engines take, and whether one was caught, where that is to be seen."""
        if self.view == EDIT:
            self.poll(chain=True)

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

    def _show(self, before: Status | None, look: Look, now: float) -> None:
        status = self.status
        if status is None:
            return
        if look.set or look.chain is not None:
            self.show_chain()
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
        self.head.take(status, self.set_view.title, self._preset(status.amp), now, self.locked)
        levels = self.beside(self.rig.levels)
        self.meters.take(levels or status, status.level_db, now)
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
        songs = self.set_view.songs
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
        self.poll()
        now = time.monotonic()
        status = self.status
        asks = status is None or status.unsaved or not status.alive or not self.rig.ours
        if now - self._quit_at <= QUIT_S or asks:
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
        self.poll()
        scene = f":{scene}" if scene else ""
        near = next((amp for amp in self.amps if amp.uid == uid), None)
        far = None if near else next((amp for amp in self.asked(self.rig.all_amps) or () if amp.uid == uid), None)
        if near:
            self.do(f"amp {near.index + 1}{scene}")
        elif far:
            self.do(f"amp {far.path}{scene}")
        else:
            self._wrong("that amp has gone")

    def action_find_amp(self) -> None:
        """Find an amp, a scene or a song by letters of its name."""
        number = self.song_number()
        playing = (self.set_view.playing, self.set_view.songs[number - 1].uid if number else 0)
        known = entries(self.asked(self.rig.all_amps) or self.amps, self.amps, self.set_view.songs)
        self.app.push_screen(FindScreen(known, playing), self._found)

    def _found(self, entry: Entry | None) -> None:
        if entry is None:
            return
        self.poll()
        songs = [song.uid for song in self.set_view.songs]
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
        self.poll(chain=True)
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
