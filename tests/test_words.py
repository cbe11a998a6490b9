"""Networks in words, and who else loads their files."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_files import write
from networks import guitarml, keras, nam_a1, nam_array, nam_lstm, nam_wavenet, proteus, smartamppro

from rig.models.formats import load_model
from rig.models.formats.words import in_words, receptive_field, short
from rig.report.facts import check
from rig.report.model_facts import model_facts

LEAKY = {"type": "LeakyReLU", "negative_slope": 0.01}
NEW = "Neural Amp Modeler of 2026 or newer (A2)"
EVERY = ("WaveNetVA", "SmartGuitarAmp", "SmartGuitarPedal")


def two(rng) -> dict:
    first = nam_array(channels=6, head=(3, 1, False))
    return nam_a1(rng, first, nam_array(channels=3, inputs=6, head=(1, 1, True)))


CASES = {
    "gated": (
        guitarml,
        {"dilations": [1, 2, 4, 8, 16, 32] * 2},
        "WaveNet, gated, 4 channels, 3 taps, 12 layers (1, 2, 4 ... 32, twice)",
        "WaveNet 4 ch x 12",
        EVERY,
    ),
    "leveled": (guitarml, {"level_adjust": 2.0, "activation": "relu"}, "ReLU", "WaveNet 4", ("SmartGuitarAmp",)),
    "driven": (guitarml, {"inputs": 2}, "gated", "WaveNet 4", ("SmartGuitarPedal",)),
    "two knobs": (guitarml, {"inputs": 3}, "gated", "WaveNet 4", ()),
    "lstm": (nam_lstm, {"hidden": 16}, "LSTM, 16 wide", "LSTM 16", ("Neural Amp Modeler", "guitarix")),
    "lstms": (nam_lstm, {"layers": 2}, "2 x LSTM, 8 wide", "LSTM 8 x 2", ("Neural Amp Modeler", "guitarix")),
    "proteus": (proteus, {}, "LSTM, 8 wide", "LSTM 8", ("Proteus",)),
    "aida": (keras, {}, "LSTM, 8 wide", "LSTM 8", ("AIDA-X", "guitarix")),
    "keras": (
        keras,
        {"layers": [{"type": "dense", "size": 4, "activation": "tanh"}, {"type": "gru", "size": 8}, {"type": "dense", "size": 1}]},
        "dense 4 tanh, GRU, 8 wide",
        "GRU 8",
        (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_families(tmp_path, rng, name):
    make, options, words, few, loads = CASES[name]
    model = load_model(write(tmp_path, make(rng, **options)))
    assert words in in_words(model.network)
    assert short(model.network).startswith(few)
    assert model.family.players(model) == loads


def test_neural_amp_modelers_architectures(tmp_path, rng):
    def said(content: dict) -> tuple[str, str, tuple[str, ...]]:
        model = load_model(write(tmp_path, content))
        return in_words(model.network), short(model.network), model.family.players(model)

    assert said(two(rng)) == (
        "WaveNet, tanh, 2 arrays of 6 then 3 channels, 3 taps, 3 layers (1, 2, 4)",
        "WaveNet 6/3 ch x 6",
        ("Neural Amp Modeler", "guitarix"),
    )
    newer = nam_wavenet(rng, nam_array(8, [6, 6, 15], [1, 3, 7], LEAKY, head=(1, 16, True)))
    assert said(newer) == (
        "WaveNet, LeakyReLU, 8 channels, 6 or 15 taps, 3 layers (1, 3, 7), head of 16 taps",
        "WaveNet 8 ch x 3",
        (NEW,),
    )
    assert said({**newer, "version": "0.5.4"})[2] == (NEW,)
    gated = nam_a1(rng, nam_array(4, gating="gated", secondary="Sigmoid"))
    assert said(gated)[2] == ("Neural Amp Modeler",)
    assert said({**gated, "version": "0.7.0"})[2] == (NEW,)


def test_the_receptive_field_of_what_remembers_for_ever_has_no_end(tmp_path, rng):
    assert receptive_field(load_model(write(tmp_path, nam_lstm(rng))).network) is None
    convolutions = [{"type": "conv1d", "size": 3, "kernel_size": 4, "dilation": 5}, {"type": "dense", "size": 1}]
    assert receptive_field(load_model(write(tmp_path, keras(rng, convolutions))).network) == 16


def test_what_players_have(shared: Path):
    for path in (shared / "models").glob("*/*"):
        model = load_model(path)
        assert model.family.players(model), path.name
        assert len(short(model.network)) < 24
        assert "\n" not in in_words(model.network)


@pytest.mark.parametrize(
    ("shape", "words", "loads"),
    [
        (
            {},
            "a window of 120 samples, convolution 4 (12 taps), convolution 4 (12 taps), LSTM, 8 wide",
            ("SmartAmpPro",),
        ),
        (
            {"window": 240, "strides": (10, 12)},
            "a window of 240 samples, convolution 4 (12 taps, stride 10), convolution 4 (12 taps), LSTM, 8 wide, 2 steps a sample",
            (),
        ),
    ],
)
def test_what_is_played_as_another_kind_of_network_has_words_of_its_own(tmp_path, rng, shape, words, loads):
    path = write(tmp_path, smartamppro(rng, **shape))
    found = model_facts(path, (48_000, 64), 0.01)
    assert (found.architecture, found.loads_in, found.short) == (words, loads, None)
    (checked,) = check([path]).presets
    assert checked.architecture == words
