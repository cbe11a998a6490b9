"""Model files of every family: what is read of them, and that it sounds as it does elsewhere."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from model_files import arrays, check_arrays, variable, write
from networks import GATED, guitarml, keras, nam_a1, nam_array, nam_wavenet, proteus, smartamppro
from reference import forward
from reference import smartamppro as windowed

from rig.models import player
from rig.models.formats import FAMILIES, load_model
from rig.models.formats.guitarml import ACTIVATIONS
from rig.models.formats.network import Conv, LayerArray


@pytest.mark.parametrize("strings", [False, True], ids=["numbers", "strings"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_weight_lands_where_the_layout_says(tmp_path, rng, activation, strings):
    content = guitarml(rng, channels=3, taps=2, dilations=(1, 5), activation=activation, strings=strings)
    model = load_model(write(tmp_path, content))
    network = model.network
    wide = 6 if activation in GATED else 3

    def number(layer, name, index):
        return np.float32(variable(content, layer, name)["data"][index])

    (array,) = network.arrays
    assert array.entry.weights.shape == (1, 1, 3)
    assert [layer.conv.dilation for layer in array.layers] == [1, 5]
    for i, layer in enumerate(array.layers):
        assert layer.conv.weights.shape == (2, 3, wide)
        for tap in range(2):
            for source in range(3):
                for target in range(wide):
                    expected = number(i, "W_conv", (tap * 3 + source) * wide + target)
                    assert layer.conv.weights[tap, source, target] == expected
        assert layer.onward.weights[0, 2, 1] == number(i, "W_out", 2 * 3 + 1)
        assert layer.conv.bias[wide - 1] == number(i, "b_conv", wide - 1)
        assert layer.onward.bias[1] == number(i, "b_out", 1)
        assert layer.head.weights[0, 2, 0] == number(2, "W", i * 3 + 2)
        assert layer.head.bias[0] == 0
        assert (layer.gate is not None) == (activation in GATED)
        assert layer.mix_in is None
    assert array.head.bias[0] == number(2, "b", 0)
    assert array.entry.weights[0, 0, 1] == number(-1, "W", 1)
    assert array.entry.bias[2] == number(-1, "b", 2)
    assert network.receptive_field == 1 + 1 + 5
    assert model.weights == sum(len(v["data"]) for v in content["variables"])
    check_arrays(network)


def test_the_order_of_variables_is_free(tmp_path, rng):
    content = guitarml(rng)
    straight = load_model(write(tmp_path, content, "a.json"))
    random.Random(7).shuffle(content["variables"])
    shuffled = load_model(write(tmp_path, content, "b.json"))
    for one, other in zip(arrays(straight.network), arrays(shuffled.network), strict=True):
        np.testing.assert_array_equal(one, other)


def test_extra_keys_become_metadata(tmp_path, rng):
    content = guitarml(rng, name="Small Combo", sample_rate=48000, esr=0.011, loudness=-18.5, settings={"seed": 3})
    model = load_model(write(tmp_path, content))
    assert model.name == "Small Combo"
    assert model.sample_rate == 48000
    assert model.metadata["esr"] == 0.011
    assert model.metadata["settings"] == {"seed": 3}
    assert "variables" not in model.metadata


@pytest.mark.parametrize("writer", [guitarml, keras, proteus, smartamppro, nam_wavenet])
def test_a_key_of_another_family_is_a_note(tmp_path, rng, writer):
    content = writer(rng)
    family = load_model(write(tmp_path, content)).family
    for other in FAMILIES:
        for key in other.keys:
            assert load_model(write(tmp_path, {key: "a note", **content})).family is family


def test_notes_in_all_words_of_another_family_are_notes(tmp_path, rng):
    for family in FAMILIES:
        content = dict.fromkeys(family.keys, "a note") | guitarml(rng)
        assert load_model(write(tmp_path, content)).family.name == "guitarml"


def test_a_plain_file_has_its_own_name_and_no_rate(tmp_path, rng):
    model = load_model(write(tmp_path, guitarml(rng, sample_rate=None), "blues-driver.json"))
    assert (model.name, model.sample_rate, model.level) == ("blues-driver", None, 1.0)


@pytest.mark.parametrize(("written", "level"), [(10.0, 10.0), ("2.5", 2.5), (0, 1.0), (0.0, 1.0), (None, 1.0)], ids=str)
def test_level_adjust(tmp_path, rng, written, level):
    assert load_model(write(tmp_path, guitarml(rng, level_adjust=written))).level == level


def test_further_inputs_are_knobs(tmp_path, rng):
    assert load_model(write(tmp_path, guitarml(rng))).knobs == ()
    assert load_model(write(tmp_path, guitarml(rng, inputs=2))).knobs == ("drive",)
    assert load_model(write(tmp_path, guitarml(rng, inputs=4))).knobs == ("drive", "knob2", "knob3")


def test_a_byte_order_mark_is_no_fault(tmp_path, rng):
    path = tmp_path / "amp.json"
    path.write_text(json.dumps(guitarml(rng)), encoding="utf-8-sig")
    assert load_model(path).network.arrays[0].entry.outs == 4


@pytest.mark.parametrize(
    ("name", "channels", "layers", "field", "weights", "level"),
    [
        ("WaveNet1-ts7", 16, 10, 2047, 18593, 1.0),
        ("WaveNet2-ds1", 8, 18, 2045, 8657, 1.0),
        ("WaveNet3-muff", 16, 18, 2045, 33441, 1.0),
        ("bluej_clean_p0088", 10, 10, 2047, 7421, 10.0),
        ("bluesJr_fullD2", 5, 10, 2047, 1961, 1.0),
        ("pedalnet", 16, 10, 2047, 18593, 1.0),
    ],
)
def test_models_in_the_wild(shared, name, channels, layers, field, weights, level):
    model = load_model(shared / "models" / "guitarml" / f"{name}.json")
    (array,) = model.network.arrays
    assert array.entry.outs == channels
    assert len(array.layers) == layers
    assert model.network.receptive_field == field
    assert model.weights == weights
    assert model.level == level


def test_a_quality_picks_the_first_submodel_above_it(tmp_path, rng):
    said = {channels: {"metadata": {"loudness": -channels}, "sample_rate": None} for channels in (2, 3)}
    models = [nam_wavenet(rng, nam_array(channels=channels), **said[channels]) for channels in said]
    submodels = [{"max_value": limit, "model": model} for limit, model in zip((0.5, 1.0), models, strict=True)]
    content = {"architecture": "SlimmableContainer", "config": {"submodels": submodels}, "sample_rate": 44100}
    model = load_model(write(tmp_path, content))
    for quality, channels in ((0.0, 2), (0.49, 2), (0.5, 3), (1.0, 3)):
        assert model.at(quality).network.arrays[0].entry.outs == channels
        assert (model.at(quality).sample_rate, model.at(quality).loudness_db) == (44100, -channels)
    assert (model.architecture, model.sample_rate, model.loudness_db) == ("SlimmableContainer", 44100, -3)


def test_the_best_submodel_speaks_for_the_file(tmp_path, rng):
    models = [nam_wavenet(rng, sample_rate=hz, metadata={"input_level_dbu": hz / 1000}) for hz in (44100, 96000)]
    submodels = [{"max_value": limit, "model": model} for limit, model in zip((0.5, 1.0), models, strict=True)]
    content = {"architecture": "SlimmableContainer", "config": {"submodels": submodels}, "sample_rate": 48000}
    model = load_model(write(tmp_path, content))
    assert (model.rate, model.input_dbu) == (model.at(1.0).rate, model.at(1.0).input_dbu) == (96000, 96)
    assert (model.at(0.0).rate, model.at(0.0).input_dbu) == (44100, 44.1)


def test_what_a_nam_file_says_of_itself(tmp_path, rng):
    said = {"name": "Plexi", "loudness": -17.5, "input_level_dbu": 18.3, "output_level_dbu": None, "gear_make": "x"}
    model = load_model(write(tmp_path, nam_wavenet(rng, metadata=said)))
    assert (model.name, model.loudness_db, model.input_dbu, model.output_dbu) == ("Plexi", -17.5, 18.3, None)
    assert model.metadata["gear_make"] == "x"
    silent = load_model(write(tmp_path, nam_a1(rng, metadata={"loudness": float("-inf"), "name": "\x1b[2J"})))
    assert (silent.name, silent.loudness_db, silent.sample_rate) == ("amp", None, 48000)
    content = nam_a1(rng)
    del content["sample_rate"], content["metadata"]
    assert load_model(write(tmp_path, content)).sample_rate is None


def test_the_last_weight_is_the_scale(tmp_path, rng):
    content = nam_wavenet(rng, scale=0.25)
    content["config"]["head_scale"] = 4.0
    assert load_model(write(tmp_path, content)).network.scale == 0.25


def test_a_slimmed_network_is_the_whole_one_with_channels_silenced(tmp_path, rng):
    content = nam_wavenet(
        rng,
        nam_array(channels=6, dilations=[1, 2], head=(4, 1, False), allowed=(2, 4, 6)),
        nam_array(channels=4, dilations=[3], head=(5, 1, True), inputs=6),
        nam_array(channels=5, dilations=[1], inputs=4, allowed=(3, 5)),
    )
    model = load_model(write(tmp_path, content))
    assert [variant.limit for variant in model.variants] == pytest.approx([1 / 3, 1 / 2, 2 / 3, 1])
    x = rng.uniform(-1, 1, 50)
    for quality, widths in ((0.0, (2, 4, 3)), (0.4, (4, 4, 3)), (0.6, (4, 4, 5)), (0.9, (6, 4, 5)), (1.0, (6, 4, 5))):
        slim = model.at(quality).network
        assert tuple(array.entry.outs for array in slim.arrays) == widths
        check_arrays(slim)
        arrays = zip(model.network.arrays, widths, (*widths[1:], 1), strict=True)
        silenced = replace(model.network, arrays=tuple(_silence_array(*array) for array in arrays))
        np.testing.assert_allclose(forward(slim, x), forward(silenced, x), atol=1e-12)


def _silence_array(array: LayerArray, width: int, heads: int) -> LayerArray:
    layers = tuple(
        replace(layer, **{name: _silence(getattr(layer, name), width) for name in ("conv", "mix_in", "onward")})
        for layer in array.layers
    )
    return LayerArray(_silence(array.entry, width), layers, _silence(array.head, heads))


def _silence(conv: Conv, width: int) -> Conv:
    """The convolution with nothing coming out behind the first so many channels."""
    silent = np.arange(conv.outs) >= width
    return replace(conv, weights=np.where(silent, 0, conv.weights), bias=np.where(silent, 0, conv.bias))


# ---- what it sounds like

HEARD = 24_000
"""Frames of the reference outputs that are compared: half a second of 5, playing from the first frame on."""


@pytest.mark.parametrize(
    ("path", "reference", "quality", "silence"),
    [
        ("guitarml/WaveNet1-ts7.json", "WaveNet1-ts7", 1, 0),
        ("guitarml/WaveNet2-ds1.json", "WaveNet2-ds1", 1, 0),
        ("guitarml/WaveNet3-muff.json", "WaveNet3-muff", 1, 0),
        ("guitarml/bluej_clean_p0088.json", "bluej_clean_p0088", 1, 0),
        ("guitarml/bluesJr_fullD2.json", "bluesJr_fullD2", 1, 0),
        ("guitarml/pedalnet.json", "pedalnet", 1, 0),
        ("nam/A2.nam", "A2", 1, 6347),
        ("nam/A2.nam", "A2-lite", 0, 6347),
        ("nam/BossWN-feather.nam", "BossWN-feather", 1, 4093),
        ("nam/slimmable_container.nam", "slimmable_container", 1, 4093),
        ("nam/slimmable_wavenet.nam", "slimmable_wavenet", 1, 2047),
        ("nam/wavenet.nam", "wavenet", 1, 23),
        ("nam/wavenet_a1_standard.nam", "wavenet_a1_standard", 1, 4093),
        ("nam/wavenet_a2_max.nam", "wavenet_a2_max", 1, 31),
        ("nam/wavenet_condition_dsp.nam", "wavenet_condition_dsp", 1, 45),
        ("nam/lstm.nam", "lstm", 1, 24_000),
        ("nam/BossLSTM-1x16.nam", "BossLSTM-1x16", 1, 1),  # no sample rate in the file: not warmed up by half a second
    ],
    ids=lambda value: value.split("/")[-1] if isinstance(value, str) else None,
)
def test_models_in_the_wild_sound_as_they_do_elsewhere(shared, path, reference, quality, silence):
    played = np.fromfile(shared / "reference" / "in.f32", "<f4", HEARD)
    expected = np.fromfile(shared / "reference" / f"{reference}.f32", "<f4", HEARD)
    assert np.abs(played).max() > 0.1
    model = load_model(shared / "models" / path).at(quality)
    check_arrays(model.network)
    error = np.abs(forward(model.network, played, silence) - expected).max()
    tolerance = 5e-6 if "Boss" in reference else 1e-7  # float32 in the last place; 5e-6 where its warm-up is not told
    assert error < tolerance * max(1.0, np.abs(expected).max())


def test_a_keras_file_reproduces_what_it_says_it_must(shared):
    path = shared / "models" / "keras" / "tw40_blues_deluxe_deerinkstudios.json"
    model, content = load_model(path), json.loads(path.read_text())
    assert (model.family.name, model.architecture, model.sample_rate, model.weights) == ("keras", "LSTM", 48_000, 685)
    assert "input_batch" not in model.metadata
    expected = np.ravel(content["output_batch"])
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(forward(model.network, np.ravel(content["input_batch"])), expected, atol=1e-6)


@pytest.mark.parametrize(
    "shape",
    [
        {"window": 120},
        {"window": 100, "strides": None},
        {"window": 120, "taps": (10, 12), "strides": (10, 12), "recurrent": False},
        {"window": 240, "hidden": 5},
        {"window": 120, "taps": (12, 12), "strides": (10, 8), "channels": 3},
        {"window": 97, "taps": (5, 7), "strides": (6, 6), "channels": 2},
        {"window": 31, "taps": (4, 3), "strides": (3, 4), "channels": 1, "hidden": 1},
        {"window": 1, "taps": (12, 12)},
        {"window": 10, "taps": (3, 3), "strides": (12, 12)},
    ],
    ids=str,
)
def test_smartamppro_files_sound_as_keras_trains_them(tmp_path, rng, shape):
    """A window for each sample, and an LSTM that begins anew, in one step or several."""
    content = smartamppro(rng, **shape)
    model = load_model(write(tmp_path, content | {"input_size": str(content["input_size"])}))
    assert (model.family.name, model.architecture, model.rate) == ("smartamppro", "LSTM", 48_000)
    check_arrays(model.network)
    x = rng.uniform(-1, 1, 400)
    expected = windowed(content, x)
    np.testing.assert_allclose(forward(model.network, x), expected, atol=1e-6)
    assert np.abs(player.run(model, x.astype(np.float32)) - expected).max() < 1e-5
    assert model.network.receptive_field == content["input_size"]


@pytest.mark.parametrize("inputs", [1, 2], ids=["guitar", "knob"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("unit", ["LSTM", "GRU"])
def test_proteus_files_sound_as_in_pytorch(tmp_path, rng, unit, layers, skip, inputs):
    torch = pytest.importorskip("torch")
    content = proteus(rng, unit=unit, layers=layers, skip=skip, inputs=inputs, bias=bool(skip))
    model = load_model(write(tmp_path, content))
    assert (model.family.name, model.architecture, model.knobs) == ("proteus", unit, ("drive",)[: inputs - 1])
    check_arrays(model.network)

    state = {name: torch.tensor(value, dtype=torch.float64) for name, value in content["state_dict"].items()}
    recurrent = getattr(torch.nn, unit)(inputs, 8, layers, batch_first=True, dtype=torch.float64)
    recurrent.load_state_dict({name[4:]: value for name, value in state.items() if name.startswith("rec.")})
    x = rng.uniform(-1, 1, (300, inputs))
    with torch.no_grad():
        hidden, _ = recurrent(torch.from_numpy(x)[None])
        expected = (hidden[0] @ state["lin.weight"].T).numpy()[:, 0]
    expected = expected + (content["state_dict"]["lin.bias"][0] if skip else 0.0) + skip * x[:, 0]
    np.testing.assert_allclose(forward(model.network, x), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_recurrent_keras_files_sound_as_in_pytorch(tmp_path, rng, kind):
    torch = pytest.importorskip("torch")
    layers = ({"type": kind, "size": 6}, {"type": kind, "size": 5, "activation": "tanh"}, {"type": "dense", "size": 1})
    content = keras(rng, layers, inputs=3, in_skip=1, in_gain=6.0, out_gain=-12.0, metadata={"knobs": ["gain", "tone"]})
    model = load_model(write(tmp_path, content))
    assert model.knobs == ("gain", "tone")
    assert model.architecture == kind.upper()
    check_arrays(model.network)

    gain, order = 10 ** (6 / 20), {"lstm": [0, 1, 2, 3], "gru": [1, 0, 2]}[kind]  # PyTorch's GRU has r before z
    x = rng.uniform(-1, 1, (200, 3))
    y = torch.from_numpy(x * [gain, 1, 1])[None]
    for layer in content["layers"][:-1]:
        size = layer["shape"][-1]
        kernel, recurrent, bias = (torch.tensor(part, dtype=torch.float64) for part in layer["weights"])
        bias = bias if kind == "gru" else torch.stack([bias, torch.zeros_like(bias)])

        def gates(array, size=size):
            return torch.cat([array.split(size, dim=-1)[i] for i in order], dim=-1)

        module = getattr(torch.nn, kind.upper())(len(kernel), size, batch_first=True, dtype=torch.float64)
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        module.load_state_dict(dict(zip(names, (gates(kernel).T, gates(recurrent).T, *gates(bias)), strict=True)))
        y = module(y)[0].detach()
    weights, bias = (np.array(part) for part in content["layers"][-1]["weights"])
    expected = 10 ** (-12 / 20) * ((y[0].numpy() @ weights + bias)[:, 0] + gain * x[:, 0])
    np.testing.assert_allclose(forward(model.network, x), expected, atol=1e-6)


def test_convolutional_keras_files(tmp_path, rng):
    layers = (
        {"type": "conv1d", "size": 6, "kernel_size": 3, "dilation": 2, "activation": "tanh"},
        {"type": "batchnorm"},
        {"type": "conv1d", "size": 4, "kernel_size": 2},
        {"type": "batchnorm"},
        {"type": "prelu"},
        {"type": "dense", "size": 3},
        {"type": "activation", "activation": "relu"},
        {"type": "activation", "activation": "elu"},
        {"type": "time-distributed-dense", "size": 1, "activation": "sigmoid"},
    )
    content = keras(rng, layers)
    model = load_model(write(tmp_path, content))
    assert model.architecture == "Conv1D"
    check_arrays(model.network)

    x = rng.uniform(-1, 1, 100)
    y = x[:, None]
    data = [[np.array(part) for part in layer["weights"]] for layer in content["layers"]]

    def conv(y, weights, bias, dilation):
        late = [np.concatenate([np.zeros((k * dilation, y.shape[1])), y])[: len(y)] for k in range(len(weights))]
        return sum(late[k] @ weights[len(weights) - 1 - k] for k in range(len(weights))) + bias

    def norm(y, scale, shift, mean, variance):
        return scale * (y - mean) / np.sqrt(variance + 1e-3) + shift

    y = norm(np.tanh(conv(y, *data[0], 2)), *data[1])
    y = norm(conv(y, *data[2], 1), *data[3])
    y = np.where(y > 0, y, data[4][0] * y) @ data[5][0] + data[5][1]
    expected = 1 / (1 + np.exp(-(np.maximum(y, 0) @ data[8][0] + data[8][1])))
    np.testing.assert_allclose(forward(model.network, x), expected[:, 0], atol=1e-6)
