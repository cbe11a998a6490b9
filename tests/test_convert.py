"""`rig convert`: the same sound from the other kind of file, or one line that says why not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from model_files import variable, write
from networks import guitarml, keras, nam_a1, nam_array, nam_lstm, proteus
from reference import forward

from rig.cli import main
from rig.errors import RigError
from rig.models.convert import convert
from rig.models.formats import Model, load_model

FRAMES = 300
KINDS = ("gated", "tanh", "sigmoid", "relu")


def fault(source: Path, target: str = "out.nam") -> str:
    with pytest.raises(RigError) as caught:
        convert(source, source.parent / target)
    assert not (source.parent / target).exists()
    return str(caught.value).removeprefix(f"{source}: ")


def settled(model: Model, x: np.ndarray) -> np.ndarray:
    """In float64, its level included, after silence for as long as it remembers."""
    return model.level * forward(model.network, x, model.network.receptive_field)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "sizes", [(1, 3, (1,)), (4, 2, (1, 2, 4, 8)), (5, 3, (1, 2, 4) * 2), (16, 3, (1, 2) * 10)], ids=str
)
def test_there_and_back(tmp_path, rng, kind, sizes):
    channels, taps, dilations = sizes
    source = write(tmp_path, guitarml(rng, channels, taps, dilations, kind, level_adjust=1.7, sample_rate=48_000))
    x = rng.normal(0.0, 0.3, FRAMES)
    convert(source, tmp_path / "there.nam")
    convert(tmp_path / "there.nam", tmp_path / "back.json")
    first, there, back = (load_model(tmp_path / name) for name in ("amp.json", "there.nam", "back.json"))
    expected = settled(first, x)
    size = max(1.0, np.abs(expected).max())
    assert np.abs(settled(there, x) - expected).max() < 3e-6 * size
    assert np.abs(settled(back, x) - expected).max() < 3e-6 * size
    assert (there.level, back.level) == (1.0, 1.0)
    assert (there.family.name, back.family.name) == ("nam", "guitarml")
    assert there.network.receptive_field == first.network.receptive_field
    assert back.weights == first.weights
    assert (there.sample_rate, back.sample_rate) == (48_000, 48_000)


def test_layers_that_are_not_heard(tmp_path, rng):
    content = guitarml(rng, 4, 3, (1, 2, 4, 8))
    heads = variable(content, 4, "W")["data"]
    heads[4:8] = heads[12:16] = [0.0] * 4
    source = write(tmp_path, content)
    convert(source, tmp_path / "out.nam")
    x = rng.normal(0.0, 0.3, FRAMES)
    expected = settled(load_model(source), x)
    assert np.abs(settled(load_model(tmp_path / "out.nam"), x) - expected).max() < 3e-6


def test_what_a_file_says_of_itself_goes_along(tmp_path, rng):
    said = {"name": "Deluxe", "esr": 0.01, "gear_make": "Acme", "date": "2026-11-20", "sample_rate": None}
    source = write(tmp_path, guitarml(rng, **said))
    notes = convert(source, tmp_path / "out.nam")
    content = json.loads((tmp_path / "out.nam").read_text())
    metadata = content["metadata"]
    assert (metadata["name"], metadata["esr"], metadata["gear_make"]) == ("Deluxe", 0.01, "Acme")
    assert metadata["date"] == {"year": 2026, "month": 11, "day": 20, "hour": 0, "minute": 0, "second": 0}
    assert content["sample_rate"] == 44_100
    assert "no sample rate was stated" in notes[0]
    assert metadata["loudness"] == pytest.approx(load_model(tmp_path / "out.nam").loudness_db)
    convert(tmp_path / "out.nam", tmp_path / "back.json")
    assert load_model(tmp_path / "back.json").name == "Deluxe"


NOTES = ("weights", "layers", "model_data", "config", "architecture", "activation", "dilations", "level_adjust")


def test_what_a_file_says_of_itself_is_not_taken_for_its_network(tmp_path, rng):
    convert(write(tmp_path, guitarml(rng)), tmp_path / "there.nam")
    content = json.loads((tmp_path / "there.nam").read_text())
    content["metadata"] |= dict.fromkeys(NOTES, "a note")
    convert(write(tmp_path, content, "noted.nam"), tmp_path / "back.json")
    assert load_model(tmp_path / "back.json").metadata["weights"] == "a note"


def test_a_rate_that_was_assumed_is_stated_in_the_new_file(tmp_path, rng):
    """Each family assumes another."""
    convert(write(tmp_path, guitarml(rng)), tmp_path / "stated.nam")
    content = json.loads((tmp_path / "stated.nam").read_text())
    del content["sample_rate"]
    notes = convert(write(tmp_path, content, "amp.nam"), tmp_path / "out.json")
    assert notes[0] == "no sample rate was stated: 48000 Hz, as Neural Amp Modeler's files are made for"
    assert load_model(tmp_path / "out.json").sample_rate == 48_000


def test_models_that_players_have(tmp_path, shared):
    for source in sorted((shared / "models" / "guitarml").iterdir()):
        notes = convert(source, tmp_path / "out.nam")
        assert float(notes[-1].split()[4]) < 5e-6, source.name


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("softgated", "softgated, which only the newest players of .nam files know; not converted"),
        ("softsign", "softsign, which only the newest players of .nam files know; not converted"),
        ("linear", "linear, which only the newest players of .nam files know; not converted"),
    ],
)
def test_what_the_first_architecture_lacks(tmp_path, rng, kind, said):
    assert fault(write(tmp_path, guitarml(rng, activation=kind))) == said


def test_what_is_not_converted(tmp_path, rng):
    def refused(content: dict, target: str = "out.nam") -> str:
        return fault(write(tmp_path, content), target)

    assert refused(guitarml(rng, inputs=2)) == "a model with a knob; Neural Amp Modeler's have none"
    assert refused(guitarml(rng), "out.json") == "is such a file already"
    assert "a model's name ends in .nam" in refused(guitarml(rng), "out.wav")
    assert "there is no folder" in refused(guitarml(rng), "none/out.nam")
    for other in (keras(rng), proteus(rng)):
        assert refused(other) == "only GuitarML's and Neural Amp Modeler's models are converted into each other"
    assert "an LSTM has no layers such as GuitarML's" in refused(nam_lstm(rng), "out.json")
    mixed = nam_a1(rng, nam_array(channels=4, dilations=(1, 2), head=(1, 1, True)))
    assert "hear the input itself beside the layer before (mix-in)" in refused(mixed, "out.json")


def test_on_the_command_line(tmp_path, rng, capsys):
    source = write(tmp_path, guitarml(rng))
    assert main(["convert", str(source), str(tmp_path / "out.nam")]) == 0
    assert "the two differ by " in capsys.readouterr().err
    before = (tmp_path / "out.nam").stat()
    assert main(["convert", str(source), str(tmp_path / "out.nam")]) == 1
    assert "out.nam' is there already: name another, or write over it with --force" in capsys.readouterr().err
    assert (tmp_path / "out.nam").stat() == before
    assert main(["convert", str(source), str(tmp_path / "out.nam"), "--force"]) == 0
    assert (tmp_path / "out.nam").stat().st_ino != before.st_ino
    assert main(["info", str(tmp_path / "out.nam")]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "WaveNet, gated, 4 channels, 3 taps, 3 layers (1, 2, 4), each an array" in out
    assert "loads in rig, Neural Amp Modeler " in out


# ---- the package that writes such files


@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_package_plays_it_alike(tmp_path, rng, kind):
    """neural-amp-modeler 0.13 reads A2's keys only, so that A1's are said in its words; the weights are as written."""
    torch = pytest.importorskip("torch")
    wavenet = pytest.importorskip("nam.models.wavenet", reason="needs the package neural-amp-modeler")
    source = write(tmp_path, guitarml(rng, 6, 3, (1, 2, 4, 8), kind, sample_rate=48_000))
    convert(source, tmp_path / "out.nam")
    content = json.loads((tmp_path / "out.nam").read_text())
    config = content["config"]
    arrays = [dict(array) for array in config["layers"]]
    for array in arrays:
        array["head"] = {
            "out_channels": array.pop("head_size"),
            "kernel_size": 1,
            "bias": array.pop("head_bias"),
        }
        if array.pop("gated"):
            array["activation"] = {"name": "PairMultiply", "primary": array["activation"], "secondary": "Sigmoid"}
    model = wavenet.WaveNet.init_from_config({"layers_configs": arrays, "head_scale": config["head_scale"]})
    model.import_weights(torch.tensor(content["weights"]))
    model.double().eval()
    x = rng.normal(0.0, 0.3, FRAMES)
    with torch.no_grad():
        theirs = model(torch.from_numpy(x), pad_start=True).numpy()
    assert np.abs(theirs - settled(load_model(source), x)).max() < 3e-6
