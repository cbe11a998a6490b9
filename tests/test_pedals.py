"""What MIDI is bound to: frame by frame in the rack, and in the document that follows it."""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np
import pytest
from test_document import BLUES, do, files, gig_of, knobs

from rig.document.document import ALL, FOOT_VERBS, Binding, Midi, Pick, Target, Wiring
from rig.document.knobs import called
from rig.document.read import examine, read_preset
from rig.document.read_midi import read_midi
from rig.engine import registry
from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.verbs import VERBS
from rig.native import NOTES, WHEEL, Bank, Bindings, Bound, Chain, Rack, Unit

RATE = 48_000
PERIODS = (16, 32, 64, 128, 256, 1024)


def gain(db: float) -> Chain:
    return Chain([Unit(registry()["gain"], params={"gain": db}, label="gain")], RATE)


def rack_with(*dbs: float) -> tuple[Rack, list[Chain]]:
    rack, chains = Rack(RATE), [gain(db) for db in dbs]
    rack.limit(False)
    for slot, chain in enumerate(chains):
        rack.offer("amp", slot, chain)
    rack.begin(open=True)
    return rack, chains


def evenly(low: float, high: float) -> tuple[float, ...]:
    return tuple(low + (high - low) * i / 127 for i in range(128))


def played(rack: Rack, events: list[tuple[int, bytes]], period: int, frames: int = 4096) -> np.ndarray:
    """Ones through the rack, with MIDI at its frames."""
    out = []
    for at in range(0, frames, period):
        for frame, data in events:
            if at <= frame < at + period:
                rack.hear_midi(frame - at, data)
        out.append(rack.process(np.ones(period, np.float32), period)[0])
    return np.concatenate(out)


def numbered(bound: Bound, number: int) -> dict[tuple[int, int], list[Bound]]:
    return {(channel, number): [bound] for channel in range(16)}


# --- frames -------------------------------------------------------------------------------------------------------


def test_a_knob_is_turned_at_the_events_frame_bit_for_bit_at_every_period():
    events = [(k, bytes([0xB0, 11, v])) for k, v in ((5, 127), (7, 3), (1003, 64), (1040, 70), (1051, 127), (2047, 0))]
    heard = []
    for period in PERIODS:
        rack, (chain,) = rack_with(0.0)
        rack.bind(Bindings(numbered(Bound("knob", chain, values=evenly(-20, 20)), 11), (), 0))
        heard.append(played(rack, events, period))
    for out in heard[1:]:
        assert np.array_equal(out, heard[0])
    assert np.array_equal(heard[0][:5], np.ones(5)), "nothing before its frame"
    assert heard[0][5] != 1.0, "and something in it"
    assert heard[0][1002] != heard[0][1003]
    assert heard[0][-1] == pytest.approx(0.1)
    assert np.abs(np.diff(heard[0])).max() < 0.8, "64 frames from one place to another, here by 40 dB"


@pytest.mark.parametrize("data", [b"\xb0\x0b\xff", b"\xb0\x8b\x00", b"\xe0\x00\xff", b"\x0b\x00\x00", b"\xc0\x80"])
def test_bytes_that_are_no_midi_do_nothing(data):
    rack, (chain,) = rack_with(0.0)
    bound = Bound("knob", chain, values=evenly(-20, 20))
    rack.bind(Bindings({(0, 11): [bound], (0, WHEEL): [bound]}, [Bank({0: 0})], 0))
    assert np.array_equal(played(rack, [(5, data)], 64, 256), np.ones(256))
    assert rack.midi() == []


@pytest.mark.parametrize("frame", [0, 1, 63, 64, 777, 1500])
def test_an_amp_is_picked_at_the_programs_frame_at_every_period(frame):
    heard = []
    for period in PERIODS:
        rack, _ = rack_with(0.0, -20.0)
        rack.bind(Bindings({}, [Bank({7: 1})], 0))
        heard.append(played(rack, [(frame, b"\xc0\x07")], period))
        assert rack.meters().playing == 1
    for out in heard[1:]:
        assert np.array_equal(out, heard[0])
    assert np.array_equal(heard[0][:frame], np.ones(frame))
    assert heard[0][frame] != 1.0


