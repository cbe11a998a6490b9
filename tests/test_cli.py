"""The command line: what it prints, and that whatever goes wrong is one line and a status."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from leash import leashed
from networks import guitarml, nam_lstm

from rig import native
from rig.cli import main
from rig.engine import Setting, registry
from rig.errors import RigError
from rig.models import analysis, player
from rig.models.formats import load_model
from rig.sound import resample

ROOT = Path(__file__).resolve().parent.parent
RIG = Path(sys.executable).parent / "rig"


@pytest.fixture
def folder(tmp_path: Path, rng) -> Path:
    """A preset with a model and a cabinet, and a dry take."""
    (tmp_path / "amp.json").write_text(json.dumps(guitarml(rng, name="Test Amp", sample_rate=48000, esr=0.0123)))
    (tmp_path / "blues.toml").write_text(
        'name = "Blues"\n'
        '[[amp]]\nname = "Clean"\nchain = [{ engine = "gain", gain = 3 }, { model = "amp.json" }]\n'
        '[[amp]]\nname = "Dry"\nlevel = -6\nchain = []\n'
        '[output]\nchain = [{ ir = "cab.wav" }]\n'
    )
    soundfile.write(tmp_path / "cab.wav", np.eye(1, 64)[0] + 0.01, 48000, subtype="FLOAT")
    soundfile.write(tmp_path / "dry.wav", 0.5 * np.sin(np.arange(4800) / 10), 48000, subtype="PCM_24")
    return tmp_path


def spoil(folder: Path, what: str) -> str:
    """Break the model of `folder` in one way; returns what the message must say."""
    path = folder / "amp.json"
    content = json.loads(path.read_text())
    text = path.read_text()
    if what == "missing":
        path.rename(folder / "apm.json")
        return "did you mean 'apm.json'?"
    if what == "empty":
        text, said = "", "the file is empty"
    elif what == "truncated":
        text, said = text[: len(text) // 2], "the file ends in the middle"
    elif what == "count":
        content["variables"][2]["data"].pop()
        said = "layer 0 W_conv has 95 numbers, 4 channels x 3 taps gated need 96"
    elif what == "nan":
        content["variables"][2]["data"][7] = float("nan")
        said = "layer 0 W_conv, number 8 is nan"
    elif what == "activation":
        content["activation"] = "tahn"
        said = "unknown activation 'tahn'; did you mean 'tanh'?"
    elif what == "huge":
        content["residual_channels"] = 10**6
        said = "residual_channels is 1000000; 1 to 1024 is possible"
    path.write_text(json.dumps(content) if text == path.read_text() else text)
    return said


SPOILS = ("missing", "empty", "truncated", "count", "nan", "activation", "huge")


class Ran:
    """What a command did. fault: its one line on stderr, without "rig: "."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def fault(self) -> str:
        assert self.status == 1
        (line,) = self.err.splitlines()
        assert line.startswith("rig: ")
        assert "Traceback" not in line
        return line.removeprefix("rig: ")

    @property
    def json(self):
        assert self.status == 0
        return json.loads(self.out)


@pytest.fixture
def run(capsys):
    def run(*argv: object) -> Ran:
        try:
            status = main([str(word) for word in argv])
        except SystemExit as stop:
            status = stop.code
        return Ran(status, *capsys.readouterr())

    return run


# ---- wrong use


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("pley", "x"), "no command 'pley'; did you mean 'play'?; see rig --help"),
        (
            ("juggle",),
            "no command 'juggle'; known: play, attach, send, render, capture, train, info, convert, check, abx, bench, doctor, engines, completion, unit, man; "
            "see rig --help",
        ),
        (("play",), "which preset or set? There are "),
        (("play", "--headless"), "blues, funk, practice, rock, stereo; 'rig play --resume' plays what was played last"),
        (("info", "a", "--jsn"), "unrecognized arguments: --jsn"),
        (("render", "a", "b", "c", "--block", "0"), "'0' is no whole number from 1 to 65536; see rig render --help"),
        (("render", "a", "b", "c", "--block", "many"), "'many' is no whole number from 1 to 65536"),
        (("render", "a", "b", "c", "--bits", "16"), "argument --bits: "),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else "",
)
def test_wrong_use_is_status_2_and_one_line(run, argv, said):
    ran = run(*argv)
    assert ran.status == 2
    assert ran.out == ""
    (line,) = ran.err.splitlines()
    assert line.startswith("rig: ")
    assert said in line


def test_rig_alone_prints_help(run):
    ran = run()
    assert ran.status == 0 and "usage: rig" in ran.out and "play" in ran.out and not ran.err


def test_a_preset_alone_is_played(run, folder, monkeypatch):
    said = []
    monkeypatch.setattr("rig.remote.headless.run", lambda opened, save, debug, osc: said.append((save, osc)) or 0)
    assert run(folder / "blues.toml", "--headless", "--save-on-quit", "--osc", "[::1]:9000").status == 0
    assert said == [(True, ("::1", 9000))]


def test_a_wrong_file_is_named_before_a_missing_terminal(run, folder):
    assert "blues.tml" in run("play", folder / "blues.tml").fault
    (folder / "bad.toml").write_text("[[amp]]\nnam = 3")
    assert "amp 1: no name" in run(folder / "bad.toml").fault
    assert "this is none" in run(folder / "blues.toml").fault


