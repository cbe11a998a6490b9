"""Presets: what is read, and every fault with the line a player sees."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import guitarml

from rig.document.document import COLOURS, FOOT_VERBS, Binding, EngineSpec, Metronome, Pick, Target, labels
from rig.document.read import examine
from rig.document.read import read_preset as load
from rig.document.read_midi import read_midi
from rig.document.read_wiring import JACK
from rig.engine import Engine, Param, Setting
from rig.errors import RigError

PRESETS = Path(__file__).resolve().parent.parent / "presets"
ENGINES = {
    engine.name: engine
    for engine in (
        Engine("gain", "Louder.", (Param("gain", "dB", "how much", -60, 60, 0),)),
        Engine("gate", "Quiet.", (Param("threshold", "dB", "", -100, 0, -80), Param("ratio", "", "", 0, 1, 0.1))),
        Engine("eq", "Tone.", (Param("bass", "dB", "", -8, 8, 0), Param("treble", "dB", "", -8, 8, 0))),
        Engine(
            "model",
            "An amp.",
            (Param("level", "dB", "", -24, 24, 0),),
            files=("model",),
            settings=(Setting("quality", "", "", 0, 1, 1), Setting("normalize", "", "", 0, 1, 0, switch=True)),
            aliases=("wavenet", "lstm"),
        ),
        Engine("cab", "A cabinet.", (Param("level", "dB", "", -24, 24, 0),), files=("ir",)),
        Engine("twin", "Two.", (), files=("ir", "other")),
    )
}

BLUES = """
name = "Blues"

[input]
chain = [{ engine = "gate", threshold = -70 }]

[[amp]]
name = "Clean"
chain = [
  { engine = "wavenet", model = "models/clean.json" },
  { engine = "eq", bass = 1.5, treble = -1 },
]

[[amp]]
name = "Crunch"
key = "2"
level = -2.0
chain = [{ engine = "gain", gain = 6 }, { model = "models/crunch.json", level = -3 }]

[output]
chain = [{ ir = "cabs/open.wav" }]

[jack]
in = "system:capture_1"
out = ["system:playback_1", "system:playback_2"]

