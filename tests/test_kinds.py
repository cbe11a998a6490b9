"""What a file is, by its content: the same answer wherever a file is named, and what to do about what it is not."""

from __future__ import annotations

import gzip
import json
import shutil
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from networks import nam_lstm

from rig.cli import main
from rig.document.read import read_preset
from rig.engine import registry
from rig.errors import QUOTED, RigError, did_you_mean, quoted
from rig.files import spelled, unreadable
from rig.kinds import (
    ARCHIVE,
    FOLDER,
    MODEL,
    PICTURE,
    POINTER,
    PRESET,
    SIDECAR,
    SOUND,
    UNKNOWN,
    UTF_16,
    WEB_PAGE,
    kind_of,
)
from rig.models.formats import load_model
from rig.report.facts import brief, check, facts

TOML = '# a set\n\n[[amp]]\nname = "Lead"\nchain = [{ model = "model" }]\n'
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 123\n"
PAGE = "\n\n<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n"
STRANGE = {
    "page": (PAGE, WEB_PAGE, "a web page, not {}; the link led to a page about the file: download the file itself"),
    "pointer": (LFS, POINTER, "a Git LFS pointer, not {}; the file that it stands for was not fetched: git lfs pull"),
    "zip": (None, ARCHIVE, "an archive, not {}; unpack it and name a file that was in it"),
    "gz": (gzip.compress(b"{}"), ARCHIVE, "an archive, not {}; unpack it"),
    "sidecar": (
        b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X",
        SIDECAR,
        "what macOS keeps beside a file, not {}; name the",
    ),
    "picture": (b"\x89PNG\r\n\x1a\n", PICTURE, "a picture, not {}"),
    "utf-16": ("{}".encode("utf-16"), UTF_16, "text in UTF-16, not {}; save it as UTF-8"),
}


@pytest.fixture
def folder(tmp_path: Path, rng) -> Path:
    """A preset, a model and a sound whose names say nothing, and all that is none of them."""
    (tmp_path / "preset").write_text(TOML)
    (tmp_path / "model").write_text(json.dumps(nam_lstm(rng)))
    soundfile.write(tmp_path / "sound.wav", 0.1 * np.ones(480), 48_000)
    (tmp_path / "sound.wav").rename(tmp_path / "sound")
    for name, (content, _, _) in STRANGE.items():
        if content is not None:
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with zipfile.ZipFile(tmp_path / "zip", "w") as packed:
        packed.write(tmp_path / "model")
    return tmp_path


@pytest.mark.parametrize("ending", ["", ".txt", ".toml", ".nam", ".json", ".wav"])
def test_what_it_is_hangs_on_no_ending(folder, ending):
    expected = {
        "preset": PRESET,
        "model": MODEL,
        "sound": SOUND,
        **{name: kind for name, (_, kind, _) in STRANGE.items()},
    }
    for name, kind in expected.items():
        path = shutil.copy(folder / name, folder / f"copy{ending}")
        assert kind_of(Path(path)) is kind, name


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.toml", "", PRESET),
        ("a.json", "not json at all", MODEL),
        ("a.json", "[1, 2]", MODEL),
        ("a.NAM", "\ufeff {", MODEL),
        ("a.wav", "x", SOUND),
        ("README.md", "A text.\n", UNKNOWN),
        ("a", "[output]\n", PRESET),
        ("a", "name = 'x'", PRESET),
        ("a", "[1, 2]\n", UNKNOWN),
    ],
)
def test_where_the_content_says_nothing_the_ending_does(tmp_path, name, content, kind):
    (tmp_path / name).write_text(content)
    assert kind_of(tmp_path / name) is kind


def test_what_is_not_there_is_of_the_kind_that_it_is_called(tmp_path):
    kinds = [kind_of(tmp_path / name) for name in ("a.toml", "a.nam", "a.wav", "a", ".", "a\0b")]
    assert kinds == [PRESET, MODEL, SOUND, UNKNOWN, FOLDER, UNKNOWN]


@pytest.mark.parametrize("ending", [".txt", ".toml", ".wav"])
def test_every_command_goes_by_the_content(folder, ending, capsys):
    """A model that is called anything plays, is checked as a model and told as one; so is a preset."""
    model, preset = folder / f"m{ending}", folder / f"p{ending}"
    shutil.copy(folder / "model", model)
    shutil.copy(folder / "preset", preset)
    assert [facts(path).kind for path in (model, preset, folder / "sound")] == ["model", "preset", "recording"]
    report = check([model, preset])
    assert [checked.kind for checked in report.presets] == ["model", "preset"]
    assert report.ok
    assert brief(model)[0].startswith("Neural Amp Modeler LSTM")
    assert brief(folder / "sound")[0].startswith("WAV ")
    for source in (model, preset):
        assert main(["render", str(source), str(folder / "sound"), str(folder / "wet.wav"), "--force"]) == 0
    assert main(["bench", str(preset), "--seconds", "0.1"]) == 0
    assert "Lead" in capsys.readouterr().out