def test_check_of_what_is_no_preset(run):
    ran = run("check", ROOT / "README.md")
    assert (
        ran.fault == f"{ROOT / 'README.md'}: this is no preset; a preset ends in .toml, a model in .json, .nam, .aidax"
    )


def test_help_names_every_command(run):
    ran = run("--help")
    assert ran.status == 0
    for command in ("play", "render", "capture", "train", "info", "convert", "check", "engines"):
        assert f"\n    {command} " in ran.out


@pytest.mark.parametrize(
    "command",
    [
        "play",
        "render",
        "capture",
        "train",
        "info",
        "convert",
        "check",
        "engines",
        "completion",
        "man",
        "attach",
        "send",
        "bench",
        "doctor",
    ],
)
def test_every_command_explains_itself(run, command):
    ran = run(command, "--help")
    assert ran.status == 0
    assert f"Examples: rig {command}" in " ".join(ran.out.split())


def test_version(run):
    ran = run("--version")
    assert (ran.status, ran.out) == (0, "rig 0.1.0\n")


# ---- info


def test_info_of_a_model(run, folder):
    ran = run("info", folder / "amp.json")
    assert ran.status == 0
    said = " ".join(ran.out.split())
    assert "name Test Amp" in said
    assert "WaveNet, gated, 4 channels, 3 taps, 3 layers (1, 2, 4)" in said
    assert "receptive field 15 frames, 0.3 ms" in said
    assert "sample rate 48 000 Hz" in said
    assert "esr 0.0123" in said


def test_info_of_a_model_as_json(run, folder):
    found = run("info", folder / "amp.json", "--json").json
    assert found["kind"] == "model"
    assert found["weights"] == sum(len(v["data"]) for v in json.loads((folder / "amp.json").read_text())["variables"])
    assert found["receptive_field"] == 15
    assert found["receptive_field_ms"] == pytest.approx(15 / 48)
    assert found["metadata"] == {"esr": 0.0123}
    assert found["bytes"] == (folder / "amp.json").stat().st_size
    assert (found["engine"], found["variants"], found["knobs"]) == ("model", [], [])
    assert found["polarity"] in (1, -1, None)
    assert found["delay"] is None or found["delay"] >= 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "nam/A2.nam",
            [
                "family Neural Amp Modeler",
                "WaveNet, LeakyReLU, 8 channels, 6 or 15 taps, 23 layers (1, 3, 7 ... 239), head of 16 taps",
                "quality below 0.5 WaveNet, LeakyReLU, 3 channels",
                "receptive field 6347 frames, 132.2 ms",
                "input full scale is 14.76 dBu",
                "loudness -26.4 dB, its file says",
                "polarity turned over",
                "loads in rig, Neural Amp Modeler of 2026 or newer (A2) file size",
                "date 2026-05-04 18:53",
            ],
        ),
        (
            "nam/BossLSTM-1x16.nam",
            [
                "LSTM, 16 wide",
                "receptive field no end",
                "sample rate not stated",
                "Neural Amp Modeler, guitarix file size",
            ],
        ),
        (
            "nam/wavenet.nam",
            ["2 arrays: (tanh, 3 channels, 3 taps, 2 layers (1, 2)) + (tanh, 2 channels, 3 taps, 1 layer (8))"],
        ),
        (
            "nam/wavenet_a2_max.nam",
            ["4 taps, 2 layers (1, 2), FiLM, conditioned by a network of its own (WaveNet, 2 arrays:"],
        ),
        (
            "guitarml/bluesJr_fullD2.json",
            [
                "delay 24 frames, 0.54 ms",
                "polarity turned over silence DC of -77.3 dBFS, softer than a guitar's noise",
                "dB, measured",
                "SmartGuitarPedal file size",
            ],
        ),
        (
            "guitarml/pedalnet.json",
            ["silence DC of -35.4 dBFS, which is taken away"],
        ),
        (
            "keras/tw40_blues_deluxe_deerinkstudios.json",
            ["family AIDA-X", "LSTM, 12 wide", "esr", "loads in rig, AIDA-X, guitarix file size"],
        ),
    ],
)
def test_info_of_what_players_have(run, shared, name, said):
    ran = run("info", shared / "models" / name)
    assert ran.status == 0
    out = " ".join(ran.out.split())
    assert all(words in out for words in said), out


def test_info_says_when_no_rate_is_stated(run, folder, rng):
    (folder / "old.json").write_text(
        json.dumps(guitarml(rng, level_adjust=10, dilations=[1, 2, 4, 8, 16, 32] * 2, sample_rate=None))
    )
    said = " ".join(run("info", folder / "old.json").out.split())
    assert "sample rate not stated: 44 100 Hz, as GuitarML's files are made for, is assumed" in said
    assert "level 10 (+20.0 dB)" in said
    assert "12 layers (1, 2, 4 ... 32, twice)" in said
    found = run("info", folder / "old.json", "--json").json
    assert (found["sample_rate"], found["sample_rate_assumed"]) == (None, 44_100)
    assert run("info", folder / "amp.json", "--json").json["sample_rate_assumed"] is None
    assert "44.1 kHz assumed" in run("info", folder).out


def test_info_says_when_a_delay_is_not_clear(run, folder, monkeypatch):
    monkeypatch.setattr(analysis, "arrival", lambda play: analysis.Arrival(None, None))
    assert "delay not clear polarity not clear" in " ".join(run("info", folder / "amp.json").out.split())
    found = run("info", folder / "amp.json", "--json").json
    assert (found["delay"], found["delay_ms"], found["polarity"], found["fault"]) == (None,) * 4


