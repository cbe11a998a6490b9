"""What goes out by MIDI: what other gear is told, and a floorboard's lights; and which ports are connected."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_document import do, files, gig_of
from test_pedals import cc, send

from rig.document.document import Pick, Wiring
from rig.document.messages import messages
from rig.document.read import examine, read_preset
from rig.document.read_midi import read_midi
from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.newcomers import SETTLING_SECONDS
from rig.jack.ports import named
from rig.native import LONGEST_MESSAGE

PRESET = """\
name = "Gear"
tempo = 100
[[amp]]
name = "Clean"
chain = [{ engine = "gain", gain = 0 }, { id = "tone", engine = "eq" }]
[[amp.scene]]
name = "Solo"
set = { gain.gain = 6 }
[[amp]]
name = "Lead"
chain = [{ engine = "gain", gain = -6 }]

[jack]
midi = ["FCB1010", "nano*kontrol"]
send = "TimeFactor"

[midi]
channel = 3
program = { 0 = "Clean", 5 = "Lead", 6 = "Clean:Solo" }
begin = ["sysex F0 00 20 33 F7", "bank 2 300"]
note = { 36 = "mute", 37 = { to = "bypass", hold = true } }
wheel = { to = "level", from = -20, upto = 0 }

[midi.cc]
1 = { to = "Clean.gain.gain", from = -12, upto = 12 }
2 = "Clean.gain.on"
3 = "amp Lead"
4 = "scene Solo"
5 = "tuner"
6 = "morph Clean to Clean:Solo"
7 = { to = "Lead.level", from = 0, upto = -24 }
8 = "boost"
9 = { to = "Clean.tone.bass", relative = "twos" }
10 = "next"

[midi.send]
Clean = "pc 2 12"
"Clean:Solo" = ["cc 2 80 127", "note 16 60 100"]
Lead = ["pc 2 13"]
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    files(tmp_path)
    (tmp_path / "blues.toml").write_text(PRESET)
    return tmp_path


class Wires:
    """What a gig says by MIDI, to whom it is connected meanwhile."""

    def __init__(self, gig: Gig, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[tuple[str, bytes]] = []
        self.wires: tuple[tuple[str, str], ...] = ()
        self.now = 100.0
        monkeypatch.setattr(gig.client, "connections", lambda: self.wires)
        monkeypatch.setattr(gig.reconciler.rack, "say", lambda port, data: self.said.append((port, data)) or True)
        monkeypatch.setattr("rig.gig.newcomers.time.monotonic", lambda: self.now)
        self.gig = gig

    def plug(self, *ports: str) -> None:
        self.wires = tuple((f"rig:{port}", "board:in") for port in ports)
        self.told()
        self.now += 2 * SETTLING_SECONDS
        self.told()

    def told(self, port: str = "midi_out") -> list[str]:
        """What has been said since, at one of the ports."""
        self.gig.install()
        said, self.said = self.said, []
        return [data.hex() for at, data in said if at == port]


@pytest.fixture
def gig(folder) -> Gig:
    return gig_of(folder)


@pytest.fixture
def wires(gig, monkeypatch) -> Wires:
    return Wires(gig, monkeypatch)


# --- messages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, expected",
    [
        ("pc 2 12", ["c1 0c"]),
        (" cc  16 7 127 ", ["bf 07 7f"]),
        ("note 1 60 0", ["90 3c 00"]),
        ("bank 3 300", ["b2 00 02", "b2 20 2c"]),
        ("wheel 1 -8192", ["e0 00 00"]),
        ("wheel 1 8191", ["e0 7f 7f"]),
        ("start", ["fa"]),
        ("continue", ["fb"]),
        ("stop", ["fc"]),
        ("sysex F0 00 20 33 f7", ["f0 00 20 33 f7"]),
        ("sysex 7d01", ["f0 7d 01 f7"]),
    ],
)
def test_messages(words, expected):
    assert [data.hex(" ") for data in messages(words)] == expected


@pytest.mark.parametrize(
    "words, said",
    [
        ("", "'' is no message; there are pc, cc,"),
        ("nte 1 2 3", "did you mean 'note'"),
        ("pc 2", "must be 'pc CHANNEL PROGRAM'"),
        ("pc 2 1.5", "must be 'pc CHANNEL PROGRAM'"),
        ("pc 17 1", "channel 17 is not within 1 to 16"),
        ("cc 1 1 128", "value 128 is not within 0 to 127"),
        ("start 1", "must be 'start' in whole numbers"),
        ("sysex", "must be 'sysex F0 ... F7'"),
        ("sysex F0 F7", "between F0 and F7 stand bytes from 00 to 7F"),
        ("sysex 80", "between F0 and F7 stand bytes from 00 to 7F"),
        ("sysex " + "00" * 300, "has 302 bytes; 256 is the most"),
    ],
)
def test_what_is_no_message(words, said):
    with pytest.raises(RigError) as caught:
        messages(words)
    assert said in str(caught.value)


