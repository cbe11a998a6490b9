"""What a player does to the sound: the line that is selected, and the keys that turn, type, add, move and take back."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar, NamedTuple, TypeVar

from textual import events
from textual.binding import Binding
from textual.screen import Screen

from rig.document.document import LEVEL_KNOB
from rig.engine import Engine
from rig.errors import RigError
from rig.gig.beside import Beside
from rig.gig.knob_scale import meant, turn, value_at
from rig.gig.rig import Rig
from rig.gig.snapshot import EngineView, FileView, ParamView, Status
from rig.gig.viewer import SetView
from rig.tui.add import AddScreen, Wanted
from rig.tui.ask import AskScreen
from rig.tui.bars import Note
from rig.tui.browser import BrowserScreen, Left
from rig.tui.canvas import printable
from rig.tui.chooser import ChooserScreen
from rig.tui.keys import cased
from rig.tui.knobs import Knobs
from rig.tui.selection import Line, Picked, find, lines, mark, slot_at, slots
from rig.tui.signal_chain import SignalChain

TYPED = 40  # letters
Answer = TypeVar("Answer")


class Field(NamedTuple):
    """A value that is being typed. path: of the knob."""

    path: str
    text: str = ""


class Editing(Screen[None]):
    """The keys of the play screen that change what plays. What comes of them is shown by who inherits this."""

    BINDINGS: ClassVar = cased(
        [
            Binding("up", "pick(-1)", id="pick_up"),
            Binding("down", "pick(1)", id="pick_down"),
            Binding("minus", "turn(-1, False)", id="turn_down"),
            Binding("equals_sign", "turn(1, False)", id="turn_up"),
            Binding("underscore", "turn(-1, True)", id="turn_down_far"),
            Binding("plus", "turn(1, True)", id="turn_up_far"),
            Binding("backspace", "back(False)", id="as_saved"),
            Binding("delete,shift+backspace", "back(True)", id="initial"),
            Binding("enter", "type", id="type"),
            Binding("o", "browse", id="browse"),
            Binding("a", "add", id="add"),
            Binding("x", "remove", id="remove"),
            Binding("b", "bypass_engine", id="bypass_engine"),
            Binding("less_than_sign", "move(-1)", id="move_back"),
            Binding("greater_than_sign", "move(1)", id="move_on"),
            Binding("u", "edit('undo')", id="undo"),
            Binding("U", "edit('redo')", id="redo"),
            Binding("v", "edit('ab')", id="compare"),
            Binding("s", "save", id="save"),
        ]
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self.rig = rig
        self.set_view = SetView("", 0, (), (), Path())
        self.engines: tuple[EngineView, ...] = ()
        self.status: Status | None = None
        self.note = Note(id="note")
        self.beside = Beside(lambda fault, error: self._wrong(fault))
        self.leaving = False
        self.browser: BrowserScreen | None = None
        self.adding: AddScreen | None = None
        self.field: Field | None = None
        self.heard = ""  # the message that was shown
        self._picked: dict[int, Picked] = {}

    def poll(self, chain: bool = False) -> None:
        """Take what is new from the rig, and show it. chain: the path, too, in any case."""
        raise NotImplementedError

    def show_chain(self) -> None:
        """Show the path and its knobs."""
        raise NotImplementedError

    def do(self, command: str) -> bool:
        """Carry out a verb at once; what goes wrong is said on the message line."""
        if self.leaving:
            return False
        try:
            self.rig.do(command)
        except RigError as error:
            self._wrong(str(error))
            return False
        self.heard = ""
        self.poll()
        return True

    def asked(self, question: Callable[[], Answer]) -> Answer | None:
        """What the rig answers; None where it can't, which is said."""
        try:
            return question()
        except RigError as error:
            self._wrong(str(error))
            return None

    def song_number(self) -> int:
        """Of the one that plays, from 1; 0: none does."""
        return self.status.song.number if self.status and self.status.song else 0

    def told(self, text: str) -> str:
        """A sentence with keys in braces: "{m} plays on"."""
        raise NotImplementedError

    def _say(self, message: str) -> None:
        self.note.say(printable(message), time.monotonic())

    def _wrong(self, message: str) -> None:
        self.note.say(printable(message), time.monotonic(), wrong=True)

    # --- what is selected --------------------------------------------------------------------------------------

    @property
    def line(self) -> Line | None:
        """The line that is selected: the last one picked on this amp."""
        rows = lines(self.engines)
        at = find(rows, self._picked.get(self.set_view.playing))
        return rows[at] if rows else None

    @property
    def row(self) -> FileView | ParamView | None:
        """The file or knob that is selected."""
        return self.line.row if self.line else None

    @property
    def param(self) -> ParamView | None:
        """The knob that - and + turn, where one is selected."""
        return self.row if isinstance(self.row, ParamView) else None

    def _engine(self) -> EngineView | None:
        """The engine that is selected; where none is, that is said."""
        line = self.line
        if line is None or not line.engine.stands:
            self._say("this is the level of the amp: pick an engine first")
            return None
        return line.engine

    def _pick(self, at: int) -> None:
        rows = lines(self.engines)
        if rows:
            at = min(len(rows) - 1, max(0, at))
            self._picked[self.set_view.playing] = Picked(rows[at].key, at)
            self.show_chain()

    def action_pick(self, by: int) -> None:
        if self.line is not None:
            self.note.hush()
            self._pick(lines(self.engines).index(self.line) + by)

    # --- knobs -------------------------------------------------------------------------------------------------

    def action_turn(self, direction: int, coarse: bool) -> None:
        if self.param is not None:
            self._set(self.param, turn(self.param, direction, coarse))
        elif isinstance(self.row, FileView):
            self._say(self.told("a file is no knob: {o} opens the browser"))

    def action_back(self, initial: bool) -> None:
        """To what the preset says, or to the engine's own."""
        if self.param is not None:
            self._set(self.param, self.param.initial if initial else self.param.preset)

    def _set(self, param: ParamView, value: float) -> None:
        text = f"{value:.6g}"
        if not param.minimum <= float(text) <= param.maximum:
            text = repr(value)  # six digits of an end of the range may lie outside of it
        if value != param.value:
            self.do(f"set {param.path} {text}")

    def action_type(self) -> None:
        """Type a value, or look for a file."""
        if isinstance(self.row, FileView):
            self.action_browse()
        elif self.param is not None:
            self.note.hush()
            self._type(Field(self.param.path))

    def _type(self, field: Field | None) -> None:
        self.field = field
        self.show_chain()

    def on_key(self, event: events.Key) -> None:
        """While a value is typed, all keys are its own but those that mute and play amps there."""
        field = self.field
        if field is None:
            return
        if event.key in ("escape", "enter", "backspace") or event.is_printable:
            event.stop()
        if event.key == "escape":
            self._type(None)
        elif event.key == "enter":
            self._take(field)
        elif event.key == "backspace":
            self._type(field._replace(text=field.text[:-1]))
        elif event.is_printable and event.character and len(field.text) < TYPED:
            self._type(field._replace(text=field.text + event.character))

    def _take(self, field: Field) -> None:
        """Turn the knob to what was typed; what makes no sense stays in the field."""
        param = self.param
        if not field.text.strip() or param is None or self.do(f"set {param.path} {meant(param, field.text)}"):
            self.note.hush()
            self._type(None)

    def on_knobs_picked(self, picked: Knobs.Picked) -> None:
        if self._reach(picked.path) and picked.share is not None and self.param is not None:
            self._set(self.param, value_at(self.param, picked.share))

    def on_knobs_turned(self, turned: Knobs.Turned) -> None:
        if self._reach(turned.path) and self.param is not None:
            self._set(self.param, turn(self.param, turned.direction))

    def on_signal_chain_picked(self, picked: SignalChain.Picked) -> None:
        self._reach(next((line.path for line in lines(self.engines) if line.engine.path == picked.path), ""))

    def _reach(self, path: str) -> bool:
        """Select what the mouse points at, unless a value is typed, or that has gone. Whether it is selected."""
        return self.field is None and self._pick_path(path)

    # --- engines -----------------------------------------------------------------------------------------------

    def action_edit(self, command: str) -> bool:
        """Carry out a verb; an engine that it brings is selected. Whether it could be done."""
        playing, there = self.set_view.playing, {mark(engine) for engine in self.engines}
        if not self.do(command):
            return False
        if playing == self.set_view.playing:
            at = (i for i, line in enumerate(lines(self.engines)) if mark(line.engine) not in there)
            self._pick(next(at, lines(self.engines).index(self.line)) if self.line else 0)
        return True

    def action_learn(self) -> None:
        """Have the next MIDI pedal that is moved turn the selected knob; again: none."""
        if self.status is not None and self.status.learning:
            self.do("learn off")
        elif self.param is not None:
            self.do(f"learn {self.param.path}")
        else:
            self._say("pick the knob first that a MIDI pedal is to turn")

    def action_remove(self) -> None:
        engine = self._engine()
        if engine is not None:
            at = next(i for i, line in enumerate(lines(self.engines)) if line.engine is engine)
            if self.action_edit(f"remove {engine.path}"):
                self._pick(at)

    def action_bypass_engine(self) -> None:
        engine = self._engine()
        if engine is not None:
            self.do(f"toggle {engine.path}")

    def action_move(self, by: int) -> None:
        engine = self._engine()
        if engine is not None:
            self.action_edit(f"move {engine.path} {by:+d}")

    def action_add(self) -> None:
        """Pick a new engine from a list."""
        places = slots(self.engines)
        self.adding = AddScreen(places, slot_at(places, self.line), self.set_view.playing)
        self.app.push_screen(self.adding, partial(self._wanted, self.set_view.playing))

    def _wanted(self, amp: int, wanted: Wanted | None) -> None:
        """amp: the one for which it was wanted."""
        self.adding = None
        if wanted is None or amp != self.set_view.playing:
            return
        if not wanted.offer.asks:
            self.action_edit(f"insert {wanted.target} {wanted.offer.name}")
            return
        engine = wanted.offer.engine
        view = FileView(f"{wanted.target}.{engine.name}", engine.files[0], self._near(engine))
        self.browser = ChooserScreen(self.set_view.title, amp, view)
        self.app.push_screen(self.browser, partial(self._chosen, amp, wanted))

    def _chosen(self, amp: int, wanted: Wanted, left: Left | None) -> None:
        self.browser = None
        if left is not None and left.kept and amp == self.set_view.playing:
            self.action_edit(f"insert {wanted.target} {wanted.offer.name} {left.file}")

    def _near(self, engine: Engine) -> Path:
        """A file beside which one for a new engine may lie."""
        key = engine.files[0]
        alike = [view.file for other in self.engines for view in other.files if view.name == key]
        alike = alike or [view.file for view in self.asked(self.rig.all_files) or () if view.name == key]
        return alike[0] if alike else self.set_view.preset

    # --- other files -------------------------------------------------------------------------------------------

    def action_browse(self) -> None:
        """Look for another file for the selected engine; where that has none, for the first one that has."""
        at = [self.line.engine] if self.line else []
        own = [engine for engine in self.engines if engine.where == "amp"]
        view = next((view for engine in (*at, *own, *self.engines) for view in engine.files), None)
        if isinstance(self.row, FileView):
            view = self.row
        if view is None:
            self._say("no engine here plays a file")
            return
        self._pick_path(view.path)
        self.browser = BrowserScreen(self.set_view.title, self.set_view.playing, view, self._verb_of(view))
        self.app.push_screen(self.browser, partial(self._browsed, self._level(view.engine)))

    def _verb_of(self, view: FileView) -> Callable[[str, Path], None]:
        """What carries out `try` and `load` for an engine, whatever plays and whatever it is called by then."""

        def do(verb: str, file: Path) -> None:
            now = (other for other in self.rig.all_files() if (other.uid, other.name) == (view.uid, view.name))
            engine = next(now, None)
            if engine is None:
                raise RigError(f"{view.engine} has gone")
            self.rig.do(f"{verb} {engine.path} {file}")

        return do

    def _pick_path(self, path: str) -> bool:
        """Select the line of that path. Whether there is one."""
        at = next((i for i, line in enumerate(lines(self.engines)) if line.path == path), None)
        if at is not None:
            self._pick(at)
        return at is not None

    def _level(self, path: str) -> float | None:
        """Where the level of an engine stands, in dB, where it has one."""
        knobs = (param for engine in self.engines for param in engine.params)
        return next((knob.value for knob in knobs if knob.path == f"{path}.{LEVEL_KNOB}"), None)

    def _browsed(self, before: float | None, left: Left | None) -> None:
        """The browser is closed. before: where the engine's level stood."""
        self.browser = None
        if left is None or self.leaving:
            return
        self.poll()
        if left.kept:
            level = self._level(left.engine)
            matched = "" if level in (None, before) else f", at level {level:+.1f} dB as loud as before,"
            self._say(f"{left.file.name}{matched} is not saved yet: {self.told('{s} saves it, {u} goes back')}")
        elif left.error:
            self._wrong(left.error)

    # --- saving ------------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        """Save; where somebody else has changed a preset meanwhile, ask what is to be done."""
        unsaved = self.asked(self.rig.unsaved)
        if unsaved is None:
            return
        changed = [file.name for file in unsaved if file.elsewhere]
        if not changed:
            self.do("save")
            return
        answers = [("o", "save over it"), ("escape", "leave both as they are")]
        if changed == [self.set_view.preset.name]:
            answers.insert(1, ("t", "take what is there; u brings back what was changed here"))
        said = f"{', '.join(changed)} was changed by somebody else."
        self.app.push_screen(AskScreen("changed on disk", (said,), answers), self._save)

    def _save(self, answer: str | None) -> None:
        verb = {"o": "save over", "t": "revert"}.get(answer or "")
        if verb:
            self.do(verb)
