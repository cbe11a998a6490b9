"""The rig in plain lines, for a screen reader and a braille line: a line for each thing, and keys or typed verbs.

No cursor is moved and nothing is drawn. What is said while a line is typed waits until it is typed.
"""

from __future__ import annotations

import select
import socket
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from rig.gig.gig import Gig
from rig.gig.knob_scale import meant, turn, written_out
from rig.gig.reconciler import Progress
from rig.gig.snapshot import ParamView
from rig.remote import headless, words
from rig.remote.client import Event, Line, join
from rig.remote.commands import Commands
from rig.remote.events import Events
from rig.remote.keyboard import Keyboard
from rig.remote.plain_keys import KEYS, SPELT
from rig.remote.server import Server
from rig.text import printable

TOPICS = "amps changes engines news songs"
KEPT = 20  # lines, for those who missed one
QUIT_SECONDS = 3.0
LEAVE_SECONDS = 2.0  # for the last words
FENCE = "subscribe"  # its answer comes when all that a verb has come to has been told
NOTE_SECONDS = 0.7  # between two words of one note
MOST_FILES = 100  # of a folder, that are told


def play(open_gig: Callable[[Progress], Gig], *, debug: bool = False) -> int:
    """Play a gig, told and commanded in plain lines, until somebody quits. Returns the exit status."""
    commands, ours, theirs = Commands(None), *socket.socketpair()
    console = Console(Line(ours), sys.stdin.fileno(), sys.stdout, ours=True)
    thread = threading.Thread(target=console.run, daemon=True, name="rig-plain")

    def opened(gig: Gig, server: Server) -> None:
        server.add(theirs)
        thread.start()

    print("loading", flush=True)
    try:
        return headless.play(open_gig, commands, Events(None), debug=debug, opened=opened)
    finally:
        if thread.ident:
            thread.join(LEAVE_SECONDS)
        console.restore()


def attach(name: str | None) -> int:
    """Talk to a rig that runs; it plays on when that is over. Raises RigError."""
    console = Console(join(name), sys.stdin.fileno(), sys.stdout, ours=False)
    try:
        console.run()
    except KeyboardInterrupt:
        console.restore()
    return 0


class Left(Exception):
    """Somebody wants to leave."""