def test_the_longest_message_finds_room():
    (longest,) = messages("sysex " + "00" * (LONGEST_MESSAGE - 2))
    assert len(longest) == LONGEST_MESSAGE


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('Clean = "pc 2 12"', "Clean = 3", "send Clean = 3 must be a list of messages"),
        ('Clean = "pc 2 12"', 'Clean = ["pc 2"]', "send Clean: 'pc 2' must be 'pc CHANNEL PROGRAM'"),
        ('Clean = "pc 2 12"', 'Cleen = "pc 2 12"', "send: no amp 'Cleen'; did you mean 'Clean'"),
        ('Clean = "pc 2 12"', f"Clean = {['start'] * 65}", "65 messages; 64 is the most"),
        ('send = "TimeFactor"', "send = 3", "send = 3 names no ports"),
        ('send = "TimeFactor"', 'send = ["*"]', "names no ports; write what is in their names"),
    ],
)
def test_faults_of_what_is_sent(folder, old, new, said):
    (folder / "blues.toml").write_text(PRESET.replace(old, new))
    (fault,) = examine(folder / "blues.toml")[1]
    assert said in fault


# --- other gear ---------------------------------------------------------------------------------------------------


def test_gear_is_told_what_begins_the_whole_before_its_parts(gig, wires):
    preset = gig.preset
    assert preset.midi.send[Pick(preset.amps[0].uid)] == ("pc 2 12",)
    assert wires.told("midi_send") == ["f0002033f7", "b10002", "b1202c", "c10c"]
    do(gig, "scene Solo")
    assert wires.told("midi_send") == ["b1507f", "9f3c64"]
    do(gig, "scene none")
    assert wires.told("midi_send") == ["c10c"], "the amp begins again"
    do(gig, "amp Lead", "amp Lead")
    assert wires.told("midi_send") == ["c10d"]
    do(gig, "amp Clean:Solo")
    assert wires.told("midi_send") == ["c10c", "b1507f", "9f3c64"]
    do(gig, "set Clean.gain.gain 3", "undo")
    assert wires.told("midi_send") == []


def test_gear_that_comes_is_told_all(gig, wires):
    do(gig, "amp Lead")
    wires.told()
    wires.wires = (("rig:midi_send", "echo:in"),)
    all_of_it = ["f0002033f7", "b10002", "b1202c", "c10d"]
    assert wires.told("midi_send") == all_of_it
    wires.now += 2 * SETTLING_SECONDS
    assert wires.told("midi_send") == all_of_it, "and once more, when it is sure to hear"
    assert wires.told("midi_send") == []


def test_what_the_rack_has_sent_is_not_sent_again(gig, wires):
    wires.told("midi_send")
    for data in (b"\xc0\x05", b"\xc0\x06", cc(4, 127), cc(3, 127)):
        send(gig, data)
        assert wires.told("midi_send") == [], data
    send(gig, cc(10, 127), cc(10, 0), cc(10, 127))
    assert gig.amp.name == "Lead"
    assert wires.told("midi_send") == ["c10d"], "more was pressed than the rack could know of"


def test_a_song_has_messages_of_its_own(folder, monkeypatch):
    from rig.document.set_file import open_sources
    from rig.native import Rack

    (folder / "set.toml").write_text(
        '[[song]]\nname = "One"\npreset = "blues.toml"\nsend = ["start"]\n'
        '[[song]]\nname = "Two"\npreset = "blues.toml"\nsend = "stop"\nparts = ["Lead", "Clean:Solo"]\n'
    )
    from test_rebuild import RATE, Client

    from rig.gig.reconciler import Reconciler

    sources = open_sources([folder / "set.toml"])
    reconciler = Reconciler(Rack(RATE))
    first = sources.document.amps[0].uid
    reconciler.load(sources.document, first)
    reconciler.rack.begin(open=True)
    gig = Gig(sources.files, reconciler, Client(), first, songs=sources.songs, set_file=sources.set_file)
    wires = Wires(gig, monkeypatch)
    gig.set_list.begin()
    assert wires.told("midi_send") == ["f0002033f7", "b10002", "b1202c", "fa", "c10c"]
    do(gig, "song next")
    assert wires.told("midi_send") == ["fc", "c10d"]
    do(gig, "part next")
    assert wires.told("midi_send") == ["c10c", "b1507f", "9f3c64"]
    do(gig, "song skip 1", "save")
    assert 'send = "stop"' in (folder / "set.toml").read_text()


# --- lights -------------------------------------------------------------------------------------------------------


def lit(told: list[str]) -> dict[str, int]:
    """By status and number, what was said last."""
    return {data[:-2]: int(data[-2:], 16) for data in told}