def test_a_switch_of_an_engine_and_a_level_keep_to_their_frames():
    events = [(100, b"\xb0\x40\x7f"), (130, b"\xb0\x40\x00"), (1000, b"\x90\x24\x40"), (1777, b"\xe0\x00\x00")]
    heard = []
    for period in PERIODS:
        rack, (chain,) = rack_with(6.0)
        things = numbered(Bound("switch", chain, values=(0.0,) * 128), 64)
        things |= numbered(Bound("switch", chain, values=(0.0,) * 128), NOTES + 36)
        things |= numbered(Bound("level", chain, values=evenly(-40, 0)), WHEEL)
        rack.bind(Bindings(things, (), 0))
        heard.append(played(rack, events, period))
        values = [event.value for event in rack.midi()]
        assert values == [0, 0, 1, -40], "one press turns it over once; the next one from where it stands"
    for out in heard[1:]:
        assert np.array_equal(out, heard[0])
    loud = heard[0][0]
    assert (heard[0][:100] == loud).all() and heard[0][100] < loud
    assert heard[0][900] == 1.0 and heard[0][1000] > 1.0
    assert heard[0][-1] == pytest.approx(loud / 100, rel=1e-5)


# --- presses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent, presses",
    [
        ((127, 0, 127, 0), 2),  # a momentary pedal
        ((127, 127, 127), 3),  # one that only says that it was pressed
        ((10, 40, 63, 64, 80, 127, 90, 64, 30, 100), 2),  # a treadle, past the middle
        ((0, 0), 0),
    ],
)
def test_what_a_press_is(sent, presses):
    rack, _ = rack_with(0.0)
    rack.bind(Bindings(numbered(Bound("verb"), 80), (), 0))
    played(rack, [(10 * i, bytes([0xB3, 80, v])) for i, v in enumerate(sent)], 256)
    assert sum(event.value == 1.0 for event in rack.midi()) == presses


@pytest.mark.parametrize("relative, up, down", [("twos", 1, 127), ("offset", 65, 63), ("sign", 1, 65)])
def test_a_knob_without_ends_goes_on_from_where_it_stands(relative, up, down):
    rack, (chain,) = rack_with(0.0)
    rack.bind(Bindings(numbered(Bound("knob", chain, values=evenly(-12.7, 12.7), relative=relative), 1), (), 0))
    for ticks, expected in (((up,) * 10, 2.0), ((down,) * 5, 1.0), ((down,) * 200, -12.7), ((up,), -12.5)):
        played(rack, [(i, bytes([0xB0, 1, tick])) for i, tick in enumerate(ticks)], 1024)
        assert rack.midi()[-1].value == pytest.approx(expected, abs=1e-4)