class Console:
    """Keys and typed verbs in, sentences out.

    line: to the rig. file: what is typed comes from it; on a terminal single keys act at once, else, and after a colon,
    lines are read: verbs, or what a key is called. ours: leaving ends the rig.
    """

    def __init__(self, line: Line, file: int, out: TextIO, ours: bool) -> None:
        self._line, self._out, self._ours = line, out, ours
        self._keyboard = Keyboard(file)
        self._held: list[str] = []  # what is said when the line is typed
        self._answers: dict[int, Event] = {}
        self._kept: deque[str] = deque(maxlen=KEPT)
        self._said = 0
        self._path = ""  # of the knob that is picked
        self._quit_at = float("-inf")
        self._last = ""
        self._note = self._note_said = ""  # in words
        self._note_at = float("-inf")
        self._actions: dict[str, tuple[Callable[[], None], str]] = {
            "/": (self._find, "find an amp or a scene"),
            "t": (self._tuner, "tuner, in silence"),
            "[": (lambda: self._level(-1), "output level down by 1 dB"),
            "]": (lambda: self._level(+1), "output level up by 1 dB"),
            "e": (self._songs, "the songs, of which one is to play"),
            ";": (self._engines, "the engines, in order"),
            "up": (lambda: self._pick(-1), "the knob before"),
            "down": (lambda: self._pick(+1), "the next knob"),
            "'": (self._pick_one, "go to a knob"),
            "-": (lambda: self._turn(-1, False), "turn it down"),
            "=": (lambda: self._turn(+1, False), "turn it up"),
            "_": (lambda: self._turn(-1, True), "turn it far down"),
            "+": (lambda: self._turn(+1, True), "turn it far up"),
            "enter": (self._type, "type its value"),
            "backspace": (self._back, "as it is saved"),
            "delete": (lambda: self._back(initial=True), "the engine's own value"),
            "o": (self._load, "another model or cabinet"),
            "a": (self._add, "add an engine"),
            "x": (lambda: self._engine("remove"), "remove an engine"),
            "<": (lambda: self._engine("move", "-1"), "move an engine towards the beginning"),
            ">": (lambda: self._engine("move", "+1"), "move an engine towards the end"),
            "b": (lambda: self._engine("toggle"), "bypass an engine, or not"),
            "d": (self._learn, "learn what a MIDI pedal is to do"),
            "r": (self._record, "record, and end that"),
            "i": (self._again, "what was said lately"),
            ":": (self._verb, "type a verb; help tells which"),
            "?": (self._help, "these keys"),
            "q": (self._quit, "twice: fade out and end" if ours else "leave; the rig plays on"),
        }

    def run(self) -> None:
        """Until somebody leaves, or the rig has ended. The terminal is as before then."""
        self._keyboard.begin()
        try:
            self._talk()
        except (Left, OSError, termios.error):  # somebody left, or the terminal has gone
            pass
        finally:
            self._keyboard.restore()

    def _talk(self) -> None:
        self._ask(f"{FENCE} {TOPICS}")
        self.say(f"{self._ask('get amp')['value']} plays. Question mark tells the keys, colon begins a verb.")
        while not self._line.over:
            self._wait(lambda: bool(self._keyboard.keys or self._keyboard.lines or self._keyboard.closed))
            if self._keyboard.keys:
                self._act(self._keyboard.keys.popleft())
            elif self._keyboard.lines:
                self._obey(self._keyboard.lines.popleft())
            elif self._keyboard.closed and self._ours:
                self._wait(lambda: False)  # a closed stdin is no reason to stop playing
            elif self._keyboard.closed:
                return

    def restore(self) -> None:
        """The terminal as it was."""
        self._keyboard.restore()

    # --- what is said and heard -----------------------------------------------------------------------------------

    def say(self, line: str) -> None:
        """A line; while one is typed, after that."""
        if not line:
            return
        self._said += 1
        self._kept.append(line)
        if self._keyboard.typing:
            self._held.append(line)
        else:
            self._print(line)

    def _print(self, line: str) -> None:
        print(line, file=self._out, flush=True)

    def _wait(self, done: Callable[[], bool]) -> None:
        """Say what is told, and take what is typed, until it is done, or the rig has ended."""
        while not (done() or self._line.over):
            files: list[int] = (
                [self._line.end.fileno()] if self._keyboard.closed else [self._line.end.fileno(), self._keyboard.file]
            )
            ready = select.select(files, [], [], NOTE_SECONDS if self._note != self._note_said else None)[0]
            self._say_note()
            if self._line.end.fileno() in ready:
                for event in self._line.events(0):
                    self._hear(event)
            if self._keyboard.file in ready:
                self._keyboard.read()

    def _hear(self, event: Any) -> None:
        if "id" in event and event["event"] in ("done", "error"):
            self._answers[event["id"]] = event
        elif event["event"] == "status":
            self.say(words.status(event))
        elif event["event"] == "tuner":
            self._note = words.note(event)
            self._say_note()
        else:
            self._tell(event)

    def _say_note(self) -> None:
        """What is played; of a note that moves, not every cent."""
        name, now = self._note.partition(",")[0], time.monotonic()
        if name == self._note_said.partition(",")[0] and now - self._note_at < NOTE_SECONDS:
            return
        if self._note != self._note_said:
            self._note_said, self._note_at = self._note, now
            self.say(self._note)

    def _tell(self, event: Any) -> None:
        for line in words.spoken(event):
            if line != self._last:
                self.say(line)
            self._last = line

    def _prompt(self, text: str) -> str:
        """A line that somebody types; none where escape is in it."""
        typed = self._prompted(text)
        return "" if "\x1b" in typed else typed

    def _prompted(self, text: str) -> str:
        keyboard = self._keyboard
        with keyboard.line():
            print(text, end=" " if keyboard.terminal else "\n", file=self._out, flush=True)
            self._wait(lambda: bool(keyboard.lines or keyboard.closed))
        held, self._held = self._held, []
        for line in held:
            self._print(line)
        return keyboard.lines.popleft() if keyboard.lines else ""

    def _ask(self, verb: str) -> Any:
        """The answer to a question; an error is said, and empty."""
        number = self._line.send(verb)
        self._wait(lambda: number in self._answers)
        answer: Any = self._answers.pop(number, None)
        if answer is None:
            raise Left
        if answer["event"] == "error":
            self.say(f"error: {answer['message']}")
            return {"list": [], "value": None}
        return answer

    def do(self, verb: str) -> None:
        """Carry out a verb; whatever it comes to, something is said."""
        before, self._last = self._said, ""
        number, fence = self._line.send(verb), self._line.send(FENCE)
        self._wait(lambda: fence in self._answers)
        answer = self._answers.pop(number, None)
        self._answers.pop(fence, None)
        if answer is not None:
            for line in words.spoken(answer):
                if line != self._last:
                    self.say(line)
        if self._said == before and not self._line.over:
            self.say(self._plays() if verb.startswith(("amp ", "scene ")) else "done")

    def _plays(self) -> str:
        rows = self._ask("list amps")["list"]
        return next((words.amp({**row, "scenes": []}) for row in rows if row["plays"]), "done")

    def _choose(self, question: str, choices: Sequence[str]) -> int | None:
        """Which one; None: none of them. A number, or letters that only one has."""
        if not choices:
            self.say("there is none")
            return None
        for number, choice in enumerate(choices, 1):
            self._print(f"{number} {choice}")
        typed = self._prompt(f"{question} Number or letters:").casefold()
        if not typed:
            self.say("nothing chosen")
            return None
        if typed.isdecimal() and 1 <= int(typed) <= len(choices):
            return int(typed) - 1
        found = [i for i, choice in enumerate(choices) if typed in choice.casefold()]
        if len(found) == 1:
            return found[0]
        self.say(f"{len(found) or 'none'} of them {'have' if len(found) > 1 else 'has'} {typed}")
        return None

    # --- what keys do ---------------------------------------------------------------------------------------------

    def _act(self, key: str) -> None:
        """With caps lock the same, but for what has a meaning of its own."""
        if key not in KEYS and key not in self._actions:
            key = key.lower()
        if key.isdecimal():
            self._amp(key)
        elif key in KEYS:
            self.do(KEYS[key][0])
        elif key in self._actions:
            self._actions[key][0]()
        else:
            self.say(f"no key {printable(key)}; question mark tells them")

    def _obey(self, line: str) -> None:
        """A line that is a key's name does what the key does; else it is a verb."""
        if line.isdecimal() or line in self._actions or line in KEYS:
            self._act(line)
        elif line:
            self.do(line.removeprefix(":").strip())

    def _verb(self) -> None:
        typed = self._prompt("verb:")
        if typed:
            self.do(typed)

    def _amp(self, key: str) -> None:
        """The amp of a key, as the screen's digits pick it; of other numbers, the amp of that number."""
        amps = self._ask("list amps")["list"]
        found = next((amp for amp in amps if amp["key"] == key), None)
        self.do(f"amp {found['number'] if found else key}")

    def _find(self) -> None:
        picks, shown = [], []
        for amp in self._ask("list amps")["list"]:
            picks += [f"amp {amp['number']}", *(f"amp {amp['number']}:{scene}" for scene in amp["scenes"])]
            shown += [words.amp({**amp, "scenes": []}), *(f"{amp['name']}, scene {scene}" for scene in amp["scenes"])]
        found = self._choose("Which amp?", shown)
        if found is not None:
            self.do(picks[found])

    def _tuner(self) -> None:
        """While one tunes, what is played is said whenever it is another note, or moves."""
        on = not self._ask("get tuner")["value"]
        self.do("tuner on" if on else "tuner off")
        self._ask("subscribe tuner" if on else "unsubscribe tuner")

    def _level(self, by: int) -> None:
        level = self._ask("get level")["value"]
        self.do(f"level {level + by:g}")

    def _songs(self) -> None:
        rows = self._ask("list songs")["list"]
        found = self._choose("Which song?", [words.song(row) for row in rows])
        if found is not None:
            self.do(f"song {rows[found]['number']}")

    def _engines(self) -> None:
        for row in self._ask("list engines")["list"]:
            self.say(words.engine(row))

    def _record(self) -> None:
        on = self._ask("get recording")["value"]
        self.do("record" if on else time.strftime("record take-%Y-%m-%d-%H%M%S.wav"))

    def _learn(self) -> None:
        """The pedal that is moved next does what is typed; nothing: it turns the knob that is picked."""
        typed = self._prompt("What is the pedal to do? A verb, a knob's path, or enter for the knob that is picked:")
        if typed or self._path:
            self.do(f"learn {typed or self._path}")
        else:
            self.say("nothing chosen")

    def _again(self) -> None:
        for line in tuple(self._kept):
            self._print(line)

    def _help(self) -> None:
        self._print("1 to 9: play that amp")
        self._print("f1 to f8, or shift and a digit: that scene")
        rows = {key: about for key, (verb, about) in KEYS.items() if not verb.startswith("scene ")}
        rows |= {key: about for key, (_, about) in self._actions.items()}
        for key, about in rows.items():
            self._print(f"{SPELT.get(key, key)}: {about}")

    def _quit(self) -> None:
        if not self._ours:
            raise Left
        now = time.monotonic()
        if now - self._quit_at <= QUIT_SECONDS:
            self.do("quit")
            self._wait(lambda: False)
            return
        self._quit_at = now
        unsaved = self._ask("get unsaved")["value"]
        self.say("not saved: s saves, q again quits without" if unsaved else "q again quits")

    # --- knobs and engines ----------------------------------------------------------------------------------------

    def _knobs(self) -> list[ParamView]:
        return [words.view(row) for row in self._ask("list knobs")["list"]]

    def _picked(self) -> ParamView | None:
        knobs = self._knobs()
        found = next((knob for knob in knobs if knob.path == self._path), None)
        if found is None:
            self.say("no knob is picked: up and down pick one")
        return found

    def _pick(self, by: int) -> None:
        knobs = self._knobs()
        at = next((i for i, knob in enumerate(knobs) if knob.path == self._path), -1 if by > 0 else len(knobs))
        if 0 <= at + by < len(knobs):
            at += by
            self._path = knobs[at].path
            self.say(words.knob(knobs[at]))
        else:
            self.say("no knob lies beyond")

    def _pick_one(self) -> None:
        knobs = self._knobs()
        found = self._choose("Which knob?", [words.knob(knob) for knob in knobs])
        if found is not None:
            self._path = knobs[found].path
            self._type()

    def _turn(self, direction: int, coarse: bool) -> None:
        knob = self._picked()
        if knob is not None:
            self._set(knob, f"{turn(knob, direction, coarse):.6g}")

    def _set(self, knob: ParamView, value: str) -> None:
        before = self._said
        self._line.send(f"set {knob.path} {value}")
        number = self._line.send(f"list knobs {knob.path.rpartition('.')[0]}")
        self._wait(lambda: number in self._answers)
        answer: Any = self._answers.pop(number, {"list": []})
        failed: Any = self._answers.pop(number - 1, {"event": "done"})
        if failed["event"] == "error":
            self.say(f"error: {failed['message']}")
        now = next((words.view(row) for row in answer.get("list", ()) if row["path"] == knob.path), None)
        if now is not None and failed["event"] == "done":
            self.say(words.knob(now))
        if self._said == before:
            self.say("done")

    def _type(self) -> None:
        knob = self._picked()
        if knob is None:
            return
        choices = written_out(knob)
        if choices:
            found = self._choose(f"{words.knob(knob)}.", choices)
            typed = choices[found] if found is not None else ""
        else:
            typed = self._prompt(f"{words.knob(knob)}, {knob.minimum:g} to {knob.maximum:g}. Value:")
        if typed:
            self._set(knob, meant(knob, typed))

    def _back(self, initial: bool = False) -> None:
        knob = self._picked()
        if knob is not None:
            self._set(knob, f"{knob.initial if initial else knob.preset:.6g}")

    def _which(self, verb: str, rows: list[Any]) -> Any:
        found = self._choose(f"{verb.capitalize()} which?", [words.engine(row) for row in rows])
        return None if found is None else rows[found]

    def _engine(self, verb: str, words_after: str = "") -> None:
        row = self._which(verb, self._ask("list engines")["list"])
        if row is not None:
            self.do(f"{verb} {row['path']} {words_after}".strip())

    def _add(self) -> None:
        kinds = self._ask("list kinds")["list"]
        found = self._choose("Add which engine?", [f"{kind['name']}, {kind['about']}" for kind in kinds])
        if found is None:
            return
        row = self._which("before", [*self._ask("list engines")["list"], END])
        if row is None:
            return
        where = row["path"] if row is not END else self._ask("list amps")["list"]
        if row is END:
            where = next(str(amp["number"]) for amp in where if amp["plays"])
        file = self._prompt("file:") if len(kinds[found]["files"]) == 1 else ""
        self.do(f"insert {where} {kinds[found]['name']} {file}".strip())

    def _load(self) -> None:
        """Files beside the one that plays; another one is typed."""
        row = self._which("load into", [row for row in self._ask("list engines")["list"] if row["files"]])
        if row is None:
            return
        keys = list(row["files"])
        key = 0 if len(keys) == 1 else self._choose("Which file?", keys)
        if key is None:
            return
        now = Path(row["files"][keys[key]])
        beside = sorted(path.name for path in now.parent.glob(f"*{now.suffix}"))[:MOST_FILES]
        found = self._choose(f"{now.name} plays. Which file?", beside)
        if found is not None:
            self.do(f"load {row['path']}.{keys[key]} {now.parent / beside[found]}")


END = {"path": "the end of the amp", "files": {}, "branch": "", "on": True}