[midi]
program = { 0 = "Clean", 1 = "Crunch" }
cc = { 11 = "Crunch.gain.gain", 12 = "input.gate.threshold", 13 = "output.cab.level" }
"""

COLOURED = " or ".join(f'"{colour}"' for colour in COLOURS)
AMP = '[[amp]]\nname = "Clean"\nchain = [{ engine = "gain" }]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("models/clean.json", "models/crunch.json", "cabs/open.wav"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"content is not looked at here")
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "blues.toml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> list[str]:
    """All faults of a preset, without the path each must start with."""
    path = write(folder, text)
    _, found = examine(path, ENGINES)
    assert all(line.startswith(f"{path}: ") and "\n" not in line for line in found)
    return [line.removeprefix(f"{path}: ") for line in found]


# ---- what is read


def test_a_whole_preset(folder):
    preset = load(write(folder, BLUES), ENGINES)
    assert preset.name == "Blues"
    assert preset.input == (EngineSpec("gate", {"threshold": -70.0}, label="gate"),)
    assert preset.output == (EngineSpec("cab", {}, {"ir": folder / "cabs/open.wav"}, label="cab"),)
    clean, crunch = preset.amps
    assert (clean.name, clean.key, clean.level) == ("Clean", None, 0.0)
    assert clean.chain[0] == EngineSpec("model", {}, {"model": folder / "models/clean.json"}, label="model")
    assert clean.chain[1] == EngineSpec("eq", {"bass": 1.5, "treble": -1.0}, label="eq")
    assert (crunch.name, crunch.key, crunch.level) == ("Crunch", "2", -2.0)
    assert crunch.chain[1] == EngineSpec(
        "model", {"level": -3.0}, {"model": folder / "models/crunch.json"}, label="model"
    )
    assert preset.jack.ports == {
        "in": ("system:capture_1",),
        "out_1": ("system:playback_1",),
        "out_2": ("system:playback_2",),
    }
    assert preset.midi.program == {0: Pick(clean.uid), 1: Pick(crunch.uid)}
    assert preset.midi.cc[11] == Binding(Target(crunch.chain[0].uid, "gain"))


def test_the_least_that_is_a_preset(folder):
    preset = load(write(folder, AMP), ENGINES)
    assert preset.name == "blues"
    assert (preset.input, preset.output) == ((), ())
    assert preset.jack.ports == {}
    assert (preset.midi.program, preset.midi.cc) == ({}, {})


def test_settings_are_read_as_given_and_filled_in_for_the_engine(folder):
    text = AMP.replace('engine = "gain"', 'model = "models/clean.json", normalize = true, level = 2')
    (spec,) = load(write(folder, text), ENGINES).amps[0].chain
    assert (spec.params, spec.settings) == ({"level": 2.0}, {"normalize": 1.0})
    assert ENGINES["model"].settled(spec.settings) == {"quality": 1.0, "normalize": 1.0}


def test_the_level_of_the_interface_stands_with_the_input(folder):
    assert load(write(folder, "[input]\ndbu = 12.5\n" + AMP), ENGINES).dbu == 12.5
    assert load(write(folder, AMP), ENGINES).dbu is None
    assert faults(folder, "[input]\ndbu = 99\n" + AMP) == ["input: dbu = 99 is out of range: -40 to 60 dBu"]
    assert faults(folder, AMP + "[output]\ndbu = 4\n") == ["output: unknown key 'dbu'; known: chain"]


def test_one_engine_plays_every_model_and_older_names_mean_it(folder, rng, shared):
    (folder / "net.json").write_text(json.dumps(guitarml(rng)))
    shutil.copy(shared / "models/nam/BossLSTM-1x16.nam", folder / "boss.nam")
    chain = (
        "[{ model = 'net.json' }, { model = 'boss.nam' }, { engine = 'lstm', model = 'net.json', normalize = true }]"
    )
    preset = load(write(folder, f"[[amp]]\nname = 'A'\nchain = {chain}\n[midi]\ncc = {{ 1 = 'A.model3.drive' }}"))
    assert [spec.engine for spec in preset.amps[0].chain] == ["model", "model", "model"]
    assert preset.amps[0].chain[2].settings == {"normalize": 1.0}


def test_files_are_found_beside_the_preset_wherever_one_stands(folder, monkeypatch):
    write(folder, BLUES)
    (folder / "else").mkdir()
    monkeypatch.chdir(folder / "else")
    preset = load(Path("../blues.toml"), ENGINES)
    assert preset.path == Path("../blues.toml")
    assert preset.output[0].files["ir"] == folder / "cabs/open.wav"


def test_a_second_engine_of_a_name_has_a_number():
    assert labels(["gain", "eq", "gain", "gain"]) == ("gain", "eq", "gain2", "gain3")


@pytest.mark.parametrize("path", sorted(PRESETS.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_presets_are_whole(path):
    preset = load(path)
    assert len(preset.amps) >= 3
    assert preset.input[0].engine == "gate"
    for amp in preset.amps:
        loudspeaker = "cab" in [spec.engine for spec in (*amp.chain, *preset.output)]
        assert loudspeaker == (path.stem != "acoustic"), "which has no amplifier, either"


def test_blues_has_the_three_that_everyone_asks_for():
    preset = load(Path(__file__).parent.parent / "presets" / "blues.toml")
    assert {"Clean", "Crunch", "Lead"} <= {amp.name for amp in preset.amps}


# ---- what is refused


def test_a_missing_model_reads_as_the_house_promises(folder, monkeypatch):
    (folder / "presets").mkdir()
    (folder / "models").rename(folder / "presets/models")
    (folder / "cabs").rename(folder / "presets/cabs")
    path = folder / "presets/blues.toml"
    swapped = BLUES.replace('{ engine = "gain", gain = 6 }, { model = "models/crunch.json", level = -3 }', "CRUNCH")
    path.write_text(swapped.replace("CRUNCH", '{ model = "models/crunch.jsn" }, { engine = "gain" }'))
    monkeypatch.chdir(folder)
    with pytest.raises(RigError) as caught:
        load(Path("presets/blues.toml"), ENGINES)
    assert str(caught.value) == (
        "presets/blues.toml: amp 2 'Crunch', engine 1: no model file 'models/crunch.jsn'; did you mean 'crunch.json'?"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        ("name = 'x'\n[[amp]\n", "line 2, column 6: Expected ']]' at the end of an array declaration"),
        ('name = "x', "line 1, the end of the file: "),
        ("name = 'x'\nname = 'y'\n" + AMP, "line 2, column 11: Cannot overwrite a value"),
        ("a = " + "[" * 50_000, "nested too deeply for a preset"),
        ("a = " + "9" * 5_000, "a number has hundreds of digits"),
        ("a = 0x" + "9" * 5_000, "a number has hundreds of digits"),
        ("[input]\ndbu = [{ x = 0x" + "9" * 5_000 + " }]", "a number has hundreds of digits"),
    ],
    ids=["empty", "bracket", "end", "twice", "deep", "long", "hex", "inside"],
)
def test_what_is_no_toml(folder, text, expected):
    (line,) = faults(folder, text)
    assert line.startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name = 'x'", "no amp; a preset needs at least one [[amp]]"),
        (AMP.replace("[[amp]]", "[amp]"), "an amp starts with [[amp]], in two pairs of brackets"),
        ("amp = 3", "amp must be tables, each of which starts with [[amp]]"),
        ("".join(AMP.replace("Clean", f"A{i}") for i in range(65)), "65 amps; a preset has at most 64"),
        ("nmae = 'x'\n" + AMP, "unknown key 'nmae'; did you mean 'name'?"),
        (
            "volume = 3\n" + AMP,
            "unknown key 'volume'; known: name, tempo, follow, tuning, a4, boost, revert_scenes, input, amp, output, "
            "metronome, jack, midi",
        ),
        (AMP + "[inputs]\n", "unknown key 'inputs'; did you mean 'input'?"),
        ("name = 3\n" + AMP, "name must be a text in quotes, not a number"),
        ("name = ''\n" + AMP, 'name = "" must be 1 to 40 letters on one line, with no space around'),
        ("input = 'gate'\n" + AMP, "input must be a table, not a text"),
        (AMP + "[input]\nchian = []\n", "input: unknown key 'chian'; did you mean 'chain'?"),
        (AMP + "[output]\nchain = {}\n", "output: chain must be a list of engines, not a table"),
    ],
    ids=lambda value: value[-40:],
)
def test_faults_at_the_top(folder, text, expected):
    assert faults(folder, text) == [expected]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "level = 3",
            [
                'amp 2: no name; give it one: name = "Clean"',
                'amp 2: no chain; give it one: chain = [{ engine = "gain" }]',
            ],
        ),
        (
            "name = 'B'\nchian = []",
            [
                "amp 2 'B': unknown key 'chian'; did you mean 'chain'?",
                "amp 2 'B': no chain; give it one: chain = [{ engine = \"gain\" }]",
            ],
        ),
        ("name = 'B'\nchain = 'gain'", ["amp 2 'B': chain must be a list of engines, not a text"]),
        (
            'name = "B\\u0007"\nchain = []',
            ["amp 2: name = 'B\\x07' must be 1 to 40 letters on one line, with no space around"],
        ),
        ("name = 'input'\nchain = []", ["amp 2 'input': the name 'input' is taken by the input chain"]),
        ("name = 'clean'\nchain = []", ["amp 2 'clean': amp 1 has the same name"]),
        ("name = 'B'\nkey = 2\nchain = []", ["amp 2 'B': a key stands in quotes: key = \"2\""]),
        ("name = 'B'\nkey = '0'\nchain = []", ['amp 2 \'B\': key = "0": "1" to "9" are keys']),
        ("name = 'B'\ncolour = 'blau'\nchain = []", [f"amp 2 'B': colour = \"blau\" must be {COLOURED}"]),
        ("name = 'B'\nkey = 'x'\nchain = []", ['amp 2 \'B\': key = "x": "1" to "9" are keys']),
        ("name = 'B'\nkey = ''\nchain = []", ['amp 2 \'B\': key = "": "1" to "9" are keys']),
        ("name = 'B'\nkey = '1'\nchain = []", ["amp 2 'B': key \"1\" already picks amp 1 'Clean'"]),
        ("name = 'B'\nlevel = 25\nchain = []", ["amp 2 'B': level = 25 is out of range: -60 to 24 dB"]),
        ("name = 'B'\nlevel = -61\nchain = []", ["amp 2 'B': level = -61 is out of range: -60 to 24 dB"]),
        ("name = 'B'\nlevel = nan\nchain = []", ["amp 2 'B': level = nan is out of range: -60 to 24 dB"]),
        ("name = 'B'\nlevel = true\nchain = []", ["amp 2 'B': level must be a number, not true or false"]),
        ("name = 'B'\nlevel = '3'\nchain = []", ["amp 2 'B': level must be a number, not a text"]),
        ("name = 'B'\nlevel = 2026-11-22\nchain = []", ["amp 2 'B': level must be a number, not a date or time"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_faults_of_an_amp(folder, lines, expected):
    text = AMP.replace("chain", 'key = "1"\nchain') + "[[amp]]\n" + lines
    assert faults(folder, text) == expected


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("{ engine = 'modle', model = 'models/clean.json' }", "unknown engine 'modle'; did you mean 'model'?"),
        ("{ engine = 'flux' }", "unknown engine 'flux'; known: gain, gate, eq, model, cab, twin"),
        ("{ engine = 3 }", "engine must be a text in quotes, not a number"),
        ("{ engine = 'gain', gian = 3 }", "gain has no 'gian'; did you mean 'gain'?"),
        ("{ engine = 'eq', gain = 3 }", "eq has no 'gain'; known: bass, treble"),
        ("{ engine = 'eq', bass = 15 }", "eq bass = 15 is out of range: -8 to 8 dB"),
        ("{ engine = 'eq', bass = -inf }", "eq bass = -inf is out of range: -8 to 8 dB"),
        ("{ engine = 'eq', bass = nan }", "eq bass = nan is out of range: -8 to 8 dB"),
        ("{ engine = 'gate', ratio = 2 }", "gate ratio = 2 is out of range: 0 to 1"),
        ("{ engine = 'eq', bass = '3' }", "eq bass must be a number, not a text"),
        ("{ engine = 'eq', bass = false }", "eq bass must be a number, not true or false"),
        ("{ model = 'models/clean.json', quality = 2 }", "model quality = 2 is out of range: 0 to 1"),
        ("{ model = 'models/clean.json', quality = true }", "model quality must be a number, not true or false"),
        (
            "{ model = 'models/clean.json', normalize = 1 }",
            "model normalize = 1 must be true or false, without quotes",
        ),
        (
            "{ model = 'models/clean.json', normalize = 'true' }",
            'model normalize = "true" must be true or false, without quotes',
        ),
        ("{ model = 'models/clean.json', normalise = true }", "model has no 'normalise'; did you mean 'normalize'?"),
        ("{ engine = 'wavenet' }", 'model needs a file: model = "..."'),
        ("{ engine = 'wavenet', model = 3 }", "model must be a path in quotes, not a number"),
        ("{ engine = 'wavenet', model = 'models' }", "model file 'models' is a folder, not a file"),
        ("{ model = 'modles/clean.json' }", "no model file 'modles/clean.json'; did you mean 'models'?"),
        ('{ model = "models/x\\u0000.json" }', "model = 'models/x\\x00.json' is no path"),
        ("{ ir = 'cabs/opne.wav' }", "no ir file 'cabs/opne.wav'; did you mean 'open.wav'?"),
        (
            "{ ir = 'cabs/open.wav', other = 'cabs/open.wav' }",
            'which engine? It may be cab or twin; write engine = "..."',
        ),
        ("{ modle = 'models/clean.json' }", "no engine; did you mean 'model'?"),
        ("{ enigne = 'gain' }", "no engine; did you mean 'engine'?"),
        ("{ }", 'no engine; name one: engine = "gain"'),
        ("'gate'", 'must be written { engine = "gate" }, not a text'),
        ("3", 'must be written { engine = "gain" }, not a number'),
    ],
    ids=lambda value: value[:40],
)
def test_faults_of_an_engine(folder, engine, expected):
    text = f"[[amp]]\nname = 'Clean'\nchain = [{{ engine = 'gain' }}, {engine}]\n"
    assert faults(folder, text) == [f"amp 1 'Clean', engine 2: {expected}"]
    assert faults(folder, AMP + f"[output]\nchain = [{engine}]\n") == [f"output, engine 1: {expected}"]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("[jack]\ninput = 'a:b'", f"jack: unknown key 'input'; known: {', '.join(JACK)}"),
        ("[jack]\nsend_1 = 'a:b'", "jack: unknown key 'send_1'; did you mean 'send'?"),
        (
            "[jack]\ndi = ['tape']",
            'jack: di = [\'tape\'] is no list of ports; write it as ["system:capture_1", "system:capture_2"]',
        ),
        ("[jack]\nout = 'a:b'\nout_2 = 'a:c'", "jack: out stands beside out_2: one of both"),
        ("[jack]\nouts = 'a:b'", "jack: unknown key 'outs'; did you mean 'out'?"),
        ("[jack]\nin = 3", 'jack: in = 3 is no port; write it as "system:capture_1"'),
        ("[jack]\nin = 'guitar'", 'jack: in = "guitar" is no port; write it as "system:capture_1"'),
        (
            "[jack]\nout = []",
            'jack: out = [] is no pair of ports; write it as ["system:playback_1", "system:playback_2"]',
        ),
        (
            "[jack]\nout = ['a:1', 'a:2', 'a:3']",
            "jack: out = ['a:1', 'a:2', 'a:3'] is no pair of ports; write it as [\"system:playback_1\", \"system:playback_2\"]",
        ),
        ("jack = 3", "jack must be a table, not a number"),
        ("[midi]\nprograms = {}", "midi: unknown key 'programs'; did you mean 'program'?"),
        ("[midi]\nprogram = ['Clean']", "midi: program must be a table, not a list"),
        ("[midi]\nprogram = { 0 = 'Cleen' }", "midi: program 0: no amp 'Cleen'; did you mean 'Clean'?"),
        ("[midi]\nprogram = { 128 = 'Clean' }", "midi: program 128: no number from 0 to 127"),
        ("[midi]\nprogram = { first = 'Clean' }", "midi: program first: no number from 0 to 127"),
        ("[midi]\nprogram = { 1 = 'Clean', 01 = 'Clean' }", "midi: program 1 is there twice"),
        ("[midi]\nprogram = { 1 = 2 }", "midi: program 1 must be a text in quotes, not a number"),
        (
            "[midi]\ncc = { 11 = 'gain' }",
            'midi: cc 11: \'gain\' must be "Amp.engine.param", as in "Crunch.gain.gain"'
            f", or a verb: {', '.join(FOOT_VERBS)}",
        ),
        ("[midi]\ncc = { 11 = 'Cleen.gain.gain' }", "midi: cc 11: no amp 'Cleen'; did you mean 'Clean'?"),
        ("[midi]\ncc = { 11 = 'Clean.gian.gain' }", "midi: cc 11: no engine 'gian' in 'Clean'; did you mean 'gain'?"),
        ("[midi]\ncc = { 11 = 'Clean.gain.gian' }", "midi: cc 11: gain has no 'gian'; did you mean 'gain'?"),
        ("[midi]\ncc = { 11 = 'Clean.gain2.gain' }", "midi: cc 11: no engine 'gain2' in 'Clean'; did you mean 'gain'?"),
    ],
    ids=lambda value: value[:40],
)
def test_faults_of_wiring_and_midi(folder, table, expected):
    text = table + "\n" + AMP if table.startswith("jack =") else AMP + table
    assert faults(folder, text) == [expected]


def test_all_faults_are_found_and_the_rest_is_read(folder):
    text = BLUES.replace("crunch.json", "crunch.jsn").replace("bass = 1.5", "bas = 1.5").replace("-2.0", "-99")
    preset, found = examine(write(folder, text), ENGINES)
    assert [line.removeprefix(f"{preset.path}: ") for line in found] == [
        "amp 1 'Clean', engine 2: eq has no 'bas'; did you mean 'bass'?",
        "amp 2 'Crunch', engine 2: no model file 'models/crunch.jsn'; did you mean 'crunch.json'?",
        "amp 2 'Crunch': level = -99 is out of range: -60 to 24 dB",
    ]
    assert [amp.name for amp in preset.amps] == ["Clean", "Crunch"]
    assert [spec.engine for spec in preset.amps[1].chain] == ["gain"]


def test_a_torn_chain_is_not_blamed_twice(folder):
    text = BLUES.replace("gain = 6", "gain = 600")
    assert faults(folder, text) == ["amp 2 'Crunch', engine 1: gain gain = 600 is out of range: -60 to 60 dB"]


def test_a_missing_preset_names_its_neighbour(folder):
    write(folder, BLUES)
    with pytest.raises(RigError) as caught:
        load(folder / "bluse.toml", ENGINES)
    assert str(caught.value) == f"{folder / 'bluse.toml'}: no such preset file; did you mean 'blues.toml'?"


def test_a_preset_that_is_not_text(folder):
    path = folder / "blues.toml"
    path.write_bytes(b"name = '\xe9'")
    with pytest.raises(RigError, match="no text at byte 8, so this is no preset"):
        load(path, ENGINES)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(start=st.integers(0, len(BLUES)), length=st.integers(0, 30), junk=st.text(max_size=10))
def test_any_damage_gives_a_preset_or_lines(folder, start, length, junk):
    path = folder / "blues.toml"
    path.write_text(BLUES[:start] + junk + BLUES[start + length :], encoding="utf-8", errors="replace")
    preset, found = examine(path, ENGINES)
    assert preset is not None or found
    assert all(line.startswith(f"{path}: ") and "\n" not in line for line in found)


def test_the_preset_in_the_readme_is_one(folder):
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    example, scenes, chain, low, wide, wah, clock, midi, own, gear, two, plug_ins, louder = examples
    for name in re.findall(r'(?:model|ir2?) = "(.*?)"', example + scenes + chain + low + wide + wah + two):
        shutil.copy(PRESETS / name, folder / name)
    (both,) = load(write(folder, f"[[amp]]\nname = 'Both'\n{chain}")).amps
    assert [spec.branch for spec in both.chain] == ["a", "b", "b", ""]
    (tuned,) = load(write(folder, f"[[amp]]\nname = 'Low'\n{low}"), None).amps
    assert [spec.engine for spec in tuned.chain] == ["pitch", "model"]
    (follows,) = load(write(folder, f"[[amp]]\nname = 'Wah'\n{wah}"), None).amps
    assert "wah" in [spec.engine for spec in follows.chain]
    (mixed,) = load(write(folder, f"[[amp]]\nname = 'Two'\nchain = [{two}]"), None).amps
    assert list(mixed.chain[0].files) == ["ir", "ir2"]
    assert plug_ins.count('engine = "lv2"') == 2  # installed here or not: see test_lv2_installed
    output = example[example.index("[output]") : example.index("[jack]")]
    (lead,) = load(write(folder, scenes + output)).amps
    assert (lead.chain[0].label, lead.chain[0].on, lead.scenes[0].level) == ("boost", False, 3)
    assert sorted(lead.scenes[0].values.values()) == [-1, 1]
    (solo,) = load(write(folder, scenes.partition("[[amp.scene]]")[0] + louder + output)).amps[0].scenes
    assert (solo.level, solo.louder, solo.meant, len(solo.values)) == (0, 3, 3, 1)
    feet = load(write(folder, f"{scenes}[[amp]]\nname = 'Clean'\nchain = []\n{output}{midi}")).midi
    assert (len(feet.program), len(feet.note), len(feet.cc), feet.wheel is None) == (2, 2, 7, False)
    (folder / "midi.toml").write_text(own)
    pedals, boards, found = read_midi(folder / "midi.toml")
    assert (sorted(pedals.cc), boards.midi, found) == ([7, 80, 81], ("FCB1010",), ())
    told = (
        gear.replace("{ Lead =", "{ Clean =")
        .replace('"Lead:Solo"', '"Clean:Solo"')
        .replace(', Clean = "pc 2 0" }', " }")
    )
    scene = AMP + '[[amp.scene]]\nname = "Solo"\nlevel = 3\n'
    sends = load(write(folder, scene + told)).midi
    assert (sends.begin, len(sends.send)) == (("bank 2 1",), 2)
    with_echoes = load(write(folder, wide), None)
    assert with_echoes.tempo == 92
    led = load(write(folder, clock + AMP))
    assert (led.follow, led.metronome) == ("midi", Metronome(3, -18.0, "click"))
    assert [spec.engine for spec in with_echoes.amps[0].chain] == ["model", "cab", "delay", "reverb"]
    preset = load(write(folder, example))
    assert [amp.name for amp in preset.amps] == ["Clean", "Crunch"]
