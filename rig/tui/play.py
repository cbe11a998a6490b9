"""The play screen: shows a gig twenty times a second, and turns keys into its verbs at once."""

from __future__ import annotations

import time
from dataclasses import replace

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.snapshot import EngineView, FileView, Outcome, ParamView, Status
from rig.tui import palette
from rig.tui.bars import Banner, Foot, Head, Note, Wires
from rig.tui.browser import BrowserScreen, Left
from rig.tui.canvas import printable
from rig.tui.file_listing import homely
from rig.tui.help import HelpScreen
from rig.tui.knob_scale import stands, turn, written
from rig.tui.knobs import Knobs
from rig.tui.layout import plan
from rig.tui.meters import Meters
from rig.tui.signal_chain import SignalChain
from rig.tui.tiles import Tiles
from rig.tui.tuner import Tuner

POLL_S = 1 / 20
CHAIN_S = 0.5  # MIDI may turn a knob, and a fault passes, without a key


class PlayScreen(Screen[None]):
    """A gig, to be played. The app gives it an open one and closes it."""

    BINDINGS = [  # noqa: RUF012
        *(Binding(str(n), f"amp({n})") for n in range(1, 10)),
        Binding("left", "verb('prev')"),
        Binding("right", "verb('next')"),
        Binding("up", "pick(-1)"),
        Binding("down", "pick(1)"),
        Binding("minus", "turn(-1, False)"),
        Binding("equals_sign", "turn(1, False)"),
        Binding("underscore", "turn(-1, True)"),
        Binding("plus", "turn(1, True)"),
        Binding("backspace", "initial"),
        Binding("left_square_bracket", "level(-1)"),
        Binding("right_square_bracket", "level(1)"),
        Binding("space", "verb('bypass')"),
        Binding("m", "verb('mute')"),
        Binding("t", "verb('tuner')"),
        Binding("c", "verb('connect')"),
        Binding("o", "browse"),
        Binding("question_mark", "help"),
        Binding("q", "app.leave"),
    ]

    def __init__(self, gig: Gig) -> None:
        super().__init__()
        self.gig = gig
        self.engines: tuple[EngineView, ...] = ()
        self.status: Status | None = None
        self.leaving = False
        self.browser: BrowserScreen | None = None
        self._picked: dict[int, str] = {}
        self._heard = ""  # the message that was shown

        self.head = Head(gig.name, id="head")
        self.banner = Banner(id="banner")
        self.tiles = Tiles(gig.amps, id="tiles")
        self.path = SignalChain(id="path")
        self.knobs = Knobs(id="knobs")
        self.tuner = Tuner(id="tuner")
        self.note = Note(id="note")
        self.meters = Meters(id="meters")
        self.wires = Wires(id="wires")
        self.foot = Foot(id="foot")

    def compose(self) -> ComposeResult:
        yield from (self.head, self.banner, self.tiles, self.path, self.knobs, self.tuner)
        yield from (self.note, self.meters, self.wires, self.foot)

    def on_mount(self) -> None:
        self.poll()
        self.set_interval(POLL_S, self.poll)
        self.set_interval(CHAIN_S, self.read_chain)

    def on_resize(self) -> None:
        self._lay_out()

    # --- what the gig says -------------------------------------------------------------------------------------

    def poll(self) -> None:
        """Take the gig's status and show what is new in it."""
        if self.leaving:
            return
        now = time.monotonic()
        outcomes, news = self.gig.install(), self.gig.news()
        before, status = self.status, self.gig.status()
        self.status = status
        if before is None or before.amp != status.amp or outcomes or news:
            self.read_chain()
        for outcome in outcomes:
            self._tell(outcome, now)
        for item in news:
            self.note.say(printable(item.message), now, item.wrong)
        if before is None or before.tuner != status.tuner:
            self._lay_out()
        self._alarms(before, status, now)
        self.tiles.show(status.amp, _state(status))
        self.head.take(status, self._preset(status.amp), now)
        self.meters.take(status, now)
        self.wires.take(status)
        self.note.tick(now)
        if self.browser:
            self.browser.take(status, outcomes, now)
        if status.tuner:
            self.tuner.take(status)

    def read_chain(self) -> None:
        """Take the chain with its knobs as they stand now."""
        if not self.leaving and self.status is not None:
            self.engines = self.gig.chain()
            self._show_chain()

    def _show_chain(self) -> None:
        row = self.row
        path = row.path if row else ""
        at = next((i for i, e in enumerate(self.engines) if any(r.path == path for r in e.rows)), -1)
        bypassed = self.status is not None and self.status.bypassed
        self.path.show(self.engines, at, bypassed)
        self.knobs.show(self.engines, path)
        tuning = self.status is not None and self.status.tuner
        self.note.explain(_hint(self.engines[at], row) if row and not tuning else "")

    def _alarms(self, before: Status | None, status: Status, now: float) -> None:
        if status.message and status.message != self._heard:
            self.note.say(status.message, now)
        self._heard = status.message
        known = dict(before.faults) if before else {}
        for engine, count in status.faults:
            if count > known.get(engine, 0):
                self.note.say(_fault(engine), now, wrong=True)
                self.read_chain()
        if before and (before.bypassed, before.tuner) != (status.bypassed, status.tuner):
            self._show_chain()
        self._show_banner(status)

    def _tell(self, outcome: Outcome, now: float) -> None:
        if outcome.error and not self.browser:
            self.note.say(f"{outcome.asked} plays on: {outcome.error}", now, wrong=True)

    def _show_banner(self, status: Status) -> None:
        if not status.alive:
            self.banner.show("JACK IS GONE", "waiting for it, c starts one")
        elif status.tuner:
            self.banner.show("TUNER", "muted: t plays on", palette.GO)
        elif status.muted:
            self.banner.show("MUTED + BYPASS" if status.bypassed else "MUTED", "m plays on")
        elif status.bypassed:
            self.banner.show("BYPASS", "space plays the amp", palette.COLD)
        else:
            self.banner.show("")

    def _preset(self, amp: int) -> str:
        return next((view.preset for view in self.gig.amps if view.index == amp), "")

    # --- where things go ---------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        rows = plan(*self.size)
        tuning = self.status is not None and self.status.tuner
        stage = {"tiles": rows.tiles, "path": rows.path, "knobs": rows.knobs}
        heights = vars(rows) | {"tuner": sum(stage.values()) if tuning else 0}
        if tuning:
            heights |= dict.fromkeys(stage, 0)
        for name, lines in heights.items():
            widget = self.query_one(f"#{name}")
            widget.display = lines > 0
            widget.styles.height = lines

    # --- what the player wants ---------------------------------------------------------------------------------

    def do(self, command: str) -> bool:
        """Carry out a verb at once; what goes wrong is said on the message line."""
        if self.leaving:
            return False
        try:
            self.gig.do(command)
        except RigError as error:
            self.note.say(str(error), time.monotonic(), wrong=True)
            return False
        self._heard = ""
        self.poll()
        return True

    def action_verb(self, verb: str) -> None:
        self.do(verb)

    def action_amp(self, number: int) -> None:
        amp = next((amp for amp in self.gig.amps if amp.key == str(number)), None)
        if amp is None:
            self.note.say(f"no amp on key {number}", time.monotonic(), wrong=True)
        else:
            self.do(f"amp {amp.index + 1}")

    def on_tiles_picked(self, picked: Tiles.Picked) -> None:
        self.do(f"amp {picked.index + 1}")

    @property
    def row(self) -> FileView | ParamView | None:
        """The file or knob that is selected: the last one picked on this amp, at first the first of its own knobs."""
        rows = [row for engine in self.engines for row in engine.rows]
        own = [engine for engine in self.engines if engine.where == "amp"]
        first = [*(row for e in own for row in e.params), *(row for e in own for row in e.rows), *rows]
        picked = self._picked.get(self.status.amp if self.status else -1)
        return next((row for row in rows if row.path == picked), next(iter(first), None))

    @property
    def param(self) -> ParamView | None:
        """The knob that - and + turn, where one is selected."""
        return self.row if isinstance(self.row, ParamView) else None

    def action_pick(self, by: int) -> None:
        rows = [row for engine in self.engines for row in engine.rows]
        now = self.row
        if now is None or self.status is None:
            return
        at = min(len(rows) - 1, max(0, rows.index(now) + by))
        self._picked[self.status.amp] = rows[at].path
        self._show_chain()

    def action_turn(self, direction: int, coarse: bool) -> None:
        param = self.param
        if param is not None:
            self._set(param, turn(param, direction, coarse))
        elif self.row is not None:
            self.note.say("a file is no knob: o opens the browser", time.monotonic())

    def action_initial(self) -> None:
        param = self.param
        if param is not None:
            self._set(param, param.initial)

    def _set(self, param: ParamView, value: float) -> None:
        text = f"{value:.6g}"
        if not param.minimum <= float(text) <= param.maximum:
            text = repr(value)  # six digits of an end of the range may lie outside of it
        if value != param.value and self.do(f"set {param.path} {text}"):
            self.read_chain()

    def action_level(self, by_db: int) -> None:
        if self.status is not None:
            self.do(f"level {self.status.level_db + by_db:.6g}")

    # --- other files -------------------------------------------------------------------------------------------

    def action_browse(self) -> None:
        """Look for another file for the selected engine; where that has none, for the first one that has."""
        row = self.row
        own = [engine for engine in self.engines if engine.where == "amp"]
        at = [engine for engine in self.engines if row in engine.rows]
        view = next((view for engine in (*at, *own, *self.engines) for view in engine.files), None)
        if isinstance(row, FileView):
            view = row
        if view is None or self.status is None:
            self.note.say("no engine here plays a file", time.monotonic())
            return
        self._picked[self.status.amp] = view.path
        self.browser = BrowserScreen(self.gig.name, self.status.amp, view, self.gig.do)
        self.app.push_screen(self.browser, self._browsed)

    def _browsed(self, left: Left | None) -> None:
        self.browser = None
        if left is None or self.leaving:
            return
        if left.kept and self.status is not None:
            self._picked[self.status.amp] = f"{left.engine}.{left.name}"
            said = f"kept until you quit; not saved to the preset: {printable(left.file.name)}"
            self.note.say(said, time.monotonic())
        elif left.error:
            self.note.say(printable(left.error), time.monotonic(), wrong=True)
        self.poll()
        self.read_chain()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def leave(self) -> None:
        """Take no more keys; say that the sound is fading."""
        self.leaving = True
        if self.browser:
            self.browser.dismiss()
        self.banner.show("FADING OUT", colour=palette.GLOW)
        self.note.say("fading out", time.monotonic())


def _state(status: Status) -> str:
    return "MUTED" if status.muted or status.tuner else "BYPASS" if status.bypassed else ""


def _fault(engine: str) -> str:
    """What the guard did. "in" is what JACK gave us."""
    if engine == "in":
        return "the input was no number; it was silenced"
    return f"{engine} gave no number; it was reset, and its input passed through"


def _hint(engine: EngineView, row: FileView | ParamView) -> str:
    if isinstance(row, FileView):
        return printable(f"o opens the browser  ({homely(row.file.parent)})")
    about = row.help or f"{engine.name} {row.name}"
    initially = stands(replace(row, value=row.initial))
    if row.switch:
        return f"{about}  (on or off, initially {initially})"
    return f"{about}  ({row.minimum:g} … {written(row.maximum, row.unit)}, initially {initially})"
