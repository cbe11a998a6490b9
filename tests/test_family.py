"""A family of model files that is added as CONTRIBUTING.md says: nothing more is needed, and every command knows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rig.cli import main
from rig.models import formats, player
from rig.models.formats.model import Family, Model
from rig.models.formats.network import Activation, Conv, RecurrentNet
from rig.models.formats.reading import required, single, title
from rig.report.facts import brief

GAIN = 0.25


def parse(file: Mapping[str, object], path: Path) -> Model:
    """The content of a toy: {"toy_gain": a factor}."""
    weights = np.full((1, 1, 1), single(required(file, "toy_gain"), "toy_gain"), np.float32)
    return Model(
        path=path,
        name=title(file.get("name"), path),
        family=TOY,
        architecture="Wire",
        network=RecurrentNet(((Conv(weights, np.zeros(1, np.float32)), Activation("linear")),)),
        weights=1,
    )


TOY = Family("toy", "Toy Amp", ("toy_gain",), parse, rate=24_000)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(formats, "FAMILIES", (*formats.FAMILIES, TOY))
    path = tmp_path / "toy.json"
    path.write_text(json.dumps({"toy_gain": GAIN, "name": "Wire"}))
    return path


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command prints that does its work, spaces made one."""

    def told(*argv: object) -> str:
        assert main([str(word) for word in argv]) == 0
        return " ".join(capsys.readouterr().out.split())

    return told


def test_it_plays(toy, rng):
    x = rng.normal(0, 0.1, 500).astype(np.float32)
    assert np.allclose(player.run(formats.load_model(toy), x), GAIN * x, atol=1e-7)


def test_what_is_told_of_it(toy, told):
    said = told("info", toy)
    assert "name Wire family Toy Amp architecture dense 1" in said
    assert "loads in rig only" in said
    found = json.loads(told("info", toy, "--json"))
    assert (found["family"], found["sample_rate"], found["fault"]) == ("toy", None, None)
    assert "toy.json Toy Amp" in told("info", toy.parent)
    assert brief(toy)[0].startswith("Toy Amp Wire")
    assert "ok" in told("check", toy)
    assert "Wire" in told("bench", toy, "--seconds", "0.1", "--block", "64")


def test_it_is_rendered_alone_and_in_a_preset(toy, told, rng):
    x = rng.normal(0, 0.1, 4800).astype(np.float32)
    dry, preset = toy.with_name("dry.wav"), toy.with_name("amp.toml")
    soundfile.write(dry, x, 24_000, subtype="FLOAT")
    preset.write_text('[[amp]]\nname = "Toy"\nchain = [{ model = "toy.json" }]\n')
    for source in (toy, preset):
        told("render", source, dry, toy.with_name("wet.wav"), "--force")
        wet = soundfile.read(toy.with_name("wet.wav"), dtype="float32")[0]
        assert np.abs(wet[500:] - GAIN * x[500:]).max() < 1e-4 or source == preset
    assert "Toy" in told("check", preset)


def test_it_is_not_converted(toy, capsys):
    assert main(["convert", str(toy), str(toy.with_name("amp.nam"))]) == 1
    assert "only GuitarML's and Neural Amp Modeler's models" in capsys.readouterr().err