def test_a_board_that_is_plugged_in_is_told_how_all_stands(gig, wires):
    assert wires.told() == [], "nobody is there"
    wires.wires = (("rig:midi_out", "board:in"),)
    told = lit(wires.told())
    assert told == {
        **{"b201": 64, "b202": 127, "b203": 0, "b204": 0, "b205": 0, "b206": 0, "b207": 0, "b208": 0, "b209": 64},
        **{"9224": 0, "9225": 0, "e27f": 127, "c2": 0},
    }
    assert wires.told() == []


@pytest.mark.parametrize(
    "verbs, told",
    [
        (("mute",), {"9224": 127}),
        (("bypass on",), {"9225": 127}),
        (("tuner",), {"b205": 127}),
        (("off Clean.gain",), {"b202": 0}),
        (("set Clean.gain.gain 12",), {"b201": 127}),
        (("set Clean.gain.gain 40",), {"b201": 127}),
        (("amp Lead",), {"b203": 127, "c2": 5}),
        (("scene Solo",), {"b201": 95, "b204": 127, "b206": 127, "c2": 6}),
        (("morph Clean to Clean:Solo 30",), {"b201": 73, "b206": 38}),
        (("set Lead.level -24",), {"b207": 127}),
        (("boost",), {"b208": 127}),
        (("level -10",), {"e200": 64}),
        (("next", "prev"), {"b203": 0, "c2": 0}),
    ],
)
def test_lights_follow_what_is_done_by_key(gig, wires, verbs, told):
    wires.plug("midi_out")
    wires.told()
    do(gig, *verbs)
    assert lit(wires.told()) == told


def test_lights_follow_what_is_undone(gig, wires):
    wires.plug("midi_out")
    do(gig, "set Clean.gain.gain 12")
    wires.told()
    do(gig, "undo")
    assert wires.told() == ["b20140"]


def test_what_came_from_the_board_is_not_said_back(gig, wires):
    wires.plug("midi_out")
    send(gig, cc(1, 100))
    assert wires.told() == [], "a pedal knows where it stands"
    send(gig, b"\xe0\x00\x40")
    assert wires.told() == []
    send(gig, b"\xc0\x05")
    assert lit(wires.told()) == {"b203": 127}, "nor is its program, but what else is lit by that"
    send(gig, b"\xc0\x63")
    assert wires.told() == [], "a program that picks nothing may stay"
    send(gig, cc(6, 30))
    assert lit(wires.told()) == {"b201": 99}


def test_a_switch_is_lit_again_after_each_press_as_boards_switch_lights_off_by_themselves(gig, wires):
    wires.plug("midi_out")
    send(gig, cc(5, 127))
    assert wires.told() == ["b2057f"]
    send(gig, cc(5, 0))
    assert wires.told() == ["b2057f"]
    send(gig, b"\x90\x24\x40", b"\x80\x24\x40")
    assert wires.told() == ["92247f"]


def test_the_players_own_pedals_are_lit_on_the_channel_that_they_play_on(gig, wires, folder):
    (folder / "midi.toml").write_text('cc = { 1 = "mute" }\n')
    gig.pedals.read_own(folder / "midi.toml")
    wires.plug("midi_out")
    send(gig, cc(1, 127), channel=9)
    assert "b8017f" in wires.told()


# --- ports --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "patterns, port, others, found",
    [
        (("FCB1010",), "a2j:FCB1010 [20] (capture): FCB1010 MIDI 1", (), True),
        (("fcb1010",), "Midi-Bridge:FCB1010:(capture_0) FCB1010 MIDI 1", (), True),
        (("FCB1010",), "system:midi_capture_1", ("alsa_pcm:FCB1010/midi_capture_1",), True),
        (("FCB1010",), "system:midi_capture_1", ("alsa_pcm:Nano/midi_capture_1",), False),
        (("FCB*MIDI 2",), "a2j:FCB1010 [20] (capture): FCB1010 MIDI 1", (), False),
        (("Soft.Step",), "a2j:SoftxStep", (), False),
        (("x", "[20]"), "a2j:FCB1010 [20]", (), True),
        ((), "a2j:FCB1010", (), False),
    ],
)
def test_ports_are_found_by_what_is_in_their_names(patterns, port, others, found):
    assert named({port: others, "other:one": ()}, patterns) == [port] * found


def test_boards_in_a_players_own_file(folder):
    assert read_preset(folder / "blues.toml").jack == Wiring(midi=("FCB1010", "nano*kontrol"), send=("TimeFactor",))
    own = folder / "midi.toml"
    own.write_text('cc = { 1 = "tap" }\n[jack]\nmidi = "FCB1010"\n')
    assert read_midi(own)[1:] == (Wiring(midi=("FCB1010",)), ())
    own.write_text('[jack]\nin = "x:y"\n')
    assert "unknown key 'in'" in read_midi(own)[2][0]