def test_the_pitch_wheel_is_finer_than_a_pedal():
    rack, (chain,) = rack_with(0.0)
    rack.bind(Bindings(numbered(Bound("knob", chain, values=evenly(-1, 1)), WHEEL), (), 0))
    sent = [0, 1, 8191, 8192, 16383]
    played(rack, [(i, bytes([0xE0, v % 128, v // 128])) for i, v in enumerate(sent)], 64)
    assert [e.value for e in rack.midi()] == pytest.approx([2 * v / 16383 - 1 for v in sent], abs=1e-6)


# --- the table ----------------------------------------------------------------------------------------------------


def test_a_table_is_kept_with_its_chains_until_c_gives_it_back():
    rack, _ = rack_with(0.0)
    chain = gain(0.0)
    alive = weakref.ref(chain)
    rack.bind(Bindings(numbered(Bound("knob", chain, values=evenly(0, 1)), 1), (), 0))
    del chain
    played(rack, [(0, b"\xb0\x01\x7f")], 64, 64)
    assert alive() is not None
    rack.bind(Bindings({}, (), 0))
    (event,) = rack.midi()
    assert rack.bindings(event.table), "an event tells of the table that it met"
    played(rack, [], 64, 64)
    rack.midi()
    rack.midi()
    assert rack.bindings(event.table) is None
    assert alive() is None


def test_a_bank_picks_whose_programs_count():
    rack, _ = rack_with(0.0, 1.0, 2.0)
    rack.bind(Bindings({}, [Bank({0: 0}), Bank({0: 1}), Bank({0: 2}, frozenset({4}))], 0))
    for sent, expected in (
        ((b"\xb0\x20\x01", b"\xc0\x00"), 1),  # by the fine number
        ((b"\xc1\x00",), 0),  # each channel has its own
        ((b"\xb1\x00\x01", b"\xc1\x00"), 1),  # by the coarse one alone
        ((b"\xb0\x20\x02", b"\xc0\x00"), 1),  # which hears another channel
        ((b"\xb4\x20\x02", b"\xc4\x00"), 2),
        ((b"\xb4\x20\x63", b"\xc4\x00"), 2),  # there is none
    ):
        played(rack, [(0, data) for data in sent], 1024, 2048)
        assert rack.meters().playing == expected, sent


# --- in a gig -----------------------------------------------------------------------------------------------------


MIDI = """
[midi]
channel = 3
program = { 0 = "Clean", 1 = "Clean:Solo", 5 = "Lead" }
note = { 36 = "mute", 37 = { to = "bypass", hold = true } }
wheel = { to = "level", from = -20, upto = 0 }

[midi.cc]
11 = { to = "Clean.gain.gain", from = 0, upto = 12, curve = "log" }
12 = { to = "Lead.level", invert = true }
13 = "Clean.level"
14 = "Clean.gain.on"
15 = "amp Clean:Solo"
16 = "tap"
17 = { to = "Lead.gain.gain", relative = "twos" }
18 = "next"
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    files(tmp_path)
    (tmp_path / "blues.toml").write_text(BLUES[: BLUES.index("[midi]")] + MIDI)
    return tmp_path


def send(gig: Gig, *events: bytes, channel: int = 3) -> None:
    """All in one period, and half a second goes by."""
    rack = gig.reconciler.rack
    for at, data in enumerate(events):
        rack.hear_midi(at, bytes([data[0] | channel - 1, *data[1:]]))
    rack.process(np.zeros(RATE // 2, np.float32), 256)
    gig.install()
    gig.settle()


def cc(number: int, value: int) -> bytes:
    return bytes([0xB0, number, value])


def test_what_a_preset_says_of_pedals(folder):
    preset = read_preset(folder / "blues.toml")
    clean, lead = preset.amps
    assert preset.midi.channel == 3
    assert preset.midi.cc[11] == Binding(Target(clean.chain[0].uid, "gain"), 0.0, 12.0, "log")
    assert preset.midi.cc[12] == Binding(Target(lead.uid, "level"), invert=True)
    assert preset.midi.cc[15] == Binding(Pick(clean.uid, "Solo"))
    assert preset.midi.note[37] == Binding("bypass", hold=True)
    assert preset.midi.wheel == Binding(Target(ALL, "level"), -20.0, 0.0)


@pytest.mark.parametrize(
    "table, said",
    [
        ("cc = { 1 = 'tup' }", "or a verb: ab,"),
        ("cc = { 1 = 'save' }", 'must be "Amp.engine.param"'),
        ("cc = { 1 = 'amp Cleen' }", "cc 1: no amp 'Cleen'; did you mean 'Clean'?"),
        ("cc = { 1 = {} }", "cc 1: to is missing"),
        ("cc = { 1 = { to = 'tap', upto = 3 } }", "cc 1: upto is for a knob that turns"),
        ("cc = { 1 = { to = 'level', upto = 99 } }", "cc 1: upto = 99 is not within -60..20"),
        ("cc = { 1 = { to = 'level', curve = 'steep' } }", 'curve = "steep" is none of linear, log, antilog'),
        ("cc = { 1 = { to = 'level', till = 0 } }", "cc 1: unknown key 'till'"),
        ("cc = { 1 = { to = 'tuner', hold = 1 } }", "cc 1: hold = 1 is neither true nor false"),
        ("cc = { 1 = { to = 3 } }", "cc 1: it must be a text in quotes, not a number"),
        ("wheel = 3", "wheel: it must be a text in quotes"),
        ("channel = 17", "channel = 17 is none of 1 to 16"),
    ],
)
def test_faults_of_pedals(folder, table, said):
    (folder / "blues.toml").write_text(BLUES[: BLUES.index("[midi]")] + f"[midi]\n{table}\n")
    (fault,) = examine(folder / "blues.toml")[1]
    assert said in fault


def test_the_document_follows_what_midi_turns_in_one_step_of_undo(folder):
    gig = gig_of(folder)
    send(gig, cc(11, 0), cc(11, 64), cc(11, 127), cc(12, 127))
    assert knobs(gig)["Clean.gain.gain"] == 12.0
    assert gig.document.amps[1].level == -60.0
    assert gig.unsaved
    standing = gig.reconciler.path(gig.preset.uid, gig.playing)[1]
    assert standing[2].knobs(0)["gain"] == 12.0
    do(gig, "undo")
    assert not gig.unsaved
    assert gig.reconciler.path(gig.preset.uid, gig.playing)[1][2].knobs(0)["gain"] == knobs(gig)["Clean.gain.gain"]
    do(gig, "redo", "save")
    again = read_preset(folder / "blues.toml")
    assert again.amps[0].chain[0].params["gain"] == 12.0 and again.amps[1].level == -60.0
    assert again.midi.cc[11].curve == "log"


def test_a_pedal_that_is_still_moved_is_not_turned_back_by_what_we_read_of_it_before(folder):
    noise = np.random.default_rng(1).normal(0, 1e-3, RATE).astype(np.float32)
    gig = gig_of(folder)
    rack = gig.reconciler.rack
    rack.limit(False)
    rack.hear_midi(0, bytes([0xB2, 11, 64]))
    rack.hear_midi(0, bytes([0xB2, 13, 64]))
    rack.process(np.zeros(256, np.float32))
    late, rack.midi = rack.midi(), lambda: late  # they have been read, and now it is moved on
    rack.hear_midi(0, bytes([0xB2, 11, 127]))
    rack.hear_midi(0, bytes([0xB2, 13, 127]))
    rack.process(np.zeros(256, np.float32))
    gig.pedals.look()
    del rack.midi
    heard = [rack.process(noise)[0]]
    gig.pedals.look()
    heard.append(rack.process(noise)[0])
    straight = gig_of(folder)
    straight.reconciler.rack.limit(False)
    do(straight, "set Clean.level 24", "set Clean.gain.gain 12")
    expected = straight.reconciler.rack.process(noise)[0]
    for out in heard:
        np.testing.assert_allclose(out[-1000:], expected[-1000:], rtol=1e-3, atol=1e-6)
    assert gig.amp.level == 24.0 and knobs(gig)["Clean.gain.gain"] == 12.0


def test_programs_pick_amps_and_scenes_of_the_channel(folder):
    gig = gig_of(folder)
    send(gig, b"\xc0\x05", channel=4)
    assert gig.amp.name == "Clean"
    send(gig, b"\xc0\x05")
    assert gig.amp.name == "Lead"
    assert gig.reconciler.rack.meters().playing == gig.reconciler.slot(gig.sounding.path()[1][0])
    send(gig, b"\xc0\x01")
    assert (gig.amp.name, gig.amp.scene) == ("Clean", "Solo")
    do(gig, "amp Lead")
    send(gig, cc(15, 127), cc(15, 0))
    assert (gig.amp.name, gig.amp.scene) == ("Clean", "Solo")


def test_an_edit_does_not_take_an_amp_back_that_midi_has_just_picked(folder):
    gig = gig_of(folder)
    rack = gig.reconciler.rack
    rack.hear_midi(0, b"\xc2\x05")
    rack.process(np.zeros(4096, np.float32))
    gig.reconcile()  # nobody has read the event yet
    rack.process(np.zeros(4096, np.float32))
    gig.install()
    assert gig.amp.name == "Lead"


def test_feet_do_verbs(folder):
    gig = gig_of(folder)
    send(gig, b"\x90\x24\x40", b"\x80\x24\x00")
    assert gig.muted
    do(gig, "mute off", "mute on")
    send(gig, b"\x90\x24\x40", b"\x80\x24\x00")
    assert not gig.muted, "from the state that is"
    send(gig, b"\x90\x25\x40")
    assert gig.bypassed
    send(gig, b"\x80\x25\x00")
    assert not gig.bypassed, "as long as it is held"
    send(gig, cc(14, 127), cc(14, 0))
    assert not gig.amp.chain[0].on
    do(gig, "toggle Clean.gain")
    send(gig, cc(14, 127), cc(14, 0))
    assert not gig.amp.chain[0].on
    send(gig, b"\xe0\x00\x00")
    assert gig.document.level == -20.0
    send(gig, cc(18, 127), cc(18, 0), cc(18, 127))
    assert gig.amp.name == "Clean"


def test_taps_are_as_far_apart_as_they_came_in(folder, monkeypatch):
    gig = gig_of(folder)
    rack = gig.reconciler.rack
    monkeypatch.setattr("rig.gig.pedals.time.monotonic", lambda: 1000.0)
    for _ in range(3):
        rack.hear_midi(7, bytes([0xB2, 16, 127]))
        rack.process(np.zeros(RATE * 60 // 133, np.float32), 64)
    gig.install()
    assert gig.preset.tempo == 133


def test_a_preset_that_names_no_programs_counts_its_amps(folder):
    (folder / "blues.toml").write_text(BLUES[: BLUES.index("[midi]")])
    gig = gig_of(folder)
    send(gig, b"\xc0\x01", channel=9)
    assert gig.amp.name == "Lead"


def test_bindings_follow_a_chain_that_is_built_anew(folder):
    gig = gig_of(folder)
    do(gig, "insert Lead.gain gain", "amp Lead")
    send(gig, cc(17, 3))
    assert knobs(gig)["Lead.gain.gain"] > 0
    assert knobs(gig)["Lead.gain3.gain"] == 0


def test_the_players_own_pedals_are_there_in_every_preset(folder):
    gig = gig_of(folder)
    own = folder / "midi.toml"
    own.write_text('cc = { 11 = "tuner", 99 = "Clean.gain.gain" }\nnote = { 40 = { to = "level", upto = 0 } }\n')
    gig.pedals.read_own(own)
    assert [news.message for news in gig.news()] == [f"{own}: midi: cc 99: no amp 'Clean'"]
    send(gig, cc(11, 127), channel=9)
    assert gig.tuning
    send(gig, b"\x90\x28\x7f")
    assert gig.document.level == 0.0
    assert read_midi(folder / "nothing.toml") == (Midi(), Wiring(), ())


def test_a_verb_that_fails_is_told_and_ends_nothing(folder):
    (folder / "blues.toml").write_text(BLUES[: BLUES.index("[midi]")] + "[midi]\ncc = { 1 = 'scene Nowhere' }\n")
    gig = gig_of(folder)
    send(gig, cc(1, 127))
    (news,) = gig.news()
    assert news.wrong and news.message.startswith("MIDI: Clean has no scene 'Nowhere'")
    with pytest.raises(RigError):
        gig.do("scene Nowhere")


def test_a_pedal_is_learnt_by_moving_it(folder):
    gig = gig_of(folder)
    do(gig, "learn Clean.tone.bass")
    assert gig.status().message == "move the pedal that is to do Clean.tone.bass; 'learn off' for none"
    send(gig, b"\xc0\x00", cc(0, 1), cc(99, 3), channel=5)
    assert gig.news() == (), "a program, a bank, and another channel are none"
    send(gig, cc(16, 127))
    assert [news.message for news in gig.news()] == ["cc 16 does Clean.tone.bass from now on, and no more tap"]
    send(gig, cc(16, 127))
    assert knobs(gig)["Clean.tone.bass"] == registry()["eq"].param("bass").maximum
    do(gig, "learn Clean.tone.bass")
    assert "; cc 16 does it already" in gig.status().message
    do(gig, "learn off")
    send(gig, cc(98, 3))
    assert 98 not in gig.preset.midi.cc
    do(gig, "learn loop stop")
    send(gig, cc(97, 0))
    assert 97 not in gig.preset.midi.cc, "it was let go"
    send(gig, cc(97, 127))
    do(gig, "save")
    again = read_preset(folder / "blues.toml")
    assert again.midi.cc[97] == Binding("loop stop")
    assert again.midi.cc[16].to == Target(called(again.amps[0].chain, "tone").uid, "bass")


def test_what_has_gone_meanwhile_is_not_learnt(folder):
    gig = gig_of(folder)
    do(gig, "learn Clean.tone.bass", "remove Clean.tone")
    before = gig.document
    send(gig, cc(99, 127))
    assert [news.message for news in gig.news()] == ["cc 99 learns nothing: what it was to do is not in Blues"]
    assert gig.document is before and gig.pedals.learning is None


def test_a_pedal_of_the_players_own_is_not_learnt(folder):
    gig = gig_of(folder)
    (folder / "midi.toml").write_text('cc = { 99 = "tuner" }\n')
    gig.pedals.read_own(folder / "midi.toml")
    do(gig, "learn mute")
    send(gig, cc(99, 127))
    assert [news.message for news in gig.news()] == ["cc 99 is one of your own pedals, for tuner: another one"]
    with pytest.raises(RigError, match="no engine 'gian'"):
        gig.do("learn Clean.gian.gain")
    with pytest.raises(RigError, match="learn: what"):
        gig.do("learn")


def test_every_verb_for_feet_is_one(folder):
    assert set(FOOT_VERBS) <= set(VERBS)
    assert {"save", "record", "load", "quit", "delete"}.isdisjoint(FOOT_VERBS)
    gig = gig_of(folder)
    for words in ("song save /tmp/new.toml", "song remove", "song add rock", "scene store X", "scene delete Solo"):
        with pytest.raises(RigError, match="not for pedals"):
            gig.do(f"learn {words}")
    do(gig, "learn song next", "learn song 2", "learn scene Solo")


def test_what_is_cut_off_or_goes_on_is_no_message():
    """A client that writes half a note; whoever learns a pedal then would look for the rest."""
    rack = Rack(RATE)
    rack.begin(open=True)
    whole = (b"\x90\x24\x40", b"\xc0\x05", b"\xd0\x05", b"\xe0\x00\x40", b"\xf2\x00\x01", b"\xf3\x02", b"\xfa")
    for message in (
        b"\x90",
        b"\x90\x24",
        b"\xb0\x0b",
        b"\xe0\x00",
        b"\xc0",
        b"\xc0\x05\x01",
        b"\xf2\x00",
        b"\xf3",
        b"\xf8\x01",
        b"\xf0\x01\x02",
    ):
        rack.hear_midi(0, message)
    for message in whole:
        rack.hear_midi(0, message)
    rack.process(np.zeros(64, np.float32))
    assert tuple(event.data for event in rack.midi()) == whole
