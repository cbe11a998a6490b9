"""Every verb that a foot may do, done by foot in a set of songs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_document import do, files
from test_pedals import RATE, cc
from test_rebuild import Client

from rig.document.document import FOOT_VERBS
from rig.document.set_file import open_sources
from rig.gig.gig import Gig
from rig.gig.kept import Room
from rig.gig.reconciler import Reconciler
from rig.native import Rack

PRESET = """\
name = "{name}"
tempo = 100
[[amp]]
name = "Clean"
chain = [{{ engine = "gain", gain = 0 }}]
[[amp.scene]]
name = "Solo"
set = {{ gain.gain = 6 }}
[[amp]]
name = "Lead"
chain = [{{ engine = "gain", gain = -6 }}]
[midi]
cc = {{ {pedals} }}
"""
SET = """\
[[song]]
name = "One"
preset = "one.toml"
parts = ["Clean", "Lead", "Clean:Solo"]
[[song]]
name = "Two"
preset = "two.toml"
"""


class Calls(Client):
    """JACK, as far as a verb asks for it."""

    asked = 0

    def connect(self, *_: object, **__: object) -> list[str]:
        self.asked += 1
        return []


def playing(gig: Gig) -> tuple[str, str, str, int]:
    song = gig.set_list.view()
    assert song
    return song.name, gig.amp.name, gig.amp.scene, song.part


def loop(gig: Gig) -> str:
    return gig.looping.view().state


DONE: list[tuple[str, tuple[str, ...], Callable[[Gig], object], object]] = [
    ("amp Lead", (), playing, ("One", "Lead", "", 2)),
    ("amp Clean:Solo", ("amp Lead",), playing, ("One", "Clean", "Solo", 3)),
    ("next", (), playing, ("One", "Lead", "", 2)),
    ("prev", (), playing, ("One", "Lead", "", 2)),
    ("scene Solo", (), playing, ("One", "Clean", "Solo", 3)),
    ("scene 1", (), playing, ("One", "Clean", "Solo", 3)),
    ("scene 1", ("scene Solo",), playing, ("One", "Clean", "", 1)),
    ("scene none", ("scene Solo",), playing, ("One", "Clean", "", 1)),
    ("part next", (), playing, ("One", "Lead", "", 2)),
    ("part prev", ("part 3",), playing, ("One", "Lead", "", 2)),
    ("part 3", (), playing, ("One", "Clean", "Solo", 3)),
    ("song next", (), playing, ("Two", "Clean", "", 1)),
    ("song prev", ("song Two",), playing, ("One", "Clean", "", 1)),
    ("song 2", (), playing, ("Two", "Clean", "", 1)),
    ("song Two", (), playing, ("Two", "Clean", "", 1)),
    ("morph Clean to Clean:Solo", (), lambda gig: gig.status().between, "Clean to Solo, 100 %"),
    ("mute", (), lambda gig: gig.muted, True),
    ("mute", ("mute",), lambda gig: gig.muted, False),
    ("mute off", ("mute",), lambda gig: gig.open, True),
    ("tuner", (), lambda gig: (gig.tuning, gig.open), (True, False)),
    ("tuner heard", (), lambda gig: (gig.tuning, gig.open), (True, True)),
    ("bypass", (), lambda gig: gig.bypassed, True),
    ("bypass off", ("bypass",), lambda gig: gig.bypassed, False),
    ("boost", (), lambda gig: gig.boost_db, 3.0),
    ("boost 5", (), lambda gig: gig.boost_db, 5.0),
    ("panic", (), lambda gig: gig.message, "silenced; all begins anew"),
    ("tap", (), lambda gig: gig.message, "tap again, in time"),
    ("tempo 92", (), lambda gig: gig.tempo, 92.0),
    ("tuning drop D", (), lambda gig: gig.preset.tuning, "drop D"),
    ("level -3", (), lambda gig: gig.document.level, -3.0),
    ("follow midi", (), lambda gig: gig.preset.follow, "midi"),
    ("metronome", (), lambda gig: gig.time.clicks, True),
    ("undo", ("set Clean.gain.gain 3",), lambda gig: gig.unsaved, False),
    ("redo", ("set Clean.gain.gain 3", "undo"), lambda gig: gig.unsaved, True),
    ("ab", ("set Clean.gain.gain 3",), lambda gig: gig.history.comparing, True),
    ("connect", (), lambda gig: gig.client.asked, 1),
    ("loop", ("loop beats off",), loop, "recording"),
    ("loop", ("loop beats off", "loop", "WAIT", "loop", "WAIT"), loop, "overdubbing"),
    ("loop stop", ("loop beats off", "loop", "WAIT", "loop", "WAIT"), loop, "stopped"),
    ("loop half", ("loop beats off", "loop", "WAIT", "loop", "WAIT"), lambda gig: gig.looping.view().half, True),
    ("loop undo", ("loop beats off", "loop", "WAIT"), loop, "empty"),
    ("loop redo", ("loop", "WAIT"), lambda gig: gig.message, "recording a loop"),
    ("loop clear", ("loop beats off", "loop", "WAIT", "loop", "WAIT"), loop, "empty"),
    ("loop beats off", (), lambda gig: gig.looping.beats, False),
    ("keep", (), lambda gig: "nothing is kept" in gig.news()[0].message, True),
]
"""What a pedal is bound to, what was done before it is pressed, what is looked at then, and how it is."""


def opened(folder: Path, words: str) -> Gig:
    files(folder)
    for name in ("one", "two"):
        (folder / f"{name}.toml").write_text(PRESET.format(name=name, pedals=f'80 = "{words}"'))
    (folder / "set.toml").write_text(SET)
    sources = open_sources([folder / "set.toml"])
    rack = Rack(RATE)
    reconciler = Reconciler(rack)
    first = sources.document.amps[0].uid
    reconciler.load(sources.document, first)
    room = Room(0.0, 0.05)
    room.take(rack)
    rack.begin(open=True)
    gig = Gig(sources.files, reconciler, Calls(), first, room=room, songs=sources.songs, set_file=sources.set_file)  # type: ignore[arg-type]
    gig.set_list.begin()
    return gig


def test_the_list_has_every_verb_for_feet():
    assert {words.partition(" ")[0] for words, *_ in DONE} == set(FOOT_VERBS)


@pytest.mark.parametrize("words, before, look, expected", DONE, ids=[f"{d[0]} after {len(d[1])}" for d in DONE])
def test_a_foot_does_it(tmp_path, words, before, look, expected):
    gig = opened(tmp_path, words)
    rack = gig.reconciler.rack
    for verb in before:
        if verb != "WAIT":
            do(gig, verb)
        rack.process(np.zeros(RATE // 4, np.float32), 256)
        gig.status()
    rack.hear_midi(3, cc(80, 127))
    rack.hear_midi(60, cc(80, 0) if not words.startswith("morph") else cc(80, 127))
    rack.process(np.zeros(RATE // 10, np.float32), 256)
    gig.install()
    gig.settle()
    rack.process(np.zeros(RATE // 10, np.float32), 256)
    gig.install()
    assert look(gig) == expected