def test_info_writes_no_control_characters_that_a_file_holds(run, folder, rng):
    (folder / "odd.json").write_text(json.dumps(guitarml(rng, settings="\x1b[2Jgone", esr=float("nan"))))
    assert "\x1b" not in run("info", folder / "odd.json").out
    assert run("info", folder / "odd.json", "--json").json["metadata"]["esr"] is None


def test_what_a_file_is_called_moves_no_cursor(run, folder):
    for name in ("\x1b]0;hacked\x07.toml", "\x9b2J.toml", "\udcff.toml"):
        for argv in (("check", folder / name), ("info", folder / name), ("info", "--json", folder / name)):
            ran = run(*argv)
            assert not [c for c in ran.out + ran.err if not c.isprintable() and c != "\n"]
            assert ran.status == 1
        (folder / name).write_bytes((folder / "blues.toml").read_bytes())
        for argv in (("check", folder / name), ("check", "--json", folder / name)):
            ran = run(*argv)
            assert not [c for c in ran.out + ran.err if not c.isprintable() and c != "\n"]
            assert ran.status == 0


def test_info_of_a_preset(run, folder):
    ran = run("info", folder / "blues.toml")
    assert ran.status == 0
    assert "gain +3 → model amp" in ran.out
    found = run("info", folder / "blues.toml", "--json").json
    assert [amp["name"] for amp in found["amps"]] == ["Clean", "Dry"]
    assert found["output"][0]["files"] == {"ir": str(folder / "cab.wav")}


def test_info_of_a_recording(run, folder):
    said = " ".join(run("info", folder / "dry.wav").out.split())
    assert "WAV PCM_24" in said
    assert "4800 samples, 100.0 ms" in said
    assert "peak -6.0 dBFS" in said
    assert "as a cabinet 47" in said
    found = run("info", folder / "dry.wav", "--json").json
    assert found["frames"] == 4800
    assert found["cabinet"].endswith(" taps")
    assert found["rms_db"] == pytest.approx(-9.0, abs=0.1)


