"""Model files: what is read, and that whatever a file holds, the answer is a model or one line."""

from __future__ import annotations

import json
import os
import random
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import FILM_KEYS, GATED, guitarml, keras, nam_a1, nam_array, nam_lstm, nam_wavenet, proteus
from reference import forward

from rig.errors import RigError
from rig.formats import load_model
from rig.formats.guitarml import ACTIVATIONS
from rig.formats.network import Activation, Network


def write(folder: Path, content: object, name: str = "amp.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def fault(path: Path) -> str:
    """The one line that loading `path` fails with, without the path it must start with."""
    with pytest.raises(RigError) as caught:
        load_model(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line.removeprefix(f"{path}: ")


def variable(content: dict, layer: int, name: str) -> dict:
    return next(v for v in content["variables"] if (v["layer_idx"], v["name"]) == (layer, name))


def arrays(network: object) -> list[np.ndarray]:
    """Every array of a network, however deep."""
    if isinstance(network, np.ndarray):
        return [network]
    if isinstance(network, (tuple, list, dict)):
        inner = network.values() if isinstance(network, dict) else network
        return [array for part in inner for array in arrays(part)]
    if is_dataclass(network):
        return [array for part in fields(network) for array in arrays(getattr(network, part.name))]
    return []


def check_arrays(network: Network) -> None:
    """What `rig.formats.network` promises of every array."""

    def check(part: object, holder: object = None) -> None:
        if isinstance(part, np.ndarray):
            assert part.dtype == np.float32
            assert part.flags.c_contiguous
            assert np.isfinite(part).all() or isinstance(holder, Activation)
            assert not np.isnan(part).any()
        elif isinstance(part, (tuple, dict)):
            for inner in part.values() if isinstance(part, dict) else part:
                check(inner, holder)
        elif is_dataclass(part):
            for inner in fields(part):
                check(getattr(part, inner.name), part)

    check(network)


# ---- what is read


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


def test_a_plain_file_has_its_own_name_and_no_rate(tmp_path, rng):
    model = load_model(write(tmp_path, guitarml(rng), "blues-driver.json"))
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
    assert (model.family, model.architecture, model.sample_rate, model.weights) == ("keras", "LSTM", 48_000, 685)
    assert "input_batch" not in model.metadata
    expected = np.ravel(content["output_batch"])
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(forward(model.network, np.ravel(content["input_batch"])), expected, atol=1e-6)


@pytest.mark.parametrize("inputs", [1, 2], ids=["guitar", "knob"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("unit", ["LSTM", "GRU"])
def test_proteus_files_sound_as_in_pytorch(tmp_path, rng, unit, layers, skip, inputs):
    torch = pytest.importorskip("torch")
    content = proteus(rng, unit=unit, layers=layers, skip=skip, inputs=inputs, bias=bool(skip))
    model = load_model(write(tmp_path, content))
    assert (model.family, model.architecture, model.knobs) == ("proteus", unit, ("drive",)[: inputs - 1])
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


# ---- what is refused


def test_a_wrong_count_says_what_the_architecture_needs(tmp_path, rng):
    content = guitarml(rng, channels=16, dilations=(1, 2, 4, 8))
    variable(content, 3, "W_conv")["data"] = [0.0] * 100
    assert fault(write(tmp_path, content)) == "layer 3 W_conv has 100 numbers, 16 channels x 3 taps gated need 1536"


def test_a_wrong_count_of_the_output_layer(tmp_path, rng):
    content = guitarml(rng, channels=4, dilations=(1, 2))
    variable(content, 2, "W")["data"].pop()
    assert fault(write(tmp_path, content)) == "output layer W has 7 numbers, 2 layers x 4 channels need 8"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "layer 1 W_out, number 3 is nan, which is no number we can use"),
        (float("inf"), "layer 1 W_out, number 3 is inf, which is no number we can use"),
        ("NaN", "layer 1 W_out, number 3 is 'NaN', which is no number we can use"),
        ("-infinity", "layer 1 W_out, number 3 is '-infinity', which is no number we can use"),
        (1e39, "layer 1 W_out, number 3 is 1e+39, which is no number we can use"),  # past float32
        ("1e400", "layer 1 W_out, number 3 is '1e400', which is no number we can use"),
        (10**400, "layer 1 W_out, number 3 is 1" + "0" * 36 + "..., which is no number we can use"),
        ("0.5x", "layer 1 W_out, number 3 is '0.5x', which is no number we can use"),
        ("", "layer 1 W_out, number 3 is '', which is no number we can use"),
        (None, "layer 1 W_out, number 3: must be a number, not null"),
        (True, "layer 1 W_out, number 3: must be a number, not true or false"),
        ([0.5], "layer 1 W_out, number 3: must be a number, not a list"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_weight_that_is_no_number(tmp_path, rng, value, expected):
    content = guitarml(rng)
    variable(content, 1, "W_out")["data"][2] = value
    assert fault(write(tmp_path, content)) == expected


def test_an_unknown_activation_names_the_nearest(tmp_path, rng):
    path = write(tmp_path, guitarml(rng) | {"activation": "gatd"})
    assert fault(path) == "unknown activation 'gatd'; did you mean 'gated'?"


def test_an_activation_near_nothing_lists_all(tmp_path, rng):
    path = write(tmp_path, guitarml(rng) | {"activation": 3})
    assert fault(path).startswith("unknown activation 3; known: gated, tanh, ")


@pytest.mark.parametrize(
    "key", ["activation", "input_channels", "output_channels", "residual_channels", "filter_width", "dilations"]
)
def test_a_missing_key(tmp_path, rng, key):
    content = guitarml(rng)
    del content[key]
    assert fault(write(tmp_path, content)) == f"'{key}' is missing"


@pytest.mark.parametrize(
    ("layer", "name", "place"), [(-1, "b", "input layer"), (1, "b_conv", "layer 1"), (3, "W", "output layer")]
)
def test_a_missing_and_a_doubled_variable(tmp_path, rng, layer, name, place):
    content = guitarml(rng)
    chosen = variable(content, layer, name)
    content["variables"].append(chosen)
    assert fault(write(tmp_path, content)) == f"{place} {name} is there twice"
    content["variables"] = [v for v in content["variables"] if v is not chosen]
    assert fault(write(tmp_path, content)) == f"{place} {name} is missing"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"residual_channels": 0}, "residual_channels is 0; 1 to 1024 is possible"),
        ({"residual_channels": -16}, "residual_channels is -16; 1 to 1024 is possible"),
        ({"residual_channels": 10**9}, "residual_channels is 1000000000; 1 to 1024 is possible"),
        ({"residual_channels": 4.5}, "residual_channels is 4.5, which is no whole number"),
        ({"residual_channels": "many"}, "residual_channels is 'many', which is no number we can use"),
        ({"residual_channels": True}, "residual_channels must be a number, not true or false"),
        ({"residual_channels": None}, "residual_channels must be a number, not null"),
        ({"filter_width": 0}, "filter_width is 0; 1 to 1024 is possible"),
        ({"filter_width": 10**30}, "filter_width is 1" + "0" * 30 + "; 1 to 1024 is possible"),
        ({"dilations": []}, "dilations lists 0 layers; 1 to 1000 are possible"),
        ({"dilations": [1] * 1001}, "dilations lists 1001 layers; 1 to 1000 are possible"),
        ({"dilations": [1, 0, 4]}, "dilations, layer 1 is 0; 1 to 1048576 is possible"),
        ({"dilations": [1, "two", 4]}, "dilations, layer 1 is 'two', which is no number we can use"),
        ({"dilations": 4}, "dilations must be a list [...], not a number"),
        ({"dilations": [2**19] * 2}, "its receptive field is 2097153 samples; at most 1048576 are possible"),
        ({"variables": {}}, "variables must be a list [...], not an object"),
        ({"variables": [7]}, "variable 1 must be an object {...}, not a number"),
        ({"variables": [{"name": "W", "data": []}]}, "variable 1 has no 'layer_idx'"),
        ({"sample_rate": -1}, "sample_rate is -1; 1000 to 1000000 is possible"),
        ({"sample_rate": "fast"}, "sample_rate is 'fast', which is no number we can use"),
        ({"level_adjust": float("nan")}, "level_adjust is nan, which is no number we can use"),
        ({"level_adjust": 1e9}, "level_adjust is 1e+09; at most 1000 is possible"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_absurd_values(tmp_path, rng, change, expected):
    assert fault(write(tmp_path, guitarml(rng) | change)) == expected


def test_declared_sizes_are_refused_before_anything_is_set_aside(tmp_path, rng):
    huge = {"residual_channels": 1024, "filter_width": 1024, "dilations": [1] * 900}
    path = write(tmp_path, guitarml(rng) | huge)
    assert "weights; at most 524288 are possible" in fault(path)
    deep = {"residual_channels": 256, "filter_width": 2, "dilations": [2**19]}
    assert fault(write(tmp_path, guitarml(rng) | deep)) == (
        "256 channels over a receptive field of 524289 samples are too much to remember"
    )


@pytest.mark.parametrize(
    ("layer", "name", "expected"),
    [
        (0, "W_con", "unknown variable of layer 0: 'W_con'; did you mean 'W_conv'?"),
        (0, "W_skip", "unknown variable of layer 0: 'W_skip'; known: W_conv, b_conv, W_out, b_out"),
        (4, "W_conv", "variable 3: layer_idx is 4; -1 to 3 is possible"),
        (-2, "W", "variable 3: layer_idx is -2; -1 to 3 is possible"),
        (10**40, "W", "variable 3: layer_idx is 1" + "0" * 36 + "...; -1 to 3 is possible"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_variables_of_another_architecture(tmp_path, rng, layer, name, expected):
    content = guitarml(rng, dilations=(1, 2, 4))
    content["variables"][2] |= {"layer_idx": layer, "name": name}
    assert fault(write(tmp_path, content)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("[1, 2]", "a model file must be an object {...}, not a list"),
        ("7", "a model file must be an object {...}, not a number"),
        ("{}", "no model that rig knows: not GuitarML ('variables'), Neural Amp Modeler"),
        ("name = 'toml'", "no valid JSON at line 1, column 1: Expecting value"),
        ('{"activation": gated}', "no valid JSON at line 1, column 16: Expecting value"),
        ("[" * 100_000, "nested too deeply for a model"),
        ('{"a":' * 100_000, "nested too deeply for a model"),
        ("[" + "1" * 5000 + "]", "no valid JSON: "),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_model_at_all(tmp_path, text, expected):
    assert fault(write(tmp_path, text)).startswith(expected)


def test_a_file_cut_short_anywhere(tmp_path, rng):
    text = json.dumps(guitarml(rng, channels=1, dilations=(1,), strings=True))
    for end in range(1, len(text), 7):
        line = fault(write(tmp_path, text[:end]))
        assert "the file ends in the middle" in line or "no valid JSON" in line


def test_truncation_is_called_by_its_name(tmp_path, rng):
    text = json.dumps(guitarml(rng))
    assert fault(write(tmp_path, text[: len(text) // 2])) == "the file ends in the middle; copy or export it again"


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "amp.json"
    path.write_bytes(b'{"activation": "\xff\xfe"}')
    assert fault(path) == "no text at byte 16, so this is no model"


def test_a_missing_file_names_its_neighbour(tmp_path, rng):
    write(tmp_path, guitarml(rng), "crunch.json")
    assert fault(tmp_path / "crunch.jsn") == "no such model file; did you mean 'crunch.json'?"


def test_a_missing_folder_names_its_neighbour(tmp_path):
    (tmp_path / "models").mkdir()
    assert fault(tmp_path / "modles" / "a.json") == "no such model file; did you mean 'models'?"


def test_a_folder_and_a_pipe(tmp_path):
    assert fault(tmp_path) == "a folder, not a file"
    os.mkfifo(tmp_path / "pipe.json")
    assert fault(tmp_path / "pipe.json") == "a device or a pipe, not a file"


def test_no_permission(tmp_path, rng):
    path = write(tmp_path, guitarml(rng))
    path.chmod(0)
    if os.geteuid() != 0:
        assert fault(path) == "out of reach: permission denied"
        return
    os.seteuid(65534)  # root may read everything; nobody may not
    try:
        assert fault(path) == "out of reach: permission denied"
    finally:
        os.seteuid(0)


def test_a_file_too_large_is_not_read(tmp_path):
    path = tmp_path / "amp.json"
    with path.open("wb") as file:
        file.truncate(300 << 20)
    assert fault(path) == "300 MB is too large for a model (at most 16 MB)"


def small_models() -> dict[str, dict]:
    """One small file of every family and architecture, with a bit of everything that it can say."""
    rng = np.random.default_rng(3)
    film = dict.fromkeys(FILM_KEYS, (True, 1))
    small = {"channels": 2, "dilations": (1, 2), "taps": 2}
    condition = nam_wavenet(rng, nam_array(**small, head=(2, 1, False)))
    slope = {"type": "PReLU", "negative_slopes": [0.1, 0.2]}
    modern = nam_wavenet(
        rng,
        nam_array(
            **small,
            conditions=2,
            gating=["gated", "blended"],
            activation=["Tanh", slope],
            secondary=["Sigmoid", {"type": "LeakyHardtanh", "min_val": 0.0}],
            head=(3, 2, True),
            head1x1=(2, 2),
            layer1x1=2,
            groups=2,
            mix_in_groups=2,
            films=film,
        ),
        condition=condition,
        post={"channels": 2, "activation": "ReLU", "out_channels": 1, "kernel_sizes": [2, 1]},
        metadata={"name": "A2", "loudness": -18.0, "input_level_dbu": 12.5, "output_level_dbu": None},
    )
    slimmable = nam_wavenet(rng, nam_array(**small, allowed=(1, 2)))
    old = nam_a1(rng, nam_array(**small, head=(2, 1, False)), nam_array(**small, inputs=2))
    return {
        "guitarml": guitarml(rng, channels=2, taps=2, dilations=(1, 2), name="x", level_adjust=2.0),
        "nam A1": old,
        "nam A2": modern,
        "nam slimmable": slimmable,
        "nam container": {
            "version": "0.7.0",
            "architecture": "SlimmableContainer",
            "config": {
                "submodels": [{"max_value": 0.5, "model": slimmable}, {"max_value": 1.0, "model": nam_lstm(rng)}]
            },
            "weights": [],
            "sample_rate": 48000,
        },
        "nam LSTM": nam_lstm(rng, hidden=2, layers=2),
        "nam ConvNet": {
            "version": "0.5.4",
            "architecture": "ConvNet",
            "config": {"channels": 2, "dilations": [1, 2], "batchnorm": True, "activation": "Tanh"},
            "weights": rng.uniform(0.1, 1.0, 4 + 9 + 8 + 9 + 3).tolist(),
        },
        "nam Linear": {
            "version": "0.5.4",
            "architecture": "Linear",
            "config": {"receptive_field": 5, "bias": True},
            "weights": rng.normal(size=6).tolist(),
        },
        "keras": keras(rng, ({"type": "gru", "size": 2}, {"type": "dense", "size": 1}), in_skip=1, in_gain=3.0),
        "keras conv1d": keras(
            rng,
            (
                {"type": "conv1d", "size": 2, "kernel_size": 2, "dilation": 2},
                {"type": "batchnorm"},
                {"type": "prelu"},
                {"type": "lstm", "size": 2},
                {"type": "dense", "size": 1, "activation": "tanh"},
            ),
            inputs=2,
            metadata={"name": "x", "samplerate": "48000", "knobs": ["drive"]},
        ),
        "proteus": proteus(rng, hidden=2, layers=2, inputs=2),
    }


SMALL = small_models()
"""One of each, by family."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(
        ["WaveNet", "SlimmableContainer", "gated", "Tanh", "PReLU", "lstm", "GRU", 1e38, 2**20, 1024, -1, 0]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def check_model_or_line(path: Path) -> bool:
    """Whether there is a model in the file; if not, there must be one line that says why."""
    try:
        model = load_model(path)
    except RigError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)
        return False
    for variant in (model, *(variant.model for variant in model.variants)):
        check_arrays(variant.network)
        assert len(variant.knobs) == variant.network.inputs - 1
    assert model.at(1.0).network is model.at(9.0).network
    return True


@pytest.mark.parametrize("family", SMALL)
def test_small_files_of_every_family_are_models(tmp_path, family):
    assert check_model_or_line(write(tmp_path, SMALL[family]))


FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def places(content: object) -> list[tuple[list | dict, object]]:
    """Every (container, key) in a file; of a long list of numbers just its ends."""
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    found = []
    for key, value in inner:
        if isinstance(content, dict) or key in (0, len(content) - 1) or isinstance(value, (list, dict)):
            found.append((content, key))
        if isinstance(value, (list, dict)):
            found += places(value)
    return found


@FUZZ
@given(data=st.data())
def test_any_value_anywhere_gives_a_model_or_one_line(tmp_path, data):
    content = json.loads(json.dumps(SMALL[data.draw(st.sampled_from(sorted(SMALL)))]))
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(content)
        if not found:
            break
        place, key = found[data.draw(st.integers(0, len(found) - 1))]
        what = data.draw(st.sampled_from(["change", "change", "remove", "swap", "repeat"]))
        other, elsewhere = found[data.draw(st.integers(0, len(found) - 1))]
        if what == "change":
            place[key] = data.draw(JSON)
        elif what == "remove":
            del place[key]
        elif what == "swap":
            place[key] = json.loads(json.dumps(other[elsewhere]))
        elif isinstance(place, list):
            place.insert(key, json.loads(json.dumps(place[key])))
    check_model_or_line(write(tmp_path, content))


@FUZZ
@given(content=JSON)
def test_any_json_gives_a_model_or_one_line(tmp_path, content):
    check_model_or_line(write(tmp_path, content))


@FUZZ
@given(
    family=st.sampled_from(sorted(SMALL)),
    start=st.floats(0, 1),
    length=st.integers(0, 40),
    junk=st.binary(max_size=12),
)
def test_any_damage_gives_a_model_or_one_line(tmp_path, family, start, length, junk):
    path = tmp_path / "amp.json"
    text = json.dumps(SMALL[family]).encode()
    cut = int(start * len(text))
    path.write_bytes(text[:cut] + junk + text[cut + length :])
    check_model_or_line(path)