def line(run, *words: object) -> str:
    """What a command fails with."""
    with pytest.raises(RigError) as caught:
        run(*words)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_found_in_place_of_a_file_is_said_and_what_to_do(folder, name):
    path, (_, kind, said) = folder / name, STRANGE[name]
    assert line(load_model, path).startswith(f"{path}: {said.format('a model')}")
    assert line(read_preset, path).startswith(f"{path}: {said.format('a preset')}")
    assert line(registry()["cab"].load, {"ir": path}, {}, 48_000).startswith(f"{path}: {said.format('a sound file')}")
    if kind.advice:
        assert line(facts, path) == f"{path}: {kind.words}; {kind.advice}"
    named = Path(shutil.copy(path, folder / "amp.nam"))
    (checked,) = check([named]).presets
    assert checked.kind == "model"
    assert checked.faults[0].startswith(f"{named}: {said.format('a model')}")


def test_one_of_ours_in_place_of_another_is_called_that(folder):
    assert line(load_model, folder / "preset") == f"{folder / 'preset'}: a preset, not a model"
    assert line(load_model, folder / "sound") == f"{folder / 'sound'}: a sound file, not a model"
    assert line(read_preset, folder / "model") == f"{folder / 'model'}: a model, not a preset"
    cab = registry()["cab"].load
    assert line(cab, {"ir": folder / "model"}, {}, 48_000) == f"{folder / 'model'}: a model, not a sound file"


# ---- names


def test_a_broken_link_is_called_that(folder):
    (folder / "lead.nam").symlink_to("gone.nam")
    (folder / "models").symlink_to(folder / "elsewhere")
    assert unreadable(folder / "lead.nam", "model") == "a broken link: there is no 'gone.nam'"
    inside = unreadable(folder / "models" / "a.nam", "model", "models/a.nam")
    assert inside == f"model file 'models/a.nam' is a broken link at 'models': there is no '{folder / 'elsewhere'}'"
    (folder / "set.toml").write_text(TOML.replace('"model"', '"lead.nam"'))
    assert line(read_preset, folder / "set.toml").endswith(
        "model file 'lead.nam' is a broken link: there is no 'gone.nam'"
    )


@pytest.mark.parametrize(("here", "asked"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_name_is_found_however_unicode_writes_it(folder, here, asked):
    """What macOS packed has another `ü` than what a player types elsewhere."""
    name = "Grüße/Übersteuert é.nam"
    there = folder / unicodedata.normalize(here, name)
    there.parent.mkdir()
    shutil.copy(folder / "model", there)
    wanted = unicodedata.normalize(asked, name)
    assert wanted != unicodedata.normalize(here, name)
    assert spelled(folder / wanted) == there
    (folder / "set.toml").write_text(TOML.replace('"model"', f'"{wanted}"'))
    assert read_preset(folder / "set.toml").amps[0].chain[0].files["model"] == there
    assert main(["check", str(folder / wanted)]) == 0
    absent = folder / wanted / "none"
    assert spelled(absent) == absent


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("CRUNCH.NAM", "no model file 'CRUNCH.NAM'; did you mean 'Crunch.nam'?"),
        ("crunch.nam", "no model file 'crunch.nam'; did you mean 'Crunch.nam'?"),
        ("Crunch", "no model file 'Crunch'; did you mean 'Crunch.nam'?"),
        ("crunch", "no model file 'crunch'; did you mean 'Crunch.nam'?"),
        ("Models\\Crunch.nam", "no model file 'Models\\Crunch.nam'; write / in place of \\"),
        (
            "C:\\Amps\\Crunch.nam",
            "no model file 'C:\\Amps\\Crunch.nam'; that is a path of Windows: write where it lies here, with /",
        ),
        ("D:/Crunch.nam", "no model file 'D:/Crunch.nam'; that is a path of Windows: write where it lies here, with /"),
    ],
)
def test_hints_for_a_name_that_is_nearly_right(folder, wanted, said):
    shutil.copy(folder / "model", folder / "Crunch.nam")
    assert unreadable(folder / wanted, "model", wanted) == said


def test_a_backslash_may_be_part_of_a_name(folder):
    shutil.copy(folder / "model", folder / "a\\b.nam")
    assert unreadable(folder / "a\\b.nam", "model") == ""


def test_messages_repeat_no_more_than_200_letters(folder, capsys):
    long = "x" * 5000
    assert len(quoted(long)) == QUOTED + 2
    assert len(unreadable(folder / "none" / "a.nam", "model", long)) < QUOTED + 100
    assert did_you_mean(long, [long + "y"]) == ""
    for words in (["check"] * 0 + [long], ["info", "x", f"--{long}"], ["render", "a", "b", "c", "--block", long]):
        with pytest.raises(SystemExit):
            main(words)
        assert len(capsys.readouterr().err) < 500
    assert quoted("a\nb\x1b") == "'a·b·'"
