"""What a player sees of a training run, and the keys: on a real pseudo-terminal where that is the matter."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import re
import select
import subprocess
import sys
import termios
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import soundfile

torch = pytest.importorskip("torch")

from captures import RATE, amp, guitar  # noqa: E402
from leash import leashed  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.style import Style  # noqa: E402

from rig.keys import Keys  # noqa: E402
from rig.models.formats import load_model  # noqa: E402
from rig.train import capture, data, loop  # noqa: E402
from rig.train.live_view import LiveView  # noqa: E402
from rig.train.log_view import LogView  # noqa: E402
from rig.train.plot import AXIS, Curve, plot  # noqa: E402
from rig.train.progress import Standing, clock_text  # noqa: E402
from rig.train.run import _watcher  # noqa: E402
from rig.train.settings import Settings, Size  # noqa: E402
from rig.train.state import Epoch, begin  # noqa: E402
from rig.train.verdict import scored, shown, verdict  # noqa: E402

TINY = Size(channels=4, depth=4, repeats=1, kernel_size=3)
INK = Style(color="red")


@pytest.fixture
def ready(rng) -> tuple[data.Data, Settings]:
    torch.set_num_threads(1)
    dry = guitar(rng, 2.0)
    settings = Settings(size=TINY, segment=512, batch_size=2, epochs=3)
    taken = capture.Capture(dry, amp(dry), RATE, 0, ())
    return data.prepare([taken], TINY.receptive_field, settings.segment, True), settings


class Script(Keys):
    """Keys that come at given steps: {3: "p"}; between them, while somebody waits, those of `waiting`."""

    fd = 0

    def __init__(self, at: dict[int, str], waiting: str = "") -> None:
        self.at, self.waiting, self.step = at, list(waiting), 0

    def __enter__(self) -> Script:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def pressed(self, wait: float = 0.0) -> str:
        if wait:
            time.sleep(0.2)
            return self.waiting.pop(0) if self.waiting else ""
        self.step += 1
        return self.at.get(self.step, "")


def watched(ready, keys: Keys, width: int = 100) -> tuple[str, LiveView, loop.State, threading.Event]:
    """Train under a view -> all that the console saw, the view, the state, whether it was stopped."""
    held, settings = ready
    state, stop, screen = begin(settings), threading.Event(), io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, height=40, color_system=None)
    view = LiveView("my-amp", "2.0 s of a guitar", Standing(state, held, settings), stop, console, keys)
    with view:
        loop.train(
            state, held, settings, stop.is_set, view.step, lambda state, epoch: view.epoch(epoch), view.say, view.clock
        )
    return screen.getvalue(), view, state, stop


def text(view: LiveView, width: int = 100) -> str:
    """The view as it is now."""
    console = Console(file=io.StringIO(), width=width, color_system=None, record=True)
    console.print(view.picture())
    return console.export_text()


@pytest.mark.parametrize(
    ("esr", "words"),
    [
        (0.0004, "hard to tell apart"),
        (0.008, "very close"),
        (0.02, "very close"),
        (0.0201, "good, but different"),
        (0.09, "noticeably different"),
        (0.15, "far off"),
        (0.9, "not that amp"),
        (float("nan"), "not that amp"),
    ],
)
def test_a_ratio_in_words(esr, words):
    assert verdict(esr) == words


def test_both_ratios_have_their_names():
    assert scored(0.00812, 0.01023) == "0.0081 plain: very close, 0.0102 pre-emphasised"
    assert shown(0.000391) == "0.00039"
    assert [clock_text(s) for s in (0, 125.9, 4000)] == ["0:00", "2:05", "1:06:40"]


def test_a_curve_falls_from_the_upper_left_to_the_lower_right():
    lines = [line.plain for line in plot([Curve([1.0, 0.1, 0.01], INK)], 27, 5, INK)]
    assert [len(line) for line in lines] == [27] * 5
    assert [line[:AXIS].strip() for line in lines] == ["1", "", "0.1", "", "0.01"]
    places = [[i for i, c in enumerate(line[AXIS:]) if c != " "] for line in lines]
    assert places[0][0] == 0 and places[-1][-1] == 19
    assert all(a[-1] <= b[0] + 1 for a, b in itertools.pairwise(places))


def test_a_curve_has_gaps_and_may_be_empty():
    (line,) = plot([Curve([1.0, 1.0, float("nan"), 1.0, 1.0], INK)], AXIS + 10, 1, INK)
    drawn = line.plain[AXIS:]
    assert drawn[0] != " " and drawn[-1] != " " and " " in drawn
    assert all(not line.plain.strip() for line in plot([Curve([], INK)], 20, 3, INK))
    (line,) = plot([Curve([0.5], INK)], 20, 1, INK)
    assert line.plain[AXIS] != " "


@pytest.mark.parametrize("width", [40, 63, 80, 200])
def test_the_view_tells_all_there_is_at_any_width(ready, width):
    screen, view, state, _ = watched(ready, Script({}), width)
    best = state.best_epoch
    final = text(view, width)
    lines = final.splitlines()
    assert max(len(line) for line in lines) <= width
    assert "my-amp" in lines[0] and "2.0 s of a guitar" in lines[-1]
    assert f"{shown(best.esr)} plain" in final
    assert "epoch 3 of 3" in final or width < 60
    if width >= 80:
        assert f"{shown(best.esr)} plain: {verdict(best.esr)}" in final
        assert f"{shown(best.esr_preemphasis)} pre-emphasised" in final
        assert "loss in training" in final
    assert "p pause" in screen and "stop, keep the best" in screen


def test_before_the_first_score_it_says_so(ready):
    held, settings = ready
    state = begin(settings)
    view = LiveView("my-amp", "a guitar", Standing(state, held, settings), threading.Event(), keys=Script({}))
    assert "The first score comes at the end of the first epoch" in text(view)


def test_a_pause_lasts_until_the_key_and_does_not_count(ready):
    screen, view, state, stop = watched(ready, Script({5: "p"}, waiting=["", "", "p"]))
    assert "PAUSED" in screen
    assert view.lost >= 0.6
    assert len(state.history) == 3 and not stop.is_set()
    assert "PAUSED" not in text(view)


def test_the_clock_stands_still_in_a_pause(ready):
    held, settings = ready
    state = begin(settings)
    view = LiveView(
        "my-amp", "", Standing(state, held, settings), threading.Event(),
        Console(file=io.StringIO(), width=80), Script({1: "p"}, waiting=["", "p"]),
    )  # fmt: skip
    before, began = view.clock(), time.monotonic()
    view.step(0.1, 0.5)
    assert time.monotonic() - began >= 0.4
    assert view.clock() - before < 0.2


@pytest.mark.parametrize("keys", [Script({40: "s"}), Script({40: "p"}, waiting=["s"])])
def test_the_stop_key_ends_it_with_the_best(ready, keys):
    _, view, state, stop = watched(ready, keys)
    assert stop.is_set()
    assert len(state.history) == 1 and state.best is not None
    assert "stopping" not in text(view)


def test_many_steps_are_few_points(ready):
    held, settings = ready
    view = LiveView("a", "b", Standing(begin(settings), held, settings), threading.Event(), keys=Script({}))
    for i in range(40_000):
        view._remember(1.0 if i < 20_000 else 3.0)
    assert 32 <= len(view.losses) <= 64
    assert view.losses[0] == 1.0 and view.losses[-1] == 3.0
    assert sum(view.losses) / len(view.losses) == pytest.approx(2.0, abs=0.1)


def test_time_left_is_honest(ready):
    held, settings = ready
    state = begin(replace(settings, epochs=None, minutes=10))
    standing = Standing(state, held, replace(settings, epochs=None, minutes=10))
    assert standing.left == "" and standing.epochs_a_minute is None
    state.step, state.seconds = loop.steps_per_epoch(held, settings) * 2, 60.0
    assert standing.left == "9:00 left"
    assert standing.epochs_a_minute == pytest.approx(2)
    resumed = Standing(state, held, replace(settings, epochs=10, target=0.01))
    assert resumed.left == ""
    state.step, state.seconds = state.step * 2, 180.0
    assert resumed.left == "at most 6:00 left"
    assert resumed.epoch == "1 of 10"


def test_plain_lines(ready):
    held, settings = ready
    state, stream = begin(settings), io.StringIO()
    lines = LogView(Standing(state, held, settings), stream)
    state.best_epoch = Epoch(1, 0.1, 0.008, 0.0123, 1.0, 0.005)
    lines.epoch(state.best_epoch)
    lines.epoch(Epoch(2, 0.05, 0.03, 0.04, 2.0, 0.005))
    assert stream.getvalue() == (
        "epoch 1/3  loss 0.10000  ESR 0.0080 plain: very close, 0.0123 pre-emphasised\n"
        "epoch 2/3  loss 0.05000  ESR 0.0300 plain: good, but different, 0.0400 pre-emphasised  best 0.0080 plain (epoch 1)\n"
    )


@pytest.mark.parametrize(("plain", "view"), [(True, LogView), (False, LiveView)])
def test_plain_lines_come_on_a_terminal_where_they_are_asked_for(ready, monkeypatch, plain, view):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    held, settings = ready
    run = SimpleNamespace(state=begin(settings), data=held, settings=settings, job=SimpleNamespace(name="a"), about="b")
    assert type(_watcher(run, threading.Event(), plain)) is view


def test_keys_come_one_by_one_and_the_terminal_is_put_back():
    ours, theirs = os.openpty()
    with open(theirs, closefd=False) as stream:
        before = termios.tcgetattr(theirs)
        with Keys(stream) as keys:
            assert keys.pressed() == ""
            os.write(ours, b"P")  # no Enter
            assert keys.pressed(wait=2) == "p"
            assert not termios.tcgetattr(theirs)[3] & (termios.ECHO | termios.ICANON)
        assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


def test_where_there_is_no_terminal_no_key_comes():
    with Keys(io.StringIO("ppp")) as keys:
        began = time.monotonic()
        assert keys.pressed() == "" and keys.pressed(wait=0.1) == ""
        assert time.monotonic() - began >= 0.1


def test_on_a_terminal_the_key_s_ends_it_and_the_model_is_there(tmp_path: Path, rng):
    dry = guitar(rng)
    for name, side in (("dry", dry), ("wet", amp(dry))):
        soundfile.write(tmp_path / f"{name}.wav", side, RATE, subtype="FLOAT")
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        leashed([sys.executable, "-m", "rig", "train", "dry.wav", "wet.wav", "-o", "amp.json", "--minutes", "5", "--json",
         "--channels", "4", "--depth", "4", "--segment", "0.05", "--no-report"]),
        cwd=tmp_path, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent), "TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    seen, pressed, end = "", False, time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([ours], [], [], 0.2)
        if ready:
            try:
                seen += os.read(ours, 65536).decode(errors="ignore")
            except OSError:  # the other end has closed
                break
        if not pressed and "best so far" in seen:
            os.write(ours, b"s")
            pressed = True
    out, _ = process.communicate(timeout=30)
    with contextlib.suppress(OSError):
        os.close(ours)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    assert process.returncode == 0, plain[-2000:]
    assert "stopped: the best epoch is kept" in plain
    assert json.loads(out)["esr"] == pytest.approx(load_model(tmp_path / "amp.json").metadata["esr"], abs=1e-6)