@pytest.mark.parametrize("what", SPOILS)
def test_info_of_a_spoilt_model(run, folder, what):
    said = spoil(folder, what)
    ran = run("info", folder / "amp.json")
    assert ran.fault.startswith(f"{folder / 'amp.json'}: ")
    assert said in ran.fault
    assert ran.out == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("tone.wav", b"this is no sound", "no sound file"),
        ("tone.wav", b"", "the file is empty"),
        ("amp.toml", b"[[amp]", "line 1"),
        (".", None, "there are no models in this folder (.json, .nam, .aidax)"),
        ("nothing.wav", None, "no such sound file"),
    ],
)
def test_info_of_what_is_none(run, tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ran = run("info", tmp_path / name)
    assert said in ran.fault
    assert ran.out == ""


def test_info_of_a_folder_is_a_line_a_model(run, folder, rng):
    (folder / "more" / ".hidden").mkdir(parents=True)
    (folder / "more" / "Lead.NAM").write_text(json.dumps(nam_lstm(rng, metadata={"loudness": -12.5})))
    (folder / "more" / "broken.aidax").write_text("{")
    (folder / "more" / ".hidden" / "amp.json").write_text("{}")
    ran = run("info", folder / "more")
    assert ran.status == 0
    heading, broken, lead, cost = ran.out.splitlines()
    assert heading.split() == ["model", "family", "architecture", "rate", "loudness", "cost"]
    assert "the file ends in the middle" in broken
    assert lead.split()[0] == "Lead.NAM"
    assert "-12.5 dB" in lead
    assert "LSTM 8" in lead
    assert cost.strip().startswith("cost: of a core at ")
    found = run("info", folder, "--json").json
    names = [Path(model["file"]).relative_to(folder) for model in found["models"]]
    assert names == [Path("amp.json"), Path("more/broken.aidax"), Path("more/Lead.NAM")]
    assert [bool(model["fault"]) for model in found["models"]] == [False, True, False]
    assert 0 < found["models"][0]["cost"]["share"] < 1


# ---- what programs read

ENTRY = ["engine", "label", "branch", "params", "settings", "files"]
PLAYED = [
    "loudness_db",
    "loudness_from",
    "delay",
    "delay_ms",
    "polarity",
    "dc_db",
    "dc_blocked",
    "oversampled",
    "memory",
    "cost",
    "fault",
]
MODEL = [
    *("file", "kind", "name", "family", "architecture", "variants", "engine", "knobs", "weights", "receptive_field"),
    *(
        "receptive_field_ms",
        "sample_rate",
        "sample_rate_assumed",
        "level",
        "input_dbu",
        "output_dbu",
        *PLAYED,
        "loads_in",
        "bytes",
        "metadata",
    ),
]
RECORDING = [
    *(
        "file",
        "kind",
        "format",
        "sample_rate",
        "channels",
        "frames",
        "seconds",
        "peak_db",
        "peak_at_ms",
        "rms_db",
        "cabinet",
    ),
    "bytes",
]


def test_info_json_keeps_its_keys(run, folder, rng):
    model = run("info", folder / "amp.json", "--json").json
    assert list(model) == MODEL
    assert list(model["cost"]) == ["rate", "block", "share"]
    assert [list(more) for more in model["oversampled"]] == [["times", "share", "late_ms"]] * 2
    assert (model["file"], model["kind"], model["fault"]) == (str(folder / "amp.json"), "model", None)
    (folder / "knobs.json").write_text(json.dumps(guitarml(rng, inputs=9)))
    unplayed = run("info", folder / "knobs.json", "--json").json
    assert list(unplayed) == MODEL
    assert [key for key in PLAYED if unplayed[key] is not None] == ["fault"]
    (folder / "knobs.json").write_text("{")
    listed = run("info", folder, "--json").json
    assert list(listed) == ["file", "kind", "rate", "block", "models"]
    assert [list(entry) for entry in listed["models"]] == [[*MODEL, "short"], ["file", "kind", "fault"]]
    preset = run("info", folder / "blues.toml", "--json").json
    assert list(preset) == ["file", "kind", "name", "input", "amps", "output", "jack", "midi"]
    assert preset["jack"] == {"in": None, "out": None, "midi": [], "send": []}
    assert preset["midi"] == {"program": {}, "cc": {}, "note": {}, "wheel": None, "begin": [], "send": {}}
    assert [list(amp) for amp in preset["amps"]] == [["name", "key", "level", "chain"]] * 2
    assert [list(entry) for entry in preset["amps"][0]["chain"]] == [ENTRY] * 2
    assert preset["amps"][0]["chain"][1]["files"] == {"model": str(folder / "amp.json")}
    assert list(run("info", folder / "dry.wav", "--json").json) == RECORDING


def test_check_json_keeps_its_keys(run, folder):
    files = [folder / name for name in ("blues.toml", "none.toml", "amp.json", "none.json")]
    report = json.loads(run("check", *files, "--json").out)
    assert list(report) == ["ok", "presets", "skipped", "kept_bytes", "loop_bytes"]
    assert report["loop_bytes"] == 4 * 5 * 60 * 48_000
    preset, missing, model, no_model = report["presets"]
    for found in (preset, missing):
        assert list(found) == ["file", "kind", "name", "input", "amps", "output", "faults", "warnings"]
    for found in (model, no_model):
        assert list(found) == ["file", "kind", "name", "architecture", "about", "faults"]
    assert [list(amp) for amp in preset["amps"]] == [
        ["name", "key", "level", "chain", "ok", "switch", "latency_ms", "lufs", "stands_out"]
    ] * 2
    assert [list(entry) for entry in preset["amps"][0]["chain"]] == [[*ENTRY, "about"]] * 2
    assert [preset["file"], model["file"]] == [str(folder / "blues.toml"), str(folder / "amp.json")]
    assert [found["name"] for found in report["presets"]] == ["Blues", None, "Test Amp", None]
    assert [len(found["faults"]) for found in report["presets"]] == [0, 1, 0, 1]


# ---- check


def test_a_pedal_that_selects_banks_is_a_warning_and_no_fault(run, folder):
    with (folder / "blues.toml").open("a") as file:
        file.write('[midi]\ncc = { 0 = "tap" }\n')
    ran = run("check", folder / "blues.toml")
    assert ran.status == 0
    assert "ok, 1 warning" in ran.out.splitlines()[0]
    assert ran.err.startswith(f"rig: warning: {folder / 'blues.toml'}: midi: cc 0 selects a bank, too")
    report = run("check", folder / "blues.toml", "--json").json
    assert report["ok"] is True
    (warning,) = report["presets"][0]["warnings"]
    assert "the preset of the next program" in warning


def test_check_of_models(run, folder, rng):
    (folder / "lead.nam").write_text(json.dumps(nam_lstm(rng)))
    ran = run("check", folder / "amp.json", folder / "lead.nam")
    assert ran.status == 0
    assert "WaveNet, gated, 4 channels" in ran.out
    assert "LSTM, 8 wide" in ran.out
    assert "DC of -22 dBFS blocked" in ran.out, "amp.json's silence is none"
    found = run("info", folder / "amp.json", "--json").json
    assert (round(found["dc_db"]), found["dc_blocked"]) == (-22, True)
    (folder / "lead.nam").write_text("{")
    assert "lead.nam: the file ends in the middle" in run("check", folder / "amp.json", folder / "lead.nam").fault


def test_check_lists_a_name_that_is_nowhere_among_the_other_faults(folder, run):
    ran = run("check", "nowhere", folder / "blues.toml", folder / "nor-here.toml", "bluse")
    assert (ran.status, ran.err.count("\n")) == (1, 3)
    said = ran.err.splitlines()
    assert said[0].startswith("rig: no preset 'nowhere' here, in ") and "nor-here.toml: no such preset file" in said[1]
    assert said[2].endswith("did you mean 'blues'?")
    report = json.loads(run("check", "nowhere", folder / "blues.toml", "--json").out)
    assert [(checked["name"], len(checked["faults"])) for checked in report["presets"]] == [(None, 1), ("Blues", 0)]


def test_check_of_a_preset_that_plays(run, folder):
    ran = run("check", folder / "blues.toml")
    assert ran.status == 0
    assert ran.err == ""
    assert "ok" in ran.out.splitlines()[0]
    assert "gain +3 → model Test Amp" in ran.out
    assert "cab cab, " in ran.out
    report = run("check", folder / "blues.toml", "--json").json
    assert report["ok"] is True
    assert report["presets"][0]["amps"][0]["chain"][1]["about"] == "Test Amp, DC of -22 dBFS blocked"


@pytest.mark.parametrize("what", SPOILS)
def test_check_finds_what_is_wrong_inside_the_files(run, folder, what):
    said = spoil(folder, what)
    ran = run("check", folder / "blues.toml")
    assert said in ran.fault
    assert ran.fault.startswith(f"{folder / 'blues.toml'}: amp 1 'Clean', ")
    assert "1 fault" in ran.out


def test_check_names_what_blasts(run, folder, rng):
    """A model that blasts by itself, and engines that a loud guitar drives beyond all music, also behind the amps."""
    content = nam_lstm(rng)
    content["weights"][-1] = 3e38
    (folder / "lead.nam").write_text(json.dumps(content))
    ran = run("check", folder / "lead.nam")
    assert ran.status == 1
    assert ran.fault.startswith(f"{folder / 'lead.nam'}: what it plays is far too loud")
    (folder / "loud.toml").write_text(
        '[[amp]]\nname = "A"\nchain = [{ engine = "gain", gain = 40 }, { engine = "gain", gain = 40 }]\n'
        '[[amp]]\nname = "B"\nchain = [{ engine = "gain", gain = 40 }]\n'
        '[output]\nchain = [{ engine = "gain", gain = 40 }, { ir = "cab.wav" }]\n'
    )
    ran = run("check", folder / "loud.toml", "--json")
    assert ran.status == 1
    (found,) = json.loads(ran.out)["presets"]
    assert [fault.partition(": a loud guitar")[0] for fault in found["faults"]] == [
        f"{folder / 'loud.toml'}: amp 1 'A', gain2",
        f"{folder / 'loud.toml'}: output, gain",
    ]
    assert [amp["ok"] for amp in found["amps"]] == [False, True]


def test_check_knows_whose_fault_it_is_also_of_an_amp_without_a_name(run, folder):
    (folder / "two.toml").write_text(
        "".join(
            f"[[amp]]\n{name}chain = [{chain}]\n"
            for name, chain in [
                ("", '{ engine = "gain" }'),
                ("", '{ engine = "gian" }'),
                ('name = "amp 4, x"\n', '{ engine = "gain", gain = 40 }, { engine = "gain", gain = 40 }'),
                ('name = "A"\n', '{ engine = "gain" }'),
            ]
        )
        + '[output]\nchain = [{ ir = "noise.wav" }]\n'
    )
    (folder / "noise.wav").write_bytes(b"no sound")
    (found,) = json.loads(run("check", folder / "two.toml", "--json").out)["presets"]
    assert [amp["ok"] for amp in found["amps"]] == [False, False, False, True]
    assert [fault.removeprefix(f"{folder / 'two.toml'}: ").partition(":")[0] for fault in found["faults"]] == [
        "amp 1",
        "amp 2",
        "amp 2, engine 1",
        "amp 3 'amp 4, x', gain2",
        "output, cab",
    ]


def test_check_builds_each_chain_once(run, folder):
    text = '[[amp]]\nname = "{}"\nchain = [{{ engine = "gain" }}]\n'
    path = folder / "many.toml"
    path.write_text("".join(map(text.format, "ABC")) + '[output]\nchain = [{ ir = "cab.wav" }]\n')
    before = native.chains_made()
    assert run("check", path).status == 0
    assert native.chains_made() - before == 5


def test_check_lists_all_faults_of_all_presets(run, folder):
    spoil(folder, "nan")
    (folder / "cab.wav").write_bytes(b"no sound")
    (folder / "two.toml").write_text('[[amp]]\nname = "A"\nkey = 1\nchain = [{ engine = "gian" }]\n')
    presets = [folder / "blues.toml", folder / "two.toml", folder / "three.toml"]
    ran = run("check", *presets)
    assert ran.status == 1
    lines = ran.err.splitlines()
    assert all(line.startswith("rig: ") for line in lines)
    for said in ("number 8 is nan", "cab.wav: ", "a key stands in quotes", "did you mean 'gain'?", "no such preset"):
        assert sum(said in line for line in lines) == 1
    assert len(lines) == 5
    report = json.loads(run("check", *presets, "--json").out)
    assert report["ok"] is False
    assert [len(preset["faults"]) for preset in report["presets"]] == [2, 2, 1]


# ---- engines


def test_engines_lists_every_knob(run):
    ran = run("engines")
    assert ran.status == 0
    for engine in registry().values():
        assert engine.about in ran.out
        assert all(param.help in ran.out for param in engine.params)
    found = run("engines", "--json").json
    assert [engine["name"] for engine in found] == list(registry())
    (model,) = (engine for engine in found if engine["name"] == "model")
    assert model["aliases"] == ["wavenet", "lstm"]
    assert "(also named wavenet, lstm)" in ran.out
    (gain,) = (engine for engine in found if engine["name"] == "gain")
    assert gain["params"][0] | {"help": ""} == {
        "name": "gain",
        "unit": "dB",
        "help": "",
        "minimum": registry()["gain"].params[0].minimum,
        "maximum": registry()["gain"].params[0].maximum,
        "initial": 0.0,
        "choices": [],
        "curve": "",
        "step": 0.0,
        "title": "",
    }


def test_engines_lists_settings_and_how_to_write_them(run, monkeypatch):
    settings = (Setting("quality", "", "how much", 0, 1, 1), Setting("eco", "", "for less", 0, 1, 0, switch=True))
    settings += (Setting("side", "", "which of them", 0, 2, 1, choices=("left", "middle", "right")),)
    settings += (Setting("times", "", "how often", 1, 4, 1, values=(1, 2, 4)),)
    gain = dataclasses.replace(registry()["gain"], settings=settings)
    monkeypatch.setattr("rig.report.facts.registry", lambda: {"gain": gain})
    said = " ".join(run("engines").out.split())
    assert "quality 0 to 1 1 how much (at load)" in said
    assert "eco true or false false for less (at load)" in said
    assert "side left | middle | right middle which of them (at load)" in said
    assert "times 1 | 2 | 4 1 how often (at load)" in said
    (found,) = run("engines", "--json").json
    assert found["settings"][1]["switch"] is True
    assert found["settings"][0]["maximum"] == 1
    assert found["settings"][2]["choices"] == ["left", "middle", "right"]


# ---- faults of our own


@pytest.fixture
def broken(monkeypatch):
    """Makes `rig engines` raise what it is given."""

    def broken(error: BaseException) -> None:
        def engine_facts():
            raise error

        monkeypatch.setattr("rig.report.facts.engine_facts", engine_facts)

    return broken


def test_a_fault_in_rig_is_one_line_too(run, broken):
    broken(TypeError("a float is\nno amp"))
    assert run("engines").fault == "a fault in rig itself: TypeError: a float is no amp (--debug shows where)"


@pytest.mark.parametrize("argv", [("engines", "--debug"), ("--debug", "engines")])
def test_debug_adds_the_traceback(run, broken, argv):
    broken(RigError("the amp is on fire"))
    ran = run(*argv)
    assert ran.status == 1
    assert ran.err.splitlines()[0] == "rig: the amp is on fire"
    assert "in engine_facts" in ran.err


def test_an_interrupt_is_no_traceback(run, broken):
    broken(KeyboardInterrupt())
    assert run("engines").fault == "interrupted"


# ---- as a player runs it


def test_the_installed_command():
    done = subprocess.run([RIG, "engines", "--json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert {engine["name"] for engine in json.loads(done.stdout)} == set(registry())


def test_a_reader_that_has_seen_enough():
    done = subprocess.run(f"{RIG} engines --json | head -c 1", shell=True, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[", "")


def test_a_reader_that_has_gone_before_anything_was_said(folder):
    """What is short is written at the end of all, when nobody looks after it any more."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [RIG, "info", folder / "blues.toml", "--json"], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_play_wants_a_terminal(folder):
    done = subprocess.run(
        [RIG, "play", folder / "blues.toml"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == "rig: rig play draws on a terminal, and this is none; use --plain or --headless here\n"


def test_faults_go_to_stderr_by_the_installed_command(folder):
    (folder / "blues.toml").write_text("[[amp]")
    done = subprocess.run([RIG, "info", folder / "blues.toml"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"rig: {folder / 'blues.toml'}: line 1")
    assert done.stderr.count("\n") == 1


# ---- render


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("options", "subtype"), [((), "FLOAT"), (("--bits", "32"), "FLOAT"), (("--bits", "24"), "PCM_24")]
)
def test_render_writes_as_many_frames_as_it_reads(run, folder, options, subtype):
    ran = run("render", folder / "blues.toml", folder / "dry.wav", folder / "wet.wav", "--amp", "Clean", *options)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    info = soundfile.info(folder / "wet.wav")
    assert (info.frames, info.samplerate, info.channels, info.subtype) == (4800, 48000, 1, subtype)


@pytest.mark.parametrize("rate", [48_000, 44_100, 96_000])
def test_render_of_a_model_runs_at_its_own_rate(run, folder, rng, rate):
    """A model at 48 kHz has the same tone whatever the recording's rate is, and no delay comes from the change."""
    (folder / "lead.nam").write_text(json.dumps(nam_lstm(rng, hidden=4)))
    t = np.arange(rate) / rate
    soundfile.write(folder / "low.wav", 0.3 * np.sin(2 * np.pi * 220 * t), rate, subtype="FLOAT")
    assert run("render", folder / "lead.nam", folder / "low.wav", folder / "wet.wav").status == 0
    wet, found = soundfile.read(folder / "wet.wav")
    assert (found, len(wet)) == (rate, rate)
    own = 0.3 * np.sin(2 * np.pi * 220 * np.arange(48_000) / 48_000)
    expected = resample(player.run(load_model(folder / "lead.nam"), own), 48_000, rate)
    middle = slice(rate // 10, -rate // 10)
    assert np.abs(wet - expected)[middle].max() < 1e-4


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_render_of_a_model_that_names_no_rate_runs_at_the_recordings(run, folder, rng, rate):
    (folder / "lead.nam").write_text(json.dumps(nam_lstm(rng, hidden=4, sample_rate=None)))
    dry = rng.normal(0, 0.1, 4800).astype(np.float32)
    soundfile.write(folder / "low.wav", dry, rate, subtype="FLOAT")
    assert run("render", folder / "lead.nam", folder / "low.wav", folder / "wet.wav").status == 0
    wet = soundfile.read(folder / "wet.wav", dtype="float32")[0]
    assert np.array_equal(wet, player.run(load_model(folder / "lead.nam"), dry))


def test_render_writes_over_a_recording_only_when_told_to(run, folder):
    (folder / "wet.wav").write_text("a take")
    words = "render", folder / "blues.toml", folder / "dry.wav", folder / "wet.wav"
    assert "wet.wav' is there already" in run(*words).fault
    assert (folder / "wet.wav").read_text() == "a take"
    assert run(*words, "--force").status == 0
    assert soundfile.info(folder / "wet.wav").frames


def test_render_of_another_amp_is_another_sound(run, folder):
    for amp in ("1", "Dry"):
        assert run("render", folder / "blues.toml", folder / "dry.wav", folder / f"{amp}.wav", "--amp", amp).status == 0
    clean, dry = (soundfile.read(folder / f"{amp}.wav")[0] for amp in ("1", "Dry"))
    assert np.abs(clean - dry).max() > 0.01


@pytest.mark.parametrize("source", ["amp.json", "blues.toml"])
@pytest.mark.parametrize("what", SPOILS)
def test_render_through_a_spoilt_model_leaves_nothing_behind(run, folder, what, source):
    said = spoil(folder, what)
    before = names(folder)
    ran = run("render", folder / source, folder / "dry.wav", folder / "wet.wav")
    assert said in ran.fault
    assert names(folder) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("blues.toml", "nothing.wav", "wet.wav"), "nothing.wav: "),
        (("blues.toml", "amp.json", "wet.wav"), "amp.json: "),
        (("bluse.toml", "dry.wav", "wet.wav"), "did you mean 'blues.toml'?"),
        (("blues.toml", "dry.wav", "no/such/wet.wav"), "there is no folder"),
        (("blues.toml", "dry.wav", "wet.mp3"), "only .wav and .flac are written"),
        (("blues.toml", "dry.wav", "wet.wav", "--amp", "Claen"), "no amp 'Claen'; did you mean 'Clean'?"),
        (("blues.toml", "dry.wav", "wet.wav", "--amp", "3"), "no amp 3"),
        (("dry.wav", "dry.wav", "wet.wav"), "dry.wav: "),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_render_of_what_cannot_be_rendered(run, folder, monkeypatch, words, said):
    monkeypatch.chdir(folder)
    before = names(folder)
    assert said in run("render", *words).fault
    assert names(folder) == before


def test_render_of_a_recording_with_no_sound_in_it(run, folder):
    soundfile.write(folder / "dry.wav", np.zeros(0), 48000)
    before = names(folder)
    assert "dry.wav: " in run("render", folder / "blues.toml", folder / "dry.wav", folder / "wet.wav").fault
    assert names(folder) == before


# ---- play, as far as a status and a line go; what it sounds like is in test_gig.py


def play(server, *words: object, stdin: str = "quit\n") -> subprocess.CompletedProcess:
    command = [RIG, "play", "--headless", "--server", server.name, *words]
    return subprocess.run(leashed(command), input=stdin, capture_output=True, text=True, timeout=120)


@pytest.mark.patient
def test_play_says_that_it_is_ready(jack_server, folder):
    done = play(jack_server, folder / "blues.toml", "--amp", "Dry", "--name", "rig-cli")
    assert (done.returncode, done.stderr) == (0, "")
    ready = json.loads(done.stdout.splitlines()[0])
    assert ready == {"event": "ready", "rate": 48000, "block": 64, "amps": ["Clean", "Dry"], "amp": "Dry"}


@pytest.mark.patient
def test_resume_plays_what_was_played_last(jack_server, folder, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    done = play(jack_server, folder / "blues.toml", "--name", "rig-cli", stdin="amp Dry\nlevel -3\nmute on\nquit\n")
    assert (done.returncode, done.stderr) == (0, "")
    done = play(jack_server, "--resume", "--name", "rig-cli", stdin="get level\nget muted\nquit\n")
    ready, *answers = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, ready["amp"]) == (0, "Dry")
    assert [answer["value"] for answer in answers if "value" in answer] == [-3, False]


@pytest.mark.patient
@pytest.mark.parametrize("what", SPOILS)
def test_play_of_a_spoilt_model(jack_server, folder, what):
    said = spoil(folder, what)
    done = play(jack_server, folder / "blues.toml", "--name", "rig-cli")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("rig: ")
    assert said in line


@pytest.mark.patient
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bluse.toml",), "rig: bluse.toml: no such preset file; did you mean 'blues.toml'?"),
        (("blues.toml", "--amp", "Claen"), "rig: no amp 'Claen'; did you mean 'Clean'?"),
        (("blues.toml", "--di", "nothing.wav"), "rig: nothing.wav: "),
        (("blues.toml", "--di", "amp.json"), "rig: amp.json: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_play_of_what_cannot_be_played(jack_server, folder, monkeypatch, words, said):
    monkeypatch.chdir(folder)
    done = play(jack_server, *words, "--name", "rig-cli")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(said)


LOADED = """
import importlib, pkgutil, sys
import rig.tui
for module in pkgutil.walk_packages(rig.tui.__path__, "rig.tui."):
    importlib.import_module(module.name)
from rig.cli import main
status = main(sys.argv[1:])
print(*sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(status)
"""


@pytest.mark.patient
def test_play_loads_neither_torch_nor_matplotlib(jack_server, folder):
    words = ["play", folder / "blues.toml", "--headless", "--server", jack_server.name, "--name", "rig-cli"]
    done = subprocess.run(
        leashed([sys.executable, "-c", LOADED, *words]), input="quit\n", capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    loaded = done.stdout.splitlines()[-1].split()
    assert {"rig", "numpy", "jack", "textual"} <= set(loaded)
    assert not {"torch", "matplotlib"} & set(loaded)


# ---- train, as far as it refuses; what it learns is in test_train.py


@pytest.mark.parametrize(
    ("dry", "wet", "output", "said"),
    [
        ("nothing.wav", "dry.wav", "new.json", "nothing.wav"),
        ("dry.wav", "amp.json", "new.json", "amp.json"),
        ("dry.wav", "slow.wav", "new.json", "44100"),
        ("dry.wav", "silent.wav", "new.json", "silent.wav"),
        ("dry.wav", "nan.wav", "new.json", "nan.wav"),
        ("dry.wav", "empty.wav", "new.json", "empty.wav"),
        ("dry.wav", "dry.wav", "no/such/new.json", "no/such"),
    ],
)
def test_train_on_what_is_no_capture_leaves_nothing_behind(run, folder, monkeypatch, dry, wet, output, said):
    pytest.importorskip("torch")
    tone = 0.5 * np.sin(np.arange(48000) / 10)
    soundfile.write(folder / "dry.wav", tone, 48000)
    soundfile.write(folder / "slow.wav", tone, 44100)
    soundfile.write(folder / "silent.wav", 0 * tone, 48000)
    soundfile.write(folder / "empty.wav", tone[:0], 48000)
    soundfile.write(folder / "nan.wav", np.where(np.arange(48000) == 7, np.nan, tone), 48000, subtype="FLOAT")
    monkeypatch.chdir(folder)
    before = names(folder)
    ran = run("train", dry, wet, "-o", output, "--epochs", "1")
    assert said in ran.fault
    assert ran.out == ""
    assert names(folder) == before


def test_train_without_pytorch_says_what_to_install(run, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    soundfile.write(folder / "dry.wav", np.zeros(480), 48000)
    ran = run("train", folder / "dry.wav", folder / "dry.wav", "-o", folder / "new.json")
    assert (ran.status, ran.fault) == (1, "rig train needs PyTorch: pip install 'rig-live[train]'")


@pytest.mark.parametrize(("share", "told"), [(0.1, ("switch",)), (0.8, ("switch", "silent", "one fades out before"))])
def test_check_says_how_long_a_switch_takes(run, folder, monkeypatch, share, told):
    from rig.report import switches

    monkeypatch.setattr(switches, "measured", lambda chain, block, rate: share * (len(chain.units) > 1))
    out = run("check", folder / "blues.toml").out
    assert all(word in out for word in told)
    assert ("silent" in out) == ("silent" in told)
    assert f"{100 * share:.0f} %, switch" in out
    amps = run("check", folder / "blues.toml", "--json").json["presets"][0]["amps"]
    assert all(list(amp["switch"]) == ["rate", "block", "load", "ms", "silent_ms"] for amp in amps)
    assert max(amp["switch"]["load"] for amp in amps) == share
    assert all(amp["switch"]["ms"] >= 10 + amp["switch"]["silent_ms"] for amp in amps)


def test_bench_measures_models_and_amps(tmp_path, rng, capsys):
    (tmp_path / "net.json").write_text(json.dumps(guitarml(rng)))
    (tmp_path / "b.toml").write_text('name = "B"\n[[amp]]\nname = "One"\nchain = [{ model = "net.json" }]\n')
    given = [str(tmp_path / "net.json"), str(tmp_path / "b.toml")]
    assert main(["bench", *given, "--seconds", "0.1", "--block", "16,64", "--json", "--isa", "all"]) == 0
    report = json.loads(capsys.readouterr().out)
    from rig import native

    assert set(report["peak_gmacs"]) == set(native.isas())
    assert len(report["rows"]) == 2 * len(native.isas())
    for row in report["rows"]:
        assert set(row) >= {"model", "isa", "block", "realtime", "share_of_peak", "p50_us", "p99_us", "max_us", "bytes"}
        assert 0 < row["share_of_peak"] < 1.5
        assert row["p50_us"] <= row["p99_us"] <= row["max_us"]
        assert row["realtime"] == pytest.approx(1e6 * row["block"] / 48_000 / row["p50_us"])
    assert report["amps"][0]["fits"] >= 1
    assert main(["bench", *given, "--seconds", "0.1", "--block", "64"]) == 0
    assert "One" in capsys.readouterr().out


def test_bench_paced_stands_beside_the_tight_figure_and_says_how_many_fit(tmp_path, rng, capsys):
    (tmp_path / "net.json").write_text(json.dumps(guitarml(rng)))
    (tmp_path / "b.toml").write_text('name = "B"\n[[amp]]\nname = "One"\nchain = [{ model = "net.json" }]\n')
    given = [str(tmp_path / "net.json"), str(tmp_path / "b.toml"), "--seconds", "0.1", "--block", "64"]
    assert main(["bench", *given, "--json", "--paced"]) == 0
    report = json.loads(capsys.readouterr().out)
    for row in (*report["rows"], *report["amps"]):
        assert 0 < row["paced"]["p50_us"] <= row["paced"]["p99_us"] <= row["paced"]["max_us"]
    amp = report["amps"][0]
    assert amp["fits"] == int(1e6 * amp["block"] / amp["rate"] / amp["paced"]["p99_us"])
    assert main(["bench", *given, "--paced"]) == 0
    assert capsys.readouterr().out.count("paced p99") == 2


def test_bench_refuses_an_instruction_set_that_there_is_not():
    assert main(["bench", "--isa", "abacus"]) == 1
