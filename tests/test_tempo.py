"""A tempo that is said, set or tapped; and what of a stereo set the gig makes of its chains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from test_rebuild import RATE, gig_of

from rig.engine import Payload, registry
from rig.errors import RigError
from rig.gig.builder import Place
from rig.gig.midi_log import words
from rig.gig.render import render
from rig.gig.taps import Taps
from rig.tui.selection import find, lines

PRESET = """tempo = 90
[[amp]]
name = "Plain"
chain = [{ engine = "gain" }]
[[amp]]
name = "Echo"
chain = [{ engine = "delay", note = "1/8.", feedback = 0, mix = 1.0 }]
[output]
chain = [{ engine = "eq", bass = 3 }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set.toml").write_text(PRESET)
    return tmp_path


def echo(rack) -> int:
    """Frames from an impulse to its echo."""
    x = np.zeros(2 * RATE, np.float32)
    x[0] = 1.0
    left, right, _ = rack.process(x)
    assert np.array_equal(left, right)
    return int(np.argmax(np.abs(left)))


def eighths(bpm: float) -> int:
    return pytest.approx(0.75 * 60 / bpm * RATE, abs=2)


def test_taps_are_a_tempo_from_the_second_on():
    taps = Taps()
    assert taps.tap(10.0) is None
    assert taps.tap(10.5) == 120
    assert [taps.tap(10.5 + 0.6 * n) for n in range(1, 8)][-1] == 100, "the latest count"
    assert taps.tap(30.0) is None, "after a pause one begins anew"
    assert taps.tap(30.001) == 300


def test_a_note_is_as_long_as_the_presets_tempo_says(folder):
    gig, rack = gig_of(folder)
    gig.do("amp Echo")
    rack.process(np.zeros(RATE, np.float32))
    assert echo(rack) == eighths(90)


def test_a_tempo_is_set_undone_saved_and_refused(folder):
    gig, rack = gig_of(folder)
    gig.do("amp Echo")
    gig.do("tempo 140")
    rack.process(np.zeros(RATE, np.float32))
    assert echo(rack) == eighths(140)
    assert gig.unsaved
    gig.do("undo")
    rack.process(np.zeros(RATE, np.float32))
    assert echo(rack) == eighths(90)
    gig.do("tempo 1000")
    assert gig.preset.tempo == 300
    gig.do("tempo 75.5")
    gig.do("save")
    assert (folder / "set.toml").read_text() == PRESET.replace("90", "75.5")
    with pytest.raises(RigError, match="tempo"):
        gig.do("tempo fast")


def test_tapping_sets_it_in_one_step_of_undo(folder, monkeypatch):
    gig, _ = gig_of(folder)
    for now in (1.0, 1.4, 1.8):
        monkeypatch.setattr("rig.gig.verbs.time.monotonic", lambda now=now: now)
        gig.do("tap")
    assert gig.preset.tempo == 150
    gig.do("undo")
    assert gig.preset.tempo == 90


def test_of_a_delay_the_knob_that_says_how_long_comes_first(folder):
    gig, _ = gig_of(folder)
    gig.do("amp Echo")
    rows = lines(gig.chain())
    assert rows[find(rows, None)].path == "Echo.delay.note", "while it says something `time` says nothing"
    assert "while note is off" in next(row.help for line in rows if (row := line.row).name == "time")


def test_an_output_chain_is_stereo_where_an_amp_is(folder):
    gig, rack = gig_of(folder)
    uid = gig.preset.uid
    assert gig.reconciler.chain(Place("output", uid))[1].channels_in == 2
    gig.do("remove Echo.delay")
    gig.finish()
    assert gig.reconciler.chain(Place("output", uid))[1].channels_in == 1
    gig.do("insert Plain delay")
    gig.finish()
    assert gig.reconciler.chain(Place("output", uid))[1].channels_in == 2
    rack.process(np.zeros(RATE, np.float32))


def test_files_may_decide_how_many_channels_an_engine_makes(folder, monkeypatch):
    sides = {"now": 1}
    made = replace(
        registry()["gain"],
        load=lambda files, settings, rate: Payload(channels=sides["now"]),
        channels_with=lambda files, settings: sides["now"],
    )
    monkeypatch.setitem(registry(), "gain", made)
    (folder / "set.toml").write_text(
        '[[amp]]\nname = "A"\nchain = [{ engine = "gain" }]\n[output]\nchain = [{ engine = "eq" }]'
    )
    for now in (1, 2):
        sides["now"] = now
        gig, _ = gig_of(folder)
        chains = [gig.reconciler.chain(Place(*at))[1] for at in (("amp", gig.playing), ("output", gig.preset.uid))]
        assert [(chain.channels_in, chain.channels) for chain in chains] == [(1, now), (now, now)]


def test_panic_is_a_verb(folder):
    gig, rack = gig_of(folder)
    gig.do("amp Echo")
    rack.process(np.full(RATE, 0.5, np.float32))
    gig.do("panic")
    left, _, _ = rack.process(np.zeros(RATE, np.float32))
    assert np.abs(left[:64]).max() > 0.1 and not left[RATE // 100 :].any()


def test_what_is_stereo_is_rendered_in_stereo(folder, rng):
    (folder / "set.toml").write_text(PRESET.replace("mix = 1.0", "mix = 0.5, pingpong = 'on'"))
    soundfile.write(folder / "in.wav", rng.normal(0, 0.1, RATE), RATE)
    for amp, channels in (("Plain", 2), ("Echo", 2)):  # its output chain is for both
        render(folder / "set.toml", folder / "in.wav", folder / f"{amp}.wav", amp=amp)
        out, _ = soundfile.read(folder / f"{amp}.wav", always_2d=True)
        assert out.shape[1] == channels
        assert np.array_equal(out[:, 0], out[:, 1]) == (amp == "Plain")
    (folder / "set.toml").write_text(
        PRESET.replace('engine = "delay", note = "1/8.", feedback = 0, mix = 1.0', 'engine = "gain"')
    )
    render(folder / "set.toml", folder / "in.wav", folder / "mono.wav")
    assert soundfile.info(folder / "mono.wav").channels == 1


# --- whom it follows, and the metronome ---------------------------------------------------------------------------


def played(rack, frames: int, ticks: np.ndarray) -> np.ndarray:
    """What is heard while a MIDI clock ticks at those frames."""
    found = []
    for at in range(0, frames, 64):
        for tick in ticks[(ticks >= at) & (ticks < at + 64)]:
            rack.hear_midi(int(tick) - at, b"\xf8")
        found.append(rack.process(np.zeros(64, np.float32), 64)[0])
    return np.concatenate(found)


def test_a_preset_follows_a_midi_clock_and_says_so(folder):
    (folder / "set.toml").write_text('follow = "midi"\n' + PRESET)
    gig, rack = gig_of(folder)
    gig.do("amp Echo")
    assert (gig.status().tempo, gig.status().lead) == (90, "")
    played(rack, RATE, np.arange(0, RATE, RATE * 60 / 144 / 24))
    status = gig.status()
    assert (status.follow, status.lead, status.tempo) == ("midi", "heard", 144)
    assert echo(rack) == eighths(144)
    status = gig.status()
    assert (status.lead, status.tempo) == ("lost", 144), "the last tempo holds"
    assert [(news.message, news.wrong) for news in gig.news()] == [
        ("the MIDI clock is heard: 144 bpm", False),
        ("the MIDI clock has gone: on with its tempo, 144", True),
    ]
    gig.do("follow off")
    rack.process(np.zeros(RATE, np.float32))
    assert echo(rack) == eighths(90)
    assert gig.status().tempo == 90
    gig.do("save")
    assert (folder / "set.toml").read_text() == PRESET
    gig.do("follow")
    gig.do("follow")
    gig.do("save")
    assert (folder / "set.toml").read_text().replace('follow = "jack"\n', "") == PRESET
    with pytest.raises(RigError, match="follow: 'ableton' is none of off, midi, jack"):
        gig.do("follow ableton")


def test_what_comes_in_over_midi_is_told_in_words(folder):
    gig, rack = gig_of(folder)
    for data in (b"\xc0\x05", b"\xf8", b"\xb1\x0b\x40", b"\xfe"):
        rack.hear_midi(3, data)
    rack.process(np.zeros(64, np.float32), 64)
    assert gig.status().midi == "cc 11 64, channel 2"
    assert [words(event.data) for event in gig.pedals.log.events] == ["program 5, channel 1", "cc 11 64, channel 2"]
    assert words(b"\xe0\x00\x50") == "pitch wheel +2048, channel 1"
    assert words(b"\x90\x24\x7f") == "note 36 127, channel 1"
    assert words(b"\xfa") == "start"
    assert words(b"\xf6") == words(b"\xf6") == "f6"
    assert words(b"\x90\x24") == "90 24", "cut off"


def test_a_metronome_is_switched_set_saved_and_undone(folder):
    gig, rack = gig_of(folder)
    gig.do("metronome")
    assert gig.status().metronome and gig.status().message == "metronome on"
    loud = np.abs(rack.process(np.zeros(RATE, np.float32))[0]).max()
    gig.do("metronome level -18")
    gig.do("next")
    quiet = np.abs(rack.process(np.zeros(2 * RATE, np.float32))[0][RATE:]).max()
    assert 20 * np.log10(loud / quiet) == pytest.approx(6, abs=1)
    gig.do("metronome beats 3")
    gig.do("metronome to click")
    rack.process(np.zeros(RATE // 10, np.float32))
    assert not rack.process(np.zeros(RATE, np.float32))[0].any(), "only in the port of its own"
    gig.do("save")
    assert '[metronome]\nbeats = 3\nlevel = -18\nto = "click"\n' in (folder / "set.toml").read_text()
    for _ in range(3):
        gig.do("undo")
    gig.do("save")
    assert "metronome" not in (folder / "set.toml").read_text()
    assert gig.status().metronome, "whether it clicks is no part of a preset"
    gig.do("metronome beats 200")
    assert gig.preset.metronome.beats == 16
    for wrong in ("metronome loudly", "metronome beats", "metronome to me", "metronome level x"):
        with pytest.raises(RigError, match=r"metronome|level"):
            gig.do(wrong)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('follow = "ableton"\n', 'follow = "ableton" must be "midi" or "jack"'),
        ("[metronome]\nbeats = 17\n", "metronome: beats = 17 is out of range: 0 to 16"),
        ("[metronome]\nbeats = 3.5\n", "metronome: beats = 3.5 must be a whole number"),
        ('[metronome]\nto = "ear"\n', 'metronome: to = "ear" must be "out" or "click"'),
        ("[metronome]\nloud = 3\n", "metronome: unknown key 'loud'; known: beats, level, to"),
    ],
)
def test_what_a_preset_says_wrong_of_them(folder, text, expected):
    (folder / "set.toml").write_text(text + PRESET if "[" not in text else PRESET + text)
    with pytest.raises(RigError) as error:
        gig_of(folder)
    assert str(error.value).endswith(expected)
