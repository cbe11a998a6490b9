"""The play screen: shows a gig twenty times a second, and turns keys into its verbs at once."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from rig.errors import RigError
from rig.gig import Gig
from rig.tui import palette
from rig.tui.help import HelpScreen
from rig.tui.knobs import Knobs
from rig.tui.lines import Banner, Foot, Head, Note, Wires
from rig.tui.meters import Meters
from rig.tui.path import Path
from rig.tui.plan import plan
from rig.tui.steps import is_bipolar, turn, written
from rig.tui.tiles import Tiles
from rig.tui.tuner import Tuner
from rig.views import EngineView, Outcome, ParamView, Status

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
        Binding("question_mark", "help"),
        Binding("q", "app.leave"),
    ]

    def __init__(self, gig: Gig) -> None:
        super().__init__()
        self.gig = gig
        self.engines: tuple[EngineView, ...] = ()
        self.status: Status | None = None
        self.leaving = False
        self._picked: dict[int, str] = {}
        self._heard = ""  # the message that was shown

        self.head = Head(gig.name, id="head")
        self.banner = Banner(id="banner")
        self.tiles = Tiles(gig.amps, id="tiles")
        self.path = Path(id="path")
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
        outcomes = self.gig.install()
        before, status = self.status, self.gig.status()
        self.status = status
        if before is None or before.amp != status.amp or outcomes:
            self.read_chain()
        for outcome in outcomes:
            self._tell(outcome, now)
        if before is None or before.tuner != status.tuner:
            self._lay_out()
        self._alarms(before, status, now)
        self.tiles.show(status.amp, _state(status))
        self.head.take(status, self._preset(status.amp), now)
        self.meters.take(status, now)
        self.wires.take(status)
        self.note.tick(now)
        if status.tuner:
            self.tuner.take(status)

    def read_chain(self) -> None:
        """Take the chain with its knobs as they stand now."""
        if not self.leaving and self.status is not None:
            self.engines = self.gig.chain()
            self._show_chain()

    def _show_chain(self) -> None:
        param = self.param
        path = param.path if param else ""
        at = next((i for i, e in enumerate(self.engines) if any(p.path == path for p in e.params)), -1)
        bypassed = self.status is not None and self.status.bypassed
        self.path.show(self.engines, at, bypassed)
        self.knobs.show(self.engines, path)
        tuning = self.status is not None and self.status.tuner
        self.note.explain(_hint(self.engines[at], param) if param and not tuning else "")

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
        if outcome.error:
            self.note.say(f"{outcome.asked} plays on: {outcome.error}", now, wrong=True)

    def _show_banner(self, status: Status) -> None:
        if not status.alive:
            self.banner.show("JACK IS GONE", "press c to reconnect")
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
    def param(self) -> ParamView | None:
        """The knob that - and + turn: the last one picked on this amp, at first the first of the amp's own."""
        params = [param for engine in self.engines for param in engine.params]
        own = [param for engine in self.engines if engine.where == "amp" for param in engine.params]
        picked = self._picked.get(self.status.amp if self.status else -1)
        return next((param for param in params if param.path == picked), next(iter(own or params), None))

    def action_pick(self, by: int) -> None:
        params = [param for engine in self.engines for param in engine.params]
        now = self.param
        if now is None or self.status is None:
            return
        at = min(len(params) - 1, max(0, params.index(now) + by))
        self._picked[self.status.amp] = params[at].path
        self._show_chain()

    def action_turn(self, direction: int, coarse: bool) -> None:
        param = self.param
        if param is not None:
            self._set(param, turn(param, direction, coarse))

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

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def leave(self) -> None:
        """Take no more keys; say that the sound is fading."""
        self.leaving = True
        self.banner.show("FADING OUT", colour=palette.GLOW)
        self.note.say("fading out", time.monotonic())


def _state(status: Status) -> str:
    return "MUTED" if status.muted or status.tuner else "BYPASS" if status.bypassed else ""


def _fault(engine: str) -> str:
    """What the guard did. "in" is what JACK gave us."""
    if engine == "in":
        return "the input was no number; it was silenced"
    return f"{engine} gave no number; it was reset, and its input passed through"


def _hint(engine: EngineView, param: ParamView) -> str:
    signed = is_bipolar(param)
    low, high = f"{param.minimum:g}", written(param.maximum, param.unit)
    about = param.help or f"{engine.name} {param.name}"
    return f"{about}  ({low} … {high}, initially {written(param.initial, param.unit, signed)})"
